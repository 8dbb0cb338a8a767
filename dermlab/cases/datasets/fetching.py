"""A data set's files from its publisher into one folder: `dermlab fetch`.

The table ``data/downloads.csv`` says which files, from where, how large (``~`` where rounded), with
which checksum, under which licence. A row without an address is a file that only a person gets.
"""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from dermlab import locks
from dermlab.cases import folders
from dermlab.cases.datasets import downloading
from dermlab.cases.datasets.downloading import File
from dermlab.errors import InputError
from dermlab.text import listing, plural, size

TERMS = {  # in short; what counts is the licence itself
    "CC BY 4.0": "any use that names its authors",
    "CC BY-NC 4.0": "no commercial use; its authors are named",
    "CC BY-NC-SA 3.0": "no commercial use; its authors are named; what is made of it has the same "
    "licence",
    "the publisher's own terms": "a person agrees to them at the publisher; as others quote them, "
    "no commercial use and no copies for anybody else",
}
REMARKS = {
    "fitzpatrick17k": "Its images belong to two atlases and are not fetched: the column url of the "
    "table says where each one is.",
}
Tell = Callable[[float, str], None]  # is given the share of all bytes that is there, and a sentence


@dataclass(frozen=True)
class DataSet:
    """What a publisher offers under one licence; the first table is what `dermlab cases` reads."""

    name: str
    licence: str
    page: str
    files: tuple[File, ...]

    def described(self) -> str:
        """The sentences that are said before anything is downloaded: licence, terms, source."""
        terms = f"{self.name}: {self.licence} ({TERMS[self.licence]}); the terms: {self.page}."
        return f"{terms} {REMARKS.get(self.name, '')}".rstrip()

    def is_public(self) -> bool:
        """Whether it can be downloaded without an agreement."""
        return all(file.url for file in self.files)


@dataclass(frozen=True)
class Fetched:
    """A file that is whole in its folder; ``checked`` says what its checksum was compared with."""

    file: str
    n_bytes: int
    checksum: str
    checked: str
    was_there: bool


