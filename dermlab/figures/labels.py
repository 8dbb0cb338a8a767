"""Two kinds of labels: where they agree, what their errors cost, and who gets the better kind."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import StrMethodFormatter

from dermlab.figures import forest, panels
from dermlab.figures.style import CATEGORICAL, COLOURS, Drawn, pale
from dermlab.text import number, percent, plural

ALL, KNOWN = COLOURS["network"], COLOURS["reader"]
LABELS = {  # how the labels were made: colour, marker, line, order
    "truth": (COLOURS["mean"], "D", "-", 5),
    "dermatologists": (COLOURS["network"], "o", "-", 3),
    "at random": (COLOURS["reader"], "s", "--", 3),
}


def two_kinds(table: pd.DataFrame) -> Drawn:
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
    said = "; ".join(
        f"{row.Index}: {percent(row.biopsied / row.lesions, 0)} of {row.lesions:,} biopsied, label "
        f"by eye right in {percent(row.all, 0)} of all and {percent(row.known, 0)} of the biopsied"
        for row in table.itertuples()
    )
    return Drawn(fig, f"{title}. {said}.")


def ceiling(points: pd.DataFrame, *, n_classes: int) -> Drawn:
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
    ax.set(xlabel="true accuracy (dots: simulated; lines: the formula)")
    ax.set(ylabel="accuracy as measured on the labels")
    ax.set(xlim=(guess, 1.2), ylim=(0, 1.03), xticks=np.arange(0.2, 1.01, 0.2))
    title = "A perfect classifier scores what the labels are worth"
    ax.set_title(title)
    ends = points.loc[points["accuracy"] == 1].groupby("label_accuracy")["measured"].mean()
    said = "; ".join(f"{number(y, 2)} where {percent(q, 0)} are right" for q, y in ends.items())
    alt = f"{title}. Measured against true accuracy, a line for each quality of the labels. They "
    return Drawn(fig, f"{alt}end, for a classifier that is always right, at {said}.")


def noise_in_training(table: pd.DataFrame) -> Drawn:
    """Area and accuracy of a head on the truth, against the share of cancers labelled harmless.

    ``table``, a row a kind of labels and share: ``labels`` (of `LABELS`; the truth has one row),
    ``missed`` (a share of the cancers), ``metric`` ("auc" or "accuracy"), ``estimate``, ``low``,
    ``high`` (means over seeds).
    """
    title = "With more wrong labels, accuracy at 0.5 falls more than the AUC"
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 5.8), sharey=True)
    names = {"auc": "AUC", "accuracy": "accuracy at 0.5"}
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
    most = table.sort_values("missed").groupby(["metric", "labels"]).tail(1)
    said = "; ".join(
        f"{names[row.metric]}, {row.labels}: {number(row.estimate, 2)} at "
        f"{percent(row.missed, 0)} wrong"
        for row in most.itertuples()
    )
    return Drawn(fig, f"{title}. The means at the largest share of wrong labels: {said}.")


def label_sources(counts: pd.DataFrame) -> Drawn:
    """How each diagnosis was proven, as shares: ``counts``, diagnoses × label sources.

    The first source is biopsy: its count is written into the bar, of all images with the label.
    """
    title = "Every image labelled melanoma was biopsied, most nevi were not"
    fig, ax = panels.sheet(title, figsize=(11.6, 6.4))
    total = counts.sum(axis=1)
    colours = [KNOWN, *(CATEGORICAL[k] for k in (5, 7, 8))]
    shares = counts.div(total, axis=0).rename(columns=lambda name: name.replace("_", " "))
    shares.plot.barh(stacked=True, width=0.75, color=colours, legend=False, ax=ax,
                     edgecolor=COLOURS["paper"])  # fmt: skip
    for y, (n, proven) in enumerate(zip(total, counts.iloc[:, 0], strict=True)):
        words = f"{proven:,} of {n:,}"
        ax.text(0.012, y, words, va="center", fontsize=14, fontweight="bold")
    ax.set(xlabel="share of the images with this label (numbers: biopsied of all)", ylabel="")
    ax.set(xlim=(0, 1), ylim=(len(counts) - 0.45, -0.55))
    ax.grid(visible=False)
    panels.legend_below(ax)
    rows = zip(counts.index, counts.iloc[:, 0], total, strict=True)
    said = "; ".join(f"{name} {n:,} of {whole:,}" for name, n, whole in rows)
    return Drawn(fig, f"{title}. Biopsied images of each diagnosis: {said}.")


def biopsied(counts: pd.DataFrame) -> Drawn:
    """How many lesions of each kind were biopsied: the truth in rows, the label by eye in columns.

    ``counts``: ``truth`` and ``eye`` (names; two of each), ``lesions``, ``biopsied``.
    """
    title = "What looks malignant to the eye is biopsied far more often"
    fig, ax = panels.sheet(title, figsize=(11.6, 4.6))
    truths, eyes = (list(dict.fromkeys(counts[name])) for name in ("truth", "eye"))
    said = []
    for row in counts.itertuples():
        x, y, share = eyes.index(row.eye), truths.index(row.truth), row.biopsied / row.lesions
        place = {"fc": pale(KNOWN, 0.8 * share), "ec": COLOURS["ink"]}
        ax.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 1, 1, **place))
        ax.text(x, y - 0.12, f"{percent(share, 0)} biopsied", ha="center", fontsize=20)
        ax.text(x, y + 0.25, f"{row.biopsied:,} of {row.lesions:,} lesions", ha="center")
        said.append(f"truth {row.truth}, by eye {row.eye}: {percent(share, 0)} of {row.lesions:,}")
    ax.set_xticks(range(len(eyes)), eyes, fontsize=16)
    ax.set_yticks(range(len(truths)), truths, fontsize=16)
    ax.set(xlabel="label by eye", ylabel="truth", xlim=(-0.5, 1.5), ylim=(1.5, -0.5))
    ax.grid(visible=False)
    return Drawn(fig, f"{title}. Biopsied lesions: {'; '.join(said)}.")


def on_biopsied(rates: pd.DataFrame) -> Drawn:
    """Sensitivity and specificity of the eye, on all lesions and on the biopsied ones, joined.

    ``rates``, a row a clinic and rate: ``rate`` ("sensitivity" or "specificity"), ``all``,
    ``biopsied`` (shares).
    """
    title = "On biopsied lesions sensitivity looks better, specificity worse"
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 5.6), sharey=True)
    said = []
    for ax, (rate, rows) in zip(axes, rates.groupby("rate", sort=False), strict=True):
        ends = rows[["all", "biopsied"]].to_numpy()
        ax.plot((0, 1), ends.T, color=COLOURS["join"], lw=2)
        for x, colour in enumerate((ALL, KNOWN)):
            ax.plot(np.full(len(ends), x), ends[:, x], "o", ms=11, color=colour)
        ax.set_xticks((0, 1), ["all lesions", "biopsied lesions"])
        ax.set(xlim=(-0.4, 1.4), title=rate, ylabel=f"{rate} of the eye")
        ax.set(xlabel="what the rate is computed on")
        ax.tick_params(labelleft=True)
        low, high = ends.min(0), ends.max(0)
        spans = [f"{number(a, 2)} to {number(b, 2)}" for a, b in zip(low, high, strict=True)]
        said.append(f"{rate} from {spans[0]} on all lesions to {spans[1]} on the biopsied ones")
    alt = f"{title}. {plural(rates['clinic'].nunique(), 'simulated clinic')}: {'; '.join(said)}."
    return Drawn(fig, alt)


def corrected(rates: pd.DataFrame, *, title: str) -> Drawn:
    """Routes from biopsied lesions to the rates of all, a line a clinic, beside its truth.

    ``rates``: ``clinic``, ``rate``, ``route``, ``estimate``, ``low``, ``high`` and ``reference``,
    the truth of the clinic; all shares.
    """
    columns = {"y": "clinic", "hue": "route", "col": "rate", "known": "the truth"}
    unit = "share, a line a simulated clinic"
    figure = forest.intervals(rates, **columns, unit=unit, title=title, limits=(0.4, 1.01))
    off = (rates["estimate"] - rates["reference"]).groupby([rates["rate"], rates["route"]]).mean()
    said = "; ".join(f"{rate}, {route}: {100 * x:+.1f} points" for (rate, route), x in off.items())
    return Drawn(figure, f"{title}. Mean difference from the truth: {said}.")


def agreement(pairs: pd.DataFrame) -> Drawn:
    """How often two agree, beside what independent errors would give.

    ``pairs``: ``pair`` (who), ``expected``, ``observed``, ``low``, ``high``; shares.
    """
    title = "They agree more often than independent errors allow"
    rows = pairs.rename(columns={"expected": "reference", "observed": "estimate"})
    unit = "share of images on which the two agree"
    known = "expected if errors were independent"
    figure = forest.intervals(rows, y="pair", unit=unit, known=known, title=title)
    said = "; ".join(
        f"{' '.join(row.pair.split())}: {number(row.observed, 2)}, "
        f"expected {number(row.expected, 2)}"
        for row in pairs.itertuples()
    )
    return Drawn(figure, f"{title}. {said}.")


def two_labels(model: pd.DataFrame, mark: tuple[float, float], points: pd.DataFrame) -> Drawn:
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
    title = "Readers who share errors differ less often than the model says"
    ax.set_title(title)
    x, y = points["error_rate"].mean(), points["two_labels"].mean()
    alt = (
        f"{title}. The share of lesions with two labels against the share of wrong labels. A thin "
        f"rising band is the model with independent errors; {percent(share, 0)} meets it at "
        f"{percent(error, 0)}. {plural(len(points), 'simulated clinic')} lie below it, on average "
        f"at {percent(x)} wrong labels and {percent(y)} of lesions with two labels."
    )
    return Drawn(fig, alt)
