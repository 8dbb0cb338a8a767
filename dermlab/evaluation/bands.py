"""A band around a ROC curve: where the specificity at each sensitivity would lie again."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.evaluation.inputs import matched, scored
from dermlab.evaluation.intervals import TAILS, group_numbers, no_bounds

GRID = np.linspace(0, 1, 101)  # sensitivities


def specificity(
    is_positive: ArrayLike,
    score: ArrayLike,
    groups=None,
    *,
    n_replicates: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """``sensitivity, low, high``: 95 % of bootstrap curves' specificities at each sensitivity.

    Resampled are whole ``groups`` (None: images). The band is pointwise: at each sensitivity by
    itself it holds 95 % of the curves, and not 95 % of the curves lie in it from end to end. Small
    classes make it too narrow near the corners. Bounds are NaN, with a warning, where fewer than
    half of the resamples hold both classes.
    """
    is_positive, score, groups = matched(is_positive=is_positive, score=score, groups=groups)
    positive, score = scored(is_positive, score)
    numbers = group_numbers(groups, len(positive))
    n_groups, rng = int(numbers.max()) + 1, np.random.default_rng(seed)
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    curves = []
    for _ in range(n_replicates):
        weight = np.bincount(rng.integers(n_groups, size=n_groups), minlength=n_groups)[numbers]
        drawn = _curve(positive[order], weight[order].astype(float), ends)
        curves += [] if drawn is None else [drawn]
    if len(curves) < n_replicates / 2:
        low = high = np.full(len(GRID), no_bounds("most resamples lack one of the classes")[0])
    else:
        low, high = np.quantile(curves, TAILS, axis=0)
    return pd.DataFrame({"sensitivity": GRID, "low": low, "high": high})


def _curve(positive: np.ndarray, weight: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """The specificity at each of ``GRID``, of weighted cases by falling score; None without both.

    ``ends``: the last case of each distinct score.
    """
    tp, fp = (np.cumsum(weight * side)[ends] for side in (positive, ~positive))
    if tp[-1] == 0 or fp[-1] == 0:
        return None
    sensitivity, false_positive = (np.append(0, x / x[-1]) for x in (tp, fp))
    # At a sensitivity that several thresholds reach, the best specificity counts.
    first = np.searchsorted(sensitivity, np.unique(sensitivity))
    return 1 - np.interp(GRID, sensitivity[first], false_positive[first])
