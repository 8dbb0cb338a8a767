"""A reader as a threshold on evidence: what moves when the question is another.

The simplest reader of signal detection theory sees evidence that is normal for benign and for
malignant images, d′ apart, and says "yes" above a criterion: d′ is the skill, the criterion the
threshold. The tables are *points* of `readers`. A network's threshold is chosen in `operating`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.evaluation import inputs, intervals
from dermlab.evaluation.readers import with_rates
from dermlab.text import listing, plural

KINDS = (
    "as a lower threshold predicts",
    "did not move",
    "lost and gained nothing",
    "other",
)


def detection(points: pd.DataFrame) -> pd.DataFrame:
    """``d_prime`` and ``criterion`` of each point under an equal-variance binormal reader.

    Evidence is N(−d′/2, 1) for benign and N(+d′/2, 1) for malignant images; the reader says "yes"
    above the criterion. So z(sensitivity) = d′/2 − c and z(specificity) = d′/2 + c. Half a case
    is added to each cell (Hautus 1995), or a perfect rate would lie at infinity.
    """
    from scipy.stats import norm

    points = with_rates(points)
    z_sensitivity = norm.ppf((points["tp"] + 0.5) / (points["n_pos"] + 1))
    z_specificity = norm.ppf((points["tn"] + 0.5) / (points["n_neg"] + 1))
    return pd.DataFrame(
        {
            "d_prime": z_sensitivity + z_specificity,
            "criterion": (z_specificity - z_sensitivity) / 2,
        },
        index=points.index,
    )


def binormal_rates(d_prime: np.ndarray, criterion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sensitivity and specificity of the reader of `detection`."""
    from scipy.stats import norm

    half = np.asarray(d_prime) / 2
    return norm.cdf(half - criterion), norm.cdf(half + criterion)


# --- two questions --------------------------------------------------------------------------


def _kind(more_positives: int, more_negatives: int) -> str:
    """One of `KINDS`, from what "action" gains over "diagnosis" in true positives and negatives."""
    if more_positives > 0 and more_negatives < 0:
        return KINDS[0]
    if more_positives == 0 and more_negatives == 0:
        return KINDS[1]
    if more_positives <= 0 and more_negatives <= 0:
        return KINDS[2]
    return KINDS[3]


def pair_changes(points: pd.DataFrame) -> pd.DataFrame:
    """Each reader's change from ``diagnosis`` to ``action``, a row a task and reader.

    Columns: ``tp`` and ``tn`` (integer changes), ``kind`` (one of `KINDS`, decided on those
    integers), ``possible`` (no true positive lost, no true negative gained: a lower threshold on
    the same evidence can do it), changes of ``sensitivity``, ``specificity``, ``youden``,
    ``d_prime`` and ``criterion``, and ``predicted_sensitivity``, ``predicted_specificity``,
    ``predicted_youden``: the changes if the criterion had moved as it did and d′ had not.
    """
    table = pd.concat([points, detection(points)], axis=1)
    table["youden"] = table["sensitivity"] + table["specificity"] - 1
    by_question = table.set_index(["task", "reader", "question"]).sort_index()
    if by_question.index.duplicated().any():
        raise InputError("A reader answers a question of a task twice; keep one row of each.")
    before = by_question.xs("diagnosis", level="question")
    after = by_question.xs("action", level="question")
    alone = before.index.symmetric_difference(after.index)
    if len(alone):
        readers = [f"{reader} ({task})" for task, reader in alone]
        raise InputError(
            f"{plural(len(alone), 'reader')} answered one of the two questions only: "
            f"{listing(readers)}; leave them out, or give both."
        )
    columns = ["tp", "tn", "sensitivity", "specificity", "youden", "d_prime", "criterion"]
    change = after[columns] - before[columns]
    sens_0, spec_0 = binormal_rates(before["d_prime"], before["criterion"])
    sens_1, spec_1 = binormal_rates(before["d_prime"], after["criterion"])
    change["predicted_sensitivity"] = sens_1 - sens_0
    change["predicted_specificity"] = spec_1 - spec_0
    change["predicted_youden"] = sens_1 + spec_1 - sens_0 - spec_0
    change["possible"] = (change["tp"] >= 0) & (change["tn"] <= 0)
    change["kind"] = [_kind(p, n) for p, n in zip(change["tp"], change["tn"], strict=True)]
    return change.reset_index()


def mean_changes(
    pairs: pd.DataFrame,
    columns: Sequence[str] = ("sensitivity", "specificity", "youden", "d_prime", "criterion"),
    *,
    n_replicates: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Mean change and its 95 % reader-bootstrap interval: ``task, change, estimate, low, high``.

    Readers are resampled, images are not: the interval is about other readers on these images.
    """
    rows = []
    for task, readers in pairs.groupby("task"):
        for change in columns:
            result = intervals.mean(readers[change], None, n_replicates, seed)
            rows.append((task, change, result.estimate, result.low, result.high))
    return pd.DataFrame(rows, columns=["task", "change", "estimate", "low", "high"])


def threshold_share(
    pairs: pd.DataFrame, *, n_replicates: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """How much of the readers' movement runs along a threshold: ``task, estimate, low, high``.

    In the plane of z(sensitivity) and z(specificity) a pure threshold shift moves along (−1, +1)
    and a change of skill along (+1, +1). The share is the squared movement along the first over
    all squared movement, with a reader-bootstrap interval: 1 for a pure threshold shift, 1/2 for
    movement in any direction.
    """
    rows = []
    for task, readers in pairs.groupby("task"):
        along = 2 * inputs.floats(readers["criterion"], "criterion") ** 2
        whole = along + inputs.floats(readers["d_prime"], "d_prime") ** 2 / 2
        share = intervals.bootstrapped(
            lambda c, along=along, whole=whole: c @ along / (c @ whole),
            np.arange(len(readers)),
            n_replicates,
            seed,
        )
        rows.append((task, share.estimate, share.low, share.high))
    return pd.DataFrame(rows, columns=["task", "estimate", "low", "high"])


# --- simulated readers ----------------------------------------------------------------------


def simulated_points(
    n_readers: int,
    *,
    n_pos: int,
    n_neg: int,
    d_prime: float,
    criteria: dict[str, float],
    spread: float,
    seed: int,
) -> pd.DataFrame:
    """Readers who all share one binormal ROC and differ in threshold only, as *points*.

    ``criteria`` gives the mean criterion of each question; a reader's own lies N(0, ``spread``)
    away from it, the same distance for every question. Each reader has one evidence value an
    image and answers all questions from it, so that only the threshold can change an answer.
    """
    rng = np.random.default_rng(seed)
    malignant = rng.normal(d_prime / 2, 1, (n_readers, n_pos))
    benign = rng.normal(-d_prime / 2, 1, (n_readers, n_neg))
    shift = rng.normal(0, spread, n_readers)
    names = [f"S{i:02d}" for i in range(1, n_readers + 1)]
    tables = []
    for question, mean in criteria.items():
        limit = (mean + shift)[:, None]
        counts = {"tp": (malignant > limit).sum(1), "n_pos": n_pos}
        counts |= {"tn": (benign <= limit).sum(1), "n_neg": n_neg}
        about = {"task": "simulated", "question": question, "reader": names}
        tables.append(pd.DataFrame(about | counts))
    return with_rates(pd.concat(tables, ignore_index=True))
