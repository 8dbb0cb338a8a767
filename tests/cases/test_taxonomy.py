"""The tree, its classes and its sums, against the pseudo-code written out recursively."""

import time
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermlab.cases import taxonomy
from dermlab.errors import InputError

TAXONOMY = files("dermlab") / "data" / "taxonomy"


def make_tree(rows):
    return pd.DataFrame(rows, columns=["child", "parent", "n"])


SMALL = make_tree(
    [
        ("root", None, 0),
        ("benign", "root", 0),
        ("malignant", "root", 0),
        ("nevus", "benign", 40),
        ("keratosis", "benign", 7),
        ("melanoma", "malignant", 11),
        ("lentigo maligna", "melanoma", 5),
    ]
)


# --- the oracle: the printed pseudo-code, and its three gaps closed as the authors coded it ---


def oracle(tree, limit, as_published=False):
    """A list of (n_images, set of diseases with images), recursively and as slow as it reads."""
    own = dict(zip(tree["child"], tree["n"], strict=True))
    root = tree.loc[tree["parent"].isna(), "child"].iloc[0]

    def children(node):
        return list(tree.loc[tree["parent"] == node, "child"])

    def with_descendants(node):
        return [node] + [below for child in children(node) for below in with_descendants(child)]

    def num_images(nodes):
        return sum(own[node] for node in nodes)

    def divide(node):
        nodes = with_descendants(node)
        size = num_images(nodes)
        if (size < limit) if as_published else (size <= limit):
            return [nodes]
        below = [found for child in children(node) for found in divide(child)]
        return below if as_published else [[node], *below]

    found = [(num_images(nodes), {node for node in nodes if own[node]}) for nodes in divide(root)]
    return [(size, diseases) for size, diseases in found if size]


@st.composite
def trees(draw, max_nodes=25, most=20):
    size = draw(st.integers(1, max_nodes))
    parents = [draw(st.integers(0, i - 1)) for i in range(1, size)]
    n = draw(st.lists(st.integers(0, most), min_size=size, max_size=size))
    names = draw(st.permutations([f"d{i}" for i in range(size)]))
    rows = [(names[0], None, n[0])]
    rows += [(names[i], names[parent], n[i]) for i, parent in enumerate(parents, start=1)]
    return make_tree(rows)


limits = st.integers(1, 60)


@settings(max_examples=150, deadline=None)
@given(tree=trees(), limit=limits, as_published=st.booleans())
def test_classes_are_those_of_the_pseudo_code(tree, limit, as_published):
    classes = taxonomy.training_classes(tree, limit, as_published=as_published)
    rows = zip(classes["n_images"], classes["diseases"], strict=True)
    found = {(n, frozenset(diseases)) for n, diseases in rows}
    expected = oracle(tree, limit, as_published)
    assert len(classes) == len(expected)
    assert found == {(n, frozenset(diseases)) for n, diseases in expected}


@settings(max_examples=100, deadline=None)
@given(tree=trees(), limit=limits)
def test_every_image_is_in_exactly_one_class(tree, limit):
    classes = taxonomy.training_classes(tree, limit)
    held = [disease for diseases in classes["diseases"] for disease in diseases]
    assert sorted(held) == sorted(tree.loc[tree["n"] > 0, "child"])
    assert classes["n_images"].sum() == tree["n"].sum()
    assert taxonomy.dropped(tree, classes).empty


@settings(max_examples=100, deadline=None)
@given(tree=trees(), limit=limits)
def test_only_the_images_of_one_node_may_exceed_the_boundary(tree, limit):
    classes = taxonomy.training_classes(tree, limit)
    large = classes[classes["n_images"] > limit]
    assert all(len(diseases) == 1 for diseases in large["diseases"])
    assert [diseases[0] for diseases in large["diseases"]] == large["name"].tolist()


@settings(max_examples=100, deadline=None)
@given(tree=trees(), limit=limits)
def test_as_published_holds_and_drops_every_image_once(tree, limit):
    classes = taxonomy.training_classes(tree, limit, as_published=True)
    lost = taxonomy.dropped(tree, classes)
    assert classes["n_images"].sum() + lost["n"].sum() == tree["n"].sum()
    assert (classes["n_images"] < limit).all()


