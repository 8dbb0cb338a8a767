"""What runs through the course: one lesion that returns, and what the student said on the way.

A student guesses before the decisive figure (`predict`, `compare`), votes twice with the class
(`vote`), adds a line a lesson to a referee's report on the paper (`referee`), and in lesson 00
gives ten verdicts (`record_verdicts`), which lesson 07 sets beside the network's. Where nothing was
answered (``...``), each says what to do, and nothing is kept.
"""

from collections.abc import Sequence
from functools import lru_cache

import pandas as pd

from dermlab.cases import clinic, taxonomy
from dermlab.errors import InputError
from dermlab.lessons import exercises, kept, prose

SEED, N_PATIENTS = 2017, 500  # the paper's year; nothing was tried out on another one
MELANOMA = "malignant melanoma"
RULE = (
    "The simulated clinic A was run once, with the 500 patients that follow from the random seed "
    "2017 (the year of the paper). Of their lesions we took the first melanoma by its number that "
    "was biopsied and photographed exactly twice, both times with an ordinary camera. We looked at "
    "no picture, no label by eye and no network's answer before."
)
TEN = (5, 5)  # malignant or premalignant lesions of lesson 00's ten, and others
YOU, SIMULATED = "you", "simulated reader"
OPEN = ("", "...", "…")  # a text that is no line yet
CONFIDENCE = (1, 2, 3, 4, 5)
VERDICTS = ["image_id", "decision", "confidence"]

_guesses: dict[str, tuple[Sequence[str], str]] = {}  # of this kernel: lesson → options, letter


# --- lesions --------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _lesion() -> pd.DataFrame:
    cases = clinic.make(N_PATIENTS, SEED)
    melanomas = {MELANOMA, *taxonomy.descendants(taxonomy.load_tree(), MELANOMA)}
    fits = cases["truth"].isin(melanomas) & (cases["label_source"] == "biopsy")
    fits &= cases.groupby("lesion_id")["image_id"].transform("size") == 2
    fits &= (cases["modality"] == "clinical").groupby(cases["lesion_id"]).transform("all")
    return cases[cases["lesion_id"] == cases.loc[fits, "lesion_id"].min()].reset_index(drop=True)


def lesson() -> pd.DataFrame:
    """The cases of the lesion that returns in every lesson: two rows, its two photographs.

    `RULE` says how it was chosen. The columns are those of `clinic.make`: ``truth`` is the biopsy's
    diagnosis, ``dermatologist`` the label by eye.
    """
    return _lesion().copy()


def ten_lesions() -> pd.DataFrame:
    """The cases of the ten verdicts: a photograph each of ten biopsied lesions of clinic B.

    Five are malignant or premalignant and five are not, in a random order; the network that the
    course ships was trained on none of them.
    """
    return clinic.test_set("malignant", *TEN, seed=SEED)


# --- a guess --------------------------------------------------------------------------------------


def predict(
    number: str, question: str, *, options: Sequence[str] = (), guess: object = ...
) -> None:
    """Show a question before its answer can be seen, and keep the student's guess.

    ``guess`` is a letter where there are ``options``, else any text or number. InputError for a
    letter that is no option's.
    """
    prose.show(prose.choice(f"**Your guess, before you look.** {question}", options))
    if guess is ...:
        _guesses.pop(number, None)
        example = '"A"' if options else "a number or a text"
        print(f"No guess yet: put {example} in the place of the dots, and run the cell again.")
        return
    given = prose.letter(guess, options) if options else str(guess)
    _guesses[number] = options, given
    if kept.keep("predictions", number, {"question": question, "guess": given}):
        print(f"Your guess is kept: {given}.")


def compare(number: str, result: object) -> None:
    """Print the guess of this lesson beside the result."""
    if number not in _guesses:
        print(f"You made no guess. The result: {result}")
        return
    options, given = _guesses[number]
    text = f"{given}. {options[prose.LETTERS.index(given)]}" if options else given
    print(f"Your guess: {text}\nThe result: {result}")


# --- a vote ---------------------------------------------------------------------------------------


