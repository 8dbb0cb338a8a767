"""Near-duplicate pairs, held against distances that scipy computes one by one."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform

from dermlab.cases import duplicates, splits
from dermlab.errors import InputError


def points(n=700, d=6, seed=0):
    """More than two blocks of points, some of them equal."""
    x = np.random.default_rng(seed).random((700, d)).astype(np.float32)
    x[600] = x[3]
    x[10] = x[11]
    return x[:n]


def ids(n):
    return [f"I{i:05}" for i in range(n)]


@pytest.mark.parametrize("threshold", [0, 0.05, 0.2])
def test_the_pairs_are_those_of_all_distances(threshold):
    x, names = points(), ids(700)
    found = duplicates.near_pairs(x, names, threshold=threshold)
    distance = squareform(pdist(x.astype(float)))
    a, b = np.nonzero(np.triu(distance <= threshold, 1))
    expected = {(names[i], names[j]): distance[i, j] for i, j in zip(a, b, strict=True)}
    pairs = found.set_index(["image_id_a", "image_id_b"])["distance"]
    assert set(pairs.index) == set(expected)
    assert len(expected) >= 2
    np.testing.assert_allclose(pairs, [expected[pair] for pair in pairs.index], atol=1e-12)
    assert pairs.is_monotonic_increasing
    assert (pairs == 0).sum() == 2  # the two equal ones, exactly


def test_neither_the_order_nor_the_scale_of_the_rows_matters():
    x, names = points(), np.array(ids(700))
    found = duplicates.near_pairs(x, names, threshold=0.15)
    order = np.random.default_rng(1).permutation(700)
    shuffled = duplicates.near_pairs(x[order], names[order], threshold=0.15)
    pd.testing.assert_frame_equal(shuffled, found)
    far = duplicates.near_pairs(x * 1000 + 5000, names, threshold=0)
    assert list(far["distance"]) == [0, 0]


def test_the_pairs_feed_the_groups_of_a_split():
    x = np.zeros((6, 2))
    x[:, 0] = [0, 1, 2, 10, 11, 50]  # a chain of three, a pair, one alone
    pairs = duplicates.near_pairs(x, ids(6), threshold=1)
    assert list(pairs.columns) == ["image_id_a", "image_id_b", "distance"]
    cases = pd.DataFrame({"image_id": ids(6)})
    group = splits.groups(cases, pairs=pairs)
    assert list(group) == ["I00000"] * 3 + ["I00003"] * 2 + ["I00005"]


def test_no_pair_at_all_is_an_empty_table():
    nothing = duplicates.near_pairs(np.eye(3), ids(3), threshold=0.5)
    assert list(nothing.columns) == ["image_id_a", "image_id_b", "distance"]
    assert len(nothing) == 0
    assert len(splits.groups(pd.DataFrame({"image_id": ids(3)}), pairs=nothing).unique()) == 3
    hidden = duplicates.near_pairs(np.full((2, 3), np.nan), ids(2), threshold=0.5)
    pd.testing.assert_frame_equal(hidden, nothing)


def test_a_row_without_structure_is_near_nothing():
    x = points(20)
    x[[3, 4]] = np.nan
    found = duplicates.near_pairs(x, ids(20), threshold=0.3)
    assert not found.isin(["I00003", "I00004"]).any(axis=None)
    rest = np.delete(np.arange(20), [3, 4])
    alone = duplicates.near_pairs(x[rest], np.array(ids(20))[rest], threshold=0.3)
    pd.testing.assert_frame_equal(found, alone)
    assert list(np.flatnonzero(duplicates.without_structure(x))) == [3, 4]


@pytest.mark.parametrize(
    ("x", "names", "threshold", "sentence"),
    [
        (points(20), ids(20), -0.1, "a distance of 0 or more, not -0.1"),
        (points(20), ids(20), np.nan, "a distance of 0 or more, not nan"),
        (points(20), ids(19), 0.1, "19 image_ids and features of shape"),
        (points(20)[0], ids(6), 0.1, "give one row of features an image"),
        (points(20), ["I1"] * 20, 0.1, "more than once"),
        (points(200), ids(200), 2, "joins more than 50 pairs an image: choose a smaller one"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(x, names, threshold, sentence):
    with pytest.raises(InputError, match=sentence):
        duplicates.near_pairs(x, names, threshold=threshold)


# --- thumbnails -----------------------------------------------------------------------------------


def pictures(n=3, side=16, seed=0):
    return np.random.default_rng(seed).integers(40, 160, (n, side, side, 3)).astype(np.uint8)


def test_the_distance_of_two_thumbnails_is_that_of_their_correlation():
    x = pictures(2)
    a, b = (picture - picture.mean(axis=(0, 1)) for picture in x.astype(float))
    r = np.corrcoef(a.ravel(), b.ravel())[0, 1]
    first, second = duplicates.thumbnails(x)
    assert np.linalg.norm(first - second) == pytest.approx(np.sqrt(2 - 2 * r), abs=1e-6)


def test_exposure_tint_and_contrast_do_not_show_but_the_content_does():
    x = pictures(1)
    changed = (x * 0.8 + np.array([20, 5, 0])).astype(np.float32)
    features = duplicates.thumbnails(np.concatenate([x, changed, x[:, ::-1]]))
    assert np.linalg.norm(features[0] - features[1]) < 1e-5
    assert np.linalg.norm(features[0] - features[2]) > 1


def test_a_picture_of_one_colour_has_nothing_to_compare():
    x = pictures(2)
    x[1] = [200, 90, 13]
    assert list(duplicates.without_structure(duplicates.thumbnails(x))) == [False, True]


# --- across lesions -------------------------------------------------------------------------------


def test_pairs_across_lesions_are_counted_where_both_ids_are_known():
    cases = pd.DataFrame(
        {"image_id": list("abcde"), "lesion_id": ["L1", "L1", "L2", None, None]}, dtype="str"
    )

    def count(*pairs):
        table = pd.DataFrame(pairs, columns=["image_id_a", "image_id_b"])
        return duplicates.across(table, cases)

    assert count(("a", "b"), ("a", "c"), ("b", "d")) == 1
    assert count(("a", "b")) == count() == 0
    assert count(("d", "e"), ("a", "d")) is None


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as Linux counts it")
def test_memory_stays_bounded_at_33000_images():
    """All distances of 33,126 images would be 8.8 GB."""
    program = """
