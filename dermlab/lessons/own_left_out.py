"""The files of a folder that are not learnt from: each by name, with a reason for people."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dermlab.cases import folders
from dermlab.cases import ids as rule
from dermlab.errors import InputError
from dermlab.text import listing, plural

PROBLEMS = ["picture", "class", "reason"]
NO_CLASS = "lies in no sub-folder: its class is not known"


class TooLittle(InputError):
    """A folder of which too little can be used; ``problems``: as of `Check`, why."""

    def __init__(self, sentence: str, problems: Sequence[pd.DataFrame]):
        self.problems = pd.concat(problems, ignore_index=True)[PROBLEMS]
        super().__init__(f"{sentence} {counted(self.problems)}".rstrip())


def not_read(folder: Path) -> pd.DataFrame:
    """The files that are no pictures for us, each by name."""
    rows = []
    for file in folders.others(folder):
        kind = file.suffix.lower()
        cure = f"; {folders.WHY[kind]}" if kind in folders.WHY else ""
        reason = f"not read as a picture ({kind or 'no ending'}){cure}"
        rows.append((folders.place(file, folder), None, reason))
    return pd.DataFrame(rows, columns=PROBLEMS)


def rejected(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The pictures that `sources.read` set aside, their reasons in the words of a folder."""
    place = pd.Series([folders.place(Path(path), folder) for path in rows["path"]], rows.index)
    image_id = rule.normal(rows["image_id"])
    reason = rows["reason"].str.replace("image_id is", "its name is")
    reason = reason.str.replace("dataset is", "the whole folder's name is")
    reason = reason.mask(image_id.isna(), "its name is a word for what is not known: rename it")
    of_id = place.groupby(image_id).agg(list)
    for twins in of_id[of_id.map(len) > 1]:
        why = "its name without the ending is also another picture's: rename one"
        reason = reason.mask(place.isin(twins), f"{why} ({' and '.join(twins)})")
    reason = reason.mask(rows["disease"].isna(), NO_CLASS)
    named = rows["disease"].where(rule.harmless(rows["disease"]))
    table = pd.DataFrame({"picture": place, "class": named, "reason": reason})
    return table.reset_index(drop=True)


def leave_out(
    cases: pd.DataFrame, why: dict[str, str], folder: Path, problems: list[pd.DataFrame]
) -> pd.DataFrame:
    """The cases without those that ``why`` names, which become ``problems``."""
    bad = cases[cases["image_id"].isin(why)]
    place = [folders.place(Path(path), folder) for path in bad["path"]]
    reason = bad["image_id"].map(why)
    problems.append(pd.DataFrame({"picture": place, "class": bad["disease"], "reason": reason}))
    return cases[~cases["image_id"].isin(why)]


def contradictions(two: Sequence[dict]) -> dict[str, str]:
    """Why each picture of ``two`` is left out: it stands in two classes."""
    return {
        image: f"the same picture stands in {' and in '.join(one['diseases'])} "
        f"({' = '.join(one['images'])})"
        for one in two
        for image in one["images"]
    }


def counted(problems: pd.DataFrame) -> str:
    """How many files are left out for each kind of reason; "" where none is."""
    if problems.empty:
        return ""
    kinds = problems["reason"].str.partition(" (")[0].value_counts()
    verb = "is" if len(problems) == 1 else "are"
    said = [f"{n:,}: {kind}" for kind, n in kinds.items()]
    return f"{plural(len(problems), 'file')} {verb} left out ({listing(said)})."
