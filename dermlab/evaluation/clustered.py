"""Proportions and areas whose cases repeat in groups: views of a lesion, lesions of a patient.

Images of one group are alike, so they tell less than as many independent ones. For a proportion the
cases are counted down to an effective number by the design effect (Kish, *Survey Sampling*, 1965),
on which Wilson's interval is taken; for areas Obuchowski's variance (Biometrics 1997;53:567) sums
DeLong's placement values within a group first. Both are closed forms: no random numbers, and the
interval and the test of a difference agree.

``groups``: an id an image, matched by position; a missing id is a group of its own. The shipped
result ``clustered_proportions`` has how often each interval holds the truth, beside its rivals.
"""

import numpy as np
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import inputs
from dermlab.evaluation.inputs import scored
from dermlab.evaluation.intervals import (
    TAILS,
    Comparison,
    Estimate,
    group_numbers,
    logit_bounds,
    no_bounds,
    tested,
)
from dermlab.evaluation.roc import area, wins

PRIOR_CORRELATION = 0.5  # of two images of a group, as far as the misses say nothing of it

# --- proportions ----------------------------------------------------------------------------------


def share(hits: ArrayLike, groups: ArrayLike | None = None) -> Estimate:
    """The share of 1 or True among images, with Wilson's interval on the effective number.

    ``hits``: one 0 or 1 (False or True) an image, at least one. The variance is p (1 − p) / the
    effective number. With groups of one image it is Wilson's plain interval; at 0 or 100 % the
    effective number is that of the groups, so that the interval is one-sided and never NaN. It
    covers 94 % and more from 12 groups on, about 90 % at 4 to 6. InputError for other values.
    """
    from statsmodels.stats.proportion import proportion_confint

    hits = inputs.zero_one(hits, "hits")
    n = effective_number(hits, groups)
    p = float(hits.mean())
    low, high = proportion_confint(p * n, n, alpha=2 * TAILS[0], method="wilson")
    return Estimate(p, float(max(low, 0)), float(min(high, 1)), float(p * (1 - p) / n))


def effective_number(hits: ArrayLike, groups: ArrayLike | None = None) -> float:
    """To how many independent images these are worth: their number over the design effect.

    ``hits`` as in `share`. Of two estimates of the design effect the larger is taken: by the
    correlation within a group (analysis of variance, Donner & Koval, Biometrics 1980;36:19), which
    is drawn to ½ with the weight of one miss, since few misses cannot tell it; and by the spread of
    the groups' totals (linearised, Rao & Scott, Biometrics 1992;48:577), which also holds where
    large groups fare worse. Where all images are alike, the number of groups.
    """
    hits = inputs.zero_one(hits, "hits")
    if not len(hits):
        raise InputError("0 images: a share needs at least one.")
    numbers = group_numbers(groups, len(hits))
    size, total = np.bincount(numbers).astype(float), np.bincount(numbers, hits)
    n, n_groups, p = size.sum(), len(size), hits.mean()
    if p in (0, 1) or n == n_groups or n_groups == 1:
        return float(n_groups)
    n_rarer = min(hits.sum(), n - hits.sum())
    weight = n_rarer / (n_rarer + 1)
    correlation = weight * _correlation(size, total) + (1 - weight) * PRIOR_CORRELATION
    of_correlation = 1 + correlation * (np.sum(size**2) / n - 1)
    of_totals = n_groups / (n_groups - 1) * np.sum((total - p * size) ** 2) / (n * p * (1 - p))
    return float(n / max(of_correlation, of_totals))


def _correlation(size: np.ndarray, total: np.ndarray) -> float:
    """The correlation of two images of a group by analysis of variance, cut to [0, 1]."""
    n, n_groups = size.sum(), len(size)
    p, p_group = total.sum() / n, total / size
    between = np.sum(size * (p_group - p) ** 2) / (n_groups - 1)
    within = np.sum(total * (1 - p_group)) / (n - n_groups)
    typical_size = (n - np.sum(size**2) / n) / (n_groups - 1)
    return float(np.clip((between - within) / (between + (typical_size - 1) * within), 0, 1))


# --- areas ----------------------------------------------------------------------------------------


