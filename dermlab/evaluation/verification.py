"""Scores against an imperfect truth: labels that err, and biopsies that only some lesions get.

Two things stand between a measured accuracy and the true one. The label may be wrong: then even a
classifier that is always right is marked wrong at times (`expected_agreement`). And the truth may
be known for some cases only, chosen because they looked suspicious: verification bias
(`on_verified`), which Begg and Greenes (Biometrics 1983;39:207) correct where the choice depends
on nothing but what was recorded (`begg_greenes`).

``test`` and ``disease`` are True or 1 for positive, one value a case; ``verified`` says for which
cases the disease is known. What ``disease`` holds elsewhere is never read.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import inputs, roc
from dermlab.evaluation.intervals import bootstrapped, group_numbers
from dermlab.evaluation.matching import by_name, matched
from dermlab.evaluation.roc import Point
from dermlab.text import plural

Rates = Callable[[np.ndarray], np.ndarray]


def expected_agreement(prevalence: ArrayLike, rates_a: ArrayLike, rates_b: ArrayLike) -> float:
    """How often two raters name the same class if they err independently given the truth.

    ``prevalence`` (k,) of the true classes; ``rates`` (k, m): the probability of each answer, a row
    a true class. Read b as the labels and a as a classifier: then this is its accuracy as measured
    on those labels, Σ_t π_t Σ_c A[t, c] B[t, c]; for one that is always right Σ_t π_t B[t, t], the
    accuracy of the labels. Raters who share their mistakes agree more often.
    """
    prevalence, rates_a, rates_b = matched(prevalence=prevalence, rates_a=rates_a, rates_b=rates_b)
    if isinstance(rates_a, pd.DataFrame):
        rates_b = by_name(rates_b, list(rates_a.columns), "rates_b")
    share = inputs.floats(prevalence, "prevalence")
    a, b = (inputs.matrix(rates, "rates") for rates in (rates_a, rates_b))
    if a.ndim != 2 or a.shape != b.shape or share.shape != a.shape[:1]:
        raise InputError(
            f"{plural(share.size, 'prevalence')} and rates of shape {a.shape} and {b.shape} do not "
            "fit together: both raters need a row for each true class, and the same columns."
        )
    sums = np.concatenate([a.sum(1), b.sum(1), [share.sum()]])
    if min(a.min(), b.min(), share.min()) < 0 or not np.allclose(sums, 1, atol=1e-6):
        raise InputError("Prevalences, and each row of the rates, are shares that sum to 1.")
    return float(share @ (a * b).sum(1))


def on_verified(test: ArrayLike, disease: ArrayLike, verified: ArrayLike, groups=None) -> Point:
    """Sensitivity and specificity on the verified cases alone, as most studies report them."""
    test, disease, verified, groups = matched(
        test=test, disease=disease, verified=verified, groups=groups
    )
    test, ill, known = _read(test, disease, verified)
    ids = None if groups is None else group_numbers(groups, len(known))[known]
    return roc.point(ill[known], test[known], groups=ids)


def begg_greenes(
    test: ArrayLike,
    disease: ArrayLike,
    verified: ArrayLike,
    strata: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    n_replicates: int = 2000,
    seed: int = 0,
) -> Point:
    """Sensitivity and specificity on all cases, from the verified ones (Begg and Greenes 1983).

    In each cell (a test result in one of the ``strata``) the share of disease among the verified is
    taken to hold for the others too: of n cases, n · P(disease | cell, verified) are diseased. That
    is right where verification depends on nothing but test result and stratum, and wrong where it
    also depends on something that tells of the disease and was not recorded.

    The intervals are a bootstrap over ``groups`` (None: over cases); where a resample has cases but
    no verified one in a cell, it takes the cell's share in the whole sample. They are too narrow
    where a large cell has only a handful of verified diseased cases, or none: with some twenty
    verified cases in the rarest cell 247 of 300 simulated ones held the truth. Raises InputError
    where a cell of the whole sample has no verified case: nothing tells its share.
    """
    test, disease, verified, strata, groups = matched(
        test=test, disease=disease, verified=verified, strata=strata, groups=groups
    )
    test, ill, known = _read(test, disease, verified)
    numbers = group_numbers(groups, len(test))
    cell, positive = _cells(test, strata)
    counts = [_counts(weight, numbers, cell) for weight in (np.ones(len(test)), known, ill & known)]
    n, n_known, n_ill = (count.sum(0) for count in counts)
    if empty := (n_known == 0).sum():
        raise InputError(
            f"{empty} of {plural(len(n), 'cell')} of test result and stratum have no "
            "verified case, so that nothing tells how many there are diseased: join strata."
        )
    sensitivity, specificity = _rates(*counts, whole=n_ill / n_known, positive=positive)
    return Point(
        *(bootstrapped(rate, numbers, n_replicates, seed) for rate in (sensitivity, specificity))
    )


def _read(test, disease, verified) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Test, disease and verified as bool (n,); disease is False where it is not verified."""
    disease = inputs.column(disease, "disease").to_numpy()
    called, known = (
        inputs.zero_one(column, name) == 1
        for column, name in ((test, "test"), (verified, "verified"))
    )
    inputs.same_length(test=called, disease=disease, verified=known)
    if not known.any():
        raise InputError("No case is verified, so that nothing is known of the disease.")
    ill = np.zeros(len(known), bool)
    ill[known] = inputs.zero_one(disease[known], "disease, verified,") == 1
    return called, ill, known


def _cells(test: np.ndarray, strata: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    """The cell of each case (n,), and whether the test is positive in each cell."""
    names = inputs.names(np.zeros(len(test)) if strata is None else strata, "strata")
    inputs.same_length(test=test, strata=names)
    if n := int(pd.isna(names).sum()):
        raise InputError(f"{plural(n, 'case')} without a stratum: name it, also an unknown one.")
    stratum = pd.factorize(pd.Series(names), sort=True)[0]
    cells, cell = np.unique(2 * stratum + test, return_inverse=True)
    return cell, cells % 2 == 1


def _counts(weight: np.ndarray, numbers: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Sums of ``weight``, (groups, cells)."""
    shape = numbers.max() + 1, cell.max() + 1
    place = np.ravel_multi_index((numbers, cell), shape)
    return np.bincount(place, weight, shape[0] * shape[1]).reshape(shape)


def _rates(n, n_known, n_ill, *, whole: np.ndarray, positive: np.ndarray) -> tuple[Rates, Rates]:
    """Sensitivity and specificity as functions of how often each group was drawn (r, groups)."""

    def share(drawn: np.ndarray) -> np.ndarray:
        known = drawn @ n_known
        return np.where(known > 0, drawn @ n_ill / np.maximum(known, 1), whole)

    def right(drawn: np.ndarray, of: np.ndarray, called: np.ndarray) -> np.ndarray:
        cases = drawn @ n * of
        with np.errstate(invalid="ignore"):
            return cases[:, called].sum(1) / cases.sum(1)

    return (
        lambda drawn: right(drawn, share(drawn), positive),
        lambda drawn: right(drawn, 1 - share(drawn), ~positive),
    )
