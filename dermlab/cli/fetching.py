"""A data set from its publisher: the licence first, then the files, then how to go on."""

from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import option
from dermlab.errors import InputError
from dermlab.text import plural, size


def fetch(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="A data set; without it they are listed, with what is already there.",
            show_default=False,
        ),
    ] = None,
    into: Annotated[
        Path | None, option("--into", help="The folder of the files; default: NAME, here.")
    ] = None,
    tables: Annotated[
        bool, typer.Option("--tables", help="The tables alone, without the pictures.")
    ] = False,
) -> dict:
    """Fetch a data set from its publisher; given again after an interruption, it goes on.

    Its licence is said before anything is downloaded. A file counts when its checksum is right.
    """
    from dermlab.cases.datasets import fetching as room

    if name is None:
        return _listed(into)
    wanted = room.find(name)
    folder = _folder(into, wanted.name)
    console.note(wanted.described())
    with console.progress() as tell:
        fetched = room.fetch(wanted, folder, tables=tables, tell=tell)
    rows = [
        (f.file, size(f.n_bytes), "was there" if f.was_there else "fetched", f.checked)
        for f in fetched
    ]
    steps = room.next_steps(wanted, folder, tables=tables)
    text = [
        (f"{wanted.name} in {folder}", ("file", "size", "", "checksum compared with"), rows),
        *_remarks(fetched, folder),
        "Go on with:",
        *(f"  {step}" for step in steps),
    ]
    about = {"name": wanted.name, "licence": wanted.licence, "page": wanted.page}
    return about | {"folder": str(folder), "files": fetched, "next": steps, "text": text}


def _remarks(fetched: list, folder: Path) -> list[str]:
    """What checksums that nobody published are worth."""
    from dermlab.cases.datasets.downloading import FIRST

    first = [f for f in fetched if f.checked == FIRST]
    if not first:
        return []
    return [
        f"The publisher's checksum of {plural(len(first), 'file')} is not known: that of this "
        f"first time is recorded beside it in {folder} (.sha256), and compared from now on."
    ]


def _listed(into: Path | None) -> dict:
    from dermlab.cases.datasets import fetching as room

    sets = [
        {
            "name": wanted.name,
            "size": room.sizes(wanted) if wanted.is_public() else "by agreement",
            "licence": wanted.licence,
            "terms": room.TERMS[wanted.licence],
            "page": wanted.page,
            "there": room.there(wanted, _folder(into, wanted.name)),
        }
        for wanted in room.registry().values()
    ]
    columns = ("name", "size", "licence", "terms", "there")
    rows = [[each[column] for column in columns] for each in sets]
    where = into or "folders of these names here"
    text = [
        (f"What can be fetched, and what is there ({where})", columns, rows),
        "dermlab fetch NAME fetches one.",
    ]
    return {"datasets": sets, "text": text}


def _folder(into: Path | None, name: str) -> Path:
    """Where the files of a data set stand; InputError for what is no folder."""
    folder = Path(name) if into is None else into
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: let --into name a folder.")
    return folder
