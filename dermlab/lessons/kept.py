"""What a student answered, in one small file of their own: exercises, guesses, votes, verdicts.

The file is ``progress.json`` in the user's data folder, or in the folder that ``DERMLAB_HOME``
names. It is written when a student answers something, and by nothing else.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from dermlab import files, locks
from dermlab.errors import InputError

VARIABLE = "DERMLAB_HOME"
NAME, ASIDE = "progress.json", "progress.damaged.json"
SECTIONS = ("exercises", "predictions", "votes", "referee", "verdicts")
PATIENCE = 20  # seconds that one kernel waits for another


def path() -> Path:
    """Where the file stands, or would stand."""
    folder = os.environ.get(VARIABLE)
    return (Path(folder) if folder else user_data_path("dermlab", appauthor=False)) / NAME


def read(section: str) -> dict[str, Any]:
    """What is kept in one of `SECTIONS`, by the number of its lesson or exercise; empty at first.

    A damaged file is moved aside, with one sentence on stderr, and everything begins anew.
    """
    return _everything()[section]


def keep(section: str, key: str, value: Any) -> bool:
    """Keep ``value`` (what JSON can hold) under ``key`` of a section; whether it could be kept."""
    return change(section, key, lambda earlier: value)


def change(section: str, key: str, new: Callable[[Any], Any]) -> bool:
    """As `keep`, where the value depends on the earlier one (None at first).

    Two kernels that answer at once are let in one after the other, so that nothing is lost. A
    folder that cannot be written to stops no lesson: the reason is said on stderr.
    """
    place = path()
    try:
        with locks.alone(place.parent, patience=PATIENCE):
            record = _everything()
            record[section][key] = new(record[section].get(key))
            files.write_json(place, files.sealed(record))
    except InputError as error:
        print(f"Your answer could not be kept. {error}", file=sys.stderr)
        return False
    return True


def _everything() -> dict[str, dict]:
    """All sections; those of a damaged file are lost to it, but not the file."""
    place = path()
    sections = {section: {} for section in SECTIONS}
    if not place.exists():
        return sections
    try:
        return sections | _whole(place)
    except InputError as error:
        print(error, file=sys.stderr)
        with files.writing(place):
            os.replace(place, place.with_name(ASIDE))
        return sections


def _whole(place: Path) -> dict[str, dict]:
    """What the file holds; InputError for what this room did not write so."""
    cure = f"it is now {ASIDE}, and your answers are kept in a new file"
    record = files.read_json(place, cure=cure)
    content = {name: value for name, value in record.items() if name != files.SEAL}
    with files.reading(place, cure=cure):
        if files.sealed(content) != record:
            raise ValueError("its content has another checksum")
    return content
