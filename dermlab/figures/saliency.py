"""Saliency maps beside their pictures, and what became of them in the tests."""

import textwrap
from collections.abc import Collection, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, DARKER, DASHES, MARKERS, Drawn
from dermlab.text import interval, number, percent

DARKEST = 99.5  # per cent of a map's pixels are drawn below black: one bright pixel hides nothing
LEVELS = 15  # steps from white to black: as many as the eye keeps apart, and small files


def explained(picture: np.ndarray, whole: np.ndarray, title: str, method: str) -> Figure:
    """One picture (h, w, 3) uint8 and its map (h, w), darker for more influence."""
    title = "\n".join(textwrap.wrap(title, 60))
    fig, (left, right) = panels.sheet(title, 1, 2, figsize=(11, 6))
    _picture(left, picture, "the picture")
    _map(right, whole, f"{method} (darker: more influence)")
    return fig


def nine(
    pictures: np.ndarray,
    maps: np.ndarray,
    labels: Sequence[str],
    probabilities: Sequence[float],
) -> Drawn:
    """Nine pictures and their maps as the lecture lays them out: a to c down the first column.

    Each is the first lesion of its class that the network classified correctly. ``pictures`` (9, h,
    w, 3) uint8 and ``maps`` (9, h, w), all on one scale; ``labels``: the nine in the lecture's
    order, and the network's ``probabilities`` of them.
    """
    chosen = "the first lesion of each class that was classified correctly"
    title = f"Simulated: {chosen},\nbeside its map, all maps on one scale"
    fig, axes = panels.sheet(title, 3, 6, figsize=(11.5, 8))
    top, said = _top(maps), []
    for i, (picture, whole, label) in enumerate(zip(pictures, maps, labels, strict=True)):
        column, row = divmod(i, 3)
        left, beside = axes[row, 2 * column], axes[row, 2 * column + 1]
        answer = f"p = {probabilities[i]:.2f}"
        _picture(left, picture)
        left.set_title(f"{'abcdefghi'[i]}. {label}", fontsize=14)
        left.set_xlabel(answer, fontsize=14)
        _map(beside, whole, top=top)
        grey = percent(_shades(whole, top).mean(), 0)
        said.append(f"{'abcdefghi'[i]}. {label}, {answer}, mean grey {grey}")
    return Drawn(
        fig,
        f"Nine skin lesions, {chosen}, each beside its map, darker for more influence. Class, its "
        f"probability, and the map's mean grey (100 % is black, one scale for all): "
        f"{'; '.join(said)}.",
    )


