"""t-SNE, UMAP, and how far to trust a map of them.

A *space* is an array (n, dimensions), a row an image: a network's last hidden layer, raw pixels, or
a map of two dimensions. Distances are Euclidean. Rows and labels are matched by position.

Two kinds of question can be asked of a map. Is it true to the space it was made from: do
neighbours stay neighbours (`trustworthiness`, `continuity`), sizes and distances (`spreads`)? And
do neighbours share a label (`purity`), more often than by chance, and more in one space than in
another? `probe` asks for what no map shows: whether a plane through the space tells two sides
apart.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dermlab.errors import InputError
from dermlab.evaluation import inputs, intervals, roc
from dermlab.evaluation.intervals import Comparison, Estimate, group_numbers, no_bounds

DIMENSIONS = 50  # of the principal components that a map is made from
NEIGHBOURS = 10


@dataclass(frozen=True)
class Aligned:
    """A map turned, mirrored, scaled and shifted onto another.

    ``disparity``: the squared distance that is left, as a share of the other map's own spread: 0
    for the same map, near 1 for one that has nothing to do with it.
    """

    map: np.ndarray
    disparity: float


@dataclass(frozen=True)
class AgainstChance:
    """A purity, and what the same space gives when the labels are shuffled.

    ``chance`` is the mean over the shuffles, ``low`` and ``high`` hold 95 % of them; ``p_value`` is
    one-sided: how often a shuffle is as pure.
    """

    estimate: float
    chance: float
    low: float
    high: float
    p_value: float


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
    space = principal(features)
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

    space = principal(features).astype(np.float32)
    if not 2 <= neighbours < len(space):
        raise InputError(
            f"{neighbours} neighbours do not fit {len(space):,} images: UMAP takes at least 2 and "
            "fewer than there are images."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a seed costs threads, and numba's own plans
        from umap import UMAP

        made = UMAP(n_neighbors=neighbours, random_state=seed, n_jobs=1)
        return made.fit_transform(space).astype(float)


def principal(features: ArrayLike, dimensions: int = DIMENSIONS) -> np.ndarray:
    """The first principal components (n, dimensions or less), in units of the first one's spread.

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


def align(moved: ArrayLike, onto: ArrayLike) -> Aligned:
    """``moved`` (n, 2) laid as near onto ``onto`` as turning, mirroring, one scale and a shift can.

    Procrustes (Gower, Psychometrika 1975;40:33). A map has no up and no unit, so that two maps can
    be compared only after this.
    """
    from scipy.linalg import orthogonal_procrustes

    a, b = (checked(space) for space in (moved, onto))
    if a.shape != b.shape:
        raise InputError(f"A map of shape {a.shape} cannot be laid onto one of shape {b.shape}.")
    centred, target = a - a.mean(axis=0), b - b.mean(axis=0)
    turn, together = orthogonal_procrustes(centred, target)
    own, other = np.square(centred).sum(), np.square(target).sum()
    if not own * other > 0:
        raise InputError("A map whose points all lie in one place cannot be aligned.")
    laid = centred @ turn * (together / own) + b.mean(axis=0)
    return Aligned(laid, float(max(0, 1 - together**2 / (own * other))))


# --- is the map true to the space? ----------------------------------------------------------------


def trustworthiness(space: ArrayLike, shown: ArrayLike, *, k: int = NEIGHBOURS) -> float:
    """Whether neighbours on the map ``shown`` are neighbours in the space: 1 if all of them are.

    Venna & Kaski, ICANN 2001, p. 485: each of the map's ``k`` nearest costs by how far down it
    stands among the space's nearest; 0.5 or so is a map of noise.
    """
    from sklearn.manifold import trustworthiness

    space, shown = checked(space), checked(shown)
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
    """How wide each label's points lie, and how far apart the labels' centres.

    Width is the root of the mean squared distance from the centre; both in the space's own unit.
    """
    space, names, code = _labelled(space, labels)
    centres = np.stack([space[code == i].mean(axis=0) for i in range(len(names))])
    squares = np.square(space - centres[code]).sum(axis=1)
    width = np.sqrt(np.bincount(code, squares) / np.bincount(code))
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)
    return pd.Series(width, names), pd.DataFrame(apart, names, names)


