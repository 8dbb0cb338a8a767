"""A clinic's table of cases: prevalence, groups, labels, biopsies, artefacts."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import clinic, splits, table, tasks, taxonomy
from dermlab.cases.clinic import artefacts, labels, phenotypes, records
from dermlab.errors import InputError


@pytest.fixture(scope="module")
def tree():
    return taxonomy.load_tree()


@pytest.fixture(scope="module")
def cases():
    return clinic.make(4000, 7)


@pytest.fixture(scope="module")
def lesions(cases):
    return cases[cases["view"] == 1]


def test_the_same_seed_makes_the_same_cases_another_seed_others(cases):
    pd.testing.assert_frame_equal(clinic.make(60, 7), clinic.make(60, 7))
    other = clinic.make(60, 8)
    assert set(other["image_id"]).isdisjoint(cases["image_id"])
    assert other["lesion_seed"].ne(cases["lesion_seed"].iloc[: len(other)]).all()


def test_more_patients_leave_the_first_ones_as_they_are(cases):
    few = clinic.make(60, 7)
    pd.testing.assert_frame_equal(few, cases.iloc[: len(few)])


def test_cases_pass_the_check_of_every_table_of_cases(cases, tree):
    good, rejected = table.check(cases, nodes=set(tree["child"]))
    assert len(rejected) == 0
    assert len(good) == len(cases)
    assert set(table.COLUMNS) - set(cases.columns) == {"path"}


def test_groups_are_sane(cases):
    assert cases["image_id"].is_unique
    assert (cases.groupby("lesion_id")["patient_id"].nunique() == 1).all()
    for column in ("skin_type", "age", "sex"):
        assert (cases.groupby("patient_id")[column].nunique() == 1).all()
    for column in ("truth", "lesion_seed", "sign_size", "site"):
        assert (cases.groupby("lesion_id")[column].nunique() == 1).all()
    assert cases.groupby("lesion_id").size().max() <= 4
    assert cases.groupby("patient_id")["lesion_id"].nunique().max() <= 4
    assert (cases.groupby("lesion_id").size() > 1).mean() == pytest.approx(0.5, abs=0.03)
    groups = splits.groups(cases)
    assert groups.nunique() == cases["patient_id"].nunique()


def test_a_sign_added_to_the_table_leaves_every_other_column_as_it_was(monkeypatch):
    """What the first 32 signs decide (labels, suspicion, biopsies) does not know the later ones."""
    now = {"clinic": clinic.make(300, 7), "set": clinic.test_set("nine-way", *[4] * 9, seed=7)}
    first = phenotypes.signs().iloc[: records.DRAWN_TOGETHER]
    later = phenotypes.signs().index[records.DRAWN_TOGETHER :]
    monkeypatch.setattr(phenotypes, "signs", lambda: first)
    phenotypes._scales.cache_clear()
    then = {"clinic": clinic.make(300, 7), "set": clinic.test_set("nine-way", *[4] * 9, seed=7)}
    phenotypes._scales.cache_clear()
    assert len(later) > 0
    for name in now:
        new = [f"sign_{sign}" for sign in later]
        pd.testing.assert_frame_equal(now[name].drop(columns=new), then[name], check_exact=True)
        drawn = now[name].drop_duplicates("lesion_id")[[*new, "sign_brown"]].corr().abs().to_numpy()
        assert np.nanmax(drawn - np.eye(len(drawn))) < 0.9


def test_real_counts_are_tempered_by_the_square_root(lesions):
    counts = pd.read_csv(str(files("dermlab") / "data" / "taxonomy" / "fitzpatrick17k_counts.csv"))
    name = next(c for c in counts.columns if set(counts[c]) >= {"psoriasis", "kaposi sarcoma"})
    real = counts.groupby(name)["n"].sum()
    expected = np.sqrt(real) / np.sqrt(real).sum()
    pd.testing.assert_series_equal(
        clinic.prevalence().sort_index(), expected.sort_index(), check_names=False
    )
    natural = clinic.prevalence(temper=1.0)
    assert natural["psoriasis"] / natural["kaposi sarcoma"] == pytest.approx(653 / 156)
    first = lesions[lesions["lesion_id"].str.endswith("-1")]["truth"].value_counts()
    first = first.reindex(expected.index, fill_value=0)
    chi2 = (np.square(first - 4000 * expected) / (4000 * expected)).sum()
    degrees = len(expected) - 1
    assert chi2 < degrees + 4 * np.sqrt(2 * degrees)


def test_labels_err_at_the_stated_rates(lesions, tree):
    rate = labels.error_rates(lesions["truth"], tree)
    wrong = lesions["dermatologist"].ne(lesions["truth"]).to_numpy()
    for stated in np.unique(rate):
        n = (rate == stated).sum()
        assert wrong[rate == stated].mean() == pytest.approx(
            stated, abs=4.5 * np.sqrt(stated * (1 - stated) / n)
        )
    assert (lesions["dermatologist"] == lesions["mimics"])[wrong].all()


def test_a_biopsy_gives_the_truth_and_is_taken_where_it_looks_like_cancer(cases, lesions, tree):
    biopsied = cases["label_source"] == "biopsy"
    assert (cases["disease"] == cases["truth"])[biopsied].all()
    assert (cases["disease"] == cases["dermatologist"])[~biopsied].all()
    assert (cases.groupby("lesion_id")["label_source"].nunique() == 1).all()
    p = 1 / (1 + np.exp(-lesions["suspicion"]))
    band = pd.cut(p, [0, 0.02, 0.1, 0.3, 0.7, 1])
    taken = (lesions["label_source"] == "biopsy").groupby(band, observed=True)
    n, expected = taken.size(), p.groupby(band, observed=True).mean()
    assert (abs(taken.mean() - expected) < 4.5 * np.sqrt(expected * (1 - expected) / n)).all()
    malignant = lesions["truth"].map(taxonomy.ancestor_at(tree, "three-way")) == "malignant"
    shares = (lesions["label_source"] == "biopsy").groupby(malignant).mean()
    assert shares[True] > 3 * shares[False] > 0


def test_two_photographs_of_a_lesion_may_bear_two_labels(cases):
    eye = cases[cases["label_source"] == "dermatologist"]
    several = eye.groupby("lesion_id")["dermatologist"].nunique()[
        eye.groupby("lesion_id").size() > 1
    ]
    assert 0.01 < (several > 1).mean() < 0.25


def test_artefacts_come_at_the_rates_asked_for_and_change_nothing_else(cases, tree):
    asked = {"ruler": {"malignant": 0.5, "other": 0.1}}
    marked = clinic.make(4000, 7, artefacts=asked)
    malignant = marked["truth"].map(taxonomy.ancestor_at(tree, "three-way")) == "malignant"
    shown = marked["artefact_ruler"]
    assert shown[malignant].mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(malignant.sum()))
    assert shown[~malignant].mean() == pytest.approx(0.1, abs=4 * 0.3 / np.sqrt(len(marked) / 2))
    pd.testing.assert_frame_equal(
        marked.drop(columns="artefact_ruler"), cases.drop(columns="artefact_ruler")
    )
    none = [f"artefact_{name}" for name in artefacts.NAMES]
    assert not cases[none].any().any()


def test_skin_types_are_as_common_as_in_fitzpatrick17k(cases):
    people = cases.drop_duplicates("patient_id")["skin_type"].value_counts(normalize=True)
    counts = np.array([2947, 4808, 3308, 2781, 1533, 635])
    for skin, share in zip("123456", counts / counts.sum(), strict=True):
        assert people[skin] == pytest.approx(share, abs=4.5 * np.sqrt(share / len(cases)) + 0.01)


def test_dermoscopy_is_for_neoplasms(tree):
    shown = clinic.make(1500, 7, dermoscopy=1.0)
    nine = shown["truth"].map(taxonomy.ancestor_at(tree, "nine-way"))
    by_eye = shown["modality"] == "clinical"
    assert not by_eye[nine.isin(["malignant melanoma", "benign melanocyte"])].any()
    assert by_eye[nine == "inflammatory"].all()


@pytest.mark.parametrize(
    ("task", "counts", "modality"),
    [
        ("carcinoma-vs-keratosis", (65, 70), "clinical"),
        ("melanoma-vs-nevus", (33, 97), "clinical"),
        ("melanoma-vs-nevus", (71, 40), "dermoscopy"),
        ("nine-way", (3,) * 9, "clinical"),
    ],
)
def test_a_test_set_has_the_counts_asked_for_all_biopsied_from_elsewhere(
    cases, task, counts, modality
):
    found = clinic.test_set(task, *counts, seed=7, modality=modality)
    classes = tasks.assign(tasks.get(task), found["truth"])
    assert classes.value_counts().to_dict() == dict(
        zip([name for name, _ in tasks.get(task).classes], counts, strict=True)
    )
    assert (found["label_source"] == "biopsy").all()
    assert (found["disease"] == found["truth"]).all()
    assert (found["modality"] == modality).all()
    assert set(found["source"]) == {"clinic B"} != set(cases["source"])
    for column in ("image_id", "lesion_id", "patient_id", "lesion_seed", "view_seed"):
        assert found[column].is_unique
        assert set(found[column]).isdisjoint(cases[column])
    pd.testing.assert_frame_equal(found, clinic.test_set(task, *counts, seed=7, modality=modality))


def test_biopsied_nevi_look_more_suspicious_than_nevi(lesions, tree):
    nevi = lesions[lesions["truth"].isin(tasks.get("melanoma-vs-nevus", tree=tree).classes[1][1])]
    proven = clinic.test_set("melanoma-vs-nevus", 1, 97, seed=1)
    assert proven["suspicion"].median() > nevi["suspicion"].median() + 0.3


def test_described_signs_can_be_switched_off(tree):
    """Without them the partitions keep only what the shares let them inherit."""
    drawn = clinic.make(300, 7, described_weight=0.0, shares=(0, 0, 0, 1))
    nine = drawn["truth"].map(taxonomy.ancestor_at(tree, "nine-way"))
    signs = [f"sign_{name}" for name in phenotypes.signs().index]
    between = drawn[signs].groupby(nine).mean().std()
    described = clinic.make(300, 7)[signs].groupby(nine.to_numpy()).mean().std()
    assert between.mean() < 0.7 * described.mean()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: clinic.make(0, 1), "at least one patient"),
        (lambda: clinic.make(5, 1, source="clinic C"), "no clinic; there are clinic A, clinic B"),
        (lambda: clinic.make(5, 1, artefacts={"tape": {}}), "'tape' is no artefact"),
        (lambda: clinic.make(5, 1, artefacts={"ink": {"malignant": 2, "other": 0}}), "share"),
        (lambda: clinic.test_set("melanoma-vs-nevus", 5, seed=1), "has 2 classes"),
        (lambda: clinic.test_set("porokeratosis:solar lentigo", 5, 5, seed=1), "sees no disease"),
        (lambda: clinic.test_set("melanoma", 5, 5, seed=1), "no task"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
