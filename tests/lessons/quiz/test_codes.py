"""A reading as text: whole and back again, and every slip of the pen is found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermlab.errors import InputError
from dermlab.evaluation import reads as reads_file
from dermlab.lessons import quiz
from dermlab.lessons.quiz import pictures

IDS = tuple(f"img{i}" for i in range(12))


class Reading:
    """What a code is made from: as a Session, without a disk."""

    def __init__(self, study, reader, decisions):
        self.study, self.reader, self.decisions = study, reader, decisions


def study_of(ids=IDS, source=0, quiz_id="q-1"):
    return quiz.Study(
        quiz_id, "melanoma-vs-nevus", "?", ids, [np.zeros((1, 1, 3))] * len(ids), source=source
    )


def reading(answers, **other):
    made = {i: one for i, one in zip(IDS, answers, strict=False) if one}
    return Reading(study_of(**other), "BCDF23", made)


ANSWERS = st.lists(
    st.none() | st.tuples(st.integers(0, 1), st.integers(1, 5)), min_size=12, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_what_was_decided_comes_back(answers):
    now = reading(answers)
    found = quiz.from_code(quiz.to_code(now), now.study)
    assert found.columns.tolist() == list(reads_file.COLUMNS)
    rows = found.set_index("image_id")[["decision", "confidence"]].to_dict("index")
    assert {i: tuple(map(int, row.values())) for i, row in rows.items()} == now.decisions
    assert set(found["reader_id"]) <= {"BCDF23"} and set(found["quiz_id"]) <= {"q-1"}


def test_small_letters_blanks_and_look_alikes_do_no_harm():
    now = reading([(1, 3), (0, 5)] * 6)
    code = quiz.to_code(now)
    right = quiz.from_code(code, now.study)
    for written in (
        code.lower(),
        code.replace("-", " "),
        f"  {code}\r\n",
        f"Ann: {code}",
        "QUIZ-" + code.removeprefix("QUIZ-").replace("O", "0"),
        "QUIZ-" + code.removeprefix("QUIZ-").replace("L", "1"),
    ):
        assert quiz.from_code(written, now.study).equals(right)


def test_every_single_wrong_or_missing_letter_is_found():
    now = reading([(1, 3), (0, 5)] * 6)
    code = quiz.to_code(now)
    for place in range(len("QUIZ-"), len(code)):
        if code[place] == "-":
            continue
        other = "B" if code[place] != "B" else "C"
        for wrong in (other, ""):
            with pytest.raises(InputError, match="damaged"):
                quiz.from_code(code[:place] + wrong + code[place + 1 :], now.study)


def test_another_quiz_and_other_pictures_are_refused():
    code = quiz.to_code(reading([(1, 3)]))
    with pytest.raises(InputError, match="of the quiz q-1, not of q-2"):
        quiz.from_code(code, study_of(quiz_id="q-2"))
    with pytest.raises(InputError, match="other pictures"):
        quiz.from_code(code, study_of(ids=IDS[::-1]))
    with pytest.raises(InputError, match="one's own"):
        quiz.from_code(code)
    for text in ("", "hello", "QUIZ-"):
        with pytest.raises(InputError):
            quiz.from_code(text, study_of())


def test_a_code_of_the_clinic_needs_no_study():
    ids = tuple(pictures.clinic_cases("q-1", "melanoma-vs-nevus", 12)["image_id"])
    now = Reading(study_of(ids=ids, source=1), "BCDF23", {ids[3]: (1, 4)})
    (row,) = quiz.from_code(quiz.to_code(now)).to_dict("records")
    assert (row["image_id"], row["decision"], row["confidence"]) == (ids[3], 1, 4)
    assert row["task"] == "melanoma-vs-nevus"


def test_thirty_pictures_make_a_text_that_can_be_pasted():
    ids = tuple(map(str, range(30)))
    now = Reading(study_of(ids=ids, quiz_id="lesson-7"), "BCDF23", dict.fromkeys(ids, (1, 5)))
    assert len(quiz.to_code(now)) <= 80
