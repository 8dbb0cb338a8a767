"""The one writer and the one reader: whole files or the earlier ones, and no trust in bytes."""

import errno
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from dermlab import files, locks
from dermlab.errors import InputError

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "text": np.array(["x", "yz"]), "b": np.array(3)}


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (b"\x00\n", b"\x00\n"),
        ("naïve\r\n", "naïve\r\n".encode()),
        (lambda file: file.write(b"by a function"), b"by a function"),
    ],
)
def test_what_is_written_is_the_content_and_nothing_lies_beside_it(content, written, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"earlier")
    files.write(path, content)
    assert path.read_bytes() == written
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_fails_leaves_the_earlier_file_and_nothing_beside_it(error, tmp_path):
    path = tmp_path / "file"
    files.write(path, "earlier")

    def fails(file):
        file.write(b"half")
        raise error

    with pytest.raises(error):
        files.write(path, fails)
    assert path.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["file"]


def test_a_full_disk_is_one_sentence_about_the_target(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    files.write(path, "earlier")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(InputError, match=r"table\.csv cannot be written \(No space left") as caught:
        files.write(path, "new")
    assert ".part" not in str(caught.value)
    assert path.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["table.csv"]


@pytest.mark.parametrize("folder", ["absent", "file"])
def test_a_folder_that_cannot_be_written_is_one_sentence_about_the_target(folder, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=rf"{folder}/x\.json cannot be written \("):
        files.write_json(tmp_path / folder / "x.json", {})


def test_of_several_files_all_or_none_are_written(tmp_path, monkeypatch):
    one, two = tmp_path / "one", tmp_path / "two"
    files.write(one, "earlier")
    with pytest.raises(InputError, match=r"none/x cannot be written"):
        files.write_all({one: "new", two: "new", tmp_path / "none" / "x": "new"})
    replace = os.replace

    def fails(source, place):
        if place == two:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, place)

    monkeypatch.setattr(os, "replace", fails)
    for link in (os.link, lambda *_: os.stat(tmp_path / "no links here")):
        monkeypatch.setattr(os, "link", link)
        with pytest.raises(InputError, match="two cannot be written"):
            files.write_all({one: "new", two: "new"})
        assert one.read_text() == "earlier"
        assert os.listdir(tmp_path) == ["one"]
    monkeypatch.setattr(os, "replace", replace)
    files.write_all({one: "new", two: "new"})
    assert [one.read_text(), two.read_text()] == ["new", "new"]
    assert sorted(os.listdir(tmp_path)) == ["one", "two"]


def test_what_is_no_text_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"x\.json cannot be written: it would hold '.udce9'"):
        files.write_json(tmp_path / "x.json", {"path": "caf\udce9"})
    assert os.listdir(tmp_path) == []


def test_an_unchanged_file_is_not_written_again(tmp_path):
    path = tmp_path / "x"
    files.write_if_changed(path, "text")
    before = path.stat()
    files.write_if_changed(path, "text")
    assert path.stat().st_ino == before.st_ino
    files.write_if_changed(path, "other")
    assert path.read_text() == "other"


def test_what_dead_processes_left_is_deleted_and_no_more(tmp_path, monkeypatch):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = {
        f".dermlab-{files._HOST}-{dead.pid}-0.part": False,
        f".dermlab-{files._HOST}-{os.getpid()}-99999.part": True,  # it is being written
        f".dermlab-00000000-{dead.pid}-0.part": True,  # of another machine
        ".mine.part": True,
    }
    for name in names:
        (tmp_path / name).touch()
    files.write(tmp_path / "x", "text")
    assert {name: (tmp_path / name).exists() for name in names} == names


