import random

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.network import checkpoints, inception, models, torch_file
from dermlab.network.backend import keras

SIZE = 75


@pytest.fixture(scope="module")
def compact():
    return models.build("compact", 5, SIZE, weights="none", seed=1)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3), dtype=np.uint8)


def body(width: float) -> keras.Model:
    pixels = keras.Input((SIZE, SIZE, 3))
    return keras.Model(pixels, inception.inception(pixels, width))


def test_at_width_one_it_is_kerass_own_inception():
    ours = body(1.0)
    theirs = keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(SIZE, SIZE, 3)
    )
    assert ours.count_params() == theirs.count_params() == 21_802_784
    assert [type(layer) for layer in ours.layers] == [type(layer) for layer in theirs.layers]
    assert [layer.output.shape for layer in ours.layers] == [
        layer.output.shape for layer in theirs.layers
    ]
    mixed = [layer.name for layer in theirs.layers if layer.name.startswith("mixed")]
    assert [layer.name for layer in ours.layers if layer.name.startswith("mixed")] == mixed
    ours.set_weights(theirs.get_weights())
    x = np.random.default_rng(0).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype("float32")
    assert np.abs(ours.predict_on_batch(x) - theirs.predict_on_batch(x)).max() < 1e-5


def test_the_twin_has_a_quarter_of_every_channel(compact):
    wide = body(1.0)
    for block in inception.BLOCKS:
        full, quarter = wide.get_layer(block).output.shape, compact.get_layer(block).output.shape
        assert quarter == (*full[:3], full[3] // 4)
    assert compact.get_layer(models.FEATURES).output.shape == (None, 512)
    assert compact.get_layer(models.HEAD).output.shape == (None, 5)
    assert compact.count_params() == 1_372_520 + 513 * 5


def test_inception_v3_is_the_application_under_our_head():
    model = models.build("inception_v3", 3, SIZE, weights="none")
    assert model.count_params() == 21_802_784 + 2049 * 3
    assert model.get_layer(models.FEATURES).output.shape == (None, 2048)


def test_pixels_are_scaled_once_whatever_their_dtype(compact, pictures):
    scaled = keras.Model(compact.input, compact.get_layer("rescale").output)
    expected = pictures / 127.5 - 1
    np.testing.assert_allclose(scaled.predict_on_batch(pictures), expected, atol=1e-6)
    as_float = compact.predict_on_batch(pictures.astype("float32"))
    np.testing.assert_allclose(compact.predict_on_batch(pictures), as_float, atol=1e-6)
    np.testing.assert_allclose(as_float.sum(axis=1), 1, atol=1e-5)


def test_the_seed_decides_the_weights_and_leaves_pythons_generator_alone(compact):
    random.seed(5)
    expected = random.random()
    random.seed(5)
    same = models.build("compact", 5, SIZE, weights="none", seed=1)
    assert random.random() == expected
    other = models.build("compact", 5, SIZE, weights="none", seed=2)
    pairs = list(zip(same.get_weights(), compact.get_weights(), strict=True))
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert not np.array_equal(same.get_weights()[0], other.get_weights()[0])


def trained_blocks(model: keras.Model) -> set[str]:
    """Names of the blocks that hold something that trains, by walking the graph upwards."""
    found = set()
    for name in inception.BLOCKS:
        upto = set(keras.Model(model.input, model.get_layer(name).output).layers)
        before = inception.BLOCKS.index(name)
        if before:
            earlier = model.get_layer(inception.BLOCKS[before - 1]).output
            upto -= set(keras.Model(model.input, earlier).layers)
        if any(layer.trainable_weights for layer in upto):
            found.add(name)
    return found


@pytest.mark.parametrize(
    ("depth", "first"), [("all", 0), ("head", 11), ("mixed0", 0), ("mixed1", 1), ("mixed8", 8)]
)
def test_depth_is_the_lowest_block_that_trains(depth, first):
    model = models.build("compact", 3, SIZE, weights="none", depth=depth)
    assert trained_blocks(model) == set(inception.BLOCKS[first:])
    assert model.get_layer(models.HEAD).trainable
    stem = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    assert stem.trainable == (depth == "all")


def batch_norms(model: keras.Model) -> list:
    return [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]


def statistics(model: keras.Model) -> np.ndarray:
    kept = [x for bn in batch_norms(model) for x in (bn.moving_mean, bn.moving_variance)]
    return np.concatenate([checkpoints.to_numpy(x) for x in kept])


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory):
    """A network whose statistics were measured on pictures, as pretraining leaves them."""
    model = models.build("compact", 5, SIZE, weights="none", seed=1)
    for bn in batch_norms(model):
        bn.momentum = 0.0
    others = np.random.default_rng(1).integers(0, 256, (64, SIZE, SIZE, 3), dtype=np.uint8)
    model(others, training=True)
    path = tmp_path_factory.mktemp("weights") / "compact.npz"
    checkpoints.save_weights(model, path, head=False)
    return path


