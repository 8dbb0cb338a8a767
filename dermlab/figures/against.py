"""Readers against a network: thresholds, both as points, and how sure the difference is.

Axes as in `readers`: sensitivity to the right, specificity upwards.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.evaluation import roc
from dermlab.figures.readers import _cross, _dots, _frame, _legend_below
from dermlab.figures.style import COLOURS
from dermlab.text import number, percent

WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 2}


def thresholds(is_positive: np.ndarray, probability: np.ndarray, cuts: tuple[float, ...]) -> Figure:
    """The same probabilities under each threshold, and its point on the curve (last panel)."""
    n = len(cuts) + 1
    fig, axes = plt.subplots(1, n, figsize=(12, 5.8), width_ratios=[1.0] * (n - 1) + [1.1])
    for ax, cut in zip(axes, cuts, strict=False):
        _sides(ax, is_positive, probability, cut)
    axes[0].set_ylabel("lesions")
    curve = roc.curve(is_positive, probability)
    ax = axes[-1]
    ax.step(curve["sensitivity"], curve["specificity"], where="pre", color=COLOURS["network"], lw=3)
    for cut in cuts:
        point = roc.point(is_positive, probability >= cut)
        where = point.sensitivity.estimate, point.specificity.estimate
        ax.plot(*where, "o", color="black", markersize=13, zorder=5)
        text = {"fontsize": 14, "ha": "right", "va": "top", "bbox": WHITE, "zorder": 4}
        ax.annotate(
            f"threshold {number(cut, 2)}", where, (where[0] - 0.05, where[1] - 0.05), **text
        )
    _frame(ax)
    ax.set_ylabel("specificity")
    ax.set_title("the curve", fontsize=16)
    what = "A low threshold favours sensitivity, a high one specificity"
    fig.suptitle(what if len(cuts) > 1 else "One threshold is one point", x=0.01, ha="left")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=3)
    return fig


def _sides(ax: Axes, is_positive: np.ndarray, probability: np.ndarray, cut: float) -> None:
    bins = np.linspace(0, 1, 21)
    point = roc.point(is_positive, probability >= cut)
    for side, name in ((~is_positive, "benign"), (is_positive, "malignant")):
        style = {"color": COLOURS[name], "alpha": 0.6, "edgecolor": "white"}
        ax.hist(probability[side], bins, label=name, **style)
    ax.axvline(cut, color="black", lw=4, label="threshold")
    rates = [percent(x.estimate, 0) for x in (point.sensitivity, point.specificity)]
    ax.set_title(f"sensitivity {rates[0]}\nspecificity {rates[1]}", fontsize=16)
    ax.set(xlim=(0, 1), xlabel="probability of malignancy", xticks=[0, 0.5, 1])


def three_tests(tests: dict[str, dict]) -> Figure:
    """As Fig. 3: a network's curve and fixed point with intervals, simulated readers, their mean.

    ``tests``: title → ``is_positive``, ``probability``, ``points`` (of the readers), ``operating``.
    """
    fig, axes = plt.subplots(1, len(tests), figsize=(11.6, 6.1), sharey=True)
    fig.suptitle("Simulated: a network and readers on the same lesions", x=0.01, ha="left")
    axes[0].set_ylabel("specificity")
    for ax, (title, test) in zip(axes, tests.items(), strict=True):
        curve = roc.curve(test["is_positive"], test["probability"])
        style = {"where": "pre", "color": COLOURS["network"], "lw": 3, "label": "network: curve"}
        ax.step(curve["sensitivity"], curve["specificity"], **style)
        _dots(ax, test["points"], "a simulated reader (calibrated)")
        _cross(ax, test["points"])
        _fixed(ax, test["operating"].point)
        area = roc.auc(test["is_positive"], test["probability"])
        bounds = f"area {number(area.estimate, 2)}\n{number(area.low, 2)} to {number(area.high, 2)}"
        ax.text(0.04, 0.04, bounds, fontsize=15, bbox=WHITE)
        n_pos = int(np.sum(test["is_positive"]))
        ax.set_title(f"{title}\n{n_pos} + {len(test['is_positive']) - n_pos} lesions", fontsize=15)
        _frame(ax)
    _legend_below(fig, axes[0], columns=2)
    return fig


def _fixed(ax: Axes, point: roc.Point) -> None:
    """The network as one point with both intervals."""
    x, y = point.sensitivity, point.specificity
    xerr = [[x.estimate - x.low], [x.high - x.estimate]]
    yerr = [[y.estimate - y.low], [y.high - y.estimate]]
    style = {"fmt": "D", "color": "black", "markersize": 10, "elinewidth": 3, "zorder": 6}
    label = "network: fixed threshold, 95 %"
    ax.errorbar(x.estimate, y.estimate, xerr=xerr, yerr=yerr, label=label, **style)


def areas(table: pd.DataFrame, title: str) -> Figure:
    """Areas with their intervals, a row a line: ``name``, ``auc, low, high``, ``group``."""
    fig, ax = plt.subplots(figsize=(11, 0.62 * len(table) + 1.9))
    colours = dict(zip(table["group"].unique(), ("#0072B2", "#D55E00", "#009E73"), strict=False))
    for i, row in enumerate(table.itertuples()):
        error = [[row.auc - row.low], [row.high - row.auc]]
        style = {"fmt": "o", "color": colours[row.group], "markersize": 11, "elinewidth": 4}
        ax.errorbar(row.auc, -i, xerr=error, **style)
    ax.set_yticks(-np.arange(len(table)), table["name"])
    for name, colour in colours.items():
        ax.plot([], [], "o", color=colour, label=name)
    ax.set(xlabel="area under the curve, 95 % interval", ylim=(0.6 - len(table), 0.6))
    fig.suptitle(title, x=0.01, ha="left")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    return fig


def other_studies(table: pd.DataFrame) -> Figure:
    """Printed mean readers (red) and the same study's network (blue), joined."""
    fig, ax = plt.subplots(figsize=(11, 6.8))
    for i, row in enumerate(table.itertuples(), start=1):
        x, y = (
            [row.sensitivity, row.network_sensitivity],
            [row.specificity, row.network_specificity],
        )
        ax.plot(x, y, color="#B0B0B0", lw=2, zorder=1)
        ax.plot(x[1], y[1], "D", color=COLOURS["network"], markersize=11, zorder=3)
        ax.plot(x[0], y[0], "o", color=COLOURS["reader"], markersize=15, zorder=2)
        near = table.iloc[: i - 1]
        near = near[
            (abs(near["sensitivity"] - x[0]) < 0.01) & (abs(near["specificity"] - y[0]) < 0.03)
        ]
        side = 1 if len(near) else -1  # on the other side where a number stands already
        style = {"fontsize": 16, "ha": "left" if side > 0 else "right", "va": "center"}
        ax.text(x[0] + side * 0.009, y[0], str(i), **style)
    ax.plot([], [], "o", color=COLOURS["reader"], label="mean reader (number: row of the table)")
    ax.plot([], [], "D", color=COLOURS["network"], label="the same study's network")
    ax.set(xlim=(0.7, 1.0), ylim=(0.45, 1.0), xlabel="sensitivity", ylabel="specificity")
    ax.set_title("Eight mean readers as printed, each with its study's network")
    ax.legend(loc="lower right")
    return fig


