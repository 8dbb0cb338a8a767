"""A folder of pictures: which files are read as pictures, and which are not, by kind.

Names that start with a dot and `__MACOSX` are passed over; every other file is either read or
counted under its ending, so that no file is left out in silence.
"""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from dermlab.errors import InputError
from dermlab.text import listing, plural

SUFFIXES = (
    *(".jpg", ".jpeg", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"),
    *(".heic", ".heif"),
)
WHY = {  # what to do about a picture of a kind that is not read
    ".dcm": "it is DICOM; export it as PNG",
    **dict.fromkeys(
        (".dng", ".cr2", ".nef", ".arw"), "it is a camera's raw file; export it as TIFF or JPEG"
    ),
}
OTHER_PICTURES = (".avif", ".jp2", ".dcm", ".dng", ".cr2", ".nef", ".arw", ".psd")
NAMED = 5  # files of a kind that are named


def images(folder: str | Path) -> list[Path]:
    """The picture files in `folder` at any depth, known by their ending, in order."""
    return sorted(file for file in files(folder) if is_image(file.name))


def image_ids(places: Sequence[tuple[str, ...]]) -> list[str]:
    """An id a file: its stem, or where files in several folders share it the path without ending.

    Files of one folder that differ by their ending alone keep one id, which is refused later.
    """
    without = [legible(os.path.splitext("/".join(place))[0]) for place in places]
    stems = [path.rsplit("/", 1)[-1] for path in without]
    of_stem = defaultdict(set)
    for stem, path in zip(stems, without, strict=True):
        of_stem[stem].add(path)
    return [
        path if len(of_stem[stem]) > 1 else stem for stem, path in zip(stems, without, strict=True)
    ]


def files(folder: str | Path) -> Iterator[Path]:
    """The files in `folder` at any depth that are not hidden; links to folders are followed.

    Raises InputError for a folder that may not be looked into.
    """
    for place, inner, names in os.walk(folder, onerror=_stop, followlinks=True):
        inner[:] = sorted(name for name in inner if _is_entered(Path(folder), Path(place), name))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def is_image(name: str) -> bool:
    """Whether the ending of `name` is one of `SUFFIXES`, in small letters or capitals."""
    return name.lower().endswith(SUFFIXES)


def others(folder: str | Path) -> list[Path]:
    """The files in `folder` at any depth that are no pictures for us, in order."""
    return sorted(file for file in files(folder) if not is_image(file.name))


def not_read(folder: str | Path) -> list[dict]:
    """The files in `folder` that are no picture for us: `kind, n, files` for each ending.

    `kind` is the ending in small letters ("" for none), `n` counts, and `files` are the first
    `NAMED` by their place in the folder. The commonest kind comes first.
    """
    by_kind = defaultdict(list)
    for file in others(folder):
        by_kind[file.suffix.lower()].append(legible(file.relative_to(folder).as_posix()))
    kinds = [
        {"kind": kind, "n": len(names), "files": names[:NAMED]} for kind, names in by_kind.items()
    ]
    return sorted(kinds, key=lambda one: -one["n"])


def describe(kinds: Sequence[dict], folder: str | Path) -> str:
    """The kinds of `not_read` as one sentence, with what to do; "" where every file is read."""
    if not kinds:
        return ""
    shown = [
        f"{one['n']:,} {one['kind'] or 'without an ending'} "
        f"({listing(one['files'] + [''] * (one['n'] - len(one['files'])), NAMED)}"
        f"{'; ' + WHY[one['kind']] if one['kind'] in WHY else ''})"
        for one in kinds
    ]
    n = sum(one["n"] for one in kinds)
    verb = "is" if n == 1 else "are"
    return f"{plural(n, 'file')} of {folder} {verb} not read as pictures: {', '.join(shown)}."


def contents(files: Sequence[str | Path]) -> list[str]:
    """What tells the content of each file from the others': equal for equal bytes.

    Only files of one size are read (SHA-256). Raises InputError for one that cannot be.
    """
    try:
        sizes = Counter(size := [os.path.getsize(file) for file in files])
        return [
            sha256(file) if sizes[size[i]] > 1 else f"alone {i}" for i, file in enumerate(files)
        ]
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}.") from error


def legible(name: str) -> str:
    """The name as text that can be written: a byte that is no UTF-8 becomes its number."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def place(file: Path, folder: Path) -> str:
    """Where a file lies in the folder; never text that a spreadsheet would run."""
    name = legible(file.relative_to(folder).as_posix())
    return f"./{name}" if name[0] in "=+-@" else name


def sha256(path: str | Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_entered(folder: Path, place: Path, name: str) -> bool:
    """Whether a folder is looked into: not a hidden one, nor a link back to one on the way.

    ``place``: where it was met, below ``folder``.
    """
    if name.startswith(".") or name == "__MACOSX":
        return False
    way, target = (place, *place.parents), (place / name).resolve()
    return not any(
        above.resolve().is_relative_to(target) for above in way if above.is_relative_to(folder)
    )


def _stop(error: OSError) -> None:
    """`os.walk` passes over what it may not read; here nothing is left out in silence."""
    raise InputError(f"{error.filename} cannot be read: {error.strerror}.") from error
