"""Begg and Greenes' correction against other routes to it, and against a truth that is known."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import roc, verification

# Made-up scans: test, disease (None: not verified), count. The corrected values below are worked
# out by hand: 231/263 of 429 and 27/81 of 221 are taken to be ill.
SCANS = [(1, 1, 231), (1, 0, 32), (0, 1, 27), (0, 0, 54), (1, None, 166), (0, None, 140)]


@pytest.fixture(scope="module")
def scans():
    test, disease, n = zip(*SCANS, strict=True)
    disease = np.repeat(np.array(disease, object), n)
    return np.repeat(test, n), disease, np.array([d is not None for d in disease])


def simulated(seed, n=20_000, *, hidden=0.0):
    """Disease, a test, a recorded covariate, and a verification that also sees what is hidden."""
    rng = np.random.default_rng(seed)
    covariate, unseen = rng.integers(3, size=n), rng.random(n) < 0.3
    disease = rng.random(n) < 0.05 + 0.2 * covariate + 0.3 * unseen
    test = rng.random(n) < np.where(disease, 0.7 + 0.1 * covariate, 0.2)
    chance = 0.05 + 0.3 * test + 0.3 * covariate + hidden * unseen
    verified = rng.random(n) < chance / chance.max()
    truth = roc.point(disease, test)
    return test, disease, verified, covariate, truth


def numbers(point):
    return point.sensitivity.estimate, point.specificity.estimate


# --- the correction -------------------------------------------------------------------------------


def test_an_example_by_hand(scans):
    assert numbers(verification.on_verified(*scans)) == pytest.approx((231 / 258, 54 / 86))
    found = verification.begg_greenes(*scans)
    assert numbers(found) == pytest.approx((0.836, 0.738), abs=5e-4)
    assert found.sensitivity.low < 0.836 < found.sensitivity.high < 231 / 258 + 0.02


def test_it_is_weighting_each_verified_case_by_how_rarely_its_like_are_verified():
    test, disease, verified, covariate, _ = simulated(1)
    table = pd.DataFrame({"t": test, "x": covariate, "v": verified})
    weight = verified / table.groupby(["t", "x"])["v"].transform("mean")
    expected = (
        np.average(test[disease], weights=weight[disease]),
        np.average(~test[~disease], weights=weight[~disease]),
    )
    found = verification.begg_greenes(test, disease, verified, covariate, n_replicates=2)
    assert numbers(found) == pytest.approx(expected, abs=1e-12)


def test_it_maximises_the_likelihood(scans):
    from scipy.optimize import minimize
    from scipy.special import expit

    def minus_log_likelihood(z):
        prevalence, sensitivity, specificity = expit(z)
        ill = {1: sensitivity, 0: 1 - sensitivity}
        well = {1: 1 - specificity, 0: specificity}
        total = 0.0
        for test, disease, n in SCANS:
            joint = {1: prevalence * ill[test], 0: (1 - prevalence) * well[test]}
            total -= n * np.log(joint[disease] if disease is not None else sum(joint.values()))
        return total

    best = expit(minimize(minus_log_likelihood, np.zeros(3), options={"gtol": 1e-9}).x)
    found = verification.begg_greenes(*scans, n_replicates=2)
    assert numbers(found) == pytest.approx(tuple(best[1:]), abs=1e-5)


def test_with_every_case_verified_it_changes_nothing():
    test, disease, _, covariate, truth = simulated(2, n=3000)
    everyone = np.ones(len(test), bool)
    found = verification.begg_greenes(test, disease, everyone, covariate, n_replicates=2)
    assert numbers(found) == pytest.approx(numbers(truth))


def test_it_finds_the_truth_where_the_choice_is_recorded():
    errors = []
    for seed in range(10):
        test, disease, verified, covariate, truth = simulated(seed)
        found = verification.begg_greenes(test, disease, verified, covariate, n_replicates=2)
        errors.append(np.subtract(numbers(found), numbers(truth)))
    mean, se = np.mean(errors, axis=0), np.std(errors, axis=0, ddof=1) / np.sqrt(10)
    assert (np.abs(mean) < 4 * se).all() and (np.abs(mean) < 0.01).all()


@pytest.mark.parametrize(("hidden", "strata"), [(0.0, False), (1.5, True)])
def test_it_misses_the_truth_where_the_choice_is_not_recorded(hidden, strata):
    """Without the covariate that decides, or where the choice sees what nobody wrote down."""
    errors = []
    for seed in range(10):
        test, disease, verified, covariate, truth = simulated(seed, hidden=hidden)
        given = covariate if strata else None
        found = verification.begg_greenes(test, disease, verified, given, n_replicates=2)
        errors.append(found.sensitivity.estimate - truth.sensitivity.estimate)
    assert abs(np.mean(errors)) > 4 * np.std(errors, ddof=1) / np.sqrt(10)


def test_what_is_not_verified_is_never_read():
    test, disease, verified, covariate, _ = simulated(3, n=2000)
    masked = np.where(verified, disease.astype(object), None)
    scrambled = np.where(verified, disease, ~disease)
    first, second = (
        verification.begg_greenes(test, d, verified, covariate, n_replicates=20)
        for d in (masked, scrambled)
    )
    assert first == second


# --- its interval ---------------------------------------------------------------------------------


def test_the_interval_is_the_bootstrap_over_whole_groups():
    test, disease, verified, covariate, _ = simulated(4, n=400)
    groups = np.random.default_rng(0).integers(80, size=400)
    found = verification.begg_greenes(
        test, disease, verified, covariate, groups, n_replicates=40, seed=7
    )
    drawn_groups = np.random.default_rng(7)
    values = []
    for _ in range(40):
        rows = [np.flatnonzero(groups == g) for g in drawn_groups.integers(80, size=80)]
        i = np.concatenate(rows)
        again = verification.begg_greenes(
            test[i], disease[i], verified[i], covariate[i], n_replicates=2
        )
        values.append(numbers(again))
    low, high = np.quantile(values, [0.025, 0.975], axis=0)
    assert (found.sensitivity.low, found.specificity.low) == pytest.approx(tuple(low))
    assert (found.sensitivity.high, found.specificity.high) == pytest.approx(tuple(high))


def test_whole_groups_make_the_interval_wider():
    test, disease, verified, covariate, _ = simulated(5, n=600)
    twice = [np.repeat(x, 4) for x in (test, disease, verified, covariate)]
    groups = np.repeat(np.arange(600), 4)
    alone, whole = (verification.begg_greenes(*twice, groups=g).sensitivity for g in (None, groups))
    assert whole.high - whole.low > 1.6 * (alone.high - alone.low)


@pytest.mark.all
def test_the_interval_covers_the_truth():
    test, disease, *_, truth = simulated(0, n=400_000)
    covered = 0
    for seed in range(150):
        test, disease, verified, covariate, _ = simulated(1000 + seed, n=8000)
        found = verification.begg_greenes(
            test, disease, verified, covariate, n_replicates=400
        ).sensitivity
        covered += found.low <= truth.sensitivity.estimate <= found.high
    assert 0.89 <= covered / 150 <= 0.99


# --- bad input ------------------------------------------------------------------------------------


def test_a_cell_without_a_verified_case_is_refused(scans):
    test, disease, verified = scans
    with pytest.raises(InputError, match=r"1 of 2 cells .* join strata"):
        verification.begg_greenes(test, disease, verified & (test == 1))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"test": [1, 0]}, "2 values of test and 4 values of disease"),
        ({"test": [2, 0, 1, 1]}, "values of test are neither 0 nor 1"),
        ({"disease": [None, 0, 1, 1]}, "disease, verified, are no finite numbers"),
        ({"verified": [0, 0, 0, 0]}, "No case is verified"),
        ({"strata": [1, 2]}, "do not fit together"),
    ],
)
def test_what_cannot_be_used_is_told(change, told):
    good = {"test": [1, 0, 1, 0], "disease": [1, 0, 0, 1], "verified": [1, 1, 1, 1]}
    with pytest.raises(InputError, match=told):
        verification.begg_greenes(**good | change)


# --- two raters and the truth ---------------------------------------------------------------------


def test_a_classifier_that_is_always_right_scores_the_labels_accuracy():
    labels = [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.05, 0.95]]
    prevalence = [0.5, 0.3, 0.2]
    found = verification.expected_agreement(prevalence, np.eye(3), labels)
    assert found == pytest.approx(0.5 * 0.9 + 0.3 * 0.7 + 0.2 * 0.95)


def test_two_independent_raters_agree_as_often_as_expected():
    rng = np.random.default_rng(0)
    prevalence, a = np.array([0.6, 0.4]), np.array([[0.9, 0.1], [0.3, 0.7]])
    b = np.array([[0.8, 0.2], [0.05, 0.95]])
    truth = (rng.random(400_000) < prevalence[1]).astype(int)
    says_a, says_b = (rng.random(len(truth)) < rates[truth, 1] for rates in (a, b))
    found = verification.expected_agreement(prevalence, a, b)
    assert np.mean(says_a == says_b) == pytest.approx(found, abs=0.004)
    assert found == pytest.approx(verification.expected_agreement(prevalence, b, a))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (([1.0], np.eye(2), np.eye(2)), "do not fit together"),
        (([0.5, 0.5], np.eye(2), np.eye(3)), "do not fit together"),
        (([0.5, 0.6], np.eye(2), np.eye(2)), "sum to 1"),
        (([0.5, 0.5], [[2, -1], [0, 1]], np.eye(2)), "sum to 1"),
    ],
)
def test_rates_that_are_none_are_refused(arguments, told):
    with pytest.raises(InputError, match=told):
        verification.expected_agreement(*arguments)
