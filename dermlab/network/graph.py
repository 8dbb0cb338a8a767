"""Which tensor of a network feeds which: its logits, its last hidden layer, its layers by name.

For any Keras network of one picture in and one answer out: functional, sequential, a subclass of
keras.Model, and one inside another. A tensor is traced from the network's output back to its
inputs, since a layer that several networks share has several outputs, of which one is this
network's. A subclass has no graph of its own: its ``call`` is followed on a symbolic picture, and
each layer that it calls is then one that can be found.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

import numpy as np

from dermlab.errors import InputError
from dermlab.network.backend import keras

layers = keras.layers
NAMED = 8  # layers that an error names, nearest to the output first
SOFTMAX, SIGMOID, LOGITS = "softmax", "sigmoid", "linear"  # what a network may end in
ENDS = {
    "softmax": SOFTMAX,
    "softmax_v2": SOFTMAX,  # tf.nn.softmax
    "sigmoid": SIGMOID,
    "linear": LOGITS,
    "log_softmax": LOGITS,  # the softmax of log-probabilities is the probabilities
    "logsoftmax": LOGITS,  # keras.ops.log_softmax
}
SMALLEST = 1e-37  # a probability of 0 is read as this one: its logarithm is finite in float32


class Head(NamedTuple):
    """A network up to its ``logits`` (n, n_classes), on the same weights.

    ``exclusive``: the probabilities are their softmax; else each is the sigmoid of its own.
    """

    logits: keras.Model
    exclusive: bool


def head(model: keras.Model) -> Head:
    """What a network's probabilities are made of, however it ends.

    A softmax or sigmoid may be a Dense layer's activation, a layer of its own or an operation; a
    Dense layer without any gives the logits of a softmax itself. A single sigmoid p stands for two
    classes, 1 - p and p: its logits are 0 and the number that it reads. Of a subclass whose layers
    cannot be followed the logarithms of its probabilities are taken, which have the same softmax.
    Raises InputError for a network that ends in anything else.
    """
    inputs, output = ends(model)
    try:
        numbers, end = _before_activation(output)
    except Unfollowed as error:
        numbers, end = _logarithms(model, output, error), SOFTMAX
    if len(numbers.shape) != 2 or (end == SOFTMAX and numbers.shape[-1] == 1):
        raise InputError(
            f"The network {model.name!r} answers a picture with the shape {output.shape[1:]}: a "
            "row of numbers, one a class, is needed (of two classes, one sigmoid will do)."
        )
    if numbers.shape[-1] == 1:
        numbers = keras.ops.concatenate([keras.ops.zeros_like(numbers), numbers], axis=-1)
        end = SOFTMAX
    return Head(keras.Model(inputs, numbers), end != SIGMOID)


def hidden(model: keras.Model, name: str) -> keras.Model:
    """The network up to its layer ``name``, or without it to what its last Dense layer reads.

    Raises InputError where that is not a row of numbers an image, (n, units).
    """
    inputs, output = ends(model)
    inside = tensors(output)
    features = inside[name] if name in inside else _before_dense(output)
    if len(features.shape) != 2:
        raise InputError(
            f"What the last layer of this network reads has the shape {features.shape}: features "
            "are a row of numbers an image, as before a Dense layer."
        )
    return keras.Model(inputs, features)


def divide(model: keras.Model, name: str) -> tuple[keras.Model, keras.Model]:
    """The network below and above the maps of its layer ``name``, (n, height, width, channels).

    Raises InputError with the layers that can be named where this one cannot.
    """
    model, closed = _flat(model)
    inputs, output = ends(model)
    maps = _maps(output)
    above = _above(maps[name], output) if name in maps else None
    if above is None:
        usable = (other for other in maps if _above(maps[other], output) is not None)
        named = ", ".join(islice(usable, NAMED))
        sentence = (
            f"The network cannot be divided at a layer {name!r}: it can be at "
            f"{named or 'none, since no layer of it has maps'}."
        )
        raise InputError(" ".join([sentence, *closed.values()]))
    return keras.Model(inputs, maps[name]), above


def ends(model: keras.Model) -> tuple:
    """Input and output tensor of a network with one of each; InputError for another."""
    try:
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError):
        inputs = outputs = None
    if not inputs or not outputs:
        return ends(_with_graph(model))
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            f"The network {model.name!r} has {len(inputs)} inputs and {len(outputs)} outputs: "
            "one of each is needed."
        )
    return inputs[0], outputs[0]


def _with_graph(model: keras.Model) -> keras.Model:
    """The subclass as the one layer of a functional network, its input as it was called with."""
    shapes = (model.get_build_config() or {}) if model.built else {}
    if "input_shape" not in shapes:
        raise InputError(
            f"The network {model.name!r} has no graph that can be followed: begin it with "
            "keras.Input, or train it or call it once on an array of pictures."
        )
    pixels = keras.Input(tuple(shapes["input_shape"])[1:])
    with _following(model.name):
        return keras.Model(pixels, model(pixels))


def tensors(output) -> dict[str, object]:
    """The output of every layer that ``output`` depends on, by the layer's name, nearest first."""
    reached, waiting = {}, [output]
    while waiting:
        tensor = waiting.pop(0)
        layer, read = _made_by(tensor)
        if layer.name not in reached:
            reached[layer.name] = tensor
            waiting += read
    return reached


