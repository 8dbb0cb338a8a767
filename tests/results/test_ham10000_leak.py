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
