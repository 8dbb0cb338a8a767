"""Classes of one's own in place of the disease tree: any names, each a class by itself.

A table of cases says so in its column ``classes``: ``own`` in every row. Its tree is flat, a root
and a node a class, and its question is which of the classes it is (the task ``own``). A tree of
one's own may stand above them, in a file: then it is asked which of its first branches it is.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from dermlab.cases import ids, taxonomy, trees
from dermlab.errors import InputError
from dermlab.text import listing, plural

COLUMN, OWN = "classes", "own"
TOP = "(all classes)"  # the root of a flat tree, which nobody calls a class
TAKEN = (TOP, *trees.TAKEN)
BREAKS = ("Cc", "Zl", "Zp")  # Unicode's categories of control characters and of line breaks


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
    """The flat tree of these classes: a root and a node each, their images not counted.

    InputError where `refuse_names` refuses a name.
    """
    children = sorted(set(names))
    refuse_names(children)
    parents = [None, *[TOP] * len(children)]
    flat = pd.DataFrame({"child": [TOP, *children], "parent": parents}, dtype="str")
    return flat.assign(n=pd.array([0] * len(flat), dtype="Int64"))


def refuse_names(names: Iterable[str]) -> None:
    """InputError for a name that a class cannot have, and for names that only look different.

    A class is a column of every table of answers, where blanks around a name are taken off and a
    word for "unknown" is no name.
    """
    alike = defaultdict(list)
    for name in sorted(set(names)):
        if why := _fault(name):
            raise InputError(f"A class of one's own cannot be called {name!r}, {why}: rename it.")
        alike[_folded(name)].append(name)
    if same := [" and ".join(map(ascii, some)) for some in alike.values() if len(some) > 1]:
        raise InputError(
            "Classes that differ only by capitals, blanks or the way in which an accent is "
            f"written: {listing(same)}; give them one name, or names that differ more."
        )


def _fault(name: str) -> str | None:
    """Why no class can be called so; None where one can."""
    if name in TAKEN:
        return "the name of a column in its tables"
    if any(unicodedata.category(letter) in BREAKS for letter in name):
        return "a name with a line break or a control character"
    if ids.one(name) is None:
        return "a word for what is not known"
    if name != name.strip():
        return "which has a blank (or an underscore, read as one) before or behind it"
    return None


def _folded(name: str) -> str:
    """What is left of a name without capitals, further blanks and ways of writing an accent."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


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
