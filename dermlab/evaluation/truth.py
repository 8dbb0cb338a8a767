"""What a table of predictions is scored against: which cases, on which side, alike by which id."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dermlab.cases import ids as rule
from dermlab.cases import layouts, sources, splits, table, tasks, taxonomy
from dermlab.cases.datasets import isic2019
from dermlab.errors import InputError
from dermlab.text import listing, plural

ISIC_NODES = {
    "MEL": "malignant melanoma",
    "NV": "melanocytic nevi",
    "BCC": "basal cell carcinoma",
    "AKIEC": "malignant epidermal",
    "AK": "actinic keratosis",
    "BKL": "benign epidermal",
    "DF": "dermatofibroma",
    "VASC": "benign dermal",
    "SCC": "squamous cell carcinoma",
    "UNK": None,  # none of the others: evidence for no side of any question
}
IDS = ("patient_id", "lesion_id")  # the coarsest first


def is_isic(columns: Iterable[str]) -> bool:
    """Whether these column names are classes of an ISIC challenge file, and nothing else."""
    return set(columns) <= set(ISIC_NODES)


def read(source: str | Path, *, tree: pd.DataFrame | None = None) -> pd.DataFrame:
    """The cases of any source, or of an ISIC one-hot file, its Metadata joined if it is there.

    ``tree``: as of `sources.read_cases`.
    """
    path = Path(source)
    if path.is_file():
        header = layouts.header(path)
        if "image" in header and is_isic(set(header) - {"image"}):
            rows, rejected = table.read_csv(path)
            table.refuse(rejected, str(source))
            return _one_hot(rows, path)
    return sources.read_cases(source, tree=tree)


def _one_hot(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    rows = rows.assign(image=rule.normal(rows["image"]))
    rule.refuse(rows["image"], str(path))
    rule.warn_of_alike(rows["image"], str(path))
    codes = rows.drop(columns="image").apply(pd.to_numeric, errors="coerce")
    fine = codes.isin([0, 1]).all(axis=1) & (codes.sum(axis=1) == 1)
    fine &= table.once(rows["image"]) & rows["image"].notna()
    if not fine.all():
        raise InputError(
            f"{path} has {plural(int((~fine).sum()), 'row')} that are no truth: "
            f"{listing(list(rows['image'][~fine]))}; expected each image once, with a single 1 "
            "among zeros."
        )
    diseases = codes.idxmax(axis=1).map(ISIC_NODES | {"UNK": taxonomy.ROOT})
    truth = pd.DataFrame({"image_id": rows["image"], "disease": diseases}, dtype="str")
    metadata = isic2019.find_metadata(path)
    if metadata is None:
        return truth
    known, rejected = isic2019.read_metadata(metadata)
    table.refuse(rejected, str(metadata))
    known = known.assign(**{name: rule.known(known[name]) for name in IDS if name in known})
    return truth.join(known.set_index("image")[[n for n in IDS if n in known]], on="image_id")


def with_normal_ids(rows: pd.DataFrame, what: str) -> pd.DataFrame:
    """A table with its ids by the rule; InputError unless each row has an image_id of its own."""
    if "image_id" not in rows:
        raise InputError(f"{what} has no column image_id.")
    images = rule.normal(rows["image_id"])
    bad = rows["image_id"][images.isna() | images.duplicated(keep=False)]
    if len(bad):
        raise InputError(
            f"{what} names {plural(len(bad), 'row')} by no image id or by one that another row has "
            f"({listing(list(bad.unique()))}); one row an image is expected."
        )
    rule.refuse(images, what)
    of_groups = {name: rule.known(rows[name]) for name in IDS if name in rows}
    return rows.assign(image_id=images, **of_groups)


def compare_ids(
    predicted: pd.Series, known: pd.Series, predictions: str, truth: str, allow_missing: bool
) -> dict[str, int]:
    """How many ids stand in one of the two tables only, ``without_truth, without_prediction``.

    InputError if any do, unless ``allow_missing``; if the tables have no image in common; and if
    ids of both differ only by case or a picture's ending, which are never left out in silence.
    """
    without_truth = predicted[~predicted.isin(known)]
    without_prediction = known[~known.isin(predicted)]
    rule.refuse_alike(without_truth, without_prediction, predictions)
    if len(without_truth) == len(predicted):
        raise InputError(f"{predictions} and {truth} have no image in common; compare their ids.")
    if not allow_missing and (len(without_truth) or len(without_prediction)):
        sides = ((predictions, without_truth), (truth, without_prediction))
        parts = [
            f"{plural(len(ids), 'image')} only in {name} ({listing(list(ids))})"
            for name, ids in sides
            if len(ids)
        ]
        raise InputError(
            f"{' and '.join(parts)}: score the same images, or ask for --allow-missing."
        )
    return {"without_truth": len(without_truth), "without_prediction": len(without_prediction)}


def with_ids(truth: pd.DataFrame, cases: pd.DataFrame | None) -> pd.DataFrame:
    """``truth`` indexed by image; ids and label sources that it lacks are taken from ``cases``."""
    more = [*IDS, "label_source"]
    truth = truth.set_index("image_id").reindex(columns=["disease", *more]).astype("str")
    if cases is None:
        return truth
    cases = with_normal_ids(cases, "the cases").set_index("image_id").reindex(columns=more)
    absent = truth.index.difference(cases.index, sort=False)
    rule.refuse_alike(absent, cases.index, "the truth")
    if len(absent):
        raise InputError(
            f"{plural(len(absent), 'scored image')} stand in no row of the cases "
            f"({listing(list(absent))}); name a table of cases that has them."
        )
    return truth.assign(**truth[more].fillna(cases.loc[truth.index]))


def that_occur(task: tasks.Task, known: pd.DataFrame) -> tasks.Task:
    """The task with those of its classes that have a case; all where fewer than two have."""
    there = set(tasks.assign(task, known["disease"]).dropna())
    classes = tuple(side for side in task.classes if side[0] in there)
    return replace(task, classes=classes) if len(classes) > 1 else task


def usable(
    known: pd.DataFrame, task: tasks.Task, label_source: str | None, not_used: dict[str, int]
) -> pd.DataFrame:
    """The rows of the label source that lie on one side of the task, with their ``class``.

    The others are counted into ``not_used``. InputError for a side without a case.
    """
    if label_source is not None:
        if label_source not in table.LABEL_SOURCES:
            allowed = ", ".join(table.LABEL_SOURCES)
            raise InputError(f"'{label_source}' is no label source; there are {allowed}.")
        kept = known[known["label_source"] == label_source]
        not_used["other_label_source"] = len(known) - len(kept)
        known = kept
    known = known.assign(**{"class": tasks.assign(task, known["disease"])})
    used = known.dropna(subset="class")
    not_used["other_disease"] = len(known) - len(used)
    without = [f"'{name}'" for name, _ in task.classes if name not in set(used["class"])]
    if without:
        kind = f" with the label source '{label_source}'" if label_source else ""
        raise InputError(
            f"No case{kind} stands for {listing(without)} of the task '{task.name}'; "
            f"{plural(len(used), 'case')} can be used and {plural(len(known) - len(used), 'case')} "
            "lie on no side; ask another task or give other cases."
        )
    return used


def groups(used: pd.DataFrame) -> tuple[pd.Series, str]:
    """Groups of images that are alike, and the coarsest id by which any two of them are joined."""
    joins = (column for column in IDS if used[column].dropna().duplicated().any())
    return splits.groups(used.reset_index(), by=IDS), next(joins, "image_id")
