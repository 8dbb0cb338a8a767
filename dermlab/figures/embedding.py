"""Maps of many images: as pictures and as coloured points; neighbours; purity beside chance."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from dermlab.figures import forest, panels
from dermlab.figures.style import CATEGORICAL, COLOURS, MARKERS, Drawn
from dermlab.text import interval, listing

Marks = Mapping[str, tuple[str, str]]  # label → colour and marker

# Epidermal round, melanocytic triangular; benign cool, malignant warm or black.
FOUR: Marks = {
    "benign epidermal": (COLOURS["benign epidermal"], "o"),
    "malignant epidermal": (COLOURS["malignant epidermal"], "o"),
    "benign melanocyte": (COLOURS["benign melanocyte"], "^"),
    "malignant melanoma": (COLOURS["malignant melanoma"], "^"),
}
RETURNING = "the lesion of lesson 00"
SIDE_BY_SIDE = (1, 2), (11.6, 6.9), 0.11, 0.34  # panels, inches, pictures' distance and zoom
STAR = {"marker": "*", "s": 650, "c": CATEGORICAL[8], "edgecolors": COLOURS["ink"], "zorder": 5}


def marks(labels: Sequence) -> Marks:
    """A colour and a marker for each label, in sorted order."""
    names = sorted(set(map(str, labels)))
    return dict(zip(names, zip(CATEGORICAL, MARKERS, strict=True), strict=False))


def pictures(shown: np.ndarray, images: np.ndarray, labels: Sequence[str]) -> Drawn:
    """Every lesion a dot of the map ``shown`` (n, 2); beside it some as pictures, as in Fig. 4.

    A picture stands at its dot's place, where no other does yet, framed in its group's colour.
    ``images`` (n, size, size, 3) uint8; ``labels`` (n,), each a key of `FOUR` or `RETURNING`, which
    is a star.
    """
    labels = np.asarray(labels).astype(str)
    n = int((labels != RETURNING).sum())
    title = f"Simulated: {n} lesions, those with similar features are neighbours"
    flat = np.divide(*np.ptp(shown, axis=0)) > 2.5  # then one panel above the other
    layout, size, gap, zoom = ((2, 1), (11.6, 9.4), 0.068, 0.38) if flat else SIDE_BY_SIDE
    fig, (every, few) = panels.sheet(title, *layout, figsize=size)
    _points(every, shown, labels, FOUR, size=22)
    every.scatter(*shown[labels == RETURNING].T, **STAR)
    every.set_title("each lesion a dot", fontsize=16, fontweight="normal")
    _points(few, shown, labels, FOUR, size=0)
    chosen = [i for i in apart(shown, gap) if labels[i] != RETURNING]
    for i in chosen:
        picture = OffsetImage(images[i], zoom=zoom * 96 / images.shape[1])
        frame = {"edgecolor": FOUR[labels[i]][0], "linewidth": 3.5}
        few.add_artist(AnnotationBbox(picture, shown[i], pad=0.12, bboxprops=frame, zorder=3))
    few.set_title(
        f"{len(chosen)} of them as pictures, same places", fontsize=16, fontweight="normal"
    )
    star = Line2D([], [], ls="", marker="*", color=STAR["c"], mec=COLOURS["ink"], ms=18)
    star.set_label(RETURNING)
    _legend(fig, FOUR, more=(star,), columns=3)
    alt = (
        f"A map without axes, twice: {n} lesions as dots, and {len(chosen)} of them as pictures. "
        f"{_places(shown, labels, FOUR)} The {(labels == RETURNING).sum()} stars are photographs "
        f"of {RETURNING}, at {listing([_place(shown, at) for at in shown[labels == RETURNING]])}."
    )
    return Drawn(fig, alt)


def nearest(
    picture: np.ndarray,
    group: str,
    images: Sequence[np.ndarray],
    labels: Sequence[str],
    share: Sequence[float],
) -> Drawn:
    """The returning lesion and its nearest neighbours, nearest first, framed in their groups.

    ``picture`` (size, size, 3) uint8, of ``group``; ``share`` (k,): each neighbour's probability.
    """
    k, most = len(images), max(FOUR, key=list(labels).count)
    title = (
        f"{RETURNING.capitalize()}, a {group}:\n"
        f"{list(labels).count(most)} of its {k} nearest neighbours are {most}"
    )
    names = [f"{_two_lines(name)}\np = {p:.2f}" for name, p in zip(labels, share, strict=True)]
    columns = -(-(k + 1) // 2)
    fig, axes = panels.sheet(title, 2, columns, figsize=(11.6, 6.4))
    panels.tiles([picture, *images], [f"lesson 00:\n{_two_lines(group)}", *names], axes.flat)
    for ax, name in zip(axes.flat, [group, *labels], strict=False):
        ax.set_axis_on()
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
        ax.spines[:].set(visible=True, lw=4, color=FOUR[name][0])
    rows = [f"{name} {p:.2f}" for name, p in zip(labels, share, strict=True)]
    alt = f"{RETURNING}, a {group}, and its {k} nearest, with probabilities: {', '.join(rows)}."
    return Drawn(fig, alt)


def twins(
    shown: Mapping[str, np.ndarray],
    labels: Sequence[str],
    purity: Mapping[str, tuple[float, float]],
) -> Drawn:
    """Maps of the same lesions by several networks, the untrained one first.

    ``purity``: name → in the network's own dimensions and on the map.
    """
    said = [f"{name} {on_map:.2f}" for name, (_, on_map) in purity.items()]
    title = f"Simulated: neighbours of the same group, on these maps:\n{', '.join(said)}"
    names = {
        name: f"{name}\nown dimensions {space:.2f}, map {on_map:.2f}"
        for name, (space, on_map) in purity.items()
    }
    by_name = {names[name]: points for name, points in shown.items()}
    alt = "Simulated: maps of the same lesions. " + " ".join(
        f"{name.replace(chr(10), ': purity in its ')}. {_places(points, labels, FOUR)}"
        for name, points in by_name.items()
    )
    return Drawn(maps(by_name, labels, title=title).figure, alt)


def starts(
    shown: Mapping[str, np.ndarray], labels: Sequence[str], purity: Mapping[str, float]
) -> Drawn:
    """Maps of the same features that t-SNE began from several places; ``purity``: name → map."""
    low, high = min(purity.values()), max(purity.values())
    title = (
        f"The same features, {len(shown)} starts, {len(shown)} maps:\n"
        f"purity from {low:.2f} to {high:.2f}"
    )
    by_name = {f"{name}\npurity {purity[name]:.2f}": points for name, points in shown.items()}
    alt = "Maps of the same features. " + " ".join(
        f"{name.replace(chr(10), ', ')}: {_places(points, labels, FOUR)}"
        for name, points in by_name.items()
    )
    return Drawn(maps(by_name, labels, title=title).figure, alt)


def planted(
    truth: np.ndarray, shown: np.ndarray, labels: Sequence[str], ratios: pd.DataFrame, of: Marks
) -> Drawn:
    """The first two dimensions of a planted truth, and its map.

    ``ratios``: rows ``planted`` and ``shown``, a column for each thing that is compared.
    """
    said = [
        f"{what}: {row.planted:.1f} planted, {row.shown:.1f} on the map"
        for what, row in zip(ratios.columns, ratios.T.itertuples(), strict=True)
    ]
    both = {"what was planted (two of ten dimensions)": truth[:, :2], "its map": shown}
    fig = maps(both, labels, title="\n".join(said), of=of).figure
    places = [f"{name}: {_places(points, labels, of)}" for name, points in both.items()]
    return Drawn(fig, f"{'; '.join(said)}. {' '.join(places)}")


def colourings(
    shown: np.ndarray, labels: Mapping[str, Sequence[str]], shares: Mapping[str, float]
) -> Drawn:
    """One map, coloured by each of ``labels`` (name → (n,)); ``shares``: name → the share of the
    neighbours on the map that have the lesion's colour."""
    said = [f"{name} {share:.2f}" for name, share in shares.items()]
    title = f"Share of a lesion's neighbours on the map with its colour:\n{', '.join(said)}"
    chance = {f"{name}, at random {_at_random(of):.2f}": of for name, of in labels.items()}
    fig = maps(dict.fromkeys(chance, shown), chance, title=title, of=None).figure
    places = [f"{name}: {_places(shown, of, marks(of))}" for name, of in chance.items()]
    return Drawn(fig, f"{title.replace(chr(10), ' ')}. {' '.join(places)}")


