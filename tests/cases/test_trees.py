"""A hint names a slip of the pen, never another disease."""

import pytest

from dermlab.cases import tasks, taxonomy, trees

TREE = taxonomy.load_tree()
NODES = TREE["child"].tolist()


@pytest.mark.parametrize(
    "name",
    [
        *("vascular lesion", "nevus", "pigmented benign keratosis", "benign keratosis"),
        *("dermatofibrosarcoma", "neurofibroma", "lymphangiosarcoma", "melanosis", "keratosis"),
        *("benign melanoma", "malignant nevi", "lentigo benigna", "carcinoma", "mole", "", " "),
    ],
)
def test_another_disease_gets_no_hint(name):
    assert trees.nearest(name, NODES) == ""


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("Melanoma", "melanoma"),
        ("melanom", "melanoma"),
        ("basal_cell-carcinoma", "basal cell carcinoma"),
        ("actinic keratoses", "actinic keratosis"),
        ("seborrhoeic keratosis", "seborrheic keratosis"),
        ("squamous cell carcinoma insitu", "squamous cell carcinoma in situ"),
        ("xanthoma", "xanthomas"),
    ],
)
def test_a_slip_of_the_pen_gets_the_right_one(name, node):
    assert trees.nearest(name, NODES) == f" (the nearest is '{node}')"


def hinted(hint):
    """The node that a hint names."""
    return hint.removeprefix(" (the nearest is '").removesuffix("')") or None


def test_no_two_nodes_of_two_sides_are_near_each_other():
    side = taxonomy.ancestor_at(TREE, "three-way")
    for node in NODES:
        hint = hinted(trees.nearest(node, [other for other in NODES if other != node]))
        assert hint is None or side.get(hint) == side.get(node), (node, hint)


def test_a_letter_more_or_less_leads_to_no_other_side():
    side = taxonomy.ancestor_at(TREE, "three-way")
    for node in NODES:
        for name in (node + "s", node[:-1], node[1:], node.replace("e", "a", 1)):
            hint = hinted(trees.nearest(name, NODES))
            assert hint is None or hint == node or side.get(hint) == side.get(node), (name, hint)


def test_names_of_tasks_are_hinted_at_alike():
    assert "'nine-way'" in trees.nearest("nineway", tasks.NAMES)
    assert trees.nearest("melanoma", tasks.NAMES) == ""
    assert trees.nearest("anything", []) == ""
