"""What a training will take: counted by hand, against what a run then does, and measured."""

import shutil
from collections import namedtuple
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.network import forecast, plans, runs, training
from dermlab.network.backend import keras
from dermlab.network.recipe import Recipe

SIZE, UNITS = 16, 3000
MELANOMA, NEVUS = "malignant melanoma", "melanocytic nevi"
RECIPE = replace(Recipe.classroom(), epochs=3, batch_size=4)
SETUP = runs.Setup("compact", SIZE, "none", RECIPE, seed=1)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def plan():
    """30 melanomas and 10 nevi in 4 folds of ten; the test part is empty."""
    cases = pd.DataFrame({"image_id": [f"I{i:02}" for i in range(40)], "dataset": "made"})
    cases["disease"] = [NEVUS if i % 4 == 0 else MELANOMA for i in range(40)]
    split = cases[["image_id"]].assign(fold=np.repeat([0, 1, 2, 3], 10))
    return plans.make(cases.astype({"image_id": "str", "disease": "str"}), split, max_class_size=30)


@pytest.fixture
def wide():
    """A network of 3,000 hidden units."""
    pixels = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Rescaling(1 / 255)(pixels)
    x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(keras.layers.Conv2D(UNITS, 3)(x))
    return keras.Model(pixels, keras.layers.Dense(2, activation="softmax", name="predictions")(x))


@pytest.mark.parametrize("changes", [{}, {"balance": False}, {"steps_per_epoch": 7}])
@pytest.mark.parametrize("fold", [None, 0, 3])
def test_the_steps_are_those_of_an_epoch(plan, fold, changes):
    recipe = replace(RECIPE, **changes)
    rows = plans.parts(plan, fold).train
    order = training.epoch_order(rows, plan.categories, recipe, seed=0, epoch=1)
    expected = len(order) / recipe.batch_size
    assert forecast.steps(plan, fold, replace(SETUP, recipe=recipe)) == expected


def test_a_finished_run_is_hardly_larger_than_the_forecast(plan, wide, tmp_path):
    recipe = replace(RECIPE, epochs=1)
    parts = plans.parts(plan, 0)
    pixels = np.random.default_rng(0).integers(0, 256, (40, SIZE, SIZE, 3)).astype(np.uint8)
    training.fit(
        wide, pixels, plan.labels, train=parts.train, development=parts.development,
        recipe=recipe, folder=tmp_path,
    )  # fmt: skip
    on_disk = sum(file.stat().st_size for file in tmp_path.iterdir())
    weights = wide.count_params()
    assert on_disk == pytest.approx(4 * weights * 4, rel=0.05)  # weights.npz, a fifth, follows
    needed = forecast.disk(plan, [0], 40, SIZE, weights)
    assert needed["pictures"] == 40 * SIZE * SIZE * 3
    tables = 10 * 2 * forecast.DIGITS
    assert needed["run"] == 9 * weights * 4 + tables
    several = forecast.disk(plan, [0, 1, 2], 40, SIZE, weights)
    assert several["run"] == 19 * weights * 4 + 2 * 3 * tables


def test_a_disk_that_is_too_small_is_one_sentence(monkeypatch, tmp_path, own_cache):
    needed = {"pictures": 5e9, "run": 2e9}
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, 6e9))
    forecast.refuse_disk(needed, tmp_path / "a" / "run", pictures_are_there=True)
    with pytest.raises(InputError, match=r"needs 7\.0 GB on the disk of .*, which has 6\.0 GB"):
        forecast.refuse_disk(needed, tmp_path / "run", pictures_are_there=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, 1e9))
    with pytest.raises(InputError, match=r"needs 2\.0 GB on the disk of"):
        forecast.refuse_disk(needed, tmp_path / "run", pictures_are_there=True)


def test_memory_is_four_copies_of_the_weights_and_the_layers_outputs(wide):
    weights = (27 + 1) * UNITS + (UNITS + 1) * 2
    outputs = SIZE * SIZE * 3 * 2 + 14 * 14 * UNITS + UNITS + 2
    assert forecast.memory(wide, 8) == 4 * 4 * weights + 8 * 4 * outputs