def test_pretrained_weights_keep_their_statistics_unless_told_otherwise(weights_file):
    for weights, kind in ((weights_file, models.FrozenBatchNormalization), ("none", None)):
        model = models.build("compact", 2, SIZE, weights=weights)
        expected = kind or keras.layers.BatchNormalization
        assert {type(bn) for bn in batch_norms(model)} == {expected}
        assert kind or {bn.momentum for bn in batch_norms(model)} == {0.9}


@pytest.mark.parametrize(("batch_norm", "moves"), [("frozen", False), ("updating", True)])
def test_batch_norm_keeps_or_moves_its_statistics(weights_file, pictures, batch_norm, moves):
    model = models.build("compact", 2, SIZE, weights=weights_file, batch_norm=batch_norm)
    before, betas = statistics(model), [checkpoints.to_numpy(bn.beta) for bn in batch_norms(model)]
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.train_on_batch(pictures, np.array([0, 1, 0, 1]))
    assert (not np.array_equal(statistics(model), before)) == moves
    # Frozen or not, everything trains, the shifts of BatchNorm too.
    after = [checkpoints.to_numpy(bn.beta) for bn in batch_norms(model)]
    changed = [not np.array_equal(old, new) for old, new in zip(betas, after, strict=True)]
    assert np.mean(changed) > 0.9


def test_frozen_statistics_make_training_and_prediction_one_function(weights_file, pictures):
    """The bug that freezing avoids: a network that is another one while it trains."""
    gaps = {}
    for batch_norm in ("frozen", "updating"):
        model = models.build("compact", 2, SIZE, weights=weights_file, batch_norm=batch_norm)
        upper = keras.Model(model.get_layer("rescale").output, model.output)
        x = pictures / 127.5 - 1
        gaps[batch_norm] = np.abs(upper(x, training=True) - upper(x, training=False)).max()
    assert gaps["frozen"] == 0 and gaps["updating"] > 1e-3


def test_below_the_chosen_depth_statistics_never_move(weights_file, pictures):
    model = models.build(
        "compact", 2, SIZE, weights=weights_file, depth="mixed8", batch_norm="updating"
    )
    below = set(keras.Model(model.input, model.get_layer("mixed7").output).layers)
    kept = [bn for bn in batch_norms(model) if bn in below]
    before = [checkpoints.to_numpy(bn.moving_mean) for bn in kept]
    all_before = statistics(model)
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.train_on_batch(pictures, np.array([0, 1, 0, 1]))
    assert all(
        np.array_equal(b, checkpoints.to_numpy(bn.moving_mean))
        for b, bn in zip(before, kept, strict=True)
    )
    assert not np.array_equal(statistics(model), all_before)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kind": "vgg16"}, "no network 'vgg16': choose one of compact, efficientnet_lite0, inc"),
        ({"size": 74}, "75 pixels or more, not 74"),
        ({"depth": "mixed11"}, "not 'mixed11'"),
        ({"depth": "block3"}, "mixed0 to mixed10, not 'block3'"),
        ({"kind": "efficientnet_lite0", "depth": "mixed3"}, "block0 to block15, not 'mixed3'"),
        ({"kind": "efficientnet_lite0", "size": 31}, "32 pixels or more, not 31"),
        ({"kind": "efficientnet_lite0", "weights": "shipped"}, "no weights are shipped for eff"),
        ({"batch_norm": "warm"}, "not 'warm'"),
        ({"batch_norm": "frozen"}, "no statistics to freeze"),
        ({"weights": "nowhere.npz"}, "no weights file nowhere.npz"),
        (
            {"weights": "imagenet"},
            "ImageNet weights exist for inception_v3 and .*, not for compact",
        ),
        ({"kind": "inception_v3", "weights": "shipped"}, "no weights are shipped for inception_v3"),
    ],
)
def test_bad_choices_are_one_sentence(options, sentence):
    choice = {"kind": "compact", "size": SIZE, "weights": "none", **options}
    with pytest.raises(InputError, match=sentence):
        models.build(choice.pop("kind"), 2, choice.pop("size"), **choice)


