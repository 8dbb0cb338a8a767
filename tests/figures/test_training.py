"""The training figures: what is drawn is what is in the table, and it can be read."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import training as figures

NAMES = ("all layers", "no augmentation")
CURVES = pd.DataFrame(
    [
        {"network": name, "seed": seed, "epoch": epoch, "loss": 1 / epoch + 0.1 * seed,
         "training": 0.4 + 0.05 * epoch, "test": 0.4 + 0.02 * epoch - 0.01 * seed}
        for name in NAMES for seed in range(3) for epoch in range(1, 9)
    ]
)  # fmt: skip
RATES = pd.DataFrame({"÷ 16": [1e-3, 1e-3 / 16], "× 0.16": [1e-3, 1.6e-4]}, index=[1, 31])
STEPS = pd.DataFrame({"from 1": [1e-3, 2e-3], "from 0": [3e-3, 4e-3]}, index=[1, 2])

DRAW = {
    "pictures": lambda: figures.pictures(
        np.full((6, 8, 8, 3), 130.0), ["turned by 0°"] * 6, title="Six variants"
    ),
    "schedules": lambda: figures.schedules(RATES),
    "first_steps": lambda: figures.first_steps(STEPS),
    "compared": lambda: figures.compared(CURVES, NAMES, title="With and without"),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    fig = DRAW[name]()
    readable(fig)
    assert fig.get_suptitle() or fig.axes[0].get_title(loc="left")


@pytest.mark.parametrize("name", [name for name in DRAW if name != "pictures"])
def test_its_axes_have_names(name):
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in DRAW[name]().axes)


def test_thin_lines_are_the_seeds_and_the_thick_one_is_their_mean():
    for ax, column in zip(DRAW["compared"]().axes, ("loss", "training", "test"), strict=True):
        lines = [line for line in ax.lines if len(line.get_xdata()) == 8]
        assert len(lines) == len(NAMES) * (3 + 1)
        rows = CURVES[CURVES["network"] == NAMES[0]]
        mean = rows.groupby("epoch")[column].mean()
        np.testing.assert_allclose(lines[3].get_ydata(), mean)


def test_pictures_are_drawn_as_they_are():
    images = np.arange(2 * 4 * 4 * 3).reshape(2, 4, 4, 3) * 1.0
    axes = figures.pictures(images, ["a", "b"], title="two").axes
    np.testing.assert_array_equal(axes[1].images[0].get_array(), images[1])
    assert [ax.get_title() or ax.get_title(loc="left") for ax in axes[:2]] == ["a", "b"]
