"""The table of exercises, done and open, and the command that prints it."""

import json

import pytest

from dermlab import cli
from dermlab.lessons import exercises, kept, progress


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path))
    return tmp_path


def test_every_exercise_stands_in_its_lesson_open_at_first():
    lessons = progress.lessons()
    assert [name for each in lessons for name in each["open"]] == list(exercises.exercises())
    assert all(name.startswith(f"{each['lesson']}.") for each in lessons for name in each["open"])
    assert all(each["done"] == [] for each in lessons)


def test_what_was_answered_right_is_done(capsys):
    exercises.check("03.3", 0.4)
    exercises.check("03.3", 0.8)
    exercises.check("03.1", 1)
    (lesson,) = [each for each in progress.lessons() if each["lesson"] == "03"]
    assert lesson["done"] == ["03.3"] and "03.1" in lesson["open"] and "03.3" not in lesson["open"]


def test_the_command_prints_a_table_or_json(capsys, home):
    exercises.check("03.3", 0.8)
    capsys.readouterr()
    assert cli.main(["progress"]) == 0
    assert f"1 of {len(exercises.exercises())} exercises are done" in capsys.readouterr().out
    assert cli.main(["progress", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["done"] == 1 and found["open"] == len(exercises.exercises()) - 1
    assert found["file"] == str(home / kept.NAME)
    assert found["lessons"] == progress.lessons()


def test_a_damaged_file_stops_neither(capsys, home):
    (home / kept.NAME).write_text("{", encoding="utf-8")
    assert cli.main(["progress", "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["done"] == 0
    assert shown.err.count("\n") == 1 and "damaged" in shown.err
