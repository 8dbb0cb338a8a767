"""The command `dermlab`: files in, files out. Every command calls a room and prints what it says.

What the process promises (exit statuses, one object on stdout, whole files) is in `console`.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dermlab import console
from dermlab.errors import InputError
from dermlab.text import interval, listing, number, percent, plural

app = typer.Typer(
    add_completion=False,
    help="Teaches and reproduces Esteva et al. 2017, Dermatologist-level classification of skin "
    "cancer with deep neural networks. Every command has --help.",
)
reads_app = typer.Typer(help="The class's decisions: one row a reader and image.")
app.add_typer(reads_app, name="reads")

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A cases CSV, a publisher's metadata file, or a folder with one sub-folder a class.",
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
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit status; without arguments it prints its help."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    return console.run(
        lambda: app(arguments or ["--help"], prog_name="dermlab", standalone_mode=False)
    )


@app.command()
def doctor(as_json: JsonOption = False) -> int:
    """Say what is installed, what the machine offers, and what is missing; exit 1 if a need is."""
    from dermlab.course import doctor as room

    console.note("looking at the machine (the backend takes some seconds to start)")
    findings = room.examine()
    missing = [finding for finding in findings if not finding.good]
    if as_json:
        console.print_json({"good": not missing, "findings": findings})
    else:
        rows = [(f.what, f.found, "good" if f.good else f"MISSING: {f.fix}") for f in findings]
        console.print_table("What dermlab finds here", ("what", "found", "verdict"), rows)
        names = listing([finding.what for finding in missing], n=len(missing))
        print(f"Missing: {names}." if missing else "All needs are met.")
    return console.FINDING if missing else console.GOOD


@app.command()
def course(
    profile: Annotated[
        str | None, typer.Option(help="classroom, laptop or paper.", show_default=False)
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Numbers of notebooks, as in 03,07.", show_default=False)
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Re-use nothing.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Run the notebooks and build build/site, build/report.html and build/report.json."""
    from dermlab.course import profiles, report, site

    if profile is not None:
        os.environ[profiles.VARIABLE] = profiles.get(profile).name
    name = profiles.current().name
    names = _names(only)
    if only is not None and not names:
        raise InputError(f"--only {only!r} names no notebook: give numbers, as in 03,07.")
    folder = _notebooks()
    build = folder.parent / "build"
    console.note(f"course, profile {name}: {folder} to {build}")
    with console.progress() as tell:
        results = site.run(
            only=names, fresh=fresh, notebooks=folder, out=build / "site", progress=tell
        )
    written = [*report.write(build), site.build_index(results, build / "site")]
    failed = [result for result in results if result["status"] == "failed"]
    if as_json:
        files = [str(path) for path in written]
        console.print_json({"profile": name, "notebooks": results, "written": files})
    else:
        rows = [
            (r["name"], r["status"], f"{r['seconds']} s", f"{r['peak_mb']} MB") for r in results
        ]
        console.print_table("Notebooks", ("notebook", "status", "time", "memory"), rows)
        print(f"Written: {listing(written, len(written))}.")
    reused = [result["name"] for result in results if result["status"] == "reused"]
    if reused:
        console.note(f"re-used, nothing had changed: {listing(reused, len(reused))}")
    for result in failed:
        console.note(f"{result['name']} failed: {result['error']}")
    return console.FINDING if failed else console.GOOD


