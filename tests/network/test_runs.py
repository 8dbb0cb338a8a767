"""Runs, with a network of a few weights in the place of Inception v3."""

import json
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dermlab.cases import clinic
from dermlab.errors import InputError
from dermlab.evaluation import predictions, scores
from dermlab.network import inference, models, pictures, plans, run_folder, runs
from dermlab.network.recipe import Recipe

SIZE = 16
MELANOMA, NEVUS = "malignant melanoma", "melanocytic nevi"
RECIPE = replace(Recipe.classroom(), epochs=2, batch_size=8, learning_rate=0.01)
SETUP = runs.Setup("compact", SIZE, "none", RECIPE, seed=1)


@pytest.fixture(autouse=True)
def small_world(monkeypatch, tmp_path_factory, tiny_network):
    monkeypatch.setattr(models, "build", tiny_network)
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def cases():
    rows = pd.DataFrame({"image_id": [f"I{i:02}" for i in range(50)], "dataset": "made"})
    rows["disease"] = [MELANOMA if i % 2 else NEVUS for i in range(50)]
    return rows.astype("str")


@pytest.fixture
def split(cases):
    return cases[["image_id"]].assign(fold=np.repeat([-1, 0, 1, 2, 3], 10))


@pytest.fixture
def folder(cases, tmp_path):
    """Melanomas are dark; the test part's files are no pictures."""
    place = tmp_path / "pictures"
    place.mkdir()
    for i, row in cases.iterrows():
        if i < 10:
            (place / f"{row['image_id']}.png").write_text("not to be read")
            continue
        shade = (60 if row["disease"] == MELANOMA else 190) + i
        Image.new("RGB", (SIZE, SIZE), (shade, 90, 90)).save(place / f"{row['image_id']}.png")
    return place


@pytest.fixture
def plan(cases, split):
    return plans.make(cases, split, max_class_size=25)


def test_a_fold_is_scored_by_a_network_that_can_be_asked_again(plan, folder, tmp_path):
    found = runs.train(plan, [str(folder)], tmp_path / "run", folds=[2], setup=SETUP)
    (row,) = found.to_dict("records")
    assert (row["fold"], row["training"], row["development"], row["scored"]) == (2, 20, 10, 10)
    table, sidecar = predictions.read(tmp_path / "run" / run_folder.PREDICTIONS)
    assert list(table["image_id"]) == [f"I{i:02}" for i in range(30, 40)]
    assert list(table.columns[1:]) == list(plan.classes["name"])
    assert "task" not in sidecar and sidecar["folds"] == [2] and sidecar["seed"] == 1
    held = {entry["name"]: tuple(entry["diseases"]) for entry in sidecar["classes"]}
    assert held == dict(zip(plan.classes["name"], plan.classes["diseases"], strict=True))

    def get(size):
        return pictures.of_cases(plan.cases[20:30], [str(folder)], size)

    again, told = runs.predict(get, tmp_path / "run")
    assert told["networks"] == 1
    pd.testing.assert_frame_equal(again, table, check_dtype=False, atol=1e-6)


def test_with_imagenet_weights_a_run_begins_with_a_regression(plan, folder, tmp_path, capsys):
    """At a rate of nothing each epoch is the regression, and the first of them is kept."""
    still = replace(RECIPE, learning_rate=0.0)
    setup = replace(SETUP, kind="efficientnet_lite0", weights="imagenet", recipe=still)
    for name, one in (("with", setup), ("without", replace(SETUP, recipe=still))):
        runs.train(plan, [str(folder)], tmp_path / name, folds=[2], setup=one, show=True)
    done, other = (run_folder.finished(tmp_path / name) for name in ("with", "without"))
    (history,) = done.histories
    assert list(history["epoch"]) == [0, 1, 2] and done.networks["best_epoch"][0] == 0
    assert list(other.histories[0]["epoch"]) == [1, 2]
    assert "epoch 0 of 2: no step yet, development" in capsys.readouterr().err
    # Dark and light squares: the regression separates them, a random head does not know how.
    answers, _ = predictions.read(tmp_path / "with" / run_folder.PREDICTIONS)
    dark = plan.cases.set_index("image_id")["disease"].loc[answers["image_id"]] == MELANOMA
    assert ((answers[MELANOMA] > 0.5).to_numpy() == dark.to_numpy()).all()
    assert history["development"].iloc[0] == done.networks["best"][0] == 1


