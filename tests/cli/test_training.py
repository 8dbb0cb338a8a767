"""The commands of the network: train, predict."""

import json
import zipfile
from pathlib import Path

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
def quick(monkeypatch, tiny_network):
    """A dry run of a network of a few weights, whose steps are not measured."""
    from dermlab.network import forecast, models

    speed = forecast.Speed(first=10.0, step=2.0, picture=0.5, memory=10**9, where="here")
    monkeypatch.setattr(models, "build", tiny_network)
    monkeypatch.setattr(forecast, "measure", lambda model, setup: speed)


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


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(quick, run, asked, tmp_path):
    asked = (*asked, "--max-class-size", 30, "--dry-run")
    status, said, _ = run(*asked, "--all-folds", "--json")
    found = json.loads(said)
    assert status == 0
    assert set(found["classes"]) == {"malignant melanoma", "melanocytic nevi"}
    assert found["folds"] == [0, 1, 2]
    assert found["images"]["scored"] == [12, 14, 22]
    assert found["network"] == "compact, 96 pixels, weights shipped"
    assert found["steps"] == {"an_epoch": [1, 1, 1], "all": 24}
    assert found["disk"]["pictures"] == 48 * 96 * 96 * 3
    assert found["disk"]["free"] > found["disk"]["run"] > 0
    taken = found["minutes"]
    # three networks of 8 epochs of one step of 2 s; every image is predicted 8 times and once more
    assert taken["all"] * 60 == pytest.approx(10 + 24 * 2 + 48 * 9 * 0.5)
    assert taken["how"].startswith("extrapolated from 10 measured steps (median) of 32 pictures at")
    assert found["memory"]["measured_bytes"] == 10**9 and found["precision"] == "float32"
    status, said, _ = run(*asked, "--profile", "paper", "--epochs", 3)
    assert status == 0
    assert "inception_v3, 299 pixels, weights imagenet" in said
    assert "3 epochs, batches of 32" in said and "mixed" in said
    assert "none scored; fold 0 is the development part" in said
    status, said, _ = run(*asked, "--profile", "paper", "--batch-size", 4, "--json")
    assert json.loads(said)["steps"]["an_epoch"] == [2 * 24 // 4]  # 12 melanomas, 24 nevi
    assert "batches of 4" in json.loads(said)["recipe"]
    for more, network in (
        (("--model", "efficientnet_lite0"), "efficientnet_lite0, 96 pixels, weights imagenet"),
        (("--profile", "laptop"), "efficientnet_lite0, 128 pixels, weights imagenet"),
        (("--profile", "laptop", "--model", "compact"), "compact, 128 pixels, weights shipped"),
        (("--model", "efficientnet_lite0", "--weights", "none"), "96 pixels, weights none"),
    ):
        status, said, _ = run(*asked, *more)
        assert status == 0 and network in said
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
        (("--model", "vgg16"), "choose one of compact, efficientnet_lite0, inception_v3"),
        (("--label-source", "dermatologist"), "has the label source 'dermatologist'"),
        (("--task", "malign"), "'malign' is no task"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(quick, run, asked, more, sentence):
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


def test_efficientnet_learns_from_its_regression_on_and_is_explained(
    run, asked, pictures, tmp_path
):
    task = ("--direct", "--task", "melanoma-vs-nevus", "--fold", 1)
    small = ("--model", "efficientnet_lite0", "--size", 40, "--epochs", 1)
    status, said, err = run(*asked, *task, *small, "--json")
    assert status == 0, err
    assert json.loads(said)["network"] == "efficientnet_lite0, 40 pixels, weights imagenet"
    history = pd.read_csv(tmp_path / "run" / "history.csv")
    assert list(history["epoch"]) == [0, 1] and list(history["loss"].notna()) == [False, True]
    answers, _ = predictions.read(tmp_path / "run" / "predictions.csv")
    image_id, picture = answers["image_id"][0], tmp_path / "map.png"
    alone = ("--run", tmp_path / "run", "--out", tmp_path / "one.csv")
    status, _, err = run("predict", pictures / f"{image_id}.png", *alone)
    assert status == 0, err
    again, _ = predictions.read(tmp_path / "one.csv")
    pd.testing.assert_frame_equal(again, answers[:1], atol=1e-5)
    drawn = ("--run", tmp_path / "run", "--out", picture, "--method", "grad-cam")
    status, _, err = run("explain", pictures / f"{image_id}.png", *drawn)
    assert status == 0, err
    assert picture.read_bytes().startswith(b"\x89PNG")
    status, _, err = run("report", tmp_path / "run", "--out", tmp_path / "report.html")
    assert status == 0, err
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "ImageNet; epoch 0 is a regression on its frozen features" in page
    assert "efficientnet lite0" in page


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


# --- nothing left out in silence ------------------------------------------------------------------

DIRECT = ("--direct", "--task", "melanoma-vs-nevus")


@pytest.fixture
def damaged(pictures):
    """Of the pictures two are missing, one is a cut JPEG, one an empty file."""
    (pictures / "I50.png").unlink()
    (pictures / "I51.png").unlink()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (90, 90, 3)).astype(np.uint8)).save(pictures / "I52.jpg")
    (pictures / "I52.png").unlink()
    (pictures / "I52.jpg").write_bytes((pictures / "I52.jpg").read_bytes()[:2000])
    (pictures / "I53.png").write_bytes(b"")
    return pictures