def test_without_augmentation_nothing_is_turned_and_all_else_is_the_same():
    plain = models.build("compact", 2, 75, weights="none", augment=False, seed=3)
    turned = models.build("compact", 2, 75, weights="none", seed=3)
    names = [layer.name for layer in plain.layers]
    assert "augment" not in names and "augment" in [layer.name for layer in turned.layers]
    for a, b in zip(plain.weights, turned.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_divided_network_computes_the_same(pictures):
    model = models.build("compact", 3, 75, weights="none")
    below, above = models.divide(model, "mixed7")
    maps = below.predict_on_batch(pictures)
    np.testing.assert_allclose(
        above.predict_on_batch(maps), model.predict_on_batch(pictures), atol=1e-5
    )
    assert len(below.weights) + len(above.weights) == len(model.weights)
    with pytest.raises(InputError, match="not at 'conv2d'"):
        models.divide(model, "conv2d")


def test_efficientnet_has_its_imagenet_weights_below_our_head_and_divides():
    """Without a word about weights; frozen statistics, as every network that has learnt before."""
    tensors = torch_file.read(torch_file.weights_file())
    model = models.build("efficientnet_lite0", 3, 32)
    assert model.count_params() == 4_694_024 - 1_281_000 + 1281 * 3
    assert model.get_layer(models.FEATURES).output.shape == (None, 1280)
    assert {type(bn) for bn in batch_norms(model)} == {models.FrozenBatchNormalization}
    kernel = model.get_layer("block5_expand").get_weights()[0]
    expected = tensors["_blocks.5._expand_conv.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(kernel, expected)
    moving = model.get_layer("block5_depthwise_norm").get_weights()[2]
    np.testing.assert_array_equal(moving, tensors["_blocks.5._bn1.running_mean"])
    below, above = models.divide(model, "block10")
    assert below.output.shape[1:] == (2, 2, 112)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_allclose(
        above.predict_on_batch(below.predict_on_batch(pixels)),
        model.predict_on_batch(pixels),
        atol=1e-5,
    )


def test_a_fresh_network_is_the_same_one_with_the_weights_of_its_seed():
    options = {"weights": "none", "augment": False}
    first = models.fresh("compact", 2, 75, seed=3, **options)
    built = models.build("compact", 2, 75, seed=3, **options).get_weights()
    for a, b in zip(first.get_weights(), built, strict=True):
        np.testing.assert_array_equal(a, b)
    again = models.fresh("compact", 2, 75, seed=4, **options)
    assert again is first
    assert not np.array_equal(again.get_weights()[0], built[0])
    assert models.fresh("compact", 3, 75, seed=3, **options) is not first


@pytest.mark.parametrize(("kind", "size"), [("compact", 75), ("efficientnet_lite0", 32)])
def test_in_mixed_precision_pixels_head_and_weights_stay_exact(monkeypatch, kind, size):
    from dermlab.network import backend

    exact = models.build(kind, 3, size, weights="none", seed=4)
    monkeypatch.setattr(backend, "policy", lambda precision: "mixed_bfloat16")
    with backend.computing_in("mixed"):
        mixed = models.build(kind, 3, size, weights="none", seed=4)
    assert keras.config.dtype_policy().name == "float32"
    for name in ("augment", "rescale", models.FEATURES, models.HEAD):
        assert mixed.get_layer(name).compute_dtype == "float32"
    between = [layer for layer in mixed.layers if isinstance(layer, keras.layers.Conv2D)]
    assert between and {layer.compute_dtype for layer in between} == {"bfloat16"}
    assert {weight.dtype for weight in mixed.weights} == {"float32"}
    for ours, theirs in zip(mixed.get_weights(), exact.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    pixels = np.random.default_rng(0).integers(0, 256, (4, size, size, 3)).astype(np.uint8)
    answers = [each.predict(pixels, verbose=0) for each in (mixed, exact)]
    assert answers[0].dtype == np.float32
    np.testing.assert_allclose(*answers, atol=0.02)
