"""The paper in one picture: how images become classes, a network, and two comparisons."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dermlab.figures import panels
from dermlab.figures.style import COLOURS


def study(
    steps: Mapping[str, str], accuracies: pd.DataFrame, points: pd.DataFrame, mean: pd.DataFrame
) -> Figure:
    """The study's steps above, its two comparisons with dermatologists below.

    ``steps``: heading → what it says, drawn as a chain of boxes from left to right.
    ``accuracies``: a row a bar: ``who``, ``task``, ``accuracy`` (a share), ``low``, ``high``.
    ``points``: readers of one task as `dermlab.evaluation.readers.esteva_points` has them, and
    their ``mean`` by `dermlab.evaluation.readers.mean_reader`.
    """
    fig, axes = plt.subplot_mosaic(
        [["steps", "steps"], ["accuracies", "points"]],
        figsize=(11.5, 9),
        height_ratios=[0.85, 2],
        width_ratios=[1.45, 1],
    )
    _chain(axes["steps"], steps)
    _bars(axes["accuracies"], accuracies)
    _points(axes["points"], points, mean)
    return fig


def _chain(ax: Axes, steps: Mapping[str, str]) -> None:
    """Equal boxes with arrows between them, in axes from 0 to the number of steps."""
    ax.set(xlim=(0, len(steps)), ylim=(0, 1))
    ax.axis("off")
    for i, (heading, body) in enumerate(steps.items()):
        ax.add_patch(
            plt.Rectangle((i + 0.01, 0.06), 0.9, 0.88, fill=False, ec=COLOURS["network"], lw=2)
        )
        ax.text(i + 0.46, 0.81, heading, ha="center", va="center", fontsize=19, weight="bold")
        ax.text(i + 0.46, 0.38, body, ha="center", va="center", fontsize=14, linespacing=1.3)
        if i:
            arrow = {"arrowstyle": "-|>", "lw": 2.5, "color": COLOURS["neutral"]}
            ax.annotate("", (i + 0.01, 0.78), (i - 0.09, 0.78), arrowprops=arrow)


def _bars(ax: Axes, accuracies: pd.DataFrame) -> None:
    tasks = list(dict.fromkeys(accuracies.task))
    for i, row in enumerate(accuracies.itertuples()):
        y = -(i + 0.8 * tasks.index(row.task))
        who = "reader" if row.who.startswith("Derm") else "network"
        error = [[row.accuracy - row.low], [row.high - row.accuracy]]
        ax.barh(y, row.accuracy, 0.72, color=COLOURS[who])
        ax.errorbar(row.accuracy, y, xerr=error, color=COLOURS["ink"], capsize=5, lw=2)
        ax.text(0.012, y, row.who, color=COLOURS["paper"], va="center", fontsize=14, weight="bold")
        ax.text(row.high + 0.015, y, f"{100 * row.accuracy:.1f} %", va="center", fontsize=15)
    middle = [-(i * 4.8 + 1.5) for i in range(len(tasks))]
    ax.set_yticks(middle, tasks, fontsize=16, rotation=90, va="center")
    ax.grid(axis="y", visible=False)
    whiskers = "(red: 95 % interval; blue: ± 1 SD)"
    ax.set(xlim=(0, 0.92), xlabel=f"mean accuracy of the classes\n{whiskers}")
    ax.set_title("Against two dermatologists")


def _points(ax: Axes, points: pd.DataFrame, mean: pd.DataFrame) -> None:
    panels.readers(ax, points, "one dermatologist")
    panels.mean_reader(ax, mean)
    centre = mean[["sensitivity_mean", "specificity_mean"]].iloc[0]
    words = {"textcoords": "offset points", "ha": "right", "color": COLOURS["mean"]}
    ax.annotate("their mean\n± 1 SD", centre, (-40, -50), fontsize=15, **words)
    ax.set(xlim=(0.4, 1.02), ylim=(0.4, 1.02), xlabel="sensitivity", ylabel="specificity")
    ax.set_title(f"Against {len(points)}, by biopsy")
