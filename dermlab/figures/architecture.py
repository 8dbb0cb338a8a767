"""A network opened up: its blocks and branches, and what they cost."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, MARKERS

KINDS = {  # as `anatomy.units` names them: what they are called here, colour
    "1 × 1": ("1 × 1", CATEGORICAL[5]),
    "3 × 3": ("3 × 3", CATEGORICAL[0]),
    "5 × 5": ("5 × 5", CATEGORICAL[3]),
    "1 × 7": ("1 × 7 or 7 × 1", CATEGORICAL[1]),
    "7 × 1": ("1 × 7 or 7 × 1", CATEGORICAL[1]),
    "1 × 3": ("1 × 3 or 3 × 1", CATEGORICAL[4]),
    "3 × 1": ("1 × 3 or 3 × 1", CATEGORICAL[4]),
    "pool": ("pooling", COLOURS["join"]),
}
DARK = set(CATEGORICAL[:2])  # white letters stand on these


def network(units: pd.DataFrame, sides: pd.Series, *, title: str) -> Figure:
    """Every convolution and pooling as a box; blocks side by side, a block's branches as columns.

    ``units`` as `anatomy.units` gives them; ``sides``: block -> pixels a side of what it gives on.
    """
    fig, ax = panels.sheet(title, figsize=(11.6, 6.4))
    x, spans = 0.0, {}
    for block, rows in units.groupby("block", sort=False):
        placed, width = _columns(rows)
        for column, row in zip(placed, rows.itertuples(), strict=True):
            colour = KINDS[row.kind][1]
            ax.add_patch(Rectangle((x + column, row.level), 0.86, 0.82, color=colour, lw=0))
        spans[block] = (x, x + width)
        x += width + 1.2
    top = int(units["level"].max()) + 1
    ax.set(xlim=(-1.6, x), ylim=(-2.1, top + 0.2))
    _under(ax, spans, sides)
    ax.set_yticks(np.arange(top) + 0.41, range(1, top + 1))
    ax.set(ylabel="step within a branch", xlabel="block, and the side of its maps in pixels")
    ax.set_xticks([])
    ax.grid(visible=False)
    used = [kind for kind in KINDS if kind in set(units["kind"])]
    named = dict(KINDS[kind] for kind in used)
    patches = [Patch(color=colour, label=name) for name, colour in named.items()]
    fig.legend(handles=patches, loc="outside lower left", ncols=6, columnspacing=1, handlelength=1)
    return fig


def _columns(rows: pd.DataFrame) -> tuple[list[int], int]:
    """The column of each unit and how many columns there are; a fork takes one more."""
    placed, first = [0] * len(rows), 0
    for _, branch in rows.reset_index(drop=True).groupby("branch"):
        beside = branch.groupby("level").cumcount()
        for number, shift in beside.items():
            placed[number] = first + int(shift)
        first += int(beside.max()) + 1
    return placed, first


def _under(ax: Axes, spans: dict[str, tuple[float, float]], sides: pd.Series) -> None:
    """Names of the blocks, and below them one bar for all neighbours with maps of one size."""
    for block, (low, high) in spans.items():
        name = block.removeprefix("mixed")
        ax.text((low + high) / 2, -0.15, name, ha="center", va="top", fontsize=14)
    for side in dict.fromkeys(sides[list(spans)]):
        members = [block for block in spans if sides[block] == side and block != "stem"]
        low, high = spans[members[0]][0], spans[members[-1]][1]
        ax.plot([low, high], [-1.05, -1.05], color=COLOURS["ink"], lw=2)
        words = f"mixed: {side} × {side}" if high - low > 12 else f"{side} × {side}"
        ax.text((low + high) / 2, -1.15, words, ha="center", va="top", fontsize=14)


def module(units: pd.DataFrame, *, title: str) -> Figure:
    """One block: branches side by side, each box with its kernel and the maps that it gives on.

    ``units``: one block of `anatomy.units`.
    """
    fig, ax = panels.sheet(title, figsize=(11.6, 6))
    placed, width = _columns(units)
    top = int(units["level"].max()) + 1
    for column, row in zip(placed, units.itertuples(), strict=True):
        colour = KINDS[row.kind][1]
        ax.add_patch(Rectangle((column, row.level), 0.9, 0.74, color=colour, lw=0))
        words = f"{row.kind}\n{row.channels} maps\n{row.parameters:,} parameters"
        ax.text(column + 0.45, row.level + 0.37, words, ha="center", va="center", fontsize=14,
                color=COLOURS["paper" if colour in DARK else "ink"])  # fmt: skip
    for column in sorted(set(placed)):
        levels = units["level"][[p == column for p in placed]]
        line = {"color": COLOURS["ink"], "lw": 2, "zorder": 0}
        ax.plot([column + 0.45] * 2, [-0.25, levels.min()], **line)
        ax.plot([column + 0.45] * 2, [levels.max() + 0.7, top + 0.1], **line)
        for level in levels[levels > levels.min()]:
            ax.plot([column + 0.45] * 2, [level - 0.3, level], **line)
    for y, words in ((-0.45, "the maps of the block before"), (top + 0.1, "set side by side")):
        ax.add_patch(Rectangle((0, y), width - 0.1, 0.3, color=COLOURS["light"], lw=0))
        ax.text((width - 0.1) / 2, y + 0.15, words, ha="center", va="center", fontsize=15)
    ax.set(xlim=(-0.05, width), ylim=(-0.5, top + 0.45))
    ax.axis("off")
    return fig


def costs(tables: Mapping[str, pd.DataFrame], *, title: str) -> Figure:
    """Parameters and multiply-adds block by block, a colour a network, on logarithmic axes.

    ``tables``: name → what `anatomy.blocks` gives, of two networks with the same blocks.
    """
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 6.6), sharey=True)
    names = {"parameters": "parameters", "multiply_adds": "multiply-adds a picture"}
    for ax, (column, name) in zip(axes, names.items(), strict=True):
        for (model, table), colour, mark in zip(tables.items(), CATEGORICAL, MARKERS, strict=False):
            y = np.arange(len(table))
            ax.plot(table[column], y, mark, ms=11, color=colour, label=model)
        both = (table[column] for table in tables.values())
        ax.hlines(y, *both, color=COLOURS["join"], zorder=0, lw=3)
        ax.set(xscale="log", xlabel=name, ylabel="block" if ax is axes[0] else "")
    axes[0].set_yticks(y, table.index)
    axes[0].invert_yaxis()
    panels.legend_below(axes[0], columns=2)
    return fig
