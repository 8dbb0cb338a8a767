"""How much another training would differ, on the virtual clinic: intervals over trainings."""

import pandas as pd

from dermlab.evaluation import repeats
from results.common.result import RESULTS, Inputs, Outputs, Result
from results.ham10000_trainings.recipe import over_trainings

FOLDS, ANSWERS = f"{RESULTS}clinic_nine_folds/folds.csv", f"{RESULTS}clinic_ruler/answers.csv"
FINE, COARSE = "fine classes", {"three-way": "three classes", "nine-way": "nine classes"}
N_TRAIN, N_TEST = 7, 1  # folds: of nine, one is scored and one stops the training


def trainings(inputs: Inputs) -> Outputs:
    """``folds.csv``: a row a task, the accuracy that fine classes gain fold by fold, with
    Nadeau and Bengio's correction (approximate for folds). ``ruler.csv``: a row a network, the
    balanced accuracy that it loses from rulers as learnt to rulers reversed, clinic by
    clinic, with Student's interval."""
    folds = pd.read_csv(inputs[FOLDS]).query("scored_by == 'label'")
    accuracy = folds.pivot(index=["task", "fold"], columns="scheme", values="accuracy")
    gains = []
    for task, coarse in COARSE.items():
        gained = accuracy.loc[task, FINE] - accuracy.loc[task, coarse]
        test = repeats.resampled(gained, N_TRAIN, N_TEST)
        bounds = {"mean": test.estimate, "low": test.low, "high": test.high}
        gains.append({"task": task, "n": len(gained)} | bounds | {"p_value": test.p_value})
    losses = [
        {"network": network} | over_trainings(lost(rows))
        for network, rows in pd.read_csv(inputs[ANSWERS]).groupby("network", sort=False)
    ]
    return {"folds.csv": pd.DataFrame(gains), "ruler.csv": pd.DataFrame(losses)}


def lost(answers: pd.DataFrame) -> pd.Series:
    """Balanced accuracy at 0.5, as learnt minus reversed, a clinic (``seed``) each."""
    right = answers[["as learnt", "reversed"]].ge(0.5).eq(answers["malignant"], axis=0)
    of_side = right.groupby([answers["seed"], answers["malignant"]]).mean()
    of_clinic = of_side.groupby("seed").mean()
    return of_clinic["as learnt"] - of_clinic["reversed"]


RESULT = Result(
    trainings,
    "Intervals over trainings of two claims on the virtual clinic: fine against coarse classes "
    "over nine folds (corrected for shared training parts), and what a network loses when its "
    "rulers are reversed, over three clinics; from the shipped tables alone.",
    kind="simulated",
    seed=0,
    minutes=0.1,
    reads=(FOLDS, ANSWERS),
)
