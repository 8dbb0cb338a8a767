"""Starts: whose arrays stand where, statistics measured anew, and an interval against numpy's."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dermlab.errors import InputError
from dermlab.network import anatomy, models, starts
from dermlab.network.backend import keras

SIZE = 75


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
    found = starts.random_weights(net, 5)
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    assert not np.array_equal(found[0], starts.random_weights(net, 6)[0])


def test_half_takes_the_lower_blocks_from_one_and_the_upper_from_the_other(net, loaded):
    other = starts.random_weights(net, 5)
    mixed = starts.half(net, loaded, other, "mixed4")
    assert blocks_of(net, mixed, loaded) == {f"mixed{i}" for i in range(5, 11)} | {"head"}
    assert blocks_of(net, mixed, other) == {"stem", *(f"mixed{i}" for i in range(5))}
    with pytest.raises(InputError, match="not 'mixed11'"):
        starts.half(net, loaded, other, "mixed11")


def test_shuffled_kernels_hold_the_same_numbers_in_another_order(loaded):
    found = starts.shuffled(loaded, seed=1)
    for before, after in zip(loaded, found, strict=True):
        np.testing.assert_array_equal(np.sort(before, axis=None), np.sort(after, axis=None))
        assert np.array_equal(before, after) == (before.ndim != 4)


def test_settled_statistics_make_prediction_what_training_computes(net):
    pixels = np.random.default_rng(0).integers(0, 256, (16, SIZE, SIZE, 3)).astype("float32")
    net.set_weights(starts.random_weights(net, 2))
    body = keras.Model(net.input, net.get_layer("mixed7").output)
    as_trained = np.asarray(body(pixels, training=True))
    net.set_weights(starts.random_weights(net, 2))
    assert np.abs(np.asarray(body(pixels, training=False)) - as_trained).max() > 0.1
    starts.settle(net, pixels)
    np.testing.assert_allclose(np.asarray(body(pixels, training=False)), as_trained, atol=2e-3)
    norms = [x for x in net.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert {norm.momentum for norm in norms} == {models.MOMENTUM}


def test_frozen_statistics_are_not_settled():
    frozen = models.build("compact", 2, SIZE, weights="shipped", augment=False)
    with pytest.raises(InputError, match="frozen statistics stay"):
        starts.settle(frozen, np.zeros((2, SIZE, SIZE, 3), "float32"))


def test_features_are_the_means_of_the_maps_whatever_the_batch(net, loaded):
    net.set_weights(loaded)
    pixels = np.random.default_rng(1).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
    watching = starts.watched(net, ["stem", "mixed3", "mixed10"])
    found = starts.features(watching, pixels, batch=3)
    for depth, name in (("mixed3", "mixed3"), ("mixed10", "mixed10")):
        maps = np.asarray(keras.Model(net.input, net.get_layer(name).output)(pixels))
        np.testing.assert_allclose(found[depth], maps.mean(axis=(1, 2)), rtol=1e-3, atol=1e-4)
    assert found["stem"].shape == (5, 48)
    net.set_weights(starts.random_weights(net, 9))  # weights are shared
    assert not np.allclose(starts.features(watching, pixels, batch=3)["mixed3"], found["mixed3"])
    with pytest.raises(InputError, match="no maps at 'head'"):
        starts.watched(net, ["head"])


def test_ahead_is_the_difference_of_areas_with_a_bootstrap_over_groups():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 3)
    positive = np.repeat(rng.random(60) < 0.4, 3)
    good, bad, worse = (positive * lift + rng.normal(size=180) for lift in (2, 0.6, 0.2))
    found = starts.ahead(positive, good, [bad, worse], groups, n_replicates=400, seed=1)
    areas = [roc_auc_score(positive, score) for score in (good, bad, worse)]
    assert found.estimate == pytest.approx(areas[0] - np.mean(areas[1:]))
    draws = []
    for _ in range(400):
        rows = np.concatenate([np.flatnonzero(groups == g) for g in rng.integers(60, size=60)])
        a, b, c = (roc_auc_score(positive[rows], s[rows]) for s in (good, bad, worse))
        draws.append(a - (b + c) / 2)
    np.testing.assert_allclose(
        [found.low, found.high], np.quantile(draws, [0.025, 0.975]), atol=0.03
    )
