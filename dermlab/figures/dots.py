"""A reader is a dot, a threshold is a dot, and the dots of all thresholds are a curve.

Axes as in `panels`: sensitivity to the right, specificity upwards, the best corner top right.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.evaluation.intervals import Estimate
from dermlab.evaluation.roc import Point
from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import listing, number, plural

LINES = (
    {"color": COLOURS["reader"], "ls": "--", "marker": "s"},
    {"color": COLOURS["network"], "ls": "-", "marker": "o"},
)


def of_readers(points: pd.DataFrame, mean: pd.DataFrame) -> Drawn:
    """Each reader of one task as a dot, and their mean ± 1 SD.

    ``points`` as `dermlab.evaluation.readers.esteva_points` has them, ``mean`` their
    `dermlab.evaluation.readers.mean_reader`. Dots that coincide stand one on the other.
    """
    fig, ax = plt.subplots(figsize=(11.4, 6.9))
    label = ";\n".join(filter(None, ["one dermatologist", panels.behind(points)]))
    panels.readers(ax, points, label)
    panels.mean_reader(ax, mean)
    n_images = int(points[["n_pos", "n_neg"]].iloc[0].sum())
    title = f"Published: {len(points)} dermatologists, the same {n_images} pictures:\n"
    title += _ranges(points)
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
    n = len(curve)
    title = f"Simulated: {n - 1} scores give {n} dots; area below the stairs {area:.2f}"
    _frame(ax, title, low=-0.03)
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


def beside_a_curve(points: pd.DataFrame, curve: pd.DataFrame, auc: Estimate) -> Drawn:
    """Readers as dots, and in a panel of its own the curve of a network over other images.

    ``points`` of one task and question; ``curve`` as `dermlab.evaluation.roc.curve`.
    """
    title = f"{len(points)} dermatologists: {len(points)} dots. One network: a curve"
    fig, (left, right) = panels.sheet(title, 1, 2, figsize=(11.6, 7.4), sharey=True)
    label = ";\n".join(filter(None, ["one dermatologist (published)", panels.behind(points)]))
    panels.readers(left, points, label)
    panels.curve(right, curve, f"one network (measured here), AUC {number(auc.estimate, 2)}")
    n_pos, n_neg = points[["n_pos", "n_neg"]].iloc[0]
    of_curve = f"{curve['tp'].iloc[-1]:,} melanomas, {curve['fp'].iloc[-1]:,} nevi"
    left.set_title(f"{n_pos} carcinomas, {n_neg} keratoses", fontsize=15)
    right.set_title(f"OTHER images: {of_curve}", fontsize=15)
    for ax in (left, right):
        panels.plane(ax)
        ax.legend(loc="lower left")
    left.set_ylabel("specificity")
    alt = f"{title}. Left, {n_pos} carcinomas and {n_neg} keratoses: dots, {_ranges(points)}. "
    return Drawn(fig, f"{alt}Right, other images, {of_curve}: a staircase with AUC {auc:.2f}.")


def of_confidence(
    point: Point, curve: pd.DataFrame, network: pd.DataFrame, *, reader: str
) -> Drawn:
    """One reader's verdicts as a dot, the curve of their confidence, and a network's curve.

    ``curve`` and ``network`` as `dermlab.evaluation.roc.curve`, over the same lesions as ``point``.
    """
    fig, ax = plt.subplots(figsize=(11.4, 6.9))
    confidence = {"color": COLOURS["reader"], "marker": "o", "ms": 8}
    panels.curve(ax, curve, f"{reader}: confidence", **confidence)
    panels.curve(ax, network, "network (simulated)", ls="--")  # on top: the curves share edges
    panels.curve(ax, curve, lw=0, zorder=6, **confidence)  # its dots also on the bars
    rates = point.sensitivity, point.specificity
    bars = {"fmt": "none", "elinewidth": 2.5, "capsize": 6, "ecolor": COLOURS["ink"], "zorder": 5}
    panels.cross(ax, *rates, **bars)
    ring = {"ms": 20, "mfc": "none", "mew": 3.5, "color": COLOURS["ink"], "zorder": 5}
    label = f"{reader}: verdicts,\nwith 95 % intervals"
    ax.plot(*(rate.estimate for rate in rates), "o", label=label, **ring)
    n = int(curve[["tp", "fp"]].iloc[-1].sum())
    title = f"{n} lesions: the verdicts are one dot,\nthe confidence gives {len(curve)}"
    _frame(ax, title, low=-0.05, high=1.06)
    dot = f"sensitivity {point.sensitivity:.2f}, specificity {point.specificity:.2f}"
    alt = f"{title.replace(chr(10), ' ')}. Dot of {reader}: {dot}, on the curve of the confidence. "
    return Drawn(fig, f"{alt}The network's {n} scores give {len(network)} dots.")


def widths(table: pd.DataFrame) -> Drawn:
    """Mean width of an AUC's 95 % interval over the number of lesions, a line a ``design``.

    ``table``: ``design`` (what is added), ``n_positive``, ``n``, ``width``; rows in order of ``n``.
    """
    fig, ax = plt.subplots(figsize=(11.4, 6.4))
    said = []
    for style, (design, rows) in zip(LINES, table.groupby("design", sort=False), strict=True):
        first, last = rows.iloc[0], rows.iloc[-1]
        to = f"{design}: to {last['n_positive']} + {last['n'] - last['n_positive']}"
        ax.plot(rows["n"], rows["width"], **style, lw=3.5, ms=11, label=to)
        said.append(f"{design}: {number(first['width'], 2)} → {number(last['width'], 2)}")
    title = f"Mean width of the AUC's 95 % interval.\n{'; '.join(said)}"
    ax.set(xlabel="lesions in the test (melanomas and nevi)", ylim=(0, None))
    ax.set_ylabel("mean width of the interval")
    fig.suptitle(title, x=0.01, ha="left")
    start = table.iloc[0]
    before = f"from {start['n_positive']} melanomas + {start['n'] - start['n_positive']} nevi"
    ax.legend(loc="lower left", title=before, alignment="left")
    ends = "; ".join(ax.get_legend_handles_labels()[1])
    return Drawn(fig, f"{title.replace(chr(10), ' ')}. Lesions {before} ({ends}).")


def _ranges(points: pd.DataFrame) -> str:
    """From where to where both rates reach, as words."""
    return ", ".join(
        f"{name} {number(points[name].min(), 2)} to {number(points[name].max(), 2)}"
        for name in ("sensitivity", "specificity")
    )


def _frame(ax: Axes, title: str, low: float = 0.0, high: float = 1.03) -> None:
    """The plane from ``low`` to ``high``, its title, and the legend beside it."""
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.set(
        xlabel="sensitivity (cancers sent to biopsy)", ylabel="specificity (harmless left alone)"
    )
    ax.figure.suptitle(title, x=0.01, ha="left")
    ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