HOLDING = """
import sys
from dermlab import locks
with locks.alone(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_in_a_folder_learns_who_holds_it(tmp_path):
    folder = tmp_path / "run"
    command = [sys.executable, "-c", HOLDING, str(folder)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as first:
        assert first.stdout.readline() == "held\n"
        sentence = rf"run is in use by process {first.pid} \(since \d{{4}}-[-\d]+ [:\d]+\): wait"
        with pytest.raises(InputError, match=sentence), locks.alone(folder):
            pass
        first.kill()
    with locks.alone(folder):  # a killed process holds nothing
        assert str(os.getpid()) in (folder / locks.HOLDER).read_text()
    assert os.listdir(folder) == []


def test_who_waits_for_a_lock_that_is_swept_takes_a_new_one(tmp_path):
    """Eight processes count in one file, each lock deleted as it is let go: none is lost."""
    code = "\n".join(
        ["import sys", "from pathlib import Path", "from dermlab import cache",
         "place = Path(sys.argv[1]) / 'n'", "for _ in range(25):",
         "    with cache.lock(place):",
         "        place.write_text(str(int(place.read_text()) + 1))"]
    )  # fmt: skip
    (tmp_path / "n").write_text("0")
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(8)]
    assert [process.wait(60) for process in started] == [0] * 8
    assert (tmp_path / "n").read_text() == "200"
    assert os.listdir(tmp_path) == ["n"]


@pytest.mark.parametrize("at", ["between", "behind"])
def test_a_folder_that_a_kill_left_aside_comes_back(at, tmp_path, monkeypatch):
    place, new = tmp_path / "site", tmp_path / "new"
    for folder in (place, new):
        folder.mkdir()
        (folder / "page").write_text(folder.name)
    with monkeypatch.context() as patch:
        stop = {"between": (files.Path, "rename"), "behind": (files.shutil, "rmtree")}[at]
        calls, call = [], getattr(*stop)

        def killed(*arguments, **options):
            calls.append(arguments)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return call(*arguments, **options)

        patch.setattr(*stop, killed)
        with pytest.raises(KeyboardInterrupt):
            files.replace_folder(new, place)
    assert (tmp_path / ".site.earlier" / "page").read_text() == "site"
    files.heal_folder(place)
    assert (place / "page").read_text() == {"between": "site", "behind": "new"}[at]
    assert not (tmp_path / ".site.earlier").exists()


def test_an_edited_record_is_refused_and_one_without_checksum_is_read(tmp_path):
    path = tmp_path / "x.json"
    files.write_json(path, files.sealed({"seed": 3, "names": ["naïve"]}))
    assert files.read_record(path, cure="-") == {"seed": 3, "names": ["naïve"]}
    path.write_text(re.sub("3", "4", path.read_text(), count=1))
    with pytest.raises(InputError, match=r"x\.json is damaged .*another checksum"):
        files.read_record(path, cure="train anew")
    path.write_text('{"seed": 4}')
    assert files.read_record(path, cure="-") == {"seed": 4}


def test_json_comes_back(tmp_path):
    value = {"name": "naïve", "numbers": [1, 2.5, None], "inner": {"a": True}}
    files.write_json(tmp_path / "x.json", value)
    assert files.read_json(tmp_path / "x.json", cure="-") == value
    assert (tmp_path / "x.json").read_text("utf-8").startswith('{\n "name": "naïve"')


@pytest.mark.parametrize("compress", [True, False])
def test_arrays_come_back(compress, tmp_path):
    files.write_npz(tmp_path / "x.npz", ARRAYS, compress=compress)
    back = files.read_npz(tmp_path / "x.npz", cure="-")
    assert list(back) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)


def test_objects_are_neither_written_nor_read(tmp_path):
    objects = {"o": np.array([{"a": 1}, None])}
    with pytest.raises(TypeError, match="'o', an array of objects"):
        files.write_npz(tmp_path / "x.npz", objects)
    assert os.listdir(tmp_path) == []
    np.savez(tmp_path / "x.npz", **objects)
    with pytest.raises(InputError, match=r"x\.npz is damaged"):
        files.read_npz(tmp_path / "x.npz", cure="make it again")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"3", b"\xff\xfe", b'{"a": \xff}', b"[" * 100_000]
)
def test_damaged_json_is_refused_by_name_with_a_cure(content, tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.json is damaged.*: make it again\.$"):
        files.read_json(path, cure="make it again")


@pytest.mark.parametrize("read", [files.read_json, files.read_npz])
def test_a_missing_file_is_named_with_a_cure(read, tmp_path):
    with pytest.raises(InputError, match=r"There is no file .*/x: make it again\.$"):
        read(tmp_path / "x", cure="make it again")


@pytest.mark.parametrize("compress", [True, False])
def test_a_damaged_npz_is_refused_or_still_holds_the_same_arrays(compress, tmp_path):
    """Every byte flipped in turn, and every length cut."""
    path = tmp_path / "x.npz"
    files.write_npz(path, ARRAYS, compress=compress)
    whole, refused = path.read_bytes(), 0
    damaged = [whole[:i] + bytes([whole[i] ^ 255]) + whole[i + 1 :] for i in range(len(whole))]
    damaged += [whole[:i] for i in range(0, len(whole), 7)]
    for content in damaged:
        path.write_bytes(content)
        try:
            back = files.read_npz(path, cure="make it again")
        except InputError as error:
            refused += 1
            assert str(path) in str(error) and str(error).endswith("make it again.")
            continue
        for name in back.keys() & ARRAYS.keys():
            np.testing.assert_array_equal(back[name], ARRAYS[name])
    assert refused > 0.5 * len(damaged)


def test_a_plain_array_and_a_zip_of_other_things_are_no_npz(tmp_path):
    import zipfile

    np.save(tmp_path / "x.npy", np.arange(3))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("note.txt", "hello")
    for name in ("x.npy", "x.npz"):
        with pytest.raises(InputError, match=rf"{name} is damaged"):
            files.read_npz(tmp_path / name, cure="make it again")
