"""The classroom's network: its shipped weights fill a network, and give the shipped numbers."""

import numpy as np
import pytest

from dermlab.cases import taxonomy
from dermlab.course import results
from dermlab.course.makers import clinic_network as maker
from dermlab.network import gallery, inference, models

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
    cases, row = maker.test_set("carcinoma"), results.read(NAME, "tests.csv").iloc[0]
    found = {"p carcinoma": inference.predict(
        network, gallery.pictures(cases, [gallery.CLINIC], 96).pixels
    )}  # fmt: skip
    again = maker._scored("carcinoma", found, results.read(NAME, "classes.csv"))
    assert again["estimate"] == pytest.approx(row["estimate"], abs=2e-3)
    np.testing.assert_allclose(found["p carcinoma"].sum(axis=1), 1, atol=1e-4)


def test_the_test_lesions_are_of_patients_and_a_camera_never_trained_on():
    for name in maker.TESTS:
        cases = maker.test_set(name)
        assert set(cases["source"]) == {"clinic B"} and set(cases["label_source"]) == {"biopsy"}
        assert cases["patient_id"].is_unique


def test_on_lesions_as_they_come_the_network_is_ten_points_ahead_of_colours():
    """The clinic is not only its colours; of biopsied lesions the lead is smaller."""
    table = results.read(NAME, "colours.csv").set_index("lesions")
    as_they_come = table[table.index.str.startswith("as they come")]
    assert len(as_they_come) == 2 and (as_they_come["ahead"] >= 0.10).all()
    assert (table["low"] > 0).all() and (table["n"] == 450).all()
    np.testing.assert_allclose(table["ahead"], table["network"] - table["colours"], atol=1e-6)
