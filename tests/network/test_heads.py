"""A head set by regression: the network's answers are the regression's own."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dermlab.network import heads, inference
from dermlab.network.backend import keras

N, SIZE, UNITS = 120, 8, 5
TRAIN, DEVELOPMENT = np.arange(0, 80), np.arange(80, N)


@pytest.fixture(scope="module")
def networks():
    """For two and for four classes: a few features of the pictures, one of them always zero."""

    def build(n_classes):
        keras.utils.set_random_seed(1)
        pixels = keras.Input((SIZE, SIZE, 3))
        x = keras.layers.Conv2D(UNITS, 3, activation="relu", name="maps")(pixels)
        kernel, bias = x._keras_history.operation.get_weights()
        kernel[..., 0], bias[0] = 0, -1
        x._keras_history.operation.set_weights([kernel, bias])
        x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(x)
        return keras.Model(
            pixels, keras.layers.Dense(n_classes, activation="softmax", name="predictions")(x)
        )

    return {n_classes: build(n_classes) for n_classes in (2, 4)}


def drawn(n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures whose hue depends on the class, much noise; class 0 is the most frequent."""
    rng = np.random.default_rng(n_classes)
    labels = rng.choice(n_classes, N, p=[0.7, *[0.3 / (n_classes - 1)] * (n_classes - 1)])
    hues = rng.integers(90, 160, (n_classes, 1, 1, 3))
    noise = rng.normal(0, 30, (N, 1, 1, 3)) + rng.normal(0, 30, (N, SIZE, SIZE, 3))
    return np.clip(hues[labels] + noise, 0, 255).astype(np.uint8), labels


def oracle(features: np.ndarray, labels: np.ndarray, penalty: float, balanced: bool):
    """scikit-learn's own pipeline, class weights and all."""
    weight = "balanced" if balanced else None
    regression = LogisticRegression(C=penalty, max_iter=5000, tol=1e-7, class_weight=weight)
    return make_pipeline(StandardScaler(), regression).fit(features[TRAIN], labels[TRAIN])


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_networks_development_metric_is_the_regressions(networks, n_classes, balanced):
    model, (images, labels) = networks[n_classes], drawn(n_classes)

    def metric(probabilities, rows):
        return roc_auc_score(labels[rows] > 0, 1 - probabilities[:, 0])

    before = inference.predict(model, images)
    value = heads.by_regression(
        model, images, labels, train=TRAIN, development=DEVELOPMENT, metric=metric,
        groups=labels if balanced else None,
    )  # fmt: skip
    answers = inference.predict(model, images)
    assert np.abs(answers - before).max() > 0.05
    assert metric(answers[DEVELOPMENT], DEVELOPMENT) == pytest.approx(value, abs=1e-6)
    features = inference.features(model, images).astype(float)
    fitted = {c: oracle(features, labels, c, balanced) for c in heads.PENALTIES}
    judged = {
        c: metric(one.predict_proba(features[DEVELOPMENT]), DEVELOPMENT)
        for c, one in fitted.items()
    }
    assert value == pytest.approx(max(judged.values()), abs=1e-3)
    best = min(fitted, key=lambda c: np.abs(fitted[c].predict_proba(features) - answers).max())
    np.testing.assert_allclose(answers, fitted[best].predict_proba(features), atol=2e-3)
    assert judged[best] == pytest.approx(max(judged.values()), abs=1e-3)


def test_a_class_without_a_picture_gets_no_probability(networks):
    model, (images, labels) = networks[4], drawn(4)
    labels = np.where((labels == 2) & (np.arange(N) < 80), 0, labels)
    heads.by_regression(
        model, images, labels, train=TRAIN, development=DEVELOPMENT, metric=lambda *_: 0.0
    )
    answers = inference.predict(model, images)
    assert answers[:, 2].max() < 1e-6 and answers[:, [0, 1, 3]].min() > 1e-6


def test_the_development_part_chooses_the_penalty_and_at_equality_the_stronger(networks):
    model, (images, labels) = networks[2], drawn(2)
    parts = {"train": TRAIN, "development": DEVELOPMENT}
    spreads = []

    def metric(probabilities, _):
        spreads.append(np.ptp(probabilities[:, 1]))
        return spreads[-1]

    assert heads.by_regression(model, images, labels, metric=metric, **parts) == max(spreads)
    assert spreads == sorted(spreads) and spreads[0] < spreads[-1]  # less shrunk, further apart
    heads.by_regression(model, images, labels, metric=lambda *_: 0.5, **parts)
    answers = inference.predict(model, images, rows=DEVELOPMENT)
    assert np.ptp(answers[:, 1]) == pytest.approx(spreads[0], rel=1e-3)


def test_only_the_two_parts_are_read_and_only_the_head_changes(networks):
    model, (images, labels) = networks[2], drawn(2)
    rows = {"train": TRAIN[:40], "development": DEVELOPMENT}
    below = model.get_layer("maps").get_weights()

    def metric(probabilities, rows):
        return roc_auc_score(labels[rows], probabilities[:, 1])

    heads.by_regression(model, images, labels, metric=metric, **rows)
    kept = model.get_layer("predictions").get_weights()
    poisoned, wrong = images.copy(), labels.copy()
    poisoned[40:80], wrong[40:80] = 255, 9
    heads.by_regression(model, poisoned, wrong, metric=metric, **rows)
    for a, b in zip(kept, model.get_layer("predictions").get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(below, model.get_layer("maps").get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
