"""A picture is used if its lesion can be seen, and captioned with the signs that it shows."""

import numpy as np
import pytest

from dermlab.cases import clinic
from dermlab.lessons.quiz import pictures, visible

TASK = pictures.CLINIC_TASKS[0]


@pytest.fixture(scope="module")
def drawn():
    """Four nevi and four melanomas."""
    return clinic.test_set(TASK, 4, 4, seed=11)


def without_colour(cases):
    """The lesions with nothing that a camera could see."""
    flat = ("brown", "red", "height", "shine", "rough", "scale", "pale", "flare", "yellow", "blue")
    more = ("halo", "plugs", "vessels", "ulcer", "pustule", "wrinkle", "rolled", "network")
    return cases.assign(**{f"sign_{name}": -6.0 for name in (*flat, *more)})


def test_a_lesion_without_colour_or_relief_cannot_be_seen(drawn):
    assert visible.lesions(drawn).sum() >= 7
    assert not visible.lesions(without_colour(drawn)).any()


def test_the_bare_skin_of_an_earlier_quiz_is_no_picture_any_more():
    seed = pictures._seed("lesson-7", 30)
    n_pos = pictures.n_positive("lesson-7", 30)
    before = clinic.test_set(TASK, n_pos, 30 - n_pos, seed=seed)
    (hidden,) = np.flatnonzero(~visible.lesions(before))
    assert before["truth"][hidden] == "halo nevus"  # nothing but skin and hairs
    now = pictures.clinic_cases("lesson-7", TASK, 30)
    assert set(before["image_id"]) - set(now["image_id"]) == {before["image_id"][hidden]}
    assert len(now) == 30 and now["image_id"].is_unique and visible.lesions(now).all()
    assert now["truth"].str.contains("melanoma|lentigo maligna").sum() == n_pos


def test_a_sign_is_seen_if_the_picture_would_look_different_without_it(drawn):
    names = ["border", "variegation", "halo"]
    strong = drawn.assign(sign_border=4.0, sign_halo=4.0, sign_brown=4.0, sign_variegation=4.0)
    assert visible.signs(strong, names).to_numpy().all()
    absent = drawn.assign(sign_border=0.2, sign_halo=-1.0, sign_variegation=0.5)
    assert not visible.signs(absent, names).to_numpy().any()
    colourless = without_colour(drawn).assign(sign_variegation=4.0)
    assert not visible.signs(colourless, ["variegation"]).to_numpy().any()  # of no brown at all


def test_grades_are_on_their_scale(drawn):
    shown = visible.grades(drawn.assign(sign_plugs=-0.6, sign_border=5.0), ["plugs", "border"])
    assert (shown["plugs"] == 0).all() and (shown["border"] == 4).all()
