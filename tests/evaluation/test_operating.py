"""Thresholds against every threshold tried, predictive values against published formulas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from dermlab.errors import InputError
from dermlab.evaluation import operating, roc

no_deadline = settings(deadline=None)  # a first call imports scipy


@st.composite
def cases(draw):
    n = draw(st.integers(2, 40))
    positive = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    positive[:2] = True, False
    return positive, np.array(draw(st.lists(st.integers(0, 12), min_size=n, max_size=n)), float)


def tried(positive, score):
    """Every threshold from inf down: (threshold, sensitivity, specificity), by counting cases."""
    found = []
    for threshold in [np.inf, *sorted(set(score), reverse=True)]:
        called = score >= threshold
        found.append((threshold, called[positive].mean(), (~called)[~positive].mean()))
    return found


def seen(found):
    point = found.point
    return found.threshold, point.sensitivity.estimate, point.specificity.estimate


# --- thresholds -----------------------------------------------------------------------------------


@no_deadline
@given(cases(), st.integers(0, 120).map(lambda k: k / 120))
def test_no_threshold_does_better_at_the_rate_asked_for(drawn, rate):
    threshold, sensitivity, specificity = seen(operating.at_sensitivity(*drawn, rate))
    fit = [row for row in tried(*drawn) if row[1] >= rate - 1e-9]
    assert sensitivity >= rate - 1e-9
    assert specificity == pytest.approx(max(row[2] for row in fit))
    assert threshold == max(row[0] for row in fit)

    threshold, sensitivity, specificity = seen(operating.at_specificity(*drawn, rate))
    fit = [row for row in tried(*drawn) if row[2] >= rate - 1e-9]
    best = max(row[1] for row in fit)
    assert specificity >= rate - 1e-9
    assert sensitivity == pytest.approx(best)
    assert threshold == max(row[0] for row in fit if row[1] == best)


@no_deadline
@given(cases())
def test_no_threshold_has_more_of_both_rates_than_youdens(drawn):
    _, sensitivity, specificity = seen(operating.youden(*drawn))
    assert sensitivity + specificity == pytest.approx(max(row[1] + row[2] for row in tried(*drawn)))


def test_youdens_cut_of_asah_is_the_published_one(real_data):
    asah = pd.read_csv(real_data / "asah.csv")
    threshold, sensitivity, specificity = seen(operating.youden(asah.outcome == "Poor", asah.s100b))
    below = asah.s100b[asah.s100b < threshold].max()
    assert (threshold + below) / 2 == pytest.approx(0.205)  # pROC cuts midway
    assert specificity == pytest.approx(0.8055556, abs=1e-7)
    assert sensitivity == pytest.approx(0.6341463, abs=1e-7)


@pytest.mark.filterwarnings("ignore:No interval")
def test_a_carried_threshold_gives_the_point_of_its_decisions():
    rng = np.random.default_rng(1)
    positive = rng.random(120) < 0.4
    score = rng.normal(size=120) + positive
    chosen = operating.at_sensitivity(positive[:60], score[:60], 0.9)
    carried = operating.at_threshold(positive[60:], score[60:], chosen.threshold)
    said = score[60:] >= chosen.threshold
    assert carried.point == roc.point(positive[60:], said)
    groups = np.arange(60) // 3
    clustered = operating.at_threshold(positive[60:], score[60:], chosen.threshold, groups)
    assert clustered.point == roc.point(positive[60:], said, groups=groups)


def test_a_negative_with_the_highest_score_leaves_only_inf():
    found = operating.at_specificity([1, 0, 1, 0], [1, 2, 3, 4], 1.0)
    assert seen(found) == (np.inf, 0, 1)
    assert seen(operating.at_sensitivity([1, 0, 1, 0], [1, 2, 3, 4], 0.0)) == (np.inf, 0, 1)


def test_of_thresholds_as_good_but_for_rounding_the_highest_is_taken():
    """1/3 + 1 and 2/3 + 2/3, which floating point makes the greater by its last digit."""
    found = operating.youden([1, 0, 1, 0, 0, 1], [6, 5, 4, 3, 2, 1])
    assert seen(found) == (6, pytest.approx(1 / 3), 1)


def test_only_ties_leave_all_or_nothing():
    assert seen(operating.at_sensitivity([1, 0, 0], [5, 5, 5], 0.1)) == (5, 1, 0)
    assert seen(operating.youden([1, 0, 0], [5, 5, 5])) == (np.inf, 0, 1)


# --- predictive values ----------------------------------------------------------------------------


def test_at_the_samples_own_prevalence_they_are_shares_of_answers():
    found = operating.predictive_values_from_counts(184, 190, 595, 684, 190 / 874)
    assert found.ppv.estimate == pytest.approx(184 / (184 + 89))
    assert found.npv.estimate == pytest.approx(595 / 601)


@no_deadline
@given(
    st.integers(5, 200), st.integers(5, 200), st.floats(0.02, 0.98), st.floats(0.02, 0.98),
    st.floats(0.001, 0.999),
)  # fmt: skip
def test_intervals_are_koopmans_as_statsmodels_counts_them(n_pos, n_neg, a, b, prevalence):
    from statsmodels.stats.proportion import confint_proportions_2indep

    tp, fp = (int(np.clip(round(n * x), 1, n - 1)) for n, x in ((n_pos, a), (n_neg, b)))
    theirs = confint_proportions_2indep(
        tp, n_pos, fp, n_neg, compare="ratio", method="score", correction=False
    )
    found = operating.predictive_values_from_counts(tp, n_pos, n_neg - fp, n_neg, prevalence).ppv
    odds = prevalence / (1 - prevalence)
    expected = [ratio * odds / (1 + ratio * odds) for ratio in theirs]
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-5)
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize(("tp", "fp"), [(20, 0), (0, 15), (20, 15), (0, 0), (8, 0), (20, 6)])
def test_at_0_and_at_all_the_bounds_are_where_the_score_test_rejects(tp, fp):
    """The chi-squared of a ratio, minimised over the shares by brute force, is 3.84 at a bound."""
    bounds = operating._ratio_bounds(tp, 20, fp, 15)
    p_other = np.linspace(1e-7, 1 - 1e-7, 400_001)

    def chi_squared(ratio):
        """Pearson's: its least value over the shared share is the score test's (Koopman)."""
        p = ratio * p_other
        kept = p < 1
        p, q = p[kept], p_other[kept]
        terms = (tp - 20 * p) ** 2 / (20 * p * (1 - p)) + (fp - 15 * q) ** 2 / (15 * q * (1 - q))
        likelihood = tp * np.log(p) + (20 - tp) * np.log1p(-p)
        likelihood += fp * np.log(q) + (15 - fp) * np.log1p(-q)
        return terms[np.argmax(likelihood)]

    assert (bounds[0] == 0) == (tp == 0) and np.isinf(bounds[1]) == (fp == 0)
    for bound in bounds:
        if 0 < bound < np.inf:
            assert chi_squared(bound) == pytest.approx(norm.ppf(0.975) ** 2, rel=1e-3)


@pytest.mark.parametrize("counts", [(33, 33, 87, 97), (33, 33, 97, 97), (0, 33, 90, 97)])
def test_perfect_rates_keep_intervals_with_a_width(counts):
    found = operating.predictive_values_from_counts(*counts, 0.1)
    for value in (found.ppv, found.npv):
        assert 0 <= value.low <= value.estimate <= value.high <= 1
        assert value.low < value.high


def test_nobody_called_positive_has_no_ppv():
    found = operating.predictive_values_from_counts(0, 33, 97, 97, 0.1)
    assert np.isnan(found.ppv.estimate) and (found.ppv.low, found.ppv.high) == (0, 1)
    assert found.npv.estimate == pytest.approx(0.9)


def test_without_disease_every_alarm_is_false():
    found = operating.predictive_values_from_counts(30, 33, 90, 97, 0)
    assert (found.ppv.estimate, found.ppv.low, found.ppv.high) == (0, 0, 0)
    assert (found.npv.estimate, found.npv.low, found.npv.high) == (1, 1, 1)
    found = operating.predictive_values_from_counts(30, 33, 90, 97, 1)
    assert (found.ppv.estimate, found.npv.estimate) == (1, 0)


def test_decisions_give_what_their_counts_give():
    rng = np.random.default_rng(2)
    positive, said = rng.random(90) < 0.4, rng.random(90) < 0.5
    counts = np.sum(positive & said), positive.sum(), np.sum(~positive & ~said), (~positive).sum()
    by_image = operating.predictive_values(positive, said, 0.05)
    assert by_image == operating.predictive_values_from_counts(*counts, 0.05)
    assert operating.predictive_values(positive, said, 0.05, np.arange(90)) == by_image


def test_clustered_intervals_are_those_of_a_plain_loop():
    rng = np.random.default_rng(3)
    positive = rng.random(90) < 0.4
    said = rng.random(90) < np.where(positive, 0.8, 0.3)
    groups = rng.integers(30, size=90)
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    draws = np.random.default_rng(5)
    loop = []
    for _ in range(150):
        drawn = [members[k] for k in draws.integers(len(members), size=len(members))]
        truth, answer = positive[np.concatenate(drawn)], said[np.concatenate(drawn)]
        right, wrong = 0.2 * answer[truth].mean(), 0.8 * answer[~truth].mean()
        clear, missed = 0.8 * (~answer)[~truth].mean(), 0.2 * (~answer)[truth].mean()
        loop.append((right / (right + wrong), clear / (clear + missed)))
    found = operating.predictive_values(positive, said, 0.2, groups, n_replicates=150, seed=5)
    for value, replicates in zip((found.ppv, found.npv), np.transpose(loop), strict=True):
        expected = np.percentile(replicates, [2.5, 97.5])
        assert (value.low, value.high) == pytest.approx(tuple(expected), abs=1e-12)


# --- what comes in --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: operating.at_sensitivity([0, 1], [0, 1], 1.2), "sensitivity is 1.2"),
        (lambda: operating.at_specificity([0, 1], [0, 1], np.nan), "specificity is nan"),
        (lambda: operating.at_sensitivity([1, 1], [0, 1], 0.9), "2 positives among 2 cases"),
        (lambda: operating.youden([0, 1], [0, np.nan]), "1 of 2 values of score"),
        (lambda: operating.at_threshold([0, 1], [0, 1], np.nan), "no number"),
        (lambda: operating.predictive_values([0, 1], [0, 2], 0.1), "neither 0 nor 1"),
        (lambda: operating.predictive_values([0, 1], [0, 1], -0.1), "prevalence is -0.1"),
        (lambda: operating.predictive_values_from_counts(5, 4, 1, 2, 0.1), "5 of 4"),
    ],
)
def test_bad_input_is_one_sentence(made, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        made()
    assert "\n" not in str(error.value)
