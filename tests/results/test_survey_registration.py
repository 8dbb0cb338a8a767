"""Registration: tables worked out by hand, and the recipe itself on a tiny case."""

import numpy as np
import pytest

from dermlab.evaluation import repeats
from dermlab.survey import registration, residuals
from results.survey_registration import recipe as maker

GROUPS = np.repeat(np.arange(maker.N_RADIOGRAPHS), maker.N_STARTS)
N = len(GROUPS)


def by_hand(asked):
    """Errors by hand: the paper's way succeeds in all but seed + 1 cases, the search in half; with
    fewer pairs every way fails in the first ten cases as well."""
    made = []
    for one in asked:
        n = 2 if one["way"] == maker.SEARCH else 1 + maker.ITERATIONS.get(one["way"], maker.FEW)
        errors = np.full((n, N), 0.1)
        errors[0] = np.linspace(0.5, 3, N)
        if one["way"] == maker.SEARCH:
            errors[1, ::2] = 5.0
        elif one["way"] == "no network":
            errors[1:, N // 2 :] = 5.0
        else:
            errors[1:, -1 - one["seed"] :] = 5.0
        if "pairs" in one:
            errors[1:, :10] = 5.0
        found = {"projected": errors, "space": 2 * errors}
        found |= {"seconds": np.array(1.0), "device": np.array("none")}
        if one["way"] == maker.PEHL:
            found["seconds_network"] = np.array([0.1, 0.2, 0.3])
            found["seconds_search"] = np.array([2.0, 4.0, 60.0]) * (1 + one["seed"])
            if one["seed"] == 0:
                found["weights/0/depth/0"] = np.ones((2, 2), np.float16)
        made.append(found)
    return made


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.setattr(maker.cells, "run", lambda _, asked, *__, **___: by_hand(asked))
    monkeypatch.setattr(maker, "N_REPLICATES", 40)
    return maker.outputs({})


def test_success_is_over_seeds_and_radiographs(tables):
    success = tables["success.csv"].set_index(["way", "iteration"])
    assert success.loc[(maker.PEHL, 3), "estimate"] == pytest.approx(1 - 3 / N)
    assert success.loc[(maker.SEARCH, 1), "estimate"] == pytest.approx(0.5)
    assert (maker.PEHL, 6) in success.index and ("no hierarchy", 6) not in success.index
    won = np.ones((5, N))
    for seed in range(5):
        won[seed, -1 - seed :] = 0
    expected = repeats.mean(won, GROUPS).mean
    row = success.loc[(maker.PEHL, 3)]
    bounds = expected.low, min(expected.high, 1)
    assert (row["low"], row["high"]) == pytest.approx(bounds)
    assert success["high"].max() <= 1


def test_differences_are_signed_as_named(tables):
    rows = tables["differences.csv"].set_index(["way", "than"])["estimate"]
    assert rows["no network", maker.PEHL] == pytest.approx(0.5 - (1 - 3 / N))
    assert rows[maker.PEHL, maker.SEARCH] == pytest.approx(0.5 - 3 / N)
    assert rows["no hierarchy", maker.PEHL] == pytest.approx(0)


def test_more_pairs_are_worth_the_cases_that_fewer_fail_in(tables):
    rows = tables["pairs.csv"].set_index("way")
    assert rows.loc[maker.PEHL, "fewer"] == pytest.approx(1 - 13 / N)
    assert np.allclose(rows["gain"], 10 / N) and (rows["low"] < rows["gain"]).all()
    assert set(rows.index) == set(residuals.WAYS)


def test_capture_ranges_speed_and_medians_by_hand(tables):
    capture = tables["capture.csv"].set_index("way")
    assert capture.loc[maker.PEHL, "estimate"] == pytest.approx(3)
    near = np.linspace(0.5, 3, N)[: N // 2]
    assert near[-1] <= capture.loc["no network", "estimate"] < near[-1] + 0.2
    assert capture.loc[maker.SEARCH, "estimate"] == 0
    assert (capture["low"] <= capture["estimate"]).all()
    speed = tables["speed.csv"]
    assert speed["ratio"].tolist() == pytest.approx([20, 40, 60, 80, 100])
    assert tables["ratio.csv"].loc[0, "estimate"] == pytest.approx(60)
    medians = tables["accuracy.csv"].set_index(["way", "measure"])["median"]
    assert medians[maker.PEHL, "projected"] == pytest.approx(0.1)
    assert medians[maker.PEHL, "space"] == pytest.approx(0.2)
    assert len(tables["registrations.csv"]) == len(maker.work()) * N
    assert list(tables["models.npz"]) == ["0|depth|0"]


def test_the_recipe_on_a_tiny_case(monkeypatch):
    small = {
        "N_RADIOGRAPHS": 2,
        "N_STARTS": 2,
        "N_PAIRS": 4,
        "N_FEWER": 2,
        "EPOCHS": 1,
        "N_LEGS": 1,
    }
    for name, value in (small | {"N_TIMED": 1}).items():
        monkeypatch.setattr(maker, name, value)
    maker.test.cache_clear()
    maker.learnt.cache_clear()
    cases = maker.test()
    assert len(cases.images) == 4
    found = {
        way: maker.cell({"seed": 0, "way": way}, {}) for way in (maker.PEHL, "no network", "search")
    }
    assert found[maker.PEHL]["projected"].shape == (7, 4)
    assert found["no network"]["projected"].shape == (4, 4)
    assert found["search"]["projected"].shape == (2, 4) and (found["search"]["drrs"] > 10).all()
    for each in found.values():  # the same starts
        assert (each["projected"][0] == found[maker.PEHL]["projected"][0]).all()
        assert (each["space"] >= each["projected"] - 1e-9).all()
    again = maker.cell(maker.fewer()[0], {})
    assert set(again) == {"projected", "space"}
    assert not np.allclose(again["projected"][1:], found[maker.PEHL]["projected"][1:])
    kept = maker.packed(found[maker.PEHL])
    models = registration.unpacked(kept)
    assert "0|in plane|0" in kept and set(models) == set(residuals.Way().models())
    assert [array.shape for array in models[3, "depth"]][-1] == (6,)
    assert found[maker.PEHL]["seconds_search"].shape == (1,)
    maker.test.cache_clear()
    maker.learnt.cache_clear()