LEFT_OUT = {
    "missing": {"n": 2, "images": ["I50", "I51"]},
    "unreadable": {"n": 2, "images": ["I52", "I53"]},
}


def test_pictures_that_a_training_leaves_out_are_counted_and_named(run, asked, damaged, tmp_path):
    status, said, err = run(*asked, *DIRECT, *SMALL, "--allow-missing", "--json")
    assert status == 0, err
    assert json.loads(said)["left_out"] == LEFT_OUT
    assert "4 pictures are left out: 2 missing (I50, I51), 2 unreadable (I52: " in err
    assert json.loads((tmp_path / "run" / "trained.json").read_text())["left_out"] == LEFT_OUT


def test_pictures_that_a_prediction_leaves_out_are_counted_and_named(
    run, trained, table, damaged, tmp_path
):
    asked = ("predict", table, "--run", trained, "--images", damaged, "--out", tmp_path / "p.csv")
    status, _, err = run(*asked)
    assert status == 2 and "not found in" in err
    status, said, err = run(*asked, "--allow-missing", "--json")
    found = json.loads(said)
    missing = [f"I{i:02}" for i in (*range(6), *range(24, 30), 50, 51)]
    assert status == 0 and found["images"] == 60 - 16
    assert found["left_out"] == LEFT_OUT | {"missing": {"n": 14, "images": missing}}
    assert "16 pictures are left out: 14 missing (I00, I01" in err and "I53: " in err


def test_a_folder_that_is_predicted_says_what_is_not_read(run, trained, pictures, tmp_path):
    (pictures / "IMG_1.DCM").write_bytes(b"x")
    (pictures / "list.csv").write_bytes(b"x")
    asked = ("predict", pictures, "--run", trained, "--out", tmp_path / "p.csv", "--json")
    status, said, err = run(*asked)
    found = json.loads(said)
    assert status == 0 and (found["images"], found["left_out"]["missing"]["n"]) == (48, 0)
    assert {one["kind"]: one["n"] for one in found["not_read"]} == {".dcm": 1, ".csv": 1}
    assert "warning: 2 files of" in err and "export it as PNG" in err


def test_one_picture_under_two_diseases_is_said_by_train(run, asked, pictures):
    shown = (pictures / "I07.png").read_bytes()
    for name in ("I33", "I08"):  # a nevus, and a second melanoma, which contradicts nothing
        (pictures / f"{name}.png").write_bytes(shown)
    status, said, err = run(*asked, *DIRECT, *SMALL, "--json")
    assert status == 0, err
    assert json.loads(said)["two_diseases"] == [
        {
            "images": ["I07", "I08", "I33"],
            "diseases": ["malignant melanoma", "melanocytic nevi"],
        }
    ]
    assert (
        "1 picture carries two diseases, one wrong or vaguer than the other: I07 = I08 = I33" in err
    )
    dry = run(*asked[:-1], asked[-1].parent / "other", *DIRECT, *SMALL, "--json", "--dry-run")
    assert json.loads(dry[1])["two_diseases"] == json.loads(said)["two_diseases"]


# --- a dry run ------------------------------------------------------------------------------------


def test_a_dry_run_checks_the_pictures(quick, run, asked, damaged, tmp_path):
    asked = (*asked, *DIRECT, "--dry-run")
    status, _, err = run(*asked)
    assert status == 2 and "2 images of 48 not found" in err and "I50, I51" in err
    status, said, err = run(*asked, "--allow-missing", "--json")
    assert status == 0 and json.loads(said)["left_out"] == LEFT_OUT
    assert not (tmp_path / "run").exists()
    for name in ("I50", "I51"):
        Image.new("RGB", (90, 80), "red").save(damaged / f"{name}.png")
    status, _, err = run(*asked)
    assert status == 2 and "2 pictures of 48 cannot be read" in err and "I52.jpg" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [("a file", "is a file: name a folder"), ("{}", "already holds a run: give --resume")],
)
def test_a_dry_run_checks_the_run_folder(run, asked, tmp_path, content, said):
    place = tmp_path / "run"
    if content == "{}":
        place.mkdir()
        place = place / "settings.json"
    place.write_text(content)
    status, _, err = run(*asked, *DIRECT, "--dry-run")
    assert status == 2 and said in err