def test_a_training_that_no_memory_holds_is_refused_before_pictures(
    monkeypatch, plan, tmp_path, wide
):
    import psutil

    from dermlab.network import backend, pictures, runs

    def there(**amounts):
        memory = namedtuple("Memory", amounts)(**amounts)
        monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)

    monkeypatch.setattr(pictures, "of_cases", None)
    batches, step = 2 * 4 * SIZE * SIZE * 3, forecast.memory(wide, SETUP.recipe.batch_size)
    there(available=batches - 1, total=10 * step)
    for begin in (runs.train, runs.check):
        with pytest.raises(InputError, match=r"4 pictures a step .* are free: .*--batch-size"):
            begin(plan, ["nowhere"], tmp_path / "run", folds=[0], setup=SETUP)
    monkeypatch.setattr(runs, "built", lambda setup, n_classes: wide)
    monkeypatch.setattr(backend, "devices", lambda: ["cpu:0"])
    there(available=batches, total=step - 1)
    with pytest.raises(InputError, match=r"4 pictures a step .* are there: "):
        runs.train(plan, ["nowhere"], tmp_path / "run", folds=[0], setup=SETUP)
    there(available=batches, total=step)
    forecast.refuse_memory(wide, SETUP)
    monkeypatch.setattr(backend, "devices", lambda: ["gpu:0", "cpu:0"])
    there(available=batches, total=1)
    forecast.refuse_memory(wide, SETUP)


def test_seconds_are_steps_and_pictures(plan):
    speed = forecast.Speed(first=20, step=2, picture=0.1, memory=0, where="")
    a_fold = 3 * (forecast.steps(plan, 0, SETUP) * 2 + 10 * 0.1) + 10 * 0.1
    assert forecast.seconds(plan, [0], SETUP, speed) == pytest.approx(20 + a_fold)
    none = 3 * (forecast.steps(plan, None, SETUP) * 2 + 10 * 0.1)
    assert forecast.seconds(plan, [None], SETUP, speed) == pytest.approx(20 + none)
    lite = replace(SETUP, kind="efficientnet_lite0", weights="imagenet")
    regression = (20 + 2 * 10) * 0.1
    assert forecast.seconds(plan, [0], lite, speed) == pytest.approx(20 + a_fold + regression)


def test_eleven_steps_are_taken_and_the_first_is_not_one_of_them(monkeypatch, wide):
    from dermlab.network import backend

    taken, real = [], backend.train_on_batch
    monkeypatch.setattr(
        backend, "train_on_batch", lambda m, x, y: taken.append(x.shape) or real(m, x, y)
    )
    speed = forecast.measure(wide, SETUP)
    assert taken == [(4, SIZE, SIZE, 3)] * 11
    assert speed.first > 3 * speed.step > 0 and speed.picture > 0
    assert speed.memory > 1e8 and speed.where


def test_what_does_not_fit_into_memory_is_not_measured(monkeypatch, plan, tmp_path, tiny_network):
    import psutil

    from dermlab.network import models

    monkeypatch.setattr(models, "build", tiny_network)
    about = forecast.of(plan, [0], SETUP, tmp_path / "run", n_images=40, drawn=True)
    assert about["minutes"]["seconds_a_step"] > 0 and "10 measured steps" in about["minutes"]["how"]
    assert about["steps"] == {"an_epoch": [30 // 4], "all": 3 * 7}
    monkeypatch.setattr(forecast, "measure", None)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: namedtuple("Memory", "available")(10))
    about = forecast.of(plan, [0], SETUP, tmp_path / "run", n_images=40, drawn=True)
    assert about["minutes"] is None and about["memory"]["bytes"] > 10


@pytest.mark.parametrize(
    ("kind", "weights", "here"),
    [
        ("compact", "shipped", True),
        ("efficientnet_lite0", "imagenet", True),
        ("inception_v3", "imagenet", False),
        ("inception_v3", "none", True),
    ],
)
def test_weights_that_must_be_downloaded_are_not_at_hand(
    monkeypatch, tmp_path, kind, weights, here
):
    from dermlab.network import checkpoints

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert checkpoints.at_hand(kind, weights) is here
    with pytest.raises(InputError, match="there is no weights file"):
        checkpoints.at_hand(kind, str(tmp_path / "w.h5"))


def test_random_weights_stand_in_for_those_that_are_not_at_hand():
    setup = replace(SETUP, weights="imagenet", recipe=replace(RECIPE, batch_norm="frozen"))
    assert setup.random() == SETUP
