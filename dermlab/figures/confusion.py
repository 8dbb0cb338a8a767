"""Confusion matrices side by side: which class is taken for which, as shares of the true class."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dermlab.figures.style import CATEGORICAL, COLOURS


def matrices(counts: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """A panel a reader or network: rows are true classes, columns answers, cells % of the row.

    ``counts``: title of the panel → counts, the same classes in the same order; they are numbered
    from 0 in that order, names stand beside the first panel. Cells under 5 % carry no number.
    """
    fig, axes = plt.subplots(1, len(counts), figsize=(15, 6.2), sharey=True, squeeze=False)
    fig.suptitle(title, x=0.01, ha="left")
    for ax, (name, table) in zip(axes[0], counts.items(), strict=True):
        shares = 100 * table.div(table.sum(axis=1), axis=0).to_numpy()
        ax.imshow(shares, vmin=0, vmax=100, cmap="cividis")
        for i, j in np.argwhere(shares >= 5):
            colour = "black" if shares[i, j] > 55 else "white"
            ax.text(
                j, i, f"{shares[i, j]:.0f}", ha="center", va="center", fontsize=14, color=colour
            )
        ticks = range(len(table))
        ax.set_xticks(ticks, ticks)
        ax.set_yticks(ticks, [f"{k}  {who}" for k, who in enumerate(table.index)])
        ax.set_title(name, fontsize=16)
        ax.set_xlabel("answer")
        ax.grid(visible=False)
    axes[0][0].set_ylabel("truth")
    return fig


def natural_mix(table: pd.DataFrame, title: str) -> Figure:
    """Two accuracies of each row of ``table``: ``who, mean_of_classes, natural`` (shares)."""
    fig, ax = plt.subplots(figsize=(11.6, 5.4))
    y = np.arange(len(table))
    for shift, (column, label, colour) in enumerate(
        (
            ("mean_of_classes", "mean of the nine classes' accuracies", CATEGORICAL[0]),
            ("natural", "over a mix with 63 % inflammatory", COLOURS["non_neoplastic"]),
        )
    ):
        values = 100 * table[column]
        ax.barh(y + 0.38 * shift, values, 0.36, color=colour, label=label)
        for at, value in zip(y + 0.38 * shift, values, strict=True):
            ax.text(value + 0.8, at, f"{value:.0f}", va="center", fontsize=14)
    ax.set_yticks(y + 0.19, table["who"])
    ax.set(xlabel="accuracy, %", xlim=(0, 100), ylim=(len(table) - 0.3, -0.35))
    ax.grid(axis="y", visible=False)
    fig.suptitle(title, x=0.01, ha="left")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    return fig
