"""The named test sets: their counts and sides, whose patients nobody trains on, always the same."""

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import clinic, tasks
from dermlab.cases.clinic import test_sets
from dermlab.errors import InputError
from results.clinic_network import recipe as network
from results.clinic_nine_folds import recipe as nine_folds

NAMES = (*test_sets.TESTS, test_sets.BALANCED, test_sets.NATURAL)


@pytest.fixture(scope="module")
def named():
    return {name: test_sets.named(name) for name in NAMES}


@pytest.mark.parametrize("name", test_sets.TESTS)
def test_a_test_has_the_counts_of_each_class_all_biopsied_in_clinic_b(named, name):
    task, modality, counts = test_sets.TESTS[name]
    cases, classes = named[name], tasks.get(task).classes
    side = tasks.assign(tasks.get(task), cases["truth"])
    assert [(side == label).sum() for label, _ in classes] == list(counts)
    assert set(cases["label_source"]) == {"biopsy"} and set(cases["source"]) == {"clinic B"}
    assert set(cases["modality"]) == {modality}


def test_the_first_three_have_the_papers_counts():
    counts = [counts for _, _, counts in test_sets.TESTS.values()][:3]
    assert counts == [(65, 70), (33, 97), (71, 40)]


@pytest.fixture(scope="module")
def trained():
    """The patients that shipped networks learn from."""
    clinics = [(network.N_PATIENTS, seed) for seed in network.SEEDS]
    clinics.append((nine_folds.N_PATIENTS, nine_folds.SEED))
    return {patient for clinic_of in clinics for patient in clinic.make(*clinic_of)["patient_id"]}


@pytest.mark.parametrize("name", NAMES)
def test_a_patient_is_asked_about_once_and_never_learnt_from(named, trained, name):
    cases = named[name]
    assert cases["patient_id"].is_unique and cases["image_id"].is_unique
    assert trained.isdisjoint(cases["patient_id"])


def test_the_other_sets_have_patients_of_their_own_too(trained):
    for cases in (
        test_sets.new_patients(5),
        test_sets.as_they_come("clinic A"),
        test_sets.of_each_class(3, seed=network.SEEDS[0]),
        test_sets.with_rulers("none", 0),
    ):
        assert len(cases) and trained.isdisjoint(cases["patient_id"])


@pytest.mark.parametrize("name", ["melanoma", test_sets.NATURAL])
def test_the_same_name_gives_the_same_rows(named, name):
    test_sets.first_photographs.cache_clear()
    pd.testing.assert_frame_equal(test_sets.named(name), named[name])


def test_as_they_come_are_50_of_each_of_the_nine_biopsied_or_not(named):
    balanced, natural = named[test_sets.BALANCED], named[test_sets.NATURAL]
    nine = tasks.assign(tasks.get("nine-way"), balanced["truth"])
    assert nine.value_counts().tolist() == [50] * 9
    assert {"biopsy", "dermatologist"} == set(balanced["label_source"])
    assert len(natural) == test_sets.N_NATURAL and set(natural["view"]) == {1}


def test_an_unknown_name_is_refused_in_one_sentence():
    with pytest.raises(InputError, match="no test set 'nevus'; there are carcinoma, melanoma, "):
        test_sets.named("nevus")


def test_of_each_class_and_new_patients_are_balanced_over_the_nine():
    nine = tasks.get("nine-way")
    proven = test_sets.of_each_class(4, seed=3)
    assert tasks.assign(nine, proven["truth"]).value_counts().tolist() == [4] * 9
    new = test_sets.new_patients(5)
    assert tasks.assign(nine, new["disease"]).value_counts().tolist() == [5] * 9
    assert new["patient_id"].is_unique


def test_a_balanced_clinic_keeps_patients_on_one_side():
    cases = test_sets.balanced(5, 1500, train=40, test=25)
    counts = cases.groupby(["part", "malignant"]).size()
    assert counts["train"].tolist() == [40, 40] and counts["test"].tolist() == [25, 25]
    of = cases.groupby("part")["patient_id"].agg(set)
    assert not of["train"] & of["test"]
    assert (cases["view"] == 1).all() and (cases["modality"] == "clinical").all()


def test_the_five_ways_of_rulers_show_the_same_lesions():
    sets = {way: test_sets.with_rulers(way, 1) for way in test_sets.RULERS}
    malignant = test_sets.is_malignant(sets["none"])
    assert np.bincount(malignant).tolist() == list(test_sets.N_RULERS)
    for way, cases in sets.items():
        assert cases["lesion_seed"].tolist() == sets["none"]["lesion_seed"].tolist()
        shown = cases["artefact_ruler"].groupby(malignant).mean()
        rates = test_sets.RULERS[way]
        assert shown.tolist() == pytest.approx([rates["other"], rates["malignant"]], abs=0.08)


def test_in_turn_takes_one_of_each_side():
    malignant = np.array([True, True, False, True, False, False])
    assert test_sets.in_turn(malignant, 4).tolist() == [0, 2, 1, 4]


def test_the_ruler_quiz_shows_a_ruler_in_every_picture():
    photographs, rulers = test_sets.ruler_quiz(32)
    assert photographs.shape == (test_sets.N_QUIZ, 32, 32, 3) and photographs.dtype == np.uint8
    assert rulers.shape == photographs.shape[:3] and rulers.any(axis=(1, 2)).all()
