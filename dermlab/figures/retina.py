"""The retina of lesson 13: photographs with marks, what detectors see, and who is missed."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.figures import forest, panels
from dermlab.figures.style import CATEGORICAL, COLOURS, GREYS, MARKERS, Drawn
from dermlab.text import number, percent, plural

FOUND, MISSED = COLOURS["network"], COLOURS["reader"]
LOWEST = 0.006  # contrast × mm: where a patient without a lesion is drawn


def gallery(pictures: np.ndarray, names: Sequence[str], *, title: str) -> Drawn:
    """Both eyes of each patient side by side: (n, 2, h, w, 3), the right one first, and a name."""
    rows = -(-len(pictures) // 3)
    fig, axes = panels.sheet(title, rows, 3, figsize=(11.6, 0.9 + 2.45 * rows), squeeze=False)
    both = [np.concatenate(list(pair), axis=1) for pair in pictures]
    panels.tiles(both, names, axes.flat)
    said = "; ".join(names)
    return Drawn(fig, f"{title}. Right and left eye of {plural(len(pictures), 'patient')}: {said}.")


def parts(picture: np.ndarray, marks: pd.DataFrame, *, mm: float, title: str) -> Drawn:
    """One photograph whose parts are named: ``marks``: ``name, x, y, radius`` in mm from its
    middle. A part has a circle, and its name stands beside the picture."""
    fig, ax = panels.sheet(title, figsize=(11.6, 5.9))
    _show(ax, picture, mm)
    edge = picture.shape[1] * mm / 2
    sides = np.where(marks["x"] < 0, -1, 1)
    for side in (-1, 1):
        here = marks[sides == side].sort_values("y")
        heights = np.linspace(-edge * 0.75, edge * 0.75, max(len(here), 2))[: len(here)]
        for row, height in zip(here.itertuples(), heights, strict=True):
            ax.add_patch(
                plt.Circle((row.x, row.y), row.radius, fill=False, lw=2.5, ec=COLOURS["paper"])
            )
            arrow = {"arrowstyle": "-", "lw": 2, "color": COLOURS["join"]}
            place = side * (edge + 0.4), height
            ax.annotate(row.name, (row.x + side * row.radius, row.y), place, va="center",
                        ha="right" if side < 0 else "left", arrowprops=arrow)  # fmt: skip
    ax.set_xlim(-edge - 5, edge + 5)
    return Drawn(fig, f"{title}. Marked are: {', '.join(marks['name'])}.")


def blobs(maps: Mapping[str, np.ndarray], places: np.ndarray, *, title: str) -> Drawn:
    """The same piece of a photograph several times, blobs ringed in the last: name → (h, w) or
    (h, w, 3); ``places`` (n, 2), rows and columns."""
    fig, axes = panels.sheet(title, 1, len(maps), figsize=(11.6, 4.6))
    panels.tiles(list(maps.values()), list(maps), axes)
    for ax in axes:
        for image in ax.images:
            image.set_cmap(GREYS)
    _ring(axes[-1], places)
    ringed = plural(len(places), "place")
    return Drawn(fig, f"{title}. Panels: {', '.join(maps)}. Ringed in the last: {ringed}.")


def real(patch: np.ndarray, in_patch: np.ndarray, eye: np.ndarray, in_eye: np.ndarray) -> Drawn:
    """Rings on two real photographs: (n, 2) rows and columns of what the filter alone finds in the
    patch, and of what the taught detectors find in the eye."""
    title = (
        f"Real photographs: the filter alone rings {plural(len(in_patch), 'place')} on a patch;\n"
        f"the taught detectors ring {len(in_eye)} on a normal eye, all {len(in_eye)} false"
    )
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 6.4))
    names = ("patch with microaneurysms: filter", "normal left eye: taught detectors")
    panels.tiles([patch, eye], names, axes)
    axes[0].images[0].set_cmap(GREYS)
    for ax, places in zip(axes, (in_patch, in_eye), strict=True):
        _ring(ax, places)
    return Drawn(fig, f"{title.replace(chr(10), ' ')}. Two different steps, a panel each.")


def _show(ax: Axes, picture: np.ndarray, mm: float) -> None:
    half = np.array(picture.shape[:2]) * mm / 2
    ax.imshow(picture, extent=(-half[1], half[1], half[0], -half[0]))
    ax.axis("off")


def _ring(ax: Axes, places: np.ndarray) -> None:
    size = max(ax.images[0].get_array().shape[:2])
    for row, column in places:
        ring = {"fill": False, "lw": 2.5, "ec": CATEGORICAL[8]}
        ax.add_patch(plt.Circle((column, row), 0.045 * size, **ring))


# --- results --------------------------------------------------------------------------------------


def boundary(table: pd.DataFrame, *, n_seeds: int) -> Drawn:
    """The share of patients called referable by grade: ``group, n, estimate, low, high``."""
    rows = table.assign(name=table["group"] + table["n"].map(" ({})".format))
    at = table.set_index("group")["estimate"]
    title = (
        f"Called referable: {percent(at['mild'], 0)} of the mild,\n"
        f"{percent(at['moderate, no oedema'], 0)} of the moderate without oedema"
    )
    unit = f"share called referable (simulated; mean of {n_seeds} trainings)"
    figure = forest.intervals(
        rows, y="name", unit=unit, title=title, digits=2, limits=(-0.03, 1.14)
    )
    said = "; ".join(
        f"{row.group}, {row.n} patients: {row.estimate:.2f}" for row in rows.itertuples()
    )
    return Drawn(figure, f"{title.replace(chr(10), ' ')}. By adjudicated grade: {said}.")


def nearest(patients: pd.DataFrame, missed: pd.Series) -> Drawn:
    """Every referable patient by the number of lesions beyond microaneurysms and the plainest one.

    ``patients``: ``lesions``, ``plainest`` (contrast × mm, NaN without any); ``missed``: bool.
    """
    none = patients["lesions"] == 0
    title = (
        f"Simulated: graded referable, but missed: {int((missed & none).sum())} of "
        f"{int(none.sum())} with neither\nhaemorrhage nor exudate, "
        f"{int((missed & ~none).sum())} of {int((~none).sum())} with one or more"
    )
    fig, ax = panels.sheet(title, figsize=(11.6, 6.2))
    aside = np.exp(0.035 * (np.arange(len(patients)) % 9 - 4))  # dots that would cover each other
    x, y = (1 + patients["lesions"]) * aside, patients["plainest"].fillna(LOWEST).clip(lower=LOWEST)
    rank = missed[none].argsort(kind="stable").argsort()  # a block, the missed last: all are seen
    x[none], y[none] = np.exp(0.11 * (rank % 6 - 2.5)), LOWEST * np.exp(-0.2 * (rank // 6))
    for who, colour, marker, label in (
        (~missed, FOUND, MARKERS[0], "found"),
        (missed, MISSED, MARKERS[2], "missed"),
    ):
        style = {"s": 95, "alpha": 0.75, "edgecolor": COLOURS["paper"]}
        ax.scatter(x[who], y[who], color=colour, marker=marker, label=label, **style)
    ax.set(xscale="log", yscale="log", ylabel="plainest lesion: contrast × diameter (mm)")
    ax.set(xlabel="haemorrhages and exudates in both eyes")
    ticks = [0, 1, 2, 5, 10, 30, 100, 300]
    ax.set_xticks([1 + tick for tick in ticks], [str(tick) for tick in ticks])
    ax.set_yticks([LOWEST, 0.02, 0.05, 0.1, 0.3], ["none", "0.02", "0.05", "0.1", "0.3"])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    alt = f"{title.replace(chr(10), ' ')}. A mark is a referable patient, by the number of "
    return Drawn(fig, f"{alt}haemorrhages and exudates and by the plainest of them.")


def sizes(table: pd.DataFrame, kinds: Sequence[str]) -> Drawn:
    """The share of lesions found, by size and by contrast: ``kind, by, from, to, n`` and interval.

    One panel a measure, a colour a kind. A mark stands at the middle of its class; the last class
    of a kind has no upper end, and its mark stands at most a quarter above its lower one.
    """
    by_contrast = (
        table[table["by"] == "contrast"].groupby("kind")["estimate"].agg(["first", "last"])
    )
    shares = "; ".join(
        f"{kind}s {percent(low, 0)} and {percent(high, 0)}"
        for kind, (low, high) in by_contrast.loc[list(kinds)].T.items()
    )
    title = f"Found at the lowest and at the highest contrast:\n{shares}"
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 6.2), sharey=True)
    units = {"diameter": "diameter (mm)", "contrast": "contrast (share of the green light)"}
    for ax, (by, unit) in zip(axes, units.items(), strict=True):
        for k, kind in enumerate(kinds):
            rows = table[(table["kind"] == kind) & (table["by"] == by)]
            middle = (rows["from"] + rows["to"].clip(upper=1.5 * rows["from"].max())) / 2
            style = {"fmt": MARKERS[k], "ls": "-", "color": CATEGORICAL[k], "label": kind}
            panels.intervals(ax, rows, middle, upright=True, **style)
        ax.set(xlabel=unit, ylabel="share found (simulated)", ylim=(-0.03, 1.03))
        ax.tick_params(labelleft=True)
    panels.legend_below(axes[0])
    shown = table[table["kind"].isin(kinds)]
    is_last = ~shown.duplicated(["kind", "by"], keep="last")
    said = "; ".join(
        f"{row.kind}, {row.by} {row._3:g} {'or more' if last else f'to {row.to:g}'}: "
        f"{number(row.estimate, 2)} of {row.n}"
        for row, last in zip(shown.itertuples(), is_last, strict=True)
    )
    return Drawn(fig, f"{title.replace(chr(10), ' ')}. {said}.")


def arms(means: pd.DataFrame, *, title: str) -> Drawn:
    """AUC of each system with its interval over trainings and patients: ``arm, estimate, low,
    high, n_seeds, n_patients``."""
    first = means.iloc[0]
    unit = f"AUC, simulated ({first['n_seeds']} trainings, {first['n_patients']} patients)"
    rows = means.assign(reference=0.5)
    figure = forest.intervals(
        rows, y="arm", unit=unit, title=title, digits=2, known="chance", limits=(0.4, 1.05)
    )
    said = "; ".join(
        f"{row.arm} {row.estimate:.2f} ({row.low:.2f} to {row.high:.2f})"
        for row in means.itertuples()
    )
    return Drawn(figure, f"{title}. AUC by system: {said}.")


def curves(lines: Mapping[str, Sequence[pd.DataFrame]], points: pd.DataFrame) -> Drawn:
    """ROC curves of every training, a panel a system, and the threshold that was fixed beforehand.

    ``lines``: system → curves (`dermlab.evaluation.roc.curve`); ``points``: ``arm, sensitivity,
    specificity``, a row a training.
    """
    title = "Simulated: the same threshold rule lands elsewhere in each training"
    fig, axes = panels.sheet(title, 1, len(lines), figsize=(11.6, 5))
    said = []
    for ax, (name, of) in zip(np.atleast_1d(axes), lines.items(), strict=True):
        for curve in of:
            panels.curve(ax, curve, lw=1.5, alpha=0.7)
        here = points[points["arm"] == name]
        dot = {"ms": 11, "color": COLOURS["ink"], "mec": COLOURS["paper"], "zorder": 4}
        ax.plot(here["sensitivity"], here["specificity"], "o", **dot)
        panels.plane(ax)
        ax.set_ylabel("specificity")
        ax.set_title(fill(name, 22), fontsize=15)
        low, high = here["sensitivity"].min(), here["sensitivity"].max()
        said.append(f"{name}: sensitivity from {low:.2f} to {high:.2f}")
    return Drawn(fig, f"{title}. At the thresholds, black dots: {'; '.join(said)}.")
