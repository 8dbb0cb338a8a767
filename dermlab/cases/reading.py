"""What the columns and labels of a source mean, where it has nobody's layout."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from dermlab.cases import own, table
from dermlab.errors import InputError
from dermlab.text import listing

LABEL, NODE = "label", "node"  # the columns of a table of names


@dataclass(frozen=True)
class Reading:
    """``columns``: ours → theirs. ``nodes``: a label → its node. ``own``: labels are classes.

    ``strict``: classes of one's own must be nodes too, since a tree is given.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    strict: bool = False

    def with_columns(self, rows: pd.DataFrame, path: Path) -> pd.DataFrame:
        """The file's rows under our names; a file without a data set's name is one by itself.

        InputError for a column that the file lacks, and for two that would have one name.
        """
        if not self.columns:
            return rows
        absent = [theirs for theirs in self.columns.values() if theirs not in rows]
        if absent:
            raise InputError(
                f"{path} has no column {listing(absent)}; it has {listing(list(rows.columns), 20)}."
            )
        taken = [ours for ours, theirs in self.columns.items() if ours != theirs and ours in rows]
        if taken:
            raise InputError(
                f"{path} has a column {taken[0]} of its own beside {self.columns[taken[0]]}: "
                "rename it in the file."
            )
        rows = rows.rename(columns={theirs: ours for ours, theirs in self.columns.items()})
        return rows if "dataset" in rows else rows.assign(dataset=path.stem)

    def with_labels(self, cases: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The cases with nodes for labels, or marked as own classes; and the rows of no node."""
        if self.own:
            return cases.assign(**{own.COLUMN: own.OWN}), cases.iloc[:0].assign(reason="")
        if not self.nodes or "disease" not in cases:
            return cases, cases.iloc[:0].assign(reason="")
        known = cases["disease"].isin(self.nodes)
        unmapped = table.wrong(cases["disease"].rename(LABEL), known, "a label of --map")
        good = cases[known]
        good = good.assign(disease=good["disease"].map(self.nodes).astype("str"))
        return good, cases[~known].assign(reason=unmapped)


PLAIN = Reading()


def read_columns(text: str | None) -> dict[str, str]:
    """``"image_id=filename,disease=label"`` → ours → theirs; InputError for anything else."""
    columns = {}
    for part in filter(None, (text or "").split(",")):
        ours, equals, theirs = (word.strip() for word in part.partition("="))
        if not (ours and equals and theirs) or ours not in table.COLUMNS or ours in columns:
            raise InputError(
                f"--columns {text!r}: {part.strip()!r} is not ours=theirs; ours is one of "
                f"{', '.join(table.COLUMNS)}, each once."
            )
        columns[ours] = theirs
    if columns and not {"image_id", "disease"} <= set(columns):
        raise InputError("--columns must name image_id and disease at least.")
    return columns


def read_nodes(path: str | Path, tree: pd.DataFrame) -> dict[str, str]:
    """The labels of a CSV with the columns ``label`` and ``node``, each with its node.

    InputError for a label that is there twice with two nodes, and for a node that is not there.
    """
    rows = table.read_good_csv(path)
    if not {LABEL, NODE} <= set(rows.columns):
        raise InputError(f"{path} needs the columns {LABEL} and {NODE}.")
    blank = rows.index[rows[[LABEL, NODE]].isna().any(axis=1)]
    if len(blank):
        raise InputError(f"Row {blank[0]} of {path} lacks a {LABEL} or a {NODE}.")
    pairs = rows[[LABEL, NODE]].drop_duplicates()
    twice = pairs[LABEL][pairs[LABEL].duplicated()]
    if len(twice):
        raise InputError(f"{path} gives {twice.iloc[0]!r} two nodes: give it one.")
    strange = table.wrong(pairs[NODE], pairs[NODE].isin(tree["child"]), table.EXPECTED["disease"])
    if len(strange):
        raise InputError(f"Row {strange.index[0]} of {path}: {strange.iloc[0]}.")
    return dict(zip(pairs[LABEL], pairs[NODE], strict=True))
