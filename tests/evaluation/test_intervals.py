"""The bootstrap over groups against plain loops; how areas use it is tested with the metrics."""

import time

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dermlab.errors import InputError
from dermlab.evaluation import bootstrap, intervals, multiclass, operating, roc, verification


def test_each_replicate_is_a_draw_of_whole_groups():
    rng = np.random.default_rng(3)
    values, groups = rng.normal(size=50), rng.integers(12, size=50)
    sums, n = np.bincount(groups, values), np.bincount(groups)
    found = intervals.bootstrap(lambda c: c @ sums / (c @ n), groups, 100, seed=9)
    again = np.random.default_rng(9)
    for replicate in found:
        drawn = again.integers(12, size=12)
        pooled = np.concatenate([values[groups == group] for group in drawn])
        assert replicate == pytest.approx(pooled.mean())


def test_undefined_replicates_are_drawn_again_with_a_warning():
    def odd(counts):
        return np.where(counts[:, 0] > 0, counts[:, 0], np.nan)

    with pytest.warns(UserWarning, match="were drawn again"):
        found = intervals.bootstrap(odd, np.arange(5), 300, seed=0)
    assert len(found) == 300
    assert (found > 0).all()


def test_groups_are_numbered_in_sorted_order_and_the_missing_stand_alone():
    groups = pd.Series(["b", None, "a", "b", None], dtype="str")
    assert intervals.group_numbers(groups, 5).tolist() == [1, 2, 0, 1, 3]
    assert intervals.group_numbers(None, 3).tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="5 values of groups and 4 of the images"):
        intervals.group_numbers(groups, 4)


@pytest.mark.parametrize(
    ("groups", "repeat"), [(None, False), ([1, 2], False), ([1, 1], True), ([None, None], False)]
)
def test_whether_groups_repeat(groups, repeat):
    assert intervals.repeat(groups) is repeat


def test_percentiles_are_numpys_and_none_where_nothing_varies():
    replicates = np.random.default_rng(0).normal(size=1000)
    low, high, variance = intervals.percentiles(replicates)
    assert (low, high) == pytest.approx(tuple(np.percentile(replicates, [2.5, 97.5])))
    assert variance == pytest.approx(np.var(replicates, ddof=1))
    with pytest.warns(UserWarning, match="No interval: every resample"):
        assert np.isnan(intervals.percentiles(np.ones(9))[:2]).all()


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("", "0.824 (0.749 to 0.899)"),
        (".2f", "0.82 (0.75 to 0.90)"),
        (".1%", "82.4 % (74.9 to 89.9 %)"),
    ],
)
def test_an_estimate_prints_itself(spec, shown):
    numbers = 0.8237, 0.7485, 0.8988
    assert format(intervals.Estimate(*numbers), spec) == shown
    assert f"{intervals.Comparison(*numbers, 0.1, 2.0, 0.04):{spec}}" == shown


def test_bounds_that_the_data_cannot_give_are_dashes():
    estimate = intervals.Estimate(1.0, np.nan, np.nan)
    assert str(estimate) == "1.000 (– to –)"
    assert f"{estimate:.0%}" == "100 % (– to –)"


def test_a_mean_is_a_bootstrap_over_groups():
    rng = np.random.default_rng(4)
    values, groups = rng.normal(size=90), np.repeat(np.arange(30), 3)
    estimate = intervals.mean(values, groups, 300, seed=2)
    again = np.random.default_rng(2)
    by_group = values.reshape(30, 3).mean(axis=1)  # groups of one size: the mean of their means
    loop = [by_group[again.integers(30, size=30)].mean() for _ in range(300)]
    assert estimate.estimate == pytest.approx(values.mean())
    assert (estimate.low, estimate.high) == pytest.approx(tuple(np.quantile(loop, [0.025, 0.975])))
    assert estimate.variance == pytest.approx(np.var(loop, ddof=1))


def test_a_mean_s_interval_widens_with_its_groups():
    values = np.repeat(np.random.default_rng(1).random(60), 5)
    alone, grouped = intervals.mean(values), intervals.mean(values, np.repeat(np.arange(60), 5))
    assert grouped.high - grouped.low > 1.6 * (alone.high - alone.low)


def test_a_mean_of_equal_values_has_no_interval():
    with pytest.warns(UserWarning, match="all values are the same"):
        estimate = intervals.mean([0.1] * 7)
    assert estimate.estimate == pytest.approx(0.1)
    assert np.isnan([estimate.low, estimate.high]).all()
    with pytest.raises(InputError, match="1 of 2 values"):
        intervals.mean([1.0, np.nan])


def test_repeats_have_student_s_interval():
    values = [0.71, 0.75, 0.69, 0.78, 0.74]
    estimate = intervals.student(values)
    bounds = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert (estimate.low, estimate.high) == pytest.approx(bounds, abs=1e-12)
    assert estimate.variance == pytest.approx(stats.sem(values) ** 2)
    with pytest.warns(UserWarning, match="a single repeat"):
        assert np.isnan(intervals.student([0.7]).low)


def test_a_resample_has_as_many_images_as_its_lesions_have():
    """Lesions of three and of one image: all of the first, all of the second, or both."""
    mean = intervals.mean([0.0, 0, 0, 1], [0, 0, 0, 1])
    assert (mean.estimate, mean.low, mean.high) == (0.25, 0, 1)


