"""Does 80 % mean 80 %: reliability, its error, its repair, and what a probability is good for.

``probability`` is P(positive), one value an image, in [0, 1]. For many classes ``top_label`` turns
each row into one forecast: the answer given, right or wrong, and the probability it was given.
Scores of an ISIC challenge file are no probabilities and have no calibration. A calibrator is
fitted on the development part only: ``fit_temperature`` there, ``with_temperature`` on the rest.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import inputs, intervals
from dermlab.evaluation.inputs import class_scores, floats, forecast, fraction, sums_to_one, truth
from dermlab.evaluation.intervals import TAILS, group_numbers
from dermlab.evaluation.matching import matched

SMALLEST = 1e-12  # a probability of 0 has no logarithm
TEMPERATURES = (0.01, 100.0)


@dataclass(frozen=True)
class CalibrationError:
    """An expected calibration error beside what perfect calibration gives on the same cases.

    ``estimate`` is never negative, so it is above 0 for a perfect forecast too: ``if_perfect`` is
    its mean, ``if_perfect_high`` its 95th percentile, over simulated truths. ``excess`` =
    estimate − if_perfect (a rough correction, exact only near perfect calibration), ``p_value``
    the share of simulated errors at least as large.
    """

    estimate: float
    if_perfect: float
    if_perfect_high: float
    excess: float
    p_value: float


@dataclass(frozen=True)
class Brier:
    """The mean squared error of probabilities, and what it is made of.

    ``estimate`` = ``miscalibration`` − ``discrimination`` + ``uncertainty`` (all ≥ 0): what the
    best monotone recalibration would save, what that saves over a constant forecast, and the error
    of the constant. ``low, high``: the 95 % interval of the estimate.
    """

    estimate: float
    low: float
    high: float
    miscalibration: float
    discrimination: float
    uncertainty: float


def top_label(
    truth: ArrayLike, probability: ArrayLike, classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each image's most probable class is right, and that class's probability."""
    number, probability = _class_probabilities(truth, probability, classes)
    return probability.argmax(axis=1) == number, probability.max(axis=1)


# --- reliability ----------------------------------------------------------------------------------


def reliability(
    is_positive: ArrayLike, probability: ArrayLike, n_bins: int = 10, bins: str = "width",
    groups=None,
) -> pd.DataFrame:  # fmt: skip
    """The reliability diagram as a table, a row a bin that has cases.

    Columns ``left, right`` (the bin), ``n, probability`` (its mean), ``share`` (of positives) with
    ``low, high``: Wilson's interval, or the bootstrap where ``groups`` repeat within the bin.
    ``bins``: ``"width"``, equal parts of [0, 1], or ``"mass"``, about as many cases in each.
    Equal probabilities stay together; a value on an edge belongs to the bin on its left.
    """
    is_positive, probability, groups = matched(
        is_positive=is_positive, probability=probability, groups=groups
    )
    positive, probability = forecast(is_positive, probability)
    edges = _edges(probability, n_bins, bins)
    bin_of = _bin_of(probability, edges)
    numbers = group_numbers(groups, len(positive))
    rows = []
    for k in np.unique(bin_of):
        inside = bin_of == k
        share = intervals.share(positive[inside], numbers[inside])
        row = edges[k], edges[k + 1], int(inside.sum()), probability[inside].mean()
        rows.append((*row, share.estimate, share.low, share.high))
    return pd.DataFrame(rows, columns=["left", "right", "n", "probability", "share", "low", "high"])


def expected_calibration_error(
    is_positive: ArrayLike,
    probability: ArrayLike,
    n_bins: int = 15,
    bins: str = "width",
    n_simulations: int = 1000,
    seed: int = 0,
) -> CalibrationError:
    """ECE (Guo et al., ICML 2017): the mean gap |share − mean probability|, bins by their cases.

    The gap of a bin is never negative, so chance alone makes the ECE positive, the more so the
    fewer cases a bin has. How much is simulated: truths drawn from the probabilities themselves,
    images independent. Compare two ECEs only on the same cases with the same bins.
    """
    if n_simulations < 1:
        raise InputError(f"{n_simulations} simulations are too few; at least 1 is needed.")
    positive, probability = forecast(is_positive, probability)
    bin_of = _bin_of(probability, _edges(probability, n_bins, bins))

    def gap(truths: np.ndarray) -> float:
        return float(np.abs(np.bincount(bin_of, truths - probability)).sum() / len(probability))

    rng = np.random.default_rng(seed)
    perfect = np.array(
        [gap(rng.random(len(probability)) < probability) for _ in range(n_simulations)]
    )
    estimate = gap(positive)
    return CalibrationError(
        estimate,
        float(perfect.mean()),
        float(np.quantile(perfect, 0.95)),
        estimate - float(perfect.mean()),
        float((1 + np.sum(perfect >= estimate - 1e-12)) / (1 + n_simulations)),
    )


