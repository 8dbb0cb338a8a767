"""Saliency maps beside their pictures, and what became of them in the tests."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.figures.style import CATEGORICAL, COLOURS

DARKEST = 99.5  # per cent of a map's pixels are drawn below black: one bright pixel hides nothing
LEVELS = 15  # steps from white to black: as many as the eye keeps apart, and small files
_DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)), (0, (8, 2)))


def explained(picture: np.ndarray, whole: np.ndarray, title: str, method: str) -> Figure:
    """One picture (h, w, 3) uint8 and its map (h, w), darker for more influence."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 6))
    _picture(left, picture, "the picture")
    _map(right, whole, f"{method} (darker: more influence)")
    fig.suptitle("\n".join(textwrap.wrap(title, 60)), x=0.01, ha="left")
    return fig


def nine(pictures: np.ndarray, maps: np.ndarray, labels: Sequence[str], *, title: str) -> Figure:
    """Nine pictures and their maps as the lecture lays them out: a to c down the first column.

    ``labels``: the nine in the lecture's order, malignant, benign and non-neoplastic.
    """
    fig, axes = plt.subplots(3, 6, figsize=(11.5, 7.2))
    fig.suptitle(title, x=0.01, ha="left")
    for i, (picture, whole, label) in enumerate(zip(pictures, maps, labels, strict=True)):
        column, row = divmod(i, 3)
        left, right = axes[row, 2 * column], axes[row, 2 * column + 1]
        _picture(left, picture)
        left.set_title(f"{'abcdefghi'[i]}. {label}", fontsize=14)
        _map(right, whole)
    return fig


def table(
    pictures: np.ndarray,
    maps: Mapping[str, np.ndarray],
    rows: Sequence[str],
    *,
    title: str,
    first: str = "picture",
) -> Figure:
    """A row a picture, a column a kind of map; each map on its own scale."""
    n, m = len(pictures), len(maps) + 1
    side = 11 / (m + 0.35)
    fig, axes = plt.subplots(n, m, figsize=(11, n * side + 1.3), squeeze=False)
    fig.suptitle(title, x=0.01, ha="left")
    for i, (picture, label) in enumerate(zip(pictures, rows, strict=True)):
        _picture(axes[i, 0], picture)
        axes[i, 0].set_ylabel("\n".join(textwrap.wrap(label, 16)), fontsize=14)
        for j, each in enumerate(maps.values(), start=1):
            _map(axes[i, j], each[i])
    for ax, name in zip(axes[0], [first, *maps], strict=True):
        ax.set_title("\n".join(textwrap.wrap(name, 13)), fontsize=14, loc="center")
    return fig


def cascade(curves: pd.DataFrame, *, title: str, unit: str) -> Figure:
    """Likeness with the trained network's maps, a column a method, as blocks (index) are lost."""
    fig, ax = plt.subplots(figsize=(12, 6.2))
    for (name, values), colour, dash in zip(curves.items(), CATEGORICAL, _DASHES, strict=False):
        ax.plot(range(len(values)), values, color=colour, ls=dash, marker="o", label=name)
    ax.set_xticks(range(len(curves)), curves.index, rotation=40, ha="right")
    lowest = min(-0.25, float(np.nanmin(curves.to_numpy())) - 0.05)
    ax.set(xlabel="shuffled from the head down to this block", ylabel=unit, ylim=(lowest, 1.05))
    ax.axhline(0, color=COLOURS["neutral"], lw=1.5, ls=":")
    ax.set_title(title)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside right upper")
    return fig