def purities(table: pd.DataFrame, *, title: str, unit: str, known: str) -> Drawn:
    """Purities or AUCs with intervals: a row a ``what``, a mark a ``where``, beside ``chance``."""
    fig = forest.intervals(
        table.rename(columns={"chance": "reference"}),
        y="what",
        hue="where",
        title=title,
        unit=unit,
        known=known,
        limits=(0, 1.01),
    )
    rows = [
        f"{row.what}, {row.where}: {interval(row.estimate, row.low, row.high, '.2f')}"
        for row in table.itertuples()
    ]
    return Drawn(fig, f"{unit}, with 95 % intervals. {'; '.join(rows)}.".replace("\n", " "))


def apart(shown: np.ndarray, share: float) -> list[int]:
    """Points, in their order, that lie further than ``share`` of the map's size from those before.

    The size is the longer side's; measured along the axes, since pictures are squares.
    """
    chosen: list[int] = []
    place = shown / np.ptp(shown, axis=0).max()
    for i in range(len(shown)):
        if all(np.abs(place[i] - place[j]).max() > share for j in chosen):
            chosen.append(i)
    return chosen


def maps(
    shown: Mapping[str, np.ndarray],
    labels: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    title: str,
    of: Marks | None = FOUR,
    columns: int | None = None,
) -> Drawn:
    """Maps (n, 2) side by side, each under its name. A map has no unit and no direction: no axes.

    ``shown``: name → map; ``labels`` (n,): of all panels, or of each by its name; with ``of=None``
    each panel has a legend.
    """
    columns = columns or min(len(shown), 4)
    rows = -(-len(shown) // columns)
    lines = max(name.count("\n") + 1 for name in shown) + (of is None)
    high = rows * (0.8 * 11.6 / columns + 0.3 * lines) + 1.1 + 0.3 * title.count("\n")
    fig, axes = panels.sheet(title, rows, columns, figsize=(11.6, high), squeeze=False)
    for ax in list(axes.flat)[len(shown) :]:
        ax.axis("off")
    for ax, (name, points) in zip(axes.flat, shown.items(), strict=False):
        named = labels[name] if isinstance(labels, Mapping) else labels
        _points(ax, points, named, of or marks(named), size=14 if columns > 2 else 22)
        ax.set_title(name, fontsize=16 if columns < 4 else 14, fontweight="normal")
        if of is None:
            _legend(ax, marks(named), loc="upper center", bbox_to_anchor=(0.5, 0.0), columns=3)
    if of is not None:
        _legend(fig, of)
    return Drawn(fig, f"{title}: {listing([name.replace(chr(10), ', ') for name in shown], 12)}.")


def _points(ax: Axes, shown: np.ndarray, labels: Sequence, of: Marks, *, size: float) -> None:
    labels = np.asarray(labels).astype(str)
    for name, (colour, marker) in of.items():
        x, y = shown[labels == name].T
        ax.scatter(x, y, s=size, c=colour, marker=marker, alpha=0.75, linewidths=0)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=COLOURS["join"])


