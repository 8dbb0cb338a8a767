"""Evidence cards of the discussion: margins, mixtures, a practice, two photographs, use."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.errors import InputError
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
    """Changes of the same readers' rates, a line a ``test`` and a mark a ``change``.

    ``table``: ``test, change, estimate, low, high`` in ``unit``. The dotted line is at no change.
    """
    rows = table.assign(reference=0.0)
    figure = forest.intervals(
        rows, y="test", hue="change", unit=unit, title=title, known="no change"
    )
    said = [
        f"{' '.join(row.test.split())}, {row.change} "
        f"{interval(row.estimate, row.low, row.high, '.1f')}"
        for row in table.itertuples(index=False)
    ]
    alt = f"{' '.join(title.split())}. {unit[0].upper()}{unit[1:]}: {'; '.join(said)}."
    return Drawn(figure, alt)


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
    images. Top right the network is ahead, bottom left the reader; on a line one count is equal;
    elsewhere one count is bought with the other. Where dots coincide, their number stands beside.
    """
    gaps = pd.DataFrame(
        {"cancers": network["tp"] - readers["tp"], "harmless": network["tn"] - readers["tn"]}
    )
    n, ahead = len(gaps), (gaps > 0).all(axis=1).sum()
    behind = (gaps < 0).all(axis=1).sum()
    level = ((gaps == 0).any(axis=1)).sum()
    title = (
        f"Network ahead of {ahead} of {n} readers in both counts, behind {behind};\n"
        f"equal in a count: {level}; one count against the other: {n - ahead - behind - level}"
    )
    figure, ax = plt.subplots(figsize=(11.5, 6.6))
    figure.suptitle(title, x=0.01, ha="left")
    reach = 1.15 * gaps.abs().max().clip(lower=1)
    _quarters(ax, *reach)
    for (x, y), same in gaps.groupby(["cancers", "harmless"]).size().items():
        ax.plot(x, y, "o", ms=12, color=COLOURS["ink"], mew=0)
        if same > 1:
            ax.annotate(f"{same} readers", (x, y), (9, -5), textcoords="offset points", fontsize=14)
    ax.set_xlabel(f"network − reader: cancers found, of {network['n_pos']}")
    ax.set_ylabel(f"network − reader:\nharmless left alone, of {network['n_neg']}")
    span = [f"{gaps[name].min()} to {gaps[name].max()}" for name in gaps]
    alt = (
        f"{' '.join(title.split())}. Network − reader: {span[0]} cancers found, {span[1]} harmless "
        "lesions left alone."
    )
    return Drawn(figure, alt)


def _quarters(ax: Axes, across: float, up: float) -> None:
    """Lines at no difference, and a shade where one side is ahead in both counts."""
    ax.fill_between([0, across], 0, up, color=COLOURS["network"], alpha=0.15, lw=0)
    ax.fill_between([-across, 0], -up, 0, color=COLOURS["reader"], alpha=0.15, lw=0)
    for place, words in (((0.98, 0.96), "network ahead"), ((0.02, 0.04), "reader ahead")):
        side = ("right", "top") if place[0] > 0.5 else ("left", "bottom")
        ax.text(*place, words, transform=ax.transAxes, ha=side[0], va=side[1], fontsize=16)
    ax.axhline(0, color=COLOURS["ink"], lw=1.5)
    ax.axvline(0, color=COLOURS["ink"], lw=1.5)
    ax.set(xlim=(-across, across), ylim=(-up, up))
    ax.xaxis.get_major_locator().set_params(integer=True)


def mixtures(table: pd.DataFrame, source_alone: float) -> Drawn:
    """The AUC with all harmless lesions beside that with the biopsied ones, a row a collection.

    ``table``: ``name, auc_all, auc_biopsied, difference, low, high``; ``source_alone``: the AUC,
    on all lesions of the first row, of a guess that knows only where a picture comes from.
    """
    drop = [number(gap, 2) for gap in table["difference"]]
    title = (
        f"With biopsied nevi only, the AUC is lower by {drop[0]}\n"
        f"in all sources together, by {drop[-1]} in one of them"
    )
    figure, ax = plt.subplots(figsize=(11.5, 4.4))
    figure.suptitle(title, x=0.01, ha="left")
    y = np.arange(len(table))[::-1]
    ax.hlines(y, table["auc_biopsied"], table["auc_all"], color=COLOURS["join"], lw=5)
    ax.plot(table["auc_all"], y, "o", ms=15, color=COLOURS["benign"], label="all nevi")
    style = {"color": COLOURS["malignant"], "label": "biopsied nevi only"}
    ax.plot(table["auc_biopsied"], y, "X", ms=15, **style)
    for place, row in zip(y, table.itertuples(), strict=True):
        middle = (row.auc_all + row.auc_biopsied) / 2, place + 0.14
        said = f"difference {interval(row.difference, row.low, row.high)}"
        ax.text(*middle, said, ha="center", va="bottom", fontsize=14)
    line = {"color": COLOURS["neutral"], "ls": ":", "lw": 3, "label": "source alone, all nevi"}
    ax.plot([source_alone] * 2, [y[0] - 0.35, y[0] + 0.12], **line)
    ax.set_yticks(y, table["name"])
    ax.set(ylim=(-0.6, len(table) - 0.4), xlabel="AUC, melanoma against nevus (measured here)")
    panels.legend_below(ax)
    said = [
        f"{row.name}: {number(row.auc_all, 2)} with all nevi, {number(row.auc_biopsied, 2)} with "
        f"biopsied nevi, difference {interval(row.difference, row.low, row.high)}"
        for row in table.itertuples(index=False)
    ]
    alone = f"A guess from the source alone has {number(source_alone, 2)} on all nevi."
    return Drawn(figure, f"{' '.join(title.split())}. {'; '.join(said)}. {alone}")


