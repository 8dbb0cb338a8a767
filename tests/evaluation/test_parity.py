"""Parity at a margin: by hand, by statsmodels, and that a wrong claim is seldom made."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from dermlab.errors import InputError
from dermlab.evaluation import clustered, decisions, parity, readers


@pytest.fixture
def study():
    """40 positive and 60 negative cases, eight readers, a network that answers about as they do."""
    rng = np.random.default_rng(2)
    positive = np.arange(100) < 40
    case = 0.6 * rng.normal(size=100)
    right = case + 0.8 * rng.normal(size=(9, 100)) < 1 + 0.3 * rng.normal(size=(9, 1))
    answers = right == positive
    return positive, answers[0], answers[1:]


def test_the_difference_is_that_from_the_mean_on_the_z_scale(study):
    positive, network, several = study
    claim = parity.compare(*study, 0.1).sensitivity
    hits = several[:, positive].sum(axis=1)
    opponent = norm.cdf(norm.ppf((hits + 0.5) / 41).mean())
    assert claim.network == pytest.approx(network[positive].mean())
    assert (claim.opponent, claim.difference) == pytest.approx(
        (opponent, network[positive].mean() - opponent)
    )
    plain = parity.compare(*study, 0.1, opponent="mean").sensitivity
    assert plain.opponent == pytest.approx(several[:, positive].mean())


def test_readers_on_one_curve_have_their_mean_rates_inside_it():
    """Same ability, other thresholds: the mean of rates is an easier opponent in both rates."""
    rng = np.random.default_rng(0)
    positive = np.arange(20_000) < 10_000
    signal = rng.normal(size=20_000) + 2 * positive
    several = signal > np.linspace(0, 2, 9)[:, None]
    claims = [
        parity.compare(positive, signal > 1, several, 0.1, opponent=o) for o in parity.OPPONENTS
    ]
    for rate in ("sensitivity", "specificity"):
        z_mean, mean = (getattr(claim, rate) for claim in claims)
        assert abs(z_mean.difference) < 0.005  # the network lies on the readers' curve
        assert mean.difference > 0.03


def test_the_readers_bounds_by_hand(study):
    """A network that is always right and says nothing of the readers: MOVER without correlation."""
    positive, _, several = study
    claim = parity.compare(positive, positive, several, 0.2).specificity
    rows = ~several[:, ~positive]
    z = norm.ppf((rows.sum(axis=1) + 0.5) / 61)
    linear = rows / norm.pdf(z)[:, None]
    of_cases = decisions.between(np.cov(linear) / 60)
    variance = z.var(ddof=1) / 8 + of_cases
    df = variance**2 / ((z.var(ddof=1) / 8) ** 2 / 7)
    top = norm.cdf(z.mean() + t.ppf(0.975, df) * np.sqrt(variance))
    bottom = 0.025 ** (1 / 60)  # Clopper and Pearson's at 100 %
    half = np.hypot(1 - bottom, top - claim.opponent)
    assert claim.low == pytest.approx(claim.difference - half)


def test_one_reader_is_newcombes_interval_but_for_t_and_the_correlation():
    """Newcombe's table: 36 of 50 and 44 of 50 right of the same cases, his method 8 without φ."""
    sm = pytest.importorskip("statsmodels.stats.proportion")
    right = np.zeros((2, 1000), bool)
    rng = np.random.default_rng(1)
    right[0, rng.permutation(1000)[:720]] = right[1, rng.permutation(1000)[:880]] = True
    positive = np.arange(2000) < 1000
    network, reader = (np.r_[row, rng.random(1000) < 0.5] for row in right)
    found = parity.each_reader(positive, network, reader[None], 0.1).iloc[0]
    low, high = sm.confint_proportions_2indep(720, 1000, 880, 1000, method="newcomb")
    correlation = np.corrcoef(right)[0, 1]
    assert abs(correlation) < 0.05
    bounds = found["sensitivity_low"], found["sensitivity_high"]
    assert bounds == pytest.approx((low, high), abs=0.002)


def test_p_values_and_intervals_say_the_same(study):
    for margin in (0.02, 0.05, 0.1, 0.2, 0.3):
        found = parity.compare(*study, margin)
        for claim in (found.sensitivity, found.specificity):
            assert claim.non_inferior == (claim.p_inferior < 0.025)
            assert claim.equivalent == (claim.low > -margin and claim.high < margin)
            assert claim.p_different >= claim.p_inferior
        assert found.non_inferior == (
            found.sensitivity.non_inferior and found.specificity.non_inferior
        )
    assert parity.compare(*study, 0.3).equivalent


