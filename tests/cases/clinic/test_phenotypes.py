"""The tables of signs, and how looks are inherited down the tree."""

import numpy as np
import pytest

from dermlab.cases import taxonomy
from dermlab.cases.clinic import phenotypes
from dermlab.errors import InputError

NINE = [
    "benign dermal",
    "benign epidermal",
    "benign melanocyte",
    "genodermatoses",
    "inflammatory",
    "malignant cutaneous lymphoma",
    "malignant dermal",
    "malignant epidermal",
    "malignant melanoma",
]


@pytest.fixture(scope="module")
def tree():
    return taxonomy.load_tree()


def drawn(tree, *shares):
    """The drawn part alone, of signs that take part fully."""
    looks = phenotypes.looks(tree, shares=shares, described_weight=0.0)
    return (looks - phenotypes.described(tree).loc[looks.index].mean()) / phenotypes.spread()


def test_every_row_of_the_tables_names_a_node_and_a_sign(tree):
    table = phenotypes._table("phenotypes")
    assert set(table["node"]) <= set(tree["child"])
    assert set(table["sign"]) <= set(phenotypes.signs().index)
    assert not table.duplicated(["node", "sign"]).any()
    assert table["grade"].between(-1, 4).all()
    assert table[["described_as", "source"]].notna().all().all()
    pairs = phenotypes.look_alikes()
    assert set(pairs["disease"]) | set(pairs["taken_for"]) <= set(tree["child"])
    assert (pairs["disease"] != pairs["taken_for"]).all()
    assert sorted(phenotypes.partitions().index) == NINE


def test_the_signs_that_dermatology_names_are_where_it_names_them(tree):
    graded = phenotypes.described(tree)
    melanoma, nevus = graded.loc["malignant melanoma"], graded.loc["benign melanocyte"]
    for sign in ("asymmetry", "border", "variegation", "blue", "size"):
        assert melanoma[sign] > nevus[sign]
    assert graded.loc[NINE, "rolled"].idxmax() == "malignant epidermal"
    assert graded.loc[NINE, "violet"].idxmax() == "malignant dermal"
    assert graded.loc[NINE, "wrinkle"].idxmax() == "malignant cutaneous lymphoma"
    assert graded.loc[NINE, "regularity"].idxmax() == "genodermatoses"
    assert graded.loc[NINE, "rough"].idxmax() == "benign epidermal"
    assert graded.loc[NINE, "scale"].idxmax() == "inflammatory"


def test_a_node_inherits_what_it_does_not_grade(tree):
    graded = phenotypes.described(tree)
    assert graded.notna().all().all()
    assert graded.loc["pustular psoriasis", "edge"] == graded.loc["psoriasis", "edge"]
    assert graded.loc["psoriasis", "red"] == graded.loc["inflammatory", "red"]
    assert graded.loc["pustular psoriasis", "pustule"] > graded.loc["psoriasis", "pustule"]


def test_shares_say_at_which_level_looks_part(tree):
    three = taxonomy.ancestor_at(tree, "three-way")
    top = drawn(tree, 1, 0, 0, 0)
    benign = top[three.reindex(top.index) == "benign"]
    assert np.allclose(benign, benign.iloc[0])
    assert len(top.round(9).drop_duplicates()) == 3
    own = drawn(tree, 0, 0, 0, 1).to_numpy()
    between = np.corrcoef(own)[~np.eye(len(own), dtype=bool)]
    assert abs(between.mean()) < 0.01
    assert len(np.unique(own.round(9), axis=0)) == len(own)


def test_the_drawn_variance_does_not_depend_on_how_it_is_shared(tree):
    for shares in (phenotypes.SHARES, (0, 0, 0, 1), (0, 0, 0.8, 0.2)):
        assert drawn(tree, *shares).to_numpy().std() == pytest.approx(
            phenotypes.LOOK_SPREAD, rel=0.15
        )


def test_siblings_are_more_alike_than_strangers(tree):
    looks = drawn(tree, *phenotypes.SHARES)
    alike = np.corrcoef(looks.to_numpy())
    family = taxonomy.ancestor_at(tree, "family").reindex(looks.index).to_numpy(object)
    other = ~np.eye(len(looks), dtype=bool)
    known = np.array([isinstance(name, str) for name in family])
    same = (family[:, None] == family[None, :]) & known[:, None] & other
    assert alike[same].mean() > alike[~same & other].mean() + 0.3


def test_a_look_depends_on_names_not_on_the_order_of_rows(tree):
    shuffled = tree.sample(frac=1, random_state=0)
    looks = phenotypes.looks(tree)
    assert np.allclose(phenotypes.looks(shuffled).loc[looks.index], looks)


@pytest.mark.parametrize("shares", [(1, 0, 0), (0.5, 0.5, 0.5, 0), (1.5, -0.5, 0, 0)])
def test_wrong_shares_are_refused(tree, shares):
    with pytest.raises(InputError, match="4 parts of 1"):
        phenotypes.looks(tree, shares=shares)


def test_values_rise_with_grades_within_their_range():
    table = phenotypes.signs()
    at = [phenotypes.values(np.full(len(table), grade)) for grade in (-9, 0, 1, 2, 3, 4, 13)]
    for name, low, high in zip(table.index, table["low"], table["high"], strict=True):
        found = [value[name] for value in at]
        assert np.all(np.diff(found) >= 0)
        assert found[0] == pytest.approx(max(low, 0), abs=1e-4)
        assert found[-1] == pytest.approx(high, rel=1e-4)
