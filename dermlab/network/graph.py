"""Which tensor of a network feeds which: its logits, its last hidden layer, its layers by name.

For any functional or sequential Keras network, also one of one's own and one inside another. A
tensor is traced from the network's output back to its inputs, since a layer that several networks
share has several outputs, of which one is this network's.
"""

from itertools import islice

from dermlab.errors import InputError
from dermlab.network.backend import keras

layers = keras.layers
NAMED = 8  # layers that an error names, nearest to the output first


def logits(model: keras.Model) -> keras.Model:
    """The network up to the numbers that its softmax reads, on the same weights.

    The softmax may be a Dense layer's activation, a layer Softmax or Activation of its own, or
    that of a network inside. Raises InputError for a network that ends in anything else.
    """
    inputs, output = ends(model)
    return keras.Model(inputs, _before_softmax(output))


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
    inputs, output = ends(_flat(model))
    maps = _maps(output)
    above = _above(maps[name], output) if name in maps else None
    if above is None:
        usable = (other for other in maps if _above(maps[other], output) is not None)
        named = ", ".join(islice(usable, NAMED))
        raise InputError(
            f"The network cannot be divided at a layer {name!r}: it can be at "
            f"{named or 'none, since no layer of it has maps'}."
        )
    return keras.Model(inputs, maps[name]), above


def ends(model: keras.Model) -> tuple:
    """Input and output tensor of a network with one of each; InputError for another."""
    try:
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError):
        inputs = outputs = None
    if not inputs or not outputs:
        raise InputError(
            f"The network {model.name!r} has no graph that can be followed: begin it with "
            "keras.Input, or train or call it once; a subclass of keras.Model has none at all."
        )
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            f"The network {model.name!r} has {len(inputs)} inputs and {len(outputs)} outputs: "
            "one of each is needed."
        )
    return inputs[0], outputs[0]


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


def _flat(model: keras.Model) -> keras.Model:
    """The network with the layers of networks inside it as its own, on the same weights."""

    def called(layer, *arguments, **options):
        call = layer.call if isinstance(layer, keras.Model) else layer
        return call(*arguments, **options)

    def kept(layer):
        return layer

    while any(isinstance(_made_by(t)[0], keras.Model) for t in tensors(ends(model)[1]).values()):
        try:
            model = keras.models.clone_model(model, clone_function=kept, call_function=called)
        except ValueError:  # two networks inside have layers of one name
            break
    return model


def _made_by(tensor) -> tuple:
    """The layer that made the tensor, and the tensors that it read."""
    layer, node, _ = tensor._keras_history
    return layer, layer._inbound_nodes[node].input_tensors


def _before_softmax(tensor):
    """What the softmax behind ``tensor`` reads."""
    layer, read = _made_by(tensor)
    if isinstance(layer, keras.Model):  # its layers, one by one, on what it reads
        return _before_softmax(layer.call(*read))
    if isinstance(layer, layers.Dense) and layer.activation is keras.activations.softmax:
        return _linear(layer)(read[0])
    if _is_softmax(layer):
        return read[0]
    if _is_linear(layer):
        return _before_softmax(read[0])
    raise InputError(
        "A network that is explained ends in a softmax (of a Dense layer, Softmax or Activation); "
        f"this one does not, it ends in {layer.name!r} ({type(layer).__name__})."
    )


def _before_dense(tensor):
    """What the last Dense layer behind ``tensor`` reads, activations passed over."""
    layer, read = _made_by(tensor)
    if isinstance(layer, keras.Model):
        return _before_dense(layer.call(*read))
    if isinstance(layer, layers.Activation) or _is_softmax(layer):
        return _before_dense(read[0])
    return read[0] if isinstance(layer, layers.Dense) else tensor


def _is_softmax(layer) -> bool:
    """Whether this is a softmax alone: a layer, an Activation, or ``keras.ops.softmax``."""
    if isinstance(layer, layers.Activation):
        return layer.activation is keras.activations.softmax
    return isinstance(layer, layers.Softmax) or type(layer).__name__ == "Softmax"


def _is_linear(layer) -> bool:
    """Whether this changes nothing, as the last layer of a network in mixed precision."""
    return isinstance(layer, layers.Activation) and layer.activation is keras.activations.linear


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
