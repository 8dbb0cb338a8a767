from dataclasses import fields

import numpy as np
import pytest

from dermlab.network.backend import keras
from dermlab.network.recipe import PROVENANCE, Recipe


def test_the_papers_recipe_and_where_each_field_comes_from():
    paper = Recipe.paper()
    assert (paper.learning_rate, paper.rho, paper.momentum, paper.epsilon) == (0.001, 0.9, 0.9, 0.1)
    assert paper.batch_size == 32
    assert {field.name for field in fields(Recipe)} <= set(PROVENANCE)
    assert {kind for kind, _ in PROVENANCE.values()} == {"stated", "2016 code", "ours"}
    assert paper.differences() == []


def test_the_rate_is_divided_by_16_every_30_epochs_or_multiplied_by_016():
    paper, variant = Recipe.paper(), Recipe.paper_times_016()
    assert [paper.rate(epoch) for epoch in (1, 30, 31, 60, 61)] == pytest.approx(
        [1e-3, 1e-3, 1e-3 / 16, 1e-3 / 16, 1e-3 / 256]
    )
    assert variant.rate(31) == pytest.approx(1.6e-4)
    assert variant.differences() == ["decay_factor: 0.16 (paper: 0.0625)"]


def test_the_classroom_says_in_what_it_differs():
    classroom, paper = Recipe.classroom(), Recipe.paper()
    names = {sentence.split(":")[0] for sentence in classroom.differences()}
    assert names == {
        field.name
        for field in fields(Recipe)
        if getattr(classroom, field.name) != getattr(paper, field.name)
    }
    assert "epochs" in names


GRADIENTS = np.array([0.3, -0.2, 0.5, 0.1, 0.1, -0.4, 0.02, 0.3])


def rmsprop(start: float, *, inside: bool, rate=0.001, rho=0.9, momentum=0.9, epsilon=0.1):
    """RMSProp on one weight that starts at 1, written out; the weight after every step."""
    weight, mean_square, velocity, path = 1.0, start, 0.0, []
    for gradient in GRADIENTS:
        mean_square = rho * mean_square + (1 - rho) * gradient**2
        root = np.sqrt(mean_square + epsilon) if inside else np.sqrt(mean_square) + epsilon
        velocity = momentum * velocity + rate * gradient / root
        weight -= velocity
        path.append(weight)
    return np.array(path)


def run_keras(mean_square_start: float) -> np.ndarray:
    recipe = Recipe.paper()
    optimizer = keras.optimizers.RMSprop(
        recipe.learning_rate, rho=recipe.rho, momentum=recipe.momentum, epsilon=recipe.epsilon
    )
    weight, path = keras.Variable(1.0), []
    optimizer.build([weight])
    for slot in optimizer.variables:
        if slot.path.endswith("_velocity"):
            slot.assign(mean_square_start)
    for gradient in GRADIENTS:
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [weight])
        path.append(float(weight.value))
    return np.array(path)


def run_tensorflow_1() -> np.ndarray:
    tf = pytest.importorskip("tensorflow")
    optimizer = tf.compat.v1.train.RMSPropOptimizer(0.001, decay=0.9, momentum=0.9, epsilon=0.1)
    weight, path = tf.Variable(1.0), []
    for gradient in GRADIENTS:
        optimizer.apply_gradients([(tf.constant(gradient, tf.float32), weight)])
        path.append(float(weight))
    return np.array(path)


def test_keras_has_epsilon_inside_the_root_and_starts_at_zero():
    np.testing.assert_allclose(run_keras(0.0), rmsprop(0.0, inside=True), atol=2e-7)
    assert np.abs(run_keras(0.0) - rmsprop(0.0, inside=False)).max() > 1e-5


def test_tensorflow_1_has_it_inside_too_and_starts_at_one():
    np.testing.assert_allclose(run_tensorflow_1(), rmsprop(1.0, inside=True), atol=2e-7)
    assert np.abs(run_tensorflow_1() - rmsprop(0.0, inside=True)).max() > 1e-4


def test_the_papers_start_makes_keras_step_as_tensorflow_1():
    start = Recipe.paper().mean_square_start
    np.testing.assert_allclose(run_keras(start), run_tensorflow_1(), atol=2e-7)


def test_the_first_step_differs_by_the_root_of_ten():
    """√10 for a vanishing gradient, as the docstring says; here the first gradient is 0.3."""
    short, long = 1 - rmsprop(1.0, inside=True)[0], 1 - rmsprop(0.0, inside=True)[0]
    expected = np.sqrt((0.9 + 0.1 * 0.3**2 + 0.1) / (0.1 * 0.3**2 + 0.1))
    assert long / short == pytest.approx(expected)
    assert 3 < expected < np.sqrt(10)


def test_the_laptop_trains_in_short_epochs_at_a_lower_rate():
    laptop, classroom = Recipe.laptop(), Recipe.classroom()
    assert laptop.learning_rate < classroom.learning_rate
    assert laptop.steps_per_epoch and laptop.patience < laptop.epochs
    assert laptop.changed().keys() >= classroom.changed().keys()