# --- do neighbours share a label? -----------------------------------------------------------------


def agreement(space: ArrayLike, labels: ArrayLike, *, k: int = NEIGHBOURS, groups=None):
    """For each image the share of its ``k`` nearest neighbours that have its label, (n,).

    Images of the same group (patient, lesion) are no neighbours: two views of one lesion are alike
    whatever a network has learnt.
    """
    return _neighbourhood(space, labels, k, groups).agreement()


def purity(space: ArrayLike, labels: ArrayLike, *, k: int = NEIGHBOURS, groups=None) -> Estimate:
    """The mean share of the ``k`` nearest neighbours that have the image's own label.

    The interval is the jackknife's: every group (None: every image) is left out once, as asker and
    as neighbour. It is never too narrow on average (Efron & Stein, Annals of Statistics 1981;9:586)
    and here somewhat too wide; the usual bootstrap, which redraws only the askers, held the truth
    in three of four simulated cases where 95 % was meant. The map itself is taken as given: how
    it would change with other images is not in the interval.
    """
    made = _neighbourhood(space, labels, k, groups)
    found, variance = float(made.agreement().mean()), _jackknife(made.left_out())
    if not variance > 0:
        return Estimate(found, *no_bounds("no image's neighbours differ"), 0.0)
    half = intervals.Z * np.sqrt(variance)
    low, high = np.clip([found - half, found + half], 0, 1)
    return Estimate(found, float(low), float(high), variance)


def compare_purity(
    space_a: ArrayLike, space_b: ArrayLike, labels: ArrayLike, *, k: int = NEIGHBOURS, groups=None
) -> Comparison:
    """The purity of ``space_a`` less that of ``space_b``, on the same images.

    Paired: each group is left out of both at once. Interval as `purity`.
    """
    a, b = (_neighbourhood(space, labels, k, groups) for space in (space_a, space_b))
    difference = float(a.agreement().mean() - b.agreement().mean())
    return intervals.tested(difference, _jackknife(a.left_out() - b.left_out()))


def purity_against_chance(
    space: ArrayLike,
    labels: ArrayLike,
    *,
    k: int = NEIGHBOURS,
    groups=None,
    n_shuffles: int = 999,
    seed: int = 0,
) -> AgainstChance:
    """The purity beside that of shuffled labels: what a space gives that knows nothing of them.

    With unlike counts chance is not one in so many labels, and neighbours of one image are
    neighbours of each other; the shuffles hold both. Labels are shuffled among groups, so that
    all images of a group must have one label.
    """
    made = _neighbourhood(space, labels, k, groups)
    of_group = pd.Series(made.code).groupby(made.group)
    if (of_group.nunique() > 1).any():
        raise InputError("A group's images have several labels: shuffling needs one label a group.")
    own, rng = of_group.first().to_numpy(), np.random.default_rng(seed)
    first, n = made.nearest[:, :k], n_shuffles
    shuffled = np.empty(n)
    for i in range(n):
        code = rng.permutation(own)[made.group]
        shuffled[i] = (code[first] == code[:, None]).mean()
    found = float(made.agreement().mean())
    low, high = np.quantile(shuffled, intervals.TAILS)
    p_value = (1 + (shuffled >= found - 1e-12).sum()) / (1 + n)
    return AgainstChance(found, float(shuffled.mean()), float(low), float(high), float(p_value))


