"""Registration: an outline on its radiograph, what a network is shown, and how often it arrives."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.figures import panels
from dermlab.figures.style import COLOURS, GREYS, MARKERS, Drawn
from dermlab.text import interval, percent

OUTLINES = (COLOURS["malignant"], COLOURS["mean"])  # before, after


def overlays(
    picture: np.ndarray, outlines: Mapping[str, np.ndarray], errors: Mapping[str, float]
) -> Drawn:
    """A radiograph, and beside it the same with the implant's outline at each pose.

    ``outlines``: name → where the posed implant shows, (rows, columns) bool. ``errors``: name →
    mTREproj in mm.
    """
    stated = ", ".join(f"{name} {errors[name]:.1f} mm" for name in outlines)
    fig, axes = panels.sheet(
        f"Error without depth: {stated}", 1, 1 + len(outlines), figsize=(11.5, 5.0)
    )
    for ax in axes:
        ax.imshow(picture, cmap=GREYS)
        ax.set_axis_off()
    axes[0].set_title("simulated radiograph")
    for ax, (name, mask), colour in zip(axes[1:], outlines.items(), OUTLINES, strict=False):
        ax.contour(mask, levels=[0.5], colors=[colour], linewidths=2.5)
        ax.set_title(f"at {name}")
    return Drawn(
        fig,
        "A simulated radiograph of a knee from the side with a metal implant, bright. Its outline "
        f"as a pose projects it: mTREproj {stated}.",
    )


def pictures(of: Mapping[str, np.ndarray]) -> Drawn:
    """One pose as several renderers show it, name → (rows, columns), each on its own scale."""
    title = f"Simulated: one pose by {len(of)} renderers, each on its own grey scale"
    fig, axes = panels.sheet(title, 1, len(of), figsize=(11.5, 6))
    for ax, (name, picture) in zip(axes, of.items(), strict=True):
        ax.imshow(picture, cmap=GREYS)
        ax.set_axis_off()
        span = f"attenuation {picture.min():.1f} to {picture.max():.1f}"
        ax.set_title(f"{name}:\n{span}", fontsize=16)
    said = "; ".join(f"{name} {p.min():.1f} to {p.max():.1f}" for name, p in of.items())
    return Drawn(fig, f"{title}. Attenuation from darkest to brightest: {said}.")


def residuals(rows: Mapping[str, np.ndarray], spread: Mapping[str, float]) -> Drawn:
    """Local patches, a row a kind (radiograph, DRR, their difference), a column a patch.

    ``rows``: name → (patches, side, side), each patch with mean 0 and SD 1, or a difference of two.
    ``spread``: name → SD of its pixels, on this scale.
    """
    n = len(next(iter(rows.values())))
    stated = ", ".join(f"{name} {value:.2f}" for name, value in spread.items())
    title = f"Simulated: what is left over for the network\n(SD of the pixels: {stated})"
    fig, axes = panels.sheet(title, len(rows), n, figsize=(11.5, 6.6))
    limit = max(np.abs(patches).max() for patches in rows.values())
    for line, (name, patches) in zip(axes, rows.items(), strict=True):
        for ax, patch in zip(line, patches, strict=True):
            ax.imshow(patch, cmap=GREYS, vmin=-limit, vmax=limit)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        line[0].set_ylabel(name, fontsize=14)
    said = title.replace("\n", " ")
    return Drawn(fig, f"{said}. {len(rows)} rows of {n} patches: {_names(rows)}.")


def _names(rows: Mapping) -> str:
    """The names of the rows in one line."""
    return "; ".join(str(name).replace("\n", " ") for name in rows)


def success(table: pd.DataFrame, threshold: float, *, untouched: float | None = None) -> Drawn:
    """The share of registrations that succeed, a row a way, with 95 % intervals.

    ``table``: columns ``way``, ``estimate``, ``low``, ``high``, in the order of drawing.
    ``untouched``: the share of starts that are below the threshold already, a dotted line.
    """
    ends = [percent(table["estimate"].agg(end), 0) for end in ("min", "max")]
    span = " to ".join(dict.fromkeys(ends))  # once where all are alike
    title = f"Simulated: {span} of the starts end below {threshold:.1f} mm"
    fig, ax = panels.sheet(title, figsize=(11.5, 5.6))
    _bars(ax, table)
    said = "; ".join(f"{row.way} {_estimate(row)}" for row in table.itertuples())
    if untouched is not None:
        named = f"starts left alone: {percent(untouched, 0)}"
        ax.axvline(untouched, color=COLOURS["ink"], linewidth=1.5, linestyle=":", label=named)
        panels.legend_below(ax)
        said += f"; {named}"
    ax.set(
        xlim=(-0.02, 1.02),
        xlabel=f"share with mTREproj below {threshold:.1f} mm, with 95 % interval",
    )
    return Drawn(fig, f"{title}. Share that succeeds, with 95 % intervals: {said}.")


def _bars(ax: Axes, table: pd.DataFrame) -> None:
    for k, row in enumerate(table.iloc[::-1].itertuples()):
        colour = _colour(row.way)
        ax.plot([row.low, row.high], [k, k], color=colour)
        ax.plot(row.estimate, k, "o", color=colour)
    ax.set_yticks(range(len(table)), table["way"].iloc[::-1])
    ax.set_ylim(-0.6, len(table) - 0.4)


def _colour(way: str) -> str:
    """The colour of a way in every figure: the paper's blue, a search orange, the others grey."""
    return {"PEHL": COLOURS["network"], "search": COLOURS["reader"]}.get(way, COLOURS["neutral"])


def _estimate(row) -> str:
    return interval(row.estimate, row.low, row.high, ".0%")


def by_start(cases: pd.DataFrame, threshold: float, edges: np.ndarray) -> Drawn:
    """The share that succeeds by how far away the start is, a line a way; above, how many starts.

    ``cases``: columns ``way``, ``initial``, ``projected`` (mm), a row a registration; ``edges``:
    of the classes of initial errors.
    """
    title = "Simulated: success by how far off the start is\n(above, the number of starts)"
    fig, ax = panels.sheet(title, figsize=(11.5, 6.2))
    middles, said = (edges[1:] + edges[:-1]) / 2, []
    binned = cases.assign(
        won=cases["projected"] < threshold,
        place=np.digitize(cases["initial"], edges[1:-1]),
    )
    shares = binned.pivot_table(index="place", columns="way", values="won", sort=False)
    for k, way in enumerate(shares):
        share = shares[way].sort_index()
        marker = MARKERS[k % len(MARKERS)]
        ax.plot(middles[share.index], share, color=_colour(way), marker=marker, label=way)
        said.append(f"{way} {percent(share.iloc[0], 0)} to {percent(share.iloc[-1], 0)}")
    starts = binned.groupby("place")["initial"].nunique()
    for place, n in starts.items():
        ax.text(middles[place], 1.07, n, ha="center", va="center", fontsize=14)
    ax.set(ylim=(-0.02, 1.12), xlabel="mTREproj of the start (mm)", ylabel="share that succeeds")
    panels.legend_below(ax)
    counts = ", ".join(map(str, starts))
    said = f"nearest starts to farthest: {'; '.join(said)}. Starts a class: {counts}."
    return Drawn(fig, f"{' '.join(title.split())}. Share that succeeds, {said}")
