"""Several classes: which is taken for which, over which mix, and each class against the rest."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, SHARES, Drawn
from dermlab.text import interval, listing

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
        places = np.arange(len(table)) + 0.5
        ax.set_xticks(places, range(len(table)), rotation=0)
        ax.set_yticks(places, [f"{k}  {who}" for k, who in enumerate(table.index)], rotation=0)
        ax.set_title(name, fontsize=16)
        ax.set_xlabel("answer (number of the class)")
    axes[0][0].set_ylabel("truth (% of the row)")
    said = [f"{name}: {_in_words(_of_rows(table))}" for name, table in counts.items()]
    return Drawn(fig, f"{title}. {'. '.join(said)}.")


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


def one_vs_rest(curves: Mapping[str, pd.DataFrame], areas: pd.DataFrame, *, known: str) -> Drawn:
    """A panel a class, three a row: the ROC curve of its column, the class against all others.

    ``curves``: class → `dermlab.evaluation.roc.curve`; ``areas`` as
    `dermlab.evaluation.multiclass.one_vs_rest`; ``known``: what kind of numbers they are.
    """
    ends = areas["auc"].min(), areas["auc"].max()
    title = f"{known.capitalize()}: each class against the rest, AUC {ends[0]:.2f} to {ends[1]:.2f}"
    n_rows = math.ceil(len(curves) / 3)
    fig, axes = panels.sheet(title, n_rows, 3, figsize=(11.5, 1.6 + 3.3 * n_rows), squeeze=False)
    said = []
    for ax in axes.flat[len(curves) :]:
        ax.axis("off")
    for ax, row in zip(axes.flat[: len(curves)], areas.itertuples(), strict=True):
        name = areas["class"][row.Index]
        panels.plane(ax)
        panels.curve(ax, curves[name])
        ax.plot((0, 1), (1, 0), ls=":", color=COLOURS["neutral"], lw=2)
        bounds = interval(row.auc, row.low, row.high, ".2f")
        ax.set_title(name, fontsize=14, fontweight="normal")
        ax.set_ylabel("specificity")
        ax.text(0.04, 0.06, f"AUC {bounds}\n{row.n:,} images", fontsize=14)
        ax.label_outer()
        said.append(f"{name} {bounds}, {row.n:,} images")
    return Drawn(fig, f"{title}. A ROC curve a class; AUC with interval: {'; '.join(said)}.")