def _legend(
    where: Figure | Axes, of: Marks, columns: int = 4, more: Sequence[Line2D] = (), **place
) -> None:
    keys = [
        Line2D([], [], ls="", marker=marker, color=colour, ms=11, label=name)
        for name, (colour, marker) in of.items()
    ]
    keys, place = [*keys, *more], place or {"loc": "outside lower left"}
    where.legend(handles=keys, ncols=columns, handletextpad=0.2, columnspacing=1, **place)


def _at_random(labels: Sequence) -> float:
    """The purity to be expected of places at random: the sum of the labels' squared shares."""
    return float(np.square(pd.Series(labels).value_counts(normalize=True)).sum())


def _two_lines(name: str) -> str:
    return name.replace(" ", "\n", 1)


def _places(shown: np.ndarray, labels: Sequence, of: Marks) -> str:
    """How many of each label there are, and where their middle lies."""
    labels = np.asarray(labels).astype(str)
    rows = [
        f"{(labels == name).sum()} {name}, middle at {_place(shown, shown[labels == name])}"
        for name in of
    ]
    return f"{'; '.join(rows)}."


def _place(shown: np.ndarray, points: np.ndarray) -> str:
    """Where the mean of ``points`` lies, in per cent of the dots' width and height."""
    middle = np.atleast_2d(points).mean(axis=0) - shown.min(axis=0)
    x, y = np.round(100 * middle / np.ptp(shown, axis=0)).astype(int)
    return f"{x} % from the leftmost and {y} % from the lowest dot"
