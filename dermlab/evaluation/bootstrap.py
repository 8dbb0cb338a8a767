"""The bootstrap over groups: a statistic on resamples of whole patients or lesions.

Images of a patient or lesion are alike, so that whole groups are drawn (Efron & Tibshirani 1993,
chapter 13): resample ``r`` draws as many groups as there are, with replacement, by row ``r`` of
``np.random.default_rng(seed).integers``, groups numbered in sorted order. A resample for which a
statistic is not defined (an area without one of the two classes) is drawn again, but a statistic
that is hardly ever defined is refused. The intervals that are made of it stand in `intervals`.
"""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.text import percent

MANY_GROUPS = 50_000  # above it no group is drawn by itself: see `bootstrap_of_sums`
DRAWS_OF_ONE = 50  # on average at most so many resamples are drawn for one that can be used
CELLS_AT_ONCE = 2**16  # of a block of resamples × images: half a megabyte stays in the cache


def bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray],
    numbers: np.ndarray,
    n_replicates: int,
    seed: int,
    *,
    rarest: str = "a class",
) -> np.ndarray:
    """The statistic on ``n_replicates`` resamples of whole groups.

    ``numbers``: the group of each image. ``statistic`` takes counts, resamples × groups: how often
    each group was drawn, and returns a value a resample, NaN where it is not defined. ``rarest``
    is what a resample lacks then, for the sentences. Raises InputError where the statistic is not
    defined on all groups, each taken once, or on fewer than one of ``DRAWS_OF_ONE`` resamples.
    """
    n_groups = int(numbers.max()) + 1
    rows = min(n_replicates, max(1, CELLS_AT_ONCE // len(numbers)))
    offset = n_groups * np.arange(rows)[:, None]
    rng = np.random.default_rng(seed)

    def next_values() -> np.ndarray:
        drawn = rng.integers(n_groups, size=(rows, n_groups)) + offset
        counts = np.bincount(drawn.ravel(), minlength=rows * n_groups).reshape(rows, n_groups)
        return statistic(counts.astype(float))

    _refuse_undefined(statistic(np.ones((1, n_groups))))
    return _defined(next_values, n_replicates, rarest)


def bootstrap_of_sums(
    statistic: Callable[[np.ndarray], np.ndarray],
    of_group: np.ndarray,
    n_replicates: int,
    seed: int,
) -> np.ndarray:
    """`bootstrap` of a statistic that depends on the drawn groups' sums alone.

    ``of_group``: what each group adds, groups × columns. ``statistic`` takes the sums, resamples ×
    columns. Above ``MANY_GROUPS`` groups it is not each group that is drawn, but how many there are
    of each kind of equal rows, a multinomial number: the same distribution, by other random
    numbers, in a time that grows with the kinds and not with the groups.
    """
    n_groups = len(of_group)
    if n_groups <= MANY_GROUPS:
        numbers = np.arange(n_groups)
        return bootstrap(lambda counts: statistic(counts @ of_group), numbers, n_replicates, seed)
    table = pd.DataFrame(of_group)
    alike = table.groupby(list(table)).size()
    kinds = alike.index.to_frame().to_numpy(float)
    rows = min(n_replicates, max(1, CELLS_AT_ONCE // len(kinds)))
    rng = np.random.default_rng(seed)
    share = alike.to_numpy() / n_groups
    _refuse_undefined(statistic(of_group.sum(axis=0, keepdims=True)))
    return _defined(
        lambda: statistic(rng.multinomial(n_groups, share, size=rows) @ kinds), n_replicates
    )


def _refuse_undefined(on_the_sample: np.ndarray) -> None:
    if not np.isfinite(on_the_sample).all():
        raise InputError(
            "The statistic is not defined on these cases, so that a bootstrap has nothing to "
            "resample: a class or an answer that it needs does not occur."
        )


def _defined(
    next_values: Callable[[], np.ndarray], n_replicates: int, rarest: str = "a class"
) -> np.ndarray:
    """The first ``n_replicates`` finite values of ``next_values``, called again and again."""
    if n_replicates < 2:
        raise InputError(f"A bootstrap needs at least 2 replicates, not {n_replicates}.")
    values = np.empty(0)
    while (n_defined := np.isfinite(values).sum()) < n_replicates:
        if len(values) >= max(n_replicates, 1000) and DRAWS_OF_ONE * n_defined < len(values):
            raise InputError(
                f"Only {n_defined:,} of {len(values):,} resamples hold all that is needed: "
                f"{rarest} stands in too few groups for a bootstrap; gather more cases of it, or "
                "leave it out."
            )
        values = np.append(values, next_values())
    used = np.flatnonzero(np.isfinite(values))[:n_replicates]
    redrawn = 1 - n_replicates / (used[-1] + 1)
    if redrawn > 0.01:
        warnings.warn(
            f"{percent(redrawn)} of the resamples lacked a class that is needed and were drawn "
            "again: a class stands in few groups, and the interval is rough.",
            stacklevel=4,
        )
    return values[used]
