"""What a network is made of and what is in it: blocks, their costs, filters, maps and weights.

Everything is counted from the model's layers, nothing from a table. A *multiply-add* is one
product added to a sum. Convolutions and dense layers are counted, for one picture; shifts, pooling,
activations and BatchNorm (it can be folded into the convolution before it) are not. Papers print
the same quantity as "multiply-adds", or twice of it as "FLOP".

A *filter* is a small square of weights that responds most where the picture looks like it. To
which gratings it responds is its power spectrum; *orientation selectivity* says how far the
response depends on the grating's direction. Weights are lists of arrays in the model's order, as
``model.get_weights`` gives them.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.network import inception, models
from dermlab.network.backend import keras

layers = keras.layers

STEM, TOP = "stem", "head"  # what stands below the first block, and above the last
POOLS = (layers.MaxPooling2D, layers.AveragePooling2D)
DEPTHS = (STEM, "mixed0", "mixed2", "mixed4", "mixed7", "mixed8", "mixed10")
GRID = 32  # frequencies a side at which a filter's spectrum is read
Weights = list[np.ndarray]


def multiply_adds(layer: keras.layers.Layer) -> int:
    """Of one layer for one picture; 0 where it has no kernel.

    InputError for a layer whose kernel this function does not know how to count.
    """
    if isinstance(layer, layers.SeparableConv2D):
        kernels = [layer.depthwise_kernel, layer.pointwise_kernel]
    elif isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D | layers.Dense):
        kernels = [layer.kernel]
    elif any(len(weight.shape) > 1 for weight in layer.weights):
        kind = type(layer).__name__
        raise InputError(f"the multiply-adds of {layer.name!r}, a {kind}, cannot be counted here")
    else:
        return 0
    places = math.prod(_shape(layer)[:-1])  # where a kernel is laid on
    return places * sum(math.prod(kernel.shape) for kernel in kernels)


def cost(model: keras.Model) -> dict[str, int]:
    """``parameters`` and ``multiply_adds`` of any network of plain layers."""
    made = [multiply_adds(layer) for layer in model.layers]
    return {"parameters": model.count_params(), "multiply_adds": sum(made)}


def members(model: keras.Model) -> dict[str, list[str]]:
    """Block -> the names of its layers, the last one giving on: stem, mixed0 … mixed10, head.

    Of EfficientNet-Lite0: stem, block0 … block15, head.
    """
    parents, taken, of_block = _parents(model), set(), {}
    room = models.ROOMS.get(model.name, inception)
    ends = {STEM: room.before(model, room.BLOCKS[0])} | {name: name for name in room.BLOCKS}
    ends[TOP] = model.layers[-1].name
    for block, end in ends.items():
        inside, waiting = set(), [end]
        while waiting:
            name = waiting.pop()
            if name not in taken | inside:
                inside.add(name)
                waiting += parents[name]
        taken |= inside
        of_block[block] = [layer.name for layer in model.layers if layer.name in inside]
        of_block[block].sort(key=lambda name, end=end: name == end)
    return of_block


def blocks(model: keras.Model) -> pd.DataFrame:
    """A row a block of a model of ``models.build``, from the pixels up, indexed by its name.

    ``side`` and ``channels`` of what it gives on, ``convolutions``, ``parameters``,
    ``multiply_adds``. Every layer stands in exactly one block.
    """
    rows = {}
    for name, inside in members(model).items():
        inner = [model.get_layer(member) for member in inside]
        given = _shape(inner[-1])
        rows[name] = {
            "side": given[0] if len(given) == 3 else 1,
            "channels": given[-1],
            "convolutions": sum(isinstance(layer, layers.Conv2D) for layer in inner),
            "parameters": sum(layer.count_params() for layer in inner),
            "multiply_adds": sum(multiply_adds(layer) for layer in inner),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("block")


def units(model: keras.Model) -> pd.DataFrame:
    """A row a convolution or pooling of the blocks, in the order of the layers.

    ``block``; ``branch`` (0, 1, …) within it; ``level``: the how-manieth step of its branch it is;
    ``kind`` (``3 × 3``, ``1 × 7``, ``pool``); ``stride``; ``channels`` given on; ``parameters`` of
    the unit with its BatchNorm.
    """
    parents, rows = _parents(model), []
    for block, inside in members(model).items():
        if block == TOP:
            continue
        branch_of, level, row_of = _branches_of(block, inside, parents), {}, {}
        for name in inside:
            layer = model.get_layer(name)
            is_unit = isinstance(layer, (layers.Conv2D, *POOLS))
            below = [level[parent] for parent in parents[name] if parent in level]
            level[name] = max(below, default=-1) + is_unit
            if is_unit:
                place = {"block": block, "branch": branch_of[name], "level": level[name]}
                row_of[name] = place | _described(layer)
            elif isinstance(layer, layers.BatchNormalization):
                row_of[parents[name][0]]["parameters"] += layer.count_params()
        rows += row_of.values()
    return pd.DataFrame(rows)


def branches(model: keras.Model, block: str) -> tuple[keras.Model, list[keras.Model], keras.Model]:
    """A block taken apart: (below, branches, whole).

    ``below`` takes pixels to the maps that enter the block; each branch takes these maps to its
    channels of the output; ``whole`` takes them to the whole output. All share the model's weights.
    """
    if block not in inception.BLOCKS:
        raise InputError(f"the blocks with branches are mixed0 to mixed10, not {block!r}")
    entering = model.get_layer(inception.before(model, block)).output
    join = model.get_layer(block)
    parts = [keras.Model(entering, model.get_layer(name).output) for name in _parents(model)[block]]
    return keras.Model(model.input, entering), parts, keras.Model(entering, join.output)


def _shape(layer: keras.layers.Layer) -> tuple[int, ...]:
    """Of what the layer gives on for one picture, without the batch."""
    return tuple(layer.output.shape[1:])


def _described(layer: keras.layers.Layer) -> dict:
    is_pool = isinstance(layer, POOLS)
    kernel = "pool" if is_pool else " × ".join(map(str, layer.kernel_size))
    return {
        "kind": kernel,
        "stride": layer.strides[0],
        "channels": _shape(layer)[-1],
        "parameters": layer.count_params(),
    }


def _parents(model: keras.Model) -> dict[str, list[str]]:
    """Layer -> the layers whose outputs it takes, from the model's own description."""

    def named(entry: object) -> list[str]:
        if isinstance(entry, dict) and "keras_history" in entry:
            return [entry["keras_history"][0]]
        inside = entry.values() if isinstance(entry, dict) else entry
        return (
            [name for x in inside for name in named(x)]
            if isinstance(entry, dict | list | tuple)
            else []
        )

    described = model.get_config()["layers"]
    return {layer["name"]: named(layer["inbound_nodes"]) for layer in described}


