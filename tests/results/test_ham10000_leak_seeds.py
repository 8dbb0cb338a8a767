"""Five repeats of a leak: the ranks within a fold, and the comparison from hand-made rows."""

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import repeats
from dermlab.lessons import results
from results.ham10000_leak.recipe import LEAK_FOLDS, SCHEMES, leak_folds
from results.ham10000_leak_seeds import recipe as maker


@pytest.fixture(scope="module")
def cases():
    """Ninety images of sixty lesions; every third one is a second photograph."""
    lesion = np.r_[np.arange(60), np.arange(0, 60, 2)]
    return pd.DataFrame(
        {
            "image_id": [f"i{k:02d}" for k in range(90)],
            "disease": np.where(lesion % 4 == 0, "malignant melanoma", "melanocytic nevi"),
            "lesion_id": lesion.astype(str),
            "patient_id": None,
        }
    )


def test_every_seed_has_each_fold_under_both_schemes():
    wanted = pd.DataFrame(maker.asked())
    assert len(wanted) == maker.SEEDS * LEAK_FOLDS * len(SCHEMES) and maker.SEEDS >= 5
    assert not wanted.duplicated().any()


def test_a_rank_is_a_share_of_its_fold_and_stands_at_its_image(cases):
    wanted = maker.asked()
    found = []
    for one in wanted:
        here = leak_folds(cases, one["scheme"], one["seed"]) == one["fold"]
        score = np.flatnonzero(here).astype(float)
        found.append({"score": np.stack([score, -score])})
    ranks = maker.ranks(cases, wanted, found)
    assert ranks.shape == (2, maker.SEEDS, 2, 90) and np.isfinite(ranks).all()
    fold = leak_folds(cases, SCHEMES[1], 3)
    rising = ranks[1, 3, 0, fold == 2]
    n = (fold == 2).sum()
    np.testing.assert_allclose(rising, np.arange(1, n + 1) / n, rtol=1e-6)
    np.testing.assert_allclose(ranks[1, 3, 1, fold == 2], rising[::-1], rtol=1e-6)


def test_the_comparison_is_that_of_repeats_on_all_and_on_lesions_seen_twice(cases):
    rng = np.random.default_rng(0)
    positive = (cases["disease"] == "malignant melanoma").to_numpy()
    rank = rng.random((2, 5, 2, 90)) + np.array([0.5, 0.2])[:, None, None, None] * positive
    lesion = cases["lesion_id"].astype(int).to_numpy()
    table = maker.compared({"positive": positive, "lesion": lesion, "rank": rank})
    assert table["steps"].tolist() == [300, 300, 600, 600]
    assert table["n_images"].tolist() == [90, 60, 90, 60]
    assert table["n_lesions"].tolist() == [60, 30, 60, 30]
    twice = lesion % 2 == 0
    right = repeats.compare_auc(
        positive[twice], rank[0, :, 1][:, twice], rank[1, :, 1][:, twice], lesion[twice]
    )
    row = table.iloc[3]
    assert row["difference"] == pytest.approx(right.estimate)
    assert (row["low"], row["high"]) == pytest.approx((right.low, right.high))
    assert row["difference"] == pytest.approx(row["auc_random"] - row["auc_whole"])
    assert (table["p_holm"] >= table["p_value"]).all()


def test_the_shipped_table_follows_from_the_shipped_rows():
    shipped = results.read(maker.NAME, "areas.csv")
    rows = results.read(maker.NAME, "rows.npz")
    again = maker.compared(rows)
    pd.testing.assert_frame_equal(shipped, again, check_dtype=False, rtol=1e-4, atol=1e-6)
    assert set(rows) == {"schemes", "positive", "lesion", "rank"}
