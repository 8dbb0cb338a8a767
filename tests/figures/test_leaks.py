"""Figures of leaks: what is drawn, and what title and alt text say, is what the tables say."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import leaks

EDGES = pd.DataFrame(
    [("a", "b", "same lesion"), ("b", "c", "look alike"), ("d", "e", "same patient")],
    columns=["a", "b", "why"],
)
SCORES = pd.DataFrame(
    {
        "name": ["nearest neighbour", "network, 150 steps"],
        "random": [0.28, 0.38],
        "whole": [0.21, 0.36],
        "difference": [0.07, 0.02],
        "low": [0.03, -0.01],
        "high": [0.09, 0.05],
    }
)
DIFFERENCES = pd.DataFrame(
    {
        "name": ["network\nturned", "network\nplain"],
        "estimate": [0.0, 0.018],
        "low": [-0.005, 0.012],
        "high": [0.006, 0.0244],
    }
)
TOGETHER = DIFFERENCES.assign(images=["all", "twins"], p_holm=[1.0, 0.001])
AREAS = pd.DataFrame(
    {"seen": ["camera", "age"], "estimate": [0.7, 0.6], "low": [0.65, 0.5], "high": [0.75, 0.7]}
)


def photographs(*counts):
    rng = np.random.default_rng(0)
    return [[rng.integers(0, 256, (8, 8, 3), dtype=np.uint8) for _ in range(n)] for n in counts]


TESTS = photographs(3)[0]
FOUND = {
    "random": (photographs(3)[0], ["same lesion"] * 3),
    "whole": (photographs(3)[0], ["other patient"] * 3),
}
DRAW = {
    "torn": lambda: leaks.torn(photographs(2, 2), [["test", "training"], ["training"] * 2]),
    "component": lambda: leaks.component(EDGES, alone=["f"]),
    "nearest": lambda: leaks.nearest(TESTS, FOUND, of=9),
    "wrong_and_right": lambda: leaks.wrong_and_right(SCORES, unit="accuracy", chance=1 / 9),
    "flattery": lambda: leaks.flattery(DIFFERENCES, unit="AUC", known="measured here"),
    "family": lambda: leaks.family(TOGETHER, unit="AUC"),
    "without_pixels": lambda: leaks.without_pixels(AREAS, {"network": 0.8}),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_and_says_in_words_what_it_shows(name, readable):
    figure, alt = DRAW[name]()
    if name != "without_pixels":  # 1,210 pixels wide; its legend hangs below the axes
        readable(figure)
    assert len(alt) > 60


def test_a_torn_lesion_has_pictures_on_both_sides_of_the_line():
    rows = photographs(3, 2, 2)
    sides = [["test", "training", "training"], ["training", "test"], ["training", "training"]]
    figure, alt = leaks.torn(rows, sides)
    assert figure.get_suptitle() == "2 of 3 lesions stand on both sides"
    assert "lesion 1 has 2 in training and 1 in test" in alt
    grid = np.array(figure.axes).reshape(3, -1)
    (line,) = {i for i in range(grid.shape[1]) if grid[0, i].lines}
    for axes, pictures, names in zip(grid, rows, sides, strict=True):
        for side, part in (("training", axes[:line]), ("test", axes[line + 1 :])):
            drawn = [ax.images[0].get_array() for ax in part if ax.images]
            expected = [p for p, name in zip(pictures, names, strict=True) if name == side]
            assert len(drawn) == len(expected)
            assert all(np.array_equal(*pair) for pair in zip(drawn, expected, strict=True))


def test_the_line_is_ragged_only_where_a_lesion_is_torn():
    figure, _ = DRAW["torn"]()
    lines = [ax.lines[0] for ax in figure.axes if ax.lines]
    assert [len(set(line.get_xdata())) for line in lines] == [2, 1]


def test_a_component_joins_what_its_edges_join_and_counts_the_groups():
    figure, alt = leaks.component(EDGES, alone=["f"])
    (ax,) = figure.axes
    points = {text.get_text(): text.xy for text in ax.texts}
    assert sorted(points) == list("abcdef")
    lines = {line.get_color(): line for line in ax.lines if len(line.get_xdata()) == 2}
    for edge in EDGES.itertuples():
        line = lines[leaks.LINKS[edge.why]["color"]]
        np.testing.assert_allclose(line.get_xydata(), [points[edge.a], points[edge.b]])
    assert ax.get_title("left") == "6 images, 3 groups"
    assert "a b c, d e, f" in alt


def test_the_nearest_photograph_stands_below_its_test_photograph():
    axes = np.array(leaks.nearest(TESTS, FOUND, of=9).figure.axes).reshape(3, 3)
    pictures = [TESTS, *(found for found, _ in FOUND.values())]
    for line, row in zip(axes, pictures, strict=True):
        for ax, picture in zip(line, row, strict=True):
            np.testing.assert_array_equal(ax.images[0].get_array(), picture)
    assert axes[2, 0].get_title("left") == "whole: other patient"


def test_the_title_counts_the_tests_that_found_their_own_lesion():
    pictures = photographs(3)[0]
    found = {"random": (pictures, ["same lesion,\nanswer right", "other patient", "same lesion"])}
    figure, alt = leaks.nearest(TESTS, found, of=9)
    title = "2 of the 9 tests that found their own lesion under random folds"
    assert figure.get_suptitle() == title
    assert "random: same lesion, answer right, other patient" in alt


def test_both_scores_are_drawn_and_only_differences_above_0_are_counted():
    figure, alt = leaks.wrong_and_right(SCORES, unit="accuracy", chance=1 / 9)
    (ax,) = figure.axes
    wrong, right = ax.lines[:2]
    np.testing.assert_array_equal(wrong.get_xdata(), SCORES["random"])
    np.testing.assert_array_equal(right.get_xdata(), SCORES["whole"])
    assert ax.get_title("left") == "1 of 2 scores are lower where patients are kept whole"
    assert "network, 150 steps: 0.380 under random folds, 0.360 with patients kept whole" in alt


def test_flattery_says_how_many_intervals_lie_above_0_and_a_bound_that_holds_for_all():
    figure, alt = leaks.flattery(DIFFERENCES, unit="AUC", known="measured here")
    first, second = figure.get_suptitle().split("\n")
    assert first == "Measured here, not corrected for several comparisons:"
    assert second == "1 of 2 intervals above 0, all below 0.03"
    assert "network plain 0.018 (0.012 to 0.024)" in alt


def test_a_family_counts_what_stands_above_and_below_0_after_the_correction():
    figure, alt = leaks.family(TOGETHER, unit="AUC")
    assert figure.get_suptitle() == "1 of 2 differences are clear: 1 above 0, 0 below"
    assert len({ax.get_xlim() for ax in figure.axes}) == 1
    assert "network plain, twins, 0.018 (0.012 to 0.024), clear," in alt
    below = TOGETHER.assign(estimate=[-0.02, 0.018], p_holm=[0.01, 0.05])
    figure, _ = leaks.family(below, unit="AUC")
    assert figure.get_suptitle() == "1 of 2 differences are clear: 0 above 0, 1 below"


def test_areas_without_pixels_start_at_chance():
    figure, alt = leaks.without_pixels(AREAS, {"network": 0.8})
    (ax,) = figure.axes
    assert [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches] == [
        (0.5, pytest.approx(0.7)),
        (0.5, pytest.approx(0.6)),
    ]
    (label,) = [text.get_text() for text in ax.get_legend().get_texts()]
    assert label == "network: 0.800"
    assert "camera 0.700" in alt and "network 0.800" in alt
