"""Inception v3 (Szegedy et al. 2016, arXiv 1512.00567): its topology, at any width.

``inception_v3`` is Keras's own application; ``compact`` has the same layers in the same order with
a quarter of the channels everywhere (1.4 million parameters instead of 21.8).
"""

from collections.abc import Callable
from functools import partial

from dermlab.network.backend import keras

layers = keras.layers

WIDTHS = {"compact": 0.25, "inception_v3": 1.0}
BLOCKS = tuple(f"mixed{i}" for i in range(11))
MIN_SIZE = 75  # pixels a side; below it the last blocks have no pixel left


def body(kind: str, pixels, x) -> keras.Model:
    """Everything below ``avg_pool``, weights random; ``x`` is what becomes of ``pixels`` first."""
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale", dtype="float32")(x)
    if kind == "compact":
        return keras.Model(pixels, inception(x, WIDTHS[kind]))
    return keras.applications.InceptionV3(include_top=False, weights=None, input_tensor=x)


def before(model: keras.Model, block: str) -> str:
    """The layer whose output enters ``block``."""
    if block != BLOCKS[0]:
        return BLOCKS[BLOCKS.index(block) - 1]
    return [layer.name for layer in model.layers if isinstance(layer, layers.MaxPooling2D)][1]


def inception(x, width: float):
    """Inception v3 without its top and with ``width`` times the channels, on the tensor ``x``.

    Block by block what ``keras.applications.InceptionV3(include_top=False)`` builds; at width 1
    it has the same layers in the same order.
    """
    conv, pool = partial(_conv, width), layers.MaxPooling2D
    x = conv(x, 32, 3, strides=2, padding="valid")
    x = conv(x, 32, 3, padding="valid")
    x = conv(x, 64, 3)
    x = pool(3, strides=2)(x)
    x = conv(x, 80, 1, padding="valid")
    x = conv(x, 192, 3, padding="valid")
    x = pool(3, strides=2)(x)
    for i, pooled in enumerate((32, 64, 64)):
        x = _fine(conv, x, pooled, f"mixed{i}")
    x = _join([
        conv(x, 384, 3, strides=2, padding="valid"),
        conv(conv(conv(x, 64, 1), 96, 3), 96, 3, strides=2, padding="valid"),
        pool(3, strides=2)(x),
    ], "mixed3")  # fmt: skip
    for i, inner in enumerate((128, 160, 160, 192), start=4):
        x = _middle(conv, x, inner, f"mixed{i}")
    x = _join([
        conv(conv(x, 192, 1), 320, 3, strides=2, padding="valid"),
        conv(_chain(conv, x, (192, 1), (192, (1, 7)), (192, (7, 1))), 192, 3,
             strides=2, padding="valid"),
        pool(3, strides=2)(x),
    ], "mixed8")  # fmt: skip
    for i in range(2):
        x = _coarse(conv, x, f"mixed9_{i}", f"mixed{9 + i}")
    return x


def _conv(width: float, x, filters: int, kernel, *, strides: int = 1, padding: str = "same"):
    """Convolution, BatchNorm, ReLU: the unit of which all blocks are made."""
    x = layers.Conv2D(
        round(width * filters), kernel, strides=strides, padding=padding, use_bias=False
    )(x)
    x = layers.BatchNormalization(scale=False)(x)
    return layers.Activation("relu")(x)


def _chain(conv: Callable, x, *steps: tuple):
    for filters, kernel in steps:
        x = conv(x, filters, kernel)
    return x


def _join(branches: list, name: str | None = None):
    return layers.Concatenate(name=name)(branches)


def _pooled(conv: Callable, x, filters: int):
    return conv(layers.AveragePooling2D(3, strides=1, padding="same")(x), filters, 1)


def _fine(conv: Callable, x, pooled: int, name: str):
    """mixed0-2: 1 × 1, 5 × 5, two 3 × 3 and a pooled branch, side by side."""
    return _join([
        conv(x, 64, 1),
        _chain(conv, x, (48, 1), (64, 5)),
        _chain(conv, x, (64, 1), (96, 3), (96, 3)),
        _pooled(conv, x, pooled),
    ], name)  # fmt: skip


def _middle(conv: Callable, x, n: int, name: str):
    """mixed4-7: a 7 × 7 kernel as a row and a column, once and twice."""
    row, column = (1, 7), (7, 1)
    return _join([
        conv(x, 192, 1),
        _chain(conv, x, (n, 1), (n, row), (192, column)),
        _chain(conv, x, (n, 1), (n, column), (n, row), (n, column), (192, row)),
        _pooled(conv, x, 192),
    ], name)  # fmt: skip


def _coarse(conv: Callable, x, inner: str, name: str):
    """mixed9-10: branches that end in a row and a column side by side."""
    single = conv(x, 384, 1)
    double = _chain(conv, x, (448, 1), (384, 3))
    return _join([
        conv(x, 320, 1),
        _join([conv(single, 384, (1, 3)), conv(single, 384, (3, 1))], inner),
        _join([conv(double, 384, (1, 3)), conv(double, 384, (3, 1))]),
        _pooled(conv, x, 192),
    ], name)  # fmt: skip
