"""t-SNE, UMAP, and whether a map of them is true to the space it was made from.

A *space* is an array (n, dimensions), a row an image: a network's last hidden layer, raw pixels, or
a map of two dimensions. Distances are Euclidean. Rows, labels and groups are matched as
`evaluation.inputs` says: by label where they have labels, else by position.

A map is true where neighbours stay neighbours (`trustworthiness`, `continuity`), and sizes and
distances what they were (`spreads`). `probe` measures what no map shows: whether a plane through
the space separates two classes. Whether neighbours share a label: `neighbours`.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import inputs, roc
from dermlab.evaluation.intervals import Estimate, group_numbers
from dermlab.evaluation.matching import matched

DIMENSIONS = 50  # of the principal components that a map is made from
NEIGHBOURS = 10


@dataclass(frozen=True)
class Aligned:
    """A map turned, mirrored, scaled and shifted onto another.

    ``disparity``: the squared distance that is left, as a share of the other map's spread: 0
    for the same map, near 1 for one that has nothing to do with it.
    """

    map: np.ndarray
    disparity: float


# --- maps -----------------------------------------------------------------------------------------


def tsne(
    features: ArrayLike, *, perplexity: float = 30, seed: int = 0, start: str = "pca"
) -> np.ndarray:
    """The map (n, 2) of t-SNE (van der Maaten & Hinton, JMLR 2008;9:2579), by scikit-learn.

    Made from the first `DIMENSIONS` principal components, in one thread: the same neighbours in a
    fraction of the time (``benchmarks/tsne.py`` has it beside other ways). ``perplexity`` is about
    how many neighbours a point has. ``start="pca"`` begins with the first two components (Kobak &
    Berens, Nature Communications 2019;10:5416), and then ``seed`` has next to nothing to decide;
    ``"random"``, usual in 2017, begins anywhere. The same on one machine, not on two: another
    processor rounds otherwise, and the descent amplifies it.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    if start not in ("pca", "random"):
        raise InputError(f"A map starts from 'pca' or 'random', not {start!r}.")
    space = _at_least_two(principal(features))
    if not 1 <= perplexity < len(space):
        raise InputError(
            f"A perplexity of {perplexity} does not fit {len(space):,} images: it is at least 1 "
            "and less than their number."
        )
    made = TSNE(perplexity=perplexity, init=start, random_state=seed)
    with threadpool_limits(1):
        return made.fit_transform(space).astype(float)


