"""Which file shows which image: folders and zips searched at any depth, never unpacked.

DermaMNIST's `.npz` holds its images as arrays: each is a file of its own here.
"""

import hashlib
import io
import os
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dermlab import files
from dermlab.cases import folders, ids
from dermlab.cases.datasets import dermamnist
from dermlab.cases.folders import OTHER_PICTURES, is_image
from dermlab.errors import InputError

MAX_BYTES = 2**28  # a small zip may hold anything


@dataclass(frozen=True)
class File:
    """A file on disk, or a member of a zip that stays packed."""

    path: Path
    member: zipfile.ZipInfo | None = None
    archive: zipfile.ZipFile | None = None

    @property
    def name(self) -> str:
        """The file's own name, without the folders above it."""
        return self.member.filename.rsplit("/", 1)[-1] if self.member else self.path.name

    @property
    def place(self) -> str:
        """Its path, or that in its zip, without the ending; a / comes first."""
        path = f"/{self.member.filename}" if self.member else self.path.as_posix()
        return os.path.splitext(path)[0]

    def __str__(self) -> str:
        return f"{self.path}/{self.member.filename}" if self.member else str(self.path)

    @property
    def size(self) -> int:
        """Its size in bytes, unpacked."""
        return self.member.file_size if self.member else self.path.stat().st_size

    def read(self) -> bytes:
        """The bytes; InputError above ``MAX_BYTES``."""
        if self.size > MAX_BYTES:
            raise InputError(f"{self.size:,} bytes, more than the {MAX_BYTES:,} a picture may have")
        return self.archive.read(self.member) if self.member else self.path.read_bytes()

    def why_unopened(self) -> str:
        """Why the file on the disk cannot be opened: "" where it can."""
        if not self.path.exists():
            return "a link to a file that is not there"
        if not self.path.is_file():
            return "no file"
        return "" if os.access(self.path, os.R_OK) else "its permissions do not allow it to be read"

    def crc(self) -> int:
        """CRC-32 of the bytes, which a zip holds ready."""
        return self.member.CRC if self.member else zlib.crc32(self.path.read_bytes())

    def fingerprint(self) -> str:
        """What tells this content from another: a zip's own checksum, else the SHA-256."""
        if self.member:
            return f"{self.member.filename}:{self.member.CRC:08x}:{self.member.file_size}"
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, eq=False)
class Row(File):
    """A picture that stands in an array, (height, width, 3) uint8, as a PNG called ``stem``."""

    stem: str = ""
    pixels: np.ndarray | None = None

    @property
    def name(self) -> str:
        """The image's id, with the ending of the PNG that it is read as."""
        return f"{self.stem}.png"

    @property
    def place(self) -> str:
        """The path of the file that holds it, and its id."""
        return f"/{self.path.as_posix()}/{self.stem}"

    def __str__(self) -> str:
        return f"{self.path}/{self.stem}"

    @property
    def size(self) -> int:
        """The bytes of its pixels."""
        return self.pixels.nbytes

    def read(self) -> bytes:
        """The picture as a PNG, whose pixels are the array's."""
        stream = io.BytesIO()
        Image.fromarray(self.pixels).save(stream, format="PNG", compress_level=1)
        return stream.getvalue()

    def crc(self) -> int:
        """CRC-32 of its pixels."""
        return zlib.crc32(self.pixels.tobytes())

    def fingerprint(self) -> str:
        """SHA-256 of its pixels."""
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()


def find(image_ids: Iterable[str], sources: Iterable[str | Path]) -> dict[str, File]:
    """Which file shows which image: the file named ``image_id``, else the one whose stem it is.

    An ``image_id`` with a / is the end of the file's path, without the ending (``rose/1``).
    Folders and zips are searched at any depth, zips inside a folder too; dot-files and
    ``__MACOSX`` are passed over. Ids without a file are absent from the result. InputError for
    an id that two files with different bytes claim.
    """
    wanted = list(dict.fromkeys(image_ids))
    known = set(wanted)
    by_name, by_stem, ends = defaultdict(dict), defaultdict(dict), defaultdict(list)
    for image_id in filter(lambda one: "/" in one, wanted):
        ends[image_id.rsplit("/", 1)[1]].append(image_id)
    for file in _files(sources):
        stem = os.path.splitext(file.name)[0]
        for image_id in ends.get(stem, []):
            if is_image(file.name) and file.place.endswith(f"/{image_id}"):
                by_stem[image_id][str(file)] = file
        if file.name in known:
            by_name[file.name][str(file)] = file
        image_id = stem if stem in known else ids.one(stem)  # 1.0.jpg shows the image 1
        if image_id in known and is_image(file.name):
            by_stem[image_id][str(file)] = file
    matches = {image_id: by_name.get(image_id) or by_stem.get(image_id) for image_id in wanted}
    return {image_id: _only(image_id, list(of.values())) for image_id, of in matches.items() if of}


def of_other_kinds(image_ids: Iterable[str], sources: Iterable[str | Path]) -> dict[str, File]:
    """The files that show images by their stem, but are pictures of a kind that is not read."""
    known, files = set(image_ids), {}
    for file in _files(sources):
        stem, suffix = os.path.splitext(file.name)
        is_other = suffix.lower() in OTHER_PICTURES and not is_image(file.name)
        if stem in known and is_other:
            files.setdefault(stem, file)
    return files


def _only(image_id: str, files: list[File]) -> File:
    """The one file of an image; copies of the same bytes count once."""
    first, *others = files
    for other in others:
        if other.size != first.size or other.crc() != first.crc():
            raise InputError(
                f"two different pictures for {image_id}: {first} and {other}; "
                "name the folder or zip that is meant"
            )
    return first


def _files(sources: Iterable[str | Path]) -> Iterator[File]:
    for source in dict.fromkeys(Path(os.path.realpath(source)) for source in sources):
        if source.is_dir():
            yield from _files_of_folder(source)
        elif source.suffix.lower() == ".npz":
            pictures = dermamnist.images(source)
            yield from (Row(source, stem=name, pixels=each) for name, each in pictures.items())
        elif zipfile.is_zipfile(source):
            yield from _files_of_zip(source)
        else:
            raise InputError(
                f"{source} is neither a folder nor a zip of pictures, nor {dermamnist.NAME}.npz"
            )


def _files_of_folder(folder: Path) -> Iterator[File]:
    for path in folders.files(folder):
        yield File(path)
        if path.suffix.lower() == ".zip":
            yield from _files_of_zip(path)


def _files_of_zip(path: Path) -> Iterator[File]:
    with files.reading(path, cure="take another copy of the zip"):
        archive = zipfile.ZipFile(path)
    for member in archive.infolist():
        if not member.is_dir() and not any(map(_passed_over, member.filename.split("/"))):
            yield File(path, member, archive)


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"
