"""Leaks: what a random split tears apart, what that is worth, and what is told without a pixel."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from dermlab.figures import forest, panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import interval, listing, number, plural

SIDES = {"training": COLOURS["neutral"], "test": COLOURS["note"]}
LINKS = {
    "same lesion": {"color": COLOURS["network"], "linewidth": 5},
    "same patient": {"color": COLOURS["neutral"], "linewidth": 2.5},
    "look alike": {"color": COLOURS["reader"], "linewidth": 3.5, "linestyle": "--"},
}


def torn(rows: Sequence[Sequence[np.ndarray]], sides: Sequence[Sequence[str]]) -> Drawn:
    """A row a lesion: its training photographs left of a line, its test photographs right.

    The line is ragged where it goes through a lesion, and straight where none is torn. ``rows``:
    pictures (size, size, 3) uint8; ``sides``: the same shape, "training" or "test".
    """
    n_torn = sum(len(set(names)) > 1 for names in sides)
    title = f"{n_torn} of {len(rows)} lesions stand on both sides"
    wide = {side: max(1, *(list(names).count(side) for names in sides)) for side in SIDES}
    ratios = [1] * wide["training"] + [0.25] + [1] * wide["test"]  # the line has a column
    size = (11.5, min(11.5 / sum(ratios), 2.3) * len(rows) + 1.1)  # low enough for a projector
    options = {"figsize": size, "width_ratios": ratios, "squeeze": False}
    fig, axes = panels.sheet(title, len(rows), len(ratios), **options)
    panels.tiles([], [], axes.flat)
    for line, pictures, names in zip(axes, rows, sides, strict=True):
        for side, first in (("training", 0), ("test", wide["training"] + 1)):
            shown = [p for p, name in zip(pictures, names, strict=True) if name == side]
            panels.tiles(shown, [""] * len(shown), line[first : first + wide[side]])
            axes[0, first].set_title(side, fontsize=18, color=SIDES[side], loc="left")
    for ax in np.delete(axes, wide["training"], axis=1).flat:
        ax.set_box_aspect(1)
    for ax, names in zip(axes[:, wide["training"]], sides, strict=True):
        x = np.where(np.arange(13) % 2, 0.8, 0.2) if len(set(names)) > 1 else np.full(13, 0.5)
        ax.plot(x, np.linspace(0, 1, 13), color=COLOURS["ink"], lw=2, scalex=False, scaley=False)
    counts = [
        f"lesion {i} has {names.count('training')} in training and {names.count('test')} in test"
        for i, names in enumerate(map(list, sides), start=1)
    ]
    return Drawn(fig, f"{title}. A row of photographs for each: {'; '.join(counts)}.")


def component(edges: pd.DataFrame, alone: Sequence[str] = ()) -> Drawn:
    """Images as dots, joined by what they share; the images of one group lie on one circle.

    ``edges``: ``a, b`` (image ids) and ``why`` (``same lesion``, ``same patient``, ``look alike``);
    ``alone``: images that share nothing.
    """
    circles = [*_islands(edges), *([image] for image in alone)]
    at = _places(circles)
    fig, ax = plt.subplots(figsize=(11.5, 5.4))
    for why, style in LINKS.items():
        for edge in edges[edges["why"] == why].itertuples():
            ax.plot(*zip(at[edge.a], at[edge.b], strict=True), **style)
        ax.plot([], [], label=why, **style)
    for name, (x, y) in at.items():
        ax.plot(x, y, "o", markersize=38, color=COLOURS["paper"], mec=COLOURS["ink"], zorder=3)
        ax.annotate(name, (x, y), ha="center", va="center", fontsize=16, zorder=4)
    title = f"{plural(len(at), 'image')}, {plural(len(circles), 'group')}"
    ax.set_title(title)
    ax.set(aspect="equal")
    ax.margins(0.12)
    ax.axis("off")
    panels.legend_below(ax)
    joined = [f"{edge.a} and {edge.b} ({edge.why})" for edge in edges.itertuples()]
    members = [" ".join(circle) for circle in circles]
    alt = (
        f"{title}: {listing(members, len(members))}. Lines join {listing(joined, len(joined))}; "
        "where there is a way along lines from one image to another, both are of one group."
    )
    return Drawn(fig, alt)


def _islands(edges: pd.DataFrame) -> list[list[str]]:
    """The connected pieces of a few edges, each in alphabetical order."""
    islands: list[set[str]] = []
    for a, b in zip(edges["a"], edges["b"], strict=True):
        touched = [island for island in islands if island & {a, b}]
        islands = [island for island in islands if island not in touched]
        islands.append({a, b}.union(*touched))
    return sorted(sorted(island) for island in islands)


def _places(circles: Sequence[Sequence[str]]) -> dict[str, tuple[float, float]]:
    """Where each image is drawn: the circles side by side."""
    at, left = {}, 0.0
    for circle in circles:
        radius = 0.0 if len(circle) == 1 else 0.32 * len(circle)
        angle = np.pi / 2 + np.linspace(0, 2 * np.pi, len(circle), endpoint=False)
        for name, t in zip(circle, angle, strict=True):
            at[name] = (left + radius + radius * np.cos(t), radius * np.sin(t))
        left += 2 * radius + 1.3
    return at


def nearest(
    tests: Sequence[np.ndarray],
    found: Mapping[str, tuple[Sequence[np.ndarray], Sequence[str]]],
    *,
    of: int,
) -> Drawn:
    """Test photographs above; below each the most similar training photograph, a row a split.

    ``tests``: pictures (size, size, 3) uint8; ``found``: a split → the pictures found in training,
    and what each of them is, beginning with "same lesion" where it is the test photograph's;
    ``of``: how many tests found their own lesion under the first split.
    """
    first, (_, whose) = next(iter(found.items()))
    own = sum(name.startswith("same lesion") for name in whose)
    title = f"{own} of the {of} tests that found their own lesion under {first} folds"
    size = (11.5, 2.55 * (1 + len(found)) + 0.7)
    fig, axes = panels.sheet(title, 1 + len(found), len(tests), figsize=size, squeeze=False)
    panels.tiles(tests, ["test photograph"] * len(tests), axes[0])
    for line, (split, (pictures, names)) in zip(axes[1:], found.items(), strict=True):
        panels.tiles(pictures, [f"{split}: {name}" for name in names], line)
    lines = [
        f"{split}: {listing([' '.join(name.split()) for name in names], len(names))}"
        for split, (_, names) in found.items()
    ]
    alt = (
        f"{title}. Below each of {len(tests)} test photographs stands the training photograph "
        f"whose features are most like it. {'; '.join(lines)}."
    )
    return Drawn(fig, alt)


def wrong_and_right(table: pd.DataFrame, *, unit: str, chance: float) -> Drawn:
    """The same classifiers scored under random folds and under folds that keep patients whole.

    ``table``, a row a classifier: ``name``, ``random``, ``whole`` (both in ``unit``), and their
    ``difference`` with ``low`` and ``high``; ``chance``: what guessing gives.
    """
    n_above = int((table["low"] > 0).sum())
    title = f"{n_above} of {len(table)} scores are lower where patients are kept whole"
    fig, ax = plt.subplots(figsize=(11.5, 1.6 + 0.85 * len(table)))
    y = np.arange(len(table))[::-1]
    ax.hlines(y, table["whole"], table["random"], color=COLOURS["join"], lw=5)
    wrong, right = {"color": COLOURS["reader"]}, {"color": COLOURS["network"]}
    ax.plot(table["random"], y, "X", ms=15, label="random folds", **wrong)
    ax.plot(table["whole"], y, "o", ms=15, label="patients kept whole", **right)
    ax.axvline(chance, color=COLOURS["neutral"], lw=2, ls=":", label="guessing")
    said = [
        interval(*each) for each in table[["difference", "low", "high"]].itertuples(index=False)
    ]
    for row, text, height in zip(table.itertuples(), said, y, strict=True):
        ax.annotate(text, (row.random, height), (14, 0), textcoords="offset points", va="center")
    ax.set_yticks(y, list(table["name"]))
    ax.set_xlim(0, 1.45 * table["random"].max())
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set(xlabel=f"{unit}\n(numbers: the difference and its 95 % interval)")
    ax.set_title(title)
    ax.grid(axis="y", visible=False)
    panels.legend_below(ax)
    lines = [
        f"{row.name}: {number(row.random)} under random folds, {number(row.whole)} with patients "
        f"kept whole, difference {text}"
        for row, text in zip(table.itertuples(index=False), said, strict=True)
    ]
    return Drawn(fig, f"{unit}. {'; '.join(lines)}.")


def flattery(table: pd.DataFrame, *, unit: str, known: str) -> Drawn:
    """How much higher random folds score than whole groups: differences with their intervals.

    ``table``, a row a classifier: ``name``, ``estimate``, ``low``, ``high`` in ``unit``; ``known``:
    what kind of numbers they are.
    """
    n_above = int((table["low"] > 0).sum())
    bound = np.ceil(100 * table["high"].max()) / 100
    counted = f"{n_above} of {len(table)} intervals above 0, all below {bound:.2f}"
    title = f"{known.capitalize()}, not corrected for several comparisons:\n{counted}"
    figure = forest.intervals(
        table.assign(reference=0), y="name", unit=unit, digits=3, title=title, known="no difference"
    )
    lines = [
        f"{' '.join(row.name.split())} {interval(row.estimate, row.low, row.high)}"
        for row in table.itertuples(index=False)
    ]
    alt = f"{' '.join(title.split())}. {unit}, with 95 % intervals: {'; '.join(lines)}."
    return Drawn(figure, alt)


def family(table: pd.DataFrame, *, unit: str) -> Drawn:
    """Differences that were computed together, marked by whether they pass Holm's correction.

    ``table``: ``name``, ``images`` (a panel each), ``estimate``, ``low``, ``high`` in ``unit``, and
    ``p_holm``, the p-value after Holm's correction over all rows.
    """
    passes = table["p_holm"] < 0.05
    n_above = int((passes & (table["estimate"] > 0)).sum())
    n_below = int(passes.sum()) - n_above
    sides = f"{n_above} above 0, {n_below} below"
    title = f"{passes.sum()} of {len(table)} differences are clear: {sides}"
    mark = np.where(passes, "clear, also among so many (Holm)", "open: may be 0 or not")
    rows = table.assign(reference=0, mark=mark)
    ends = 1.1 * table["low"].min(), 1.1 * table["high"].max()  # one scale for all panels
    options = {"unit": unit, "title": title, "known": "no difference", "limits": ends}
    figure = forest.intervals(rows, y="name", hue="mark", col="images", **options)
    lines = [
        f"{' '.join(row.name.split())}, {row.images}, {interval(row.estimate, row.low, row.high)}, "
        f"{row.mark}"
        for row in rows.itertuples(index=False)
    ]
    return Drawn(figure, f"{title}. {unit}, with 95 % intervals: {'; '.join(lines)}.")


def without_pixels(areas: pd.DataFrame, beside: Mapping[str, float]) -> Drawn:
    """AUCs of classifiers that see no pixel, with their intervals; networks' as dashed lines.

    ``areas``: ``seen`` (what the classifier sees), ``estimate``, ``low``, ``high``;
    ``beside``: a network's name → its AUC.
    """
    fig, ax = plt.subplots(figsize=(11, 5.2))
    y = np.arange(len(areas))[::-1]
    bars = {"left": 0.5, "height": 0.55, "color": COLOURS["non_neoplastic"]}
    ax.barh(y, areas["estimate"] - 0.5, **bars)
    panels.intervals(ax, areas, y, fmt="none", color=COLOURS["ink"], elinewidth=2, capsize=5)
    for area, high, height in zip(areas["estimate"], areas["high"], y, strict=True):
        ax.annotate(number(area), (high, height), (8, 0), textcoords="offset points", va="center")
    for name, area in beside.items():
        ax.axvline(area, color=COLOURS["network"], linestyle="--", label=f"{name}: {number(area)}")
    ax.set_yticks(y, list(areas["seen"]))
    ax.set(xlim=(0.5, 1), xlabel="AUC (0.5: guessing)")
    ax.set_title("Malignant or not, classified without looking at the picture")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
    seen = [f"{row.seen} {number(row.estimate)}" for row in areas.itertuples()]
    lines = [f"{name} {number(area)}" for name, area in beside.items()]
    alt = (
        f"Bars: AUCs of classifiers that see no pixel: {'; '.join(seen)}. Dashed lines: "
        f"{'; '.join(lines)}."
    )
    return Drawn(fig, alt)
