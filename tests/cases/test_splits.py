"""Groups, folds and leaks against a flood fill by hand, counts by pandas, and real tables."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermlab.cases import balance, splits
from dermlab.errors import InputError

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*fewer groups than", "ignore:The group of", "ignore:The test part holds"
)

no_deadline = settings(deadline=None)  # a first call imports scipy


def make_cases(lesions, patients=None, diseases=None):
    n = len(lesions)
    return pd.DataFrame(
        {
            "image_id": [f"image {k:03d}" for k in range(n)],
            "lesion_id": pd.Series(lesions, dtype="str"),
            "patient_id": pd.Series(patients or [None] * n, dtype="str"),
            "disease": diseases or ["nevus"] * n,
            "dataset": "made",
        }
    )


def make_pairs(*pairs):
    return pd.DataFrame(pairs, columns=["image_id_a", "image_id_b"], dtype="str")


@st.composite
def cases_and_pairs(draw):
    """Up to 30 images with few lesions and patients, some ids missing, and a few pairs."""
    n = draw(st.integers(4, 30))

    def column(values):
        return draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))

    cases = make_cases(
        column([None, "a", "b", "c", "d", "e", "f", "g", "h"]),
        column([None, None, None, "p", "q", "r", "s", "t", "u"]),
        column(["nevus", "nevus", "melanoma", "psoriasis"]),
    )
    image = st.sampled_from(cases.image_id.tolist())
    pairs = draw(st.lists(st.tuples(image, image), max_size=4))
    return cases, make_pairs(*pairs)


def flood_fill(cases, pairs):
    """The groups as a set of sets: grow each from one image until nothing more is reached."""
    paired = {frozenset(row) for row in pairs.itertuples(index=False)}
    rows = cases.fillna("").to_dict("records")

    def alike(a, b):
        shared = any(a[c] and a[c] == b[c] for c in ("lesion_id", "patient_id"))
        return shared or frozenset([a["image_id"], b["image_id"]]) in paired

    left, found = list(rows), set()
    while left:
        group, border = [], [left.pop()]
        while border:
            here = border.pop()
            group.append(here["image_id"])
            reached = [row for row in left if alike(here, row)]
            left = [row for row in left if row not in reached]
            border += reached
        found.add(frozenset(group))
    return found


def as_sets(group_of):
    return {frozenset(members) for members in group_of.groupby(group_of).groups.values()}


# --- groups ---------------------------------------------------------------------------------------


@no_deadline
@given(cases_and_pairs())
def test_groups_are_what_a_flood_fill_reaches(drawn):
    cases, pairs = drawn
    found = splits.groups(cases, pairs=pairs)
    assert as_sets(found) == flood_fill(cases, pairs)
    assert found.index.tolist() == cases.image_id.tolist()
    for name, members in found.groupby(found).groups.items():
        assert name == min(members)


def test_lesions_patients_and_pairs_chain_into_one_group():
    cases = make_cases(["a", "a", None, None, None], [None, "p", "p", None, None])
    pairs = make_pairs(("image 002", "image 003"))
    found = splits.groups(cases, pairs=pairs)
    assert found.tolist() == ["image 000"] * 4 + ["image 004"]
    assert splits.groups(cases, by="lesion_id").nunique() == 4
    assert splits.groups(cases, by=()).nunique() == 5


def test_missing_ids_join_nothing():
    cases = make_cases([None] * 6)
    assert splits.groups(cases).nunique() == 6
    assert splits.groups(cases.drop(columns=["lesion_id", "patient_id"])).nunique() == 6


def test_one_id_as_lesion_and_as_patient_joins_nothing():
    assert splits.groups(make_cases(["x", None], [None, "x"])).nunique() == 2


# --- folds ----------------------------------------------------------------------------------------


@no_deadline
@given(cases_and_pairs(), st.integers(2, 5), st.sampled_from([0, 0.2, 0.5]), st.integers(0, 3))
def test_no_group_is_divided_and_every_image_stands_once(drawn, n_folds, test, seed):
    cases, pairs = drawn
    how = {"n_folds": n_folds, "pairs": pairs, "seed": seed}
    try:
        split = splits.with_test_part(cases, test=test, **how)
    except InputError as error:
        assert re.search("folds cannot be made of|is less than one of", str(error))
        return
    assert split.columns.tolist() == ["image_id", "group_id", "fold"]
    assert split.image_id.tolist() == sorted(cases.image_id)
    fold = split.set_index("image_id").fold
    assert all(fold[list(group)].nunique() == 1 for group in flood_fill(cases, pairs))
    assert set(fold) == set(range(-1 if test else 0, n_folds))  # none is empty

    found = splits.leaks(cases, split, pairs=pairs)
    assert all(counts is None or counts["straddling"] == 0 for counts in found.values())
    mixed = cases.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(split, splits.with_test_part(mixed, test=test, **how))


def test_no_test_part_is_plain_folds():
    cases = make_cases([f"l{k // 2}" for k in range(40)], diseases=["nevus", "melanoma"] * 20)
    plain = splits.group_folds(cases, n_folds=4, seed=3)
    pd.testing.assert_frame_equal(splits.with_test_part(cases, test=0, n_folds=4, seed=3), plain)
    assert not plain.equals(splits.group_folds(cases, n_folds=4, seed=4))


def test_folds_hold_each_disease_alike():
    rng = np.random.default_rng(0)
    diseases = np.repeat(["nevus", "melanoma", "keratosis"], [700, 100, 200])
    cases = make_cases([f"l{k}" for k in rng.integers(600, size=1000)], diseases=list(diseases))
    split = splits.with_test_part(cases, test=0.1, n_folds=9)
    counts = pd.crosstab(split.fold, cases.set_index("image_id").disease[split.image_id].to_numpy())
    assert counts.shape == (10, 3)
    for disease, n in cases.disease.value_counts().items():
        assert counts[disease].between(n / 10 - 4, n / 10 + 4).all()


def test_each_disease_rarer_than_the_folds_are_many():
    cases = make_cases([None] * 20, diseases=[f"disease {k}" for k in range(20)])
    with pytest.warns(UserWarning, match="20 diseases have fewer groups than the 5 folds"):
        split = splits.group_folds(cases, n_folds=5)
    assert split.fold.value_counts().tolist() == [4] * 5


@pytest.mark.parametrize("seed", range(30))
def test_hardly_more_groups_than_folds_leave_no_fold_empty(seed):
    """scikit-learn alone leaves a fold empty in some of these."""
    rng = np.random.default_rng(seed)
    lesions = np.r_[np.arange(6), rng.integers(6, size=44)]
    diseases = [f"disease {d}" for d in lesions % rng.integers(2, 7)]
    cases = make_cases([f"l{k}" for k in lesions], diseases=diseases)
    split = splits.group_folds(cases, n_folds=6, seed=seed)
    assert split.groupby("fold").group_id.nunique().tolist() == [1] * 6


def test_a_rare_disease_is_said_in_our_words():
    cases = make_cases(["a", "a", "b"] + [None] * 30, diseases=["rare"] * 3 + ["nevus"] * 30)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        splits.group_folds(cases, n_folds=3)
    assert [str(w.message) for w in caught] == [
        "1 disease has fewer groups than the 3 folds, so that some folds hold none: rare (2)."
    ]


def test_a_group_larger_than_a_fold_is_said():
    cases = make_cases(["big"] * 20 + [None] * 20)
    with pytest.warns(UserWarning, match=r"The group of image 000 has 20 of 40 images"):
        split = splits.group_folds(cases, n_folds=4)
    assert split.fold.nunique() == 4


def test_a_group_that_just_fills_a_fold_is_not_said():
    cases = make_cases(["big"] * 10 + [None] * 30)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        splits.group_folds(cases, n_folds=4)
    assert caught == []


def test_diseases_with_as_many_images_as_folds_stand_once_in_each():
    diseases = [f"disease {k}" for k in range(5)] * 4
    split = splits.group_folds(make_cases([None] * 20, diseases=diseases), n_folds=4)
    counts = pd.crosstab(split.fold, diseases)
    assert counts.shape == (4, 5) and (counts == 1).all(axis=None)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"n_folds": 1}, "At least two folds are needed, not 1"),
        ({"n_folds": 5}, "5 folds cannot be made of 4 groups"),
        ({"by": ("site",)}, "No id to group by: site; there are patient_id, lesion_id"),
    ],
)
def test_folds_that_cannot_be_made(asked, sentence):
    with pytest.raises(InputError, match=sentence):
        splits.group_folds(make_cases([None] * 4), **asked)


@pytest.mark.parametrize("test", [-0.1, 0.6, 1, np.nan])
def test_a_test_part_is_a_share(test):
    with pytest.raises(InputError, match="is a share of the images from 0 to"):
        splits.with_test_part(make_cases([None] * 40), test=test)


def test_the_test_part_is_the_one_whose_size_is_nearest_to_the_share():
    cases = make_cases(["a"] * 10 + ["b"] * 30 + ["c"] * 60)  # three parts of one lesion each
    split = splits.with_test_part(cases, test=1 / 3, n_folds=2)
    assert split.groupby("group_id").fold.agg(["first", "size"]).to_numpy().tolist()[1] == [-1, 30]
    assert (split.fold == -1).sum() == 30


def test_a_disease_with_as_many_groups_as_folds_is_not_said_to_be_rare():
    cases = make_cases([None] * 33, diseases=["rare"] * 3 + ["nevus"] * 30)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        splits.group_folds(cases, n_folds=3)
    assert caught == []


def test_an_empty_fold_gets_the_smallest_group_of_the_fold_with_most():
    group_id = pd.Series(["a", "a", "b", "c", "c", "c", "d", "e"])
    fold = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    found = balance.without_empty_folds(fold, group_id, 3)
    assert found.tolist() == [0, 0, 2, 0, 0, 0, 1, 1]


def test_a_test_part_smaller_than_a_group_cannot_be_made():
    with pytest.raises(InputError, match=r"0.01 is less than one of 40 groups: ask for .* 0.025"):
        splits.with_test_part(make_cases([None] * 40), test=0.01)


@pytest.mark.parametrize("test", [0.05, 0.1, 0.15, 0.22, 0.3, 0.35, 0.4, 0.45, 0.48, 0.5])
def test_the_share_of_the_test_part_is_kept(test):
    diseases = ["nevus", "nevus", "melanoma"] * 200
    cases = make_cases([f"l{k // 2}" for k in range(600)], diseases=diseases)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        split = splits.with_test_part(cases, test=test, n_folds=4)
    assert (split.fold == -1).mean() == pytest.approx(test, abs=0.015)


def test_a_share_that_large_groups_do_not_allow_is_said():
    cases = make_cases(["a"] * 10 + ["b"] * 10 + ["c"] * 10)
    with pytest.warns(UserWarning, match=r"holds 33.3 % of the images where 40.0 % was asked"):
        split = splits.with_test_part(cases, test=0.4, n_folds=2)
    assert (split.fold == -1).sum() == 10


def test_a_case_without_a_disease_is_refused_in_a_sentence():
    cases = make_cases([None] * 6, diseases=["nevus"] * 5 + [None])
    with pytest.raises(InputError, match="1 row of the cases without a disease"):
        splits.group_folds(cases, n_folds=2)


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        (
            make_pairs(("image 000", "x"), ("y", "x"), ("image 001", "image 002")),
            "name 2 image_ids that the cases do not hold: y, x;",
        ),
        (
            make_pairs(("image 000", None)),
            "name 1 image_id that the cases do not hold: no id at all;",
        ),
        (pd.DataFrame({"image_id_a": ["image 000"]}), "no column 'image_id_b'"),
    ],
)
def test_pairs_of_other_images(pairs, sentence):
    with pytest.raises(InputError, match=sentence):
        splits.groups(make_cases([None] * 4), pairs=pairs)


# --- leaks ----------------------------------------------------------------------------------------


@no_deadline
@given(cases_and_pairs(), st.randoms(use_true_random=False))
def test_leaks_are_those_that_pandas_counts(drawn, random):
    cases, pairs = drawn
    fold = pd.Series([random.choice([-1, 0, 1]) for _ in range(len(cases))], name="fold")
    split = pd.concat([cases.image_id, fold], axis=1).sample(frac=1, random_state=0)
    found = splits.leaks(cases, split.assign(group_id="one"), pairs=pairs)

    for column, kind in (("patient_id", "patients"), ("lesion_id", "lesions")):
        if cases[column].isna().all():
            assert found[kind] is None
            continue
        n_folds = cases.assign(fold=fold).groupby(column).fold.nunique()
        assert found[kind] == {
            "straddling": (n_folds > 1).sum(),
            "missing": cases[column].isna().sum(),
            "n": len(cases),
        }
    of_image = dict(zip(cases.image_id, fold, strict=True))
    apart = [of_image[a] != of_image[b] for a, b in pairs.itertuples(index=False)]
    assert found["pairs"]["straddling"] == sum(apart)
    divided = [len({of_image[i] for i in group}) > 1 for group in flood_fill(cases, pairs)]
    if found["groups"] is None:
        assert not any(divided)
    else:
        assert found["groups"]["straddling"] == sum(divided)


def test_what_cannot_be_checked_is_never_zero():
    cases = make_cases([None] * 4).drop(columns="patient_id")
    split = splits.group_folds(cases, n_folds=2)
    found = splits.leaks(cases, split)
    assert found == {"patients": None, "lesions": None, "pairs": None, "groups": None}
    assert splits.describe_leaks(found, 4) == [
        "patients: not checkable (no patient_id in 4 of 4)",
        "lesions: not checkable (no lesion_id in 4 of 4)",
        "pairs: not checkable (no table of pairs given)",
        "groups: not checkable (no id or pair in 4 of 4)",
    ]


def test_leaks_in_sentences():
    cases = make_cases(["a", "a", "b", "b", None, None], ["p"] * 4 + [None] * 2)
    split = cases[["image_id"]].assign(fold=["0", "1", "0", "1", "0", "-1"])  # text, as in a file
    found = splits.leaks(cases, split, pairs=make_pairs(("image 003", "image 004")))
    assert splits.describe_leaks(found, 6) == [
        "patients: 1 straddles (2 without patient_id not checked)",
        "lesions: 2 straddle (2 without lesion_id not checked)",
        "pairs: 1 straddles",
        "groups: 1 straddles (1 without id or pair not checked)",
    ]
    assert list(splits.leaks(cases, split, by="lesion_id")) == ["lesions", "pairs", "groups"]


def changed(split, row, column, value):
    return split.assign(**{column: split[column].astype(object).where(split.index != row, value)})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: s.drop(columns="fold"), "no column 'fold'"),
        (lambda s: s.drop(columns="image_id"), "no column 'image_id'"),
        (lambda s: s.head(0), "no images in the split"),
        (lambda s: s.iloc[2:], r"2 images only in the cases \(image 000, image 001\)"),
        (lambda s: changed(s, 1, "image_id", "x"), r"\(image 001\), 1 image only in the split"),
        (lambda s: changed(s, 1, "image_id", None), "1 row of the split without image_id"),
        (lambda s: changed(s, 1, "image_id", "image 000"), "1 image_id more than once"),
        (lambda s: changed(s, 1, "fold", "1.5"), r"gives 1 image no fold .*: image 001 \(1.5\)"),
        (lambda s: changed(s, 1, "fold", "-2"), r"image 001 \(-2\)"),
        (lambda s: changed(s, 1, "fold", "99999999999999999999"), r"image 001 \(9{20}\)"),
        (lambda s: changed(s, 1, "fold", "test"), r"image 001 \(test\)"),
        (lambda s: changed(s, 1, "fold", np.inf), r"image 001 \(inf\)"),
        (lambda s: changed(s, 1, "fold", None), "image 001"),
    ],
)  # fmt: skip
def test_a_split_that_is_none(change, sentence):
    cases = make_cases(["a", "a", "b", "b", None, None])
    split = change(splits.group_folds(cases, n_folds=2))
    with pytest.raises(InputError, match=sentence) as error:
        splits.leaks(cases, split)
    assert "\n" not in str(error.value)


def test_a_repeated_case_is_said():
    cases = pd.concat([make_cases([None] * 3)] * 2)
    with pytest.raises(InputError, match="3 image_ids more than once in the cases: image 000"):
        splits.groups(cases)


# --- real tables ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ham10000(real_data):
    table = pd.read_csv(real_data / "HAM10000_metadata.csv", dtype="str")
    return table.rename(columns={"dx": "disease"})


@pytest.fixture(scope="module")
def ham10000_folds(ham10000):
    return splits.group_folds(ham10000)


def test_ham10000_is_split_by_its_lesions(ham10000, ham10000_folds):
    assert len(ham10000_folds) == 10_015
    assert ham10000_folds.group_id.nunique() == 7_470
    assert ham10000_folds.fold.value_counts().between(1112, 1114).all()
    clean = {"straddling": 0, "missing": 0, "n": 10_015}
    found = splits.leaks(ham10000, ham10000_folds)
    assert found == {"patients": None, "lesions": clean, "pairs": None, "groups": clean}
    assert splits.describe_leaks(found, len(ham10000))[:2] == [
        "patients: not checkable (no patient_id in 10,015 of 10,015)",
        "lesions: 0 straddle",
    ]


def test_ham10000_shuffled_leaks_as_pandas_counts(ham10000, ham10000_folds):
    mixed = ham10000_folds.assign(
        fold=np.random.default_rng(0).permutation(ham10000_folds.fold.to_numpy())
    )
    merged = ham10000.merge(mixed, on="image_id")
    n_leaking = int((merged.groupby("lesion_id").fold.nunique() > 1).sum())
    assert n_leaking > 1_000
    assert splits.leaks(ham10000, mixed)["lesions"]["straddling"] == n_leaking


def test_isic2020_is_split_by_its_patients(real_data):
    table = pd.read_csv(real_data / "ISIC_2020_Training_GroundTruth.csv", dtype="str")
    cases = table.rename(columns={"image_name": "image_id", "benign_malignant": "disease"})
    split = splits.with_test_part(cases, test=0.2)
    assert split.group_id.nunique() == 2_056
    found = splits.leaks(cases, split)
    assert found["patients"] == {"straddling": 0, "missing": 0, "n": 33_126}
    assert found["lesions"] is None
    assert (split.fold == -1).mean() == pytest.approx(0.2, abs=0.005)


def test_isic2019_without_lesions_is_said(real_data):
    table = pd.read_csv(real_data / "ISIC_2019_Training_Metadata.csv", dtype="str")
    cases = table.rename(columns={"image": "image_id"})
    fold = cases.lesion_id.fillna(cases.image_id).map(hash) % 3
    found = splits.leaks(cases, cases[["image_id"]].assign(fold=fold))
    assert found["lesions"] == {"straddling": 0, "missing": 2_084, "n": 25_331}
    assert "lesions: 0 straddle (2,084 without lesion_id not checked)" in splits.describe_leaks(
        found, len(cases)
    )
