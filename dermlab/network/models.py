"""Inception v3, its compact twin, their weights, and how deep fine-tuning reaches.

Both networks have the topology of Szegedy et al. 2016 (arXiv 1512.00567) as Keras builds it, with
blocks ``mixed0`` ... ``mixed10``. ``inception_v3`` is Keras's own application; ``compact`` has a
quarter of the channels everywhere (1.4 million parameters instead of 21.8). On top stand
``avg_pool``, the last hidden layer (2,048 or 512 units), and ``predictions``, one softmax.

A network takes pixels 0-255, uint8 or float; ``rescale`` brings them to Inception's [-1, 1], and
nothing else does.

BatchNorm. With weights from elsewhere the default is ``batch_norm="frozen"``: means and variances
stay those of the pretraining while every weight trains, so that training and prediction compute
the same function and a small batch cannot disturb it. ``"updating"`` normalises by the batch while
training and lets running statistics follow; it is the default from random weights, whose
statistics mean nothing yet. They follow with momentum 0.9, not Keras's 0.99, which after a few
hundred steps still remembers the start: on HAM10000 (malignant against the rest, 300 steps of 32
from random weights, two seeds, the same training loss) AUC was .83 and .78 with the former, .80
and .75 with the latter. In six pairs of short fine-tunings frozen was ahead in four, by .011 on
average, which is no proof, and took a third less time.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path

from dermlab.errors import InputError
from dermlab.network import checkpoints
from dermlab.network.augmentation import TurnAndFlip
from dermlab.network.backend import keras

layers = keras.layers

WIDTHS = {"compact": 0.25, "inception_v3": 1.0}
BLOCKS = tuple(f"mixed{i}" for i in range(11))
FEATURES, HEAD = "avg_pool", checkpoints.HEAD
MIN_SIZE = 75  # below it the last blocks have no pixel left
MOMENTUM = 0.9  # of BatchNorm's running statistics


def build(
    kind: str,
    n_classes: int,
    size: int,
    *,
    weights: str | Path = "shipped",
    depth: str = "all",
    batch_norm: str | None = None,
    augment: bool = True,
    seed: int = 0,
) -> keras.Model:
    """A network for ``n_classes``: pixels (n, size, size, 3) in, probabilities (n, n_classes) out.

    kind : ``compact`` or ``inception_v3``.
    weights : of everything below the head: ``shipped``, ``imagenet``, ``none`` (random), or a file.
    depth : what trains: ``all``, ``head``, or a block's name: that block and all above it.
    batch_norm : ``frozen`` or ``updating``; None chooses as the head of this room says.
    augment : whether pictures are turned and flipped while training (see `augmentation`).
    seed : of the random weights and of the augmentation.
    """
    _check(kind, size, depth)
    batch_norm = batch_norm or ("updating" if weights == "none" else "frozen")
    if batch_norm not in ("frozen", "updating"):
        raise InputError(f"batch_norm is 'frozen' or 'updating', not {batch_norm!r}")
    if batch_norm == "frozen" and weights == "none":
        raise InputError("random weights have no statistics to freeze: use batch_norm='updating'")
    with _seeded(seed):
        body = _body(kind, size, seed, augment)
        checkpoints.start(body, kind, weights)
        body = _frozen(body) if batch_norm == "frozen" else _updating(body)
        x = layers.GlobalAveragePooling2D(name=FEATURES)(body.output)
        x = layers.Dense(n_classes, activation="softmax", name=HEAD)(x)
    model = keras.Model(body.input, x, name=kind)
    for layer in _below(model, depth):
        layer.trainable = False
    return model


def fresh(kind: str, n_classes: int, size: int, *, seed: int, **options) -> keras.Model:
    """A network with the weights of ``build(…, seed=seed, **options)`` that is compiled only once.

    A process has one network a kind, size and set of ``options``, which keeps its compiled training
    step: the *same* network comes back from every call, its weights put back to the start. Building
    the graph of a training step takes longer than a short training.
    """
    model = _kept(kind, n_classes, size, **options)
    model.set_weights(build(kind, n_classes, size, seed=seed, **options).get_weights())
    return model


@lru_cache(maxsize=8)
def _kept(kind: str, n_classes: int, size: int, **options) -> keras.Model:
    return build(kind, n_classes, size, **options)


def divide(model: keras.Model, block: str) -> tuple[keras.Model, keras.Model]:
    """The network below and above the output of ``block``: pixels → maps, maps → probabilities.

    Both share the layers of ``model``. Where only the upper part trains and nothing is augmented,
    the maps need be computed once, and a step costs a tenth.
    """
    if block not in BLOCKS:
        raise InputError(f"a network is divided at mixed0 to mixed10, not at {block!r}")
    maps = model.get_layer(block).output
    return keras.Model(model.input, maps), keras.Model(maps, model.output)


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


def _body(kind: str, size: int, seed: int, augment: bool) -> keras.Model:
    """Everything below ``avg_pool``, weights random."""
    pixels = layers.Input((size, size, 3), name="pixels")
    x = TurnAndFlip(seed, name="augment")(pixels) if augment else pixels
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(x)
    if kind == "compact":
        return keras.Model(pixels, inception(x, WIDTHS[kind]))
    return keras.applications.InceptionV3(include_top=False, weights=None, input_tensor=x)


@keras.saving.register_keras_serializable("dermlab")
class FrozenBatchNormalization(layers.BatchNormalization):
    """BatchNorm that always normalises by its stored statistics; its shifts train like the rest.

    Calling a layer or a base with ``training=False`` while the model is built does not do this in
    Keras 3: ``fit`` passes its own ``training=True`` down to every layer (keras issue 20285), and
    the statistics move. Nor does ``trainable=False``, which stops the shifts too.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalise by the stored statistics, in training too."""
        return super().call(inputs, training=False, mask=mask)


def _frozen(body: keras.Model) -> keras.Model:
    """The same network, its BatchNorm layers frozen."""

    def copied(layer):
        is_norm = isinstance(layer, layers.BatchNormalization)
        return (FrozenBatchNormalization if is_norm else type(layer)).from_config(
            layer.get_config()
        )

    copy = keras.models.clone_model(body, clone_function=copied)
    copy.set_weights(body.get_weights())
    return copy


def _updating(body: keras.Model) -> keras.Model:
    for layer in body.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return body


def _below(model: keras.Model, depth: str) -> list[keras.layers.Layer]:
    """The layers that do not train: for a block, all that feeds the block before it."""
    if depth == "all":
        return []
    if depth == "head":
        top = model.get_layer(FEATURES)
    elif depth == "mixed0":
        top = [layer for layer in model.layers if isinstance(layer, layers.MaxPooling2D)][1]
    else:
        top = model.get_layer(BLOCKS[BLOCKS.index(depth) - 1])
    return keras.Model(model.input, top.output).layers


def _check(kind: str, size: int, depth: str) -> None:
    if kind not in WIDTHS:
        raise InputError(f"there is no network {kind!r}: choose one of {', '.join(WIDTHS)}")
    if size < MIN_SIZE:
        raise InputError(f"Inception v3 needs pictures of {MIN_SIZE} pixels or more, not {size}")
    if depth not in ("all", "head", *BLOCKS):
        raise InputError(f"depth is 'all', 'head' or mixed0 to mixed10, not {depth!r}")


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Keras draws its initialisers' seeds from Python's generator; here it draws from ``seed``."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
