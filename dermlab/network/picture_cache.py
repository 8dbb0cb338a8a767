"""An entry of the cache of decoded pictures, checked whenever it is opened.

A finished entry is ``KEY.rgb``, rows of ``size * size * 3`` bytes, and ``KEY.json``: shape, ids,
and the CRC-32 of each block of rows. Until then pixels are appended to ``KEY.part``, and once they
are on the disk a line of ``KEY.done`` names them, a *mark*: the ids of pictures, ``[id, reason]``
of unreadable ones, and the CRC-32 of the pixels.
"""

import contextlib
import json
import os
import shutil
import sys
import time
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from dermlab import files, text
from dermlab.errors import InputError

CURE = "it is made again"
KEPT_DAYS = 30  # an unfinished entry that nobody adds to in this time is given up


def stored(entry: Path) -> tuple[np.ndarray, dict] | None:
    """A finished cache entry, or None where there is none or it is damaged."""
    pixels = entry.with_suffix(".rgb")
    if not pixels.exists():
        return None
    try:
        record = files.read_record(entry.with_suffix(".json"), cure=CURE)
        with files.reading(pixels, cure=CURE):
            mapped = np.memmap(pixels, np.uint8, "r", shape=tuple(record["shape"]))
            blocks = record["blocks"]
            if _n_whole(pixels, blocks, mapped[0].nbytes) < len(blocks):
                raise ValueError("its content has another checksum")
            if sum(n for n, _ in blocks) != len(mapped) or len(record["image_ids"]) != len(mapped):
                raise ValueError("it has another number of pictures")
    except InputError as error:
        print(f"cache: {pixels.name} is damaged and made again ({error})", file=sys.stderr)
        return None
    entry.with_suffix(".done").unlink(missing_ok=True)  # a kill at the last step leaves it
    return mapped, record


def resume(entry: Path, size: int) -> list[list]:
    """The marks of earlier, killed runs whose pixels are whole; what follows them is cut off."""
    _sweep(entry.parent)
    part, done = _growing(entry)
    marks, row = _marks(done) if part.exists() else [], size * size * 3
    with files.writing(part.parent):
        part.touch()
        marks = marks[: _n_whole(part, _blocks(marks), row)]
        os.truncate(part, sum(n for n, _ in _blocks(marks)) * row)
    files.write(done, b"".join(map(_line, marks)))
    return marks


def add(entry: Path, good: list[str], bad: list[list[str]], pixels: bytes) -> list:
    """Append the pixels of ``good``, then the mark that names them, which is returned."""
    part, done = _growing(entry)
    mark = [good, bad, zlib.crc32(pixels)]
    with files.writing(entry.parent):
        files.append(part, pixels, at=part.stat().st_size)
        files.append(done, _line(mark), at=done.stat().st_size)
    return mark


def finish(entry: Path, marks: list[list], size: int) -> None:
    """Make of the growing entry a finished one."""
    part, done = _growing(entry)
    shown = [image_id for good, _, _ in marks for image_id in good]
    set_aside = [row for _, bad, _ in marks for row in bad]
    record = {"shape": [len(shown), size, size, 3], "image_ids": shown, "set_aside": set_aside}
    record["blocks"] = _blocks(marks)
    files.write_json(entry.with_suffix(".json"), files.sealed(record))
    with files.writing(entry.parent):  # last: an entry is whole once this file is there
        os.replace(part, entry.with_suffix(".rgb"))
    done.unlink()


def need_memory(n_bytes: int) -> None:
    """InputError where less memory is free."""
    import psutil

    free = psutil.virtual_memory().available
    if free < n_bytes:
        raise InputError(
            f"the pictures need {text.size(n_bytes)} of memory while they are decoded, and "
            f"{text.size(free)} are free: choose a smaller --size"
        )


def need_space(folder: Path, n_bytes: int) -> None:
    """InputError where the disk has not as many bytes free."""
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise InputError(
            f"the decoded pictures need {text.size(n_bytes)} and {folder} has {text.size(free)}: "
            "set DERMLAB_CACHE to a folder on a larger disk, or choose a smaller size"
        )


def _sweep(folder: Path) -> None:
    """Delete what killed runs have left unfinished for `KEPT_DAYS` and nobody works on."""
    for part in folder.glob("*.part"):
        with contextlib.suppress(FileNotFoundError):  # it is finished, or swept, just now
            if time.time() - part.stat().st_mtime > KEPT_DAYS * 24 * 3600:
                part.unlink()
                part.with_suffix(".done").unlink(missing_ok=True)


def _growing(entry: Path) -> tuple[Path, Path]:
    return entry.with_suffix(".part"), entry.with_suffix(".done")


def _n_whole(path: Path, blocks: Sequence[Sequence[int]], row: int) -> int:
    """How many blocks at the start of a file of pixels have the bytes that were written.

    ``blocks``: a block's pictures, and the CRC-32 of their bytes; ``row``: bytes a picture.
    """
    starts = np.cumsum([0, *(n * row for n, _ in blocks)]).tolist()

    def is_whole(i: int) -> bool:
        with open(path, "rb") as file:
            file.seek(starts[i])
            return zlib.crc32(file.read(blocks[i][0] * row)) == blocks[i][1]

    with ThreadPoolExecutor(4) as pool:  # neither reading nor the checksum holds up the others
        whole = list(pool.map(is_whole, range(len(blocks))))
    return whole.index(False) if False in whole else len(whole)


def _marks(done: Path) -> list[list]:
    """The lines of ``.done`` before the first that is torn or damaged."""
    marks = []
    for line in done.read_bytes().splitlines(keepends=True) if done.exists() else []:
        _, _, mark = line.partition(b" ")
        if line != _sealed(mark) or not line.endswith(b"\n"):
            break
        marks.append(json.loads(mark))
    return marks


def _line(mark: list) -> bytes:
    return _sealed(json.dumps(mark).encode() + b"\n")


def _sealed(mark: bytes) -> bytes:
    return b"%08x %b" % (zlib.crc32(mark), mark)


def _blocks(marks: list[list]) -> list[list[int]]:
    return [[len(good), crc] for good, _, crc in marks]
