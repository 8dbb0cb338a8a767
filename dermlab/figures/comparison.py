"""Did the network win? Verdicts, thresholds that were fixed beforehand, mean readers, margins.

The plane is that of `panels`: sensitivity to the right, specificity upwards. A table of *points* is
that of `dermlab.evaluation.readers`. The paper's readers never share a panel with a network that
saw other images.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dermlab.evaluation.readers import TASKS
from dermlab.evaluation.roc import Point
from dermlab.figures import forest, panels
from dermlab.figures.readers import TASK_TITLES, rates
from dermlab.figures.style import COLOURS, Drawn, pale
from dermlab.text import listing, number

SHOWN = {"network beats": "network", "neither": "join", "equal": "light", "reader beats": "reader"}
NETWORKS_2016 = {"nine-way": "nine classes", "recursive_dividing_1000": "fine classes"}


def twice(points: pd.DataFrame, curve: pd.DataFrame, point: Point, n_lesions: int) -> Drawn:
    """The same readers under a network's whole curve, and beside one fixed point of it.

    ``points`` with the columns ``below`` (bool: some corner of the ``curve`` beats this reader) and
    ``beaten`` (bool: the fixed ``point`` does).
    """
    n = len(points)
    title = f"Simulated: one network, {n} readers, {n_lesions} lesions, counted twice"
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 6.4), sharey=True)
    panels.curve(axes[0], curve, "the network: every threshold")
    axes[0].fill_between(curve["sensitivity"], curve["specificity"], color=COLOURS["light"])
    x, y = point.sensitivity.estimate, point.specificity.estimate
    axes[1].fill_between([0, x], [y, y], color=COLOURS["light"])
    mark = {"fmt": "D", "ms": 13, "elinewidth": 3, "color": COLOURS["network"], "zorder": 6}
    label = "the network: one threshold, 95 % intervals over lesions"
    panels.cross(axes[1], point.sensitivity, point.specificity, label=label, **mark)
    picked, fixed = points["below"], points["beaten"]
    said = (
        f"A dot for each reader, picked afterwards:\nthe curve beats {picked.sum()} of {n} readers",
        f"One dot for all, fixed beforehand:\nit beats {fixed.sum()} of {n} readers",
    )
    for ax, beaten, words in zip(axes, (picked, fixed), said, strict=True):
        _beaten(ax, points, beaten)
        ax.set_title(words, fontsize=16)
        ax.set(xlim=(0.78, 1.01), ylim=(0.5, 1.01), xlabel="sensitivity")
    axes[0].set_ylabel("specificity")
    _one_legend(axes)
    at = f"The fixed dot has sensitivity {number(x, 2)} and specificity {number(y, 2)}"
    return Drawn(fig, _flat(f"{title}. {'; '.join(said)}. {at}."))


def _one_legend(axes: Iterable[Axes]) -> None:
    """One legend below for panels that show different things, each label once."""
    named = {}
    for ax in axes:
        handles, labels = ax.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    ax.figure.legend(named.values(), named.keys(), loc="outside lower left", ncols=2)


def _flat(text: str) -> str:
    """A title's lines as one, for an alt text."""
    return text.replace("\n", " ")


def _beaten(ax: Axes, points: pd.DataFrame, beaten: pd.Series) -> None:
    """Readers as dots: filled where beaten, hollow where not; a number where several coincide."""
    for which, face, label in (
        (beaten, COLOURS["reader"], "a simulated reader, beaten"),
        (~beaten, COLOURS["paper"], "a simulated reader, not beaten"),
    ):
        rows = points[which]
        style = {"s": 95, "facecolor": face, "edgecolor": COLOURS["reader"], "linewidth": 2.2}
        ax.scatter(rows["sensitivity"], rows["specificity"], zorder=5, label=label, **style)
    together = points.groupby(["sensitivity", "specificity"]).size()
    for place, n in together[together > 1].items():
        beside = {"xytext": (-9, -5), "textcoords": "offset points", "ha": "right"}
        ax.annotate(f"{n}×", place, **beside, bbox=panels.ON_PAPER | {"pad": 0.5}, zorder=4)


