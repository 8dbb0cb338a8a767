"""Frozen layers on HAM10000: whole, consistent, and honest about who has seen whom."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dermlab.lessons import results
from results import make
from results.common import ham10000_pixels as ham
from results.ham10000_frozen import recipe as maker

NAME = "ham10000_frozen"


def test_differences_are_the_areas_and_their_intervals_hold_them():
    areas = results.read(NAME, "areas.csv")
    differences = results.read(NAME, "differences.csv")
    mean = areas.groupby(["weights", "depth"])["auc"].mean()
    for row in differences.itertuples():
        expected = mean[maker.LOADED, row.depth] - mean[row.control, row.depth]
        assert row.estimate == pytest.approx(expected, abs=1e-5)
        assert row.low < row.estimate < row.high
    assert len(areas) == 7 * 7 and len(differences) == 2 * 7


def test_scores_come_from_regressions_that_have_not_seen_the_lesion():
    """On features that say nothing an honest score is at chance; one that has seen is above."""
    rng = np.random.default_rng(0)
    noise, positive = rng.normal(size=(400, 60)), rng.random(400) < 0.3
    assert roc_auc_score(positive, maker.out_of_fold(noise, positive)) == pytest.approx(
        0.5, abs=0.1
    )
    told = np.column_stack([noise, positive + rng.normal(0, 0.3, 400)])
    assert roc_auc_score(positive, maker.out_of_fold(told, positive)) > 0.9


def test_each_lesion_has_one_photograph(real_data):
    inputs = {key: real_data / key.removeprefix("DERMLAB_DATA/") for key in make.recipe(NAME).reads}
    rows = maker.lesions(inputs)
    ids = ham.data(inputs)[0]["lesion_id"].iloc[rows]
    assert len(ids) == maker.N_LESIONS == ids.nunique()


@pytest.mark.filterwarnings("ignore:No interval", "ignore:.*resamples lacked")
def test_the_shipped_weights_are_ahead_of_the_mean_of_the_controls_seeds(monkeypatch):
    """Shipped: 8 of 9 pairs in order; of a control's seeds 8, 4.5 and 1."""
    positive = np.array([True] * 3 + [False] * 3)
    shipped = np.array([6, 5, 2.5, 3, 2, 1])
    of_seed = [shipped, np.array([1, 2, 3, 1, 2, 3.0]), -shipped]

    def of_cell(one):
        score = shipped if one["weights"] == maker.LOADED else of_seed[one["seed"]]
        return {"stem": score, "seconds": np.array(1.0), "device": np.array("none")}

    monkeypatch.setattr(maker.ham, "data", lambda inputs: (None, positive, None))
    monkeypatch.setattr(maker, "lesions", lambda inputs: np.arange(6))
    monkeypatch.setattr(
        maker.cells, "run", lambda work, asked, inputs, **_: [of_cell(one) for one in asked]
    )
    tables = maker.frozen({})
    areas = tables["areas.csv"].set_index(["weights", "seed"])
    assert areas["auc"].tolist() == pytest.approx([8 / 9, *[8 / 9, 1 / 2, 1 / 9] * 2])
    first = areas.loc[(maker.LOADED, 0)]
    assert first["low"] < first["auc"] < first["high"]
    for row in tables["differences.csv"].itertuples():
        assert row.estimate == pytest.approx(8 / 9 - 1 / 2)
        assert row.low < row.estimate < row.high