def _branches_of(block: str, members: list[str], parents: dict[str, list[str]]) -> dict[str, int]:
    """Layer -> its branch's number; the stem is one branch."""
    if block == STEM:
        return dict.fromkeys(members, 0)
    branch_of, inside = {}, set(members)
    for number, end in enumerate(parents[block]):
        waiting = [end]
        while waiting:
            name = waiting.pop()
            if name in inside and name not in branch_of:
                branch_of[name] = number
                waiting += parents[name]
    return branch_of


# --- filters --------------------------------------------------------------------------------------


def patches(photograph: np.ndarray, n: int, side: int, *, seed: int = 0) -> np.ndarray:
    """``n`` random grey squares (n, side, side) of a photograph (h, w, 3), 0-255.

    Each minus its mean, divided by its standard deviation: what is left is the pattern. Squares
    that are almost flat (a deviation below 2 of 255, as in a sky) are drawn again.
    """
    grey = np.asarray(photograph, float).mean(axis=-1)
    if min(grey.shape) < side:
        raise InputError(f"a photograph of {grey.shape} pixels has no squares of {side}")
    windows = np.lib.stride_tricks.sliding_window_view(grey, (side, side))
    rng, patterns = np.random.default_rng(seed), np.empty((0, side, side))
    for _ in range(1000):
        rows, columns = (rng.integers(extent, size=n) for extent in windows.shape[:2])
        drawn = windows[rows, columns]
        spread = drawn.std(axis=(1, 2), keepdims=True)
        drawn = (drawn - drawn.mean(axis=(1, 2), keepdims=True)) / np.maximum(spread, 1e-9)
        patterns = np.concatenate([patterns, drawn[spread[:, 0, 0] >= 2]])
        if len(patterns) >= n:
            return patterns[:n]
    raise InputError("this photograph is almost flat everywhere: it holds no pattern to learn from")