def vote(number: str, *, answer: object = ..., again: bool = False) -> None:
    """Show the lesson's question for the class to vote on, and keep the student's letter.

    ``again``: the second vote, after the discussion; then the right answer is shown, and why.
    InputError where the lesson has no vote, and for a letter that is no option's.
    """
    question = exercises.votes().get(number)
    if question is None:
        raise InputError(
            f"Lesson {number!r} has no vote; those that have one are "
            f"{', '.join(exercises.votes()) or 'none yet'}."
        )
    name = "Vote again, after the discussion." if again else "Vote."
    prose.show(prose.choice(f"**{name}** {question.question}", question.options))
    if answer is ...:
        print('No vote yet: put a letter, as in "A", in the place of the dots.')
        return
    given = prose.letter(answer, question.options)
    turn = "again" if again else "first"
    if kept.change("votes", number, lambda earlier: {**(earlier or {}), turn: given}):
        print(f"Your vote is kept: {given}.")
    if again:
        prose.show(f"**{question.right}** is right. {question.why}")


# --- the referee's report -------------------------------------------------------------------------


def referee(number: str, line: object = ...) -> None:
    """Keep the lesson's line of the student's report on the paper; an earlier one is replaced."""
    if line is ... or str(line).strip() in OPEN:
        print(f"Your referee's report has no line of lesson {number} yet.")
    elif kept.keep("referee", number, str(line).strip()):
        print(f"Lesson {number} of your referee's report: {str(line).strip()}")


def referee_report() -> None:
    """Show all lines of the report so far, in the order of the lessons."""
    lines = kept.read("referee")
    rows = [f"- **{number}** {lines[number]}" for number in sorted(lines)]
    prose.show("\n".join(["**My report on the paper**", "", *(rows or ["No line yet."])]))


# --- ten verdicts ---------------------------------------------------------------------------------


def record_verdicts(table: pd.DataFrame) -> None:
    """Keep the verdicts on `ten_lesions`: columns ``image_id``, ``decision`` (1: biopsy, 0: leave
    alone) and ``confidence`` (1, a guess, to 5, sure).

    Where a decision or a confidence is still ``...``, nothing is kept. InputError for other images
    than the ten, and for other values.
    """
    verdicts = table[VERDICTS].reset_index(drop=True)
    if (n := int(verdicts.map(lambda cell: cell is ...).any(axis=1).sum())) > 0:
        print(f"{n} of {len(verdicts)} verdicts are not given yet: nothing is kept.")
        return
    _check(verdicts)
    rows = verdicts.astype({"decision": int, "confidence": int}).to_dict("records")
    if kept.keep("verdicts", "00", rows):
        print(f"Your {len(rows)} verdicts are kept for lesson 07.")


def verdicts() -> pd.DataFrame:
    """The verdicts on `ten_lesions`, in their order: ``image_id, decision, confidence, reader``.

    ``reader`` is "you", or "simulated reader" where the student gave none: the first of
    `clinic.observers.reads`, whose mean level is calibrated to that of the paper's dermatologists.
    """
    ten = ten_lesions()
    given = kept.read("verdicts").get("00")
    if given:
        table, reader = pd.DataFrame(given), YOU
    else:
        table, reader = clinic.observers.reads(ten, n_readers=1, seed=SEED), SIMULATED
    table = table.set_index("image_id").loc[ten["image_id"]].reset_index()[VERDICTS]
    return table.astype({"decision": int, "confidence": int}).assign(reader=reader)


def _check(verdicts: pd.DataFrame) -> None:
    expected = set(ten_lesions()["image_id"])
    if set(verdicts["image_id"]) != expected or len(verdicts) != len(expected):
        raise InputError(
            "The verdicts are on other images than thread.ten_lesions(): give one row for each."
        )
    for column, known in (("decision", (0, 1)), ("confidence", CONFIDENCE)):
        if bad := [value for value in verdicts[column] if value not in known]:
            raise InputError(
                f"{bad[0]!r} is no {column}: it is one of {', '.join(map(str, known))}."
            )
