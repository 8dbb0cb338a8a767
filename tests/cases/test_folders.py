"""A folder of pictures: what is read, and that whatever is not is counted and named by kind."""

import numpy as np
import pytest
from PIL import Image

from dermlab.cases import folders, sources, taxonomy
from dermlab.errors import InputError
from dermlab.network import picture_files, pictures

TREE = taxonomy.load_tree()


@pytest.fixture
def save(tmp_path):
    """Writes files below a folder; a name with content gets it, others bytes of their own."""

    def _save(*names, **contents):
        for name in names:
            path = tmp_path / "skin" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents.get("content", name.encode()))
        return tmp_path / "skin"

    return _save


@pytest.mark.parametrize("ending", [".tiff", ".jfif", ".tif", ".TIFF", ".JFIF", ".bmp", ".webp"])
def test_endings_of_a_kind_are_read_by_both_rooms(save, ending):
    folder = save(f"melanoma/a{ending}")
    Image.new("RGB", (20, 20), (200, 120, 100)).save(
        folder / f"melanoma/a{ending}", format="JPEG" if "jfif" in ending.lower() else None
    )
    cases = sources.read_cases(folder, tree=TREE)
    assert cases["image_id"].tolist() == ["a"]
    assert set(picture_files.find(["a"], [folder])) == {"a"}
    mean = pictures.of_cases(cases, [folder], 8).pixels.mean(axis=(0, 1, 2))
    np.testing.assert_allclose(mean, [200, 120, 100], atol=3)


def test_every_file_that_is_no_picture_is_counted_by_kind(save):
    folder = save(
        *("melanoma/a.jpg", "melanoma/b.tiff", "melanoma/f.jfif"),
        *("melanoma/scan.jp2", "melanoma/IMG.DCM", "melanoma/deep/IMG_2.dcm"),
        *("notes", "table.csv", "melanoma/raw.DNG", "melanoma/.hidden", "__MACOSX/x.gif"),
    )
    save("melanoma/.seen.jpg", "melanoma/._a.jpg", "melanoma/.git/b.jpg")
    kinds = {one["kind"]: one for one in folders.not_read(folder)}
    assert {kind: one["n"] for kind, one in kinds.items()} == {
        ".dcm": 2,
        ".jp2": 1,
        "": 1,
        ".csv": 1,
        ".dng": 1,
        "hidden": 1,
    }
    assert kinds[".dcm"]["files"] == ["melanoma/IMG.DCM", "melanoma/deep/IMG_2.dcm"]
    said = folders.describe(folders.not_read(folder), folder)
    assert said.startswith("7 files of") and "2 .dcm (melanoma/IMG.DCM" in said
    assert "it is DICOM; export it as PNG" in said and "a camera's raw file" in said
    assert "1 without an ending (notes)" in said
    assert "1 hidden (melanoma/.seen.jpg; its name starts with a dot; rename it)" in said
    with pytest.warns(UserWarning, match="7 files of"):
        assert len(sources.read_cases(save("melanoma/a.jpg").parent / "skin", tree=TREE)) == 3


def test_a_link_to_nothing_stops_no_reading_and_is_no_copy(save):
    folder = save("acne/a.jpg", "acne/b.jpg", content=b"same")
    for name in ("c", "d"):
        (folder / f"acne/{name}.jpg").symlink_to(folder / "nowhere.jpg")
    a, b, c, d = folders.contents(folders.images(folder))
    assert a == b and len({a, c, d}) == 3
    assert len(sources.read_cases(folder, tree=TREE)) == 4


def test_many_of_a_kind_are_counted_and_five_named(save):
    folder = save("acne/a.jpg", *(f"acne/{i}.avif" for i in range(7)))
    (kind,) = folders.not_read(folder)
    assert (kind["n"], len(kind["files"])) == (7, 5)
    assert "acne/4.avif and 2 more" in folders.describe([kind], folder)
    assert folders.describe([], folder) == ""


def test_a_folder_of_nothing_that_is_read_says_what_it_holds(save):
    folder = save("melanoma/IMG_1.DCM", "melanoma/IMG_2.DCM")
    for read in (sources.read_cases, sources.unlabelled):
        with pytest.raises(InputError, match=r"no image .* 2 \.dcm .*export it as PNG"):
            read(folder)


def test_what_phones_write_is_read(tmp_path):
    Image.new("RGB", (64, 64), (200, 120, 100)).save(tmp_path / "IMG_1.HEIC", format="HEIF")
    loaded = pictures.of_cases(sources.unlabelled(tmp_path), [tmp_path], 8)
    np.testing.assert_allclose(loaded.pixels.mean(axis=(0, 1, 2)), [200, 120, 100], atol=4)