def mistakes(
    pictures: np.ndarray,
    maps: np.ndarray,
    captions: Sequence[str],
    *,
    title: str,
    method: str,
) -> Drawn:
    """Pictures (n, h, w, 3) uint8 beside their maps (n, h, w), two pairs a row, each its own scale.

    ``captions``: a few short lines a picture; ``method``: how the maps were made.
    """
    rows = -(-len(pictures) // 2)
    fig, axes = panels.sheet(title, rows, 4, figsize=(11.5, 1 + 3.7 * rows), squeeze=False)
    for ax in axes.flat[2 * len(pictures) :]:
        ax.axis("off")
    pairs = axes.reshape(-1, 2)
    for (left, right), picture, whole, caption in zip(
        pairs, pictures, maps, captions, strict=False
    ):
        _picture(left, picture)
        left.set_title(caption, fontsize=14, fontweight="normal")
        _map(right, whole)
    said = [
        f"{' '.join(caption.split())}, its map {_where(_shades(whole))}"
        for caption, whole in zip(captions, maps, strict=True)
    ]
    alt = f"{title}. Pictures beside their maps ({method}, darker for more influence): "
    return Drawn(fig, " ".join(f"{alt}{'; '.join(said)}.".split()))


def table(
    pictures: np.ndarray,
    maps: Mapping[str, np.ndarray],
    rows: Sequence[str],
    *,
    title: str,
    one_scale: Sequence[Collection[str]] = (),
) -> Drawn:
    """A row a picture, a column a kind of map.

    ``pictures`` (n, h, w, 3) uint8; ``maps``: kind → (n, h, w); ``rows``: the pictures' labels.
    ``one_scale``: groups of kinds whose maps share one scale; any other map has its own.
    """
    n, m = len(pictures), len(maps) + 1
    side = 11 / (m + 0.35)
    fig, axes = panels.sheet(title, n, m, figsize=(11.6, n * side + 1.5), squeeze=False)
    tops = {kind: _top([maps[each] for each in group]) for group in one_scale for kind in group}
    for i, (picture, label) in enumerate(zip(pictures, rows, strict=True)):
        _picture(axes[i, 0], picture)
        axes[i, 0].set_ylabel("\n".join(textwrap.wrap(label, 18)), fontsize=14)
        for j, (kind, each) in enumerate(maps.items(), start=1):
            _map(axes[i, j], each[i], top=tops.get(kind))
    for ax, name in zip(axes[0], ["picture", *maps], strict=True):
        ax.set_title("\n".join(textwrap.wrap(name, 15)), fontsize=14, loc="center")
    return Drawn(fig, f"{title}. {_said(maps, rows, tops)}")


def _said(maps: Mapping[str, np.ndarray], rows: Sequence[str], tops: Mapping[str, float]) -> str:
    """Where each map of a `table` is dark."""
    sentences = []
    for i, label in enumerate(rows):
        where = [
            f"{kind} {_where(_shades(each[i], tops.get(kind)))}" for kind, each in maps.items()
        ]
        sentences.append(f"{label}: {'; '.join(where)}.")
    return f"Pictures beside their maps, darker for more influence. {' '.join(sentences)}"


def _where(shades: np.ndarray) -> str:
    """The middle of what is dark, and how much grey there is."""
    if not shades.any():
        return "blank"
    height, width = shades.shape
    across = np.average(np.arange(width), weights=shades.sum(axis=0)) / (width - 1)
    down = np.average(np.arange(height), weights=shades.sum(axis=1)) / (height - 1)
    place = f"{percent(across, 0)} from the left and {percent(down, 0)} from the top"
    return f"centred {place}, mean grey {percent(shades.mean(), 0)}"


def on_rulers(
    pictures: np.ndarray,
    maps: Mapping[str, np.ndarray],
    rulers: np.ndarray,
    rows: Sequence[str],
    shares: Mapping[str, float],
    area: float,
    of: int,
) -> Drawn:
    """Photographs with rulers and two networks' maps on one scale, the ruler's edge in colour.

    ``maps``: network → (n, h, w), each map summing to 1; ``rulers`` (n, h, w) bool; ``shares``:
    network → the share on the ruler in the mean of ``of`` maps; it covers ``area`` of a picture.
    """
    of_shown = {name: each[rulers].sum() / len(rulers) for name, each in maps.items()}
    means = [
        f"{label}: {', '.join(f'{name} {percent(share, 0)}' for name, share in each.items())}"
        for label, each in (
            (f"mean of {of} maps", shares),
            (f"of the {len(rulers)} shown", of_shown),
        )
    ]
    title = (
        f"Simulated: share of the map on the ruler, which covers {percent(area, 0)};\n"
        f"{means[0]};\n{means[1]}"
    )
    figure = table(pictures, maps, rows, title=title, one_scale=[list(maps)]).figure
    axes, said = np.array(figure.axes).reshape(len(pictures), -1), []
    for i, ruler in enumerate(rulers):
        for ax, (name, each) in zip(axes[i, 1:], maps.items(), strict=True):
            ax.contour(ruler, levels=[0.5], colors=COLOURS["reader"], linewidths=2)
            label = f"{percent(each[i][ruler].sum(), 0)} on the ruler"
            ax.set_xlabel(label, fontsize=14)
            said.append(f"{rows[i]}, {name}: {label}")
    return Drawn(figure, f"{title}. Photographs with a ruler beside the maps: {'; '.join(said)}.")


def cascade(curves: pd.DataFrame, *, title: str, unit: str) -> Drawn:
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
    ends = [
        f"{name} {number(values.iloc[0], 2)} after the {curves.index[0]} and "
        f"{number(values.iloc[-1], 2)} after the {curves.index[-1]}"
        for name, values in curves.items()
    ]
    return Drawn(fig, f"{title}. {unit} as blocks are shuffled: {'; '.join(ends)}.")


def swaps(table: pd.DataFrame, *, title: str) -> Drawn:
    """Accuracy of networks (``group``) on test sets (``method``) with intervals, as lines.

    ``table``: ``group``, ``method``, ``estimate``, ``low``, ``high`` (shares).
    """
    fig, ax = plt.subplots(figsize=(11.5, 6))
    tests, said = list(table["method"].unique()), []
    for k, (group, rows) in enumerate(table.groupby("group", sort=False)):
        x = np.array([tests.index(name) for name in rows["method"]]) + 0.08 * (k - 0.5)
        style = {"color": CATEGORICAL[k], "fmt": MARKERS[k], "ls": DASHES[k], "label": group}
        panels.intervals(ax, rows, x, upright=True, ms=12, lw=3, **style)
        each = [
            f"{row.method} {interval(row.estimate, row.low, row.high, '.2f')}"
            for row in rows.itertuples()
        ]
        said.append(f"{group}: {', '.join(each)}.")
    ax.axhline(0.5, color=COLOURS["neutral"], lw=2, ls=":")
    ax.text(len(tests) - 1.05, 0.51, "chance", ha="right", va="bottom", fontsize=14)
    ax.set_xticks(range(len(tests)), tests)
    ax.set(xlabel="rulers of the test photographs", ylabel="accuracy", ylim=(0, 1))
    ax.set_title(title)
    ax.legend(loc="lower left", title="learnt with", alignment="left")
    return Drawn(fig, f"{title}. Accuracy by the test photographs' rulers. {' '.join(said)}")


def curves(table: pd.DataFrame, *, title: str, unit: str) -> Drawn:
    """What is left of the answer as pixels are covered, and what comes back as they are shown.

    ``table``: columns ``kind`` (deletion, insertion), ``method``, ``share`` (of the pixels), ``p``
    (the answer's probability, which ``unit`` names).
    """
    fig, axes = panels.sheet(title, 1, 2, figsize=(13, 6.6), sharey=True)
    labels, said = {"deletion": "pixels covered", "insertion": "pixels shown"}, []
    for ax, (kind, label) in zip(axes, labels.items(), strict=True):
        rows = table[table["kind"] == kind]
        for i, (method, values) in enumerate(rows.groupby("method", sort=False)):
            style = {"color": CATEGORICAL[i % 7], "ls": DASHES[i % 8], "lw": 3}
            ax.plot(100 * values["share"], values["p"], label=method, **style)
            middle = len(values) // 2
            at, p = values["share"].iloc[middle], values["p"].iloc[middle]
            said.append(f"{method} {number(p, 2)} with {percent(at, 0)} of the {label}")
        ax.set(xlabel=f"{label}, % (the map's darkest first)", title=kind, xlim=(0, 100))
    axes[0].set_ylabel(unit)
    panels.legend_below(axes[0], columns=3)
    return Drawn(fig, f"{title}. {unit.capitalize()}: {'; '.join(said)}.")


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


def _top(maps: np.ndarray | Sequence[np.ndarray]) -> float:
    """What is drawn black where these maps share one scale."""
    return max(float(np.percentile(maps, DARKEST)), 1e-30)


def _shades(whole: np.ndarray, top: float | None = None) -> np.ndarray:
    """A map as steps from 0 (white) to 1 (black, ``top``; the map's own where it is None)."""
    return np.round(LEVELS * np.clip(whole / (top or _top(whole)), 0, 1)) / LEVELS


def _picture(ax: Axes, picture: np.ndarray, title: str = "") -> None:
    ax.imshow(picture, interpolation="nearest")
    _bare(ax, title)


def _map(ax: Axes, whole: np.ndarray, title: str = "", top: float | None = None) -> None:
    ax.imshow(_shades(whole, top), cmap=DARKER, vmin=0, vmax=1, interpolation="nearest")
    _bare(ax, title)
    for side in ax.spines.values():
        side.set(visible=True, color=COLOURS["join"])


def _bare(ax: Axes, title: str) -> None:
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    if title:
        ax.set_title(title, fontsize=16)
