"""Which node stands on which side: the traps by name, and what each data set can be asked."""

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import sources, tasks, taxonomy
from dermlab.errors import InputError


@pytest.fixture(scope="module")
def shipped():
    return taxonomy.load_tree()


def side_of(name):
    """Node → class of the task, for the nodes that it uses."""
    return {node: side for side, nodes in tasks.get(name).classes for node in nodes}


@pytest.mark.parametrize("name", tasks.NAMES)
def test_every_named_task_exists_and_its_sides_are_apart(name, shipped):
    task = tasks.get(name)
    assert task.name == name
    nodes = [node for _, nodes in task.classes for node in nodes]
    assert len(nodes) == len(set(nodes))
    for _, side in task.classes:
        assert all(set(taxonomy.descendants(shipped, node)) <= side for node in side)


def test_classes_stand_in_the_papers_order():
    assert [name for name, _ in tasks.get("three-way").classes] == [
        "benign", "malignant", "non-neoplastic",
    ]  # fmt: skip
    assert [name for name, _ in tasks.get("nine-way").classes] == [
        "malignant cutaneous lymphoma", "benign dermal", "malignant dermal", "benign epidermal",
        "malignant epidermal", "genodermatoses", "inflammatory", "benign melanocyte",
        "malignant melanoma",
    ]  # fmt: skip
    assert tasks.get("malignant").positive == "malignant"
    assert [name for name, _ in tasks.get("malignant").classes] == ["malignant", "not malignant"]
    assert tasks.get("carcinoma-vs-keratosis").positive == "keratinocyte carcinoma"
    assert tasks.get("melanoma-vs-nevus").positive == "melanoma"
    with pytest.raises(InputError, match="'nine-way' has no positive class: it has 9"):
        _ = tasks.get("nine-way").positive


@pytest.mark.parametrize(
    "node",
    ["epidermal nevus", "nevus sebaceous of jadassohn", "naevus comedonicus", "becker nevus",
     "epidermal nevi and hamartomas", "lentigo nos", "cafe-au-lait macule", "solar lentigo",
     "seborrheic keratosis", "benign melanocyte", "benign", "malignant"],
)  # fmt: skip
def test_what_is_called_nevus_or_is_pigmented_is_not_yet_a_melanocytic_nevus(node):
    assert node not in side_of("melanoma-vs-nevus")


def test_melanoma_against_nevus_node_by_node():
    assert side_of("melanoma-vs-nevus") == {
        "malignant melanoma": "melanoma",
        "melanoma": "melanoma",
        "lentigo maligna": "melanoma",
        "superficial spreading melanoma ssm": "melanoma",
        "melanocytic nevi": "nevus",
        "congenital nevus": "nevus",
        "halo nevus": "nevus",
        "nevocytic nevus": "nevus",
    }


@pytest.mark.parametrize(
    "node",
    ["actinic keratosis", "keratosis pilaris", "lichen planus-like keratosis", "solar lentigo",
     "porokeratosis", "porokeratosis actinic", "benign epidermal", "malignant epidermal",
     "kaposi sarcoma", "mycosis fungoides"],
)  # fmt: skip
def test_what_is_called_keratosis_is_not_yet_a_seborrheic_keratosis(node):
    assert node not in side_of("carcinoma-vs-keratosis")


def test_carcinoma_against_keratosis_node_by_node():
    assert side_of("carcinoma-vs-keratosis") == {
        "keratinocyte carcinoma": "keratinocyte carcinoma",
        "basal cell carcinoma": "keratinocyte carcinoma",
        "basal cell carcinoma morpheiform": "keratinocyte carcinoma",
        "solid cystic basal cell carcinoma": "keratinocyte carcinoma",
        "squamous cell carcinoma": "keratinocyte carcinoma",
        "squamous cell carcinoma in situ": "keratinocyte carcinoma",
        "seborrheic keratosis": "seborrheic keratosis",
    }


def test_actinic_keratosis_is_malignant_or_premalignant():
    assert side_of("malignant")["actinic keratosis"] == "malignant"
    assert side_of("malignant")["psoriasis"] == "not malignant"


def test_coarse_tasks_use_every_condition_of_fitzpatrick17k(shipped):
    conditions = set(shipped.loc[shipped["n"] > 0, "child"])
    for name in ("three-way", "nine-way", "malignant"):
        assert conditions <= set(side_of(name))


