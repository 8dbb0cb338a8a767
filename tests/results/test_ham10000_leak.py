"""Random folds against whole lesions on HAM10000: the folds, and what is said of the difference."""

import numpy as np
import pandas as pd
import pytest

from dermlab.lessons import results
from results import make
from results.common import ham10000_pixels
from results.ham10000_leak import recipe as maker

NAME = "ham10000_leak"


@pytest.fixture(scope="module")
def areas():
    return results.read(NAME, "areas.csv")


@pytest.fixture(scope="module")
def inputs(real_data):
    reads = make.recipe(NAME).reads
    return {key: path for key, path in make.inputs(make.recipe(NAME)).items() if key in reads}


def test_a_row_a_classifier_look_and_set_of_images(areas):
    looks = sum(map(len, maker.LOOKS.values())) + 1  # and the nearest neighbour
    assert len(areas) == 2 * looks
    np.testing.assert_allclose(
        areas["difference"], areas["auc_random"] - areas["auc_whole"], atol=1e-6
    )
    assert (areas["low"] < areas["difference"]).all()
    assert (areas["difference"] < areas["high"]).all()


def test_the_images_are_those_of_the_publishers_table(areas, real_data):
    table = pd.read_csv(real_data / "HAM10000_metadata_with_dataset.csv")
    table = table.sort_values("image_id", ignore_index=True)
    everyone = areas[areas["images"] == "all"].iloc[0]
    assert everyone["n_images"] == len(table)
    assert everyone["n_positive"] == table["dx"].isin(["mel", "bcc", "akiec"]).sum()
    fold = maker.leak_folds(table.assign(disease=table["dx"]), "random", maker.LEAK_SEED)
    torn = pd.Series(fold).groupby(table["lesion_id"]).transform("nunique") > 1
    siblings = areas[areas["images"] == "with a sibling"].iloc[0]
    assert siblings["n_images"] == torn.sum()
    assert siblings["n_lesions"] == table.loc[torn, "lesion_id"].nunique()


def test_one_scheme_tears_lesions_and_the_other_does_not(real_data):
    table = pd.read_csv(real_data / "HAM10000_metadata_with_dataset.csv")
    cases = table.assign(disease=table["dx"])
    for scheme in maker.SCHEMES:
        fold = maker.leak_folds(cases, scheme, 0)
        torn = (pd.Series(fold).groupby(cases["lesion_id"]).nunique() > 1).sum()
        assert (torn > 1000) if scheme == "random" else (torn == 0)
        sizes = np.bincount(fold)
        assert len(sizes) == maker.LEAK_FOLDS and np.ptp(sizes) < 40


@pytest.mark.all
def test_a_cell_made_again_scores_the_same_within_tolerance(inputs, areas):
    """A whole network without augmentation, 1,200 steps: another machine rounds differently."""
    from sklearn.metrics import roc_auc_score

    cases, positive, _ = ham10000_pixels.data(inputs)
    cell = next(c for c in maker.leak_cells() if c.get("augment") is False)
    score = maker.leak_cell(cell, inputs)["score"][-1]
    here = maker.leak_folds(cases, cell["scheme"], cell["seed"]) == cell["fold"]
    row = areas[(areas["classifier"].str.contains("without")) & (areas["steps"] == 1200)].iloc[0]
    assert roc_auc_score(positive[here], score) == pytest.approx(row["auc_random"], abs=0.03)


# --- a tiny study, by hand ------------------------------------------------------------------------

CASES = pd.DataFrame({"lesion_id": list("aabcbd")})
POSITIVE = np.array([True, True, False, True, False, False])
FOLDS = {  # lesions a and b are torn, then kept whole
    "random": np.array([0, 1, 0, 2, 1, 2]),
    "lesions kept whole": np.array([0, 0, 1, 2, 1, 2]),
}
SCORES = {  # each fold has a scale of its own
    "random": np.array([0.2, 0.9, 0.1, 0.5, 0.8, 0.4]),
    "lesions kept whole": np.array([0.9, 0.8, 0.3, 0.1, 0.2, 0.4]),
}


