"""The reading experiment: a reader's point and a class's points beside the network's curve.

Axes and colours are those of `panels`.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.evaluation.intervals import Estimate
from dermlab.evaluation.roc import Point
from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import number, plural

Curve = tuple[pd.DataFrame, Estimate] | None  # `roc.curve`, and the area below it
BARS = {"elinewidth": 2.5, "capsize": 4, "zorder": 6}


def reader_on_curve(point: Point, curve: Curve, *, n: int, quiz_id: str) -> Drawn:
    """One reader's point on ``n`` pictures with its 95 % intervals, beside the network's curve."""
    fig, ax = plt.subplots(figsize=(9, 8))
    area = _network(ax, curve)
    style = {"fmt": "o", "markersize": 14, "color": COLOURS["reader"], **BARS}
    label = "you, with 95 % intervals"
    panels.cross(ax, point.sensitivity, point.specificity, label=label, **style)
    _frame(ax, f"You are a point on {plural(n, 'picture')}")
    rates = [number(rate.estimate, 2) for rate in (point.sensitivity, point.specificity)]
    alt = f"Your point: sensitivity {rates[0]}, specificity {rates[1]}. {area} Quiz {quiz_id}."
    return Drawn(fig, alt)


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
    _frame(ax, f"{plural(len(points), 'reader')}{rest} and a network, same pictures")
    rates = (number(rate.estimate, 2) for rate in (vote.sensitivity, vote.specificity))
    return Drawn(fig, f"{alt} Majority vote {' and '.join(rates)}.")


def _network(ax: Axes, curve: Curve) -> str:
    """Draw the curve where there is one, and say so."""
    if curve is None:
        return "No network was asked about these pictures."
    rows, area = curve
    shown = f"{area:.2f}"
    panels.curve(ax, rows, f"network on these pictures, area {shown}")
    return f"The network's blue curve on the same pictures has area {shown}."


def _frame(ax: Axes, title: str) -> None:
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set(xlabel="sensitivity", ylabel="specificity")
    ax.figure.suptitle(title, x=0.01, ha="left")
    ax.figure.legend(loc="outside lower left", fontsize=14)
