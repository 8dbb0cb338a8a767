"""Trainings × cases: mean squares by hand, statsmodels' ANOVA, and studies whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dermlab.errors import InputError
from dermlab.evaluation import clustered, repeats


@pytest.fixture
def values():
    rng = np.random.default_rng(4)
    return rng.normal(size=(5, 1)) + rng.normal(size=(1, 40)) + rng.normal(size=(5, 40))


def mean_squares(values):
    """Of trainings, cases and the rest, by statsmodels' two-way table."""
    smf = pytest.importorskip("statsmodels.formula.api")
    from statsmodels.stats.anova import anova_lm

    seed, case = np.indices(values.shape)
    table = pd.DataFrame({"y": values.ravel(), "s": seed.ravel(), "c": case.ravel()})
    fitted = anova_lm(smf.ols("y ~ C(s) + C(c)", table).fit())
    return (fitted["sum_sq"] / fitted["df"]).to_numpy()


def test_the_variance_is_that_of_the_two_way_analysis(values):
    of_seeds, of_cases, rest = mean_squares(values)
    found = repeats.mean(values).mean
    assert found.variance == pytest.approx((of_seeds + of_cases - rest) / values.size, rel=1e-9)


def test_the_interval_by_hand():
    """Two trainings, four cases: means 1/2 and 3/4; covariance of the two rows 1/12 · ½ …"""
    hits = np.array([[1, 0, 1, 0], [1, 1, 1, 0]])
    found = repeats.mean(hits)
    of_cases = np.cov(hits)[0, 1] / 4
    of_seeds = 0.25**2 / 2 / 2
    variance = of_cases + of_seeds
    df = variance**2 / (of_seeds**2 / 1 + of_cases**2 / 3)
    half = stats.t.ppf(0.975, df) * np.sqrt(variance)
    assert (found.mean.estimate, found.mean.variance) == pytest.approx((0.625, variance))
    assert (found.mean.low, found.mean.high) == pytest.approx((0.625 - half, 0.625 + half))
    one_more = stats.t.ppf(0.975, 1) * found.sd * np.sqrt(1.5)
    assert found.another_high == pytest.approx(0.625 + one_more)


def test_areas_are_means_of_areas_and_one_case_a_group_changes_nothing(values):
    positive = np.arange(40) < 15
    found = repeats.auc(positive, values)
    each = [clustered.auc(positive, row).estimate for row in values]
    assert found.each == pytest.approx(each)
    assert repeats.auc(positive, values, np.arange(40)).mean == found.mean


def test_equal_trainings_leave_the_spread_of_cases():
    positive, score = np.arange(60) < 20, np.random.default_rng(0).normal(size=60)
    found = repeats.auc(positive, np.tile(score, (4, 1)))
    assert found.sd == 0
    assert found.mean.variance == pytest.approx(clustered.auc(positive, score).variance)


def test_a_difference_is_wider_than_over_cases_alone(values):
    positive = np.arange(40) < 15
    found = repeats.compare_auc(positive, values[:3], values[3:])
    back = repeats.compare_auc(positive, values[3:], values[:3])
    assert (found.estimate, found.low) == pytest.approx((-back.estimate, -back.high))
    areas, covariance = clustered.auc_covariance(positive, values, np.arange(40))
    weight = np.r_[np.full(3, 1 / 3), np.full(2, -1 / 2)]
    assert found.estimate == pytest.approx(weight @ areas)
    without_noise = covariance - np.diag(np.diag(covariance))
    a, b = without_noise[:3, :3].sum() / 6, without_noise[3:, 3:].sum() / 2
    of_cases = max(a + b - 2 * covariance[:3, 3:].mean(), 0)
    spread = areas[:3].var(ddof=1) / 3 + areas[3:].var(ddof=1) / 2
    assert found.variance == pytest.approx(of_cases + spread)


def test_the_interval_holds_the_truth_of_simulated_studies():
    """Five trainings, 80 cases, half of the spread of a mean from the trainings; truth 0."""
    rng, held, alone = np.random.default_rng(7), [], []
    for _ in range(300):
        a, b = (rng.normal(scale=0.15, size=(5, 1)) + rng.normal(size=(5, 80)) for _ in range(2))
        case = rng.normal(size=80)
        one = repeats.mean(a + case).mean
        two = repeats.compare(a + case, b + 0.5 * case)
        held.append((one.low < 0 < one.high, two.low < 0 < two.high))
        alone.append(abs(stats.ttest_1samp((a + case).mean(axis=0), 0).statistic) < 1.99)
    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.95], abs=0.04)
    assert np.mean(alone) < 0.93  # cases alone


