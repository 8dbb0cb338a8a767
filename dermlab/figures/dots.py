"""A reader is a dot, a threshold is a dot, and the dots of all thresholds are a curve.

Axes as in `panels`: sensitivity to the right, specificity upwards, the best corner top right.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.evaluation.roc import Point
from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import listing, number, plural


def of_readers(points: pd.DataFrame, mean: pd.DataFrame) -> Drawn:
    """Each reader of one task as a dot, and their mean ± 1 SD.

    ``points`` as `dermlab.evaluation.readers.esteva_points` has them, ``mean`` their
    `dermlab.evaluation.readers.mean_reader`. Dots that coincide stand one on the other.
    """
    fig, ax = plt.subplots(figsize=(11.4, 6.9))
    panels.readers(ax, points, "one dermatologist")
    panels.mean_reader(ax, mean)
    ranges = [f"{name} {number(points[name].min(), 2)} to {number(points[name].max(), 2)}"
              for name in ("sensitivity", "specificity")]  # fmt: skip
    n_images = int(points[["n_pos", "n_neg"]].iloc[0].sum())
    title = f"{len(points)} dermatologists, the same {n_images} pictures:\n{', '.join(ranges)}"
    _frame(ax, title, low=0.4)
    (row,) = mean.itertuples()
    middle = f"{number(row.sensitivity_mean, 2)} and {number(row.specificity_mean, 2)}"
    return Drawn(fig, f"{title.replace(chr(10), ' ')}. The mean reader has {middle}.")


def of_thresholds(curve: pd.DataFrame, area: float, *, threshold: float) -> Drawn:
    """The staircase of `dermlab.evaluation.roc.curve`, a dot a threshold, one of them marked.

    ``threshold`` is the marked one: its dot is that of the last row at or above it.
    """
    fig, ax = plt.subplots(figsize=(11.4, 6.9))
    ax.fill_between(curve["sensitivity"], curve["specificity"], color=COLOURS["light"])
    panels.curve(ax, curve, marker="o", label="one dot for each threshold")
    row = curve[curve["threshold"] >= threshold].iloc[-1]
    place = row["sensitivity"], row["specificity"]
    mark = {"ms": 18, "mfc": "none", "mew": 3.5, "color": COLOURS["ink"], "zorder": 5}
    ax.plot(*place, "o", label=f"threshold {number(threshold, 2)}", **mark)
    title = (
        f"{len(curve) - 1} scores give {len(curve)} dots; the area below the stairs is {area:.2f}"
    )
    _frame(ax, title)
    dot = f"sensitivity {number(place[0], 2)} and specificity {number(place[1], 2)}"
    return Drawn(fig, f"{title}. At threshold {number(threshold, 2)} the dot has {dot}.")


def of_one(
    point: Point, n_pos: int, n_neg: int, *,
    reader: str, pictures: Sequence[np.ndarray], names: Sequence[str],
) -> Drawn:  # fmt: skip
    """One reader's dot with its 95 % intervals, and the dots that are one answer away.

    ``n_pos`` positive and ``n_neg`` other pictures were shown; ``point`` counts the answers. The
    ``pictures`` (h, w, 3) uint8 stand above, small, each under its name.
    """
    layout = [[f"{i}" for i in range(len(pictures))], ["plane"] * len(pictures)]
    fig, axes = plt.subplot_mosaic(layout, figsize=(11.4, 8.6), height_ratios=[1, 3.2])
    panels.tiles(pictures, names, [axes[at] for at in layout[0]])
    ax = axes["plane"]
    rates = point.sensitivity, point.specificity
    said = [f"{number(r.low, 2)} to {number(r.high, 2)}" for r in rates]
    width = {"fmt": "o", "ms": 16, "elinewidth": 3.5, "capsize": 6, "color": COLOURS["reader"]}
    panels.cross(ax, *rates, label=f"{reader}, with 95 % intervals", **width)
    place = np.array([rate.estimate for rate in rates])
    moved = place + np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]) / (n_pos, n_neg)
    near = moved[((moved > -1e-9) & (moved < 1 + 1e-9)).all(axis=1)]
    ring = {"mfc": "none", "mew": 3, "ms": 16, "color": COLOURS["ink"]}
    ax.plot(*near.T, "o", label="one other answer", **ring)
    title = f"{plural(n_pos + n_neg, 'picture')}, so the dot is wide:\n"
    title += f"sensitivity {said[0]}, specificity {said[1]}"
    _frame(ax, title, low=-0.05)
    dot = f"sensitivity {number(place[0], 2)} and specificity {number(place[1], 2)}"
    near_by = plural(len(near), "dot")
    said = f"The dot of {reader} has {dot}; {near_by} lie one answer away"
    said += f". Above, small, the pictures {listing(names, len(names))}"
    return Drawn(fig, f"{title.replace(chr(10), ' ')} (95 % intervals). {said}.")


def _frame(ax: Axes, title: str, low: float = 0.0) -> None:
    """The plane from ``low`` to 1, its title, and the legend beside it."""
    ax.set(xlim=(low, 1.03), ylim=(low, 1.03), aspect="equal")
    ax.set(
        xlabel="sensitivity (cancers sent to biopsy)", ylabel="specificity (harmless left alone)"
    )
    ax.figure.suptitle(title, x=0.01, ha="left")
    ax.figure.legend(loc="outside right center")
