"""Shipped results: files held to their manifests, and how they are written and made again."""

import json
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.lessons import report, results
from results import make
from results.common.result import Result

SHIPPED = results.FOLDER
RECIPES = {name: make.recipe(name) for name in results.names()}
SHORT = [name for name, result in RECIPES.items() if result.minutes <= 1]


# --- what the repository ships --------------------------------------------------------------------


@pytest.mark.parametrize("name", results.names())
def test_every_manifest_fits_its_files(name):
    assert make.problems(name) == []


def test_every_folder_has_a_recipe():
    folders = {path.name for path in SHIPPED.iterdir() if path.is_dir()}
    assert folders - {"common", "__pycache__"} == set(results.names())


@pytest.mark.parametrize("name", results.names())
def test_the_manifest_says_how_and_from_what(name):
    text = (SHIPPED / name / "manifest.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert found["command"] == f"make results NAME={name}"
    assert found["kind"] in report.KINDS
    assert isinstance(found["seed"], int)
    assert {"python", "dermlab", "numpy", "pandas", "scikit-learn"} <= set(found["versions"])
    assert 0 <= found["minutes"] <= (1 if name in SHORT else 60 * 24)
    assert all(re.fullmatch(r"[0-9a-f]{64}", sha) for sha in found["outputs"].values())
    assert all(re.fullmatch(r"[0-9a-f]{64}", sha) for sha in found["inputs"].values())
    assert set(found["outputs"]) == tables(name)


def tables(name):
    """The files of a result that are neither its recipe nor what it is made from."""
    kept = {
        key.rpartition("/")[2] for key in RECIPES[name].reads if key.startswith(f"results/{name}/")
    }
    files = {path.name for path in (SHIPPED / name).iterdir() if path.is_file()}
    return files - {"manifest.json", "recipe.py"} - kept


def test_results_of_real_data_name_no_image_lesion_or_patient():
    """Aggregated numbers only: never a row of a data set whose rows are not ours to ship."""
    for path in SHIPPED.rglob("*.*"):
        if path.suffix in {".py", ".pyc"}:
            continue
        assert path.suffix in {".csv", ".npz", ".json"}
        if path.suffix != ".npz":
            assert not re.search(r"ISIC_\d|HAM_\d|PAT_\d|IP_\d", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SHORT)  # of a longer one its own tests make a cell again
def test_made_again_it_is_the_same_within_tolerance(name, request, tmp_path, monkeypatch):
    if any(key.startswith("DERMLAB_DATA/") for key in RECIPES[name].reads):
        request.getfixturevalue("real_data")
    shutil.copytree(SHIPPED / name, tmp_path / name)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    make.make(name)
    assert make.problems(name) == []
    for path in (tmp_path / name).glob("*.csv"):
        again, shipped = pd.read_csv(path), pd.read_csv(SHIPPED / name / path.name)
        pd.testing.assert_frame_equal(again, shipped, rtol=2e-3, atol=2e-3)


# --- written, verified, re-made -------------------------------------------------------------------


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A result called toy in a package of its own, made from one shipped and one real file."""
    data, real = tmp_path / "dermlab" / "data", tmp_path / "real"
    for folder in (data, real, tmp_path / "results" / "toy"):
        folder.mkdir(parents=True)
    (tmp_path / "results" / "toy" / "recipe.py").write_text("RESULT = None\n")
    (data / "facts.csv").write_text("n\n3\n", encoding="utf-8")
    (real / "rows.csv").write_text("x\n1\n2\n", encoding="utf-8")
    monkeypatch.setattr(make, "ROOT", tmp_path)
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    monkeypatch.setenv("DERMLAB_DATA", str(real))

    def two_files(inputs):
        n = pd.read_csv(inputs["dermlab/data/facts.csv"])["n"]
        x = pd.read_csv(inputs["DERMLAB_DATA/rows.csv"])["x"]
        table = pd.DataFrame({"name": ["a", "b"], "value": [x.sum() / 3, n.sum()]})
        arrays = {"weights": np.arange(6, dtype=np.float16).reshape(2, 3), "bias": np.zeros(2)}
        return {"table.csv": table, "arrays.npz": arrays}

    def ship(made=two_files, reads=("dermlab/data/facts.csv", "DERMLAB_DATA/rows.csv")):
        result = Result(made, "A toy.", "simulated", seed=1, minutes=0.1, reads=reads)
        recipe = SimpleNamespace(RESULT=result)
        monkeypatch.setattr(make, "import_module", {"results.toy.recipe": recipe}.__getitem__)

    ship()
    ship.folder, ship.data, ship.real = results.FOLDER / "toy", data, real
    return ship


def test_what_is_made_can_be_read(toy):
    made = make.make("toy")
    assert made == results.manifest("toy")
    table = results.read("toy", "table.csv")
    assert table["name"].to_list() == ["a", "b"]
    assert table["value"].to_list() == [1, 3]
    arrays = results.read("toy", "arrays.npz")
    assert arrays["weights"].dtype == np.float16
    np.testing.assert_array_equal(arrays["weights"], [[0, 1, 2], [3, 4, 5]])
    assert list(made["inputs"]) == ["dermlab/data/facts.csv", "DERMLAB_DATA/rows.csv"]
    assert make.problems("toy") == []
    assert [path.name for path in results.FOLDER.iterdir()] == ["toy"]


def test_made_twice_the_files_are_the_same_bytes(toy):
    first = make.make("toy")["outputs"]
    assert make.make("toy")["outputs"] == first


def test_the_checksum_is_sha256_with_plain_line_ends(toy):
    import hashlib

    outputs = make.make("toy")["outputs"]
    path = toy.folder / "table.csv"
    assert outputs["table.csv"] == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # as git may on Windows
    assert make.problems("toy") == []
    assert len(results.read("toy", "table.csv")) == 2


@pytest.mark.parametrize("file", ["table.csv", "arrays.npz"])
def test_a_damaged_or_missing_file_is_not_read(toy, file):
    make.make("toy")
    path = toy.folder / file
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InputError, match=f"toy/{file} is not the one .*make results NAME=toy"):
        results.read("toy", file)
    path.unlink()
    with pytest.raises(InputError, match=f"toy/{file} is missing: .*make results NAME=toy"):
        results.read("toy", file)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"inputs": {}}', "\udcff"])
def test_a_damaged_manifest_is_one_sentence(toy, text):
    make.make("toy")
    (toy.folder / "manifest.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=r"manifest.json is damaged: .*make results NAME=toy"):
        results.read("toy", "table.csv")
    (problem,) = make.problems("toy")
    assert "damaged" in problem


def test_unknown_names_are_answered_with_the_known_ones(toy):
    with pytest.raises(InputError, match=r"No result is called 'tyo'; there are toy"):
        results.read("tyo", "table.csv")
    with pytest.raises(InputError, match="No result is called"):
        make.make("../toy")
    with pytest.raises(InputError, match=r"toy/manifest.json is missing"):
        results.read("toy", "table.csv")
    make.make("toy")
    with pytest.raises(InputError, match=r"has no file 'tabel.csv'; it has table.csv, arrays.npz"):
        results.read("toy", "tabel.csv")


def test_without_real_data_nothing_is_made_but_all_is_read(toy, monkeypatch):
    make.make("toy")
    monkeypatch.delenv("DERMLAB_DATA")
    with pytest.raises(InputError, match=r"DERMLAB_DATA/rows.csv, which is not there"):
        make.make("toy")
    monkeypatch.setenv("DERMLAB_DATA", str(toy.real / "elsewhere"))
    with pytest.raises(InputError, match=r"DERMLAB_DATA/rows.csv, which is not there"):
        make.make("toy")
    assert make.problems("toy") == []
    assert len(results.read("toy", "table.csv")) == 2


def test_every_kind_of_problem_is_found(toy):
    make.make("toy")

    def found():
        return " ".join(make.problems("toy"))

    (toy.folder / "notes.txt").write_text("left over")
    assert "holds notes.txt, which manifest.json does not name" in found()
    (toy.folder / "notes.txt").unlink()
    (toy.real / "rows.csv").write_text("x\n1\n")
    assert "another DERMLAB_DATA/rows.csv: it is not the one" in found()
    (toy.real / "rows.csv").unlink()
    assert found() == ""
    (toy.data / "facts.csv").write_text("n\n4\n")
    assert "another dermlab/data/facts.csv: it is not the one" in found()
    (toy.data / "facts.csv").unlink()
    assert "another dermlab/data/facts.csv: it is missing" in found()
    toy(reads=())
    assert "its recipe has other inputs" in found()
    (toy.folder / "arrays.npz").unlink()
    assert "toy/arrays.npz is missing" in found()


def test_a_new_result_takes_the_earlier_ones_place_whole(toy):
    make.make("toy")
    toy(lambda inputs: {"other.csv": pd.DataFrame({"n": [1]})})
    make.make("toy")
    assert {path.name for path in toy.folder.iterdir()} == {
        "other.csv",
        "manifest.json",
        "recipe.py",
    }
    assert [path.name for path in results.FOLDER.iterdir()] == ["toy"]


def objects(inputs):
    return {"table.csv": pd.DataFrame({"n": [1]}), "a.npz": {"o": np.array([{}], dtype=object)}}


def fails(inputs):
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("maker", "error"), [(fails, ZeroDivisionError), (objects, TypeError)], ids=["fails", "pickle"]
)
def test_a_run_that_fails_leaves_the_earlier_result(toy, maker, error):
    before = make.make("toy")
    toy(maker)
    with pytest.raises(error):
        make.make("toy")
    assert results.manifest("toy") == before
    assert len(results.read("toy", "table.csv")) == 2
    toy()
    make.make("toy")
    assert [path.name for path in results.FOLDER.iterdir()] == ["toy"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_is_killed_while_it_writes_leaves_the_earlier_result(toy):
    before = make.make("toy")
    program = f"""
import os, signal
from pathlib import Path
from types import SimpleNamespace
import pandas as pd
from dermlab.lessons import results
from results import make
from results.common.result import Result

class Last(pd.DataFrame):
    def to_csv(self, *path, **options):
        os.kill(os.getpid(), signal.SIGKILL)

def maker(inputs):
    return {{"table.csv": pd.DataFrame({{"n": [1]}}), "second.csv": Last({{"n": [1]}})}}

results.FOLDER = Path({str(results.FOLDER)!r})
recipe = SimpleNamespace(RESULT=Result(maker, "", "simulated", 1, 0.1, ()))
make.import_module = lambda dotted: recipe
make.make("toy")
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == -9
    assert results.manifest("toy") == before
    assert make.problems("toy") == []
    part = results.FOLDER / ".toy.part"
    assert sorted(path.name for path in part.iterdir()) == ["recipe.py", "table.csv"]
    make.make("toy")
    assert [path.name for path in results.FOLDER.iterdir()] == ["toy"]


def test_the_verb_makes_what_is_named_and_lists_all_else(toy, capsys):
    make.run(["toy"])
    assert re.fullmatch(r"made toy: 2 files in [\d.]+ min\n", capsys.readouterr().out)
    make.run([])
    listed = capsys.readouterr().out
    assert "  toy " in listed and "reads DERMLAB_DATA/rows.csv" in listed
    (toy.folder / "table.csv").unlink()
    with pytest.raises(InputError, match="No result is called 'tyo'"):
        make.run(["toy", "tyo"])
    assert not (toy.folder / "table.csv").exists()  # nothing is made before all names are known
