"""Where cases come from: which file is which, and what every damaged input is answered."""

import os
import sys

import pandas as pd
import pytest

from dermlab.cases import clinic, layouts, sources, table, taxonomy
from dermlab.cases.datasets import ham10000
from dermlab.errors import InputError

TREE = taxonomy.load_tree()
CASES = "image_id,disease,dataset,age,sex,skin_type\n"
GOOD = "a,melanoma,ours,40,male,1\nb,halo nevus,ours,,,\n"
HAM = "lesion_id,image_id,dx,dx_type,age,sex,localization\n"
HAM_ROW = "HAM_1,ISIC_1,mel,histo,40.0,male,back\n"
ONE_HOT = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\n"


@pytest.fixture
def write(tmp_path):
    def _write(content, name="cases.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


@pytest.fixture
def image(tmp_path):
    def _image(*names):
        for name in names:
            path = tmp_path / "skin" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"pixels")
        return tmp_path / "skin"

    return _image


# a table of cases


def test_a_table_of_cases_is_read_and_completed(write):
    cases = sources.read_cases(write(CASES + GOOD), tree=TREE)
    assert cases["image_id"].tolist() == ["a", "b"]
    assert list(cases.columns) == list(table.COLUMNS)
    assert cases["age"].tolist()[0] == 40


def test_what_is_read_can_be_written_and_read_again(write, tmp_path):
    first = sources.read_cases(write(HAM + HAM_ROW, "ham.csv"), tree=TREE)
    first.to_csv(tmp_path / "again.csv", index=False)
    pd.testing.assert_frame_equal(sources.read_cases(tmp_path / "again.csv", tree=TREE), first)


def test_a_corrected_set_aside_file_is_a_source_again(write, tmp_path):
    _, rejected = sources.read(write(CASES + GOOD + "c,mole,ours,,,\nd,naevus\n"), tree=TREE)
    corrected = rejected.assign(disease="halo nevus", dataset="ours")
    corrected.to_csv(tmp_path / "bad.csv")
    assert sources.read_cases(tmp_path / "bad.csv", tree=TREE)["image_id"].tolist() == ["c", "d"]
    rejected.assign(dataset="ours").to_csv(tmp_path / "still_bad.csv")
    _, again = sources.read(tmp_path / "still_bad.csv", tree=TREE)
    assert again.reset_index()["row"].tolist() == [2, 3]
    assert again["reason"].str.startswith("disease is").all()


def test_a_tree_of_ones_own_says_which_diseases_there_are(write):
    own = pd.DataFrame({"child": ["skin", "mole"], "parent": [None, "skin"], "n": [0, 1]})
    path = write(CASES + "a,mole,ours,,,\nb,melanoma,ours,,,\n")
    cases, rejected = sources.read(path, tree=own)
    assert cases["disease"].tolist() == ["mole"]
    assert rejected.index.tolist() == [3]


# which file is which


def test_of_two_layouts_that_fit_the_one_that_uses_more_columns_wins(write):
    header, row = HAM.strip(), HAM_ROW.strip()
    added = f"{header},dataset,disease\n{row},rosendahl,nevus\n"
    assert sources.read_cases(write(added), tree=TREE)["disease"].tolist() == ["malignant melanoma"]
    more = f"{header},dataset,disease,patient_id,label_source,modality,site,path\n"
    carried = more + f"{row},ours,melanoma,P1,biopsy,dermoscopy,back,a.jpg\n"
    assert sources.read_cases(write(carried), tree=TREE)["disease"].tolist() == ["melanoma"]


@pytest.mark.parametrize(
    "dataset", [d for d in layouts.DATASETS if len(d.COLUMNS) > 2], ids=lambda dataset: dataset.NAME
)
def test_every_column_that_a_mapping_uses_must_be_there(write, dataset):
    for column in dataset.COLUMNS:
        header = ",".join(c for c in dataset.COLUMNS if c != column)
        with pytest.raises(InputError) as error:
            sources.read(write(header + "\n" + "," * header.count(",") + "\n"), tree=TREE)
        assert f"nearest is {dataset.NAME}, but the file lacks {column};" in str(error.value)
        assert "a source is a table of cases" in str(error.value)


