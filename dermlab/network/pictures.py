"""The pictures of a table of cases: rendered by the clinic, or decoded once from files.

A picture becomes its central square, antialiased to ``size`` × ``size`` RGB, uint8, and lies in a
memory-mapped cache. What that means is decided here, once:

* the camera's orientation mark (EXIF) is applied;
* Lanczos resampling, whose footprint grows with the reduction, so that fine texture (hair, pigment
  network) does not alias; a JPEG is first reduced by its own decoder to no less than twice the
  size and any picture by whole-pixel means to no less than three times, which saves most of the
  time and moves a pixel by 0.2 grey levels on average and 4 at most (60 HAM10000 images);
* transparent pixels become white; 16-bit greys keep their upper byte; palettes and CMYK are
  converted; colour profiles are not applied; of several frames the first is taken.

Random rotation and flips are not made here but on the device: see ``augmentation``.
"""

import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from dermlab import cache, text
from dermlab.cases import clinic
from dermlab.cases.clinic import quality, test_sets
from dermlab.cases.clinic.pictures import NEEDED
from dermlab.errors import InputError
from dermlab.network import picture_cache, picture_report
from dermlab.network.decoding import decode, pillow_strict
from dermlab.network.picture_files import File, find, of_other_kinds
from dermlab.network.progress import track

VERSION = 1  # raise it whenever the same file would give other pixels
CHUNK = 256  # pictures between two marks of progress on disk, at most
CHUNK_BYTES = 2**28  # of their pixels, which are held in memory until then
CLINIC = "clinic"  # the source of pictures that are rendered
RENDERED = 32  # pictures between two steps of the bar


class Pictures(NamedTuple):
    """What ``load`` returns: row i of ``pixels`` shows ``image_ids[i]``."""

    pixels: np.ndarray  # (n, size, size, 3) uint8, a read-only memory map
    image_ids: list[str]
    set_aside: pd.DataFrame  # image_id, file, reason: unreadable, or missing


def of_cases(
    cases: pd.DataFrame,
    sources: Sequence[str],
    size: int,
    *,
    allow_missing: bool = False,
    show: bool = False,
) -> Pictures:
    """The pictures of ``cases``: rendered where ``sources`` is ``clinic``, else from files.

    InputError for a picture that is missing or cannot be read; under ``allow_missing`` a warning
    that counts and names them.
    """
    ids = cases["image_id"].tolist()
    if CLINIC in map(str, sources):
        if len(sources) > 1:
            raise InputError("--images clinic renders every picture: name no folder beside it.")
        return Pictures(_rendered(cases, size, show), ids, _nothing_aside())
    loaded = load(ids, sources, size, allow_missing=allow_missing, show=show)
    if len(loaded.set_aside) and not allow_missing:
        bad = [f"{row.file} ({row.reason})" for row in loaded.set_aside.itertuples()]
        raise InputError(
            f"{text.plural(len(bad), 'picture')} of {len(ids):,} cannot be read: "
            f"{text.listing(bad)}; replace them, or give --allow-missing."
        )
    if len(loaded.set_aside):
        warnings.warn(picture_report.describe(loaded.set_aside), stacklevel=2)
    return loaded


def of_file(path: str | Path, size: int) -> Pictures:
    """One picture file; its name without the ending is the ``image_id``."""
    return Pictures(read(path, size)[None], [Path(path).stem], _nothing_aside())


def _nothing_aside() -> pd.DataFrame:
    return pd.DataFrame(columns=["image_id", "file", "reason"], dtype="str")


# --- from files -----------------------------------------------------------------------------------


