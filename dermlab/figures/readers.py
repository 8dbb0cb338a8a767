"""Dermatologists as points, networks as curves: the paper's Fig. 3 and what its points hide.

Axes are the paper's: sensitivity to the right, specificity upwards, so the best corner is at the
top right. Red points are readers, the green cross is their mean ± 1 SD, blue is a network.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.evaluation import readers, two_questions
from dermlab.figures.style import COLOURS
from dermlab.text import number

TASK_TITLES = {
    "carcinoma": "Carcinoma",
    "melanoma": "Melanoma",
    "melanoma_dermoscopy": "Melanoma, dermoscopy",
}
KIND_COLOURS = dict(
    zip(
        two_questions.KINDS,
        (COLOURS["network"], COLOURS["neutral"], COLOURS["reader"], "#CC79A7"),
        strict=True,
    )
)


def _panels(title: str, ylabel: str = "specificity") -> tuple[Figure, list[Axes]]:
    """Three panels, one a task, that share their axes."""
    fig, axes = plt.subplots(1, 3, figsize=(11.6, 5.8), sharey=True)
    fig.suptitle(title, x=0.01, ha="left")
    axes[0].set_ylabel(ylabel)
    return fig, list(axes)


def _name(ax: Axes, task: str, line: str, note_at: tuple[float, float] = (0.04, 0.04)) -> None:
    """The panel's title; where it is the melanoma task, what differs from the paper's legend."""
    ax.set_title(f"{TASK_TITLES[task]}\n{line}", fontsize=16)
    if task == "melanoma":
        note = "46 + 93 images here;\nthe paper's legend\nsays 33 + 97"
        white = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        ax.text(*note_at, note, transform=ax.transAxes, fontsize=14, va="bottom", bbox=white)


def _frame(ax: Axes, low: float = 0.0) -> None:
    ax.set(xlim=(low, 1.02), ylim=(low, 1.02), aspect="equal", xlabel="sensitivity")
    ticks = np.linspace(low, 1, 5 if low == 0 else 4)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    first, *_, last = ax.get_xticklabels()
    first.set_ha("left")  # so that neighbouring panels' labels stand apart
    last.set_ha("right")


def _cross(ax: Axes, points: pd.DataFrame) -> None:
    """The mean reader ± 1 SD, as the paper draws it."""
    (mean,) = readers.mean_reader(points).itertuples()
    style = {"color": COLOURS["mean"], "zorder": 5}
    centre = mean.sensitivity_mean, mean.specificity_mean
    sd = mean.sensitivity_sd, mean.specificity_sd
    ax.errorbar(*centre, xerr=sd[0], yerr=sd[1], elinewidth=3.5, capsize=6, capthick=3, **style)
    ax.plot([], [], "+", markersize=18, markeredgewidth=3.5, label="their mean ± 1 SD", **style)


def _dots(ax: Axes, points: pd.DataFrame, label: str) -> None:
    style = {"color": COLOURS["reader"], "edgecolor": "white", "linewidth": 0.8, "alpha": 0.85}
    ax.scatter(points["sensitivity"], points["specificity"], s=75, zorder=4, label=label, **style)


def _with_bounds(ax: Axes, row, **style) -> None:
    """One point of `readers.intervals` with its 95 % bounds as a cross."""
    x, y = row.sensitivity, row.specificity
    xerr = [[x - row.sensitivity_low], [row.sensitivity_high - x]]
    yerr = [[y - row.specificity_low], [row.specificity_high - y]]
    ax.errorbar(x, y, xerr=xerr, yerr=yerr, **style)


def _stairs(ax: Axes, curve: pd.DataFrame, label: str | None = None) -> None:
    """A curve of `readers.esteva_curves` as the staircase that it is."""
    ax.plot(
        curve["sensitivity"],
        curve["specificity"],
        drawstyle="steps-pre",
        color=COLOURS["network"],
        lw=3,
        label=label,
    )


def _legend_below(fig: Figure, ax: Axes, columns: int = 4) -> None:
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=columns)


def fig3_points(points: pd.DataFrame, question: str = "action") -> Figure:
    """Fig. 3a without its curves: each task's readers as red points, green mean ± 1 SD."""
    fig, axes = _panels("Each dermatologist is one point, and they lie far apart")
    for ax, task in zip(axes, readers.TASKS, strict=True):
        asked = points[(points["task"] == task) & (points["question"] == question)]
        _dots(ax, asked, "one dermatologist")
        _cross(ax, asked)
        n_images = asked[["n_pos", "n_neg"]].iloc[0].sum()
        _name(ax, task, f"{len(asked)} readers, {n_images} images")
        _frame(ax)
    _legend_below(fig, axes[0])
    return fig


