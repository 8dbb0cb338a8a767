"""Near-duplicate pairs: which images show the same thing, known from their pixels alone.

Esteva et al. 2017 (Methods) look up each image's nearest neighbours in a feature space, join the
similar ones in a graph, and keep its connected components on one side. Here are the pairs, the
edges of that graph; ``splits.groups(pairs=...)`` makes the components.

The default feature is a thumbnail, chosen by measurement (shipped result
``ham10000_duplicates``): on HAM10000 it found far more photographs of one lesion, at the same
precision, than the features of the shipped compact network. Neither finds most of them: two
photographs of a lesion with another zoom, place or light are no near-duplicates, so that lesion
ids, where there are any, cannot be replaced by this search.
"""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from dermlab.cases.ids import normal
from dermlab.errors import InputError
from dermlab.text import plural

SIDE = 16  # pixels of a thumbnail's side
THRESHOLD = 0.26  # the largest with 95 % true pairs on the half of HAM10000 that chose it
MOST_PAIRS = 50  # an image, on average: beyond it the threshold has lost its meaning
BLOCK = 256  # images compared with all others at a time: 135 MB at 33,000 images at the worst
PAIR = ("image_id_a", "image_id_b")
ROUNDING = 1e-4  # the search's own distances are off by less than this (see `near_pairs`)


class TooManyPairs(InputError):
    """A threshold that joins most pictures: they are alike by their kind."""


def thumbnails(pixels: np.ndarray) -> np.ndarray:
    """Small pictures as vectors of length 1, blind to exposure, tint and contrast.

    ``pixels``: (n, side, side, 3), any numbers. Each channel's mean is taken off, then the vector
    is divided by its length: the squared distance of two is 2 - 2r, r their correlation. Returns
    (n, 3 side²) float32; a picture of one colour has nothing to compare and becomes NaN.
    """
    x = np.asarray(pixels, np.float32).reshape(len(pixels), -1, 3)
    x = (x - x.mean(axis=1, keepdims=True)).reshape(len(x), -1)
    length = np.linalg.norm(x, axis=1, keepdims=True)
    flat = length < 1e-3 * np.sqrt(x.shape[1])  # a thousandth of a grey level: rounding
    return np.divide(x, length, out=np.full_like(x, np.nan), where=~flat)


def near_pairs(
    features: np.ndarray, image_ids: Sequence[str], *, threshold: float = THRESHOLD
) -> pd.DataFrame:
    """All pairs of images whose features lie within ``threshold`` of each other, nearest first.

    features : (n, d), one row an image of ``image_ids``; Euclidean distance. A row with NaN is
        near nothing.
    threshold : the largest distance of a pair. With thumbnails 0 finds equal pictures only, and
        about 1.4 would join pictures that have nothing in common.

    Returns **pairs**: ``image_id_a`` (first of the two in alphabetical order), ``image_id_b``,
    ``distance``. Every pair is compared, a block of images at a time, so the result depends on no
    order and the memory grows with n, not n².

    Raises InputError for a threshold that is no distance, for other ids than rows or an id twice,
    and TooManyPairs where the threshold joins more than ``MOST_PAIRS`` pairs an image.
    """
    from sklearn.neighbors import NearestNeighbors

    ids = normal(image_ids).to_numpy(object)
    features = np.asarray(features)
    _check(features, ids, threshold)
    known = np.flatnonzero(~without_structure(features))
    if not len(known):
        return _table(ids, *np.empty((2, 0), int), np.empty(0))
    points = features[known]
    # The search takes |x|² + |y|² - 2xy, which is not quite 0 for equal rows: it looks a little
    # farther, and each pair it finds is measured again.
    reach = threshold + ROUNDING * (1 + np.abs(points).max())
    search = NearestNeighbors(radius=reach, algorithm="brute").fit(points)
    near, n_close = [], 0
    for start in range(0, len(points), BLOCK):
        block = points[start : start + BLOCK]
        neighbours = search.radius_neighbors(block, return_distance=False)
        a = np.repeat(np.arange(start, start + len(block)), [len(row) for row in neighbours])
        b = np.concatenate(neighbours)
        a, b = a[a < b], b[a < b]
        n_close += len(a)
        if n_close > MOST_PAIRS * len(points):
            raise TooManyPairs(
                f"A threshold of {threshold:g} joins more than {MOST_PAIRS} pairs an image: "
                "choose a smaller one."
            )
        distance = _distances(points, a, b)
        is_near = distance <= threshold
        near.append((known[a[is_near]], known[b[is_near]], distance[is_near]))
    return _table(ids, *map(np.concatenate, zip(*near, strict=True)))


