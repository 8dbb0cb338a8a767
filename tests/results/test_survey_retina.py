"""The retina's result: tables worked out by hand, the recipe in small, what is shipped."""

import numpy as np
import pandas as pd
import pytest

from dermlab.lessons import results
from dermlab.survey import classification, fundus
from results.survey_retina import recipe as maker

PATIENTS = pd.DataFrame(
    {
        "patient_id": list("pqrst"),
        "grade": [0, 1, 2, 2, 0],
        "oedema": [False, False, False, True, False],
        "referable": [False, False, True, True, False],
        "true_referable": [False, True, True, True, False],
    }
)
SCORES = {maker.DETECTORS: np.array([[0.1, 0.6, 0.5, 0.9, 0.05], [0.2, 0.3, 0.7, 0.8, 0.05]])}
CALLED = {maker.DETECTORS: SCORES[maker.DETECTORS] >= 0.55}


# --- by hand --------------------------------------------------------------------------------------


def test_rates_and_areas_worked_out_by_hand():
    means = maker.means(SCORES, CALLED, PATIENTS).set_index(["reference", "measure"])["estimate"]
    assert means["adjudicated", "auc"] == pytest.approx((5 / 6 + 1) / 2)
    assert means["adjudicated", "sensitivity"] == pytest.approx(3 / 4)
    assert means["adjudicated", "specificity"] == pytest.approx(5 / 6)
    assert means["truth", "sensitivity"] == pytest.approx(4 / 6)


def test_the_counts_of_a_training_and_who_was_missed(monkeypatch):
    monkeypatch.setattr(maker, "SEEDS", (0, 1))
    asked = [{"seed": seed, "arm": maker.DETECTORS} for seed in (0, 1)]
    about = {"chosen": np.array([0.1, 0.9]), "seconds": np.array(1.0), "device": np.array("none")}
    table = maker.trainings(asked, [about, about], CALLED, PATIENTS)
    assert table[["tp", "fn", "fp", "tn"]].to_numpy().tolist() == [[1, 1, 1, 2], [2, 0, 0, 3]]
    assert table["development"].tolist() == [0.9, 0.9]
    missed = maker.missed(CALLED[maker.DETECTORS], PATIENTS)
    assert missed[["patient_id", "seed"]].to_numpy().tolist() == [["r", 0]]


def test_shares_by_grade():
    table = maker.by_grade(CALLED, PATIENTS).set_index("group")
    assert table["estimate"].to_dict() == pytest.approx(
        {"none": 0, "mild": 0.5, "moderate, no oedema": 0.5, "moderate, oedema": 1,
         "severe": np.nan}, nan_ok=True,
    )  # fmt: skip


def test_lesions_by_size_and_contrast():
    study = fundus.make(30, 1, burden=1.0)
    found = np.stack([study.lesions["contrast"] > 0.3] * 2)
    found[1, 0] = ~found[1, 0]
    table = maker.by_lesion(found, study).set_index(["kind", "by", "from"])
    assert table.loc[(fundus.MICROANEURYSM, "contrast", 0.3), "estimate"] > 0.97
    assert table.loc[(fundus.MICROANEURYSM, "contrast", 0.06), "estimate"] < 0.03
    of_one = table.loc[fundus.HAEMORRHAGE]
    n = (study.lesions["kind"] == fundus.HAEMORRHAGE).sum()
    assert of_one["n"].groupby("by").sum().to_dict() == {"contrast": n, "diameter": n}


# --- in small -------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path))
    for name, value in {"N_TEST": 16, "N_LEARN": 14, "N_DEVELOP": 8, "SEEDS": (0, 1)}.items():
        monkeypatch.setattr(maker, name, value)
    monkeypatch.setattr(maker, "BURDEN", 0.2)
    frozen = {maker.SMALL: maker.FROZEN[maker.SMALL]}
    monkeypatch.setattr(maker, "FROZEN", frozen)
    monkeypatch.setattr(maker, "ARMS", (maker.DETECTORS, maker.FROZEN[maker.SMALL], maker.COLOUR))
    maker._eyes.cache_clear()
    yield
    maker._eyes.cache_clear()


def test_the_recipe_in_small(small):
    made = maker.outputs({})
    scores, patients = made["scores.npz"], made["patients.csv"]
    assert scores[f"score|{maker.DETECTORS}"].shape == (2, 16) == (2, len(patients))
    eyes = made["eyes.npz"]
    of = maker.study(0)
    assert eyes["taught"].tolist() == maker.learners(of).tolist() == [True] * 28 + [False] * 16
    strength = made["trainings.csv"]["chosen"].iloc[0]
    model = classification.regression(
        eyes["learnt"][eyes["taught"]], eyes["learnt_referable"][eyes["taught"]], strength
    )
    again = classification.worse(model.decision_function(eyes["tested"]), eyes["tested_patient"])
    assert np.allclose(again, scores[f"score|{maker.DETECTORS}"][0], atol=0.01)
    assert made["trainings.csv"][["tp", "fn", "fp", "tn"]].sum(axis=1).eq(16).all()


def test_a_training_study_shares_no_patient_with_the_test(small):
    train, test = maker.study(0), maker.study(None)
    assert not set(train.eyes["patient_id"]) & set(test.eyes["patient_id"])
    assert train.eyes["disc_x"].iloc[0] != test.eyes["disc_x"].iloc[0]


# --- what is shipped ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    names = ("patients", "trainings", "means", "differences", "grades", "missed", "lesions")
    tables = {name: results.read("survey_retina", f"{name}.csv") for name in names}
    return tables | {"scores": results.read("survey_retina", "scores.npz")}


def test_five_trainings_of_every_arm_on_as_many_patients_as_messidor_2(shipped):
    asked = [(seed, arm) for seed in maker.SEEDS for arm in maker.ARMS]
    rows = shipped["trainings"][["seed", "arm"]].itertuples(index=False)
    assert [tuple(row) for row in rows] == asked and len(maker.SEEDS) == 5
    assert len(shipped["patients"]) == 874


def test_the_tables_are_those_of_the_scores(shipped):
    scores = {arm: shipped["scores"][f"score|{arm}"].astype(float) for arm in maker.ARMS}
    limits = {arm: shipped["scores"][f"threshold|{arm}"] for arm in maker.ARMS}
    called = {arm: scores[arm] >= limits[arm][:, None] - 1e-6 for arm in maker.ARMS}
    for name, again in (
        ("means", maker.means(scores, called, shipped["patients"])),
        ("differences", maker.differences(scores, shipped["patients"])),
        ("grades", maker.by_grade(called, shipped["patients"])),
    ):
        pd.testing.assert_frame_equal(shipped[name], again, rtol=1e-3, atol=1e-4)


def test_the_patients_are_made_again(shipped):
    again = maker.patient_table(maker.study(None))
    pd.testing.assert_frame_equal(shipped["patients"], again, rtol=1e-5)


def test_the_description_says_what_it_does_not_show():
    assert "nothing here says which kind of system is better" in maker.RESULT.about