def points_with_intervals(points: pd.DataFrame, reader: str) -> Figure:
    """Every reader of one task and question with 95 % intervals; ``reader`` stands out."""
    fig, ax = plt.subplots(figsize=(11, 6.6))
    pale = {"fmt": "o", "markersize": 8, "color": "#E09A6A", "ecolor": "#C98A63", "elinewidth": 1.6}
    bold = {"fmt": "o", "markersize": 13, "color": COLOURS["reader"], "elinewidth": 4.5}
    for row in readers.intervals(points).itertuples():
        if row.reader == reader:
            label = f"reader {reader}, with 95 % intervals (Wilson)"
            _with_bounds(ax, row, zorder=5, label=label, **bold)
        else:
            _with_bounds(ax, row, zorder=2, **pale)
    n_pos, n_neg = points[["n_pos", "n_neg"]].iloc[0]
    ax.set(xlabel="sensitivity", ylabel="specificity", xlim=(0.65, 1.01), ylim=(0.3, 1.01))
    ax.set_title(f"On {n_pos} malignant and {n_neg} benign images a point is a wide cross")
    ax.legend(loc="lower left")
    return fig


def pair_arrows(points: pd.DataFrame, pairs: pd.DataFrame) -> Figure:
    """An arrow a reader from "malignant?" to "biopsy or treat?", coloured by the kind of move."""
    count = pairs["kind"].value_counts().reindex(two_questions.KINDS, fill_value=0)
    fig, axes = _panels(
        f"Asked what to do, {count.iloc[0]} of {len(pairs)} give specificity for sensitivity"
    )
    asked = points.set_index(["task", "question", "reader"])[["sensitivity", "specificity"]]
    for ax, task in zip(axes, readers.TASKS, strict=True):
        rows = pairs[pairs["task"] == task]
        for row in rows.itertuples():
            start, end = (asked.loc[(task, q, row.reader)] for q in ("diagnosis", "action"))
            _arrow(ax, start, end, row.kind)
        _name(ax, task, f"{len(rows)} readers")
        _frame(ax, low=0.25)
    for kind, n in count.items():
        still = {"marker": "o", "linestyle": ""} if kind == two_questions.KINDS[1] else {}
        axes[0].plot([], [], color=KIND_COLOURS[kind], lw=3, label=f"{kind}: {n}", **still)
    _legend_below(fig, axes[0], columns=2)
    return fig


def _arrow(ax: Axes, start: pd.Series, end: pd.Series, kind: str) -> None:
    if kind == two_questions.KINDS[1]:
        ax.plot(*end, "o", color=KIND_COLOURS[kind], markersize=8, zorder=3)
        return
    style = {"arrowstyle": "-|>", "mutation_scale": 16, "lw": 2.2, "color": KIND_COLOURS[kind]}
    ax.annotate("", xy=end, xytext=start, arrowprops=style | {"shrinkA": 0, "shrinkB": 0})


def threshold_moves(pairs: pd.DataFrame, shares: pd.DataFrame) -> Figure:
    """Each reader's move in z(sensitivity) and z(specificity), all started at the origin.

    A pure threshold shift lies on the falling diagonal, a change of skill on the rising one.
    """
    title = "The moves lie along the threshold's line, not along skill's"
    fig, axes = _panels(title, ylabel="change of z(specificity)")
    share_of = shares.set_index("task")["estimate"]
    end = 1.7
    for ax, task in zip(axes, readers.TASKS, strict=True):
        rows = pairs[pairs["task"] == task]
        z_sens, z_spec = (rows["d_prime"] / 2 + side * rows["criterion"] for side in (-1, 1))
        ax.plot([-end, end], [end, -end], color=COLOURS["network"], lw=3, label="threshold alone")
        ax.plot([-end, end], [-end, end], color="#8A8A8A", lw=2.5, ls="--", label="skill alone")
        moves = pd.DataFrame({"sensitivity": z_sens, "specificity": z_spec})
        _dots(ax, moves, "one dermatologist's move")
        ax.set(xlim=(-end, end), ylim=(-end, end), aspect="equal")
        ax.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1], xlabel="change of z(sensitivity)")
        share = f"{100 * share_of[task]:.0f} % along the threshold"
        _name(ax, task, share, note_at=(0.37, 0.76))
    _legend_below(fig, axes[0])
    return fig


