"""Nine folds with ImageNet's weights: the same folds and images as the compact network's."""

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import clustered
from results.ham10000_imagenet_folds import recipe as maker
from results.ham10000_nine_folds import recipe as compact


def test_a_pair_of_areas_has_its_difference_and_agrees_with_one_stratum():
    rng = np.random.default_rng(0)
    positive, lesion = rng.random(300) < 0.3, rng.integers(0, 200, 300)
    scores = rng.normal(size=(2, 300)) + positive
    found = maker.paired(positive, scores, lesion, np.zeros(300, int))
    expected = clustered.compare_auc(positive, *scores, lesion)
    assert found["auc"] - found["compact"] == pytest.approx(found["difference"])
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high))


def table(score: list[float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Four melanomas and four nevi of two clinics, and the score of each."""
    diseases = ["malignant melanoma"] * 4 + ["melanocytic nevi"] * 4
    cases = pd.DataFrame(
        {
            "disease": diseases,
            "source": list("aabbaabb"),
            "biopsied": [True] * 6 + [False] * 2,
            "lesion_id": range(8),
        }
    )
    others = {name: 0.0 for sides in compact.QUESTIONS.values() for side in sides for name in side}
    answers = pd.DataFrame({**others, "malignant melanoma": score}, index=range(8))
    return cases, answers.assign(**{"melanocytic nevi": 1 - np.array(score)}, fold=0)


def test_both_networks_answer_the_same_images_on_all_biopsied_and_within_source():
    here = table([0.9, 0.8, 0.7, 0.4, 0.1, 0.6, 0.5, 0.2])
    other = table([0.9, 0.2, 0.7, 0.3, 0.1, 0.6, 0.5, 0.2])
    found = maker.against_compact(here, other).set_index(["task", "cases"])
    row = found.loc["melanoma-vs-nevus"]
    assert row["auc"].tolist() == pytest.approx([14 / 16, 7 / 8, 7 / 8])
    assert row["n_images"].tolist() == [8, 6, 8]
    assert row["difference"].to_numpy() == pytest.approx(row["auc"] - row["compact"])


def test_rows_of_other_images_are_refused():
    here, other = table([0.5] * 8), table([0.5] * 8)
    other[0].loc[0, "disease"] = "basal cell carcinoma"
    with pytest.raises(ValueError, match="other images"):
        maker.against_compact(here, other)


def test_every_fold_is_scored_once_and_the_folds_are_the_compact_networks():
    assert [one["fold"] for one in maker.asked()] == list(range(compact.N_FOLDS))
