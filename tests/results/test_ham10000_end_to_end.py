"""The main job on real pixels: what is shipped, and its first steps made again."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from dermlab.lessons import results
from results import make
from results.common import ham10000_pixels
from results.ham10000_end_to_end import recipe as maker

NAME = "ham10000_end_to_end"


@pytest.fixture
def inputs(real_data):
    reads = make.recipe(NAME).reads
    return {key: real_data / key.removeprefix("DERMLAB_DATA/") for key in reads}


def test_network_and_rivals_answer_the_same_images():
    areas = results.read(NAME, "areas.csv")
    assert set(areas["classifier"]) == {maker.NETWORK, *maker.RIVALS}
    for _, part in areas.groupby("cases"):
        assert part["n_images"].nunique() == part["n_positive"].nunique() == 1
        network = part.loc[part["classifier"] == maker.NETWORK, "auc"].item()
        rivals = part[part["classifier"] != maker.NETWORK]
        np.testing.assert_allclose(rivals["network_ahead"], network - rivals["auc"], atol=1e-6)
        assert rivals["network_ahead"].between(rivals["ahead_low"], rivals["ahead_high"]).all()


def test_the_test_part_is_a_fifth_and_shares_no_lesion(inputs):
    cases, _, _ = ham10000_pixels.data(inputs)
    fold = maker.split(inputs).set_index("image_id")["fold"].loc[cases["image_id"]].to_numpy()
    test, rest = (set(cases["lesion_id"][part]) for part in (fold == -1, fold != -1))
    assert not test & rest
    assert (fold == -1).sum() == results.read(NAME, "areas.csv")["n_images"].max()
    assert (fold == -1).mean() == pytest.approx(0.2, abs=0.01)


def test_the_first_steps_made_again_have_the_same_loss(inputs):
    """On another processor sums round differently: a hundredth, growing with the steps."""
    shipped = results.read(NAME, "first_steps.csv")["loss"]
    np.testing.assert_allclose(maker.first_steps(inputs), shipped, rtol=0.03)
    assert len(shipped) == maker.STEPS and np.ptp(shipped) > 0.05


# --- a tiny study, by hand ------------------------------------------------------------------------

TRAINED, TEST = 4, 8
NETWORK = [3.5, 6, 7, 8, 1, 2, 3, 4]  # one malignant image of four below one of four others
RIVAL = [1, 2, 3, 4, 1, 2, 3, 4]


@pytest.fixture
def tiny(monkeypatch):
    n = TRAINED + TEST
    cases = pd.DataFrame({"image_id": [f"I{i:02}" for i in range(n)]})
    cases["lesion_id"] = cases["image_id"]
    cases["label_source"] = ["biopsy"] * 7 + ["follow_up"] + ["biopsy"] * 3 + ["follow_up"]
    positive = np.array([True, False] * 2 + [True] * 4 + [False] * 4)
    folds = pd.DataFrame({"image_id": cases["image_id"], "fold": [0, 0, 1, 1] + [-1] * TEST})
    monkeypatch.setattr(maker.ham, "data", lambda inputs: (cases, positive, None))
    monkeypatch.setattr(maker, "split", lambda inputs: folds.sample(frac=1, random_state=0))
    return cases, positive


def of_cell(cell):
    about = {"seconds": np.array(1.0), "device": np.array("none")}
    if cell["classifier"] == "first steps":
        return about | {"loss": np.linspace(1, 0.5, maker.STEPS)}
    own = cell["classifier"] == maker.NETWORK
    took = {"training_seconds": 120.0, "training_images": 600, "predicting_seconds": 4.0}
    return about | {"score": np.array(NETWORK if own else RIVAL, float)} | (took if own else {})


@pytest.mark.filterwarnings("ignore:No interval", "ignore:.*resamples lacked")
def test_a_network_that_is_ahead_is_ahead_by_a_positive_number(tiny, monkeypatch):
    monkeypatch.setattr(maker.cells, "run", lambda work, asked, inputs, **_: map(of_cell, asked))
    monkeypatch.setattr(maker.cells, "table", lambda asked, found: pd.DataFrame(asked))
    tables = maker.end_to_end({})
    areas = tables["areas.csv"].set_index(["cases", "classifier"])
    network, rival = areas.loc[("all", maker.NETWORK)], areas.loc[("all", maker.RIVALS[0])]
    assert (network["n_images"], network["n_positive"]) == (8, 4)
    assert network["auc"] == pytest.approx(15 / 16) and rival["auc"] == pytest.approx(8 / 16)
    assert network["low"] < network["auc"] < network["high"]
    assert rival["network_ahead"] == pytest.approx(7 / 16)
    assert rival["ahead_low"] < 7 / 16 < rival["ahead_high"]
    biopsied = areas.loc[("biopsied", maker.RIVALS[0])]
    assert (biopsied["n_images"], biopsied["network_ahead"]) == (6, 0.5)
    (speed,) = tables["speed.csv"].to_dict("records")
    assert list(speed.values()) == [2, 5, 2]  # minutes; images a second, learnt and answered


def test_a_rivals_penalty_is_the_best_one_on_the_development_part(tiny, monkeypatch):
    """A regression that ranks the right way round with one penalty alone."""
    from sklearn import linear_model

    class OneIsRight(BaseEstimator):
        def __init__(self, C, max_iter, class_weight):
            self.C, self.max_iter, self.class_weight = C, max_iter, class_weight

        def fit(self, x, y):
            self.classes_ = np.unique(y)
            return self

        def decision_function(self, x):
            return x[:, 0] * (1 if self.C == 1e-2 else -1)

    monkeypatch.setattr(linear_model, "LogisticRegression", OneIsRight)
    _, positive = tiny
    score = maker._regression(positive[:, None].astype(float), {})
    assert (score[:4] > 0).all() and (score[4:] < 0).all() and len(score) == TEST
