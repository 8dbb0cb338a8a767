"""Detection: a scan in three planes, candidates as patches, free-response curves, boxes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, DASHES, GREYS, MARKERS, Drawn
from dermlab.survey.detection import VIEWS
from dermlab.survey.froc import RATES
from dermlab.text import interval, listing

RATE_NAMES = ("1/8", "1/4", "1/2", "1", "2", "4", "8")
PER_SCAN = "false positives a scan"


def slide(
    hu: np.ndarray,
    index: np.ndarray,
    cuts: np.ndarray,
    *,
    title: str,
    window: tuple[float, float],
) -> Drawn:
    """A scan through one place in three planes, and below each the patch that is cut out.

    ``hu``: (z, y, x); ``index``: the place, (3,) voxels; ``cuts``: (3, size, size) uint8, in the
    order of ``VIEWS``; ``window``: HU shown as black and white.
    """
    options = {"figsize": (11.5, 7.4), "height_ratios": [1.5, 1]}
    fig, axes = panels.sheet(title, 2, 3, **options)
    z, y, x = np.rint(index).astype(int)
    planes = (hu[z], x, y), (hu[:, y], x, z), (hu[:, :, x], y, z)
    half = cuts.shape[-1] / 2
    for column, (name, (plane, right, down)) in enumerate(zip(VIEWS, planes, strict=True)):
        top, below = axes[:, column]
        top.imshow(plane, cmap=GREYS, vmin=window[0], vmax=window[1])
        frame = {"fill": False, "edgecolor": COLOURS["mean"], "linewidth": 3}
        top.add_patch(Rectangle((right - half, down - half), 2 * half, 2 * half, **frame))
        top.set_title(name, fontsize=16, fontweight="normal")
        below.imshow(cuts[column], cmap=GREYS, vmin=0, vmax=255)
        top.axis("off")
        below.axis("off")
    alt = (
        f"{title}. A chest in axial, coronal and sagittal section, window {window[0]:.0f} to "
        f"{window[1]:.0f} HU, with a frame around this place, {hu[z, y, x]:.0f} HU; below, the "
        f"three patches of {cuts.shape[-1]} × {cuts.shape[-1]} voxels that are cut out there."
    )
    return Drawn(fig, alt)


def free_response(
    table: pd.DataFrame, *, names: Sequence[str], title: str, ceiling: float
) -> Drawn:
    """Sensitivity over false positives a scan, a colour a detector; seeds thin, their mean thick.

    ``table``: ``arm, seed, rate, sensitivity``; dots mark the seven ``RATES`` where they are in it.
    ``ceiling``: the share of nodules among the candidates, which no curve can pass.
    """
    fig, ax = panels.sheet(title, figsize=(11.5, 6.6))
    options = {"x": "rate", "y": "sensitivity", "hue": "arm", "unit": "seed"}
    panels.repeats(ax, table, names=names, **options)
    limit = {"color": COLOURS["ink"], "lw": 1.5}
    handles, said = [Line2D([], [], **limit)], []
    ax.axhline(ceiling, **limit)
    for name, colour, mark, dash in zip(names, CATEGORICAL, MARKERS, DASHES, strict=False):
        mean = table[table["arm"] == name].groupby("rate")["sensitivity"].mean()
        at = [rate for rate in RATES if np.isclose(mean.index, rate).any()]
        values = [mean[np.isclose(mean.index, rate)].iloc[0] for rate in at]
        ax.plot(at, values, mark, color=colour, ms=9)
        handles.append(Line2D([], [], color=colour, ls=dash, lw=3, marker=mark))
        said.append(f"{name} {values[at.index(1)]:.2f}")
    ax.set_xscale("log")
    ax.set_xticks(RATES, RATE_NAMES)
    ax.set_xticks([], minor=True)
    ax.set(xlabel=f"{PER_SCAN} (each step doubles)", xlim=(RATES[0] / 1.15, RATES[-1] * 1.15))
    ax.set(ylabel="sensitivity: share of nodules marked", ylim=(-0.02, 1.02))
    below = {"loc": "outside lower left", "ncols": 2, "handlelength": 6}
    ax.figure.legend(handles, ["all candidates", *names], **below)
    n_seeds = table["seed"].nunique()
    lines = f", thin lines are {n_seeds} seeds" if n_seeds > 1 else ""
    alt = (
        f"{title}. A rising curve a detector over {PER_SCAN}{lines}. Sensitivity at 1: "
        f"{listing(said, 8)}. A line at {ceiling:.2f}: all candidates."
    )
    return Drawn(fig, alt)


def ranked(cuts: np.ndarray, is_hit: np.ndarray, *, title: str, columns: int = 8) -> Drawn:
    """Candidates' axial patches from the best score down, nodules framed.

    ``cuts``: (n, 3, size, size) uint8; ``is_hit``: (n,).
    """
    rows = int(np.ceil(len(cuts) / columns))
    fig, axes = panels.sheet(title, rows, columns, figsize=(11.5, 1.62 * rows + 0.8))
    for place, ax in enumerate(np.ravel(axes)):
        ax.axis("off")
        if place < len(cuts):
            ax.imshow(cuts[place, 0], cmap=GREYS, vmin=0, vmax=255)
            name, colour = ("nodule", "mean") if is_hit[place] else ("", "ink")
            ax.set_title(f"{place + 1} {name}", fontsize=14, color=COLOURS[colour])
            if is_hit[place]:
                ax.axis("on")
                ax.set(xticks=[], yticks=[])
                for side in ax.spines.values():
                    side.set(visible=True, color=COLOURS["mean"], linewidth=4)
    found = [str(place + 1) for place in np.flatnonzero(is_hit)]
    said = f"nodules at places {listing(found, 30)}" if found else "no nodule among them"
    alt = f"{title}. The axial patches of {len(cuts)} candidates from the best score down: {said}."
    return Drawn(fig, alt)


def scores(means: pd.DataFrame, differences: pd.DataFrame, *, title: str) -> Drawn:
    """Left: each detector's seven-point mean; right: differences of two; both with intervals.

    An interval that includes 0 is a grey diamond.

    ``means``: ``arm, estimate, low, high``; ``differences``: ``arm, control, estimate, low, high``.
    """
    fig, (left, right) = panels.sheet(title, 1, 2, figsize=(11.5, 6.6), width_ratios=[1, 1.1])
    minus = [f"({name})" if " + " in name else name for name in differences["control"]]
    pairs = [f"{arm}\n− {name}" for arm, name in zip(differences["arm"], minus, strict=True)]
    for ax, table, names in ((left, means, list(means["arm"])), (right, differences, pairs)):
        at = np.arange(len(table))[::-1]
        is_open = ((table["low"] <= 0) & (table["high"] >= 0)).to_numpy()
        for here, fmt, colour in ((~is_open, "o", "network"), (is_open, "D", "neutral")):
            if here.any():
                panels.intervals(ax, table[here], at[here], fmt=fmt, color=COLOURS[colour])
        ax.set_yticks(at, names)
        ax.set(ylim=(-0.6, len(table) - 0.4))
    left.set(xlabel="mean sensitivity\nat seven rates", xlim=(0, None))
    right.axvline(0, color=COLOURS["ink"], lw=1.5)
    right.set(xlabel="difference of two means\n(diamond: includes 0)")
    said = [
        f"{name} {interval(row.estimate, row.low, row.high, '.2f')}"
        for table, names in ((means, list(means["arm"])), (differences, pairs))
        for name, row in zip((n.replace("\n", " ") for n in names), table.itertuples(), strict=True)
    ]
    return Drawn(fig, f"{title}. Dots with 95 % intervals. {'; '.join(said)}.")


def found_by(
    table: pd.DataFrame, *, names: Mapping[str, str], title: str, limit: str | None = None
) -> Drawn:
    """Which share of the nodules is found, by group: a row of marks a group, a mark a detector.

    ``table``: ``group``, ``n`` and a column of shares for each of ``names``, column → label; the
    column ``limit`` is what no detector can pass, a black bar.
    """
    fig, ax = panels.sheet(title, figsize=(11.5, 6))
    at = np.arange(len(table))[::-1].astype(float)
    for k, (column, label) in enumerate(names.items()):
        style = {"color": CATEGORICAL[k], "marker": MARKERS[k], "ms": 13}
        if column == limit:
            style = {"color": COLOURS["ink"], "marker": "|", "ms": 24, "mew": 3}
        height = at - 0.16 * (k - (len(names) - 1) / 2)
        ax.plot(table[column], height, ls="", label=label, **style)
    ax.set_yticks(at, [f"{row.group} (n = {row.n})" for row in table.itertuples()])
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.6, len(table) - 0.4), xlabel="share of the nodules")
    panels.legend_below(ax, columns=2)
    said = [
        f"{row.group}: "
        + listing([f"{label} {getattr(row, 'share' + str(k)):.2f}" for k, label in labels], 9)
        for labels in [list(enumerate(names.values()))]
        for row in table.rename(columns={c: f"share{k}" for k, c in enumerate(names)}).itertuples()
    ]
    return Drawn(fig, f"{title}. {'; '.join(said)}.")


# --- boxes on a photograph ------------------------------------------------------------------------


def boxes(
    picture: np.ndarray,
    sets: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    title: str,
) -> Drawn:
    """The same picture with several sets of boxes: name → boxes (n, 4) and which are hits (n,).

    Hits are drawn thick, false positives thin.
    """
    fig, axes = panels.sheet(title, 1, len(sets), figsize=(11.5, 7.6))
    said = []
    for ax, (name, (some, is_hit)) in zip(np.atleast_1d(axes), sets.items(), strict=True):
        ax.imshow(picture)
        ax.axis("off")
        for box, hit in zip(some, is_hit, strict=True):
            _frame(ax, box, bool(hit))
        text = f"{name}: {len(some)} boxes,\n{int(np.sum(is_hit))} on a mole"
        ax.set_title(text, fontsize=15, fontweight="normal")
        said.append(text.replace("\n", " "))
    alt = f"{title}. A drawn back with moles and frames on it, hits thick, others thin. "
    return Drawn(fig, alt + "; ".join(said) + ".")


def _frame(ax: Axes, box: np.ndarray, is_hit: bool) -> None:
    top, left, bottom, right = box
    colour, width = (COLOURS["network"], 3) if is_hit else (COLOURS["ink"], 0.9)
    style = {"fill": False, "edgecolor": colour, "linewidth": width}
    ax.add_patch(Rectangle((left, top), right - left, bottom - top, **style))


def precision_recall(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], *, title: str) -> Drawn:
    """Precision over recall, a line a detector: name → precision and recall, (n,) each."""
    fig, ax = panels.sheet(title, figsize=(11.5, 5.8))
    for (name, (precision, recall)), colour, dash in zip(
        curves.items(), CATEGORICAL, DASHES, strict=False
    ):
        ax.plot(recall, precision, color=colour, ls=dash, label=name)
    ax.set(xlabel="recall: share of true boxes found", ylabel="precision: share of boxes right")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
    panels.legend_below(ax)
    ends = [
        f"{name} ends at recall {recall[-1]:.2f} with precision {precision[-1]:.2f}"
        for name, (precision, recall) in curves.items()
    ]
    return Drawn(fig, f"{title}. {'; '.join(ends)}.")
