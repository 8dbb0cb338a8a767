"""The experiment on label noise: balanced parts, paired errors, and the shipped rows again."""

import numpy as np
import pandas as pd
import pytest

from dermlab.cases.clinic import test_sets
from dermlab.evaluation import roc
from dermlab.lessons import results
from results.clinic_label_noise import recipe as noise


@pytest.fixture(scope="module")
def lesions():
    return test_sets.balanced(0, noise.N_PATIENTS, train=noise.N_TRAIN, test=noise.N_TEST)


@pytest.fixture(scope="module")
def shipped():
    return results.read("clinic_label_noise", "scores.csv")


def test_the_parts_are_balanced_and_share_no_patient(lesions):
    counts = lesions.groupby(["part", "malignant"]).size()
    assert counts["train"].tolist() == [noise.N_TRAIN] * 2
    assert counts["test"].tolist() == [noise.N_TEST] * 2
    train = lesions["part"] == "train"
    assert not set(lesions.loc[train, "patient_id"]) & set(lesions.loc[~train, "patient_id"])
    assert lesions["lesion_id"].is_unique


def test_errors_by_lot_are_as_many_on_each_side_and_fall_elsewhere(lesions):
    taught = lesions[lesions["part"] == "train"]
    truth = taught["malignant"].to_numpy()
    sets = {(kind, times): labels for kind, times, labels in noise.label_sets(taught, 0)}
    assert (sets["truth", 0] == truth).all()
    for times in noise.TIMES:
        called, lot = sets["dermatologists", times], sets["at random", times]
        for side in (True, False):
            assert (called[truth == side] != side).sum() == (lot[truth == side] != side).sum() > 0
        atypia = taught["atypia"].to_numpy()
        assert atypia[called != truth].mean() > atypia[lot != truth].mean() + 0.1 / times
    wrong = [(sets["dermatologists", times] != truth).sum() for times in noise.TIMES]
    assert wrong == sorted(wrong) and wrong[-1] > 2 * wrong[0]


def test_the_shipped_rows_are_made_again_as_far_as_they_need_no_picture(lesions, shipped):
    taught, new = (lesions[lesions["part"] == part] for part in ("train", "test"))
    rows = shipped[shipped["seed"] == 0].set_index(["labels", "times"])
    truth = taught["malignant"].to_numpy()
    for kind, times, labels in noise.label_sets(taught, 0):
        row = rows.loc[(kind, times)]
        assert row["missed"] == pytest.approx((~labels[truth]).mean(), abs=1e-6)
        assert row["feigned"] == pytest.approx(labels[~truth].mean(), abs=1e-6)
    right = (new["called"] == new["malignant"]).mean()
    assert rows["label_accuracy"].to_numpy() == pytest.approx(right, abs=1e-6)


def test_every_clinic_has_every_kind_of_labels(shipped):
    arms = shipped.groupby("seed")[["labels", "times"]].apply(
        lambda rows: tuple(rows.to_numpy().ravel())
    )
    assert list(arms.index) == list(noise.SEEDS) and arms.nunique() == 1
    assert len(shipped) == len(noise.SEEDS) * (1 + 2 * len(noise.TIMES))


def test_a_head_learns_what_it_is_taught():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 5))
    labels = x[:, 0] + 0.3 * rng.normal(size=400) > 0
    score = noise.head_scores(x[:300], labels[:300], x[300:])
    assert roc.auc_delong(labels[300:], score).estimate > 0.9


@pytest.mark.filterwarnings("ignore:No interval")
def test_a_score_is_judged_by_truth_labels_and_biopsies():
    new = pd.DataFrame(
        {
            "malignant": [True, True, False, False] * 5,
            "called": [True, False, False, False] * 5,
            "label_source": ["biopsy", "dermatologist", "biopsy", "biopsy"] * 5,
        }
    )
    found = noise.scored(new, np.array([0.9, 0.8, 0.1, 0.2] * 5))
    assert (found["accuracy"], found["accuracy_on_labels"]) == (1, 0.75)
    assert found["label_accuracy"] == found["expected_on_labels"] == 0.75
    assert found["auc"] == found["auc_on_biopsied"] == 1


@pytest.mark.filterwarnings("ignore:No interval")
def test_a_score_of_exactly_a_half_says_malignant():
    new = pd.DataFrame({"malignant": [True, False] * 5, "called": [True, False] * 4 + [True] * 2})
    new["label_source"] = "biopsy"
    found = noise.scored(new, np.array([0.5, 0.4] * 5))
    assert (found["accuracy"], found["accuracy_on_labels"]) == (1, 0.9)


def test_missed_are_malignant_ones_called_benign_and_feigned_the_others(monkeypatch):
    lesions = pd.DataFrame(
        {"part": ["train"] * 6 + ["test"], "malignant": [True] * 4 + [False] * 3}
    )
    labels = np.array([True, False, False, False, True, False])
    monkeypatch.setattr(test_sets, "balanced", lambda *_, **__: lesions)
    monkeypatch.setattr(noise, "standardised_features", lambda lesions: np.zeros((len(lesions), 1)))
    monkeypatch.setattr(noise, "label_sets", lambda taught, seed: [("at random", 2, labels)])
    monkeypatch.setattr(noise, "head_scores", lambda x, labels, new: np.zeros(len(new)))
    monkeypatch.setattr(noise, "scored", lambda new, score: {"n": len(new)})
    found = noise.one_clinic({"clinic": 0}, {})
    assert found["missed"].tolist() == [3 / 4] and found["feigned"].tolist() == [1 / 2]
    assert (found["kind"].tolist(), found["times"].tolist(), found["n"].tolist()) == ([2], [2], [1])


@pytest.mark.all
def test_one_clinic_is_made_again(shipped):
    found = noise.one_clinic({"clinic": 0}, {})
    rows = shipped[shipped["seed"] == 0]
    for name in ("auc", "auc_on_labels", "accuracy", "expected_on_labels"):
        assert found[name] == pytest.approx(rows[name].to_numpy(), abs=0.01)
