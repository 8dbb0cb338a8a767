"""One file from its publisher: resumed where it was broken off, checked before it is used.

What has come stands beside the file's place as ``.NAME.part``, with a note of what it is a part of.
It moves to its place when it is whole and its checksum is right: the publisher's where that is
known, else the one that the first download left in ``NAME.sha256`` (as ``sha256sum`` writes it).
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dermlab import __version__, files
from dermlab.cases.datasets import archives
from dermlab.errors import InputError
from dermlab.text import size

if TYPE_CHECKING:
    from requests import Response

CHUNK = 2**16  # bytes; where a connection breaks off, up to so many are lost
TIMEOUT = 60  # seconds without a byte
WAITS = (1, 5, 20)  # seconds before the next try, after tries in a row that brought nothing
HEADERS = {"User-Agent": f"dermlab/{__version__}", "Accept-Encoding": "identity"}
GONE = (401, 403, 404, 410)  # a publisher's answers for a link that no longer leads to the file
BEYOND = 416  # the answer to a Range that begins where the file has no bytes
PUBLISHED, RECORDED, FIRST = "the publisher's", "the first download's", "recorded now"
Tell = Callable[[int, str], None]  # is given the bytes that are there, and a sentence


@dataclass(frozen=True)
class File:
    """A file as its publisher offers it; None where we do not know.

    ``n_bytes`` is exact where ``is_exact``; ``checksum`` is pooch's ``md5:…`` or ``sha256:…``;
    without ``url`` only a person can get it, at ``page``.
    """

    name: str
    kind: str
    n_bytes: int | None
    is_exact: bool
    checksum: str | None
    url: str | None
    page: str


def bring(file: File, folder: Path, *, tell: Tell) -> tuple[str, str]:
    """Have ``file`` whole in ``folder``: its checksum, and what that was compared with.

    A file that is there already, placed by hand perhaps, is only checked. The comparison is
    `PUBLISHED`, `RECORDED`, or `FIRST` where there was nothing to compare with. InputError where
    the link has moved, the publisher cannot be reached, the disk is full, the bytes are not those
    of the file, or a zip is unsafe. What is wrong is not kept; what is only unfinished is.
    """
    place, part = folder / file.name, part_of(folder / file.name)
    expected, whose = _expected(file, place)
    if place.exists():
        tell(place.stat().st_size, f"checking {file.name}")
        checksum = _checked(file, place, place, expected, whose)
    else:
        _download(file, part, tell)
        tell(_length(part), f"checking {file.name}")
        try:
            checksum = _checked(file, part, place, expected, whose)
        except InputError:
            _forget(part)
            raise
        os.replace(part, place)
        _forget(part)
    if expected is None:
        files.write(_record_of(place), f"{checksum.partition(':')[2]}  {place.name}\n")
    return checksum, whose


def part_of(place: Path) -> Path:
    """Where a file that is to stand at ``place`` grows."""
    return place.with_name(f".{place.name}.part")


def by_hand(file: File, folder: Path) -> str:
    """The end of a sentence: how a person puts ``file`` where it is found."""
    return (
        f"take {file.name} from {file.page} with a browser and put it into {folder} under this "
        "name, where the same command finds and checks it"
    )


def check_space(folder: Path, n_bytes: int) -> None:
    """InputError where the disk of ``folder`` has no room for ``n_bytes`` more."""
    free = shutil.disk_usage(folder).free
    if n_bytes > free:
        raise InputError(
            f"{folder} needs {size(n_bytes)} more and its disk has {size(free)} free: free some "
            "space, or name another folder by --into."
        )


# --- the download ---------------------------------------------------------------------------------


def _download(file: File, part: Path, tell: Tell) -> None:
    """Fill ``part``; tries that are broken off are repeated from where they stopped."""
    failures, furthest = 0, _length(part)
    while not _is_whole(part):
        try:
            error = _transfer(file, part, tell)
        finally:
            if not _length(part):
                _forget(part)
        if error is None and not _length(part):
            raise InputError(_moved(file, part.parent, "gives an empty file"))
        if error is not None:
            failures = 1 if _length(part) > furthest else failures + 1
            furthest = max(furthest, _length(part))
            if failures > len(WAITS):
                raise InputError(_broken_off(file, part, error)) from error
            tell(_length(part), f"again {file.name}")
            time.sleep(WAITS[failures - 1])


def _broken_off(file: File, part: Path, error: Exception) -> str:
    response = getattr(error, "response", None)
    reason = type(error).__name__ if response is None else f"status {response.status_code}"
    kept = f"{size(_length(part))} of {file.name} are kept; " if _length(part) else ""
    return (
        f"{file.url} cannot be reached or breaks off ({reason}): {kept}give the same command again "
        f"later, it goes on; or {by_hand(file, part.parent)}."
    )


def _moved(file: File, folder: Path, what: str) -> str:
    return f"{file.url} has moved ({what}): {by_hand(file, folder)}."


def _transfer(file: File, part: Path, tell: Tell) -> Exception | None:
    """One request for the bytes that ``part`` lacks; returns what broke it off, if anything."""
    import pooch
    import requests

    headers = dict(HEADERS)
    if _length(part) and (validator := _note(part).get("validator")):
        headers |= {"Range": f"bytes={_length(part)}-", "If-Range": validator}
    try:
        with part.open("ab") as stream:
            download = pooch.HTTPDownloader(
                progressbar=_Progress(file, stream, tell),
                chunk_size=CHUNK,
                headers=headers,
                timeout=TIMEOUT,
                hooks={"response": lambda answer, **_: _look(answer, file, part, stream)},
            )
            download(file.url, stream, None)
            os.fsync(stream.fileno())
    except requests.RequestException as error:  # an OSError too, but not the disk's
        return error
    except OSError as error:
        raise InputError(
            f"{part.parent} cannot hold {file.name} ({error.strerror or error}): free some space "
            "and give the same command again, it goes on from where it stopped."
        ) from error
    files.write_json(_note_of(part), _note(part) | {"total": _length(part)})
    return None


def _look(response: "Response", file: File, part: Path, stream: BinaryIO) -> None:
    """Judge an answer before its body is read, and note what it is a part of."""
    if response.is_redirect:
        return
    _refuse_moved(response, file, part.parent)
    if response.status_code in (200, BEYOND):  # there was no part, or ours is one of another file
        stream.truncate(0)
    if not response.ok:
        return  # pooch raises it
    there, coming = stream.seek(0, os.SEEK_END), response.headers.get("Content-Length")
    if coming is not None:
        _refuse_another(there + int(coming), file, part.parent)
        check_space(part.parent, int(coming))
    entity = response.headers.get("ETag", "")
    validator = entity if entity.startswith('"') else response.headers.get("Last-Modified")
    note = {"total": None if coming is None else there + int(coming)}
    files.write_json(_note_of(part), note | ({"validator": validator} if validator else {}))


def _refuse_moved(response: "Response", file: File, folder: Path) -> None:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if response.status_code in GONE:
        what = f"answers {response.status_code}"
    elif response.ok and kind == "text/html":
        what = "gives a page in the place of the file"
    else:
        return
    response.close()
    raise InputError(_moved(file, folder, what))


def _refuse_another(total: int, file: File, folder: Path) -> None:
    if file.checksum and file.is_exact and total != file.n_bytes:
        raise InputError(
            f"{file.url} gives another file, of {total:,} bytes in place of {file.n_bytes:,}: "
            f"{by_hand(file, folder)}."
        )


class _Progress:
    """What pooch takes for a progress bar: it tells how many bytes the part has."""

    total = 0

    def __init__(self, file: File, stream: BinaryIO, tell: Tell):
        self.file, self.stream, self.tell = file, stream, tell

    def update(self, _: int) -> None:
        there = self.stream.tell()
        self.tell(there, f"fetching {self.file.name}: {size(there)}")

    def reset(self) -> None:
        """Nothing: bytes are counted in the file."""

    close = reset


# --- parts ----------------------------------------------------------------------------------------


def _note_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _note(part: Path) -> dict:
    """What ``part`` is a part of; nothing where that cannot be said, and it is begun again."""
    try:
        return files.read_json(_note_of(part), cure="-")
    except InputError:
        return {}


def _is_whole(part: Path) -> bool:
    """Whether ``part`` has all the bytes that were announced."""
    return part.exists() and _note(part).get("total") == _length(part)


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note_of(part).unlink(missing_ok=True)


# --- checksums ------------------------------------------------------------------------------------


def _record_of(place: Path) -> Path:
    return place.with_name(f"{place.name}.sha256")


def _expected(file: File, place: Path) -> tuple[str | None, str]:
    """The checksum that the file at ``place`` must have, and whose it is."""
    record = _record_of(place)
    if file.checksum:
        return file.checksum, PUBLISHED
    if not record.exists():
        return None, FIRST
    with files.reading(record, cure="delete it, and the file's checksum is recorded anew"):
        return f"sha256:{record.read_text('utf-8').split()[0].lower()}", RECORDED


def _checked(file: File, path: Path, place: Path, expected: str | None, whose: str) -> str:
    """The checksum of ``path``, which stands or will stand at ``place``.

    InputError where it is another than ``expected``, and for an unsafe zip.
    """
    import pooch

    algorithm = expected.partition(":")[0] if expected else "sha256"
    checksum = f"{algorithm}:{pooch.file_hash(str(path), alg=algorithm)}"
    if expected and checksum != expected:
        raise InputError(_other_checksum(file, path, place, whose))
    if place.suffix.lower() in archives.SUFFIXES:
        archives.check(path, file.name)
    return checksum


def _other_checksum(file: File, path: Path, place: Path, whose: str) -> str:
    is_there = path == place
    what = f"{place} has" if is_there else f"{file.name} came with"
    cure = f"delete {place} and give" if is_there else "it was not kept; give"
    newer = f", or {place.name}.sha256 too if the publisher has a new one" * (whose == RECORDED)
    return f"{what} another checksum than {whose}: {cure} the same command again{newer}."
