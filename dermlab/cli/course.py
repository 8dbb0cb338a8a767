"""The course: what this machine offers, and the notebooks run into a site and a report."""

import os
from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import ProfileOption, comma_separated
from dermlab.errors import InputError
from dermlab.text import listing


def doctor() -> dict:
    """Say what is installed, what the machine offers, and what is missing; exit 1 if a need is."""
    from dermlab.lessons import doctor as room

    console.note("looking at the machine (the backend takes some seconds to start)")
    findings = room.examine()
    missing = [finding for finding in findings if not finding.good]
    rows = [(f.what, f.found, "good" if f.good else f"MISSING: {f.fix}") for f in findings]
    names = listing([finding.what for finding in missing], n=len(missing))
    verdict = f"Missing: {names}." if missing else "All needs are met."
    text = [("What dermlab finds here", ("what", "found", "verdict"), rows), verdict]
    return {"good": not missing, "findings": findings, "text": text, "finding": bool(missing)}


def course(
    profile: ProfileOption = None,
    only: Annotated[
        str | None, typer.Option(help="Numbers of notebooks, as in 03,07.", show_default=False)
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Re-use nothing.")] = False,
    deeper: Annotated[
        bool, typer.Option("--deeper", help="Run the second sittings (notebooks/deeper) too.")
    ] = False,
) -> dict:
    """Run the notebooks; build build/site (lessons and report) and build/report.json.

    Lessons that do not run keep their pages, from an earlier run or the stored outputs.
    """
    from dermlab import locks
    from dermlab.lessons import profiles, run, site

    if profile is not None:
        os.environ[profiles.VARIABLE] = profiles.get(profile).name
    name = profiles.current().name
    lessons = comma_separated(only)
    if only is not None and not lessons:
        raise InputError(f"--only {only!r} names no notebook: give numbers, as in 03,07.")
    folder = _notebooks()
    run.choose(folder, lessons, deeper=deeper)  # refused before anything is made
    site.check(folder)
    build = folder.parent / "build"
    console.note(f"course, profile {name}: {folder} to {build}")
    with locks.alone(build):
        with console.progress() as tell:
            results = run.run(
                only=lessons,
                fresh=fresh,
                deeper=deeper,
                notebooks=folder,
                out=build / "notebooks",
                progress=tell,
            )
        console.note("building the site")
        written = site.build(folder, build)
    failed = [result for result in results if result["status"] == "failed"]
    reused = [result["name"] for result in results if result["status"] == "reused"]
    if reused:
        console.note(f"re-used, nothing had changed: {listing(reused, len(reused))}")
    for result in failed:
        console.note(f"{result['name']} failed: {result['error']}")
    rows = [(r["name"], r["status"], f"{r['seconds']} s", f"{r['peak_mb']} MB") for r in results]
    table = ("Notebooks", ("notebook", "status", "time", "memory"), rows)
    result = {"profile": name, "notebooks": results, "written": [str(path) for path in written]}
    text = [table, f"Written: {listing(written, len(written))}."]
    return result | {"text": text, "finding": bool(failed)}


def progress() -> dict:
    """Say which exercises of the lessons are done, and which are open."""
    from dermlab.lessons import kept
    from dermlab.lessons import progress as room

    lessons = room.lessons()
    done, still = (sum(len(lesson[what]) for lesson in lessons) for what in ("done", "open"))
    rows = [
        [each["lesson"], *(", ".join(each[w]) or "-" for w in ("done", "open"))] for each in lessons
    ]
    table = ("Exercises", ("lesson", "done", "open"), rows)
    sentence = f"{done} of {done + still} exercises are done; kept in {kept.path()}."
    counts = {"done": done, "open": still, "file": str(kept.path())}
    return {"lessons": lessons} | counts | {"text": [table, sentence]}


def _notebooks() -> Path:
    """The folder of notebooks: beside the package, as in a checkout, else in this folder."""
    import dermlab

    beside = Path(dermlab.__file__).parents[1] / "notebooks"
    return beside if beside.is_dir() else Path("notebooks").resolve()