def kept(table: pd.DataFrame, *, aimed: float) -> Drawn:
    """What became of a sensitivity of ``aimed`` on other lesions than those that fixed it.

    ``table``: a row a ``test`` and set of new lesions (``where``), with ``estimate``, ``low``,
    ``high`` of the sensitivity; the bounds allow for chance in the threshold too.
    """
    includes = ((table["low"] <= aimed) & (aimed <= table["high"])).sum()
    reached = f"{number(table['estimate'].min(), 2)} to {number(table['estimate'].max(), 2)}"
    title = (
        f"Simulated: a threshold fixed in clinic A for a sensitivity of {number(aimed, 2)};\n"
        f"in clinic B {includes} of {len(table)} intervals include it (estimates {reached})"
    )
    rows = table.assign(reference=aimed)
    unit = "sensitivity, 95 % interval over the lesions of both clinics"
    fig = forest.intervals(rows, y="test", hue="where", unit=unit, title=title, known="aimed at")
    said = [f"{row.test}, {row.where}: {_bounds(row)}" for row in table.itertuples()]
    return Drawn(fig, _flat(f"{title}. {'; '.join(said)}."))


def _bounds(row) -> str:
    return f"{number(row.estimate, 2)} ({number(row.low, 2)} to {number(row.high, 2)})"


def counts(table: pd.DataFrame) -> Drawn:
    """How many readers the fixed point beats, and how many beat it: a bar a set of lesions.

    ``table``: a row a test and set of lesions (a MultiIndex of both names), a column a verdict of
    `dermlab.evaluation.against.VERDICTS`, counts of readers.
    """
    n, names = int(table.iloc[0].sum()), [", ".join(key) for key in table.index]
    ahead = (
        table["reader beats"].groupby(level=0, sort=False).agg(lambda x: " → ".join(map(str, x)))
    )
    title = (
        f"Simulated: readers (of {n}) who beat the fixed dot, on other lesions:\n"
        f"{'; '.join(f'{test} {change}' for test, change in ahead.items())}"
    )
    fig, ax = panels.sheet(title, figsize=(11.6, 5.8))
    place, left = np.arange(len(table)), np.zeros(len(table))
    for verdict, colour in SHOWN.items():
        width = table[verdict].to_numpy()
        if width.any():
            ax.barh(place, width, 0.72, left, color=COLOURS[colour], label=verdict)
            _inside(ax, width, left, dark=verdict in ("neither", "equal"))
        left = left + width
    ax.set_yticks(place, names)
    ax.set(ylim=(len(table) - 0.5, -0.5), xlim=(0, n))
    ax.set_xlabel("simulated readers (lesions: malignant + benign)")
    ax.set_xticks(range(0, n + 1, 3))
    ax.grid(axis="y", visible=False)
    panels.legend_below(ax)
    said = [
        f"{name}: {', '.join(f'{verdict} {row[verdict]}' for verdict in SHOWN if row[verdict])}"
        for name, (_, row) in zip(names, table.iterrows(), strict=True)
    ]
    return Drawn(fig, _flat(f"{title}. {'; '.join(said)}."))


def _inside(ax: Axes, width: np.ndarray, left: np.ndarray, *, dark: bool) -> None:
    """Each count in the middle of its piece of bar."""
    style = {"ha": "center", "va": "center", "color": COLOURS["ink" if dark else "paper"]}
    for at, (size, start) in enumerate(zip(width, left, strict=True)):
        if size:
            ax.text(start + size / 2, at, size, fontweight="bold", **style)


# --- the mean reader ------------------------------------------------------------------------------


