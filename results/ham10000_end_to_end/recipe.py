"""The main job on real pixels, by the commands' own way, beside two simple rivals.

``split --test 0.2``, ``train --task malignant --direct``, ``predict``, ``score``: the compact
network of the shipped weights learns malignant or premalignant against the rest, and is scored once
on a test part that holds none of its lesions.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from results.common import cells, squeezenet
from results.common import ham10000_pixels as ham
from results.common.result import OF_HAM10000, REAL, Inputs, Outputs, Result

SQUEEZENET = f"{REAL}weights/squeezenet_v1.1_weights_tf_dim_ordering_tf_kernels_notop.h5"
SEED, TEST = 0, 0.2
NETWORK = "compact network, fine-tuned"
RIVALS = ("SqueezeNet of ImageNet, frozen", "compact network, frozen", "colour means")
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # C of the rivals' regressions, chosen on fold 0
STEPS = 20


def asked() -> list[dict]:
    return [{"classifier": name, "seed": SEED} for name in (NETWORK, *RIVALS, "first steps")]


def cell(one: dict, inputs: Inputs) -> cells.Arrays:
    """``score``: of the test part, in the order of the cases; for the network ``images`` too."""
    if one["classifier"] == NETWORK:
        return _fine_tuned(inputs)
    if one["classifier"] == "first steps":
        return {"loss": first_steps(inputs)}
    _, _, pixels = ham.data(inputs)
    return {"score": _regression(_features(one["classifier"], pixels, inputs), inputs)}


def split(inputs: Inputs) -> pd.DataFrame:
    from dermlab.cases import splits

    return splits.with_test_part(ham.data(inputs)[0], test=TEST, seed=SEED)


def _plan(inputs: Inputs):
    from dermlab.network import plans

    return plans.make(ham.data(inputs)[0], split(inputs), task=ham.TASK, direct=True)


def _fine_tuned(inputs: Inputs) -> cells.Arrays:
    from dermlab.network import backend, pictures, runs
    from dermlab.network.recipe import Recipe

    backend.deterministic(SEED)
    cases, recipe, plan = ham.data(inputs)[0], Recipe.classroom(), _plan(inputs)
    setup = runs.Setup("compact", ham.SIZE, "shipped", recipe, SEED)
    test = cases[~cases["image_id"].isin(plan.cases["image_id"])]
    sources = [inputs[ham.PICTURES]]
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        runs.train(plan, sources, run, folds=[None], setup=setup)
        history = pd.read_csv(run / "history.csv")
        started = time.perf_counter()
        found, _ = runs.predict(lambda size: pictures.of_cases(test, sources, size), run)
    predicting = time.perf_counter() - started
    n_trained = int(history["steps"].sum()) * recipe.batch_size
    return {
        "score": found.set_index("image_id")[ham.TASK].loc[test["image_id"]].to_numpy(),
        "training_seconds": history["seconds"].sum(),
        "training_images": np.array(n_trained),
        "predicting_seconds": np.array(predicting),
    }


def first_steps(inputs: Inputs) -> np.ndarray:
    """The loss of each of the first 20 steps of a fine-tuning, (20,): quick to make again."""
    from dermlab.network import backend, models, training
    from dermlab.network.recipe import Recipe

    backend.deterministic(SEED)
    plan = _plan(inputs)
    place = pd.Index(ham.data(inputs)[0]["image_id"]).get_indexer(plan.cases["image_id"])
    rows = np.flatnonzero(plan.folds >= 1)[:2000]
    fitted = training.fit(
        models.build("compact", 2, ham.SIZE, seed=SEED),
        ham.data(inputs)[2][place[rows]],
        plan.labels[rows],
        train=np.arange(len(rows)),
        development=np.arange(64),
        recipe=replace(Recipe.classroom(), epochs=STEPS, steps_per_epoch=1),
        seed=SEED,
    )
    return fitted.history["loss"].to_numpy()


def _features(name: str, pixels: np.ndarray, inputs: Inputs) -> np.ndarray:
    if name == RIVALS[0]:
        return squeezenet.features(pixels, inputs[SQUEEZENET])
    if name == RIVALS[1]:
        from dermlab.network import inference, models

        return inference.features(models.build("compact", 2, ham.SIZE), pixels)
    flat = pixels.reshape(len(pixels), -1, 3)
    return np.concatenate([flat.mean(axis=1), flat.std(axis=1)], axis=1)


def _regression(features: np.ndarray, inputs: Inputs) -> np.ndarray:
    """Logistic regression on all images that the network could learn from; the test part's scores.

    Its penalty is chosen on the network's development part, fold 0.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    cases, positive, _ = ham.data(inputs)
    fold = split(inputs).set_index("image_id")["fold"].loc[cases["image_id"]].to_numpy()

    def fitted(penalty: float):
        regression = LogisticRegression(C=penalty, max_iter=2000, class_weight="balanced")
        model = make_pipeline(StandardScaler(), regression)
        return model.fit(features[fold > 0], positive[fold > 0])

    def scores(penalty: float, part: np.ndarray) -> np.ndarray:
        return fitted(penalty).decision_function(features[part])

    best = max(PENALTIES, key=lambda c: roc_auc_score(positive[fold == 0], scores(c, fold == 0)))
    return scores(best, fold == -1)


