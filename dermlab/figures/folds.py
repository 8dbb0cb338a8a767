"""Cross-validation: the scatter of nine folds, shared mistakes, two schemes, what peeking gains."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, Drawn
from dermlab.text import listing

TASKS = ("three-way", "nine-way")
ACCURACY = "mean of the classes' accuracies, %"


def widths(means: np.ndarray, spreads: Mapping[str, float], *, title: str) -> Drawn:
    """Means of nine folds, a study each, as a histogram; below it what could be called their ±.

    ``means``: (studies,) shares; ``spreads``: name → half-width, a share, drawn around their mean.
    """
    means = 100 * np.asarray(means)
    fig, ax = panels.sheet(title, figsize=(11.5, 6.4))
    counts, *_ = ax.hist(means, bins=20, color=COLOURS["join"], edgecolor=COLOURS["paper"])
    step = counts.max() / 6
    for i, ((name, spread), colour) in enumerate(zip(spreads.items(), CATEGORICAL, strict=False)):
        style = {"color": colour, "fmt": "|", "ms": 16, "mew": 4, "elinewidth": 5, "capsize": 8}
        at = -step * (i + 1)
        ax.errorbar(means.mean(), at, xerr=100 * spread, **style)
        words = f"± {100 * spread:.1f}  {name}"
        right = means.mean() + 100 * spread + 0.8
        ax.text(right, at, words, va="center", fontsize=15)
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= counts.max()])
    ax.set(ylim=(-step * (len(spreads) + 0.8), 1.05 * counts.max()))
    reach = max(100 * max(spreads.values()), np.ptp(means) / 2)
    ax.set(xlim=(means.mean() - 1.15 * reach, means.mean() + 3 * reach))
    ax.set(xlabel="accuracy, mean of nine folds, %", ylabel=f"studies, of {len(means)}")
    said = [f"{name} ± {100 * spread:.1f} points" for name, spread in spreads.items()]
    alt = (
        f"{title}. A histogram of {len(means)} means of nine folds around {means.mean():.0f} %, "
        f"and below it three brackets of different width: {listing(said)}."
    )
    return Drawn(fig, alt)


def shared(chance: np.ndarray, observed: int) -> Drawn:
    """How many wrong answers two readers share after each shuffle, and how many they did share.

    ``chance``: (shuffles,) counts of images, ``observed``: the count of the real answers.
    """
    title = f"Published answers: {observed} shared mistakes; after shuffling at most {chance.max()}"
    fig, ax = panels.sheet(title, figsize=(11.5, 5.4))
    numbers, counts = np.unique(chance, return_counts=True)
    ax.bar(numbers, counts, width=0.9, color=COLOURS["join"])
    ax.axvline(observed, color=COLOURS["reader"], lw=5)
    words = {"ha": "right", "va": "top", "fontsize": 15, "color": COLOURS["note"]}
    ax.text(observed - 0.6, counts.max(), f"the real answers:\n{observed} images", **words)
    ax.set(xlim=(0, max(observed, chance.max()) + 3))
    ax.set(xlabel="images with the same wrong answer", ylabel=f"shuffles, of {len(chance):,}")
    alt = (
        f"{title}. A histogram of {len(chance):,} shuffles from {chance.min()} to {chance.max()} "
        f"images with mean {chance.mean():.0f}, and a line at {observed} images for the published "
        "answers."
    )
    return Drawn(fig, alt)


def same_patients(scores: Mapping[str, np.ndarray], *, title: str) -> Drawn:
    """A row of dots a test: the accuracies of the same networks (shares), a bar at their mean."""
    fig, ax = plt.subplots(figsize=(11.5, 4.6))
    panels.dots(ax, {name: 100 * values for name, values in scores.items()}, upright=False)
    ax.set(xlabel=ACCURACY)
    fig.suptitle(title, x=0.01, ha="left")
    said = [
        f"{' '.join(name.split())}: {100 * values.min():.0f} to {100 * values.max():.0f} %, "
        f"SD {100 * values.std(ddof=1):.1f} points"
        for name, values in scores.items()
    ]
    return Drawn(fig, f"{title}. A row of dots each, a dot a network. {'; '.join(said)}.")


def fold_by_fold(table: pd.DataFrame, names: tuple[str, str], title: str) -> Drawn:
    """Each fold's accuracies under two schemes, joined: ``task, before, after`` (shares).

    ``names``: what the axis calls the two schemes.
    """
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 6))
    colours = {True: COLOURS["network"], False: COLOURS["reader"]}
    said = []
    for ax, task in zip(axes, TASKS, strict=True):
        ends = 100 * table.loc[table["task"] == task, ["before", "after"]]
        rises = ends["after"] > ends["before"]
        for pair, rise in zip(ends.to_numpy(), rises, strict=True):
            ax.plot((0, 1), pair, "o-", color=colours[rise], ms=9, lw=2)
        ax.plot((0, 1), ends.mean(), "D--", color=COLOURS["ink"], ms=13, lw=3)
        ax.set_title(f"{task}: {rises.sum()} of {len(ends)} folds rise", fontsize=16)
        ax.set_xticks((0, 1), names)
        ax.set(xlim=(-0.3, 1.3), ylabel=ACCURACY)
        before, after = ends.mean()
        said.append(
            f"{task}: {rises.sum()} of {len(ends)} lines rise, the mean goes from {before:.1f} to "
            f"{after:.1f} %"
        )
    for label, colour, mark in (
        ("a fold that rises", colours[True], "o"),
        ("a fold that falls", colours[False], "o"),
        ("mean of the folds", COLOURS["ink"], "D"),
    ):
        axes[0].plot([], [], color=colour, marker=mark, lw=3, label=label)
    panels.legend_below(axes[0], columns=3)
    left, right = (" ".join(name.split()) for name in names)
    return Drawn(fig, f"{title}. A line a fold, from {left} to {right}. {'; '.join(said)}.")


def peeking(curve: pd.DataFrame, gains: pd.DataFrame, *, task: str) -> Drawn:
    """Left: one network after each epoch; right: what the peeked epoch gains, a dot a network.

    ``curve``: ``epoch``, ``development``, ``test``, ``new`` (shares), ``chosen`` and ``peeked``
    (bool, true of one epoch each). ``gains``: ``test``, ``new`` (differences of shares), a row a
    network; the bars are their means.
    """
    rises, mean = gains["test"].gt(0).sum(), 100 * gains["test"].mean()
    title = (
        f"Simulated: peeking raises {rises} of {len(gains)} scores; mean of all {mean:.1f} points"
    )
    options = {"figsize": (11.6, 6.2), "width_ratios": [1.35, 1]}
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
    right.set(
        xlim=(-0.5, 1.5), ylabel="peeked − fair, points", title=f"{len(gains)} networks, {task}"
    )
    panels.legend_below(left, columns=3)
    return Drawn(fig, f"{title}. {_choices(curve)} {_gains(gains)}")


def _choices(curve: pd.DataFrame) -> str:
    """What the two choices of one network's epoch report."""
    fair, peeked = (curve[curve[column]].iloc[0] for column in ("chosen", "peeked"))
    return (
        f"Left, one network over {len(curve)} epochs: the development fold chooses epoch "
        f"{fair.epoch}, the scored fold reads {100 * fair.test:.1f} % there; the scored fold "
        f"itself would choose epoch {peeked.epoch} and read {100 * peeked.test:.1f} %; on new "
        f"patients the two epochs have {100 * fair.new:.1f} and {100 * peeked.new:.1f} %."
    )


def _gains(gains: pd.DataFrame) -> str:
    """The smallest and the largest gain on either set of patients, and how many are 0."""
    bounds = {name: (100 * gains[name].min(), 100 * gains[name].max()) for name in ("test", "new")}
    return (
        f"Right, a dot a network, {len(gains)} of them: gains from {bounds['test'][0]:.1f} to "
        f"{bounds['test'][1]:.1f} points on the scored fold ({gains['test'].eq(0).sum()} of them "
        f"exactly 0), from {bounds['new'][0]:.1f} to "
        f"{bounds['new'][1]:.1f} on new patients, there {100 * gains['new'].mean():.1f} on average."
    )
