"""Dots of readers and thresholds: where they stand is what the title and the alt text say."""

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import readers, roc
from dermlab.figures import dots as figures

COUNTS = {"tp": [9, 5, 8], "n_pos": 10, "tn": [10, 18, 16], "n_neg": 20}
POINTS = readers.with_rates(pd.DataFrame(COUNTS)).assign(task="a task", question="action")
TRUTH, SCORE = [0, 0, 1, 0, 1], [0.1, 0.3, 0.4, 0.6, 0.8]
CURVE = roc.curve(TRUTH, SCORE)
DECIDED = roc.point([1, 1, 0, 0, 0], [1, 0, 0, 0, 1])
SHOWN = {
    "pictures": np.random.default_rng(0).integers(0, 256, (5, 24, 24, 3), dtype=np.uint8),
    "names": list("56789"),
}

SUSPICION, DECISION = [-5, -2, 3, 1, 4], [0, 0, 1, 1, 1]
WIDTHS = pd.DataFrame(
    [("only nevi", 33, 130, 0.2), ("only nevi", 33, 1003, 0.17),
     ("both", 33, 130, 0.2), ("both", 330, 1300, 0.06)],
    columns=["design", "n_positive", "n", "width"],
)  # fmt: skip

DRAW = {
    "beside_a_curve": lambda: figures.beside_a_curve(POINTS, CURVE, roc.auc(TRUTH, SCORE)),
    "of_confidence": lambda: figures.of_confidence(
        roc.point(TRUTH, DECISION), roc.curve(TRUTH, SUSPICION), CURVE, reader="you"
    ),
    "widths": lambda: figures.widths(WIDTHS),
    "of_readers": lambda: figures.of_readers(POINTS, readers.mean_reader(POINTS)),
    "of_thresholds": lambda: figures.of_thresholds(
        CURVE, roc.auc(TRUTH, SCORE).estimate, threshold=0.5
    ),
    "of_one": lambda: figures.of_one(DECIDED, 2, 3, reader="you", **SHOWN),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    drawn = DRAW[name]()
    readable(drawn.figure)
    assert drawn.figure.get_suptitle().replace("\n", " ") in drawn.alt


def test_the_title_gives_the_range_of_the_dots():
    drawn = DRAW["of_readers"]()
    (cloud,) = [c for c in drawn.figure.axes[0].collections if len(c.get_offsets()) == 3]
    low, high = cloud.get_offsets().min(axis=0), cloud.get_offsets().max(axis=0)
    title = drawn.figure.get_suptitle()
    assert title.startswith("Published: 3 dermatologists, the same 30 pictures")
    assert f"sensitivity {low[0]:.2f} to {high[0]:.2f}" in title
    assert f"specificity {low[1]:.2f} to {high[1]:.2f}" in title
    assert drawn.alt.endswith("The mean reader has 0.73 and 0.73.")


def test_the_marked_dot_is_that_of_its_threshold_and_the_area_that_of_the_staircase():
    drawn = DRAW["of_thresholds"]()
    stairs, marked = drawn.figure.axes[0].lines
    x, y = stairs.get_data()
    assert np.trapezoid(y, x) == pytest.approx(5 / 6)  # five of six pairs in the right order
    assert (
        drawn.figure.get_suptitle() == "Simulated: 5 scores give 6 dots; area below the stairs 0.83"
    )
    assert len(x) == 6
    decided = roc.point(TRUTH, np.array(SCORE) >= 0.5)
    here = decided.sensitivity.estimate, decided.specificity.estimate
    assert (marked.get_xdata()[0], marked.get_ydata()[0]) == pytest.approx(here)


def test_readers_and_a_curve_of_other_images_have_a_panel_each():
    drawn = DRAW["beside_a_curve"]()
    left, right = drawn.figure.axes
    (cloud,), (stairs,) = left.collections, right.lines
    assert len(cloud.get_offsets()) == 3 and not left.lines and not right.collections
    assert drawn.figure.get_suptitle() == "3 dermatologists: 3 dots. One network: a curve"
    assert right.get_title(loc="left") == "OTHER images: 2 melanomas, 3 nevi"
    x, y = stairs.get_data()
    assert f"AUC {np.trapezoid(y, x):.2f}" in stairs.get_label()
    assert f"AUC {np.trapezoid(y, x):.2f} (" in drawn.alt


def test_the_legend_says_how_many_dots_lie_behind_others():
    label = "one dermatologist (published)"
    for rows, said in (
        (POINTS, label),
        (pd.concat([POINTS, POINTS[:1]]), f"{label};\n1 dot behind another"),
    ):
        left = figures.beside_a_curve(rows, CURVE, roc.auc(TRUTH, SCORE)).figure.axes[0]
        assert left.get_legend_handles_labels()[1] == [said]


def test_the_verdicts_are_one_dot_of_the_curve_of_their_confidence():
    drawn = DRAW["of_confidence"]()
    ax = drawn.figure.axes[0]
    confidence, dot = (next(line for line in ax.lines if name in str(line.get_label()))
                       for name in ("confidence", "verdicts"))  # fmt: skip
    places = np.array(confidence.get_data()).T
    assert np.isclose(places, [dot.get_xdata()[0], dot.get_ydata()[0]]).all(axis=1).any()
    assert drawn.figure.get_suptitle().endswith(f"the confidence gives {len(places)}")
    decided = roc.point(TRUTH, DECISION)
    bars = [line.get_segments()[0] for line in ax.collections]  # the width of the dot
    for segment, axis, rate in zip(
        bars, (0, 1), (decided.sensitivity, decided.specificity), strict=True
    ):
        assert segment[:, axis] == pytest.approx([rate.low, rate.high])
    said = f"sensitivity {decided.sensitivity:.2f}, specificity {decided.specificity:.2f}"
    assert f"Dot of you: {said}, on the curve" in drawn.alt
    assert "5 scores give 6 dots" in drawn.alt


def test_the_title_gives_the_first_and_the_last_width():
    drawn = DRAW["widths"]()
    nevi, both = drawn.figure.axes[0].lines
    title = drawn.figure.get_suptitle()
    assert title.startswith("Mean width of the AUC's 95 % interval.")
    assert "from 33 melanomas + 97 nevi" in drawn.alt
    for line, sizes in ((nevi, "33 + 970"), (both, "330 + 970")):
        first, last = line.get_ydata()[[0, -1]]
        design, to = line.get_label().split(": to ")
        assert to == sizes and f"{design}: {first:.2f} → {last:.2f}" in title


def test_the_width_of_a_dot_is_its_interval():
    drawn = DRAW["of_one"]()
    *above, ax = drawn.figure.axes
    for picture, tile in zip(SHOWN["pictures"], above, strict=True):
        np.testing.assert_array_equal(tile.images[0].get_array(), picture)
    (bars,) = ax.containers
    dot, _, (across, up) = bars
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == pytest.approx((1 / 2, 2 / 3))
    (sideways,), (upwards,) = across.get_segments(), up.get_segments()
    for (low, high), rate, name in (
        (sideways[:, 0], DECIDED.sensitivity, "sensitivity"),
        (upwards[:, 1], DECIDED.specificity, "specificity"),
    ):
        assert (low, high) == pytest.approx((rate.low, rate.high))
        assert f"{name} {low:.2f} to {high:.2f}" in drawn.figure.get_suptitle()


@pytest.mark.parametrize(
    ("decided", "n_near"), [([1, 0, 0, 0, 1], 4), ([1, 1, 1, 1, 1], 2), ([1, 0, 0, 0, 0], 3)]
)
def test_the_rings_are_one_answer_away(decided, n_near):
    point = roc.point([1, 1, 0, 0, 0], decided)
    drawn = figures.of_one(point, 2, 3, reader="you", **SHOWN)
    near = np.array(drawn.figure.axes[-1].lines[-1].get_data()).T
    place = point.sensitivity.estimate, point.specificity.estimate
    answers = np.abs((near - place) * (2, 3)).sum(axis=1)
    np.testing.assert_allclose(answers, np.ones(n_near))
    assert (near > -1e-9).all() and (near < 1 + 1e-9).all()
