"""Two kinds of labels: where they agree, what their errors cost, and who gets the better kind."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from dermlab.evaluation import intervals
from dermlab.figures.style import CATEGORICAL, COLOURS
from dermlab.text import percent

ALL, KNOWN = COLOURS["network"], COLOURS["reader"]
LABELS = {
    "truth": (COLOURS["mean"], "D", "-"),
    "dermatologists": (COLOURS["network"], "o", "-"),
    "at random": (COLOURS["reader"], "s", "--"),
}
ESTIMATES = {
    "biopsied only": (COLOURS["reader"], "s"),
    "corrected, by the label": (CATEGORICAL[3], "^"),
    "corrected, by label and suspicion": (COLOURS["network"], "o"),
}


def two_kinds(table: pd.DataFrame) -> Figure:
    """How many lesions of each partition are biopsied, and how often the label by eye is right.

    ``table``, indexed by partition: ``lesions``, ``biopsied`` (counts); ``all``, ``known`` (the
    share of right labels by eye on all and on biopsied lesions), each with ``_low`` and ``_high``.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(11.6, 6), sharey=True)
    fig.suptitle("Few lesions are biopsied, and not a random few", x=0.01, ha="left")
    y = np.arange(len(table))
    left.barh(y, table["lesions"], 0.75, color="#BFD9EA")
    left.barh(y, table["biopsied"], 0.75, color=KNOWN)
    for place, row in zip(y, table.itertuples(), strict=True):
        words = f" {percent(row.biopsied / row.lesions, 0)} of {row.lesions:,}"
        left.text(row.lesions, place, words, va="center", fontsize=14)
    left.set(xlabel="lesions (orange: biopsied)", xlim=(0, 1.55 * table["lesions"].max()))
    left.xaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
    left.set_yticks(y, table.index)
    left.invert_yaxis()
    for name, shift, colour in (("all", -0.15, ALL), ("known", 0.15, KNOWN)):
        _with_bounds(right, table, name, y + shift, colour)
    right.plot([], [], "o", color=ALL, label="all (the clinic knows)")
    right.plot([], [], "o", color=KNOWN, label="biopsied (a study sees)")
    right.set(xlabel="share of labels by eye that are right", xlim=(0, 1.02))
    for ax in (left, right):
        ax.grid(axis="y", visible=False)
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=2)
    return fig


def _with_bounds(ax: Axes, table: pd.DataFrame, name: str, y: np.ndarray, colour: str) -> None:
    """Estimates as dots with their 95 % bounds, a row of the table a line."""
    x, low, high = (table[f"{name}{end}"] for end in ("", "_low", "_high"))
    bounds = np.clip([x - low, high - x], 0, None)
    ax.errorbar(x, y, xerr=bounds, fmt="o", ms=9, elinewidth=2.5, color=colour)


def ceiling(points: pd.DataFrame, *, n_classes: int) -> Figure:
    """Measured against true accuracy for labels of several accuracies: lines by the formula.

    ``points``, simulated: ``label_accuracy``, ``accuracy`` (the truth), ``measured``.
    """
    fig, ax = plt.subplots(figsize=(11, 6.4))
    true = np.linspace(1 / n_classes, 1, 50)
    ax.plot(true, true, color=COLOURS["neutral"], lw=2, ls=":")
    ax.text(0.86, 0.885, "labels always right", ha="right", color=COLOURS["neutral"])
    for (q, rows), colour in zip(points.groupby("label_accuracy"), CATEGORICAL, strict=False):
        ax.plot(true, true * q + (1 - true) * (1 - q) / (n_classes - 1), color=colour)
        ax.plot(rows["accuracy"], rows["measured"], "o", ms=11, color=colour)
        words = f"labels {percent(q, 0)} right"
        ax.text(1.025, q, words, color=colour, va="center", fontsize=15)
    ax.set(xlabel="true accuracy", ylabel="accuracy as measured on the labels")
    ax.set(xlim=(1 / n_classes, 1.2), ylim=(0, 1.03), xticks=np.arange(0.2, 1.01, 0.2))
    ax.set_title("A perfect classifier scores what the labels are worth")
    return fig


