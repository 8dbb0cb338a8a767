"""Leaks: what a random split tears apart, and what that does to a score."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dermlab.figures.style import COLOURS
from dermlab.text import number

RANDOM, WHOLE = COLOURS["reader"], COLOURS["network"]


def siblings(rows: Sequence[Sequence[np.ndarray]], sides: Sequence[Sequence[str]]) -> Figure:
    """A row a lesion, a picture a photograph; under each the side that a random split dealt it to.

    rows : pictures (size, size, 3) uint8. sides : the same shape, ``"training"`` or ``"test"``.
    """
    wide = max(map(len, rows))
    fig, axes = plt.subplots(len(rows), wide, figsize=(2.6 * wide, 2.95 * len(rows)), squeeze=False)
    fig.suptitle("One lesion a row: a random split tears them apart", x=0.01, ha="left")
    for line, pictures, dealt in zip(axes, rows, sides, strict=True):
        for ax in line:
            ax.axis("off")
        for ax, picture, side in zip(line, pictures, dealt, strict=False):
            ax.imshow(picture)
            colour = RANDOM if side == "test" else COLOURS["neutral"]
            ax.set_title(side, fontsize=15, color=colour, loc="center")
    return fig


def component(edges: pd.DataFrame) -> Figure:
    """The images of one group on a circle, joined by what they share.

    edges : ``a, b`` (image ids) and ``why`` (``same lesion``, ``same patient``, ``look alike``).
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
        ax.plot(x, y, "o", markersize=16, color="black", zorder=3)
        ax.annotate(name, (1.16 * x, 1.16 * y), ha="center", va="center", fontsize=14)
    ax.set(xlim=(-2.4, 2.4), ylim=(-1.4, 1.4), aspect="equal")
    ax.set_title("One group: whatever is joined stays on one side")
    ax.axis("off")
    ax.legend(loc="upper right")
    return fig


def differences(
    table: pd.DataFrame, names: Sequence[str], *, title: str, unit: str = "AUC"
) -> Figure:
    """How far random folds flatter: a line a classifier, its 95 % interval, zero marked.

    table : ``difference, low, high``, a row a name.
    """
    fig, ax = plt.subplots(figsize=(11, 1.4 + 0.62 * len(table)))
    y = np.arange(len(table))[::-1]
    for row, height in zip(table.itertuples(), y, strict=True):
        flatters = row.low > 0
        colour = RANDOM if flatters else COLOURS["neutral"]
        ax.plot([row.low, row.high], [height, height], color=colour, linewidth=4)
        ax.plot(row.difference, height, "o", color=colour, markersize=12)
        text = number(row.difference)
        ax.annotate(text, (row.high, height), (10, 0), textcoords="offset points", va="center")
    ax.axvline(0, color="black", linewidth=1.5)
    ax.set_yticks(y, list(names))
    low, high = table["low"].min(), table["high"].max()
    room = high - low
    ax.set_xlim(min(low, 0) - 0.05 * room, high + 0.16 * room)
    ax.set(ylim=(-0.6, len(table) - 0.4), xlabel=f"{unit} under random folds − {unit} kept whole")
    fig.suptitle(title, x=0.01, ha="left")
    return fig


def without_pixels(areas: pd.DataFrame, beside: Mapping[str, float]) -> Figure:
    """Areas of classifiers that see no pixel, with their intervals; networks' as dashed lines.

    areas : ``seen, auc, low, high``. beside : name → area.
    """
    fig, ax = plt.subplots(figsize=(11, 5.2))
    y = np.arange(len(areas))[::-1]
    error = [areas["auc"] - areas["low"], areas["high"] - areas["auc"]]
    ax.barh(y, areas["auc"] - 0.5, left=0.5, height=0.55, color=COLOURS["non_neoplastic"])
    ax.errorbar(areas["auc"], y, xerr=error, fmt="none", color="black", capsize=5)
    for area, high, height in zip(areas["auc"], areas["high"], y, strict=True):
        ax.annotate(number(area), (high, height), (8, 0), textcoords="offset points", va="center")
    for name, area in beside.items():
        ax.axvline(area, color=COLOURS["network"], linestyle="--", label=f"{name}: {number(area)}")
    ax.set_yticks(y, list(areas["seen"]))
    ax.set(xlim=(0.5, 1), xlabel="area under the ROC curve (0.5: chance)")
    ax.set_title("Malignant or not, told without looking at the picture")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
    return fig
