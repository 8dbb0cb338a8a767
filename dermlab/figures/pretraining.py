"""What weights learnt elsewhere are worth: answers to photographs, filters at work, AUC by lesions.

An *arm* is what was trained of a network: all layers, only the head, all from random weights
(``scratch``), or a regression on frozen features. AUC is the area under the ROC curve.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, MARKERS, SHARES, Drawn
from dermlab.text import interval, number

Answers = Sequence[tuple[str, float]]  # a name and its probability, the most probable first
ALL_LESIONS = "all"


def named(pictures: Sequence[np.ndarray], answers: Sequence[Answers]) -> Drawn:
    """Pictures (h, w, 3), each above the names that a network gives it; the last is a lesion."""
    first = [f"“{given[0][0]}”" for given in answers]
    title = f"The network's first answers: {', '.join(first[:-1])},\nand for the lesion {first[-1]}"
    options = {"figsize": (11.6, 5.8), "height_ratios": [2, 1.3]}
    fig, axes = panels.sheet(title, 2, len(pictures), **options)
    for (above, below), picture, given in zip(axes.T, pictures, answers, strict=True):
        above.imshow(picture)
        above.axis("off")
        _bars(below, given)
    axes[1, 0].set_ylabel("answer")
    said = (", ".join(f"{name} {p:.2f}" for name, p in given) for given in answers)
    alt = "; ".join(f"picture {i}: {words}" for i, words in enumerate(said, 1))
    what = f"{len(pictures)} pictures, the last a lesion, and the network's probabilities"
    return Drawn(fig, f"{' '.join(title.split())}. {what}. {alt}.")


def _bars(ax: Axes, given: Answers) -> None:
    """The names above bars as long as their probabilities."""
    y = np.arange(len(given))
    ax.barh(y, [p for _, p in given], height=0.3, color=COLOURS["network"])
    for at, (name, p) in zip(y, given, strict=True):
        ax.text(0, at - 0.25, f"{name}, {p:.2f}", va="bottom", fontsize=14)
    ax.set(xlim=(0, 1), ylim=(len(given) - 0.6, -0.9), xlabel="probability")
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.set_yticks([])
    ax.grid(visible=False)


def filters_at_work(
    pictures: Mapping[str, np.ndarray],
    filters: np.ndarray,
    responses: Sequence[np.ndarray],
    ratios: Sequence[float],
) -> Drawn:
    """Filters above the places of each picture where they respond.

    ``pictures``: name → (h, w, 3); ``filters`` (3, 3, 3, n), ``responses``: (h', w', n) a picture.
    ``ratios`` (n,): the mean size of the response at the border of the last picture's lesion, as a
    multiple of that on the skin around.
    """
    n = filters.shape[-1]
    stronger = sum(ratio > 1 for ratio in ratios)
    title = f"{stronger} of {n} filters respond more at the lesion's border than on the skin"
    options = {"figsize": (11.6, 5.6), "height_ratios": [0.55] + [1] * len(pictures)}
    fig, axes = panels.sheet(title, 1 + len(pictures), 1 + n, **options)
    for ax in axes.flat:
        ax.axis("off")
    for k in range(n):
        one = filters[..., k]
        axes[0, k + 1].imshow(0.5 + 0.5 * one / np.abs(one).max(), interpolation="nearest")
    for row, (name, picture), maps in zip(axes[1:], pictures.items(), responses, strict=True):
        row[0].imshow(picture)
        row[0].set_title(name, fontsize=14, fontweight="normal")
        for ax, response in zip(row[1:], np.moveaxis(np.abs(maps), -1, 0), strict=True):
            high = np.quantile(response, 0.99)
            ax.imshow(response, vmin=0, vmax=high, cmap=SHARES, interpolation="nearest")
    times = ", ".join(number(float(ratio), 1) for ratio in ratios)
    return Drawn(
        fig,
        f"{n} small coloured filters, and below each the places where it responds on "
        f"{' and on '.join(pictures)}; bright is strong. Response at the lesion's border as a "
        f"multiple of that on the skin: {times}.",
    )


def areas(table: pd.DataFrame, *, title: str, unit: str = "AUC") -> Drawn:
    """Estimates with their intervals, a row each; a panel a value of ``cases``, where it is given.

    ``table``: columns ``what``, ``estimate``, ``low``, ``high`` and, if several, ``cases``.
    """
    table = table if "cases" in table else table.assign(cases="")
    rows, kinds = (list(dict.fromkeys(table[column])) for column in ("what", "cases"))
    options = {"figsize": (11.6, 2.2 + 0.62 * len(rows)), "squeeze": False}
    fig, axes = panels.sheet(title, 1, len(kinds), sharex=True, sharey=True, **options)
    for ax, kind in zip(axes[0], kinds, strict=True):
        here = table[table["cases"] == kind]
        for what, one in here.groupby("what", sort=False):
            place = rows.index(what)
            colour = CATEGORICAL[place % len(CATEGORICAL)]
            panels.intervals(ax, one, [place], fmt=MARKERS[place % len(MARKERS)], color=colour)
        ax.set(xlabel=unit, title=kind)
        ax.grid(axis="y", visible=False)
    axes[0, 0].set_yticks(range(len(rows)), rows)
    axes[0, 0].set_ylim(len(rows) - 0.5, -0.5)
    return Drawn(fig, f"{' '.join(title.split())}. {unit} with 95 % intervals. {_said(table)}")


def _said(table: pd.DataFrame) -> str:
    """Every row of `areas` in words."""
    said = [
        f"{' '.join(one.what.split())}{f' ({one.cases})' if one.cases else ''} "
        f"{interval(one.estimate, one.low, one.high, '.2f')}"
        for one in table.itertuples()
    ]
    return "; ".join(said) + "."


# --- arms by the number of lesions ----------------------------------------------------------------


def by_size(
    means: pd.DataFrame, gaps: pd.DataFrame, arms: Mapping[str, str], *, known: str
) -> Drawn:
    """Left each arm's AUC by lesions to learn from, right the difference of two arms.

    ``means``: columns ``arm``, ``n`` (0: all lesions), ``auc``, ``low``, ``high``; ``arms``: those
    drawn → what the legend says. ``gaps``: ``n``, ``estimate``, ``low``, ``high`` of the difference
    that ``known`` names. The title says where its interval lies above 0, below it, or on both
    sides.
    """
    sizes = [n for n in means["n"].unique() if n] + [0] * bool((means["n"] == 0).any())
    options = {"figsize": (11.6, 6.4), "width_ratios": [1.5, 1]}
    fig, (left, right) = panels.sheet(f"Measured here, {known}:\n{where(gaps)}", 1, 2, **options)
    for k, (arm, name) in enumerate(arms.items()):
        rows = means[means["arm"] == arm].set_index("n").rename(columns={"auc": "estimate"})
        x = np.array([sizes.index(n) for n in rows.index]) + 0.08 * (k - (len(arms) - 1) / 2)
        look = {"fmt": f"-{MARKERS[k]}", "color": CATEGORICAL[k], "label": name, "lw": 2}
        panels.intervals(left, rows, x, upright=True, **look)
    at = [sizes.index(n) for n in gaps["n"]]
    panels.intervals(right, gaps, at, upright=True, fmt="D", color=COLOURS["ink"])
    right.axhline(0, color=COLOURS["ink"], lw=2, ls=":")
    for ax, what in ((left, "AUC on 2,000 new lesions"), (right, f"difference of AUC: {known}")):
        _lesions_axis(ax, sizes)
        ax.set_ylabel(what)
    panels.legend_below(left)
    return Drawn(fig, f"{_levels(means, arms)} {known}: {_differences(gaps)}")


def where(gaps: pd.DataFrame) -> str:
    """For which numbers of lesions an interval lies above 0, below 0, or on both sides of it."""
    signs = {
        "above 0": gaps["low"] > 0,
        "below 0": gaps["high"] < 0,
        "open": (gaps["low"] <= 0) & (gaps["high"] >= 0),
    }
    found = {sign: [lesions(n) for n in gaps["n"][is_so]] for sign, is_so in signs.items()}
    return ", ".join(f"{sign} with {_and(names)}" for sign, names in found.items() if names)


def lesions(n: int) -> str:
    """What a number of lesions to learn from is called; 0 stands for all."""
    return str(n) if n else ALL_LESIONS


def all_last(n: pd.Series) -> pd.Series:
    """A key to sort numbers of lesions by: all of them, 0, after every other."""
    return n.replace(0, np.inf)


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _lesions_axis(ax: Axes, sizes: Sequence[int]) -> None:
    ax.set_xticks(range(len(sizes)), [lesions(n) for n in sizes])
    ax.set(xlabel="lesions to learn from", xlim=(-0.4, len(sizes) - 0.6))
    ax.grid(axis="x", visible=False)


def _levels(means: pd.DataFrame, arms: Mapping[str, str]) -> str:
    by_arm = (means[means["arm"] == arm] for arm in arms)
    said = [
        f"{name}: " + ", ".join(f"{row.auc:.2f} with {lesions(row.n)}" for row in rows.itertuples())
        for name, rows in zip(arms.values(), by_arm, strict=True)
    ]
    return "AUC by lesions to learn from. " + "; ".join(said) + "."


def _differences(gaps: pd.DataFrame) -> str:
    said = [
        f"{interval(one.estimate, one.low, one.high)} with {lesions(one.n)}"
        for one in gaps.itertuples()
    ]
    return ", ".join(said) + "."


def grid(means: pd.DataFrame, arms: Mapping[str, str], *, title: str) -> Drawn:
    """AUC as a table of coloured cells: a row an arm, a column a number of lesions.

    ``means`` as for `by_size`; a cell that was not run stays empty.
    """
    sizes = sorted(means["n"].unique(), key=lambda n: n or np.inf)
    table = means.pivot(index="arm", columns="n", values="auc").reindex(index=arms, columns=sizes)
    fig, ax = panels.sheet(title, figsize=(11.6, 1.8 + 0.8 * len(arms)))
    ax.imshow(table, cmap=SHARES, aspect="auto")
    middle = (np.nanmin(table) + np.nanmax(table)) / 2
    for one in means[means["arm"].isin(list(arms))].itertuples():
        colour = COLOURS["ink" if one.auc > middle else "paper"]
        words = f"{one.auc:.3f}\n{one.low:.3f} to {one.high:.3f}"
        place = sizes.index(one.n), list(arms).index(one.arm)
        ax.text(*place, words, ha="center", va="center", color=colour, fontsize=14)
    ax.set_xticks(range(len(sizes)), [lesions(n) for n in sizes])
    ax.set_yticks(range(len(arms)), arms.values())
    ax.set(xlabel="lesions to learn from", ylabel="what is trained")
    ax.grid(visible=False)
    return Drawn(fig, _levels(means, arms))


def layers(table: pd.DataFrame, names: Sequence[str], *, title: str) -> Drawn:
    """What a regression reads from frozen layers, a panel a number of lesions: thin lines are
    seeds, thick ones their mean.

    ``table``: columns ``weights`` (one of ``names``), ``layer``, ``n``, ``seed``, ``auc``, rows in
    the order of the layers.
    """
    sizes = sorted(table["n"].unique())
    options = {"figsize": (11.6, 6.4), "sharey": True, "squeeze": False}
    fig, axes = panels.sheet(title, 1, len(sizes), **options)
    for ax, n in zip(axes[0], sizes, strict=True):
        lines = {"x": "layer", "y": "auc", "hue": "weights", "unit": "seed"}
        panels.repeats(ax, table[table["n"] == n], names=names, **lines)
        ax.set_title(f"{n} lesions", fontsize=16)
        ax.tick_params(axis="x", rotation=60)
        ax.set(xlabel="frozen up to", ylabel="AUC" if ax is axes[0, 0] else "")
    panels.legend_below(axes[0, 0], len(names))
    mean = table.groupby(["n", "weights", "layer"], sort=False)["auc"].mean()
    ends = [table["layer"].iloc[0], table["layer"].iloc[-1]]
    said = [
        f"{n} lesions, {name}: {mean[n, name, ends[0]]:.2f} at {ends[0]} and "
        f"{mean[n, name, ends[1]]:.2f} at {ends[1]}"
        for n in sizes
        for name in names
    ]
    return Drawn(fig, "AUC of a regression by frozen layer. " + "; ".join(said) + ".")