def without_structure(features: np.ndarray) -> np.ndarray:
    """(n,) bool: which rows of ``features`` (n, d) have nothing to compare, a NaN or infinite."""
    return ~np.isfinite(features).all(axis=1)


def across(pairs: pd.DataFrame, cases: pd.DataFrame, column: str = "lesion_id") -> int | None:
    """How many pairs join two different ids of ``column``: one lesion under two names, perhaps.

    Pairs that lack an id on one side are not counted; None where no pair has both, since what
    cannot be checked is not 0. Without any pair it is 0.
    """
    ids = pd.Series(normal(cases[column]).to_numpy(), normal(cases["image_id"]))
    a, b = (ids.loc[normal(pairs[end])].reset_index(drop=True) for end in PAIR)
    known = a.notna() & b.notna()
    if len(pairs) and not known.any():
        return None
    return int((a[known] != b[known]).sum())


def contradictory(contents: Sequence[Hashable], cases: pd.DataFrame) -> list[dict]:
    """The pictures that stand in ``cases`` under two or more diseases, in the order of the table.

    contents : what tells each row's picture from another, as a checksum; equal for equal ones.

    Returns ``{"images": [...], "diseases": [...]}`` for each such picture: one of its labels must
    be wrong, or say less than the other, and on two sides of a split it leaks.
    """
    rows = cases[["image_id", "disease"]].reset_index(drop=True)
    rows["content"] = list(contents)
    several = rows.groupby("content")["disease"].transform("nunique") > 1
    return [
        {"images": same["image_id"].tolist(), "diseases": same["disease"].unique().tolist()}
        for _, same in rows[several].groupby("content", sort=False)
    ]


def pairs_of_two(pairs: pd.DataFrame, cases: pd.DataFrame) -> list[dict]:
    """As `contradictory`, for the ``pairs`` of `near_pairs`; each with its ``distance``."""
    disease = cases.set_index("image_id")["disease"]
    ends = pairs[["image_id_a", "image_id_b"]].itertuples(index=False, name=None)
    labelled = [
        {"images": [a, b], "diseases": [disease[a], disease[b]], "distance": float(distance)}
        for (a, b), distance in zip(ends, pairs["distance"], strict=True)
    ]
    return [pair for pair in labelled if len(set(pair["diseases"])) > 1]


def describe_two(two: Sequence[dict], what: str = "picture") -> str:
    """The result of `contradictory` or `pairs_of_two` as one sentence; "" where there is none."""
    if not two:
        return ""
    shown = [f"{' = '.join(one['images'])}: {' or '.join(one['diseases'])}" for one in two[:5]]
    more = f"; and {len(two) - 5:,} more" if len(two) > 5 else ""
    carry = "carries" if len(two) == 1 else "carry"
    return (
        f"{plural(len(two), what)} {carry} two diseases, one wrong or vaguer than the other: "
        f"{'; '.join(shown)}{more}."
    )


def _distances(points: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The exact distance of each pair, in parts of bounded size: 0 for equal rows."""
    parts = [
        np.linalg.norm(points[a[i : i + BLOCK]].astype(float) - points[b[i : i + BLOCK]], axis=1)
        for i in range(0, len(a), BLOCK)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def _table(ids: np.ndarray, a: np.ndarray, b: np.ndarray, distance: np.ndarray) -> pd.DataFrame:
    ends = np.sort(np.stack([ids[a], ids[b]]).astype(object), axis=0)
    pairs = pd.DataFrame({"image_id_a": ends[0], "image_id_b": ends[1], "distance": distance})
    pairs = pairs.astype({"image_id_a": "str", "image_id_b": "str", "distance": float})
    return pairs.sort_values(["distance", "image_id_a", "image_id_b"], ignore_index=True)


def _check(features: np.ndarray, ids: np.ndarray, threshold: float) -> None:
    if not (np.isfinite(threshold) and threshold >= 0):
        raise InputError(f"The threshold is a distance of 0 or more, not {threshold:g}.")
    if features.ndim != 2 or len(features) != len(ids):
        raise InputError(
            f"{plural(len(ids), 'image_id')} and features of shape {features.shape}: give one row "
            "of features an image."
        )
    if pd.isna(ids).any():
        raise InputError(f"{plural(int(pd.isna(ids).sum()), 'image')} without an image_id.")
    if len(set(ids)) < len(ids):
        raise InputError("An image_id is there more than once: give each image one row.")
