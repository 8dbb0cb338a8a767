"""Counts against others': TensorFlow's profiler, published sizes, the layers themselves."""

import numpy as np
import pytest
from scipy import signal

from dermlab.errors import InputError
from dermlab.interpretation import anatomy
from dermlab.network import backend, inference, models
from dermlab.network.backend import keras

layers = keras.layers
SIZE = 75


@pytest.fixture(scope="module")
def compact():
    return models.build("compact", 5, SIZE, weights="none", augment=False)


@pytest.fixture(scope="module")
def efficientnet():
    return models.build("efficientnet_lite0", 1000, 224, weights="none", augment=False)


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


def test_efficientnet_lite0_has_its_published_parameters(efficientnet):
    """4.7 million; its multiply-adds, kernels alone, were added up by hand."""
    cost = anatomy.cost(efficientnet)
    assert round(cost["parameters"] / 1e6, 1) == 4.7
    assert cost["multiply_adds"] == 385_187_552


def test_what_it_cannot_count_is_refused_and_not_counted_as_nothing():
    layer = layers.Conv1D(4, 3)
    layer.build((None, 10, 2))
    with pytest.raises(InputError, match="a Conv1D, cannot be counted"):
        anatomy.multiply_adds(layer)


@pytest.mark.parametrize("kind", ["compact", "full", "efficientnet"])
def test_every_layer_stands_in_one_block(kind, request):
    model = request.getfixturevalue(kind)
    members, of_kind = anatomy.members(model), models.ROOMS[model.name].BLOCKS
    assert list(members) == ["stem", *of_kind, "head"]
    names = [name for block in members.values() for name in block]
    assert sorted(names) == sorted(layer.name for layer in model.layers)
    blocks = anatomy.blocks(model)
    assert blocks["parameters"].sum() == model.count_params()
    assert blocks["multiply_adds"].sum() == anatomy.cost(model)["multiply_adds"]
    for block in of_kind:
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


def grating(angle: float, frequency: float, side: int = 9, phase: float = 0.3) -> np.ndarray:
    y, x = np.indices((side, side)) - side // 2
    return np.cos(2 * np.pi * frequency * (np.cos(angle) * x + np.sin(angle) * y) + phase)


def test_a_grating_is_oriented_and_a_spot_is_not():
    y, x = np.indices((9, 9)) - 4.0
    spot = np.exp(-(x**2 + y**2) / 4)
    plaid = grating(0, 0.25) + grating(np.pi / 2, 0.25)
    found = anatomy.selectivity(np.stack([grating(0.4, 0.25), spot, plaid]))
    assert found[0] > 0.8 and found[1] < 0.02 and found[2] < 0.2


def test_direction_size_and_mean_of_a_filter_do_not_count():
    window = np.outer(*[np.hanning(11)] * 2)
    turned = np.stack([window * grating(a, 0.2, 11) for a in np.linspace(0, np.pi, 13)])
    found = anatomy.selectivity(turned)
    assert np.ptp(found) < 0.05
    np.testing.assert_allclose(anatomy.selectivity(-7 * turned + 3), found, atol=1e-9)


