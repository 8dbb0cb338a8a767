"""The network that the course ships, ready to be asked."""

from typing import TYPE_CHECKING

import pandas as pd

from dermlab.lessons import profiles, results

if TYPE_CHECKING:
    from dermlab.network.inference import Run

NAME = "clinic_network"


def classroom_network() -> "Run":
    """The classroom's trained network, as ``inference.load_run`` gives a run of one's own.

    ``model``: pixels (n, 96, 96, 3), 0-255, in; probabilities (n, n_classes) out. ``classes``: its
    outputs in order, ``name`` and ``diseases`` (a tuple of taxonomy nodes each). It learnt the
    training classes of patients of the virtual clinic A (result ``clinic_network``); its
    tests show it biopsied lesions of clinic B, ``clinic.test_sets.named(name)``.
    """
    from dermlab.network import inference, models

    profile, arrays = profiles.get("classroom"), results.read(NAME, "weights.npz")
    classes = results.read(NAME, "classes.csv")
    classes["diseases"] = classes["diseases"].str.split("|").map(tuple)
    model = models.build(profile.model, len(classes), profile.size, weights="none")
    model.set_weights([arrays[key] for key in sorted(arrays)])
    seed = results.manifest(NAME)["seed"]
    return inference.Run(model, profile.size, classes, None, profile.recipe, seed)


def scored(run: "Run", cases: pd.DataFrame, task: str) -> pd.DataFrame:
    """The network's answers to the clinic's ``cases`` in a ``task`` of two classes, and the truth.

    By ``image_id``: ``malignant`` (bool: the truth is on the task's first side) and ``score``, the
    probability of that side in [0, 1] (`tasks.read_out`).
    """
    from dermlab.cases import clinic, tasks
    from dermlab.network import inference

    probabilities = inference.predict(run.model, clinic.render(cases, run.size)).astype(float)
    score = tasks.read_out(probabilities, run.classes, task).iloc[:, 0].to_numpy()
    of_task = tasks.get(task)
    side = tasks.assign(of_task, cases["truth"]).to_numpy()
    table = {"malignant": side == of_task.positive, "score": score}
    return pd.DataFrame(table, index=cases["image_id"].to_numpy())