def selectivity(filters: np.ndarray) -> np.ndarray:
    """How oriented filters (n, side, side) are, (n,): 0 in no direction, 1 in one alone.

    The length of the mean of exp(2iθ), each grating of direction θ weighted by the square of the
    filter's answer: one minus the circular variance, as used for neurons of the visual cortex
    (Ringach, Shapley, Hawken, Journal of Neuroscience 22:5639, 2002), with squared answers. Only
    frequencies inside the circle that fits into the square of all frequencies count, so that the
    diagonals are not favoured; the mean of the filter does not count.
    """
    filters = np.asarray(filters, float)
    if filters.ndim != 3:
        raise InputError(f"filters are an array (n, side, side), not {filters.shape}")
    filters = filters - filters.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.fft2(filters, (GRID, GRID))) ** 2
    y, x = np.meshgrid(*[np.fft.fftfreq(GRID)] * 2, indexing="ij")
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    power = power * ((radius > 0) & (radius < 0.5))
    total = power.sum(axis=(1, 2))
    mean = np.abs((power * np.exp(2j * angle)).sum(axis=(1, 2)))
    return np.divide(mean, total, out=np.zeros(len(filters)), where=total > 1e-12)


def responses(picture: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """What filters (n, side, side) answer at every place of a grey picture (h, w): (n, h', w').

    Only places at which the whole filter fits into the picture; the filter is laid on as it is
    (a correlation, as every "convolution" of a network).
    """
    side = filters.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(picture, float), (side, side))
    return np.einsum("hwij,nij->nhw", windows, filters, optimize=True)


def dictionary(examples: np.ndarray, n: int = 64, *, seed: int = 0) -> np.ndarray:
    """``n`` elements (n, side, side) whose sparse sums rebuild the examples (m, side, side).

    Scikit-learn's MiniBatchDictionaryLearning (Mairal et al., ICML 2009), without any label; on one
    thread, since its matrices are small and threads that wait for each other cost ten times more.
    """
    from sklearn.decomposition import MiniBatchDictionaryLearning
    from threadpoolctl import threadpool_limits

    options = {"batch_size": 100, "max_iter": 3, "fit_algorithm": "cd", "random_state": seed}
    with threadpool_limits(1):
        learner = MiniBatchDictionaryLearning(n, alpha=1, **options)
        elements = learner.fit(examples.reshape(len(examples), -1)).components_
    return elements.reshape(n, *examples.shape[1:])


# --- weights and maps -----------------------------------------------------------------------------


def random_weights(model: keras.Model, seed: int) -> Weights:
    """Those that ``models.build`` gives this network for ``weights="none"`` and this seed."""
    size, n_classes = model.input_shape[1], model.output_shape[-1]
    fresh = models.build(model.name, n_classes, size, weights="none", augment=False, seed=seed)
    return fresh.get_weights()


def half(model: keras.Model, lower: Weights, upper: Weights, last: str) -> Weights:
    """``lower``'s arrays from the pixels up to and with the block ``last``, ``upper``'s above."""
    order = list(members(model))
    if last not in order:
        raise InputError(f"the blocks are {', '.join(order)}, not {last!r}")
    block_of = {name: block for block, names in members(model).items() for name in names}
    below = [
        order.index(block_of[layer.name]) <= order.index(last)
        for layer in model.layers
        for _ in layer.weights
    ]
    return [a if is_below else b for a, b, is_below in zip(lower, upper, below, strict=True)]


def shuffled(weights: Weights, seed: int) -> Weights:
    """Every kernel of a convolution with its numbers in another order.

    How large the weights are, layer by layer, stays; what they respond to is gone.
    """
    rng = np.random.default_rng(seed)
    return [
        rng.permuted(array.ravel()).reshape(array.shape) if array.ndim == 4 else array
        for array in weights
    ]


def settle(model: keras.Model, pixels: np.ndarray) -> None:
    """Give BatchNorm the means and variances that these pixels have in this network.

    A network of random or exchanged weights carries statistics that belong to other weights. One
    pass at momentum 0 measures them, layer by layer.
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
    """Pixels in; out, depth -> the means (n, channels) of the maps that the block gives on.

    The weights are shared with ``model``, and it is compiled once however often they change.
    ``inference.predict`` gives its outputs.
    """
    ends = {block: names[-1] for block, names in members(model).items()}
    if unknown := [depth for depth in depths if depth not in ends or depth == TOP]:
        raise InputError(f"there are no maps at {unknown[0]!r}: choose among {', '.join(ends)}")
    pool = keras.layers.GlobalAveragePooling2D
    return keras.Model(model.input, {d: pool()(model.get_layer(ends[d]).output) for d in depths})
