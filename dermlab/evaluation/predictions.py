"""The table of probabilities: read, checked, a question read out of it, scored against a truth.

A network learns fine training classes; a question such as "malignant?" is a *read-out*: the
probabilities of the classes on each side are summed and renormalised (Esteva et al. 2017,
Extended Data Fig. 1). ``<file>.json`` beside the table, its *sidecar*, says which diseases each
column holds. ISIC challenge files are read as scores, which need not sum to 1.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.cases import sources, table, tasks, taxonomy
from dermlab.errors import InputError
from dermlab.evaluation import clustered, intervals, merging, multiclass, readers, roc
from dermlab.evaluation import truth as truth_table
from dermlab.evaluation.inputs import SUM_TOLERANCE
from dermlab.text import listing, plural

# --- the table --------------------------------------------------------------------------------


def read(path: str | Path) -> tuple[pd.DataFrame, dict]:
    """A table of predictions and its sidecar.

    The table has ``image_id`` first, then a float column a class. ``sidecar["kind"]`` is
    ``"probabilities"`` (rows sum to 1 ± 1e-4) or ``"scores"`` (an ISIC challenge file).
    Raises InputError for ids that are missing or repeated, and for values that are no number in
    [0, 1] or do not sum to 1.
    """
    rows, rejected = table.read_csv(path)
    table.refuse(rejected, str(path))
    name = next((name for name in ("image_id", "image") if name in rows), None)
    if name is None:
        raise InputError(f"{path} has no column image or image_id; its first column names images.")
    values = rows.drop(columns=name)
    found = values.apply(pd.to_numeric, errors="coerce").astype(float)
    _refuse_empty(values, str(path))
    _refuse_cells(found, values, rows[name], str(path))
    found.insert(0, "image_id", rows[name])
    sidecar = _read_sidecar(_sidecar_path(path))
    sidecar.setdefault("kind", "scores" if truth_table.is_isic(values.columns) else "probabilities")
    check(found, sidecar, what=str(path))
    return found.reset_index(drop=True), sidecar


def write(predictions: pd.DataFrame, path: str | Path, sidecar: dict) -> None:
    """Write the table (its ids as ``image``) and ``<path>.json``, if `read` would take them."""
    check(predictions, sidecar, what=str(path))
    columns = predictions.rename(columns={"image_id": "image"})
    columns.to_csv(path, index=False, float_format="%.7g", lineterminator="\n")
    said = json.dumps(sidecar, indent=1, ensure_ascii=False)
    _sidecar_path(path).write_text(said + "\n", encoding="utf-8")


def check(predictions: pd.DataFrame, sidecar: dict, *, what: str = "the predictions") -> None:
    """Raise InputError unless ids are unique, values lie in [0, 1] and probabilities sum to 1."""
    ids, values = predictions["image_id"], predictions.drop(columns="image_id")
    _refuse_empty(values, what)
    bad = ids[ids.isna() | ids.duplicated(keep=False)]
    if len(bad):
        raise InputError(
            f"{what} names {plural(len(bad), 'row')} by no image id or by one that another row has "
            f"({listing(list(bad.unique()))}); one row an image is expected."
        )
    _refuse_cells(values, values, ids, what)
    if sidecar.get("kind") == "scores":
        return
    off = ids[(values.sum(axis=1) - 1).abs() > SUM_TOLERANCE]
    if len(off):
        raise InputError(
            f"{what} has {plural(len(off), 'row')} of {len(ids):,} whose probabilities do not sum "
            f"to 1 (± {SUM_TOLERANCE:g}): {listing(list(off))}; normalise each row."
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


def _read_sidecar(path: Path) -> dict:
    if not path.is_file():
        return {}
    try:
        sidecar = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}); mend it or move it away.") from error
    if not isinstance(sidecar, dict):
        raise InputError(f"{path} holds no JSON object; mend it or move it away.")
    return sidecar


# --- the read-out -----------------------------------------------------------------------------


def classes_of(
    predictions: pd.DataFrame, sidecar: dict, tree: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Which diseases each column holds: ``name``, ``diseases``, in the order of the columns.

    By the sidecar's ``classes`` if there are any; for a network trained on a task itself
    (``sidecar["task"]``) the nodes of the task's classes; else a column stands for its node's
    subtree without those of the other columns.
    """
    tree = taxonomy.load_tree() if tree is None else taxonomy.check_tree(tree)
    names = [name for name in predictions if name != "image_id"]
    if "classes" in sidecar:
        held = _held_by_sidecar(sidecar["classes"], set(tree["child"]))
        _refuse_other_columns(names, held, "the classes of its sidecar")
    elif "task" in sidecar:
        held = dict(tasks.get(sidecar["task"], tree=tree).classes)
        _refuse_other_columns(names, held, f"the classes of the task '{sidecar['task']}'")
    else:
        held = _subtrees(names, tree)
    return pd.DataFrame({"name": names, "diseases": [tuple(sorted(held[name])) for name in names]})


