"""Counts against others': TensorFlow's profiler, published sizes, the layers themselves."""

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.network import anatomy, backend, models
from dermlab.network.backend import keras

layers = keras.layers
SIZE = 75


@pytest.fixture(scope="module")
def compact():
    return models.build("compact", 5, SIZE, weights="none", augment=False)


@pytest.fixture(scope="module")
def full():
    return models.build("inception_v3", 1000, 299, weights="none", augment=False)


def profiled(model: keras.Model) -> int:
    """Multiply-adds of convolutions and matrix products as TensorFlow's own profiler sees them."""
    if backend.NAME != "tensorflow":
        pytest.skip("the oracle is TensorFlow's profiler")
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    pixels = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(pixels)
    graph = convert_to_constants.convert_variables_to_constants_v2(function).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    options["select"] = ["float_ops"]
    kinds = "Conv2D|DepthwiseConv2dNative|MatMul"
    found = tf.compat.v1.profiler.profile(graph=graph, cmd="op", options=options)
    return sum(n.total_float_ops for n in _nodes(found) if n.name in kinds.split("|")) // 2


def _nodes(proto):
    """Each kind of operation once; the profiler nests them, with totals of all below."""
    below = list(proto.children)
    while below:
        node = below.pop()
        inner = sum(child.total_float_ops for child in node.children)
        own = type("Own", (), {"name": node.name, "total_float_ops": node.total_float_ops - inner})
        yield own
        below += node.children


def test_multiply_adds_are_those_of_tensorflows_profiler(compact):
    assert anatomy.cost(compact)["multiply_adds"] == profiled(compact)


def test_so_are_those_of_other_kinds_of_convolution():
    x = pixels = layers.Input((20, 24, 6))
    x = layers.Conv2D(8, (3, 5), strides=2, groups=2)(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(x)
    x = layers.SeparableConv2D(10, 3)(x)
    model = keras.Model(pixels, layers.Dense(4)(layers.Flatten()(x)))
    by_hand = 8 * 3 * 5 * 3 * 9 * 10 + 9 * 16 * 9 * 10 + (9 * 16 + 16 * 10) * 7 * 8 + 7 * 8 * 10 * 4
    assert anatomy.cost(model)["multiply_adds"] == by_hand


def test_inception_v3_has_its_published_size(full):
    """Keras prints 23,851,784 parameters; timm's card 5.7 G multiply-adds at 299 px."""
    cost = anatomy.cost(full)
    assert cost["parameters"] == 23_851_784
    assert round(cost["multiply_adds"] / 1e9, 1) == 5.7


def test_what_it_cannot_count_is_refused_and_not_counted_as_nothing():
    layer = layers.Conv1D(4, 3)
    layer.build((None, 10, 2))
    with pytest.raises(InputError, match="a Conv1D, cannot be counted"):
        anatomy.multiply_adds(layer)


@pytest.mark.parametrize("kind", ["compact", "full"])
def test_every_layer_stands_in_one_block(kind, request):
    model = request.getfixturevalue(kind)
    members = anatomy.members(model)
    assert list(members) == ["stem", *models.BLOCKS, "head"]
    names = [name for block in members.values() for name in block]
    assert sorted(names) == sorted(layer.name for layer in model.layers)
    blocks = anatomy.blocks(model)
    assert blocks["parameters"].sum() == model.count_params()
    assert blocks["multiply_adds"].sum() == anatomy.cost(model)["multiply_adds"]
    for block in models.BLOCKS:
        shape = model.get_layer(block).output.shape
        assert (blocks["side"][block], blocks["channels"][block]) == (shape[1], shape[3])


def test_units_hold_all_parameters_of_the_blocks(compact):
    units, blocks = anatomy.units(compact), anatomy.blocks(compact).drop("head")
    by_block = units.groupby("block")["parameters"].sum()
    assert by_block.to_dict() == blocks["parameters"].to_dict()
    convolutions = units[units["kind"] != "pool"].groupby("block").size()
    assert convolutions.to_dict() == blocks["convolutions"].to_dict()


def test_the_branches_of_a_block_are_those_of_the_paper(full):
    units = anatomy.units(full)
    found = {
        name: [list(branch["kind"]) for _, branch in rows.groupby("branch")]
        for name, rows in units.groupby("block")
    }
    one, three, row, column = "1 × 1", "3 × 3", "1 × 7", "7 × 1"
    assert found["mixed0"] == [[one], [one, "5 × 5"], [one, three, three], ["pool", one]]
    assert found["mixed4"] == [[one], [one, row, column], [one, column, row, column, row],
                               ["pool", one]]  # fmt: skip
    fork = units[(units["block"] == "mixed10") & (units["branch"] == 1)]
    assert fork["level"].tolist() == [0, 1, 1]


@pytest.mark.parametrize("block", ["mixed0", "mixed3", "mixed9"])
def test_branches_side_by_side_are_the_block(compact, block):
    pixels = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype("float32")
    below, parts, whole = anatomy.branches(compact, block)
    maps = below(pixels)
    answers = [np.asarray(part(maps)) for part in parts]
    upto = keras.Model(compact.input, compact.get_layer(block).output)
    np.testing.assert_allclose(np.concatenate(answers, -1), np.asarray(upto(pixels)), atol=1e-6)
    np.testing.assert_allclose(np.asarray(whole(maps)), np.asarray(upto(pixels)), atol=1e-6)
    assert anatomy.cost(compact)["parameters"] == compact.count_params()  # still whole


def test_only_a_block_has_branches(compact):
    with pytest.raises(InputError, match="not 'stem'"):
        anatomy.branches(compact, "stem")
