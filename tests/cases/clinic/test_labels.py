"""Who is taken for whom, how often, and who is biopsied."""

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import taxonomy
from dermlab.cases.clinic import labels, patients, phenotypes


@pytest.fixture(scope="module")
def tree():
    return taxonomy.load_tree()


@pytest.fixture(scope="module")
def table(tree):
    return labels.mimicry(patients.prevalence(tree), tree)


def test_mimicry_is_a_table_of_probabilities_without_the_disease_itself(table):
    assert np.allclose(table.sum(axis=1), 1)
    assert (np.diag(table) == 0).all()
    assert (table.to_numpy() >= 0).all()


def test_mimicry_follows_the_rule(table, tree):
    pairs = phenotypes.look_alikes()
    alike = pairs.loc[pairs["disease"] == "psoriasis", "taken_for"]
    family = set(taxonomy.descendants(tree, "papulosquamous disorders"))
    row = table.loc["psoriasis"]
    in_family = row[row.index.isin(family)].sum()
    assert in_family == pytest.approx(labels.FAMILY, abs=labels.ANY * 0.2)
    assert in_family >= labels.FAMILY
    assert row[alike].sum() >= labels.LOOK_ALIKE
    alone = table.loc["kaposi sarcoma"]  # no family, no sibling: its part goes to the others
    listed = pairs.loc[pairs["disease"] == "kaposi sarcoma", "taken_for"]
    expected = labels.LOOK_ALIKE / (labels.LOOK_ALIKE + labels.ANY)
    assert expected <= alone[listed].sum() < expected + 0.05


def test_draws_have_the_tables_probabilities():
    small = pd.DataFrame([[0, 0.25, 0.75], [1, 0, 0], [0.5, 0.5, 0]], list("abc"), list("abc"))
    uniform = (np.arange(1000) + 0.5) / 1000
    drawn = labels.draw(small, np.repeat("a", 1000), uniform)
    assert (drawn == "b").sum() == 250
    assert (drawn == "a").sum() == 0
    assert set(labels.draw(small, np.array(["b", "c"]), np.array([0.999, 0.999]))) == {"a", "b"}


def test_errors_come_at_the_stated_rate_and_where_lesions_are_atypical():
    rng = np.random.default_rng(0)
    atypia, own = rng.random(200_000), rng.standard_normal(200_000)
    wrong = labels.errs(atypia, own, np.full(200_000, 0.2))
    assert wrong.mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / 200_000))
    assert wrong[atypia > 0.8].mean() > 3 * wrong[atypia < 0.2].mean()


def test_suspicion_rises_with_the_signs_of_cancer_and_with_the_label(tree):
    calm = np.full((2, len(phenotypes.signs())), 1.0)
    alarming = calm.copy()
    place = phenotypes.signs().index.get_loc
    alarming[0, [place("asymmetry"), place("variegation"), place("ulcer")]] = 4
    label = np.array(["nevocytic nevus", "nevocytic nevus"])
    found = labels.suspicion(alarming, label, tree)
    assert found[0] > found[1] + 1
    named = labels.suspicion(calm, np.array(["melanoma", "psoriasis"]), tree)
    assert named[0] > named[1] + 1
