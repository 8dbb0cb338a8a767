"""The report: the paper's figures beside what finished runs, or the course's tables, give."""

from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import JsonOption, OutOption
from dermlab.errors import InputError
from dermlab.text import plural


def report(
    out: OutOption,
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Folders of finished runs of dermlab train.",
            show_default=False,
        ),
    ] = None,
    cases: Annotated[
        str | None,
        typer.Option(
            help="The cases of the runs (any SOURCE): their scored images are judged.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Set the paper and finished RUNs side by side on one page; without RUN, the course's report.

    Exit 2 for a folder that holds no finished run.
    """
    from dermlab.lessons import report as room
    from dermlab.lessons import run_report, site

    folders = list(dict.fromkeys(runs or []))
    if cases is not None and not folders:
        raise InputError("--cases judges runs: name their folders, or leave it out.")
    place = console.target(out, cases)
    if folders:
        parts, page = run_report.of_runs(folders, cases)
    else:
        parts, page = room.of_course(site.checkout() / "site" / "report.csv")
    room.write_whole(place, page)
    if as_json:
        console.print_json(room.as_json(parts) | {"out": str(out)})
        return console.GOOD
    for heading, rows in parts.items():
        cells = [(row.name, row.published, row.here, row.kind) for row in rows]
        console.print_table(heading, ("", "published", "here", "mark"), cells)
    print(
        f"{out}: {plural(len(folders), 'run')} beside the paper." if folders else f"{out}: written."
    )
    return console.GOOD