def registry() -> dict[str, DataSet]:
    """The data sets that can be fetched, by name, in the order of the table."""
    with (resources.files("dermlab") / "data" / "downloads.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    sets = {}
    for name in dict.fromkeys(row["dataset"] for row in rows):
        own = [row for row in rows if row["dataset"] == name]
        sets[name] = DataSet(name, own[0]["licence"], own[0]["page"], tuple(map(_file, own)))
    return sets


def _file(row: dict[str, str]) -> File:
    n_bytes = row["bytes"].removeprefix("~")
    return File(
        name=row["file"],
        kind=row["kind"],
        n_bytes=int(n_bytes) if n_bytes else None,
        is_exact=row["bytes"] == n_bytes != "",
        checksum=row["checksum"] or None,
        url=row["url"] or None,
        page=row["page"],
    )


def find(name: str) -> DataSet:
    """The data set called ``name``, however it is spelt (``PAD-UFES-20``); InputError for none."""
    sets = registry()
    plain = {_plain(known): known for known in sets}
    if _plain(name) not in plain:
        raise InputError(f"{name!r} is no data set that can be fetched: {listing(list(sets), 20)}.")
    return sets[plain[_plain(name)]]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def sizes(wanted: DataSet) -> str:
    """How much is to be downloaded: ``'2.8 GB'``, ``'about 23.0 GB'``, ``'not known'``."""
    known = [file.n_bytes for file in wanted.files if file.n_bytes]
    if len(known) < len(wanted.files):
        return "not known"
    return f"{'' if all(f.is_exact for f in wanted.files) else 'about '}{size(sum(known))}"


def there(wanted: DataSet, folder: Path) -> str:
    """What of a data set is in ``folder``: ``'2 of 3 files, 512 MB of the next'``; unchecked."""
    whole = [file for file in wanted.files if (folder / file.name).is_file()]
    parts = [downloading.part_of(folder / file.name) for file in wanted.files]
    begun = sum(part.stat().st_size for part in parts if part.exists())
    shown = f"{len(whole)} of {plural(len(wanted.files), 'file')}"
    return f"{shown}, {size(begun)} of the next" if begun else shown


def is_begun(wanted: DataSet, folder: Path) -> bool:
    """Whether a file of the data set is in ``folder``, or at least a part of one."""
    files = [folder / file.name for file in wanted.files]
    return any(file.is_file() or downloading.part_of(file).is_file() for file in files)


def fetch(
    wanted: DataSet, folder: Path, *, tables: bool = False, tell: Tell = lambda share, text: None
) -> list[Fetched]:
    """Have the files of a data set in ``folder``, each whole and checked.

    ``tables``: without the pictures. Given again after an interruption, it goes on. InputError
    where another process fetches into the folder, where only a person can get a file that is not
    there, where the disk has no room for the whole, and as `downloading.bring`.
    """
    chosen = [file for file in wanted.files if not (tables and file.kind == "images")]
    if not wanted.is_public():
        _refuse_without_agreement(wanted, folder)
    with locks.alone(folder):
        downloading.check_space(folder, sum(_lacking(file, folder) for file in chosen))
        return [_one(file, folder, chosen, tell) for file in chosen]


def _refuse_without_agreement(wanted: DataSet, folder: Path) -> None:
    if all((folder / file.name).is_file() for file in wanted.files):
        return
    names = listing([file.name for file in wanted.files])
    raise InputError(
        f"{wanted.name} cannot be fetched by a program: a person agrees to the publisher's terms "
        f"at {wanted.page} and downloads it there; then name the folder that holds {names}, as in "
        f"dermlab fetch {wanted.name} --into FOLDER ({folder} holds none)."
    )


def _lacking(file: File, folder: Path) -> int:
    """The bytes that are still to come, as far as known."""
    place = folder / file.name
    part = downloading.part_of(place)
    if place.exists() or file.n_bytes is None:
        return 0
    return max(0, file.n_bytes - (part.stat().st_size if part.exists() else 0))


def _one(file: File, folder: Path, chosen: list[File], tell: Tell) -> Fetched:
    """One of the files; ``tell`` is given its place among all that are chosen."""
    all_bytes = sum(each.n_bytes or 0 for each in chosen)
    before = sum(each.n_bytes or 0 for each in chosen[: chosen.index(file)])
    was_there = (folder / file.name).exists()

    def tell_share(n_bytes: int, text: str) -> None:
        tell(min(1.0, (before + n_bytes) / all_bytes) if all_bytes else 0.0, text)

    checksum, checked = downloading.bring(file, folder, tell=tell_share)
    n_bytes = (folder / file.name).stat().st_size
    return Fetched(file.name, n_bytes, checksum, checked, was_there)


def next_steps(wanted: DataSet, folder: Path, *, tables: bool = False) -> list[str]:
    """How to go on: commands, or a line of Python, that begin with what is in ``folder``."""
    first = folder / wanted.files[0].name
    if wanted.files[0].kind == "arrays":
        return [
            f"numpy.load({str(first)!r})  # in Python: train_images, train_labels, val_…, test_…"
        ]
    steps = [f"dermlab cases {_quoted(first)} --out cases.csv"]
    has_images = any(file.kind == "images" for file in wanted.files) and not tables
    if has_images or (not wanted.is_public() and folders.images(folder)):
        images = _quoted(folder)
        steps += [
            "dermlab split cases.csv --out split.csv",
            f"dermlab train cases.csv --split split.csv --images {images} --run run",
        ]
    if wanted.name == "ham10000" and has_images:
        steps.append(f"dermlab reproduce ham10000 --data {_quoted(folder)}")
    return steps


def _quoted(path: Path) -> str:
    text = str(path)
    return f'"{text}"' if re.search(r"\s", text) else text