def shared_errors(table: pd.DataFrame) -> Figure:
    """Agreement found against agreement expected if errors were independent, a row a pair.

    ``table``: ``pair`` (with its mark), ``expected``, ``observed``, ``low``, ``high``.
    """
    fig, ax = plt.subplots(figsize=(11.6, 1.9 + 1.0 * len(table)))
    y = np.arange(len(table))
    ax.hlines(y, table["expected"], table["observed"], color="#B0B0B0", lw=5, zorder=1)
    ax.plot(table["expected"], y, "D", ms=13, mfc="white", mew=3, color=COLOURS["neutral"],
            label="expected if errors were independent")  # fmt: skip
    bounds = np.stack([table["observed"] - table["low"], table["high"] - table["observed"]])
    ax.errorbar(table["observed"], y, xerr=bounds.clip(0), fmt="o", ms=13, elinewidth=3,
                color=ALL, label="found, with 95 % interval")  # fmt: skip
    ax.set_yticks(y, table["pair"])
    ax.set(xlabel="share of images on which the two agree", ylim=(len(table) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    fig.suptitle("They agree more often than independent errors allow", x=0.01, ha="left")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return fig


def noise_in_training(scores: pd.DataFrame) -> Figure:
    """Area and accuracy of a head on the truth, against the share of cancers labelled harmless.

    ``scores``: the shipped result's rows, ``labels, times, missed, auc, accuracy`` and a seed each;
    drawn are means over seeds and 95 % t intervals of them.
    """
    fig, axes = plt.subplots(1, 2, figsize=(11.6, 5.8))
    fig.suptitle("Wrong labels move the threshold before they spoil the ranking", x=0.01, ha="left")
    of_dose = scores.groupby(["labels", "times"], sort=False)
    mean = of_dose.mean(numeric_only=True)
    high = of_dose[["auc", "accuracy"]].agg(lambda values: intervals.student(values).high)
    half = high - mean[["auc", "accuracy"]]
    start = mean.loc[[("truth", 0)]]
    for name, (colour, marker, dash) in LABELS.items():
        rows = start if name == "truth" else pd.concat([start, mean.loc[[name]]])
        for ax, column in zip(axes, ("auc", "accuracy"), strict=True):
            error = half[column].reindex(rows.index)
            style = {"fmt": marker, "ls": dash, "color": colour, "ms": 11, "capsize": 5}
            label = f"taught with {'the truth' if name == 'truth' else 'errors: ' + name}"
            order = 5 if name == "truth" else 3
            ax.errorbar(100 * rows["missed"], rows[column], error, **style, label=label,
                        zorder=order)  # fmt: skip
    low, high = mean[["auc", "accuracy"]].min().min() - 0.04, mean["auc"].max() + 0.04
    for ax, name in zip(axes, ("area under the curve", "accuracy at 0.5"), strict=True):
        ax.set(xlabel="cancers with a wrong label (%)", ylabel=f"{name}, on the truth")
        ax.set(ylim=(low, high), xlim=(-2, None))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=3)
    return fig


def verification(estimates: pd.DataFrame, *, title: str, low: float = 0.4) -> Figure:
    """Sensitivity and specificity by several routes, a line a clinic, the truth as a black bar.

    ``estimates``: ``clinic, rate, route, estimate, low, high``; the route "truth" has no bounds,
    the others are keys of `ESTIMATES`.
    """
    fig, axes = plt.subplots(1, 2, figsize=(11.6, 6.6), sharey=True)
    fig.suptitle(title, x=0.01, ha="left")
    shown = [name for name in ESTIMATES if name in set(estimates["route"])]
    shifts = dict(zip(shown, np.linspace(-0.26, 0.26, len(shown)), strict=True))
    for ax, rate in zip(axes, ("sensitivity", "specificity"), strict=True):
        rows = estimates[estimates["rate"] == rate]
        truth = rows[rows["route"] == "truth"]
        ax.vlines(truth["estimate"], truth["clinic"] - 0.42, truth["clinic"] + 0.42, lw=5,
                  color="black", label="the truth")  # fmt: skip
        for name in shown:
            colour, marker = ESTIMATES[name]
            part = rows[rows["route"] == name]
            bounds = [part["estimate"] - part["low"], part["high"] - part["estimate"]]
            ax.errorbar(part["estimate"], part["clinic"] + shifts[name],
                        xerr=np.clip(bounds, 0, None), fmt=marker, ms=9, elinewidth=2.5,
                        color=colour, label=name)  # fmt: skip
        ax.set(xlabel=rate, xlim=(low, 1.01))
        ax.grid(axis="y", visible=False)
    clinics = sorted(estimates["clinic"].unique())
    axes[0].set(ylabel="simulated clinic", yticks=clinics, ylim=(clinics[-1] + 0.6, -0.6))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=2)
    return fig


