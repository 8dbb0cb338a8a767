import zipfile
from pathlib import Path

import pytest

from dermlab.errors import InputError
from dermlab.network import picture_files


def write(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def pack(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".JPG", ".jpeg", ".Png", ".webp", ".tif", ".bmp"])
def test_stem_of_a_picture_at_any_depth(tmp_path, suffix):
    write(tmp_path / "a" / "b" / f"ISIC_1{suffix}")
    assert str(picture_files.find(["ISIC_1"], [tmp_path])["ISIC_1"]).endswith(f"ISIC_1{suffix}")


def test_whole_name_wins_over_a_stem(tmp_path):
    write(tmp_path / "PAT_1.png", b"meant")
    write(tmp_path / "deeper" / "PAT_1.png.jpg", b"not meant")
    assert picture_files.find(["PAT_1.png"], [tmp_path])["PAT_1.png"].read() == b"meant"


def test_ids_may_hold_dots_and_other_suffixes_are_no_pictures(tmp_path):
    write(tmp_path / "a.b.jpg")
    write(tmp_path / "c.txt")
    write(tmp_path / "d_segmentation.png")
    assert set(picture_files.find(["a.b", "a", "c", "d"], [tmp_path])) == {"a.b"}


def test_hidden_files_and_macos_copies_are_passed_over(tmp_path):
    write(tmp_path / ".hidden" / "a.jpg")
    write(tmp_path / "._a.jpg")
    write(tmp_path / ".a.jpg")
    write(tmp_path / "__MACOSX" / "a.jpg")
    zipped = pack(tmp_path / "z.zip", {"__MACOSX/x/a.jpg": b"1", "x/._a.jpg": b"2", "x/": b""})
    assert picture_files.find(["a", ".a.jpg", "._a"], [tmp_path, zipped]) == {}


def test_zip_stays_packed_and_zips_inside_a_folder_are_searched(tmp_path):
    pack(tmp_path / "parts" / "one.zip", {"deep/er/a.jpg": b"A"})
    before = sorted(tmp_path.rglob("*"))
    found = picture_files.find(["a"], [tmp_path])["a"]
    assert found.read() == b"A"
    assert str(found).endswith("one.zip/deep/er/a.jpg")
    assert sorted(tmp_path.rglob("*")) == before


def test_two_different_pictures_of_one_id_are_both_named(tmp_path):
    write(tmp_path / "a.jpg", b"one")
    write(tmp_path / "sub" / "a.png", b"two")
    with pytest.raises(InputError, match=r"two different pictures for a: .*a\.jpg and .*a\.png"):
        picture_files.find(["a"], [tmp_path])
    assert picture_files.find(["b"], [tmp_path]) == {}  # nobody asked for a


def test_copies_of_the_same_bytes_are_one_picture(tmp_path):
    write(tmp_path / "a.jpg", b"same")
    write(tmp_path / "copy" / "a.jpg", b"same")
    zipped = pack(tmp_path / "z.zip", {"a.jpg": b"same"})
    assert picture_files.find(["a"], [tmp_path, tmp_path, zipped])["a"].read() == b"same"
    different = pack(tmp_path / "y.zip", {"a.jpg": b"sane"})
    with pytest.raises(InputError, match=r"z\.zip|y\.zip"):
        picture_files.find(["a"], [zipped, different])


def test_a_source_that_is_neither_folder_nor_zip(tmp_path):
    with pytest.raises(InputError, match=r"nowhere is neither a folder nor a zip"):
        picture_files.find(["a"], [tmp_path / "nowhere"])
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(InputError, match=r"broken\.zip"):
        picture_files.find(["a"], [tmp_path / "broken.zip"])
    with pytest.raises(InputError, match=r"broken\.zip is damaged or cannot be read"):
        picture_files.find(["a"], [tmp_path])


def test_a_zip_member_that_unpacks_to_too_much_is_not_read(tmp_path, monkeypatch):
    zipped = pack(tmp_path / "z.zip", {"a.jpg": bytes(10_000)})
    monkeypatch.setattr(picture_files, "MAX_BYTES", 9_999)
    with pytest.raises(InputError, match=r"10,000 bytes, more than the 9,999"):
        picture_files.find(["a"], [zipped])["a"].read()


def test_a_path_that_is_whole_comes_before_one_that_ends_alike(tmp_path):
    write(tmp_path / "red" / "rose" / "1.jpg", b"another")
    write(tmp_path / "rose" / "1.jpg", b"meant")
    found = picture_files.find(["rose/1", "red/rose/1"], [tmp_path])
    assert [found[name].read() for name in ("rose/1", "red/rose/1")] == [b"meant", b"another"]
    with pytest.raises(InputError, match=r"two different pictures for 1: .* or move one"):
        picture_files.find(["1"], [tmp_path])


def test_a_link_to_nothing_claims_no_picture_that_is_there(tmp_path):
    there = write(tmp_path / "b" / "1.jpg")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert picture_files.find(["1"], [tmp_path])["1"].path == there