def brier(is_positive: ArrayLike, probability: ArrayLike, groups=None) -> Brier:
    """The Brier score and its decomposition without bins (CORP: Dimitriadis, Gneiting & Jordan,
    PNAS 2021;118:e2016191118), through isotonic regression on these same cases.

    The interval is that of a mean over ``groups`` (None: images), symmetric in its logarithm, t
    with their number less one; where every error is the same there is none.
    """
    from sklearn.isotonic import IsotonicRegression

    positive, probability = forecast(is_positive, probability)
    recalibrated = IsotonicRegression().fit_transform(probability, positive.astype(float))
    score, best, constant = (
        float(np.mean((p - positive) ** 2)) for p in (probability, recalibrated, positive.mean())
    )
    numbers = group_numbers(groups, len(positive))
    deviation = (probability - positive) ** 2 - score
    half = _half_width(deviation / len(positive), numbers)
    ratio = np.exp(half / score) if half > 0 else np.nan
    bounds = float(score / ratio), float(score * ratio)
    return Brier(score, *bounds, score - best, constant - best, constant)


def _half_width(influence: np.ndarray, numbers: np.ndarray) -> float:
    """Half of a 95 % interval of the sum of ``influence``, one an image, with groups as units."""
    from scipy.stats import t

    n_groups = int(numbers.max()) + 1
    if n_groups < 2:
        return np.nan
    variance = n_groups / (n_groups - 1) * np.sum(np.bincount(numbers, influence) ** 2)
    return float(t.ppf(TAILS[1], n_groups - 1) * np.sqrt(variance))


