import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.network import training
from dermlab.network.augmentation import TurnAndFlip
from dermlab.network.backend import keras
from dermlab.network.recipe import Recipe

N, SIZE, CLASSES = 60, 12, 3
TRAIN, DEVELOPMENT = np.arange(0, 40), np.arange(40, 60)
RECIPE = replace(
    Recipe.paper(), epochs=4, batch_size=8, learning_rate=0.01, balance=False, epsilon=1e-3
)


@pytest.fixture(scope="module")
def labels():
    return np.arange(N) % CLASSES


@pytest.fixture(scope="module")
def images(labels):
    """Each class a hue, with noise: a few steps learn it."""
    rng = np.random.default_rng(0)
    hues = rng.integers(60, 200, (CLASSES, 1, 1, 3))
    noise = rng.normal(0, 40, (N, SIZE, SIZE, 3))
    return np.clip(hues[labels] + noise, 0, 255).astype(np.uint8)


def network(seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            TurnAndFlip(0),
            keras.layers.Rescaling(1 / 127.5, offset=-1),
            keras.layers.Conv2D(6, 3, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("relu"),
            keras.layers.GlobalAveragePooling2D(name="avg_pool"),
            keras.layers.Dense(CLASSES, activation="softmax", name="predictions"),
        ]
    )


@pytest.fixture(scope="module")
def model():
    """One network, compiled once; every test starts it from the same weights."""
    return network()


@pytest.fixture
def fit(model, images, labels):
    weights = network().get_weights()

    def run(recipe=RECIPE, **options):
        model.set_weights(weights)
        parts = {"train": TRAIN, "development": DEVELOPMENT, **options}
        return training.fit(model, images, labels, recipe=recipe, **parts)

    return run


def flat(model: keras.Model) -> np.ndarray:
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


class Killed(Exception):
    pass


def killer(epoch: int):
    def kill(row, _):
        if row["epoch"] == epoch:
            raise Killed

    return kill


def test_it_learns_and_keeps_the_best_epoch(fit, model, images, labels):
    fitted = fit(replace(RECIPE, epochs=8))
    assert fitted.best == fitted.history.development.max()
    assert fitted.history.loss.iloc[-1] < fitted.history.loss.iloc[0]
    answers = training.inference.predict(model, images, rows=DEVELOPMENT).argmax(axis=1)
    truth = labels[DEVELOPMENT]
    recalls = [(answers[truth == label] == label).mean() for label in range(CLASSES)]
    assert fitted.best == pytest.approx(np.mean(recalls))
    assert fitted.best > 0.6  # three classes: chance is 0.33


def test_the_loss_of_an_epoch_is_the_mean_of_its_batches(fit, model, images, labels):
    """At a rate of zero the network stands still, and each image counts once."""
    still = replace(RECIPE, epochs=1, learning_rate=0.0)
    plain = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Rescaling(1 / 64),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    fitted = training.fit(plain, images, labels, train=TRAIN, development=DEVELOPMENT, recipe=still)
    own = plain.predict_on_batch(images[TRAIN])[np.arange(len(TRAIN)), labels[TRAIN]]
    assert fitted.history.loss[0] == pytest.approx(-np.log(own).mean(), rel=1e-5)


def test_the_rate_of_every_epoch_is_the_recipes(fit, model):
    fitted = fit(replace(RECIPE, decay_every=2, decay_factor=0.5))
    assert list(fitted.history.learning_rate) == [0.01, 0.01, 0.005, 0.005]
    assert float(model.optimizer.learning_rate.value) == pytest.approx(0.005)


def test_the_same_seed_gives_the_same_run_on_a_network_used_before(fit, model):
    first, weights = fit(seed=5), flat(model)
    fit(seed=6)
    other = flat(model)
    again = fit(seed=5)
    pd.testing.assert_frame_equal(
        again.history.drop(columns="seconds"), first.history.drop(columns="seconds"), rtol=1e-5
    )
    np.testing.assert_allclose(flat(model), weights, atol=1e-5)
    assert not np.allclose(other, weights, atol=1e-3)


def test_a_network_fitted_again_keeps_its_compiled_step(fit, model):
    fit(replace(RECIPE, epochs=1))
    step = model.train_function
    fit(replace(RECIPE, epochs=1, learning_rate=0.002, mean_square_start=0.0))
    assert model.train_function is step
    fit(replace(RECIPE, epochs=1, rho=0.8))
    assert model.train_function is not step
    assert model.optimizer.rho == 0.8


