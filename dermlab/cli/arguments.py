"""The arguments and options that several commands share."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dermlab.lessons.profiles import Profile
    from dermlab.network.runs import Setup

option = functools.partial(typer.Option, show_default=False)  # None says nothing to a reader
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
OutOption = Annotated[Path, option("--out", help="The file to write.")]
PairsOption = Annotated[
    Path | None,
    typer.Option("--pairs", help="CSV of near-duplicates: image_id_a, image_id_b, distance."),
]
TaxonomyOption = Annotated[
    Path | None,
    option("--taxonomy", help="A tree of your own: CSV of child and parent, a row a node."),
]
ImagesHelp = "Folder or zip of pictures, of any depth (may be repeated), dermamnist.npz, or clinic."
MissingOption = Annotated[
    bool, typer.Option("--allow-missing", help="Go on without pictures that are not there.")
]
ProfileOption = Annotated[str | None, option("--profile", help="classroom, laptop or paper.")]
MaxClassSizeOption = Annotated[
    int | None,
    option("--max-class-size", min=1, help="Most images a class; default: the profile's."),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@dataclass(frozen=True, kw_only=True)
class BuildSettings:
    """How a network is built and trained, as typed; None is the profile's value."""

    profile: ProfileOption = None
    model: Annotated[str | None, option(help="compact, efficientnet_lite0 or inception_v3.")] = None
    weights: Annotated[
        str | None,
        option(help="shipped (compact), imagenet, none or a file; default: the model's own."),
    ] = None
    size: Annotated[int | None, option(min=1, help="Pixels a side.")] = None
    epochs: Annotated[int | None, option(min=1, help="Default: the recipe's.")] = None
    batch_size: Annotated[
        int | None, option(min=1, help="Pictures a step; default: the recipe's, 32.")
    ] = None
    seed: SeedOption = 0

    def chosen(self, **more: str | int | None) -> "Profile":
        """The profile with every value that was typed put in place; ``more``: further fields."""
        from dermlab.lessons import profiles

        names = ("model", "weights", "size", "epochs", "batch_size")
        return profiles.chosen(self.profile, **{n: getattr(self, n) for n in names}, **more)

    def setup(self, profile: "Profile") -> "Setup":
        """What the trainings of one run share."""
        from dermlab.network import runs

        return runs.Setup(
            profile.model,
            profile.size,
            profile.weights,
            profile.recipe,
            self.seed,
            profile.precision,
        )


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(BuildSettings):
    """The same for pictures with a table of cases, whose classes may be divided by size."""

    max_class_size: MaxClassSizeOption = None
    allow_missing: MissingOption = False

    def chosen(self, **more: str | int | None) -> "Profile":
        """As of `BuildSettings`, with the largest training class."""
        return super().chosen(max_class_size=self.max_class_size, **more)


def comma_separated(text: str | None) -> tuple[str, ...]:
    """``"03, 07" -> ("03", "07")``; an option that was not given has no names."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