def test_the_test_parts_pictures_are_never_read(plan, cases, folder, tmp_path):
    runs.train(plan, [str(folder)], tmp_path / "run", folds=[0, 1, 2, 3], setup=SETUP)
    with pytest.raises(InputError, match=r"10 pictures of 50 cannot be read: .*I00\.png"):
        pictures.of_cases(cases, [str(folder)], SIZE)


def test_all_folds_answer_every_image_once_and_the_mean_is_theirs(plan, folder, tmp_path):
    run = tmp_path / "run"
    found = runs.train(plan, [str(folder)], run, folds=[0, 1, 2, 3], setup=SETUP)
    assert list(found["fold"]) == [0, 1, 2, 3]
    joined, sidecar = predictions.read(run / run_folder.PREDICTIONS)
    assert sorted(joined["image_id"]) == sorted(plan.cases["image_id"])
    assert sidecar["folds"] == [0, 1, 2, 3]
    own, _ = predictions.read(run / "fold-3" / run_folder.PREDICTIONS)
    pd.testing.assert_frame_equal(joined[-10:].reset_index(drop=True), own)
    pixels = pictures.of_file(folder / "I20.png", SIZE).pixels
    each = [
        inference.predict(inference.load_run(run / f"fold-{k}").model, pixels) for k in range(4)
    ]
    table, told = runs.predict(lambda size: pictures.of_file(folder / "I20.png", size), run)
    assert told["networks"] == 4 and list(table["image_id"]) == ["I20"]
    np.testing.assert_allclose(table.iloc[0, 1:].to_numpy(float), np.mean(each, 0)[0], atol=1e-6)
    assert np.ptp(each, axis=0).max() > 1e-4


def test_a_run_broken_between_two_folds_goes_on(monkeypatch, plan, folder, tmp_path):
    def train(name, **more):
        where = tmp_path / name
        runs.train(plan, [str(folder)], where, folds=[0, 1, 2, 3], setup=SETUP, **more)
        return predictions.read(where / run_folder.PREDICTIONS)[0]

    class Killed(Exception):
        pass

    whole, save = train("whole"), inference.save_run

    def killer(place, *arguments, **options):
        if place.name == "fold-2":
            raise Killed
        save(place, *arguments, **options)

    monkeypatch.setattr(inference, "save_run", killer)
    with pytest.raises(Killed):
        train("broken")
    monkeypatch.setattr(inference, "save_run", save)
    with pytest.raises(InputError, match=r"broken is not finished: go on with .* --resume"):
        run_folder.finished(tmp_path / "broken")
    with pytest.raises(InputError, match="fold-2 holds no finished run"):
        runs.predict(lambda size: pictures.of_file(folder / "I20.png", size), tmp_path / "broken")
    pd.testing.assert_frame_equal(train("broken", resume=True), whole, atol=1e-5)
    again, before = (run_folder.finished(tmp_path / name) for name in ("broken", "whole"))
    pd.testing.assert_frame_equal(again.networks, before.networks, atol=1e-5)
    assert (again.datasets, len(again.histories)) == (["made"], 4)