def test_a_row_is_used_only_where_its_node_lies_wholly_on_one_side():
    diseases = pd.Series(
        ["lentigo maligna", "benign", "melanocytic nevi", "epidermal nevus", "root", None],
        index=list("abcdef"),
    )
    task = tasks.get("melanoma-vs-nevus")
    found = tasks.assign(task, diseases)
    assert found.index.tolist() == list("abcdef")
    assert found.isna().tolist() == [False, True, False, True, True, True]
    assert found.dropna().tolist() == ["melanoma", "nevus"]
    n = tasks.usable(task, pd.DataFrame({"disease": diseases}))
    assert n.to_dict() == {"melanoma": 1, "nevus": 1, "not used": 4}
    assert list(n.index)[-1] == "not used"


def test_usable_counts_a_side_that_no_row_has():
    cases = pd.DataFrame({"disease": ["lentigo maligna"]})
    assert tasks.usable(tasks.get("melanoma-vs-nevus"), cases).to_dict() == {
        "melanoma": 1, "nevus": 0, "not used": 0,
    }  # fmt: skip


def test_any_two_nodes_are_a_task():
    task = tasks.get("psoriasis:eczema")
    assert task.positive == "psoriasis"
    assert dict(task.classes) == {
        "psoriasis": {"psoriasis", "pustular psoriasis"},
        "eczema": {"eczema", "dyshidrotic eczema"},
    }


def test_a_node_may_have_a_colon_in_its_name():
    tree = pd.DataFrame({"child": ["T:1", "b"], "parent": ["root", "root"], "n": [1, 1]})
    assert [side for side, _ in tasks.get("T:1:b", tree=tree).classes] == ["T:1", "b"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("malignant:malignant melanoma", "'malignant melanoma' of the task .* overlap"),
        ("acne vulgaris:acne", "overlap: one lies inside the other"),
        ("acne:acne", "asks 'acne' against itself"),
        ("psoriasis:eczma", r"asks for 'eczma', .* \(the nearest is 'eczema'\)"),
        ("psorasis:eczema", r"asks for 'psorasis', .* \(the nearest is 'psoriasis'\)"),
        ("nineway", r"'nineway' is no task: .*A:B \(the nearest is 'nine-way'\)"),
        (":", "asks for ''"),
        ("", "'' is no task"),
    ],
)
def test_what_is_no_task_gets_one_sentence(name, sentence):
    with pytest.raises(InputError, match=sentence):
        tasks.get(name)


def test_a_tree_without_the_nodes_of_a_task_is_named():
    tree = pd.DataFrame({"child": ["benign", "malignant"], "parent": "root", "n": 1})
    assert tasks.get("benign:malignant", tree=tree).positive == "benign"
    with pytest.raises(InputError, match="'three-way' needs the nodes non-neoplastic, which this"):
        tasks.get("three-way", tree=tree)


def test_a_tree_that_puts_one_side_inside_the_other_is_refused():
    rows = [("benign", "malignant"), ("malignant", "root"), ("non-neoplastic", "root")]
    tree = pd.DataFrame(rows, columns=["child", "parent"]).assign(n=1)
    with pytest.raises(InputError, match=r"sides 'benign' and 'malignant' .* overlap"):
        tasks.get("three-way", tree=tree)


def test_what_the_papers_boundary_swallows_on_fitzpatrick17k(shipped):
    task = tasks.get("carcinoma-vs-keratosis")
    found = tasks.unreadable(task, taxonomy.training_classes(shipped), shipped)
    assert found.to_dict("records") == [
        {
            "class": "seborrheic keratosis",
            "n_images": 69,
            "training_class": "benign epidermal",
            "n_training_class": 931,
        }
    ]
    assert tasks.largest_boundary(task, shipped) == 930
    for size, n_swallowed in ((930, 0), (931, 1)):
        classes = taxonomy.training_classes(shipped, size)
        assert len(tasks.unreadable(task, classes, shipped)) == n_swallowed


@pytest.mark.parametrize(
    ("name", "largest"),
    [("three-way", 16_576), ("nine-way", 2_233), ("malignant", 16_576),
     ("carcinoma-vs-keratosis", 930), ("melanoma-vs-nevus", 2_233)],
)  # fmt: skip
def test_largest_boundary_on_fitzpatrick17k(name, largest, shipped):
    assert tasks.largest_boundary(tasks.get(name), shipped) == largest


