"""Nothing is lost: each command is stopped, or its disk filled, at every write in turn."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dermlab import cli, locks
from dermlab.errors import InputError
from dermlab.evaluation import predictions, reads
from tests.faults import PROGRAM, command, emptied, temporary, trials

pytestmark = pytest.mark.usefixtures("own_cache")

# --- tables and reads -----------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path):
    """Twelve cases, of which one row cannot be read."""
    rows = [
        f"I{i:02},L{i // 2},{'malignant melanoma' if i < 6 else 'melanocytic nevi'},made"
        for i in range(12)
    ]
    path = tmp_path / "in" / "cases.csv"
    path.parent.mkdir()
    path.write_text("\n".join(["image_id,lesion_id,disease,dataset", *rows, "I12,L9,no such,made"]))
    return path


@pytest.fixture
def of_readers(tmp_path):
    """Two readers' files, and one damaged row."""
    folder = tmp_path / "reads"
    folder.mkdir()
    for reader in ("BBBBBB", "CCCCCC"):
        lines = [f"{reader},I{i},q,malignant,{i % 2},3,1.0,2026-01-01T00:00:00" for i in range(4)]
        text = "\n".join([",".join(reads.COLUMNS), *lines, f"{reader},I9,q,malignant,7,3,1.0,"])
        (folder / f"{reader}.csv").write_text(text)
    return sorted(folder.iterdir())


def of_tables(name, table, of_readers, out):
    """The command, and the files that it writes."""
    good = table.with_name("good.csv")
    good.write_text("\n".join(table.read_text().splitlines()[:-1]))
    commands = {
        "cases": ("cases", table, "--out", out / "o.csv", "--set-aside", out / "a.csv"),
        "split": ("split", good, "--folds", 2, "--out", out / "o.csv"),
        "merge": ("reads", "merge", *of_readers, "--out", out / "o.csv"),
    }
    aside = {"cases": ["a.csv"], "split": [], "merge": ["o.csv.set-aside.csv"]}[name]
    return command(*commands[name], finding=(0, 1)), [out / "o.csv", *(out / one for one in aside)]


@pytest.mark.parametrize("how", ["kill", "full"])
@pytest.mark.parametrize("name", ["cases", "split", "merge"])
def test_tables_are_the_earlier_or_the_new_ones(
    name, how, table, of_readers, tmp_path, restart, capsys
):
    out = tmp_path / "out"
    out.mkdir()
    call, written = of_tables(name, table, of_readers, out)
    call()
    new = [path.read_bytes() for path in written]

    def prepare():
        for path in written:
            path.write_bytes(b"earlier")
        capsys.readouterr()

    def check(at):
        states = [path.read_bytes() for path in written]
        assert all(state in (b"earlier", after) for state, after in zip(states, new, strict=True))
        if how == "full":
            assert states == [b"earlier"] * len(written)
            assert str(out) in (err := capsys.readouterr().err.splitlines()[-1]), at
            assert "No space left" in err and ".part" not in err
            assert temporary(out) == []
        call()
        assert [path.read_bytes() for path in written] == new
        assert sorted(out.iterdir()) == sorted(written)

    assert trials(out, prepare, call, check, restart, how) >= 3 * len(written)


@pytest.mark.parametrize("how", ["kill", "full"])
def test_a_quiz_loses_no_decision(how, tmp_path, restart):
    from dermlab.lessons import quiz

    ids = tuple(f"img{i}" for i in range(3))
    pictures = [np.full((2, 2, 3), i, np.uint8) for i in range(3)]
    study = quiz.Study("q1", "melanoma-vs-nevus", "Biopsy?", ids, pictures)
    folder = tmp_path / "reads"
    decided = []

    def prepare():
        decided.clear()
        for path in folder.glob("*"):
            path.unlink()

    def call():
        session = quiz.Session(study, folder, "BBBBBB")
        while session.item:
            image_id = session.item
            session.press("b")
            if session.press("4"):
                decided.append(image_id)

    def check(at):
        session = quiz.Session(study, folder, "BBBBBB")
        assert list(session.decisions)[: len(decided)] == decided
        call()
        assert quiz.Session(study, folder, "BBBBBB").n_done == 3
        assert [path.name for path in folder.iterdir()] == ["reads-q1-BBBBBB.csv"]

    assert trials(folder, prepare, call, check, restart, how) >= 6


