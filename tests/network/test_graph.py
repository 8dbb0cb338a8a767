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


class Subclass(keras.Model):
    """A network as a class, its last activation in ``call``; dropout as people write it."""

    def __init__(self, head, end=None):
        super().__init__()
        self.scaled = layers.Rescaling(1 / 255, name="scaled")
        self.seen = layers.Conv2D(4, 3, activation="gelu", name="seen")
        self.last_maps = layers.Conv2D(UNITS, 3, activation="gelu", name="last_maps")
        self.pooled = layers.GlobalAveragePooling2D(name="pooled")
        self.dropped = layers.Dropout(0.5)
        self.head, self.end = head, end or (lambda x: x)

    def call(self, x, training=True):
        x = self.pooled(self.last_maps(self.seen(self.scaled(x))))
        return self.end(self.head(self.dropped(x, training=training)))


class Around(keras.Model):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)


class Top(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = dense("softmax")

    def call(self, x):
        return self.inner(x)


def called(model):
    model(pictures(2))
    return model


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
    "subclass": lambda _: called(Subclass(dense("softmax"))),
    "subclass, fitted": lambda _: fitted(Subclass(dense("softmax"))),
    "subclass, keras.ops": lambda _: called(Subclass(dense(), keras.ops.softmax)),
    "subclass in a sequential": lambda _: keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), Subclass(lambda x: x), dense("softmax")]
    ),
    "subclass around a functional": lambda _: called(Around(functional(dense("softmax")))),
    "a layer made of layers": lambda _: functional(Top()),
    "logits": lambda _: functional(dense()),
    "logits, then float32": lambda _: functional(
        lambda x: layers.Activation("linear", dtype="float32")(dense()(x))
    ),
    "logarithms": lambda _: functional(dense("log_softmax")),
    "a sigmoid": lambda _: functional(layers.Dense(1, activation="sigmoid")),
    "dense and a sigmoid": lambda _: sequential(layers.Dense(1), layers.Activation("sigmoid")),
    "a sigmoid in a subclass": lambda _: called(Subclass(layers.Dense(1), keras.ops.sigmoid)),
    "one logit": lambda _: functional(layers.Dense(1)),
}


@pytest.fixture(params=NETWORKS)
def network(request, tmp_path):
    return NETWORKS[request.param](tmp_path)


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def probabilities(network, images):
    """What the network answers, read by hand: (n, n_classes)."""
    answers = np.asarray(network(images, training=False)).astype(float)
    if (answers < 0).any():  # logits, of one class or of several, or logarithms
        is_one = answers.shape[1] == 1
        return softmax(np.concatenate([0 * answers, answers], axis=1) if is_one else answers)
    return np.concatenate([1 - answers, answers], axis=1) if answers.shape[1] == 1 else answers


def classes(network, n):
    """A class for each of n pictures, every class in turn."""
    return np.arange(n) % max(2, network(pictures(1), training=False).shape[1])


def test_the_softmax_of_the_logits_is_what_the_network_answers(network):
    answers, targets = probabilities(network, pictures(3)), classes(network, 3)
    logits = np.asarray(graph.head(network).logits(pictures(3), training=False))
    np.testing.assert_allclose(softmax(logits), answers, atol=1e-6)
    assert not np.allclose(logits.sum(axis=1), 1)
    loss = scores.of_loss(network, targets)(pictures(3))[0]
    np.testing.assert_allclose(loss, -np.log(answers[range(3), targets]), atol=1e-5)


def test_gradients_are_those_of_finite_differences(network):
    """Of the network's own answers, along a random direction for each picture."""
    images, targets, step = pictures(3), classes(network, 3), 2.0
    way = np.random.default_rng(1).normal(size=images.shape).astype("float32")
    made = saliency.input_gradient(network, images, targets)
    ahead, behind = (
        -np.log(probabilities(network, images + sign * step * way)[range(3), targets])
        for sign in (1, -1)
    )
    along = np.einsum("nhwc,nhwc->n", made, way, dtype=float)
    np.testing.assert_allclose(along, (ahead - behind) / (2 * step), rtol=0.02, atol=2e-6)


