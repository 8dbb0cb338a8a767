"""Confusion matrices side by side: which class is taken for which, as shares of the true class."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, SHARES


def matrices(counts: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """A panel a reader or network: rows are true classes, columns answers, cells % of the row.

    ``counts``: title of the panel → counts, the same classes in the same order; they are numbered
    from 0 in that order, names stand beside the first panel. Cells under 5 % carry no number.
    """
    options = {"figsize": (15, 6.2), "sharey": True, "squeeze": False}
    fig, axes = panels.sheet(title, 1, len(counts), **options)
    for ax, (name, table) in zip(axes[0], counts.items(), strict=True):
        shares = 100 * table.div(table.sum(axis=1), axis=0).to_numpy()
        words = np.where(shares >= 5, np.round(shares).astype(int).astype(str), "")
        style = {"annot": words, "fmt": "", "annot_kws": {"fontsize": 14}, "cbar": False}
        sns.heatmap(shares, vmin=0, vmax=100, cmap=SHARES, square=True, ax=ax, **style)
        places = np.arange(len(table)) + 0.5
        ax.set_xticks(places, range(len(table)), rotation=0)
        ax.set_yticks(places, [f"{k}  {who}" for k, who in enumerate(table.index)], rotation=0)
        ax.set_title(name, fontsize=16)
        ax.set_xlabel("answer")
    axes[0][0].set_ylabel("truth")
    return fig


def natural_mix(table: pd.DataFrame, title: str) -> Figure:
    """Two accuracies of each row of ``table``: ``who, mean_of_classes, natural`` (shares)."""
    names = {
        "mean_of_classes": "mean of the nine classes' accuracies",
        "natural": "over a mix with 63 % inflammatory",
    }
    long = table.melt("who", list(names))
    long["value"] *= 100
    fig, ax = panels.sheet(title, figsize=(11.6, 5.4))
    colours = dict(zip(names, (CATEGORICAL[0], COLOURS["non_neoplastic"]), strict=True))
    bars = {"hue": "variable", "palette": colours, "saturation": 1, "legend": False}
    sns.barplot(long, x="value", y="who", ax=ax, **bars)
    for container, label in zip(ax.containers, names.values(), strict=True):
        container.set_label(label)
        ax.bar_label(container, fmt="%.0f", padding=4, fontsize=14)
    ax.set(xlabel="accuracy, %", ylabel="", xlim=(0, 100))
    ax.grid(axis="y", visible=False)
    panels.legend_below(ax, columns=2)
    return fig