@pytest.mark.parametrize("dataset", layouts.DATASETS, ids=lambda dataset: dataset.NAME)
def test_a_crosswalk_is_complete_and_names_nodes_of_the_tree(dataset):
    crosswalk = dataset.CROSSWALK
    assert crosswalk.index.is_unique
    assert crosswalk.notna().all(axis=None)
    assert (crosswalk["note"].str.strip() != "").all()
    assert set(crosswalk["node"]) <= set(TREE["child"])


# damaged input, each with its sentence

DAMAGED = {
    "unknown disease": (CASES + GOOD + "c,mole,ours,,,\n", "disease is 'mole', expected a node"),
    "disease in capitals": (CASES + "c,Melanoma,ours,,,\n", "(the nearest is 'melanoma')"),
    "no disease": (CASES + GOOD + "c,,ours,,,\n", "disease is missing"),
    "no id": (CASES + GOOD + ",melanoma,ours,,,\n", "row 4 (no id): image_id is missing"),
    "no dataset": (CASES + GOOD + "c,melanoma,,,,\n", "dataset is missing"),
    "age in words": (CASES + GOOD + "c,melanoma,ours,forty,,\n", "age is 'forty'"),
    "negative age": (CASES + GOOD + "c,melanoma,ours,-4,,\n", "age is '-4'"),
    "age of Methuselah": (CASES + GOOD + "c,melanoma,ours,969,,\n", "age is '969'"),
    "other sex": (CASES + GOOD + "c,melanoma,ours,,X,\n", "sex is 'X'"),
    "skin type 7": (CASES + GOOD + "c,melanoma,ours,,,7\n", "skin_type is '7'"),
    "falling range": (CASES + GOOD + "c,melanoma,ours,,,3-1\n", "skin_type is '3-1'"),
    "row too short": (CASES + GOOD + "c,melanoma\n", "row 4 (c): has 2 cells, expected 6"),
    "row too long": (CASES + GOOD + "c,melanoma,ours,,,,\n", "has 7 cells, expected 6"),
    "open quote": (CASES + '"c,melanoma,ours,,,\n' + GOOD, "opens a quote"),
    "NUL": (CASES + "c\0,melanoma,ours,,,\n" + GOOD, "holds a NUL byte"),
    "id twice": (CASES + GOOD + "a,melanoma,ours,,,\n", "2 rows of"),
    "only commas": (CASES + GOOD + ",,,,,\n", "disease is missing"),
    "unknown code": (HAM + "H,I,melanoma,histo,,,\n", "dx is 'melanoma', expected one of akiec"),
    "no code": (HAM + "H,I,,histo,,,\n", "dx is missing"),
    "unknown dx_type": (HAM + "H,I,mel,biopsy,,,\n", "dx_type is 'biopsy', expected one of histo"),
    "publisher's age": (HAM + "H,I,mel,histo,x,,\n", "age is 'x'"),
    "publisher's id twice": (HAM + HAM_ROW + "H,ISIC_1,??,histo,,,\n", "2 rows of"),
    "not a source": ("a,b\n1,2\n", "it has no column that a source uses"),
    "nearly cases": ("image_id,disease,data\n1,2,3\n", "lacks dataset"),
    "a class short": (
        "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC\nI,1,0,0,0,0,0,0,0\n",
        "nearest is isic2019, but the file lacks UNK",
    ),
    "ISIC 2019 metadata": (
        "image,age_approx,anatom_site_general,lesion_id,sex\nI,,,,\n",
        "name the GroundTruth file beside it",
    ),
    "no metadata beside": (ONE_HOT + "I,1,0,0,0,0,0,0,0,0\n", "there is none"),
    "empty": ("", "is empty"),
    "header only": (CASES, "has a header but no rows"),
    "header twice": ("image_id,disease,dataset,disease\n1,2,3,4\n", "names a column twice"),
    "nameless column": ("image_id,disease,dataset,\n1,2,3,4\n", "has no name for column 4"),
    "semicolons": (CASES.replace(",", ";") + "c;melanoma;ours;;;\n", "semicolons"),
    "tabs": (CASES.replace(",", "\t") + "c\tmelanoma\tours\t\t\t\n", "tabs"),
    "UTF-16": ((CASES + GOOD).encode("utf-16"), "UTF-16"),
    "Latin-1": ((CASES + GOOD + "é,melanoma,ours,,,\n").encode("latin-1"), "byte 0xE9 in line 4"),
    "Excel": (b"PK\x03\x04\x14\x00\x06\x00", "an Excel workbook"),
    "picture": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "is not UTF-8"),
}


