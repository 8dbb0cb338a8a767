"""The report: the paper's figures beside what finished runs, or the course's tables, give."""

from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import OutOption, option
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
    images: Annotated[
        list[str] | None,
        option(help="With --cases: show the worst mistakes too. Folder or zip, or clinic."),
    ] = None,
) -> dict:
    """Set the paper and finished RUNs side by side on one page; without RUN, the course's report.

    With --cases the page shows curves, confusions and calibration as pictures, too. Exit 2 for a
    folder that holds no finished run.
    """
    import matplotlib

    matplotlib.use("Agg")
    from dermlab.lessons import course_report, run_report, site
    from dermlab.lessons import report as room

    folders = list(dict.fromkeys(runs or []))
    if cases is not None and not folders:
        raise InputError("--cases judges runs: name their folders, or leave it out.")
    if images and cases is None:
        raise InputError("--images shows the mistakes of runs: give --cases, which tell them.")
    place = console.target(out, cases)
    if folders:
        parts, page = run_report.of_runs(folders, cases, images or [])
    else:
        parts, page = course_report.of_course(site.checkout() / "site" / "report.csv")
    room.write_whole(place, page)
    text = [
        (
            heading,
            ("", "published", "here", "mark"),
            [(row.name, row.published, row.here, row.kind) for row in rows],
        )
        for heading, rows in parts.items()
    ]
    last = f"{plural(len(folders), 'run')} beside the paper." if folders else "written."
    return room.as_json(parts) | {"out": str(out), "text": [*text, f"{out}: {last}"]}
