"""The table of probabilities: read, checked, a question read out of it, scored against a truth.

A network learns fine training classes; a question such as "malignant?" is a *read-out*: the
probabilities of the classes on each side are summed and renormalised (Esteva et al. 2017,
Extended Data Fig. 1). ``<file>.json`` beside the table, its *sidecar*, says which diseases each
column holds. ISIC challenge files are read as scores, which need not sum to 1.
"""

import hashlib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab import files
from dermlab.cases import ids, own, sources, table, tasks, taxonomy
from dermlab.errors import InputError
from dermlab.evaluation import (
    intervals,
    merging,
    mrmc,
    multiclass,
    parity,
    readers,
    roc,
)
from dermlab.evaluation import truth as truth_table
from dermlab.evaluation.columns import classes_of, tree_of
from dermlab.evaluation.inputs import SUM_TOLERANCE
from dermlab.text import listing, plural

# --- the table --------------------------------------------------------------------------------


def read(path: str | Path) -> tuple[pd.DataFrame, dict]:
    """A table of predictions and its sidecar.

    The table has ``image_id`` first, then a float column a class. ``sidecar["kind"]`` is
    ``"probabilities"`` (rows sum to 1 ± 1e-4) or ``"scores"`` (an ISIC challenge file).
    Raises InputError for ids that are missing or repeated, for values that are no number in
    [0, 1] or do not sum to 1, and where the sidecar was written with another table.
    """
    rows, rejected = table.read_csv(path)
    table.refuse(rejected, str(path))
    name = next((name for name in ("image_id", "image") if name in rows), None)
    if name is None:
        raise InputError(f"{path} has no column image or image_id; its first column names images.")
    values = rows.drop(columns=name)
    predictions = values.apply(pd.to_numeric, errors="coerce").astype(float)
    _refuse_empty(values, str(path))
    _refuse_cells(predictions, values, rows[name], str(path))
    predictions.insert(0, "image_id", ids.normal(rows[name]))
    sidecar = _read_sidecar(path, len(rows))
    sidecar.setdefault("kind", "scores" if truth_table.is_isic(values.columns) else "probabilities")
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
    both sides of a border.
    """
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


# --- the score --------------------------------------------------------------------------------


def score(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    task: str,
    *,
    sidecar: dict | None = None,
    cases: pd.DataFrame | None = None,
    reads: pd.DataFrame | None = None,
    margin: float | None = None,
    label_source: str | None = None,
    allow_missing: bool = False,
    names: tuple[str, str] = ("the predictions", "the truth"),
) -> dict:
    """The predictions against the truth: what ``dermlab score`` prints, estimates as dicts.

    predictions, sidecar : as `read` gives them. truth : a table of *cases*. cases : adds
        patient_id, lesion_id and label_source where the truth has none.
    reads : readers of the same images, who then stand beside the network as points.
    margin : in (0, 1): is the network, called positive from 0.5 on, at most so much worse than
        these readers' mean in sensitivity and specificity? See `parity`.
    label_source : only these labels are scored. names : what errors call the two tables.

    Ids are compared first; then only rows of ``label_source`` and rows that lie wholly on one side
    of the task are used. Intervals are clustered by patients and lesions where these repeat. Two
    classes give ``auc``; more give ``accuracy`` and ``balanced_accuracy``. Raises InputError for
    ids in one table only, unless ``allow_missing``, and for a side without a column or a case.
    """
    sidecar = sidecar or {}
    tree = tree_of(truth, predictions, sidecar)
    question = tasks.get(task, tree=tree)
    if sidecar.get("task", task) != task:
        raise InputError(
            f"{names[0]} was made by a network trained on the task '{sidecar['task']}' itself; "
            f"it cannot be asked '{task}'."
        )
    if reads is not None and len(question.classes) > 2:
        raise InputError(
            f"Reads say yes or no; the task '{task}' has {len(question.classes)} classes."
        )
    if margin is not None and reads is None:
        raise InputError("A margin sets the network against readers: give their reads too.")
    predictions = truth_table.with_normal_ids(predictions, names[0])
    truth = truth_table.with_normal_ids(truth, names[1])
    images = predictions["image_id"]
    not_used = truth_table.compare_ids(images, truth["image_id"], *names, allow_missing)
    known = truth_table.with_ids(truth[truth["image_id"].isin(images)], cases)
    answer = read_out(predictions, classes_of(predictions, sidecar, tree), question)
    asked = truth_table.that_occur(question, known) if task == own.OWN else question
    used = truth_table.usable(known, asked, label_source, not_used)
    result = score_answers(answer, used, question, not_used)
    if reads is not None:
        result |= _readers(reads, used, question)
    return result if margin is None else result | _parity(answer, used, reads, question, margin)


def score_files(
    predictions: str | Path,
    truth: str | Path,
    *,
    task: str,
    cases: str | Path | None = None,
    reads: str | Path | None = None,
    margin: float | None = None,
    label_source: str | None = None,
    allow_missing: bool = False,
) -> dict:
    """`score` on files: predictions, any source of cases or an ISIC one-hot file, and reads."""
    table, sidecar = read(predictions)
    return score(
        table,
        truth_table.read(truth),
        task,
        sidecar=sidecar,
        cases=None if cases is None else sources.read_cases(cases),
        reads=None if reads is None else merging.read_whole(reads),
        margin=margin,
        label_source=label_source,
        allow_missing=allow_missing,
        names=(str(predictions), str(truth)),
    )


def score_answers(
    answer: pd.DataFrame, used: pd.DataFrame, task: tasks.Task, not_used: dict[str, int]
) -> dict:
    """The result of `score` from a read-out and the cases of ``truth.usable``, by ``image_id``."""
    answer = answer.set_index("image_id").loc[used.index]
    groups, clustered_by = truth_table.groups(used)
    groups = pd.Series(intervals.group_numbers(groups, len(groups)), groups.index)
    result = {"task": task.name, "n": len(used), "clustered_by": clustered_by}
    result |= {"not_used": not_used, "no_signal": int(answer["empty"].sum())}
    if len(task.classes) > 2:
        return result | _many_classes(used["class"], answer, task, groups.to_numpy())
    positive = (used["class"] == task.positive).to_numpy()
    return result | _two_classes(positive, answer[task.positive].to_numpy(), groups.to_numpy())


def _as_dict(estimate: intervals.Estimate, method: str) -> dict:
    """An estimate for JSON, where a bound that cannot be given is null."""
    bounds = {name: getattr(estimate, name) for name in ("estimate", "low", "high")}
    return {name: None if np.isnan(x) else float(x) for name, x in bounds.items()} | {
        "method": method
    }


def _two_classes(positive: np.ndarray, probability: np.ndarray, groups: np.ndarray) -> dict:
    area = roc.auc(positive, probability, groups)
    at_half = roc.point(positive, probability >= 0.5, groups=groups)
    rates = (("sensitivity", positive), ("specificity", ~positive))
    return {
        "n_positive": int(positive.sum()),
        "auc": _as_dict(area, _method_of_area(groups)),
        "at_0.5": {
            rate: _as_dict(getattr(at_half, rate), _method_of_share(groups[side]))
            for rate, side in rates
        },
    }


def _method_of_area(groups: np.ndarray) -> str:
    by = "Obuchowski over groups" if intervals.repeat(groups) else "DeLong"
    return f"{by} on the logit scale"


def _method_of_share(groups: np.ndarray) -> str:
    return "Wilson on the effective number" if intervals.repeat(groups) else "Wilson"


def _method_of_mean(groups: np.ndarray) -> str:
    return f"bootstrap over {'groups' if intervals.repeat(groups) else 'images'}"


def _many_classes(truth: pd.Series, answer: pd.DataFrame, task: tasks.Task, groups) -> dict:
    """Accuracies; a row without any signal has no answer, so it counts as wrong."""
    names = [name for name, _ in task.classes]
    best = answer[names].idxmax(axis=1).mask(answer["empty"], "no signal")
    labels = truth.to_numpy(), best.to_numpy()
    occurring = [name for name in names if name in set(labels[0])]
    accuracy = multiclass.accuracy(*labels, groups=groups)
    balanced = multiclass.balanced_accuracy(*labels, occurring, groups=groups)
    return {
        "accuracy": _as_dict(accuracy, _method_of_share(groups)),
        "balanced_accuracy": _as_dict(balanced, _method_of_mean(groups)),
        "confusion": _confusion(*labels, occurring, names),
    }


def _confusion(truth: np.ndarray, answer: np.ndarray, occurring: list, names: list) -> dict:
    """``counts`` of answers: a row a class that occurs, a column a class that can be answered."""
    answers = [*names, *sorted(set(answer) - set(names))]  # a row without any signal has no answer
    counts = pd.crosstab(truth, answer).reindex(index=occurring, columns=answers, fill_value=0)
    return {"truth": occurring, "answer": answers, "counts": counts.to_numpy().tolist()}


def _readers(reads: pd.DataFrame, used: pd.DataFrame, task: tasks.Task) -> dict:
    """The readers of the same images as points, their mean, and how many reads count.

    NaN becomes None.
    """
    points = readers.points_from_reads(reads, used["class"] == task.positive, task=task.name)
    if points.empty:
        raise InputError(f"The reads hold no read of these images for the task '{task.name}'.")
    means = points[["sensitivity", "specificity"]].mean().to_dict()
    rows = [*points.drop(columns=["task", "question"]).to_dict("records"), means]
    *of_reader, mean = [{k: None if v != v else v for k, v in row.items()} for row in rows]
    n_used = int(points[["n_pos", "n_neg"]].to_numpy().sum())
    counts = {"used": n_used, "not_used": len(reads) - n_used}
    return {"reads": counts, "readers": of_reader, "mean_reader": mean}


def _parity(
    answer: pd.DataFrame, used: pd.DataFrame, reads: pd.DataFrame, task: tasks.Task, margin: float
) -> dict:
    """The claims of `parity.compare` at a threshold of 0.5, on the images that the readers read."""
    ratings = mrmc.ratings(reads[reads["image_id"].isin(used.index)])
    cases = used.loc[ratings.columns]
    probability = answer.set_index("image_id")[task.positive].loc[ratings.columns]
    claims = parity.compare(
        (cases["class"] == task.positive).to_numpy(),
        (probability >= 0.5).to_numpy(),
        (ratings > 0).to_numpy(),
        margin,
        groups=truth_table.groups(cases)[0].to_numpy(),
    )
    rates = {name: asdict(getattr(claims, name)) for name in ("sensitivity", "specificity")}
    both = {"non_inferior": claims.non_inferior, "equivalent": claims.equivalent}
    about = {"margin": margin, "threshold": 0.5, "opponent": "readers' mean on the z scale"}
    return {"parity": about | rates | both}
