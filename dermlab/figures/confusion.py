"""Many classes: which is taken for which, over which mix, and each class against the rest."""

import math
from collections.abc import Mapping
from textwrap import fill

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, SHARES, Drawn
from dermlab.text import interval, listing, plural, short

MEANS = {
    "mean_of_classes": "mean of the nine classes' accuracies",
    "natural": "share of right answers over the natural mix",
}


def matrices(counts: Mapping[str, pd.DataFrame], title: str) -> Drawn:
    """A panel a reader or network: rows are true classes, columns answers, cells % of the row.

    ``counts``: title of the panel → counts, the same classes in the same order; they are numbered
    from 0 in that order, names stand beside the first panel. Cells under 5 % carry no number.
    """
    options = {"figsize": (11.5, 5.8), "sharey": True, "squeeze": False}
    fig, axes = panels.sheet(title, 1, len(counts), **options)
    for ax, (name, table) in zip(axes[0], counts.items(), strict=True):
        shares = 100 * _of_rows(table).to_numpy()
        words = np.where(shares >= 5, np.round(shares).astype(int).astype(str), "")
        style = {"annot": words, "fmt": "", "annot_kws": {"fontsize": 14}, "cbar": False}
        sns.heatmap(shares, vmin=0, vmax=100, cmap=SHARES, ax=ax, **style)
        _legible(ax)
        places = np.arange(len(table)) + 0.5
        ax.set_xticks(places, range(len(table)), rotation=0)
        ax.set_yticks(places, [f"{k}  {who}" for k, who in enumerate(table.index)], rotation=0)
        ax.set_title(name, fontsize=16)
        ax.set_xlabel("answer (number of the class)")
    axes[0][0].set_ylabel("truth (% of the row)")
    said = [f"{name}: {_in_words(_of_rows(table))}" for name, table in counts.items()]
    return Drawn(fig, f"{title}. {'. '.join(said)}.")


def counted(table: pd.DataFrame, *, question: str) -> Drawn:
    """One matrix of counts: a row a true class that occurs, a column an answer, by its number.

    ``table``: counts; its columns hold every class of its index, and answers that are nobody's
    truth. Cells are shaded by their share of the row.
    """
    right = sum(int(table.loc[name, name]) for name in table.index)
    title = f"{question}:\n{right:,} of {plural(int(table.to_numpy().sum()), 'answer')} right"
    fig, ax = panels.sheet(title, figsize=(11.5, 3 + 0.5 * len(table)))
    style = {"annot": table.map("{:,}".format), "fmt": "", "annot_kws": {"fontsize": 14}}
    style |= {"cmap": SHARES, "cbar": False, "linewidths": 1, "linecolor": COLOURS["paper"]}
    sns.heatmap(100 * _of_rows(table), vmin=0, vmax=100, ax=ax, **style)
    _legible(ax)
    numbers = dict(zip(table.columns, range(len(table.columns)), strict=True))
    ax.set_xticks(np.arange(len(numbers)) + 0.5, list(numbers.values()), rotation=0)
    rows = [f"{numbers[name]}  {short(name, 34)}" for name in table.index]
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows, rotation=0)
    others = [f"{k} {name}" for name, k in numbers.items() if name not in table.index]
    more = f"; without a case: {listing(others, len(others))}" if others else ""
    ax.set(xlabel=fill(f"answer, by the number of its class{more}", 95), ylabel="truth")
    said = [_row_in_words(name, table.loc[name]) for name in table.index]
    return Drawn(fig, f"{' '.join(title.split())}. By truth: {'; '.join(said)}.")


def _legible(ax: Axes) -> None:
    """Each cell's words in black or in white, whichever has the higher contrast (WCAG 2)."""
    for words, colour in zip(ax.texts, ax.collections[0].get_facecolors()[:, :3], strict=True):
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        luminance = linear @ (0.2126, 0.7152, 0.0722)
        is_light = (luminance + 0.05) ** 2 > 0.05 * 1.05  # there black and white are equal
        words.set_color(COLOURS["ink" if is_light else "paper"])


def _row_in_words(name: str, counts: pd.Series) -> str:
    """``"nevus 40 of 50 right, most often taken for melanoma (7)"``."""
    words = f"{name} {counts[name]:,} of {counts.sum():,} right"
    wrong = counts.drop(name)
    if not wrong.any():
        return words
    most = list(wrong.index[wrong == wrong.max()])
    each = " each" if len(most) > 1 else ""
    return f"{words}, most often taken for {listing(most, len(most))} ({wrong.max():,}{each})"


