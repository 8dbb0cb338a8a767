"""The reading experiment: a reader's point and a class's points beside the network's curve.

Axes and colours are the paper's Fig. 3: red points are readers, green is their mean ± 1 SD, blue is
the network on the same pictures.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.evaluation import intervals, readers, roc
from dermlab.figures.style import COLOURS
from dermlab.text import number, plural

Curve = tuple[pd.DataFrame, intervals.Estimate] | None  # roc.curve, and the area


def reader_on_curve(found, curve: Curve, study) -> tuple[Figure, str]:
    """One reader (`quiz.Outcome`) with 95 % intervals on the curve; the figure, alt text."""
    fig, ax = plt.subplots(figsize=(9, 8))
    area = _network(ax, curve)
    _point(ax, found.point, "o", COLOURS["reader"], "you, with 95 % intervals", size=14)
    n = found.n_pos + found.n_neg
    _frame(ax, f"You are a point on {plural(n, 'picture')}")
    rates = [found.point.sensitivity.estimate, found.point.specificity.estimate]
    alt = (
        f"Your point: sensitivity {number(rates[0], 2)}, specificity {number(rates[1], 2)}. {area}"
    )
    return fig, f"{alt} Quiz {study.quiz_id}."


def class_on_curve(
    points: pd.DataFrame, curve: Curve, vote: roc.Point, kind: str
) -> tuple[Figure, str]:
    """A class as the paper draws its dermatologists, and its majority vote: figure, alt text.

    ``kind`` says what the readers are: "measured here" or "simulated, calibrated".
    """
    fig, ax = plt.subplots(figsize=(9, 8))
    area = _network(ax, curve)
    # Points that coincide are spread by far less than a case weighs, or they would count as one.
    jitter = np.random.default_rng(0).uniform(-0.008, 0.008, (2, len(points)))
    x, y = points["sensitivity"] + jitter[0], points["specificity"] + jitter[1]
    look = {"color": COLOURS["reader"], "edgecolor": "white", "linewidth": 0.8, "alpha": 0.85}
    ax.scatter(x, y, s=75, zorder=4, label=f"one reader ({kind})", **look)
    said = f"{plural(len(points), 'reader')}, {kind}. {area}"
    if len(points) > 1:
        said += _mean(ax, points)
    _point(ax, vote, "s", "#000000", "majority vote, with 95 % intervals", size=11)
    _frame(ax, f"{plural(len(points), 'reader')} and a network, same pictures")
    rates = vote.sensitivity.estimate, vote.specificity.estimate
    vote_said = f" Majority vote {number(rates[0], 2)} and {number(rates[1], 2)}."
    return fig, said + vote_said


def _network(ax: Axes, curve: Curve) -> str:
    if curve is None:
        return "No network was asked about these pictures."
    rows, area = curve
    label = f"network on these pictures, area {area:.2f}"
    # Straight lines between the rows: a staircase, slanted only where scores are tied.
    ax.plot(rows["sensitivity"], rows["specificity"], color=COLOURS["network"], lw=3, label=label)
    return f"The network's blue curve on the same pictures has area {area:.2f}."


def _mean(ax: Axes, points: pd.DataFrame) -> str:
    (mean,) = readers.mean_reader(points).itertuples()
    centre = mean.sensitivity_mean, mean.specificity_mean
    sd = mean.sensitivity_sd, mean.specificity_sd
    style = {"color": COLOURS["mean"], "zorder": 5, "label": "mean reader ± 1 SD"}
    ax.errorbar(*centre, xerr=sd[0], yerr=sd[1], fmt="+", elinewidth=3.5, capsize=6, **style)
    return f" Mean reader {number(centre[0], 2)} and {number(centre[1], 2)}."


def _point(ax: Axes, point: roc.Point, marker: str, colour: str, label: str, size: int) -> None:
    x, y = point.sensitivity, point.specificity
    xerr = [[x.estimate - x.low], [x.high - x.estimate]]
    yerr = [[y.estimate - y.low], [y.high - y.estimate]]
    style = {"color": colour, "elinewidth": 2.5, "capsize": 4, "zorder": 6, "label": label}
    at = {"x": x.estimate, "y": y.estimate, "xerr": xerr, "yerr": yerr}
    ax.errorbar(**at, fmt=marker, markersize=size, **style)


def _frame(ax: Axes, title: str) -> None:
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set(xlabel="sensitivity", ylabel="specificity")
    ax.figure.suptitle(title, x=0.01, ha="left")
    ax.figure.legend(loc="outside lower left", fontsize=14)
