"""The training figures: what is drawn is what is in the table, and it can be read."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import training as figures

HISTORY = pd.DataFrame(
    {"epoch": range(1, 9), "loss": np.linspace(1.2, 0.8, 8), "development": [0.3, 0.6] * 4}
)
JUDGED = {"metric": "area under the curve", "chance": 0.5}
NAMES = ("all layers", "no augmentation")
CURVES = pd.DataFrame(
    [
        {"network": name, "seed": seed, "epoch": epoch, "loss": 1 / epoch + 0.1 * seed,
         "training": 0.4 + 0.05 * epoch, "test": 0.4 + 0.02 * epoch - 0.01 * seed}
        for name in NAMES for seed in range(3) for epoch in range(1, 9)
    ]
)  # fmt: skip
DIFFERENCES = pd.DataFrame(
    {
        "what": ["all layers − head only", "augmented − plain"],
        "estimate": [5.0, 1.0],
        "low": [2.0, -2.0],
        "high": [8.0, 4.0],
    }
)
RATES = pd.DataFrame({"÷ 16": [1e-3, 1e-3 / 16], "× 0.16": [1e-3, 1.6e-4]}, index=[1, 31])
STEPS = pd.DataFrame({"from 1": [1e-3, 2e-3], "from 0": [3e-3, 4e-3]}, index=[1, 2])

DRAW = {
    "pictures": lambda: figures.pictures(
        np.full((6, 8, 8, 3), 130.0), ["turned by 0°"] * 6, title="Six variants"
    ),
    "learning_curve": lambda: figures.learning_curve(
        HISTORY, best_epoch=2, interrupted=2, **JUDGED
    ),
    "schedules": lambda: figures.schedules(RATES),
    "first_steps": lambda: figures.first_steps(STEPS),
    "compared": lambda: figures.compared(CURVES, NAMES, title="With and without"),
    "differences": lambda: figures.differences(
        DIFFERENCES, title="What matters", unit="difference (points)"
    ),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    fig = DRAW[name]()
    readable(fig)
    assert fig.get_suptitle() or fig.axes[0].get_title(loc="left")


@pytest.mark.parametrize("name", [name for name in DRAW if name != "pictures"])
def test_its_axes_have_names(name):
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in DRAW[name]().axes)


def test_the_curve_is_the_history_and_the_ring_is_round_the_best_epoch():
    left, right = figures.learning_curve(HISTORY, best_epoch=2, interrupted=2, **JUDGED).axes
    np.testing.assert_array_equal(left.lines[0].get_ydata(), HISTORY["loss"])
    np.testing.assert_array_equal(right.lines[0].get_ydata(), HISTORY["development"])
    ring = right.lines[1]
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([2], [0.6])


def test_thin_lines_are_the_seeds_and_the_thick_one_is_their_mean():
    for ax, column in zip(DRAW["compared"]().axes, ("loss", "training", "test"), strict=True):
        lines = [line for line in ax.lines if len(line.get_xdata()) == 8]
        assert len(lines) == len(NAMES) * (3 + 1)
        rows = CURVES[CURVES["network"] == NAMES[0]]
        mean = rows.groupby("epoch")[column].mean()
        np.testing.assert_allclose(lines[3].get_ydata(), mean)


def test_a_difference_whose_interval_holds_zero_looks_another_way():
    (ax,) = DRAW["differences"]().axes
    marks = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert [mark.get_marker() for mark in marks] == ["D", "o"]  # drawn from below
    assert marks[0].get_color() != marks[1].get_color()
    assert [mark.get_xdata()[0] for mark in marks] == [1.0, 5.0]


def test_pictures_are_drawn_as_they_are():
    images = np.arange(2 * 4 * 4 * 3).reshape(2, 4, 4, 3) * 1.0
    axes = figures.pictures(images, ["a", "b"], title="two").axes
    np.testing.assert_array_equal(axes[1].images[0].get_array(), images[1])
    assert [ax.get_title() or ax.get_title(loc="left") for ax in axes[:2]] == ["a", "b"]
