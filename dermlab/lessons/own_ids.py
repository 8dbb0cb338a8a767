"""What each picture of a folder shows: a table of ids, joined to the pictures that it names.

A row gives a ``picture``, its place in the folder (``rose/1.jpg``; ``./rose/1.jpg`` and
``rose\\1.jpg`` are the same place), and a ``group``, which is one for all pictures of one patient,
plant or thing. A word for "unknown" is no group.
"""

import posixpath
import unicodedata
import warnings
from pathlib import Path

import pandas as pd

from dermlab.cases import folders, table
from dermlab.cases import ids as rule
from dermlab.errors import InputError
from dermlab.text import listing, plural

PICTURE, GROUP = "picture", "group"


def join(cases: pd.DataFrame, ids: pd.DataFrame | str | Path, folder: Path) -> pd.DataFrame:
    """The cases with the groups of ``ids``, a table or its file, as ``patient_id``.

    Warns (UserWarning) of rows that fit no picture of ``folder``, and of pictures without a group.
    InputError for a table without the two columns, one that names a picture twice, and one that
    gives no picture a group.
    """
    is_table = isinstance(ids, pd.DataFrame)
    what = "the ids" if is_table else str(ids)
    rows = ids if is_table else table.read_good_csv(ids)
    if absent := [column for column in (PICTURE, GROUP) if column not in rows]:
        raise InputError(f"There is no column {listing(absent)} in {what}; both are needed.")
    group = rule.known(rows[GROUP].set_axis(rows[PICTURE].fillna("").map(_key)))
    rule.refuse(group, what)
    _refuse_repeated(group, what)
    place = pd.Series([folders.place(Path(path), folder) for path in cases["path"]], cases.index)
    _refuse_strangers(group, place.iloc[0], what, folder)
    of_case = place.map(_key).map(group)
    if of_case.isna().all():
        raise InputError(f"The groups in {what} are all unknown: write who or what is shown.")
    if n := int(of_case.isna().sum()):
        warnings.warn(
            f"{plural(n, 'picture')} without a group in {what}: each counts as a thing of its own.",
            stacklevel=3,
        )
    return cases.assign(patient_id=of_case.astype("str"))


def _key(place: str) -> str:
    """One spelling of a place, whatever wrote it."""
    return posixpath.normpath(unicodedata.normalize("NFC", str(place)).replace("\\", "/"))


def _refuse_repeated(group: pd.Series, what: str) -> None:
    if len(twice := group.index[group.index.duplicated()]):
        raise InputError(f"{twice[0]!r} stands twice in {what}: give each picture one group.")


def _refuse_strangers(group: pd.Series, example: str, what: str, folder: Path) -> None:
    """InputError where no row names a picture of the folder; a warning where some do not."""
    held = {_key(folders.place(file, folder)) for file in folders.images(folder)}
    strange = [place for place in group.index if place not in held]
    if len(strange) == len(group):
        raise InputError(
            f"The rows of {what} name no picture of {folder}: write its place in the folder, as in "
            f"{example!r}."
        )
    if strange:
        warnings.warn(
            f"{plural(len(strange), 'row')} of {what} fit no picture of {folder} and are not used: "
            f"{listing([repr(place) for place in strange])}.",
            stacklevel=4,
        )