@app.command()
def cases(
    source: SourceArgument,
    out: OutOption,
    set_aside: Annotated[
        Path | None,
        typer.Option(help="Where rows that cannot be read go, each with its reason."),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Read SOURCE as a table of cases, one row an image, each disease a node of the taxonomy."""
    from dermlab.cases import sources, table, tasks, taxonomy

    place, aside = console.target(out, source), console.target(set_aside, source)
    if place == aside:
        raise InputError(f"--out and --set-aside are one file ({out}): give them two.")
    tree = taxonomy.load_tree()
    good, rejected = sources.read(source, tree=tree)
    files = {place: good}
    if aside is None:
        table.refuse(rejected, source)
    else:
        files[aside] = rejected.reset_index(names="row")
    console.write_tables(files)
    result = {
        "images": len(good),
        "lesions": _count(good, "lesion_id"),
        "patients": _count(good, "patient_id"),
        "diseases": _count(good, "disease"),
        "set_aside": len(rejected),
        "tasks": {
            name: tasks.usable(tasks.get(name, tree=tree), good).to_dict() for name in tasks.NAMES
        },
    }
    if as_json:
        console.print_json(result)
        return console.GOOD
    print(f"{out}: {_cases_sentence(result)}")
    rows = [(name, _classes_sentence(usable)) for name, usable in result["tasks"].items()]
    console.print_table("Usable images a task", ("task", "images"), rows)
    if len(rejected):
        print(f"{set_aside}: {plural(len(rejected), 'row')} set aside, each with its reason.")
    return console.GOOD


@app.command()
def partition(
    cases: CasesArgument,
    taxonomy: Annotated[
        Path | None,
        typer.Option(help="A tree of your own: CSV of child, parent, n.", show_default=False),
    ] = None,
    max_class_size: Annotated[
        int | None,
        typer.Option(
            min=1, help="Most images a class; default: the profile's.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Divide the taxonomy into training classes of at most N images, as counted in CASES."""
    from dermlab.cases import sources
    from dermlab.cases import taxonomy as room
    from dermlab.course import profiles

    tree = room.load_tree(taxonomy)
    rows = sources.read_cases(cases, tree=tree)
    profile = profiles.current()
    boundary = max_class_size or profile.boundary(len(rows))
    chosen_by = "asked for" if max_class_size else f"the default of profile {profile.name}"
    classes = room.training_classes(room.count_images(tree, rows), boundary)
    console.note(f"at most {plural(boundary, 'image')} a class ({chosen_by})")
    if as_json:
        columns = ["name", "n_images", "diseases"]
        listed = classes[columns].to_dict("records")
        console.print_json({"classes": listed, "max_class_size": boundary, "images": len(rows)})
        return console.GOOD
    title = f"{plural(len(classes), 'training class', 'training classes')} of {len(rows):,} images"
    shown = [(c.name, f"{c.n_images:,}", listing(c.diseases, n=4)) for c in classes.itertuples()]
    console.print_table(title, ("class", "images", "diseases"), shown)
    return console.GOOD


@app.command()
def split(
    cases: CasesArgument,
    out: OutOption,
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="How many; default: the profile's, 9.", show_default=False),
    ] = None,
    test: Annotated[float, typer.Option(help="Share of images set aside as fold -1.")] = 0.0,
    by: Annotated[str, typer.Option(help="Ids that tie images.")] = "patient_id,lesion_id",
    pairs: PairsOption = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1)] = 0,
    as_json: JsonOption = False,
) -> int:
    """Divide CASES into stratified folds that tear no patient, lesion or near-duplicate apart."""
    from dermlab.cases import sources, splits
    from dermlab.course import profiles

    place = console.target(out, cases, pairs)
    n_folds = folds or profiles.current().folds
    rows, ids = sources.read_cases(cases), _names(by)
    table = splits.with_test_part(
        rows, test=test, n_folds=n_folds, by=ids, pairs=_read_csv(pairs), seed=seed
    )
    console.write_tables({place: table})
    for column in ids:
        unknown = int(rows[column].isna().sum())
        if unknown:
            console.note(
                f"warning: {column} is unknown for {unknown:,} of {plural(len(rows), 'image')}, "
                "which it cannot tie."
            )
    in_test = int((table["fold"] == splits.TEST).sum())
    result = {
        "images": len(table),
        "groups": int(table["group_id"].nunique()),
        "folds": [int((table["fold"] == fold).sum()) for fold in range(n_folds)],
        "test": {"images": in_test, "share": in_test / len(table), "asked": test},
    }
    if as_json:
        console.print_json(result)
        return console.GOOD
    sizes = listing([f"{n:,}" for n in result["folds"]], n_folds)
    in_groups = f"{plural(len(table), 'image')} in {plural(result['groups'], 'group')}"
    print(f"{out}: {in_groups}; images a fold: {sizes}.")
    if test:
        share = (
            f"{percent(in_test / len(table), 2)} of the images, where {percent(test, 2)} was asked"
        )
        print(f"Test part (fold -1): {plural(in_test, 'image')}, {share}.")
    return console.GOOD


@app.command()
def leaks(
    cases: CasesArgument,
    split: Annotated[str, typer.Argument(metavar="SPLIT", help="CSV of image_id and fold.")],
    pairs: PairsOption = None,
    as_json: JsonOption = False,
) -> int:
    """Count patients, lesions and pairs that stand on two sides of SPLIT; exit 1 if any does."""
    from dermlab.cases import sources, splits

    table = sources.read_cases(cases)
    found = splits.leaks(table, _read_csv(split), pairs=_read_csv(pairs))
    if as_json:
        console.print_json(found)
    else:
        print("\n".join(splits.describe_leaks(found, len(table))))
    straddling = any(counts and counts["straddling"] for counts in found.values())
    return console.FINDING if straddling else console.GOOD


