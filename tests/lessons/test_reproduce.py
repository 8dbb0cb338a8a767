"""A data set by one command: found, trained fold by fold, broken off, gone on with."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.lessons import reproduce
from tests.faults import assert_same_answers, broken_off_after_a_fold

SMALL = ("--folds", 3, "--epochs", 1, "--steps", 1, "--max-class-size", 10, "--weights", "none")
SMALL = (*SMALL, "--size", 75, "--task", "three-way")


def command(folder, *more, clinic="clinic:60:3"):
    code = "from dermlab.cli import main; raise SystemExit(main())"
    asked = ("reproduce", clinic, "--run", folder, *SMALL, *more)
    return [sys.executable, "-c", code, *map(str, asked)]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return os.environ | {"DERMLAB_CACHE": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, environment):
    folder = tmp_path_factory.mktemp("whole") / "run"
    done = subprocess.run(
        command(folder, "--json"), capture_output=True, text=True, timeout=300, env=environment
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_all_steps_leave_their_files(whole):
    folder, said = whole
    cases, split = (pd.read_csv(folder / f"{name}.csv") for name in ("cases", "split"))
    answers = pd.read_csv(folder / "run" / "predictions.csv")
    assert set(answers["image"]) == set(cases["image_id"]) == set(split["image_id"])
    scores = json.loads((folder / "score.json").read_text("utf-8"))
    assert said["scores"] == scores
    found = scores["three-way"]["all cases"]
    assert found["n"] == len(cases)
    page = (folder / "report.html").read_text("utf-8")
    assert "three-way, mean accuracy of the classes" in page


def test_broken_off_between_folds_it_goes_on_and_ends_alike(whole, tmp_path, environment):
    folder = tmp_path / "run"
    broken_off_after_a_fold(command(folder), folder, environment)
    assert_same_answers(folder, whole[0])


@pytest.mark.all
def test_folds_in_processes_of_their_own_end_alike(whole, tmp_path, environment):
    done = subprocess.run(
        command(tmp_path / "run", "--jobs", 2),
        capture_output=True, text=True, timeout=600, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_same_answers(tmp_path / "run", whole[0])


def test_a_folder_of_other_cases_is_refused(whole, environment):
    done = subprocess.run(
        command(whole[0], clinic="clinic:60:4"), capture_output=True, text=True, timeout=120,
        env=environment,
    )  # fmt: skip
    assert done.returncode == 2 and "name another folder with --run" in done.stderr


def test_the_publishers_files_are_found(tmp_path, monkeypatch):
    monkeypatch.delenv(reproduce.DATA, raising=False)
    for name in ("HAM10000_metadata.csv", "HAM10000_images_part_1.zip", "ham10000_200x150.zip"):
        (tmp_path / name).touch()
    for part in (1, 2):
        (tmp_path / f"HAM10000_images_part_{part}").mkdir()
    found = reproduce.find("ham10000", tmp_path)
    assert found.cases == str(tmp_path / "HAM10000_metadata.csv")
    assert found.images == [str(tmp_path / f"HAM10000_images_part_{part}") for part in (1, 2)]
    monkeypatch.setenv(reproduce.DATA, str(tmp_path))
    assert reproduce.find("ham10000") == found
    other = reproduce.find("ham10000", images=["here.zip"], metadata="table.csv")
    assert other == reproduce.Source("table.csv", ["here.zip"])


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv(reproduce.DATA, raising=False)
    with pytest.raises(InputError, match=r"neither --data nor DERMLAB_DATA.*doi 10.7910"):
        reproduce.find("ham10000")
    (tmp_path / "HAM10000_metadata.csv").touch()
    with pytest.raises(InputError, match="HAM10000_images… not found in"):
        reproduce.find("ham10000", tmp_path)
    with pytest.raises(InputError, match="There is no folder"):
        reproduce.find("ham10000", tmp_path / "none")
    with pytest.raises(InputError, match="cannot be reproduced by one command"):
        reproduce.find("isic2019")