def _held_by_sidecar(classes: object, nodes: set[str]) -> dict[str, list[str]]:
    if not (isinstance(classes, list) and all(map(_is_class, classes))):
        raise InputError(
            "The sidecar's classes must each have a name and diseases, as in "
            '[{"name": "acne", "diseases": ["acne", "rosacea"]}].'
        )
    diseases = [disease for entry in classes for disease in entry["diseases"]]
    strange = sorted(set(diseases) - nodes)
    if strange:
        said = [f"'{disease}'{taxonomy.nearest(disease, nodes)}" for disease in strange]
        raise InputError(f"The sidecar names diseases that are not in the tree: {listing(said)}.")
    for what, names in (("class", [entry["name"] for entry in classes]), ("disease", diseases)):
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        if twice:
            raise InputError(
                f"The sidecar names a {what} twice: {listing(twice)}; a probability counts once."
            )
    return {entry["name"]: entry["diseases"] for entry in classes}


def _is_class(entry: object) -> bool:
    """Whether this is ``{"name": text, "diseases": [text, ...]}``."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return False
    diseases = entry.get("diseases")
    return isinstance(diseases, list) and all(isinstance(disease, str) for disease in diseases)


def _refuse_other_columns(names: list[str], held: dict, what: str) -> None:
    odd = sorted(set(names) ^ set(held))
    if odd:
        raise InputError(f"The columns of the predictions are not {what}: {listing(odd)}.")


def _subtrees(names: list[str], tree: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Each column's node and what lies below it, without what other columns stand for."""
    codes = truth_table.ISIC_NODES if truth_table.is_isic(names) else {}
    node_of = {name: codes[name] if codes else name for name in names}
    nodes = set(tree["child"])
    strange = [name for name, node in node_of.items() if node not in nodes and node is not None]
    if strange:
        said = [f"'{name}'{taxonomy.nearest(node_of[name], nodes)}" for name in strange]
        raise InputError(
            f"{plural(len(strange), 'column')} of the predictions are no node of the tree: "
            f"{listing(said)}; rename them, or write a sidecar that lists each column's diseases."
        )
    below = {name: taxonomy.descendants(tree, node) for name, node in node_of.items() if node}
    held = {}
    for name in names:
        mine = below.get(name, [])
        inside = [below[other] for other in below if other != name and node_of[other] in mine]
        held[name] = tuple(set(mine).difference(*inside))
    return held


