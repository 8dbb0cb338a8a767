"""The reading experiment: a reader's point and a class's points beside the network's curve.

Axes and colours are those of `panels`.
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import Protocol

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.evaluation import readers
from dermlab.evaluation.intervals import Estimate
from dermlab.evaluation.roc import Point
from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import number, plural


class Rival(Protocol):
    """Whoever read the same pictures: ``name``, ``kind``, and *points*, a row a reader."""

    name: str
    kind: str
    points: pd.DataFrame


Curve = tuple[pd.DataFrame, Estimate] | None  # `roc.curve`, and the area below it
BARS = {"elinewidth": 2.5, "capsize": 4, "zorder": 6}


def reader_on_curve(
    point: Point,
    curve: Curve,
    *,
    n: int,
    quiz_id: str,
    network: Rival | None = None,
    others: Rival | None = None,
    published: pd.DataFrame | None = None,
) -> Drawn:
    """One reader's point on ``n`` pictures with its 95 % intervals, beside its rivals.

    ``network``: one row of *points*, on the curve at the network's threshold. ``others``: the
    *points* of other readers, of whom the mean is drawn. Both saw the same pictures. ``published``:
    *points* of the paper's dermatologists, who saw others, in a panel of their own.
    """
    columns = 1 if published is None else 2
    fig, axes = plt.subplots(1, columns, figsize=(7 * columns, 7.6), squeeze=False)
    ax = axes[0, 0]
    alt = [_network(ax, curve)]
    for rival in filter(None, (network, others)):
        alt.append(_rival(ax, rival, "D" if rival is network else "P"))
    style = {"fmt": "o", "markersize": 14, "color": COLOURS["reader"], **BARS}
    label = "you, with 95 % intervals"
    panels.cross(ax, point.sensitivity, point.specificity, label=label, **style)
    if published is not None:
        ax.set_title("The quiz's pictures\n(simulated)")
        alt.append(_published(axes[0, 1], published))
    _frame(ax, f"You are a point on {plural(n, 'picture')}")
    rates = [number(rate.estimate, 2) for rate in (point.sensitivity, point.specificity)]
    said = f"Your point: sensitivity {rates[0]}, specificity {rates[1]}."
    return Drawn(fig, " ".join([said, *alt, f"Quiz {quiz_id}."]))


def _rival(ax: Axes, rival: Rival, marker: str) -> str:
    """The mean of a rival's points as one mark."""
    place = rival.points[["sensitivity", "specificity"]].mean()
    colour = COLOURS["network" if marker == "D" else "mean"]
    label = f"{rival.name}\n({rival.kind})"
    ax.plot(
        *place, marker, markersize=15, color=colour, mec=COLOURS["paper"], zorder=5, label=label
    )
    return f"{rival.name[0].upper()}{rival.name[1:]}: {' and '.join(f'{x:.2f}' for x in place)}."


def _published(ax: Axes, points: pd.DataFrame) -> str:
    """The paper's dermatologists and their mean, on images of the paper."""
    n_pos, n_neg = points[["n_pos", "n_neg"]].iloc[0]
    panels.readers(ax, points, "a dermatologist of the paper (published)")
    panels.mean_reader(ax, readers.mean_reader(points), "their mean ± 1 SD")
    ax.set_title(f"Other images: {len(points)} dermatologists,\n{n_pos} + {n_neg} photographs")
    if points["task"].iloc[0] == "melanoma":
        note = "The paper's legend\nsays 33 + 97 images."
        ax.text(0.03, 0.03, note, transform=ax.transAxes, fontsize=14, va="bottom")
    _plane(ax)
    mean = points[["sensitivity", "specificity"]].mean()
    return (
        f"In a panel of its own, on other images: {len(points)} dermatologists of the paper "
        f"(published), mean {mean.iloc[0]:.2f} and {mean.iloc[1]:.2f}."
    )


