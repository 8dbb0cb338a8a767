"""Whether the probabilities of HAM10000's nine networks mean what they say; none is trained."""

import numpy as np
import pandas as pd

from results.common.result import OF_HAM10000, Inputs, Outputs, Result
from results.ham10000_nine_folds.recipe import (
    ALL,
    BIOPSIED,
    N_FOLDS,
    QUESTIONS,
    ROWS,
    question_of,
    shipped_rows,
)

GIVEN, SOFTENED, SHIFTED = WAYS = ("as given", "temperature", "temperature and shift")


def calibration(inputs: Inputs) -> Outputs:
    """Whether the nine networks' probabilities mean what they say; no network is trained.

    ``calibration.csv``, a row a question, kind of cases and way: the expected calibration error
    beside what perfect calibration gives on the same cases (images taken as independent), the mean
    probability beside the share of positives and their ``gap``, the Brier score and what it is
    below that of the probabilities as given (``saved``), intervals over lesions.
    ``reliability.csv``: ten bins of equal mass. A calibrator of a fold is fitted on the fold that
    its network stopped on, as answered by the network that had not seen that one.
    """
    from dermlab.evaluation import calibration as room

    cases, answers = shipped_rows(inputs[ROWS])
    rows, tables = [], []
    for question in QUESTIONS:
        asked, positive, score = question_of(cases, answers, question)
        for which, part in ((ALL, asked), (BIOPSIED, asked & cases["biopsied"].to_numpy())):
            truth, lesion = positive[part], cases["lesion_id"].to_numpy()[part]
            ways, temperature = recalibrated(truth, score[part], answers["fold"].to_numpy()[part])
            for way, probability in ways.items():
                about = {"task": question, "cases": which, "probability": way}
                more = {"temperature": temperature if way != GIVEN else np.nan}
                measured = _measured(truth, probability, ways[GIVEN], lesion)
                rows.append(about | more | measured)
                bins = room.reliability(truth, probability, 10, "mass", lesion)
                tables.append(
                    pd.DataFrame(about, bins.index).join(
                        bins.rename(columns={"probability": "mean"})
                    )
                )
    return {"calibration.csv": pd.DataFrame(rows), "reliability.csv": pd.concat(tables)}


def recalibrated(
    positive: np.ndarray, score: np.ndarray, fold: np.ndarray
) -> tuple[dict[str, np.ndarray], float]:
    """The probabilities by each of ``WAYS``, (n,) each, and the mean temperature of the folds.

    Fold K's are softened by what fits fold K + 1 best. A shift of the log-odds beside it (Platt
    1999) can undo a balance of the training that the cases do not have; a temperature cannot.
    """
    from dermlab.evaluation import calibration as room
    from dermlab.evaluation import recalibration

    within = np.clip(score, 1e-4, 1 - 1e-4)  # halves resolve no more
    softened, shifted, temperatures = np.empty_like(score), np.empty_like(score), []
    for k in range(N_FOLDS):
        here, development = fold == k, fold == (k + 1) % N_FOLDS
        held_out = positive[development], within[development]
        temperatures.append(room.fit_temperature(*held_out))
        softened[here] = room.with_temperature(within[here], temperatures[-1])
        line = recalibration.line(*held_out)
        shifted[here] = recalibration.with_line(
            within[here], line.slope.estimate, line.intercept.estimate
        )
    return dict(zip(WAYS, (score, softened, shifted), strict=True)), float(np.mean(temperatures))


def _measured(truth, probability, given, lesion) -> dict[str, float]:
    from dermlab.evaluation import calibration as room
    from dermlab.evaluation import intervals

    error = room.expected_calibration_error(truth, probability)
    squares, before = (probability - truth) ** 2, (given - truth) ** 2
    found = {
        "n_images": len(truth),
        "n_positive": int(truth.sum()),
        "ece": error.estimate,
        "if_perfect": error.if_perfect,
        "if_perfect_high": error.if_perfect_high,
        "p_value": error.p_value,
        "mean_probability": probability.mean(),
        "share": truth.mean(),
    }
    for name, values in (
        ("gap", probability - truth), ("brier", squares), ("saved", before - squares)
    ):  # fmt: skip
        mean = intervals.mean(values, lesion)
        found |= {name: mean.estimate, f"{name}_low": mean.low, f"{name}_high": mean.high}
    return found


RESULT = Result(
    calibration,
    "Whether the probabilities of ham10000_nine_folds mean what they say: expected calibration "
    "error, reliability, Brier score, as given and after a temperature, or a temperature and a "
    "shift, fitted for each fold on its development fold's out-of-fold answers. From the "
    f"shipped rows alone, no network trained. Pictures and labels: {OF_HAM10000}.",
    kind="measured here",
    seed=0,
    minutes=1,
    reads=(ROWS,),
)
