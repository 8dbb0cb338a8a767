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

Bounds are joined from those of the two sides (MOVER: Newcombe, Stat Med 1998;17:2635; Zou & Donner,
Stat Med 2008;27:1693): Clopper and Pearson's of one rate on its effective number of cases, t with
Hillis' degrees of freedom of the readers' mean on the z scale, t on the logit scale of an area; and
the correlation of the two on the same cases. The shipped result ``parity_simulation`` has the error
of the first kind at the margin, and the power.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betaincinv, expit, logit, ndtr, ndtri, stdtrit

from dermlab.errors import InputError
from dermlab.evaluation import clustered, decisions, inputs
from dermlab.evaluation.intervals import TAILS, group_numbers

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
class _Side:
    """Network or opponent: an estimate, its bounds by one-sided level, and a variance.

    The variance, on any scale, serves the correlation of the two sides.
    """

    estimate: float
    variance: float
    bounds: Callable[[float], Bounds]


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
    claims = [_claim(*_against_mean(*side, z_scale), margin) for side, margin in sides]
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
                _claim(*_against_one(right[[0, k + 1]], numbers), margin)
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
    yes-or-no decisions are a point and have no area. Variances as in `clustered`.
    """
    margin = _margins(margin)[0]
    for values in (score, other_score):
        if len(np.unique(inputs.floats(values, "score"))) < 3:
            raise InputError(
                "A score of two values is a decision: it is a point, and its area would be that of "
                "a curve nobody drew; compare sensitivity and specificity."
            )
    positive, *scores = inputs.scored(is_positive, score, other_score)
    numbers = group_numbers(groups, len(positive))
    found, covariance = clustered.auc_covariance(positive, np.stack(scores), numbers)
    n_groups = min(len(np.unique(numbers[side])) for side in (positive, ~positive))
    if n_groups < 2:
        raise InputError("A class stands in one group: at least two are needed.")
    sides = [
        _Side(area, v, partial(_area_bounds, area, v, n_groups))
        for area, v in zip(found.tolist(), np.diag(covariance).tolist(), strict=True)
    ]
    return _claim(*sides, float(covariance[0, 1]), margin)


# --- what a claim rests on ------------------------------------------------------------------------


def _margins(margin) -> tuple[float, float]:
    if margin is None:
        raise InputError(
            "No margin is stated: say before looking how much worse the network may be and still "
            "count as good as the readers, for example 0.05."
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
            "many images network and reader disagree is not in it, and a test of parity needs it; "
            "for the paper's own readers parity can therefore not be tested."
        )
    network = decisions.table([inputs.zero_one(decision, "decision")])
    rows = decisions.table(readers)
    inputs.same_length(decision=network.T, readers=rows.T)
    return np.concatenate([network, rows])


def _against_mean(
    right: np.ndarray, numbers: np.ndarray, z_scale: bool
) -> tuple[_Side, _Side, float]:
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
    mean = _Side(estimate, variance, partial(_z_bounds, float(centre), variance, df))
    return _single(right[0], numbers, covariance[0, 0]), mean, float(covariance[0, 1:].mean())


def _against_one(right: np.ndarray, numbers: np.ndarray) -> tuple[_Side, _Side, float]:
    covariance = decisions.rate_covariance(right, numbers)
    rates = (_single(row, numbers, v) for row, v in zip(right, np.diag(covariance), strict=True))
    return *rates, float(covariance[0, 1])


def _single(hits: np.ndarray, numbers: np.ndarray, variance: float) -> _Side:
    rate, n = float(hits.mean()), clustered.effective_number(hits, numbers)
    return _Side(rate, float(variance), partial(_exact_bounds, rate, n))


# --- bounds and p-values --------------------------------------------------------------------------


def _claim(network: _Side, opponent: _Side, covariance: float, margin: float) -> Claim:
    scale = np.sqrt(network.variance * opponent.variance)
    correlation = CORRELATION_KEPT * float(np.clip(covariance / scale, 0, 1)) if scale > 0 else 0.0
    bounds = partial(_difference, network, opponent, correlation)
    p_low, p_high = (_p_value(bounds, side, margin) for side in (0, 1))
    both = network.estimate, opponent.estimate, network.estimate - opponent.estimate
    return Claim(*both, *bounds(TAILS[0]), margin, p_low, max(p_low, p_high))


def _difference(network: _Side, opponent: _Side, correlation: float, tail: float) -> Bounds:
    """The bounds of network − opponent whose tails are ``tail`` each, joined from theirs."""
    a, b = network.estimate, opponent.estimate
    (a_low, a_high), (b_low, b_high) = network.bounds(tail), opponent.bounds(tail)

    def half(x: float, y: float) -> float:
        return float(np.sqrt(max(x * x + y * y - 2 * correlation * x * y, 0.0)))

    return a - b - half(a - a_low, b_high - b), a - b + half(a_high - a, b - b_low)


def _exact_bounds(rate: float, n: float, tail: float) -> Bounds:
    """Clopper and Pearson's bounds of a rate among ``n`` cases, which need not be whole."""
    hits, misses, least = rate * n, (1 - rate) * n, 1e-9
    low = float(betaincinv(hits, misses + 1, tail)) if hits > least else 0.0
    return low, float(betaincinv(hits + 1, misses, 1 - tail)) if misses > least else 1.0


def _z_bounds(z: float, variance: float, df: float, tail: float) -> Bounds:
    half = -float(stdtrit(df, tail)) * np.sqrt(variance)
    return float(ndtr(z - half)), float(ndtr(z + half))


def _area_bounds(area: float, variance: float, n_groups: int, tail: float) -> Bounds:
    """t on the logit scale; a perfect area has no variance and goes by the rarer class's groups."""
    if not variance > 0:
        return _exact_bounds(area, n_groups, tail)
    half = -float(stdtrit(n_groups - 1, tail)) * np.sqrt(variance) / (area * (1 - area))
    return float(expit(logit(area) - half)), float(expit(logit(area) + half))


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
