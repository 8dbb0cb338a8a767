"""Slope and shift of probabilities, and the line that puts them right (Cox, Platt).

A temperature can only draw log-odds together or apart; it cannot undo a shift, such as training on
balanced classes leaves where the disease is rare. `line` measures both, `with_line` undoes them:
fitted on the development part, applied to the rest.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation.calibration import SMALLEST
from dermlab.evaluation.inputs import forecast, truth
from dermlab.evaluation.intervals import TAILS, Estimate, group_numbers


@dataclass(frozen=True)
class Line:
    """The logistic line of outcomes on the log-odds of probabilities, each with its interval.

    ``slope``: 1 is right, below 1 the forecasts are too extreme. ``intercept``: of that line, what
    `with_line` takes. ``shift``: the log-odds by which all are too low (> 0) or too high, the slope
    held at 1 (calibration in the large); 0 is right.
    """

    slope: Estimate
    intercept: Estimate
    shift: Estimate


def line(is_positive: ArrayLike, probability: ArrayLike, groups=None) -> Line:
    """Cox's calibration line (Biometrika 1958;45:562): slope, intercept, and shift at slope 1.

    Maximum likelihood. Intervals: where ``groups`` repeat, clustered (sandwich) with t of their
    number less one, else from the information matrix. 0 and 1 count as 1e-12 and 1 − 1e-12. Fitted
    on the development part, `with_line` carries slope and intercept to the rest (Platt scaling).
    InputError where the likelihood has no maximum: one class, equal probabilities, no errors.
    """
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    positive, probability = forecast(is_positive, probability)
    positive = truth(positive).astype(float)
    log_odds = _log_odds(probability)
    if not _overlap(log_odds[positive == 1], log_odds[positive == 0]):
        raise InputError(
            "No calibration line: the probabilities are all equal, or tell the classes apart "
            "without an error, and any slope fits."
        )
    numbers = group_numbers(groups, len(positive))
    n_groups = int(numbers.max()) + 1
    clustered = n_groups < len(numbers)
    how = {"cov_type": "cluster", "cov_kwds": {"groups": numbers}} if clustered else {}
    family, ones = sm.families.Binomial(), np.ones((len(positive), 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # ruled out above
        both = sm.GLM(positive, np.column_stack([ones, log_odds]), family=family).fit(**how)
        alone = sm.GLM(positive, ones, family=family, offset=log_odds).fit(**how)
    df = n_groups - 1 if clustered else np.inf
    rows = (both, 1), (both, 0), (alone, 0)
    return Line(*(_wald(fit.params[k], fit.bse[k], df) for fit, k in rows))


def with_line(probability: ArrayLike, slope: float, intercept: float) -> np.ndarray:
    """Probabilities whose log-odds are ``slope`` times the given ones plus ``intercept``.

    ``slope`` 1 with an intercept of log(new odds / old odds) carries them to another prevalence.
    InputError where the slope is not positive: the order would turn round.
    """
    from scipy.special import expit

    if not (slope > 0 and np.isfinite(slope) and np.isfinite(intercept)):
        raise InputError(f"Slope {slope} and intercept {intercept}: no line that keeps the order.")
    values = forecast(np.zeros(len(np.asarray(probability))), probability)[1]
    return expit(slope * _log_odds(values) + intercept)


def _log_odds(probability: np.ndarray) -> np.ndarray:
    from scipy.special import logit

    return logit(np.clip(probability, SMALLEST, 1 - SMALLEST))


def _overlap(of_positives: np.ndarray, of_negatives: np.ndarray) -> bool:
    """Whether no value parts the two classes, whichever lies above."""
    above = of_positives.max() > of_negatives.min()
    return bool(above and of_negatives.max() > of_positives.min())


def _wald(estimate: float, error: float, df: float) -> Estimate:
    from scipy.stats import t

    half = t.ppf(TAILS[1], df) * error
    bounds = float(estimate - half), float(estimate + half)
    return Estimate(float(estimate), *bounds, float(error**2))