def test_what_else_a_compiled_network_measures_is_not_taken_for_its_loss(images, labels):
    once = replace(RECIPE, epochs=1)
    losses = []
    for metrics in ([], ["accuracy"]):
        compiled = network()
        constants = {name: getattr(once, name) for name in ("rho", "momentum", "epsilon")}
        optimizer = keras.optimizers.RMSprop(**constants)
        compiled.compile(optimizer, "sparse_categorical_crossentropy", metrics=metrics)
        fitted = training.fit(compiled, images, labels, train=TRAIN, recipe=once)
        losses.append(fitted.history.loss[0])
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_the_optimiser_starts_where_the_recipe_says(fit, model, monkeypatch):
    seen = []
    monkeypatch.setattr(
        training,
        "_one_epoch",
        lambda model, *_: seen.append([float(np.mean(v.value)) for v in slots(model)]) or 1.0,
    )

    def slots(model):
        return [v for v in model.optimizer.variables if v.path.endswith("_velocity")]

    fit(replace(RECIPE, epochs=1, mean_square_start=1.0))
    fit(replace(RECIPE, epochs=1, mean_square_start=0.0))
    assert set(seen[0]) == {1.0} and set(seen[1]) == {0.0}


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_killed_run_resumed_ends_like_the_unbroken_one(fit, model, tmp_path, epoch):
    whole = fit(folder=tmp_path / "whole")
    weights = flat(model)
    with pytest.raises(Killed):
        fit(folder=tmp_path / "broken", on_epoch=killer(epoch))
    resumed = fit(folder=tmp_path / "broken", resume=True)
    assert resumed.best == pytest.approx(whole.best, abs=1e-6)
    assert resumed.best_epoch == whole.best_epoch
    columns = ["epoch", "steps", "learning_rate", "loss", "development"]
    pd.testing.assert_frame_equal(resumed.history[columns], whole.history[columns], rtol=1e-5)
    np.testing.assert_allclose(flat(model), weights, atol=1e-5)
    stored = pd.read_csv(tmp_path / "broken" / "history.csv")
    pd.testing.assert_frame_equal(stored, resumed.history)


def test_a_run_killed_in_the_middle_of_an_epoch_repeats_that_epoch(
    fit, model, tmp_path, monkeypatch
):
    whole, weights = fit(folder=tmp_path / "whole"), flat(model)
    keep = training._keep

    def dies_while_writing(model, folder, about, history, best):
        if len(history) == 3:  # trained, best weights perhaps written, checkpoint not
            training.checkpoints.write(folder / "best-3.npz", best)
            raise Killed
        keep(model, folder, about, history, best)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(training, "_keep", dies_while_writing)
        fit(folder=tmp_path / "broken")
    resumed = fit(folder=tmp_path / "broken", resume=True)
    assert list(resumed.history.epoch) == [1, 2, 3, 4]
    assert resumed.best == pytest.approx(whole.best, abs=1e-6)
    np.testing.assert_allclose(flat(model), weights, atol=1e-5)
    assert len(list((tmp_path / "broken").glob("best-*.npz"))) == 1


def test_a_finished_run_is_returned_and_may_be_made_longer(fit, tmp_path):
    short = fit(replace(RECIPE, epochs=2), folder=tmp_path)
    again = fit(replace(RECIPE, epochs=2), folder=tmp_path, resume=True)
    pd.testing.assert_frame_equal(again.history, short.history)
    longer = fit(RECIPE, folder=tmp_path, resume=True)
    assert list(longer.history.epoch) == [1, 2, 3, 4]


def test_another_run_is_neither_overwritten_nor_resumed(fit, tmp_path):
    fit(replace(RECIPE, epochs=1), folder=tmp_path)
    with pytest.raises(InputError, match="already holds a run: resume it, or name another folder"):
        fit(folder=tmp_path)
    with pytest.raises(InputError, match="another recipe and seed"):
        fit(replace(RECIPE, rho=0.8), folder=tmp_path, resume=True, seed=3)
    with pytest.raises(InputError, match="another set of images"):
        fit(folder=tmp_path, resume=True, train=np.arange(39))