def umap(features: ArrayLike, *, neighbours: int = 15, seed: int = 0) -> np.ndarray:
    """The map (n, 2) of UMAP (McInnes, Healy & Melville 2018, arXiv 1802.03426), by umap-learn.

    From the same principal components as `tsne`. The first call compiles for about ten seconds.
    """
    from dermlab.network import backend  # noqa: F401  umap loads TensorFlow: here it is quiet

    space = _at_least_two(principal(features)).astype(np.float32)
    if not 2 <= neighbours < len(space):
        raise InputError(
            f"{neighbours} neighbours do not fit {len(space):,} images: UMAP takes at least 2 and "
            "fewer than there are images."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a seed costs threads, and numba's remarks
        from umap import UMAP

        made = UMAP(n_neighbors=neighbours, random_state=seed, n_jobs=1)
        return made.fit_transform(space).astype(float)


def principal(features: ArrayLike, dimensions: int = DIMENSIONS) -> np.ndarray:
    """The first principal components (n, dimensions or fewer), in units of the first one's spread.

    A network with random weights has features of 1e-4 and raw pixels of 100: a common scale keeps
    every library's tolerances where they were meant to be, and changes no neighbour.
    """
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits

    space = checked(features)
    if not np.ptp(space, axis=0).any():
        raise InputError("All images have the same features: there is nothing to map.")
    with threadpool_limits(1):
        made = PCA(min(dimensions, *space.shape), random_state=0).fit_transform(space)
    return made / made[:, 0].std()


def _at_least_two(space: np.ndarray) -> np.ndarray:
    """The space as it is; InputError where one number an image leaves nothing for a second axis."""
    if space.shape[1] < 2:
        raise InputError(
            "A map has two dimensions and these images have one feature each: draw a histogram, "
            "or give at least two features."
        )
    return space


def align(moved: ArrayLike, onto: ArrayLike) -> Aligned:
    """``moved`` (n, 2) laid as near onto ``onto`` as turning, mirroring, one scale and a shift can.

    Procrustes (Gower, Psychometrika 1975;40:33). A map has no up and no unit, so that two maps can
    be compared only after this.
    """
    from scipy.linalg import orthogonal_procrustes

    a, b = (checked(space) for space in matched(moved=moved, onto=onto))
    if a.shape != b.shape:
        raise InputError(f"A map of shape {a.shape} cannot be laid onto one of shape {b.shape}.")
    centred, target = a - a.mean(axis=0), b - b.mean(axis=0)
    turn, together = orthogonal_procrustes(centred, target)
    spread, other = np.square(centred).sum(), np.square(target).sum()
    if not spread * other > 0:
        raise InputError("A map whose points all lie in one place cannot be aligned.")
    aligned = centred @ turn * (together / spread) + b.mean(axis=0)
    return Aligned(aligned, float(max(0, 1 - together**2 / (spread * other))))


# --- is the map true to the space? ----------------------------------------------------------------


def trustworthiness(space: ArrayLike, shown: ArrayLike, *, k: int = NEIGHBOURS) -> float:
    """Whether neighbours on the map ``shown`` are neighbours in the space: 1 if all of them are.

    Venna & Kaski, ICANN 2001, p. 485: each of the map's ``k`` nearest costs by how far down it
    stands among the space's nearest; 0.5 or so is a map of noise.
    """
    from sklearn.manifold import trustworthiness

    space, shown = (checked(rows) for rows in matched(space=space, shown=shown))
    if len(space) != len(shown) or not 1 <= k < len(space) / 2:
        raise InputError(
            f"{k} neighbours, {len(space):,} rows of the space and {len(shown):,} of the map do "
            "not fit: as many rows, and k from 1 to less than half of them."
        )
    return float(trustworthiness(space, shown, n_neighbors=k))


def continuity(space: ArrayLike, shown: ArrayLike, *, k: int = NEIGHBOURS) -> float:
    """Whether neighbours in the space are still neighbours on the map: 1 if all of them are.

    `trustworthiness` with the two exchanged (Venna & Kaski): low where the map tears apart what
    belongs together.
    """
    return trustworthiness(shown, space, k=k)


def spreads(space: ArrayLike, labels: ArrayLike) -> tuple[pd.Series, pd.DataFrame]:
    """The width of each label's points, and the distances (labels, labels) of the labels' centres.

    Width is the root of the mean squared distance from the centre; both in the space's unit.
    """
    space, names, code = labelled(space, labels)
    centres = np.stack([space[code == i].mean(axis=0) for i in range(len(names))])
    squares = np.square(space - centres[code]).sum(axis=1)
    width = np.sqrt(np.bincount(code, squares) / np.bincount(code))
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)
    return pd.Series(width, names), pd.DataFrame(apart, names, names)


# --- what no map shows ----------------------------------------------------------------------------


def probe(
    space: ArrayLike, is_positive: ArrayLike, *, groups=None, folds: int = 5, seed: int = 0
) -> Estimate:
    """How well a plane through the space separates two classes: the area of a linear probe.

    A logistic regression on standardised features (ridge, C = 0.01), each image scored by one that
    never saw its group (Alain & Bengio 2016, arXiv 1610.01644). A map that mixes both classes does
    not show that the space does.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    space, is_positive, groups = matched(space=space, is_positive=is_positive, groups=groups)
    space, positive = checked(space), inputs.truth(is_positive)
    inputs.same_length(space=space, is_positive=positive)
    numbers = group_numbers(groups, len(space))
    made = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    cut = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with threadpool_limits(1):
        scores = cross_val_predict(
            made, space, positive, groups=numbers, cv=cut, method="decision_function"
        )
    return roc.auc(positive, scores, groups)


# --- a space --------------------------------------------------------------------------------------


def labelled(space: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The space, the labels' names in sorted order, and each row's label as a number."""
    space, labels = matched(space=space, labels=labels)
    space, labels = checked(space), pd.Series(inputs.names(labels, "labels"))
    if len(labels) != len(space):
        raise InputError(f"{len(space):,} images and {len(labels):,} labels do not fit together.")
    if labels.isna().any():
        raise InputError(f"{labels.isna().sum():,} of {len(labels):,} images have no label.")
    code, names = pd.factorize(labels, sort=True)
    return space, np.asarray(names), code


def checked(space: ArrayLike) -> np.ndarray:
    """A space as floats (n, dimensions); pictures (n, height, width, 3) are laid out in rows."""
    space = np.ma.filled(space, np.nan) if np.ma.isMaskedArray(space) else space
    array = np.asarray(space)
    if array.ndim < 2 or len(array) < 3:
        raise InputError(
            f"A space has a row an image and at least three of them; this has shape {array.shape}."
        )
    array = array.reshape(len(array), -1)
    array = array.astype(float) if array.dtype.kind not in "f" else array
    if not np.isfinite(array).all():
        raise InputError("A space holds values that are no finite numbers.")
    return array