def probe(
    space: ArrayLike, is_positive: ArrayLike, *, groups=None, folds: int = 5, seed: int = 0
) -> Estimate:
    """How well a plane through the space tells two sides apart: the area of a linear probe.

    A logistic regression on standardised features (ridge, C = 0.01), each image scored by one that
    never saw its group (Alain & Bengio 2016, arXiv 1610.01644). A map that mixes both sides does
    not show that the space does.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    space, positive = checked(space), inputs.truth(is_positive)
    numbers = group_numbers(groups, len(space))
    made = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with threadpool_limits(1):
        scores = cross_val_predict(
            made, space, positive, groups=numbers, cv=parts, method="decision_function"
        )
    return roc.auc(positive, scores, groups)


def neighbour_area(
    space: ArrayLike, is_positive: ArrayLike, *, k: int = NEIGHBOURS, groups=None
) -> Estimate:
    """How well an image's neighbours tell its side: the area of the share of positive ones.

    On the scale of `probe`: what can be read off a neighbourhood, beside what a plane can find. It
    leans a little below 0.5 where there is nothing to find, since an image is not its own
    neighbour.
    """
    made = _neighbourhood(space, is_positive, k, groups)
    positive = inputs.truth(is_positive)
    return roc.auc(positive, positive[made.nearest[:, :k]].mean(axis=1), groups)


# --- neighbours -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Neighbourhood:
    """Each image's nearest images of other groups, nearest first, enough that any one group can
    be left out and ``k`` remain; labels and groups as numbers."""

    nearest: np.ndarray
    code: np.ndarray
    group: np.ndarray
    k: int

    def agreement(self) -> np.ndarray:
        return (self.code[self.nearest[:, : self.k]] == self.code[:, None]).mean(axis=1)

    def left_out(self) -> np.ndarray:
        """The purity without each group in turn, (n_groups,)."""
        own = self.agreement()
        sums, n = np.bincount(self.group, own), np.bincount(self.group)
        kept = np.array([own.sum() - total for total in sums])
        asks, g = self._touched()
        stays = self.group[self.nearest[asks]] != g[:, None]
        stays &= np.cumsum(stays, axis=1) <= self.k
        same = self.code[self.nearest[asks]] == self.code[asks][:, None]
        change = (same & stays).sum(axis=1) / self.k - own[asks]
        return (kept + np.bincount(g, change, minlength=len(n))) / (len(own) - n)

    def _touched(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of an image and a group among its k nearest, each once."""
        first = self.group[self.nearest[:, : self.k]]
        pairs = np.stack([np.repeat(np.arange(len(first)), self.k), first.ravel()], axis=1)
        asks, g = np.unique(pairs, axis=0).T
        return asks, g


def _neighbourhood(space: ArrayLike, labels: ArrayLike, k: int, groups) -> _Neighbourhood:
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    space, _, code = _labelled(space, labels)
    group = group_numbers(groups, len(space))
    largest = int(np.bincount(group).max())
    if not 1 <= k <= len(space) - 2 * largest:
        raise InputError(
            f"{k} neighbours of other groups are asked for, of {len(space):,} images whose "
            f"largest group has {largest:,}: ask for fewer."
        )
    asked = k + 2 * largest
    with threadpool_limits(1):
        found = NearestNeighbors(n_neighbors=asked, algorithm="brute").fit(space)
        near = found.kneighbors(space, return_distance=False)
    foreign = group[near] != group[:, None]
    order = np.argsort(~foreign, axis=1, kind="stable")[:, : k + largest]
    return _Neighbourhood(np.take_along_axis(near, order, axis=1), code, group, k)


def _jackknife(left_out: np.ndarray) -> float:
    n = len(left_out)
    return float((n - 1) / n * np.square(left_out - left_out.mean()).sum())


def _labelled(space: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The space, the labels' names in sorted order, and each row's label as a number."""
    space, labels = checked(space), pd.Series(np.asarray(labels).ravel())
    if len(labels) != len(space):
        raise InputError(f"{len(space):,} images and {len(labels):,} labels do not fit together.")
    if labels.isna().any():
        raise InputError(f"{labels.isna().sum():,} of {len(labels):,} images have no label.")
    code, names = pd.factorize(labels, sort=True)
    return space, np.asarray(names), code


def checked(space: ArrayLike) -> np.ndarray:
    """A space as floats (n, dimensions); pictures (n, height, width, 3) are laid out in rows."""
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
