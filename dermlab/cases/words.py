"""Words that people write for ours: M for male, III for skin type 3, NA for nothing, ISIC's names.

Only what can mean one thing is read so, and one warning says which words were read as what.
"""

import warnings
from collections.abc import Collection, Mapping
from functools import cache

import pandas as pd

from dermlab.cases import ids
from dermlab.cases.datasets import names
from dermlab.text import listing, plural

SEXES = {"m": "male", "f": "female", "male": "male", "female": "female"}
ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}
SPELLINGS = {  # column -> what is written there, in any case -> ours
    "age": {},
    "sex": SEXES,
    "skin_type": ROMAN,
    "site": {},
    "source": {},
    "label_source": {
        name: name for name in ("dermatologist", "biopsy", "follow_up", "consensus", "confocal")
    },
    "modality": {
        **{name: name for name in ("clinical", "dermoscopy")},
        "dermoscopic": "dermoscopy",
    },
}
NAMED = 8  # readings that a warning names


def plain(typed: pd.DataFrame) -> pd.DataFrame:
    """The table of cases with our words for people's, and nothing for text that means "unknown".

    A warning names what was read so.
    """
    read, said = {}, []
    for column, spellings in SPELLINGS.items():
        cells = typed[column]
        if pd.api.types.is_numeric_dtype(cells) or cells.isna().all():
            continue
        meant = {word: _meaning(word, spellings) for word in cells.dropna().unique()}
        other = {word: ours for word, ours in meant.items() if ours != word}
        if not other:
            continue
        counts = cells[cells.isin(other)].value_counts()
        said += [
            f"{column} {word!r} as {ours or 'unknown'} ({counts[word]:,})"
            for word, ours in other.items()
        ]
        read[column] = cells.map(pd.Series(meant, dtype="str")).astype("str")
    if said:
        warnings.warn(f"Read so: {listing(said, NAMED)}.", stacklevel=3)
    return typed.assign(**read)


def _meaning(word: str, spellings: Mapping[str, str]) -> str | None:
    """Our word; None for one that means "unknown"; the word itself where it is not known."""
    folded = str(word).strip().casefold()
    if folded in ids.UNKNOWN:
        return None
    return spellings.get(folded, word)


@cache
def isic() -> dict[str, str]:
    """ISIC's words for diagnoses that are no nodes, in small letters -> their node."""
    table = names.load("isic_words")
    return dict(zip(table.index, table["node"], strict=True))


def as_nodes(diseases: pd.Series, nodes: Collection[str]) -> pd.Series:
    """The labels, ISIC's words among them translated where the tree has their node; a warning."""
    strange = diseases[~diseases.isin(nodes)].dropna()
    node_of = {word: isic().get(word.strip().casefold()) for word in strange.unique()}
    node_of = {word: node for word, node in node_of.items() if node in nodes}
    if not node_of:
        return diseases
    counts = strange.value_counts()
    said = [
        f"'{word}' as {node} ({plural(int(counts[word]), 'image')})"
        for word, node in node_of.items()
    ]
    warnings.warn(
        f"Labels in ISIC's words are read as nodes: {listing(said, NAMED)}.", stacklevel=3
    )
    translated = diseases.map(pd.Series(node_of, dtype="str")).astype("str")
    return translated.where(diseases.isin(node_of), diseases)