def _of_rows(counts: pd.DataFrame) -> pd.DataFrame:
    return counts.div(counts.sum(axis=1), axis=0)


def _in_words(shares: pd.DataFrame) -> str:
    """The best and the worst class of a matrix, and the three commonest confusions."""
    right = pd.Series(np.diag(shares), shares.index)
    wrong = shares.rename_axis(index="truth", columns="answer").mask(
        np.eye(len(shares), dtype=bool)
    )
    worst = wrong.stack().sort_values(ascending=False, kind="stable").head(3)
    confused = [f"{truth} as {answer} ({100 * x:.0f} %)" for (truth, answer), x in worst.items()]
    return (
        f"most often right is {right.idxmax()} ({100 * right.max():.0f} %), least often "
        f"{right.idxmin()} ({100 * right.min():.0f} %); most often confused: {listing(confused)}"
    )


def natural_mix(table: pd.DataFrame, title: str) -> Drawn:
    """Two accuracies of each row of ``table``: ``who, mean_of_classes, natural`` (shares)."""
    long = table.melt("who", list(MEANS))
    long["value"] *= 100
    fig, ax = panels.sheet(title, figsize=(11.6, 5.4))
    colours = dict(zip(MEANS, (CATEGORICAL[0], COLOURS["non_neoplastic"]), strict=True))
    bars = {"hue": "variable", "palette": colours, "saturation": 1, "legend": False}
    sns.barplot(long, x="value", y="who", ax=ax, **bars)
    for container, label in zip(ax.containers, MEANS.values(), strict=True):
        container.set_label(label)
        ax.bar_label(container, fmt="%.0f", padding=4, fontsize=14)
    ax.set(xlabel="accuracy, %", ylabel="", xlim=(0, 100))
    ax.grid(axis="y", visible=False)
    panels.legend_below(ax, columns=2)
    said = [
        f"{row.who}: {100 * row.mean_of_classes:.0f} and {100 * row.natural:.0f} %"
        for row in table.itertuples()
    ]
    return Drawn(fig, f"{title}. Two bars each, {' and '.join(MEANS.values())}. {'; '.join(said)}.")


def one_vs_rest(
    curves: Mapping[str, pd.DataFrame],
    areas: pd.DataFrame,
    *,
    known: str,
    title: str | None = None,
    counts: Mapping[str, str] | None = None,
) -> Drawn:
    """A panel a class, three in a row: the ROC curve of its column, the class against all others.

    ``curves``: class → `dermlab.evaluation.roc.curve`; ``areas`` as
    `dermlab.evaluation.multiclass.one_vs_rest`; ``known``: what kind of numbers they are.
    ``title``: what the figure says, for its own sentence; ``counts``: what the interval of a class
    counts, where that is not its images.
    """
    ends = f"{areas['auc'].min():.2f} to {areas['auc'].max():.2f}"
    title = f"{known.capitalize()}: {title or f'each class against the rest, AUC {ends}'}"
    n_rows = math.ceil(len(curves) / 3)
    size = {"figsize": (11.5, 1.6 + 3.3 * n_rows), "squeeze": False}
    fig, axes = panels.sheet(fill(title, 64), n_rows, 3, **size)
    said = []
    for ax in axes.flat[len(curves) :]:
        ax.axis("off")
    for ax, row in zip(axes.flat, areas.itertuples(), strict=False):
        name = areas["class"][row.Index]
        panels.plane(ax)
        panels.curve(ax, curves[name])
        ax.plot((0, 1), (1, 0), ls=":", color=COLOURS["neutral"], lw=2)
        bounds = interval(row.auc, row.low, row.high, ".2f")
        counted = counts[name] if counts else f"{row.n:,} images"
        ax.set_title(name, fontsize=14, fontweight="normal")
        ax.set_ylabel("specificity")
        ax.text(0.04, 0.06, f"AUC {bounds}\n{counted}", fontsize=14)
        ax.label_outer()
        said.append(f"{name} {bounds}, {counted}")
    return Drawn(fig, f"{title}. A ROC curve a class; AUC with interval: {'; '.join(said)}.")
