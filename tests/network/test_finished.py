"""A finished run as files, without the backend."""

import json
import subprocess
import sys
from dataclasses import asdict

import pytest

from dermlab.errors import InputError
from dermlab.network import finished
from dermlab.network.recipe import Recipe

NETWORK = {"training": 9, "development": 4, "scored": 3, "best_epoch": 1, "best": 0.5}


@pytest.fixture
def run(tmp_path):
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


def test_a_run_is_read_from_its_files(run):
    found = finished.read(run)
    assert found.recipe == Recipe.classroom()
    assert found.datasets == ["made"]
    assert list(found.networks["fold"]) == [0, 1]
    assert [history["loss"][0] for history in found.histories] == [0.0, 0.1]


def test_one_network_stands_in_the_runs_own_folder(tmp_path):
    assert finished.folders(tmp_path, [None]) == [tmp_path]
    assert finished.folders(tmp_path, [2]) == [tmp_path]
    assert finished.folders(tmp_path, [0, 1])[1] == tmp_path / "fold-1"


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("settings.json", None, "holds no run"),
        ("settings.json", "{", r"settings\.json is damaged"),
        ("trained.json", None, "is not finished: go on with dermlab train --resume"),
        ("trained.json", "{}", "is damaged"),
        ("fold-1/history.csv", None, "is damaged"),
        ("fold-0/run.json", '{"recipe": {}}', "is damaged"),
    ],
)
def test_what_is_missing_or_damaged_is_one_sentence(run, file, content, sentence):
    if content is None:
        (run / file).unlink()
    else:
        (run / file).write_text(content)
    with pytest.raises(InputError, match=sentence):
        finished.read(run)


def test_reading_starts_no_backend(run):
    code = (
        "import sys; from dermlab.network import finished\n"
        f"finished.read({str(run)!r}); print('keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