def test_a_dry_run_measures_the_real_network_and_writes_nothing_here(in_process, asked, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    more = ("--size", 75, "--batch-size", 4, "--dry-run", "--json")
    done = in_process(*asked, *DIRECT, *more)
    assert done.returncode == 0, done.stderr
    about = json.loads(done.stdout)
    assert 0 < about["minutes"]["seconds_a_step"] < about["minutes"]["seconds_first_step"]
    assert "4 pictures at 75 pixels" in about["minutes"]["how"]
    assert about["memory"]["measured_bytes"] > about["memory"]["bytes"] > 4 * 4 * 1.3e6
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dry_run_that_is_refused_starts_no_backend(in_process, asked, tmp_path, pictures):
    code = (
        "import sys; from dermlab.cli import main; status = main(); "
        "print('keras' in sys.modules); raise SystemExit(status)"
    )
    (pictures / "I50.png").unlink()
    done = in_process(*asked, *DIRECT, "--dry-run", code=code)
    assert done.returncode == 2 and "1 image of 48 not found" in done.stderr
    assert done.stdout.splitlines()[-1] == "False"
    assert "measuring" not in done.stderr


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="there is no folder that is never writable")
def test_a_run_that_cannot_be_written_is_refused_first(run, asked):
    for more in ((), ("--dry-run",)):
        status, _, err = run(*asked[:-1], "/proc/run", *DIRECT, *more)
        assert status == 2
        assert "/proc/run cannot be written" in err.splitlines()[-1]


def test_weights_that_are_not_here_are_said(quick, monkeypatch, run, asked, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    status, said, err = run(*asked, *DIRECT, "--profile", "paper", "--dry-run", "--json")
    assert status == 0 and json.loads(said)["weights_at_hand"] is False
    assert "warning: the imagenet weights are not here: the training will download them" in err


@pytest.mark.all
def test_the_paper_profile_takes_real_steps_at_its_real_size(run, real_data, tmp_path):
    archive = real_data / "ham10000_600x450_sample.zip"
    with zipfile.ZipFile(archive) as files:
        there = {Path(name).stem for name in files.namelist()}
    rows = pd.read_csv(real_data / "HAM10000_metadata.csv")
    rows = rows[rows["image_id"].isin(there)].groupby("dx").head(15)
    rows = rows[rows["dx"] != "bcc"]
    rows.to_csv(tmp_path / "ham.csv", index=False)
    fold = np.arange(30) // 5 % 3
    rows[["image_id"]].assign(fold=fold).to_csv(tmp_path / "split.csv", index=False)
    asked = ("train", tmp_path / "ham.csv", "--split", tmp_path / "split.csv", "--images", archive)
    asked += ("--run", tmp_path / "run", "--direct", "--task", "melanoma-vs-nevus", "--fold", 0)
    asked += ("--profile", "paper", "--weights", "none", "--batch-size", 8, "--epochs", 2)
    status, said, err = run(*asked, "--dry-run", "--json")
    assert status == 0, err
    about = json.loads(said)
    assert about["network"] == "inception_v3, 299 pixels, weights none"
    assert about["steps"] == {"an_epoch": [1], "all": 2}
    assert "8 pictures at 299 pixels" in about["minutes"]["how"]
    assert 0.4 < about["memory"]["bytes"] / about["memory"]["measured_bytes"] < 1.2
    status, _, err = run(*asked)
    assert status == 0, err
    found, _ = predictions.read(tmp_path / "run" / "predictions.csv")
    assert len(found) == 10 and list(found.columns) == ["image_id", "melanoma", "nevus"]
    on_disk = sum(file.stat().st_size for file in (tmp_path / "run").rglob("*"))
    assert 0.4 < on_disk / about["disk"]["run"] < 1


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("IMG_1.DCM", "export it as PNG"),
        ("a.avif", "save it as PNG or JPEG"),
        ("b.DNG", "a camera's raw file"),
    ],
)
def test_a_picture_of_a_kind_that_is_not_read_is_one_sentence(run, tmp_path, name, cure):
    (tmp_path / name).write_bytes(b"x")
    status, _, err = run("predict", tmp_path / name, "--run", tmp_path, "--out", tmp_path / "p.csv")
    assert status == 2 and "is a picture of a kind that is not read" in err and cure in err


