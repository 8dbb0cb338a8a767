"""The bootstrap over groups: whole patients or lesions are drawn, since their images are alike.

Efron & Tibshirani 1993, chapter 13: resample ``r`` draws as many groups as there are, with
replacement, by row ``r`` of ``np.random.default_rng(seed).integers``, groups numbered in sorted
order. A resample for which a statistic is not defined (an area without one of the two classes) is
drawn again.
"""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.text import percent

CELLS_AT_ONCE = 2**16  # of a block of resamples × images: half a megabyte stays in the cache


def bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray], numbers: np.ndarray, n_replicates: int, seed: int
) -> np.ndarray:
    """The statistic on ``n_replicates`` resamples of whole groups.

    ``numbers``: the group of each image. ``statistic`` takes counts, resamples × groups: how often
    each group was drawn, and returns a value a resample, NaN where it is not defined.
    """
    if n_replicates < 2:
        raise InputError(f"A bootstrap needs at least 2 replicates, not {n_replicates}.")
    n_groups = int(numbers.max()) + 1
    rows = min(n_replicates, max(1, CELLS_AT_ONCE // len(numbers)))
    offset = n_groups * np.arange(rows)[:, None]
    rng = np.random.default_rng(seed)
    values = np.empty(0)
    while np.isfinite(values).sum() < n_replicates:
        drawn = rng.integers(n_groups, size=(rows, n_groups)) + offset
        counts = np.bincount(drawn.ravel(), minlength=rows * n_groups).reshape(rows, n_groups)
        values = np.append(values, statistic(counts.astype(float)))
    used = np.flatnonzero(np.isfinite(values))[:n_replicates]
    redrawn = 1 - n_replicates / (used[-1] + 1)
    if redrawn > 0.01:
        warnings.warn(
            f"{percent(redrawn)} of the resamples lacked a class that is needed and were drawn "
            "again: a class stands in few groups, and the interval is rough.",
            stacklevel=3,
        )
    return values[used]


def percentiles(replicates: np.ndarray) -> tuple[float, float, float]:
    """Low, high and variance of the replicates; NaN bounds where they do not vary."""
    if np.ptp(replicates) == 0:
        return *no_bounds("every resample gives the same value"), 0.0
    low, high = np.quantile(replicates, [0.025, 0.975])
    return float(low), float(high), float(replicates.var(ddof=1))


def group_numbers(groups: ArrayLike | None, n: int) -> np.ndarray:
    """Groups as 0, 1, … in sorted order, each missing id a group of its own after them."""
    if groups is None:
        return np.arange(n)
    numbers = pd.factorize(np.asarray(groups), sort=True)[0]
    if len(numbers) != n:
        told = f"{len(numbers):,} values of groups and {n:,} of the images"
        raise InputError(f"{told} do not fit together: one group an image is needed.")
    missing = numbers < 0
    numbers[missing] = numbers.max() + 1 + np.arange(missing.sum())
    return numbers


def repeat(groups: ArrayLike | None) -> bool:
    """Whether any two images have the same group."""
    return groups is not None and bool(pd.Series(np.asarray(groups)).dropna().duplicated().any())


def no_bounds(why: str) -> tuple[float, float]:
    """The bounds of an interval that the data cannot give: NaN, with a warning."""
    warnings.warn(f"No interval: {why}.", stacklevel=3)
    return np.nan, np.nan
