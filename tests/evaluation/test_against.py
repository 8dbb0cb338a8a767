"""Readers against a network: who beats whom, by how much, and what margins alone can say."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from dermlab.errors import InputError
from dermlab.evaluation import against, roc


def table(*rates):
    return pd.DataFrame(rates, columns=["sensitivity", "specificity"])


def test_to_beat_is_to_be_as_good_in_both_and_better_in_one():
    points = table((0.8, 0.7), (0.9, 0.9), (0.8, 0.8), (0.9, 0.7), (0.8, 0.9))
    found = against.verdicts(points, 0.8, 0.8)
    expected = ["network beats", "reader beats", "equal", "neither", "reader beats"]
    assert found.tolist() == expected


def test_equal_counts_are_equal_however_they_are_divided():
    assert against.verdicts(table((0.1 + 0.2, 0.7)), 0.3, 0.7)[0] == "equal"


def test_a_curve_beats_whoever_lies_under_one_of_its_corners():
    curve = roc.curve([1, 1, 0, 1, 0, 0], [0.9, 0.8, 0.7, 0.6, 0.4, 0.2])
    points = table((2 / 3, 2 / 3), (2 / 3, 1.0), (0.5, 0.99), (1.0, 1.0))
    assert against.beaten_by_curve(points, curve).tolist() == [True, False, True, False]


def test_the_best_corner_beats_at_least_as_many_as_any_fixed_one():
    rng = np.random.default_rng(0)
    truth = np.arange(100) < 40
    curve = roc.curve(truth, rng.normal(truth * 1.5, 1))
    points = table(*rng.uniform(0.5, 1, (30, 2)))
    by_curve = against.beaten_by_curve(points, curve)
    for row in curve.itertuples():
        fixed = against.verdicts(points, row.sensitivity, row.specificity) == "network beats"
        assert not (fixed & ~by_curve).any()


def test_the_paired_interval_is_agresti_and_mins():
    a = np.repeat([1, 1, 0, 0], [40, 12, 5, 3])
    b = np.repeat([1, 0, 1, 0], [40, 12, 5, 3])
    found = against.paired_difference(a, b)
    n, n12, n21 = 62, 12.5, 5.5
    half = 1.959964 * np.sqrt(n12 + n21 - (n12 - n21) ** 2 / n) / n
    assert found.estimate == pytest.approx(7 / 60)
    assert (found.low, found.high) == pytest.approx((7 / n - half, 7 / n + half), abs=1e-6)


def test_the_paired_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(2000):
        shared, own = rng.random(70), rng.random((2, 70))
        a = np.where(shared < 0.6, own[0] < 0.9, own[0] < 0.6)
        b = np.where(shared < 0.6, own[0] < 0.8, own[1] < 0.5)
        found = against.paired_difference(a, b)
        held += found.low <= 0.6 * 0.1 + 0.4 * 0.1 <= found.high
    assert 0.93 < held / 2000 < 0.98


def test_two_equal_answers_have_an_interval_with_a_width():
    found = against.paired_difference(np.ones(30), np.ones(30))
    assert found.estimate == 0 and found.low < 0 < found.high


def test_verdicts_with_intervals_need_a_clear_difference():
    ids = [f"i{k}" for k in range(200)]
    truth = pd.Series(np.arange(200) < 100, ids)
    good, bad = truth.astype(int), (~truth).astype(int)
    close = good.copy()
    close.iloc[:2] = 0
    answers = {"same": good, "wrong": bad, "close": close}
    reads = pd.concat(
        [pd.DataFrame({"reader_id": r, "image_id": ids, "decision": d.to_numpy()})
         for r, d in answers.items()]
    )  # fmt: skip
    found = against.paired_verdicts(reads, truth, good.to_numpy()).set_index("reader")
    assert found["verdict"].to_dict() == {
        "same": "equal", "wrong": "network beats", "close": "equal",
    }  # fmt: skip
    assert found.loc["close", "sensitivity"] == pytest.approx(0.02)
    with pytest.raises(InputError, match="lacks 1 of the images"):
        against.paired_verdicts(reads[reads["image_id"] != "i3"].iloc[:199], truth, good.to_numpy())


@pytest.mark.parametrize(("a", "b", "n"), [(5, 3, 6), (3, 3, 6), (6, 0, 6), (2, 1, 7)])
def test_bounds_from_margins_are_those_of_all_tables_with_these_margins(a, b, n):
    disagree = []
    for both in range(n + 1):
        only_a, only_b = a - both, b - both
        if min(only_a, only_b) >= 0 and both + only_a + only_b <= n:
            disagree.append((only_a, only_b))
    p = [binomtest(x, x + y).pvalue if x + y else 1.0 for x, y in disagree]
    found = against.from_margins(a, b, n)
    assert (found.fewest, found.most) == (min(map(sum, disagree)), max(map(sum, disagree)))
    assert (found.smallest_p, found.largest_p) == pytest.approx((min(p), max(p)))
    assert found.difference == pytest.approx((a - b) / n)


def test_margins_that_are_none_are_refused():
    with pytest.raises(InputError, match="no shares"):
        against.from_margins(7, 3, 6)


def test_other_studies_have_sources_and_only_what_was_read_in_them():
    found = against.other_studies()
    assert set(found["confidence"]) == {"R"} and found["source"].notna().all()
    rates = found.filter(regex="^(network_)?(sensitivity|specificity)$")
    assert rates.shape[1] == 4 and rates.stack().between(0.5, 1).all()
    brinker = found[found["n_readers"] == 157].iloc[0]
    assert (brinker["sensitivity"], brinker["specificity"]) == pytest.approx((0.741, 0.60))
