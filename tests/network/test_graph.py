"""Networks of one's own: softmax, features and maps are found however they were put together."""

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.interpretation import saliency, scores
from dermlab.network import graph, inference
from dermlab.network.backend import keras

layers = keras.layers
SIZE, CLASSES, UNITS = 10, 3, 5


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(1)


def body(x):
    x = layers.Rescaling(1 / 255, name="scaled")(x)
    x = layers.Conv2D(4, 3, activation="gelu", name="seen")(x)
    x = layers.Conv2D(UNITS, 3, activation="gelu", name="last_maps")(x)
    return layers.GlobalAveragePooling2D(name="pooled")(x)


def functional(head):
    pixels = keras.Input((SIZE, SIZE, 3))
    return keras.Model(pixels, head(body(pixels)))


def sequential(*head, pixels=True):
    first = [keras.Input((SIZE, SIZE, 3))] if pixels else []
    return keras.Sequential([
        *first,
        layers.Rescaling(1 / 255, name="scaled"),
        layers.Conv2D(4, 3, activation="gelu", name="seen"),
        layers.Conv2D(UNITS, 3, activation="gelu", name="last_maps"),
        layers.GlobalAveragePooling2D(name="pooled"),
        *head,
    ])  # fmt: skip


def fitted(model):
    model.compile("sgd", "categorical_crossentropy")
    model.fit(pictures(4), np.eye(CLASSES)[[0, 1, 2, 0]], verbose=0)
    return model


def reloaded(model, folder):
    model.save(folder / "own.keras")
    return keras.models.load_model(folder / "own.keras")


def around(model):
    """The network inside another one."""
    pixels = keras.Input((SIZE, SIZE, 3))
    return keras.Model(pixels, model(pixels))


def on_a_base(head):
    """A base without a head as one layer of the network, as in transfer learning."""
    pixels = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(UNITS, 3, activation="gelu")(pixels)
    base = keras.Model(pixels, x, name="base")
    mine = keras.Input((SIZE, SIZE, 3))
    x = layers.GlobalAveragePooling2D()(base(layers.Rescaling(1 / 255)(mine)))
    return keras.Model(mine, head(x))


def dense(activation=None):
    return layers.Dense(CLASSES, activation=activation)


def pictures(n):
    return np.random.default_rng(0).uniform(0, 255, (n, SIZE, SIZE, 3)).astype("float32")


NETWORKS = {
    "dense with a softmax": lambda _: functional(dense("softmax")),
    "dense without a bias": lambda _: functional(
        layers.Dense(CLASSES, use_bias=False, activation="softmax")
    ),
    "dense and Softmax": lambda _: functional(lambda x: layers.Softmax()(dense()(x))),
    "dense and Activation": lambda _: functional(
        lambda x: layers.Activation("softmax")(dense()(x))
    ),
    "softmax, then float32": lambda _: functional(
        lambda x: layers.Activation("linear", dtype="float32")(dense("softmax")(x))
    ),
    "keras.ops": lambda _: functional(lambda x: keras.ops.softmax(dense()(x))),
    "sequential": lambda _: sequential(dense("softmax")),
    "sequential, Softmax": lambda _: sequential(dense(), layers.Softmax()),
    "sequential, fitted": lambda _: fitted(sequential(dense("softmax"))),
    "sequential without Input, fitted": lambda _: fitted(
        sequential(dense(), layers.Activation("softmax"), pixels=False)
    ),
    "sequential, fitted and reloaded": lambda folder: reloaded(
        fitted(sequential(dense("softmax"), pixels=False)), folder
    ),
    "functional, fitted and reloaded": lambda folder: reloaded(
        fitted(functional(lambda x: layers.Softmax()(dense()(x)))), folder
    ),
    "sequential in a functional": lambda _: around(sequential(dense("softmax"))),
    "functional in a functional in another": lambda _: around(
        around(functional(lambda x: layers.Softmax()(dense()(x))))
    ),
    "sequential on a base": lambda _: keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), functional(lambda x: x), dense("softmax")]
    ),
    "a base as a layer": lambda _: on_a_base(dense("softmax")),
}


@pytest.fixture(params=NETWORKS)
def network(request, tmp_path):
    return NETWORKS[request.param](tmp_path)


def test_the_softmax_of_the_logits_is_what_the_network_answers(network):
    answers = np.asarray(network.predict(pictures(3), verbose=0))
    logits = graph.logits(network).predict(pictures(3), verbose=0)
    exact = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(exact, answers, atol=1e-6)
    assert not np.allclose(logits.sum(axis=1), 1)
    loss = scores.of_loss(network, np.array([0, 1, 2]))(pictures(3))[0]
    np.testing.assert_allclose(loss, -np.log(answers[range(3), range(3)]), atol=1e-5)


