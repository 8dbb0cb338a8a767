"""The cases: read as one table, divided into training classes and folds, searched for leaks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dermlab.cli import console
from dermlab.cli.arguments import (
    CasesArgument,
    ImagesHelp,
    MaxClassSizeOption,
    MissingOption,
    OutOption,
    PairsOption,
    SeedOption,
    SourceArgument,
    TaxonomyOption,
    comma_separated,
    option,
)
from dermlab.errors import InputError
from dermlab.text import listing, percent, plural

if TYPE_CHECKING:
    from pandas import DataFrame

    from dermlab.cases.reading import Reading


def cases(
    source: SourceArgument,
    out: OutOption,
    set_aside: Annotated[
        Path | None, typer.Option(help="Where rows that cannot be read go, each with its reason.")
    ] = None,
    classes: Annotated[
        str | None, option(help="own: the labels are classes by themselves, and no nodes.")
    ] = None,
    names: Annotated[
        Path | None, option("--map", help="CSV of label and node: what the labels mean.")
    ] = None,
    columns: Annotated[
        str | None, option(help="What a table calls its columns, as in image_id=file,disease=dx.")
    ] = None,
    taxonomy: TaxonomyOption = None,
) -> dict:
    """Read SOURCE as a table of cases, one row an image, each disease a node of the taxonomy.

    With --classes own the labels are kept as they are, be they diseases or not; with --taxonomy
    they are nodes of that tree, and the table says that its classes are its own.
    """
    from dermlab.cases import duplicates, folders, own, parts, sources, tasks

    read = [source, *(path for path in (names, taxonomy) if path), *sources.also_read(source)]
    place, aside = console.target(out, *read), console.target(set_aside, *read)
    if place == aside:
        raise InputError(f"--out and --set-aside are one file ({out}): give them two.")
    tree = own.given_tree(taxonomy)
    reading = _reading(classes, names, columns, tree)
    good, rejected = sources.read(source, tree=tree, reading=reading)
    if tree is not None:
        good = good.assign(**{own.COLUMN: own.OWN})
    is_folder = Path(source).is_dir()
    two = sources.two_diseases(good) if is_folder else []
    if aside is None:
        sources.refuse(rejected, source, tree=tree, reading=reading)
    else:
        good, rejected = sources.without_contradictions(good, rejected, two)
    kept = {} if aside is None else {aside: rejected.reset_index(names="row")}
    console.write_tables(({place: good} if len(good) else {}) | kept)
    if good.empty:
        raise InputError(
            f"No row of {source} can be used, so {out} is not written: {set_aside} has its "
            f"{plural(len(rejected), 'row')}, each with its reason; correct them there."
        )
    nodes = own.tree_of(good, given=tree)
    result = {
        "images": len(good),
        "lesions": _count(good, "lesion_id"),
        "patients": _count(good, "patient_id"),
        "diseases": _count(good, "disease"),
        "set_aside": len(rejected),
        "tasks": {
            name: tasks.usable(tasks.get(name, tree=nodes), good).to_dict()
            for name in tasks.askable(nodes)
        },
    }
    result["not_read"] = folders.not_read(source) if is_folder else []
    result["two_diseases"] = two
    result["across_parts"] = parts.across(good) if is_folder else []
    rows = [(name, _classes_sentence(usable)) for name, usable in result["tasks"].items()]
    text = [f"{out}: {_cases_sentence(result)}", ("Usable images a task", ("task", "images"), rows)]
    if len(rejected):
        text.append(f"{set_aside}: {plural(len(rejected), 'row')} set aside, each with its reason.")
    text.append(folders.describe(result["not_read"], source))
    if two:
        left = "set aside, all copies" if aside else "all kept; --set-aside takes them out"
        console.note(f"warning: {duplicates.describe_two(two)} They are {left}.")
    text.append(_across_sentence(result["across_parts"]))
    return result | {"text": [item for item in text if item]}


def _reading(
    classes: str | None, names: Path | None, columns: str | None, tree: "DataFrame | None"
) -> "Reading":
    """What the options say of the source's columns and labels."""
    from dermlab.cases import own, reading, taxonomy

    if classes not in (None, own.OWN):
        raise InputError(f"--classes is {own.OWN!r} or left out, not {classes!r}.")
    if classes and names:
        raise InputError("--classes own keeps the labels and --map translates them: give one.")
    if classes and tree is not None:
        raise InputError("--classes own needs no tree, and --taxonomy gives one: give one of both.")
    tree = taxonomy.load_tree() if tree is None else tree
    nodes = {} if names is None else reading.read_nodes(names, tree)
    return reading.Reading(reading.read_columns(columns), nodes, classes is not None)