def test_gradients_are_those_of_a_tape(network):
    import tensorflow as tf

    images, targets = tf.constant(pictures(3)), classes(network, 3)
    with tf.GradientTape() as tape:
        tape.watch(images)
        answers = network(images, training=False)
        if answers.shape[1] == 1:
            is_logit = (probabilities(network, pictures(3))[:, 1:] != np.asarray(answers)).any()
            answers = tf.sigmoid(answers) if is_logit else answers
            answers = tf.concat([1 - answers, answers], axis=1)
        elif (np.asarray(answers) < 0).any():
            answers = tf.nn.softmax(answers)
        chosen = tf.gather(answers, targets, batch_dims=1)
        odds = tf.math.log(chosen) - tf.math.log(1 - chosen)
    expected = tape.gradient(odds, images).numpy()
    made = scores.of_odds(network, targets)(pictures(3))[1]
    np.testing.assert_allclose(made, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_the_two_halves_of_a_network_are_the_whole(network):
    logits = graph.head(network).logits
    with pytest.raises(InputError) as error:
        graph.divide(logits, "nowhere")
    for layer in str(error.value).split("it can be at ")[1].rstrip(".").split(", ")[:2]:
        below, above = graph.divide(logits, layer)
        parts = np.asarray(above(below(pictures(3), training=False), training=False))
        np.testing.assert_allclose(
            parts, np.asarray(logits(pictures(3), training=False)), atol=1e-5
        )


def test_features_are_what_the_last_dense_layer_reads(network):
    features = inference.features(network, pictures(3))
    assert features.shape == (3, UNITS)
    head = next(v for v in network.weights[::-1] if len(v.shape) == 2)
    logits = np.asarray(graph.head(network).logits(pictures(3), training=False))
    made = features @ keras.ops.convert_to_numpy(head)
    logits = logits[:, -made.shape[1] :]  # of a single sigmoid the first class has the logit 0
    apart = (logits - made) - (logits - made)[:1]  # the bias, if any, is the same for all
    if made.shape[1] > 1:  # logits that are logarithms miss a number a picture
        apart = apart - apart[:, :1]
    np.testing.assert_allclose(apart, 0, atol=1e-5)


def test_every_method_makes_a_map_of_a_network_of_ones_own(network):
    with pytest.raises(InputError, match="cannot be divided at a layer 'mixed7'") as error:
        saliency.maps(network, pictures(1), np.array([0]), "grad-cam")
    layer = str(error.value).split("it can be at ")[1].rstrip(".").split(", ")[0]
    assert "seen" in str(error.value) or "conv2d" in str(error.value)
    for method in saliency.METHODS:
        made = saliency.maps(network, pictures(2), np.array([0, 1]), method, layer=layer)
        assert made.shape == (2, SIZE, SIZE) and (made >= 0).all() and np.isfinite(made).all()


def test_a_layer_inside_a_published_network_inside_a_sequential_can_be_named():
    base = keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, include_top=False, weights=None, pooling=None
    )
    network = keras.Sequential([
        keras.Input((32, 32, 3)), layers.Rescaling(1 / 127.5, offset=-1), base,
        layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    images = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    targets = np.array([1, 0])
    made = saliency.grad_cam_at(network, images, targets, layer="block_13_expand")
    inner = keras.Model(base.input, [base.get_layer("block_13_expand").output, base.output])
    maps, gradient = grad_cam_by_hand(inner, network, images)
    coarse = saliency.grad_cam(maps, np.array([1, -1])[:, None, None, None] * gradient, 32)
    assert made.max() > 0
    np.testing.assert_allclose(made, coarse, rtol=1e-3, atol=1e-4 * coarse.max())
    assert inference.features(network, images).shape == (2, base.output_shape[-1])


def grad_cam_by_hand(inner, network, images):
    """Maps of the inner network's layer, and the gradient of the sigmoid's log-odds there."""
    import tensorflow as tf

    scaled, dense = network.layers[0](images), network.layers[-1]
    above = keras.Model(inner.outputs[0], inner.outputs[1])
    maps = inner(scaled, training=False)[0]
    with tf.GradientTape() as tape:
        tape.watch(maps)
        pooled = tf.reduce_mean(above(maps, training=False), axis=[1, 2])
        odds = pooled @ dense.kernel + dense.bias
    return maps.numpy(), tape.gradient(odds, maps).numpy()


def test_the_map_of_a_subclass_is_pair_s():
    pair = pytest.importorskip("saliency.core")
    network, images = called(Subclass(dense("softmax"))), pictures(1)
    score = scores.of_odds(network, np.array([2]))

    def call(stack, call_model_args=None, expected_keys=None):
        return {pair.INPUT_OUTPUT_GRADIENTS: tape_of_odds(network, stack, 2)}

    theirs = pair.IntegratedGradients().GetMask(
        images[0], call, x_steps=20, x_baseline=np.zeros_like(images[0]), batch_size=20
    )
    points = np.linspace(0, 1, 20)
    ours = saliency.integrated_gradients(score, images, baseline=np.zeros(3), points=points)[0]
    np.testing.assert_allclose(ours[0], theirs, rtol=1e-3, atol=1e-4 * np.abs(theirs).max())


def tape_of_odds(network, stack, target):
    import tensorflow as tf

    images = tf.constant(np.asarray(stack, "float32"))
    with tf.GradientTape() as tape:
        tape.watch(images)
        chosen = network(images, training=False)[:, target]
        odds = tf.math.log(chosen) - tf.math.log(1 - chosen)
    return tape.gradient(odds, images).numpy()


def test_of_several_sigmoids_each_class_is_a_question_of_its_own():
    network = functional(dense("sigmoid"))
    images, targets = pictures(3), np.array([0, 1, 2])
    p = np.asarray(network(images))[range(3), targets]
    for make, expected in (
        (scores.of_loss, -np.log(p)),
        (scores.of_class, np.log(p / (1 - p))),
        (scores.of_odds, np.log(p / (1 - p))),
    ):
        np.testing.assert_allclose(make(network, targets)(images)[0], expected, atol=1e-5)
    np.testing.assert_allclose(
        scores.odds(network, targets)(images), np.log(p / (1 - p)), atol=1e-5
    )
    odds = np.stack([tape_of_odds(network, images[i : i + 1], i)[0] for i in range(3)])
    made = scores.of_odds(network, targets)(images)[1]
    np.testing.assert_allclose(made, odds, rtol=1e-3, atol=1e-4 * np.abs(odds).max())
    for layer in ("last_maps", "seen"):
        assert saliency.grad_cam_at(network, images, targets, layer=layer).shape == (3, SIZE, SIZE)
    with pytest.raises(InputError, match="do not exclude one another"):
        scores.of_odds(network, np.array([[True, True, False]]))


class OfTensorFlow(keras.Model):
    """A network whose ``call`` uses TensorFlow's own operations."""

    def __init__(self, end):
        super().__init__()
        self.seen, self.head, self.end = layers.Conv2D(4, 3), dense(), end

    def call(self, x):
        import tensorflow as tf

        return self.end(self.head(tf.reduce_mean(tf.nn.gelu(self.seen(x / 255)), axis=[1, 2])))


def test_a_network_that_cannot_be_followed_is_explained_by_its_probabilities():
    import tensorflow as tf

    network, images = called(OfTensorFlow(tf.nn.softmax)), pictures(3)
    p = np.asarray(network(images))
    made = scores.of_odds(network, np.array([0, 1, 1]))(images)
    chosen = p[range(3), [0, 1, 1]]
    np.testing.assert_allclose(made[0], np.log(chosen / (1 - chosen)), atol=1e-5)
    expected = tape_of_odds(network, images[1:2], 1)
    np.testing.assert_allclose(made[1][1:2], expected, rtol=1e-3, atol=1e-8)
    with pytest.raises(InputError, match=r"it can be at none.*keras\.ops\.relu for tf\.nn\.relu"):
        saliency.grad_cam_at(network, images, np.array([0, 1, 1]), layer="seen")
    with pytest.raises(InputError, match="write it with these alone"):
        inference.features(network, images)
    with pytest.raises(InputError, match="write it with these alone"):
        scores.of_odds(called(OfTensorFlow(tf.identity)), np.array([0]))


def test_a_block_that_cannot_be_followed_is_one_layer_with_maps():
    class Block(keras.Model):
        def __init__(self):
            super().__init__(name="block")
            self.inner = layers.Conv2D(UNITS, 3, name="inner")

        def call(self, x):
            import tensorflow as tf

            return tf.nn.relu(self.inner(x))

    network = keras.Sequential([
        keras.Input((SIZE, SIZE, 3)), layers.Conv2D(4, 3, name="first"), Block(),
        layers.GlobalAveragePooling2D(), dense("softmax"),
    ])  # fmt: skip
    made = saliency.grad_cam_at(network, pictures(2), np.array([0, 1]), layer="block")
    assert made.shape == (2, SIZE, SIZE)
    said = r"it can be at block, first\. The layers of 'block' cannot"
    with pytest.raises(InputError, match=said):
        saliency.grad_cam_at(network, pictures(2), np.array([0, 1]), layer="inner")


def test_pixels_of_a_file_go_into_every_kind_of_network(network):
    pixels = pictures(5).astype(np.uint8)
    answers = inference.predict(network, pixels, batch_size=2)
    expected = np.asarray(network(pixels.astype("float32"), training=False))
    np.testing.assert_allclose(answers, expected, atol=1e-5)


def test_a_map_of_a_subclass_follows_its_weights_and_the_answer_is_untouched():
    network, images = called(Subclass(dense("softmax"))), pictures(2)
    answers = np.asarray(network(images, training=False))
    before = saliency.input_gradient(network, images, np.array([0, 1]))
    np.testing.assert_array_equal(np.asarray(network(images, training=False)), answers)
    network.set_weights([2 * weight for weight in network.get_weights()])
    after = saliency.input_gradient(network, images, np.array([0, 1]))
    assert np.abs(after - before).max() > 0.1 * np.abs(before).max()


def test_a_network_in_mixed_precision_is_explained():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = functional(layers.Dense(CLASSES, activation="softmax", dtype="float32"))
    finally:
        keras.config.set_dtype_policy("float32")
    exact = functional(dense("softmax"))
    exact.set_weights(network.get_weights())
    made, expected = (
        saliency.input_gradient(each, pictures(2), np.array([0, 1])) for each in (network, exact)
    )
    assert np.corrcoef(made.ravel(), expected.ravel())[0, 1] > 0.98


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


def two_outputs():
    pixels = keras.Input((SIZE, SIZE, 3))
    x = body(pixels)
    return keras.Model(pixels, [dense("softmax")(x), dense("softmax")(x)])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: functional(layers.Dense(1, activation="tanh")), "this one ends in 'dense'"),
        (lambda: functional(layers.Dense(1, activation="softmax")), r"the shape \(1,\)"),
        (lambda: functional(lambda x: x), r"ends in 'pooled' \(GlobalAveragePooling2D\)"),
        (lambda: sequential(dense("softmax"), pixels=False), "no graph that can be followed"),
        (lambda: Subclass(dense("softmax")), "no graph that can be followed"),
        (two_outputs, "1 inputs and 2 outputs"),
    ],
)
def test_a_network_that_cannot_be_explained_is_one_sentence(make, sentence):
    keras.backend.clear_session()
    with pytest.raises(InputError, match=sentence):
        scores.of_odds(make(), np.array([0]))


@pytest.mark.parametrize(
    "make", [lambda: sequential(dense(), pixels=False), lambda: Subclass(dense())]
)
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
