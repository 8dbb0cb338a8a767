"""One threshold out of a curve, and what a positive or negative answer then means.

A threshold is chosen on the development part and carried to the test part unchanged. On the cases
that chose it, its point looks better than it is, and its interval is too narrow. Every rule looks
at the curve's own corners: a case is positive where ``score >= threshold``.
"""

import numbers
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import intervals, roc
from dermlab.evaluation.inputs import fraction, scored, zero_one
from dermlab.evaluation.intervals import Estimate, bootstrapped, group_numbers, repeat
from dermlab.evaluation.matching import matched
from dermlab.evaluation.roc import Point


@dataclass(frozen=True)
class Operating:
    """A threshold and the point that it gives on these cases.

    A threshold of inf calls nothing positive.
    """

    threshold: float
    point: Point


@dataclass(frozen=True)
class PredictiveValues:
    """How often a positive answer is right (``ppv``), and a negative one (``npv``)."""

    ppv: Estimate
    npv: Estimate


# --- thresholds -----------------------------------------------------------------------------------


def at_threshold(
    is_positive: ArrayLike, score: ArrayLike, threshold: float, groups=None
) -> Operating:
    """The point of a threshold that was fixed beforehand; intervals as ``roc.point``."""
    is_positive, score, groups = matched(is_positive=is_positive, score=score, groups=groups)
    positive, score = scored(is_positive, score)
    if not isinstance(threshold, numbers.Real) or np.isnan(threshold):
        raise InputError("The threshold is no number; choose one on the development part.")
    return Operating(float(threshold), roc.point(positive, score >= threshold, groups=groups))


def at_sensitivity(
    is_positive: ArrayLike, score: ArrayLike, sensitivity: float, groups=None
) -> Operating:
    """The highest threshold with at least this sensitivity: the most specific of them."""
    wanted = fraction(sensitivity, "sensitivity")
    return _chosen(is_positive, score, lambda c: c["sensitivity"] >= wanted - 1e-12, groups)


def at_specificity(
    is_positive: ArrayLike, score: ArrayLike, specificity: float, groups=None
) -> Operating:
    """The lowest threshold with at least this specificity: the most sensitive of them.

    Of thresholds with the same sensitivity the highest, which spares false alarms. Where the
    highest score is a negative's, a specificity of 1 is reached only at inf.
    """
    wanted = fraction(specificity, "specificity")

    def best(curve: pd.DataFrame) -> pd.Series:
        reached = curve["sensitivity"].where(curve["specificity"] >= wanted - 1e-12)
        return reached == reached.max()

    return _chosen(is_positive, score, best, groups)


def youden(is_positive: ArrayLike, score: ArrayLike, groups=None) -> Operating:
    """The highest threshold with the greatest sensitivity + specificity.

    It counts a missed case and a false alarm *rate* alike, whatever they cost and however rare the
    disease is. It is the cheapest threshold where one missed case costs as much as
    (1 − prevalence) / prevalence false alarms.
    """

    def best(curve: pd.DataFrame) -> pd.Series:
        gain = curve["sensitivity"] + curve["specificity"]
        return gain >= gain.max() - 1e-12  # greatest, but for rounding

    return _chosen(is_positive, score, best, groups)


def _chosen(
    is_positive: ArrayLike,
    score: ArrayLike,
    rule: Callable[[pd.DataFrame], pd.Series],
    groups,
) -> Operating:
    """The first corner of the curve, from the highest threshold down, that fits the rule."""
    is_positive, score, groups = matched(is_positive=is_positive, score=score, groups=groups)
    curve = roc.curve(is_positive, score)
    threshold = curve["threshold"][rule(curve)].iloc[0]
    return at_threshold(is_positive, score, threshold, groups)


# --- what an answer means -------------------------------------------------------------------------


