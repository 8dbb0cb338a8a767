"""The classroom's network: its shipped weights fill a network, and give the shipped numbers."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dermlab.cases import tasks, taxonomy
from dermlab.cases.clinic import test_sets
from dermlab.lessons import results
from dermlab.network import inference, models, pictures
from results.clinic_network import recipe as maker

NAME = "clinic_network"


@pytest.fixture(scope="module")
def network():
    arrays = results.read(NAME, "weights.npz")
    model = models.build("compact", len(results.read(NAME, "classes.csv")), 96, weights="none")
    model.set_weights([arrays[key] for key in sorted(arrays)])
    return model


def test_the_classes_hold_every_disease_once():
    held = results.read(NAME, "classes.csv")["diseases"].str.split("|").explode()
    assert held.is_unique and set(held) <= set(taxonomy.load_tree()["child"])


def test_the_tests_are_the_papers_size_and_beat_chance():
    table = results.read(NAME, "tests.csv").set_index("test")
    assert list(table["n"][:3]) == [135, 130, 111]
    assert (table["low"] <= table["estimate"]).all() and (table["estimate"] <= table["high"]).all()
    assert (table["estimate"] > table["chance"]).all()


def test_the_weights_give_the_shipped_area_again(network):
    """From rendering to the read-out, on the 135 lesions of the carcinoma test."""
    cases, row = test_sets.named("carcinoma"), results.read(NAME, "tests.csv").iloc[0]
    found = {"p carcinoma": inference.predict(
        network, pictures.of_cases(cases, [pictures.CLINIC], 96).pixels
    )}  # fmt: skip
    again = maker._scored("carcinoma", found, results.read(NAME, "classes.csv"))
    assert again["estimate"] == pytest.approx(row["estimate"], abs=2e-3)
    np.testing.assert_allclose(found["p carcinoma"].sum(axis=1), 1, atol=1e-4)


def test_the_test_lesions_are_of_patients_and_a_camera_never_trained_on():
    for name in test_sets.TESTS:
        cases = test_sets.named(name)
        assert set(cases["source"]) == {"clinic B"} and set(cases["label_source"]) == {"biopsy"}
        assert cases["patient_id"].is_unique


def test_five_networks_say_how_hard_the_clinic_is():
    """The means and Student's intervals again, by scipy's own interval."""
    seeds, table = (results.read(NAME, f"{name}.csv") for name in ("seeds", "difficulty"))
    assert list(seeds["seed"].unique()) == list(maker.SEEDS) and len(table) == 11
    for row in table.itertuples():
        own = seeds[(seeds["test"] == row.test) & (seeds["measure"] == row.measure)]["value"]
        low, high = stats.t.interval(0.95, len(own) - 1, own.mean(), stats.sem(own))
        expected = [len(own), own.mean(), low, high]
        np.testing.assert_allclose([row.n_seeds, row.mean, row.low, row.high], expected, rtol=1e-5)
    first = seeds[seeds["seed"] == maker.SEED].set_index(["test", "measure"])["value"]
    for row in results.read(NAME, "tests.csv").itertuples():
        assert first[row.test, row.measure] == pytest.approx(row.estimate, abs=1e-6)


def test_the_natural_mix_is_no_choice_by_biopsy_and_has_the_majority_rule_beside_it():
    table = results.read(NAME, "difficulty.csv").query("measure == 'share right'")
    cases = test_sets.named(test_sets.NATURAL)
    assert set(cases["label_source"]) == {"biopsy", "dermatologist"}
    assert cases["patient_id"].is_unique and len(cases) == test_sets.N_NATURAL
    for row in table.itertuples():
        task = tasks.get(row.test.split(",")[0])
        most = tasks.assign(task, cases["truth"]).value_counts(normalize=True).iloc[0]
        assert row.chance == pytest.approx(most, abs=1e-6)


def test_on_lesions_as_they_come_the_network_is_ten_points_ahead_of_colours():
    """The clinic is not only its colours; of biopsied lesions the lead is smaller."""
    table = results.read(NAME, "colours.csv").set_index("lesions")
    as_they_come = table[table.index.str.startswith("as they come")]
    assert len(as_they_come) == 2 and (as_they_come["ahead"] >= 0.10).all()
    assert (table["low"] > 0).all() and (table["n"] == 450).all()
    np.testing.assert_allclose(table["ahead"], table["network"] - table["colours"], atol=1e-6)


# --- tiny tests, by hand --------------------------------------------------------------------------


def test_the_mean_over_seeds_has_students_interval():
    about = {"test": "t", "measure": "AUC", "n": 10, "chance": 0.5}
    seeds = pd.DataFrame([about | {"seed": k, "value": 0.7 + k / 10} for k in range(3)])
    (row,) = maker.over_seeds(seeds).to_dict("records")
    half = 4.302653 * 0.1 / np.sqrt(3)  # t with two degrees of freedom
    assert (row["n_seeds"], row["mean"]) == (3, pytest.approx(0.8))
    assert (row["low"], row["high"]) == pytest.approx((0.8 - half, 0.8 + half))


def test_an_area_is_of_the_share_of_the_two_sides(monkeypatch):
    """Melanomas with a tenth of their probability on the question, and that at 0.6; one at 0.2."""
    outputs = pd.DataFrame(
        {"name": ["m", "n", "rest"],
         "diseases": ["malignant melanoma", "melanocytic nevi", "inflammatory"]}
    )  # fmt: skip
    truth = ["malignant melanoma"] * 5 + ["melanocytic nevi"] * 5
    monkeypatch.setattr(test_sets, "named", lambda name: pd.DataFrame({"truth": truth}))
    p = np.array([[0.06, 0.04, 0.9]] * 4 + [[0.02, 0.08, 0.9]] + [[0.3, 0.7, 0]] * 5)
    row = maker._scored("melanoma", {"p melanoma": p}, outputs)
    assert row["estimate"] == pytest.approx(4 / 5) and row["low"] < 4 / 5 < row["high"]
    assert (row["n"], row["measure"], row["chance"]) == (10, "AUC", 0.5)


def test_of_the_natural_mix_both_the_mean_of_classes_and_the_share_right_are_told(monkeypatch):
    """Always the first of the nine, which is four lesions of twelve."""
    nine = [name for name, _ in tasks.get("nine-way").classes]
    cases = pd.DataFrame({"truth": [*nine, *[nine[0]] * 3]})
    outputs = pd.DataFrame({"name": nine, "diseases": nine})
    answer = np.tile(np.eye(9)[0], (12, 1))
    monkeypatch.setattr(test_sets, "TESTS", {})
    monkeypatch.setattr(test_sets, "named", lambda name: cases)
    found = {f"p {name}": answer for name in (test_sets.BALANCED, test_sets.NATURAL)}
    rows = pd.DataFrame(maker._difficulty(found, outputs)).set_index(["test", "measure"])
    mean, share = (
        rows.loc[(test_sets.NATURAL, measure)] for measure in ("accuracy", "share right")
    )
    assert (mean["value"], mean["chance"]) == pytest.approx((1 / 9, 1 / 9))
    assert (share["value"], share["chance"]) == pytest.approx((4 / 12, 4 / 12))
    assert "share right" not in rows.loc[test_sets.BALANCED].index
