"""Where a network starts and how deep it is tuned: areas by data, curves by steps, the differences.

After Tajbakhsh et al. 2016. A *start* is a depth of tuning, or scratch.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.figures.style import CATEGORICAL, COLOURS

AREA = "area under the curve"
_MARKS = ("o", "s", "^", "D")
_DASHES = ("-", "--", "-.", ":")


def published(table: pd.DataFrame, *, title: str) -> Figure:
    """Errors by depth of tuning, a line a boundary; its own level from scratch is dashed.

    ``table``: columns ``deepest`` (the deepest layer tuned, or ``scratch``), ``boundary``,
    ``mean`` (micrometres).
    """
    fig, ax = plt.subplots()
    for (name, rows), colour, mark in zip(
        table.groupby("boundary", sort=False), CATEGORICAL, _MARKS, strict=False
    ):
        is_scratch = rows["deepest"] == "scratch"
        tuned, level = rows[~is_scratch], rows.loc[is_scratch, "mean"].item()
        ax.plot(range(len(tuned)), tuned["mean"], marker=mark, color=colour, label=name)
        ax.axhline(level, color=colour, lw=2, ls="--", label=f"{name}, from scratch")
    ax.set_xticks(range(len(tuned)), tuned["deepest"])
    ax.set(yscale="log", xlabel="tuned from this layer up to the last (fc8)")
    ax.set(ylabel="mean error (micrometres)")
    ticks = (25, 30, 40, 60, 100)
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set_title(title)
    ax.legend(loc="upper right")
    return fig


def by_size(table: pd.DataFrame, starts: Sequence[str], *, title: str, unit: str = AREA) -> Figure:
    """A panel a size of the training set: a dot a seed, a bar their mean, a column a start.

    ``table``: columns ``start``, ``n``, ``seed``, ``test``.
    """
    sizes = sorted(table["n"].unique())
    fig, axes = plt.subplots(1, len(sizes), figsize=(11.6, 6), sharey=True, squeeze=False)
    fig.suptitle(title, x=0.01, ha="left")
    for ax, n in zip(axes.flat, sizes, strict=True):
        for x, (start, colour) in enumerate(zip(starts, CATEGORICAL, strict=False)):
            here = table[(table["n"] == n) & (table["start"] == start)]["test"].to_numpy()
            ax.plot(x + _spread(len(here)), here, "o", ms=9, alpha=0.7, color=colour)
            ax.plot([x - 0.35, x + 0.35], [here.mean()] * 2, lw=4, color=colour)
        ax.set_xticks(range(len(starts)), starts, rotation=50, ha="right", rotation_mode="anchor")
        ax.set(xlabel="start", ylabel=unit if ax is axes[0, 0] else "", xlim=(-0.6, x + 0.6))
        ax.set_title(f"{n} lesions", fontsize=16)
    return fig


def curves(table: pd.DataFrame, starts: Mapping[str, str], *, title: str) -> Figure:
    """A panel a size: the test area by steps; thin lines are seeds, thick ones their mean.

    ``table``: columns ``start``, ``n``, ``seed``, ``steps``, ``test``, one rate a start;
    ``starts``: start -> what the legend says of it.
    """
    sizes = sorted(table["n"].unique())
    fig, axes = plt.subplots(1, len(sizes), figsize=(11.6, 6), sharey=True, squeeze=False)
    fig.suptitle(title, x=0.01, ha="left")
    for ax, n in zip(axes.flat, sizes, strict=True):
        for start, colour, dash in zip(starts, CATEGORICAL, _DASHES, strict=False):
            rows = table[(table["n"] == n) & (table["start"] == start)]
            seeds = rows.pivot(index="steps", columns="seed", values="test")
            ax.plot(seeds.index, seeds, color=colour, lw=1, alpha=0.5, ls=dash)
            mean = seeds.mean(axis=1)
            ax.plot(mean.index, mean, color=colour, lw=4, ls=dash, label=starts[start])
        ax.set(xlabel="steps of 32", ylabel=AREA if ax is axes[0, 0] else "")
        ax.set_title(f"{n} lesions", fontsize=16)
    handles = axes[0, 0].get_legend_handles_labels()
    fig.legend(*handles, loc="outside lower left", ncols=len(starts))
    return fig


def gaps(tables: Mapping[str, pd.DataFrame], starts: Sequence[str], *, title: str) -> Figure:
    """Each start less scratch, by size, a panel a data set.

    Thick: the interval over other lesions, for these networks; thin: over other seeds.
    ``tables``: name -> columns ``start, n, estimate, low, high, low_images, high_images``.
    """
    widths = [1 + table["start"].nunique() for table in tables.values()]
    fig, axes = plt.subplots(
        1, len(tables), figsize=(11.6, 6.4), sharey=True, squeeze=False, width_ratios=widths
    )
    fig.suptitle(title, x=0.01, ha="left")
    for ax, (name, table) in zip(axes.flat, tables.items(), strict=True):
        _gaps(ax, table, starts)
        ax.set_title(name, fontsize=16)
    axes[0, 0].set_ylabel(f"{AREA}, less scratch's")
    for width, meaning in ((6, "over lesions"), (1.5, "over seeds")):
        axes[0, 0].plot([], [], lw=width, color=COLOURS["neutral"], label=meaning)
    most = max(axes.flat, key=lambda ax: len(ax.get_legend_handles_labels()[0]))
    fig.legend(*most.get_legend_handles_labels(), loc="outside lower left", ncols=len(starts) + 2)
    return fig


def _gaps(ax: Axes, table: pd.DataFrame, starts: Sequence[str]) -> None:
    sizes = sorted(table["n"].unique())
    shown = [start for start in starts if start in set(table["start"])]
    ax.axhline(0, color="black", lw=2)
    for start, offset in zip(shown, 0.18 * _centred(len(shown)), strict=True):
        number = list(starts).index(start)
        rows = table[table["start"] == start].set_index("n").loc[sizes]
        x, colour = np.arange(len(sizes)) + offset, CATEGORICAL[number]
        ax.vlines(x, rows["low"], rows["high"], color=colour, lw=1.5)
        ax.vlines(x, rows["low_images"], rows["high_images"], color=colour, lw=6)
        ax.plot(x, rows["estimate"], _MARKS[number], ms=11, mec="white", color=colour, label=start)
    ax.set_xticks(range(len(sizes)), [str(n) for n in sizes])
    ax.set(xlabel="lesions to learn from", xlim=(-0.5, len(sizes) - 0.5))
    ax.grid(axis="x", visible=False)


def _centred(n: int) -> np.ndarray:
    return np.arange(n) - (n - 1) / 2


def _spread(n: int) -> np.ndarray:
    """Side by side within a column, so that equal values are seen."""
    return 0.12 * _centred(n)
