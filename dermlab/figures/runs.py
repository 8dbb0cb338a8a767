"""How a training went: what falls, what rises, and which epoch was kept."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import number


def curves(
    histories: Mapping[str, pd.DataFrame],
    best: Mapping[str, int],
    metric: str,
    *,
    interrupted: int | None = None,
    chance: float | None = None,
) -> Drawn:
    """Loss and development value of each network by epoch, the epoch kept marked.

    Epoch 0, where there is one, is a head set by regression before any step: it has no loss.

    ``histories``: name → columns ``epoch``, ``loss`` (nats), ``development``; ``best``: name → the
    epoch that was kept; ``metric``: what the development part was judged by; ``interrupted``: the
    last epoch before the training was killed and resumed; ``chance``: what guessing gives.
    """
    many = len(histories) > 1
    title = _title(histories, best)
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.5, 5.2))
    for i, (name, history) in enumerate(histories.items()):
        for ax, column in zip(axes, ("loss", "development"), strict=True):
            _line(ax, history, column, best[name], many, first=i == 0)
    axes[0].set(ylabel="mean loss", title="On the training images")
    axes[1].set(ylabel=metric.replace(", ", "\n"), title="On the development part")
    for ax in axes:
        ax.set_xlabel("epoch")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if interrupted is not None:
            style = {"color": COLOURS["neutral"], "lw": 2, "ls": "--"}
            ax.axvline(interrupted + 0.5, label="killed and resumed", **style)
    if chance is not None:
        axes[1].axhline(chance, color=COLOURS["neutral"], lw=2, ls=":", label="chance")
    axes[1].legend(loc="best")
    lines = [
        f"{name}: loss from {number(history['loss'].dropna().iloc[0])} to "
        f"{number(history['loss'].iloc[-1])}, {' '.join(metric.split())} of the development part "
        f"from {number(history['development'].iloc[0])} to "
        f"{number(history['development'].iloc[-1])}, highest in epoch {_summit(history)}"
        for name, history in histories.items()
    ]
    said = title.replace("\n", ". ")
    return Drawn(fig, f"{said}. Curves by epoch. {'; '.join(lines)}.")


def _title(histories: Mapping[str, pd.DataFrame], kept: Mapping[str, int]) -> str:
    """Which epoch was kept, and of one network whether another one had a higher value."""
    epochs, last = sorted(set(kept.values())), max(h["epoch"].max() for h in histories.values())
    if len(histories) > 1:
        shown = f"{epochs[0]}" if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]}"
        return f"{len(histories)} networks, each kept as it was after epoch {shown} of {last}"
    (history,), (epoch,) = histories.values(), epochs
    summit = _summit(history)
    if epoch == last == summit and last > 1:
        return f"The last epoch, {last}, is kept: no earlier one had a higher value"
    higher = "" if epoch == summit else f"\nEpoch {summit} had the higher development value"
    return f"The weights after epoch {epoch} of {last} are kept{higher}"


def _summit(history: pd.DataFrame) -> int:
    """The first epoch with the highest development value."""
    return int(history["epoch"].iloc[history["development"].to_numpy().argmax()])


def _line(
    ax: Axes, history: pd.DataFrame, column: str, best: int, many: bool, *, first: bool
) -> None:
    """A network's values; thin lines where there are many, points where there is one epoch."""
    style = {"lw": 1.5 if many else 2.5, "alpha": 0.6 if many else 1}
    label = ("a network" if many else "the network") if first else None
    marker = "." if len(history) < 3 else None
    values = history["epoch"], history[column]
    ax.plot(*values, color=COLOURS["network"], marker=marker, label=label, **style)
    kept = history[history["epoch"] == best]
    label = "the epoch kept" if first else None
    ax.plot(kept["epoch"], kept[column], "o", color=COLOURS["reader"], label=label)
