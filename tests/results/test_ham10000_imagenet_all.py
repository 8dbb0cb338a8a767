"""All lesions to learn from: the cells, and the tables from answers made by hand."""

import numpy as np
import pandas as pd
import pytest

from dermlab.lessons import results
from results.common import cells, ham10000_lesions
from results.ham10000_imagenet import recipe as grid
from results.ham10000_imagenet_all import recipe as maker

N = 2600


@pytest.fixture
def lesions():
    """2,600 lesions of two clinics, 100 of them to learn from; no pictures."""
    rng = np.random.default_rng(0)
    cases = pd.DataFrame(
        {
            "label_source": rng.choice(["biopsy", "follow_up"], N),
            "source": rng.choice(["a", "b"], N),
        }
    )
    return ham10000_lesions.Lesions(cases, rng.random(N) < 0.3, None)


def answer(one, lesions):
    """The better rate has the better development part; ImageNet's arms rank all lesions right."""
    test = ham10000_lesions.draw(lesions.positive, 0, None).test
    truth = lesions.positive[test].astype(float)
    noise = np.random.default_rng(one["seed"]).normal(size=len(test))
    development = np.array([0.6, 0.9 if one["rate"] == maker.RATES[1] else 0.8, 0.7])
    return {
        "loss": np.array([0.6, 0.5, 0.4]),
        "development": development,
        "test": noise if one["arm"] == grid.SCRATCH else truth + 0.1 * noise,
        "seconds": np.array(2.0),
        "device": np.array("cpu"),
    }


def test_every_arm_has_every_rate_once_and_then_the_chosen_one():
    first = pd.DataFrame(maker.first_cells())
    assert (first.groupby("arm")["rate"].nunique() == len(maker.RATES)).all()
    assert set(first["arm"]) == set(grid.ARMS)
    more = pd.DataFrame(maker.more_cells({(arm, maker.ALL): 0.001 for arm in grid.ARMS}))
    assert (more.groupby("arm")["seed"].nunique() == maker.SEEDS - 1).all() and maker.SEEDS >= 3


def test_all_lesions_that_are_left_are_learnt_from(lesions, monkeypatch):
    monkeypatch.setattr(ham10000_lesions, "lesions", lambda *_: lesions)
    seen = {}
    monkeypatch.setattr(grid, "tuned", lambda one, _, *, every: seen.update(one, every=every))
    maker.cell(maker.first_cells()[0], {})
    assert (seen["n"], seen["every"]) == (None, maker.EVERY)
    parts = ham10000_lesions.draw(lesions.positive, 0, seen["n"])
    assert sum(map(len, parts)) == N


def test_the_tables_are_of_the_chosen_rate_and_of_all_seeds(lesions, monkeypatch):
    monkeypatch.setattr(ham10000_lesions, "lesions", lambda *_: lesions)
    monkeypatch.setattr(
        cells, "run", lambda _, asked, *__, **___: [answer(c, lesions) for c in asked]
    )
    tables = maker.all_lesions({})
    runs = tables["runs.csv"]
    assert (runs["rate"] == maker.RATES[1]).all()
    assert (runs["steps"] == 2 * maker.EVERY).all()
    assert (runs.groupby("arm")["seed"].nunique() == maker.SEEDS).all()
    means = tables["means.csv"].set_index(["arm", "cases"])["auc"]
    assert means["all", "all"] == pytest.approx(1) and abs(means["scratch", "all"] - 0.5) < 0.05
    gap = tables["differences.csv"].query("arm == 'all' and control == 'scratch'")
    assert len(gap) == 3 and (gap["low"] > 0.4).all() and (gap["n"] == maker.ALL).all()


def test_the_shipped_tables_have_every_arm_and_three_seeds():
    means = results.read(maker.NAME, "means.csv")
    assert set(means["arm"]) == set(grid.ARMS)
    assert (means["n_seeds"] == maker.SEEDS).all()
