"""One's own pictures, of anything: from a folder to a network, its scores and its card."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import BuildSettings, option
from dermlab.text import plural


@dataclass(frozen=True, kw_only=True)
class OwnSettings(BuildSettings):
    """The options of `own`."""

    out: Annotated[Path, option("--out", help="The folder of all results; made if missing.")]
    ids: Annotated[
        Path | None,
        option(help="CSV of picture (its place in FOLDER) and group (who or what it shows)."),
    ] = None
    steps: Annotated[
        int | None, option(min=1, help="Steps an epoch; default: by the number of pictures.")
    ] = None


def own(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder with one sub-folder a class.")
    ],
    settings: OwnSettings,
) -> dict:
    """Train a network on FOLDER's pictures, of anything; measure it, and leave a report in --out.

    Writes report.html, model_card.md, roc.png, confusion.png, saliency.png, problems.csv (every
    file left out, and why), tables and networks. Given again, it goes on where it was broken off.
    """
    import matplotlib

    matplotlib.use("Agg")
    from dermlab.lessons import own_report, own_run

    profile = settings.chosen(default="laptop")
    console.note("starting the backend (some seconds)")
    asked = {"ids": settings.ids, "steps": settings.steps, "tell": console.note}
    check, answers = own_run.run(folder, settings.out, settings.setup(profile), **asked)
    left_out = check.problems.to_dict("records")
    rows = own_report.of_classes(answers)
    text: list = [("Each picture by a network that had not seen it", own_report.HEADS, rows)]
    text += own_report.results(answers)
    if left_out:
        text.append(f"{settings.out / own_run.PROBLEMS}: {plural(len(left_out), 'file')} left out.")
    text.append(f"{settings.out / own_report.FILE}: the report; model_card.md has blanks for you.")
    return {
        "images": len(check.cases),
        "classes": check.classes.to_dict(),
        "left_out": left_out,
        "score": answers.score,
        "one_vs_rest": answers.of_classes.to_dict("records"),
        "out": str(settings.out),
        "text": text,
    }
