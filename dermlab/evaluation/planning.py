"""How many readers and cases a reader study needs, from a pilot's components.

Hillis, Obuchowski and Berbaum (Acad Radiol 2011;18:129) for Obuchowski and Rockette's analysis: the
readers' part of the spread stays as it is, the cases' part shrinks with their number. The
components are those of ``mrmc.components``, of areas or of rates (`decisions`), with the pilot's
own number of cases; for sensitivity these are the positive ones. A network that reads alone is one
of the two ways, repeated for each reader.
"""

import numpy as np

from dermlab.errors import InputError
from dermlab.evaluation.inputs import fraction
from dermlab.evaluation.mrmc import Components

ONE_SIDED = 0.025
MOST_CASES = 10**6


def power(
    pilot: Components,
    pilot_cases: int,
    difference: float,
    n_readers: int,
    n_cases: int,
    margin: float | None = None,
) -> float:
    """The chance that a study of ``n_readers`` × ``n_cases`` shows what it is made for.

    ``pilot``: components of two ways of reading ``pilot_cases``; the mix of classes stays the same.
    ``difference``: the true one, a − b. Without a ``margin`` what is shown is a difference (two-
    sided test of 5 %), with one it is non-inferiority of a (one-sided, 2.5 %). InputError for
    numbers of fewer than two, or components of other than two ways.
    """
    from scipy.stats import nct, t

    if min(n_readers, n_cases, pilot_cases) < 2 or pilot.n_ways != 2:
        raise InputError("At least two readers and cases, and two ways of reading, are needed.")
    shift = 0.0 if margin is None else fraction(margin, "The margin", open_ends=True)
    variance, df = spread(pilot, pilot_cases, n_readers, n_cases)
    effect = (difference + shift) / np.sqrt(variance)
    critical = t.ppf(1 - ONE_SIDED, df)
    shown = nct.sf(critical, df, effect)
    # the other tail, mirrored: scipy's nct.cdf is NaN at some values so far out
    return float(shown + (nct.sf(critical, df, -effect) if margin is None else 0.0))


def spread(
    pilot: Components, pilot_cases: int, n_readers: int, n_cases: int
) -> tuple[float, float]:
    """The variance of the difference of two means in a study of this size, and its df."""
    of_cases = max(pilot.cov2 - pilot.cov3, 0.0)
    alone = pilot.variance - pilot.cov1
    of_readers = max(pilot.ms_ways_readers - alone + of_cases, 0.0)  # readers × ways
    shrunk = pilot_cases / n_cases
    total = of_readers + shrunk * (alone + (n_readers - 1) * of_cases)
    mean_square = of_readers + shrunk * (alone - of_cases)
    df = total**2 / (mean_square**2 / (n_readers - 1)) if mean_square > 0 else np.inf
    if not total > 0:
        raise InputError("Nothing varies in the pilot: its components plan no study.")
    return 2 / n_readers * total, df


def cases_needed(
    pilot: Components,
    pilot_cases: int,
    difference: float,
    n_readers: int,
    wanted: float = 0.8,
    margin: float | None = None,
) -> int | None:
    """The fewest cases with which so many readers reach the power ``wanted``; None if no number.

    The readers' own spread stays however many cases there are: with few readers no number of cases
    may do. Other arguments as `power`.
    """
    wanted = fraction(wanted, "The power", open_ends=True)

    def reached(n_cases: int) -> bool:
        return power(pilot, pilot_cases, difference, n_readers, n_cases, margin) >= wanted

    if not reached(MOST_CASES):
        return None
    low, high = 1, MOST_CASES
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
