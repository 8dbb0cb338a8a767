"""Leaks: what a random split tears apart, and what can be told without a pixel."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dermlab.figures import panels
from dermlab.figures.style import COLOURS
from dermlab.text import number


def siblings(rows: Sequence[Sequence[np.ndarray]], sides: Sequence[Sequence[str]]) -> Figure:
    """A row a lesion, a picture a photograph; above each the side that a random split gave it.

    ``rows``: pictures (size, size, 3) uint8; ``sides``: the same shape, "training" or "test".
    """
    wide = max(map(len, rows))
    options = {"figsize": (2.6 * wide, 2.95 * len(rows)), "squeeze": False}
    title = "One lesion a row: a random split tears them apart"
    fig, axes = panels.sheet(title, len(rows), wide, **options)
    colours = {"test": COLOURS["reader"], "training": COLOURS["neutral"]}
    for line, pictures, names in zip(axes, rows, sides, strict=True):
        panels.tiles(pictures, [""] * len(pictures), line)
        for ax, side in zip(line, names, strict=False):
            ax.set_title(side, fontsize=15, color=colours[side], loc="center")
    return fig


def component(edges: pd.DataFrame) -> Figure:
    """The images of one group on a circle, joined by what they share.

    ``edges``: ``a, b`` (image ids) and ``why`` (``same lesion``, ``same patient``, ``look alike``).
    """
    images = sorted({*edges["a"], *edges["b"]})
    angle = np.linspace(0, 2 * np.pi, len(images), endpoint=False)
    at = {name: (np.cos(t), np.sin(t)) for name, t in zip(images, angle, strict=True)}
    styles = {
        "same lesion": {"color": COLOURS["network"], "linewidth": 5},
        "same patient": {"color": COLOURS["neutral"], "linewidth": 2.5},
        "look alike": {"color": COLOURS["reader"], "linewidth": 3.5, "linestyle": "--"},
    }
    fig, ax = plt.subplots(figsize=(9, 6.4))
    for why, style in styles.items():
        for edge in edges[edges["why"] == why].itertuples():
            ax.plot(*zip(at[edge.a], at[edge.b], strict=True), **style)
        ax.plot([], [], label=why, **style)
    for name, (x, y) in at.items():
        ax.plot(x, y, "o", markersize=16, color=COLOURS["ink"], zorder=3)
        ax.annotate(name, (1.16 * x, 1.16 * y), ha="center", va="center", fontsize=14)
    ax.set(xlim=(-2.4, 2.4), ylim=(-1.4, 1.4), aspect="equal")
    ax.set_title("One group: whatever is joined stays on one side")
    ax.axis("off")
    ax.legend(loc="upper right")
    return fig


def without_pixels(areas: pd.DataFrame, beside: Mapping[str, float]) -> Figure:
    """Areas of classifiers that see no pixel, with their intervals; networks' as dashed lines.

    ``areas``: ``seen`` (what the classifier sees), ``estimate``, ``low``, ``high``;
    ``beside``: a network's name → its area.
    """
    fig, ax = plt.subplots(figsize=(11, 5.2))
    y = np.arange(len(areas))[::-1]
    bars = {"left": 0.5, "height": 0.55, "color": COLOURS["non_neoplastic"]}
    ax.barh(y, areas["estimate"] - 0.5, **bars)
    panels.intervals(ax, areas, y, fmt="none", color=COLOURS["ink"], elinewidth=2, capsize=5)
    for area, high, height in zip(areas["estimate"], areas["high"], y, strict=True):
        ax.annotate(number(area), (high, height), (8, 0), textcoords="offset points", va="center")
    for name, area in beside.items():
        ax.axvline(area, color=COLOURS["network"], linestyle="--", label=f"{name}: {number(area)}")
    ax.set_yticks(y, list(areas["seen"]))
    ax.set(xlim=(0.5, 1), xlabel="area under the ROC curve (0.5: chance)")
    ax.set_title("Malignant or not, told without looking at the picture")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
    return fig
