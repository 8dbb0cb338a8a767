"""The commands of the network: train, predict."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dermlab.evaluation import predictions

SMALL = ("--weights", "none", "--size", 75, "--epochs", 1)


@pytest.fixture(autouse=True)
def seeded(monkeypatch):
    """Determinism holds for a whole process, and this one runs other tests too."""
    from dermlab.network import backend

    seeds = []

    def deterministic(seed):
        seeds.append(seed)
        backend.keras.utils.set_random_seed(seed)

    monkeypatch.setattr(backend, "deterministic", deterministic)
    return seeds


@pytest.fixture
def split(table, tmp_path):
    """Fold -1 holds 12 images, the folds 0 to 3 the other 48; lesions stay whole."""
    rows = pd.read_csv(table)[["image_id"]]
    order = np.r_[0:6, 24:30, 6:12, 30:36, 12:18, 36:44, 18:24, 44:60]
    rows.loc[order, "fold"] = np.repeat([-1, 0, 1, 2], (12, 12, 14, 22))
    path = tmp_path / "split.csv"
    rows.astype({"fold": int}).to_csv(path, index=False)
    return path


@pytest.fixture
def pictures(table, tmp_path):
    """Melanomas are dark; there are no pictures of the test part."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rows = pd.read_csv(table)
    for i in (*range(6, 24), *range(30, 60)):
        shade = (50 if rows["disease"][i] == "malignant melanoma" else 180) + i
        Image.new("RGB", (90, 80), (shade, 90, 80)).save(folder / f"{rows['image_id'][i]}.png")
    return folder


@pytest.fixture
def asked(table, split, pictures, tmp_path):
    return ("train", table, "--split", split, "--images", pictures, "--run", tmp_path / "run")


def test_train_then_predict_and_score(run, asked, seeded, table, tmp_path, pictures):
    run_folder, out = tmp_path / "run", tmp_path / "one.csv"
    boundary = ("--max-class-size", 30)
    asked = (*asked, *boundary, *SMALL, "--seed", 5)
    status, said, err = run(*asked, "--fold", 1, "--json")
    assert status == 0, err
    found = json.loads(said)
    assert found["images"] == {"training": [12], "development": [22], "scored": [14]}
    assert found["judged_by"] == "nine-way, mean accuracy of the classes"
    assert seeded == [5]
    scored, sidecar = predictions.read(run_folder / "predictions.csv")
    assert len(scored) == 14 and sidecar["run"] == str(run_folder)
    assert set(scored.columns[1:]) == {"malignant melanoma", "melanocytic nevi"}
    status, said, _ = run(
        "score", run_folder / "predictions.csv", table, "--task", "malignant", "--allow-missing",
        "--json",
    )  # fmt: skip
    assert status == 0 and json.loads(said)["n"] == 14

    status, said, err = run(*asked, "--fold", 1)
    assert status == 2 and "already holds a run" in err.splitlines()[-1]
    image_id = scored["image_id"][3]
    picture = pictures / f"{image_id}.png"
    status, said, err = run("predict", picture, "--run", run_folder, "--out", out)
    assert status == 0, err
    assert "1 image, answered by 1 network." in said
    answer, _ = predictions.read(out)
    expected = scored[scored["image_id"] == image_id].reset_index(drop=True)
    pd.testing.assert_frame_equal(answer, expected, atol=1e-5)


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(run, asked, tmp_path):
    asked = (*asked, "--max-class-size", 30, "--dry-run")
    status, said, _ = run(*asked, "--all-folds", "--json")
    found = json.loads(said)
    assert status == 0
    assert set(found["classes"]) == {"malignant melanoma", "melanocytic nevi"}
    assert found["folds"] == [0, 1, 2]
    assert found["images"]["scored"] == [12, 14, 22]
    assert found["network"] == "compact, 96 pixels, weights shipped"
    status, said, _ = run(*asked, "--profile", "paper", "--epochs", 3)
    assert status == 0
    assert "inception_v3, 299 pixels, weights imagenet" in said
    assert "3 epochs, batches of 32" in said
    assert "none scored; fold 0 is the development part" in said
    status, said, _ = run(*asked, "--direct", "--task", "melanoma-vs-nevus", "--json")
    assert json.loads(said)["classes"] == ["melanoma", "nevus"]
    assert json.loads(said)["judged_by"] == "melanoma-vs-nevus, AUC"
    assert not (tmp_path / "run").exists()


