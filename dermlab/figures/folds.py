"""Cross-validation: the same fold under two schemes, and what peeking gains."""

import pandas as pd
from matplotlib.figure import Figure

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS

TASKS = ("three-way", "nine-way")
ACCURACY = "mean of the classes' accuracies, %"


def fold_by_fold(table: pd.DataFrame, names: tuple[str, str], title: str) -> Figure:
    """Each fold's accuracies under two schemes, joined: ``task, before, after`` (shares).

    ``names``: what the axis calls the two schemes.
    """
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 6))
    colours = {True: COLOURS["network"], False: COLOURS["reader"]}
    for ax, task in zip(axes, TASKS, strict=True):
        ends = 100 * table.loc[table["task"] == task, ["before", "after"]]
        rises = ends["after"] > ends["before"]
        for pair, rise in zip(ends.to_numpy(), rises, strict=True):
            ax.plot((0, 1), pair, "o-", color=colours[rise], ms=9, lw=2)
        ax.plot((0, 1), ends.mean(), "D--", color=COLOURS["ink"], ms=13, lw=3)
        ax.set_title(f"{task}: {rises.sum()} of {len(ends)} folds rise", fontsize=16)
        ax.set_xticks((0, 1), names)
        ax.set(xlim=(-0.3, 1.3), ylabel=ACCURACY)
    for label, colour, mark in (
        ("a fold that rises", colours[True], "o"),
        ("a fold that falls", colours[False], "o"),
        ("mean of the folds", COLOURS["ink"], "D"),
    ):
        axes[0].plot([], [], color=colour, marker=mark, lw=3, label=label)
    panels.legend_below(axes[0], columns=3)
    return fig


def peeking(curve: pd.DataFrame, gains: pd.DataFrame, title: str) -> Figure:
    """Left: one network after each epoch; right: what the peeked epoch gains, a dot a network.

    ``curve``: ``epoch``, ``development``, ``test``, ``new`` (shares), ``chosen`` and ``peeked``
    (bool, true of one epoch each). ``gains``: ``test``, ``new`` (differences of shares), a row a
    network; the bars are their means.
    """
    options = {"figsize": (12.5, 6), "width_ratios": [1.35, 1]}
    fig, (left, right) = panels.sheet(title, 1, 2, **options)
    labels = {"development": "development fold", "test": "the scored fold", "new": "new patients"}
    for (column, label), colour in zip(labels.items(), CATEGORICAL, strict=False):
        left.plot(curve["epoch"], 100 * curve[column], color=colour, label=label)
    marks = {"chosen": ("fair choice", "o", COLOURS["ink"])}
    marks["peeked"] = "peeked choice", "^", COLOURS["paper"]
    for column, (label, mark, face) in marks.items():
        row = curve[curve[column]].iloc[0]
        style = {"ms": 14, "mfc": face, "mec": COLOURS["ink"], "mew": 2.5, "label": label, "ls": ""}
        left.plot(row["epoch"], 100 * row["test"], mark, **style)
    left.set(xlabel="epoch", ylabel=ACCURACY, title="One network")
    left.xaxis.get_major_locator().set_params(integer=True)
    panels.dots(right, {name: 100 * gains[name] for name in ("test", "new")}, CATEGORICAL[1:])
    right.axhline(0, color=COLOURS["neutral"], lw=1.5)
    right.set_xticks((0, 1), ["on the\nscored fold", "on new\npatients"])
    right.set(xlim=(-0.5, 1.5), ylabel="points gained by peeking", title="All networks")
    panels.legend_below(left, columns=5)
    return fig
