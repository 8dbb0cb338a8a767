"""What every mapping needs: codes to nodes, columns to ours, and the rows that cannot be."""

from pathlib import Path

import pandas as pd

from dermlab import text
from dermlab.cases import ids, table


def to_nodes(codes: pd.Series, crosswalk: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The taxonomy node of each code (missing where unknown), and the sentences about those."""
    nodes = codes.map(crosswalk["node"]).astype("str")
    expected = f"one of {text.listing(crosswalk.index, 10)}"
    return nodes, table.wrong(codes, nodes.notna(), expected)


def to_label_sources(
    values: pd.Series, meanings: dict[str, str], expected: str
) -> tuple[pd.Series, pd.Series]:
    """What each of the publisher's `values` says of its label, and the sentences about others.

    A value that is missing has no meaning, and is no fault; capitals make no difference (TRUE).
    """
    folded = {value.casefold(): meaning for value, meaning in meanings.items()}
    sources = values.astype("str").str.casefold().map(pd.Series(folded, dtype="str"))
    return sources, table.wrong(values, sources.notna() | values.isna(), expected)


def one_hot(rows: pd.DataFrame, crosswalk: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The node of each row's class, and the sentences about rows that are not a 1 among zeros."""
    classes = rows[list(crosswalk.index)].apply(pd.to_numeric, errors="coerce")
    ones = (classes == 1).sum(axis=1)
    fine = classes.isin([0, 1]).all(axis=1) & (ones == 1)
    expected = f"a single 1 among zeros in {crosswalk.index[0]} to {crosswalk.index[-1]}"
    problems = table.wrong(ones.astype("str").rename("the sum of the classes"), fine, expected)
    return classes.eq(1).idxmax(axis=1).map(crosswalk["node"]), problems


def deepest(
    rows: pd.DataFrame, levels: list[str], crosswalk: pd.DataFrame
) -> tuple[pd.Series, pd.Series]:
    """The node of the deepest of the `levels` (general to fine) that the crosswalk knows.

    And the sentences about rows of which it knows not even the first level.
    """
    nodes = pd.Series(pd.NA, rows.index, dtype="str")
    for level in reversed([level for level in levels if level in rows]):
        nodes = nodes.fillna(rows[level].map(crosswalk["node"]).astype("str"))
    first = rows[levels[0]]
    known = first.isin(crosswalk.index) & nodes.notna()
    expected = "one of the names in the first level of ISIC's hierarchy: Benign, Indeterminate"
    return nodes, table.wrong(first, known, f"{expected}, Malignant")


def paired(
    rows: pd.DataFrame, path: Path, others: pd.DataFrame, file: Path, on: str, columns: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The `rows` of `path` with the `columns` of `others`, the rows of `file`, matched by `on`.

    And the rows of both without a partner: those of `file` under their own line number, with a
    reason that names it.
    """
    odd = table.set_aside(others, _without_partner(others[on], rows[on], path))
    odd["reason"] = f"in {file.name}: " + odd["reason"]
    known = others.drop(index=odd.index).set_index(on)
    alone = table.set_aside(rows, _without_partner(rows[on], known.index, file))
    kept = rows.drop(index=alone.index).drop(columns=columns, errors="ignore")
    return kept.join(known.reindex(columns=columns), on=on), pd.concat([alone, odd])


def _without_partner(keys: pd.Series, others, file: Path) -> pd.Series:
    what = "a case" if keys.name == "case_id" else "an image"
    return table.wrong(keys, keys.isin(others), f"{what} that {file.name} has too")


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