def end_to_end(inputs: Inputs) -> Outputs:
    """The network and its rivals on the same 2,000 test images.

    ``areas.csv``: each classifier's area under the curve, on all images and on the biopsied, and
    by how much the network is ahead (paired, bootstrap over lesions). ``speed.csv``: minutes and
    images a second. ``first_steps.csv``: the loss of 20 steps. ``networks.csv``: seconds, device.
    """
    cases, positive, _ = ham.data(inputs)
    cells_asked = asked()
    found = cells.run(cell, cells_asked, inputs, name="ham10000_end_to_end")
    by_name = {c["classifier"]: arrays for c, arrays in zip(cells_asked, found, strict=True)}
    fold = split(inputs).set_index("image_id")["fold"].loc[cases["image_id"]].to_numpy()
    test = cases[fold == -1].assign(positive=positive[fold == -1])
    parts = {"all": np.full(len(test), True), "biopsied": test["label_source"] == "biopsy"}
    rows = [
        {"classifier": name, "cases": which} | _row(test, by_name, name, np.asarray(part, bool))
        for which, part in parts.items()
        for name in (NETWORK, *RIVALS)
    ]
    network = by_name[NETWORK]
    seconds = float(network["training_seconds"])
    speed = {
        "training_minutes": seconds / 60,
        "training_images_per_second": float(network["training_images"]) / seconds,
        "predicting_images_per_second": len(test) / float(network["predicting_seconds"]),
    }
    losses = by_name["first steps"]["loss"]
    return {
        "areas.csv": pd.DataFrame(rows),
        "speed.csv": pd.DataFrame([speed]),
        "first_steps.csv": pd.DataFrame({"step": np.arange(1, STEPS + 1), "loss": losses}),
        "networks.csv": cells.table(cells_asked, found),
    }


def _row(test: pd.DataFrame, by_name: dict, name: str, part: np.ndarray) -> dict:
    from dermlab.evaluation import roc

    truth, lesion = (test[column].to_numpy()[part] for column in ("positive", "lesion_id"))
    score, network = (by_name[which]["score"][part] for which in (name, NETWORK))
    area = roc.auc(truth, score, lesion)
    row = {
        "n_images": len(truth),
        "n_positive": int(truth.sum()),
        "auc": area.estimate,
        "low": area.low,
        "high": area.high,
    }
    if name == NETWORK:
        return row
    ahead = roc.compare_auc_bootstrap(truth, network, score, lesion)
    return row | {
        "network_ahead": ahead.estimate,
        "ahead_low": ahead.low,
        "ahead_high": ahead.high,
    }


RESULT = Result(
    end_to_end,
    "HAM10000 from its table and pictures to an area under the curve on two cores: malignant "
    "or premalignant against the rest, learnt directly by the compact network (96 px, shipped "
    "weights, classroom's recipe, 8 epochs) and scored on a test part of whole lesions; beside "
    "it logistic regressions on frozen SqueezeNet, on the frozen compact network, and on the "
    "means and deviations of the three colours, learnt from the same images; one seed. The "
    f"seconds are of two cores shared with other work. Pictures and labels: {OF_HAM10000}.",
    kind="measured here",
    seed=SEED,
    minutes=10,
    reads=(*ham.READS, SQUEEZENET),
)
