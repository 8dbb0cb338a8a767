"""Nine folds on HAM10000's pixels: each image answered by a network that never saw its lesion."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab import files
from results.common import cells
from results.common.ham10000_pixels import PICTURES, READS, SIZE, data
from results.common.result import OF_HAM10000, RESULTS, Inputs, Outputs, Result

ROWS = f"{RESULTS}ham10000_nine_folds/predictions.npz"
N_FOLDS = 9


def nine_cells() -> list[dict]:
    return [{"fold": fold, "seed": 0} for fold in range(N_FOLDS)]


def nine_cell(cell: dict, inputs: Inputs) -> cells.Arrays:
    """The command's own way: ``train --fold K --model compact`` on the training classes."""
    from dermlab.cases import splits, taxonomy
    from dermlab.evaluation import predictions
    from dermlab.network import plans, runs
    from dermlab.network.recipe import Recipe

    cases, _, _ = data(inputs)
    split = splits.group_folds(cases, N_FOLDS, seed=0)
    boundary = taxonomy.default_max_class_size(len(cases))
    plan = plans.make(cases, split, max_class_size=boundary)
    setup = runs.Setup("compact", SIZE, "shipped", Recipe.classroom(), cell["seed"])
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        row = runs.train(plan, [inputs[PICTURES]], run, folds=[cell["fold"]], setup=setup)
        table, _ = predictions.read(run / runs.PREDICTIONS)
        history = pd.read_csv(run / "history.csv")
    place = pd.Index(cases["image_id"]).get_indexer(table["image_id"])
    return {
        "rows": place,
        "probabilities": table[list(plan.classes["name"])].to_numpy(np.float32),
        "classes": np.array(list(plan.classes["name"])),
        "development": history["development"].to_numpy(),
        "best_epoch": row["best_epoch"].to_numpy(),
    }


BIOPSIED, ALL = "biopsied", "all"
QUESTIONS = {  # question: what counts as positive, what stands against it
    "melanoma-vs-nevus": (("malignant melanoma",), ("melanocytic nevi",)),
    "malignant": (
        ("malignant melanoma", "basal cell carcinoma", "malignant epidermal"),
        ("melanocytic nevi", "benign epidermal", "benign dermal", "dermatofibroma"),
    ),
    "malignant, akiec left out": (
        ("malignant melanoma", "basal cell carcinoma"),
        ("melanocytic nevi", "benign epidermal", "benign dermal", "dermatofibroma"),
    ),
}
SUBGROUPS = ("age", "sex", "site", "source")
FEWEST = 30  # of each side, for an area in a subgroup


def nine_folds(inputs: Inputs) -> Outputs:
    """Out-of-fold answers of nine networks for every image of HAM10000.

    ``predictions.npz``: a row an image, in random order and without its id: ``disease`` (numbers
    of ``diseases``), ``biopsied``, ``source`` (the clinic and camera, numbers of ``sources``),
    ``lesion`` (numbered anew), ``fold``, ``probabilities`` (columns ``classes``). ``areas.csv``:
    each question on all its cases and on the biopsied, pooled over the folds as ``score`` does,
    with the interval over lesions and the mean of the folds' own areas;
    ``mix.csv``: by how much the biopsied cases are harder, on the same resamples.
    ``subgroups.csv``: the same by age, sex, body site and source where each side has 30 images.
    ``networks.csv``: best epoch, its value on the development part, seconds and device.
    """
    cases, _, _ = data(inputs)
    asked = nine_cells()
    found = cells.run(nine_cell, asked, inputs, name="ham10000_nine_folds")
    answers = answers_of(cases, asked, found)
    cases = cases.assign(biopsied=cases["label_source"] == "biopsy")
    areas, mix = zip(*(areas_of(cases, answers, question) for question in QUESTIONS), strict=True)
    networks = cells.table(asked, found)
    best = [int(arrays["best_epoch"].item()) for arrays in found]
    networks["best_epoch"] = best
    networks["development"] = [
        arrays["development"][epoch - 1] for arrays, epoch in zip(found, best, strict=True)
    ]
    return {
        "predictions.npz": without_ids(cases, answers, list(found[0]["classes"])),
        "areas.csv": pd.DataFrame([row for rows in areas for row in rows]),
        "mix.csv": pd.DataFrame(mix),
        "subgroups.csv": subgroups_of(cases, answers),
        "networks.csv": networks,
    }


def answers_of(cases: pd.DataFrame, asked: list[dict], found: list[cells.Arrays]) -> pd.DataFrame:
    """A row a case: its fold, and a probability column a class."""
    tables = [
        pd.DataFrame(arrays["probabilities"], arrays["rows"], list(arrays["classes"])).assign(
            fold=cell["fold"]
        )
        for cell, arrays in zip(asked, found, strict=True)
    ]
    return pd.concat(tables).sort_index().loc[np.arange(len(cases))]


