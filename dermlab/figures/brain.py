"""Lesson 15: brains and their tissues, patches at three scales, and what networks make of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch, Rectangle

from dermlab.figures import forest, panels
from dermlab.figures.style import CATEGORICAL, COLOURS, GREYS, Drawn
from dermlab.survey import segmentation
from dermlab.survey.brains import SLICES, TISSUES
from dermlab.text import interval, listing, number, percent

NETWORKS = ("25 px", "51 px", "75 px", "three scales", "fully convolutional")  # one look each
TISSUE_COLOURS = (COLOURS["ink"], *(CATEGORICAL[k] for k in (3, 5, 8, 1, 2, 0)))
SHADES = 32  # of grey: with all 256 the noise alone would fill a megabyte a notebook
GREY = {
    "cmap": colormaps[GREYS].resampled(SHADES),
    "vmin": 0,
    "vmax": 1.25,
    "interpolation": "nearest",
}
LABELS = {"cmap": ListedColormap(TISSUE_COLOURS), "vmin": -0.5, "vmax": 6.5}
LABELS |= {"interpolation": "nearest"}


def subject(images: np.ndarray, labels: np.ndarray) -> Drawn:
    """Axial slices above, the tissue of every pixel below; both (slices, height, width)."""
    title = f"{len(images)} slices of one simulated brain, and the tissue of every pixel"
    fig, axes = panels.sheet(title, 2, len(images), figsize=(11.5, 7.6))
    for column, image, label, z in zip(axes.T, images, labels, SLICES, strict=True):
        column[0].imshow(image, **GREY)
        column[0].set_title(f"{z} mm".replace("-", "−"), fontsize=15, fontweight="normal")
        column[1].imshow(label, **LABELS)
    _bare(axes.flat)
    _tissues_below(fig, TISSUES[1:])
    brain = labels[labels > 0]
    shares = [f"{name} {percent((brain == k).mean(), 0)}" for k, name in _tissues()]
    alt = (
        f"{title}: axial slices {listing(SLICES, len(SLICES))} mm above the average's origin, "
        f"front on top. Of the brain's pixels are {listing(shares, len(shares))}."
    )
    return Drawn(fig, alt)


def kin(average: np.ndarray, pictures: Mapping[str, Sequence[np.ndarray]]) -> Drawn:
    """The average (height, width), and beside it subjects of each family, a row a family."""
    columns = 1 + max(map(len, pictures.values()))
    n_made = sum(map(len, pictures.values()))
    title = f"One real average, {n_made} simulated brains made from it"
    size = (11.5, 2.6 * len(pictures) + 1.6)
    fig, axes = panels.sheet(title, len(pictures), columns, figsize=size, squeeze=False)
    _bare(axes.flat)
    axes[0, 0].imshow(average, cmap=GREYS, vmin=0, vmax=1)
    axes[0, 0].set_title("the average\n(real)", fontsize=15, fontweight="normal")
    for line, (name, images) in zip(axes, pictures.items(), strict=True):
        for ax, image in zip(line[1:], images, strict=False):
            ax.imshow(image, **GREY)
        line[1].set_title(name, fontsize=15, fontweight="normal", loc="left")
    contrast = [f"{name}: {len(images)} brains" for name, images in pictures.items()]
    alt = (
        f"{title}. One axial slice of each. Left the average of 152 people, soft at its borders; "
        f"right {listing(contrast, len(contrast))}, each with sharp borders and another shape."
    )
    return Drawn(fig, alt)


def scanner(pictures: Mapping[str, np.ndarray]) -> Drawn:
    """One slice (height, width) after each step of the imaging, by the step's name."""
    title = f"One simulated slice after {len(pictures)} steps of imaging"
    fig, axes = panels.sheet(title, 1, len(pictures), figsize=(11.5, 5.4), squeeze=False)
    for ax, (name, image) in zip(axes[0], pictures.items(), strict=True):
        ax.imshow(image, **GREY)
        ax.set_title(name, fontsize=15, fontweight="normal")
    _bare(axes.flat)
    spread = [f"{name} {number(float(image.std()), 3)}" for name, image in pictures.items()]
    return Drawn(fig, f"{title}. SD of all pixels: {listing(spread, len(spread))}.")


