"""Forest plots: estimates with their intervals, one below the other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, MARKERS
from dermlab.text import number


def intervals(
    table: pd.DataFrame,
    *,
    y: str,
    unit: str,
    title: str,
    hue: str | None = None,
    order: Sequence[str] = (),
    col: str | None = None,
    known: str = "",
    digits: int | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Estimates with their intervals: a line a ``y``, a mark a ``hue``, a panel a ``col``.

    ``table`` has the columns that these three name and ``estimate``, ``low``, ``high`` in ``unit``
    (bounds may be NaN); a column ``reference`` is drawn as a line at each row and called ``known``.
    ``order`` names all that ``hue`` may be, so that each keeps its look in a figure of some.
    Without ``hue``, an interval that holds its reference is a grey diamond, and ``digits`` writes
    each estimate with so many decimals. Everything stands in the order in which it first occurs.
    """
    names, groups, facets = (
        list(dict.fromkeys(table[column])) if column else [None] for column in (y, hue, col)
    )
    keys = [column for column in (y, col) if column]
    beside = len(groups) if table.duplicated(keys).any() else 1  # marks on one line
    lines = max(beside, 1 + max(str(name).count("\n") for name in names))
    size = (11.6, 2.3 + len(names) * min(0.45 + 0.2 * lines, 1.0))
    figure, axes = panels.sheet(title, 1, len(facets), figsize=size, sharey=True, squeeze=False)
    for ax, facet in zip(axes[0], facets, strict=True):
        rows = table if facet is None else table[table[col] == facet]
        place = np.array([names.index(name) for name in rows[y]], float)
        if "reference" in rows:
            levels = rows["reference"].to_numpy()
            style = {"color": COLOURS["ink"], "lw": 3, "ls": ":", "label": known or None}
            ax.vlines(levels, place - 0.45, place + 0.45, **style)
        if hue is None:
            _against_reference(
                ax, rows, place, digits, "its interval includes it" if known else None
            )
        else:
            _groups(ax, rows, place, rows[hue], groups, order or groups, beside)
        ax.set(xlabel=unit, title=facet or "", xlim=limits)
        ax.grid(axis="y", visible=False)
    axes[0, 0].set_yticks(range(len(names)), names, fontsize=15)
    axes[0, 0].set_ylim(len(names) - 0.45, -0.55)
    fullest = max(axes[0], key=lambda ax: len(ax.get_legend_handles_labels()[0]))
    if fullest.get_legend_handles_labels()[0]:
        panels.legend_below(fullest)
    return figure


def _groups(
    ax: Axes,
    rows: pd.DataFrame,
    place: np.ndarray,
    group: pd.Series,
    groups: Sequence[str],
    order: Sequence[str],
    beside: int,
) -> None:
    """Each group in its own colour and with its own mark, ``beside`` of them above each other."""
    looks = dict(zip(order, zip(CATEGORICAL, MARKERS, strict=True), strict=False))
    for k, name in enumerate(groups):
        (colour, marker), here = looks[name], (group == name).to_numpy()
        shift = 0 if beside == 1 else 0.6 * (k - (beside - 1) / 2) / beside
        if here.any():
            style = {"fmt": marker, "color": colour, "label": name}
            panels.intervals(ax, rows[here], place[here] + shift, **style)


def _against_reference(
    ax: Axes, rows: pd.DataFrame, place: np.ndarray, digits: int | None, label: str | None
) -> None:
    """Estimates whose interval holds the reference are grey diamonds, called ``label``."""
    level = rows.get("reference", np.nan)
    holds = ((rows["low"] <= level) & (rows["high"] >= level)).to_numpy()
    for which, marker, colour, name in (
        (~holds, "o", "network", None),
        (holds, "D", "neutral", label),
    ):
        if which.any():
            style = {"fmt": marker, "color": COLOURS[colour], "label": name}
            panels.intervals(ax, rows[which], place[which], **style)
    if digits is not None:
        for estimate, high, at in zip(rows["estimate"], rows["high"], place, strict=True):
            beside = {"xytext": (10, 0), "textcoords": "offset points", "va": "center"}
            ax.annotate(number(estimate, digits), (high, at), **beside)
        ax.margins(x=0.12)