def folds(curves: list[pd.DataFrame], pooled: pd.DataFrame, points: pd.DataFrame) -> Figure:
    """Networks' curves on the folds that each has not seen, pooled, and the paper's readers."""
    fig, ax = plt.subplots(figsize=(11, 7))
    for i, curve in enumerate(curves):
        label = "one network on its fold" if i == 0 else None
        style = {"color": "#8FBFE0", "lw": 1.6, "where": "pre", "label": label}
        ax.step(curve["sensitivity"], curve["specificity"], **style)
    style = {"color": COLOURS["network"], "lw": 4, "where": "pre", "label": "all folds together"}
    ax.step(pooled["sensitivity"], pooled["specificity"], **style)
    _dots(ax, points, "the paper's dermatologists, on OTHER images")
    ax.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="sensitivity", ylabel="specificity")
    ax.set_title("HAM10000, proven lesions: nine networks differ; readers as context")
    ax.legend(loc="lower left")
    return fig


def predictive_values(table: pd.DataFrame) -> Figure:
    """How often a biopsy finds a cancer at each prevalence: ``prevalence, who, ppv, low, high``."""
    fig, ax = plt.subplots()
    order = table["prevalence"].drop_duplicates().tolist()
    for shift, (who, rows) in zip((-0.1, 0.1), table.groupby("who", sort=False), strict=True):
        at = [order.index(x) + shift for x in rows["prevalence"]]
        error = [rows["ppv"] - rows["low"], rows["high"] - rows["ppv"]]
        colour = COLOURS["network" if "network" in who else "reader"]
        style = {"fmt": "o", "color": colour, "markersize": 13, "elinewidth": 4, "label": who}
        ax.errorbar(at, rows["ppv"], yerr=error, **style)
    ax.set_xticks(range(len(order)), [percent(x, 0) for x in order])
    ax.set(xlabel="share of malignant lesions", ylabel="biopsies that find one", ylim=(0, 1))
    ax.set_title("The same point: few biopsies find a cancer where cancer is rare")
    ax.legend(loc="lower left")
    return fig
