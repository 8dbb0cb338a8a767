"""Where cases come from: a table, a publisher's file, a folder of classes, the virtual clinic."""

import os
import re
from pathlib import Path

import pandas as pd

from dermlab import text
from dermlab.cases import clinic, ids, table, taxonomy
from dermlab.cases.datasets import fitzpatrick17k, ham10000, isic2019, isic2020, pad_ufes20
from dermlab.errors import InputError

DATASETS = (ham10000, fitzpatrick17k, pad_ufes20, isic2019, isic2020)
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".bmp")
RECOGNISED = (
    f"a table of cases (columns {', '.join(table.REQUIRED)}), "
    f"a metadata file of {', '.join(dataset.NAME for dataset in DATASETS)}, "
    "a folder with one sub-folder a class, or clinic:N_PATIENTS:SEED"
)
CLINIC_PATIENTS, CLINIC_SEED = 1000, 0  # what `clinic` alone stands for


def read_cases(source: str | Path, *, tree: pd.DataFrame | None = None) -> pd.DataFrame:
    """The cases of `source`; `InputError` if any row cannot be read or mapped. See `read`."""
    cases, rejected = read(source, tree=tree)
    table.refuse(rejected, str(source))
    return cases


def read(
    source: str | Path, *, tree: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cases of `source`, and the rows that cannot be read or mapped.

    `source` is a CSV of cases, a publisher's metadata file, a folder with one sub-folder a
    class, or the virtual clinic: `clinic` or `clinic:N_PATIENTS:SEED`. `tree` gives the nodes
    that `disease` may name (default: the shipped taxonomy). The cases have the columns of
    `table.COLUMNS`, then the others of a CSV of cases. Both tables are indexed by `row`: the line
    in the file, or in a folder the place in the list of its images.
    The rejected rows keep their cells under their own names (see `table.with_reason`), and have a
    `reason`.

    A publisher's file is known by having every column that its mapping uses. Where two mappings
    fit, the one that uses most of the file's columns wins; at a tie the table of cases.
    """
    path = Path(source)
    nodes = set((taxonomy.load_tree() if tree is None else tree)["child"])
    if re.match("clinic(:|$)", str(source)) and not os.path.exists(path):
        return table.check(_make_clinic(str(source)), nodes=nodes)
    if os.path.isdir(path):
        return _read_folder(path, nodes)
    if not os.path.exists(path):
        raise InputError(f"There is no file or folder {path}; a source is {RECOGNISED}.")
    rows, rejected = table.read_csv(path)
    dataset = _recognise(rows.columns, path)
    names, cases = {}, rows
    if dataset is isic2019:
        rows, unpaired = isic2019.join(rows, path)
        rejected = pd.concat([rejected, unpaired])
    if dataset is not None:
        used = {**dataset.COLUMNS, **dataset.OPTIONAL}
        names = {ours: theirs for theirs, ours in used.items() if ours != "disease"}
        cases, unmapped = dataset.to_cases(rows)
        rejected = pd.concat([rejected, unmapped])
    cases, unchecked = table.check(cases, nodes=nodes, names=names)
    unchecked = table.with_reason(rows.loc[unchecked.index], unchecked["reason"])
    return cases, _in_order(rejected, unchecked)


def unlabelled(folder: str | Path) -> pd.DataFrame:
    """The pictures in `folder`, at any depth, as a table of `image_id` alone: each file's stem.

    Names of sub-folders say nothing here. Two files of one stem are one row: whoever reads the
    pictures tells copies from a conflict. Raises InputError for a folder without pictures, and for
    a name that is no id.
    """
    of_stem = {_legible(file.stem): ids.one(_legible(file.stem)) for file in _images(Path(folder))}
    if nameless := [stem for stem, image_id in of_stem.items() if image_id is None]:
        raise InputError(
            f"{text.plural(len(nameless), 'picture')} of {folder} are called as if unknown "
            f"({text.listing(nameless)}): rename them."
        )
    stems = sorted(set(of_stem.values()))
    ids.refuse(pd.Series(stems, dtype="str"), str(folder))
    if not stems:
        raise InputError(
            f"The folder {folder} holds no image ({', '.join(IMAGE_SUFFIXES)}): name another one."
        )
    return pd.DataFrame({"image_id": stems}, dtype="str")


def also_read(source: str | Path) -> list[Path]:
    """The files that may be read with `source`: ISIC 2019's Metadata beside it."""
    return isic2019.metadata_beside(Path(source)) if os.path.isfile(source) else []


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


def _recognise(columns: pd.Index, path: Path):
    """The data set whose layout this is, None for a table of cases, else `InputError`."""
    fits = {}
    if set(table.REQUIRED) <= set(columns):
        fits[None] = len(columns.intersection(list(table.COLUMNS)))
    for dataset in DATASETS:
        if set(dataset.COLUMNS) <= set(columns):
            fits[dataset] = len(columns.intersection([*dataset.COLUMNS, *dataset.OPTIONAL]))
    if fits:
        return max(fits, key=fits.get)
    raise InputError(f"{path} is not recognised: {_nearest(columns)}; a source is {RECOGNISED}.")


def _nearest(columns: pd.Index) -> str:
    """What comes nearest to these columns, and what it lacks."""
    if {"image", "age_approx", "anatom_site_general"} <= set(columns):
        return "it looks like ISIC 2019's Metadata; name the GroundTruth file beside it"
    layouts = {"a table of cases": table.REQUIRED, **{d.NAME: tuple(d.COLUMNS) for d in DATASETS}}
    share = {name: len(columns.intersection(used)) / len(used) for name, used in layouts.items()}
    name = max(share, key=share.get)
    if share[name] == 0:
        return "it has no column that a source uses"
    absent = [column for column in layouts[name] if column not in columns]
    return f"nearest is {name}, but the file lacks {', '.join(absent)}"


def _read_folder(folder: Path, nodes: set[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The images below each sub-folder, whose name (underscores read as spaces) is the disease.

    Names that start with a dot and `__MACOSX` are passed over, and so is what is no image.
    """
    files = sorted(_images(folder))
    if not files:
        raise InputError(
            f"The folder {folder} holds no image ({', '.join(IMAGE_SUFFIXES)}); "
            f"a source is {RECOGNISED}."
        )
    places = [file.relative_to(folder).parts for file in files]
    rows = pd.DataFrame(
        {
            "image_id": [_legible(file.stem) for file in files],
            "disease": [_legible(p[0]).replace("_", " ") if len(p) > 1 else None for p in places],
            "dataset": _legible(folder.resolve().name),
            "path": [_legible(str(file)) for file in files],
        },
        index=pd.RangeIndex(1, len(files) + 1, name="row"),
        dtype="str",
    )
    same = rows["path"] == pd.array([str(file) for file in files], dtype="object")
    illegible = table.set_aside(rows, table.wrong(rows["path"], same, "a name in UTF-8"))
    names = {"disease": "its sub-folder"}
    cases, rejected = table.check(rows.drop(index=illegible.index), nodes=nodes, names=names)
    return cases, _in_order(illegible, rejected)


def _legible(name: str) -> str:
    """The name as text that can be written: a byte that is no UTF-8 becomes its number."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _images(folder: Path):
    """The image files at any depth."""
    for place, folders, names in os.walk(folder, onerror=_stop, followlinks=True):
        folders[:] = [name for name in folders if _is_entered(Path(place), name)]
        for name in names:
            if not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES):
                yield Path(place, name)


def _is_entered(place: Path, name: str) -> bool:
    """Whether a folder is looked into: not a hidden one, nor a link to a folder that holds it."""
    hidden = name.startswith(".") or name == "__MACOSX"
    return not hidden and not place.resolve().is_relative_to((place / name).resolve())


def _stop(error: OSError) -> None:
    """`os.walk` passes over what it may not read; here nothing is left out in silence."""
    raise InputError(f"{error.filename} cannot be read: {error.strerror}.") from error
