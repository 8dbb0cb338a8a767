"""Exercises that check themselves: one module a notebook, each with its questions and solutions.

A notebook asks with ``ask("03.1")`` and checks with ``check("03.1", my_answer)``. An exercise left
unanswered (``...``) gets its hint, never a failure, so that a notebook runs from top to bottom
before a student has touched it. The solution is the source: tests run it through the checker.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from numbers import Real
from pkgutil import iter_modules

from dermlab.errors import InputError


@dataclass(frozen=True)
class Exercise:
    """One question with its checker, hint and solution.

    ``id`` is the notebook's number and the exercise's (``"03.1"``). ``is_right(answer)`` returns
    True, or a sentence that says what is wrong with this answer. ``solution`` is Python source
    that ends by binding ``answer``.
    """

    id: str
    question: str
    hint: str
    solution: str
    is_right: Callable[[object], bool | str]


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises of the course by id, in the order of the notebooks."""
    modules = sorted(module.name for module in iter_modules(__path__))
    found = [
        exercise for name in modules for exercise in import_module(f"{__name__}.{name}").EXERCISES
    ]
    return {exercise.id: exercise for exercise in found}


def ask(exercise_id: str) -> None:
    """Print the question."""
    print(f"{exercise_id}  {_get(exercise_id).question}")


def check(exercise_id: str, answer: object = ...) -> None:
    """Print whether ``answer`` is right; the hint where it is still ``...``."""
    exercise = _get(exercise_id)
    if answer is ...:
        print(f"{exercise_id}  not answered yet. Hint: {exercise.hint}")
        return
    verdict = exercise.is_right(answer)
    if verdict is True:
        print(f"{exercise_id}  right.")
    else:
        print(f"{exercise_id}  not yet. {verdict or exercise.hint}")


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


def _get(exercise_id: str) -> Exercise:
    if exercise_id not in exercises():
        known = ", ".join(exercises())
        raise InputError(f"There is no exercise {exercise_id!r}; there are {known}.")
    return exercises()[exercise_id]