@pytest.mark.filterwarnings("ignore:No interval")
def test_direct_has_the_tasks_columns_and_says_so(cases, split, folder, tmp_path):
    plan = plans.make(cases, split, task="melanoma-vs-nevus", direct=True)
    runs.train(plan, [str(folder)], tmp_path / "run", folds=[0], setup=SETUP)
    path = tmp_path / "run" / run_folder.PREDICTIONS
    table, sidecar = predictions.read(path)
    assert list(table.columns[1:]) == ["melanoma", "nevus"]
    assert sidecar["task"] == "melanoma-vs-nevus"
    truth = tmp_path / "truth.csv"
    cases[cases["image_id"].isin(table["image_id"])].to_csv(truth, index=False)
    assert scores.score_files(path, truth, task="melanoma-vs-nevus")["n"] == 10
    with pytest.raises(InputError, match="trained on the task 'melanoma-vs-nevus' itself"):
        scores.score_files(path, truth, task="malignant")


def test_a_resumed_run_ends_where_the_unbroken_one_does(plan, folder, tmp_path):
    def train(name, epochs, **more):
        setup = replace(SETUP, recipe=replace(RECIPE, epochs=epochs), **more.pop("setup", {}))
        where = tmp_path / name
        runs.train(plan, [str(folder)], where, folds=[1], setup=setup, **more)
        return pd.read_csv(where / "history.csv").drop(columns="seconds")

    whole = train("whole", 3)
    train("broken", 1)
    with pytest.raises(InputError, match="already holds a run: give --resume"):
        train("broken", 3)
    with pytest.raises(InputError, match="another size: it cannot be resumed"):
        train("broken", 3, resume=True, setup={"size": 32})
    with pytest.raises(InputError, match="another seed and batch_size: it cannot be resumed; name"):
        other = replace(SETUP, seed=9, recipe=replace(RECIPE, epochs=3, batch_size=5))
        where = tmp_path / "broken"
        runs.train(plan, [str(folder)], where, folds=[1], setup=other, resume=True)
    pd.testing.assert_frame_equal(train("broken", 3, resume=True), whole, rtol=1e-5)


def test_nothing_is_written_where_pictures_are_missing(plan, folder, tmp_path):
    (folder / "I44.png").unlink()
    with pytest.raises(InputError, match=r"1 image of 40 not found in .*: I44;"):
        runs.train(plan, [str(folder)], tmp_path / "run", folds=[None], setup=SETUP)
    assert not (tmp_path / "run").exists()
    found = runs.train(
        plan, [str(folder)], tmp_path / "run", folds=[None], setup=SETUP, allow_missing=True
    )
    assert found["training"].item() == 29 and found["scored"].item() == 0
    assert not (tmp_path / "run" / run_folder.PREDICTIONS).exists()


@pytest.mark.parametrize("column", [{"blur": 0.05}, {"distance": 3.0}])
def test_blurry_and_distant_photographs_are_not_taken_for_kept_ones(column):
    cases = clinic.make(3, 0)
    kept = pictures.of_cases(cases, ["clinic"], SIZE).pixels
    other = cases.assign(**column)
    found = pictures.of_cases(other, ["clinic"], SIZE).pixels
    np.testing.assert_array_equal(found, clinic.render(other, SIZE))
    assert (found != kept).any()


def test_the_clinic_is_rendered_once(monkeypatch):
    cases = clinic.make(3, 0)
    found = pictures.of_cases(cases, ["clinic"], SIZE)
    np.testing.assert_array_equal(found.pixels, clinic.render(cases, SIZE))
    assert found.image_ids == cases["image_id"].tolist()
    monkeypatch.setattr(clinic, "render", None)
    np.testing.assert_array_equal(pictures.of_cases(cases, ["clinic"], SIZE).pixels, found.pixels)
    with pytest.raises(InputError, match="name no folder beside it"):
        pictures.of_cases(cases, ["clinic", "elsewhere"], SIZE)


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(InputError, match="holds no finished run"):
        runs.predict(lambda size: None, tmp_path)
    (tmp_path / run_folder.SETTINGS).write_text(json.dumps({"folds": [0, 1]}))
    with pytest.raises(InputError, match="fold-0 holds no finished run"):
        runs.predict(lambda size: None, tmp_path)
    (tmp_path / run_folder.SETTINGS).write_text("{")
    with pytest.raises(InputError, match=r"settings\.json is damaged"):
        runs.predict(lambda size: None, tmp_path)