def partition(
    cases: CasesArgument,
    taxonomy: TaxonomyOption = None,
    max_class_size: MaxClassSizeOption = None,
) -> dict:
    """Divide the taxonomy into training classes of at most N images, as counted in CASES."""
    from dermlab.cases import own, sources
    from dermlab.cases import taxonomy as room
    from dermlab.lessons import profiles

    given = own.given_tree(taxonomy)
    rows = sources.read_cases(cases, tree=given)
    profile, is_own = profiles.current(), own.is_own(rows) and given is None
    boundary = max_class_size or (1 if is_own else profile.boundary(len(rows)))
    chosen_by = "asked for" if max_class_size else f"the default of profile {profile.name}"
    tree = own.tree_of(rows, given=given)
    classes = room.training_classes(room.count_images(tree, rows), boundary)
    limit = f"at most {plural(boundary, 'image')} a class ({chosen_by})"
    console.note("classes of one's own, one each" if is_own and not max_class_size else limit)
    title = f"{plural(len(classes), 'training class', 'training classes')} of {len(rows):,} images"
    shown = [(c.name, f"{c.n_images:,}", listing(c.diseases, n=4)) for c in classes.itertuples()]
    return {
        "classes": classes[["name", "n_images", "diseases"]].to_dict("records"),
        "max_class_size": boundary,
        "images": len(rows),
        "text": [(title, ("class", "images", "diseases"), shown)],
    }


def classes(
    word: Annotated[
        str | None, typer.Argument(metavar="[WORD]", help="Only nodes whose name holds it.")
    ] = None,
) -> dict:
    """List the taxonomy's nodes, each with the nodes above it and Fitzpatrick17k's images."""
    from dermlab.cases import taxonomy

    tree = taxonomy.load_tree()
    named = tree["child"].str.contains(word or "", case=False, regex=False)
    if not named.any():
        raise InputError(
            f"No node's name holds {word!r}{taxonomy.nearest(word, tree['child'])}; `dermlab "
            "classes` lists all, and --classes own needs none."
        )
    nodes = [
        {
            "node": node,
            "above": taxonomy.lineage(tree, node)[1:],
            "level": None if isinstance(level, float) else level,
            "images": int(n),
        }
        for node, level, n in tree.loc[named, ["child", "level", "n"]].itertuples(index=False)
    ]
    rows = [(x["node"], " < ".join(x["above"][:-1]), f"{x['images']:,}") for x in nodes]
    title = f"{plural(len(nodes), 'node')} of the taxonomy"
    return {"nodes": nodes, "text": [(title, ("node", "below", "images of it alone"), rows)]}


def split(
    cases: CasesArgument,
    out: OutOption,
    folds: Annotated[int | None, option(min=2, help="How many; default: the profile's, 9.")] = None,
    test: Annotated[float, typer.Option(help="Share of images set aside as fold -1.")] = 0.0,
    by: Annotated[str, typer.Option(help="Ids that tie images.")] = "patient_id,lesion_id",
    by_part: Annotated[
        bool, typer.Option("--by-part", help="Keep a publisher's test part as fold -1.")
    ] = False,
    pairs: PairsOption = None,
    seed: SeedOption = 0,
) -> dict:
    """Divide CASES into stratified folds that tear no patient, lesion or near-duplicate apart."""
    from dermlab.cases import parts, sources, splits
    from dermlab.lessons import profiles

    place = console.target(out, cases, pairs, *sources.also_read(cases))
    n_folds = folds or profiles.current().folds
    ids = comma_separated(by)
    if not ids:
        raise InputError(f"--by {by!r} names no id: give {', '.join(splits.BY)}.")
    if by_part and test:
        raise InputError("--test draws a test part and --by-part keeps a publisher's: give one.")
    rows, asked = sources.read_cases(cases), {"n_folds": n_folds, "by": ids, "seed": seed}
    asked["pairs"] = _read_pairs(pairs)
    if by_part:
        table = parts.keep(rows, **asked)
    else:
        table = splits.with_test_part(rows, test=test, **asked)
    console.write_tables({place: table})
    _warn_of_unknown(rows[list(ids)])
    in_test = int((table["fold"] == splits.TEST).sum())
    result = {
        "images": len(table),
        "groups": int(table["group_id"].nunique()),
        "folds": [int((table["fold"] == fold).sum()) for fold in range(n_folds)],
        "test": {"images": in_test, "share": in_test / len(table), "asked": test},
    }
    return result | {"text": _split_sentences(out, result)}


def leaks(
    cases: CasesArgument,
    split: Annotated[str, typer.Argument(metavar="SPLIT", help="CSV of image_id and fold.")],
    pairs: PairsOption = None,
) -> dict:
    """Count patients, lesions and pairs that stand on two sides of SPLIT; exit 1 if any does."""
    from dermlab.cases import sources, splits, table

    rows = sources.read_cases(cases)
    result = splits.leaks(rows, table.read_good_csv(split), pairs=_read_pairs(pairs))
    straddling = any(counts and counts["straddling"] for counts in result.values())
    return result | {"text": splits.describe_leaks(result, len(rows)), "finding": straddling}


