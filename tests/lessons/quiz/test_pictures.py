"""The quiz id fixes the pictures, and no training has seen them."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dermlab.cases import clinic
from dermlab.errors import InputError
from dermlab.lessons import quiz
from dermlab.lessons.quiz import pictures
from results.clinic_network import recipe as clinic_network


@pytest.fixture(scope="module")
def study():
    return quiz.clinic_study("test", n=10)


def test_the_quiz_id_fixes_the_pictures(study):
    again, other = quiz.clinic_study("test", n=10), quiz.clinic_study("test-2", n=10)
    assert again.image_ids == study.image_ids
    assert all(np.array_equal(a, b) for a, b in zip(again.pictures, study.pictures, strict=True))
    assert not set(other.image_ids) & set(study.image_ids)


def test_no_patient_of_it_was_trained_on_or_stands_in_the_gallery(study):
    trained = clinic.make(clinic_network.N_PATIENTS, clinic_network.SEED)
    for column in ("patient_id", "lesion_seed", "view_seed"):
        assert not set(study.cases[column]) & set(trained[column])
    assert study.cases["patient_id"].is_unique
    assert (study.cases["label_source"] == "biopsy").all()
    shown = {one.picture.tobytes() for one in study.gallery}
    assert len(shown) == 12 and not shown & {p.tobytes() for p in study.pictures}


def test_both_classes_are_there_and_their_number_is_not_always_the_same():
    shares = {pictures.n_positive(f"quiz-{i}", 30) for i in range(60)}
    assert min(shares) == 12 and max(shares) == 18 and len(shares) > 4


def test_the_truth_is_the_biopsys(study):
    malignant = study.cases.set_index("image_id")["truth"].str.contains("melanoma|lentigo maligna")
    assert (
        study.is_positive.loc[list(study.image_ids)].equals(
            malignant.loc[list(study.image_ids)].astype(bool)
        )
        or (study.is_positive == malignant.loc[study.is_positive.index]).all()
    )
    assert study.is_positive.sum() == pictures.n_positive("test", 10)


def test_the_lesson_names_the_signs_that_really_differ():
    cases = clinic.test_set("melanoma-vs-nevus", 60, 60, seed=5)
    positive = cases["truth"].str.contains("melanoma|lentigo maligna")
    found = pictures.telling_signs(cases, positive)
    assert {"border", "asymmetry", "variegation"} <= set(found.index)
    assert found.loc["border", "positive"] > found.loc["border", "negative"] + 1


def test_no_sign_of_another_disease_is_taught():
    cases = clinic.test_set("melanoma-vs-nevus", 60, 60, seed=5)
    found = pictures.telling_signs(cases, cases["truth"].str.contains("melanoma|lentigo maligna"))
    assert "plugs" not in found.index  # a seborrheic keratosis's, though the simulated ones differ
    assert found[["positive", "negative"]].min(axis=None) >= 0
    assert found[["positive", "negative"]].max(axis=None) <= 4


def test_what_is_missed_is_captioned_as_the_gallery_is(study):
    texts = study.signs(study.image_ids[:4])
    taught = set(re.findall(r"<b>(\w+)</b>", study.lesson))
    for text in [*texts, *(one.text for one in study.gallery)]:
        signs = dict(part.split() for part in text.split(", ")) if "none of" not in text else {}
        assert set(signs) <= taught and set(signs.values()) <= set("1234")
    assert len(texts) == 4


@pytest.fixture
def own(tmp_path):
    """Forty pictures of twenty lesions; the first ten lesions are melanomas."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(40):
        Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).save(
            tmp_path / f"i{i}.png"
        )
        disease = "malignant melanoma" if i < 20 else "melanocytic nevi"
        rows.append((f"i{i}", f"L{i // 2}", disease, "own"))
    return pd.DataFrame(rows, columns=["image_id", "lesion_id", "disease", "dataset"])


def test_real_pictures_from_a_folder_make_a_quiz_one_a_lesion(own, tmp_path):
    study = quiz.study_of(own, tmp_path, quiz_id="own", n=8)
    assert study.cases["lesion_id"].is_unique and len(study.image_ids) == 8
    again = quiz.study_of(own.sample(frac=1, random_state=1), str(tmp_path), quiz_id="own", n=8)
    assert again.image_ids == study.image_ids  # whatever the order of the rows
    assert study.is_positive.equals(
        pd.Series([int(i[1:]) < 20 for i in study.image_ids], study.image_ids)
    )
    assert {one.label for one in study.gallery} == {"melanoma", "nevus"}
    assert study.scores is None and quiz.network_curve(study) is None
    with pytest.raises(InputError, match="virtual clinic's pictures only"):
        quiz.class_reads(study, tmp_path / "none")


def test_only_biopsies_are_asked_about_where_the_table_names_them(own, tmp_path):
    proven = own.assign(label_source=["biopsy", "consensus"] * 20)
    study = quiz.study_of(proven, tmp_path, quiz_id="own", n=8)
    assert (study.cases["label_source"] == "biopsy").all()


def test_scores_of_ones_own_network_make_its_curve(own, tmp_path):
    scores = pd.Series(np.linspace(1, 0, 40), own["image_id"])
    study = quiz.study_of(own, tmp_path, quiz_id="own", n=8, scores=scores)
    assert quiz.network_curve(study)[1].estimate == 1
    with pytest.raises(InputError, match="lack"):
        quiz.network_curve(quiz.study_of(own, tmp_path, quiz_id="own", n=8, scores=scores.iloc[:3]))


def test_too_few_lesions_are_said(own, tmp_path):
    with pytest.raises(InputError, match="ask for a smaller n"):
        quiz.study_of(own, tmp_path, quiz_id="own", n=30)
    with pytest.raises(InputError, match="at least two"):
        quiz.clinic_study("x", n=1)
    with pytest.raises(InputError, match="no quiz"):
        quiz.clinic_study("x", "three-way")


def test_the_network_answers_above_chance(study):
    big = pictures.clinic_cases("many", "melanoma-vs-nevus", 80)
    from dermlab.cases import tasks
    from dermlab.evaluation import roc

    task = tasks.get("melanoma-vs-nevus")
    scores = pictures.network_scores(big, task)
    positive = tasks.assign(task, big["truth"]) == task.positive
    assert roc.auc(positive.to_numpy(), scores).low > 0.6
