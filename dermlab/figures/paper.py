"""The paper's table of accuracies as dots or bars: two dermatologists, two networks, two tasks."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from dermlab.figures import forest, panels
from dermlab.figures.style import COLOURS, Drawn
from dermlab.text import number

CHANCE = {"three-way": 1 / 3, "nine-way": 1 / 9}


def accuracies(bars: pd.DataFrame) -> Drawn:
    """Two dermatologists with 95 % intervals; two networks with their SD in words, not as a mark.

    ``bars`` as `dermlab.lessons.report.accuracies` gives them: ``who``, ``task``, ``accuracy``,
    ``low``, ``high``, whose bounds are the interval of a dermatologist and ± 1 SD of a network.
    """
    fig, ax = plt.subplots(figsize=(11.6, 7.2))
    tasks = list(dict.fromkeys(bars["task"]))
    for i, row in enumerate(bars.itertuples()):
        _bar(ax, -(i + 0.8 * tasks.index(row.task)), row)
    middle = [-(i * 4.8 + 1.5) for i in range(len(tasks))]
    ax.set_yticks(middle, tasks, fontsize=16, rotation=90, va="center")
    ax.grid(axis="y", visible=False)
    ax.set(
        xlim=(0, 0.92), xlabel="mean accuracy of the classes (whiskers: 95 % interval, 180 images)"
    )
    networks = bars[~bars["who"].map(_is_person)].groupby("task")["accuracy"].max()
    people = bars[bars["who"].map(_is_person)]
    inside = [row.low < networks[row.task] < row.high for row in people.itertuples()]
    title = (
        f"The better network lies inside {sum(inside)} of {len(inside)} dermatologists' intervals"
    )
    fig.suptitle(title, x=0.01, ha="left")
    said = [f"{row.task}, {row.who}: {_words(row)}" for row in bars.itertuples()]
    return Drawn(fig, f"{title}. {'; '.join(said)}.")


def differences(gaps: pd.DataFrame) -> Drawn:
    """Network − dermatologist with 95 % intervals, a line at 0.

    ``gaps``: ``who`` (the pair), and ``estimate``, ``low``, ``high`` in percentage points.
    """
    with_0 = (gaps["low"].lt(0) & gaps["high"].gt(0)).sum()
    title = f"From published numbers: {with_0} of {len(gaps)} intervals of the difference include 0"
    unit = "network − dermatologist, percentage points (95 % intervals)"
    figure = forest.intervals(gaps, y="who", unit=unit, title=title, digits=1)
    figure.axes[0].axvline(0, color=COLOURS["ink"], lw=2, ls="--", zorder=1)
    said = [
        f"{row.who}: {number(row.estimate, 1)} ({number(row.low, 1)} to {number(row.high, 1)})"
        for row in gaps.itertuples()
    ]
    said = "; ".join(" ".join(words.split()) for words in said)
    return Drawn(figure, f"{title}. Percentage points, {said}.")


def table(bars: pd.DataFrame) -> Drawn:
    """Extended Data Table 2 as it is printed: a dot a number, a panel a task, chance as a line.

    ``bars`` as for `accuracies`; the ± of a network is written and not drawn.
    """
    bars = bars.reset_index(drop=True)
    tasks = list(dict.fromkeys(bars["task"]))
    best = bars.loc[bars.groupby("task", sort=False)["accuracy"].idxmax()]
    leads = best.groupby("who")["task"].agg(" and ".join)
    title = "Published: " + "; ".join(f"{who} is highest {where}" for who, where in leads.items())
    options = {"figsize": (11.5, 4.8), "sharey": True, "squeeze": False}
    fig, axes = panels.sheet(title, 1, len(tasks), **options)
    said = []
    for ax, task in zip(axes[0], tasks, strict=True):
        rows = bars[bars["task"] == task].reset_index(drop=True)
        chance = 100 * CHANCE[task]
        for row in rows.itertuples():
            colour = COLOURS["reader" if _is_person(row.who) else "network"]
            ax.plot(100 * row.accuracy, row.Index, "o", ms=14, color=colour)
            words = _printed(row)
            ax.text(100 * row.accuracy, row.Index - 0.2, words, ha="center", va="bottom")
            said.append(f"{task}, {row.who}: {words}")
        ax.axvline(chance, ls=":", color=COLOURS["ink"])
        ax.text(chance + 1, 3.45, "chance", va="bottom", fontsize=14)
        ax.set(xlim=(0, 90), ylim=(3.6, -0.8), title=task, xlabel="accuracy, %")
        ax.set_yticks(range(len(rows)), rows["who"])
        ax.grid(axis="y", visible=False)
        said.append(f"{task}, chance: {chance:.1f} %")
    return Drawn(fig, f"{title}. {'; '.join(said)}.")


def _printed(row) -> str:
    """A number of the table as the paper prints it; a network's with its ± SD over folds."""
    if _is_person(row.who):
        return f"{100 * row.accuracy:.1f} %"
    return f"{100 * row.accuracy:.1f} ± {number(50 * (row.high - row.low), 1)} %"


def _is_person(who: str) -> bool:
    return who.startswith("Derm")


def _bar(ax: Axes, y: float, row) -> None:
    person = _is_person(row.who)
    ax.barh(y, row.accuracy, 0.72, color=COLOURS["reader" if person else "network"])
    if person:
        error = [[row.accuracy - row.low], [row.high - row.accuracy]]
        ax.errorbar(row.accuracy, y, xerr=error, color=COLOURS["ink"], capsize=5, lw=2)
    ax.text(0.012, y, row.who, color=COLOURS["paper"], va="center", fontsize=14, weight="bold")
    words = f"{100 * row.accuracy:.1f} %" if person else _words(row)
    ax.text((row.high if person else row.accuracy) + 0.015, y, words, va="center", fontsize=15)


def _words(row) -> str:
    """A percentage with a dermatologist's interval, or with a network's standard deviation."""
    if _is_person(row.who):
        bounds = f"95 % interval {100 * row.low:.1f} to {100 * row.high:.1f}"
    else:
        bounds = f"SD {50 * (row.high - row.low):.1f}"
    return f"{100 * row.accuracy:.1f} % ({bounds})"