def duplicates(
    cases: CasesArgument,
    images: Annotated[list[str], option(help=ImagesHelp)],
    out: OutOption,
    size: Annotated[
        int, typer.Option(min=4, max=32, help="Pixels a side of the thumbnails compared.")
    ] = 16,
    threshold: Annotated[
        float, typer.Option(help="Largest distance of a pair; 0 finds equal pictures only.")
    ] = 0.26,
    allow_missing: MissingOption = False,
) -> dict:
    """Find near-duplicate pictures of CASES, as pairs for --pairs of split and leaks.

    Photographs of one lesion that differ in zoom, place or turn are mostly not found.
    """
    from dermlab.cases import duplicates as room
    from dermlab.cases import sources, splits
    from dermlab.network import picture_report, pictures

    place = console.target(out, cases, *sources.also_read(cases))
    rows = sources.read_cases(cases)
    decoded = pictures.of_cases(rows, images, size, allow_missing=allow_missing, show=True)
    features = room.thumbnails(decoded.pixels)
    pairs = room.near_pairs(features, decoded.image_ids, threshold=threshold)
    console.write_tables({place: pairs})
    sizes = splits.groups(rows, by=(), pairs=pairs).value_counts()
    result = {
        "images": len(decoded.image_ids),
        "missing": len(rows) - len(decoded.image_ids),
        "one_colour": int(room.without_structure(features).sum()),
        "size": size,
        "threshold": threshold,
        "pairs": len(pairs),
        "identical": int((pairs["distance"] == 0).sum()),
        "groups": int((sizes > 1).sum()),
        "images_in_groups": int(sizes[sizes > 1].sum()),
        "across_lesions": room.across(pairs, rows, "lesion_id"),
        "two_diseases": room.pairs_of_two(pairs, rows),
        "left_out": picture_report.left_out(decoded.set_aside),
    }
    if n := result["one_colour"]:
        console.note(f"warning: {plural(n, 'picture')} of a single colour, not compared.")
    return result | {"text": _pairs_sentences(out, result, len(rows))}


def _read_pairs(path: Path | None) -> "DataFrame | None":
    """The pairs as they stand in the file; a search that found none leaves a file without rows."""
    from dermlab.cases import table

    return None if path is None else table.read_good_csv(path, may_be_empty=True)


def _count(table: "DataFrame", column: str) -> int | None:
    """How many different ids; None where the table has none, since unknown is not zero."""
    known = table[column].dropna()
    return int(known.nunique()) if len(known) else None


def _cases_sentence(result: dict) -> str:
    counts = [plural(result["images"], "image")]
    for column in ("lesion", "patient", "disease"):
        n = result[f"{column}s"]
        counts.append(f"{column}s unknown" if n is None else plural(n, column))
    return f"{', '.join(counts)}."


def _across_sentence(across: list[list[str]]) -> str:
    """What stands in two parts of a publisher's division; "" where nothing does."""
    if not across:
        return ""
    some = listing([" = ".join(images) for images in across])
    return (
        f"{plural(len(across), 'picture')} of the same content in two parts of the publisher's "
        f"division: {some}; scores on its test part will flatter."
    )


def _warn_of_unknown(ids: "DataFrame") -> None:
    """A line on stderr for each kind of id that some images lack."""
    for column, unknown in ids.isna().sum().items():
        if unknown:
            console.note(
                f"warning: {column} is unknown for {unknown:,} of {plural(len(ids), 'image')}, "
                "which it cannot tie."
            )


def _split_sentences(out: Path, result: dict) -> list[str]:
    sizes = listing([f"{n:,}" for n in result["folds"]], len(result["folds"]))
    in_groups = f"{plural(result['images'], 'image')} in {plural(result['groups'], 'group')}"
    sentences = [f"{out}: {in_groups}; images a fold: {sizes}."]
    test = result["test"]
    if test["asked"]:
        share = f"{percent(test['share'], 2)} of the images, where {percent(test['asked'], 2)}"
        n = plural(test["images"], "image")
        sentences.append(f"Test part (fold -1): {n}, {share} was asked.")
    return sentences


def _pairs_sentences(out: Path, result: dict, n_images: int) -> list[str]:
    from dermlab.cases import duplicates

    joined = f"{plural(result['images_in_groups'], 'image')} in {plural(result['groups'], 'group')}"
    equal = f"{result['identical']:,} at distance 0"
    of_pairs = f"{plural(result['pairs'], 'pair')} of {n_images:,} images ({equal})"
    across = "Which pairs are of one lesion is not known (too few lesion ids)."
    if result["across_lesions"] is not None:
        across = f"Pairs across two lesion ids: {result['across_lesions']:,}; look at them."
    two = duplicates.describe_two(result["two_diseases"], "pair")
    return [f"{out}: {of_pairs}; {joined}.", across, *([two] if two else [])]


def _classes_sentence(usable: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in usable.items())
