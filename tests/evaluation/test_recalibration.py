"""Calibration line against scikit-learn, statsmodels and simulated truth."""

import numpy as np
import pytest
from scipy.special import expit, logit

from dermlab.errors import InputError
from dermlab.evaluation import recalibration


def forecasts(seed, n=400, temperature=1.0):
    """Truths drawn from probabilities, which are then told too sharply or softly."""
    rng = np.random.default_rng(seed)
    honest = rng.beta(1, 2, size=n)
    return rng.random(n) < honest, expit(logit(honest) * temperature)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_slope_is_what_the_forecasts_were_sharpened_by(temperature):
    found = recalibration.line(*forecasts(3, 4000, temperature))
    assert found.slope.low < 1 / temperature < found.slope.high
    assert found.intercept.low < 0 < found.intercept.high


def test_the_line_is_scikit_learns_and_its_intervals_are_statsmodels():
    import statsmodels.api as sm
    from sklearn.linear_model import LogisticRegression

    positive, p = forecasts(5, 300)
    found = recalibration.line(positive, p)
    fit = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(p)[:, None], positive)
    assert found.slope.estimate == pytest.approx(fit.coef_[0, 0], rel=1e-4)
    assert found.intercept.estimate == pytest.approx(fit.intercept_[0], abs=1e-4)
    bounds = sm.Logit(positive.astype(float), sm.add_constant(logit(p))).fit(disp=0).conf_int()
    assert (found.slope.low, found.slope.high) == pytest.approx(bounds[1], rel=1e-6)


def test_the_shift_is_found_again_and_undone():
    positive, p = forecasts(6, 4000)
    moved = recalibration.with_line(p, 1, -0.7)
    found = recalibration.line(positive, moved)
    assert found.shift.low < 0.7 < found.shift.high
    again = recalibration.with_line(moved, 1, found.shift.estimate)
    assert again.mean() == pytest.approx(positive.mean())  # the likelihood's own equation
    assert recalibration.with_line(moved, 1, 0.7) == pytest.approx(p)


def test_no_line_where_any_slope_fits():
    for p in ([0.4, 0.4, 0.4, 0.4], [0.1, 0.2, 0.8, 0.9], [0.9, 0.8, 0.2, 0.1]):
        with pytest.raises(InputError, match="any slope fits"):
            recalibration.line([0, 0, 1, 1], p)
    with pytest.raises(InputError, match="keeps the order"):
        recalibration.with_line([0.5], -1, 0)
    with pytest.raises(InputError, match="needs positive and negative"):
        recalibration.line([1, 1], [0.2, 0.3])


def test_views_of_a_lesion_are_clustered_as_statsmodels_does():
    import statsmodels.api as sm

    positive, p = forecasts(7, 150)
    lesion = np.repeat(np.arange(150), 3)
    positive, p = np.repeat(positive, 3), np.repeat(p, 3)
    found = recalibration.line(positive, p, lesion)
    fit = sm.Logit(positive.astype(float), sm.add_constant(logit(p))).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": lesion}
    )
    assert found.slope.variance == pytest.approx(fit.bse[1] ** 2, rel=1e-3)
    once = recalibration.line(positive[::3], p[::3])
    assert found.slope.variance == pytest.approx(once.slope.variance, rel=0.5)
    assert recalibration.line(positive, p).slope.variance < 0.5 * found.slope.variance
