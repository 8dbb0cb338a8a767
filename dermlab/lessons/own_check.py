"""A folder of anybody's pictures, looked through before a network learns from it.

The name of the sub-folder in which a picture lies is its class. What cannot be used is left out by
name and with a reason; what can be used but misleads (copies, few pictures, no ids) is said.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dermlab.cases import duplicates, folders, own, parts, sources, splits
from dermlab.cases.reading import Reading
from dermlab.errors import InputError
from dermlab.lessons import own_ids, own_left_out
from dermlab.text import listing, plural

FOLDS = 5  # of which each is scored by a network that has not seen it
FEWEST = 3  # different pictures a class: to learn from, to choose the epoch by, and to score
THRESHOLDS = (duplicates.THRESHOLD, 0.13, 0.06, 0.0)  # of near copies, from wide to narrow


@dataclass(frozen=True)
class Check:
    """What is known of a folder: the pictures that can be used, and those that are left out.

    ``cases``: a row a picture; what shows the same has one ``patient_id``, and copies have one
    ``lesion_id``: splits and intervals go by both.
    ``problems``: ``picture`` (its place in the folder), ``class``, ``reason``. ``sizes``:
    ``image_id, width, height`` (pixels). ``copies``: pairs with their ``distance``, at most
    ``threshold``. ``across``: the copies among them that stand in two classes.
    """

    folder: Path
    cases: pd.DataFrame
    problems: pd.DataFrame
    sizes: pd.DataFrame
    copies: pd.DataFrame
    threshold: float
    across: list[dict]

    @property
    def classes(self) -> pd.Series:
        """Pictures that can be used in each class, by the class's name."""
        return self.cases["disease"].value_counts().sort_index()

    @property
    def n_groups(self) -> pd.Series:
        """Groups in each class: pictures of the same, and copies, count once."""
        return _groups_of_classes(self.cases)

    @property
    def has_test_part(self) -> bool:
        """Whether the folder is divided into Train and Test."""
        return parts.PART in self.cases and (self.cases[parts.PART] == "test").any()


def look(
    folder: str | Path,
    *,
    size: int,
    ids: pd.DataFrame | str | Path | None = None,
    show: bool = False,
) -> Check:
    """Read and check the pictures of ``folder``, whose sub-folders are the classes.

    size : pixels a side that the network will see; the pictures are decoded at it, once.
    ids : what each picture shows, a table or its file as for `own_ids.join`. Pictures of one
        patient, plant or thing are kept on one side.

    TooLittle (an InputError) for a folder without a picture that can be used, and for fewer than
    two classes of `FEWEST` groups. InputError for what is no folder, for a name that no class can
    have, for names that read as one another, and for ids that fit no picture.
    """
    from dermlab.network import picture_report, pictures

    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: name one with a sub-folder of pictures a class.")
    if not folders.images(folder):
        raise own_left_out.TooLittle(
            f"{folder} holds no picture ({', '.join(folders.SUFFIXES)}).",
            [own_left_out.not_read(folder)],
        )
    cases, rejected = sources.read(folder, reading=Reading(own=True))
    problems = [own_left_out.not_read(folder), own_left_out.rejected(rejected, folder)]
    _refuse_none(cases, rejected, folder, problems)
    _refuse_one_class(cases, folder, problems)
    cases = cases if ids is None else own_ids.join(cases, ids, folder)
    loaded = pictures.load(cases["image_id"].tolist(), [folder], size, show=show)
    why = dict(zip(loaded.set_aside["image_id"], loaded.set_aside["reason"], strict=True))
    cases = own_left_out.leave_out(
        cases, {i: f"cannot be read: {why[i]}" for i in why}, folder, problems
    )
    two = picture_report.of_loaded(loaded, cases)["two_diseases"]
    cases = own_left_out.leave_out(cases, own_left_out.contradictions(two), folder, problems)
    cases, copies, threshold = _with_copies(cases, folder)
    cases = own_left_out.leave_out(cases, _too_few(cases), folder, problems)
    _refuse_one_class(cases, folder, problems)
    copies = copies[copies["image_id_a"].isin(cases["image_id"])]
    return Check(
        folder,
        cases,
        pd.concat(problems, ignore_index=True)[own_left_out.PROBLEMS],
        _sizes(cases),
        copies.reset_index(drop=True),
        threshold,
        duplicates.pairs_of_two(copies, cases),
    )


