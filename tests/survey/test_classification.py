"""Grades, graders and scores, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.survey import classification, fundus
from dermlab.survey.fundus import EXUDATE, HAEMORRHAGE, MICROANEURYSM

EYES = pd.DataFrame({"eye_id": ["a", "b"], "patient_id": ["p", "p"], "disc_mm": [1.8, 1.8]})


def lesions(*rows):
    """Lesions of eye a: kind, x, y."""
    table = pd.DataFrame(rows, columns=["kind", "x", "y"])
    return table.assign(eye_id="a", diameter=0.2, contrast=0.5)


def in_quadrants(*counts):
    corners = ((-2, -2), (-2, 2), (2, -2), (2, 2))
    rows = [(HAEMORRHAGE, *at) for at, n in zip(corners, counts, strict=True) for _ in range(n)]
    return lesions(*rows)


@pytest.mark.parametrize(
    ("of", "grade", "oedema"),
    [
        (lesions(), 0, False),
        (lesions((fundus.DRUSE, 1, 1), (fundus.PIGMENT, 1, 1)), 0, False),
        (lesions(*[(MICROANEURYSM, 1, 1)] * 40), 1, False),
        (lesions((HAEMORRHAGE, 1, 1)), 2, False),
        (lesions((EXUDATE, 1.5, 1.5)), 2, False),  # 2.1 mm from the fovea, a disc is 1.8
        (lesions((EXUDATE, 1.0, 1.0)), 2, True),
        (in_quadrants(21, 21, 21, 21), 3, False),
        (in_quadrants(21, 21, 21, 20), 2, False),
        (in_quadrants(90, 0, 0, 0), 2, False),
    ],
)
def test_an_eye_is_graded_by_what_is_in_it(of, grade, oedema):
    table = classification.grade(EYES, of)
    assert table.loc["a"].tolist() == [grade, oedema, grade >= 2 or oedema]
    assert table.loc["b"].tolist() == [0, False, False]
    worse = classification.of_patients(EYES, table)
    assert worse.loc["p"].tolist() == table.loc["a"].tolist()


def test_a_grader_misses_the_small_and_faint():
    n = 4000
    plain = np.repeat([0.006, 0.012, 0.06], n)
    table = pd.DataFrame({"kind": HAEMORRHAGE, "contrast": plain / 0.2, "diameter": 0.2})
    found = classification.seen(table, np.random.default_rng(0)).index
    shares = [np.isin(range(k * n, (k + 1) * n), found).mean() for k in range(3)]
    assert shares == pytest.approx([1 / 9, 1 / 2, 1 / (1 + 0.2**3)], abs=0.03)


def test_pigment_is_taken_for_blood_at_times_and_blood_never_for_pigment():
    table = pd.DataFrame({"kind": [fundus.PIGMENT] * 5000 + [HAEMORRHAGE] * 50, "contrast": 0.9})
    found = classification.seen(table.assign(diameter=0.9), np.random.default_rng(1))
    taken = (found["kind"][found.index < 5000] == HAEMORRHAGE).mean()
    assert taken == pytest.approx(classification.MISTAKEN[fundus.PIGMENT][1], abs=0.015)
    assert (found["kind"][found.index >= 5000] == HAEMORRHAGE).all()


def test_three_graders_agree_on_the_middle_grade():
    study = fundus.make(300, 31, burden=0.3)
    read = classification.adjudicated(study, seed=5)
    each = read[["grader_1", "grader_2", "grader_3"]].to_numpy()
    assert (read["grade"] == np.sort(each, axis=1)[:, 1]).all()
    assert (np.ptp(each, axis=1) > 0).mean() > 0.05  # they are three
    truth = classification.grade(study.eyes, study.lesions)
    assert 0.9 < (truth["referable"] == read["referable"]).mean() < 1
    assert read["referable"][read["oedema"]].all()


def test_features_are_sums_ranks_and_the_place_worked_out_by_hand():
    answers = {
        "dark": pd.DataFrame(
            {"eye_id": ["a", "a"], "to_fovea": [3.0, 1.0], MICROANEURYSM: [0.1, 0.5],
             HAEMORRHAGE: [0.8, 0.2]}
        ),
        "bright": pd.DataFrame(
            {"eye_id": ["b", "b"], "to_fovea": [2.5, 1.0], EXUDATE: [0.9, 0.4]}
        ),
    }  # fmt: skip
    table = classification.features(EYES, answers)
    assert table.loc["a", "haemorrhage, sum"] == pytest.approx(np.log(2))
    assert table.loc["a", [f"haemorrhage, {k}" for k in (1, 2, 3)]].tolist() == [0.8, 0.2, 0]
    assert table.loc["a", "near fovea"] == 0 and table.loc["b", "near fovea"] == 0.4
    assert table.loc["b", "exudate, 1"] == 0.9 and table.shape == (2, 13)


def test_colours_leave_out_the_dark_around():
    picture = np.zeros((1, 4, 4, 3), np.uint8)
    picture[0, :2] = [200, 80, 30]
    picture[0, 0] = [100, 80, 30]
    assert classification.colours(picture)[0].tolist() == [150, 80, 30, 50, 0, 0]


def test_the_worse_eye_is_the_patients_score():
    worse = classification.worse([0.2, 0.7, 0.9, 0.1], ["q", "p", "p", "q"])
    assert worse.to_dict() == {"p": 0.9, "q": 0.2}


@pytest.mark.parametrize(("wanted", "expected"), [(1.0, 0.1), (0.75, 0.4), (0.7, 0.4), (0.5, 0.6)])
def test_the_threshold_finds_as_many_as_are_wanted(wanted, expected):
    score, referable = [0.9, 0.6, 0.4, 0.1, 0.95, 0.2], [1, 1, 1, 1, 0, 0]
    assert classification.threshold(referable, score, wanted) == expected
    with pytest.raises(InputError, match="nobody to find"):
        classification.threshold([0, 0], [0.1, 0.2])


def test_the_best_judged_regression_is_chosen_and_of_equals_the_first():
    rng = np.random.default_rng(3)
    values, referable = rng.normal(size=(80, 2)), np.arange(80) % 2 == 0
    values[referable] += 2  # the stronger, the larger the scores
    sizes = {
        strength: np.abs(
            classification.regression(values, referable, strength).decision_function(values[:9])
        ).sum()
        for strength in classification.STRENGTHS
    }
    for judge, wanted in ((1, classification.STRENGTHS[-1]), (-1, classification.STRENGTHS[0])):
        model, strength, best = classification.chosen(
            values, referable, values[:9], lambda score, judge=judge: judge * np.abs(score).sum()
        )
        assert strength == wanted and best == pytest.approx(judge * sizes[wanted])
        assert np.abs(model.decision_function(values[:9])).sum() == pytest.approx(sizes[wanted])
    _, first, _ = classification.chosen(values, referable, values[:9], lambda score: 0.5)
    assert first == classification.STRENGTHS[0]


def test_the_area_is_that_of_the_worse_eyes():
    """Patients p and q are referable: .9 and .4 against r's .5, so one pair of two is right."""
    patients, score = list("ppqqrr"), [0.1, 0.9, 0.4, 0.2, 0.5, 0.3]
    referable = np.array([1, 0, 1, 1, 0, 0], bool)
    assert classification.area(referable, score, patients) == 0.5


def test_a_regression_weighs_both_kinds_alike():
    rng = np.random.default_rng(2)
    values = np.concatenate([rng.normal(0, 1, (900, 1)), rng.normal(3, 1, (100, 1))])
    referable = np.arange(1000) >= 900
    model = classification.regression(values, referable, 1.0)
    assert model.decision_function([[1.5]])[0] == pytest.approx(0, abs=0.5)