def practice(n_cancers: int, n_lesions: int, *, sensitivity: float, specificity: float) -> Drawn:
    """The lesions of a practice as marks: cancer or harmless, called malignant or left alone.

    Whole lesions, rounded: ``n_cancers`` of ``n_lesions`` (in rows of 20) are cancers, and the two
    rates say how many of each are called.
    """
    found = round(n_cancers * sensitivity)
    alarms = round((n_lesions - n_cancers) * (1 - specificity))
    counts = found, n_cancers - found, alarms, n_lesions - n_cancers - alarms
    title = (
        f"{n_cancers} cancers in {n_lesions:,} lesions: {found + alarms} called malignant,\n"
        f"{found} of them rightly ({percent(found / (found + alarms), 0)})"
    )
    figure, ax = plt.subplots(figsize=(11.5, 5.8))
    figure.suptitle(title, x=0.01, ha="left")
    x, y = np.divmod(np.arange(n_lesions), 20)
    first = 0
    for (name, (colour, mark, filled)), n in zip(KINDS.items(), counts, strict=True):
        here = slice(first, first + n)
        face = COLOURS[colour] if filled else COLOURS["paper"]
        style = {"s": 30, "marker": mark, "facecolor": face, "edgecolor": COLOURS[colour]}
        ax.scatter(x[here], 19 - y[here], linewidth=1.4, label=f"{n:,} {name}", **style)
        first += n
    ax.set(xlim=(-1, n_lesions / 20), ylim=(-1, 20))
    ax.axis("off")
    panels.legend_below(ax, columns=2)
    said = "; ".join(f"{n:,} {name}" for name, n in zip(KINDS, counts, strict=True))
    return Drawn(figure, f"{' '.join(title.split())}. Of {n_lesions:,} lesions: {said}.")


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


def net_benefit(gains: pd.DataFrame, *, known: str) -> Drawn:
    """Net benefit of the network minus that of biopsying all, and of biopsying none.

    ``gains``: ``threshold, than`` (all or none) and ``estimate, low, high``, a share of images;
    ``known``: what kind of numbers they are, of which images and which network.
    The title says from which threshold on, of those that were tried, both intervals lie above 0;
    below it the figure is shaded. Raises InputError where one does not at the highest.
    """
    above = gains.assign(above=gains["low"] > 0).groupby("threshold")["above"].all()
    tried, helps = above.index, above[::-1].cummin()
    if not helps.any():
        raise InputError("An interval includes 0 at the highest threshold: no range to name.")
    helps_from = helps[helps].index.min()
    title = (
        f"{known}:\nbetter than biopsying all, and than biopsying none,\nfor thresholds from "
        f"{percent(helps_from, 0)} to {percent(tried.max(), 0)} (tried from "
        f"{percent(tried.min(), 0)})"
    )
    figure, ax = plt.subplots(figsize=(11.5, 6.6))
    figure.suptitle(title, x=0.01, ha="left")
    shade = {"color": COLOURS["light"], "lw": 0, "label": "an interval includes 0"}
    ax.axvspan(100 * tried.min(), 100 * helps_from, **shade)
    colours, said = {"all": COLOURS["reader"], "none": COLOURS["network"]}, []
    for (than, colour), dash in zip(colours.items(), ("-", "--"), strict=True):
        rows = gains[gains["than"] == than]
        t, line = 100 * rows["threshold"], 1000 * rows[["estimate", "low", "high"]]
        ax.fill_between(t, line["low"], line["high"], color=colour, alpha=0.25, lw=0)
        ax.plot(
            t,
            line["estimate"],
            dash,
            color=colour,
            label=f"network − biopsy {than}, with 95 % band",
        )
        for x in (0.05, 0.2):
            at = line.iloc[(rows["threshold"] - x).abs().argmin()]
            said.append(f"than {than}, at {percent(x, 0)}: {interval(*at, '.0f')}")
    ax.axhline(0, color=COLOURS["ink"], lw=1.5)
    ax.set(xlim=(100 * tried.min(), 100 * tried.max()))
    ax.set(xlabel="I biopsy if the risk is at least … %")
    ax.set_ylabel("gain in net benefit:\nmelanomas per 1,000 images")
    panels.legend_below(ax)
    return Drawn(figure, f"{' '.join(title.split())}. Gain per 1,000 images {'; '.join(said)}.")