def shared_curve(
    points: pd.DataFrame, curve: pd.DataFrame, mean: pd.Series, middle: pd.Series
) -> Drawn:
    """Readers who lie on one curve, the mean of their rates, and their mean on the z scale.

    All have ``sensitivity`` and ``specificity``; the right panel is a piece of the left one.
    """
    upwards = curve.sort_values("sensitivity")
    above = np.interp(mean["sensitivity"], upwards["sensitivity"], upwards["specificity"])
    gap = 100 * (above - mean["specificity"])
    side = "below" if gap > 0 else "above"
    title = (
        f"Simulated: {len(points)} readers on one curve; the mean of their rates\n"
        f"lies {number(abs(gap), 1)} percentage points of specificity {side}"
    )
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 6.6))
    for ax in axes:
        panels.curve(ax, curve, "the curve of all of them", zorder=2)
        panels.readers(ax, points, "a reader: own threshold, the same skill")
        cross = {"ms": 17, "color": COLOURS["mean"], "mec": COLOURS["paper"], "zorder": 7}
        ax.plot(*mean, "P", label="mean of the rates", **cross)
        ring = {"mfc": "none", "ms": 20, "mew": 3.5, "color": COLOURS["ink"], "zorder": 6}
        ax.plot(*middle, "o", label="mean on the z scale", **ring)
        ax.set_xlabel("sensitivity")
    axes[0].set(xlim=(0, 1.02), ylim=(0, 1.02), ylabel="specificity", title="the whole plane")
    axes[1].set(xlim=(0.925, 0.98), ylim=(0.6, 0.84), title="the small frame, enlarged")
    frame = {"fill": False, "edgecolor": COLOURS["ink"], "lw": 2, "zorder": 8}
    axes[0].add_patch(Rectangle((0.925, 0.6), 0.055, 0.24, **frame))
    axes[1].vlines(mean["sensitivity"], mean["specificity"], above, COLOURS["ink"], lw=3, ls=":")
    words = f"{number(abs(gap), 1)} "
    axes[1].text(mean["sensitivity"], (above + mean["specificity"]) / 2 + 0.005, words, ha="right")
    panels.legend_below(axes[0], columns=2)
    at = [
        f"{number(x['sensitivity'], 3)} and {number(x['specificity'], 3)}" for x in (mean, middle)
    ]
    return Drawn(
        fig, _flat(f"{title}. The mean of the rates is {at[0]}, that on the z scale {at[1]}.")
    )


def means_below(
    points: pd.DataFrame, means: pd.DataFrame, curves: Mapping[str, pd.DataFrame]
) -> Drawn:
    """The paper's readers, their mean, and the curve of a reader of their mean skill (a model).

    ``points`` of one question; ``means``: a row a ``task`` with ``sensitivity_mean``,
    ``specificity_mean`` and ``gap`` (of specificity, below the curve); ``curves``: task → table.
    """
    gaps = means.set_index("task").loc[list(TASKS), "gap"]
    low = "each mean lies below" if (gaps > 0).all() else "not every mean lies below"
    title = f"Published counts: {low} the curve of a reader\nof the mean skill (a model)"
    fig, axes = panels.sheet(title, 2, len(TASKS), figsize=(11.6, 9.6))
    for (above, below), task in zip(axes.T, TASKS, strict=True):
        rows, curve = points[points["task"] == task], curves[task]
        (row,) = means[means["task"] == task].itertuples()
        for ax, size in ((above, 9), (below, 15)):
            model = {"color": COLOURS["neutral"], "ls": "--"}
            panels.curve(ax, curve, "a reader of the mean skill: a model", **model)
            panels.readers(ax, rows, "one of the paper's dermatologists")
            mean = {"ms": size, "color": COLOURS["mean"], "mec": COLOURS["paper"], "zorder": 6}
            ax.plot(row.sensitivity_mean, row.specificity_mean, "P", label="mean of rates", **mean)
        hidden = panels.behind(rows) or "each a dot"
        above.set_title(f"{TASK_TITLES[task]}\n{len(rows)} readers,\n{hidden}", fontsize=16)
        panels.plane(above, low=0.4)
        _around(below, row, rows)
    fig.get_layout_engine().set(hspace=0.06)
    axes[0, 0].set_ylabel("specificity")
    axes[1, 0].set_ylabel("specificity, enlarged")
    note = "46 + 93 images here;\nthe paper's legend\nsays 33 + 97"
    axes[0, 1].text(0.42, 0.42, note, fontsize=14, va="bottom", bbox=panels.ON_PAPER)
    panels.legend_below(axes[0, 0])
    said = [f"{TASK_TITLES[task]} {number(100 * gap, 1)}" for task, gap in gaps.items()]
    return Drawn(fig, _flat(f"{title}, in percentage points of specificity: {listing(said)}."))


def _around(ax: Axes, mean, points: pd.DataFrame) -> None:
    """The surroundings of a mean reader, with its ``gap`` to the curve as a dotted line."""
    x, y = mean.sensitivity_mean, mean.specificity_mean
    ax.vlines(x, y, y + mean.gap, COLOURS["ink"], lw=3, ls=":")
    wide, high = _clear(points["sensitivity"] - x, 0.04), _clear(points["specificity"] - y, 0.11)
    ax.set(xlim=(x - wide, x + wide), ylim=(y - high, y + high), xlabel="sensitivity, enlarged")
    ax.set_xticks([round(x - 0.03, 2), round(x + 0.03, 2)])
    side = "below" if mean.gap > 0 else "above"
    ax.set_title(f"{number(abs(100 * mean.gap), 1)} points {side}", fontsize=16)


