"""Estimates as columns of a result's table: ``estimate, low, high``."""

import numpy as np

from dermlab.evaluation import intervals, repeats


def row(of: intervals.Estimate, least: float = -np.inf, most: float = np.inf) -> dict[str, float]:
    """Estimate and bounds; bounds are cut at ``least`` and ``most``, as 0 and 1 of a share."""
    low, high = np.clip([of.low, of.high], least, most)
    return {"estimate": of.estimate, "low": float(low), "high": float(high)}


def share(hits: np.ndarray, groups: np.ndarray | None = None) -> dict[str, float]:
    """A share of trainings × cases, with its interval over both.

    Where all agree nothing varies: then the exact interval of so many cases, each of the
    ``groups`` (of cases, as in `repeats.mean`) as one. A single one that trainings do not agree on
    has no interval, and no case has no share.
    """
    n = hits.shape[1] if groups is None else len(np.unique(groups))
    if n and (hits.all() or not hits.any()):
        return row(intervals.proportion(n * hits.all(), n, "clopper-pearson"))
    if n < 2:
        return {"estimate": hits.mean() if n else np.nan, "low": np.nan, "high": np.nan}
    return row(repeats.mean(hits.astype(float), groups).mean, 0, 1)
