"""One rule for ids: which text is one id, which is unknown, which is refused (stated in `table`).

Every reader and every function that matches by ids takes them through `normal` or `known`, so that
two tables of one study meet whatever a spreadsheet or a float column made of their numbers.
"""

import os
import re
import unicodedata
import warnings

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.text import listing, plural

UNKNOWN = frozenset(  # in any case: what spreadsheets, databases and publishers write
    ["", "-", "--", "–", "—", "?", "null", "n/a", "#n/a", "n.a.", "na", "<na>", "nan", "nat"]
).union(["none", "nil", "unk", "unknown", "undefined", "missing", "not available"])
LONGEST_UNKNOWN = max(map(len, UNKNOWN))
PICTURES = frozenset(
    (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic")
)
LONGEST = 200
EXPECTED = (
    f"at most {LONGEST} characters, no control or direction mark, and none of = + - @ as the first "
    "(a spreadsheet would run it)"
)
EXPECTED_TEXT = "text that does not begin with = + - @ (a spreadsheet would run it)"
_STARTS = frozenset("=@＝＠＋－+-")
_WHOLE = re.compile(r"(0|[1-9][0-9]*)\.0")  # what a float column makes of a whole number
_FORMULA = r"[=@＝＠＋－]|[+-](?![0-9]+$)"
_MARKS = (  # control, invisible and direction marks, lone surrogates
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_REFUSED = re.compile(rf"^(?:{_FORMULA})|{_MARKS}")


def normal(values) -> pd.Series:
    """Ids as text by the one rule, missing where unknown; index and name of a Series are kept.

    Raises InputError for a float of 2^53 or more, which may stand for several whole numbers, and
    for values that are no ids, as lists.
    """
    given = values if isinstance(values, pd.Series) else pd.Series(values)
    try:
        code, unique = pd.factorize(given.astype(object))
    except TypeError:
        raise InputError("Ids are text or numbers, one a row; these are lists.") from None
    names = pd.array([one(value) for value in unique], dtype="str")
    return pd.Series(names.take(code, allow_fill=True), given.index, name=given.name)


def known(values: pd.Series) -> pd.Series:
    """`normal`, with a warning that counts the cells whose text means "unknown"."""
    result = normal(values)
    lost = values[result.isna() & values.notna()]
    if len(lost):
        words = [repr(word) for word in lost.astype("str").unique()]
        warnings.warn(
            f"{values.name} is {listing(words)} in {lost.size:,} of {plural(len(values), 'row')}, "
            "which is taken as unknown.",
            stacklevel=2,
        )
    return result


def fine(ids: pd.Series) -> pd.Series:
    """Whether each id may be written to a table: `EXPECTED`; a missing one may."""
    return pd.Series([may_be(text) for text in ids.to_numpy(object)], ids.index, dtype=bool)


def may_be(text: str | float | None) -> bool:
    """Whether one id is `fine`."""
    if not isinstance(text, str):
        return True
    plain = text.isascii() and text.isprintable() and text[:1].isalnum()  # no need of the pattern
    return len(text) <= LONGEST and (plain or not _REFUSED.search(text))


def harmless(texts: pd.Series) -> pd.Series:
    """Whether each cell of other text may be written to a table: `EXPECTED_TEXT`, or a number."""
    begins = [isinstance(text, str) and text[:1] in _STARTS for text in texts.to_numpy(object)]
    fine = ~pd.Series(begins, texts.index, dtype=bool)
    signed = texts[~fine]
    numbers = pd.to_numeric(signed, errors="coerce").notna() | signed.isin(["+", "-"])
    fine[~fine] = numbers.to_numpy(bool)
    return fine


def refuse(ids: pd.Series, what: str) -> None:
    """Raise InputError where an id of ``what`` is not `fine`."""
    bad = ids[~fine(ids)]
    if len(bad):
        some = listing([ascii(text[:40]) for text in bad.unique()])
        raise InputError(
            f"{plural(len(bad), 'id')} of {what} cannot be used: {some}; expected {EXPECTED}."
        )


def alike(ids) -> list[str]:
    """The ids that differ from another only by case or by the ending of a picture, in order."""
    unique = pd.unique(pd.Series(ids, dtype=object).dropna())
    keys = [_key(text) for text in unique]
    if len(set(keys)) == len(keys):
        return []
    return list(unique[pd.Series(keys).duplicated(keep=False)])


def warn_of_alike(ids, what: str) -> None:
    """A warning that names the images whose ids are `alike`."""
    if same := alike(ids):
        warnings.warn(
            f"{plural(len(same), 'image_id')} of {what} differ from another only by case or by the "
            f"ending of a picture: {listing(same)}; they count as different images.",
            stacklevel=1,  # one place, so that Python shows it once in a command
        )


def refuse_alike(strangers, held, what: str) -> None:
    """Raise InputError where ids that ``held`` lacks are there but for case or a picture's ending.

    Left alone they would drop out of a match, counted at best as images that the other lacks.
    """
    strangers = list(pd.unique(pd.Series(strangers, dtype=object).dropna()))
    if not strangers:
        return
    of_key = {_key(text): text for text in pd.unique(pd.Series(held, dtype=object).dropna())}
    same = [f"{text} for {of_key[_key(text)]}" for text in strangers if _key(text) in of_key]
    if same:
        raise InputError(
            f"{plural(len(same), 'image_id')} of {what} differ only by case or by the ending of a "
            f"picture: {listing(same)}; write them alike."
        )


def one(value: object) -> str | None:
    """One id as text; None where it means "unknown"."""
    if isinstance(value, float | np.floating) and value.is_integer():
        if abs(value) >= 2**53:
            raise InputError(
                f"The id {value:g} is a float too large to stand for one whole number: read that "
                "column as text."
            )
        return f"{value:.0f}"
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    text = text.strip()
    if len(text) <= LONGEST_UNKNOWN and text.casefold() in UNKNOWN:
        return None
    return text.split(".")[0] if text.endswith(".0") and _WHOLE.fullmatch(text) else text


def _key(text: str) -> str:
    """What is left of an id without case and a picture's ending."""
    folded = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    if "." not in folded[-5:]:
        return folded
    stem, ending = os.path.splitext(folded)
    return stem if ending in PICTURES else folded