def _flat(model: keras.Model) -> tuple[keras.Model, dict[str, str]]:
    """The network with the layers of networks inside it as its own, on the same weights.

    A network inside that cannot be followed stays one layer: the second value says why, by its
    name. So do several inside whose layers have the same names.
    """
    closed = {}

    def called(layer, *arguments, **options):
        if isinstance(layer, keras.Model) and layer.name not in closed:
            try:
                return _inside(layer, arguments, options)
            except Unfollowed as error:
                closed[layer.name] = str(error)
        return layer(*arguments, **options)

    def is_open(tensor):
        layer = _made_by(tensor)[0]
        return isinstance(layer, keras.Model) and layer.name not in closed

    while any(map(is_open, tensors(ends(model)[1]).values())):
        try:
            model = keras.models.clone_model(
                model, clone_function=lambda layer: layer, call_function=called
            )
        except ValueError:  # two networks inside have layers of one name
            break
    return model, closed


class Unfollowed(InputError):
    """A ``call`` does what no symbolic picture can go through, as TensorFlow's own operations."""


@contextmanager
def _following(name: str) -> Iterator[None]:
    """Whatever a stranger's ``call`` raises on a symbolic picture, as one sentence."""
    try:
        yield
    except Exception as error:
        why = (str(error) or type(error).__name__).splitlines()[0].partition(". ")[0]
        raise Unfollowed(
            f"The layers of {name!r} cannot be followed, since its call does more than call layers "
            f"and keras.ops ({why}): write it with these alone, as keras.ops.relu for tf.nn.relu."
        ) from error


def _inside(layer: keras.layers.Layer, read: list, options: dict | None = None):
    """What the layers inside this one make of the tensors that it reads, one by one."""
    options = dict(options or {})
    if "training" in inspect.signature(layer.call).parameters:
        options["training"] = False
    with _following(layer.name):
        return layer.call(*read, **options)


def _made_by(tensor) -> tuple:
    """The layer that made the tensor, and the tensors that it read."""
    layer, node, _ = tensor._keras_history
    return layer, layer._inbound_nodes[node].input_tensors


def _before_activation(tensor) -> tuple[object, str]:
    """What the last activation behind ``tensor`` reads, and which it is: one of `ENDS`."""
    layer, read = _made_by(tensor)
    end = ENDS.get(_activation(layer))
    if end in (SOFTMAX, SIGMOID):
        return (_linear(layer)(read[0]) if _is_dense(layer) else read[0]), end
    if _is_dense(layer) and end == LOGITS:
        return tensor, end
    if _changes_nothing(layer):
        return _before_activation(read[0])
    if _has_layers(layer):
        return _before_activation(_inside(layer, read))
    raise InputError(
        "A network that is explained ends in a softmax, in sigmoids or in a Dense layer that gives "
        f"logits; this one ends in {layer.name!r} ({type(layer).__name__}). If these are logits, "
        "put keras.layers.Softmax() behind it."
    )


def _before_dense(tensor):
    """What the last Dense layer behind ``tensor`` reads, activations passed over."""
    layer, read = _made_by(tensor)
    if _is_dense(layer):
        return read[0]
    is_activation = isinstance(layer, layers.Activation) or _activation(layer) in ENDS
    if is_activation or _changes_nothing(layer):
        return _before_dense(read[0])
    return _before_dense(_inside(layer, read)) if _has_layers(layer) else tensor


def _activation(layer) -> str | None:
    """The activation that a layer or operation is, or that a Dense layer ends in, by its name."""
    if isinstance(layer, layers.Activation) or _is_dense(layer):
        activation = layer.activation
        return getattr(activation, "__name__", type(activation).__name__).lower()
    if isinstance(layer, layers.Layer) and not isinstance(layer, layers.Softmax):
        return None
    return type(layer).__name__.lower()


def _has_layers(layer) -> bool:
    """Whether this is a network, or a layer that is made of layers."""
    return bool(getattr(layer, "_layers", None))


def _is_dense(layer) -> bool:
    """Whether this is a Dense layer, or a subclass of it with another name only."""
    return isinstance(layer, layers.Dense) and type(layer).call is layers.Dense.call


def _changes_nothing(layer) -> bool:
    """Whether this passes its numbers on, as the last layer of a network in mixed precision."""
    is_linear = isinstance(layer, layers.Activation) and ENDS.get(_activation(layer)) == LOGITS
    return is_linear or isinstance(layer, layers.Identity) or type(layer).__name__ == "Cast"


def _logarithms(model: keras.Model, output, error: Unfollowed):
    """log p of a network whose layers cannot be followed, where its answers are probabilities.

    Whether they are is asked with one grey picture.
    """
    shape = [size or 128 for size in ends(model)[0].shape[1:]]
    answer = keras.ops.convert_to_numpy(model(np.full([1, *shape], 127.5, np.float32)))
    if answer.shape[-1] < 2 or (answer < 0).any() or abs(answer.sum() - 1) > 1e-3:
        raise error
    return keras.ops.log(keras.ops.maximum(output, SMALLEST))


def _linear(dense: keras.layers.Dense) -> keras.layers.Layer:
    """The Dense layer without its activation, on the same weights."""

    class Linear(layers.Layer):
        def __init__(self):
            super().__init__(dtype=dense.dtype_policy)
            self.dense = dense

        def call(self, x):
            x = keras.ops.matmul(x, self.dense.kernel)
            return x if self.dense.bias is None else x + self.dense.bias

    return Linear()


def _maps(output) -> dict[str, object]:
    """The layers that give maps of more than one place, nearest to the output first."""
    return {
        name: tensor
        for name, tensor in tensors(output).items()
        if len(tensor.shape) == 4
        and tensor.shape[1] != 1
        and isinstance(_made_by(tensor)[0], layers.Layer)  # and no operation without a name
        and not isinstance(_made_by(tensor)[0], layers.InputLayer)
    }


def _above(maps, output) -> keras.Model | None:
    """The network from these maps to the output; None where the output reads past them."""
    try:
        return keras.Model(maps, output)
    except ValueError:
        return None