@settings(max_examples=50, deadline=None)
@given(tree=trees(max_nodes=15), limit=limits)
def test_a_class_has_the_name_of_the_lowest_node_that_holds_its_images(tree, limit):
    classes = taxonomy.training_classes(tree, limit)
    assert classes["name"].is_unique
    above = {node: set(taxonomy.lineage(tree, node)) for node in tree["child"]}
    for name, diseases in zip(classes["name"], classes["diseases"], strict=True):
        shared = set.intersection(*(above[disease] for disease in diseases))
        assert name in shared
        assert shared <= above[name]


@settings(max_examples=60, deadline=None)
@given(tree=trees(), limit=limits, seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(tree, limit, seed):
    shuffled = tree.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(
        taxonomy.training_classes(tree, limit), taxonomy.training_classes(shuffled, limit)
    )


@settings(max_examples=60, deadline=None)
@given(tree=trees(), limit=limits)
def test_a_finer_boundary_only_divides_classes(tree, limit):
    coarse = taxonomy.training_classes(tree, limit + 5)["diseases"].map(set)
    for diseases in taxonomy.training_classes(tree, limit)["diseases"]:
        assert any(set(diseases) <= larger for larger in coarse)


@settings(max_examples=50, deadline=None)
@given(tree=trees(max_nodes=10, most=3), data=st.data())
def test_largest_readable_is_the_last_boundary_that_swallows_nothing(tree, data):
    nodes = list(tree["child"])
    roots = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
    groups = {str(i): set(taxonomy.descendants(tree, node)) for i, node in enumerate(roots)}
    best = taxonomy.largest_readable(tree, [{node} for node in roots])
    assert best == taxonomy.largest_readable(tree, list(groups.values()))
    total = int(tree["n"].sum())
    readable = [
        limit
        for limit in range(1, total + 1)
        if taxonomy.swallowed(taxonomy.training_classes(tree, limit), groups).empty
    ]
    assert best == max(readable, default=0)
    assert readable == list(range(1, best + 1))


@settings(max_examples=50, deadline=None)
@given(tree=trees(max_nodes=12), limit=limits, seed=st.integers(0, 1000))
def test_roll_up_equals_the_recursive_sum(tree, limit, seed):
    tree.loc[0, "n"] += 1  # at least one image, so at least one class
    classes = taxonomy.training_classes(tree, limit)
    p = np.random.default_rng(seed).dirichlet(np.ones(len(classes)), size=3)
    by_name = {name: p[:, i] for i, name in enumerate(classes["name"])}

    def inference(node):  # P[u] = Σ P[v] over the children v of u
        below = sum(inference(child) for child in tree.loc[tree["parent"] == node, "child"])
        return by_name.get(node, 0) + below + np.zeros(3)

    # Nodes at or above the classes: those whose subtree no class straddles.
    for node in tree["child"]:
        group = set(taxonomy.descendants(tree, node))
        if taxonomy.swallowed(classes, {"": group}).empty and any(
            group & set(diseases) for diseases in classes["diseases"]
        ):
            rolled = taxonomy.roll_up(p, classes, [group])[:, 0]
            np.testing.assert_allclose(rolled, inference(node), atol=1e-12)


def chain_of(size):
    names = [f"d{i:05d}" for i in range(size)]
    return make_tree([(name, names[i - 1] if i else None, 1) for i, name in enumerate(names)])


def test_a_chain_of_ten_thousand_nodes_is_walked_without_recursion():
    size = 10_000
    chain = chain_of(size)
    names = chain["child"]
    classes = taxonomy.training_classes(chain, 1000)
    assert len(classes) == 9001  # 9,000 nodes split, each its own class; the last 1,000 are one
    assert classes["n_images"].max() == 1000
    assert len(taxonomy.lineage(chain, names[size - 1])) == size
    assert taxonomy.largest_readable(chain, [{names[5000]}]) == 5000


def test_time_grows_with_the_nodes_not_with_their_square():
    def seconds(tree):
        start = time.perf_counter()
        taxonomy.training_classes(tree, 100)
        return time.perf_counter() - start

    small, large = chain_of(2_500), chain_of(80_000)
    assert seconds(large) < 160 * min(seconds(small) for _ in range(5))  # linear 32, squared 1,024


def test_depth_first_order_with_siblings_by_name():
    assert taxonomy.descendants(SMALL, "root") == [
        "root", "benign", "keratosis", "nevus", "malignant", "melanoma", "lentigo maligna",
    ]  # fmt: skip
    assert taxonomy.lineage(SMALL, "nevus") == ["nevus", "benign", "root"]


def test_own_images_of_a_split_node_become_a_class_of_their_own():
    classes = taxonomy.training_classes(SMALL, 15)
    assert classes["name"].tolist() == ["keratosis", "nevus", "melanoma", "lentigo maligna"]
    assert classes["n_images"].tolist() == [7, 40, 11, 5]
    literal = taxonomy.training_classes(SMALL, 15, as_published=True)
    assert literal["name"].tolist() == ["keratosis", "lentigo maligna"]
    lost = taxonomy.dropped(SMALL, literal)
    assert dict(zip(lost["node"], lost["n"], strict=True)) == {"nevus": 40, "melanoma": 11}


def test_at_exactly_the_boundary_code_and_print_differ():
    assert "melanoma" in set(taxonomy.training_classes(SMALL, 16)["name"])
    assert taxonomy.training_classes(SMALL, 16)["n_images"].tolist() == [7, 40, 16]
    literal = taxonomy.training_classes(SMALL, 16, as_published=True)
    assert literal["n_images"].tolist() == [7, 5]


def test_a_lone_image_bearing_leaf_gives_its_name_to_the_class_of_its_family():
    classes = taxonomy.training_classes(SMALL.assign(n=[0, 0, 0, 40, 7, 0, 5]), 10)
    assert classes["name"].tolist() == ["keratosis", "nevus", "lentigo maligna"]


def test_a_tree_without_images_has_no_classes():
    assert taxonomy.training_classes(SMALL.assign(n=0)).empty


def test_a_straddling_class_cannot_be_rolled_up():
    classes = taxonomy.training_classes(SMALL, 50)
    with pytest.raises(InputError, match="'benign' lies on both sides"):
        taxonomy.membership(classes, [{"keratosis"}, {"melanoma", "lentigo maligna"}])
    with pytest.raises(InputError, match="3 columns of probabilities do not fit 2 training"):
        taxonomy.roll_up(np.ones((1, 3)), classes, [{"melanoma", "lentigo maligna"}])


def test_membership_is_sparse_and_one_where_a_class_belongs():
    classes = taxonomy.training_classes(SMALL, 15)
    matrix = taxonomy.membership(classes, [{"nevus"}, {"melanoma", "lentigo maligna"}])
    assert matrix.format == "csr"
    assert matrix.toarray().tolist() == [[0, 0], [1, 0], [0, 1], [0, 1]]


# --- counts from a table of cases ---


def test_count_images_replaces_the_counts_of_the_tree():
    cases = pd.DataFrame({"disease": ["nevus", "nevus", "benign"]})
    counted = taxonomy.count_images(SMALL.assign(n=None), cases)
    assert dict(zip(counted["child"], counted["n"], strict=True)) == {
        "root": 0, "benign": 1, "malignant": 0, "nevus": 2, "keratosis": 0, "melanoma": 0,
        "lentigo maligna": 0,
    }  # fmt: skip


def test_an_unknown_disease_is_named_with_the_nearest_node():
    cases = pd.DataFrame({"disease": ["nevus", "Nevvus", "Nevvus", "zzz", None]})
    with pytest.raises(
        InputError, match=r"4 images of 5 .*'Nevvus' \(the nearest is 'nevus'\)"
    ) as e:
        taxonomy.count_images(SMALL, cases)
    assert "'zzz'" in str(e.value)
    assert "no disease at all" in str(e.value)


def test_blank_counts_are_unknown_not_zero():
    unknown = SMALL.assign(n=[0, 0, None, 40, 7, None, 5])
    for ask in (
        lambda: taxonomy.training_classes(unknown, 10),
        lambda: taxonomy.largest_readable(unknown, [{"nevus"}]),
    ):
        with pytest.raises(InputError, match=r"unknown, at 2 nodes of the tree \(malignant, melan"):
            ask()
    assert taxonomy.check_tree(SMALL.drop(columns="n"))["n"].isna().all()


# --- what is no tree ---

ROOT_ROW = ("root", None, 0)
NO_TREES = {
    "cycle": (
        [ROOT_ROW, ("a", "c", 1), ("b", "a", 1), ("c", "b", 1)],
        r"cycle at 'a' \(row 1\): a → c → b → a",
    ),
    "cycle without any root": ([("a", "b", 1), ("b", "a", 1)], "cycle at 'a'"),
    "own parent": ([ROOT_ROW, ("a", "a", 1)], "cycle at 'a' .*: a → a;"),
    "two parents": (
        [ROOT_ROW, ("a", "root", 1), ("b", "root", 1), ("a", "b", 1)],
        r"'a' has two parents, 'root' \(row 1\) and 'b' \(row 3\)",
    ),
    "duplicate row": (
        [ROOT_ROW, ("a", "root", 1), ("a", "root", 1)],
        r"'a' is there twice \(rows 1",
    ),
    "duplicate root": ([ROOT_ROW, ROOT_ROW], "'root' is there twice"),
    "orphan": (
        [ROOT_ROW, ("tumour", "root", 1), ("b", "tumor", 1)],
        r"1 orphan .*'tumor' of 'b' \(row 2\) has no row of its own \(the nearest is 'tumour'\)",
    ),
    "orphan beside an implied root": ([("a", "root", 1), ("b", "ghost", 1)], "'ghost' of 'b'"),
    "two roots": ([ROOT_ROW, ("a", None, 1)], r"2 roots: 'root' \(row 0\), 'a' \(row 1\)"),
    "two implied roots": ([("a", "x", 1), ("b", "y", 1)], "2 roots: x, y"),
    "no child": ([ROOT_ROW, (None, "root", 1)], "Row 1 of the tree names no child"),
    "negative": ([ROOT_ROW, ("a", "root", -1)], r"'-1' of 'a' \(row 1\) is negative"),
    "a word": ([ROOT_ROW, ("a", "root", "many")], "'many' of 'a' .* is not a number"),
    "the word nan": ([ROOT_ROW, ("a", "root", "nan")], "'nan' of 'a' .* is not a number"),
    "fraction": ([ROOT_ROW, ("a", "root", 1.5)], "'1.5' of 'a' .* is a fraction"),
    "infinite": ([ROOT_ROW, ("a", "root", float("inf"))], "'inf' of 'a' .* is infinite"),
    "too large": ([ROOT_ROW, ("a", "root", "1e30")], "'1e30' of 'a' .* is too large"),
    "no rows": ([], "The tree has no rows"),
    "a column of the answers": ([ROOT_ROW, ("empty", "root", 1)], "cannot be called 'empty'"),
}


@pytest.mark.parametrize("name", NO_TREES)
def test_what_is_no_tree_gets_one_sentence(name):
    rows, sentence = NO_TREES[name]
    with pytest.raises(InputError, match=sentence) as error:
        taxonomy.check_tree(make_tree(rows))
    assert "\n" not in str(error.value)


def test_a_tree_needs_its_columns():
    with pytest.raises(InputError, match="parent is not among node"):
        taxonomy.check_tree(pd.DataFrame({"child": ["a"], "node": ["b"]}).drop(columns="child"))


def test_edges_without_a_root_row_get_one():
    tree = taxonomy.check_tree(make_tree([("a", "root", 1), ("b", "root", 2)]))
    assert tree["child"].tolist() == ["root", "a", "b"]
    assert tree["n"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("size", [0, -5, 2.5, float("nan")])
def test_a_boundary_is_a_whole_number_of_images(size):
    with pytest.raises(InputError, match="max_class_size is a whole number"):
        taxonomy.training_classes(SMALL, size)


def test_an_unknown_node_or_level_is_named():
    with pytest.raises(
        InputError, match=r"'nevuss' is not a node of the tree \(the nearest is 'nevus'"
    ):
        taxonomy.descendants(SMALL, "nevuss")
    with pytest.raises(InputError, match="no level 'family'; it has none"):
        taxonomy.ancestor_at(SMALL, "family")


def test_a_users_csv_is_read_and_its_lines_are_named(tmp_path):
    path = tmp_path / "tree.csv"
    path.write_text("child,parent,n\nroot,,\nnevus,root,3\nmelanoma,root,\n")
    tree = taxonomy.load_tree(path)
    assert tree["n"].isna().tolist() == [True, False, True]
    path.write_text("child,parent,n\nroot,,0\nnevus,root,-3\n")
    with pytest.raises(InputError, match=r"'-3' of 'nevus' \(row 3\) is negative"):
        taxonomy.load_tree(path)
    path.write_text("child,parent,n\nroot,,0\nnevus,root\n")
    with pytest.raises(InputError):
        taxonomy.load_tree(path)


# --- the shipped tree ---


@pytest.fixture(scope="module")
def shipped():
    return taxonomy.load_tree()


def fitzpatrick_counts():
    return pd.read_csv(str(TAXONOMY / "fitzpatrick17k_counts.csv"))


def disease_ontology():
    return taxonomy.load_tree(str(TAXONOMY / "do_skin_tree_pruned.csv"))


def flat_tree():
    """Root, three, nine, 114: Fitzpatrick17k's own columns and nothing between them."""
    counts = fitzpatrick_counts()
    rows = [("root", None, 0)]
    rows += [(three, "root", 0) for three in counts["three_partition"].unique()]
    nine = counts[["nine_partition", "three_partition"]].drop_duplicates()
    rows += [(child, parent, 0) for child, parent in nine.itertuples(index=False)]
    leaves = counts[["condition", "nine_partition", "n"]].itertuples(index=False)
    rows += [(f"condition: {child}", parent, n) for child, parent, n in leaves]
    return make_tree(rows)


def test_the_shipped_tree_holds_fitzpatrick17k_under_its_own_partitions(shipped):
    counts = fitzpatrick_counts()
    assert len(counts) == 114
    own = shipped.set_index("child")["n"]
    assert own[own > 0].sort_index().to_dict() == counts.set_index("condition")["n"].to_dict()
    nine, three = (taxonomy.ancestor_at(shipped, level) for level in ("nine-way", "three-way"))
    assert (nine[counts["condition"]].to_numpy() == counts["nine_partition"]).all()
    assert (three[counts["condition"]].to_numpy() == counts["three_partition"]).all()


def test_the_counts_are_those_of_the_real_table(real_data):
    rows = pd.read_csv(real_data / "fitzpatrick17k.csv")
    by = ["label", "nine_partition_label", "three_partition_label"]
    real = rows.groupby(by).size().reset_index()
    assert real.to_numpy().tolist() == fitzpatrick_counts().to_numpy().tolist()
    assert real[0].sum() == 16_577


def test_levels_go_downwards_and_ids_are_lower_case(shipped):
    order = ["root", "three-way", "nine-way", "family", "subfamily", "leaf"]
    rank = shipped.set_index("child")["level"].map(order.index)
    inner = shipped[shipped["parent"].notna()]
    assert (rank[inner["parent"]].to_numpy() < rank[inner["child"]].to_numpy()).all()
    assert (shipped["level"] == "leaf").equals(~shipped["child"].isin(shipped["parent"]))
    assert (shipped["child"] == shipped["child"].str.lower()).all()
    assert shipped["named_after"].notna().all()
    assert (shipped["level"] == "nine-way").sum() == 9


@pytest.mark.parametrize(
    ("node", "parent", "n"),
    [
        ("malignant melanoma", "malignant", 111),
        ("basal cell carcinoma morpheiform", "basal cell carcinoma", 62),
        ("solid cystic basal cell carcinoma", "basal cell carcinoma", 66),
        ("pustular psoriasis", "psoriasis", 53),
        ("acne vulgaris", "acne", 335),
        ("lupus subacute", "lupus erythematosus", 111),
        ("dyshidrotic eczema", "eczema", 83),
        ("squamous cell carcinoma in situ", "squamous cell carcinoma", 0),
        ("solar lentigo", "benign epidermal", 0),
        ("lentigo nos", "flat melanotic pigmentations", 0),
        ("actinic keratosis", "malignant epidermal", 175),
        ("seborrheic keratosis", "benign epidermal", 69),
    ],
)
def test_labels_that_are_nodes_and_nodes_that_other_data_sets_need(shipped, node, parent, n):
    row = shipped.set_index("child").loc[node]
    assert (row["parent"], row["n"]) == (parent, n)


@pytest.mark.parametrize(("size", "n_classes"), [(100, 114), (130, 114), (300, 95), (1000, 52)])
def test_classes_of_fitzpatrick17k(shipped, size, n_classes):
    classes = taxonomy.training_classes(shipped, size)
    assert len(classes) == n_classes
    assert classes["n_images"].sum() == 16_577
    assert (classes["diseases"][classes["n_images"] > size].map(len) == 1).all()


def test_at_the_papers_boundary_benign_epidermal_swallows_seborrheic_keratosis(shipped):
    classes = taxonomy.training_classes(shipped).set_index("name")
    assert classes.loc["benign epidermal", "n_images"] == 931
    assert "seborrheic keratosis" in classes.loc["benign epidermal", "diseases"]
    assert taxonomy.largest_readable(shipped, [{"seborrheic keratosis"}]) == 930


@pytest.mark.parametrize(
    ("make", "n_classes", "kept", "lost"),
    [(taxonomy.load_tree, 80, 10_867, 5_710), (flat_tree, 99, 11_161, 5_416)],
)
def test_what_the_printed_pseudo_code_keeps_and_drops_at_300(make, n_classes, kept, lost):
    tree = make()
    literal = taxonomy.training_classes(tree, 300, as_published=True)
    assert (len(literal), literal["n_images"].sum()) == (n_classes, kept)
    assert taxonomy.dropped(tree, literal)["n"].sum() == lost
    assert kept + lost == 16_577


@pytest.mark.parametrize(("size", "n_classes"), [(200, 59), (500, 50), (1000, 41), (2000, 28)])
def test_classes_of_fitzpatrick17k_on_the_disease_ontology(size, n_classes):
    tree = disease_ontology()
    assert tree["n"].sum() == 11_150
    assert len(taxonomy.training_classes(tree, size)) == n_classes


def test_published_trees_disagree_about_actinic_keratosis():
    crosswalk = pd.read_csv(str(TAXONOMY / "published_trees_crosswalk.csv"))
    matched = crosswalk.dropna(subset="isic_node")
    differs = matched[matched["isic_top"].str.lower() != matched["three_way"]]
    assert (len(crosswalk), len(matched), crosswalk["do_node"].notna().sum()) == (114, 28, 64)
    assert differs["condition"].tolist() == [
        "actinic keratosis", "juvenile xanthogranuloma", "keloid", "langerhans cell histiocytosis",
    ]  # fmt: skip
    keratosis = crosswalk.set_index("condition").loc["actinic keratosis"]
    assert keratosis["three_way"] == "malignant"
    assert keratosis["isic_top"] == "Indeterminate"
    assert keratosis["do_top"] == "pre-malignant neoplasm"


def test_the_papers_boundary_scales_with_the_data():
    assert taxonomy.default_max_class_size(127_463) == 1000
    assert taxonomy.default_max_class_size(16_577) == 130
    assert taxonomy.default_max_class_size(10) == 1
