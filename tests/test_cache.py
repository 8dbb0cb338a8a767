"""The cache: what comes back, when it is made again, and the key against one computed here."""

import hashlib
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dermlab import cache
from dermlab.errors import InputError

TABLE = pd.DataFrame(
    {
        "image_id": pd.array(["a", None, 'c, "d"\n'], dtype="str"),
        "age": [1.5, np.nan, -0.0],
        "n": np.array([1, 2, 2**62]),
        "biopsied": [True, False, True],
    },
    index=pd.Index([2, 5, 9], name="row"),
)
VALUES = {
    "array": np.arange(12, dtype=np.float16).reshape(3, 4),
    "scalar array": np.array(2.5),
    "arrays": {"file": np.array([1, 2]), "x/y": np.array([["p", "qr"]])},
    "json": {"auc": 0.91, "folds": [1, 2], "none": None, "text": "naïve"},
    "number": 3,
    "empty": {},
}


def counted(value):
    """A maker of ``value`` and the list that grows with each call."""
    calls = []

    def make():
        calls.append(1)
        return value

    return make, calls


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_as_it_was_and_is_made_once(name, tmp_path):
    make, calls = counted(VALUES[name])
    for _ in range(3):
        got = cache.load_or_make(make, inputs={"a": 1}, version=1, name="x", within=tmp_path)
        assert same(VALUES[name], got)
    assert len(calls) == 1


@pytest.mark.parametrize("table", [TABLE, TABLE.reset_index(drop=True), TABLE.iloc[:0]])
def test_a_table_comes_back_as_it_was(table, tmp_path):
    make, calls = counted(table)
    for _ in range(2):
        got = cache.load_or_make(make, inputs={}, version=1, name="x", within=tmp_path)
        pd.testing.assert_frame_equal(got, table)
    assert len(calls) == 1


def test_the_first_call_returns_what_later_calls_return(tmp_path):
    first = cache.load_or_make(lambda: (1, 2), inputs={}, version=1, name="x", within=tmp_path)
    assert first == [1, 2]


def test_the_key_is_the_hash_of_the_canonical_json():
    array = np.array([[1, 2], [3, 4]], dtype="<i4")
    content = hashlib.sha256(b"".join(int(i).to_bytes(4, "little") for i in (1, 2, 3, 4)))
    text = (
        '{"inputs":{"a":1,"b":["x",null,0.5],"c":{"__array__":["<i4",[2,2],"'
        + content.hexdigest()
        + '"]}},"version":7}'
    )
    inputs = {"c": array, "b": ("x", None, 0.5), "a": np.int64(1)}
    assert cache.key(inputs, 7) == hashlib.sha256(text.encode()).hexdigest()
    assert json.loads(text)["version"] == 7


BASE = {"x": np.array([1.0, 2.0]), "recipe": {"epochs": 3, "rate": 0.1}}


@pytest.mark.parametrize(
    "other",
    [
        {**BASE, "x": np.array([1.0, 2.0], dtype=np.float32)},
        {**BASE, "x": np.array([1, 2])},
        {**BASE, "x": np.array([[1.0, 2.0]])},
        {**BASE, "x": np.array([2.0, 1.0])},
        {**BASE, "x": [1.0, 2.0]},
        {**BASE, "recipe": {"epochs": 3.0, "rate": 0.1}},
        {**BASE, "recipe": {"epochs": "3", "rate": 0.1}},
        {**BASE, "table": TABLE},
    ],
)
def test_other_inputs_have_another_key(other):
    assert cache.key(other, 1) != cache.key(BASE, 1)


def test_another_version_has_another_key():
    assert cache.key(BASE, 2) != cache.key(BASE, 1)


def test_order_and_memory_layout_do_not_matter():
    square = np.arange(9.0).reshape(3, 3)
    swapped = {"recipe": {"rate": 0.1, "epochs": 3}, "x": BASE["x"]}
    assert cache.key(swapped, 1) == cache.key(BASE, 1)
    assert cache.key({"x": np.asfortranarray(square)}, 1) == cache.key({"x": square}, 1)


