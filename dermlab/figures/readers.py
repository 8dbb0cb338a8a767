"""Dermatologists as points, networks as curves: the paper's Fig. 3 and what its points hide.

A table of *points* has a row a reader and question: ``task, question, reader, tp, n_pos, tn, n_neg,
sensitivity, specificity`` (rates are shares). Axes and colours are those of `panels`.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.evaluation.intervals import Estimate
from dermlab.evaluation.readers import TASKS
from dermlab.evaluation.two_questions import KINDS
from dermlab.figures import panels
from dermlab.figures.style import CATEGORICAL, COLOURS, Drawn, pale
from dermlab.text import number

TASK_TITLES = dict(zip(TASKS, ("Carcinoma", "Melanoma", "Melanoma, dermoscopy"), strict=True))
NOT_THE_PAPERS = "a 2016 network of the authors, not the published one"
_KIND_COLOURS = dict(
    zip(
        KINDS,
        (COLOURS["network"], COLOURS["neutral"], COLOURS["reader"], CATEGORICAL[3]),
        strict=True,
    )
)


def _three(title: str, ylabel: str = "specificity") -> tuple[Figure, list[Axes]]:
    """Three panels, one a task, that share their axes."""
    fig, axes = panels.sheet(title, 1, 3, figsize=(11.6, 5.8), sharey=True)
    axes[0].set_ylabel(ylabel)
    return fig, list(axes)


def _name(ax: Axes, task: str, line: str, note_at: tuple[float, float] = (0.04, 0.04)) -> None:
    """The panel's title; where it is the melanoma task, what differs from the paper's legend."""
    ax.set_title(f"{TASK_TITLES[task]}\n{line}", fontsize=16)
    if task == "melanoma":
        note = "46 + 93 images here;\nthe paper's legend\nsays 33 + 97"
        style = {"transform": ax.transAxes, "fontsize": 14, "va": "bottom"}
        ax.text(*note_at, note, bbox=panels.ON_PAPER, **style)


def fig3_points(points: pd.DataFrame, means: pd.DataFrame) -> Drawn:
    """Fig. 3a without its curves: each task's readers as red dots, green mean ± 1 SD.

    ``points`` of one question; ``means``: their `dermlab.evaluation.readers.mean_reader`.
    """
    spread = [100 * means[f"{rate}_sd"] for rate in ("sensitivity", "specificity")]
    title = f"Between dermatologists: SD of specificity {_range(spread[1])} percentage points"
    fig, axes = _three(title)
    for ax, task in zip(axes, TASKS, strict=True):
        rows = points[points["task"] == task]
        panels.readers(ax, rows, "one dermatologist")
        panels.mean_reader(ax, means[means["task"] == task])
        n_images = rows[["n_pos", "n_neg"]].iloc[0].sum()
        _name(ax, task, f"{len(rows)} readers, {n_images} images")
        panels.plane(ax)
    panels.legend_below(axes[0])
    said = [f"{TASK_TITLES[m.task]} {number(m.sensitivity_mean, 2)} and "
            f"{number(m.specificity_mean, 2)}" for m in means.itertuples()]  # fmt: skip
    alt = f"{title}, of sensitivity {_range(spread[0])}. Mean sensitivity and specificity: "
    return Drawn(fig, f"{alt}{'; '.join(said)}.")


def _range(values: pd.Series) -> str:
    return f"{values.min():.0f} to {values.max():.0f}"


def rates(row) -> tuple[Estimate, Estimate]:
    """Both rates of a row of `dermlab.evaluation.readers.intervals`."""
    return (
        Estimate(row.sensitivity, row.sensitivity_low, row.sensitivity_high),
        Estimate(row.specificity, row.specificity_low, row.specificity_high),
    )


def points_with_intervals(points: pd.DataFrame, reader: str) -> Drawn:
    """Every reader of one task and question with 95 % intervals; ``reader`` stands out.

    ``points`` as `dermlab.evaluation.readers.intervals` gives them.
    """
    fig, ax = plt.subplots(figsize=(11.4, 6.9))
    others = {"fmt": "o", "markersize": 8, "color": pale(COLOURS["reader"], 0.6)}
    bold = {"fmt": "o", "markersize": 13, "color": COLOURS["reader"], "elinewidth": 4.5}
    for i, row in enumerate(points[points["reader"] != reader].itertuples()):
        others_are = filter(None, [f"the other {len(points) - 1}", panels.behind(points)])
        label = ";\n".join(others_are) if i == 0 else None
        panels.cross(ax, *rates(row), zorder=2, elinewidth=1.6, label=label, **others)
    (row,) = points[points["reader"] == reader].itertuples()
    panels.cross(ax, *rates(row), zorder=5, label=f"dermatologist {reader}", **bold)
    said = [f"{number(rate.low, 2)} to {number(rate.high, 2)}" for rate in rates(row)]
    title = (
        f"Published counts: {len(points)} dots, {row.n_pos} + {row.n_neg} images, 95 % intervals."
    )
    widths = f"{reader}: sensitivity {said[0]}, specificity {said[1]}"
    fig.suptitle(f"{title}\n{widths}", x=0.01, ha="left")
    panels.plane(ax, low=0.25)
    ax.set_ylabel("specificity")
    ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    names = "sensitivity", "specificity"
    spans = [points[f"{name}_high"] - points[f"{name}_low"] for name in names]
    ends = [f"{number(width.min(), 2)} to {number(width.max(), 2)}" for width in spans]
    alt = f"{title} {widths}. All crosses: {ends[0]} wide, {ends[1]} high."
    return Drawn(fig, alt)


def pair_arrows(points: pd.DataFrame, pairs: pd.DataFrame) -> Drawn:
    """An arrow a reader from "malignant?" to "biopsy or treat?", coloured by the kind of move.

    ``points`` of both questions; ``pairs``: their `two_questions.pair_changes`.
    """
    count = pairs["kind"].value_counts().reindex(KINDS, fill_value=0)
    title = f"Asked what to do, {count.iloc[0]} of {len(pairs)} give specificity for sensitivity"
    fig, axes = _three(title)
    rates = points.set_index(["task", "question", "reader"])[["sensitivity", "specificity"]]
    for ax, task in zip(axes, TASKS, strict=True):
        rows = pairs[pairs["task"] == task]
        for row in rows.itertuples():
            start, end = (rates.loc[(task, q, row.reader)] for q in ("diagnosis", "action"))
            _arrow(ax, start, end, row.kind)
        _name(ax, task, f"{len(rows)} readers")
        panels.plane(ax, low=0.25)
    for kind, n in count.items():
        still = {"marker": "o", "linestyle": ""} if kind == KINDS[1] else {}
        axes[0].plot([], [], color=_KIND_COLOURS[kind], lw=3, label=f"{kind}: {n}", **still)
    panels.legend_below(axes[0], columns=2)
    said = "; ".join(f"{kind}: {n}" for kind, n in count.items())
    alt = f"{title}. An arrow for each reader, from the diagnosis dot to the action dot. "
    return Drawn(fig, f"{alt}{said[0].capitalize()}{said[1:]}.")


def _arrow(ax: Axes, start: pd.Series, end: pd.Series, kind: str) -> None:
    if kind == KINDS[1]:
        ax.plot(*end, "o", color=_KIND_COLOURS[kind], markersize=8, zorder=3)
        return
    style = {"arrowstyle": "-|>", "mutation_scale": 16, "lw": 2.2, "color": _KIND_COLOURS[kind]}
    ax.annotate("", xy=end, xytext=start, arrowprops=style | {"shrinkA": 0, "shrinkB": 0})


def threshold_moves(moves: pd.DataFrame, shares: pd.DataFrame) -> Drawn:
    """Each reader's move in z(sensitivity) and z(specificity), all started at the origin.

    A pure threshold shift lies on the falling diagonal, a change of skill on the rising one.
    ``moves``: ``task``, ``z_sensitivity``, ``z_specificity`` (changes, in standard deviations);
    ``shares``: `two_questions.threshold_share`.
    """
    share_of = shares.set_index("task")["estimate"]
    least = f"{100 * share_of.min():.0f}"
    title = f"At least {least} % of the squared movement runs along the threshold's line"
    fig, axes = _three(title, ylabel="change of z(specificity)")
    end = 1.7
    for ax, task in zip(axes, TASKS, strict=True):
        ax.plot([-end, end], [end, -end], color=COLOURS["network"], lw=3, label="threshold alone")
        skill = {"color": COLOURS["neutral"], "lw": 2.5, "ls": "--", "label": "skill alone"}
        ax.plot([-end, end], [-end, end], **skill)
        rows = moves[moves["task"] == task].rename(columns=lambda name: name.removeprefix("z_"))
        panels.readers(ax, rows, "one dermatologist's move")
        ax.set(xlim=(-end, end), ylim=(-end, end), aspect="equal")
        ax.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1], xlabel="change of z(sensitivity)")
        share = f"{100 * share_of[task]:.0f} % along the threshold"
        _name(ax, task, share, note_at=(0.37, 0.76))
    panels.legend_below(axes[0])
    said = [f"{TASK_TITLES[task]} {100 * share_of[task]:.0f} %" for task in TASKS]
    alt = f"{title}: {', '.join(said)}. Each reader's move is a dot; the falling diagonal is a "
    return Drawn(fig, f"{alt}change of threshold, the rising one a change of skill.")


def network_curves(curves: pd.DataFrame, areas: Mapping[str, float]) -> Drawn:
    """Staircases of one 2016 network on the three large tests (as the paper's Fig. 3b).

    ``curves`` as `dermlab.evaluation.readers.esteva_curves`, one a task; ``areas``: task → area.
    """
    title = "The three large tests: curves of a 2016 network, not the published one"
    fig, axes = _three(title)
    said = []
    for ax, task in zip(axes, TASKS, strict=True):
        rows = curves[curves["task"] == task]
        panels.curve(ax, rows, NOT_THE_PAPERS, drawstyle="steps-pre")
        n_pos, n_neg = rows[["n_pos", "n_neg"]].iloc[0]
        ax.text(0.5, 0.4, f"AUC {number(areas[task])}", fontsize=20, ha="center")
        said.append(f"{TASK_TITLES[task]}, {n_pos} + {n_neg} images, {number(areas[task])}")
        ax.set_title(f"{TASK_TITLES[task]}\n{n_pos} + {n_neg} images", fontsize=16)
        panels.plane(ax)
    panels.legend_below(axes[0])
    return Drawn(fig, f"{title}. AUC: {'; '.join(said)}.")


def lost_strip(curve: pd.DataFrame) -> Drawn:
    """What an AUC loses when its sum starts at the first printed point instead of (0, 0).

    ``curve``: one task of `dermlab.evaluation.readers.esteva_curves`.
    """
    fig, ax = plt.subplots()
    filled = {"step": "pre", "color": pale(COLOURS["network"], 0.2)}
    ax.fill_between(curve["sensitivity"], curve["specificity"], **filled)
    panels.curve(ax, curve, drawstyle="steps-pre")
    first = curve.iloc[1]
    ax.bar(0, first["specificity"], first["sensitivity"], align="edge", color=COLOURS["reader"])
    label, arrow = f"lost: a strip 1/{first['n_pos']} wide", {"arrowstyle": "-|>", "lw": 2.5}
    tip, text = (first["sensitivity"], 0.5), (0.1, 0.5)
    ax.annotate(label, tip, text, fontsize=18, va="center", arrowprops=arrow)
    ax.text(0.1, 0.3, NOT_THE_PAPERS.replace(", ", ",\n"), fontsize=16)
    ax.set(xlabel="sensitivity", ylabel="specificity", xlim=(0, 1.01), ylim=(0, 1.02))
    title = f"A sum that starts at the first printed row misses 1/{first['n_pos']} of the width"
    ax.set_title(title)
    lost = number(first["sensitivity"] * first["specificity"])
    return Drawn(fig, f"{title}: the strip has an area of {lost}. Network: {NOT_THE_PAPERS}.")
    return fig