# --- seldom or never defined, and very many groups ------------------------------------------------


def classes_of_two(n_classes):
    truth = np.repeat([f"class {k:02d}" for k in range(n_classes)], 2)
    scores = np.random.default_rng(0).random((len(truth), n_classes))
    return truth, scores, list(dict.fromkeys(truth))


NEVER_DEFINED = {
    "no positive decision": lambda: operating.predictive_values(
        [1, 1, 0, 0], [0, 0, 0, 0], 0.1, groups=[1, 1, 2, 2]
    ),
    "no negative decision": lambda: operating.predictive_values(
        [1, 1, 0, 0], [1, 1, 1, 1], 0.1, groups=[1, 1, 2, 2]
    ),
    "no case has the disease": lambda: verification.begg_greenes(
        [1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]
    ),
    "all cases have the disease": lambda: verification.begg_greenes(
        [1, 0, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1]
    ),
}


@pytest.mark.parametrize("case", NEVER_DEFINED)
def test_a_statistic_without_a_value_on_the_sample_is_refused(case):
    with pytest.raises(InputError, match="not defined on these cases"):
        NEVER_DEFINED[case]()


def test_a_statistic_that_resamples_hardly_ever_define_is_refused_soon():
    start = time.process_time()
    with pytest.raises(InputError, match=r"'class 00' \(in 2 groups\) stands in too few groups"):
        multiclass.hand_till(*classes_of_two(25))
    assert time.process_time() - start < 20


def test_one_group_of_each_class_among_many_is_refused():
    """A resample holds both of two lesions among 20 in 41 % of draws, all of ten classes never."""
    truth, scores, classes = classes_of_two(10)
    with pytest.raises(InputError, match=r"\(in 1 group\) stands in too few groups"):
        multiclass.hand_till(truth, scores, classes, groups=np.repeat(range(10), 2))


def test_what_is_defined_on_some_resamples_is_still_drawn_again():
    positive = [1, 0, 0, 0, 0, 0]
    with pytest.warns(UserWarning, match="were drawn again"):
        found = roc.auc_bootstrap(positive, [3, 1, 2, 4, 0, 1], n_replicates=200)
    assert 0 <= found.low < found.high <= 1


def test_sums_are_resampled_as_the_groups_themselves(monkeypatch):
    rng = np.random.default_rng(1)
    of_group = rng.integers(0, 3, size=(400, 2)).astype(float) + np.array([0, 1])

    def ratio(sums):
        return sums[:, 0] / sums[:, 1]

    one_by_one = intervals.bootstrap_of_sums(ratio, of_group, 4000, seed=0)
    expected = intervals.bootstrap(lambda c: ratio(c @ of_group), np.arange(400), 4000, seed=0)
    np.testing.assert_array_equal(one_by_one, expected)
    monkeypatch.setattr(bootstrap, "MANY_GROUPS", 100)
    by_kind = intervals.bootstrap_of_sums(ratio, of_group, 4000, seed=0)
    assert by_kind.mean() == pytest.approx(expected.mean(), abs=4 * expected.std() / 4000**0.5)
    assert by_kind.std() == pytest.approx(expected.std(), rel=0.05)
    np.testing.assert_allclose(
        np.quantile(by_kind, [0.025, 0.975]), np.quantile(expected, [0.025, 0.975]), rtol=0.01
    )


@pytest.mark.parametrize("n_classes", [2, 9])
def test_a_balanced_accuracy_of_very_many_groups_is_quick(n_classes):
    rng = np.random.default_rng(0)
    n = 150_000
    groups = rng.integers(100_000, size=n)
    truth = rng.integers(n_classes, size=100_000)[groups]
    answer = np.where(rng.random(n) < 0.7, truth, rng.integers(n_classes, size=n))
    start = time.process_time()
    found = multiclass.balanced_accuracy(truth, answer, range(n_classes), groups)
    assert time.process_time() - start < 20
    assert found.low < 0.7 + 0.3 / n_classes < found.high


def test_the_closed_form_of_many_groups_agrees_with_the_bootstrap():
    rng = np.random.default_rng(2)
    groups = rng.integers(3000, size=5000)
    positive = (rng.random(3000) < 0.3)[groups]
    score = rng.normal(size=3000)[groups] + rng.normal(size=5000) + positive
    closed, drawn = (made(positive, score, groups) for made in (roc.auc, roc.auc_bootstrap))
    assert closed.estimate == pytest.approx(drawn.estimate, abs=1e-12)
    assert closed.high - closed.low == pytest.approx(drawn.high - drawn.low, rel=0.06)


@pytest.mark.parametrize("n", [40, 200, 2000])
def test_interval_and_test_of_replicates_agree_wherever_zero_lies(n):
    """Zero moved through the tail, one replicate at a time and between two of them; ties too."""
    drawn = np.sort(np.random.default_rng(n).normal(size=n))
    for values in (drawn, drawn.round(1)):
        for k in range(n // 20):
            for share in (0, 0.3, 0.99):
                zero = values[k] + share * (values[k + 1] - values[k])
                for sign in (1, -1):
                    found = intervals.difference_of_replicates(sign, sign * (values - zero))
                    leaves_out = found.low > 0 or found.high < 0
                    assert leaves_out == (found.p_value < 0.05), (k, share, sign)