def test_the_two_halves_of_a_network_are_the_whole(network):
    logits = graph.logits(network)
    with pytest.raises(InputError) as error:
        graph.divide(logits, "nowhere")
    for layer in str(error.value).split("it can be at ")[1].rstrip(".").split(", ")[:2]:
        below, above = graph.divide(logits, layer)
        parts = above.predict(below.predict(pictures(3), verbose=0), verbose=0)
        np.testing.assert_allclose(parts, logits.predict(pictures(3), verbose=0), atol=1e-5)


def test_features_are_what_the_last_dense_layer_reads(network):
    features = inference.features(network, pictures(3))
    assert features.shape == (3, UNITS)
    head = next(v for v in network.weights[::-1] if v.shape == (UNITS, CLASSES))
    logits = graph.logits(network).predict(pictures(3), verbose=0)
    made = features @ keras.ops.convert_to_numpy(head)
    apart = (logits - made) - (logits - made)[:1]  # the bias, if any, is the same for all
    np.testing.assert_allclose(apart, 0, atol=1e-5)


def test_every_method_makes_a_map_of_a_network_of_ones_own(network):
    with pytest.raises(InputError, match="cannot be divided at a layer 'mixed7'") as error:
        saliency.maps(network, pictures(1), np.array([0]), "grad-cam")
    layer = str(error.value).split("it can be at ")[1].rstrip(".").split(", ")[0]
    for method in saliency.METHODS:
        made = saliency.maps(network, pictures(2), np.array([0, 1]), method, layer=layer)
        assert made.shape == (2, SIZE, SIZE) and (made >= 0).all() and np.isfinite(made).all()


def test_grad_cam_at_a_layer_is_the_formula():
    network = functional(dense("softmax"))
    made = saliency.grad_cam_at(network, pictures(2), np.array([0, 1]), layer="last_maps")
    maps = keras.Model(network.input, network.get_layer("last_maps").output)
    maps = maps.predict(pictures(2), verbose=0)
    # all places are averaged before the head, so every channel's gradient is the same everywhere
    gradient = scores.of_odds_at(network, np.array([0, 1]), "last_maps")[1](maps)[1]
    coarse = np.maximum((gradient.mean(axis=(1, 2), keepdims=True) * maps).sum(axis=-1), 0)
    factor = coarse.shape[1] / SIZE
    assert made.max() <= coarse.max() + 1e-6 and factor == 0.6


@pytest.mark.parametrize("layer", ["nowhere", "pooled", "left"])
def test_layers_that_grad_cam_can_use_are_named(layer):
    pixels = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(4, 3, padding="same", name="before")(pixels)
    left = layers.Conv2D(4, 3, padding="same", name="left")(x)
    x = layers.Add(name="joined")([x, left])  # "left" alone is not all that the output reads
    x = dense("softmax")(layers.GlobalAveragePooling2D(name="pooled")(x))
    network = keras.Model(pixels, x)
    with pytest.raises(InputError, match=r"it can be at joined, before\.$"):
        saliency.grad_cam_at(network, pictures(1), np.array([0]), layer=layer)


class Subclass(keras.Model):
    def call(self, x):
        return x


def two_outputs():
    pixels = keras.Input((SIZE, SIZE, 3))
    x = body(pixels)
    return keras.Model(pixels, [dense("softmax")(x), dense("softmax")(x)])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: functional(layers.Dense(1, activation="sigmoid")), "it ends in 'dense'"),
        (lambda: functional(lambda x: x), r"it ends in 'pooled' \(GlobalAveragePooling2D\)"),
        (lambda: sequential(dense("softmax"), pixels=False), "no graph that can be followed"),
        (Subclass, "no graph that can be followed"),
        (two_outputs, "1 inputs and 2 outputs"),
    ],
)
def test_a_network_that_cannot_be_explained_is_one_sentence(make, sentence):
    keras.backend.clear_session()
    with pytest.raises(InputError, match=sentence):
        scores.of_odds(make(), np.array([0]))


@pytest.mark.parametrize("make", [lambda: sequential(dense(), pixels=False), Subclass])
def test_a_network_without_a_graph_has_no_features(make):
    with pytest.raises(InputError, match="no graph that can be followed"):
        inference.features(make(), pictures(1))


def test_maps_are_no_features():
    pixels = keras.Input((SIZE, SIZE, 3))
    network = keras.Model(pixels, layers.Conv2D(2, 3)(pixels))
    with pytest.raises(InputError, match=r"the shape \(None, 8, 8, 2\)"):
        inference.features(network, pictures(1))


@pytest.mark.parametrize(
    "method", ["grad-cam", "GradCAM", "Grad CAM", "grad_cam", "Grad-CAM", "GRAD-CAM"]
)
def test_a_method_is_known_however_it_is_spelled(method):
    assert saliency.named(method) == "Grad-CAM"
    assert saliency.named("integrated-gradients") == "Integrated Gradients"
    assert saliency.named("smoothgrad") == "SmoothGrad"
    for other in ("", "grad", "lime", None):
        with pytest.raises(InputError, match="There is no method"):
            saliency.named(other)