def test_it_is_the_answer_to_gratings_shown_one_by_one():
    """The definition itself, by brute force and without a Fourier transform."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(5, 5))
    kernel -= kernel.mean()
    step = np.arange(-anatomy.GRID // 2, anatomy.GRID // 2) / anatomy.GRID
    total, turned = 0.0, 0.0
    for fy in step:
        for fx in step:
            radius = np.hypot(fx, fy)
            if 0 < radius < 0.5:
                y, x = np.indices((5, 5))
                wave = 2 * np.pi * (fx * x + fy * y)
                power = (kernel * np.cos(wave)).sum() ** 2 + (kernel * np.sin(wave)).sum() ** 2
                total += power
                turned += power * np.exp(2j * np.arctan2(fy, fx))
    assert anatomy.selectivity(kernel[None])[0] == pytest.approx(abs(turned) / total, abs=1e-9)


def test_a_flat_filter_has_no_direction_and_a_single_one_is_refused():
    assert anatomy.selectivity(np.ones((2, 3, 3))).tolist() == [0, 0]
    with pytest.raises(InputError, match="filters are an array"):
        anatomy.selectivity(np.ones((3, 3)))


def test_patches_are_standardised_squares_and_never_flat():
    rng = np.random.default_rng(1)
    photograph = np.zeros((40, 60, 3))
    photograph[:, 30:] = rng.uniform(0, 255, (40, 30, 3))  # the left half is flat
    found = anatomy.patches(photograph, 200, 6, seed=3)
    assert found.shape == (200, 6, 6)
    np.testing.assert_allclose(found.mean(axis=(1, 2)), 0, atol=1e-9)
    np.testing.assert_allclose(found.std(axis=(1, 2)), 1, atol=1e-9)
    np.testing.assert_array_equal(found, anatomy.patches(photograph, 200, 6, seed=3))


@pytest.mark.parametrize(
    ("photograph", "sentence"),
    [(np.zeros((5, 5, 3)), "no squares of 6"), (np.full((20, 20, 3), 9), "almost flat")],
)
def test_a_photograph_without_patterns_is_refused(photograph, sentence):
    with pytest.raises(InputError, match=sentence):
        anatomy.patches(photograph, 10, 6)


def test_answers_are_scipys_correlation():
    rng = np.random.default_rng(2)
    picture, kernels = rng.normal(size=(20, 30)), rng.normal(size=(3, 5, 5))
    expected = [signal.correlate2d(picture, kernel, mode="valid") for kernel in kernels]
    np.testing.assert_allclose(anatomy.responses(picture, kernels), expected, atol=1e-9)


def test_a_dictionary_of_stripes_is_oriented_and_one_of_noise_is_not():
    rng = np.random.default_rng(3)
    stripes = np.stack([
        grating(a, f, 6, p)
        for a, f, p in zip(*(rng.uniform(low, high, 800) for low, high in
                             ((0, np.pi), (0.1, 0.3), (0, 6.3))), strict=True)
    ])  # fmt: skip
    noise = rng.normal(size=stripes.shape)
    oriented, plain = (anatomy.selectivity(anatomy.dictionary(x, 16)) for x in (stripes, noise))
    assert np.median(oriented) > np.median(plain) + 0.2


@pytest.fixture(scope="module")
def net():
    return models.build("compact", 3, SIZE, weights="shipped", batch_norm="updating", augment=False)


@pytest.fixture(scope="module")
def loaded(net):
    return net.get_weights()


def blocks_of(net, weights, others) -> set[str]:
    """The blocks whose kernels differ between two lists of weights."""
    block_of = {name: block for block, names in anatomy.members(net).items() for name in names}
    owners = [block_of[layer.name] for layer in net.layers for _ in layer.weights]
    pairs = zip(owners, weights, others, strict=True)
    return {owner for owner, a, b in pairs if a.ndim > 1 and not np.array_equal(a, b)}


def test_random_weights_are_those_that_the_model_would_be_built_with(net):
    expected = models.build("compact", 3, SIZE, weights="none", seed=5).get_weights()
    found = anatomy.random_weights(net, 5)
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    assert not np.array_equal(found[0], anatomy.random_weights(net, 6)[0])


def test_half_takes_the_lower_blocks_from_one_and_the_upper_from_the_other(net, loaded):
    other = anatomy.random_weights(net, 5)
    mixed = anatomy.half(net, loaded, other, "mixed4")
    assert blocks_of(net, mixed, loaded) == {f"mixed{i}" for i in range(5, 11)} | {"head"}
    assert blocks_of(net, mixed, other) == {"stem", *(f"mixed{i}" for i in range(5))}
    with pytest.raises(InputError, match="not 'mixed11'"):
        anatomy.half(net, loaded, other, "mixed11")


def test_shuffled_kernels_hold_the_same_numbers_in_another_order(loaded):
    found = anatomy.shuffled(loaded, seed=1)
    for before, after in zip(loaded, found, strict=True):
        np.testing.assert_array_equal(np.sort(before, axis=None), np.sort(after, axis=None))
        assert np.array_equal(before, after) == (before.ndim != 4)


def test_settled_statistics_make_prediction_what_training_computes(net):
    pixels = np.random.default_rng(0).integers(0, 256, (16, SIZE, SIZE, 3)).astype("float32")
    net.set_weights(anatomy.random_weights(net, 2))
    body = keras.Model(net.input, net.get_layer("mixed7").output)
    as_trained = np.asarray(body(pixels, training=True))
    net.set_weights(anatomy.random_weights(net, 2))
    assert np.abs(np.asarray(body(pixels, training=False)) - as_trained).max() > 0.1
    anatomy.settle(net, pixels)
    np.testing.assert_allclose(np.asarray(body(pixels, training=False)), as_trained, atol=2e-3)
    norms = [x for x in net.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert {norm.momentum for norm in norms} == {models.MOMENTUM}


def test_frozen_statistics_are_not_settled():
    frozen = models.build("compact", 2, SIZE, weights="shipped", augment=False)
    with pytest.raises(InputError, match="frozen statistics stay"):
        anatomy.settle(frozen, np.zeros((2, SIZE, SIZE, 3), "float32"))


def test_features_are_the_means_of_the_maps_whatever_the_batch(net, loaded):
    net.set_weights(loaded)
    pixels = np.random.default_rng(1).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
    watching = anatomy.watched(net, ["stem", "mixed3", "mixed10"])
    found = inference.predict(watching, pixels, batch_size=3)
    for depth, name in (("mixed3", "mixed3"), ("mixed10", "mixed10")):
        maps = np.asarray(keras.Model(net.input, net.get_layer(name).output)(pixels))
        np.testing.assert_allclose(found[depth], maps.mean(axis=(1, 2)), rtol=1e-3, atol=1e-4)
    assert found["stem"].shape == (5, 48)
    net.set_weights(anatomy.random_weights(net, 9))  # weights are shared
    assert not np.allclose(
        inference.predict(watching, pixels, batch_size=3)["mixed3"], found["mixed3"]
    )
    with pytest.raises(InputError, match="no maps at 'head'"):
        anatomy.watched(net, ["head"])
