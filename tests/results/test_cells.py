"""Long results in cells: made once, kept, in as many processes as are asked for."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dermlab.errors import InputError
from results.common import cells

ROOT = Path(__file__).parents[2]
CELLS = [{"fold": fold} for fold in range(4)]
TOY = """
import os, sys
from pathlib import Path
import numpy as np
from results.common import cells

NOTE = Path(__file__).with_name("note.txt")

def work(cell, inputs):
    with NOTE.open("a") as file:
        print(cell["fold"], os.getpid(), file=file)
    if cell["fold"] == 2 and "die" in sys.argv:
        os.kill(os.getpid(), 9)
    return {"square": np.array(cell["fold"] ** 2)}

if __name__ == "__main__":
    from toy import work  # as another process finds it
    found = cells.run(work, [{"fold": k} for k in range(4)], {}, name="toy")
    print([int(arrays["square"]) for arrays in found])
"""


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(cells.JOBS, raising=False)
    return tmp_path


def run_toy(folder, *args, jobs):
    (folder / "toy.py").write_text(TOY)
    environment = os.environ | {cells.JOBS: str(jobs), "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    command = [sys.executable, str(folder / "toy.py"), *args]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_each_is_made_once_in_order_and_says_what_it_cost(store, capsys):
    made = []

    def work(cell, inputs):
        made.append(cell["fold"])
        return {"square": np.array(cell["fold"] ** 2)}

    for _ in range(2):
        found = cells.run(work, CELLS, {}, name="toy")
        assert [int(arrays["square"]) for arrays in found] == [0, 1, 4, 9]
    assert made == [0, 1, 2, 3]
    assert capsys.readouterr().err.count("toy: fold") == 4
    table = cells.table(CELLS, found)
    assert list(table["fold"]) == [0, 1, 2, 3]
    assert (table["seconds"] >= 0).all() and table["device"].str.contains("cpu:0|gpu:0").all()


def test_another_input_or_version_is_made_anew(store):
    made = []

    def work(cell, inputs):
        made.append(cell)
        return {}

    (store / "a.csv").write_text("1")
    for content, version in (("1", 1), ("2", 1), ("2", 2), ("2", 2)):
        (store / "a.csv").write_text(content)
        cells.run(work, CELLS[:1], {"a.csv": store / "a.csv"}, name="toy", version=version)
    assert len(made) == 3


def test_two_processes_share_the_work(store):
    done = run_toy(store, jobs=2)
    assert done.stdout.strip() == "[0, 1, 4, 9]", done.stderr
    lines = (store / "note.txt").read_text().splitlines()
    assert sorted(line.split()[0] for line in lines) == ["0", "1", "2", "3"]
    assert str(os.getpid()) not in {line.split()[1] for line in lines}


def test_a_killed_run_goes_on_where_it_stopped(store):
    assert run_toy(store, "die", jobs=1).returncode == -9
    done = run_toy(store, jobs=1)
    assert done.stdout.strip() == "[0, 1, 4, 9]", done.stderr
    folds = [line.split()[0] for line in (store / "note.txt").read_text().splitlines()]
    assert folds == ["0", "1", "2", "2", "3"]


@pytest.mark.parametrize("jobs", ["0", "-1", "two"])
def test_a_number_of_processes_that_is_none_is_one_sentence(store, monkeypatch, jobs):
    monkeypatch.setenv(cells.JOBS, jobs)
    with pytest.raises(InputError, match=f"at least 1, not '{jobs}'"):
        cells.run(lambda cell, inputs: {}, CELLS, {}, name="toy")