def predictive_values(
    is_positive: ArrayLike,
    decision: ArrayLike,
    prevalence: float,
    groups=None,
    n_replicates: int = 2000,
    seed: int = 0,
) -> PredictiveValues:
    """PPV and NPV of decisions in a clinic of this ``prevalence``, not that of these cases.

    Intervals as ``predictive_values_from_counts``, or the bootstrap where ``groups`` repeat (a
    resample in which nobody is called positive, or negative, is drawn again). A prevalence of 0 or
    1 gives the limits 0 and 1 without an interval's width.
    """
    prevalence = fraction(prevalence, "prevalence")
    is_positive, decision, groups = matched(
        is_positive=is_positive, decision=decision, groups=groups
    )
    positive, decided = scored(is_positive, zero_one(decision, "decision"))
    right = decided == positive
    if not repeat(groups):
        (tp, n_pos), (tn, n_neg) = ((right[s].sum(), s.sum()) for s in (positive, ~positive))
        return predictive_values_from_counts(tp, n_pos, tn, n_neg, prevalence)
    group = group_numbers(groups, len(positive))

    def rate(counts: np.ndarray, side: np.ndarray) -> np.ndarray:
        hits, n = (np.bincount(group, side * x) for x in (right, 1))
        with np.errstate(invalid="ignore"):
            return (counts @ hits) / (counts @ n)

    def value(counts: np.ndarray, which: int) -> np.ndarray:
        return _bayes(rate(counts, positive), rate(counts, ~positive), prevalence)[which]

    statistics = (partial(value, which=which) for which in (0, 1))
    return PredictiveValues(*(bootstrapped(s, group, n_replicates, seed) for s in statistics))


def predictive_values_from_counts(
    tp: int, n_pos: int, tn: int, n_neg: int, prevalence: float
) -> PredictiveValues:
    """PPV and NPV at a stated prevalence, from counts.

    By Bayes they depend on the point through the likelihood ratios, ratios of two independent
    shares; their intervals are those of the ratio's score interval (Koopman, Biometrics
    1984;40:513), which holds at 0 and at all. Where nobody is called positive (negative), the PPV
    (NPV) is NaN with the bounds 0 and 1.
    """
    prevalence = fraction(prevalence, "prevalence")
    point = roc.point_from_counts(tp, n_pos, tn, n_neg)
    fp, fn = n_neg - tn, n_pos - tp
    estimates = _bayes(point.sensitivity.estimate, point.specificity.estimate, prevalence)
    odds = np.array([prevalence, 1 - prevalence])
    bounds = (_ratio_bounds(tp, n_pos, fp, n_neg), _ratio_bounds(tn, n_neg, fn, n_pos))
    pairs = zip(estimates, bounds, (odds, odds[::-1]), strict=True)
    return PredictiveValues(
        *(Estimate(float(e), *(_after(ratio, *odds) for ratio in low_high))
          for e, low_high, odds in pairs)
    )  # fmt: skip


def _bayes(sensitivity, specificity, prevalence: float) -> tuple:
    """PPV and NPV; NaN where nobody is called positive or negative."""
    with np.errstate(invalid="ignore"):
        tp, fp = prevalence * sensitivity, (1 - prevalence) * (1 - specificity)
        tn, fn = (1 - prevalence) * specificity, prevalence * (1 - sensitivity)
        return np.divide(tp, tp + fp), np.divide(tn, tn + fn)


def _after(ratio: float, right: float, wrong: float) -> float:
    """The chance that an answer is right, from its likelihood ratio and what it was before."""
    if right == 0 or ratio == 0:
        return 0.0
    return float(1.0 if np.isinf(ratio) else ratio * right / (ratio * right + wrong))


def _ratio_bounds(hits: int, n: int, others: int, n_others: int) -> tuple[float, float]:
    """Koopman's 95 % interval of (hits / n) / (others / n_others), by the roots of its score.

    statsmodels has the formula in closed form, but it loses its digits at 0 and at all.
    """
    from scipy.optimize import brentq

    total = n + n_others

    def score(log_ratio: float) -> float:
        ratio = np.exp(log_ratio)
        b = n * ratio + hits + n_others + others * ratio
        # the smaller root of total ratio p² − b p + hits + others, without its cancellation
        p_other = 2 * (hits + others) / (b + np.sqrt(b**2 - 4 * total * ratio * (hits + others)))
        p = min(ratio * p_other, 1.0)
        variance = p * (1 - p) / n + ratio**2 * p_other * (1 - p_other) / n_others
        gap = hits / n - ratio * others / n_others
        return gap / np.sqrt(variance) if variance > 0 else np.sign(gap) * np.inf

    def root(level: float) -> float:
        return float(np.exp(brentq(lambda x: np.clip(score(x), -99, 99) - level, -40, 40)))

    low = 0.0 if hits == 0 else root(intervals.Z)
    return low, np.inf if others == 0 else root(-intervals.Z)
