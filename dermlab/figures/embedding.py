"""Maps of many images: as pictures, as coloured points, and what was measured of them."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from dermlab.figures.style import CATEGORICAL, COLOURS

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">")
Looks = Mapping[str, tuple[str, str]]  # label → colour and marker

# The paper's four: epidermal round, melanocytic triangular; benign cool, malignant warm or black.
FOUR: Looks = {
    "benign epidermal": (COLOURS["benign epidermal"], "o"),
    "malignant epidermal": (COLOURS["malignant epidermal"], "o"),
    "benign melanocyte": (COLOURS["benign melanocyte"], "^"),
    "malignant melanoma": (COLOURS["malignant melanoma"], "^"),
}


def looks(labels: Sequence) -> Looks:
    """A colour and a marker for each label, in sorted order."""
    names = sorted(set(map(str, labels)))
    return dict(zip(names, zip(CATEGORICAL, MARKERS, strict=True), strict=False))


def pictures(
    shown: np.ndarray, images: np.ndarray, labels: Sequence[str], *, title: str, of: Looks = FOUR
) -> Figure:
    """The paper's Fig. 4: every image a point of the map ``shown`` (n, 2), some as pictures.

    A picture stands where no other does yet, framed in its label's colour.
    """
    fig, ax = plt.subplots(figsize=(11.6, 9))
    _points(ax, shown, labels, of, size=30)
    for i in apart(shown, 0.082):
        picture = OffsetImage(images[i], zoom=0.5 * 96 / images.shape[1])
        frame = {"edgecolor": of[str(labels[i])][0], "linewidth": 3.5}
        ax.add_artist(AnnotationBbox(picture, shown[i], pad=0.12, bboxprops=frame, zorder=3))
    _legend(fig, of)
    fig.suptitle(title, x=0.01, ha="left")
    return fig


def apart(shown: np.ndarray, share: float) -> list[int]:
    """Points, in their order, that lie further than ``share`` of the map's size from those before.

    The size is the longer side's; measured along the axes, since pictures are squares.
    """
    chosen: list[int] = []
    place = shown / np.ptp(shown, axis=0).max()
    for i in range(len(shown)):
        if all(np.abs(place[i] - place[j]).max() > share for j in chosen):
            chosen.append(i)
    return chosen


def maps(
    panels: Mapping[str, np.ndarray],
    labels: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    title: str,
    of: Looks | None = FOUR,
    columns: int | None = None,
) -> Figure:
    """Maps side by side, each under its name. A map has no unit and no direction: no axes.

    ``labels``: of all panels, or of each by its name; with ``of=None`` each panel has a legend.
    """
    columns = columns or min(len(panels), 4)
    rows = -(-len(panels) // columns)
    lines = max(name.count("\n") + 1 for name in panels) + (of is None)
    high = rows * (0.8 * 12.4 / columns + 0.3 * lines) + 1.1
    fig, axes = plt.subplots(rows, columns, figsize=(12.4, high), squeeze=False)
    for ax in list(axes.flat)[len(panels) :]:
        ax.axis("off")
    for ax, (name, shown) in zip(axes.flat, panels.items(), strict=False):
        own = labels[name] if isinstance(labels, Mapping) else labels
        _points(ax, shown, own, of or looks(own), size=14 if columns > 2 else 22)
        ax.set_title(name, fontsize=16, fontweight="normal")
        if of is None:
            _legend(ax, looks(own), loc="upper center", bbox_to_anchor=(0.5, 0.0), columns=3)
    if of is not None:
        _legend(fig, of)
    fig.suptitle(title, x=0.01, ha="left")
    return fig


def purities(
    table: pd.DataFrame, *, title: str, unit: str, chance: str = "chance", zero: float = 0
) -> Figure:
    """Estimates with their intervals, a row a ``what``, a mark a ``where``.

    ``table``: columns ``what``, ``where``, ``estimate``, ``low``, ``high`` and, of each ``what``,
    ``chance``, drawn as a line.
    """
    names, kinds = list(dict.fromkeys(table["what"])), list(dict.fromkeys(table["where"]))
    fig, ax = plt.subplots(figsize=(11.6, 2.2 + 0.95 * len(names)))
    for y, name in enumerate(reversed(names)):
        own = table[table["what"] == name]
        level = own["chance"].iloc[0]
        label = chance if y == 0 else None
        ax.plot([level] * 2, [y - 0.42, y + 0.42], color="black", lw=3, ls=":", label=label)
        for row in own.itertuples():
            k = kinds.index(row.where)
            at = y + 0.22 * (len(kinds) - 1 - 2 * k) / max(1, len(kinds) - 1)
            look = {"color": CATEGORICAL[k], "lw": 4}
            ax.plot([row.low, row.high], [at, at], **look)
            label = row.where if y == 0 else None
            ax.plot(row.estimate, at, MARKERS[k], color=CATEGORICAL[k], ms=12, label=label)
    ax.set_yticks(range(len(names)), names[::-1], fontsize=15)
    ax.grid(axis="y", visible=False)
    ax.set(xlabel=unit, ylim=(-0.6, len(names) - 0.4), xlim=(zero, 1.01))
    fig.legend(*_ordered(ax, [chance, *kinds]), loc="outside lower left", ncols=4)
    fig.suptitle(title, x=0.01, ha="left")
    return fig


def _ordered(ax: Axes, wanted: Sequence[str]) -> tuple[list, list[str]]:
    """The legend's entries in the order asked for."""
    by_name = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    return [by_name[name] for name in wanted], list(wanted)


def _points(ax: Axes, shown: np.ndarray, labels: Sequence, of: Looks, *, size: float) -> None:
    labels = np.asarray(labels).astype(str)
    for name, (colour, marker) in of.items():
        x, y = shown[labels == name].T
        ax.scatter(x, y, s=size, c=colour, marker=marker, alpha=0.75, linewidths=0)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="#CCCCCC")


def _legend(where: Figure | Axes, of: Looks, columns: int = 4, **place) -> None:
    keys = [
        Line2D([], [], ls="", marker=marker, color=colour, ms=11, label=name)
        for name, (colour, marker) in of.items()
    ]
    place = place or {"loc": "outside lower left"}
    where.legend(handles=keys, ncols=columns, handletextpad=0.2, columnspacing=1, **place)