def read_out(predictions: pd.DataFrame, classes: pd.DataFrame, task: tasks.Task) -> pd.DataFrame:
    """The task's classes from the training classes: ``image_id``, a column a class, ``empty``.

    The probabilities of each side are summed, the rest dropped, and the sides renormalised to 1.
    Where all sides are 0 the row says nothing: ``empty``, and every class gets an equal share
    (0.5 of two). Raises InputError for a side that no column stands for, and for a column that
    lies on both sides of a border.
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
    summed = taxonomy.roll_up(predictions[list(classes["name"])].to_numpy(), classes, groups)
    total = summed.sum(axis=1, keepdims=True)
    empty = total[:, 0] <= 0
    shares = np.divide(summed, total, out=np.full_like(summed, 1 / len(sides)), where=total > 0)
    answer = pd.DataFrame(shares, columns=sides)
    answer.insert(0, "image_id", predictions["image_id"].to_numpy())
    return answer.assign(empty=empty)


# --- the score --------------------------------------------------------------------------------


def score(
    predictions: str | Path,
    truth: str | Path,
    *,
    task: str,
    cases: str | Path | None = None,
    label_source: str | None = None,
    reads: str | Path | None = None,
    allow_missing: bool = False,
    tree: pd.DataFrame | None = None,
) -> dict:
    """The predictions against the truth: what ``dermlab score`` prints.

    ``cases`` adds patient_id, lesion_id and label_source where the truth has none. Ids are
    compared first; then only rows of ``label_source`` and rows that lie wholly on one side of
    the task are used. Intervals are clustered by patients and lesions where these repeat.
    ``reads`` puts readers of the same images beside the network, as points.
    Two classes give ``auc``; more give ``accuracy`` and ``balanced_accuracy``.
    """
    found, sidecar = read(predictions)
    if sidecar.get("task", task) != task:
        raise InputError(
            f"{predictions} was made by a network trained on the task '{sidecar['task']}' itself; "
            f"it cannot be asked '{task}'."
        )
    asked = tasks.get(task, tree=tree)
    if reads is not None and len(asked.classes) > 2:
        raise InputError(
            f"Reads say yes or no; the task '{task}' has {len(asked.classes)} classes."
        )
    more = None if cases is None else sources.read_cases(cases, tree=tree)
    known = truth_table.read(truth, tree=tree)
    not_used = truth_table.compare_ids(
        found["image_id"], known["image_id"], str(predictions), str(truth), allow_missing
    )
    known = truth_table.with_ids(known[known["image_id"].isin(found["image_id"])], more)
    answer = read_out(found, classes_of(found, sidecar, tree), asked)
    used = truth_table.usable(known, asked, label_source, not_used)
    result = score_answers(answer, used, asked, not_used)
    if reads is None:
        return result
    return result | _readers(reads, used["class"] == asked.positive, task)


def score_answers(
    answer: pd.DataFrame, used: pd.DataFrame, task: tasks.Task, not_used: dict[str, int]
) -> dict:
    """What ``score`` finds, from a read-out and the cases of ``truth.usable``, by ``image_id``."""
    answer = answer.set_index("image_id").loc[used.index]
    groups, clustered_by = truth_table.groups(used)
    groups = pd.Series(intervals.group_numbers(groups, len(groups)), groups.index)
    result = {"task": task.name, "n": len(used), "clustered_by": clustered_by}
    result |= {"not_used": not_used, "no_signal": int(answer["empty"].sum())}
    if len(task.classes) > 2:
        return result | _many_classes(used["class"], answer, task, groups)
    positive = used["class"] == task.positive
    return result | _two_classes(positive, answer[task.positive], groups)


def _as_dict(estimate: intervals.Estimate, **more) -> dict:
    """An estimate for JSON, where a bound that cannot be given is null."""
    bounds = {name: getattr(estimate, name) for name in ("estimate", "low", "high")}
    return {name: None if np.isnan(x) else float(x) for name, x in bounds.items()} | more


def _two_classes(positive: pd.Series, probability: pd.Series, groups: pd.Series) -> dict:
    truth, names = positive.to_numpy(), groups.to_numpy()
    area = (clustered.auc if _many(names) else roc.auc)(truth, probability.to_numpy(), names)
    at_half = roc.point(truth, (probability >= 0.5).to_numpy(), groups=names)
    return {
        "n_positive": int(positive.sum()),
        "auc": _as_dict(area, method=_method_of_area(names)),
        "at_0.5": {
            "sensitivity": _as_dict(at_half.sensitivity, method=_method(names[truth], "Wilson")),
            "specificity": _as_dict(at_half.specificity, method=_method(names[~truth], "Wilson")),
        },
    }


def _many(groups: np.ndarray) -> bool:
    """Whether groups repeat and are too many to be resampled one by one in time."""
    return intervals.repeat(groups) and pd.Series(groups).nunique() > intervals.MANY_GROUPS


def _method_of_area(groups: np.ndarray) -> str:
    by_group = "Obuchowski over groups on the logit scale"
    return by_group if _many(groups) else _method(groups, "DeLong on the logit scale")


def _method(groups: np.ndarray, by_image: str) -> str:
    """How an interval was made: over groups where they repeat, else as for single images."""
    return "bootstrap over groups" if intervals.repeat(groups) else by_image


def _many_classes(truth: pd.Series, answer: pd.DataFrame, task: tasks.Task, groups) -> dict:
    """Accuracies; a row without any signal has no answer, so it counts as wrong."""
    names = [name for name, _ in task.classes]
    said = answer[names].idxmax(axis=1).mask(answer["empty"], "no signal")
    labels = truth.to_numpy(), said.to_numpy()
    groups = groups.to_numpy()
    accuracy = multiclass.accuracy(*labels, groups=groups)
    balanced = multiclass.balanced_accuracy(*labels, names, groups=groups)
    return {
        "accuracy": _as_dict(accuracy, method=_method(groups, "Wilson")),
        "balanced_accuracy": _as_dict(balanced, method=_method(groups, "bootstrap over images")),
    }


def _readers(reads: str | Path, positive: pd.Series, task: str) -> dict:
    """The readers of the same images as points, and their mean."""
    good, set_aside = merging.merge_reads([reads])
    if len(set_aside):
        raise InputError(
            f"{reads} has {plural(len(set_aside), 'row')} that cannot be used, first "
            f"'{set_aside['reason'].iloc[0]}'; run `dermlab reads merge` on the files first."
        )
    points = readers.points_from_reads(good, positive, task=task)
    if points.empty:
        raise InputError(f"{reads} holds no read of these images for the task '{task}'.")
    means = points[["sensitivity", "specificity"]].mean()
    rows = points.drop(columns=["task", "question"]).to_dict("records")
    clean = [{k: None if v != v else v for k, v in row.items()} for row in rows]
    return {"readers": clean, "mean_reader": {k: None if v != v else v for k, v in means.items()}}
