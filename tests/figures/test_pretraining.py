"""The figures of pretraining: titles and alt texts follow from what is drawn, and can be read."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import pretraining as figures

RNG = np.random.default_rng(0)
SIZES = (50, 200, 800)
ARMS = {"all": "tuned", "scratch": "from random weights"}
MEANS = pd.DataFrame(
    [
        {"arm": arm, "n": n, "auc": 0.6 + 0.1 * i + n / 8000, "low": 0.55 + 0.1 * i, "high": 0.9}
        for i, arm in enumerate(ARMS)
        for n in SIZES
    ]
)
GAPS = pd.DataFrame(
    {"n": SIZES, "estimate": [0.1, 0.0, -0.1], "low": [0.05, -0.05, -0.15],
     "high": [0.15, 0.05, -0.05]}
)  # fmt: skip
ROWS = pd.DataFrame(
    {"what": ["tuned", "source alone"] * 2, "cases": ["all"] * 2 + ["within source"] * 2,
     "estimate": [0.9, 0.78, 0.8, 0.5], "low": [0.88, 0.75, 0.78, 0.5],
     "high": [0.92, 0.8, 0.82, 0.5]}
)  # fmt: skip
LAYERS = pd.DataFrame(
    [
        {"weights": name, "layer": layer, "n": n, "seed": seed, "auc": 0.6 + 0.1 * i + 0.02 * seed}
        for name in ("imagenet", "untrained")
        for i, layer in enumerate(("stem", "block7", "top"))
        for n in SIZES
        for seed in range(2)
    ]
)
ANSWERS = [("espresso", 0.9), ("cup", 0.06), ("soup bowl", 0.01)], [("ant", 0.4), ("tick", 0.2)]


def work(ratios=(2.0, 0.5)):
    pictures = {"a cat": RNG.integers(0, 255, (20, 20, 3)), "the lesion": np.zeros((20, 20, 3))}
    maps = [RNG.normal(size=(10, 10, 2))] * 2
    return figures.filters_at_work(pictures, RNG.normal(size=(3, 3, 3, 2)), maps, ratios)


DRAW = {
    "named": lambda: figures.named([np.zeros((8, 8, 3), np.uint8)] * 2, ANSWERS),
    "filters_at_work": work,
    "areas": lambda: figures.areas(ROWS, title="Two panels"),
    "by_size": lambda: figures.by_size(MEANS, GAPS, ARMS, known="tuned − scratch"),
    "grid": lambda: figures.grid(MEANS, ARMS, title="A grid"),
    "layers": lambda: figures.layers(LAYERS, ("imagenet", "untrained"), title="By layer"),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    drawn = DRAW[name]()
    readable(drawn.figure)
    assert drawn.figure.get_suptitle() and len(drawn.alt) > 40


def test_the_title_is_what_the_last_picture_is_called():
    drawn = DRAW["named"]()
    assert "“ant”" in drawn.figure.get_suptitle()
    assert "picture 1: espresso 0.90" in drawn.alt and "picture 2: ant 0.40" in drawn.alt
    bars = drawn.figure.axes[2].patches
    np.testing.assert_allclose([bar.get_width() for bar in bars], [0.9, 0.06, 0.01])


@pytest.mark.parametrize(("ratios", "count"), [((2.0, 0.5), 1), ((2.0, 1.1), 2), ((0.9, 0.5), 0)])
def test_the_title_counts_the_filters_that_respond_more_at_the_border(ratios, count):
    assert work(ratios).figure.get_suptitle().startswith(f"{count} of 2 filters")


def test_the_title_says_where_the_interval_lies():
    assert figures.where(GAPS) == "above 0 with 50, below 0 with 800, open with 200"
    assert figures.where(GAPS[:1]) == "above 0 with 50"
    every = GAPS.assign(low=0.01, high=0.2)
    assert figures.where(every) == "above 0 with 50, 200 and 800"
    assert figures.where(GAPS[1:2].assign(n=0)) == "open with all"


def test_the_title_says_what_kind_of_number_it_is():
    title = DRAW["by_size"]().figure.get_suptitle()
    assert title == f"Measured here, tuned − scratch:\n{figures.where(GAPS)}"


def test_levels_left_and_differences_right_are_those_of_the_tables():
    left, right = DRAW["by_size"]().figure.axes
    for container, arm in zip(left.containers, ARMS, strict=True):
        rows = MEANS[MEANS["arm"] == arm]
        np.testing.assert_allclose(container[0].get_ydata(), rows["auc"])
        ends = [segment[:, 1] for segment in container[2][0].get_segments()]
        np.testing.assert_allclose(ends, rows[["low", "high"]])
    (container,) = right.containers
    ends = [segment[:, 1] for segment in container[2][0].get_segments()]
    np.testing.assert_allclose(ends, GAPS[["low", "high"]])
    assert "0.100 (0.050 to 0.150) with 50" in DRAW["by_size"]().alt


def test_all_lesions_stand_at_the_right_and_are_called_all():
    means = pd.concat([MEANS.assign(n=MEANS["n"].replace(800, 0)), MEANS])
    ax = figures.grid(means.drop_duplicates(["arm", "n"]), ARMS, title="x").figure.axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["50", "200", "800", "all"]


def test_a_cell_of_the_grid_holds_its_estimate_and_interval():
    words = [text.get_text() for text in DRAW["grid"]().figure.axes[0].texts]
    assert len(words) == len(MEANS) and "0.606\n0.550 to 0.900" in words


def test_a_panel_a_kind_of_cases_and_a_row_an_arm():
    all_, within = DRAW["areas"]().figure.axes
    assert (all_.get_title("left"), within.get_title("left")) == ("all", "within source")
    middles = [container[0].get_xdata()[0] for container in within.containers]
    np.testing.assert_allclose(middles, [0.8, 0.5])
    assert "source alone (within source) 0.50 (0.50 to 0.50)" in DRAW["areas"]().alt
    unbound = ROWS.assign(low=np.nan, high=np.nan)
    assert "source alone (all) 0.78 (– to –)" in figures.areas(unbound, title="x").alt


def test_the_alt_text_names_the_first_and_the_last_layer():
    assert "50 lesions, imagenet: 0.61 at stem and 0.81 at top" in DRAW["layers"]().alt