def network_curves(curves: pd.DataFrame) -> Figure:
    """Staircases of one 2016 network on the three large tests (as the paper's Fig. 3b)."""
    fig, axes = _panels("A network gives scores: each threshold is a point of its curve")
    for ax, task in zip(axes, readers.TASKS, strict=True):
        curve = curves[curves["task"] == task]
        _stairs(ax, curve, "a 2016 network of the authors, not the published one")
        n_pos, n_neg = curve[["n_pos", "n_neg"]].iloc[0]
        ax.text(0.5, 0.4, f"area {number(readers.curve_area(curve))}", fontsize=20, ha="center")
        ax.set_title(f"{TASK_TITLES[task]}\n{n_pos} + {n_neg} images", fontsize=16)
        _frame(ax)
    _legend_below(fig, axes[0])
    return fig


def same_images(points: pd.DataFrame, network_points: pd.DataFrame) -> Figure:
    """The carcinoma readers and two 2016 networks on the same 135 images."""
    fig, ax = plt.subplots(figsize=(11, 6.6))
    _dots(ax, points, f"{len(points)} dermatologists: biopsy or treat?")
    _cross(ax, points)
    names = {"nine-way": "nine classes", "recursive_dividing_1000": "fine classes, N = 1000"}
    # Hollow marks: one reader lies exactly under the second network's point.
    style = {"markersize": 16, "color": COLOURS["network"], "zorder": 6}
    style |= {"markerfacecolor": "none", "markeredgewidth": 3}
    for row, marker in zip(readers.intervals(network_points).itertuples(), "Ds", strict=True):
        label = f"2016 network, {names[row.network]}"
        _with_bounds(ax, row, fmt=marker, elinewidth=2, label=label, **style)
    ax.set(xlabel="sensitivity", ylabel="specificity", xlim=(0.7, 1.01), ylim=(0.35, 1.01))
    ax.set_title("Same 135 images: two 2016 networks among the better readers")
    caveat = "networks: the authors' of 2016 at threshold 0.5, not the published one"
    ax.legend(loc="lower left", title=caveat, title_fontsize=14, alignment="left")
    return fig


def lost_strip(curve: pd.DataFrame) -> Figure:
    """What an area loses when its sum starts at the first printed point instead of (0, 0)."""
    fig, ax = plt.subplots()
    ax.fill_between(curve["sensitivity"], curve["specificity"], step="pre", color="#CFE3F1")
    _stairs(ax, curve)
    first = curve.iloc[1]
    ax.bar(0, first["specificity"], first["sensitivity"], align="edge", color=COLOURS["reader"])
    label, arrow = f"lost: a strip 1/{first['n_pos']} wide", {"arrowstyle": "-|>", "lw": 2.5}
    tip, text = (first["sensitivity"], 0.5), (0.1, 0.5)
    ax.annotate(label, tip, text, fontsize=18, va="center", arrowprops=arrow)
    ax.text(0.1, 0.3, "a 2016 network of the authors,\nnot the published one", fontsize=16)
    ax.set(xlabel="sensitivity", ylabel="specificity", xlim=(0, 1.01), ylim=(0, 1.02))
    ax.set_title("A sum that starts at the first printed point misses a strip")
    return fig


def shared_roc(points: pd.DataFrame, d_prime: float, gaps: np.ndarray) -> Figure:
    """Simulated readers on one shared curve: their mean lies inside it; the gap over repeats.

    ``gaps`` holds, a repeat, how far the mean point lies below the curve (as a share).
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(11.6, 6), width_ratios=[1.5, 1])
    fig.suptitle(
        "Simulated: all readers share one curve, their mean lies below it", x=0.01, ha="left"
    )
    curve = two_questions.binormal_rates(d_prime, np.linspace(-4, 4, 400))
    left.plot(*curve, color=COLOURS["network"], lw=3, label="the curve of all of them")
    _dots(left, points, "a reader with their own threshold")
    _cross(left, points)
    left.set(xlabel="sensitivity", ylabel="specificity", xlim=(0.4, 1.02), ylim=(0.2, 1.02))
    left.set_title(f"{len(points)} simulated readers", fontsize=16)
    left.legend(loc="lower left")
    right.axvline(0, color=COLOURS["network"], lw=3)
    right.hist(100 * gaps, bins=12, color=COLOURS["mean"], edgecolor="white")
    right.set(xlabel="gap (points of specificity)", ylabel="repeats")
    right.set_title(f"below in {np.sum(gaps > 0)} of {len(gaps)} repeats", fontsize=16)
    return fig
