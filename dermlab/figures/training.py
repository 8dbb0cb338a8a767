"""How a network is trained: what it is shown, how long its steps are, and what the curves say."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.figures.style import CATEGORICAL, COLOURS

CHANCE = 1 / 3  # of the mean accuracy of three classes
_DASHES = ("-", "--", "-.", ":")


def pictures(images: np.ndarray, names: Sequence[str], *, title: str, columns: int = 4) -> Figure:
    """Pictures (n, size, size, 3), 0-255, side by side, each under its name."""
    rows = -(-len(images) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(11, 3.1 * rows + 0.7), squeeze=False)
    fig.suptitle(title, x=0.01, ha="left")
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, name in zip(axes.flat, images, names, strict=False):
        ax.imshow(np.clip(np.rint(image), 0, 255).astype(np.uint8), interpolation="nearest")
        ax.set_title(name, fontsize=15, fontweight="normal")
    return fig


def learning_curve(
    history: pd.DataFrame, *, best_epoch: int, interrupted: int, metric: str, chance: float
) -> Figure:
    """The loss while training and the development part's ``metric``, epoch by epoch.

    ``history`` is that of ``training.fit``; ``interrupted`` is the last epoch before the break;
    ``chance`` is what guessing gives.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(11.6, 5.6))
    title = "The loss is what is minimised; the development part is what chooses"
    fig.suptitle(title, x=0.01, ha="left")
    left.plot(history["epoch"], history["loss"], "o-", color=COLOURS["neutral"])
    left.set(xlabel="epoch", ylabel="loss (cross-entropy, nats)")
    left.set_title("Training part", fontsize=16)
    right.plot(history["epoch"], history["development"], "o-", color=COLOURS["network"])
    best = history.set_index("epoch")["development"].loc[best_epoch]
    right.plot(best_epoch, best, "o", ms=20, mfc="none", mew=3, color=COLOURS["malignant"])
    right.axhline(chance, color=COLOURS["neutral"], lw=2, ls=":")
    right.text(len(history), chance + 0.004, "chance", ha="right", va="bottom", fontsize=14)
    right.set(xlabel="epoch", ylabel=metric)
    right.set_title(f"Development part: epoch {best_epoch} is kept", fontsize=16)
    for ax in (left, right):
        ax.axvline(interrupted + 0.5, color=COLOURS["reader"], lw=2, ls="--")
        ax.set_xticks(history["epoch"])
    note = {"fontsize": 14, "color": "#A84300", "transform": left.get_xaxis_transform()}
    left.text(interrupted + 0.6, 0.97, "killed and resumed", va="top", **note)
    return fig


def schedules(rates: pd.DataFrame) -> Figure:
    """Learning rates over the epochs (the index), a column a schedule, on a logarithmic axis."""
    fig, ax = plt.subplots()
    for (name, rate), colour, dash in zip(rates.items(), CATEGORICAL, _DASHES, strict=False):
        ax.step(rates.index, rate, where="post", color=colour, ls=dash, lw=3, label=name)
    ax.set(yscale="log", xlabel="epoch", ylabel="learning rate")
    ax.set_title("“A factor of 16” and “0.16” part after epoch 30")
    ax.legend(loc="lower left")
    return fig


def first_steps(steps: pd.DataFrame) -> Figure:
    """How long the steps of one weight are (index: step, from 1), a column an optimiser."""
    fig, ax = plt.subplots()
    for (name, length), colour, dash in zip(steps.items(), CATEGORICAL, _DASHES, strict=False):
        ax.plot(steps.index, length, color=colour, ls=dash, lw=3, label=name)
    ax.set(xlabel="step", ylabel="length of the step (rate 0.001)", ylim=(0, None))
    ax.set_title("Same gradient, same ε: only the start of the mean square differs")
    ax.legend(loc="lower right", title="mean square", alignment="left")
    return fig


def compared(curves: pd.DataFrame, names: Sequence[str], *, title: str) -> Figure:
    """Two or three ways of training side by side: thin lines are clinics, thick ones their mean.

    ``curves``: columns ``network``, ``seed``, ``epoch``, ``loss``, ``training``, ``test``.
    """
    fig, axes = plt.subplots(1, 3, figsize=(11.6, 6))
    fig.suptitle(title, x=0.01, ha="left")
    panels = {
        "loss": ("while training", "loss (nats)"),
        "training": ("training pictures\nas in prediction", "mean accuracy"),
        "test": ("new patients", "mean accuracy"),
    }
    for ax, (column, (name, unit)) in zip(axes, panels.items(), strict=True):
        for network, colour, dash in zip(names, CATEGORICAL, _DASHES, strict=False):
            rows = curves[curves["network"] == network]
            values = rows.pivot(index="epoch", columns="seed", values=column)
            ax.plot(values.index, values, color=colour, lw=1, alpha=0.5, ls=dash)
            ax.plot(values.index, values.mean(axis=1), color=colour, lw=4, ls=dash, label=network)
        ax.set(xlabel="epoch", ylabel=unit, xticks=range(2, curves["epoch"].max() + 1, 2))
        ax.set_title(name, fontsize=16)
    _same_scale(axes[1:], curves[["training", "test"]].to_numpy())
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=len(names))
    return fig


def _same_scale(axes: Sequence[Axes], values: np.ndarray) -> None:
    """The same limits for all, chance among them and drawn."""
    low, high = min(values.min(), CHANCE), values.max()
    for ax in axes:
        ax.set_ylim(low - 0.03, high + 0.03)
        ax.axhline(CHANCE, color=COLOURS["neutral"], lw=2, ls=":")


def differences(table: pd.DataFrame, *, title: str, unit: str) -> Figure:
    """Differences with their 95 % intervals, one below the other.

    ``table``: columns ``what``, ``estimate``, ``low``, ``high``, in points of a hundred.
    """
    fig, ax = plt.subplots(figsize=(11.6, 2.1 + 0.9 * len(table)))
    ax.axvline(0, color="black", lw=2)
    for y, row in enumerate(table.iloc[::-1].itertuples()):
        seen = row.low > 0 or row.high < 0
        colour = COLOURS["network"] if seen else COLOURS["neutral"]
        ax.plot([row.low, row.high], [y, y], color=colour, lw=4)
        ax.plot(row.estimate, y, "o" if seen else "D", ms=13, color=colour)
    ax.set_yticks(range(len(table)), table["what"].iloc[::-1], fontsize=15)
    ax.grid(axis="y", visible=False)
    ax.set(xlabel=unit, ylabel="compared", ylim=(-0.6, len(table) - 0.4))
    fig.suptitle(title, x=0.01, ha="left")
    return fig
