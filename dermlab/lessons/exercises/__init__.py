"""Exercises that check themselves: one module a notebook, each with its questions and solutions.

A notebook asks with ``ask("03.1")`` and checks with ``check("03.1", answer)``. An exercise left
unanswered (``...``) never fails, so that a notebook runs from top to bottom before a student has
touched it, and nothing is given away before the student calls ``hint("03.1")``. The solution is
the one source: an answer is right where it is what the solution gives.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dermlab.errors import InputError
from dermlab.lessons import kept, prose
from dermlab.lessons.exercises import answers

_hints_given: Counter[str] = Counter()


@dataclass(frozen=True)
class Exercise:
    """One question with its two hints, its solution, and what is said of wrong answers.

    ``id`` is the notebook's number and the exercise's (``"03.1"``). The first hint says where to
    look, the second nearly gives the answer. ``solution`` is Python source that ends by binding
    ``answer``: a number, a tuple of numbers, a text or a set of letters; ``tolerance`` is how far
    a number may be from it. ``options`` make it a multiple choice, whose answer is a letter.

    ``mistakes`` are pairs of a wrong answer and the sentence that names its mistake (not the right
    answer). Where a number is asked for, the wrong one may be given as source, as the solution is.
    """

    id: str
    question: str
    hints: tuple[str, str]
    solution: str
    mistakes: tuple[tuple[object, str], ...] = ()
    tolerance: float = 0
    options: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """What `ask` shows, in Markdown."""
        return prose.choice(f"**{self.id}** {self.question}", self.options)

    @property
    def right(self) -> object:
        """The answer that the solution gives."""
        return _answer(self.solution)

    def is_right(self, answer: object) -> bool:
        """Whether ``answer`` is the solution's; texts in any case, letters in any order."""
        return answers.is_right(answer, self.right, self.tolerance)

    def mistake(self, answer: object) -> str:
        """What is wrong with an answer that is not right; "" where that is not known."""
        if self.options and isinstance(self.right, str):
            letters = prose.LETTERS[: len(self.options)]
            if not isinstance(answer, str) or answer.strip().upper() not in tuple(letters):
                return (
                    f'One of the letters "A" to "{letters[-1]}" is asked for, in quotation marks.'
                )
        if kind := answers.wrong_kind(answer, self.right):
            return kind
        for value, sentence in self.mistakes:
            if answers.is_right(answer, self.value(value), self.tolerance):
                return sentence
        return answers.wrong_size(answer, self.right, self.tolerance)

    def value(self, mistake: object) -> object:
        """The wrong answer that an entry of ``mistakes`` stands for."""
        is_source = isinstance(mistake, str) and not isinstance(self.right, str | set)
        if not is_source:
            return mistake
        return _answer(mistake if "answer =" in mistake else f"answer = {mistake}")


@dataclass(frozen=True)
class Vote:
    """A lesson's multiple choice for a whole class: vote, discuss with a neighbour, vote again.

    ``right`` is a letter; ``why`` says what is right about it, and which misconceptions the other
    options stand for.
    """

    question: str
    options: tuple[str, ...]
    right: str
    why: str


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises of the course by id, in the order of the notebooks."""
    return {exercise.id: exercise for module in _modules() for exercise in module.EXERCISES}


@cache
def votes() -> dict[str, Vote]:
    """The votes of the lessons by their number, ``"05"``; not every lesson has one."""
    having = [module for module in _modules() if hasattr(module, "VOTE")]
    return {module.__name__.rpartition(".n")[2][:2]: module.VOTE for module in having}


def ask(exercise_id: str) -> None:
    """Show the question, and the options of a multiple choice."""
    prose.show(_get(exercise_id).shown)


def check(exercise_id: str, answer: object = ...) -> None:
    """Print whether ``answer`` is right, and which mistake it shows; keep that it was answered."""
    exercise = _get(exercise_id)
    hint_call = f'exercises.hint("{exercise_id}")'
    if answer is ... or (isinstance(answer, tuple | list) and any(a is ... for a in answer)):
        print(f"{exercise_id}  not answered yet. For a hint call {hint_call}.")
        return
    is_right = exercise.is_right(answer)
    if is_right:
        print(f"{exercise_id}  right.")
    else:
        print(f"{exercise_id}  not yet. {exercise.mistake(answer) or f'A hint: {hint_call}.'}")
    kept.change("exercises", exercise_id, lambda earlier: _tried(earlier, is_right))


def hint(exercise_id: str) -> None:
    """Show the first hint; at the second call, and from then on, the second."""
    exercise = _get(exercise_id)
    place = min(_hints_given[exercise_id], len(exercise.hints) - 1)
    _hints_given[exercise_id] += 1
    prose.show(f"**{exercise_id}, hint {place + 1} of 2** {exercise.hints[place]}")


def solution(exercise_id: str) -> None:
    """Print the solution, as code."""
    print(_get(exercise_id).solution)


def solutions(number: str) -> None:
    """Print every solution of a lesson and of its second sitting, as in ``solutions("07")``.

    InputError for a number without exercises.
    """
    found = [one for module in _modules() for one in module.EXERCISES if one.id[:2] == number]
    if not found:
        raise InputError(f"There are no exercises of lesson {number!r}: write it as in '07'.")
    print("\n\n".join(f"# {one.id}\n{one.solution}" for one in found))


def _tried(earlier: dict | None, is_right: bool) -> dict:
    earlier = earlier or {"done": False, "tries": 0}
    return {"done": earlier["done"] or is_right, "tries": earlier["tries"] + 1}


def _modules() -> list:
    """The modules of the notebooks, in their order."""
    names = sorted(module.name for module in iter_modules(__path__))
    return [import_module(f"{__name__}.{name}") for name in names if re.match(r"n\d\d", name)]


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
