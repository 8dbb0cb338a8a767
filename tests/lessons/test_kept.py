"""What a student answered is written once they answer, whole, and by one kernel at a time."""

import json
import subprocess
import sys

import pytest
from platformdirs import user_data_path

from dermlab import files
from dermlab.lessons import kept


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


def test_without_the_variable_it_stands_in_the_users_data_folder(monkeypatch):
    monkeypatch.delenv(kept.VARIABLE)
    assert kept.path() == user_data_path("dermlab", appauthor=False) / "progress.json"
    monkeypatch.setenv(kept.VARIABLE, "")
    assert kept.path().is_absolute()


def test_reading_makes_nothing(home):
    assert all(kept.read(section) == {} for section in kept.SECTIONS)
    assert not home.exists()


def test_what_was_kept_is_read_again(home):
    assert kept.keep("predictions", "05", {"guess": "B", "question": "Größer?"})
    assert kept.change("predictions", "05", lambda earlier: {**earlier, "guess": "A"})
    assert kept.keep("referee", "05", "Where are the patients?")
    assert kept.read("predictions") == {"05": {"guess": "A", "question": "Größer?"}}
    assert kept.read("referee") == {"05": "Where are the patients?"}
    assert {path.name for path in home.iterdir()} == {kept.NAME}


def seal(content):
    return json.dumps(files.sealed(content))


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        '{"exercises": {"05.1"',
        "[1, 2]",
        '{"exercises": {}}',  # without its checksum
        seal({"referee": {"05": "mine"}}).replace("mine", "yours"),
        "\0" * 400,
    ],
)
def test_a_damaged_file_is_one_sentence_and_then_healed(home, capsys, damaged):
    home.mkdir()
    kept.path().write_text(damaged, encoding="utf-8")
    assert kept.read("exercises") == {}
    sentence = capsys.readouterr().err
    assert sentence.count("\n") == 1 and str(kept.path()) in sentence and kept.ASIDE in sentence
    assert (home / kept.ASIDE).read_text(encoding="utf-8") == damaged
    assert kept.keep("referee", "05", "again")
    assert kept.read("referee") == {"05": "again"}
    assert capsys.readouterr().err == ""


def test_a_folder_that_cannot_be_written_to_stops_no_lesson(home, capsys):
    home.write_text("a file where the folder should be", encoding="utf-8")
    assert not kept.keep("referee", "05", "lost")
    assert capsys.readouterr().err.startswith("Your answer could not be kept. ")


def test_two_kernels_at_once_lose_nothing(home):
    code = (
        "import sys; from dermlab.lessons import kept\n"
        "for i in range(20): kept.keep('referee', f'{sys.argv[1]}{i}', 'line')"
    )
    kernels = [subprocess.Popen([sys.executable, "-c", code, name]) for name in "ab"]
    assert [kernel.wait(timeout=60) for kernel in kernels] == [0, 0]
    assert len(kept.read("referee")) == 40
