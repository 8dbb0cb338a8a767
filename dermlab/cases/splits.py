"""Who may stand on which side: groups of images, folds, a test part, and the search for leaks.

Two photographs of one lesion, or two lesions of one patient, are alike for reasons that have
nothing to do with the disease. If one is learnt from and the other scored, the score is too good.
So images that share a lesion, a patient or a near-duplicate pair form a *group* (the connected
components of that graph, as in Esteva et al. 2017, Methods), and a group is never divided.
"""

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dermlab.cases import balance
from dermlab.cases import ids as rule
from dermlab.errors import InputError
from dermlab.text import listing, percent, plural

KINDS = {"patient_id": "patients", "lesion_id": "lesions"}
BY = tuple(KINDS)
TEST = -1
SHARE_TOLERANCE = 0.01  # how far a test part may be from the share asked for
MOST_FOLDS = 2**31  # far more than can be, and few enough to be told apart


def groups(
    cases: pd.DataFrame, *, by: Sequence[str] = BY, pairs: pd.DataFrame | None = None
) -> pd.Series:
    """The group of each image, named by the group's first ``image_id`` in alphabetical order.

    Images are joined by a shared id in any column of ``by`` and by ``pairs`` (columns
    ``image_id_a``, ``image_id_b``), and so on through shared neighbours. A missing id joins
    nothing; a column that ``cases`` lacks counts as missing throughout. Ids by the rule of
    `table`: what means "unknown" is missing, ``1`` and ``"1"`` are one.

    Returns a Series ``image_id -> group_id`` in the order of ``cases``.
    Raises InputError for a column that is no id, a repeated image_id, or a pair that names an
    image which ``cases`` does not hold.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    by = _checked_by(by)
    images = image_ids_of(cases, "the cases")
    links = [_links(rule.known(cases[column])) for column in by if column in cases]
    links += [] if pairs is None else [_pair_rows(pairs, images)]
    a, b = np.concatenate(links, axis=1) if links else np.empty((2, 0), dtype=int)
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(images), len(images)))
    component = connected_components(graph, directed=False)[1]
    first = np.empty(component.max() + 1, dtype=int)
    backwards = images.argsort()[::-1]
    first[component[backwards]] = backwards  # of a component's images the last written stays
    return pd.Series(images[first[component]], index=images, name="group_id")


def group_folds(
    cases: pd.DataFrame,
    n_folds: int = 9,
    by: Sequence[str] = BY,
    pairs: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Folds 0 to ``n_folds - 1`` that divide no group and hold each disease alike.

    The folds of scikit-learn's StratifiedGroupKFold (`balance` makes the same ones in linear
    time) on the rows sorted by ``image_id``, so the order of ``cases`` does not matter. Returns the
    split, sorted likewise: ``image_id, group_id, fold``.

    Warns (UserWarning) where a disease has fewer groups than there are folds, and where one group
    fills more than a fold. Raises InputError for fewer than two folds, more folds than groups, or a
    case without a disease.
    """
    table = grouped(cases, by, pairs)
    table["fold"] = fold_numbers(table, n_folds, seed)
    balance.warn_of_uneven_folds(table, n_folds)
    return table[["image_id", "group_id", "fold"]]


