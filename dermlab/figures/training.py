"""How a network is retrained: its new head, what it is shown, how long its steps are."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from dermlab.evaluation.intervals import Estimate
from dermlab.figures import panels, style
from dermlab.figures.style import CATEGORICAL, COLOURS, DASHES, MARKERS, Drawn
from dermlab.text import listing, number

CHANCE = 1 / 3  # of the mean accuracy of three classes


def new_head(body: int, units: int, old: tuple[str, int], new: tuple[str, int]) -> Drawn:
    """A network's old head crossed out, and the new head in its place.

    ``body``: the parameters below the head; ``units``: the numbers that a head reads; ``old`` and
    ``new``: what a head answers, and its parameters.
    """
    fig, ax = plt.subplots(figsize=(11.5, 5.2))
    below = f"everything below the head\n{body:,} parameters\nstay and are tuned"
    _box(ax, 0.0, 0.3, 0.4, 0.4, below, COLOURS["network"])
    _box(ax, 0.45, 0.36, 0.12, 0.28, f"{units:,}\nnumbers", COLOURS["neutral"])
    heads = {
        0.62: (f"old head: {old[0]}\n{old[1]:,} parameters\nremoved", COLOURS["neutral"]),
        0.06: (f"new head: {new[0]}\n{new[1]:,} parameters\nrandom at first", COLOURS["reader"]),
    }
    for bottom, (words, colour) in heads.items():
        _box(ax, 0.66, bottom, 0.34, 0.32, words, colour)
    for ends in ([0.62, 0.94], [0.94, 0.62]):
        ax.plot([0.66, 1.0], ends, color=COLOURS["ink"], lw=2.5, zorder=2)
    arrow = {"arrowstyle": "-|>", "lw": 3, "color": COLOURS["ink"], "shrinkA": 0, "shrinkB": 0}
    for start, end in (((0.4, 0.5), (0.45, 0.5)), ((0.57, 0.45), (0.66, 0.25))):
        ax.annotate("", end, start, arrowprops=arrow)
    ax.set(xlim=(-0.01, 1.01), ylim=(0, 1))
    ax.axis("off")
    share = new[1] / (body + new[1])
    title = f"The head is replaced: {100 * share:.2g} % of the parameters are new"
    ax.set_title(title)
    alt = (
        f"Boxes. A picture goes through everything below the head, {body:,} parameters, which stay "
        f"and are tuned, and becomes {units:,} numbers. The old head for {old[0]}, {old[1]:,} "
        f"parameters, is crossed out. An arrow leads to the new head for {new[0]}, {new[1]:,} "
        f"parameters, random at first. {title}."
    )
    return Drawn(fig, alt)


def _box(ax: Axes, x: float, y: float, w: float, h: float, words: str, colour: str) -> None:
    pale = style.pale(colour)
    shape = {"boxstyle": "round,pad=0,rounding_size=0.02", "fc": pale, "ec": colour}
    ax.add_patch(FancyBboxPatch((x, y), w, h, lw=2.5, **shape))
    middle = {"ha": "center", "va": "center", "fontsize": 15, "zorder": 3}
    ax.text(x + w / 2, y + h / 2, words, **middle, bbox={"fc": pale, "ec": "none", "pad": 3})


def pictures(images: np.ndarray, names: Sequence[str], *, title: str, columns: int = 4) -> Drawn:
    """Pictures (n, size, size, 3), 0-255, side by side, each under its name."""
    rows = -(-len(images) // columns)
    size = (11, 3.1 * rows + 0.7)
    fig, axes = panels.sheet(title, rows, columns, figsize=size, squeeze=False)
    panels.tiles(np.clip(np.rint(images), 0, 255).astype(np.uint8), names, axes.flat)
    return Drawn(fig, f"{title}. {len(images)} pictures: {listing(names, len(names))}.")


def variants(
    images: np.ndarray, angles: Sequence[int], flips: Sequence[int], *, of: int, columns: int = 18
) -> Drawn:
    """Variants of one picture on one sheet, ``columns`` in a row, in the order in which they come.

    ``images`` (n, size, size, 3), 0-255; ``angles`` (n,) in degrees and ``flips`` (n,), 0 or 1, of
    each; ``of``: how many variants there are.
    """
    rows = -(-len(images) // columns)
    filled = np.full((rows * columns, *images.shape[1:]), 255.0)
    filled[: len(images)] = images
    grid = filled.reshape(rows, columns, *images.shape[1:]).swapaxes(1, 2)
    sheet = grid.reshape(rows * images.shape[1], columns * images.shape[2], 3)
    n_angles, n_flips = len(set(angles)), len(set(flips))
    title = f"{len(images)} of the {of} variants of a picture: {n_angles} angles × {n_flips}"
    fig, ax = panels.sheet(title, figsize=(11.5, 11.5 * rows / columns + 0.6))
    panels.tiles([np.clip(np.rint(sheet), 0, 255).astype(np.uint8)], [""], [ax])
    alt = (
        f"{title}. A sheet of small pictures of one lesion, {columns} in a row, rotated by "
        f"{angles[0]}, {angles[1]}, {angles[2]} degrees and so on to {max(angles)}; "
        f"{sum(flips)} of them are flipped."
    )
    return Drawn(fig, alt)


def by_clinic(
    scores: Mapping[str, Sequence[float]], difference: Estimate, *, unit: str, chance: float
) -> Drawn:
    """The scores of two ways of training, a line a clinic.

    ``scores``: a way → a score for each clinic, in one order; two ways. ``difference``: the second
    minus the first, over the clinics, in percentage points.
    """
    (first, before), (second, after) = scores.items()
    ahead = sum(b > a for a, b in zip(before, after, strict=True))
    fig, ax = plt.subplots(figsize=(11.5, 5.6))
    for i, (pair, colour, mark) in enumerate(
        zip(zip(before, after, strict=True), CATEGORICAL, MARKERS, strict=False), start=1
    ):
        ax.plot([0, 1], pair, color=colour, marker=mark, ms=12, label=f"clinic {i}")
    ax.axhline(chance, color=COLOURS["neutral"], lw=2, ls=":", label="guessing")
    ax.set_xticks([0, 1], [first, second])
    ax.set(xlim=(-0.3, 1.3), ylabel=unit)
    title = f"{second}: higher than {first} in {ahead} of {len(before)} clinics"
    ax.set_title(title[0].upper() + title[1:])
    panels.legend_below(ax)
    lines = [
        f"clinic {i}: {number(a)} and {number(b)}"
        for i, (a, b) in enumerate(zip(before, after, strict=True), start=1)
    ]
    alt = (
        f"{unit}, {first} and then {second}. {'; '.join(lines)}. Mean difference in percentage "
        f"points, with its 95 % interval over the clinics: {difference:.1f}."
    )
    return Drawn(fig, alt)


def schedules(rates: pd.DataFrame) -> Drawn:
    """Learning rates over the epochs (the index), a column a schedule, on a logarithmic axis."""
    fig, ax = plt.subplots()
    _lines(ax, rates, drawstyle="steps-post")
    ax.set(yscale="log", xlabel="epoch", ylabel="learning rate")
    apart = rates.index[rates.nunique(axis=1) > 1]
    title = f"The schedules are apart from epoch {apart[0]} on"
    ax.set_title(title)
    ax.legend(loc="lower left")
    first, last = rates.iloc[0], rates.iloc[-1]
    lines = [f"{name}: from {first[name]:.2g} to {last[name]:.2g}" for name in rates]
    alt = (
        f"Learning rates over {len(rates)} epochs, logarithmic. {title}. "
        f"{'; '.join(lines)} in epoch {rates.index[-1]}."
    )
    return Drawn(fig, alt)


def first_steps(steps: pd.DataFrame) -> Drawn:
    """How long the steps of one weight are (index: step, from 1), a column an optimiser."""
    fig, ax = plt.subplots()
    _lines(ax, steps)
    ax.set(xlabel="step", ylabel="length of the step (rate 0.001)", ylim=(0, None))
    title = "Same gradient, same ε: only the start of the mean square differs"
    ax.set_title(title)
    ax.legend(loc="lower right", title="mean square", alignment="left")
    ends = [
        f"{name}: {steps[name].iloc[0]:.2g} in step {steps.index[0]}, "
        f"{steps[name].iloc[-1]:.2g} in step {steps.index[-1]}"
        for name in steps
    ]
    return Drawn(fig, f"{title}. Lengths of the steps, mean square {'; '.join(ends)}.")


def _lines(ax: Axes, table: pd.DataFrame, **style) -> None:
    for (name, values), colour, dash in zip(table.items(), CATEGORICAL, DASHES, strict=False):
        ax.plot(table.index, values, color=colour, ls=dash, lw=3, label=name, **style)


def compared(curves: pd.DataFrame, names: Sequence[str], *, title: str) -> Drawn:
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
    end = curves[curves["epoch"] == curves["epoch"].max()].groupby("network")[list(labels)].mean()
    said = [
        f"{name}: loss {number(row.loss, 2)}, accuracy on training pictures "
        f"{number(row.training, 2)}, on new patients {number(row.test, 2)}"
        for name, row in end.loc[list(names)].iterrows()
    ]
    alt = (
        f"{title}. Three panels over {curves['epoch'].max()} epochs; thin lines are "
        f"{curves['seed'].nunique()} clinics, thick ones their mean. Means in the last epoch: "
        f"{'; '.join(said)}."
    )
    return Drawn(fig, alt)
