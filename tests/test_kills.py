"""Killed in the middle: reproduce and course at every write in turn, a training in earnest."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from dermlab import locks
from dermlab.cli import course as course_room
from dermlab.evaluation import predictions
from dermlab.lessons import kernel, run, site
from tests.faults import PROGRAM, command, emptied, temporary, trials

pytestmark = pytest.mark.usefixtures("own_cache")
BOTH = pytest.mark.parametrize("how", ["kill", "full"])


def content(folder: Path) -> dict[str, bytes]:
    """The files of a folder and below, but for locks."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != locks.LOCK
    }


# --- reproduce ------------------------------------------------------------------------------------


@pytest.mark.all
@BOTH
def test_reproduce_beyond_its_training_goes_on(how, tmp_path, restart, monkeypatch):
    """The folds are trained once, by the command itself; all else is written in every trial."""
    from dermlab.lessons import reproduce

    out = tmp_path / "out"
    words = ["reproduce", "clinic:60:3", "--run", out, "--folds", 3, "--epochs", 1, "--steps", 1]
    words += ["--max-class-size", 10, "--weights", "none", "--size", 75, "--task", "three-way"]
    code = "from dermlab.cli import main; raise SystemExit(main())"
    start = [sys.executable, "-c", code]
    assert subprocess.run([str(word) for word in (*start, *words)]).returncode == 0
    whole = content(out)
    trained = {name: bytes_ for name, bytes_ in whole.items() if name.startswith("run/")}
    assert set(whole) - set(trained) == {"cases.csv", "split.csv", "score.json", "report.html"}
    monkeypatch.setattr(reproduce, "_train", lambda *_: None)  # finds all folds done
    call = command(*words)

    def prepare():
        emptied(out)
        for name, bytes_ in trained.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(bytes_)

    def check(at):
        now = content(out)
        assert all(now[name] == bytes_ for name, bytes_ in trained.items()), at
        if how == "full":
            assert temporary(out) == []
        call()
        assert content(out) == whole, at

    assert trials(out, prepare, call, check, restart, how) >= 12


# --- course ---------------------------------------------------------------------------------------


@dataclass
class Done:
    """What a program that ended well leaves to its caller."""

    returncode: int = 0
    stderr: str = ""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The command on two small lessons, with kernel and Sphinx doing the least they can."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("01_a", "02_b"):
        cells = [new_markdown_cell(f"# {name}\n\nText."), new_code_cell("1")]
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")

    def sphinx(words, **_):
        part = Path(words[-1])
        part.mkdir()
        (part / "index.html").write_text("new")
        return Done()

    monkeypatch.setattr(course_room, "_notebooks", lambda: folder)
    monkeypatch.setattr(run, "environment_checksum", lambda: "one")
    monkeypatch.setattr(kernel, "run_cells", lambda notebook, path, tell: (None, 1.0, 10.0))
    monkeypatch.setattr(site.subprocess, "run", sphinx)
    return command("course")


@pytest.mark.all
@BOTH
def test_a_course_keeps_its_pages_or_has_the_new_ones(how, course, tmp_path, restart, capsys):
    build = tmp_path / "build"
    course()
    new = content(build)
    assert new["site/index.html"] == b"new" and len(new) > 8

    def prepare():
        emptied(build)
        (build / "site").mkdir(parents=True, exist_ok=True)
        (build / "site" / "index.html").write_text("earlier")
        (build / "report.json").write_text("earlier")
        capsys.readouterr()

    def check(at):
        sites = [build / "site", build / ".site.earlier", build / ".site.part"]
        pages = [(place / "index.html") for place in sites]
        assert any(page.is_file() and page.read_text() in ("earlier", "new") for page in pages), at
        if how == "full":
            said = capsys.readouterr().err.splitlines()[-1]
            assert str(build) in said and "No space left" in said and ".part" not in said, said
            assert (build / "site" / "index.html").read_text() in ("earlier", "new")
            assert temporary(build) == []
        course()
        assert content(build) == new, at

    assert trials(build, prepare, course, check, restart, how) >= 25


# --- a training -----------------------------------------------------------------------------------


@pytest.mark.all
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_training_killed_in_earnest_again_and_again_ends_as_one_that_was_not(tmp_path):
    """SIGKILL at the 6th, then the 9th, then the 14th change of the folder, then none."""
    rows = pd.DataFrame({"image_id": [f"I{i:02}" for i in range(24)], "dataset": "made"})
    rows["disease"] = ["malignant melanoma" if i % 2 else "melanocytic nevi" for i in range(24)]
    rows.to_csv(tmp_path / "cases.csv", index=False)
    split = rows[["image_id"]].assign(fold=np.arange(24) // 2 % 3)
    split.to_csv(tmp_path / "split.csv", index=False)
    for i, image_id in enumerate(rows["image_id"]):
        Image.new("RGB", (80, 80), (40 + 8 * i, 90, 80)).save(tmp_path / f"{image_id}.png")

    def train(folder: Path, at: int) -> int:
        words = ["train", tmp_path / "cases.csv", "--split", tmp_path / "split.csv"]
        words += ["--images", tmp_path, "--run", folder / "run", "--weights", "none", "--direct"]
        words += ["--task", "melanoma-vs-nevus", "--size", 75, "--fold", 0, "--epochs", 3]
        start = [sys.executable, "-c", PROGRAM, Path(__file__).parents[1], folder, at, *words]
        return subprocess.run([str(word) for word in (*start, "--resume")]).returncode

    once, often = tmp_path / "once", tmp_path / "often"
    for folder in (once, often):
        folder.mkdir()
    assert train(once, 0) == 0
    for at in (6, 9, 14):
        assert train(often, at) == -signal.SIGKILL
    assert train(often, 0) == 0
    expected, found = (
        predictions.read(folder / "run" / "predictions.csv") for folder in (once, often)
    )
    pd.testing.assert_frame_equal(found[0], expected[0], atol=1e-5)
    assert {**found[1], "run": None} == {**expected[1], "run": None}
    assert len(pd.read_csv(often / "run" / "history.csv")) == 3
    assert temporary(often) == []
