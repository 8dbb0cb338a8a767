"""Bad bytes: a file that has a checksum never gives other values, and none is our defect."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dermlab import cache, cli, files
from dermlab.errors import InputError
from dermlab.evaluation import predictions
from dermlab.lessons import results


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "cache"))


# --- a kind of file: its paths, and how it is read ------------------------------------------------


def checkpoint(folder, monkeypatch):
    from dermlab.network import checkpoints

    path = folder / "checkpoint.npz"
    checkpoints.write(path, [np.arange(60.0), np.ones((3, 4), np.float16)], {"history": [1, 2]})
    return [path], lambda: repr(checkpoints.read(path))


def entry(folder, monkeypatch):
    def read():
        make = {"a": np.arange(50.0), "b": np.array(["x", "naïve"])}
        return repr(cache.load_or_make(lambda: make, inputs={}, version=1, name="x", within=folder))

    read()
    return list(folder.glob("*.npz")), read


def decoded(folder, monkeypatch):
    from dermlab.network import pictures

    for i in range(3):
        Image.new("RGB", (9, 9), (90 * i, 20, 30)).save(folder / f"{i}.png")

    def read():
        found = pictures.load(["0", "1", "2"], [folder], 8)
        return np.array(found.pixels).tobytes(), found.image_ids

    read()
    places = cache.folder() / "images"
    return [*places.glob("*.rgb"), *places.glob("*.json")], read


def half_decoded(folder, monkeypatch):
    """An entry that was broken off after two blocks of three."""
    from dermlab.network import picture_cache as room

    place = folder / "entry"
    blocks = [(["0"], [], bytes(192)), (["1"], [["2", "no picture"]], bytes(range(192)))]

    def read():
        marks = room.resume(place, 8)
        for block in blocks[len(marks) :]:  # what is damaged is decoded again
            room.add(place, *block)
        return place.with_suffix(".part").read_bytes(), place.with_suffix(".done").read_bytes()

    read()
    return [place.with_suffix(".part"), place.with_suffix(".done")], read


def shipped(folder, monkeypatch):
    name = folder / "toy"
    name.mkdir()
    (name / "recipe.py").write_text("")
    pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]}).to_csv(name / "t.csv", index=False)
    files.write_npz(name / "t.npz", {"a": np.arange(20)})
    outputs = {file: results.checksum(name / file) for file in ("t.csv", "t.npz")}
    files.write_json(name / "manifest.json", {"inputs": {}, "outputs": outputs})
    monkeypatch.setattr(results, "FOLDER", folder)
    read = lambda: repr([results.read("toy", "t.csv"), results.read("toy", "t.npz")])  # noqa: E731
    return [name / "t.csv", name / "t.npz"], read


def answers(folder, monkeypatch):
    table = pd.DataFrame({"image_id": ["a", "b"], "x": [0.25, 0.5], "y": [0.75, 0.5]})
    classes = [{"name": "x", "diseases": ["acne"]}, {"name": "y", "diseases": ["lupus"]}]
    place = folder / "p.csv"
    predictions.write(table, place, {"run": "r", "seed": 3, "classes": classes})

    def read():
        found, sidecar = predictions.read(place)
        return found.to_csv(), {key: sidecar.get(key) for key in ("run", "seed", "classes")}

    return [place, folder / "p.csv.json"], read


def a_run(folder, monkeypatch):
    from dataclasses import asdict

    from dermlab.network import run_folder
    from dermlab.network.recipe import Recipe

    (folder / "history.csv").write_text("epoch,loss,development\n1,0.25,0.5\n")
    network = {"fold": 0, "training": 9, "development": 4, "scored": 3, "best_epoch": 1, "best": 1}
    contents = {
        "settings.json": {"folds": [0], "task": "malignant", "seed": 3},
        "run.json": {"recipe": asdict(Recipe.classroom())},
        "trained.json": {
            "datasets": ["made"],
            "networks": [network],
            "histories": [run_folder.checksum(folder / "history.csv")],
        },
    }
    for name, content in contents.items():
        files.write_json(folder / name, files.sealed(content))

    def read():
        run = run_folder.finished(folder)
        settings = [run.settings.get(name) for name in ("folds", "task", "seed")]
        tables = [run.networks.to_csv(), run.histories[0].to_csv()]
        return repr([settings, run.recipe, run.datasets, tables])

    return [*(folder / name for name in contents), folder / "history.csv"], read


KINDS = [checkpoint, entry, decoded, half_decoded, shipped, answers, a_run]


@pytest.mark.parametrize("n", [40, pytest.param(400, marks=pytest.mark.all)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_byte_is_found_or_changes_nothing(kind, n, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "files"
    folder.mkdir()
    paths, read = kind(folder, monkeypatch)
    expected, rng, seen = read(), np.random.default_rng(0), 0
    whole = {path: path.read_bytes() for path in paths}
    for _ in range(n):
        path = paths[rng.integers(len(paths))]
        content = bytearray(whole[path])
        content[rng.integers(len(content))] ^= int(rng.integers(1, 256))
        path.write_bytes(content)
        try:
            assert read() == expected, path
        except InputError as error:
            assert str(path) in str(error) or path.name in str(error)
            seen += 1
        seen += "made again" in capsys.readouterr().err
        for each, before in whole.items():
            if not each.exists() or each.read_bytes() != before:
                each.write_bytes(before)
    assert seen > n / 3 or kind is half_decoded


@pytest.mark.parametrize("cut", ["a row's end", "in a row", "a row twice"])
def test_a_cut_table_of_predictions_is_refused(cut, tmp_path):
    (place, _), _ = answers(tmp_path, None)
    lines = place.read_text().splitlines(keepends=True)
    text = {"a row's end": lines[:-1], "in a row": [*lines[:-1], lines[-1][:-4] + "\n"]}
    place.write_text("".join(text.get(cut, [*lines, "c,1,0\n"])))
    with pytest.raises(InputError, match=r"p\.csv"):
        predictions.read(place)


# --- what is no file of ours ----------------------------------------------------------------------

DEEP = "[" * 100_000
TABLE = "image_id,disease,dataset\na,acne,made\nb,lupus,made\n"


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    a_run(folder, None)
    return folder


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("settings.json", "[]"),
        ("settings.json", '{"folds": null}'),
        ("settings.json", '{"folds": ["x"]}'),
        ("settings.json", DEEP),
        ("trained.json", '{"datasets": ["made"], "networks": [{"part": 0}]}'),
        ("trained.json", '{"datasets": ["made"], "networks": null}'),
        ("trained.json", '{"datasets": 3, "networks": [{"fold": 0}]}'),
        ("run.json", '{"recipe": {"epoch": 3}}'),
        ("run.json", DEEP),
        ("history.csv", "epochs,loss\n1,0.5\n"),
        ("history.csv", "epoch,loss\none,0.5\n"),
        ("history.csv", ""),
    ],
)
def test_a_run_that_is_none_is_one_sentence(name, content, run_folder, tmp_path, capsys):
    (run_folder / name).write_text(content)
    status = cli.main(["report", str(run_folder), "--out", str(tmp_path / "r.html")])
    lines = capsys.readouterr().err.splitlines()
    assert status == 2 and len(lines) == 1 and name in lines[0] and len(lines[0]) < 400


@pytest.mark.parametrize("about", ["[]", DEEP, '{"size": 1000000000}', '{"classes": 3}'])
def test_a_network_that_is_none_is_one_sentence(about, run_folder, tmp_path, capsys):
    (run_folder / "run.json").write_text(about)
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    arguments = ["predict", tmp_path / "a.png", "--run", run_folder, "--out", tmp_path / "p.csv"]
    assert cli.main(list(map(str, arguments))) == 2
    assert "run.json is damaged" in capsys.readouterr().err.splitlines()[-1]


def test_weights_that_are_a_plain_array_or_a_damaged_zip_are_refused(tmp_path):
    from dermlab.network import checkpoints

    path = tmp_path / "weights.npz"
    np.save(tmp_path / "x.npy", np.arange(3))
    shutil.move(tmp_path / "x.npy", path)
    with pytest.raises(InputError, match=r"weights\.npz is damaged"):
        checkpoints.read(path)
    checkpoints.write(path, [np.arange(9)])
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 10] = 99  # a compression that nobody knows: NotImplementedError
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"weights\.npz is damaged"):
        checkpoints.read(path)


def test_loops_lost_folders_and_foreign_bytes_are_one_sentence(tmp_path, monkeypatch, capsys):
    table, loop = tmp_path / "t.csv", tmp_path / "l"
    table.write_text(TABLE)
    loop.symlink_to(loop)
    for arguments in (
        ["cases", loop, "--out", tmp_path / "o.csv"],
        ["cases", table, "--out", loop],
        ["cases", table, "--out", loop / "o.csv"],
        ["leaks", table, loop],
        ["cases", table, "--out", "caf\udce9.csv"],
        ["duplicates", table, "--images", loop, "--out", tmp_path / "o.csv"],
        ["report", loop, "--out", tmp_path / "r.html"],
    ):
        assert cli.main(list(map(str, arguments))) == 2, arguments
        assert len(capsys.readouterr().err.splitlines()) == 1
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for out in ("o.csv", str(tmp_path / "o.csv")):
        assert cli.main(["cases", "t.csv", "--out", out]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_sidecar_that_is_none_is_one_sentence(tmp_path, capsys):
    (place, sidecar), _ = answers(tmp_path, None)
    (tmp_path / "t.csv").write_text(TABLE)
    for content in ("[]", DEEP, "{", json.dumps({"rows": "x"})):
        sidecar.write_text(content)
        assert cli.main(["score", str(place), str(tmp_path / "t.csv"), "--task", "three-way"]) == 2
        assert "p.csv.json" in capsys.readouterr().err