def test_a_table_counts_by_content_dtype_and_index():
    keys = [
        cache.key({"t": table}, 1)
        for table in (
            TABLE,
            TABLE.reset_index(drop=True),
            TABLE.astype({"n": float}),
            TABLE.rename(columns={"n": "m"}),
            TABLE[["age", "image_id", "n", "biopsied"]],
            TABLE.assign(image_id=pd.array(["a", "", 'c, "d"\n'], dtype="str")),
        )
    ]
    assert len(set(keys)) == len(keys)
    assert cache.key({"t": TABLE.copy()}, 1) == keys[0]


@pytest.mark.parametrize(
    "bad", [{"p": Path("a")}, {"d": {1: 2}}, {"o": np.array([None])}, {"f": len}, {"s": {1}}]
)
def test_what_has_no_canonical_form_is_refused(bad):
    with pytest.raises(TypeError):
        cache.key(bad, 1)


@pytest.mark.parametrize(
    "value", [np.array([None]), pd.DataFrame({"o": pd.Series([None, 1], dtype=object)}), {"f": len}]
)
def test_what_cannot_be_stored_without_pickle_leaves_no_entry(value, tmp_path):
    with pytest.raises(TypeError):
        cache.load_or_make(lambda: value, inputs={}, version=1, name="x", within=tmp_path)
    assert list(tmp_path.glob("*.npz")) == []


def damage_cut(data):
    return data[: len(data) // 2]


def damage_flip(data):
    middle = data.index(b"\x93NUMPY") + 200
    return data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "damage", [damage_cut, damage_flip, lambda data: b"", lambda data: b"not a zip file"]
)
def test_a_damaged_entry_is_made_again_with_one_line(damage, tmp_path, capsys):
    value = np.arange(1000.0)
    make, calls = counted(value)
    ask = {"inputs": {}, "version": 1, "name": "x", "within": tmp_path}
    cache.load_or_make(make, **ask)
    (entry,) = tmp_path.glob("*.npz")
    entry.write_bytes(damage(entry.read_bytes()))
    assert same(cache.load_or_make(make, **ask), value)
    assert len(calls) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and entry.name in said and "made again" in said
    cache.load_or_make(make, **ask)
    assert len(calls) == 2


def test_a_maker_that_fails_leaves_nothing_and_the_lock_free(tmp_path):
    def fail():
        raise RuntimeError("no")

    ask = {"inputs": {}, "version": 1, "name": "x", "within": tmp_path}
    with pytest.raises(RuntimeError):
        cache.load_or_make(fail, **ask)
    assert list(tmp_path.glob("*.npz")) == []
    assert cache.load_or_make(lambda: 1, **ask) == 1


def test_two_processes_make_an_entry_once(tmp_path):
    program = textwrap.dedent(
        """
        import os, sys, time
        from pathlib import Path
        import numpy as np
        from dermlab import cache
        folder = Path(sys.argv[1])
        def make():
            (folder / f"made-by-{os.getpid()}").touch()
            time.sleep(1)
            return np.arange(5)
        (folder / f"ready-{os.getpid()}").touch()
        while len(list(folder.glob("ready-*"))) < 2:
            time.sleep(0.01)
        print(cache.load_or_make(make, inputs={}, version=1, name="x", within=folder).sum())
        """
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=60)[0].strip() for process in both] == ["10", "10"]
    assert len(list(tmp_path.glob("made-by-*"))) == 1
    assert list(tmp_path.glob("*.part")) == []


def test_the_variable_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "there"))
    cache.load_or_make(lambda: 1, inputs={}, version=1, name="x")
    assert len(list((tmp_path / "there").glob("x-*.npz"))) == 1


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="DERMLAB_CACHE"):
        cache.load_or_make(
            lambda: 1, inputs={}, version=1, name="x", within=tmp_path / "file" / "below"
        )
