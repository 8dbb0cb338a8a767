"""Yes-or-no decisions of several readers: by hand, by loops, and as mrmc's areas do it."""

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import decisions, mrmc


@pytest.fixture
def study():
    rng = np.random.default_rng(5)
    positive = np.arange(60) < 25
    case = rng.normal(size=60) + 1.5 * positive
    latent = case + rng.normal(size=(2, 6, 60)) + rng.normal(scale=0.3, size=(2, 6, 1))
    return positive, *(latent > 0.7)


def test_rates_and_their_mean(study):
    positive, a, b = study
    found = decisions.compare(*study)
    assert found.sensitivity.areas[0] == pytest.approx(a[:, positive].mean(axis=1))
    assert found.specificity.mean_b.estimate == pytest.approx(1 - b[:, ~positive].mean())
    difference = a[:, positive].mean() - b[:, positive].mean()
    assert found.sensitivity.difference.estimate == pytest.approx(difference)


def test_covariances_are_numpys_and_by_loops_in_groups(study):
    right = study[1].astype(float)
    alone = decisions.rate_covariance(right, np.arange(60))
    assert alone == pytest.approx(np.cov(right) / 60, abs=1e-14)
    numbers = np.arange(60) // 4
    sums = [
        sum(right[:, i] - right.mean(axis=1) for i in range(60) if numbers[i] == g)
        for g in range(15)
    ]
    expected = 15 / 14 * sum(np.outer(s, s) for s in sums) / 60**2
    assert decisions.rate_covariance(right, numbers) == pytest.approx(expected, abs=1e-14)


def test_an_area_of_decisions_is_the_mean_of_both_rates(study):
    """(sensitivity + specificity) / 2 is the trapezoid: variances of the two sides add up."""
    areas, of_areas = mrmc.delong_covariance(study[0], study[1])
    rates = decisions.compare(*study)
    sides = rates.sensitivity.areas[0], rates.specificity.areas[0]
    assert areas == pytest.approx(sum(sides) / 2)
    numbers = [np.arange(25), np.arange(35)]
    right = [study[1][:, study[0]], ~study[1][:, ~study[0]]]
    covariance = sum(
        decisions.rate_covariance(r.astype(float), n) for r, n in zip(right, numbers, strict=True)
    )
    assert of_areas == pytest.approx(covariance / 4)


def test_a_network_alone_is_the_mean_of_the_differences(study):
    """Hillis' test against one repeated row is a one-sample analysis of the differences."""
    positive, a, b = study
    found = decisions.compare(positive, mrmc.alone(a[0], 6), b).sensitivity.difference
    right, numbers = decisions.right_by_side(positive, np.r_[a[:1], b], None)[0]
    each = right[0] - right[1:]
    plain = mrmc.mean_area(
        each.mean(axis=1), decisions.between(decisions.rate_covariance(each, numbers))
    )
    assert found.variance == pytest.approx(plain.variance)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


def test_every_case_twice_is_as_sure_as_once(study):
    once = decisions.compare(*study).specificity.difference
    twice = decisions.compare(
        *(np.concatenate([x, x], axis=-1) for x in study), np.tile(range(60), 2)
    ).specificity.difference
    assert twice.variance == pytest.approx(once.variance)


def test_what_does_not_fit_is_refused(study):
    positive, a, b = study
    with pytest.raises(InputError, match="readers × cases"):
        decisions.compare(positive, a[0], b[0])
    with pytest.raises(InputError, match="do not fit"):
        decisions.compare(positive, a, b[:3])
    with pytest.raises(InputError, match="neither 0 nor 1"):
        decisions.compare(positive, a * 0.5, b)
    with pytest.raises(InputError, match="positive cases are one group"):
        decisions.compare(positive, a, b, positive)
