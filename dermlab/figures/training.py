"""How a network is trained: what it is shown, how long its steps are, and what the curves say."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, DASHES

CHANCE = 1 / 3  # of the mean accuracy of three classes


def pictures(images: np.ndarray, names: Sequence[str], *, title: str, columns: int = 4) -> Figure:
    """Pictures (n, size, size, 3), 0-255, side by side, each under its name."""
    rows = -(-len(images) // columns)
    size = (11, 3.1 * rows + 0.7)
    fig, axes = panels.sheet(title, rows, columns, figsize=size, squeeze=False)
    panels.tiles(np.clip(np.rint(images), 0, 255).astype(np.uint8), names, axes.flat)
    return fig


def schedules(rates: pd.DataFrame) -> Figure:
    """Learning rates over the epochs (the index), a column a schedule, on a logarithmic axis."""
    fig, ax = plt.subplots()
    _lines(ax, rates, drawstyle="steps-post")
    ax.set(yscale="log", xlabel="epoch", ylabel="learning rate")
    ax.set_title("“A factor of 16” and “0.16” part after epoch 30")
    ax.legend(loc="lower left")
    return fig


def first_steps(steps: pd.DataFrame) -> Figure:
    """How long the steps of one weight are (index: step, from 1), a column an optimiser."""
    fig, ax = plt.subplots()
    _lines(ax, steps)
    ax.set(xlabel="step", ylabel="length of the step (rate 0.001)", ylim=(0, None))
    ax.set_title("Same gradient, same ε: only the start of the mean square differs")
    ax.legend(loc="lower right", title="mean square", alignment="left")
    return fig


def _lines(ax: Axes, table: pd.DataFrame, **style) -> None:
    for (name, values), colour, dash in zip(table.items(), CATEGORICAL, DASHES, strict=False):
        ax.plot(table.index, values, color=colour, ls=dash, lw=3, label=name, **style)


def compared(curves: pd.DataFrame, names: Sequence[str], *, title: str) -> Figure:
    """Two or three ways of training side by side: thin lines are clinics, thick ones their mean.

    ``curves``: columns ``network`` (of which ``names`` are drawn), ``seed``, ``epoch``, ``loss``
    (nats), ``training``, ``test`` (mean accuracies of three classes).
    """
    fig, axes = panels.sheet(title, 1, 3, figsize=(11.6, 6))
    labels = {
        "loss": ("while training", "loss (nats)"),
        "training": ("training pictures\nas in prediction", "mean accuracy"),
        "test": ("new patients", "mean accuracy"),
    }
    ends = curves[["training", "test"]].to_numpy()
    for ax, (column, (name, unit)) in zip(axes, labels.items(), strict=True):
        lines = {"x": "epoch", "y": column, "hue": "network", "unit": "seed"}
        panels.repeats(ax, curves, names=names, **lines)
        ax.set(xlabel="epoch", ylabel=unit, xticks=range(2, curves["epoch"].max() + 1, 2))
        ax.set_title(name, fontsize=16)
        if column != "loss":  # one scale for both accuracies, chance among them
            ax.set_ylim(min(ends.min(), CHANCE) - 0.03, ends.max() + 0.03)
            ax.axhline(CHANCE, color=COLOURS["neutral"], lw=2, ls=":")
    panels.legend_below(axes[0], len(names))
    return fig
