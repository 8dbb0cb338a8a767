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
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="classroom, laptop or paper.", show_default=False),
]
MaxClassSizeOption = Annotated[
    int | None,
    typer.Option(
        "--max-class-size",
        min=1,
        help="Most images a class; default: the profile's.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="compact or inception_v3.", show_default=False)
]
WeightsOption = Annotated[
    str | None,
    typer.Option("--weights", help="shipped, imagenet, none or a file.", show_default=False),
]
SizeOption = Annotated[
    int | None, typer.Option("--size", min=1, help="Pixels a side.", show_default=False)
]
EpochsOption = Annotated[
    int | None, typer.Option("--epochs", min=1, help="Default: the recipe's.", show_default=False)
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def comma_separated(text: str | None) -> tuple[str, ...]:
    """``"03, 07" -> ("03", "07")``; an option that was not given has no names."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
