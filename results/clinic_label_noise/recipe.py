"""The clinic's label errors in training and in scoring, on frozen features of the small network."""

import numpy as np
import pandas as pd

from dermlab.cases.clinic import test_sets
from results.common import cells
from results.common.result import CLINIC, WEIGHTS, Inputs, Outputs, Result

SEEDS = range(8)
N_PATIENTS, SIZE = 5_000, 96
N_TRAIN, N_TEST = 400, 300  # lesions a side
KINDS = ("truth", "dermatologists", "at random")
TIMES = (1, 2, 3)  # how many times as often as the clinic states do the dermatologists err
STRENGTH = 0.003  # C of the logistic head, chosen on the clinic of seed 100, not used here


def label_noise(inputs: Inputs) -> Outputs:
    """A logistic head on frozen features, malignant or not, taught with labels of several kinds.

    ``scores.csv``, a row a clinic (seed), kind of labels and dose: ``labels`` is "truth",
    "dermatologists" (they name the disease that the lesion is like, the more often the more
    atypical it is) or "at random" (as many labels of each side are wrong, on lesions drawn by
    lot); ``times`` multiplies the dermatologists' stated error rates. ``missed`` and ``feigned``:
    the share of malignant training lesions labelled as not, and the other way round. Then the
    head's area and accuracy (at 0.5) on new patients: on the truth, on the dermatologists' own
    labels (``_on_labels``), by the truth on biopsied lesions only (``_on_biopsied``), and the
    accuracy on labels that is expected if head and dermatologists err independently.
    ``label_accuracy``: of the dermatologists' labels of the same new patients.
    """
    work = [{"clinic": seed} for seed in SEEDS]
    found = cells.run(one_clinic, work, inputs, name="clinic-label-noise", version=2)
    columns = [{name: x for name, x in arrays.items() if x.ndim == 1} for arrays in found]
    scores = pd.concat([pd.DataFrame(values) for values in columns], ignore_index=True)
    scores.insert(0, "seed", np.repeat(SEEDS, len(scores) // len(SEEDS)))
    scores.insert(1, "labels", scores.pop("kind").map(dict(enumerate(KINDS))))
    return {"scores.csv": scores}


def one_clinic(cell: dict, inputs: Inputs) -> cells.Arrays:
    """All rows of one clinic: its lesions' features once, then a head for each kind of labels."""
    seed = cell["clinic"]
    lesions = test_sets.balanced(seed, N_PATIENTS, train=N_TRAIN, test=N_TEST)
    x = standardised_features(lesions)
    train = lesions["part"] == "train"
    taught, new = lesions[train], lesions[~train]
    rows = []
    for kind, times, labels in label_sets(taught, seed):
        score = head_scores(x[train], labels, x[~train])
        y = taught["malignant"].to_numpy()
        wrong = {"missed": (~labels[y]).mean(), "feigned": labels[~y].mean()}
        rows.append({"kind": KINDS.index(kind), "times": times, **wrong, **scored(new, score)})
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def standardised_features(lesions: pd.DataFrame) -> np.ndarray:
    """The last hidden layer of the shipped network, frozen; each feature to mean 0 and SD 1."""
    from dermlab.cases import clinic
    from dermlab.network import inference, models

    model = models.build("compact", 2, SIZE, augment=False)
    x = inference.features(model, clinic.render(lesions, SIZE))
    taught = x[(lesions["part"] == "train").to_numpy()]
    return (x - taught.mean(0)) / taught.std(0).clip(1e-6)


def label_sets(taught: pd.DataFrame, seed: int):
    """Kind, dose and labels (bool, n): the truth, then for each dose both kinds of errors."""
    from dermlab.cases import taxonomy
    from dermlab.cases.clinic import labels

    tree = taxonomy.load_tree()
    top = taxonomy.ancestor_at(tree, "three-way")
    truth = taught["malignant"].to_numpy()
    alike = (taught["mimics"].map(top) == "malignant").to_numpy()
    rate = labels.error_rates(taught["truth"], tree)
    rng = np.random.default_rng([seed, 4])
    own = rng.standard_normal(len(taught))
    yield "truth", 0, truth
    for times in TIMES:
        errs = labels.errs(taught["atypia"].to_numpy(), own, np.minimum(times * rate, 1))
        called = np.where(errs, alike, truth)
        yield "dermatologists", times, called
        yield "at random", times, _same_errors_elsewhere(truth, called, rng)


def _same_errors_elsewhere(truth, called, rng) -> np.ndarray:
    """As many wrong labels on each side, on lesions drawn by lot."""
    labels = truth.copy()
    for side in (True, False):
        places = np.flatnonzero(truth == side)
        n_wrong = int((called[places] != side).sum())
        labels[rng.choice(places, n_wrong, replace=False)] = not side
    return labels


def head_scores(x: np.ndarray, labels: np.ndarray, new: np.ndarray) -> np.ndarray:
    """P(malignant) of new lesions (n,), by a logistic head taught with these labels."""
    from sklearn.linear_model import LogisticRegression

    head = LogisticRegression(C=STRENGTH, solver="newton-cholesky").fit(x, labels)
    return head.predict_proba(new)[:, 1]


def scored(new: pd.DataFrame, score: np.ndarray) -> dict[str, float]:
    """The head's area and accuracy on the truth, on labels, and on biopsied lesions only."""
    from dermlab.evaluation import roc, verification

    truth, called, says = new["malignant"].to_numpy(), new["called"].to_numpy(), score >= 0.5
    biopsied = (new["label_source"] == "biopsy").to_numpy()
    rates = [[[1 - y[s].mean(), y[s].mean()] for s in (~truth, truth)] for y in (says, called)]
    areas = {
        "auc": roc.auc_delong(truth, score).estimate,
        "auc_on_labels": roc.auc_delong(called, score).estimate,
        "auc_on_biopsied": roc.auc_delong(truth[biopsied], score[biopsied]).estimate,
    }
    return areas | {
        "accuracy": (says == truth).mean(),
        "accuracy_on_labels": (says == called).mean(),
        "expected_on_labels": verification.expected_agreement([0.5, 0.5], *rates),
        "label_accuracy": (called == truth).mean(),
    }


RESULT = Result(
    label_noise,
    "What wrong labels do in training and in scoring, in eight virtual clinics: frozen "
    "features of the shipped small network at 96 pixels, a logistic head (malignant or not) "
    "taught with the truth, with dermatologists' labels, and with as many wrong labels drawn "
    "by lot, at one, two and three times the clinic's error rates; scored on new patients "
    "against the truth and against dermatologists' labels. The head is weaker than a "
    "fine-tuned network: what may be read off are differences between kinds of labels.",
    kind="simulated",
    seed=0,
    minutes=7,
    reads=(WEIGHTS, *CLINIC),
)