# --- what stands above the classes ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("ISIC/Train/acne/a.jpg", "ISIC/Test/acne/a.jpg"), "stand one folder deeper: name .*ISIC"),
        (("Train/acne/a.jpg", "readme/b.jpg"), "is divided into Train, and readme stands beside"),
        (("Train/acne/a.jpg", "Test/acne/a.jpg", "b.jpg"), "Test, Train, and b.jpg stands"),
        (("images/acne/a.jpg", "images/melanoma/b.jpg"), "stand one folder deeper: name .*images"),
    ],
)
def test_a_folder_above_the_classes_is_known_as_one(save, names, said):
    with pytest.raises(InputError, match=said):
        sources.read(save(*names), tree=TREE)


@pytest.mark.parametrize(
    "names",
    [("Train/acne/a.jpg", "Test/melanoma/b.jpg"), ("training/acne/a.jpg", "TESTING/acne/b.jpg")],
)
def test_a_publishers_parts_are_a_column_and_the_classes_stand_below(save, names):
    cases = sources.read_cases(save(*names), tree=TREE)
    assert sorted(cases["part"]) == ["test", "train"]
    assert set(cases["disease"]) <= {"acne", "melanoma"} and set(cases["image_id"]) == {"a", "b"}


def test_two_files_of_one_name_in_two_folders_are_two_images_and_are_found(save):
    from dermlab.network import picture_files

    folder = save("acne/1.jpg", "melanoma/1.jpg", "melanoma/2.jpg")
    cases = sources.read_cases(folder, tree=TREE)
    assert cases["image_id"].tolist() == ["acne/1", "melanoma/1", "2"]
    found = picture_files.find(cases["image_id"], [folder])
    assert [str(file) for file in found.values()] == cases["path"].tolist()


def test_a_class_may_hold_folders_of_any_name(save):
    folder = save("acne/train/a.jpg", "acne/test/b.jpg", "melanoma/c.jpg")
    assert len(sources.read_cases(folder, tree=TREE)) == 3
    assert len(sources.read_cases(save("acne/d.jpg") / "acne" / "..", tree=TREE)) == 4


def test_sub_folders_that_name_no_disease_are_named_and_not_their_rows(save):
    names = [f"{name}/{name}{i}.jpg" for name in ("mole", "melanom", "blood vessel")
             for i in range(20)]  # fmt: skip
    with pytest.raises(InputError) as error:
        sources.read_cases(save(*names, "acne/z.jpg"), tree=TREE)
    said = str(error.value)
    assert "3 sub-folders of" in said and "row" not in said
    assert "'blood vessel' (20 images)" in said and "'mole' (20 images)" in said
    assert "'melanom' (20 images) (the nearest is 'melanoma')" in said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("mole/a.jpg", "acne/b.jpg"), "1 sub-folder of .* names no node .*'mole' \\(1 image\\)"),
        (("a.jpg", "acne/b.jpg"), "1 image of .* lies in no sub-folder; put them into some"),
        (("mole/a.jpg", "acne/b.jpg", "acne/b.png"), "2 images of other sub-folders cannot"),
        (("acne/b.jpg", "acne/b.png"), "2 rows of .* image_id is 'b'"),
    ],
)
def test_what_else_a_folder_holds_is_said_beside_it(save, names, said):
    with pytest.raises(InputError, match=said):
        sources.read_cases(save(*names), tree=TREE)


# --- one picture, two diseases --------------------------------------------------------------------


def test_one_picture_in_two_classes_is_found_by_its_content(save):
    save("acne/a.jpg", "melanoma/b.jpg", "acne/same.jpg", "rosacea/c.png", content=b"one picture")
    save("acne/d.jpg", "acne/e.jpg", content=b"another one")  # twice in one class: no contradiction
    cases = sources.read_cases(save("melanoma/alone.jpg"), tree=TREE)
    (found,) = sources.two_diseases(cases)
    assert found == {
        "images": ["a", "same", "b", "c"],
        "diseases": ["acne", "melanoma", "rosacea"],
    }


def test_pictures_of_one_size_with_other_bytes_are_two(save):
    save("acne/a.jpg", content=b"1234")
    cases = sources.read_cases(save("melanoma/b.jpg", content=b"1235"), tree=TREE)
    assert sources.two_diseases(cases) == []
    assert len(set(folders.contents(cases["path"].tolist()))) == 2
    with pytest.raises(InputError, match="cannot be read"):
        folders.contents(["nowhere.jpg"])


# --- tables of pixels -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("pixel0000,pixel0001,label", "it holds pixels"),
        ("label,name,age", "it has too few columns that a source uses"),
        ("a,b", "it has no column that a source uses"),
        ("md5hash,label,fitz", "nearest is fitzpatrick17k, but the file lacks fitzpatrick_scale"),
    ],
)
def test_a_layout_that_is_far_off_is_no_hint(tmp_path, header, said):
    path = tmp_path / "in.csv"
    path.write_text(f"{header}\n{','.join('1' * len(header.split(',')))}\n")
    with pytest.raises(InputError, match=said) as error:
        sources.read_cases(path, tree=TREE)
    assert ("nearest is" in str(error.value)) == ("nearest" in said)