def with_test_part(
    cases: pd.DataFrame,
    *,
    test: float = 0.2,
    n_folds: int = 9,
    by: Sequence[str] = BY,
    pairs: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """``group_folds`` after a test part (fold -1) was set aside.

    ``test`` is a share of the images in [0, 0.5]; 0 sets nothing aside. The cases are cut into
    ``round(1 / test)`` stratified parts of whole groups, and the part whose size is nearest to
    the share becomes the test part. Where such a part would miss the share by more than
    ``SHARE_TOLERANCE``, several parts of a finer cut are joined (0.4: two of five). The share
    reached is ``(split["fold"] == -1).mean()``; warns (UserWarning) where large groups keep it
    further from ``test`` than the tolerance.
    """
    if not 0 <= test <= 0.5:
        raise InputError(f"The test part is a share of the images from 0 to 0.5, not {test}.")
    table = grouped(cases, by, pairs)
    learnt_from = np.ones(len(table), dtype=bool)
    if test > 0:
        learnt_from = ~_test_images(table, test, seed)
    table["fold"] = TEST
    table.loc[learnt_from, "fold"] = fold_numbers(table[learnt_from], n_folds, seed)
    balance.warn_of_uneven_folds(table[learnt_from], n_folds)
    return table[["image_id", "group_id", "fold"]]


def _test_images(table: pd.DataFrame, test: float, seed: int) -> np.ndarray:
    """Which rows of a grouped table become the test part: a share of about ``test``."""
    n_groups = table["group_id"].nunique()
    if round(1 / test) > n_groups:
        raise InputError(
            f"A test part of {test:g} is less than one of {plural(n_groups, 'group')}: ask for "
            f"a share of {1 / n_groups:.2g} or more."
        )
    n_parts, n_joined = _cut(test, most=n_groups)
    part = fold_numbers(table, n_parts, seed)
    share = np.bincount(part) / len(part)
    joined = np.abs(n_joined * share - test).argsort(kind="stable")[:n_joined]
    reached = share[joined].sum()
    if abs(reached - test) > SHARE_TOLERANCE:
        warnings.warn(
            f"The test part holds {percent(reached)} of the images where {percent(test)} was asked "
            "for: no group is divided, and they are too large or too few for that share.",
            stacklevel=3,
        )
    return np.isin(part, joined)


def _cut(test: float, most: int) -> tuple[int, int]:
    """In how many parts the cases are cut for a share of ``test``, and how many become the test.

    One of ``round(1 / test)``, or the fewest parts (at ``most`` the groups) of which some come
    near enough.
    """
    for n_parts in range(round(1 / test), most + 1):
        n_joined = round(n_parts * test)
        if abs(n_joined / n_parts - test) <= SHARE_TOLERANCE:
            return n_parts, n_joined
    return round(1 / test), 1


def check_split(split: pd.DataFrame) -> pd.DataFrame:
    """The split with text ids and integer folds; InputError where it is none.

    Cells may be text (as a CSV gives them). Every image stands there once, and its fold is a
    whole number from -1 (the test part) upwards. Other columns, ``group_id`` too, are not judged.
    """
    for column in ("image_id", "fold"):
        if column not in split:
            raise InputError(f"The split has no column {column!r}; it needs image_id and fold.")
    images = image_ids_of(split, "the split")
    fold = pd.to_numeric(split["fold"], errors="coerce").to_numpy(float, na_value=np.nan)
    bad = ~((fold >= TEST) & (fold == np.floor(fold)) & (fold < MOST_FOLDS))
    if bad.any():
        examples = [f"{i} ({f})" for i, f in zip(images[bad], split["fold"][bad], strict=True)]
        raise InputError(
            f"The split gives {plural(int(bad.sum()), 'image')} no fold of -1, 0, 1, …: "
            f"{listing(examples)}; split the cases again."
        )
    return split.assign(image_id=images, fold=fold.astype(int))


def leaks(
    cases: pd.DataFrame,
    split: pd.DataFrame,
    by: Sequence[str] = BY,
    pairs: pd.DataFrame | None = None,
) -> dict[str, dict[str, int] | None]:
    """What stands in more than one fold of ``split``, by the ids of ``cases``.

    The groups are made anew from ``cases``; the split's own ``group_id`` is ignored. One entry for
    each id in ``by`` (``"patients"``, ``"lesions"``), for ``"pairs"`` and for ``"groups"`` (all of
    them joined): ``{"straddling": how many of them stand in more than one fold, "missing": images
    that could not be checked for want of an id, "n": images}``, or None where nothing could be
    checked. An unchecked image is never counted as clean.

    Raises InputError for a split that is none, or whose images are not those of ``cases``.
    """
    by = _checked_by(by)
    images = image_ids_of(cases, "the cases")
    split = check_split(split).set_index("image_id")
    _refuse_other_images(images, split.index)
    fold = split["fold"].reindex(images)
    ids = cases.reindex(columns=list(by)).apply(rule.normal)
    counts = {KINDS[column]: _straddling(ids[column], fold) for column in by}
    known = ids.notna().any(axis=1).to_numpy(copy=True)
    counts["pairs"] = None
    if pairs is not None:
        a, b = _pair_rows(pairs, images)
        n_apart = int((fold.to_numpy()[a] != fold.to_numpy()[b]).sum())
        counts["pairs"] = {"straddling": n_apart, "missing": 0, "n": len(images)}
        known[np.concatenate([a, b])] = True
    counts["groups"] = _straddling(groups(cases, by=by, pairs=pairs).where(known), fold)
    return counts


def describe_leaks(leaks: dict[str, dict[str, int] | None], n_images: int) -> list[str]:
    """One line for each entry of ``leaks``: what straddles, and what could not be checked.

    ``n_images`` is the number of cases.
    """
    wanting = {"pairs": "pair", "groups": "id or pair"} | {kind: c for c, kind in KINDS.items()}
    lines = []
    for kind, counts in leaks.items():
        if kind == "pairs" and counts is None:
            lines.append("pairs: not checkable (no table of pairs given)")
        elif counts is None:
            lack = f"no {wanting[kind]} in {n_images:,} of {n_images:,}"
            lines.append(f"{kind}: not checkable ({lack})")
        else:
            lack = f" ({counts['missing']:,} without {wanting[kind]} not checked)"
            verb = "straddles" if counts["straddling"] == 1 else "straddle"
            rest = lack if counts["missing"] else ""
            lines.append(f"{kind}: {counts['straddling']:,} {verb}{rest}")
    return lines


def _checked_by(by: Sequence[str]) -> tuple[str, ...]:
    by = (by,) if isinstance(by, str) else tuple(by)
    unknown = [column for column in by if column not in KINDS]
    if unknown:
        raise InputError(f"No id to group by: {listing(unknown)}; there are {', '.join(KINDS)}.")
    return by


def image_ids_of(table: pd.DataFrame, what: str) -> pd.Index:
    """The ``image_id`` of each row, checked: present, by the rule of ids, each once."""
    if "image_id" not in table:
        raise InputError(f"There is no column 'image_id' in {what}.")
    ids = rule.normal(table["image_id"])
    if not len(ids):
        raise InputError(f"There are no images in {what}.")
    if ids.isna().any():
        raise InputError(f"{plural(int(ids.isna().sum()), 'row')} of {what} without image_id.")
    repeated = ids[ids.duplicated()].unique()
    if len(repeated):
        times = f"{plural(len(repeated), 'image_id')} more than once in {what}"
        raise InputError(f"{times}: {listing(list(repeated))}.")
    rule.refuse(ids, what)
    rule.warn_of_alike(ids, what)
    return pd.Index(ids, name="image_id")


def _links(ids: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers (a, b) that join every row with an id to the first row that has the same id."""
    known = np.flatnonzero(ids.notna())
    code = pd.factorize(ids.iloc[known])[0]
    first = known[np.unique(code, return_index=True)[1]]
    return known, first[code]


def _pair_rows(pairs: pd.DataFrame, images: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers (a, b) of the two images of each pair."""
    for column in ("image_id_a", "image_id_b"):
        if column not in pairs:
            raise InputError(f"The pairs have no column {column!r}; they need two image ids a row.")
    pairs = pairs[["image_id_a", "image_id_b"]].apply(rule.normal)
    a, b = (images.get_indexer(pairs[column]) for column in pairs)
    ends = pd.concat([pairs["image_id_a"][a < 0], pairs["image_id_b"][b < 0]]).unique()
    rule.refuse_alike(ends, images, "the pairs")
    if len(ends):
        some = ["no id at all" if pd.isna(end) else end for end in ends]
        raise InputError(
            f"The pairs name {plural(len(ends), 'image_id')} that the cases do not hold: "
            f"{listing(some)}; drop those pairs, or give the cases that they were made from."
        )
    return a, b


def grouped(cases: pd.DataFrame, by: Sequence[str], pairs: pd.DataFrame | None) -> pd.DataFrame:
    """``image_id, group_id, disease`` of the cases, sorted by image_id."""
    table = groups(cases, by=by, pairs=pairs).reset_index()
    if "disease" not in cases:
        raise InputError("The cases have no column 'disease', by which folds are made alike.")
    table["disease"] = cases["disease"].to_numpy()
    if n := int(table["disease"].isna().sum()):
        raise InputError(
            f"{plural(n, 'row')} of the cases without a disease; folds are made alike by it: set "
            "those rows aside, or name their disease."
        )
    return table.sort_values("image_id", ignore_index=True)


def fold_numbers(table: pd.DataFrame, n_folds: int, seed: int) -> np.ndarray:
    """The fold of each row of a grouped table."""
    n_groups = table["group_id"].nunique()
    if n_folds < 2:
        raise InputError(f"At least two folds are needed, not {n_folds}.")
    if n_folds > n_groups:
        raise InputError(
            f"{n_folds:,} folds cannot be made of {plural(n_groups, 'group')}: ask for fewer folds."
        )
    stratum = pd.factorize(table["disease"], sort=True)[0]
    if (stratum < 0).any():
        n_missing = int((stratum < 0).sum())
        raise InputError(
            f"{plural(n_missing, 'case')} of {len(table):,} without a disease: folds are balanced "
            "by it; name one, or leave those cases out."
        )
    # Where every disease is rarer than the folds are many, nothing is left to balance.
    if np.bincount(stratum).max() < n_folds:
        stratum = np.zeros(len(table), dtype=int)
    group = pd.factorize(table["group_id"], sort=True)[0]
    fold = balance.stratified_folds(stratum, group, n_folds, seed=seed)
    return balance.without_empty_folds(fold, table["group_id"], n_folds)


def _refuse_other_images(cases: pd.Index, split: pd.Index) -> None:
    absent, surplus = cases.difference(split), split.difference(cases)
    rule.refuse_alike(absent, surplus, "the cases")
    if len(absent) or len(surplus):
        parts = [
            f"{plural(len(ids), 'image')} only in the {where} ({listing(list(ids))})"
            for ids, where in ((absent, "cases"), (surplus, "split"))
            if len(ids)
        ]
        raise InputError(f"Cases and split do not hold the same images: {', '.join(parts)}.")


def _straddling(ids: pd.Series, fold: pd.Series) -> dict[str, int] | None:
    """Of the ids that are known: how many stand in more than one fold."""
    n_missing = int(ids.isna().sum())
    if n_missing == len(ids):
        return None
    n_folds_of_id = fold.groupby(ids.to_numpy()).nunique()
    return {"straddling": int((n_folds_of_id > 1).sum()), "missing": n_missing, "n": len(ids)}
