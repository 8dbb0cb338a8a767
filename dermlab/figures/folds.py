"""Cross-validation: accuracies with their spread, fold by fold, and what peeking gains."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dermlab.figures.style import CATEGORICAL, COLOURS

TASKS = ("three-way", "nine-way")


def accuracies(table: pd.DataFrame, title: str) -> Figure:
    """Accuracies of two tasks as points with bars: ``who, task, kind, accuracy, low, high``.

    A colour a ``kind``; rows in the order of the table, a panel a task.
    """
    fig, axes = plt.subplots(1, 2, figsize=(12.5, 6), sharey=True)
    names = list(dict.fromkeys(table["who"]))
    kinds = list(dict.fromkeys(table["kind"]))
    for ax, task in zip(axes, TASKS, strict=True):
        for kind, colour in zip(kinds, (COLOURS["reader"], COLOURS["network"]), strict=False):
            own = table[(table["task"] == task) & (table["kind"] == kind)]
            values = 100 * own[["accuracy", "low", "high"]].to_numpy(float).T
            y = [names.index(who) for who in own["who"]]
            ends = values[0] - values[1], values[2] - values[0]
            ax.errorbar(values[0], y, xerr=ends, fmt="o", ms=10, color=colour, elinewidth=3,
                        capsize=5, label=kind)  # fmt: skip
        chance = 100 / (3 if task == "three-way" else 9)
        ax.axvline(chance, color=COLOURS["neutral"], ls="--", lw=2, label="by chance")
        ax.set(title=task, xlabel="mean of the classes' accuracies, %", xlim=(0, 90))
        ax.set_ylim(len(names) - 0.5, -0.5)
    axes[0].set_yticks(range(len(names)), names)
    fig.suptitle(title, x=0.01, ha="left")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=3)
    return fig


def fold_by_fold(table: pd.DataFrame, title: str) -> Figure:
    """Each fold's accuracies under two schemes, joined: ``task, fold, before, after, names``.

    ``before`` and ``after`` are columns of shares; their names stand on the axis as given by
    ``table.attrs["names"]``.
    """
    fig, axes = plt.subplots(1, 2, figsize=(11.6, 6))
    for ax, task in zip(axes, TASKS, strict=True):
        own = table[table["task"] == task]
        for row in own.itertuples():
            ends = 100 * row.before, 100 * row.after
            colour = COLOURS["network"] if ends[1] > ends[0] else COLOURS["reader"]
            ax.plot((0, 1), ends, "o-", color=colour, ms=9, lw=2)
        means = 100 * own[["before", "after"]].mean()
        ax.plot((0, 1), means, "D--", color="black", ms=13, lw=3)
        ahead = int((own["after"] > own["before"]).sum())
        ax.set_title(f"{task}: {ahead} of {len(own)} folds rise", fontsize=16)
        ax.set_xticks((0, 1), table.attrs["names"])
        ax.set(xlim=(-0.3, 1.3), ylabel="mean of the classes' accuracies, %")
    fig.suptitle(title, x=0.01, ha="left")
    handles = [
        plt.Line2D([], [], color=colour, marker=mark, lw=3, label=label)
        for colour, mark, label in (
            (COLOURS["network"], "o", "a fold that rises"),
            (COLOURS["reader"], "o", "a fold that falls"),
            ("black", "D", "mean of the folds"),
        )
    ]
    fig.legend(handles=handles, loc="outside lower left", ncols=3)
    return fig


def peeking(curve: pd.DataFrame, gains: pd.DataFrame, title: str) -> Figure:
    """Left: one network after each epoch; right: what the peeked epoch gains, a dot a network.

    ``curve``: ``epoch, development, test, new, chosen``. ``gains``: ``test, new`` (differences of
    shares), a row a network.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(12.5, 6), width_ratios=[1.35, 1])
    labels = {"development": "development fold", "test": "the scored fold", "new": "new patients"}
    for (part, label), colour in zip(labels.items(), CATEGORICAL, strict=False):
        left.plot(curve["epoch"], 100 * curve[part], color=colour, label=label)
    peeked = curve.loc[curve["test"].idxmax()]
    chosen = curve[curve["chosen"]].iloc[0]
    left.plot(chosen["epoch"], 100 * chosen["test"], "o", ms=13, color="black", label="fair choice")
    left.plot(peeked["epoch"], 100 * peeked["test"], "^", ms=14, color="black", mfc="white",
              mew=2.5, label="peeked choice")  # fmt: skip
    left.set(xlabel="epoch", ylabel="mean of the classes' accuracies, %", title="One network")
    left.xaxis.get_major_locator().set_params(integer=True)
    rng = np.random.default_rng(0)
    for x, part in enumerate(("test", "new")):
        values = 100 * gains[part].to_numpy()
        right.plot(x + rng.uniform(-0.13, 0.13, len(values)), values, "o", ms=9, alpha=0.7,
                   color=CATEGORICAL[1 + x])  # fmt: skip
        right.hlines(values.mean(), x - 0.3, x + 0.3, color="black", lw=4)
    right.axhline(0, color=COLOURS["neutral"], lw=1.5)
    right.set_xticks((0, 1), ["on the\nscored fold", "on new\npatients"])
    right.set(xlim=(-0.5, 1.5), ylabel="points gained by peeking", title="All networks")
    fig.suptitle(title, x=0.01, ha="left")
    fig.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=5)
    return fig


def schemes(differences: pd.DataFrame, names: dict[str, str], title: str) -> Figure:
    """What fine classes gain over another way of naming, by world: a panel a task.

    ``differences``: ``world, task, versus, estimate, low, high`` (shares), one number of steps.
    ``names``: world → its words on the axis.
    """
    fig, axes = plt.subplots(1, 2, figsize=(13, 6.2), sharey=True)
    versus = list(dict.fromkeys(differences["versus"]))
    for ax, task in zip(axes, TASKS, strict=True):
        for k, other in enumerate(versus):
            own = differences[(differences["task"] == task) & (differences["versus"] == other)]
            own = own.set_index("world").reindex(list(names)).dropna()
            y = np.array([list(names).index(world) for world in own.index])
            shift = 0.22 * (k - (len(versus) - 1) / 2)
            values = 100 * own[["estimate", "low", "high"]].to_numpy(float).T
            ends = values[0] - values[1], values[2] - values[0]
            ax.errorbar(values[0], y + shift, xerr=ends, fmt="osD^"[k % 4], ms=10, elinewidth=3,
                        capsize=5, color=CATEGORICAL[k], label=f"against {other}")  # fmt: skip
        ax.axvline(0, color="black", lw=1.5)
        ax.set(title=task, xlabel="points gained by fine classes")
    axes[0].set_yticks(range(len(names)), list(names.values()))
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    fig.suptitle(title, x=0.01, ha="left")
    handles, labels = axes[0].get_legend_handles_labels()
    more = [pair for pair in zip(*axes[1].get_legend_handles_labels(), strict=True)
            if pair[1] not in labels]  # fmt: skip
    handles, labels = handles + [h for h, _ in more], labels + [name for _, name in more]
    fig.legend(handles, labels, loc="outside lower left", ncols=4)
    return fig