def auc(is_positive: ArrayLike, score: ArrayLike, groups: ArrayLike | None = None) -> Estimate:
    """The area under the curve with Obuchowski's variance, in O(n log n).

    ``is_positive``, ``score``: one value an image. The interval is symmetric in the log-odds, from
    t with as many degrees of freedom as the rarer class has groups, minus one. With groups of one
    image the variance is DeLong's. A variance of zero, or a class in a single group: NaN bounds
    and a warning. InputError as in `roc`.
    """
    positive, score = scored(is_positive, score)
    numbers = group_numbers(groups, len(positive))
    areas, covariance = auc_covariance(positive, score[None], numbers)
    estimate, variance = float(areas[0]), float(covariance[0, 0])
    if not variance > 0:
        why = "the variance of the area is zero, or a class stands in a single group"
        return Estimate(estimate, *no_bounds(why))
    low, high = logit_bounds(estimate, variance, _rarer_groups(positive, numbers) - 1)
    return Estimate(estimate, low, high, variance)


def compare_auc(
    is_positive: ArrayLike, score_a: ArrayLike, score_b: ArrayLike, groups: ArrayLike | None = None
) -> Comparison:
    """The difference a − b of two areas on the same images: paired, with Obuchowski's variance.

    Interval and p-value come from one t statistic with as many degrees of freedom as the rarer
    class has groups, minus one, so they always agree. Limits as in ``roc.compare_auc``.
    """
    positive, a, b = scored(is_positive, score_a, score_b)
    numbers = group_numbers(groups, len(positive))
    areas, covariance = auc_covariance(positive, np.stack([a, b]), numbers)
    contrast = np.array([1.0, -1.0])
    variance = float(contrast @ covariance @ contrast)
    if variance < 1e-12 * np.trace(covariance):  # the same order twice, but for rounding
        variance = 0.0
    return tested(float(areas[0] - areas[1]), variance, _rarer_groups(positive, numbers) - 1)


def auc_covariance(
    positive: np.ndarray, scores: np.ndarray, numbers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The areas of several scores of the same images, and Obuchowski's covariance matrix of them.

    ``positive``: images (bool). ``scores``: scores × images. ``numbers``: the group of each image,
    as ``group_numbers`` gives. Returns areas (scores) and covariances (scores × scores), NaN where
    a class stands in a single group. A group that holds both classes adds their covariance.
    """
    n_groups = int(numbers.max()) + 1
    n_pos, n_neg = int(positive.sum()), int((~positive).sum())
    areas, sides = [], ([], [])
    for score in scores:
        counted = wins(positive, score)
        areas.append(area(*counted))
        for side, won, other, mask in zip(
            sides, counted, (n_neg, n_pos), (positive, ~positive), strict=True
        ):
            deviation = won / (2 * other) - areas[-1]
            side.append(np.bincount(numbers[mask], deviation, n_groups) / len(deviation))
    of_pos, of_neg = (np.array(side) for side in sides)
    groups_pos, groups_neg = (len(np.unique(numbers[side])) for side in (positive, ~positive))
    if min(groups_pos, groups_neg) < 2:
        return np.array(areas), np.full((len(scores), len(scores)), np.nan)
    both = of_pos @ of_neg.T
    covariance = (
        groups_pos / (groups_pos - 1) * (of_pos @ of_pos.T)
        + groups_neg / (groups_neg - 1) * (of_neg @ of_neg.T)
        + n_groups / (n_groups - 1) * (both + both.T)
    )
    return np.array(areas), covariance


def stratified_covariance(
    positive: np.ndarray, scores: np.ndarray, numbers: np.ndarray, strata: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    """As `auc_covariance`, but only images of one stratum (a clinic, a camera) are compared.

    The strata's areas and covariances, weighted by their pairs of a positive and a negative; last
    the degrees of freedom, those of the strata added up. ``strata``: (n,) one value an image; a
    group stands in one of them. A stratum where a class stands in fewer than two groups says
    nothing and is left out; InputError where that is every one.
    """
    found = []
    for value in np.unique(strata):
        here = strata == value
        side, own = positive[here], np.unique(numbers[here], return_inverse=True)[1]
        if min(len(np.unique(own[part])) for part in (side, ~side)) > 1:
            pairs = float(side.sum()) * float((~side).sum())
            found.append((pairs, *auc_covariance(side, scores[:, here], own), _df(side, own)))
    if not found:
        raise InputError("No stratum holds two groups of either class: leave strata out.")
    weights = np.array([pairs for pairs, *_ in found])
    weights /= weights.sum()
    areas = sum(w * areas for w, (_, areas, _, _) in zip(weights, found, strict=True))
    covariance = sum(w**2 * one for w, (_, _, one, _) in zip(weights, found, strict=True))
    return areas, covariance, sum(df for *_, df in found)


def _df(positive: np.ndarray, numbers: np.ndarray) -> int:
    return _rarer_groups(positive, numbers) - 1


def _rarer_groups(positive: np.ndarray, numbers: np.ndarray) -> int:
    """The groups of the class that stands in fewer of them."""
    return min(len(np.unique(numbers[side])) for side in (positive, ~positive))
