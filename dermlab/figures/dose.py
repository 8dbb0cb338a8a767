"""A dose-response: what networks reach as a shortcut goes ever more often with the diagnosis."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, DASHES, MARKERS, Drawn
from dermlab.text import interval, percent

MIXTURES = {  # measure: what the test photographs are
    "as_trained": "as in training",
    "independent": "independent of malignancy",
    "swapped": "swapped",
}
NEIGHBOURS = {  # measure of the features, and of the map
    "the ruler": ("features_ruler", "tsne_ruler"),
    "malignancy": ("features_malignant", "tsne_malignant"),
}
STRATA = {"auc_with": "all with a ruler", "auc_without": "all without a ruler"}


def rulers(means: pd.DataFrame) -> Drawn:
    """Balanced accuracy by how test rulers lie, and AUC within ruler strata, over the association.

    ``means``: columns ``association``, ``measure`` (those of `MIXTURES` and `STRATA`),
    ``estimate``, ``low``, ``high`` (95 % over clinics), ``n_clinics``.
    """
    by_measure = means.set_index(["measure", "association"]).sort_index()
    strongest, n = means["association"].max(), int(means["n_clinics"].iloc[0])
    mean = by_measure["estimate"].xs(strongest, level="association")
    title = (
        f"Trained with rulers at {percent(strongest, 0)} of malignant lesions: balanced accuracy\n"
        f"{mean['as_trained']:.2f} with rulers as in training, {mean['swapped']:.2f} with them "
        "swapped"
    )
    fig, axes = panels.sheet(title, 1, 2, figsize=(12, 6.6), sharey=True)
    panels_shown = ((MIXTURES, "Balanced accuracy"), (STRATA, "AUC"))
    for ax, (lines, unit) in zip(axes, panels_shown, strict=True):
        _lines(ax, by_measure, lines)
        ax.set(title=unit, xlabel="malignant with a ruler in training (%)")
    axes[0].set_ylabel(f"simulated: mean of {n} clinics, 95 % interval")
    return Drawn(fig, _alt(by_measure, n))


def neighbours(means: pd.DataFrame) -> Drawn:
    """How many of a photograph's nearest share its ruler, or its malignancy, over the association.

    Left in the network's own dimensions, right on the t-SNE map. ``means`` as in `rulers`, with
    the measures of `NEIGHBOURS`.
    """
    by_measure = means.set_index(["measure", "association"]).sort_index()
    ends, n = means["association"].agg(["min", "max"]), int(means["n_clinics"].iloc[0])
    ruler, malignancy = (
        " and ".join(f"{by_measure.loc[(on_map, end), 'estimate']:.2f}" for end in ends)
        for _, on_map in NEIGHBOURS.values()
    )
    title = (
        f"Rulers in training at {percent(ends['min'], 0)} and {percent(ends['max'], 0)} of "
        "malignant lesions: on the map,\n"
        f"neighbours share the ruler in {ruler}, malignancy in {malignancy}"
    )
    fig, axes = panels.sheet(title, 1, 2, figsize=(12, 6.2), sharey=True)
    wheres = ("the network's own dimensions", "the t-SNE map")
    for k, (ax, where) in enumerate(zip(axes, wheres, strict=True)):
        _shared(ax, {label: by_measure.loc[both[k]] for label, both in NEIGHBOURS.items()})
        ax.set(title=where)
    axes[0].set(ylabel="share of the ten nearest", ylim=(0.4, 1.04))
    axes[0].legend(loc="lower right", title="neighbours share", alignment="left")
    sentences = [
        f"{where}, {label}: {_levels(by_measure.loc[both[k]])}."
        for k, where in enumerate(wheres)
        for label, both in NEIGHBOURS.items()
    ]
    return Drawn(fig, f"Means of {n} clinics with 95 % intervals. {' '.join(sentences)}")


def _shared(ax: Axes, lines: Mapping[str, pd.DataFrame]) -> None:
    for j, (label, rows) in enumerate(lines.items()):
        style = {"color": CATEGORICAL[j], "fmt": MARKERS[j], "ls": DASHES[j], "label": label}
        at = 100 * rows.index.to_numpy() + 0.6 * (j - 0.5)
        panels.intervals(ax, rows, at, upright=True, ms=10, elinewidth=2.5, **style)
    ax.axhline(0.5, color=COLOURS["neutral"], lw=2, ls=":")
    ax.text(50, 0.49, "at random", ha="left", va="top", fontsize=14)
    ax.set_xticks(100 * rows.index.to_numpy(), [f"{100 * dose:g}" for dose in rows.index])
    ax.set_xlabel("malignant with a ruler in training (%)")


def on_ruler(means: pd.DataFrame) -> Drawn:
    """Which share of the saliency maps lies on the ruler, over the association, and its area.

    ``means``: as for `rulers`, with the measures ``energy`` (the share of a map on the ruler) and
    ``area`` (the share of the picture that is ruler).
    """
    rows = means[means["measure"] == "energy"].sort_values("association")
    area = means.loc[means["measure"] == "area", "estimate"].mean()
    last, n = rows.iloc[-1], int(rows["n_clinics"].iloc[0])
    fig, ax = plt.subplots(figsize=(11.5, 6))
    at = 100 * rows["association"].to_numpy()
    style = {"color": COLOURS["network"], "fmt": "o", "ls": "-", "lw": 3, "ms": 11}
    panels.intervals(ax, rows, at, upright=True, label="saliency maps, 95 % interval", **style)
    even = {"color": COLOURS["ink"], "lw": 3, "ls": ":", "label": "an evenly grey map"}
    ax.axhline(area, **even)
    ax.set_xticks(at, [f"{dose:g}" for dose in at])
    ax.set(xlabel="malignant with a ruler in training (%)", ylim=(0, 1.25 * area))
    ax.set_ylabel(f"share of the map on the ruler\n(simulated, mean of {n} clinics)")
    beside = "less than" if last["high"] < area else "not clearly less than"
    ax.set_title(
        f"Rulers at {percent(last['association'], 0)} of malignant lesions: "
        f"{percent(last['estimate'])} of the map\non the ruler, {beside} its "
        f"{percent(area)} of the picture"
    )
    ax.legend(loc="lower right")
    points = [
        f"{interval(row.estimate, row.low, row.high, '.1%')} at {percent(row.association, 0)}"
        for row in rows.itertuples()
    ]
    return Drawn(
        fig,
        f"Share of the saliency maps on the ruler, mean of {n} clinics with 95 % intervals, over "
        f"the share of malignant training photographs with a ruler: {', '.join(points)}. A dotted "
        f"line marks the ruler's share of the picture, {percent(area)}.",
    )


def _lines(ax: Axes, by_measure: pd.DataFrame, lines: Mapping[str, str]) -> None:
    first = 0 if lines is MIXTURES else len(MIXTURES)  # no colour means two things
    for k, (measure, label) in enumerate(lines.items(), first):
        rows, shift = by_measure.loc[measure], 0.6 * (k - first - (len(lines) - 1) / 2)
        style = {"color": CATEGORICAL[k], "fmt": MARKERS[k], "ls": DASHES[k], "label": label}
        at = 100 * rows.index.to_numpy() + shift
        panels.intervals(ax, rows, at, upright=True, ms=10, elinewidth=2.5, **style)
    ax.axhline(0.5, color=COLOURS["neutral"], lw=2, ls=":")
    ax.text(50, 0.49, "chance", ha="left", va="top", fontsize=14)
    ax.set_xticks(100 * rows.index.to_numpy(), [f"{100 * dose:g}" for dose in rows.index])
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_ylim(-0.03, 1.04)
    ax.legend(loc="lower left", title="test photographs' rulers", alignment="left")


def _alt(by_measure: pd.DataFrame, n: int) -> str:
    """All that is drawn, a sentence a line."""
    sentences = []
    for unit, lines in (("Balanced accuracy", MIXTURES), ("AUC", STRATA)):
        for measure, label in lines.items():
            sentences.append(f"{unit}, test rulers {label}: {_levels(by_measure.loc[measure])}.")
    return (
        "Over the share of malignant training photographs with a ruler, means of "
        f"{n} clinics with 95 % intervals. {' '.join(sentences)}"
    )


def _levels(rows: pd.DataFrame) -> str:
    """Each estimate with its interval, at its association."""
    return ", ".join(
        f"{interval(row.estimate, row.low, row.high, '.2f')} at {percent(row.Index, 0)}"
        for row in rows.itertuples()
    )
