"""What the discussion rests on beside our own results: small tables of facts, each with its source.

``dermlab/data/discussion/README.md`` says what their columns mean, and what may not be concluded:
of the paper not everything could be read, and the guidelines are younger than it.
"""

from importlib.resources import files

import pandas as pd

from dermlab.errors import InputError

TABLES = ("guidelines", "checklist", "later_work", "regulation", "lecture_and_paper")
STATED, PARTLY, NOT_FOUND = STATES = ("stated", "partly", "not found in our sources")
ITEMS = {"STARD-AI": "stard_ai", "TRIPOD+AI": "tripod_ai", "CLAIM": "claim"}


def facts(name: str) -> pd.DataFrame:
    """One of `TABLES`; an empty cell of text is "". InputError for another name.

    Items of a guideline are text ("18e, 18f"), numbers of ``later_work`` are numbers.
    """
    if name not in TABLES:
        raise InputError(f"There is no table {name!r}; there are {', '.join(TABLES)}.")
    items = dict.fromkeys(ITEMS.values(), str)
    with (files("dermlab") / "data" / "discussion" / f"{name}.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=items)
    words = table.select_dtypes(exclude="number").columns
    return table.assign(**{column: table[column].fillna("") for column in words})


def states() -> pd.DataFrame:
    """How many questions of each guideline our sources answer for the paper: a row a guideline.

    Columns `STATES`. A question without an item in a guideline does not count there.
    """
    checklist = facts("checklist")
    counts = {
        guideline: checklist["state"][checklist[column] != ""].value_counts()
        for guideline, column in ITEMS.items()
    }
    return pd.DataFrame(counts).T.reindex(columns=list(STATES)).fillna(0).astype(int)
