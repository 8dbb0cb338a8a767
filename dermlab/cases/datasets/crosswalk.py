"""The crosswalks: what each code of a publisher means in the taxonomy."""

from importlib import resources

import pandas as pd

from dermlab import text
from dermlab.cases import ids, table


def load(name: str) -> pd.DataFrame:
    """The shipped crosswalk of the data set `name`: index `code`, columns `node` and `note`."""
    file = resources.files("dermlab") / "data" / "crosswalks" / f"{name}.csv"
    with file.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype="str").set_index("code")


def to_nodes(codes: pd.Series, crosswalk: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The taxonomy node of each code (missing where unknown), and the sentences about those."""
    nodes = codes.map(crosswalk["node"]).astype("str")
    expected = f"one of {text.listing(crosswalk.index, 10)}"
    return nodes, table.wrong(codes, nodes.notna(), expected)


def to_label_sources(
    values: pd.Series, meanings: dict[str, str], expected: str
) -> tuple[pd.Series, pd.Series]:
    """What each of the publisher's `values` says of its label, and the sentences about others.

    A value that is missing has no meaning, and is no fault.
    """
    sources = values.map(pd.Series(meanings))
    return sources, table.wrong(values, sources.notna() | values.isna(), expected)


def renamed(rows: pd.DataFrame, columns: dict[str, str]) -> dict[str, pd.Series]:
    """The publisher's columns under our names; missing where `rows` lacks one."""
    return {ours: rows.get(theirs, pd.NA) for theirs, ours in columns.items()}


def repeated(images: pd.Series) -> pd.Series:
    """The sentences about the image ids that more than one row has: about every copy."""
    return table.wrong(images, table.once(ids.normal(images)), table.EXPECTED["image_id"])


def keep(rows: pd.DataFrame, cases: dict, problems: list) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What every mapping returns: the cases without a problem, and the publisher's other rows."""
    rejected = table.set_aside(rows, pd.concat(problems))
    return pd.DataFrame(cases, index=rows.index).drop(index=rejected.index), rejected
