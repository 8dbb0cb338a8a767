"""The arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A cases CSV, a publisher's metadata file, a folder with one sub-folder a class, or "
        "clinic:N_PATIENTS:SEED.",
    ),
]
CasesArgument = Annotated[
    str, typer.Argument(metavar="CASES", help="A cases CSV, or any SOURCE of `dermlab cases`.")
]
OutOption = Annotated[Path, typer.Option("--out", help="The file to write.", show_default=False)]
PairsOption = Annotated[
    Path | None,
    typer.Option("--pairs", help="CSV of near-duplicates: image_id_a, image_id_b, distance."),
]
ImagesHelp = "A folder or zip of pictures, searched at any depth (may be repeated), or clinic."
MissingOption = Annotated[
    bool, typer.Option("--allow-missing", help="Go on without pictures that are not there.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def comma_separated(text: str | None) -> tuple[str, ...]:
    """``"03, 07" -> ("03", "07")``; an option that was not given has no names."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
