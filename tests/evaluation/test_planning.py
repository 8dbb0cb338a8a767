"""Power of a reader study: published examples of Van Dyke's data, and simulated studies."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import f, ncf

from dermlab.errors import InputError
from dermlab.evaluation import planning
from dermlab.evaluation.mrmc import Components, components, hillis_test

# FACTS.md, section 6: five readers, two ways, 114 cases
VAN_DYKE = Components(
    2, 5, 0.004796171, 0.0005510306, 0.0008022883, 0.0003466137, 0.0003440748, 0.0002390284
)
DIFFERENCE = 0.04380032


def noncentrality(n_readers, n_cases):
    return DIFFERENCE**2 / planning.spread(VAN_DYKE, 114, n_readers, n_cases)[0]


def test_the_noncentrality_of_published_examples():
    """RJafroc's books print 8.1269825 for 10 readers × 163 cases and 4.8 for 6 × 112."""
    assert noncentrality(10, 163) == pytest.approx(8.1269825, abs=1e-3)
    assert noncentrality(6, 112) == pytest.approx(4.80, abs=0.005)


def test_the_power_and_degrees_of_freedom_of_a_published_example():
    assert planning.spread(VAN_DYKE, 114, 6, 112)[1] == pytest.approx(23.1, abs=0.05)
    found = planning.power(VAN_DYKE, 114, DIFFERENCE, 6, 112)
    assert found == pytest.approx(0.5555789, abs=1e-3)


def test_a_two_sided_t_is_the_f_of_the_literature():
    variance, df = planning.spread(VAN_DYKE, 114, 8, 200)
    expected = ncf.sf(f.ppf(0.95, 1, df), 1, df, DIFFERENCE**2 / variance)
    assert planning.power(VAN_DYKE, 114, DIFFERENCE, 8, 200) == pytest.approx(expected, abs=1e-8)


def test_the_pilots_own_size_gives_the_pilots_own_test():
    variance, df = planning.spread(VAN_DYKE, 114, 5, 114)
    test = hillis_test(VAN_DYKE, DIFFERENCE)
    assert (variance, df) == pytest.approx((test.variance, test.df), rel=1e-9)


def test_no_difference_is_shown_in_5_percent_and_a_margin_in_more():
    assert planning.power(VAN_DYKE, 114, 0, 10, 200) == pytest.approx(0.05, abs=1e-6)
    assert planning.power(VAN_DYKE, 114, -0.05, 10, 200, 0.05) == pytest.approx(0.025, abs=1e-6)
    assert planning.power(VAN_DYKE, 114, 0, 10, 200, 0.05) > 0.8


def test_fewest_cases():
    n = planning.cases_needed(VAN_DYKE, 114, DIFFERENCE, 10)
    assert planning.power(VAN_DYKE, 114, DIFFERENCE, 10, n) >= 0.8
    assert planning.power(VAN_DYKE, 114, DIFFERENCE, 10, n - 1) < 0.8
    spread = dataclasses.replace(VAN_DYKE, ms_ways_readers=0.01)
    assert planning.cases_needed(spread, 114, 0.01, 3) is None


def test_the_power_is_a_number_however_many_cases():
    """Where scipy's nct.cdf is NaN, the far tail is nothing, and the search goes on."""
    pilot = Components(2, 21, 3.1196e-3, 5.10937e-4, 6.95463e-4, -1.5557e-5, 3.75219e-4, -1.5557e-5)
    powers = [planning.power(pilot, 111, 0.05, 25, n) for n in (200, 300, 1000, 5000, 10**4, 10**5)]
    assert powers == sorted(powers) and powers[-1] == pytest.approx(1)
    assert 250 < planning.cases_needed(pilot, 111, 0.05, 25) < 350


def test_what_plans_no_study_is_refused():
    with pytest.raises(InputError, match="At least two readers"):
        planning.power(VAN_DYKE, 114, 0.05, 1, 100)
    with pytest.raises(InputError, match="The margin"):
        planning.power(VAN_DYKE, 114, 0.05, 5, 100, 5)
    same = Components(2, 5, 0, 0, 0, 0, 0, 0)
    with pytest.raises(InputError, match="Nothing varies"):
        planning.power(same, 114, 0.05, 5, 100)


def test_simulated_studies_reach_the_stated_power():
    """Normal figures of merit with the components' covariances, tested as a study would be."""
    n_readers, n_cases, n_studies = 8, 150, 1500
    c, shrunk = VAN_DYKE, 114 / 150
    readers_and_ways = c.ms_ways_readers - c.variance + c.cov1 + c.cov2 - c.cov3
    same_way, same_reader = (
        np.kron(np.eye(2), np.ones((n_readers,) * 2)),
        np.kron(np.ones((2, 2)), np.eye(n_readers)),
    )
    covariance = shrunk * (
        c.cov3 + (c.cov2 - c.cov3) * same_way + (c.cov1 - c.cov3) * same_reader
        + (c.variance - c.cov1 - c.cov2 + c.cov3) * np.eye(2 * n_readers)
    )  # fmt: skip
    whole = covariance + readers_and_ways * np.eye(2 * n_readers)
    mean = np.repeat([DIFFERENCE, 0], n_readers)
    drawn = np.random.default_rng(0).multivariate_normal(mean, whole, n_studies)
    both, known = drawn.reshape(-1, 2, n_readers), covariance.reshape(2, n_readers, 2, n_readers)
    tests = [
        hillis_test(components(areas, known), float(np.subtract(*areas.mean(axis=1))))
        for areas in both
    ]
    shown = np.mean([test.p_value < 0.05 for test in tests])
    expected = planning.power(VAN_DYKE, 114, DIFFERENCE, n_readers, n_cases)
    assert shown == pytest.approx(expected, abs=3 * np.sqrt(expected * (1 - expected) / n_studies))