def load(
    image_ids: Sequence[str],
    sources: Iterable[str | Path],
    size: int,
    *,
    allow_missing: bool = False,
    show: bool = False,
) -> Pictures:
    """The pictures of ``image_ids`` from folders and zips, each decoded once for all time.

    Rows keep the order of ``image_ids``. A file that cannot be opened, or read as a picture, has no
    row; it is named in ``set_aside``, as are missing ones under ``allow_missing``. ``show`` draws a
    bar. The pixels stand on the disk; memory holds a chunk of them while they are decoded.

    Raises InputError for a missing picture (unless ``allow_missing``), for an id that two
    different files claim, for pictures too large for the memory or the disk, and where nothing at
    all can be read.
    """
    sources = list(sources)
    file_of = find(image_ids, sources)
    missing = [image_id for image_id in image_ids if image_id not in file_of]
    others = of_other_kinds(missing, sources) if missing else {}
    if missing and not (allow_missing and file_of):
        where = text.listing([str(source) for source in sources])
        kinds = [f"{file} is of a kind that is not read" for file in others.values()]
        raise InputError(
            f"{text.plural(len(missing), 'image')} of {len(image_ids):,} not found in {where}: "
            f"{text.listing(missing)}{'; ' + text.listing(kinds, 1) if kinds else ''}; "
            "name another folder or zip, or allow missing images"
        )
    unopened = {one: why for one, file in file_of.items() if (why := file.why_unopened())}
    readable = {one: file for one, file in file_of.items() if one not in unopened}
    if unopened and not readable:
        image_id, why = next(iter(unopened.items()))
        raise InputError(f"no picture could be read; the first, {file_of[image_id]}: {why}")
    entry = cache.folder() / "images" / _key(readable, size)
    with cache.lock(entry):
        if (stored := picture_cache.stored(entry)) is None:
            _decode_all(readable, size, entry, show)
            stored = picture_cache.stored(entry)
    pixels, record = stored
    unread = [*unopened.items(), *record["set_aside"]]
    aside = [[image_id, str(file_of[image_id]), reason] for image_id, reason in unread]
    aside += [[image_id, *_why_missing(others.get(image_id))] for image_id in missing]
    table = pd.DataFrame(aside, columns=["image_id", "file", "reason"], dtype="str")
    return Pictures(pixels, record["image_ids"], table)


def _why_missing(other: File | None) -> tuple[str | None, str]:
    """File and reason for an image that no file shows, or only the ``other`` one, unread."""
    if other is None:
        return None, picture_report.MISSING
    return str(other), "of a kind that is not read"


def read(path: str | Path, size: int) -> np.ndarray:
    """One picture file as ``(size, size, 3)`` uint8; InputError where it cannot be read."""
    if not Path(path).is_file():
        raise InputError(f"there is no picture {path}")
    with pillow_strict():
        pixels, reason = decode(File(Path(path)), size)
    if reason:
        raise InputError(f"{path} cannot be read as a picture: {reason}")
    return np.frombuffer(pixels, np.uint8).reshape(size, size, 3)


def _key(file_of: dict[str, File], size: int) -> str:
    """SHA-256 of everything that the decoded pixels depend on."""
    with ThreadPoolExecutor() as pool:
        prints = list(pool.map(File.fingerprint, file_of.values()))
    return cache.key({"size": size, "ids": list(file_of), "prints": prints}, VERSION)


def _decode_all(file_of: dict[str, File], size: int, entry: Path, show: bool) -> None:
    """Decode into the entry; what a killed run has finished is not decoded again."""
    row = size * size * 3
    at_once = min(len(file_of), CHUNK, max(1, CHUNK_BYTES // row))
    picture_cache.need_memory((2 * at_once + 2) * row)  # a chunk twice, and a picture being reduced
    picture_cache.need_space(entry.parent, len(file_of) * row)
    marks = picture_cache.resume(entry, size)
    todo = list(file_of.items())[sum(len(good) + len(bad) for good, bad, _ in marks) :]
    chunks = [todo[start : start + at_once] for start in range(0, len(todo), at_once)]
    with pillow_strict(), ThreadPoolExecutor() as pool:
        for chunk in track(chunks, total=len(chunks), label="decoding pictures", show=show):
            good, bad, pixels = [], [], []
            decoded = pool.map(lambda item: decode(item[1], size), chunk)
            for (image_id, _), (row, reason) in zip(chunk, decoded, strict=True):
                if reason:
                    bad.append([image_id, reason])
                else:
                    good.append(image_id)
                    pixels.append(row)
            marks.append(picture_cache.add(entry, good, bad, b"".join(pixels)))
    if not any(good for good, _, _ in marks):
        image_id, reason = marks[0][1][0]
        raise InputError(f"no picture could be read; the first, {file_of[image_id]}: {reason}")
    picture_cache.finish(entry, marks, size)


# --- rendered -------------------------------------------------------------------------------------


def _rendered(cases: pd.DataFrame, size: int, show: bool) -> np.ndarray:
    """The clinic's photographs, drawn once for all time: uint8 (n, size, size, 3)."""
    drawn_from = ("image_id", *NEEDED, *quality.COLUMNS)
    facts = [name for name in cases if name in drawn_from or name.startswith(("sign_", "artefact"))]
    starts = range(0, len(cases), RENDERED)

    def make() -> np.ndarray:
        bar = track(starts, total=len(starts), label="rendering the clinic", show=show)
        return np.concatenate([clinic.render(cases.iloc[i : i + RENDERED], size) for i in bar])

    inputs = {"cases": cases[facts].reset_index(drop=True), "size": size}
    return cache.load_or_make(
        make, inputs=inputs, version=test_sets.VERSION, name="clinic-pictures"
    )
