"""Evidence cards of the discussion: margins, mixtures, a thousand lesions, two photographs, use."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from dermlab.figures import forest, panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import interval, number, percent, plural

KINDS = {  # of a lesion and its answer: colour, mark, whether the mark is filled
    "cancer, called": ("malignant", "s", True),
    "cancer, missed": ("malignant", "s", False),
    "harmless, called": ("benign", "o", True),
    "harmless, left alone": ("join", "o", False),
}


def moved(table: pd.DataFrame, *, unit: str, title: str) -> Drawn:
    """Changes of the same readers' score, a row a change: ``name, estimate, low, high``.

    A change without bounds (NaN) is a dot without a line. The dotted line is at no change.
    """
    figure = forest.intervals(
        table.assign(reference=0.0), y="name", unit=unit, title=title, known="no change"
    )
    said = [
        f"{' '.join(row.name.split())} {interval(row.estimate, row.low, row.high, '.1f')}"
        if np.isfinite(row.low)
        else f"{' '.join(row.name.split())} {number(row.estimate, 1)}, without an interval"
        for row in table.itertuples(index=False)
    ]
    return Drawn(figure, f"{title}. {unit[0].upper()}{unit[1:]}: {'; '.join(said)}.")


def published(table: pd.DataFrame, *, unit: str, title: str, chance: float) -> Drawn:
    """Numbers that others printed, with their intervals: a row a ``what``.

    ``table``: rows of ``later_work`` of `dermlab.lessons.discussion.facts`, in one ``unit``;
    ``chance``: what guessing gives.
    """
    rows = table.rename(columns={"value": "estimate"}).assign(reference=chance)
    figure = forest.intervals(rows, y="what", unit=unit, title=title, known="guessing", digits=2)
    said = [
        f"{' '.join(what.split())} {interval(value, low, high, '.2f')}"
        for what, value, low, high in table[["what", "value", "low", "high"]].to_numpy()
    ]
    return Drawn(figure, f"{title}. {unit}: {'; '.join(said)}; guessing {number(chance, 2)}.")


def margins(readers: pd.DataFrame, network: pd.Series) -> Drawn:
    """A dot a reader: how many more cancers and harmless lesions the network got right.

    ``readers`` and ``network``: counts ``tp`` and ``tn`` on the same ``n_pos`` and ``n_neg``
    images. Top right the network is ahead, bottom left the reader; elsewhere one count is bought
    with the other, and on the very middle they are equal.
    """
    cancers, harmless = network["tp"] - readers["tp"], network["tn"] - readers["tn"]
    level = (cancers == 0) & (harmless == 0)
    ahead = (cancers >= 0) & (harmless >= 0) & ~level
    behind = (cancers <= 0) & (harmless <= 0) & ~level
    title = (
        f"In both counts ahead of {ahead.sum()} of {len(readers)} readers, behind {behind.sum()}"
    )
    figure, ax = plt.subplots(figsize=(11.5, 6.2))
    figure.suptitle(title, x=0.01, ha="left")
    reach = [1.15 * max(abs(gap).max(), 1) for gap in (cancers, harmless)]
    ax.fill_between([0, reach[0]], 0, reach[1], color=COLOURS["network"], alpha=0.15, lw=0)
    ax.fill_between([-reach[0], 0], -reach[1], 0, color=COLOURS["reader"], alpha=0.15, lw=0)
    dot = {"s": 130, "color": COLOURS["ink"], "alpha": 0.55, "linewidth": 0, "zorder": 3}
    ax.scatter(cancers, harmless, **dot)
    for place, words in (((0.98, 0.96), "network ahead"), ((0.02, 0.04), "reader ahead")):
        side = ("right", "top") if place[0] > 0.5 else ("left", "bottom")
        ax.text(*place, words, transform=ax.transAxes, ha=side[0], va=side[1], fontsize=16)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.axhline(0, color=COLOURS["ink"], lw=1.5)
    ax.axvline(0, color=COLOURS["ink"], lw=1.5)
    n_pos, n_neg = network["n_pos"], network["n_neg"]
    ax.set(
        xlim=(-reach[0], reach[0]),
        ylim=(-reach[1], reach[1]),
        xlabel=f"network − reader: cancers found, of {n_pos}",
        ylabel=f"harmless left alone, of {n_neg}",
    )
    rest = len(readers) - ahead.sum() - behind.sum()
    alt = (
        f"{title}; for {rest} one count is higher and the other lower, or both are equal. "
        f"The network found {cancers.min()} to {cancers.max()} more cancers than a reader and left "
        f"{harmless.min()} to {harmless.max()} more harmless lesions alone."
    )
    return Drawn(figure, alt)


def mixtures(table: pd.DataFrame, source_alone: float) -> Drawn:
    """The AUC with all harmless lesions beside that with the biopsied ones, a row a collection.

    ``table``: ``name, auc_all, auc_biopsied, difference, low, high``; ``source_alone``: the AUC,
    on all lesions of the first row, of a guess that knows only where a picture comes from.
    """
    drop = [number(gap, 2) for gap in table["difference"]]
    title = f"Only biopsied nevi: AUC lower by {drop[0]} in all, by {drop[-1]} in one source"
    figure, ax = plt.subplots(figsize=(11.5, 4.4))
    figure.suptitle(title, x=0.01, ha="left")
    y = np.arange(len(table))[::-1]
    ax.hlines(y, table["auc_biopsied"], table["auc_all"], color=COLOURS["join"], lw=5)
    ax.plot(table["auc_all"], y, "o", ms=15, color=COLOURS["benign"], label="all nevi")
    style = {"color": COLOURS["malignant"], "label": "biopsied nevi only"}
    ax.plot(table["auc_biopsied"], y, "X", ms=15, **style)
    line = {"color": COLOURS["neutral"], "ls": ":", "lw": 3, "label": "source alone, no pixel"}
    ax.plot([source_alone] * 2, [y[0] - 0.35, y[0] + 0.35], **line)
    ax.set_yticks(y, table["name"])
    ax.set(ylim=(-0.6, len(table) - 0.4), xlabel="AUC, melanoma against nevus (measured here)")
    panels.legend_below(ax)
    said = [
        f"{row.name}: {number(row.auc_all, 2)} with all nevi, {number(row.auc_biopsied, 2)} with "
        f"biopsied nevi, difference {interval(row.difference, row.low, row.high)}"
        for row in table.itertuples(index=False)
    ]
    alone = f"A guess from the source alone has {number(source_alone, 2)} on all nevi."
    return Drawn(figure, f"{title}. {'; '.join(said)}. {alone}")


def thousand(n_cancers: int, *, sensitivity: float, specificity: float) -> Drawn:
    """1,000 lesions as marks: cancer or harmless, called malignant or left alone.

    Whole lesions, rounded: ``n_cancers`` of them are cancers, and the two rates say how many of
    each are called.
    """
    found = round(n_cancers * sensitivity)
    alarms = round((1000 - n_cancers) * (1 - specificity))
    counts = found, n_cancers - found, alarms, 1000 - n_cancers - alarms
    ppv = percent(found / (found + alarms), 0)
    title = (
        f"{n_cancers} cancers in 1,000: {found + alarms} called malignant, {found} rightly ({ppv})"
    )
    figure, ax = plt.subplots(figsize=(11.5, 5.6))
    figure.suptitle(title, x=0.01, ha="left")
    place = np.arange(1000)
    x, y = place // 20, 19 - place % 20
    first = 0
    for (name, (colour, mark, filled)), n in zip(KINDS.items(), counts, strict=True):
        here = slice(first, first + n)
        face = COLOURS[colour] if filled else COLOURS["paper"]
        label = f"{n} {name}"
        style = {"s": 52, "marker": mark, "facecolor": face, "edgecolor": COLOURS[colour]}
        ax.scatter(x[here], y[here], linewidth=1.6, label=label, **style)
        first += n
    ax.set(xlim=(-1, 50), ylim=(-1, 20))
    ax.axis("off")
    panels.legend_below(ax, columns=2)
    said = "; ".join(f"{n} {name}" for name, n in zip(KINDS, counts, strict=True))
    return Drawn(figure, f"{title}. Of 1,000 lesions: {said}.")


def twice(lowest: Sequence[float], highest: Sequence[float], *, threshold: float) -> Drawn:
    """A dot a lesion with several photographs: its lowest and its highest score.

    In the shaded corner the threshold lies between them: the lesion gets both answers.
    """
    lowest, highest = np.asarray(lowest), np.asarray(highest)
    both = (lowest < threshold) & (highest >= threshold)
    title = f"{both.sum()} of {plural(len(both), 'lesion')} get both answers"
    figure, ax = plt.subplots(figsize=(11.5, 6.4))
    figure.suptitle(title, x=0.01, ha="left")
    ax.fill_between([0, threshold], threshold, 1, color=COLOURS["reader"], alpha=0.15, lw=0)
    for here, colour in ((~both, "neutral"), (both, "reader")):
        ax.scatter(lowest[here], highest[here], s=16, color=COLOURS[colour], alpha=0.5, lw=0)
    ax.plot([0, 1], [0, 1], color=COLOURS["join"], lw=2)
    ax.annotate(
        "one photograph above the threshold,\nanother below it",
        (0.02, 0.97),
        va="top",
        fontsize=15,
        bbox=panels.ON_PAPER,
    )
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="lowest score of the lesion's photographs")
    ax.set(ylabel="highest score", aspect="equal")
    gap = number(float(np.median(highest - lowest)), 2)
    alt = (
        f"{title} at the threshold {number(threshold, 2)}: one photograph scores below it, another "
        f"above. The median distance between a lesion's highest and lowest score is {gap}."
    )
    return Drawn(figure, alt)


def net_benefit(curve: pd.DataFrame, *, helps_from: float) -> Drawn:
    """Net benefit by threshold: of the network, of biopsying all, of biopsying none.

    ``curve`` as `dermlab.evaluation.calibration.decision_curve` gives it. ``helps_from``: the
    threshold from which on the network's advantage over each of the others is above 0 with its
    whole interval; below it the figure is shaded.
    """
    title = f"Better than biopsying all or none for thresholds from {percent(helps_from, 0)}"
    figure, ax = plt.subplots(figsize=(11.5, 5.8))
    figure.suptitle(title, x=0.01, ha="left")
    per = {name: 1000 * curve[name] for name in curve if name != "threshold"}
    t = 100 * curve["threshold"]
    ax.axvspan(t.min(), 100 * helps_from, color=COLOURS["light"], lw=0)
    ax.fill_between(t, per["model_low"], per["model_high"], color=COLOURS["network"], alpha=0.2)
    ax.plot(t, per["model"], color=COLOURS["network"], label="biopsy what the network says")
    ax.plot(t, per["treat_all"], color=COLOURS["reader"], ls="--", label="biopsy all")
    ax.plot(t, per["treat_none"], color=COLOURS["ink"], ls=":", label="biopsy none")
    ax.set(xlim=(t.min(), t.max()), xlabel="I biopsy if the risk is at least … %")
    ax.set(ylabel="net benefit: melanomas\nper 1,000 lesions", ylim=_room(per["model"]))
    panels.legend_below(ax)
    at = [curve.iloc[(curve["threshold"] - x).abs().argmin()] for x in (0.05, 0.2, 0.4)]
    said = [
        f"from {percent(row['threshold'], 0)}: network {number(1000 * row['model'], 0)}, "
        f"all {number(1000 * row['treat_all'], 0)}"
        for row in at
    ]
    return Drawn(figure, f"{title}. Net benefit per 1,000 lesions, {'; '.join(said)}; none 0.")


def _room(benefit: pd.Series) -> tuple[float, float]:
    """Limits that show the network's line whole, and the others where they are near it."""
    top = benefit.max()
    return -0.25 * top, 1.1 * top