def test_nadeau_and_bengio_by_hand():
    found = repeats.resampled([0.1, 0.2, 0.3], 90, 10)
    variance = (1 / 3 + 1 / 9) * 0.01
    assert (found.estimate, found.variance, found.df) == pytest.approx((0.2, variance, 2))
    assert found.p_value == pytest.approx(2 * stats.t.sf(0.2 / np.sqrt(variance), 2))


def test_holm_by_hand_in_the_order_given():
    p_values = pd.Series([0.04, 0.01, 0.03], index=["a", "b", "c"])
    assert repeats.holm(p_values).to_dict() == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06})
    assert repeats.holm([0.6, 0.9]).tolist() == [1, 1]
    assert len(repeats.holm([])) == 0


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: repeats.mean([[1, 2, 3]]), "at least two trainings"),
        (lambda: repeats.mean([1, 2, 3]), "trainings × cases"),
        (lambda: repeats.mean([[1, np.nan], [1, 2]]), "no finite numbers"),
        (lambda: repeats.mean([[1, 0], [1, 1]], ["a", "a"]), "one group"),
        (lambda: repeats.compare(np.ones((2, 3)), np.ones((2, 4))), "do not fit"),
        (lambda: repeats.resampled([0.1], 9, 1), "Two splits"),
        (lambda: repeats.holm([0.5, 1.2]), "outside 0 to 1"),
    ],
)
def test_what_is_no_repeat_is_refused(call, match):
    with pytest.raises(InputError, match=match):
        call()


def test_nothing_that_differs_gives_no_bounds():
    with pytest.warns(UserWarning, match="neither trainings nor cases differ"):
        assert np.isnan(repeats.mean(np.ones((3, 5))).mean.low)


def test_within_strata_only_cases_of_one_clinic_are_compared():
    """A score that only knows the clinic is at chance within clinics, whatever it is over all."""
    rng = np.random.default_rng(0)
    clinic = rng.integers(0, 2, 600)
    positive = rng.random(600) < np.where(clinic == 1, 0.7, 0.1)
    scores = clinic + rng.normal(0, 0.01, (3, 600))
    over_all = repeats.auc(positive, scores).mean
    within = repeats.auc(positive, scores, strata=clinic).mean
    assert over_all.low > 0.75
    assert within.low < 0.5 < within.high


def test_strata_weigh_by_their_pairs_and_agree_with_a_loop():
    rng = np.random.default_rng(1)
    stratum = np.repeat([0, 1, 2], [30, 50, 20])
    positive = rng.random(100) < 0.4
    scores = rng.normal(size=(2, 100)) + positive
    won = pairs = 0
    for here in (stratum == value for value in range(3)):
        a, b = scores[0][here & positive], scores[0][here & ~positive]
        won += (a[:, None] > b).sum()
        pairs += len(a) * len(b)
    assert repeats.auc(positive, scores, strata=stratum).each[0] == pytest.approx(won / pairs)


def test_strata_of_one_value_change_nothing():
    rng = np.random.default_rng(2)
    positive = rng.random(80) < 0.5
    a, b = (rng.normal(size=(3, 80)) + positive for _ in range(2))
    plain = repeats.compare_auc(positive, a, b)
    assert repeats.compare_auc(positive, a, b, strata=np.zeros(80)) == plain


def test_strata_without_two_of_either_class_say_nothing():
    with pytest.raises(InputError, match="No stratum"):
        repeats.auc([True, False, True, False], np.eye(4)[:2], strata=[0, 0, 1, 1])


# --- any statistic --------------------------------------------------------------------------------


def test_a_resampled_mean_has_the_interval_of_the_two_way_analysis(values):
    """Of a mean the bootstrap's covariance is the analytic one, but for (n − 1) / n and chance."""
    n = values.shape[1]
    draws = np.random.default_rng(1).multinomial(n, np.full(n, 1 / n), 20_000)
    found = repeats.statistic(values.mean(axis=1), draws @ values.T / n, n).mean
    exact = repeats.mean(values).mean
    assert found.estimate == pytest.approx(exact.estimate)
    assert found.low == pytest.approx(exact.low, abs=0.02)
    assert found.high == pytest.approx(exact.high, abs=0.02)


def test_a_resampled_difference_is_that_of_the_means(values):
    n = values.shape[1]
    draws = np.random.default_rng(2).multinomial(n, np.full(n, 1 / n), 20_000)
    other = values[:3] * 0.7 + 0.2
    each, resampled = zip(
        *[(v.mean(axis=1), draws @ v.T / n) for v in (values, other)], strict=True
    )
    found, exact = repeats.compare_statistic(*each, *resampled, n), repeats.compare(values, other)
    assert found.estimate == pytest.approx(exact.estimate)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.03)


def test_resamples_must_be_of_the_same_trainings(values):
    with pytest.raises(InputError, match="resamples × trainings"):
        repeats.statistic([0.1, 0.2, 0.3], np.zeros((10, 2)), 40)
