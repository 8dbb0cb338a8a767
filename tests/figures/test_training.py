"""The training figures: what is drawn is what is in the table, and it can be read."""

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation.intervals import Estimate
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
ANGLES, FLIPS = [0, 1, 0, 1], [0, 0, 1, 1]
STEPS = pd.DataFrame({"from 1": [1e-3, 2e-3], "from 0": [3e-3, 4e-3]}, index=[1, 2])

SCORES = {"head only": [0.40, 0.45, 0.50], "all layers": [0.55, 0.44, 0.60]}
DRAW = {
    "new_head": lambda: figures.new_head(900, 100, ("9 classes", 909), ("1 class", 101)),
    "variants": lambda: figures.variants(np.full((4, 8, 8, 3), 130.0), ANGLES, FLIPS, of=720),
    "by_clinic": lambda: figures.by_clinic(
        SCORES, Estimate(8.0, 1.0, 15.0), unit="mean accuracy", chance=1 / 3
    ),
    "pictures": lambda: figures.pictures(
        np.full((6, 8, 8, 3), 130.0), ["turned by 0°"] * 6, title="Six variants"
    ),
    "schedules": lambda: figures.schedules(RATES),
    "first_steps": lambda: figures.first_steps(STEPS),
    "compared": lambda: figures.compared(CURVES, NAMES, title="With and without"),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    figure, alt = DRAW[name]()
    readable(figure)
    title = figure.get_suptitle() or figure.axes[0].get_title(loc="left")
    assert title and len(alt) > 60


@pytest.mark.parametrize("name", ["schedules", "first_steps", "compared"])
def test_its_axes_have_names(name):
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in DRAW[name]().figure.axes)


def test_thin_lines_are_the_seeds_and_the_thick_one_is_their_mean():
    for ax, column in zip(
        DRAW["compared"]().figure.axes, ("loss", "training", "test"), strict=True
    ):
        lines = [line for line in ax.lines if len(line.get_xdata()) == 8]
        assert len(lines) == len(NAMES) * (3 + 1)
        rows = CURVES[CURVES["network"] == NAMES[0]]
        mean = rows.groupby("epoch")[column].mean()
        np.testing.assert_allclose(lines[3].get_ydata(), mean)


def test_pictures_are_drawn_as_they_are():
    images = np.arange(2 * 4 * 4 * 3).reshape(2, 4, 4, 3) * 1.0
    axes = figures.pictures(images, ["a", "b"], title="two").figure.axes
    np.testing.assert_array_equal(axes[1].images[0].get_array(), images[1])
    assert [ax.get_title() or ax.get_title(loc="left") for ax in axes[:2]] == ["a", "b"]


def test_the_share_of_new_parameters_is_that_of_the_new_network():
    figure, alt = DRAW["new_head"]()
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "900 parameters" in words and "909 parameters" in words and "101 parameters" in words
    assert (
        figure.axes[0].get_title("left") == "The head is replaced: 10 % of the parameters are new"
    )
    assert "9 classes, 909 parameters, is crossed out" in alt


def test_variants_stand_in_their_order_and_the_title_multiplies_right():
    images = np.stack([np.full((8, 8, 3), 50.0 * i) for i in range(4)])
    figure, _ = figures.variants(images, ANGLES, FLIPS, of=720, columns=5)
    sheet = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(sheet[0, : 5 * 8 : 8, 0], [0, 50, 100, 150, 255])
    assert figure.get_suptitle() == "4 of the 720 variants of a picture: 2 angles × 2"


def test_a_line_a_clinic_and_a_title_that_counts_them():
    figure, alt = DRAW["by_clinic"]()
    (ax,) = figure.axes
    drawn = [list(line.get_ydata()) for line in ax.lines[:3]]
    assert drawn == [[0.40, 0.55], [0.45, 0.44], [0.50, 0.60]]
    assert ax.get_title("left") == "All layers: higher than head only in 2 of 3 clinics"
    assert "8.0 (1.0 to 15.0)" in alt


def test_the_title_names_the_first_epoch_in_which_the_schedules_differ():
    (ax,) = DRAW["schedules"]().figure.axes
    assert ax.get_title("left") == "The schedules are apart from epoch 31 on"
