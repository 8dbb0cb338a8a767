"""What several figures share: the titled sheet, the legend below, the plane of a ROC plot, repeats.

On the ROC plane sensitivity lies to the right and specificity upwards, as in the paper's Fig. 3, so
the best corner is at the top right: red points are readers, the green cross is their mean ± 1 SD,
blue is a network.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from dermlab.evaluation.intervals import Estimate
from dermlab.figures.style import CATEGORICAL, COLOURS, DASHES
from dermlab.text import plural

ON_PAPER = {"facecolor": COLOURS["paper"], "edgecolor": "none", "pad": 2}  # behind words


def sheet(title: str, rows: int = 1, columns: int = 1, **options) -> tuple:
    """A figure under its title and its axes; ``options`` as for `matplotlib.pyplot.subplots`."""
    figure, axes = plt.subplots(rows, columns, **options)
    figure.suptitle(title, x=0.01, ha="left")
    return figure, axes


def legend_below(ax: Axes, columns: int | None = None) -> None:
    """The legend of ``ax`` below all panels of its figure, in one row where it fits into one."""
    handles, labels = ax.get_legend_handles_labels()
    columns = columns or (len(labels) if sum(map(len, labels)) + 8 * len(labels) < 110 else 2)
    ax.figure.legend(handles, labels, loc="outside lower left", ncols=columns)


def tiles(images: Sequence[np.ndarray], names: Sequence[str], axes: Iterable[Axes]) -> None:
    """Pictures without axes, each under its name; axes that are left over stay empty."""
    axes = list(axes)
    for ax in axes:
        ax.axis("off")
    for ax, image, name in zip(axes, images, names, strict=False):
        ax.imshow(image, interpolation="nearest")
        ax.set_title(name, fontsize=15, fontweight="normal")


def intervals(ax: Axes, table: pd.DataFrame, at, *, upright: bool = False, **style) -> None:
    """Points with their intervals: ``estimate``, ``low``, ``high`` at the places ``at`` (n,).

    Lines lie along x at heights ``at``, or, ``upright``, along y; bounds may be NaN.
    """
    middle = table["estimate"].to_numpy(float)
    bounds = np.clip([middle - table["low"], table["high"] - middle], 0, None)
    place = {"x": at, "y": middle, "yerr": bounds} if upright else {"x": middle, "y": at}
    bounds = {} if upright else {"xerr": bounds}
    ax.errorbar(**place, **bounds, **{"fmt": "o", "ms": 11, "elinewidth": 3.5} | style)


def repeats(
    ax: Axes, table: pd.DataFrame, *, x: str, y: str, hue: str, names: Sequence[str], unit: str
) -> None:
    """Lines of ``y`` over ``x``: thin ones of each ``unit`` (a seed), thick ones of their mean.

    A colour and a dash for each of ``names``, the values of the column ``hue``, in their order.
    """
    for name, colour, dash in zip(names, CATEGORICAL, DASHES, strict=False):
        line = {"data": table[table[hue] == name], "x": x, "y": y, "color": colour, "ls": dash}
        line |= {"ax": ax, "legend": False}
        sns.lineplot(**line, units=unit, estimator=None, lw=1, alpha=0.5)
        sns.lineplot(**line, errorbar=None, lw=4, label=name)


def dots(
    ax: Axes,
    groups: Mapping[str, np.ndarray],
    colours: Sequence[str] = CATEGORICAL,
    *,
    upright: bool = True,
    middle: Callable[[np.ndarray], float] = np.mean,
) -> None:
    """A column of dots a group (a row, if not ``upright``), side by side, and a bar at the middle.

    ``groups``: name → values (n,); ``middle`` makes the bar of them. The same values lie in the
    same places each time.
    """
    names = list(groups)
    table = pd.DataFrame([(name, value) for name in names for value in groups[name]])
    axis = {"x": 0, "y": 1} if upright else {"x": 1, "y": 0}
    style = {"hue": 0, "palette": list(colours)[: len(names)], "size": 8, "alpha": 0.7}
    sns.swarmplot(table, order=names, hue_order=names, legend=False, ax=ax, **axis, **style)
    for at, values in enumerate(groups.values()):
        line = ax.hlines if upright else ax.vlines
        line(middle(np.asarray(values)), at - 0.35, at + 0.35, color=COLOURS["ink"], lw=4, zorder=4)
    ax.set(xlabel="", ylabel="")


# --- the plane of a ROC plot ----------------------------------------------------------------------


def plane(ax: Axes, low: float = 0.0) -> None:
    """Sensitivity and specificity from ``low`` to 1, with few ticks, as a square."""
    ax.set(xlim=(low, 1.02), ylim=(low, 1.02), aspect="equal", xlabel="sensitivity")
    ticks = np.linspace(low, 1, 5 if low == 0 else 4)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    first, *_, last = ax.get_xticklabels()
    first.set_ha("left")  # so that neighbouring panels' labels stand apart
    last.set_ha("right")


def curve(ax: Axes, rows: pd.DataFrame, label: str | None = None, **style) -> None:
    """A network's curve through ``sensitivity`` and ``specificity``, a row a threshold.

    Straight from row to row: a staircase, slanted only where scores are tied.
    """
    style = {"color": COLOURS["network"], "lw": 3, "label": label} | style
    ax.plot(rows["sensitivity"], rows["specificity"], **style)


def readers(ax: Axes, points: pd.DataFrame, label: str) -> None:
    """Red points at ``sensitivity`` and ``specificity``, a row a reader."""
    style = {"color": COLOURS["reader"], "edgecolor": COLOURS["paper"], "linewidth": 0.8}
    place = points["sensitivity"], points["specificity"]
    ax.scatter(*place, s=75, zorder=4, alpha=0.85, label=label, **style)


def behind(points: pd.DataFrame) -> str:
    """How many dots lie behind another at the same place: "2 dots behind another"; "" where none.

    ``points``: a row a dot, with ``sensitivity`` and ``specificity``.
    """
    hidden = int(points.duplicated(["sensitivity", "specificity"]).sum())
    return f"{plural(hidden, 'dot')} behind another" if hidden else ""


def mean_reader(ax: Axes, mean: pd.DataFrame, label: str = "their mean ± 1 SD") -> None:
    """The green cross: the one row of ``mean``, as `dermlab.evaluation.readers.mean_reader`."""
    (row,) = mean.itertuples()
    style = {"color": COLOURS["mean"], "zorder": 5}
    centre = row.sensitivity_mean, row.specificity_mean
    spread = {"xerr": row.sensitivity_sd, "yerr": row.specificity_sd}
    ax.errorbar(*centre, **spread, elinewidth=3.5, capsize=6, capthick=3, **style)
    ax.plot([], [], "+", markersize=18, markeredgewidth=3.5, label=label, **style)


def cross(ax: Axes, sensitivity: Estimate, specificity: Estimate, **style) -> None:
    """One point with the intervals of both rates."""
    xerr, yerr = (
        np.clip([[rate.estimate - rate.low], [rate.high - rate.estimate]], 0, None)
        for rate in (sensitivity, specificity)
    )
    ax.errorbar(sensitivity.estimate, specificity.estimate, xerr=xerr, yerr=yerr, **style)
