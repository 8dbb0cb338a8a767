"""A shift between what is learnt and what is tested: photographs of other quality, other skin."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dermlab.figures import forest, panels
from dermlab.figures.style import CATEGORICAL, COLOURS, DASHES, MARKERS, Drawn
from dermlab.text import interval, percent

QUALITIES = {
    "curated": "as they\nshould be",
    "blurry": "all\nblurry",
    "distant": "all too\nfar away",
}
LEARNT = {  # trainings of the result clinic_quality
    "curated": "learnt from curated photographs",
    "as taken": "learnt from photographs as taken",
}
SKINS = {  # trainings of the result clinic_skin_types
    "I-II only": "types I-II only",
    "mix": "mix: few of types V-VI",
    "mix, repeated": "mix, its V-VI repeated",
    "even": "all six types equally",
}
TESTED = {"auc_light": "tested on types I-II", "auc_dark": "tested on types V-VI"}


def quality(means: pd.DataFrame) -> Drawn:
    """AUC over the share of blurry and distant test photographs, and of tests of one kind alone.

    ``means``: columns ``training`` (those of `LEARNT`), ``test`` (those of `QUALITIES`, or mixed),
    ``share``, ``estimate``, ``low``, ``high`` (95 % over clinics), ``n_clinics``, and ``fall`` with
    its bounds: the AUC on curated photographs minus this one.
    """
    mixed = means[means["test"].isin(["curated", "mixed"])].sort_values("share")
    pure = means[means["test"].isin(list(QUALITIES))]
    most, n = mixed["share"].max(), int(means["n_clinics"].iloc[0])
    ends = mixed[mixed["share"] == most].set_index("training")
    fell = [interval(*ends.loc[name, ["fall", "fall_low", "fall_high"]], ".2f") for name in LEARNT]
    title = (
        f"AUC lost where {percent(most, 0)} of the test is blurry or too far away:\n"
        f"{fell[0]} after training on curated photographs,\n"
        f"{fell[1]} after training on photographs as taken"
    )
    fig, axes = panels.sheet(title, 1, 2, figsize=(11.6, 7), sharey=True)
    places = {name: k for k, name in enumerate(QUALITIES)}
    _trainings(axes[0], mixed, 100 * mixed["share"], apart=1.2)
    _trainings(axes[1], pure, pure["test"].map(places), apart=0.2, joined=False)
    for ax in axes:
        ax.axhline(0.5, color=COLOURS["neutral"], lw=2, ls=":")
    axes[1].text(-0.45, 0.495, "chance", va="top", fontsize=14)
    axes[0].set_xlabel("test photographs blurry or too far away (%)")
    axes[0].set_ylabel(_unit(n))
    axes[1].set_xticks(list(places.values()), list(QUALITIES.values()))
    axes[1].set_xlim(-0.5, len(places) - 0.5)
    panels.legend_below(axes[0])
    return Drawn(fig, _alt_of_quality(mixed, pure, n))


def _trainings(ax: Axes, rows: pd.DataFrame, at: pd.Series, *, apart: float, joined=True) -> None:
    """A mark with its interval a row at the places ``at``, a colour a training, ``apart`` of it."""
    for k, (training, label) in enumerate(LEARNT.items()):
        here = (rows["training"] == training).to_numpy()
        style = {"color": CATEGORICAL[k], "fmt": MARKERS[k], "label": label, "elinewidth": 2.5}
        style |= {"ls": DASHES[k] if joined else "none"}
        place = at.to_numpy(float)[here] + apart * (k - 0.5)
        panels.intervals(ax, rows[here], place, upright=True, **style)


def _alt_of_quality(mixed: pd.DataFrame, pure: pd.DataFrame, n: int) -> str:
    sentences = []
    for training, label in LEARNT.items():
        points = [
            f"{_estimate(row)} at {percent(row.share, 0)}"
            for row in mixed[mixed["training"] == training].itertuples()
        ]
        kinds = [
            f"{_estimate(row)} on photographs {QUALITIES[row.test].replace(chr(10), ' ')}"
            for row in pure[pure["training"] == training].itertuples()
        ]
        sentences.append(f"Network that {label}: {', '.join(points)}; {', '.join(kinds)}.")
    return (
        "AUC over the share of test photographs that are blurry or taken from too far away, means "
        f"of {n} simulated clinics with 95 % intervals. {' '.join(sentences)}"
    )


def skin_types(means: pd.DataFrame) -> Drawn:
    """AUC on skin types I-II and V-VI by the skin that was learnt from.

    ``means``: columns ``training`` (those of `SKINS`), ``measure`` (those of `TESTED` among them),
    ``estimate``, ``low``, ``high`` (95 % over clinics), ``n_clinics``.
    """
    at = means.set_index(["measure", "training"])
    rows = pd.DataFrame(
        [
            {"learnt": SKINS[name], "tested": tested} | at.loc[measure, name].to_dict()
            for name in SKINS
            for measure, tested in TESTED.items()
        ]
    )
    first, *_, last = SKINS
    reached = [[at["estimate"][measure, name] for measure in TESTED] for name in (first, last)]
    title = (
        "AUC on types I-II and V-VI: {:.2f} and {:.2f} after training on I-II only,\n"
        "{:.2f} and {:.2f} after training on all six types equally"
    ).format(*np.ravel(reached))
    n = int(means["n_clinics"].iloc[0])
    fig = forest.intervals(rows, y="learnt", hue="tested", unit=_unit(n), title=title)
    fig.axes[0].set_ylabel("trained on")
    lines = [
        f"Learnt from {row.learnt}, {row.tested}: {_estimate(row)}." for row in rows.itertuples()
    ]
    return Drawn(
        fig,
        f"AUC by the skin that networks learnt from, means of {n} simulated clinics with 95 % "
        f"intervals. {' '.join(lines)}",
    )


def _unit(n_clinics: int) -> str:
    return f"AUC: mean of {n_clinics} simulated clinics\nwith 95 % interval"


def _estimate(row) -> str:
    return interval(row.estimate, row.low, row.high, ".2f")
