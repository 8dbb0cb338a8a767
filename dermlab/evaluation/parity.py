"""Is the network as good as the readers? Non-inferiority and equivalence at a stated margin.

"No significant difference" says nothing of parity: a small study always finds it. Here the claim is
what has to be shown. The network is *non-inferior* where the interval of the difference network −
opponent lies above −margin, *equivalent* where it lies between −margin and margin (two one-sided
tests, Schuirmann, J Pharmacokinet Biopharm 1987;15:657), *superior* where it lies above 0. The
interval is of 95 %, each one-sided test of 2.5 %.

Sensitivity and specificity are co-primary: both have to hold, and no correction is needed, since
each is tested at the full level (intersection-union). The network is fixed and its threshold was
chosen on other cases; readers and cases are drawn by chance.

The opponent is the readers' mean *on the z scale*, Φ(mean Φ⁻¹(rate)), by default: readers who share
a curve and differ by their thresholds have their mean rates *inside* that curve (it is concave), 3
to 5 points of specificity below it, so that a network against the mean of rates gets a present.
``opponent="mean"`` is that mean; it has no test of equivalence, since means of few skewed rates lie
above what they estimate more often than below. `each_reader` takes every reader by himself.

Bounds are joined from those of the two rates (MOVER: Newcombe, Stat Med 1998;17:2635; Zou & Donner,
Stat Med 2008;27:1693): Wilson's of the network's rate (with
t for z), t with Hillis' degrees of freedom of the
readers' mean, and their correlation on the same cases. The shipped result ``parity_simulation`` has
the error of the first kind at the margin, and the power.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri, stdtrit

from dermlab.errors import InputError
from dermlab.evaluation import clustered, decisions, inputs, roc
from dermlab.evaluation.intervals import TAILS

OPPONENTS = ("z-mean", "mean")
CORRELATION_KEPT = 0.8  # estimated on few cases it errs, and one too large makes bounds too narrow
Bounds = tuple[float, float]


@dataclass(frozen=True)
class Claim:
    """A difference network − opponent, its 95 % bounds, and what can be claimed at a margin.

    ``p_inferior``: one-sided, of a network that is worse by the margin or more; ``p_different``: of
    one that is worse or better by it (the larger of the two one-sided tests), NaN where that is not
    tested. Claimed below 0.025.
    """

    network: float
    opponent: float
    difference: float
    low: float
    high: float
    margin: float
    p_inferior: float
    p_different: float

    @property
    def non_inferior(self) -> bool:
        """Whether the interval lies above −margin."""
        return bool(self.low > -self.margin)

    @property
    def equivalent(self) -> bool:
        """Whether the interval lies between −margin and margin; never where that is not tested."""
        return bool(self.p_different < TAILS[0])

    @property
    def superior(self) -> bool:
        """Whether the interval lies above 0."""
        return bool(self.low > 0)


@dataclass(frozen=True)
class Parity:
    """The two co-primary claims; one of both holds where both hold."""

    sensitivity: Claim
    specificity: Claim

    @property
    def non_inferior(self) -> bool:
        """Whether the network is non-inferior in both rates."""
        return self.sensitivity.non_inferior and self.specificity.non_inferior

    @property
    def equivalent(self) -> bool:
        """Whether the network is equivalent in both rates."""
        return self.sensitivity.equivalent and self.specificity.equivalent


@dataclass(frozen=True)
class _Rate:
    """A rate with what its bounds need: of one reader ``n``, the effective number of cases.

    Of a mean of readers ``z`` and its degrees of freedom ``df``; then ``variance`` is that of z.
    """

    estimate: float
    variance: float
    n: float = np.nan
    z: float = np.nan
    df: float = np.nan


# --- tests ----------------------------------------------------------------------------------------


def compare(
    is_positive: ArrayLike,
    decision: ArrayLike,
    readers: ArrayLike,
    margin: float | tuple[float, float] | None,
    *,
    opponent: str = "z-mean",
    groups: ArrayLike | None = None,
) -> Parity:
    """The network's decisions against the readers' mean, at a margin stated beforehand.

    ``is_positive``, ``decision``: a value a case, the threshold fixed on other cases. ``readers``:
    readers × cases, 0 or 1 (of reads: ``mrmc.ratings(reads) > 0``). ``margin``: in (0, 1), of both
    rates or (of sensitivity, of specificity). ``groups``: of cases, as in `clustered`. InputError
    without a margin, with margins of a table instead of answers (a *points* table), or with fewer
    than two readers.
    """
    margins = _margins(margin)
    if opponent not in OPPONENTS:
        raise InputError(f"No opponent is called {opponent!r}; there are {', '.join(OPPONENTS)}.")
    rows = _with_network(decision, readers)
    if len(rows) < 3:
        raise InputError("One reader has no spread: two are needed, or each_reader.")
    z_scale = opponent == "z-mean"
    sides = zip(decisions.right_by_side(is_positive, rows, groups), margins, strict=True)
    claims = [_claim_of_rates(*_against_mean(*side, z_scale), margin) for side, margin in sides]
    if not z_scale:
        claims = [replace(claim, p_different=np.nan) for claim in claims]
    return Parity(*claims)


def each_reader(
    is_positive: ArrayLike,
    decision: ArrayLike,
    readers: ArrayLike,
    margin: float | tuple[float, float] | None,
    *,
    groups: ArrayLike | None = None,
) -> pd.DataFrame:
    """The network against every reader of these, none drawn by chance: a row a reader.

    Arguments as `compare`; an index of ``readers`` names them. Columns ``reader``; ``sensitivity``
    and ``specificity`` (differences) with ``…_low, …_high``; ``non_inferior`` and ``equivalent`` in
    both rates, and ``p_inferior`` (the larger of both). Many readers are a
    family: ``repeats.holm``.
    """
    margins = _margins(margin)
    rows = _with_network(decision, readers)
    sides = decisions.right_by_side(is_positive, rows, groups)
    names = readers.index if isinstance(readers, pd.DataFrame) else range(len(rows) - 1)
    table = []
    for k, name in enumerate(names):
        both = Parity(
            *(
                _claim_of_rates(*_against_one(right[[0, k + 1]], numbers), margin)
                for (right, numbers), margin in zip(sides, margins, strict=True)
            )
        )
        row = {"reader": name}
        for rate in ("sensitivity", "specificity"):
            claim = getattr(both, rate)
            row |= {rate: claim.difference, f"{rate}_low": claim.low, f"{rate}_high": claim.high}
        p_inferior = max(both.sensitivity.p_inferior, both.specificity.p_inferior)
        row |= {"non_inferior": both.non_inferior, "equivalent": both.equivalent}
        table.append(row | {"p_inferior": p_inferior})
    return pd.DataFrame(table)


def areas(
    is_positive: ArrayLike,
    score: ArrayLike,
    other_score: ArrayLike,
    margin: float | None,
    *,
    groups: ArrayLike | None = None,
) -> Claim:
    """The area of a network's score against that of another score, at a stated margin.

    Both are scores, of networks or confidences: InputError where one has only two values, since
    yes-or-no decisions are a point and have no area. Bounds as ``clustered.compare_auc``.
    """
    margin = _margins(margin)[0]
    for values in (score, other_score):
        if len(np.unique(inputs.floats(values, "score"))) < 3:
            raise InputError(
                "A score of two values is a decision: it is a point, and its area would be that of "
                "a curve nobody drew. Compare sensitivity and specificity."
            )
    tested = clustered.compare_auc(is_positive, score, other_score, groups)
    first = roc.area(*roc.wins(*inputs.scored(is_positive, score)))

    def bounds(tail: float) -> Bounds:
        half = -float(stdtrit(tested.df, tail)) * np.sqrt(tested.variance)
        return tested.estimate - half, tested.estimate + half

    return _claim(first, first - tested.estimate, bounds, margin)


# --- what a claim rests on ------------------------------------------------------------------------


def _margins(margin) -> tuple[float, float]:
    if margin is None:
        raise InputError(
            "No margin is stated: how much worse may the network be and still count as good as the "
            "readers? Say so before looking, for example 0.05."
        )
    both = np.broadcast_to(np.asarray(margin, dtype=float), 2) if np.ndim(margin) < 1 else margin
    if len(both) != 2:
        raise InputError(f"{len(both)} margins: one, or (of sensitivity, of specificity).")
    return tuple(inputs.fraction(value, "The margin", open_ends=True) for value in both)


def _with_network(decision: ArrayLike, readers: ArrayLike) -> np.ndarray:
    """The network's decisions, then the readers', as rows × cases."""
    if isinstance(readers, pd.DataFrame) and {"tp", "n_pos"} & set(readers.columns):
        raise InputError(
            "A table of points has the readers' margins only (tp of n_pos, tn of n_neg): on how "
            "many images network and reader disagree is not in it, and a test of parity needs it. "
            "For the paper's own readers parity can therefore not be tested."
        )
    network = decisions.table([inputs.zero_one(decision, "decision")])
    rows = decisions.table(readers)
    inputs.same_length(decision=network.T, readers=rows.T)
    return np.concatenate([network, rows])


def _against_mean(
    right: np.ndarray, numbers: np.ndarray, z_scale: bool
) -> tuple[_Rate, _Rate, float]:
    """The network's rate, the readers' mean, and the covariance of the two on these cases.

    Half a hit and half a miss are added to each reader, so that 0 and 100 % have a place on the z
    scale; covariances there follow by the delta method. The mean of rates has the bounds of the
    mean of z, shifted to it: rates of readers are too skewed for t.
    """
    rows = right[1:]
    n_readers, n = rows.shape
    z = ndtri((rows.sum(axis=1) + 0.5) / (n + 1))
    slope = np.sqrt(2 * np.pi) * np.exp(z**2 / 2)
    covariance = decisions.rate_covariance(np.vstack([right[:1], rows * slope[:, None]]), numbers)
    of_cases = max(decisions.between(covariance[1:, 1:]), 0.0)
    of_readers = float(z.var(ddof=1)) / n_readers
    variance = of_readers + of_cases
    df = variance**2 / (of_readers**2 / (n_readers - 1)) if of_readers else np.inf
    centre = z.mean() if z_scale else ndtri((rows.sum() + 0.5) / (rows.size + 1))
    estimate = float(ndtr(centre) if z_scale else rows.mean())
    mean = _Rate(estimate, variance, z=float(centre), df=df)
    return _single(right[0], numbers, covariance[0, 0]), mean, float(covariance[0, 1:].mean())


def _against_one(right: np.ndarray, numbers: np.ndarray) -> tuple[_Rate, _Rate, float]:
    covariance = decisions.rate_covariance(right, numbers)
    rates = (_single(row, numbers, v) for row, v in zip(right, np.diag(covariance), strict=True))
    return *rates, float(covariance[0, 1])


def _single(hits: np.ndarray, numbers: np.ndarray, variance: float) -> _Rate:
    return _Rate(float(hits.mean()), float(variance), clustered.effective_number(hits, numbers))


# --- bounds and p-values --------------------------------------------------------------------------


def _claim(
    network: float, opponent: float, bounds: Callable[[float], Bounds], margin: float
) -> Claim:
    """``bounds``: of the difference, for a one-sided level."""
    low, high = bounds(TAILS[0])
    p_low, p_high = (_p_value(bounds, side, margin) for side in (0, 1))
    p_values = p_low, max(p_low, p_high)
    return Claim(network, opponent, network - opponent, low, high, margin, *p_values)


def _claim_of_rates(network: _Rate, opponent: _Rate, covariance: float, margin: float) -> Claim:
    scale = np.sqrt(network.variance * opponent.variance)
    correlation = CORRELATION_KEPT * float(np.clip(covariance / scale, 0, 1)) if scale > 0 else 0.0
    bounds = partial(_difference, network, opponent, correlation)
    return _claim(network.estimate, opponent.estimate, bounds, margin)


def _difference(network: _Rate, opponent: _Rate, correlation: float, tail: float) -> Bounds:
    """The bounds of network − opponent whose tails are ``tail`` each, joined from theirs."""
    a, b = network.estimate, opponent.estimate
    (a_low, a_high), (b_low, b_high) = _bounds(network, tail), _bounds(opponent, tail)

    def half(x: float, y: float) -> float:
        return float(np.sqrt(max(x * x + y * y - 2 * correlation * x * y, 0.0)))

    return a - b - half(a - a_low, b_high - b), a - b + half(a_high - a, b - b_low)


def _bounds(rate: _Rate, tail: float) -> Bounds:
    """Wilson's bounds of one rate, with t for z; of a mean of readers those of t on the z scale."""
    if np.isfinite(rate.n):
        z, p, n = -float(stdtrit(max(rate.n - 1, 1), tail)), rate.estimate, rate.n
        centre, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
        return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
    half = -float(stdtrit(rate.df, tail)) * np.sqrt(rate.variance)
    return float(ndtr(rate.z - half)), float(ndtr(rate.z + half))


def _p_value(bounds, side: int, margin: float) -> float:
    """The tail at which the bound of a side meets its margin: the one-sided p-value, at most ½."""
    from scipy.optimize import brentq

    def beyond(tail: float) -> float:
        bound = bounds(tail)[side]
        return bound + margin if side == 0 else margin - bound

    smallest, largest = 1e-12, 0.5
    if np.isnan(beyond(largest)):
        return np.nan
    if beyond(smallest) > 0:
        return smallest
    if beyond(largest) <= 0:  # the estimate itself lies beyond the margin
        return largest
    return float(brentq(beyond, smallest, largest, xtol=1e-9))