@pytest.mark.parametrize(("content", "says"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_input_gets_one_sentence(write, content, says):
    path = write(content)
    with pytest.raises(InputError) as error:
        sources.read_cases(path, tree=TREE)
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        c
        for c, _ in DAMAGED.values()
        if isinstance(c, str) and GOOD in c and "a,melanoma,ours,,," not in c
    ],
)
def test_damaged_rows_cost_no_good_one(write, content):
    cases, rejected = sources.read(write(content), tree=TREE)
    assert cases["image_id"].tolist() == ["a", "b"]
    assert len(rejected) == 1
    assert list(rejected.columns)[-1] == "reason"


def test_no_such_source(tmp_path):
    for name in ("none.csv", "ham10000", "x" * 5_000, "a\0b"):
        with pytest.raises(InputError, match="There is no file or folder") as error:
            sources.read_cases(tmp_path / name, tree=TREE)
        assert "a metadata file of ham10000" in str(error.value)


def test_rejected_rows_of_all_steps_stand_in_the_order_of_the_file(write):
    rows = [
        "H,a,??,histo,,,",
        "H,b,mel",
        "H,c,mel,histo,x,,",
        "H,d,mel,histo,,,",
        "H,e,nv,,,robot,",
    ]
    cases, rejected = sources.read(write(HAM + "\n".join(rows)), tree=TREE)
    assert cases["image_id"].tolist() == ["d"]
    assert rejected.index.tolist() == [2, 3, 4, 6]
    assert rejected["image_id"].tolist() == ["a", "b", "c", "e"]
    assert rejected.loc[4, "localization"] is not None
    assert set(ham10000.COLUMNS) <= set(rejected.columns)


# a folder with one sub-folder a class


def test_a_folder_of_classes(image):
    folder = image(
        "basal_cell_carcinoma/a.jpg",
        "basal_cell_carcinoma/deep/er/b.JPEG",
        "melanoma/c.png",
        "melanoma/d.TIF",
        "melanoma/notes.txt",
        "melanoma/.hidden.jpg",
        "__MACOSX/melanoma/._c.png",
        ".git/e.png",
    )
    cases = sources.read_cases(folder, tree=TREE)
    assert dict(zip(cases["image_id"], cases["disease"], strict=True)) == {
        "a": "basal cell carcinoma",
        "b": "basal cell carcinoma",
        "c": "melanoma",
        "d": "melanoma",
    }
    assert set(cases["dataset"]) == {"skin"}
    assert cases["path"].tolist()[0] == str(folder / "basal_cell_carcinoma" / "a.jpg")


def test_a_stem_in_two_folders_is_two_images_and_in_one_folder_is_rejected(image):
    image("melanoma/a.jpg", "halo_nevus/a.png", "melanoma/b.jpg", "melanoma/b.png")
    cases, rejected = sources.read(image("melanoma/c.jpg", "melanoma/deep/d.jpg"), tree=TREE)
    assert cases["image_id"].tolist() == ["halo_nevus/a", "melanoma/a", "c", "d"]
    assert rejected["image_id"].tolist() == ["b", "b"]


def test_a_folder_that_names_no_node_and_an_image_outside_are_rejected(image):
    cases, rejected = sources.read(image("melanom/a.jpg", "b.jpg", "melanoma/c.jpg"), tree=TREE)
    assert cases["image_id"].tolist() == ["c"]
    said = rejected.set_index("image_id")["reason"]
    assert "its sub-folder is 'melanom'" in said["a"]
    assert "(the nearest is 'melanoma')" in said["a"]
    assert "its sub-folder is missing" in said["b"]


