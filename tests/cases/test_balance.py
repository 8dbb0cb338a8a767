"""The folds of `balance` against those of scikit-learn, and at a size that it does not reach."""

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from dermlab.cases import balance, splits


def by_scikit_learn(stratum, group, n_folds, seed):
    fold = np.empty(len(stratum), dtype=int)
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for k, (_, rows) in enumerate(splitter.split(stratum, stratum, group)):
            fold[rows] = k
    return fold


def numbered(values):
    return np.unique(values, return_inverse=True)[1]


@pytest.mark.parametrize("n_classes", [1, 2, 7, 114, 140])
@pytest.mark.parametrize("n_folds", [2, 5, 9, 13])
@pytest.mark.parametrize("pure", [True, False])  # whether a group has one class
def test_the_folds_are_scikit_learns(n_classes, n_folds, pure):
    rng = np.random.default_rng([n_classes, n_folds, pure])
    n = int(rng.integers(100, 400))
    group = numbered(rng.integers(rng.integers(2 * n_folds, n), size=n))
    share = rng.dirichlet(np.full(n_classes, 0.5))
    stratum = rng.choice(n_classes, size=n, p=share)
    stratum = numbered(stratum[group] if pure else stratum)
    if np.bincount(stratum).max() < n_folds:
        stratum = np.zeros(n, dtype=int)
    expected = by_scikit_learn(stratum, group, n_folds, seed=3)
    found = balance.stratified_folds(stratum, group, n_folds, seed=3)
    np.testing.assert_array_equal(found, expected)


TABLES = {
    "HAM10000_metadata.csv": ("image_id", "lesion_id", "dx"),
    "fitzpatrick17k.csv": ("md5hash", None, "label"),
    "ISIC_2020_Training_GroundTruth.csv": ("image_name", "patient_id", "diagnosis"),
}


@pytest.mark.parametrize("name", TABLES)
def test_real_tables_are_split_as_by_scikit_learn(real_data, name):
    image, group, disease = TABLES[name]
    rows = pd.read_csv(real_data / name, dtype="str").drop_duplicates(image).sort_values(image)
    stratum = numbered(rows[disease].fillna("unknown").to_numpy(object))
    group = numbered(rows[group or image].to_numpy(object))
    found = balance.stratified_folds(stratum, group, 9)
    np.testing.assert_array_equal(found, by_scikit_learn(stratum, group, 9, seed=0))


def test_the_time_grows_with_the_groups_and_no_faster():
    """Seconds of the processor for 20,000 rows; scikit-learn takes 9 on the same machine."""
    rng = np.random.default_rng(0)
    lesion = rng.integers(14_000, size=20_000)
    cases = pd.DataFrame(
        {
            "image_id": [f"image {k:05d}" for k in range(20_000)],
            "lesion_id": [f"lesion {k}" for k in lesion],
            "disease": [f"disease {k % 114:03d}" for k in lesion],
        }
    )
    start = time.process_time()
    split = splits.group_folds(cases)
    assert time.process_time() - start < 5
    assert (split.groupby("group_id").fold.nunique() == 1).all()
    assert split.fold.value_counts().between(2_200, 2_245).all()
    mixed = splits.group_folds(cases.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(split, mixed)