def test_a_margin_a_rate(study):
    found = parity.compare(*study, (0.01, 0.4))
    assert (found.sensitivity.margin, found.specificity.margin) == (0.01, 0.4)
    assert (found.sensitivity.non_inferior, found.specificity.non_inferior) == (False, True)
    assert not found.non_inferior


def test_equivalence_with_the_mean_of_rates_is_not_claimed(study):
    found = parity.compare(*study, 0.3, opponent="mean")
    assert found.non_inferior
    assert not found.equivalent
    assert np.isnan(found.sensitivity.p_different)


def test_every_case_twice_changes_little_and_untold_it_would(study):
    doubled = [np.concatenate([x, x], axis=-1) for x in study]
    once = parity.compare(*study, 0.1).specificity
    twice = parity.compare(*doubled, 0.1, groups=np.tile(range(100), 2)).specificity
    untold = parity.compare(*doubled, 0.1).specificity
    assert twice.high - twice.low == pytest.approx(once.high - once.low, rel=0.05)
    assert untold.high - untold.low < 0.9 * (once.high - once.low)


def test_each_reader_by_name(study):
    positive, network, several = study
    table = pd.DataFrame(several, index=list("abcdefgh"))
    found = parity.each_reader(positive, network, table, 0.3)
    assert found["reader"].tolist() == list("abcdefgh")
    for name, row in found.set_index("reader").iterrows():
        own = table.loc[name].to_numpy()
        expected = network[positive].mean() - own[positive].mean()
        assert row["sensitivity"] == pytest.approx(expected)
        assert row["non_inferior"] == (min(row["sensitivity_low"], row["specificity_low"]) > -0.3)
        assert row["non_inferior"] == (row["p_inferior"] < 0.025)


def test_everybody_right_is_parity_with_bounds():
    positive = np.arange(60) < 30
    found = parity.compare(positive, positive, np.tile(positive, (4, 1)), 0.2).sensitivity
    assert found.difference == pytest.approx(0, abs=0.02)
    assert -0.2 < found.low < found.high < 0.2


def test_areas_at_a_margin():
    rng = np.random.default_rng(3)
    positive = np.arange(200) < 80
    a, b = rng.normal(size=(2, 200)) + 1.5 * positive
    claim, tested = parity.areas(positive, a, b, 0.1), clustered.compare_auc(positive, a, b)
    assert claim.difference == pytest.approx(tested.estimate)
    alone = [clustered.auc(positive, score) for score in (a, b)]
    variances = [one.variance for one in alone]
    kept = parity.CORRELATION_KEPT * (sum(variances) - tested.variance) / 2
    first, second = alone[0].estimate - alone[0].low, alone[1].high - alone[1].estimate
    both = 2 * kept / np.sqrt(np.prod(variances)) * first * second
    half = np.sqrt(first**2 + second**2 - both)
    assert claim.low == pytest.approx(claim.difference - half)
    perfect = parity.areas(positive, positive + 0.1 * rng.random(200), b, 0.1)
    assert perfect.superior and perfect.high > perfect.difference - 1e-12
    with pytest.raises(InputError, match="a decision: it is a point"):
        parity.areas(positive, a, b > 0, 0.1)


def test_the_papers_readers_cannot_be_tested():
    points = readers.esteva_points()
    with pytest.raises(InputError, match="margins only"):
        parity.compare([1, 0], [1, 0], points, 0.05)
    with pytest.raises(InputError, match="margins only"):
        parity.each_reader([1, 0], [1, 0], points, 0.05)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"margin": None}, "No margin is stated"),
        ({"margin": 5}, "The margin is 5"),
        ({"margin": (0.1, 0.1, 0.1)}, "3 margins"),
        ({"opponent": "best"}, "No opponent is called 'best'"),
        ({"readers": np.ones((1, 100))}, "One reader has no spread"),
        ({"readers": np.ones((3, 90))}, "do not fit together"),
        ({"readers": np.full((3, 100), 0.5)}, "neither 0 nor 1"),
    ],
)
def test_what_is_no_claim_is_refused(study, change, match):
    positive, network, several = study
    given = {"readers": several, "margin": 0.1} | change
    with pytest.raises(InputError, match=match):
        parity.compare(positive, network, **given)