# --- a tree of one's own --------------------------------------------------------------------------

GARDEN = {
    "rose": "flowers",
    "tulip": "flowers",
    "daisy": "flowers",
    "oak": "trees",
    "birch": "trees",
}


@pytest.fixture
def garden(tmp_path):
    """A tree of plants, a table of 60 pictures of them and the pictures; trees are dark."""
    edges = [("plants", None), ("flowers", "plants"), ("trees", "plants"), *GARDEN.items()]
    pd.DataFrame(edges, columns=["child", "parent"]).to_csv(tmp_path / "tree.csv", index=False)
    kinds = list(GARDEN) * 12
    rows = pd.DataFrame({"file": [f"p{i:02}" for i in range(60)], "plant": kinds})
    rows.to_csv(tmp_path / "plants.csv", index=False)
    (tmp_path / "garden").mkdir()
    for i, row in enumerate(rows.itertuples()):
        shade = (40 if GARDEN[row.plant] == "trees" else 180) + i
        Image.new("RGB", (32, 32), (shade, 90, 80)).save(tmp_path / "garden" / f"{row.file}.png")
    return tmp_path


def test_every_step_works_on_a_tree_of_ones_own(quick, run, garden):
    tree = ("--taxonomy", garden / "tree.csv")
    cases, split, folder = garden / "cases.csv", garden / "split.csv", garden / "run"
    columns = ("--columns", "image_id=file,disease=plant")
    status, said, err = run(
        "cases", garden / "plants.csv", *columns, *tree, "--out", cases, "--json"
    )
    assert status == 0, err
    assert json.loads(said)["tasks"] == {"own": {"flowers": 36, "trees": 24, "not used": 0}}
    status, said, _ = run("partition", cases, *tree, "--max-class-size", 24, "--json")
    sizes = {each["name"]: each["n_images"] for each in json.loads(said)["classes"]}
    assert sizes == {"daisy": 12, "rose": 12, "tulip": 12, "trees": 24}
    assert run("split", cases, "--folds", 3, "--out", split)[0] == 0
    asked = ("train", cases, "--split", split, "--images", garden / "garden", "--run", folder)
    asked += ("--size", 32, "--epochs", 2, *tree)
    status, _, err = run(*asked, "--max-class-size", 60)
    assert (
        status == 2 and "'flowers' (36 images) is swallowed by the training class 'plants'" in err
    )
    status, said, err = run(*asked, "--max-class-size", 24, "--all-folds", "--json")
    assert status == 0, err
    about = json.loads(said)
    assert about["judged_by"] == "own, AUC"
    assert about["classes"] == ["daisy", "rose", "tulip", "trees"]
    answers = folder / "predictions.csv"
    for task, sides in (
        ("own", (36, 60)),
        ("trees:flowers", (24, 60)),
        ("rose:tulip+daisy", (12, 36)),
    ):
        status, said, err = run("score", answers, cases, "--task", task, *tree, "--json")
        assert status == 0, err
        result = json.loads(said)
        assert (result["n_positive"], result["n"]) == sides
    status, said, err = run("score", answers, cases, "--task", "oak:birch", *tree)
    assert status == 2 and "'trees' lies on both sides" in err
    place = ("--task", "trees:flowers", "--out", garden / "roc.png")
    assert run("roc", answers, cases, *place, *tree)[0] == 0
    status, said, err = run(
        "report", folder, "--cases", cases, "--out", garden / "r.html", "--json"
    )
    assert status == 0, err
    assert "own" in said
    picture = ("explain", garden / "garden" / "p03.png", "--run", folder)
    status, said, err = run(*picture, "--out", garden / "map.png", "--json")
    assert status == 0, err
    assert json.loads(said)["class"] in about["classes"]


def test_a_table_of_other_nodes_than_the_tree_has_is_one_sentence(run, garden):
    tree = ("--taxonomy", garden / "tree.csv")
    rows = pd.DataFrame({"image_id": ["a", "b"], "disease": ["rose", "elm"], "dataset": "x"})
    for more in ({}, {"classes": "own"}):
        rows.assign(**more).to_csv(garden / "other.csv", index=False)
        status, _, err = run("cases", garden / "other.csv", *tree, "--out", garden / "cases.csv")
        assert status == 2 and "elm" in err.splitlines()[-1]
    more = ("--classes", "own", "--out", garden / "cases.csv")
    status, _, err = run("cases", garden / "other.csv", *tree, *more)
    assert status == 2 and "give one of both" in err