def class_on_curve(
    points: pd.DataFrame,
    mean: pd.DataFrame,
    curve: Curve,
    vote: Point,
    kind: str,
    *,
    n_unfinished: int = 0,
) -> Drawn:
    """A class as the paper draws its dermatologists, its mean reader and its majority vote.

    ``points``: a row a reader, ``sensitivity`` and ``specificity``; ``mean``: their
    `dermlab.evaluation.readers.mean_reader`, drawn where there are several readers. ``kind`` says
    what the readers are: "measured here" or "simulated, calibrated". ``n_unfinished`` further
    readers have decided on some pictures only: they are named, and have no point.
    """
    fig, ax = plt.subplots(figsize=(9, 8))
    area = _network(ax, curve)
    # Points that coincide are spread by far less than a case weighs, or they would count as one.
    jitter = np.random.default_rng(0).uniform(-0.008, 0.008, (2, len(points)))
    names = ["sensitivity", "specificity"]
    panels.readers(ax, points[names] + jitter.T, f"one reader ({kind})")
    alt = f"{plural(len(points), 'reader')}, {kind}. {area}"
    rest = ""
    if n_unfinished:
        rest = f" ({n_unfinished:,} more not finished)"
        alt += f" {plural(n_unfinished, 'reader')} more, not finished, without a point."
    if len(points) > 1:
        panels.mean_reader(ax, mean, "mean reader ± 1 SD")
        rates = (number(mean[f"{name}_mean"].item(), 2) for name in names)
        alt += f" Mean reader {' and '.join(rates)}."
    style = {"fmt": "s", "markersize": 11, "color": COLOURS["ink"], **BARS}
    label = "majority vote, with 95 % intervals"
    panels.cross(ax, vote.sensitivity, vote.specificity, label=label, **style)
    beside = " and a network, same pictures" if curve else ""
    _frame(ax, f"{plural(len(points), 'reader')}{rest}{beside}")
    rates = (number(rate.estimate, 2) for rate in (vote.sensitivity, vote.specificity))
    return Drawn(fig, f"{alt} Majority vote {' and '.join(rates)}.")


def hardest(pictures: Sequence[np.ndarray], table: pd.DataFrame) -> Drawn:
    """The pictures that most readers got wrong, with truth, count and signs.

    ``table``: a row a picture, ``picture`` (its place in ``pictures``), ``truth``, ``n_readers``,
    ``n_wrong`` and ``signs``.
    """
    fig, axes = plt.subplots(2, -(-len(table) // 2), figsize=(12, 9), squeeze=False)
    rows = list(table.itertuples())
    names = [f"{row.truth}: {row.n_wrong} of {row.n_readers} wrong" for row in rows]
    panels.tiles([pictures[row.picture] for row in rows], names, axes.flat)
    for ax, row in zip(axes.flat, rows, strict=False):
        text = "\n".join(wrap(row.signs, 30))
        ax.text(0.5, -0.03, text, transform=ax.transAxes, fontsize=14, ha="center", va="top")
    fig.suptitle("Wrong most often, hardest first", x=0.01, ha="left")
    said = [f"{name}; {row.signs}" for name, row in zip(names, rows, strict=True)]
    return Drawn(fig, f"The {plural(len(rows), 'picture')} wrong most often. {'. '.join(said)}.")


def _network(ax: Axes, curve: Curve) -> str:
    """Draw the curve where there is one, and say so."""
    if curve is None:
        return "No network was asked about these pictures."
    rows, area = curve
    shown = f"{area:.2f}"
    panels.curve(ax, rows, f"network on these pictures, area {shown}")
    return f"The network's blue curve on the same pictures has area {shown}."


def _frame(ax: Axes, title: str) -> None:
    _plane(ax)
    ax.figure.suptitle(title, x=0.01, ha="left")
    ax.figure.legend(loc="outside lower left", fontsize=14, ncols=len(ax.figure.axes))


def _plane(ax: Axes) -> None:
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set(xlabel="sensitivity", ylabel="specificity")
