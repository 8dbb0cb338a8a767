"""Initial weights and the depth of tuning: AUC by lesions, steps and depth, and the differences.

After Tajbakhsh et al. 2016. A *start* is a depth of tuning, or scratch; AUC is the area under the
ROC curve on test lesions.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, MARKERS, Drawn

AREA = "AUC"


def published(table: pd.DataFrame, *, title: str) -> Drawn:
    """Errors by depth of tuning, a line a boundary; its own level from scratch is dashed.

    ``table``: columns ``deepest`` (the deepest layer tuned, or ``scratch``), ``boundary``,
    ``mean`` (micrometres).
    """
    fig, ax = plt.subplots()
    by_boundary = table.groupby("boundary", sort=False)
    for (name, rows), colour, mark in zip(by_boundary, CATEGORICAL, MARKERS, strict=False):
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
    said = (
        f"{name}: " + ", ".join(f"{row.deepest} {row.mean:.0f}" for row in rows.itertuples())
        for name, rows in by_boundary
    )
    return Drawn(fig, f"Mean error in micrometres by deepest layer tuned. {'; '.join(said)}.")


def _by_size(table: pd.DataFrame, title: str) -> tuple[Figure, dict[int, Axes]]:
    """A panel for each size ``n`` of the training set, by its size."""
    sizes = sorted(table["n"].unique())
    options = {"figsize": (11.6, 6), "sharey": True, "squeeze": False}
    fig, axes = panels.sheet(title, 1, len(sizes), **options)
    for ax, n in zip(axes[0], sizes, strict=True):
        ax.set_title(f"{n} lesions", fontsize=16)
    return fig, dict(zip(sizes, axes[0], strict=True))


def by_size(table: pd.DataFrame, starts: Sequence[str], *, title: str) -> Drawn:
    """A panel a size of the training set: a dot a seed, a bar their mean, a column a start.

    ``table``: columns ``start``, ``n`` (lesions), ``seed``, ``test`` (the area).
    """
    fig, axes = _by_size(table, title)
    for i, (n, ax) in enumerate(axes.items()):
        rows = table[table["n"] == n].set_index("start")["test"]
        panels.dots(ax, {start: rows.loc[[start]].to_numpy() for start in starts})
        ax.set_xticks(range(len(starts)), starts, rotation=50, ha="right", rotation_mode="anchor")
        ax.set(xlabel="start", ylabel="" if i else AREA, xlim=(-0.6, len(starts) - 0.4))
    return Drawn(fig, _means(table, "start", starts))


def _means(table: pd.DataFrame, column: str, names: Sequence[str]) -> str:
    """The mean AUC of each of ``names`` by the number of lesions, in words."""
    mean = table.groupby(["n", column])["test"].mean()
    said = (
        f"{n} lesions: " + ", ".join(f"{name} {mean[n, name]:.2f}" for name in names)
        for n in sorted(table["n"].unique())
    )
    return f"Mean AUC. {'; '.join(said)}."


def curves(table: pd.DataFrame, starts: Mapping[str, str], *, title: str) -> Drawn:
    """A panel a size: the test area by steps; thin lines are seeds, thick ones their mean.

    ``table``: columns ``start``, ``n`` (lesions), ``seed``, ``steps``, ``test`` (the area), one
    rate a start; ``starts``: start → what the legend says of it.
    """
    fig, axes = _by_size(table, title)
    named = table.assign(start=table["start"].map(starts))
    for i, (n, ax) in enumerate(axes.items()):
        lines = {"x": "steps", "y": "test", "hue": "start", "unit": "seed"}
        panels.repeats(ax, named[named["n"] == n], names=list(starts.values()), **lines)
        ax.set(xlabel="steps of 32", ylabel="" if i else AREA)
    panels.legend_below(next(iter(axes.values())), len(starts))
    by_run = named.sort_values("steps").groupby(["n", "start", "seed"], as_index=False)
    first, last = (
        _means(rows, "start", list(starts.values())) for rows in (by_run.first(), by_run.last())
    )
    return Drawn(fig, f"AUC by steps. At the first evaluation: {first} At the last: {last}")


def gaps(tables: Mapping[str, pd.DataFrame], starts: Sequence[str], *, title: str) -> Drawn:
    """Each start minus scratch, by size, a panel a data set.

    Thick: the interval over other lesions, for these networks; thin: over other seeds.
    ``tables``: name → columns ``start, n, estimate, low, high, low_images, high_images`` (areas).
    """
    widths = [1 + table["start"].nunique() for table in tables.values()]
    options = {"figsize": (11.6, 6.4), "sharey": True, "squeeze": False, "width_ratios": widths}
    fig, axes = panels.sheet(title, 1, len(tables), **options)
    for ax, (name, table) in zip(axes.flat, tables.items(), strict=True):
        _gaps(ax, table, starts)
        ax.set_title(name, fontsize=16)
    axes[0, 0].set_ylabel(f"{AREA}, minus scratch's")
    for width, meaning in ((6, "over lesions"), (1.5, "over seeds")):
        axes[0, 0].plot([], [], lw=width, color=COLOURS["neutral"], label=meaning)
    fullest = max(axes.flat, key=lambda ax: len(ax.get_legend_handles_labels()[0]))
    panels.legend_below(fullest, len(starts) + 2)
    said = (
        f"{name}, {one.start} with {one.n}: {one.estimate:.3f} "
        f"(seeds {one.low:.3f} to {one.high:.3f}, lesions {one.low_images:.3f} to "
        f"{one.high_images:.3f})"
        for name, table in tables.items()
        for one in table.itertuples()
    )
    return Drawn(fig, f"AUC minus scratch's, by lesions to learn from. {'; '.join(said)}.")


def _gaps(ax: Axes, table: pd.DataFrame, starts: Sequence[str]) -> None:
    sizes = sorted(table["n"].unique())
    shown = [start for start in starts if start in set(table["start"])]
    ax.axhline(0, color=COLOURS["ink"], lw=2)
    for k, start in enumerate(shown):
        rows = table[table["start"] == start].set_index("n").loc[sizes]
        x = np.arange(len(sizes)) + 0.18 * (k - (len(shown) - 1) / 2)
        style = {"color": CATEGORICAL[list(starts).index(start)]}
        ax.vlines(x, rows["low_images"], rows["high_images"], lw=6, **style)
        style |= {"fmt": MARKERS[list(starts).index(start)], "mec": COLOURS["paper"]}
        panels.intervals(ax, rows, x, upright=True, elinewidth=1.5, label=start, **style)
    ax.set_xticks(range(len(sizes)), [str(n) for n in sizes])
    ax.set(xlabel="lesions to learn from", xlim=(-0.5, len(sizes) - 0.5))
    ax.grid(axis="x", visible=False)


def by_depth(tables: Mapping[str, pd.DataFrame], *, title: str) -> Drawn:
    """What a regression reads out of frozen layers, depth by depth: thin lines are seeds, thick
    ones their mean, a colour a start.

    ``tables``: name → columns ``weights`` ("shipped" or "random"), ``seed``, ``depth`` (a block),
    ``auc``.
    """
    names = ("shipped", "random")
    options = {"figsize": (11.6, 6.2), "sharey": True, "squeeze": False}
    fig, axes = panels.sheet(title, 1, len(tables), **options)
    for ax, (name, table) in zip(axes.flat, tables.items(), strict=True):
        depths = [depth.removeprefix("mixed") for depth in dict.fromkeys(table["depth"])]
        lines = {"x": "depth", "y": "auc", "hue": "weights", "unit": "seed"}
        panels.repeats(ax, table, names=names, **lines)
        ax.axhline(0.5, color=COLOURS["neutral"], lw=2, ls=":")
        ax.set_xticks(range(len(depths)), depths)
        ax.set(xlabel="frozen up to this block (stem, then mixed)")
        ax.set(ylabel=AREA if ax is axes[0, 0] else "")
        ax.set_title(name, fontsize=16)
    panels.legend_below(axes[0, 0], columns=3)
    return Drawn(fig, f"AUC of a regression on frozen layers. {_ends(tables, names)}.")


def _ends(tables: Mapping[str, pd.DataFrame], names: Sequence[str]) -> str:
    """The mean AUC at the first and at the last depth, in words."""
    said = []
    for title, table in tables.items():
        depths = list(dict.fromkeys(table["depth"]))
        mean = table.groupby(["weights", "depth"])["auc"].mean()
        said += [
            f"{title}, {name}: {mean[name, depths[0]]:.2f} at {depths[0]}, "
            f"{mean[name, depths[-1]]:.2f} at {depths[-1]}"
            for name in names
        ]
    return "; ".join(said)