@app.command()
def score(
    predictions: Annotated[
        str, typer.Argument(metavar="PREDICTIONS", help="Probabilities, or an ISIC file.")
    ],
    truth: Annotated[
        str, typer.Argument(metavar="TRUTH", help="Any SOURCE, or an ISIC one-hot file.")
    ],
    task: Annotated[
        str, typer.Option(help="three-way, nine-way, malignant, ... or A:B.", show_default=False)
    ],
    cases: Annotated[str | None, typer.Option(help="Cases that name patients and lesions.")] = None,
    reads: Annotated[
        str | None, typer.Option(help="Reads of the same images: the readers as points.")
    ] = None,
    label_source: Annotated[
        str | None, typer.Option(help="Score these labels only, as in biopsy.")
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Score the images that both files hold.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Score PREDICTIONS against TRUTH; intervals are clustered where patients or lesions repeat."""
    from dermlab.evaluation import predictions as room

    result = room.score(
        predictions,
        truth,
        task=task,
        cases=cases,
        reads=reads,
        label_source=label_source,
        allow_missing=allow_missing,
    )
    if as_json:
        console.print_json(result)
        return console.GOOD
    points = result.pop("readers", [])
    rows = [(name.replace("_", " "), _shown(value)) for name, value in result.items()]
    console.print_table(f"{predictions} against {truth}", ("what", "value"), rows)
    if points:
        cells = [[_shown(value) for value in point.values()] for point in points]
        console.print_table("Readers", points[0], cells)
    return console.GOOD


@reads_app.command("merge")
def reads_merge(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="The readers' files.")],
    out: OutOption,
    as_json: JsonOption = False,
) -> int:
    """Join the readers' files; damaged ones go to OUT.set-aside.csv, and then the exit is 1."""
    import pandas as pd

    from dermlab.evaluation import readers

    place = console.target(out, *files)
    aside = console.target(Path(f"{out}.set-aside.csv"), *files)
    reads, damaged = readers.merge_reads(files)
    if len(damaged):
        console.write_tables({place: reads, aside: damaged})
    else:
        console.write_tables({place: reads})
        aside.unlink(missing_ok=True)  # what an earlier merge left there is no longer true
    for row in damaged.itertuples():
        line = "" if pd.isna(row.row) else f", line {row.row:.0f}"
        console.note(f"set aside: {row.file}{line}: {row.reason}")
    result = {
        "reads": len(reads),
        "readers": int(reads["reader_id"].nunique()),
        "files": len(files),
        "set_aside": len(damaged),
    }
    if as_json:
        console.print_json(result)
    else:
        read = f"{plural(len(reads), 'read')} of {plural(result['readers'], 'reader')}"
        kept = f"; {plural(len(damaged), 'row')} in {out}.set-aside.csv" if len(damaged) else ""
        print(f"{out}: {read} from {plural(len(files), 'file')}{kept}.")
    return console.FINDING if len(damaged) else console.GOOD


def _names(text: str | None) -> tuple[str, ...]:
    """``"03, 07" -> ("03", "07")``; an option that was not given has no names."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _read_csv(path: str | Path | None):
    """A small table that some room checks; InputError for rows that are none."""
    from dermlab.cases import table

    if path is None:
        return None
    rows, rejected = table.read_csv(path)
    table.refuse(rejected, str(path))
    return rows


def _notebooks() -> Path:
    """The folder of notebooks: beside the package, as in a checkout, else in this folder."""
    import dermlab

    beside = Path(dermlab.__file__).parents[1] / "notebooks"
    return beside if beside.is_dir() else Path("notebooks").resolve()


def _count(table, column: str) -> int | None:
    """How many different ids; None where the table has none, since unknown is not zero."""
    known = table[column].dropna()
    return int(known.nunique()) if len(known) else None


def _cases_sentence(result: dict) -> str:
    counts = [plural(result["images"], "image")]
    for column in ("lesion", "patient", "disease"):
        n = result[f"{column}s"]
        counts.append(f"{column}s unknown" if n is None else plural(n, column))
    return f"{', '.join(counts)}."


def _classes_sentence(usable: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in usable.items())


def _shown(value: object) -> str:
    """A result as a person reads it: an estimate with its bounds, a count, a name."""
    if isinstance(value, dict) and {"estimate", "low", "high"} <= set(value):
        bounds = interval(value["estimate"], value["low"], value["high"])
        return f"{bounds}, {value['method']}" if "method" in value else bounds
    if isinstance(value, dict):
        parts = [f"{name.replace('_', ' ')} {_shown(item)}" for name, item in value.items()]
        return "; ".join(parts)
    return value if isinstance(value, str) else number(value)