NETWORK = {"training": 9, "development": 4, "scored": 3, "best_epoch": 1, "best": 0.5}


@pytest.fixture
def finished_run(tmp_path):
    """Two folds' files as dermlab train leaves them."""
    for fold in (0, 1):
        place = tmp_path / f"fold-{fold}"
        place.mkdir()
        (place / "run.json").write_text(json.dumps({"recipe": asdict(Recipe.classroom())}))
        (place / "history.csv").write_text(f"epoch,loss,development\n1,0.{fold},0.5\n")
    (tmp_path / "settings.json").write_text(json.dumps({"folds": [0, 1], "task": "malignant"}))
    networks = [{"fold": fold, **NETWORK} for fold in (0, 1)]
    trained = {"datasets": ["made"], "networks": networks}
    (tmp_path / "trained.json").write_text(json.dumps(trained))
    return tmp_path


def test_a_run_is_read_from_its_files(finished_run):
    found = run_folder.finished(finished_run)
    assert found.recipe == Recipe.classroom()
    assert found.datasets == ["made"]
    assert list(found.networks["fold"]) == [0, 1]
    assert [history["loss"][0] for history in found.histories] == [0.0, 0.1]


def test_one_network_stands_in_the_runs_own_folder(tmp_path):
    assert run_folder.folders(tmp_path, [None]) == [tmp_path]
    assert run_folder.folders(tmp_path, [2]) == [tmp_path]
    assert run_folder.folders(tmp_path, [0, 1])[1] == tmp_path / "fold-1"


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("settings.json", None, "holds no run"),
        ("settings.json", "{", r"settings\.json is damaged"),
        ("trained.json", None, "is not finished: go on with dermlab train --resume"),
        ("trained.json", "{}", "is damaged"),
        ("fold-1/history.csv", None, r"There is no file .*history\.csv: go on"),
        ("fold-0/run.json", '{"recipe": {}}', "is damaged"),
    ],
)
def test_what_is_missing_or_damaged_is_one_sentence(finished_run, file, content, sentence):
    if content is None:
        (finished_run / file).unlink()
    else:
        (finished_run / file).write_text(content)
    with pytest.raises(InputError, match=sentence):
        run_folder.finished(finished_run)


def test_reading_starts_no_backend(finished_run):
    code = (
        "import sys; from dermlab.network import run_folder\n"
        f"run_folder.finished({str(finished_run)!r})\n"
        "print('keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_run_in_mixed_precision_answers_as_it_will_be_asked_again(
    monkeypatch, plan, folder, tmp_path
):
    from dermlab.network import backend

    monkeypatch.setattr(backend, "devices", lambda: ["gpu:0", "cpu:0"])
    setup = replace(SETUP, precision="mixed")
    runs.train(plan, [folder], tmp_path / "run", folds=[2], setup=setup)
    table, _ = predictions.read(tmp_path / "run" / run_folder.PREDICTIONS)

    def get(size):
        return pictures.load(list(table["image_id"]), [folder], size)

    again, _ = runs.predict(get, tmp_path / "run")
    pd.testing.assert_frame_equal(again, table, atol=1e-6)
    with pytest.raises(InputError, match="a run with another precision"):
        runs.train(plan, [folder], tmp_path / "run", folds=[2], setup=SETUP, resume=True)


def test_a_run_of_before_there_was_a_precision_goes_on(plan, folder, tmp_path):
    from dermlab import files

    run = tmp_path / "run"
    runs.train(plan, [folder], run, folds=[2], setup=SETUP)
    settings = run_folder.read_settings(run)
    del settings["precision"]
    settings.pop(files.SEAL, None)
    files.write_json(run / run_folder.SETTINGS, files.sealed(settings))
    longer = replace(SETUP, recipe=replace(RECIPE, epochs=3))
    done = runs.train(plan, [folder], run, folds=[2], setup=longer, resume=True)
    assert len(done) == 1
