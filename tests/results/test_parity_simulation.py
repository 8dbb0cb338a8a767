"""The shipped error and power of claims of parity: what it says, and its simulated truth."""

import numpy as np
import pytest
from scipy.stats import norm

from dermlab.lessons import results
from results.parity_simulation import recipe


@pytest.fixture(scope="module")
def claims():
    return results.read("parity_simulation", "claims.csv")


def test_a_wrong_claim_is_made_no_more_often_than_nominal(claims):
    areas = results.read("parity_simulation", "areas.csv")
    for table in (claims, areas):
        wrong = table[table["wrong"]]
        assert (wrong["studies"] >= 2000).all()
        over = wrong[wrong["claimed"] > wrong["limit"]]
        assert over.empty, over.to_string()


def test_power_grows_with_readers_and_cases(claims):
    right = claims[(claims["at"] == "0") & (claims["rate"] == "both") & (claims["views"] == 1)]
    right = right[(right["opponent"] == "z-mean") & (right["claim"] == "non-inferiority")]
    power = right.pivot(index="readers", columns="cases", values="claimed")
    assert (np.diff(power, axis=1) > 0).all()
    assert power.loc[25, 300] > power.loc[5, 300] + 0.2
    assert power.loc[25, 300] > 0.5


def test_both_rates_are_claimed_no_more_often_than_each(claims):
    keys = ["readers", "cases", "views", "opponent", "at", "claim"]
    table = claims.pivot(index=keys, columns="rate", values="claimed")
    assert (table["both"] <= table[["sensitivity", "specificity"]].min(axis=1)).all()


# --- the simulation -------------------------------------------------------------------------------


def test_the_opponents_and_the_networks_true_rates_are_those_stated():
    rng = np.random.default_rng(0)
    several, network, shares = [], [], []
    for _ in range(400):
        study = recipe.study(recipe.Design(20, 100), rng)
        decided, readers = study.decisions(norm.ppf([0.7, 0.6]))
        right = decided == study.positive
        network.append([right[side].mean() for side in (study.positive, ~study.positive)])
        rates = (readers == study.positive)[:, study.positive].mean(axis=1)
        several.append([rates.mean(), norm.cdf(study.z[0]).mean()])
        shares.append(study.positive.mean())
    assert np.mean(network, axis=0) == pytest.approx([0.7, 0.6], abs=0.01)
    assert np.mean(several, axis=0) == pytest.approx([recipe.true_rates("mean")[0]] * 2, abs=0.01)
    assert np.mean(shares) == pytest.approx(0.4)
    assert recipe.true_rates("z-mean") == pytest.approx(norm.cdf(recipe.Z_READERS))


def test_a_case_is_shared_as_stated():
    """Two readers' latent answers of a case correlate .4, with the network √(.4 · .3)."""
    rng = np.random.default_rng(1)
    study = recipe.study(recipe.Design(2, 40_000), rng)
    found = np.corrcoef(np.vstack([study.readers, study.network]))
    assert found[0, 1] == pytest.approx(0.4, abs=0.02)
    assert found[0, 2] == pytest.approx(np.sqrt(0.12), abs=0.02)


def test_what_counts_as_wrong():
    made = {"at": "-margin", "claim": "equivalence"}, {"at": "+margin", "claim": "non-inferiority"}
    rows = [recipe.share(named, [True, False]) for named in made]
    assert [row["wrong"] for row in rows] == [True, False]
    assert rows[0]["claimed"] == 0.5
    assert rows[0]["limit"] == pytest.approx(0.025 + 2 * np.sqrt(0.025 * 0.975 / 2))


def test_a_tiny_run_has_the_shipped_rows(monkeypatch, claims):
    monkeypatch.setattr(recipe, "N_STUDIES", 2)
    made = recipe.simulation({})
    assert list(made["claims.csv"]) == list(claims)
    assert len(made["claims.csv"]) == len(claims)
    shipped = results.read("parity_simulation", "areas.csv")
    assert len(made["areas.csv"]) == len(shipped)
