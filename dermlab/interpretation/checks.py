"""Whether a saliency map means anything: tests that a method can fail.

*Does it depend on the network?* `shuffled` takes the learning out of it, block by block from the
top; a map that stays the same shows the picture, not the network (Adebayo et al. 2018,
arXiv 1810.03292). *Does it find what matters?* `hits` and `energy` against a mask where the answer
lies (pointing game: Zhang et al. 2016, arXiv 1608.00507), beside two controls that know no network:
`gaussian` and `edges`. *Does the answer hang on it?* `covered` takes the marked pixels away, or
brings them back (deletion and insertion: Petsiuk et al. 2018, arXiv 1806.07421).
"""

from collections.abc import Callable, Iterator

import numpy as np

from dermlab.errors import InputError
from dermlab.interpretation.saliency import plain

# --- controls that know no network ----------------------------------------------------------------


def edges(images: np.ndarray) -> np.ndarray:
    """Sobel's gradient of the grey picture: (n, h, w, 3) -> (n, h, w).

    Picture by picture: of a stack, `scipy.ndimage.sobel` would also smooth over the neighbours.
    """
    from scipy.ndimage import sobel

    grey = np.asarray(images, float).mean(axis=-1)
    return np.stack([np.hypot(sobel(one, axis=0), sobel(one, axis=1)) for one in grey])


def gaussian(n: int, size: int, *, width: float = 0.25) -> np.ndarray:
    """A bell in the middle, (n, size, size); ``width``: its standard deviation over the side."""
    at = (np.arange(size) - (size - 1) / 2) / (width * size)
    bell = np.exp(-(at[:, None] ** 2 + at[None, :] ** 2) / 2)
    return np.repeat(bell[None], n, axis=0)


# --- two maps of a picture ------------------------------------------------------------------------


def rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's correlation of the pixels of two maps (n, h, w), a number a picture.

    NaN where a map is the same everywhere.
    """
    from scipy.stats import rankdata

    ranks = [rankdata(maps.reshape(len(maps), -1), axis=1) for maps in (a, b)]
    x, y = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.divide((x * y).sum(axis=1), scale, out=np.full(len(a), np.nan), where=scale > 0)


def similarity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Structural similarity (SSIM) of two maps (n, h, w), each brought to 0-1 first; (n,).

    Scikit-image's, the mean over windows of 7 pixels (Wang et al., IEEE TIP 2004;13:600).
    """
    from skimage.metrics import structural_similarity

    pairs = zip(_to_one(np.asarray(a, float)), _to_one(np.asarray(b, float)), strict=True)
    return np.array([structural_similarity(x, y, data_range=1) for x, y in pairs])


def _to_one(maps: np.ndarray) -> np.ndarray:
    low = maps.min(axis=(1, 2), keepdims=True)
    spread = maps.max(axis=(1, 2), keepdims=True) - low
    return np.divide(maps - low, spread, out=np.zeros_like(maps), where=spread > 0)


# --- a network without its learning ---------------------------------------------------------------


def cascade(model, *, seed: int = 0) -> Iterator[str]:
    """Shuffle the weights of ``model`` block by block from the head down; yields each block's name.

    ``model`` is one of ``models.build``. After each step it holds what was learnt only below that
    block. When the iteration ends, or is left, the weights are put back.
    """
    from dermlab.interpretation import anatomy

    kept, rng = model.get_weights(), np.random.default_rng(seed)
    try:
        for block, names in reversed(anatomy.members(model).items()):
            for name in names:
                shuffled(model.get_layer(name), rng)
            yield block
    finally:
        model.set_weights(kept)


def shuffled(layer, rng: np.random.Generator) -> None:
    """The same weights in other places: a layer keeps their distribution and loses their order.

    A kernel's numbers are mixed among all its places; the vectors of a BatchNorm layer, which
    belong together, change channels together.
    """
    arrays = [np.asarray(array) for array in layer.get_weights()]
    if all(array.ndim == 1 for array in arrays):
        order = rng.permutation(len(arrays[0])) if arrays else None
        layer.set_weights([array[order] for array in arrays])
    else:
        layer.set_weights([rng.permutation(a.ravel()).reshape(a.shape) for a in arrays])


# --- a map and a mask -----------------------------------------------------------------------------


def hits(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The pointing game: whether a map's largest pixel lies inside the mask, (n,) 0 to 1.

    Several largest pixels (an occluding square, a map that is the same everywhere) count by the
    share of them that lies inside.
    """
    maps, masks = _pairs(maps, masks)
    largest = maps == maps.max(axis=1, keepdims=True)
    return (largest & masks).sum(axis=1) / largest.sum(axis=1)


def energy(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Which share of a map (nothing negative in it) lies inside the mask, (n,).

    A map that is 0 everywhere has the mask's share of the picture, as any even map has.
    """
    maps, masks = _pairs(maps, masks)
    inside, whole = (maps * masks).sum(axis=1), maps.sum(axis=1)
    return np.divide(inside, whole, out=masks.mean(axis=1), where=whole > 0)


def _pairs(maps: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if np.shape(maps) != np.shape(masks):
        raise InputError(f"Maps {np.shape(maps)} and masks {np.shape(masks)} do not fit together.")
    flat = np.asarray(maps, float).reshape(len(maps), -1)
    return flat, np.asarray(masks, bool).reshape(len(masks), -1)


# --- deletion and insertion -----------------------------------------------------------------------


def covered(
    value: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    maps: np.ndarray,
    shares: np.ndarray,
    *,
    insert: bool = False,
) -> np.ndarray:
    """``value`` of the pictures with the map's first pixels covered, (n, shares).

    ``shares``: of the pixels, largest of the map first, that are covered with the picture's mean
    colour; with ``insert`` those that are shown while all else is covered.
    """
    images = np.asarray(images, np.float32)
    flat = np.asarray(maps, float).reshape(len(maps), -1)
    rank = np.argsort(np.argsort(-flat, axis=1, kind="stable"), axis=1).reshape(maps.shape)
    empty, values = plain(images), []
    for share in shares:
        first = (rank < round(share * flat.shape[1]))[..., None]
        values.append(value(np.where(first != insert, empty, images)))
    return np.stack(values, axis=1)


def area(values: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The mean height of each curve (n, shares) between its first and its last share, (n,).

    By trapezoids. Of a deletion a small one is good, of an insertion a large one.
    """
    values, shares = np.asarray(values, float), np.asarray(shares, float)
    if values.ndim != 2 or values.shape[1] != len(shares) or (np.diff(shares) <= 0).any():
        raise InputError(
            f"Curves {values.shape} need a value at each of {len(shares)} shares, which rise."
        )
    return np.trapezoid(values, shares, axis=1) / (shares[-1] - shares[0])
