"""The survey's four systems as pictures of their answers: a label, places, a map, a pose."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, Rectangle

from dermlab.figures import panels
from dermlab.figures.style import COLOURS, Drawn, pale

MARKS = {  # task: what its answer is
    "classification": "one label an image",
    "detection": "places with a score each",
    "segmentation": "a label for every pixel",
    "registration": "six numbers: a pose",
}


def answers(tasks: pd.DataFrame) -> Drawn:
    """A sketch a task: the form of its answer.

    ``tasks``: a column ``task``, in the order of drawing. A sketch, no data.
    """
    title = "A sketch without data: four kinds of answer"
    fig, axes = panels.sheet(title, 1, len(tasks), figsize=(11.5, 4.6))
    draw = {
        "classification": _label,
        "detection": _places,
        "segmentation": _map,
        "registration": _pose,
    }
    for ax, row in zip(axes, tasks.itertuples(), strict=True):
        ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[], aspect="equal")
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        ax.add_patch(Ellipse((0.5, 0.5), 0.8, 0.9, color=COLOURS["light"]))
        draw[row.task](ax)
        ax.set_title(row.task, fontsize=16)
        ax.set_xlabel(MARKS[row.task], fontsize=14)
    said = "; ".join(f"{task}: {MARKS[task]}" for task in tasks["task"])
    return Drawn(fig, f"{title}. {said}.")


def _label(ax: Axes) -> None:
    box = {"boxstyle": "round", "facecolor": COLOURS["paper"], "edgecolor": COLOURS["network"]}
    ax.text(0.5, 0.5, "refer", ha="center", va="center", fontsize=18, bbox=box)


def _places(ax: Axes) -> None:
    for x, y in ((0.3, 0.65), (0.5, 0.35)):
        ax.add_patch(Circle((x, y), 0.06, fill=False, color=COLOURS["reader"], linewidth=3))
        ax.text(x + 0.09, y, "score", va="center", fontsize=14)


def _map(ax: Axes) -> None:
    for size, colour in ((0.7, "network"), (0.48, "mean"), (0.24, "reader")):
        ax.add_patch(Ellipse((0.5, 0.5), 0.9 * size, size, color=pale(COLOURS[colour], 0.7)))


def _pose(ax: Axes) -> None:
    for angle, colour in ((0, "neutral"), (28, "network")):
        box = Rectangle((0.33, 0.38), 0.34, 0.24, angle=angle, rotation_point="center")
        box.set(fill=False, edgecolor=COLOURS[colour], linewidth=3)
        ax.add_patch(box)
    arrow = {"arrowstyle": "-|>", "mutation_scale": 22, "linewidth": 2.5}
    curve = "arc3,rad=0.3"
    start, end = (0.78, 0.45), (0.72, 0.68)
    ax.add_patch(FancyArrowPatch(start, end, connectionstyle=curve, color=COLOURS["ink"], **arrow))
