"""What a built network is made of: its blocks, their branches, and what each costs.

Everything is counted from the model's own layers, nothing from a table. A *multiply-add* is one
product added to a sum. Convolutions and dense layers are counted, for one picture; shifts, pooling,
activations and BatchNorm (it can be folded into the convolution before it) are not. Papers print
the same quantity as "multiply-adds", or twice of it as "FLOP".
"""

import math

import pandas as pd

from dermlab.errors import InputError
from dermlab.network import models
from dermlab.network.backend import keras

layers = keras.layers

STEM, TOP = "stem", "head"  # what stands below mixed0, and above mixed10
POOLS = (layers.MaxPooling2D, layers.AveragePooling2D)


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
    """Block -> the names of its layers, the last one giving on: stem, mixed0 … mixed10, head."""
    parents, taken, found = _parents(model), set(), {}
    ends = {STEM: _entrance(model, models.BLOCKS[0])} | {name: name for name in models.BLOCKS}
    ends[TOP] = model.layers[-1].name
    for block, end in ends.items():
        inside, waiting = set(), [end]
        while waiting:
            name = waiting.pop()
            if name not in taken | inside:
                inside.add(name)
                waiting += parents[name]
        taken |= inside
        found[block] = [layer.name for layer in model.layers if layer.name in inside]
        found[block].sort(key=lambda name, end=end: name == end)
    return found


def blocks(model: keras.Model) -> pd.DataFrame:
    """A row a block of a model of ``models.build``, from the pixels up, indexed by its name.

    ``side`` and ``channels`` of what it gives on, ``convolutions``, ``parameters``,
    ``multiply_adds``. Every layer stands in exactly one block.
    """
    rows = {}
    for name, inside in members(model).items():
        parts = [model.get_layer(member) for member in inside]
        given = _shape(parts[-1])
        rows[name] = {
            "side": given[0] if len(given) == 3 else 1,
            "channels": given[-1],
            "convolutions": sum(isinstance(layer, layers.Conv2D) for layer in parts),
            "parameters": sum(layer.count_params() for layer in parts),
            "multiply_adds": sum(multiply_adds(layer) for layer in parts),
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

    ``below`` takes pixels to the maps that enter the block; each branch takes these maps to its own
    part of the output; ``whole`` takes them to the whole output. All share the model's weights.
    """
    if block not in models.BLOCKS:
        raise InputError(f"the blocks with branches are mixed0 to mixed10, not {block!r}")
    entering = model.get_layer(_entrance(model, block)).output
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

    def named(part: object) -> list[str]:
        if isinstance(part, dict) and "keras_history" in part:
            return [part["keras_history"][0]]
        inside = part.values() if isinstance(part, dict) else part
        return (
            [name for x in inside for name in named(x)]
            if isinstance(part, dict | list | tuple)
            else []
        )

    described = model.get_config()["layers"]
    return {layer["name"]: named(layer["inbound_nodes"]) for layer in described}


def _entrance(model: keras.Model, block: str) -> str:
    """The layer whose output enters ``block``."""
    before = models.BLOCKS.index(block)
    if before:
        return models.BLOCKS[before - 1]
    return [x.name for x in model.layers if isinstance(x, layers.MaxPooling2D)][1]


def _branches_of(block: str, members: list[str], parents: dict[str, list[str]]) -> dict[str, int]:
    """Layer -> its branch's number; the stem is one branch."""
    if block == STEM:
        return dict.fromkeys(members, 0)
    found, inside = {}, set(members)
    for number, end in enumerate(parents[block]):
        waiting = [end]
        while waiting:
            name = waiting.pop()
            if name in inside and name not in found:
                found[name] = number
                waiting += parents[name]
    return found