def split(check: Check, *, seed: int = 0) -> pd.DataFrame:
    """Folds that keep copies together: ``image_id, group_id, fold``.

    Every class has a picture in every fold; there are `FOLDS` of them, fewer where a class has
    fewer different pictures. Where the folder is divided into Train and Test, fold 0 is the test
    part as it was found, and the others are made of the rest.
    """
    if not check.has_test_part:
        n_folds = max(FEWEST, min(FOLDS, int(check.n_groups.min())))
        return splits.group_folds(check.cases, n_folds, seed=seed)
    in_test = check.cases["disease"][check.cases[parts.PART] == "test"].unique()
    if len(in_test) < 2:
        raise InputError(
            f"The test part of {check.folder} has pictures of {listing(in_test)} alone, and two "
            "classes are needed to score: move some of another class there."
        )
    table = parts.keep(check.cases, n_folds=_folds_of_rest(check), seed=seed)
    return table.assign(fold=table["fold"] + 1)


def _folds_of_rest(check: Check) -> int:
    """Into how many folds the pictures outside the test part go, each with two classes or more."""
    rest = check.cases[check.cases[parts.PART] != "test"]
    n = _groups_of_classes(rest).sort_values(ascending=False)
    if len(n) < 2 or n.iloc[1] < 2:
        raise InputError(
            f"Outside the test part of {check.folder} two classes with two different pictures each "
            f"are needed; there {listing([f'{name} {k:,}' for name, k in n.items()])} stand: move "
            "some there."
        )
    return min(FOLDS - 1, int(n.iloc[1]))


def scored_folds(check: Check, split: pd.DataFrame) -> list[int]:
    """The folds to score: the test part that was found, else all, a network each."""
    return [0] if check.has_test_part else list(range(int(split["fold"].max()) + 1))


# --- what is refused -----------------------------------------------------------------------------


def _too_few(cases: pd.DataFrame) -> dict[str, str]:
    """Why the pictures of a class are left out that has fewer than `FEWEST` groups."""
    n = _groups_of_classes(cases)
    return {
        row.image_id: f"its class has {plural(int(n[row.disease]), 'different picture')}, fewer "
        f"than {FEWEST}"
        for row in cases.itertuples()
        if n[row.disease] < FEWEST
    }


def _refuse_none(
    cases: pd.DataFrame, rejected: pd.DataFrame, folder: Path, problems: list[pd.DataFrame]
) -> None:
    if len(cases):
        return
    if rejected["disease"].isna().all():
        raise own_left_out.TooLittle(
            f"No picture of {folder} lies in a sub-folder: put the pictures of each class into a "
            "folder with the name of the class.",
            problems,
        )
    raise own_left_out.TooLittle(f"No picture of {folder} can be used.", problems)


def _refuse_one_class(cases: pd.DataFrame, folder: Path, problems: list[pd.DataFrame]) -> None:
    classes = list(cases["disease"].unique())
    own.refuse_names(classes)
    if len(classes) < 2:
        raise own_left_out.TooLittle(
            f"{folder} has pictures that can be used in {listing(classes) or 'no class'} alone, "
            f"and two classes of {FEWEST} different pictures are needed; if the classes stand one "
            "folder deeper, name that folder.",
            problems,
        )


# --- what is said ---------------------------------------------------------------------------------


