"""Which publisher's layout a file has: known by its columns, read as rows whatever its form."""

import re
from pathlib import Path
from types import ModuleType

import pandas as pd

from dermlab.cases import csv_records, table
from dermlab.cases.datasets import (
    bcn20000,
    ddi,
    derm7pt,
    dermamnist,
    fitzpatrick17k,
    fitzpatrick17k_c,
    ham10000,
    isic2016,
    isic2017,
    isic2018,
    isic2019,
    isic2020,
    isic2024,
    isic_archive,
    pad_ufes20,
    ph2,
    scin,
)
from dermlab.errors import InputError
from dermlab.text import listing

DATASETS = (
    *(ham10000, fitzpatrick17k, fitzpatrick17k_c, pad_ufes20, scin, ddi, derm7pt, bcn20000, ph2),
    *(isic2016, isic2017, isic2018, isic2019, isic2020, isic2024, isic_archive),
)
RECOGNISED = (
    f"a table of cases (columns {', '.join(table.REQUIRED)}), "
    f"a metadata file of {', '.join(dataset.NAME for dataset in DATASETS)}, dermamnist.npz, "
    "a folder with one sub-folder a class, or clinic:N_PATIENTS:SEED"
)
NEAR = 0.5  # share of a layout's columns; beyond it the rest is named
BY_NAME = {ph2.FILE: ph2}  # files that are no table of commas or tabs, known by their name
ARRAYS = ".npz"


def read(path: Path, *, columns: bool) -> tuple[pd.DataFrame, pd.DataFrame, ModuleType | None]:
    """The file's rows as text, those that cannot be read, and the data set whose layout it is.

    The data set is None for a table of cases, and where the user's ``columns`` say what is what.
    Raises InputError for a file that nobody's layout fits.
    """
    dataset = dermamnist if path.suffix.lower() == ARRAYS else BY_NAME.get(path.name.lower())
    if dataset:
        rows = dataset.read_rows(path)
        return rows, rows.iloc[:0].assign(reason=pd.Series(dtype="str")), dataset
    rows, rejected = table.read_csv(path, numbered=True, headless=isic2016.headless)
    if columns:
        return rows, rejected, None
    dataset = recognise(rows.columns, path)
    if dataset in (isic2019, scin):  # two files, of which one is named
        rows, unpaired = dataset.join(rows, path)
        rejected = pd.concat([rejected, unpaired])
    return rows, rejected, dataset


def header(path: Path) -> list[str]:
    """The names of a table's columns; none for a file that is no table of commas or tabs."""
    if path.suffix.lower() == ARRAYS or path.name.lower() in BY_NAME:
        return []
    return csv_records.read(path, numbered=True, headless=isic2016.headless)[0]


def names_of(dataset: ModuleType | None) -> dict[str, str]:
    """Our columns -> what the publisher calls them, for sentences; but for the disease."""
    if dataset in (None, dermamnist):
        return {}
    used = {**dataset.COLUMNS, **dataset.OPTIONAL}
    return {ours: theirs for theirs, ours in used.items() if ours != "disease"}


def recognise(columns: pd.Index, path: Path) -> ModuleType | None:
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
    if {"case_id", scin.LABEL} <= set(columns):
        return f"it looks like SCIN's labels; name {scin.FILE} beside it"
    layouts = {"a table of cases": table.REQUIRED, **{d.NAME: tuple(d.COLUMNS) for d in DATASETS}}
    share = {name: len(columns.intersection(used)) / len(used) for name, used in layouts.items()}
    name = max(share, key=share.get)
    if any(re.fullmatch(r"pixel_?\d+", str(column)) for column in columns):
        return "it holds pixels, which are read from picture files, and no cases"
    if share[name] <= NEAR:
        some = "no column" if share[name] == 0 else "too few columns"
        return f"it has {some} that a source uses"
    absent = [column for column in layouts[name] if column not in columns]
    return f"nearest is {name}, but the file lacks {listing(absent, 20)}"