def _clear(distances: pd.Series, reach: float) -> float:
    """The first reach, from ``reach`` upwards, at whose ends no dot would be cut in two."""
    while (np.abs(distances.abs() - reach) < 0.08 * reach).any():
        reach *= 1.02
    return reach


def same_images(points: pd.DataFrame, networks: pd.DataFrame) -> Drawn:
    """The paper's carcinoma readers and two 2016 networks of the authors on the same 135 images.

    ``networks``: a row a ``network``, with the columns of `dermlab.evaluation.readers.intervals`,
    and ``beats``, ``beaten_by`` (counts of readers).
    """
    n_images = int(points[["n_pos", "n_neg"]].iloc[0].sum())
    beats, beaten = (" and ".join(map(str, networks[who])) for who in ("beats", "beaten_by"))
    title = (
        f"Published counts: two networks of 2016 (not the published one)\n"
        f"beat {beats} of {len(points)} readers; {beaten} beat them ({n_images} images)"
    )
    fig, ax = panels.sheet(title, figsize=(11.6, 6.9))
    label = "; ".join(filter(None, ["one of the paper's dermatologists", panels.behind(points)]))
    panels.readers(ax, points, label)
    # Hollow marks: one reader lies exactly under the second network's dot.
    style = {"markersize": 17, "color": COLOURS["network"], "zorder": 6, "elinewidth": 2}
    style |= {"markerfacecolor": "none", "markeredgewidth": 3}
    said = []
    for row, marker in zip(networks.itertuples(), "Ds", strict=True):
        name = NETWORKS_2016[row.network]
        said.append(f"network of 2016, {name}: beats {row.beats}, beaten by {row.beaten_by}")
        panels.cross(ax, *rates(row), fmt=marker, label=said[-1], **style)
    ax.set(xlim=(0.75, 1.01), ylim=(0.38, 1.01), ylabel="specificity")
    ax.set_xlabel("sensitivity (bars: 95 % intervals over images)")
    panels.legend_below(ax, columns=1)
    return Drawn(fig, _flat(f"{title}. Threshold 0.5. {'; '.join(said)}."))


# --- parity ---------------------------------------------------------------------------------------


def margins(table: pd.DataFrame, *, margin: float, claimed: int) -> Drawn:
    """Differences network − readers with their intervals, beside the margin that was stated.

    ``table``: a row a ``test`` and ``rate``, with ``estimate``, ``low``, ``high``; ``claimed``: in
    how many tests non-inferiority holds in both rates.
    """
    n = table["test"].nunique()
    title = (
        f"Simulated: at most {number(margin, 2)} worse than the readers, in both rates?\n"
        f"Shown in {claimed} of {n} tests"
    )
    fig, ax = panels.sheet(title, figsize=(11.6, 6))
    tests, rates = (list(dict.fromkeys(table[name])) for name in ("test", "rate"))
    ax.axvspan(table["low"].min() - 0.05, -margin, color=pale(COLOURS["reader"], 0.25), lw=0)
    ax.axvline(-margin, color=COLOURS["reader"], lw=3, label=f"worse by {number(margin, 2)}")
    ax.axvline(0, color=COLOURS["neutral"], lw=2)
    styles = zip(rates, "os", (-0.16, 0.16), ("network", "ink"), strict=True)
    for rate, marker, shift, colour in styles:
        rows = table[table["rate"] == rate]
        at = np.array([tests.index(test) for test in rows["test"]]) + shift
        panels.intervals(ax, rows, at, fmt=marker, color=COLOURS[colour], label=rate)
    ax.set_yticks(range(n), tests)
    ax.set(ylim=(n - 0.5, -0.5), xlim=(table["low"].min() - 0.03, table["high"].max() + 0.03))
    ax.set_xlabel(
        "difference of rates, network − mean reader (averaged on the z scale);\n"
        "95 % interval over readers and lesions"
    )
    ax.grid(axis="y", visible=False)
    panels.legend_below(ax)
    said = [f"{row.test}, {row.rate}: {_bounds(row)}" for row in table.itertuples()]
    return Drawn(fig, _flat(f"{title}. {'; '.join(said)}."))
