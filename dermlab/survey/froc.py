"""How a detector is scored: which marks are hits, the free-response curve, its seven-point mean.

A detector answers with a list of places, not with one score a case, so specificity has no
denominator: nobody can count the places where it rightly marked nothing. The curve shows the share
of nodules marked against false positives a scan, for every threshold on the marks' scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dermlab.errors import InputError

RATES = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)  # false positives a scan
REACH = 3.0  # mm: a mark this near counts as a hit, also of a smaller nodule


@dataclass(frozen=True)
class Froc:
    """Free-response curve: a dot a threshold, from the strictest to the loosest.

    ``false_positives``: marks on no nodule, a scan; ``sensitivity``: the share of nodules marked.
    """

    threshold: np.ndarray
    false_positives: np.ndarray
    sensitivity: np.ndarray

    def at(self, rates: Sequence[float] = RATES) -> np.ndarray:
        """The best sensitivity with at most so many false positives a scan; 0 where none."""
        rates = np.asarray(rates) + 1e-9
        place = np.searchsorted(self.false_positives, rates, side="right")
        return np.append(0.0, self.sensitivity)[place]

    @property
    def score(self) -> float:
        """The mean of `at` over the seven ``RATES``, called the competition performance metric."""
        return float(self.at().mean())


def match(candidates: pd.DataFrame, nodules: pd.DataFrame) -> np.ndarray:
    """Which nodule each candidate marks: its row in ``nodules``, −1 for none, (n,).

    Both have ``scan, z, y, x`` (mm), nodules also ``diameter`` (mm). A mark is a hit within the
    nodule's radius of its centre, or within ``REACH`` where that is more; of two, the nearer.
    """
    found = np.full(len(candidates), -1)
    places, centres = (table[["z", "y", "x"]].to_numpy(float) for table in (candidates, nodules))
    reach = np.maximum(nodules["diameter"].to_numpy(float) / 2, REACH)
    for scan in candidates["scan"].unique():
        rows = np.flatnonzero(candidates["scan"].to_numpy() == scan)
        own = np.flatnonzero(nodules["scan"].to_numpy() == scan)
        if len(own):
            gaps = np.linalg.norm(places[rows, None] - centres[own], axis=2)
            gaps[gaps > reach[own]] = np.inf
            nearest = gaps.argmin(axis=1)
            is_hit = np.isfinite(gaps.min(axis=1))
            found[rows[is_hit]] = own[nearest[is_hit]]
    return found


def froc(scores: np.ndarray, marked: np.ndarray, *, n_nodules: int, n_scans: int) -> Froc:
    """The curve of candidates with ``scores`` (n,) that mark the nodules ``marked`` (n,), or −1.

    A nodule marked twice counts once, and the second mark is no false positive. A nodule that no
    candidate marks is missed at every threshold. InputError without a nodule or a scan.
    """
    ones = np.ones((1, n_scans))
    scan_of = np.zeros(len(scores), int)
    curve = _curve(scores, marked, scan_of, np.zeros(n_nodules, int), ones, n_scans)
    return Froc(curve[0], curve[1][0], curve[2][0])


def _curve(scores, marked, scan_of, nodule_scan, weights, n_scans) -> tuple[np.ndarray, ...]:
    """Thresholds (t,), false positives a scan and sensitivities (resamples, t); see `froc`.

    ``weights``: how often each scan counts, (resamples, scans).
    """
    scores, marked = np.asarray(scores, float), np.asarray(marked)
    if not len(nodule_scan) or n_scans < 1:
        raise InputError("A free-response curve needs at least one scan and one nodule.")
    if scores.shape != marked.shape or not np.isfinite(scores).all():
        raise InputError("Each candidate needs one score, a finite number, and one mark.")
    order = np.argsort(-scores, kind="stable")
    marked, scan_of, scores = marked[order], scan_of[order], scores[order]
    is_first = np.zeros(len(order), bool)
    is_first[np.unique(marked, return_index=True)[1]] = True
    is_first &= marked >= 0
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True))[: len(scores)]
    of_scan = weights[:, scan_of]
    false = np.cumsum(of_scan * (marked < 0), axis=1)[:, last] / n_scans
    hits = np.cumsum(of_scan * is_first, axis=1)[:, last]
    return scores[last], false, hits / weights[:, nodule_scan].sum(axis=1, keepdims=True)


def resampled_scores(
    candidates: pd.DataFrame, nodules: pd.DataFrame, scores: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """`Froc.score` where scans count ``weights`` times, (resamples, scans) → (resamples,).

    ``candidates``: ``scan`` (a number from 0) and ``marked`` (see `match`); ``scores``: (n,).
    """
    n_scans = weights.shape[1]
    scan_of, nodule_scan = (table["scan"].to_numpy() for table in (candidates, nodules))
    curve = _curve(scores, candidates["marked"], scan_of, nodule_scan, weights, n_scans)
    return np.array([Froc(curve[0], *pair).score for pair in zip(*curve[1:], strict=True)])