# --- the network ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def network():
    """One network of a few weights, compiled once, in the place of every other."""
    from dermlab.network.augmentation import TurnAndFlip
    from dermlab.network.backend import keras

    keras.utils.set_random_seed(0)
    pixels = keras.Input((8, 8, 3))
    x = keras.layers.Rescaling(1 / 255)(TurnAndFlip(0)(pixels))
    x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = keras.layers.Dense(2, activation="softmax", name="predictions")(x)
    model = keras.Model(pixels, x, name="compact")
    return model, model.get_weights()


@pytest.fixture
def train(network, tmp_path, monkeypatch):
    """The arguments of a training of two epochs."""
    from dermlab.network import backend, models

    def build(*_, **__):
        network[0].set_weights(network[1])
        return network[0]

    monkeypatch.setattr(models, "build", build)
    monkeypatch.setattr(backend, "deterministic", lambda seed: None)
    folder = tmp_path / "in"
    folder.mkdir()
    rows = pd.DataFrame({"image_id": [f"I{i:02}" for i in range(24)], "dataset": "made"})
    rows["disease"] = ["malignant melanoma" if i % 2 else "melanocytic nevi" for i in range(24)]
    rows.to_csv(folder / "cases.csv", index=False)
    rows[["image_id"]].assign(fold=np.arange(24) // 2 % 3).to_csv(folder / "split.csv", index=False)
    for i, image_id in enumerate(rows["image_id"]):
        Image.new("RGB", (9, 9), (40 + 8 * i, 90, 80)).save(folder / f"{image_id}.png")
    options = ("--direct", "--task", "melanoma-vs-nevus", "--size", 8, "--fold", 0)
    return (
        *("train", folder / "cases.csv", "--split", folder / "split.csv", "--images", folder),
        *("--run", tmp_path / "out" / "run", "--weights", "none", *options),
    )


def state_of(run: Path) -> dict:
    """All that a training leaves, but for its seconds."""
    from dermlab.network import checkpoints

    history = pd.read_csv(run / "history.csv").drop(columns="seconds")
    table, sidecar = predictions.read(run / "predictions.csv")
    return {
        "history": history.to_numpy().round(5).tolist(),
        "weights": [array.round(5).tolist() for array in checkpoints.read(run / "weights.npz")[0]],
        "predictions": table.round(5).to_numpy().tolist(),
        "sidecar": sidecar,
        "files": sorted(path.name for path in run.iterdir() if path.name != locks.LOCK),
    }


@pytest.mark.parametrize("how", ["kill", pytest.param("full", marks=pytest.mark.all)])
@pytest.mark.parametrize("first", [None, pytest.param(1, marks=pytest.mark.all)])
def test_a_training_goes_on_as_if_nothing_had_been(first, how, train, tmp_path, restart, capsys):
    """``first``: the epochs of a finished run that is being made longer."""
    from dermlab.network import run_folder

    out = tmp_path / "out"
    run = out / "run"
    call = command(*train, "--epochs", 2, "--resume")
    out.mkdir()
    call()
    expected = state_of(run)

    def prepare():
        emptied(out)
        if first:
            assert cli.main([str(word) for word in (*train, "--epochs", first)]) == 0
        capsys.readouterr()

    def check(at):
        said = capsys.readouterr().err.splitlines()
        if how == "full":
            assert "No space left" in said[-1] and ".part" not in said[-1], said
            assert temporary(out) == []
        try:
            run_folder.finished(run)
        except InputError:
            assert cli.main(["report", str(run), "--out", str(tmp_path / "r.html")]) == 2
        call()
        assert state_of(run) == expected, at
        run_folder.finished(run)
        assert temporary(out) == []

    assert trials(out, prepare, call, check, restart, how) > 20


def test_the_second_training_into_a_folder_learns_who_is_there(train, tmp_path, capsys):
    run = tmp_path / "out" / "run"
    with locks.alone(run):
        assert cli.main([str(word) for word in train]) == 2
        assert f"{run} is in use by process {os.getpid()}" in capsys.readouterr().err
    assert cli.main([str(word) for word in (*train, "--epochs", 1)]) == 0
    with locks.alone(run):
        assert cli.main([str(word) for word in (*train, "--resume")]) == 2
        assert "is in use by process" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("how", ["kill", "full"])
def test_a_killed_decoding_goes_on(how, tmp_path, restart, monkeypatch):
    from dermlab.network import pictures

    monkeypatch.setattr(pictures, "CHUNK", 2)
    folder, cache = tmp_path / "in", tmp_path / "cache"
    folder.mkdir()
    for i in range(5):
        Image.new("RGB", (9, 9), (40 * i, 90, 80)).save(folder / f"{i}.png")
    ids = [str(i) for i in range(5)]
    expected = np.array(pictures.load(ids, [folder], 8).pixels)

    def call():
        pictures.load(ids, [folder], 8)

    def check(at):
        np.testing.assert_array_equal(pictures.load(ids, [folder], 8).pixels, expected)
        suffixes = sorted(path.suffix for path in (cache / "images").iterdir())
        assert suffixes == [".json", ".rgb"]

    assert trials(cache, lambda: emptied(cache), call, check, restart, how) > 8


@pytest.mark.parametrize("how", ["kill", "full"])
def test_an_answer_is_the_earlier_or_the_new_one(how, train, tmp_path, restart, capsys):
    run, out = tmp_path / "out" / "run", tmp_path / "answers"
    (tmp_path / "out").mkdir()
    out.mkdir()
    assert cli.main([str(word) for word in (*train, "--epochs", 1)]) == 0
    place, folder = out / "p.csv", tmp_path / "in"
    before = command("predict", folder / "I00.png", "--run", run, "--out", place)
    call = command("predict", folder / "I01.png", "--run", run, "--out", place)
    before()
    earlier = predictions.read(place)[0]
    refused = []

    def check(at):
        try:
            table = predictions.read(place)[0]
        except InputError as error:
            refused.append(at)
            assert "not the table that" in str(error)
        else:
            assert table["image_id"][0] in ("I00", "I01")
            if how == "full":
                pd.testing.assert_frame_equal(table, earlier)
                assert temporary(out) == []
        call()
        assert predictions.read(place)[0]["image_id"].tolist() == ["I01"]
        assert sorted(path.name for path in out.iterdir()) == ["p.csv", "p.csv.json"]

    assert trials(out, before, call, check, restart, how) >= 5
    assert len(refused) <= (how == "kill")  # between the two moves: seen, and said


# --- killed in earnest ----------------------------------------------------------------------------


@pytest.mark.all
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("name", ["cases", "split", "merge"])
def test_a_killed_command_leaves_the_earlier_or_the_new_tables(
    name, table, of_readers, tmp_path, monkeypatch
):
    out, ran = tmp_path / "out", []
    out.mkdir()
    monkeypatch.setattr(cli, "main", lambda words: ran.append(words) or 0)
    of_tables(name, table, of_readers, out)[0]()
    _, written = of_tables(name, table, of_readers, out)
    start = [sys.executable, "-c", PROGRAM, str(Path(__file__).parents[1]), str(out)]
    assert subprocess.run([*start, "0", *ran[0]]).returncode in (0, 1)
    new = [path.read_bytes() for path in written]
    for at in range(1, 40):
        for path in written:
            path.write_bytes(b"earlier")
        if subprocess.run([*start, str(at), *ran[0]]).returncode != -signal.SIGKILL:
            break
        states = [path.read_bytes() for path in written]
        assert all(state in (b"earlier", after) for state, after in zip(states, new, strict=True))
        assert subprocess.run([*start, "0", *ran[0]]).returncode in (0, 1)
        assert [path.read_bytes() for path in written] == new
        assert sorted(out.iterdir()) == sorted(written)
    assert at > 3 * len(written)