def label_sources(counts: pd.DataFrame) -> Figure:
    """How each diagnosis was proven, as shares: ``counts``, diagnoses × label sources."""
    fig, ax = plt.subplots(figsize=(11.6, 6.4))
    n = counts.sum(axis=1)
    start = np.zeros(len(counts))
    for source, colour in zip(counts, (KNOWN, "#56B4E9", "#999999", "#F0E442"), strict=False):
        share = (counts[source] / n).to_numpy()
        ax.barh(range(len(counts)), share, 0.75, left=start, color=colour, label=source,
                edgecolor="white")  # fmt: skip
        start += share
    for y, (total, proven) in enumerate(zip(n, counts.iloc[:, 0], strict=True)):
        words = f"{proven:,} of {total:,}"
        ax.text(0.012, y, words, va="center", fontsize=14, fontweight="bold")
    ax.set_yticks(range(len(counts)), counts.index)
    ax.set(xlabel="share of the images", xlim=(0, 1), ylim=(len(counts) - 0.45, -0.55))
    ax.grid(visible=False)
    fig.suptitle("Every melanoma is proven, most nevi are not", x=0.01, ha="left")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return fig


def two_labels(mark: float, points: pd.DataFrame) -> Figure:
    """The share of lesions with two labels against the share of wrong labels, by a simple model.

    Two labels, each wrong with probability e, independently; the band reaches from two wrong labels
    that never coincide to such that always do. ``mark``: a published share to read off.
    ``points``: ``error_rate, two_labels``, a row a clinic that knows both.
    """
    fig, ax = plt.subplots(figsize=(11, 6.4))
    e = np.linspace(0, 0.2, 200)
    ax.fill_between(e, 2 * e - 2 * e**2, 2 * e - e**2, color=COLOURS["network"], alpha=0.35)
    ax.plot(e, 2 * e - e**2, color=COLOURS["network"], label="two labels with independent errors")
    found = 1 - np.sqrt(1 - mark)
    ax.hlines(mark, 0, found, color="black", ls="--", lw=2)
    ax.vlines(found, 0, mark, color="black", ls="--", lw=2)
    ax.text(0.002, mark + 0.006, f"{percent(mark, 0)}: a 2016 graph of the authors,\nnot the "
            "published data", fontsize=14, va="bottom")  # fmt: skip
    ax.plot(points["error_rate"], points["two_labels"], "o", ms=12, color=KNOWN, mec="white",
            label="a simulated clinic, two reads a lesion")  # fmt: skip
    ax.set(
        xlabel="share of single labels that are wrong", ylabel="share of lesions with two labels"
    )
    ax.set(xlim=(0, 0.2), ylim=(0, 0.36))
    ax.legend(loc="lower right")
    ax.set_title("Shared errors hide: two labels agree, and both are wrong")
    return fig
