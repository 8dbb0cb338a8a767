"""Exercises that check themselves: one module a notebook, each with its questions and solutions.

A notebook asks with ``ask("03.1")`` and checks with ``check("03.1", my_answer)``. An exercise left
unanswered (``...``) gets its hint, never a failure, so that a notebook runs from top to bottom
before a student has touched it. The solution is the one source: an answer is right where it is
what the solution gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from numbers import Real
from pkgutil import iter_modules

from dermlab.errors import InputError


@dataclass(frozen=True)
class Exercise:
    """One question with its hint, its solution, and what is said of a wrong answer.

    ``id`` is the notebook's number and the exercise's (``"03.1"``). ``solution`` is Python source
    that ends by binding ``answer``: a number, a pair of numbers, a text or a set of letters;
    ``tolerance`` is how far a number may be from it. ``mistake`` is said of a wrong answer, unless
    ``mistakes`` (number → sentence) knows it.
    """

    id: str
    question: str
    hint: str
    solution: str
    mistake: str
    tolerance: float = 0
    mistakes: Mapping[float, str] = field(default_factory=dict)

    def is_right(self, answer: object) -> bool:
        """Whether ``answer`` is the solution's; texts in any case, letters in any order."""
        right = _answer(self.solution)
        if isinstance(right, str):
            return isinstance(answer, str) and answer.strip().lower() == right
        if isinstance(right, set):
            return isinstance(answer, set | frozenset | str | list | tuple) and set(answer) == right
        return is_close(answer, right, self.tolerance)


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises of the course by id, in the order of the notebooks."""
    modules = sorted(module.name for module in iter_modules(__path__))
    return {
        exercise.id: exercise
        for name in modules
        for exercise in import_module(f"{__name__}.{name}").EXERCISES
    }


def ask(exercise_id: str) -> None:
    """Print the question."""
    print(f"{exercise_id}  {_get(exercise_id).question}")


def check(exercise_id: str, answer: object = ...) -> None:
    """Print whether ``answer`` is right; the hint where it is still ``...``."""
    exercise = _get(exercise_id)
    if answer is ...:
        print(f"{exercise_id}  not answered yet. Hint: {exercise.hint}")
        return
    if exercise.is_right(answer):
        print(f"{exercise_id}  right.")
        return
    known = exercise.mistakes.items()
    said = [text for value, text in known if is_close(answer, value, exercise.tolerance)]
    print(f"{exercise_id}  not yet. {said[0] if said else exercise.mistake}")


def is_close(answer: object, right: float | tuple[float, ...], tolerance: float = 0) -> bool:
    """Whether ``answer`` is that number, or a tuple or list of those numbers, within ``tolerance``.

    NumPy's numbers count as numbers; a truth value, a text or a whole column does not.
    """
    if isinstance(right, tuple):
        return (
            isinstance(answer, tuple | list)
            and len(answer) == len(right)
            and all(is_close(a, r, tolerance) for a, r in zip(answer, right, strict=True))
        )
    is_number = isinstance(answer, Real) and not isinstance(answer, bool)
    return is_number and bool(abs(float(answer) - right) <= tolerance)


def solution(exercise_id: str) -> None:
    """Print the solution, as code."""
    print(_get(exercise_id).solution)


@cache
def _answer(solution: str) -> object:
    """What a solution binds as ``answer``."""
    scope: dict[str, object] = {}
    exec(solution, scope)
    return scope["answer"]


def _get(exercise_id: str) -> Exercise:
    if exercise_id not in exercises():
        known = ", ".join(exercises())
        raise InputError(f"There is no exercise {exercise_id!r}; there are {known}.")
    return exercises()[exercise_id]