def of_cell(cell):
    """The scores above at the last look, the other way round at the looks before."""
    score = SCORES[cell["scheme"]].copy()
    if cell["classifier"] == "network":
        score = score[FOLDS[cell["scheme"]] == cell["fold"]]
        score = np.stack([-score] * (len(maker.LOOKS[cell["augment"]]) - 1) + [score])
    return {"score": score, "seconds": np.array(1.0), "device": np.array("none")}


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(maker, "data", lambda inputs: (CASES, POSITIVE, None))
    monkeypatch.setattr(maker, "leak_folds", lambda cases, scheme, seed: FOLDS[scheme])
    monkeypatch.setattr(
        maker.cells, "run", lambda work, asked, inputs, **_: [of_cell(cell) for cell in asked]
    )
    return maker.leak({})["areas.csv"].set_index(["classifier", "steps", "images"])


WITH, NEAREST = "network, with augmentation", "nearest neighbour, features that saw no skin"


@pytest.mark.filterwarnings("ignore:No interval", "ignore:.*resamples lacked")
@pytest.mark.parametrize("row", [(WITH, 3000, "all"), (NEAREST, 0, "all")])
def test_scores_are_pooled_as_ranks_within_their_fold(tiny, row):
    """Of two images a fold's ranks are 1/2 and 1: at random every malignant one has the 1."""
    found = tiny.loc[row]
    assert found["auc_random"] == 1
    assert found["auc_whole"] == pytest.approx(3 / 9)  # 1, 1/2, 1/2 against 1, 1/2, 1
    assert found["difference"] == pytest.approx(6 / 9)
    assert 0 < found["low"] < 6 / 9 < found["high"] <= 1
    assert (found["n_images"], found["n_positive"], found["n_lesions"]) == (6, 3, 4)


@pytest.mark.filterwarnings("ignore:No interval", "ignore:.*resamples lacked")
def test_each_look_has_its_own_row_and_siblings_are_those_that_random_folds_tear(tiny):
    assert [tiny.loc[(WITH, steps, "all"), "auc_random"] for steps in (300, 1200, 3000)] == [
        0,
        0,
        1,
    ]
    torn = tiny.loc[(WITH, 3000, "with a sibling")]
    assert (torn["n_images"], torn["n_lesions"]) == (4, 2)
    assert (torn["auc_random"], torn["auc_whole"]) == (1, 0.5)
    lesion, fold = np.array(list("aabbc")), np.array([0, 1, 2, 2, 0])
    assert maker._sibling(lesion, fold).tolist() == [True, True, False, False, False]


def test_a_look_is_what_the_network_scored_after_so_many_epochs(monkeypatch):
    def train(inputs, train, scored, *, augment, epochs, seed):
        return np.zeros(epochs), np.repeat(np.arange(1, epochs + 1)[:, None], len(scored), axis=1)

    monkeypatch.setattr(maker, "_train", train)
    monkeypatch.setattr(maker, "data", lambda inputs: (CASES, POSITIVE, None))
    monkeypatch.setattr(maker, "leak_folds", lambda cases, scheme, seed: FOLDS[scheme])
    found = maker.leak_cell(next(c for c in maker.leak_cells() if c["augment"]), {})
    assert found["score"].tolist() == [[1, 1], [4, 4], [10, 10]]


def test_the_nearer_malignant_image_makes_the_score_positive(monkeypatch):
    from dermlab.network import inference, models

    monkeypatch.setattr(inference, "features", lambda model, pixels: pixels.astype(float))
    monkeypatch.setattr(models, "build", lambda *_, **__: None)
    monkeypatch.setattr(models, "fresh", lambda *_, **__: None)
    along = np.where(POSITIVE[:, None], [[3, 0]], [[0, 2]])
    found = maker._nearest_neighbour(along, POSITIVE, FOLDS["random"])
    np.testing.assert_allclose(found, np.where(POSITIVE, 1, -1))