def test_a_damaged_checkpoint_is_named(fit, tmp_path):
    fit(replace(RECIPE, epochs=1), folder=tmp_path)
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"checkpoint\.npz is damaged"):
        fit(folder=tmp_path, resume=True)


def test_stopping_looks_at_the_development_part_only(fit):
    values = iter([0.5, 0.7, 0.6, 0.7, 0.65, 0.9])
    fitted = fit(replace(RECIPE, epochs=6, patience=3), metric=lambda *_: next(values))
    assert list(fitted.history.development) == [0.5, 0.7, 0.6, 0.7, 0.65]
    assert (fitted.best_epoch, fitted.best) == (2, 0.7)


def test_the_network_is_left_with_the_weights_of_its_best_epoch(fit, model):
    values, after = iter([0.5, 0.9, 0.2, 0.9]), []
    fitted = fit(metric=lambda *_: next(values), on_epoch=lambda *_: after.append(flat(model)))
    assert (fitted.best_epoch, fitted.best) == (2, 0.9)  # the first of two that are as good
    np.testing.assert_array_equal(flat(model), after[1])
    assert not np.allclose(after[3], after[1], atol=1e-4)


@pytest.fixture
def begin(model):
    """Another head, and how often it was set."""
    calls = []

    def set_head():
        calls.append(1)
        kernel, bias = model.layers[-1].get_weights()
        model.layers[-1].set_weights([kernel + 0.5, bias - 0.1])

    set_head.calls = calls
    return set_head


def test_what_a_training_begins_with_is_epoch_0_and_may_be_the_best(fit, model, begin):
    values, after = iter([0.8, 0.5, 0.8, 0.2]), []
    fitted = fit(
        replace(RECIPE, epochs=3),
        metric=lambda *_: next(values),
        begin=begin,
        on_epoch=lambda *_: after.append(flat(model)),
    )
    assert begin.calls == [1]
    assert (fitted.best_epoch, fitted.best) == (0, 0.8)
    np.testing.assert_array_equal(flat(model), after[0])
    first = fitted.history.iloc[0]
    assert list(fitted.history.epoch) == [0, 1, 2, 3]
    assert (first.steps, first.learning_rate, np.isnan(first.loss)) == (0, 0, True)
    head = model.layers[-1].get_weights()[0]
    np.testing.assert_allclose(head, network().layers[-1].get_weights()[0] + 0.5, atol=1e-6)


def test_a_patience_counts_from_epoch_0(fit, begin):
    fitted = fit(replace(RECIPE, patience=2), metric=lambda *_: 0.5, begin=begin)
    assert list(fitted.history.epoch) == [0, 1, 2] and fitted.best_epoch == 0


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_resumed_run_does_not_begin_again(fit, model, tmp_path, begin, epoch):
    whole, weights = fit(folder=tmp_path / "whole", begin=begin), flat(model)
    with pytest.raises(Killed):
        fit(folder=tmp_path / "broken", begin=begin, on_epoch=killer(epoch))
    resumed = fit(folder=tmp_path / "broken", begin=begin, resume=True)
    assert begin.calls == [1, 1]
    assert list(resumed.history.epoch) == [0, 1, 2, 3, 4]
    columns = ["loss", "development"]
    pd.testing.assert_frame_equal(resumed.history[columns], whole.history[columns], rtol=1e-5)
    np.testing.assert_allclose(flat(model), weights, atol=1e-5)


def test_the_default_metric_is_the_mean_over_classes_not_over_images():
    labels = np.array([0, 0, 0, 0, 1, 2])
    answers = np.eye(3)[[0, 0, 0, 1, 1, 0]]
    metric = training._mean_class_accuracy(labels)
    assert metric(answers, np.arange(6)) == pytest.approx((3 / 4 + 1 + 0) / 3)
    assert metric(answers[3:], np.arange(3, 6)) == pytest.approx((0 + 1 + 0) / 3)


TEST = np.arange(50, 60)


