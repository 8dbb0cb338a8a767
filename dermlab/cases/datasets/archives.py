"""Whether a zip may be opened: no member leads out of its folder, is a link, or grows absurdly."""

import re
import stat
import zipfile
from pathlib import Path

from dermlab import files
from dermlab.errors import InputError

MAX_GROWTH = 200  # times the zip's own size; pictures grow by a tenth, masks up to fiftyfold
SUFFIXES = (".zip", ".npz")


def check(path: Path, name: str) -> None:
    """InputError where the zip at ``path``, to be called ``name``, is damaged or unsafe.

    Only its list of members is read: nothing is unpacked here, and pictures are read one by one.
    """
    with files.reading(path, cure=f"take another copy of {name}"), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    for member in members:
        if fault := _fault(member):
            raise InputError(
                f"{name} is not used: its member {member.filename!a} {fault}, which no publisher's "
                "archive does; tell the publisher, and take another copy."
            )
    size, unpacked = path.stat().st_size, sum(member.file_size for member in members)
    if unpacked > MAX_GROWTH * size:
        raise InputError(
            f"{name} is not used: its {size:,} bytes claim to hold {unpacked:,}, more than "
            f"{MAX_GROWTH} times as many; tell the publisher, and take another copy."
        )


def _fault(member: zipfile.ZipInfo) -> str | None:
    """What is unsafe about a member: the end of a sentence; None where nothing is."""
    name, mode = member.orig_filename.replace("\\", "/"), member.external_attr >> 16
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
        return "leads out of the folder that it is unpacked in"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    return None
