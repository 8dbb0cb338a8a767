"""The free-response curve: three scans by hand, a loop over thresholds, resampled scans."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.survey import froc


def table(rows, *columns):
    return pd.DataFrame(rows, columns=["scan", "z", "y", "x", *columns])


NODULES = table([(0, 0, 0, 0, 4.0), (0, 20, 0, 0, 12.0), (1, 0, 0, 0, 4.0)], "diameter")
MARKS = table(
    [
        (0, 0, 0, 2.9, 0.9),  # within 3 mm of a small nodule
        (0, 26, 0, 0, 0.8),  # within the large one's radius
        (0, 26.1, 0, 0, 0.7),  # beside it
        (0, 0, 0, 0, 0.6),  # the first again
        (1, 0, 0, 3.1, 0.5),  # beside the third
        (2, 0, 0, 0, 0.4),  # a scan without nodules
    ],
    "score",
)
MARKED = [0, 1, -1, 0, -1, -1]


def test_marks_belong_to_nodules_of_their_scan():
    assert froc.match(MARKS, NODULES).tolist() == MARKED


def test_of_two_nodules_the_nearer_is_marked():
    close = table([(0, 0, 0, 0, 10.0), (0, 6, 0, 0, 10.0)], "diameter")
    assert froc.match(table([(0, 3.5, 0, 0, 1.0)], "score"), close).tolist() == [1]


def test_the_curve_by_hand():
    """Three scans, three nodules; false positives at .7, .5 and .4."""
    curve = froc.froc(MARKS["score"], np.array(MARKED), n_nodules=3, n_scans=3)
    assert curve.threshold.tolist() == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    assert curve.false_positives == pytest.approx([0, 0, 1 / 3, 1 / 3, 2 / 3, 1])
    assert curve.sensitivity == pytest.approx([1 / 3, 2 / 3, 2 / 3, 2 / 3, 2 / 3, 2 / 3])
    assert curve.at() == pytest.approx([2 / 3] * 7) and curve.score == pytest.approx(2 / 3)


def test_a_rate_that_no_threshold_keeps_has_sensitivity_0():
    """The best mark is false: one in two scans, so 1/8 and 1/4 cannot be kept."""
    curve = froc.froc([3.0, 2.0], np.array([-1, 0]), n_nodules=1, n_scans=2)
    assert curve.at().tolist() == [0, 0, 1, 1, 1, 1, 1]


def test_marks_with_one_score_come_together():
    curve = froc.froc([1.0, 1.0, 1.0], np.array([0, -1, 1]), n_nodules=2, n_scans=1)
    assert curve.false_positives.tolist() == [1] and curve.sensitivity.tolist() == [1]


def test_the_curve_is_that_of_a_loop_over_thresholds():
    rng = np.random.default_rng(1)
    marked = rng.choice([-1, -1, -1, 0, 1, 2, 3, 4], 200)
    scores = rng.normal(size=200).round(1)
    curve = froc.froc(scores, marked, n_nodules=6, n_scans=10)
    for threshold, false, sensitivity in zip(
        curve.threshold, curve.false_positives, curve.sensitivity, strict=True
    ):
        kept = marked[scores >= threshold]
        assert false == pytest.approx((kept == -1).sum() / 10)
        assert sensitivity == pytest.approx(len(set(kept) - {-1}) / 6)


def test_no_marks_find_nothing_and_no_nodules_are_refused():
    nothing = np.array([], dtype=int)
    assert froc.froc([], nothing, n_nodules=2, n_scans=3).score == 0
    with pytest.raises(InputError, match="one nodule"):
        froc.froc([1.0], np.array([-1]), n_nodules=0, n_scans=1)
    with pytest.raises(InputError, match="finite"):
        froc.froc([np.nan], np.array([-1]), n_nodules=1, n_scans=1)


def test_resampled_scans_are_scans_copied():
    """A weight of two is the scan twice, a weight of zero is no such scan."""
    marks = MARKS.assign(marked=MARKED)
    weights = np.array([[1, 1, 1], [2, 0, 1], [0, 3, 0]])
    found = froc.resampled_scores(marks, NODULES, MARKS["score"].to_numpy(), weights)
    assert found[0] == pytest.approx(2 / 3)
    # twice the first scan: both nodules found; false: 2 at .7, 1 at .4
    assert found[1] == pytest.approx(1.0)
    assert found[2] == 0  # the third nodule is not among the marks


def test_resampling_is_that_of_a_written_out_copy():
    rng = np.random.default_rng(5)
    n_scans, n = 6, 90
    nodules = pd.DataFrame({"scan": [0, 0, 1, 3, 4, 4, 4]})
    marks = pd.DataFrame({"scan": rng.integers(0, n_scans, n), "marked": -1})
    for nodule, scan in enumerate(nodules["scan"]):
        rows = np.flatnonzero(marks["scan"] == scan)
        marks.loc[rng.choice(rows, 2), "marked"] = nodule
    scores, weights = rng.random(n), rng.multinomial(n_scans, np.full(n_scans, 1 / n_scans), 15)
    found = froc.resampled_scores(marks, nodules, scores, weights)
    for weight, value in zip(weights, found, strict=True):
        copies = [(scan, k) for scan in range(n_scans) for k in range(weight[scan])]
        names, all_scores, all_marked = {}, [], []
        for scan, k in copies:
            for nodule in np.flatnonzero(nodules["scan"] == scan):
                names[k, nodule] = len(names)
        for scan, k in copies:
            for row in np.flatnonzero(marks["scan"] == scan):
                all_scores.append(scores[row])
                all_marked.append(names.get((k, marks["marked"][row]), -1))
        if names:
            curve = froc.froc(
                all_scores, np.array(all_marked), n_nodules=len(names), n_scans=n_scans
            )
            assert value == pytest.approx(curve.score)