def question_of(
    cases: pd.DataFrame, answers: pd.DataFrame, question: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether a case is asked about, whether it is positive, and its score."""
    positives, negatives = (list(side) for side in QUESTIONS[question])
    positive = cases["disease"].isin(positives).to_numpy()
    asked = positive | cases["disease"].isin(negatives).to_numpy()
    for_it, against = answers[positives].sum(axis=1), answers[negatives].sum(axis=1)
    return asked, positive, (for_it / (for_it + against)).to_numpy()


def areas_of(cases: pd.DataFrame, answers: pd.DataFrame, question: str) -> tuple[list[dict], dict]:
    """The rows of ``areas.csv`` and the row of ``mix.csv`` of a question."""
    from dermlab.evaluation import intervals, roc

    asked, positive, score = question_of(cases, answers, question)
    numbers = intervals.group_numbers(cases["lesion_id"], len(cases))
    parts = {ALL: asked, BIOPSIED: asked & cases["biopsied"].to_numpy()}
    rows, on_resamples = [], []
    for which, part in parts.items():
        area = roc.auc(positive[part], score[part], numbers[part])
        of_folds = [
            roc.auc_delong(positive[here], score[here]).estimate
            for fold in range(N_FOLDS)
            for here in [part & (answers["fold"] == fold).to_numpy()]
        ]
        rows.append(
            {
                "task": question,
                "cases": which,
                "n_images": int(part.sum()),
                "n_positive": int(positive[part].sum()),
                "n_lesions": len(np.unique(numbers[part])),
                "auc": area.estimate,
                "low": area.low,
                "high": area.high,
                "mean_of_folds": np.mean(of_folds),
                "sd_of_folds": np.std(of_folds, ddof=1),
            }
        )
        on_resamples.append(roc.areas_of_resamples(positive[part], score[part], numbers[part]))
    harder = intervals.bootstrapped_difference(*on_resamples, numbers, 2000, 0)
    bounds = {"low": harder.low, "high": harder.high}
    return rows, {"task": question, "difference": harder.estimate} | bounds


def subgroups_of(cases: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    from dermlab.evaluation import roc

    decades = (cases["age"] // 20 * 20).astype("Int64")
    values = cases.assign(age=(decades.astype("str") + "-" + (decades + 19).astype("str")))
    lesion = cases["lesion_id"].to_numpy()
    rows = []
    for question, which in (("malignant", ALL), ("melanoma-vs-nevus", BIOPSIED)):
        asked, positive, score = question_of(cases, answers, question)
        asked = asked & (cases["biopsied"].to_numpy() | (which == ALL))
        for column in SUBGROUPS:
            for value, part in values.groupby(column).indices.items():
                part = part[asked[part]]
                n_positive = int(positive[part].sum())
                if min(n_positive, len(part) - n_positive) < FEWEST:
                    continue
                area = roc.auc(positive[part], score[part], lesion[part])
                rows.append(
                    {
                        "task": question,
                        "cases": which,
                        "column": column,
                        "value": value,
                        "n_images": len(part),
                        "n_positive": n_positive,
                        "auc": area.estimate,
                        "low": area.low,
                        "high": area.high,
                    }
                )
    return pd.DataFrame(rows)


def without_ids(cases: pd.DataFrame, answers: pd.DataFrame, classes: list[str]) -> cells.Arrays:
    """What the curves and their intervals need, and nothing by which a row could be found again."""
    order = np.random.default_rng(0).permutation(len(cases))
    disease, source = (pd.Categorical(cases[column]) for column in ("disease", "source"))
    return {
        "diseases": np.array(list(disease.categories)),
        "disease": disease.codes[order],
        "biopsied": cases["biopsied"].to_numpy(bool)[order],
        "sources": np.array(list(source.categories)),
        "source": source.codes[order],
        "lesion": pd.factorize(cases["lesion_id"].to_numpy()[order])[0].astype(np.int16),
        "fold": answers["fold"].to_numpy(np.int8)[order],
        "classes": np.array(classes),
        "probabilities": answers[classes].to_numpy(np.float16)[order],
    }


def shipped_rows(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``predictions.npz`` as the tables of cases and of answers, rows brought to 1 again."""
    return rows_of(files.read_npz(path, cure="take the file from the repository"))


def rows_of(shipped: cells.Arrays) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The arrays of `without_ids` as the tables of cases and of answers, rows brought to 1."""
    values = shipped["probabilities"].astype(float)
    values /= values.sum(axis=1, keepdims=True)
    named = {
        "disease": shipped["diseases"][shipped["disease"]],
        "source": shipped["sources"][shipped["source"]],
    }
    cases = pd.DataFrame(named | {"biopsied": shipped["biopsied"], "lesion_id": shipped["lesion"]})
    answers = pd.DataFrame(values, columns=list(shipped["classes"]))
    return cases, answers.assign(fold=shipped["fold"])


RESULT = Result(
    nine_folds,
    "Nine folds that keep lesions whole: the compact network (96 px, shipped weights, "
    "classroom's recipe, 8 epochs, best on the development fold) on the training classes of "
    f"HAM10000, every image answered once; one seed. Pictures and labels: {OF_HAM10000}.",
    kind="measured here",
    seed=0,
    minutes=120,
    reads=READS,
)
