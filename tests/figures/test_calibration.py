"""The reliability diagram draws the table that it is given, and says the same in words."""

import numpy as np

from dermlab.evaluation import calibration
from dermlab.figures import calibration as figures

RIGHT = np.array([1, 0, 0, 1, 1, 1, 0, 1], bool)
SAID = np.array([0.15, 0.1, 0.3, 0.35, 0.9, 0.95, 0.85, 0.8])
ROWS = calibration.reliability(RIGHT, SAID, 5)
ERROR = calibration.expected_calibration_error(RIGHT, SAID, 5)
WORDS = {"said": "probability of the answer", "came": "share of right answers"}


def drawn():
    return figures.reliability(ROWS, ERROR, question="nine-way, all cases", **WORDS)


def test_the_title_gives_both_means():
    words = "probability of the answer 55.0 % on average,\nshare of right answers 62.5 %"
    assert drawn().figure.get_suptitle() == f"nine-way, all cases:\n{words}"


def test_each_bin_has_a_point_with_its_interval_and_a_bar_of_its_images():
    above, below = drawn().figure.axes
    (points,) = [line for line in above.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(np.float64(points.get_xdata()), 100 * ROWS["probability"])
    np.testing.assert_allclose(np.float64(points.get_ydata()), 100 * ROWS["share"])
    (bars,) = above.collections
    ends = np.array([segment[:, 1] for segment in bars.get_segments()], float)
    np.testing.assert_allclose(ends, 100 * ROWS[["low", "high"]].to_numpy(float))
    assert [bar.get_height() for bar in below.patches] == ROWS["n"].tolist()


def test_the_alt_text_says_every_bin_and_what_chance_alone_gives():
    alt = drawn().alt
    for row in ROWS.itertuples():
        assert f"said {100 * row.probability:.0f} %, came {100 * row.share:.0f} %" in alt
    assert (
        f"error {ERROR.estimate:.3f}; a perfect forecast would have {ERROR.if_perfect:.3f}" in alt
    )
