"""Pictures of lesions: side by side under their names, in pairs, and sorted by a score."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import listing, number, plural


def side_by_side(
    pictures: Sequence[np.ndarray], names: Sequence[str], *, title: str, columns: int = 5,
    masks: Sequence[np.ndarray] = (),
) -> Drawn:  # fmt: skip
    """Pictures (h, w, 3) uint8 in rows of ``columns``, each under its name.

    ``masks`` (h, w) bool, one a picture: a ring is drawn round all that is True.
    """
    rows = -(-len(pictures) // columns)
    side = 11.6 / columns
    options = {"figsize": (11.6, 0.9 + rows * (side + 0.3))}
    fig, axes = panels.sheet(title, rows, columns, squeeze=False, **options)
    panels.tiles(pictures, names, axes.flat)
    _ringed(list(axes.flat)[: len(masks)], masks)
    shown = f"{plural(len(pictures), 'picture')} of skin lesions, named {listing(names, 12)}"
    if len(masks):
        shown += ", a ring round each lesion"
    return Drawn(fig, f"{title}. {shown}.")


def pairs(
    pictures: Sequence[Sequence[np.ndarray]], names: Sequence[Sequence[str]],
    notes: Sequence[str], *, title: str,
) -> Drawn:  # fmt: skip
    """A column a pair: a malignant lesion above a benign one, and a note below.

    ``pictures`` (n pairs, 2, h, w, 3) uint8; two ``names`` a pair, one note.
    """
    fig, axes = panels.sheet(title, 2, len(pictures), figsize=(11.6, 11))
    fig.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))  # room for the notes
    for place, (row, side) in enumerate(zip(axes, ("malignant", "benign"), strict=True)):
        panels.tiles([pair[place] for pair in pictures], [pair[place] for pair in names], row)
        for ax in row:
            _framed(ax, COLOURS[side])
    for ax, note in zip(axes[1], notes, strict=True):
        ax.text(0.5, -0.06, note, transform=ax.transAxes, ha="center", va="top", fontsize=15)
    lines = zip(names, notes, strict=True)
    flat = [[", ".join(text.splitlines()) for text in (*pair, note)] for pair, note in lines]
    said = [f"{above} above {below} ({note})" for above, below, note in flat]
    alt = f"{' '.join(title.split())}. {plural(len(names), 'column')}: {'; '.join(said)}."
    return Drawn(fig, alt)


def by_score(
    pictures: Sequence[np.ndarray], score: np.ndarray, is_positive: np.ndarray,
    *, threshold: float, names: tuple[str, str],
) -> Drawn:  # fmt: skip
    """Lesions from the lowest score to the highest, framed by their truth, cut at a threshold.

    ``score`` (n,) in [0, 1], ``is_positive`` (n,) bool; ``names`` of the positive and the other
    class, in the plural. A line parts the lesions below the threshold from the others.
    """
    order = np.argsort(score, kind="stable")
    score, is_positive = np.asarray(score)[order], np.asarray(is_positive, bool)[order]
    called = score >= threshold
    sides = zip((is_positive, ~is_positive), names, strict=True)
    said = [f"{(called & side).sum()} of {side.sum()} {name}" for side, name in sides]
    title = f"Score of {number(threshold, 2)} or more: {said[0]}, {said[1]}"
    fig, axes = panels.sheet(title, 1, len(score), figsize=(11.6, 3.3))
    panels.tiles([pictures[i] for i in order], [number(s, 2) for s in score], axes)
    for ax, positive in zip(axes, is_positive, strict=True):
        _framed(ax, COLOURS["malignant" if positive else "benign"])
    _cut(axes, called)
    for name, colour in zip(names, ("malignant", "benign"), strict=True):
        axes[0].plot([], [], "s", color=COLOURS[colour], label=f"truth: {name}")
    axes[0].plot([], [], color=COLOURS["ink"], ls="--", label="threshold")
    panels.legend_below(axes[0], columns=3)
    classes = ", ".join(f"{number(s, 2)} {'malignant' if p else 'benign'}"
                        for s, p in zip(score, is_positive, strict=True))  # fmt: skip
    return Drawn(fig, f"{title}. From the lowest score to the highest, with the truth: {classes}.")


def _framed(ax: Axes, colour: str) -> None:
    """A thick frame round a picture whose axis is off."""
    box = {"transform": ax.transAxes, "fill": False, "ec": colour, "lw": 6, "clip_on": False}
    ax.add_patch(Rectangle((0, 0), 1, 1, **box))


def _ringed(axes: Sequence[Axes], masks: Sequence[np.ndarray]) -> None:
    """A ring round every pixel of each mask (h, w), with paper where it leaves the picture."""
    beyond = 0.0
    for ax, mask in zip(axes, masks, strict=True):
        places, side = np.argwhere(mask)[:, ::-1], len(mask)  # x, y
        middle = (places.min(axis=0) + places.max(axis=0)) / 2
        radius = np.linalg.norm(places - middle, axis=1).max() + 0.03 * side
        ax.add_patch(Circle(middle, radius, fill=False, ec=COLOURS["ink"], lw=3))
        beyond = max(beyond, 0.02 * side + radius - min(*middle, *(side - middle)))
    for ax, mask in zip(axes, masks, strict=True):
        ends = -0.5 - beyond, len(mask) - 0.5 + beyond
        ax.set(xlim=ends, ylim=ends[::-1])


def _cut(axes: Sequence[Axes], called: np.ndarray) -> None:
    """A dashed line left of the first lesion that is classified malignant."""
    first = int(np.argmax(called)) if called.any() else len(called) - 1
    x = -0.07 if called.any() else 1.07
    line = {"color": COLOURS["ink"], "ls": "--", "lw": 3, "clip_on": False}
    axes[first].plot([x, x], [-0.1, 1.25], transform=axes[first].transAxes, **line)