def test_a_watched_part_changes_nothing(fit, model, labels):
    """As if test rows were passed beside the development part, and scored by the way."""
    development, scores = DEVELOPMENT[:10], []

    def by_the_way(probabilities, _):
        own, new = np.split(probabilities, [len(development)])
        scores.append([right(own, labels[development]), right(new, labels[TEST]), new])
        return scores[-1][0]

    def right(probabilities, truth):
        return float((probabilities.argmax(axis=1) == truth).mean())

    both = np.concatenate([development, TEST])
    before, weights = fit(development=both, metric=by_the_way), flat(model)
    answers = []
    after = fit(
        development=development,
        watch={"test": TEST},
        metric=lambda probabilities, rows: right(probabilities, labels[rows]),
        on_epoch=lambda _, probabilities: answers.append(probabilities["test"]),
    )
    columns = ["epoch", "steps", "learning_rate", "loss", "development"]
    pd.testing.assert_frame_equal(after.history[columns], before.history[columns], check_exact=True)
    assert list(after.history["test"]) == [score[1] for score in scores]
    np.testing.assert_array_equal(answers, [score[2] for score in scores])
    assert (after.best_epoch, after.best) == (before.best_epoch, before.best)
    np.testing.assert_array_equal(flat(model), weights)


def test_the_development_part_alone_chooses_the_epoch(fit):
    of_development, of_test = iter([0.5, 0.7, 0.6, 0.4]), iter([0.1, 0.2, 0.9, 0.3])

    def metric(_, rows):
        return next(of_test if rows is TEST else of_development)

    fitted = fit(development=DEVELOPMENT[:10], watch={"test": TEST}, metric=metric)
    assert list(fitted.history["test"]) == [0.1, 0.2, 0.9, 0.3]
    assert (fitted.best_epoch, fitted.best) == (2, 0.7)


def test_without_a_development_part_the_last_epoch_is_kept(fit, model, images):
    answers = []
    fitted = fit(
        development=None, watch={"test": TEST}, on_epoch=lambda _, p: answers.append(p["test"])
    )
    assert "development" not in fitted.history and "test" in fitted.history
    assert fitted.best_epoch == RECIPE.epochs and np.isnan(fitted.best)
    last = training.inference.predict(model, images, rows=TEST)
    np.testing.assert_allclose(answers[-1], last, rtol=1e-5)
    alone = fit(development=None)
    assert list(alone.history.columns) == list(training.COLUMNS)


def test_a_part_is_watched_under_a_name_of_its_own(fit):
    with pytest.raises(InputError, match="'loss' is a column of every history"):
        fit(watch={"loss": TEST})


def test_a_resumed_run_watches_the_same_rows(fit, tmp_path):
    whole = fit(watch={"test": TEST}).history
    with pytest.raises(Killed):
        fit(folder=tmp_path, watch={"test": TEST}, on_epoch=killer(2))
    with pytest.raises(InputError, match="another watched part"):
        fit(folder=tmp_path, resume=True)
    resumed = fit(folder=tmp_path, resume=True, watch={"test": TEST}).history
    pd.testing.assert_series_equal(resumed["test"], whole["test"], rtol=1e-5)


def test_no_other_row_is_ever_read(fit, images, labels, monkeypatch, model):
    """Rows of neither part are poisoned; a run that touched one would notice."""
    clean = fit(replace(RECIPE, epochs=2), train=TRAIN[:20]).history
    poisoned = images.copy()
    poisoned[20:40] = np.random.default_rng(1).integers(0, 256, poisoned[20:40].shape)
    wrong = labels.copy()
    wrong[20:40] = 99
    model.set_weights(network().get_weights())
    again = training.fit(
        model, poisoned, wrong, train=TRAIN[:20], development=DEVELOPMENT,
        recipe=replace(RECIPE, epochs=2),
    ).history  # fmt: skip
    pd.testing.assert_frame_equal(
        again.drop(columns="seconds"), clean.drop(columns="seconds"), rtol=1e-5
    )


def test_a_loss_that_is_no_number_stops_with_a_sentence(fit):
    with pytest.raises(InputError, match="no longer a number in epoch 1: lower"):
        fit(replace(RECIPE, learning_rate=float("nan")))


def test_lines_only_where_they_are_asked_for(fit, capfd):
    fit(replace(RECIPE, epochs=1))
    assert capfd.readouterr() == ("", "")
    fit(replace(RECIPE, epochs=1), show=True)
    out, err = capfd.readouterr()
    assert out == "" and err.startswith("epoch 1 of 1: loss ") and err.count("\n") == 1


def order(recipe=RECIPE, *, rows=TRAIN, groups=None, seed=0, epoch=1):
    groups = np.arange(N) % CLASSES if groups is None else groups
    return training.epoch_order(rows, groups, recipe, seed=seed, epoch=epoch)


