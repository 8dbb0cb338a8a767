"""A network's ROC curve on one set of images: its band, its point at 0.5, and readers beside it."""

from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd

from dermlab.evaluation import readers
from dermlab.evaluation.curves import Curve
from dermlab.evaluation.intervals import Estimate
from dermlab.evaluation.roc import Point
from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn, pale
from dermlab.text import interval, number, plural


def of_curve(curve: Curve, *, which: str = "") -> Drawn:
    """`network` of a curve of `curves.curve`; ``which`` cases they are, as in "biopsied alone"."""
    question = " against ".join(name for name, _ in curve.question.classes)
    return network(
        curve.rows,
        curve.band,
        curve.area,
        curve.at_half,
        question=f"{question}, {which}" if which else question,
        counts=(curve.n_positive, curve.n_negative),
        points=curve.points,
        mean=None if curve.points is None else readers.mean_reader(curve.points),
    )


def network(
    rows: pd.DataFrame,
    band: pd.DataFrame,
    area: Estimate,
    at_half: Point,
    *,
    question: str,
    counts: tuple[int, int],
    points: pd.DataFrame | None = None,
    mean: pd.DataFrame | None = None,
) -> Drawn:
    """The curve ``rows`` (as `roc.curve`) with its ``band``; readers of the same images as dots.

    ``mean``: the readers' `readers.mean_reader`, drawn where there are several.

    ``counts``: positive and negative images. ``at_half``: both rates where a probability of 0.5 or
    more is called positive.
    """
    fig, ax = plt.subplots(figsize=(9, 9))
    ax.fill_between(
        band["sensitivity"],
        band["low"],
        band["high"],
        color=pale(COLOURS["network"], 0.25),
        lw=0,
        label="95 % of resampled curves, at each sensitivity",
    )
    shown = interval(area.estimate, area.low, area.high)
    panels.curve(ax, rows, f"network: AUC {shown}")
    rates = at_half.sensitivity, at_half.specificity
    style = {"fmt": "D", "markersize": 11, "elinewidth": 2.5, "capsize": 4, "zorder": 5}
    panels.cross(ax, *rates, color=COLOURS["ink"], label="network at 0.5", **style)
    n = plural(sum(counts), "image")
    alt = (
        f"ROC curve for {question} on {n}, {counts[0]:,} of them positive: AUC {shown}; at 0.5 "
        f"sensitivity {number(rates[0].estimate, 2)}, specificity {number(rates[1].estimate, 2)}."
    )
    if points is not None:
        panels.readers(ax, points, "a reader of the same images")
        alt += f" {plural(len(points), 'reader')} of the same images as dots."
        if len(points) > 1 and mean is not None:
            panels.mean_reader(ax, mean)
    panels.plane(ax)
    ax.set_ylabel("specificity")
    title = fill(f"{question}: {n}, {counts[0]:,} positive", 62)
    fig.suptitle(title, x=0.01, ha="left", fontsize=16)
    fig.legend(loc="outside lower left", ncols=1)
    return Drawn(fig, alt)
