"""Figures of detection draw the numbers that they are given, and say the same in words."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import nodules
from dermlab.lessons import results

RATES = np.array([0.125, 0.25, 0.5, 1, 2, 4, 8])
CURVES = pd.concat(
    pd.DataFrame({"arm": arm, "seed": seed, "rate": RATES, "sensitivity": level + 0.02 * seed})
    for arm, level in (("one detector", 0.5), ("another", 0.2))
    for seed in range(2)
)
MEANS = pd.DataFrame(
    {"arm": ["one detector", "another"], "estimate": [0.5, 0.2], "low": 0.1, "high": 0.7}
)
DIFFERENCES = pd.DataFrame(
    {"arm": ["one detector"], "control": ["another"], "estimate": 0.3, "low": -0.1, "high": 0.7}
)
GROUPS = pd.DataFrame({"group": ["small", "large"], "n": [3, 4], "a": [0.25, 1.0], "b": [0, 0.5]})
CUTS = np.zeros((9, 3, 24, 24), np.uint8)
HU = np.full((40, 50, 60), -860.0)
PICTURE = np.full((420, 340, 3), 200, np.uint8)
BOXES = np.array([[10.0, 20, 30, 50], [100, 100, 140, 150]])
DRAW = {
    "slide": lambda: nodules.slide(
        HU, np.array([20.0, 25, 30]), CUTS[0], title="One place", window=(-1000, 400)
    ),
    "free_response": lambda: nodules.free_response(
        CURVES, names=["one detector", "another"], title="Two detectors", ceiling=0.83
    ),
    "ranked": lambda: nodules.ranked(CUTS, np.arange(9) == 2, title="Nine candidates"),
    "scores": lambda: nodules.scores(MEANS, DIFFERENCES, title="Two detectors"),
    "found_by": lambda: nodules.found_by(GROUPS, names={"a": "one", "b": "two"}, title="Groups"),
    "boxes": lambda: nodules.boxes(
        PICTURE, {"some": (BOXES, [True, False]), "none": (BOXES[:0], [])}, title="Boxes"
    ),
    "precision_recall": lambda: nodules.precision_recall(
        {"one": (np.array([1.0, 0.5]), np.array([0.5, 0.5]))}, title="A curve"
    ),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_and_says_in_words_what_it_shows(name, readable):
    figure, alt = DRAW[name]()
    readable(figure)
    assert alt.startswith(figure.get_suptitle()) and len(alt) > len(figure.get_suptitle()) + 30


def test_the_curve_has_its_seven_dots_at_the_mean_of_the_seeds():
    figure, alt = DRAW["free_response"]()
    dots = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert [line.get_ydata() for line in dots] == [pytest.approx([v] * 7) for v in (0.51, 0.21)]
    assert "one detector 0.51, another 0.21" in alt and "2 seeds" in alt


def test_the_legend_has_the_dash_and_the_mark_of_each_curve_and_a_line_the_ceiling():
    figure, alt = DRAW["free_response"]()
    handles = figure.legends[0].legend_handles
    assert [line.get_linestyle() for line in handles] == ["-", "-", "--"]
    assert [line.get_marker() for line in handles] == ["None", "o", "s"]
    assert any(list(line.get_ydata()) == [0.83, 0.83] for line in figure.axes[0].lines)
    assert "0.83" in alt


def test_the_frame_lies_around_the_place_in_each_plane():
    figure, _ = DRAW["slide"]()
    corners = [ax.patches[0].get_xy() for ax in figure.axes if ax.patches]
    assert corners == [(18, 13), (18, 8), (13, 8)]


def test_hits_are_framed_and_named():
    figure, alt = DRAW["ranked"]()
    assert [ax.get_title("left") for ax in figure.axes][:3] == ["1 ", "2 ", "3 nodule"]
    assert "places 3" in alt


def test_shares_and_intervals_are_drawn_where_they_are():
    figure, alt = DRAW["found_by"]()
    lines = figure.axes[0].lines
    assert [line.get_xdata().tolist() for line in lines] == [[0.25, 1.0], [0, 0.5]]
    assert "small: one 0.25, two 0.00" in alt
    figure, alt = DRAW["scores"]()
    (bar,) = figure.axes[1].containers  # includes 0: a diamond
    assert bar.lines[0].get_marker() == "D"
    assert "one detector − another 0.30 (-0.10 to 0.70)" in alt


def test_a_control_of_two_parts_is_subtracted_as_a_whole():
    _, alt = nodules.scores(MEANS, DIFFERENCES.assign(control="a + b"), title="Two detectors")
    assert "one detector − (a + b) 0.30" in alt


def test_the_titles_of_the_lesson_hold_for_the_shipped_result():
    """ImageNet's weights find more than random ones; two of seven exclude 0; the wall is worst."""
    curves = results.read("survey_nodules", "curves.csv")
    curves = curves.pivot(index=["seed", "rate"], columns="arm", values="sensitivity")
    assert (curves["ImageNet"] > curves["untrained"]).all()
    differences = results.read("survey_nodules", "differences.csv")
    assert len(differences) == 7 and (differences.low > 0).sum() == 2
    assert (differences.high > 0).all()
    table = results.read("survey_nodules", "nodules.csv")
    is_small = table.diameter < 6
    for arm in ("ImageNet", "measurements", "ImageNet + measurements", "is_candidate"):
        by_kind = table.groupby("kind")[arm].mean()
        assert by_kind.idxmin() == "at the wall"
        others = [table.groupby(by)[arm].mean().min() for by in (is_small, "ground_glass")]
        assert by_kind.min() < min(others)
