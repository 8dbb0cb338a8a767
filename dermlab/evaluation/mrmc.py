"""Several readers, the same cases, two ways of reading: do other readers on other cases differ too?

A reader's area moves with the cases *and* with the reader. ``compare`` puts both into its interval
by Obuchowski and Rockette's analysis (Commun Stat Simul Comput 1995;24:285) with DeLong's
covariances and Hillis' degrees of freedom (Stat Med 2007;26:596); ``compare_bootstrap`` draws
readers and groups of cases instead. Both need every reader's rating of every case, both ways: the
paper's own readers are known by their margins only and cannot be tested so.

``ratings_a``, ``ratings_b``: readers × cases, higher for the more suspicious, the same readers in
the same order, or tables with the readers as labels of the rows and the cases of the columns, which
are matched by these. A network that reads alone is one row, repeated for every reader: ``alone``.
Readers who only decide have no area; `decisions` compares their rates.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation.inputs import floats, scored
from dermlab.evaluation.intervals import (
    TAILS,
    Comparison,
    Estimate,
    bootstrap,
    group_numbers,
    no_bounds,
    percentiles,
    tested,
    z_test,
)
from dermlab.evaluation.matching import matched
from dermlab.evaluation.readers import checked
from dermlab.evaluation.roc import areas_of_resamples, delong_covariance
from dermlab.text import listing, plural


@dataclass(frozen=True)
class Components:
    """What the areas of ``n_ways`` × ``n_readers`` vary by: mean squares and mean covariances.

    ``cov1``: one reader, two ways; ``cov2``: two readers, one way; ``cov3``: two readers, two ways.
    """

    n_ways: int
    n_readers: int
    ms_ways: float
    ms_ways_readers: float
    variance: float
    cov1: float
    cov2: float
    cov3: float


@dataclass(frozen=True)
class Study:
    """Both ways of reading: each mean area with its interval, and the difference a − b.

    ``areas``: 2 × readers.
    """

    areas: np.ndarray
    mean_a: Estimate
    mean_b: Estimate
    difference: Comparison


# --- the reads ------------------------------------------------------------------------------------


def ratings(reads: pd.DataFrame) -> pd.DataFrame:
    """Reads as ratings, readers × images: −5 (surely reassure) … 5 (surely biopsy or treat).

    The sign is the decision, the size the confidence; where any confidence is missing only the
    decision counts (−1 or 1), for everybody, or the readers' scales would differ. Truth and
    scores beside it go by its columns: ``is_positive[table.columns]``. Raises InputError where a
    reader read an image twice, or not at all.
    """
    reads = checked(reads)
    size = reads["confidence"] if "confidence" in reads else pd.Series(np.nan, reads.index)
    size = size if size.notna().all() else 1.0
    signed = reads.assign(rating=np.where(reads["decision"] == 1, 1, -1) * size)
    twice = reads["reader_id"][reads.duplicated(["reader_id", "image_id"])].unique()
    if len(twice):
        raise InputError(
            f"{plural(len(twice), 'reader')} read an image twice ({listing(list(twice))}); "
            "keep one read of each."
        )
    table = signed.pivot(index="reader_id", columns="image_id", values="rating").astype(float)
    lacking = table.index[table.isna().any(axis=1)]
    if len(lacking):
        raise InputError(
            f"{plural(len(lacking), 'reader')} did not read all {table.shape[1]:,} images "
            f"({listing(list(lacking))}); leave out these readers, or the images they lack."
        )
    return table


def alone(score: ArrayLike, n_readers: int) -> pd.DataFrame:
    """The scores of a network that reads by itself, the same for every reader.

    Readers × cases; the labels of a Series are the labels of the cases.
    """
    values = np.tile(floats(score, "score"), (n_readers, 1))
    return pd.DataFrame(values, columns=score.index if isinstance(score, pd.Series) else None)


# --- Obuchowski and Rockette ----------------------------------------------------------------------


def compare(is_positive: ArrayLike, ratings_a: ArrayLike, ratings_b: ArrayLike) -> Study:
    """Mean areas and their difference, for readers and cases like these (both drawn by chance).

    z is t with Hillis' degrees of freedom. Cases are taken as independent: with several images a
    lesion or patient use ``compare_bootstrap``. Where nothing varies: NaN bounds, a warning, and
    the limits of ``roc.compare_auc``. InputError with fewer than two readers, or two cases of a
    class, and where a way of reading has two values only: decisions have no area.
    """
    positive, both, _ = _both(is_positive, ratings_a, ratings_b)
    if min(positive.sum(), (~positive).sum()) < 2:
        raise InputError("DeLong's covariances need at least two cases of each class.")
    _refuse_decisions(both)
    n_readers = both.shape[1]
    areas, covariance = delong_covariance(positive, both.reshape(2 * n_readers, -1))
    areas = areas.reshape(2, n_readers)
    covariance = covariance.reshape(2, n_readers, 2, n_readers)
    means = [mean_area(areas[way], _between_readers(covariance[way, :, way])) for way in (0, 1)]
    difference = hillis_test(
        components(areas, covariance), float(areas[0].mean() - areas[1].mean())
    )
    return Study(areas, *means, difference)


def components(areas: np.ndarray, covariance: np.ndarray) -> Components:
    """The components of areas (ways × readers) whose covariances are ways × readers, twice."""
    n_ways, n_readers = areas.shape
    of_way, of_reader = areas.mean(axis=1, keepdims=True), areas.mean(axis=0, keepdims=True)
    rest = areas - of_way - of_reader + areas.mean()
    one_way = np.mean([covariance[way, :, way] for way in range(n_ways)], axis=0)
    two_ways = (covariance.mean(axis=(0, 2)) * n_ways - one_way) / (n_ways - 1)
    return Components(
        n_ways,
        n_readers,
        float(n_readers * of_way.var(ddof=1)),
        float(np.sum(rest**2) / ((n_ways - 1) * (n_readers - 1))),
        float(np.diag(one_way).mean()),
        float(np.diag(two_ways).mean()),
        _between_readers(one_way),
        _between_readers(two_ways),
    )


def hillis_test(terms: Components, difference: float) -> Comparison:
    """A difference of two mean areas against 0, from the components."""
    of_cases = max(terms.n_readers * (terms.cov2 - terms.cov3), 0.0)
    spread = terms.ms_ways_readers + of_cases
    if spread < 1e-12 * terms.variance:  # the same areas twice, but for rounding
        spread = 0.0
    df = _hillis(spread, terms.ms_ways_readers, (terms.n_ways - 1) * (terms.n_readers - 1))
    return tested(difference, 2 / terms.n_readers * spread, df)


def mean_area(areas: np.ndarray, cov2: float) -> Estimate:
    """The mean area of one way of reading; ``cov2``: the mean covariance of two readers.

    The interval is not clipped to [0, 1].
    """
    from scipy.stats import t

    n_readers = len(areas)
    of_readers = float(areas.var(ddof=1))
    spread = of_readers + max(n_readers * cov2, 0.0)
    estimate, variance = float(areas.mean()), spread / n_readers
    if not variance > 0:
        return Estimate(estimate, *no_bounds("the areas of the readers do not vary"), variance)
    half = float(t.ppf(TAILS[1], _hillis(spread, of_readers, n_readers - 1)) * np.sqrt(variance))
    return Estimate(estimate, estimate - half, estimate + half, variance)


def _hillis(spread: float, mean_square: float, df: int) -> float:
    """Degrees of freedom of ``spread``, of which only the mean square was estimated with few."""
    return spread**2 / (mean_square**2 / df) if mean_square > 0 else np.inf


def _between_readers(covariance: np.ndarray) -> float:
    """The mean covariance of two different readers."""
    return float(covariance[~np.eye(len(covariance), dtype=bool)].mean())


# --- the bootstrap --------------------------------------------------------------------------------


def compare_bootstrap(
    is_positive: ArrayLike,
    ratings_a: ArrayLike,
    ratings_b: ArrayLike,
    groups=None,
    n_replicates: int = 2000,
    seed: int = 0,
) -> Study:
    """The same, by drawing readers and, independently, groups of cases with replacement.

    Percentile intervals; z is the difference over its bootstrap standard deviation. It errs on the
    safe side: what a reader makes of a single case by chance is counted up to three times (Owen,
    Ann Appl Stat 2007;1:386), so where that is most of the spread the interval is up to √3 too
    wide. The cases' draws are those of ``roc.auc_bootstrap``, the readers' come from the
    seed's next stream.
    """
    positive, both, groups = _both(is_positive, ratings_a, ratings_b, groups)
    _refuse_decisions(both)
    numbers = group_numbers(groups, len(positive))
    n_readers = both.shape[1]
    statistics = [[areas_of_resamples(positive, row, numbers) for row in way] for way in both]
    drawn = [[bootstrap(row, numbers, n_replicates, seed) for row in way] for way in statistics]
    rng = np.random.default_rng([seed, 1])
    weight = rng.multinomial(n_readers, np.full(n_readers, 1 / n_readers), size=n_replicates)
    a, b = np.einsum("wrb,br->wb", np.array(drawn), weight) / n_readers
    once = np.ones((1, numbers.max() + 1))
    areas = np.array([[row(once)[0] for row in way] for way in statistics])
    mean_a, mean_b = (float(mean) for mean in areas.mean(axis=1))
    low, high, variance = percentiles(a - b)
    difference = Comparison(
        mean_a - mean_b, low, high, variance, *z_test(mean_a - mean_b, variance)
    )
    return Study(
        areas, Estimate(mean_a, *percentiles(a)), Estimate(mean_b, *percentiles(b)), difference
    )


def _both(is_positive, ratings_a, ratings_b, groups=None) -> tuple:
    """Truth, ratings as ways × readers × cases, and groups, matched by readers and by cases."""
    shapes = [np.shape(table) for table in (ratings_a, ratings_b)]
    if len(shapes[0]) != 2 or shapes[0] != shapes[1] or shapes[0][0] < 2:
        raise InputError(
            f"Ratings of the shapes {shapes[0]} and {shapes[1]} do not fit: both are readers × "
            "cases, of the same two or more readers."
        )
    tables = matched(ratings_a=ratings_a, ratings_b=ratings_b)
    a, b = (table.T if isinstance(table, pd.DataFrame) else table for table in tables)
    is_positive, groups, a, b = matched(
        is_positive=is_positive, groups=groups, ratings_a=a, ratings_b=b
    )
    positive, *rows = scored(is_positive, *_readers(a), *_readers(b))
    return positive, np.stack(rows).reshape(2, *shapes[0]), groups


def _refuse_decisions(both: np.ndarray) -> None:
    for name, ratings in zip("ab", both, strict=True):
        if len(np.unique(ratings)) == 2:
            raise InputError(
                f"Readers who only decide have no area (ratings_{name} has two values only): "
                "compare their sensitivity and specificity by evaluation.decisions.compare."
            )


def _readers(ratings) -> list:
    """Each reader's ratings, from a table of cases × readers or an array of readers × cases."""
    if isinstance(ratings, pd.DataFrame):
        return [ratings.iloc[:, k] for k in range(ratings.shape[1])]
    return list(ratings)
