"""A publisher's own division into train, validation and test: known, kept, and looked through."""

import warnings
from collections.abc import Sequence

import pandas as pd

from dermlab.cases import balance, folders, splits
from dermlab.errors import InputError
from dermlab.text import plural

PART = "part"  # the column of a table of cases
PARTS = {  # what a publisher calls the parts of a data set: what we call them
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
}


def of_places(places: Sequence[tuple[str, ...]]) -> list[str | None]:
    """The publisher's part of each file by its path: ``train``, ``test``, ``validation`` or None.

    A first folder is a part by its name, and only where folders of classes stand in it.
    """
    return [PARTS.get(place[0].lower()) if len(place) > 2 else None for place in places]


def keep(
    cases: pd.DataFrame,
    *,
    n_folds: int = 9,
    by: Sequence[str] = splits.BY,
    pairs: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """``group_folds`` of a publisher's training images; fold -1 is the publisher's test part.

    The column ``part`` says which image is which. The test part is kept as it was published, even
    where a patient, lesion or pair stands in both: a warning (UserWarning) counts them. InputError
    for cases without parts, or without one of the two.
    """
    part = cases[PART] if PART in cases else pd.Series(pd.NA, cases.index)
    table = splits.grouped(cases, by, pairs)
    of_image = part.set_axis(splits.image_ids_of(cases, "the cases"))
    test = (of_image.loc[table["image_id"]] == "test").to_numpy()
    if part.isna().any() or not test.any() or test.all():
        raise InputError(
            f"The cases name no test part and other images in a column {PART}: read a folder that "
            "is divided into Train and Test, or leave --by-part out."
        )
    sides = pd.Series(test).groupby(table["group_id"].to_numpy()).nunique()
    if both := int((sides > 1).sum()):
        warnings.warn(
            f"{plural(both, 'group')} of one patient, lesion or pair stand on both sides of the "
            "publisher's division, and scores on its test part will flatter.",
            stacklevel=2,
        )
    table["fold"] = splits.TEST
    table.loc[~test, "fold"] = splits.fold_numbers(table[~test], n_folds, seed)
    balance.warn_of_uneven_folds(table[~test], n_folds)
    return table[["image_id", "group_id", "fold"]]


def across(cases: pd.DataFrame) -> list[list[str]]:
    """The ids of files of one content that stand in two parts of a publisher's division."""
    if PART not in cases:
        return []
    content = folders.contents(cases["path"].tolist())
    rows = cases[["image_id", PART]].assign(content=content)
    several = rows.groupby("content")[PART].transform("nunique") > 1
    return [same.tolist() for _, same in rows[several].groupby("content", sort=False)["image_id"]]
