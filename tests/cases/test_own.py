"""Classes of one's own: the flat tree, what a table says of them, and the tasks on them."""

import pandas as pd
import pytest

from dermlab.cases import own, tasks, taxonomy
from dermlab.errors import InputError


def cases(names, classes="own"):
    return pd.DataFrame({"disease": names, "classes": classes})


def test_a_flat_tree_has_a_node_a_class_and_shipped_nodes_have_the_shipped_tree():
    flat = own.tree_of(cases(["rose", "daisy", "rose"]))
    assert own.is_flat(flat) and sorted(flat["child"]) == [own.TOP, "daisy", "rose"]
    shipped = own.tree_of(pd.DataFrame({"disease": ["acne"]}))
    pd.testing.assert_frame_equal(shipped, taxonomy.load_tree())
    counted = taxonomy.count_images(flat, cases(["rose", "daisy", "rose"]))
    classes = taxonomy.training_classes(counted, 1)
    assert list(zip(classes["name"], classes["n_images"], strict=True)) == [
        ("daisy", 1),
        ("rose", 2),
    ]


@pytest.mark.parametrize("said", [["own", None], ["own", "theirs"], ["theirs", "theirs"]])
def test_a_table_that_says_own_in_some_rows_is_refused(said):
    with pytest.raises(InputError, match="column classes"):
        own.is_own(cases(["a", "b"], said))


def test_an_empty_or_absent_column_is_none():
    assert not own.is_own(cases(["a", "b"], [None, None]))
    assert not own.is_own(pd.DataFrame({"disease": ["a"]}))


def test_two_tables_of_two_kinds_are_refused():
    with pytest.raises(InputError, match="--classes own"):
        own.tree_of(cases(["a", "b"]), pd.DataFrame({"disease": ["acne"]}))


def test_the_root_is_no_class():
    with pytest.raises(InputError, match="rename"):
        own.tree([own.TOP, "a"])


def test_the_task_own_asks_which_of_them_it_is():
    task = tasks.get("own", tree=own.tree(["rose", "daisy", "tulip"]))
    assert [name for name, _ in task.classes] == ["daisy", "rose", "tulip"]
    assert tasks.assign(task, pd.Series(["rose", "tulip"])).tolist() == ["rose", "tulip"]
    with pytest.raises(InputError, match="nodes of the taxonomy"):
        tasks.get("own")


@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("a+b:c", {"a+b": {"a", "b"}, "c": {"c"}}),
        ("a:b+c", {"a": {"a"}, "b+c": {"b", "c"}}),
        ("x+y:a", {"x+y": {"x+y"}, "a": {"a"}}),  # a class that is called so
        ("p:q:a", {"p:q": {"p:q"}, "a": {"a"}}),
    ],
)
def test_several_nodes_may_stand_on_a_side(name, sides):
    task = tasks.get(name, tree=own.tree(["a", "b", "c", "x+y", "p:q"]))
    assert {side: set(nodes) for side, nodes in task.classes} == sides


@pytest.mark.parametrize(
    ("name", "said"),
    [("a+z:b", "'z'"), ("a:z", "'z'"), ("a", "ask own"), ("a+b:a", "overlap"), ("+:a", "''")],
)
def test_what_is_no_class_is_named(name, said):
    with pytest.raises(InputError, match=said.replace("+", r"\+")):
        tasks.get(name, tree=own.tree(["a", "b"]))


def test_isic_2017_second_question_is_a_task_on_nodes():
    task = tasks.get("seborrheic keratosis:malignant melanoma+melanocytic nevi")
    assert task.positive == "seborrheic keratosis"
    assert tasks.assign(task, pd.Series(["halo nevus", "acne"])).fillna("").tolist() == [
        "malignant melanoma+melanocytic nevi",
        "",
    ]


GARDEN = pd.DataFrame(
    {
        "child": ["plants", "green", "flowers", "trees", "rose", "oak", "elm"],
        "parent": [None, "plants", "green", "green", "flowers", "trees", "trees"],
    }
)


def test_a_tree_of_ones_own_is_asked_for_its_first_branches():
    assert tasks.askable(GARDEN) == ("own",) and tasks.default(GARDEN) == "own"
    sides = dict(tasks.get("own", tree=GARDEN).classes)
    assert sides == {"flowers": {"flowers", "rose"}, "trees": {"trees", "oak", "elm"}}
    assert dict(tasks.get("rose:oak+elm", tree=GARDEN).classes)["oak+elm"] == {"oak", "elm"}
    with pytest.raises(InputError, match="needs the nodes"):
        tasks.get("malignant", tree=GARDEN)


def test_a_name_of_the_papers_makes_no_papers_tree():
    flat = own.tree(["benign", "malignant", "non-neoplastic"])
    assert tasks.askable(flat) == ("own",)
    edges = [("root", None), ("benign", "root"), ("malignant", "root"), ("non-neoplastic", "root")]
    three = pd.DataFrame([*edges, ("mole", "benign")], columns=["child", "parent"])
    assert tasks.askable(three) == ("three-way", "malignant", "own")
    sides = [name for name, _ in tasks.get("own", tree=three).classes]
    assert sides == ["benign", "malignant", "non-neoplastic"]


def test_the_shipped_tree_is_asked_as_before():
    from dermlab.cases import taxonomy

    tree = taxonomy.load_tree()
    assert tasks.askable(tree) == tasks.NAMES and tasks.default(tree) == "nine-way"
    with pytest.raises(InputError, match="asks for classes of one's own"):
        tasks.get("own", tree=tree)
