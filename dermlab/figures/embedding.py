"""Maps of many images: as pictures and as coloured points."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, MARKERS

Marks = Mapping[str, tuple[str, str]]  # label → colour and marker

# The paper's four: epidermal round, melanocytic triangular; benign cool, malignant warm or black.
FOUR: Marks = {
    "benign epidermal": (COLOURS["benign epidermal"], "o"),
    "malignant epidermal": (COLOURS["malignant epidermal"], "o"),
    "benign melanocyte": (COLOURS["benign melanocyte"], "^"),
    "malignant melanoma": (COLOURS["malignant melanoma"], "^"),
}


def marks(labels: Sequence) -> Marks:
    """A colour and a marker for each label, in sorted order."""
    names = sorted(set(map(str, labels)))
    return dict(zip(names, zip(CATEGORICAL, MARKERS, strict=True), strict=False))


def pictures(
    shown: np.ndarray, images: np.ndarray, labels: Sequence[str], *, title: str, of: Marks = FOUR
) -> Figure:
    """The paper's Fig. 4: every image a point of the map ``shown`` (n, 2), some as pictures.

    A picture stands where no other does yet, framed in its label's colour. ``images`` (n, size,
    size, 3) uint8; ``labels`` (n,), each a key of ``of``.
    """
    fig, ax = panels.sheet(title, figsize=(11.6, 9))
    _points(ax, shown, labels, of, size=30)
    for i in apart(shown, 0.082):
        picture = OffsetImage(images[i], zoom=0.5 * 96 / images.shape[1])
        frame = {"edgecolor": of[str(labels[i])][0], "linewidth": 3.5}
        ax.add_artist(AnnotationBbox(picture, shown[i], pad=0.12, bboxprops=frame, zorder=3))
    _legend(fig, of)
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
    shown: Mapping[str, np.ndarray],
    labels: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    title: str,
    of: Marks | None = FOUR,
    columns: int | None = None,
) -> Figure:
    """Maps (n, 2) side by side, each under its name. A map has no unit and no direction: no axes.

    ``shown``: name → map; ``labels`` (n,): of all panels, or of each by its name; with ``of=None``
    each panel has a legend.
    """
    columns = columns or min(len(shown), 4)
    rows = -(-len(shown) // columns)
    lines = max(name.count("\n") + 1 for name in shown) + (of is None)
    high = rows * (0.8 * 12.4 / columns + 0.3 * lines) + 1.1
    fig, axes = panels.sheet(title, rows, columns, figsize=(12.4, high), squeeze=False)
    for ax in list(axes.flat)[len(shown) :]:
        ax.axis("off")
    for ax, (name, points) in zip(axes.flat, shown.items(), strict=False):
        named = labels[name] if isinstance(labels, Mapping) else labels
        _points(ax, points, named, of or marks(named), size=14 if columns > 2 else 22)
        ax.set_title(name, fontsize=16, fontweight="normal")
        if of is None:
            _legend(ax, marks(named), loc="upper center", bbox_to_anchor=(0.5, 0.0), columns=3)
    if of is not None:
        _legend(fig, of)
    return fig


def _points(ax: Axes, shown: np.ndarray, labels: Sequence, of: Marks, *, size: float) -> None:
    labels = np.asarray(labels).astype(str)
    for name, (colour, marker) in of.items():
        x, y = shown[labels == name].T
        ax.scatter(x, y, s=size, c=colour, marker=marker, alpha=0.75, linewidths=0)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=COLOURS["join"])


def _legend(where: Figure | Axes, of: Marks, columns: int = 4, **place) -> None:
    keys = [
        Line2D([], [], ls="", marker=marker, color=colour, ms=11, label=name)
        for name, (colour, marker) in of.items()
    ]
    place = place or {"loc": "outside lower left"}
    where.legend(handles=keys, ncols=columns, handletextpad=0.2, columnspacing=1, **place)
