"""The table of probabilities: read, checked, a question read out of it, scored against a truth.

A network learns fine training classes; a question such as "malignant?" is a *read-out*: the
probabilities of the classes on each side are summed and renormalised (Esteva et al. 2017,
Extended Data Fig. 1). ``<file>.json`` beside the table, its *sidecar*, says which diseases each
column holds. ISIC challenge files are read as scores, which need not sum to 1; so is a single
column, which asks one question: how likely is this, and not the other side?
"""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab import files
from dermlab.cases import ids, table, tasks, taxonomy
from dermlab.errors import InputError
from dermlab.evaluation import truth as truth_table
from dermlab.evaluation.inputs import SUM_TOLERANCE
from dermlab.text import listing, plural

NO_SIGNAL = "no signal"  # what a row that says nothing answers
SCORES = {("image_name", "target"): "malignant melanoma"}  # ISIC 2020's: columns -> the node

# --- the table --------------------------------------------------------------------------------


def read(path: str | Path) -> tuple[pd.DataFrame, dict]:
    """A table of predictions and its sidecar.

    The table has ``image_id`` first, then a float column a class. ``sidecar["kind"]`` is
    ``"probabilities"`` (rows sum to 1 ± 1e-4) or ``"scores"`` (an ISIC challenge file, or one
    column: ISIC 2020's ``image_name, target`` is one of malignant melanoma).
    Raises InputError for ids that are missing or repeated, for values that are no number in
    [0, 1] or do not sum to 1, and where the sidecar was written with another table.
    """
    rows, rejected = table.read_csv(path)
    table.refuse(rejected, str(path))
    if node := SCORES.get(tuple(rows)):
        rows = rows.set_axis(["image_id", node], axis=1)
    name = next((name for name in ("image_id", "image") if name in rows), None)
    if name is None:
        raise InputError(f"{path} has no column image or image_id; its first column names images.")
    values = rows.drop(columns=name)
    predictions = values.apply(pd.to_numeric, errors="coerce").astype(float)
    _refuse_empty(values, str(path))
    _refuse_cells(predictions, values, rows[name], str(path))
    predictions.insert(0, "image_id", ids.normal(rows[name]))
    sidecar = _read_sidecar(path, len(rows))
    scores = truth_table.is_isic(values.columns) or values.shape[1] == 1
    sidecar.setdefault("kind", "scores" if scores else "probabilities")
    check(predictions, sidecar, what=str(path))
    return predictions.reset_index(drop=True), sidecar


def write(predictions: pd.DataFrame, path: str | Path, sidecar: dict) -> None:
    """Write the table (its ids as ``image``) and ``<path>.json``, if `read` would take them."""
    check(predictions, sidecar, what=str(path))
    columns = predictions.rename(columns={"image_id": "image"})
    text = columns.to_csv(index=False, float_format="%.7g", lineterminator="\n")
    about = sidecar | {"rows": len(columns), "table": _checksum(text.encode("utf-8"))}
    about = files.as_json(files.sealed(about))
    files.write_all({Path(path): text, _sidecar_path(path): about})


def check(predictions: pd.DataFrame, sidecar: dict, *, what: str = "the predictions") -> None:
    """Raise InputError unless ids are unique, values lie in [0, 1] and probabilities sum to 1."""
    images = truth_table.with_normal_ids(predictions, what)["image_id"]
    values = predictions.drop(columns="image_id")
    _refuse_empty(values, what)
    _refuse_cells(values, values, images, what)
    if sidecar.get("kind") == "scores":
        return
    off = images[(values.sum(axis=1) - 1).abs() > SUM_TOLERANCE]
    if len(off):
        raise InputError(
            f"{what} has {plural(len(off), 'row')} of {len(images):,} whose probabilities do not "
            f"sum to 1 (± {SUM_TOLERANCE:g}): {listing(list(off))}; normalise each row."
        )


def _refuse_empty(values, what: str) -> None:
    if values.shape[1] == 0:
        raise InputError(f"{what} has no column of probabilities beside the images' ids.")


def _refuse_cells(numbers, shown, ids, what: str) -> None:
    """Raise InputError for cells outside [0, 1] or without a number, shown as they were written."""
    places = np.argwhere(~((numbers >= 0) & (numbers <= 1)).to_numpy())
    if len(places):
        some = [f"{shown.columns[j]} of {ids.iloc[i]} is {shown.iat[i, j]}" for i, j in places[:5]]
        more = f" and {len(places) - 5:,} more" if len(places) > 5 else ""
        raise InputError(
            f"{what} has {plural(len(places), 'cell')} without a number from 0 to 1: "
            f"{', '.join(some)}{more}."
        )


