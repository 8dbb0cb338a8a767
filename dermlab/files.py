"""The one atomic writer of the package, and the one reader of JSON and npz that trusts no file.

A file is written beside its place, under a temporary name in the same folder, and moved there when
it is whole and on the disk: whoever reads sees the earlier file or the new one, never a part.
"""

import contextlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dermlab.errors import InputError

# What numpy, zipfile and json raise on damaged bytes: whatever their parsers meet.
DAMAGED = (
    *(OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, SyntaxError, MemoryError),
    *(OverflowError, struct.error, zlib.error, zipfile.BadZipFile),
)


def write(path: str | Path, content: bytes | str | Callable[[BinaryIO], object]) -> None:
    """Write ``content`` to ``path``, whole or not at all.

    ``content``: bytes, text (UTF-8, line ends as they are), or a function that writes into an open
    binary file. When it fails, or is interrupted, the earlier file stays and nothing is left beside
    it. InputError, which names ``path``, where the disk is full or the folder cannot be written to.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}): free some space there, or "
            "choose a folder that can be written to."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # the reason above says more than this one would
            beside.unlink(missing_ok=True)


def write_json(path: str | Path, value: Any) -> None:
    """`write` a value that JSON can hold, indented by one, with a line end."""
    write(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_npz(
    path: str | Path, arrays: Mapping[str, np.ndarray], *, compress: bool = False
) -> None:
    """`write` named arrays as one ``.npz`` without pickle; TypeError for an array of objects."""
    if bad := [name for name, array in arrays.items() if np.asarray(array).dtype.hasobject]:
        raise TypeError(f"{path} cannot hold {bad[0]!r}, an array of objects")
    save = np.savez_compressed if compress else np.savez
    write(path, lambda file: save(file, allow_pickle=False, **arrays))


def read_json(path: str | Path, *, cure: str) -> dict:
    """The JSON object in a file.

    InputError where the file is missing or damaged, or holds another kind of value; ``cure`` ends
    its sentence: what to do about it.
    """
    try:
        value = json.loads(Path(path).read_bytes().decode("utf-8"))
        if not isinstance(value, dict):
            raise ValueError("it holds no JSON object")
    except DAMAGED as error:
        raise _refusal(path, error, cure) from error
    return value


def read_npz(path: str | Path, *, cure: str) -> dict[str, np.ndarray]:
    """All arrays of an ``.npz`` by name, read without pickle; InputError as in `read_json`.

    The zip's own checksum of every array is verified.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if foreign := [name for name in archive.namelist() if not name.endswith(".npy")]:
                raise ValueError(f"{foreign[0]!r} is no array")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except DAMAGED as error:
        raise _refusal(path, error, cure) from error


def _refusal(path: str | Path, error: Exception, cure: str) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(f"There is no file {path}: {cure}.")
    reason = getattr(error, "strerror", None) or error or type(error).__name__
    return InputError(f"{path} is damaged or cannot be read ({reason}): {cure}.")