PUBLIC = {
    "ham10000": 79,
    "fitzpatrick17k": 130,
    "pad_ufes20": 12,
    "isic2019": 199,
    "isic2020": 260,
}


@pytest.mark.parametrize("dataset", PUBLIC)
def test_at_the_scaled_boundary_every_task_with_two_sides_can_be_read_out(dataset, public_tables):
    """ISIC 2020's 135 seborrheic keratoses lie among 179 benign epidermal images, fewer than its
    boundary of 260; it has no carcinoma either, so the task is not one of its questions."""
    cases = sources.read_cases(public_tables[dataset])
    size = taxonomy.default_max_class_size(len(cases))
    assert size == PUBLIC[dataset]
    tree = taxonomy.count_images(taxonomy.load_tree(), cases)
    classes = taxonomy.training_classes(tree, size)
    assert classes["n_images"].sum() == len(cases)
    swallowed = set()
    for name in tasks.NAMES:
        task = tasks.get(name)
        assert tasks.usable(task, cases).sum() == len(cases)
        swallowed |= set(tasks.unreadable(task, classes, tree)["class"])
    only = {"seborrheic keratosis"} if dataset == "isic2020" else set()
    assert swallowed == only


@pytest.mark.parametrize("dataset", PUBLIC)
def test_at_the_commands_own_boundary_every_side_can_be_read_out(dataset, public_tables):
    cases = sources.read_cases(public_tables[dataset])
    tree = taxonomy.count_images(taxonomy.load_tree(), cases)
    classes = taxonomy.training_classes(tree, 100)  # the default of the classroom profile
    for name in tasks.NAMES:
        assert tasks.unreadable(tasks.get(name), classes, tree).empty, name


def test_boundaries_say_what_swallows_each_side_first(shipped):
    found = tasks.boundaries(shipped, ["carcinoma-vs-keratosis", "melanoma-vs-nevus"])
    assert found.to_numpy().tolist() == [
        ["carcinoma-vs-keratosis", "keratinocyte carcinoma", 1177, 1351, "malignant epidermal"],
        ["carcinoma-vs-keratosis", "seborrheic keratosis", 69, 930, "benign epidermal"],
        ["melanoma-vs-nevus", "melanoma", 573, 2262, "malignant"],
        ["melanoma-vs-nevus", "nevus", 236, 2233, "benign"],
    ]


def test_boundaries_leave_out_what_has_no_images_and_know_no_limit_for_a_lone_side(shipped):
    only = taxonomy.count_images(shipped, pd.DataFrame({"disease": ["melanoma"] * 3}))
    (row,) = tasks.boundaries(only, ["melanoma-vs-nevus"]).to_dict("records")
    assert (row["class"], row["n_images"], row["largest"]) == ("melanoma", 3, 3)
    assert pd.isna(row["swallowed_by"])


def test_a_read_out_sums_the_sides_and_renormalises():
    classes = pd.DataFrame(
        {
            "name": ["malignant melanoma", "melanocytic nevi", "acne"],
            "diseases": [("malignant melanoma",), ("melanocytic nevi",), ("acne",)],
        }
    )
    probabilities = np.array([[0.3, 0.1, 0.6], [0.0, 0.0, 1.0]])
    sides = tasks.read_out(probabilities, classes, "melanoma-vs-nevus")
    assert list(sides) == ["melanoma", "nevus"]
    np.testing.assert_allclose(sides, [[0.75, 0.25], [0.5, 0.5]])
    table = pd.DataFrame(probabilities, ["x", "y"], classes["name"])
    by_name = tasks.read_out(table[table.columns[::-1]], classes, tasks.get("melanoma-vs-nevus"))
    assert by_name.index.tolist() == ["x", "y"]
    np.testing.assert_allclose(by_name, sides)


def test_two_of_many_are_the_softmax_of_their_own_logits():
    logits = np.random.default_rng(3).normal(size=(50, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = ["malignant melanoma", "melanocytic nevi", "acne"]
    classes = pd.DataFrame({"name": names, "diseases": [(name,) for name in names]})
    sides = tasks.read_out(p, classes, "melanoma-vs-nevus")
    alone = 1 / (1 + np.exp(logits[:, 1] - logits[:, 0]))
    np.testing.assert_allclose(sides["melanoma"], alone)
