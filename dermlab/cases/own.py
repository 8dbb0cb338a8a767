"""Classes of one's own in place of the disease tree: any names, each a class by itself.

A table of cases says so in its column ``classes``: ``own`` in every row. Its tree is flat, a root
and a node a class, and its question is which of the classes it is (the task ``own``). A tree of
one's own may stand above them, in a file: then it is asked which of its first branches it is.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from dermlab.cases import taxonomy, trees
from dermlab.errors import InputError
from dermlab.text import plural

COLUMN, OWN = "classes", "own"
TOP = "(all classes)"  # the root of a flat tree, which nobody calls a class


def is_own(cases: pd.DataFrame) -> bool:
    """Whether the table's classes are its own; InputError where some rows alone say so."""
    said = cases[COLUMN].dropna() if COLUMN in cases else pd.Series(dtype="str")
    strange = sorted(set(said) - {OWN})
    if strange or 0 < len(said) < len(cases):
        raise InputError(
            f"The column {COLUMN} says {OWN!r} in {(said == OWN).sum():,} of "
            f"{plural(len(cases), 'row')}"
            + (f" and {strange[0]!r} elsewhere" if strange else "")
            + f"; write {OWN!r} in every row, or leave the column out."
        )
    return len(said) > 0


def tree(names: Iterable[str]) -> pd.DataFrame:
    """The flat tree of these classes: a root and a node each, their images not counted."""
    children = sorted(set(names))
    if taken := [name for name in (TOP, *trees.TAKEN) if name in children]:
        raise InputError(f"A class of one's own cannot be called {taken[0]!r}: rename it.")
    parents = [None, *[TOP] * len(children)]
    flat = pd.DataFrame({"child": [TOP, *children], "parent": parents}, dtype="str")
    return flat.assign(n=pd.array([0] * len(flat), dtype="Int64"))


def is_flat(given: pd.DataFrame) -> bool:
    """Whether a tree is one of one's own classes."""
    return TOP in set(given["child"])


def given_tree(path: str | Path | None) -> pd.DataFrame | None:
    """The tree in a file, checked; None where none is given."""
    return None if path is None else taxonomy.load_tree(path)


def tree_of(*tables: pd.DataFrame, given: pd.DataFrame | None = None) -> pd.DataFrame:
    """The tree that these tables of cases speak of: the ``given`` one, else the shipped one, or
    their own classes.

    InputError where one table has classes of its own and another has not.
    """
    if given is not None:
        return given
    kinds = {is_own(cases) for cases in tables}
    if kinds == {True}:
        return tree(name for cases in tables for name in cases["disease"].dropna())
    if True in kinds:
        raise InputError(
            "One table has classes of its own (--classes own) and another nodes of the taxonomy: "
            "read both in one way."
        )
    return taxonomy.load_tree()
