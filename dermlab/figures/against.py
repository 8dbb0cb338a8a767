"""Readers against a network: thresholds, both as points, and how sure the difference is.

Axes and colours are those of `panels`; curves are tables as `dermlab.evaluation.roc.curve`.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from dermlab.evaluation.roc import Point
from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn, pale
from dermlab.text import number


def thresholds(
    is_positive: np.ndarray,
    score: np.ndarray,
    curve: pd.DataFrame,
    points: Mapping[float, Point],
    names: tuple[str, str],
) -> Drawn:
    """The same scores, bar on bar, under each threshold, and its dot on the curve (last panel).

    ``is_positive`` (n,) bool, ``score`` (n,) in [0, 1], their ``curve``, ``points``: threshold →
    what it gives, lowest first; ``names`` of the positive and of the other lesions.
    """
    n = len(points) + 1
    rates = {t: [number(r.estimate, 2) for r in (p.sensitivity, p.specificity)]
             for t, p in points.items()}  # fmt: skip
    said = [f"threshold {number(t, 2)}: sensitivity {sens}, specificity {spec}"
            for t, (sens, spec) in rates.items()]  # fmt: skip
    title = "\n".join(line.capitalize() for line in said)
    ratios = [1.0] * (n - 1) + [1.1]
    fig, axes = panels.sheet(title, 1, n, figsize=(12, 5.8), width_ratios=ratios)
    sides = np.where(is_positive, *names)
    ax = axes[-1]
    panels.curve(ax, curve)
    for each, (threshold, point) in zip(axes, points.items(), strict=False):
        _histogram(each, score, sides, names, threshold)
        where = point.sensitivity.estimate, point.specificity.estimate
        ax.plot(*where, "o", color=COLOURS["ink"], markersize=13, zorder=5)
        words = f"threshold {number(threshold, 2)}", where, (where[0] - 0.05, where[1] - 0.05)
        style = {"fontsize": 14, "ha": "right", "va": "top", "zorder": 4}
        ax.annotate(*words, bbox=panels.ON_PAPER, **style)
    panels.plane(ax)
    ax.set_ylabel("specificity")
    axes[0].set_ylabel("lesions")
    panels.legend_below(axes[0], columns=3)
    counts = f"{np.sum(is_positive)} {names[0]}, {np.sum(~is_positive)} {names[1]}"
    alt = f"{counts}: histograms of their scores with a threshold, and its dot on the curve. "
    return Drawn(fig, f"{alt}{'; '.join(said).capitalize()}.")


def _histogram(
    ax: Axes, score: np.ndarray, sides: np.ndarray, names: tuple[str, str], threshold: float
) -> None:
    colours = dict(zip(names, (COLOURS["malignant"], COLOURS["benign"]), strict=True))
    bars = {"bins": 20, "binrange": (0, 1), "palette": colours, "alpha": 0.6, "legend": False}
    stacked = {"multiple": "stack", "hue_order": names}
    sns.histplot(x=score, hue=sides, edgecolor=COLOURS["paper"], ax=ax, **bars, **stacked)
    for side, colour in colours.items():
        ax.bar(0, 0, color=colour, alpha=0.6, label=side)
    ax.axvline(threshold, color=COLOURS["ink"], lw=4, label="threshold")
    ax.set_title(f"threshold {number(threshold, 2)}", fontsize=16)
    ax.set(xlim=(0, 1), xlabel="score", ylabel="", xticks=[0, 0.5, 1])


def three_tests(tests: dict[str, dict]) -> Drawn:
    """As Fig. 3: a network's curve and fixed point with intervals, simulated readers, their mean.

    ``tests``: title → ``curve``, ``area`` (an Estimate), ``n_pos``, ``n_neg``, ``points`` (of the
    readers), ``mean`` (of them) and ``point`` (of the network at its fixed threshold).
    """
    title = "Simulated: a network and readers on the same lesions"
    fig, axes = panels.sheet(title, 1, len(tests), figsize=(11.6, 6.1), sharey=True)
    axes[0].set_ylabel("specificity")
    fixed = {"fmt": "D", "color": COLOURS["ink"], "markersize": 10, "elinewidth": 3, "zorder": 6}
    said = []
    for ax, (name, test) in zip(axes, tests.items(), strict=True):
        panels.curve(ax, test["curve"], "network: curve")
        panels.readers(ax, test["points"], "a simulated reader (calibrated)")
        panels.mean_reader(ax, test["mean"])
        rates = test["point"].sensitivity, test["point"].specificity
        panels.cross(ax, *rates, label="network: fixed threshold, 95 %", **fixed)
        area = test["area"]
        bounds = f"AUC {number(area.estimate, 2)}\n{number(area.low, 2)} to {number(area.high, 2)}"
        ax.text(0.04, 0.04, bounds, fontsize=15, bbox=panels.ON_PAPER)
        ax.set_title(f"{name}\n{test['n_pos']} + {test['n_neg']} lesions", fontsize=15)
        panels.plane(ax)
        both = " and ".join(number(rate.estimate, 2) for rate in rates)
        said.append(f"{name}: AUC {number(area.estimate, 2)}, fixed dot {both}")
    panels.legend_below(axes[0], columns=2)
    return Drawn(fig, f"{title} (sensitivity and specificity). {'; '.join(said)}.")


def other_studies(table: pd.DataFrame) -> Drawn:
    """Printed mean readers (red) and the same study's network (blue), joined.

    ``table``: `dermlab.evaluation.against.other_studies`.
    """
    fig, ax = plt.subplots(figsize=(11, 6.8))
    for i, row in enumerate(table.itertuples(), start=1):
        x = [row.sensitivity, row.network_sensitivity]
        y = [row.specificity, row.network_specificity]
        ax.plot(x, y, color=COLOURS["join"], lw=2, zorder=1)
        ax.plot(x[1], y[1], "D", color=COLOURS["network"], markersize=11, zorder=3)
        ax.plot(x[0], y[0], "o", color=COLOURS["reader"], markersize=15, zorder=2)
        apart = (table.iloc[: i - 1][["sensitivity", "specificity"]] - [x[0], y[0]]).abs()
        side = (
            1 if (apart < [0.01, 0.03]).all(axis=1).any() else -1
        )  # on the other side where a number stands already
        style = {"fontsize": 16, "ha": "left" if side > 0 else "right", "va": "center"}
        ax.text(x[0] + side * 0.009, y[0], str(i), **style)
    ax.plot([], [], "o", color=COLOURS["reader"], label="mean reader (number: row of the table)")
    ax.plot([], [], "D", color=COLOURS["network"], label="the same study's network")
    ax.set(xlim=(0.7, 1.0), ylim=(0.45, 1.0), xlabel="sensitivity", ylabel="specificity")
    title = f"{len(table)} mean readers as printed, each with its study's network"
    ax.set_title(title)
    ax.legend(loc="lower right")
    rates = [f"{name} {number(table[name].min(), 2)} to {number(table[name].max(), 2)}"
             for name in ("sensitivity", "specificity")]  # fmt: skip
    level = np.isclose(table["network_sensitivity"], table["sensitivity"]).sum()
    alt = f"{title}. Means with {rates[0]} and {rates[1]}; {level} of the networks stand straight "
    return Drawn(fig, f"{alt}above or below, at the readers' sensitivity.")


def folds(curves: Sequence[pd.DataFrame], pooled: pd.DataFrame) -> Drawn:
    """Networks' curves on the folds that each has not seen, and the curve of all together."""
    fig, ax = plt.subplots(figsize=(11, 7))
    thin = {"color": pale(COLOURS["network"], 0.45), "lw": 1.6}
    for i, curve in enumerate(curves):
        panels.curve(ax, curve, "one network on its fold" if i == 0 else None, **thin)
    panels.curve(ax, pooled, "all folds together", lw=4)
    ax.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="sensitivity", ylabel="specificity")
    title = f"Measured here, HAM10000: {len(curves)} networks, {len(curves)} curves"
    ax.set_title(title)
    ax.legend(loc="lower left")
    half = [np.interp(0.5, c["sensitivity"], c["specificity"]) for c in curves]
    span = f"{number(min(half), 2)} to {number(max(half), 2)}"
    return Drawn(fig, f"{title}. At a sensitivity of 0.5 their specificity is {span}.")
