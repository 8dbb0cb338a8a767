"""Filters: what they look like, how oriented they are, and where one of them responds."""

from collections.abc import Mapping, Sequence

import numpy as np

from dermlab.figures import panels
from dermlab.figures.style import GREYS, Drawn


def sheets(groups: Mapping[str, np.ndarray], *, title: str, columns: int = 8) -> Drawn:
    """Groups of filters (n, side, side) side by side, each filter on its own scale; grey is 0."""
    fig, axes = panels.sheet(title, 1, len(groups), figsize=(11.6, 5.2), squeeze=False)
    for ax, (name, group) in zip(axes.flat, groups.items(), strict=True):
        ax.imshow(_mosaic(group, columns), cmap=GREYS, vmin=-1, vmax=1, interpolation="nearest")
        ax.set_title(name, fontsize=16, fontweight="normal")
        ax.axis("off")
    said = (
        f"{name}: {len(group)} of {group.shape[1]} × {group.shape[2]} pixels"
        for name, group in groups.items()
    )
    return Drawn(fig, f"Sheets of filters, a square each. {'; '.join(said)}.")


def _mosaic(group: np.ndarray, columns: int) -> np.ndarray:
    n, side = group.shape[:2]
    scaled = group - group.mean(axis=(1, 2), keepdims=True)
    scaled = scaled / np.abs(scaled).max(axis=(1, 2), keepdims=True)
    sheet = np.ones((-(-n // columns) * (side + 1) - 1, columns * (side + 1) - 1))
    for i, picture in enumerate(scaled):
        y, x = (place * (side + 1) for place in divmod(i, columns))
        sheet[y : y + side, x : x + side] = picture
    return sheet


def selectivities(groups: Mapping[str, np.ndarray], *, title: str) -> Drawn:
    """How oriented each filter is, a row a group: a dot a filter, a bar the median of them.

    ``groups``: name → orientation selectivities (n,), 0 to 1; the first 150 of each are drawn.
    """
    fig, ax = panels.sheet(title, figsize=(11.6, 1.9 + 0.95 * len(groups)))
    shown = {name: np.asarray(values)[:150] for name, values in groups.items()}
    panels.dots(ax, shown, upright=False, middle=np.median)
    ax.set_yticks(range(len(groups)), groups)
    ax.set(xlabel="orientation selectivity (0: no direction, 1: one alone)", xlim=(0, 1))
    ax.set(ylabel="filters", ylim=(len(groups) - 0.45, -0.55))
    ax.grid(axis="y", visible=False)
    said = (f"{name}: {len(v)} dots, median {np.median(v):.2f}" for name, v in shown.items())
    return Drawn(fig, f"Orientation selectivity of filters. {'; '.join(said)}.")


def edges(
    pictures: Sequence[np.ndarray], answers: Sequence[np.ndarray], names: Sequence[str],
    filter_: np.ndarray, *, title: str,
) -> Drawn:  # fmt: skip
    """Pictures above the response of one filter to them (its size, not its sign); the filter left.

    ``pictures`` (h, w, 3), ``answers`` (h, w), a name each; ``filter_`` (side, side).
    """
    n = len(pictures)
    options = {"figsize": (11.6, 6.6), "width_ratios": [0.6] + [1] * n}
    fig, axes = panels.sheet(title, 2, n + 1, **options)
    for ax in axes.flat:
        ax.axis("off")
    limit = np.abs(filter_).max()
    axes[0, 0].imshow(filter_, cmap=GREYS, vmin=-limit, vmax=limit)
    axes[0, 0].set_title("the filter", fontsize=16, fontweight="normal")
    for k, (picture, answer, name) in enumerate(zip(pictures, answers, names, strict=True), 1):
        axes[0, k].imshow(picture)
        axes[0, k].set_title(name, fontsize=16, fontweight="normal")
        strength = np.abs(answer)
        axes[1, k].imshow(strength, vmin=0, vmax=np.quantile(strength, 0.995))
    axes[1, 0].text(0.5, 0.5, "its response\n(yellow:\nstrong)", ha="center", va="center",
                    fontsize=15, transform=axes[1, 0].transAxes)  # fmt: skip
    side = f"{filter_.shape[0]} × {filter_.shape[1]} pixels"
    return Drawn(
        fig, f"A filter of {side}, and below {' and '.join(names)} the places where it responds."
    )
