"""A source of nobody's layout: what its columns and labels mean, said by options."""

import pandas as pd
import pytest
from PIL import Image

from dermlab.cases import own, sources, taxonomy
from dermlab.cases.reading import Reading, read_columns, read_nodes
from dermlab.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """Three pictures of two flowers."""
    for name in ("red rose/a.png", "red rose/b.png", "daisy/c.png"):
        path = tmp_path / "flowers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), "red").save(path)
    return tmp_path / "flowers"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("file,dx,who\n1.jpg,MEL,p1\n2.jpg,nevus,p2\n3.jpg,??,p2\n", encoding="utf-8")
    return path


def test_a_folder_of_anything_is_read_with_its_own_classes(folder, tmp_path):
    cases, rejected = sources.read(folder, reading=Reading(own=True))
    assert rejected.empty and own.is_own(cases)
    assert cases["disease"].value_counts().to_dict() == {"red rose": 2, "daisy": 1}
    cases.to_csv(tmp_path / "cases.csv", index=False)
    again = sources.read_cases(tmp_path / "cases.csv")
    assert own.is_own(again) and again["disease"].tolist() == cases["disease"].tolist()


def test_without_the_option_the_folder_is_refused_as_before(folder):
    with pytest.raises(InputError, match="no node of the taxonomy"):
        sources.read_cases(folder)


def test_columns_are_found_under_their_own_names(table):
    columns = read_columns("image_id=file, disease=dx, patient_id=who")
    cases, rejected = sources.read(table, reading=Reading(columns, own=True))
    assert rejected.empty and set(cases["dataset"]) == {"mine"}
    assert cases["disease"].tolist() == ["MEL", "nevus", "??"]
    assert cases["patient_id"].tolist() == ["p1", "p2", "p2"]


def test_labels_are_translated_and_those_without_a_node_are_set_aside(table, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("label,node\nMEL,malignant melanoma\nnevus,melanocytic nevi\n", "utf-8")
    reading = Reading(
        read_columns("image_id=file,disease=dx"), read_nodes(names, taxonomy.load_tree())
    )
    cases, rejected = sources.read(table, reading=reading)
    assert cases["disease"].tolist() == ["malignant melanoma", "melanocytic nevi"]
    assert rejected.index.tolist() == [4] and rejected["file"].tolist() == ["3.jpg"]
    assert "'??', expected a label of --map" in rejected["reason"].iloc[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [("image_id", "ours=theirs"), ("nonsense=a", "ours=theirs"), ("image_id=a", "at least"),
     ("image_id=a,image_id=b,disease=c", "each once")],
)  # fmt: skip
def test_columns_that_say_nothing_are_refused(text, said):
    with pytest.raises(InputError, match=said):
        read_columns(text)


def test_a_column_that_is_not_there_or_there_twice_is_named(table):
    with pytest.raises(InputError, match="no column picture; it has file, dx, who"):
        sources.read(table, reading=Reading({"image_id": "picture", "disease": "dx"}))
    pd.read_csv(table).assign(disease="x").to_csv(table, index=False)
    with pytest.raises(InputError, match="disease of its own beside dx"):
        sources.read(table, reading=Reading({"image_id": "file", "disease": "dx"}))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("label,node\na,acne\na,rosacea\n", "two nodes"),
        ("label,node\na,aknee\n", "a node of the taxonomy"),
        ("label,node\na,\n", "Row 2 .* lacks"),
        ("name,node\na,acne\n", "columns label and node"),
    ],
)
def test_a_table_of_names_is_checked(tmp_path, lines, said):
    path = tmp_path / "names.csv"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_nodes(path, taxonomy.load_tree())