def _edges(probability: np.ndarray, n_bins: int, bins: str) -> np.ndarray:
    if n_bins != int(n_bins) or n_bins < 1:
        raise InputError(f"{n_bins} is no number of bins; at least 1 is needed.")
    parts = np.linspace(0, 1, int(n_bins) + 1)
    if bins not in ("width", "mass"):
        raise InputError(f"No bins are called {bins!r}; there are width, mass.")
    if bins == "width":
        return parts
    n, k = len(probability), np.arange(1, int(n_bins))
    inner = np.unique(np.sort(probability)[-(-k * n // int(n_bins)) - 1])
    return np.r_[0.0, inner[(inner > 0) & (inner < 1)], 1.0]


def _bin_of(probability: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.clip(np.searchsorted(edges, probability, side="left") - 1, 0, None)


# --- temperature ----------------------------------------------------------------------------------


def fit_temperature(
    truth: ArrayLike, probability: ArrayLike, classes: Sequence[str] | None = None
) -> float:
    """The temperature that makes the development part most likely (Guo et al., ICML 2017).

    ``probability``: P(positive) of each image, or, with ``classes``, a column a class. Logits are
    its logarithms, which differ from the network's own by a constant a row that softmax ignores;
    0 counts as 1e-12. Above 1 the network was too sure. Where the likelihood has no maximum (all
    right, however sure, or probabilities all equal) the value is the end of 0.01 to 100 that it
    leans to, or 1, with a warning. Both classes, or every class, must be there.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    number, logits = _logits(truth, probability, classes)
    rows = np.arange(len(number))
    if np.ptp(logits, axis=1).max() == 0:
        warnings.warn("No temperature: every probability is the same.", stacklevel=2)
        return 1.0

    def loss(log_t: float) -> float:
        return -log_softmax(logits / np.exp(log_t), axis=1)[rows, number].mean()

    low, high = np.log(TEMPERATURES)
    fitted = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    best = min((low, fitted.x, high), key=loss)
    if best in (low, high):
        warnings.warn(
            f"The temperature ran to its bound {np.exp(best):g}: the development part is "
            "separated without an error, or not at all.",
            stacklevel=2,
        )
    return float(np.exp(best))


def with_temperature(
    probability: ArrayLike, temperature: float
) -> np.ndarray | pd.Series | pd.DataFrame:
    """Probabilities softened (temperature > 1) or sharpened (< 1); their order does not change.

    One value an image is P(positive), a row of columns all classes; shape and labels stay.
    """
    from scipy.special import expit, logit, softmax

    if not (temperature > 0 and np.isfinite(temperature)):
        raise InputError(f"The temperature is {temperature}; a positive number is expected.")
    if np.ndim(probability) == 2:
        values = sums_to_one(inputs.matrix(probability, "probability"))
        soft = softmax(np.log(np.clip(values, SMALLEST, 1)) / temperature, axis=1)
        named = isinstance(probability, pd.DataFrame)
        return pd.DataFrame(soft, probability.index, probability.columns) if named else soft
    values = inputs.shares(probability, "probability")
    soft = expit(logit(np.clip(values, SMALLEST, 1 - SMALLEST)) / temperature)
    return pd.Series(soft, probability.index) if isinstance(probability, pd.Series) else soft


def _logits(truths, probability, classes) -> tuple[np.ndarray, np.ndarray]:
    """The number of each image's class, and log-probabilities, images × classes."""
    if classes is None:
        positive, p = forecast(truths, probability)
        number, both = truth(positive).astype(int), np.column_stack([1 - p, p])
    else:
        number, both = _class_probabilities(truths, probability, classes)
    return number, np.log(np.clip(both, SMALLEST, 1))


def _class_probabilities(truths, probability, classes) -> tuple[np.ndarray, np.ndarray]:
    number, scores = class_scores(truths, probability, classes)
    return number, sums_to_one(scores)


# --- decisions ------------------------------------------------------------------------------------


def decision_curve(
    is_positive: ArrayLike,
    probability: ArrayLike,
    thresholds: ArrayLike | None = None,
    prevalence: float | None = None,
    groups=None,
) -> pd.DataFrame:
    """Net benefit (Vickers & Elkin, Med Decis Making 2006;26:565) by threshold probability.

    Columns ``threshold, model`` with ``model_low, model_high`` (95 %, over ``groups``, pointwise),
    ``treat_all, treat_none``; in true positives an image, a false alarm costing t / (1 − t) of one:
    who biopsies from t = 10 % accepts nine needless biopsies for a cancer. An image is treated
    where ``probability >= threshold``. ``thresholds``: between 0 and 1, by default 0.01 to 0.99.
    ``prevalence``: of another clinic; None is that of these cases. The probabilities must be
    calibrated *for that prevalence*, or the threshold means nothing.
    """
    positive, probability = forecast(is_positive, probability)
    positive = truth(positive)
    steps = np.arange(1, 100) / 100 if thresholds is None else floats(thresholds, "thresholds")
    steps = np.array([fraction(step, "A threshold", open_ends=True) for step in steps])
    rate = positive.mean() if prevalence is None else fraction(prevalence, "prevalence")
    treated = probability >= steps[:, None]
    hits, alarms = treated[:, positive].mean(axis=1), treated[:, ~positive].mean(axis=1)
    harm = steps / (1 - steps) * (1 - rate)
    benefit = rate * hits - harm * alarms
    numbers = group_numbers(groups, len(positive))
    half = np.empty(len(steps))
    for k, (hit, alarm) in enumerate(zip(hits, alarms, strict=True)):
        of_negatives = -harm[k] * (treated[k] - alarm) / np.sum(~positive)
        influence = np.where(positive, rate * (treated[k] - hit) / np.sum(positive), of_negatives)
        if prevalence is None:  # that of these cases is estimated, too
            slope = hit + steps[k] / (1 - steps[k]) * alarm
            influence += slope * (positive - rate) / len(positive)
        half[k] = _half_width(influence, numbers)
    return pd.DataFrame(
        {
            "threshold": steps,
            "model": benefit,
            "model_low": benefit - half,
            "model_high": benefit + half,
            "treat_all": rate - harm,
            "treat_none": 0.0,
        }
    )