def test_the_order_is_a_function_of_seed_and_epoch():
    np.testing.assert_array_equal(order(), order())
    assert not np.array_equal(order(), order(epoch=2))
    assert not np.array_equal(order(), order(seed=1))
    assert sorted(order()) == sorted(TRAIN)


def test_a_remainder_is_left_out_and_changes():
    left = {
        tuple(sorted(set(TRAIN[:37]) - set(order(rows=TRAIN[:37], epoch=epoch))))
        for epoch in range(1, 9)
    }
    assert all(len(rest) == 5 for rest in left) and len(left) > 1


def test_fewer_images_than_a_batch_are_repeated():
    found = order(rows=np.array([3, 4, 5]))
    assert len(found) == RECIPE.batch_size and set(found) == {3, 4, 5}


def test_groups_are_repeated_up_to_the_largest():
    groups = np.repeat([0, 1, 2], [30, 7, 23])[:N]
    found = order(replace(RECIPE, balance=True, batch_size=1), rows=np.arange(N), groups=groups)
    counts = np.bincount(found, minlength=N)
    assert [counts[groups == g].sum() for g in range(3)] == [30, 30, 30]
    assert set(counts[:30]) == {1} and set(counts[30:37]) == {4, 5} and set(counts[37:]) == {1, 2}


def test_steps_per_epoch_cut_or_repeat_a_pass():
    assert len(order(replace(RECIPE, steps_per_epoch=2))) == 16
    assert len(set(order(replace(RECIPE, steps_per_epoch=2)))) == 16
    long = order(replace(RECIPE, steps_per_epoch=15))
    assert len(long) == 120 and set(np.bincount(long, minlength=40)) == {3}


PROGRAM = """
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from dermlab.network import backend, models, training
from dermlab.network.recipe import Recipe

backend.deterministic(0)
folder, resume = sys.argv[1], sys.argv[2] == "resume"
rng = np.random.default_rng(0)
labels = np.arange(96) % 2
images = np.clip(rng.normal(100 + 40 * labels[:, None, None, None], 60, (96, 75, 75, 3)), 0, 255)
model = models.build("compact", 2, 75, weights="none", seed=0)
recipe = replace(Recipe.paper(), epochs=6, batch_size=8, balance=False)
fitted = training.fit(
    model, images.astype(np.uint8), labels, train=np.arange(64), development=np.arange(64, 96),
    recipe=recipe, folder=folder, resume=resume,
    metric=lambda p, rows: -float(-np.log(p[np.arange(len(rows)), labels[rows]]).mean()),
)
print(*fitted.history.development, *fitted.history.loss)
"""


@pytest.mark.all
def test_kill_9_and_resume_end_like_the_unbroken_run(tmp_path):
    def start(folder, how):
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / folder), how]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def numbers(process):
        return [float(word) for word in process.communicate(timeout=600)[0].split()]

    whole = numbers(start("whole", "start"))
    broken = start("broken", "start")
    history = tmp_path / "broken" / "history.csv"
    deadline = time.time() + 300
    while time.time() < deadline and not (history.exists() and history.read_text().count("\n") > 2):
        time.sleep(0.02)
    os.kill(broken.pid, signal.SIGKILL)
    assert broken.wait(60) == -signal.SIGKILL
    assert history.read_text().count("\n") < 7  # it had not finished
    resumed = numbers(start("broken", "resume"))
    np.testing.assert_allclose(resumed, whole, atol=1e-6)


def test_an_epoch_takes_the_steps_of_kerass_own_train_on_batch(images, labels):
    recipe = replace(RECIPE, epochs=1, momentum=0.0, mean_square_start=0.0)
    model = network()
    start = model.get_weights()
    training.fit(model, images, labels, train=TRAIN, recipe=recipe, seed=6)
    by_package = model.get_weights()
    model.set_weights(start)
    model.layers[0].generator.state.assign([6, 0])
    step = keras.optimizers.RMSprop(recipe.learning_rate, rho=recipe.rho, epsilon=recipe.epsilon)
    model.compile(step, "sparse_categorical_crossentropy")
    order = training.epoch_order(TRAIN, labels, recipe, seed=6, epoch=1)
    for batch in order.reshape(-1, recipe.batch_size):
        model.train_on_batch(images[batch], labels[batch])
    for ours, theirs, before in zip(by_package, model.get_weights(), start, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
        assert np.abs(ours - before).max() > 1e-3
