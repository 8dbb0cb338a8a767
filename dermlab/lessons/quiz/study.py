"""What a quiz asks, as plain data: pictures, a question, two answers. Nothing here draws.

A *study* may ask about lesions or about anything else that can be shown as pictures with two
answers, such as which of two networks looks at the wrong thing.
"""

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.text import plural

QUIZ_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")
CONFIDENCES = (1, 2, 3, 4, 5)
UNDO = "u"  # the key that takes the last decision back


@dataclass(frozen=True)
class Answer:
    """One of the two answers: what its button says, its key, and the ``decision`` on disk."""

    label: str
    key: str
    decision: int


BIOPSY = Answer("Biopsy or treat", "b", 1)
REASSURE = Answer("Reassure", "r", 0)


@dataclass(frozen=True)
class Example:
    """A picture of the gallery, (height, width, 3) uint8, with its class and what it shows."""

    picture: np.ndarray = field(repr=False)
    label: str
    text: str = ""


@dataclass(frozen=True, eq=False)
class StandIn:
    """Who reads where no person did: ``sentence`` says so (its end), ``kind`` marks the reads
    (*simulated*, *calibrated*), ``reads()`` makes them."""

    sentence: str
    kind: str
    reads: Callable[[], pd.DataFrame]


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A quiz: n pictures, one question, two answers.

    ``quiz_id`` (small letters, digits, hyphens; at most 24) names it in every file. ``is_positive``
    (image_id → bool) holds the truths, True where decision 1 is right; None where there is none.
    ``lesson`` is HTML shown above the ``gallery``. ``positive`` and ``negative`` name the two
    classes. ``source`` says in a text code which pictures these are: 0 for one's own. ``cases`` is
    the table behind the pictures; ``scores`` gives a network's score of each (image_id → number;
    called when the reading is over). ``signs`` gives the caption of each of some image_ids: what
    is to be seen in them, shown when the reading is over. ``truth_by`` says what knows the truth.
    ``stand_in`` reads where no person did; None: the simulated dermatologists.
    """

    quiz_id: str
    task: str
    question: str
    image_ids: tuple[str, ...]
    pictures: Sequence[np.ndarray]
    is_positive: pd.Series | None = None
    answers: tuple[Answer, Answer] = (BIOPSY, REASSURE)
    positive: str = "positive"
    negative: str = "negative"
    gallery: tuple[Example, ...] = ()
    lesson: str = ""
    source: int = 0
    cases: pd.DataFrame | None = None
    scores: Callable[[], pd.Series] | None = None
    signs: Callable[[Sequence[str]], list[str]] | None = None
    truth_by: str = "the biopsy"
    stand_in: StandIn | None = None

    def __post_init__(self) -> None:
        check_quiz_id(self.quiz_id)
        n = len(self.image_ids)
        if not n or len(set(self.image_ids)) < n or len(self.pictures) != n:
            raise InputError(
                f"The quiz {self.quiz_id} has {n} image ids and {len(self.pictures)} pictures: "
                "give at least one picture, and each its own id."
            )
        if {answer.decision for answer in self.answers} != {0, 1}:
            raise InputError("Of a quiz's two answers one must be decision 1, the other 0.")
        keys = {answer.key for answer in self.answers}
        if len(keys) < 2 or any(len(key) != 1 or not key.isalpha() for key in keys):
            raise InputError("Each of a quiz's two answers needs a letter of its own as its key.")
        if UNDO in keys:
            raise InputError(f"The key {UNDO} takes a decision back: give the answer another one.")
        if self.is_positive is not None and not set(self.image_ids) <= set(self.is_positive.index):
            raise InputError(f"The quiz {self.quiz_id} has pictures without a truth.")

    def __repr__(self) -> str:
        """One line, which gives no answer away."""
        n = plural(len(self.image_ids), "picture")
        return f"<Study {self.quiz_id}: {n}, {self.task}>"

    def order(self, reader: str) -> list[int]:
        """In which order this reader sees the pictures: shuffled, always alike for one code."""
        seed = [zlib.crc32(self.quiz_id.encode()), zlib.crc32(reader.encode())]
        return np.random.default_rng(seed).permutation(len(self.image_ids)).tolist()


def check_quiz_id(quiz_id: str) -> str:
    """``quiz_id`` as it is; InputError where it is none."""
    if not QUIZ_ID.fullmatch(quiz_id):
        raise InputError(
            f"'{quiz_id}' is no quiz id: use 1 to 24 small letters, digits and hyphens, "
            "as in reading-1."
        )
    return quiz_id
