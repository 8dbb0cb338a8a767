"""dermlab own: a folder of pictures of anything in, a report and a model card out."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import namedtuple

import numpy as np
import pandas as pd
import pillow_heif
import psutil
import pytest
from PIL import Image

from tests.faults import assert_same_answers, broken_off_after_a_fold

pillow_heif.register_heif_opener()
SMALL = ("--model", "compact", "--weights", "none", "--size", 75, "--epochs", 1, "--steps", 1)
COLOURS = {"rose": (200, 60, 80), "tulip": (70, 80, 200), "oak leaf": (60, 170, 70)}
LEFT_OUT = {  # what is wrong with each file: a word of its reason
    "loose.jpg": "sub-folder",
    "rose/cut.jpg": "cannot be read",
    "rose/empty.png": "cannot be read",
    "rose/letter.jpg": "cannot be read",
    "tulip/scan.tif": "floating-point",
    "tulip/scan.dcm": "DICOM",
    "tulip/raw.dng": "raw file",
    "tulip/notes.txt": "(.txt)",
    "tulip/README": "no ending",
    "oak_leaf/twice.jpg": "twice",
    "oak_leaf/twice.png": "twice",
    "rose/both.png": "stands in",
    "tulip/other_name.png": "stands in",
    "fern/1.png": "2 different pictures",
    "fern/2.png": "2 different pictures",
}


def picture(seed, colour=(128, 128, 128)):
    """A picture like no other: coarse random light on a colour, (90, 120, 3)."""
    coarse = np.random.default_rng(seed).normal(0, 40, (6, 8, 1)).repeat(15, 0).repeat(15, 1)
    return Image.fromarray(np.clip(coarse + colour, 0, 255).astype(np.uint8))


def put(picture, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)


@pytest.fixture(scope="module")
def forty(tmp_path_factory):
    """40 pictures that can be used, of three classes and nine kinds, and each bad file."""
    folder = tmp_path_factory.mktemp("own") / "plants"
    for k, (name, colour) in enumerate(COLOURS.items()):
        for i in range(10 if name == "oak leaf" else 11):
            put(picture(100 * k + i, colour), folder / name.replace(" ", "_") / f"{i}.jpg")
    rose, tulip = folder / "rose", folder / "tulip"
    for i, ending in enumerate(("webp", "tiff", "gif", "heic", "jfif")):
        put(picture(50 + i, COLOURS["rose"]), rose / f"kind.{i}.{ending}", format=FORMATS[ending])
    grey = np.asarray(picture(60).convert("L"))
    put(Image.fromarray(grey.astype(np.uint16) * 257), tulip / "sixteen.png")
    put(picture(61, COLOURS["tulip"]).convert("CMYK"), tulip / "ink.jpg")
    copy = (tulip / "0.jpg").read_bytes()
    (tulip / "copy of 0.jpg").write_bytes(copy)
    whole = (rose / "1.jpg").read_bytes()
    (folder / "loose.jpg").write_bytes(whole)
    (rose / "cut.jpg").write_bytes(whole[:400])
    (rose / "empty.png").touch()
    (rose / "letter.jpg").write_text("Dear Sir")
    put(Image.fromarray(grey.astype(np.float32)), tulip / "scan.tif")
    for name in ("scan.dcm", "raw.dng", "notes.txt", "README"):
        (tulip / name).write_bytes(b"something else")
    for name in ("twice.jpg", "twice.png"):
        put(picture(70), folder / "oak_leaf" / name)
    put(picture(71), rose / "both.png")
    put(picture(71), tulip / "other_name.png")
    for name in ("1.png", "2.png"):
        put(picture(72 + int(name[0])), folder / "fern" / name)
    (folder / ".DS_Store").touch()
    return folder


FORMATS = {"webp": "WEBP", "tiff": "TIFF", "gif": "GIF", "heic": "HEIF", "jfif": "JPEG"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return os.environ | {"DERMLAB_CACHE": str(tmp_path_factory.mktemp("cache"))}


def command(folder, out, *more):
    code = "from dermlab.cli import main; raise SystemExit(main())"
    return [sys.executable, "-c", code, *map(str, ("own", folder, "--out", out, *SMALL, *more))]


@pytest.fixture(scope="module")
def whole(forty, tmp_path_factory, environment):
    """The command on the folder of forty: where, what it printed, and its progress."""
    out = tmp_path_factory.mktemp("whole") / "results"
    asked = command(forty, out, "--json")
    done = subprocess.run(asked, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout), done.stderr


def test_each_bad_file_is_left_out_by_name_and_the_rest_is_used(forty, whole):
    out, said, _ = whole
    problems = pd.read_csv(out / "problems.csv").set_index("picture")
    assert set(problems.index) == set(LEFT_OUT)
    for place, word in LEFT_OUT.items():
        assert word in problems.loc[place, "reason"], place
    assert [row["picture"] for row in said["left_out"]] == list(problems.index)
    every = {file for file in forty.rglob("*") if file.is_file() and file.name != ".DS_Store"}
    used = set(pd.read_csv(out / "cases.csv")["path"])
    assert used == {str(f) for f in every if f.relative_to(forty).as_posix() not in LEFT_OUT}
    assert said["images"] == len(used) == 40
    assert said["classes"] == {"oak leaf": 10, "rose": 16, "tulip": 14}


def test_copies_are_on_one_side_and_every_picture_is_scored_by_another_network(whole):
    out, said, _ = whole
    split = pd.read_csv(out / "split.csv").set_index("image_id")
    assert split.loc["tulip/0", "fold"] == split.loc["copy of 0", "fold"]
    assert sorted(split["fold"].unique()) == [0, 1, 2, 3, 4]
    answers = pd.read_csv(out / "run" / "predictions.csv")
    assert sorted(answers["image"]) == sorted(split.index)
    for fold in range(5):
        of_fold = pd.read_csv(out / "run" / f"fold-{fold}" / "predictions.csv")["image"]
        assert set(of_fold) == set(split.index[split["fold"] == fold])
    assert said["score"]["clustered_by"] == "lesion_id"


def test_it_says_how_little_forty_pictures_are(whole):
    out, said, err = whole
    accuracy = said["score"]["accuracy"]
    width = 100 * (accuracy["high"] - accuracy["low"])
    assert width > 10
    card, page = ((out / name).read_text("utf-8") for name in ("model_card.md", "report.html"))
    for text in (card, page):
        assert f"The interval is {width:.0f} percentage points wide" in text
        assert "does not say which pictures show the same patient" in text
    assert "40 pictures of 3 classes can be used: oak leaf 10, rose 16, tulip 14." in err
    assert "15 files are left out" in err
    assert all(0 <= row["low"] <= row["auc"] <= row["high"] <= 1 for row in said["one_vs_rest"])


def test_the_figures_and_the_page_are_there(whole):
    out, _, _ = whole
    page = (out / "report.html").read_text("utf-8")
    for name in ("roc.png", "confusion.png", "saliency.png"):
        with Image.open(out / name) as drawn:
            assert drawn.format == "PNG" and drawn.width > 500
    assert page.count("data:image/png;base64,") == 3
    assert all(len(alt) > 60 for alt in re.findall(r'<img [^>]*alt="([^"]*)"', page))
    assert "rose/cut.jpg" in page and "skin" not in page.split("How it was trained")[0]


def test_the_card_is_filled_from_the_run_and_blank_where_only_a_person_knows(whole):
    out, _, _ = whole
    card = (out / "model_card.md").read_text("utf-8")
    assert "# Model Card for plants" in card and "compact, 75 pixels a side" in card
    assert "- epochs: 1" in card and "| rose | 16 |" in card
    blanks = re.findall(r"\[A person fills this in: ([^]]+)\]", card)
    assert len(blanks) >= 10 and "under which terms network and pictures may be used" in blanks
    assert not re.search(r"\{\w*\}|None\b", card)


def test_killed_it_goes_on_and_ends_alike(forty, whole, tmp_path, environment):
    out = tmp_path / "results"
    broken_off_after_a_fold(command(forty, out), out, environment)
    assert_same_answers(out, whole[0])
    assert (out / "report.html").is_file()


# --- the nine classes that people publish again and again -----------------------------------------

NINE = ("actinic keratosis", "basal cell carcinoma", "dermatofibroma", "melanoma", "nevus")
NINE += ("pigmented benign keratosis", "seborrheic keratosis", "squamous cell carcinoma")
NINE += ("vascular lesion",)


def test_nine_classes_in_isics_words_and_the_publishers_test_part(run, tmp_path, monkeypatch):
    from dermlab.network import backend

    monkeypatch.setattr(backend, "deterministic", backend.keras.utils.set_random_seed)
    folder, out = tmp_path / "skin", tmp_path / "out"
    for k, name in enumerate(NINE):
        for i in range(5):
            place = folder / ("Train" if i < 4 else "Test") / name
            put(picture(10 * k + i, (100 + 10 * k, 120, 90)), place / f"ISIC_{10 * k + i:07}.jpg")
    put(picture(0, (100, 120, 90)), folder / "Test" / NINE[0] / "again.png")  # is in Train too
    status, printed, err = run("own", folder, "--out", out, *SMALL, "--json")
    assert status == 0, err
    said = json.loads(printed)
    assert list(said["classes"]) == list(NINE) and said["left_out"] == []
    assert said["score"]["confusion"]["truth"] == list(NINE)
    cases = pd.read_csv(out / "cases.csv").set_index("image_id")
    answers = pd.read_csv(out / "run" / "predictions.csv")["image"]
    assert set(answers) == set(cases.index[cases["part"] == "test"])
    assert "stand on both sides of the publisher's division" in err
    assert "set aside for testing" in (out / "report.html").read_text("utf-8")


# --- what cannot be used --------------------------------------------------------------------------


def test_what_cannot_be_learnt_from_ends_with_one_sentence(run, forty, tmp_path):
    out = tmp_path / "out"

    def refused(folder, where=out):
        status, printed, err = run("own", folder, "--out", where, *SMALL)
        assert (status, printed) == (2, "")
        return err.splitlines()[-1]

    assert "is no folder" in refused(tmp_path / "none")
    assert "lies within" in refused(forty, forty / "results")
    around = tmp_path / "around"
    for i in range(4):
        put(picture(i), around / "flowers" / "rose" / f"{i}.png")
        put(picture(9 + i), around / "flowers" / "tulip" / f"{i}.png")
    assert "in flowers alone" in refused(around) and "one folder deeper" in refused(around)
    flat = tmp_path / "flat"
    put(picture(1), flat / "1.png")
    assert "No picture of" in refused(flat) and "with the name of the class" in refused(flat)
    assert not (forty / "results").exists()


def test_results_of_other_pictures_are_not_overwritten(run, whole, tmp_path):
    out, folder = whole[0], tmp_path / "others"
    for i in range(4):
        put(picture(i), folder / "rose" / f"{i}.png")
        put(picture(9 + i), folder / "tulip" / f"{i}.png")
    before = (out / "cases.csv").read_bytes()
    status, _, err = run("own", folder, "--out", out, *SMALL)
    assert status == 2 and "is of other pictures" in err
    assert (out / "cases.csv").read_bytes() == before


def test_a_replaced_picture_ends_the_same_command_with_its_name(run, forty, whole, tmp_path):
    folder, out = tmp_path / "plants", tmp_path / "out"
    shutil.copytree(forty, folder)
    shutil.copytree(whole[0], out)
    put(picture(777), folder / "rose" / "3.jpg")
    status, printed, err = run("own", folder, "--out", out, *SMALL)
    assert (status, printed) == (2, "")
    assert "other pictures that had the same names: 1 picture (rose/3)" in err.splitlines()[-1]


def test_a_folder_of_nothing_usable_leaves_its_reasons(run, tmp_path, monkeypatch):
    from dermlab.network import backend

    monkeypatch.setattr(backend, "deterministic", backend.keras.utils.set_random_seed)
    folder, out = tmp_path / "sums", tmp_path / "out"
    for i, name in enumerate(("=1+1/a.png", "@x/b.png")):
        put(picture(i), folder / name)
    status, _, err = run("own", folder, "--out", out, *SMALL)
    assert status == 2 and "can be used" in err and str(out / "problems.csv") in err
    problems = pd.read_csv(out / "problems.csv")
    assert problems["picture"].tolist() == ["./=1+1/a.png", "./@x/b.png"]
    for i in range(6):
        put(picture(10 + i), folder / ("one" if i % 2 else "two") / f"{i}.png")
    status, _, err = run("own", folder, "--out", out, *SMALL)
    assert status == 0, err


def test_pictures_too_large_for_the_memory_are_refused_before_they_are_decoded(
    run, forty, tmp_path, monkeypatch
):
    from dermlab.network import pictures

    monkeypatch.setattr(pictures, "load", None)
    asked = [100_000 if part == 75 else part for part in SMALL]
    status, _, err = run("own", forty, "--out", tmp_path / "out", *asked)
    last = err.splitlines()[-1]
    assert status == 2 and "32 pictures a step of 100,000 pixels" in last and "--size" in last
    memory = namedtuple("Memory", ("available", "total"))(available=2**40, total=2**25)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    status, _, err = run("own", forty, "--out", tmp_path / "out", *SMALL)
    assert status == 2 and "32 pictures a step of 75 pixels" in err and "looking" not in err
    status, _, err = run("own", forty, "--out", tmp_path / "out", *SMALL, "--size", 74)
    assert status == 2 and "75 pixels or more, not 74: choose" in err and "looking" not in err