def test_a_folder_without_images_is_refused(image, tmp_path):
    for folder in (image("melanoma/notes.txt", "__MACOSX/melanoma/a.jpg"), tmp_path / "empty"):
        folder.mkdir(exist_ok=True)
        with pytest.raises(InputError, match="holds no image"):
            sources.read_cases(folder, tree=TREE)


def test_a_folder_is_read_in_the_same_order_and_from_within(image, monkeypatch):
    folder = image(*(f"melanoma/{name}.jpg" for name in "cab"))
    monkeypatch.chdir(folder)
    cases = sources.read_cases(".", tree=TREE)
    assert cases["image_id"].tolist() == ["a", "b", "c"]
    assert set(cases["dataset"]) == {"skin"}


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_a_name_that_is_not_utf8_is_rejected_and_can_be_written(image, tmp_path):
    folder = image("melanoma/a.jpg")
    (folder / "melanoma" / os.fsdecode(b"b\xff.jpg")).write_bytes(b"pixels")
    cases, rejected = sources.read(folder, tree=TREE)
    assert cases["image_id"].tolist() == ["a"]
    assert rejected["image_id"].tolist() == ["b\\xff"]
    assert "expected a name in UTF-8" in rejected["reason"].iloc[0]
    rejected.to_csv(tmp_path / "bad.csv")


def test_a_link_to_a_folder_above_is_not_followed(image):
    folder = image("melanoma/a.jpg")
    try:
        (folder / "melanoma" / "loop").symlink_to(folder, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links for this user")
    assert sources.read_cases(folder, tree=TREE)["image_id"].tolist() == ["a"]


def test_a_linked_class_folder_is_followed(image, tmp_path):
    folder = image("melanoma/a.jpg")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.jpg").write_bytes(b"pixels")
    (folder / "halo_nevus").symlink_to(elsewhere, target_is_directory=True)
    assert sources.read_cases(folder, tree=TREE)["disease"].tolist() == ["halo nevus", "melanoma"]


@pytest.mark.parametrize("dataset", layouts.DATASETS, ids=lambda dataset: dataset.NAME)
def test_a_file_whose_rows_are_all_damaged_has_no_cases(write, dataset):
    write("image,age_approx,anatom_site_general,lesion_id,sex\nI,,,,\n", "my_metadata.csv")
    write("case_id,weighted_skin_condition_label\nI,{}\n", "scin_labels.csv")
    path = write(",".join(dataset.COLUMNS) + "\nI\nJ\n")
    cases, rejected = sources.read(path, tree=TREE)
    assert cases.empty
    assert list(cases.columns)[: len(table.COLUMNS)] == list(table.COLUMNS)
    assert set(cases.columns[len(table.COLUMNS) :]) <= {"part"}
    assert rejected["reason"].str.contains("has 1 cell").sum() == 2
    with pytest.raises(InputError, match="cannot be used"):
        sources.read_cases(path, tree=TREE)


def test_the_clinic_is_a_source():
    found, rejected = sources.read("clinic:30:7")
    assert len(rejected) == 0 and found["patient_id"].nunique() == 30
    made = clinic.make(30, 7)
    assert found["image_id"].tolist() == made["image_id"].tolist()
    assert found["disease"].tolist() == made["disease"].tolist()
    assert sources.read_cases("clinic")["patient_id"].nunique() == sources.CLINIC_PATIENTS


@pytest.mark.parametrize(
    "source", ["clinic:", "clinic:ten", "clinic:10:0:1", "clinic:-3", "clinic:0"]
)
def test_what_is_no_clinic_is_said(source):
    with pytest.raises(InputError, match="clinic"):
        sources.read(source)


def test_a_file_named_clinic_is_still_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clinic").write_text("image_id,disease,dataset\na,acne,d\n")
    assert sources.read_cases("clinic")["image_id"].tolist() == ["a"]
