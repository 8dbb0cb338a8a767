"""How a training went: what falls, what rises, and which epoch was kept."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dermlab.figures.style import COLOURS


def curves(histories: Mapping[str, pd.DataFrame], best: Mapping[str, int], judge: str) -> Figure:
    """Loss and development value of each network by epoch, its best epoch marked.

    ``histories``: columns ``epoch, loss, development``, a table a network; ``best``: the epoch that
    each kept; ``judge``: what the development part was judged by. The title says the epochs.
    """
    fig, axes = plt.subplots(1, 2, figsize=(11.5, 5.2))
    many = len(histories) > 1
    for i, (name, history) in enumerate(histories.items()):
        for ax, column in zip(axes, ("loss", "development"), strict=True):
            _line(ax, history, column, best[name], many, first=i == 0)
    axes[0].set(xlabel="epoch", ylabel="mean loss", title="On the training images")
    axes[1].set(xlabel="epoch", ylabel=judge.replace(", ", "\n"), title="On the development part")
    for ax in axes:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[1].legend(loc="best")
    epochs, last = sorted(set(best.values())), max(map(len, histories.values()))
    kept = f"{epochs[0]}" if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]}"
    whose = f"{len(histories)} networks, each kept" if many else "Kept"
    fig.suptitle(f"{whose} as it was after epoch {kept} of {last}", x=0.01, ha="left")
    return fig


def _line(
    ax: Axes, history: pd.DataFrame, column: str, best: int, many: bool, *, first: bool
) -> None:
    """A network's values; thin lines where there are many, points where there is one epoch."""
    ax.plot(
        history["epoch"],
        history[column],
        color=COLOURS["network"],
        lw=1.5 if many else 2.5,
        alpha=0.6 if many else 1,
        marker="." if len(history) < 3 else None,
        label=("a network" if many else "the network") if first else None,
    )
    kept = history[history["epoch"] == best]
    ax.plot(
        kept["epoch"],
        kept[column],
        "o",
        color=COLOURS["reader"],
        label="the epoch kept" if first else None,
    )
