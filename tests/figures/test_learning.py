"""One step of learning: each title says what the drawn numbers say, in both directions."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import learning as figures

NAMES = ("benign", "malignant", "non-neoplastic")
BEFORE, TRUTH, AFTER = np.array([0.5, 0.2, 0.3]), np.eye(3)[1], np.array([0.3, 0.4, 0.3])
RATE = np.array([0.01, 0.1, 1.0, 10.0])
LOSS = np.array([1.0, 0.6, 0.9, 4.0])
ACCURACY = pd.DataFrame({"lesions learned from": [0.3, 0.8], "new lesions": [0.3, 0.5]}, [0, 200])

DRAW = {
    "one_step": lambda: figures.one_step(NAMES, BEFORE, TRUTH, AFTER),
    "rates": lambda: figures.rates(RATE, LOSS, 1.1),
    "by_steps": lambda: figures.by_steps(np.array([2.0, 1.0, 0.5]), ACCURACY),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    drawn = DRAW[name]()
    readable(drawn.figure)
    assert drawn.figure.get_suptitle() in drawn.alt


def test_a_step_has_three_panels_and_the_middle_one_sums_to_nothing():
    heights = [[bar.get_height() for bar in ax.patches] for ax in DRAW["one_step"]().figure.axes]
    np.testing.assert_allclose(heights, [BEFORE, BEFORE - TRUTH, AFTER])
    assert sum(heights[1]) == pytest.approx(0)


@pytest.mark.parametrize("after, verb", [(AFTER, "raises"), (BEFORE, "does not raise")])
def test_the_title_says_whether_the_true_class_gained(after, verb):
    title = figures.one_step(NAMES, BEFORE, TRUTH, after).figure.get_suptitle()
    assert title.startswith(f"One step {verb} the true class, malignant: 20 %")


def test_the_title_names_the_best_rate_and_from_where_a_step_does_harm():
    assert DRAW["rates"]().figure.get_suptitle().endswith("at rate 0.1; from 10 on it rises")
    falling = figures.rates(RATE, np.array([1.0, 0.9, 0.8, 0.7]), 1.1).figure.get_suptitle()
    assert falling.endswith("at rate 10; no step makes it rise")


def test_the_title_gives_the_last_shares_and_the_lines_end_there():
    figure = DRAW["by_steps"]().figure
    assert (
        "Correct at step 200: lesions learned from 80 %, new lesions 50 %" in figure.get_suptitle()
    )
    ends = [line.get_ydata()[-1] for line in figure.axes[1].lines]
    assert ends[:2] == [0.8, 0.5]
