"""What a network may start from: loaded, random, half-loaded, shuffled; and what is then in it.

Weights are lists of arrays in the model's order, as ``model.get_weights`` gives them.
"""

from collections.abc import Sequence

import numpy as np

from dermlab.errors import InputError
from dermlab.evaluation import intervals, roc
from dermlab.network import anatomy, backend, models
from dermlab.network.backend import keras

Weights = list[np.ndarray]
DEPTHS = (anatomy.STEM, "mixed0", "mixed2", "mixed4", "mixed7", "mixed8", "mixed10")


def random_weights(model: keras.Model, seed: int) -> Weights:
    """Those that ``models.build`` gives this network for ``weights="none"`` and this seed."""
    size, n_classes = model.input_shape[1], model.output_shape[-1]
    fresh = models.build(model.name, n_classes, size, weights="none", augment=False, seed=seed)
    return fresh.get_weights()


def half(model: keras.Model, lower: Weights, upper: Weights, last: str) -> Weights:
    """``lower``'s arrays from the pixels up to and with the block ``last``, ``upper``'s above."""
    order = list(anatomy.members(model))
    if last not in order:
        raise InputError(f"the blocks are {', '.join(order)}, not {last!r}")
    block_of = {name: block for block, names in anatomy.members(model).items() for name in names}
    below = [
        order.index(block_of[layer.name]) <= order.index(last)
        for layer in model.layers
        for _ in layer.weights
    ]
    return [a if is_below else b for a, b, is_below in zip(lower, upper, below, strict=True)]


def shuffled(weights: Weights, seed: int) -> Weights:
    """Every kernel of a convolution with its own numbers in another order.

    How large the weights are, layer by layer, stays; what they look for is gone.
    """
    rng = np.random.default_rng(seed)
    return [
        rng.permuted(array.ravel()).reshape(array.shape) if array.ndim == 4 else array
        for array in weights
    ]


def settle(model: keras.Model, pixels: np.ndarray) -> None:
    """Give BatchNorm the means and variances that these pixels have in this network.

    A network of random or exchanged weights carries statistics that belong to other weights. One
    pass at momentum 0 measures its own, layer by layer.
    """
    norms = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    if any(isinstance(layer, models.FrozenBatchNormalization) for layer in norms):
        raise InputError("frozen statistics stay: build the network with batch_norm='updating'")
    kept = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    model(pixels, training=True)
    for layer, momentum in zip(norms, kept, strict=True):
        layer.momentum = momentum


def watched(model: keras.Model, depths: Sequence[str] = DEPTHS) -> keras.Model:
    """Pixels in, the means of the maps that each of ``depths`` gives on out; weights are shared.

    Compiled once however often the weights change.
    """
    ends = {block: names[-1] for block, names in anatomy.members(model).items()}
    if unknown := [depth for depth in depths if depth not in ends or depth == anatomy.TOP]:
        raise InputError(f"there are no maps at {unknown[0]!r}: choose among {', '.join(ends)}")
    pool = keras.layers.GlobalAveragePooling2D
    return keras.Model(model.input, {d: pool()(model.get_layer(ends[d]).output) for d in depths})


def features(watching: keras.Model, pixels: np.ndarray, batch: int = 64) -> dict[str, np.ndarray]:
    """What a model of ``watched`` answers: depth -> (n, channels) float32."""
    found = []
    for first in range(0, len(pixels), batch):
        part = pixels[first : first + batch]
        full = part[np.resize(np.arange(len(part)), batch)]  # one size: compiled once
        answer = backend.predict_on_batch(watching, full)
        found.append({depth: maps[: len(part)] for depth, maps in answer.items()})
    return {depth: np.concatenate([part[depth] for part in found]) for depth in found[0]}


def ahead(
    is_positive: np.ndarray,
    score: np.ndarray,
    others: Sequence[np.ndarray],
    groups: np.ndarray | None = None,
    *,
    n_replicates: int = 2000,
    seed: int = 0,
) -> intervals.Estimate:
    """The area under the curve of ``score`` less the mean of the areas of ``others``.

    Same cases, one start against several seeds of another: percentile interval of the bootstrap
    over ``groups`` (None: images). It speaks of other patients, not of other seeds.
    """
    positive = np.asarray(is_positive).astype(bool)
    numbers = intervals.group_numbers(groups, len(positive))
    own, *theirs = (
        roc.areas_of_resamples(positive, np.asarray(s, float), numbers) for s in (score, *others)
    )

    def difference(counts: np.ndarray) -> np.ndarray:
        return own(counts) - np.mean([area(counts) for area in theirs], axis=0)

    replicates = intervals.bootstrap(difference, numbers, n_replicates, seed)
    once = np.ones((1, numbers.max() + 1))
    return intervals.Estimate(float(difference(once)[0]), *intervals.percentiles(replicates))
