"""Each exercise's own solution must pass its checker, and an empty answer must not."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.lessons import exercises

ALL = list(exercises.exercises().values())


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_the_solution_is_right_and_other_answers_are_not(exercise, capsys):
    scope = {}
    exec(exercise.solution, scope)
    exercises.check(exercise.id, scope["answer"])
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


def test_ids_follow_their_notebook():
    assert len(ALL) == len({e.id for e in ALL}) > 0
    assert [e.id for e in ALL] == sorted(e.id for e in ALL)


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