def scales(image: np.ndarray, pixels: Mapping[str, tuple[int, int]], sizes: Sequence[int]) -> Drawn:
    """What a patch network sees of a pixel: a row a pixel, its squares cut from the slice.

    ``image`` (height, width); ``pixels``: tissue → row and column; ``sizes`` in pixels.
    """
    names = listing(list(pixels), len(pixels))
    title = f"Simulated: {len(sizes)} squares around each of {len(pixels)} pixels:\n{names}"
    shape = (len(pixels), 1 + len(sizes))
    size = (11.5, 2.8 * len(pixels) + 1.2)
    fig, axes = panels.sheet(title, *shape, figsize=size, squeeze=False)
    padded = np.pad(image, max(sizes))
    for line, (name, (row, column)) in zip(axes, pixels.items(), strict=True):
        line[0].imshow(image, **GREY)
        line[0].plot(column, row, "+", ms=16, mew=3, color=COLOURS["reader"])
        line[0].set_title(name, fontsize=15)
        for ax, side in zip(line[1:], sizes, strict=True):
            half, (top, left) = side // 2, (row + max(sizes), column + max(sizes))
            cut = padded[top - half : top + half + 1, left - half : left + half + 1]
            ax.imshow(cut, **GREY)
            ax.set_title(f"{side} × {side} pixels", fontsize=15, fontweight="normal")
            corner = column - half - 0.5, row - half - 0.5
            frame = {"fill": False, "ec": COLOURS["reader"], "lw": 2}
            line[0].add_patch(Rectangle(corner, side, side, clip_on=True, **frame))
        line[0].set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
    _bare(axes.flat)
    values = [f"{name} {number(float(image[at]), 2)}" for name, at in pixels.items()]
    alt = (
        f"{' '.join(title.split())}. Squares of {listing(sizes, len(sizes))} pixels; "
        f"the pixels' own brightness, noise and all, is {listing(values, len(values))}."
    )
    return Drawn(fig, alt)


def two_masks(
    truth: np.ndarray, answer: np.ndarray, dice: float, distance: float, *, tissue: str
) -> Drawn:
    """Two masks (height, width) over each other: what both have, what only one has."""
    scores = f"Dice {number(dice, 2)}, surface distance {number(distance, 2)} mm"
    title = f"Simulated {tissue}: {scores}"
    fig, ax = panels.sheet(title, figsize=(11.5, 5.2))
    kinds = {
        "both": truth & answer,
        "truth alone": truth & ~answer,
        "answer alone": answer & ~truth,
    }
    colours = dict(zip(kinds, (COLOURS["mean"], COLOURS["benign"], COLOURS["reader"]), strict=True))
    canvas = sum((k + 1) * mask for k, mask in enumerate(kinds.values()))
    rows, columns = (np.flatnonzero(canvas.any(axis=axis)) for axis in (1, 0))
    ax.imshow(canvas, cmap=ListedColormap([COLOURS["paper"], *colours.values()]), vmin=0, vmax=3)
    ax.set(xlim=(columns[0] - 3, columns[-1] + 3), ylim=(rows[-1] + 3, rows[0] - 3))
    counts = [f"{name}: {mask.sum():,} pixels" for name, mask in kinds.items()]
    handles = [
        Patch(color=colour, label=text)
        for colour, text in zip(colours.values(), counts, strict=True)
    ]
    fig.legend(handles=handles, loc="outside lower left", ncols=len(handles))
    ax.set_anchor("W")
    _bare([ax])
    return Drawn(fig, f"{title}. {'; '.join(counts)}.")


