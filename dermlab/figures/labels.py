"""Two kinds of labels: where they agree, what their errors cost, and who gets the better kind."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, pale
from dermlab.text import percent

ALL, KNOWN = COLOURS["network"], COLOURS["reader"]
LABELS = {  # how the labels were made: colour, marker, line, order
    "truth": (COLOURS["mean"], "D", "-", 5),
    "dermatologists": (COLOURS["network"], "o", "-", 3),
    "at random": (COLOURS["reader"], "s", "--", 3),
}


def two_kinds(table: pd.DataFrame) -> Figure:
    """How many lesions of each partition are biopsied, and how often the label by eye is right.

    ``table``, indexed by partition: ``lesions``, ``biopsied`` (counts); ``all``, ``known`` (the
    share of right labels by eye on all and on biopsied lesions), each with ``_low`` and ``_high``.
    """
    title = "Few lesions are biopsied, and not a random few"
    fig, (left, right) = panels.sheet(title, 1, 2, figsize=(11.6, 6), sharey=True)
    y = np.arange(len(table))
    left.barh(y, table["lesions"], 0.75, color=pale(ALL, 0.25))
    left.barh(y, table["biopsied"], 0.75, color=KNOWN)
    for place, row in zip(y, table.itertuples(), strict=True):
        words = f" {percent(row.biopsied / row.lesions, 0)} of {row.lesions:,}"
        left.text(row.lesions, place, words, va="center", fontsize=14)
    left.set(xlabel="lesions (orange: biopsied)", xlim=(0, 1.55 * table["lesions"].max()))
    left.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    left.set_yticks(y, table.index)
    left.invert_yaxis()
    for name, label, shift, colour in (
        ("all", "all (the clinic knows)", -0.15, ALL),
        ("known", "biopsied (a study sees)", 0.15, KNOWN),
    ):
        names = {name: "estimate", f"{name}_low": "low", f"{name}_high": "high"}
        rows = table[list(names)].rename(columns=names)
        panels.intervals(right, rows, y + shift, ms=9, color=colour, label=label)
    right.set(xlabel="share of labels by eye that are right", xlim=(0, 1.02))
    for ax in (left, right):
        ax.grid(axis="y", visible=False)
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=2)
    return fig


def ceiling(points: pd.DataFrame, *, n_classes: int) -> Figure:
    """Measured against true accuracy for labels of several accuracies q: dots, and a line.

    The line runs from guessing, 1 / ``n_classes`` on either axis, to q for a perfect classifier: an
    error hits the label's class once in ``n_classes`` − 1. ``points``, simulated:
    ``label_accuracy``, ``accuracy`` (the truth), ``measured``.
    """
    fig, ax = plt.subplots(figsize=(11, 6.4))
    guess = 1 / n_classes
    ax.plot((guess, 1), (guess, 1), color=COLOURS["neutral"], lw=2, ls=":")
    ax.text(0.86, 0.885, "labels always right", ha="right", color=COLOURS["neutral"])
    for (q, rows), colour in zip(points.groupby("label_accuracy"), CATEGORICAL, strict=False):
        ax.plot((guess, 1), (guess, q), color=colour)
        ax.plot(rows["accuracy"], rows["measured"], "o", ms=11, color=colour)
        words = f"labels {percent(q, 0)} right"
        ax.text(1.025, q, words, color=colour, va="center", fontsize=15)
    ax.set(xlabel="true accuracy", ylabel="accuracy as measured on the labels")
    ax.set(xlim=(guess, 1.2), ylim=(0, 1.03), xticks=np.arange(0.2, 1.01, 0.2))
    ax.set_title("A perfect classifier scores what the labels are worth")
    return fig


def noise_in_training(table: pd.DataFrame) -> Figure:
    """Area and accuracy of a head on the truth, against the share of cancers labelled harmless.

    ``table``, a row a kind of labels and share: ``labels`` (of `LABELS`; the truth has one row),
    ``missed`` (a share of the cancers), ``metric`` ("auc" or "accuracy"), ``estimate``, ``low``,
    ``high`` (means over seeds).
    """
    title = "Wrong labels move the threshold before they spoil the ranking"
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 5.8), sharey=True)
    names = {"auc": "area under the curve", "accuracy": "accuracy at 0.5"}
    for ax, (metric, name) in zip(axes, names.items(), strict=True):
        rows = table[table["metric"] == metric]
        for kind, (colour, marker, dash, order) in LABELS.items():
            # the lines start at the truth, where no label is wrong
            shown = rows[rows["labels"].isin(["truth", kind])].sort_values("missed")
            label = f"taught with {'the truth' if kind == 'truth' else 'errors: ' + kind}"
            style = {"fmt": marker, "ls": dash, "color": colour, "capsize": 5, "zorder": order}
            place = 100 * shown["missed"]
            panels.intervals(ax, shown, place, upright=True, label=label, **style)
        ax.set(xlabel="cancers with a wrong label (%)", ylabel=f"{name}, on the truth")
        ax.set_xlim(-2, None)
        ax.tick_params(labelleft=True)
    panels.legend_below(axes[0], columns=3)
    return fig


def label_sources(counts: pd.DataFrame) -> Figure:
    """How each diagnosis was proven, as shares: ``counts``, diagnoses × label sources.

    The first source is biopsy: its count is written into the bar.
    """
    fig, ax = panels.sheet("Every melanoma is proven, most nevi are not", figsize=(11.6, 6.4))
    total = counts.sum(axis=1)
    colours = [KNOWN, *(CATEGORICAL[k] for k in (5, 7, 8))]
    shares = counts.div(total, axis=0)
    shares.plot.barh(stacked=True, width=0.75, color=colours, legend=False, ax=ax,
                     edgecolor=COLOURS["paper"])  # fmt: skip
    for y, (n, proven) in enumerate(zip(total, counts.iloc[:, 0], strict=True)):
        words = f"{proven:,} of {n:,}"
        ax.text(0.012, y, words, va="center", fontsize=14, fontweight="bold")
    ax.set(xlabel="share of the images", ylabel="", xlim=(0, 1), ylim=(len(counts) - 0.45, -0.55))
    ax.grid(visible=False)
    panels.legend_below(ax)
    return fig


def two_labels(model: pd.DataFrame, mark: tuple[float, float], points: pd.DataFrame) -> Figure:
    """The share of lesions with two labels against the share of wrong labels, by a simple model.

    ``model``: ``error_rate`` and the share of lesions with two labels that it gives, ``low`` where
    two wrong labels never coincide and ``high`` where they always do; ``mark``: the error rate that
    a published share of two labels would mean, and that share; ``points``: ``error_rate,
    two_labels``, a row a clinic that knows both. All are shares.
    """
    fig, ax = plt.subplots(figsize=(11, 6.4))
    ax.fill_between(model["error_rate"], model["low"], model["high"], color=pale(ALL))
    label = "two labels with independent errors"
    ax.plot(model["error_rate"], model["high"], color=ALL, label=label)
    error, share = mark
    ax.plot((0, error, error), (share, share, 0), color=COLOURS["ink"], ls="--", lw=2)
    words = f"{percent(share, 0)}: a 2016 graph of the authors,\nnot the published data"
    ax.text(0.002, share + 0.006, words, fontsize=14, va="bottom")
    style = {"ms": 12, "color": KNOWN, "mec": COLOURS["paper"]}
    label = "a simulated clinic, two reads a lesion"
    ax.plot(points["error_rate"], points["two_labels"], "o", label=label, **style)
    ax.set(xlabel="share of single labels that are wrong", xlim=(0, 0.2))
    ax.set(ylabel="share of lesions with two labels", ylim=(0, 0.36))
    ax.legend(loc="lower right")
    ax.set_title("Shared errors hide: two labels agree, and both are wrong")
    return fig
