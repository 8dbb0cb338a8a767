"""A study is checked where it is made."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.lessons import quiz

PICTURE = np.zeros((4, 4, 3), np.uint8)


def make(**other):
    given = {
        "quiz_id": "which-cheats",
        "task": "cheats",
        "question": "Which network cheats?",
        "image_ids": ("a", "b"),
        "pictures": [PICTURE, PICTURE],
    }
    return quiz.Study(**given | other)


def test_any_pictures_with_two_answers_make_a_study(tmp_path):
    answers = (quiz.Answer("The left one", "l", 1), quiz.Answer("The right one", "x", 0))
    study = make(answers=answers)
    session = quiz.Session(study, tmp_path)
    first = session.item
    assert not session.press("b") and session.pending is None
    session.press("L")
    assert session.press("3") and session.decisions == {first: (1, 3)}
    assert quiz.from_code(quiz.to_code(session), study)["image_id"].tolist() == [first]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"quiz_id": "Ann Smith"}, "no quiz id"),
        ({"quiz_id": "x" * 25}, "no quiz id"),
        ({"image_ids": ("a", "a")}, "its own id"),
        ({"pictures": [PICTURE]}, "2 image ids and 1 pictures"),
        ({"image_ids": (), "pictures": []}, "at least one picture"),
        ({"is_positive": pd.Series({"a": True})}, "without a truth"),
        ({"answers": (quiz.Answer("x", "b", 1), quiz.Answer("y", "r", 1))}, "the other 0"),
        ({"answers": (quiz.Answer("x", "b", 1), quiz.Answer("y", "b", 0))}, "letter of its own"),
        (
            {"answers": (quiz.Answer("x", "b", 1), quiz.Answer("y", "u", 0))},
            "takes a decision back",
        ),
        ({"answers": (quiz.Answer("x", "1", 1), quiz.Answer("y", "r", 0))}, "letter of its own"),
    ],
)
def test_what_is_no_study_is_refused(other, said):
    with pytest.raises(InputError, match=said):
        make(**other)


def test_each_reader_has_an_order_of_their_own_that_stays():
    ids = tuple(map(str, range(20)))
    study = make(image_ids=ids, pictures=[PICTURE] * 20)
    orders = [study.order(reader) for reader in ("BBBBBB", "CCCCCC", "BBBBBB")]
    assert sorted(orders[0]) == list(range(20))
    assert orders[0] == orders[2] != orders[1]


def test_a_study_and_its_parts_print_in_a_line_without_the_answers():
    big = np.zeros((320, 320, 3), np.uint8)
    truth = pd.Series({"a": True, "b": False})
    study = make(pictures=[big, big], is_positive=truth, gallery=(quiz.Example(big, "x", "y"),))
    assert repr(study) == "<Study which-cheats: 2 pictures, cheats>"
    pair = quiz.Pair("occlusion", big, big[..., 0], big[..., 0], big[..., 0])
    assert len(repr(pair)) < 80 and len(repr(study.gallery[0])) < 80
