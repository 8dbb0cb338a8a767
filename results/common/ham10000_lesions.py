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


def areas(cases: pd.DataFrame, positive: np.ndarray, score: np.ndarray) -> dict[str, float]:
    """AUC on all lesions, on those with a biopsy, and within source: name of ``KINDS`` -> AUC.

    Within source only pairs of lesions of one clinic and camera are compared: the sources' AUCs,
    weighted by their numbers of pairs.
    """
    biopsied = (cases["label_source"] == BIOPSIED).to_numpy()
    return {
        "all": _area(positive, score),
        "biopsied": _area(positive[biopsied], score[biopsied]),
        "within source": within(cases["source"].to_numpy(object), positive, score),
    }


def within(source: np.ndarray, positive: np.ndarray, score: np.ndarray) -> float:
    """The mean of the sources' AUCs, weighted by their pairs of a positive and a negative."""
    found = []
    for name in pd.unique(source):
        here = source == name
        pairs = int(positive[here].sum()) * int((~positive[here]).sum())
        if pairs:
            found.append((pairs, _area(positive[here], score[here])))
    pairs, area = np.array(found).T
    return float((pairs * area).sum() / pairs.sum())


def _area(positive: np.ndarray, score: np.ndarray) -> float:
    from dermlab.evaluation import roc

    return roc.area(*roc.wins(positive, np.asarray(score, float)))
