"""HAM10000's published table without a pixel: what gives a label away."""

import numpy as np
import pandas as pd

from results.common.result import HAM10000, MAPPING, OF_HAM10000, TASKS, Inputs, Outputs, Result

SEED = 0
N_FOLDS = 9
ASKED = ("malignant", "melanoma-vs-nevus")
SEEN = {
    "label source": ["label_source"],
    "clinic and camera": ["source"],
    "age, sex, body site": ["age", "sex", "site"],
    "all of them": ["label_source", "source", "age", "sex", "site"],
}


def without_pixels(inputs: Inputs) -> Outputs:
    """What a classifier that sees no pixel knows of HAM10000's labels.

    ``areas.csv``: for each task, on all its cases and on the biopsied ones, the area under the
    curve of out-of-fold logistic regressions on ``SEEN``, with the interval of a bootstrap over
    lesions (of fixed scores: it leaves out that another draw would fit other weights). Beside it
    the mean of the folds' own areas: where many cases share a value, nine fits turn its one tie
    into an order that runs against the truth, so that the pooled area comes out too low, here by up
    to 0.02 (on pooling: Forman & Scholz, SIGKDD Explorations 12(1), 2010). Sets of columns that do
    not vary, as the label source of biopsied cases, are left out.
    ``counts.csv``: images by label source and by clinic and camera, for each disease.
    """
    from dermlab.cases import sources, splits, tasks

    cases = sources.read_cases(inputs[HAM10000])
    fold = splits.group_folds(cases, N_FOLDS, seed=SEED).set_index("image_id")["fold"]
    cases["fold"] = fold.loc[cases["image_id"]].to_numpy()
    cases["group_id"] = splits.groups(cases).to_numpy()
    rows = []
    for task in map(tasks.get, ASKED):
        side = tasks.assign(task, cases["disease"])
        used = cases[side.notna()].assign(positive=side == task.positive)
        biopsied = used[used["label_source"] == "biopsy"]
        for which, part in (("all", used), ("biopsied", biopsied)):
            for seen, columns in SEEN.items():
                if part[columns].nunique(dropna=False).max() > 1:
                    rows.append(
                        {"task": task.name, "cases": which, "seen": seen} | _area(part, columns)
                    )
    counts = [_counts(cases, column) for column in ("label_source", "source")]
    return {"areas.csv": pd.DataFrame(rows), "counts.csv": pd.concat(counts, ignore_index=True)}


def _area(cases: pd.DataFrame, columns: list[str]) -> dict[str, float]:
    """Counts, and the area of out-of-fold scores from ``columns`` alone."""
    from dermlab.evaluation import roc

    positive, fold = cases["positive"].to_numpy(), cases["fold"].to_numpy()
    score = _out_of_fold(_one_hot(cases[columns]), positive, fold)
    found = roc.auc(positive, score, cases["group_id"].to_numpy())
    parts = [fold == k for k in range(N_FOLDS)]
    of_folds = [roc.auc_delong(positive[part], score[part]).estimate for part in parts]
    return {
        "n_images": len(cases),
        "n_positive": int(positive.sum()),
        "n_lesions": cases["group_id"].nunique(),
        "auc": found.estimate,
        "low": found.low,
        "high": found.high,
        "mean_of_folds": np.mean(of_folds),
    }


def _one_hot(table: pd.DataFrame):
    """A sparse column for each value, ages too (HAM10000 gives them in steps of five years).

    Unknown is a value of its own: that something was not recorded may tell as well.
    """
    from scipy.sparse import csr_array

    return csr_array(pd.get_dummies(table.astype("str").fillna("unknown"), dtype=float))


def _out_of_fold(x, positive: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Each image's probability of the positive side, by a model fitted without its fold."""
    from sklearn.linear_model import LogisticRegression

    score = np.empty(len(positive))
    for k in np.unique(fold):
        here = fold == k
        model = LogisticRegression(solver="newton-cholesky").fit(x[~here], positive[~here])
        score[here] = model.predict_proba(x[here])[:, 1]
    return score


def _counts(cases: pd.DataFrame, column: str) -> pd.DataFrame:
    counts = pd.crosstab(cases[column], cases["disease"]).stack().rename("n").reset_index()
    counts = counts.rename(columns={column: "value"})
    counts.insert(0, "column", column)
    return counts


RESULT = Result(
    without_pixels,
    "A classifier that sees no pixel: HAM10000's labels from how the label was reached, from "
    "clinic and camera, and from age, sex and body site; nine folds that keep lesions whole. "
    f"Aggregated from {OF_HAM10000}.",
    kind="measured here",
    seed=SEED,
    minutes=0.3,
    reads=(HAM10000, *MAPPING, TASKS),
)
