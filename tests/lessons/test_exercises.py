"""Each solution gives the number that was worked out by itself; other answers are not right."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.lessons import exercises

ALL = list(exercises.exercises().values())
RIGHT = {  # by hand, or by another way than the solution's
    "00.1": 113,
    "00.2": 12,
    "00.3": 7.27,
    "01.1": (0.7, -0.8, 0.1),
    "01.2": 10**0.5,
    "01.3": (27_648, 33_868_800),
    "01.4": 2 / 7,
    "02.1": "b",
    "02.11": "conv5",
    "02.12": 0.0201,
    "02.13": 417.7,
    "02.14": 0.0185,
    "02.15": "b",
    "03.1": 8,
    "03.2": 1105,
    "03.3": 0.8,
    "04.1": 0.73,
    "04.2": 0.05,
    "04.3": (0.8365, 0.7384),
    "04.4": 0.1127,
    "04.5": (0.5032, 0.5923),
    "05.1": 4,
    "05.2": 80 / 81,
    "05.3": 0.416,
    "05.4": "not checkable",
    "05.5": 0.1137,
    "06.1": 18_441,
    "06.2": 2.56**2,
    "06.3": 29.87,
    "06.4": 0.5359,
    "06.5": (5, 7),
    "07.1": (12 / 13, 0.7),
    "07.2": 5,
    "07.3": 0.925,
    "07.4": -7.84,
    "07.5": 8 / 19,
    "08.1": 7.43,
    "08.2": (6, 18),
    "09.1": (0.6319, 1 / 9),
    "09.2": 2377,
    "09.3": 22,
    "09.4": 0.4,
    "09.5": 43.735,
    "09.6": -3.96,
    "10.1": 5100 / 9900,
    "10.2": 30 / 169_000,
    "10.3": 0,
    "10.4": 13 / 37,
    "10.5": "c",
    "11.1": 40,
    "11.2": 0.01,
    "11.3": "b",
    "11.4": 1,
    "11.5": "b",
    "11.6": 0.375,
    "11.7": 0.0577,
}


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_the_solution_is_right_and_other_answers_are_not(exercise, capsys):
    exercises.check(exercise.id, RIGHT[exercise.id])
    assert capsys.readouterr().out == f"{exercise.id}  right.\n"
    for wrong in (None, -123456.789, "no such answer", [], True, np.arange(3), pd.Series([1])):
        exercises.check(exercise.id, wrong)
        assert "not yet" in capsys.readouterr().out


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_an_unanswered_exercise_is_a_hint_not_a_failure(exercise, capsys):
    exercises.ask(exercise.id)
    exercises.check(exercise.id, ...)
    printed = capsys.readouterr().out
    assert exercise.question in printed and exercise.hint in printed


def test_a_known_mistake_is_named(capsys):
    exercises.check("03.3", 0.4)
    assert "divide by the sum of both sides" in capsys.readouterr().out
    exercises.check("03.3", 0.5)
    assert capsys.readouterr().out == f"03.3  not yet. {exercises.exercises()['03.3'].mistake}\n"


def test_ids_follow_their_notebook():
    assert len(ALL) == len({e.id for e in ALL}) > 0
    numbers = [tuple(map(int, e.id.split("."))) for e in ALL]
    assert numbers == sorted(numbers)


def test_an_unknown_exercise_is_named():
    with pytest.raises(InputError, match=r"no exercise '99\.9'"):
        exercises.check("99.9", 1)


@pytest.mark.parametrize("kind", [float, np.float64, np.float32])
def test_numbers_of_numpy_count_as_numbers(kind):
    assert exercises.is_close(kind(7.25), 7.25)
    assert exercises.is_close((kind(0.5), np.int64(2)), (0.5, 2))
    assert not exercises.is_close(kind(7.25), 7.0, 0.2)


def test_what_is_no_number_is_never_right():
    for answer in (True, "7", None, np.array([7]), pd.Series([7]), (7,)):
        assert not exercises.is_close(answer, 7, 1)
    assert not exercises.is_close(7, (7,), 1)
