"""Saliency maps beside their pictures, and what became of them in the tests."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, DARKER, DASHES, MARKERS

DARKEST = 99.5  # per cent of a map's pixels are drawn below black: one bright pixel hides nothing
LEVELS = 15  # steps from white to black: as many as the eye keeps apart, and small files


def explained(picture: np.ndarray, whole: np.ndarray, title: str, method: str) -> Figure:
    """One picture (h, w, 3) uint8 and its map (h, w), darker for more influence."""
    title = "\n".join(textwrap.wrap(title, 60))
    fig, (left, right) = panels.sheet(title, 1, 2, figsize=(11, 6))
    _picture(left, picture, "the picture")
    _map(right, whole, f"{method} (darker: more influence)")
    return fig


def nine(pictures: np.ndarray, maps: np.ndarray, labels: Sequence[str], *, title: str) -> Figure:
    """Nine pictures and their maps as the lecture lays them out: a to c down the first column.

    ``pictures`` (9, h, w, 3) uint8 and ``maps`` (9, h, w); ``labels``: the nine in the lecture's
    order, malignant, benign and non-neoplastic.
    """
    fig, axes = panels.sheet(title, 3, 6, figsize=(11.5, 7.2))
    for i, (picture, whole, label) in enumerate(zip(pictures, maps, labels, strict=True)):
        column, row = divmod(i, 3)
        left, right = axes[row, 2 * column], axes[row, 2 * column + 1]
        _picture(left, picture)
        left.set_title(f"{'abcdefghi'[i]}. {label}", fontsize=14)
        _map(right, whole)
    return fig


def table(
    pictures: np.ndarray, maps: Mapping[str, np.ndarray], rows: Sequence[str], *, title: str
) -> Figure:
    """A row a picture, a column a kind of map; each map on its own scale.

    ``pictures`` (n, h, w, 3) uint8; ``maps``: kind → (n, h, w); ``rows``: the pictures' labels.
    """
    n, m = len(pictures), len(maps) + 1
    side = 11 / (m + 0.35)
    fig, axes = panels.sheet(title, n, m, figsize=(11, n * side + 1.3), squeeze=False)
    for i, (picture, label) in enumerate(zip(pictures, rows, strict=True)):
        _picture(axes[i, 0], picture)
        axes[i, 0].set_ylabel("\n".join(textwrap.wrap(label, 16)), fontsize=14)
        for j, each in enumerate(maps.values(), start=1):
            _map(axes[i, j], each[i])
    for ax, name in zip(axes[0], ["picture", *maps], strict=True):
        ax.set_title("\n".join(textwrap.wrap(name, 13)), fontsize=14, loc="center")
    return fig


def cascade(curves: pd.DataFrame, *, title: str, unit: str) -> Figure:
    """Likeness with the trained network's maps (in ``unit``) as block after block is shuffled.

    ``curves``: a column a method, the blocks as its index, from the head down.
    """
    fig, ax = plt.subplots(figsize=(12, 6.2))
    for (name, values), colour, dash in zip(curves.items(), CATEGORICAL, DASHES, strict=False):
        ax.plot(range(len(values)), values, color=colour, ls=dash, marker="o", label=name)
    ax.set_xticks(range(len(curves)), curves.index, rotation=40, ha="right")
    lowest = min(-0.25, float(np.nanmin(curves.to_numpy())) - 0.05)
    ax.set(xlabel="shuffled from the head down to this block", ylabel=unit, ylim=(lowest, 1.05))
    ax.axhline(0, color=COLOURS["neutral"], lw=1.5, ls=":")
    ax.set_title(title)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside right upper")
    return fig


def swaps(table: pd.DataFrame, *, title: str) -> Figure:
    """Accuracy of networks (``group``) on test sets (``method``) with intervals, as lines.

    ``table``: ``group``, ``method``, ``estimate``, ``low``, ``high`` (shares).
    """
    fig, ax = plt.subplots(figsize=(11.5, 6))
    tests = list(table["method"].unique())
    for k, (group, rows) in enumerate(table.groupby("group", sort=False)):
        x = np.array([tests.index(name) for name in rows["method"]]) + 0.08 * (k - 0.5)
        style = {"color": CATEGORICAL[k], "fmt": MARKERS[k], "ls": DASHES[k], "label": group}
        panels.intervals(ax, rows, x, upright=True, ms=12, lw=3, **style)
    ax.axhline(0.5, color=COLOURS["neutral"], lw=2, ls=":")
    ax.text(len(tests) - 1.05, 0.51, "chance", ha="right", va="bottom", fontsize=14)
    ax.set_xticks(range(len(tests)), tests)
    ax.set(xlabel="rulers of the test photographs", ylabel="accuracy", ylim=(0, 1))
    ax.set_title(title)
    ax.legend(loc="lower left", title="learnt with", alignment="left")
    return fig


def curves(table: pd.DataFrame, *, title: str, unit: str) -> Figure:
    """What is left of the answer as pixels are covered, and what comes back as they are shown.

    ``table``: columns ``kind`` (deletion, insertion), ``method``, ``share`` (of the pixels), ``p``
    (the answer's probability, which ``unit`` names).
    """
    fig, axes = panels.sheet(title, 1, 2, figsize=(13, 6.6), sharey=True)
    labels = {"deletion": "pixels covered", "insertion": "pixels shown"}
    for ax, (kind, label) in zip(axes, labels.items(), strict=True):
        rows = table[table["kind"] == kind]
        for i, (method, values) in enumerate(rows.groupby("method", sort=False)):
            style = {"color": CATEGORICAL[i % 7], "ls": DASHES[i % 8], "lw": 3}
            ax.plot(100 * values["share"], values["p"], label=method, **style)
        ax.set(xlabel=f"{label}, % (the map's darkest first)", title=kind, xlim=(0, 100))
    axes[0].set_ylabel(unit)
    panels.legend_below(axes[0], columns=3)
    return fig


def duel(photograph: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A photograph (h, w, 3) uint8 above two maps (h, w) of it, as pixels (uint8), twice as large.

    For a quiz: without letters, each map on its own scale as in the other figures.
    """
    height, width, _ = photograph.shape
    gap = width // 12
    sheet = np.full((2 * height + gap, 2 * width + gap, 3), 255, np.uint8)
    middle = (sheet.shape[1] - width) // 2
    sheet[:height, middle : middle + width] = photograph
    for whole, column in ((left, 0), (right, width + gap)):
        shade = np.round(255 * (1 - _shades(whole))).astype(np.uint8)
        shade[[0, -1]], shade[:, [0, -1]] = 153, 153  # a grey frame, as around the other maps
        sheet[height + gap :, column : column + width] = shade[..., None]
    return sheet.repeat(2, axis=0).repeat(2, axis=1)


def _shades(whole: np.ndarray) -> np.ndarray:
    """A map as steps from 0 (white) to 1 (black)."""
    top = max(float(np.percentile(whole, DARKEST)), 1e-30)
    return np.round(LEVELS * np.clip(whole / top, 0, 1)) / LEVELS


def _picture(ax: Axes, picture: np.ndarray, title: str = "") -> None:
    ax.imshow(picture, interpolation="nearest")
    _bare(ax, title)


def _map(ax: Axes, whole: np.ndarray, title: str = "") -> None:
    ax.imshow(_shades(whole), cmap=DARKER, vmin=0, vmax=1, interpolation="nearest")
    _bare(ax, title)
    for side in ax.spines.values():
        side.set(visible=True, color=COLOURS["join"])


def _bare(ax: Axes, title: str) -> None:
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    if title:
        ax.set_title(title, fontsize=16)
