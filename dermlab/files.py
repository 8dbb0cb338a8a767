"""The one atomic writer of the package, and the one reader that trusts no file.

A file is written beside its place, under a temporary name in the same folder, and moved there when
it is whole and on the disk: whoever reads sees the earlier file or the new one, never a part. What
a killed process leaves under such a name is deleted by the next one that writes into the folder.
"""

import contextlib
import hashlib
import itertools
import json
import os
import pickle
import platform
import re
import shutil
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dermlab.errors import InputError

Content = bytes | str | Callable[[BinaryIO], object]
# What numpy, zipfile, json, pandas and a look into their values raise on damaged bytes.
UNREADABLE = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, RuntimeError),
    *(SyntaxError, MemoryError, OverflowError, tokenize.TokenError),
    *(struct.error, zlib.error, zipfile.BadZipFile, pickle.UnpicklingError),
)
SEAL = "sha256"  # the key under which a record holds its own checksum
TEMPORARY = re.compile(r"\.dermlab-(\w+)-(\d+)-\d+\.part")
_HOST = f"{zlib.crc32(platform.node().encode()):08x}"  # a folder may be shared by machines
_numbers = itertools.count()
_swept: set[Path] = set()


# --- writing --------------------------------------------------------------------------------------


def write(path: str | Path, content: Content) -> None:
    """Write ``content`` to ``path``, whole or not at all.

    ``content``: bytes, text (UTF-8, line ends as they are), or a function that writes into an open
    binary file. When it fails, or is interrupted, the earlier file stays and nothing is left beside
    it. InputError, which names ``path``, where the disk is full or the folder cannot be written to.
    """
    write_all({Path(path): content})


def write_all(contents: Mapping[Path, Content]) -> None:
    """`write` several files, all or none: none is moved to its place before all are whole."""
    parts: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            _sweep(path.parent)
            parts[path] = _beside(path)
            with writing(path):
                _fill(parts[path], content)
        _move(parts)
    finally:
        _delete(*parts.values())


def write_if_changed(path: Path, content: str) -> None:
    """`write` text, unless the file holds just that: what is whole is not put at risk."""
    if not path.is_file() or path.read_bytes() != content.encode("utf-8"):
        write(path, content)


def append(path: Path, content: bytes, *, at: int) -> None:
    """Add ``content`` at the end of a file of ``at`` bytes; on the disk when this returns.

    Where that fails, with an OSError, the file is cut to ``at`` bytes again.
    """
    try:
        with path.open("r+b") as file:
            file.seek(at)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            os.truncate(path, at)
        raise


def write_json(path: str | Path, value: Any) -> None:
    """`write` a value that JSON can hold, indented by one, with a line end."""
    write(path, as_json(value))


def as_json(value: Any) -> str:
    """The text that `write_json` writes."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def sealed(record: Mapping[str, Any]) -> dict:
    """The record with its own checksum, under `SEAL`: what `read_record` verifies."""
    return {**record, SEAL: _seal(record)}


def write_npz(
    path: str | Path, arrays: Mapping[str, np.ndarray], *, compress: bool = False
) -> None:
    """`write` named arrays as one ``.npz`` without pickle; TypeError for an array of objects."""
    if bad := [name for name, array in arrays.items() if np.asarray(array).dtype.hasobject]:
        raise TypeError(f"{path} cannot hold {bad[0]!r}, an array of objects")
    save = np.savez_compressed if compress else np.savez
    write(path, lambda file: save(file, allow_pickle=False, **arrays))


def replace_folder(new: Path, place: Path) -> None:
    """Move a whole folder to its place; the earlier one is deleted last."""
    heal_folder(place)
    with writing(place):
        if place.exists():
            place.rename(_earlier(place))
        try:
            new.rename(place)
        except OSError:
            heal_folder(place)
            raise
    shutil.rmtree(_earlier(place), ignore_errors=True)


def heal_folder(place: Path) -> None:
    """Put back the earlier folder that a kill in `replace_folder` left aside, or delete it."""
    if place.exists():
        shutil.rmtree(_earlier(place), ignore_errors=True)
    elif _earlier(place).exists():
        with writing(place):
            _earlier(place).rename(place)


def _earlier(place: Path) -> Path:
    return place.with_name(f".{place.name}.earlier")


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """A full disk, a folder that cannot be written to, and text that is none, as InputErrors."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}), nothing was changed: free "
            "some space there, or choose a folder that can be written to."
        ) from error
    except UnicodeEncodeError as error:
        raise InputError(
            f"{path} cannot be written: it would hold {error.object[error.start : error.end]!a}, "
            "which is no UTF-8; rename the file, or mend the text, that brings it in."
        ) from error


