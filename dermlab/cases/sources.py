"""Where cases come from: a table, a publisher's file, a folder of classes, the virtual clinic."""

import os
import re
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dermlab.cases import (
    clinic,
    duplicates,
    folders,
    ids,
    layouts,
    own,
    parts,
    table,
    taxonomy,
    trees,
    words,
)
from dermlab.cases.datasets import isic2019, scin
from dermlab.cases.folders import SUFFIXES, legible
from dermlab.cases.reading import PLAIN, Reading
from dermlab.errors import InputError
from dermlab.text import listing, plural

CLINIC_PATIENTS, CLINIC_SEED = 1000, 0  # what `clinic` alone stands for


def read_cases(source: str | Path, *, tree: pd.DataFrame | None = None) -> pd.DataFrame:
    """The cases of `source`; `InputError` if any row cannot be read or mapped. See `read`."""
    cases, rejected = read(source, tree=tree)
    refuse(rejected, source, tree=tree)
    if os.path.isdir(source) and (remark := folders.describe(folders.not_read(source), source)):
        warnings.warn(remark, stacklevel=2)
    return cases


def read(
    source: str | Path, *, tree: pd.DataFrame | None = None, reading: Reading = PLAIN
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cases of `source`, and the rows that cannot be read or mapped.

    `source` is a CSV of cases, a publisher's metadata file in its own form, a folder with one
    sub-folder a class, or the virtual clinic: `clinic` or `clinic:N_PATIENTS:SEED`. `tree` gives
    the nodes that `disease` may name (default: the shipped taxonomy). The cases have the columns
    of `table.COLUMNS`, then the others of a CSV of cases. Both tables are indexed by `row`: the
    line in the file, or in a folder the place in the list of its images.
    The rejected rows keep their cells under their own names (see `table.with_reason`), and have a
    `reason`. `reading` says what the source's columns and labels mean where they are nobody's
    layout; a table whose column `classes` says `own` is read with the classes that it names,
    unless a `tree` is given, whose nodes they then must be.

    A publisher's file is known by having every column that its mapping uses. Where two mappings
    fit, the one that uses most of the file's columns wins; at a tie the table of cases.
    """
    path = Path(source)
    reading = replace(reading, strict=tree is not None)
    nodes = set((taxonomy.load_tree() if tree is None else tree)["child"])
    if re.match("clinic(:|$)", str(source)) and not os.path.exists(path):
        return table.check(_make_clinic(str(source)), nodes=nodes)
    if os.path.isdir(path):
        return _read_folder(path, nodes, reading)
    if not os.path.exists(path):
        raise InputError(f"There is no file or folder {path}; a source is {layouts.RECOGNISED}.")
    rows, rejected, dataset = layouts.read(path, columns=bool(reading.columns))
    cases = reading.with_columns(rows, path)
    if dataset is not None:
        cases, unmapped = dataset.to_cases(rows)
        rejected = pd.concat([rejected, unmapped])
    names = reading.columns or layouts.names_of(dataset)
    return _checked(cases, rows, rejected, reading, nodes, names)


def _checked(
    cases: pd.DataFrame,
    cells: pd.DataFrame,
    rejected: pd.DataFrame,
    reading: Reading,
    nodes: set[str],
    names: dict[str, str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The good cases, their labels translated; and all rejected rows with the file's `cells`."""
    cases, unmapped = reading.with_labels(cases)
    if own.is_own(cases) and not reading.strict:
        nodes = set(cases["disease"].dropna())
    elif "disease" in cases:
        cases = cases.assign(disease=words.as_nodes(cases["disease"], nodes))
    cases, unchecked = table.check(cases, nodes=nodes, names=names)
    reasons = [
        table.with_reason(cells.loc[each.index], each["reason"]) for each in (unmapped, unchecked)
    ]
    return cases, _in_order(rejected, *reasons)


def unlabelled(folder: str | Path) -> pd.DataFrame:
    """The pictures in `folder`, at any depth, as a table of `image_id` alone: each file's stem.

    Names of sub-folders say nothing here. Two files of one stem are one row: whoever reads the
    pictures tells copies from a conflict. Raises InputError for a folder without pictures, and for
    a name that is no id.
    """
    names = {legible(file.stem) for file in folders.images(folder)}
    of_stem = {name: ids.one(name) for name in names}
    if nameless := sorted(stem for stem, image_id in of_stem.items() if image_id is None):
        raise InputError(
            f"{plural(len(nameless), 'picture')} of {folder} are called as if unknown "
            f"({listing(nameless)}): rename them."
        )
    stems = sorted(set(of_stem.values()))
    ids.refuse(pd.Series(stems, dtype="str"), str(folder))
    if not stems:
        others = folders.describe(folders.not_read(folder), folder)
        raise InputError(
            f"The folder {folder} holds no image ({', '.join(SUFFIXES)}): name another one. "
            f"{others}".rstrip()
        )
    return pd.DataFrame({"image_id": stems}, dtype="str")


def refuse(
    rejected: pd.DataFrame,
    source: str | Path,
    *,
    tree: pd.DataFrame | None = None,
    reading: Reading = PLAIN,
) -> None:
    """Raise `InputError` if any row of `source` was set aside: as `table.refuse`.

    In a folder the sub-folders that name no disease are named, not each of their images, unless
    they are to be kept as they are.
    """
    if os.path.isdir(source) and len(rejected) and not reading.own:
        nodes = set((taxonomy.load_tree() if tree is None else tree)["child"])
        _refuse_sub_folders(rejected, source, nodes)
    table.refuse(
        rejected, str(source), cure="correct them, or set them aside by dermlab cases --set-aside"
    )


def _refuse_sub_folders(rejected: pd.DataFrame, source: str | Path, nodes: set[str]) -> None:
    """InputError that names each sub-folder of rejected images whose name is no disease."""
    strange = rejected.loc[~_names_a_node(rejected["disease"], nodes), "disease"]
    if strange.empty:
        return
    shown = [
        f"'{name}' ({plural(n, 'image')}){trees.nearest(name, nodes)}"
        for name, n in strange.value_counts(sort=False).items()
    ]
    sentences = []
    if shown:
        names = "names" if len(shown) == 1 else "name"
        sentences.append(
            f"{plural(len(shown), 'sub-folder')} of {source} {names} no node of the taxonomy: "
            f"{listing(shown)}"
        )
    if n := strange.isna().sum():
        lie = "lies" if n == 1 else "lie"
        sentences.append(f"{plural(n, 'image')} of {source} {lie} in no sub-folder")
    if others := len(rejected) - len(strange):
        sentences.append(f"{plural(others, 'image')} of other sub-folders cannot be used either")
    cure = "put them into some"
    if shown:
        cure = (
            "rename the sub-folders as the taxonomy has them, translate them by --map, keep them "
            "as they are by --classes own"
        )
    raise InputError(f"{'; '.join(sentences)}; {cure}, or set the images aside.")


def _names_a_node(labels: pd.Series, nodes: set[str]) -> pd.Series:
    """Whether each label is a node, or a word of ISIC's for one."""
    return labels.isin(nodes) | labels.str.casefold().isin(words.isic())


def two_diseases(cases: pd.DataFrame) -> list[dict]:
    """The pictures of a folder of classes that carry two diseases: see `duplicates.contradictory`.

    Files are compared by their content, whatever they are called.
    """
    return duplicates.contradictory(folders.contents(cases["path"].tolist()), cases)


def without_contradictions(
    cases: pd.DataFrame, rejected: pd.DataFrame, two: list[dict]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cases without the pictures of `two_diseases`, which join the rejected with a reason."""
    why = {
        image: f"its picture stands under {' and '.join(one['diseases'])}: "
        f"{' = '.join(one['images'])}"
        for one in two
        for image in one["images"]
    }
    both = cases["image_id"].isin(why)
    columns = [column for column in rejected.columns if column in cases]
    aside = table.with_reason(cases.loc[both, columns], cases["image_id"][both].map(why))
    return cases[~both], _in_order(rejected, aside.rename_axis("row"))


def also_read(source: str | Path) -> list[Path]:
    """The files that may be read with `source`: ISIC 2019's Metadata, SCIN's labels beside it."""
    if not os.path.isfile(source):
        return []
    return [*isic2019.metadata_beside(Path(source)), *scin.labels_beside(Path(source))]


def _make_clinic(source: str) -> pd.DataFrame:
    """The cases of `clinic` or `clinic:N_PATIENTS:SEED`."""
    numbers = re.fullmatch(r"clinic(?::(\d{1,7})(?::(\d{1,9}))?)?", source)
    if not numbers:
        raise InputError(
            f"'{source}' is no clinic: write clinic:N_PATIENTS:SEED with whole numbers, as in "
            f"clinic:{CLINIC_PATIENTS}:{CLINIC_SEED}."
        )
    n_patients, seed = (
        default if given is None else int(given)
        for given, default in zip(numbers.groups(), (CLINIC_PATIENTS, CLINIC_SEED), strict=True)
    )
    return clinic.make(n_patients, seed)


def _in_order(*rejected: pd.DataFrame) -> pd.DataFrame:
    """The rejected rows of every step by row number, the reason last."""
    together = pd.concat(rejected).sort_index(kind="stable")
    return together[[*together.columns.drop("reason"), "reason"]]


def _read_folder(
    folder: Path, nodes: set[str], reading: Reading
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The images below each sub-folder, whose name (underscores read as spaces) is the disease.

    Raises InputError for a folder without images, and for one that stands above the classes.
    """
    files = folders.images(folder)
    if not files:
        raise InputError(
            f"The folder {folder} holds no image ({', '.join(SUFFIXES)}); "
            f"a source is {layouts.RECOGNISED}. "
            f"{folders.describe(folders.not_read(folder), folder)}".rstrip()
        )
    places = [file.relative_to(folder).parts for file in files]
    part = parts.of_places(places)
    _refuse_divided(folder, places, part, nodes)
    below = [place[1:] if one else place for place, one in zip(places, part, strict=True)]
    rows = pd.DataFrame(
        {
            "image_id": folders.image_ids(places),
            "disease": [_disease(place) for place in below],
            "dataset": legible(folder.resolve().name),
            "path": [legible(str(file)) for file in files],
            **({parts.PART: part} if any(part) else {}),
        },
        index=pd.RangeIndex(1, len(files) + 1, name="row"),
        dtype="str",
    )
    same = rows["path"] == pd.array([str(file) for file in files], dtype="object")
    illegible = table.set_aside(rows, table.wrong(rows["path"], same, "a name in UTF-8"))
    good = rows.drop(index=illegible.index)
    return _checked(good, good, illegible, reading, nodes, {"disease": "its sub-folder"})


def _disease(place: tuple[str, ...]) -> str | None:
    """What the first sub-folder says; None for a picture that lies in none."""
    return legible(place[0]).replace("_", " ") if len(place) > 1 else None


def _refuse_divided(
    folder: Path, places: list[tuple[str, ...]], part: list[str | None], nodes: set[str]
) -> None:
    """InputError where a folder stands around the whole, or one of images beside Train and Test."""
    first = {_disease(place) for place in places} - {None}
    nodes = nodes | set(words.isic())
    if len(first) == 1 and not first & nodes and not any(part):  # a folder around the whole
        classes = {legible(place[1]).replace("_", " ") for place in places if len(place) > 2}
        inner = parts.of_places([place[1:] for place in places])
        if classes & nodes or any(inner):
            raise InputError(
                f"The classes of {folder} stand one folder deeper: name "
                f"{Path(folder, places[0][0])}."
            )
    beside = sorted({"/".join(p[:1]) for p, one in zip(places, part, strict=True) if not one})
    if any(part) and beside:
        divided = sorted({place[0] for place, one in zip(places, part, strict=True) if one})
        raise InputError(
            f"{folder} is divided into {listing(divided)}, and {listing(beside)} stands beside: "
            "move it into one of them, or out of the folder."
        )
