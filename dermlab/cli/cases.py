"""The cases: read as one table, divided into training classes and folds, searched for leaks."""

from pathlib import Path
from typing import Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import (
    CasesArgument,
    ImagesHelp,
    JsonOption,
    MaxClassSizeOption,
    MissingOption,
    OutOption,
    PairsOption,
    SeedOption,
    SourceArgument,
    comma_separated,
)
from dermlab.errors import InputError
from dermlab.text import listing, percent, plural


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

    read = [source, *sources.also_read(source)]
    place, aside = console.target(out, *read), console.target(set_aside, *read)
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


def partition(
    cases: CasesArgument,
    taxonomy: Annotated[
        Path | None,
        typer.Option(help="A tree of your own: CSV of child, parent, n.", show_default=False),
    ] = None,
    max_class_size: MaxClassSizeOption = None,
    as_json: JsonOption = False,
) -> int:
    """Divide the taxonomy into training classes of at most N images, as counted in CASES."""
    from dermlab.cases import sources
    from dermlab.cases import taxonomy as room
    from dermlab.lessons import profiles

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
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> int:
    """Divide CASES into stratified folds that tear no patient, lesion or near-duplicate apart."""
    from dermlab.cases import sources, splits
    from dermlab.lessons import profiles

    place = console.target(out, cases, pairs, *sources.also_read(cases))
    n_folds = folds or profiles.current().folds
    ids = comma_separated(by)
    if not ids:
        raise InputError(f"--by {by!r} names no id: give {', '.join(splits.BY)}.")
    rows = sources.read_cases(cases)
    table = splits.with_test_part(
        rows, test=test, n_folds=n_folds, by=ids, pairs=_read_pairs(pairs), seed=seed
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


def leaks(
    cases: CasesArgument,
    split: Annotated[str, typer.Argument(metavar="SPLIT", help="CSV of image_id and fold.")],
    pairs: PairsOption = None,
    as_json: JsonOption = False,
) -> int:
    """Count patients, lesions and pairs that stand on two sides of SPLIT; exit 1 if any does."""
    from dermlab.cases import sources, splits
    from dermlab.cases import table as room

    table = sources.read_cases(cases)
    rows, rejected = room.read_csv(split)
    room.refuse(rejected, split)
    found = splits.leaks(table, rows, pairs=_read_pairs(pairs))
    if as_json:
        console.print_json(found)
    else:
        print("\n".join(splits.describe_leaks(found, len(table))))
    straddling = any(counts and counts["straddling"] for counts in found.values())
    return console.FINDING if straddling else console.GOOD


def duplicates(
    cases: CasesArgument,
    images: Annotated[list[str], typer.Option(help=ImagesHelp, show_default=False)],
    out: OutOption,
    size: Annotated[
        int, typer.Option(min=4, max=32, help="Pixels a side of the thumbnails compared.")
    ] = 16,
    threshold: Annotated[
        float, typer.Option(help="Largest distance of a pair; 0 finds equal pictures only.")
    ] = 0.26,
    allow_missing: MissingOption = False,
    as_json: JsonOption = False,
) -> int:
    """Find near-duplicate pictures of CASES, as pairs for --pairs of split and leaks.

    Photographs of one lesion that differ in zoom, place or turn are mostly not found.
    """
    from dermlab.cases import duplicates as room
    from dermlab.cases import sources, splits
    from dermlab.network import pictures

    place = console.target(out, cases, *sources.also_read(cases))
    rows = sources.read_cases(cases)
    found = pictures.of_cases(rows, images, size, allow_missing=allow_missing, show=True)
    features = room.thumbnails(found.pixels)
    pairs = room.near_pairs(features, found.image_ids, threshold=threshold)
    console.write_tables({place: pairs})
    sizes = splits.groups(rows, by=(), pairs=pairs).value_counts()
    result = {
        "images": len(found.image_ids),
        "missing": len(rows) - len(found.image_ids),
        "one_colour": int(room.without_structure(features).sum()),
        "size": size,
        "threshold": threshold,
        "pairs": len(pairs),
        "identical": int((pairs["distance"] == 0).sum()),
        "groups": int((sizes > 1).sum()),
        "images_in_groups": int(sizes[sizes > 1].sum()),
        "across_lesions": room.across(pairs, rows, "lesion_id"),
    }
    for name, why in (("missing", "missing or unreadable"), ("one_colour", "of a single colour")):
        if result[name]:
            console.note(f"warning: {plural(result[name], 'picture')} {why}, not compared.")
    if as_json:
        console.print_json(result)
        return console.GOOD
    joined = f"{plural(result['images_in_groups'], 'image')} in {plural(result['groups'], 'group')}"
    equal = f"{result['identical']:,} at distance 0"
    print(f"{out}: {plural(len(pairs), 'pair')} of {len(rows):,} images ({equal}); {joined}.")
    if result["across_lesions"] is None:
        print("Which pairs are of one lesion is not known (too few lesion ids).")
    else:
        print(f"Pairs across two lesion ids: {result['across_lesions']:,}; look at them.")
    return console.GOOD


def _read_pairs(path: Path | None):
    """The pairs as they stand in the file; a search that found none leaves a file without rows."""
    from dermlab.cases import table

    if path is None:
        return None
    rows, rejected = table.read_csv(path, may_be_empty=True)
    table.refuse(rejected, str(path))
    return rows


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
