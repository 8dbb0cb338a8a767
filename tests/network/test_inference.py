import json

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.network import inference, models
from dermlab.network.recipe import Recipe

SIZE = 75
CLASSES = pd.DataFrame({"name": ["a", "b"], "diseases": [("x", "y"), ("z",)]})


@pytest.fixture(scope="module")
def compact():
    return models.build("compact", 2, SIZE, weights="none", seed=4)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (7, SIZE, SIZE, 3), dtype=np.uint8)


def test_batches_do_not_show(compact, pictures):
    whole = np.asarray(compact(pictures.astype("float32"), training=False))
    found = inference.predict(compact, pictures, batch_size=3)
    assert found.shape == (7, 2) and found.dtype == np.float32
    np.testing.assert_allclose(found, whole, atol=1e-6)
    chosen = inference.predict(compact, pictures, rows=np.array([6, 0]), batch_size=3)
    np.testing.assert_allclose(chosen, whole[[6, 0]], atol=1e-6)


def test_features_are_what_the_softmax_reads(compact, pictures):
    found = inference.features(compact, pictures, batch_size=3)
    assert found.shape == (7, 512)
    kernel, bias = compact.get_layer(models.HEAD).get_weights()
    scores = found @ kernel + bias
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        inference.predict(compact, pictures, batch_size=3), expected, atol=1e-5
    )


def test_features_are_compiled_once_and_follow_the_weights(compact, pictures):
    first = inference.features(compact, pictures, batch_size=3)
    hidden = inference._feature_models[compact]
    kept = compact.get_weights()
    compact.set_weights([weight * 1.5 for weight in kept])
    assert not np.allclose(inference.features(compact, pictures, batch_size=3), first)
    assert inference._feature_models[compact] is hidden
    compact.set_weights(kept)


def test_nothing_to_predict(compact, pictures):
    with pytest.raises(InputError, match="no images to predict"):
        inference.predict(compact, pictures, rows=np.array([], int))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 0), ("float16", 2e-3)])
def test_a_run_there_and_back(compact, pictures, tmp_path, dtype, tolerance):
    recipe = Recipe.classroom()
    inference.save_run(
        tmp_path, compact, classes=CLASSES, recipe=recipe, seed=3, task="malignant", dtype=dtype
    )
    run = inference.load_run(tmp_path)
    assert (run.size, run.task, run.recipe, run.seed) == (SIZE, "malignant", recipe, 3)
    pd.testing.assert_frame_equal(run.classes, CLASSES, check_dtype=False)
    np.testing.assert_allclose(
        inference.predict(run.model, pictures, batch_size=3),
        inference.predict(compact, pictures, batch_size=3),
        atol=max(tolerance, 1e-6),
    )
    if dtype == "float16":
        assert (tmp_path / "weights.npz").stat().st_size < 3e6


def test_a_folder_without_a_whole_run(compact, tmp_path):
    with pytest.raises(InputError, match="holds no finished run"):
        inference.load_run(tmp_path)
    inference.save_run(tmp_path, compact, classes=CLASSES, recipe=Recipe.paper(), seed=0)
    about = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(about | {"seed": 1}))
    with pytest.raises(InputError, match=r"run\.json is damaged .*another checksum"):
        inference.load_run(tmp_path)
    del about["sha256"]
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json is damaged .*: train a network into"):
        inference.load_run(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match=r"run\.json is damaged .*it has no 'classes'"):
        inference.load_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps(about | {"size": 10**9}))
    with pytest.raises(InputError, match="its size is 1000000000"):
        inference.load_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({**about, "weights": "0" * 64}))
    with pytest.raises(InputError, match=r"weights\.npz holds other weights"):
        inference.load_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps(about))
    (tmp_path / "weights.npz").unlink()
    with pytest.raises(InputError, match="no weights file"):
        inference.load_run(tmp_path)
