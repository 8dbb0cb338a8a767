"""One photograph of each lesion of HAM10000: the same test part, other lesions for every seed."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from results.common import ham10000_pixels
from results.common.result import Inputs

SIZES = (50, 200, 800)  # lesions to learn from, half of them malignant or premalignant
N_TEST, N_DEVELOPMENT = 2000, 500
BIOPSIED = "biopsy"
KINDS = ("all", "biopsied", "within source")  # of an AUC


class Lesions(NamedTuple):
    """A row a lesion: its case, whether it is malignant or premalignant, its picture."""

    cases: pd.DataFrame
    positive: np.ndarray
    pixels: np.ndarray


class Parts(NamedTuple):
    """Row numbers."""

    train: np.ndarray
    development: np.ndarray
    test: np.ndarray


def lesions(inputs: Inputs, size: int) -> Lesions:
    """The first photograph of each of the 7,470 lesions, in the order of their image ids."""
    cases, positive, pixels = ham10000_pixels.data(inputs, size)
    first = np.flatnonzero(~cases["lesion_id"].duplicated().to_numpy())
    return Lesions(cases.iloc[first].reset_index(drop=True), positive[first], pixels[first])


def draw(positive: np.ndarray, seed: int, n: int | None) -> Parts:
    """Parts for one seed: another seed, other lesions to learn and to choose from; one test part.

    ``n`` lesions to learn from, half of them positive; the smaller sets lie inside the larger. None
    takes all that are neither in the test nor in the development part.
    """
    test, others = np.split(np.random.default_rng(0).permutation(len(positive)), [N_TEST])
    order = np.random.default_rng([1, seed]).permutation(others)
    development, rest = np.split(order, [N_DEVELOPMENT])
    if n is None:
        return Parts(rest, development, test)
    sides = [rest[positive[rest] == side][: n // 2] for side in (True, False)]
    return Parts(np.concatenate(sides), development, test)


def areas(lesions: Lesions, rows: np.ndarray, score: np.ndarray) -> dict[str, float]:
    """Name of ``KINDS`` -> AUC of the scores of ``rows``.

    On all of them, on those with a biopsy, and within source: only lesions of one clinic and camera
    are compared.
    """
    from dermlab.evaluation import clustered, roc

    found = {}
    for kind, used, strata in kinds(lesions.cases.iloc[rows]):
        positive, scores = lesions.positive[rows][used], np.asarray(score, float)[used]
        if strata is None:
            found[kind] = roc.area(*roc.wins(positive, scores))
        else:
            each = np.arange(len(positive))
            found[kind] = clustered.stratified_covariance(positive, scores[None], each, strata)[0][
                0
            ]
    return found


def kinds(cases: pd.DataFrame) -> list[tuple[str, np.ndarray, np.ndarray | None]]:
    """(name of ``KINDS``, which of the cases it takes, the strata within which it compares)."""
    every = np.full(len(cases), True)
    biopsied = (cases["label_source"] == BIOPSIED).to_numpy(bool)
    strata = (every, biopsied, every), (None, None, pd.factorize(cases["source"])[0])
    return list(zip(KINDS, *strata, strict=True))