def test_a_swallowed_class_ends_with_the_largest_boundary(run, asked):
    status, said, err = run(*asked, "--dry-run")
    assert (status, said) == (2, "")
    assert "'benign melanocyte' (30 images) is swallowed by the training class 'root' (48)" in err
    assert "the largest that works is --max-class-size 47." in err


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--direct",), "--direct learns a task itself: name it with --task."),
        (("--fold", 0, "--all-folds"), "give one of them"),
        (("--fold", 7), "there is no fold 7: the folds are 0 to 2"),
        (("--devices", 3), "Batches of 32 cannot be shared evenly by --devices 3"),
        (("--devices", 1024, "--profile", "paper"), "cannot be shared evenly"),
        (("--devices", 32), "32 devices are asked for and "),
        (("--profile", "big"), "There is no profile 'big'"),
        (("--label-source", "dermatologist"), "has the label source 'dermatologist'"),
        (("--task", "malign"), "'malign' is no task"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(run, asked, more, sentence):
    status, said, err = run(*asked, "--max-class-size", 30, "--dry-run", *more)
    assert (status, said) == (2, "")
    assert sentence in err.splitlines()[-1]


def test_unknown_ids_are_one_sentence(run, asked, split, pictures, tmp_path):
    (pictures / "I50.png").unlink()
    asked = (*asked, "--max-class-size", 30, *SMALL)
    status, _, err = run(*asked)
    assert status == 2
    assert "1 image of 48 not found" in err.splitlines()[-1] and "I50" in err
    rows = pd.read_csv(split).replace("I51", "J51")
    rows.to_csv(split, index=False)
    status, _, err = run(*asked)
    assert status == 2
    assert "do not hold the same images" in err and "I51" in err and "J51" in err
    assert not (tmp_path / "run").exists()


def test_predict_needs_a_run_and_pictures(run, table, tmp_path):
    status, _, err = run("predict", table, "--run", tmp_path / "none")
    assert status == 2 and "There is no folder" in err
    status, _, err = run("predict", table, "--run", tmp_path, "--out", tmp_path / "p.csv")
    assert status == 2 and "give --images" in err
    status, _, err = run(
        "predict", table, "--run", tmp_path, "--out", tmp_path / "p.csv", "--images", tmp_path
    )
    assert status == 2 and "holds no finished run" in err
    assert not (tmp_path / "p.csv").exists()


@pytest.fixture
def trained(run, asked, tmp_path):
    """A finished run that learnt melanoma against nevus."""
    task = ("--direct", "--task", "melanoma-vs-nevus")
    status, _, err = run(*asked, *task, *SMALL)
    assert status == 0, err
    return tmp_path / "run"


def test_a_folder_of_unlabelled_pictures_is_answered_picture_by_picture(
    run, trained, pictures, tmp_path
):
    mine, out = tmp_path / "mine", tmp_path / "p.csv"
    (mine / "day 1").mkdir(parents=True)
    names = {"I30": "lump one.png", "I07": "b.PNG", "I08": "day 1/c.png"}
    for image_id, name in names.items():
        (mine / name).write_bytes((pictures / f"{image_id}.png").read_bytes())
    (mine / "notes.txt").write_text("no picture")
    status, said, err = run("predict", mine, "--run", trained, "--out", out)
    assert status == 0, err
    assert "3 images, answered by 1 network." in said
    found, sidecar = predictions.read(out)
    assert list(found["image_id"]) == ["b", "c", "lump one"]
    assert sidecar["task"] == "melanoma-vs-nevus"
    for image_id, name in names.items():
        alone = tmp_path / "alone.csv"
        run("predict", pictures / f"{image_id}.png", "--run", trained, "--out", alone)
        expected = predictions.read(alone)[0].iloc[0, 1:].to_numpy(float)
        row = found.set_index("image_id").loc[name.split("/")[-1].rsplit(".", 1)[0]]
        np.testing.assert_allclose(row.to_numpy(float), expected, atol=1e-5)


def test_a_folder_that_cannot_be_answered_is_one_sentence(run, tmp_path):
    mine, out = tmp_path / "mine", tmp_path / "p.csv"
    mine.mkdir()
    asked = ("predict", mine, "--run", tmp_path, "--out", out)
    status, _, err = run(*asked)
    assert status == 2
    assert "holds no image" in err and err.count("\n") == 1
    Image.new("RGB", (90, 80), "red").save(mine / "a.png")
    Image.new("RGB", (90, 80), "blue").save(mine / "a.jpg")
    status, _, err = run(*asked)
    assert status == 2 and not out.exists()