import resource, numpy as np
from dermlab.cases import duplicates
import sklearn.neighbors
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
n = 33_126
x = np.random.default_rng(0).standard_normal((n, 24)).astype(np.float32)
x[n - 1] = x[0]
before = peak()
found = duplicates.near_pairs(x, [f"I{i}" for i in range(n)], threshold=0.2)
assert list(found["distance"]) == [0], found
print(peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 300  # MB


# --- real data ------------------------------------------------------------------------------------


def test_ham10000s_two_identical_pairs_are_found_at_distance_0(real_data, tmp_path, monkeypatch):
    from dermlab.cases import sources
    from dermlab.network import pictures

    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path))
    cases = sources.read_cases(real_data / "HAM10000_metadata.csv")
    zipped = real_data / "ham10000_200x150.zip"
    found = pictures.load(cases["image_id"].tolist(), [zipped], duplicates.SIDE)
    pairs = duplicates.near_pairs(duplicates.thumbnails(found.pixels), found.image_ids)
    equal = pairs[pairs["distance"] == 0]
    assert set(zip(equal["image_id_a"], equal["image_id_b"], strict=True)) == {
        ("ISIC_0024366", "ISIC_0029861"),
        ("ISIC_0024777", "ISIC_0029938"),
    }
    lesion = cases.set_index("image_id")["lesion_id"]
    same = lesion.loc[pairs["image_id_a"]].to_numpy() == lesion.loc[pairs["image_id_b"]].to_numpy()
    assert same.mean() > 0.9
    assert 100 < len(pairs) < 250
