"""HAM10000's repeat photographs, counted here with plain sets and scikit-learn."""

import numpy as np
import pandas as pd
import pytest

from dermlab.lessons import results
from results.ham10000_repeats import recipe as maker


@pytest.fixture(scope="module")
def ham10000(real_data):
    return pd.read_csv(real_data / "HAM10000_metadata_with_dataset.csv")


def test_the_photographs_are_those_of_the_publishers_table(ham10000):
    table = results.read("ham10000_repeats", "photographs.csv").set_index("photographs")
    assert table["lesions"].to_dict() == (
        ham10000.groupby("lesion_id").size().value_counts().to_dict()
    )
    assert (table["images"].sum(), table["lesions"].sum()) == (10_015, 7_470)
    assert table["images"].sum() - table["lesions"].sum() == 2_545


def straddling(lesions, fold, tested):
    """Lesions on several sides, and test images with a sibling elsewhere, by plain sets."""
    sides = {}
    for lesion, side in zip(lesions, fold, strict=True):
        sides.setdefault(lesion, set()).add(side)
    torn = {lesion for lesion, where in sides.items() if len(where) > 1}
    scored = [lesion in torn for lesion, f in zip(lesions, fold, strict=True) if f in tested]
    return len(torn), sum(scored) / len(scored)


@pytest.mark.parametrize("scheme", ["nine folds", "test part of 20 %"])
def test_scikit_learns_random_splits_tear_as_many_lesions(ham10000, scheme):
    from sklearn.model_selection import KFold, train_test_split

    lesions, n_seeds, found = ham10000["lesion_id"].to_list(), 20, []
    for seed in range(1000, 1000 + n_seeds):
        fold = np.zeros(len(lesions), dtype=int)
        if scheme == "nine folds":
            for k, (_, test) in enumerate(KFold(9, shuffle=True, random_state=seed).split(lesions)):
                fold[test] = k
            found.append(straddling(lesions, fold, set(range(9))))
        else:
            _, test = train_test_split(range(len(lesions)), test_size=0.2, random_state=seed)
            fold[test] = 1
            found.append(straddling(lesions, fold, {1}))
    table = results.read("ham10000_repeats", "straddling.csv").set_index("scheme").loc[scheme]
    random = table[table["split"] == "random"].set_index("quantity")
    for quantity, values in zip(("lesions", "test_images"), np.transpose(found), strict=True):
        row, error = random.loc[quantity], values.std(ddof=1) / np.sqrt(n_seeds)
        assert row["n_seeds"] >= 20
        assert values.mean() == pytest.approx(row["expected"], abs=4 * error)
        assert row["mean"] == pytest.approx(row["expected"], abs=4 * error)
        assert row["low"] < row["expected"] < row["high"]
        assert np.mean((values >= row["low"]) & (values <= row["high"])) > 0.7


def test_lesions_kept_whole_never_straddle():
    table = results.read("ham10000_repeats", "straddling.csv")
    whole = table[table["split"] == "lesions kept whole"]
    assert len(whole) == 4
    assert (whole[["expected", "mean", "low", "high"]] == 0).all(axis=None)


def test_straddling_is_counted_among_lesions_and_among_tested_images():
    lesion, fold = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    assert maker._found(lesion, fold, np.array([1])) == (1, pytest.approx(1 / 3))
    assert maker._found(lesion, fold, np.array([0, 1])) == (1, pytest.approx(2 / 5))


def test_what_is_expected_of_a_lesion_with_two_photographs():
    """Four images, two in each part: both photographs fall into a given part once in six times."""
    lesions, share = maker._expected(pd.Series({1: 2, 2: 1}), np.array([2, 2]), np.array([1]))
    assert lesions == pytest.approx(1 - 2 / 6)
    assert share == pytest.approx(2 * (1 / 2 - 1 / 6) / 2)


def test_a_summary_has_the_central_95_percent_of_its_splits():
    found = [(k, k / 10) for k in range(5)]
    lesions, images = maker._summary("s", "random", (2.5, 0.25), found).to_dict("records")
    assert (lesions["expected"], lesions["mean"], lesions["n_seeds"]) == (2.5, 2, 5)
    assert (lesions["low"], lesions["high"]) == pytest.approx((0.1, 3.9))
    assert (images["expected"], images["mean"]) == (0.25, pytest.approx(0.2))
    assert (images["low"], images["high"]) == pytest.approx((0.01, 0.39))
