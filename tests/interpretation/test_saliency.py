"""Methods against PAIR's `saliency`, gradients against finite differences, completeness."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.interpretation import saliency, scores


@pytest.fixture(scope="module", params=["float32", "float64"])
def network(request):
    """A tiny smooth network of three classes on 12 × 12 pixels, in single and double precision."""
    from dermlab.network.backend import keras

    kind = request.param
    if keras.config.backend() == "jax":  # which cuts numbers to single precision unless told
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", kind == "float64")
        request.addfinalizer(lambda: jax.config.update("jax_enable_x64", False))
    keras.utils.set_random_seed(3)
    layers, options = keras.layers, {"dtype": kind}
    x = pixels = layers.Input((12, 12, 3), **options)
    x = layers.Rescaling(1 / 127.5, offset=-1, **options)(x)
    x = layers.Conv2D(6, 3, activation="gelu", name="maps", **options)(x)
    # Not GlobalAveragePooling2D: on JAX its mean is taken in single precision.
    x = layers.Flatten(**options)(layers.AveragePooling2D(10, **options)(x))
    x = layers.Dense(3, activation="softmax", **options)(x)
    model = keras.Model(pixels, x)
    model.set_weights([3 * weight for weight in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).uniform(0, 255, (4, 12, 12, 3))


def exact(network):
    if network.layers[-1].dtype != "float64":
        pytest.skip("finite differences need double precision")


def as_for(network, pictures):
    return pictures.astype(network.layers[-1].dtype)


@pytest.mark.parametrize("make", [scores.of_loss, scores.of_class, scores.of_odds])
def test_gradients_are_those_of_finite_differences(network, pictures, make):
    exact(network)
    score = make(network, np.array([0, 1, 2, 1]))
    _, slope = score(pictures)
    for place in ((3, 4, 0), (7, 7, 1), (11, 0, 2)):
        step = np.zeros((12, 12, 3))
        step[place] = 1e-3
        change = (score(pictures + step)[0] - score(pictures - step)[0]) / 2e-3
        np.testing.assert_allclose(slope[:, *place], change, rtol=1e-6, atol=1e-11)


def test_loss_is_minus_the_log_of_the_probability(network, pictures):
    targets, images = np.array([0, 1, 2, 1]), as_for(network, pictures)
    probabilities = np.asarray(network.predict_on_batch(images), float)
    p = probabilities[np.arange(4), targets]
    np.testing.assert_allclose(
        scores.of_loss(network, targets)(images)[0], -np.log(p), rtol=1e-4, atol=1e-5
    )
    odds = np.log(p / (1 - p))
    np.testing.assert_allclose(scores.of_odds(network, targets)(images)[0], odds, atol=1e-4)
    np.testing.assert_allclose(scores.odds(network, targets)(images), odds, atol=1e-4)


def test_a_group_counts_by_its_sum(network, pictures):
    images, inside = as_for(network, pictures), np.array([[True, False, True]] * 4)
    p = np.asarray(network.predict_on_batch(images), float)[:, [0, 2]].sum(axis=1)
    value = scores.of_loss(network, inside)(images)[0]
    np.testing.assert_allclose(value, -np.log(p), rtol=1e-4, atol=1e-5)


def test_the_loss_draws_the_log_odds_scaled_by_one_minus_p(network, pictures):
    targets, images = np.array([0, 1, 2, 1]), as_for(network, pictures)
    p = np.asarray(network.predict_on_batch(images), float)[np.arange(4), targets]
    of_loss = scores.of_loss(network, targets)(images)[1]
    of_odds = scores.of_odds(network, targets)(images)[1]
    scaled = -(1 - p)[:, None, None, None] * of_odds
    np.testing.assert_allclose(of_loss, scaled, atol=2e-4 * np.abs(of_loss).max())


def test_input_gradient_is_the_loss_s_and_its_map_l1(network, pictures):
    targets, images = np.array([2, 1, 0, 0]), as_for(network, pictures)
    found = saliency.input_gradient(network, images, targets)
    assert found.shape == images.shape
    map_of = saliency.maps(network, images, targets, "input gradient")
    np.testing.assert_allclose(map_of, np.abs(found).sum(axis=3), rtol=1e-6)


def test_integrated_gradients_are_complete(network, pictures):
    score = scores.of_odds(network, np.array([0, 1, 2, 1]))
    given, error = saliency.integrated_gradients(
        score, as_for(network, pictures), baseline=0.0, points=400
    )
    assert (error < 0.01).all()
    assert given.shape == pictures.shape
    coarse = saliency.integrated_gradients(
        score, as_for(network, pictures), baseline=0.0, points=np.array([0.0])
    )[1]
    assert (coarse > 0.01).any()  # the error can be seen when the way is cut short


def test_parts_are_halved_until_the_attributions_are_complete(network, pictures):
    score, images = scores.of_odds(network, np.array([0, 1, 2, 1])), as_for(network, pictures)
    given, error, taken = saliency.complete_gradients(score, images, tolerance=1e-3, first=2)
    fine = saliency.integrated_gradients(score, images, points=400)[0]
    change = score(images)[0] - score(saliency.plain(images) + 0 * images)[0]
    np.testing.assert_allclose(given.sum((1, 2, 3)), change, rtol=2e-3)
    assert (error <= 1e-3).all() and taken < 4 * 400
    np.testing.assert_allclose(given, fine, atol=0.02 * np.abs(fine).max())


def test_a_bend_in_the_way_is_found():
    """value = max(0, sum - 3): the pixels of sum 10 share the change of 7 as they share the sum."""

    def score(images):
        total = images.sum(axis=(1, 2, 3))
        on = (total > 3).astype(float)
        return on * (total - 3), np.ones_like(images) * on[:, None, None, None]

    image = np.array([1.0, 2, 3, 4]).reshape(1, 2, 2, 1)
    options = {"baseline": 0.0, "first": 2}
    given, error, taken = saliency.complete_gradients(score, image, tolerance=1e-4, **options)
    np.testing.assert_allclose(given, 0.7 * image, rtol=1e-3)
    assert error[0] <= 1e-4
    assert saliency.integrated_gradients(score, image, baseline=0.0, points=taken)[1] > 1e-4
    stopped = saliency.complete_gradients(score, image, tolerance=0.0, most=40, **options)
    assert stopped[1] > 0 and stopped[2] <= 40


def pair(score):
    """PAIR's way to ask a network: one picture's value and gradient as a dict."""

    def call(images, call_model_args=None, expected_keys=None):
        value, slope = score(np.asarray(images))
        return {"INPUT_OUTPUT_GRADIENTS": slope, "OUTPUT_LAYER_VALUES": value}

    return call


def test_the_gradient_is_pair_s(network, pictures):
    pairs = pytest.importorskip("saliency.core")
    score = scores.of_odds(network, np.array([1]))
    theirs = pairs.GradientSaliency().GetMask(as_for(network, pictures)[0], pair(score))
    ours = saliency.gradient_map(score, as_for(network, pictures)[:1])[0]
    np.testing.assert_allclose(ours, np.abs(theirs).sum(axis=2), rtol=1e-5)


def test_smooth_grad_is_pair_s_with_its_noise(network, pictures, monkeypatch):
    pairs = pytest.importorskip("saliency.core")
    image, score = as_for(network, pictures)[0], scores.of_odds(network, np.array([1]))
    rng = np.random.default_rng(5)
    monkeypatch.setattr(np.random, "normal", lambda m, sd, shape: sd * rng.normal(size=shape))
    theirs = pairs.GradientSaliency().GetSmoothedMask(
        image, lambda x, *a, **k: pair(score)(x.astype(image.dtype)), nsamples=7, magnitude=False
    )
    ours = saliency.smooth_grad(score, image[None], noise=0.15, n_samples=7, seed=5)[0]
    np.testing.assert_allclose(ours, np.abs(theirs).sum(axis=2), rtol=1e-4, atol=1e-5 * ours.max())


def test_integrated_gradients_are_pair_s_at_its_points(network, pictures):
    pairs = pytest.importorskip("saliency.core")
    image, score = as_for(network, pictures)[0], scores.of_odds(network, np.array([1]))
    black = np.zeros_like(image)
    theirs = pairs.IntegratedGradients().GetMask(image, pair(score), None, black, 9, 1)
    points = np.linspace(0, 1, 9)
    ours, _ = saliency.integrated_gradients(score, image[None], baseline=0.0, points=points)
    np.testing.assert_allclose(ours[0], theirs, rtol=1e-4, atol=1e-5 * np.abs(theirs).max())


def test_occlusion_is_pair_s_per_covering_square(network, pictures):
    pairs = pytest.importorskip("saliency.core")
    image, score = as_for(network, pictures)[0], scores.of_odds(network, np.array([1]))
    theirs = pairs.Occlusion().GetMask(image, pair(score), size=5, value=0)[..., 0]
    value = scores.odds(network, np.array([1]))
    ours = saliency.occlusion(value, image[None], patch=5, stride=1, fill=0.0)[0]
    along = np.minimum(np.minimum(np.arange(1, 13), np.arange(12, 0, -1)), 5)
    squares = along[:, None] * along[None, :]  # PAIR adds up, ours is the mean
    np.testing.assert_allclose(ours * squares, theirs, atol=1e-5 * np.abs(theirs).max() + 1e-4)


def test_grad_cam_is_pair_s(network, pictures):
    pairs = pytest.importorskip("saliency.core")
    rng = np.random.default_rng(1)
    maps, slope = rng.normal(size=(2, 1, 5, 5, 4))

    def call(*_, **__):
        return {"CONVOLUTION_LAYER_VALUES": maps, "CONVOLUTION_OUTPUT_GRADIENTS": slope}

    theirs = pairs.GradCam().GetMask(pictures[0], call, should_resize=False, three_dims=False)
    np.testing.assert_allclose(saliency.grad_cam(maps, slope, 5)[0], theirs, atol=1e-5)
    enlarged = pairs.GradCam().GetMask(pictures[0], call, three_dims=False)
    ours = saliency.grad_cam(maps, slope, 12)[0]
    inner = np.s_[1:-1, 1:-1]  # beyond the outermost places PAIR mirrors, ours holds the edge
    np.testing.assert_allclose((ours / theirs.max())[inner], enlarged[inner], atol=1e-5)


def test_maps_of_a_network_of_ours_have_a_picture_s_size():
    from dermlab.network import models

    model = models.build("compact", 2, 75, weights="none")
    images = np.random.default_rng(0).integers(0, 256, (2, 75, 75, 3)).astype(np.uint8)
    for method in saliency.METHODS:
        found = saliency.maps(model, images, np.array([0, 1]), method)
        assert found.shape == (2, 75, 75)
        assert (found >= 0).all()
        assert np.isfinite(found).all()


def test_each_picture_s_map_is_of_the_network_of_its_own_folder(
    tmp_path, tiny_network, monkeypatch
):
    from dermlab.network import inference, models
    from dermlab.network.recipe import Recipe

    monkeypatch.setattr(models, "build", tiny_network)
    classes = pd.DataFrame({"name": ["a", "b"], "diseases": [("a",), ("b",)]})
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3)).astype(np.uint8)
    targets, fold = np.array([0, 1, 1, 0, 1]), [1, 0, 1, 1, 0]
    alone = []
    for k in (0, 1):
        model = tiny_network("compact", 2, 16, weights="none", seed=k)
        inference.save_run(
            tmp_path / f"{k}", model, classes=classes, recipe=Recipe.classroom(), seed=k
        )
        alone.append(saliency.maps(model, images, targets, "input gradient"))
    places = [tmp_path / f"{k}" for k in fold]
    methods = ["input gradient", "occlusion"]
    made = saliency.maps_by_run(places, images, targets, methods)
    assert list(made) == methods and made["occlusion"].max() > 0
    assert np.abs(alone[0] - alone[1]).max() > 0.01 * alone[0].max()
    expected = [alone[k][i] for i, k in enumerate(fold)]
    np.testing.assert_allclose(made["input gradient"], expected, rtol=1e-5)


def test_a_map_follows_the_weights_of_the_day(network, pictures):
    images, targets = as_for(network, pictures), np.array([0, 1, 2, 1])
    before, kept = saliency.input_gradient(network, images, targets), network.get_weights()
    network.set_weights([2 * weight for weight in kept])
    changed = saliency.input_gradient(network, images, targets)
    network.set_weights(kept)
    again = saliency.input_gradient(network, images, targets)
    assert np.abs(changed - before).max() > 0.01 * np.abs(before).max()
    np.testing.assert_array_equal(again, before)


def test_more_pictures_than_a_batch_get_their_own_targets(network, pictures):
    images = np.concatenate([as_for(network, pictures)] * 12)[:45]
    targets = np.arange(45) % 3
    whole = saliency.input_gradient(network, images, targets)
    one = saliency.input_gradient(network, images[40:41], targets[40:41])
    np.testing.assert_allclose(whole[40], one[0], rtol=1e-3, atol=1e-5 * np.abs(one).max())


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (np.array([0, 3, 0, 0]), "0 to 2"),
        (np.array([0.0, 1, 0, 0]), "class numbers"),
        (np.ones((4, 3), bool), "all of the network"),
        (np.array([0, 1, 2]), "4 pictures and 3 targets"),
    ],
)
def test_targets_that_do_not_fit_are_refused(network, pictures, targets, said):
    with pytest.raises(InputError, match=said):
        scores.of_loss(network, targets)(as_for(network, pictures))


def test_a_network_without_a_softmax_is_refused(network):
    from dermlab.network.backend import keras

    headless = keras.Model(network.input, network.layers[-1].input)
    with pytest.raises(InputError, match="softmax"):
        scores.of_loss(headless, np.array([0]))


def test_groups_are_the_task_s_classes():
    import pandas as pd

    from dermlab.cases import tasks

    task = tasks.get("three-way")
    classes = pd.DataFrame({"diseases": [("psoriasis",), ("malignant melanoma",)]})
    names = [name for name, _ in task.classes]
    found = scores.groups(classes, task)
    assert found[names.index("malignant")].tolist() == [False, True]
    assert found[names.index("non-neoplastic")].tolist() == [True, False]