def _fill(part: Path, content: Content) -> None:
    with part.open("xb") as file:
        if callable(content):
            content(file)
        else:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())


def _move(parts: Mapping[Path, Path]) -> None:
    """Each to its place; where one fails, those before it are put back as they were."""
    earlier: dict[Path, Path] = {}
    try:
        for path in parts if len(parts) > 1 else ():
            if path.exists():
                with writing(path):
                    earlier[path] = _kept(path)
        for path, part in parts.items():
            with writing(path):
                os.replace(part, path)
    except BaseException:
        for path in [path for path, part in parts.items() if not part.exists()]:
            with contextlib.suppress(OSError):
                os.replace(earlier[path], path) if path in earlier else path.unlink()
        raise
    finally:
        _delete(*earlier.values())


def _kept(path: Path) -> Path:
    """The file under a second name beside it."""
    kept = _beside(path)
    try:
        os.link(path, kept)
    except OSError:  # a file system without links
        try:
            shutil.copy2(path, kept)
        except BaseException:
            _delete(kept)
            raise
    return kept


def _delete(*paths: Path) -> None:
    for path in paths:
        with contextlib.suppress(OSError):  # why the writing failed says more than this would
            path.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    """A name of its own in the same folder, short enough for every folder."""
    return path.with_name(f".dermlab-{_HOST}-{os.getpid()}-{next(_numbers)}.part")


def _sweep(folder: Path) -> None:
    """Delete what dead processes of this machine have left; once a folder and process."""
    if folder in _swept:
        return
    _swept.add(folder)
    for path in folder.glob(".dermlab-*.part"):
        name = TEMPORARY.fullmatch(path.name)
        if name and name[1] == _HOST and not _is_alive(int(name[2])):
            _delete(path)


def _is_alive(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid)


# --- reading --------------------------------------------------------------------------------------


@contextlib.contextmanager
def reading(path: str | Path, *, cure: str) -> Iterator[None]:
    """Whatever damaged bytes make a parser raise, as an InputError that names the file.

    ``cure`` ends its sentence: what to do about it. The one place that catches `UNREADABLE`.
    """
    try:
        yield
    except InputError:
        raise
    except UNREADABLE as error:
        if isinstance(error, FileNotFoundError):
            raise InputError(f"There is no file {path}: {cure}.") from error
        reason = getattr(error, "strerror", None) or _reason(error)
        raise InputError(f"{path} is damaged or cannot be read ({reason}): {cure}.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return str(error) or type(error).__name__


def read_json(path: str | Path, *, cure: str) -> dict:
    """The JSON object in a file.

    InputError where the file is missing or damaged, or holds another kind of value; ``cure`` ends
    its sentence: what to do about it.
    """
    with reading(path, cure=cure):
        value = json.loads(Path(path).read_bytes().decode("utf-8"))
        if not isinstance(value, dict):
            raise ValueError("it holds no JSON object")
    return value


def read_record(path: str | Path, *, cure: str) -> dict:
    """A record of `sealed`, without its checksum, which is verified where there is one."""
    record = read_json(path, cure=cure)
    with reading(path, cure=cure):
        if SEAL in record and record.pop(SEAL) != _seal(record):
            raise ValueError("its content has another checksum")
    return record


def read_npz(path: str | Path, *, cure: str) -> dict[str, np.ndarray]:
    """All arrays of an ``.npz`` by name, read without pickle; InputError as in `read_json`.

    The zip's own checksum of every array is verified.
    """
    with reading(path, cure=cure):
        with zipfile.ZipFile(path) as archive:
            if foreign := [name for name in archive.namelist() if not name.endswith(".npy")]:
                raise ValueError(f"{foreign[0]!r} is no array")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}


def _seal(record: Mapping[str, Any]) -> str:
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
