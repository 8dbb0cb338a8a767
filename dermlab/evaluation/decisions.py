"""Several readers' yes-or-no decisions on the same cases: sensitivity and specificity, two ways.

As `mrmc` for areas: readers and cases are both drawn by chance, and Obuchowski and Rockette's
analysis (Commun Stat Simul Comput 1995;24:285, which was written for any such figure of merit) puts
both into the interval, here with the covariances of rates. Readers who only decide have no area: a
curve drawn through one point is an assumption.

``decisions``: readers × cases, True or 1 for biopsy or treat; ``mrmc.ratings(reads) > 0`` makes
them of reads.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import inputs
from dermlab.evaluation.intervals import group_numbers
from dermlab.evaluation.mrmc import Study, components, hillis_test, mean_area


@dataclass(frozen=True)
class Rates:
    """Two ways of reading: the `mrmc.Study` of their sensitivities, and of their specificities.

    ``areas`` of each are the readers' rates.
    """

    sensitivity: Study
    specificity: Study


def compare(
    is_positive: ArrayLike,
    decisions_a: ArrayLike,
    decisions_b: ArrayLike,
    groups: ArrayLike | None = None,
) -> Rates:
    """Mean rates of two ways of reading and their difference a − b, for other readers and cases.

    ``decisions_a``, ``decisions_b``: readers × cases, the same readers in the same order; a network
    that decides alone is one row, repeated: ``mrmc.alone``. ``groups``: of cases, as in
    `clustered`. Intervals are t with Hillis' degrees of freedom and not cut at 0 and 1. InputError
    with fewer than two readers or two groups of a class.
    """
    both = [table(decisions) for decisions in (decisions_a, decisions_b)]
    if both[0].shape != both[1].shape or len(both[0]) < 2:
        raise InputError(
            f"Decisions of the shapes {both[0].shape} and {both[1].shape} do not fit: both are "
            "readers × cases, of the same two or more readers."
        )
    sides = right_by_side(is_positive, np.concatenate(both), groups)
    return Rates(*(_study(right, numbers) for right, numbers in sides))


def _study(right: np.ndarray, numbers: np.ndarray) -> Study:
    n_readers = len(right) // 2
    covariance = rate_covariance(right, numbers).reshape(2, n_readers, 2, n_readers)
    rates = right.mean(axis=1).reshape(2, n_readers)
    means = [mean_area(rates[way], between(covariance[way, :, way])) for way in (0, 1)]
    difference = float(rates[0].mean() - rates[1].mean())
    return Study(rates, *means, hillis_test(components(rates, covariance), difference))


def right_by_side(
    is_positive: ArrayLike, decisions: np.ndarray, groups: ArrayLike | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of the positive and of the negative cases: who was right (rows × cases), and their groups."""
    positive = inputs.truth(is_positive)
    inputs.same_length(is_positive=positive, decisions=decisions.T)
    numbers = group_numbers(groups, len(positive))
    sides = []
    for side, name in ((positive, "positive"), (~positive, "negative")):
        if len(np.unique(numbers[side])) < 2:
            raise InputError(f"The {name} cases are one group: at least two are needed.")
        sides.append(
            (
                (decisions[:, side] == positive[side]).astype(float),
                group_numbers(numbers[side], side.sum()),
            )
        )
    return sides


def rate_covariance(right: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The covariances of rates on the same cases, rows × rows, with whole groups as units.

    ``right``: rows × cases, any numbers. With groups of one case they are the sample covariances of
    the rows over the number of cases.
    """
    n_groups, n = int(numbers.max()) + 1, right.shape[1]
    deviation = right - right.mean(axis=1, keepdims=True)
    totals = np.stack([np.bincount(numbers, row, n_groups) for row in deviation])
    return n_groups / (n_groups - 1) * (totals @ totals.T) / n**2


def between(covariance: np.ndarray) -> float:
    """The mean covariance of two different readers, from readers × readers."""
    n = len(covariance)
    return float((covariance.sum() - np.trace(covariance)) / (n * (n - 1)))


def table(decisions: ArrayLike) -> np.ndarray:
    """Decisions as 0 or 1, readers × cases."""
    values = np.asarray(decisions)
    if values.ndim != 2:
        raise InputError(f"Decisions are readers × cases; these have {values.ndim} dimensions.")
    return inputs.zero_one(values, "decisions").reshape(values.shape)
