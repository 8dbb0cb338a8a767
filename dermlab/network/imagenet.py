"""EfficientNet-Lite0 as it left ImageNet: the pip package's numbers in Keras, and what it answers.

Its file is read by `torch_file`. It is not Inception v3, the paper's network: it is one of the many
others whose ImageNet weights are free, and one that a processor can run.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from dermlab.network import efficientnet, torch_file
from dermlab.network.backend import keras

SIZE = 224  # pixels a side of the pictures that it learnt from


def fill(body: keras.Model) -> None:
    """Give a body of `efficientnet` the ImageNet weights."""
    _assign(body, _published())


def classifier(size: int = SIZE) -> keras.Model:
    """The whole network as it left ImageNet: pixels (n, size, size, 3) 0-255 in, 1,000 out.

    The outputs are probabilities in the order of `class_names`.
    """
    pixels = keras.layers.Input((size, size, 3), name="pixels")
    below = efficientnet.body("efficientnet_lite0", pixels, pixels)
    pooled = keras.layers.GlobalAveragePooling2D(name="avg_pool")(below.output)
    head = keras.layers.Dense(1000, activation="softmax", name="predictions")
    model = keras.Model(pixels, head(pooled), name="efficientnet_lite0")
    tensors = _published()
    _assign(below, tensors)
    head.set_weights([tensors["_fc.weight"].T, tensors["_fc.bias"]])
    return model


def class_names() -> list[str]:
    """ImageNet's 1,000 classes in the order of the outputs, the first name of each WordNet set."""
    table = resources.files("dermlab") / "data" / "imagenet" / "classes.csv"
    with table.open(encoding="utf-8") as file:
        return pd.read_csv(file)["name"].tolist()


@cache
def _published() -> dict[str, np.ndarray]:
    return torch_file.read(torch_file.weights_file())


# --- into Keras -----------------------------------------------------------------------------------


def _assign(body: keras.Model, tensors: Mapping[str, np.ndarray]) -> None:
    """Fill every layer that has weights, each by its name."""
    for layer in body.layers:
        if layer.weights:
            layer.set_weights(_values(layer, tensors))


def _values(layer: keras.layers.Layer, tensors: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    name = torch_name(layer)
    if isinstance(layer, keras.layers.BatchNormalization):
        parts = ("weight", "bias", "running_mean", "running_var")
        return [tensors[f"{name}.{part}"] for part in parts]
    kernel = tensors[f"{name}.weight"]  # torch: (out, in, height, width); depthwise: (in, 1, …)
    order = (2, 3, 0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (2, 3, 1, 0)
    return [kernel.transpose(order)]


def torch_name(layer: keras.layers.Layer) -> str:
    """What the published file calls a layer of `efficientnet`: ``_blocks.3._expand_conv``."""
    block, _, part = layer.name.partition("_")
    is_norm = isinstance(layer, keras.layers.BatchNormalization)
    if block in ("stem", "top"):
        return {"stem": ("_conv_stem", "_bn0"), "top": ("_conv_head", "_bn1")}[block][is_norm]
    part = part.removesuffix("_norm") or "project"
    norms = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}
    return f"_blocks.{block.removeprefix('block')}.{norms[part] if is_norm else f'_{part}_conv'}"