def _with_copies(cases: pd.DataFrame, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """The cases with a ``lesion_id`` that copies share; the pairs; how near a pair may be.

    The threshold was chosen on photographs of skin. Where it would join more than a fold's worth
    of pictures into one group, these pictures are alike by their kind, and a smaller one is taken.
    """
    from dermlab.network import pictures

    ids = cases["image_id"].tolist()
    small = pictures.load(ids, [folder], duplicates.SIDE)
    features = duplicates.thumbnails(small.pixels)
    for threshold in THRESHOLDS:
        try:
            pairs = duplicates.near_pairs(features, ids, threshold=threshold)
        except duplicates.TooManyPairs:
            if threshold:
                continue
            raise InputError(
                f"Most pictures of {folder} are copies of each other: keep one of each."
            ) from None
        group = splits.groups(cases, by=(), pairs=pairs)
        if group.value_counts().max() <= max(2, len(cases) / FOLDS):
            break
    several = group.duplicated(keep=False).to_numpy()
    return cases.assign(lesion_id=group.where(several).to_numpy()), pairs, threshold


def _groups_of_classes(cases: pd.DataFrame) -> pd.Series:
    """How many groups each class has."""
    return splits.groups(cases).groupby(cases["disease"].to_numpy()).nunique()


def _sizes(cases: pd.DataFrame) -> pd.DataFrame:
    """``image_id, width, height`` as the files' headers have them."""
    from PIL import Image

    from dermlab.network.decoding import FORMATS, pillow_strict

    rows = []
    with pillow_strict():
        for image_id, path in zip(cases["image_id"], cases["path"], strict=True):
            with Image.open(path, formats=FORMATS) as picture:
                rows.append((image_id, *picture.size))
    return pd.DataFrame(rows, columns=["image_id", "width", "height"])


def sentences(check: Check, size: int) -> list[str]:
    """The check in words, a sentence a finding."""
    classes = [f"{name} {n:,}" for name, n in check.classes.items()]
    side = check.sizes[["width", "height"]].min(axis=1)
    said = [
        f"{plural(len(check.cases), 'picture')} of {plural(len(classes), 'class', 'classes')} can "
        f"be used: {listing(classes, 20)}.",
        f"The shorter side of a picture has {_range(side)} pixels; the network sees the central "
        f"square, scaled to {size} by {size}.",
    ]
    if small := int((side < size).sum()):
        said.append(f"{plural(small, 'picture')} had to be enlarged, which adds no detail.")
    if parts.PART in check.cases and not check.has_test_part:
        said.append("It is divided, but has no test part: all pictures are divided anew.")
    if n := len(check.problems):
        said.append(
            f"{plural(n, 'file')} {'is' if n == 1 else 'are'} left out, by name and reason."
        )
    return [*said, _of_copies(check), _of_ids(check)]


def _range(numbers: pd.Series) -> str:
    """``"64"``, or ``"64 to 80"``."""
    low, high = numbers.min(), numbers.max()
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _of_copies(check: Check) -> str:
    joined = check.cases["lesion_id"].dropna()
    if joined.empty:
        return "No two pictures look like copies of each other."
    text = (
        f"{plural(len(joined), 'picture')} are, or look like, copies of another one: they stay "
        f"together and count as {plural(joined.nunique(), 'picture')}."
    )
    if check.across:
        some = [" and ".join(one["images"]) for one in check.across]
        text += f" In two classes, so look at them: {listing(some)}."
    return text


def _of_ids(check: Check) -> str:
    """How many things were photographed; or what it costs that a folder does not say so."""
    if check.cases["patient_id"].notna().any():
        groups = [f"{name} {n:,}" for name, n in check.n_groups.items()]
        n, without = splits.groups(check.cases).nunique(), check.cases["patient_id"].isna().sum()
        each = f" ({plural(without, 'picture')} without an id by itself)" if without else ""
        return (
            f"By your ids they show {n:,} different things ({listing(groups, 20)}){each}, each of "
            "which stays on one side; the intervals count these, and not pictures."
        )
    wider = [f"{math.sqrt(m):.1f} times with {m}" for m in (2, 4, 9)]
    return (
        "A folder does not say which pictures show the same patient, plant or thing. If some do, "
        "they may stand on both sides of a fold, and then every score here is too good. The "
        "intervals count each picture as a new thing (copies together as one). With m pictures of "
        f"each thing they should be up to √m times as wide: {listing(wider)}."
    )
