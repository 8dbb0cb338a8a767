"""Which diseases each column of a table of predictions stands for."""

import pandas as pd

from dermlab.cases import own, tasks, taxonomy
from dermlab.errors import InputError
from dermlab.evaluation.truth import ISIC_NODES, is_isic
from dermlab.text import listing, plural


def classes_of(
    predictions: pd.DataFrame, sidecar: dict, tree: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Which diseases each column holds: ``name``, ``diseases``, in the order of the columns.

    By the sidecar's ``classes`` if there are any; for a network trained on a task itself
    (``sidecar["task"]``) the nodes of the task's classes; else a column stands for its node's
    subtree without those of the other columns. ``tree``: the shipped one, or that of `tree_of`.
    """
    tree = taxonomy.load_tree() if tree is None else tree
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


def tree_of(
    truth: pd.DataFrame,
    predictions: pd.DataFrame,
    sidecar: dict,
    given: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The tree in which a truth speaks, the ``given`` one if there is one; of classes of one's own
    also those that were learnt.

    InputError for a class of one's own that no column stands for, unless a task was learnt itself.
    """
    tree = own.tree_of(truth, given=given)
    if not own.is_flat(tree):
        return tree
    said = sidecar.get("classes")
    entries = [entry for entry in said if _is_class(entry)] if isinstance(said, list) else []
    learnt = {disease for entry in entries for disease in entry["diseases"]}
    learnt = learnt or set(predictions.columns) - {"image_id"}
    of_truth = set(tree["child"]) - {own.TOP}
    if (unknown := sorted(of_truth - learnt)) and "task" not in sidecar:
        raise InputError(
            f"The truth has {listing(unknown)}, for which no column of the predictions stands "
            f"({listing(sorted(learnt), 10)}): the network has not learnt it; leave those images "
            "out, or train with them."
        )
    return own.tree(of_truth | learnt)


def _held_by_sidecar(classes: object, nodes: set[str]) -> dict[str, list[str]]:
    if not (isinstance(classes, list) and all(map(_is_class, classes))):
        raise InputError(
            "The sidecar's classes must each have a name and diseases, as in "
            '[{"name": "acne", "diseases": ["acne", "rosacea"]}].'
        )
    diseases = [disease for entry in classes for disease in entry["diseases"]]
    strange = sorted(set(diseases) - nodes)
    if strange:
        hints = [f"'{disease}'{taxonomy.nearest(disease, nodes)}" for disease in strange]
        raise InputError(f"The sidecar names diseases that are not in the tree: {listing(hints)}.")
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
    codes = ISIC_NODES if is_isic(names) else {}
    node_of = {name: codes[name] if codes else name for name in names}
    nodes = set(tree["child"])
    strange = [name for name, node in node_of.items() if node not in nodes and node is not None]
    if strange:
        hints = [f"'{name}'{taxonomy.nearest(node_of[name], nodes)}" for name in strange]
        raise InputError(
            f"{plural(len(strange), 'column')} of the predictions are no node of the tree: "
            f"{listing(hints)}; rename them, or write a sidecar that lists each column's diseases."
        )
    below = {name: taxonomy.descendants(tree, node) for name, node in node_of.items() if node}
    held = {}
    for name in names:
        subtree = below.get(name, [])
        inside = [below[other] for other in below if other != name and node_of[other] in subtree]
        held[name] = tuple(set(subtree).difference(*inside))
    return held