def measured(
    found: pd.DataFrame,
    *,
    title: str,
    unit: str,
    reference: float | None = None,
    known: str = "",
) -> Figure:
    """Estimates with 95 % intervals, a line a method; ``reference`` is what ``known`` names.

    ``found``: columns ``method``, ``estimate``, ``low``, ``high``, and perhaps ``group``, whose
    values stand above each other in their own colours.
    """
    groups = list(found["group"].unique()) if "group" in found else [None]
    methods = list(found["method"].unique())
    fig, ax = plt.subplots(figsize=(12, 1.9 + 0.62 * len(methods)))
    for g, (group, colour) in enumerate(zip(groups, CATEGORICAL, strict=False)):
        rows = found if group is None else found[found["group"] == group]
        y = np.array([-methods.index(name) for name in rows["method"]], float)
        y -= 0.26 * (g - (len(groups) - 1) / 2)
        ends = [rows["estimate"] - rows["low"], rows["high"] - rows["estimate"]]
        marker = "os^"[g]
        ax.errorbar(rows["estimate"], y, xerr=ends, fmt=marker, ms=11, color=colour, lw=3)
        ax.plot([], [], marker, ms=11, color=colour, label=group)
    if reference is not None:
        ax.axvline(reference, color=COLOURS["neutral"], lw=2, ls="--")
        ax.text(reference, 0.62, f" {known}", fontsize=14, color=COLOURS["neutral"])
    ax.set_yticks([-i for i in range(len(methods))], methods)
    ax.set(xlabel=unit, ylabel="map", ylim=(0.5 - len(methods), 1.0))
    ax.grid(axis="y", visible=False)
    fig.suptitle(title, x=0.01, ha="left")
    if groups != [None]:
        fig.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=len(groups))
    return fig


def swaps(found: pd.DataFrame, *, title: str) -> Figure:
    """Accuracy of networks (``group``) on test sets (``method``) with intervals, as lines."""
    fig, ax = plt.subplots(figsize=(11.5, 6))
    tests = list(found["method"].unique())
    for k, (group, rows) in enumerate(found.groupby("group", sort=False)):
        x = np.array([tests.index(name) for name in rows["method"]]) + 0.08 * (k - 0.5)
        ends = [rows["estimate"] - rows["low"], rows["high"] - rows["estimate"]]
        style = {"color": CATEGORICAL[k], "marker": "os"[k], "ls": ("-", "--")[k]}
        ax.errorbar(x, rows["estimate"], yerr=ends, ms=12, lw=3, label=group, **style)
    ax.axhline(0.5, color=COLOURS["neutral"], lw=2, ls=":")
    ax.text(len(tests) - 1.05, 0.51, "chance", ha="right", va="bottom", fontsize=14)
    ax.set_xticks(range(len(tests)), tests)
    ax.set(xlabel="rulers of the test photographs", ylabel="accuracy", ylim=(0, 1))
    ax.set_title(title)
    ax.legend(loc="lower left", title="learnt with", alignment="left")
    return fig


def curves(found: pd.DataFrame, *, title: str, unit: str) -> Figure:
    """What is left of the answer as pixels are covered, and what comes back as they are shown.

    ``found``: columns ``kind`` (deletion, insertion), ``method``, ``share`` (of the pixels), ``p``.
    """
    fig, axes = plt.subplots(1, 2, figsize=(13, 6.6), sharey=True)
    said = {"deletion": "pixels covered", "insertion": "pixels shown"}
    for ax, (kind, where) in zip(axes, said.items(), strict=True):
        part = found[found["kind"] == kind]
        for i, (method, rows) in enumerate(part.groupby("method", sort=False)):
            style = {"color": CATEGORICAL[i % 7], "ls": _DASHES[i % 8], "lw": 3}
            ax.plot(100 * rows["share"], rows["p"], label=method, **style)
        ax.set(xlabel=f"{where}, % (the map's darkest first)", title=kind, xlim=(0, 100))
    axes[0].set_ylabel(unit)
    fig.suptitle(title, x=0.01, ha="left")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=3)
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
    ax.imshow(_shades(whole), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    _bare(ax, title)
    for side in ax.spines.values():
        side.set(visible=True, color="#999999")


def _bare(ax: Axes, title: str) -> None:
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    if title:
        ax.set_title(title, fontsize=16)