def _sidecar_path(path: str | Path) -> Path:
    return Path(f"{path}.json")


def _checksum(content: bytes) -> str:
    """SHA-256 (hex) of a table, whatever its line ends."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def _read_sidecar(table_path: str | Path, n_rows: int) -> dict:
    """What is written beside the table, if anything; InputError where it is of another table."""
    path, cure = _sidecar_path(table_path), "mend it or move it away"
    if not path.is_file():
        return {}
    sidecar = files.read_record(path, cure=cure)
    expected, checksum = sidecar.pop("rows", n_rows), sidecar.pop("table", None)
    if n_rows != expected:
        raise InputError(
            f"{table_path} has {plural(n_rows, 'row')} and {path} speaks of {expected}: the table "
            "is cut or of another run; take a whole copy, or predict again."
        )
    if checksum not in (None, _checksum(Path(table_path).read_bytes())):
        raise InputError(
            f"{table_path} is not the table that {path} was written with: take another copy, or "
            f"move {path} away if the change is meant."
        )
    return sidecar


# --- the read-out -----------------------------------------------------------------------------


def read_out(predictions: pd.DataFrame, classes: pd.DataFrame, task: tasks.Task) -> pd.DataFrame:
    """The task's classes from the training classes: ``image_id``, a column a class, ``empty``.

    `tasks.read_out` with the rows' ids; ``empty`` marks a row whose sides are all 0, which says
    nothing. Raises InputError for a side that no column stands for, and for a column that lies on
    both sides of a border. A single column that holds one side answers for both.
    """
    if len(classes) == 1 and len(task.classes) == 2:
        return _of_one_score(predictions, classes, task)
    sides = [name for name, _ in task.classes]
    groups = [nodes for _, nodes in task.classes]
    both = list(dict.fromkeys(taxonomy.swallowed(classes, dict(task.classes))["training_class"]))
    if both:
        raise InputError(
            f"The task '{task.name}' cannot be read out: {listing([repr(name) for name in both])} "
            f"{'lies' if len(both) == 1 else 'each lie'} on both sides of its border; train with a "
            "smaller max_class_size, or ask another task."
        )
    without = np.asarray(taxonomy.membership(classes, groups).sum(axis=0)).ravel() == 0
    if without.any():
        missing = [f"'{side}'" for side, none in zip(sides, without, strict=True) if none]
        raise InputError(
            f"No column of the predictions stands for {listing(missing)} of the task "
            f"'{task.name}'; the columns are {listing(list(classes['name']), 10)}."
        )
    shares = tasks.read_out(predictions, classes, task).reset_index(drop=True)
    shares.insert(0, "image_id", predictions["image_id"].to_numpy())
    on_a_side = taxonomy.roll_up(predictions, classes, [frozenset().union(*groups)])[:, 0]
    return shares.assign(empty=on_a_side <= 0)


def most_probable(answer: pd.DataFrame) -> pd.Series:
    """The answer of each row of a `read_out`, by ``image_id``: `NO_SIGNAL` where it is empty."""
    answer = answer.set_index("image_id")
    return answer.drop(columns="empty").idxmax(axis=1).mask(answer["empty"], NO_SIGNAL)


def _of_one_score(
    predictions: pd.DataFrame, classes: pd.DataFrame, task: tasks.Task
) -> pd.DataFrame:
    """`read_out` of one column: the score of the side that lies within it, 1 - it of the other.

    InputError where not exactly one side lies within the column and the other wholly outside.
    """
    name, held = classes["name"].iloc[0], set(classes["diseases"].iloc[0])
    within = [side for side, nodes in task.classes if set(nodes) <= held]
    outside = [side for side, nodes in task.classes if not set(nodes) & held]
    if len(within) != 1 or len(outside) != 1:
        raise InputError(
            f"A single score of '{name}' does not answer the task '{task.name}': ask one whose "
            f"first side is '{name}' and whose other lies outside it, as in '{name}:benign'."
        )
    score = predictions[name].to_numpy(float)
    answer = {within[0]: score, outside[0]: 1 - score}
    shares = pd.DataFrame({side: answer[side] for side, _ in task.classes})
    shares.insert(0, "image_id", predictions["image_id"].to_numpy())
    return shares.assign(empty=False)
