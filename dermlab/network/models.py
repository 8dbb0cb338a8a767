"""The course's networks, their initial weights, and how deep fine-tuning reaches.

``inception_v3`` is the paper's network and ``compact`` its twin with a quarter of the channels
(`inception`: blocks ``mixed0`` ... ``mixed10``); ``efficientnet_lite0`` is another one, whose
ImageNet weights come by pip (`efficientnet`: blocks ``block0`` ... ``block15``). On top of each
stand ``avg_pool``, the last hidden layer (2,048, 512 or 1,280 units), and ``predictions``, one
softmax.

A network takes pixels 0-255, uint8 or float; its layer ``rescale`` brings them to the range that
it learnt from, and nothing else does. Under a policy of mixed precision (`backend.computing_in`)
the pixels up to ``rescale``, and what stands above the last block, still compute in float32.

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
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from dermlab.errors import InputError
from dermlab.network import checkpoints, efficientnet, inception, kinds
from dermlab.network.augmentation import TurnAndFlip
from dermlab.network.backend import keras

layers = keras.layers

ROOMS = dict.fromkeys(inception.WIDTHS, inception) | {"efficientnet_lite0": efficientnet}
FEATURES, HEAD = "avg_pool", checkpoints.HEAD
MOMENTUM = 0.9  # of BatchNorm's running statistics


def build(
    kind: str,
    n_classes: int,
    size: int,
    *,
    weights: str | Path | None = None,
    depth: str = "all",
    batch_norm: str | None = None,
    augment: bool = True,
    seed: int = 0,
) -> keras.Model:
    """A network for ``n_classes``: pixels (n, size, size, 3) in, probabilities (n, n_classes) out.

    kind : ``compact``, ``inception_v3`` or ``efficientnet_lite0``.
    weights : of everything below the head: ``shipped``, ``imagenet``, ``none`` (random), or a file;
        None takes the model's own (`kinds.own_weights`).
    depth : what trains: ``all``, ``head``, or a block's name: that block and all above it.
    batch_norm : ``frozen`` or ``updating``; None chooses as the head of this room says.
    augment : whether pictures are turned and flipped while training (see `augmentation`).
    seed : of the random weights and of the augmentation.
    """
    own_weights = kinds.own_weights(kind)
    _check(kind, size, depth)
    weights = own_weights if weights is None else weights
    batch_norm = batch_norm or ("updating" if weights == "none" else "frozen")
    if batch_norm not in ("frozen", "updating"):
        raise InputError(f"batch_norm is 'frozen' or 'updating', not {batch_norm!r}")
    if batch_norm == "frozen" and weights == "none":
        raise InputError("random weights have no statistics to freeze: use batch_norm='updating'")
    with _seeded(seed):
        body = _body(kind, size, seed, augment)
        checkpoints.start(body, kind, weights)
        body = _frozen(body) if batch_norm == "frozen" else _updating(body)
        x = layers.GlobalAveragePooling2D(name=FEATURES, dtype="float32")(body.output)
        x = layers.Dense(n_classes, activation="softmax", name=HEAD, dtype="float32")(x)
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
    names = ROOMS[model.name].BLOCKS
    if block not in names:
        raise InputError(f"a network is divided at {names[0]} to {names[-1]}, not at {block!r}")
    maps = model.get_layer(block).output
    return keras.Model(model.input, maps), keras.Model(maps, model.output)


def _body(kind: str, size: int, seed: int, augment: bool) -> keras.Model:
    """Everything below ``avg_pool``, weights random."""
    pixels = layers.Input((size, size, 3), name="pixels")
    x = TurnAndFlip(seed, name="augment", dtype="float32")(pixels) if augment else pixels
    return ROOMS[kind].body(kind, pixels, x)


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
    else:
        top = model.get_layer(ROOMS[model.name].before(model, depth))
    return keras.Model(model.input, top.output).layers


def _check(kind: str, size: int, depth: str) -> None:
    names, smallest = ROOMS[kind].BLOCKS, ROOMS[kind].MIN_SIZE
    if size < smallest:
        raise InputError(
            f"{kind} needs pictures of {smallest} pixels or more, not {size}: choose a larger size"
        )
    if depth not in ("all", "head", *names):
        raise InputError(f"depth is 'all', 'head' or {names[0]} to {names[-1]}, not {depth!r}")


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Keras draws its initialisers' seeds from Python's generator; here it draws from ``seed``."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
