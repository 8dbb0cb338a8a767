"""A network opened up: its blocks and branches, and what they cost."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, Drawn
from dermlab.text import percent

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


def network(units: pd.DataFrame, sides: pd.Series, *, title: str) -> Drawn:
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
    kernels = ", ".join(f"{n} {kind}" for kind, n in units["kind"].value_counts().items())
    blocks = units.groupby("block", sort=False)["branch"].nunique()
    said = f"{len(units)} boxes in {len(blocks)} blocks from left to right: {kernels}."
    return Drawn(fig, f"{title}. {said} A block has {blocks.min()} to {blocks.max()} branches.")


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


def module(units: pd.DataFrame, *, title: str) -> Drawn:
    """One block, from its input (bottom) to its output (top): branches side by side, each box with
    its kernel and the maps that it gives on.

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
    said = [" then ".join(f"{row.kind} with {row.channels} maps" for row in branch.itertuples())
            for _, branch in units.groupby("branch")]  # fmt: skip
    return Drawn(fig, f"{title}. From bottom to top, {len(said)} branches: {'; '.join(said)}.")


def sizes(pictures: Sequence[np.ndarray], n_maps: Sequence[int], between: Sequence[str]) -> Drawn:
    """A network as a chain: what enters and leaves each group of blocks, from the picture (left).

    ``pictures``: (side, side, 3) uint8 each, as many places a side as the maps have there, the last
    1 × 1; ``n_maps`` of each, colours first; ``between``: the blocks that lie between two of them.
    """
    n = len(pictures)
    places = [f"{len(picture)} × {len(picture)}" for picture in pictures]
    kinds = ["colours", *["maps"] * (n - 2), "means"]
    names = [f"{at}\n{m:,} {kind}" for at, m, kind in zip(places, n_maps, kinds, strict=True)]
    title = f"From {places[0]} with {n_maps[0]} colours to {places[-2]} with {n_maps[-2]:,} maps,\n"
    title += f"and their {n_maps[-1]:,} means, from which the answer is computed"
    layout = [[f"{i}" for i in range(n)], ["chain"] * n]
    fig, axes = plt.subplot_mosaic(layout, figsize=(11.6, 4.8), height_ratios=[1.9, 1])
    fig.suptitle(title, x=0.01, ha="left")
    panels.tiles(pictures, names, [axes[f"{i}"] for i in range(n)])
    chain = axes["chain"]
    chain.set(xlim=(0, n), ylim=(0, 1))
    chain.axis("off")
    arrow = {"arrowstyle": "-|>", "lw": 3, "color": COLOURS["neutral"]}
    chain.annotate("", (n - 0.05, 0.65), (0.05, 0.65), arrowprops=arrow)
    for i, words in enumerate(between, start=1):
        box = {"facecolor": COLOURS["light"], "edgecolor": COLOURS["network"], "lw": 2, "pad": 7}
        chain.text(i, 0.65, words, ha="center", va="center", fontsize=14, bbox=box)
    for x, side, words in ((0, "left", "bottom: the picture"), (n, "right", "top: the answer")):
        chain.text(x, 0.05, words, ha=side, va="center", fontsize=15, weight="bold")
    stages = [" ".join(name.split()) for name in names]
    steps = [f"{words} gives {stage}" for words, stage in zip(between, stages[1:], strict=True)]
    said = f"From left to right: {stages[0]}; {'; '.join(steps)}"
    return Drawn(fig, f"{' '.join(title.split())}. {' '.join(said.split())}.")


def costs(blocks: pd.DataFrame) -> Drawn:
    """Parameters and multiply-adds of each block, the picture below, the answer above.

    ``blocks``: all of `anatomy.blocks`, from the stem to the head (the last layer).
    """
    share = blocks[["parameters", "multiply_adds"]] / blocks[["parameters", "multiply_adds"]].sum()
    ends = [percent(share["parameters"].iloc[-3:-1].sum(), 0), percent(share.iloc[0, 1], 0)]
    title = f"{' and '.join(blocks.index[-3:-1])}: {ends[0]} of the parameters\n"
    title += f"{blocks.index[0]}: {ends[1]} of the multiply-adds"
    blocks = blocks.rename(index={"head": "last layer"})
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 6.6), sharey=True)
    columns = {"parameters": ("parameters (millions)", 1e6),
               "multiply_adds": ("multiply-adds a picture (thousand millions)", 1e9)}  # fmt: skip
    for ax, (column, (name, unit)) in zip(axes, columns.items(), strict=True):
        ax.barh(blocks.index, blocks[column] / unit, color=COLOURS["network"])
        ax.set(xlabel=name)
        ax.grid(axis="y", visible=False)
    axes[0].set_ylabel("block: picture below, answer above")
    rows = [f"{row.Index} {row.parameters / 1e6:.1f} and {row.multiply_adds / 1e9:.2f}"
            for row in blocks.itertuples()]  # fmt: skip
    said = title.replace("\n", "; ")
    return Drawn(fig, f"{said}. Millions of parameters, thousand million multiply-adds: "
                      f"{'; '.join(rows)}.")  # fmt: skip