def answers(image: np.ndarray, truth: np.ndarray, maps: Mapping[str, np.ndarray]) -> Drawn:
    """One slice, the truth, and each network's answer; all (height, width)."""
    tissues = np.unique(truth[truth > 0])
    score = {name: _mean_dice(truth, answer, tissues) for name, answer in maps.items()}
    title = f"Simulated: one held-out slice, named by {len(maps)} networks"
    columns = 4
    rows = -(-(2 + len(maps)) // columns)
    fig, axes = panels.sheet(title, rows, columns, figsize=(11.5, 3.8 * rows + 0.9))
    axes = axes.flat
    axes[0].imshow(image, **GREY)
    axes[1].imshow(truth, **LABELS)
    for ax, name in zip(axes, ("simulated MR", "truth"), strict=False):
        ax.set_title(name, fontsize=15)
    for ax, (name, answer) in zip(axes[2:], maps.items(), strict=False):
        ax.imshow(answer, **LABELS)
        words = f"{name}\nmean Dice {number(score[name], 2)}"
        ax.set_title(words, fontsize=15, fontweight="normal")
    _bare(axes)
    _tissues_below(fig, TISSUES[1:])
    shown = [f"{name} {number(value, 2)}" for name, value in score.items()]
    alt = (
        f"{title}. Mean Dice of the {len(tissues)} tissues that this slice has: "
        f"{listing(shown, len(shown))}."
    )
    return Drawn(fig, alt)


def dice(table: pd.DataFrame) -> Drawn:
    """Dice by tissue with intervals, a mark a network.

    ``table``: ``arm`` (of `NETWORKS`), ``tissue, estimate, low, high`` and one ``test``.
    """
    best = table.loc[table["estimate"].idxmax()]
    worst = table.loc[table["estimate"].idxmin()]
    span = f"Dice of a tissue {number(worst.estimate, 2)} to {number(best.estimate, 2)}"
    title = f"{_tested(table)}: {span}"
    options = {"y": "tissue", "hue": "arm", "order": NETWORKS, "unit": "Dice", "limits": (0, 1)}
    fig = forest.intervals(table, title=title, **options)
    alt = f"{title}: {worst.tissue} by {worst.arm} and {best.tissue} by {best.arm}. "
    return Drawn(fig, alt + _rows(table, "arm"))


def distances(table: pd.DataFrame) -> Drawn:
    """Mean surface distance in mm by tissue with intervals, a mark a network; as `dice`."""
    near, far = table["estimate"].min(), table["estimate"].max()
    title = f"{_tested(table)}: a tissue's borders {number(near, 1)} to {number(far, 1)} mm apart"
    options = {"y": "tissue", "hue": "arm", "order": NETWORKS, "title": title}
    fig = forest.intervals(table, unit="mean surface distance (mm)", **options)
    return Drawn(fig, f"{title}. {_rows(table, 'arm')}")


def differences(
    table: pd.DataFrame, *, unit: str, limits: tuple[float, float] | None = None
) -> Drawn:
    """Differences with their intervals and a line at 0: a row a tissue, a panel a ``pair``.

    ``table``: ``pair, tissue, estimate, low, high``; ``limits`` of every panel, else each its own.
    """
    above, below = (table["low"] > 0).sum(), (table["high"] < 0).sum()
    title = f"Simulated: of {len(table)} intervals {above} lie above 0 and {below} below"
    options = {"unit": unit, "title": title, "known": "equal", "limits": limits}
    fig = forest.intervals(table.assign(reference=0.0), y="tissue", col="pair", **options)
    for ax in fig.axes:
        ax.tick_params(axis="x", labelsize=14)
        ax.locator_params(axis="x", nbins=4)
        ax.set_title(ax.get_title(loc="left"), fontsize=15)
        for bar in ax.containers:
            bar.lines[0].set_markersize(7)  # short intervals show beside it
    return Drawn(fig, f"{title}. {_rows(table, 'pair')}")


def speed(table: pd.DataFrame) -> Drawn:
    """Seconds a slice, a dot a way and a line from the least to the most, on a scale of tens.

    ``table``: ``way, seconds_a_slice, low, high``; the first two ways are of one network.
    """
    slow, same = (row.seconds_a_slice for row in table.head(2).itertuples())
    times = f"{float(f'{slow / same:.2g}'):,.0f}"
    first, second = table["way"].head(2)
    title = f"Measured here: {first} takes\nabout {times} times as long as {second}"
    fig, ax = panels.sheet(title, figsize=(11.5, 2.3 + 0.8 * len(table)))
    ax.hlines(range(len(table)), table["low"], table["high"], color=COLOURS["network"], lw=4)
    ax.plot(table["seconds_a_slice"], range(len(table)), "o", ms=14, color=COLOURS["network"])
    shown = [f"{value:.2g} s" for value in table["seconds_a_slice"]]
    for k, (text, value) in enumerate(zip(shown, table["seconds_a_slice"], strict=True)):
        above = {"xytext": (0, 12), "textcoords": "offset points", "ha": "center"}
        ax.annotate(text, (value, k), **above)
    ax.set(xscale="log", xlabel="seconds a slice (each step is ten times)")
    ax.set(xlim=(table["low"].min() / 3, table["high"].max() * 3), ylim=(len(table) - 0.5, -0.7))
    ax.set_yticks(range(len(table)), table["way"])
    ax.grid(axis="y", visible=False)
    words = [f"{way} {text}" for way, text in zip(table["way"], shown, strict=True)]
    said = f"{' '.join(title.split())}. Middle seconds a slice: {listing(words, len(words))}."
    return Drawn(fig, said)


# --- parts ----------------------------------------------------------------------------------------


def _tissues() -> list[tuple[int, str]]:
    return list(enumerate(TISSUES))[1:]


def _mean_dice(truth: np.ndarray, answer: np.ndarray, tissues: Sequence[int]) -> float:
    return float(np.mean([segmentation.dice(truth == k, answer == k) for k in tissues]))


def _bare(axes: Sequence[Axes]) -> None:
    for ax in axes:
        ax.axis("off")


def _tissues_below(fig, names: Sequence[str]) -> None:
    handles = [
        Patch(fc=TISSUE_COLOURS[TISSUES.index(name)], ec=COLOURS["join"], label=name)
        for name in names
    ]
    fig.legend(handles=handles, loc="outside lower left", ncols=3)


def _tested(table: pd.DataFrame) -> str:
    """What the networks were tested on."""
    (test,) = table["test"].unique()
    return f"Simulated, {test}"


def _rows(table: pd.DataFrame, column: str) -> str:
    """Every row in words: what, tissue, estimate and bounds."""
    parts = []
    for name, rows in table.groupby(column, sort=False):
        values = [
            f"{row.tissue} {interval(row.estimate, row.low, row.high, '.2f')}"
            for row in rows.itertuples()
        ]
        parts.append(f"{' '.join(str(name).split())}: {listing(values, len(values))}")
    return f"{'. '.join(parts)}."
