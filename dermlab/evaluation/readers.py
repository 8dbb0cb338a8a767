"""The dermatologists: the paper's own, simulated ones, and a class whose files are merged.

The paper's readers and answers are small tables of facts, transcribed from the authors' public
analysis code of 2016; ``dermlab/data/esteva2017/README.md`` has source and caveats. The networks
in those tables are 2016 networks of the authors, not the published one. Readers' names were
removed and nobody may look them up.

A *points* table has a row a reader and question: ``task, question, reader, tp, n_pos, tn, n_neg,
sensitivity, specificity``; the questions are ``diagnosis`` (malignant or benign?) and ``action``
(biopsy or treat, or reassure?). Longer than most rooms, as three kinds of readers share it.
"""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.evaluation import reads as reads_file
from dermlab.text import plural

TASKS = ("carcinoma", "melanoma", "melanoma_dermoscopy")
KINDS = (
    "as a lower threshold predicts",
    "did not move",
    "lost and gained nothing",
    "other",
)

# --- the paper's own ------------------------------------------------------------------------


def _shipped(name: str) -> pd.DataFrame:
    with (files("dermlab") / "data" / "esteva2017" / name).open(encoding="utf-8") as file:
        return pd.read_csv(file)


def _with_rates(points: pd.DataFrame) -> pd.DataFrame:
    return points.assign(
        sensitivity=points["tp"] / points["n_pos"], specificity=points["tn"] / points["n_neg"]
    )


def esteva_points() -> pd.DataFrame:
    """The paper's 25, 22 and 21 dermatologists, two questions each: 136 rows of *points*.

    The melanoma task has 46 malignant and 93 benign images here where the paper's legend says
    33 and 97; the other two tasks have the legend's counts.
    """
    return _with_rates(_shipped("reader_points.csv"))


def esteva_nineway_answers() -> pd.DataFrame:
    """Truth and two dermatologists' answers on 180 images, 20 of each of the nine classes.

    Columns ``case, truth, dermatologist_1, dermatologist_2``; Extended Data Table 2 follows.
    """
    return _shipped("nineway_180_answers.csv")


def esteva_large_tests() -> pd.DataFrame:
    """Counts, printed areas and best points of 2016 networks on the three large tests."""
    return _with_rates(_shipped("network_large_tests_2016.csv"))


def esteva_curves() -> pd.DataFrame:
    """Curves of a 2016 network on the large tests, a row a true positive, from (0, 0) to the end.

    Columns ``task, network, step, tp, fp, n_pos, n_neg, sensitivity, specificity``. A curve is a
    staircase: before a row's true positive come all its false positives. So draw it as steps and
    take its area with `curve_area`; straight lines between the rows overstate it.
    """
    rows = _shipped("network_curves_2016.csv")
    keys = ["task", "network", "step", "n_pos", "n_neg"]
    curves = rows.merge(esteva_large_tests()[keys], on=["task", "step"], validate="many_to_one")
    ends = curves[keys].drop_duplicates()
    start, finish = ends.assign(tp=0, fp=0), ends.assign(tp=ends["n_pos"], fp=ends["n_neg"])
    curves = pd.concat([start, curves, finish]).sort_values(["task", "step", "tp", "fp"])
    columns = ["task", "network", "step", "tp", "fp", "n_pos", "n_neg"]
    return curves[columns].assign(
        sensitivity=curves["tp"] / curves["n_pos"], specificity=1 - curves["fp"] / curves["n_neg"]
    ).reset_index(drop=True)  # fmt: skip


def curve_area(curve: pd.DataFrame) -> float:
    """Area under one staircase of `esteva_curves`: 1 − mean false positives / negatives.

    Each new true positive adds a strip one positive wide and as high as the specificity reached.
    """
    strips = np.diff(curve["tp"]) * (curve["n_neg"] - curve["fp"]).to_numpy()[1:]
    return float(strips.sum() / (curve["n_pos"].iloc[0] * curve["n_neg"].iloc[0]))


def esteva_network_points() -> pd.DataFrame:
    """Two 2016 networks at threshold 0.5 on the carcinoma readers' own 135 images, as *points*."""
    return _with_rates(_shipped("network_points_135_2016.csv"))


def esteva_category_counts() -> pd.DataFrame:
    """Images of the nine categories in 2016: ``category, train, validation``."""
    return _shipped("category_counts_2016.csv")


def esteva_class_sizes() -> pd.DataFrame:
    """Sizes of 740 training classes of 2016: ``category, class_index, n_images``."""
    return _shipped("training_class_sizes_740_2016.csv")


# --- readers as points ----------------------------------------------------------------------


def mean_reader(points: pd.DataFrame) -> pd.DataFrame:
    """Mean and SD (n − 1) over readers, a row a task and question: the paper's green crosses."""
    rates = points.groupby(["task", "question"])[["sensitivity", "specificity"]]
    table = rates.agg(["mean", "std"])
    table.columns = [f"{rate}_{'sd' if stat == 'std' else stat}" for rate, stat in table.columns]
    table.insert(0, "n_readers", rates.size())
    return table.reset_index()


def intervals(points: pd.DataFrame, method: str = "wilson") -> pd.DataFrame:
    """``points`` with the 95 % bounds of each rate: ``sensitivity_low``, ``sensitivity_high``, ...

    ``method`` is ``"wilson"`` or ``"clopper-pearson"``. They say how far the point of *this* reader
    could have fallen on other images of the kind.
    """
    from dermlab.evaluation.metrics import proportion

    points = points.copy()
    for rate, hits, n in (("sensitivity", "tp", "n_pos"), ("specificity", "tn", "n_neg")):
        pairs = zip(points[hits], points[n], strict=True)
        bounds = [proportion(k, total, method) for k, total in pairs]
        points[f"{rate}_low"] = [bound.low for bound in bounds]
        points[f"{rate}_high"] = [bound.high for bound in bounds]
    return points


def detection(points: pd.DataFrame) -> pd.DataFrame:
    """``d_prime`` and ``criterion`` of each point under an equal-variance binormal reader.

    Evidence is N(−d′/2, 1) for benign and N(+d′/2, 1) for malignant images; the reader says "yes"
    above the criterion. So z(sensitivity) = d′/2 − c and z(specificity) = d′/2 + c. Half a case
    is added to each cell (Hautus 1995), or a perfect rate would lie at infinity.
    """
    from scipy.stats import norm

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
    asked = table.set_index(["task", "reader", "question"]).sort_index()
    before = asked.xs("diagnosis", level="question")
    after = asked.xs("action", level="question")
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


def _resampled_means(values: np.ndarray, n_replicates: int, seed: int) -> np.ndarray:
    """Means over readers drawn with replacement: (readers, k) → (n_replicates, k)."""
    drawn = np.random.default_rng(seed).integers(len(values), size=(n_replicates, len(values)))
    return values[drawn].mean(axis=1)


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
        values = readers[list(columns)].to_numpy(float)
        low, high = np.percentile(_resampled_means(values, n_replicates, seed), [2.5, 97.5], axis=0)
        for i, change in enumerate(columns):
            rows.append((task, change, values[:, i].mean(), low[i], high[i]))
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
        along, across = 2 * readers["criterion"] ** 2, readers["d_prime"] ** 2 / 2
        squares = np.column_stack([along, along + across])
        means = _resampled_means(squares, n_replicates, seed)
        low, high = np.percentile(means[:, 0] / means[:, 1], [2.5, 97.5])
        rows.append((task, along.sum() / (along + across).sum(), low, high))
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
    own = rng.normal(0, spread, n_readers)
    names = [f"S{i:02d}" for i in range(1, n_readers + 1)]
    tables = []
    for question, mean in criteria.items():
        limit = (mean + own)[:, None]
        counts = {"tp": (malignant > limit).sum(1), "n_pos": n_pos}
        counts |= {"tn": (benign <= limit).sum(1), "n_neg": n_neg}
        about = {"task": "simulated", "question": question, "reader": names}
        tables.append(pd.DataFrame(about | counts))
    return _with_rates(pd.concat(tables, ignore_index=True))


# --- a class that reads ---------------------------------------------------------------------


def points_from_reads(reads: pd.DataFrame, is_positive: pd.Series, *, task: str) -> pd.DataFrame:
    """*Points* of a class: ``reads`` against ``is_positive`` (image_id → bool), question "action".

    Reads of images without a truth, or made for another task, are not used.
    """
    if "task" in reads:
        reads = reads[reads["task"].isna() | (reads["task"] == task)]
    reads = reads[reads["image_id"].isin(is_positive.index)]
    truth = is_positive.loc[reads["image_id"]].to_numpy(bool)
    yes = reads["decision"].to_numpy(int) == 1
    counts = pd.DataFrame(
        {"tp": truth & yes, "n_pos": truth, "tn": ~truth & ~yes, "n_neg": ~truth},
        index=reads["reader_id"].rename("reader"),
    ).astype(int)
    points = counts.groupby("reader").sum().reset_index()
    points.insert(0, "question", "action")
    points.insert(0, "task", task)
    return _with_rates(points)


_PLACE = list(reads_file.PLACE)
_OURS = [*_PLACE, "coded"]  # coded: the row comes from a text code, which carries no times
_EARLIER_SAVE = "an earlier save of another file"  # never shown: these rows count once


def _repeats(good: pd.DataFrame) -> pd.Series:
    """Reasons for rows of a reader who decided twice about one image, in one quiz and task."""
    cells = good.drop(columns=_OURS).fillna("")
    key = [column for column in ("reader_id", "quiz_id", "task", "image_id") if column in cells]
    again = cells.duplicated(keep="first")
    once = cells[~again]
    reasons = pd.Series(None, index=good.index, dtype=object)
    reasons[again] = "the same row stands above"
    reasons[once.index[once.duplicated(key, keep=False)]] = "one reader decided twice on this image"
    return reasons


def _repeated_in_code(good: pd.DataFrame) -> pd.Series:
    """Marks the rows of text codes that say what a file of the same reader says as well."""
    reasons = pd.Series(None, index=good.index, dtype=object)
    coded = good["coded"].eq(True)
    said = good.reindex(columns=["reader_id", "quiz_id", "image_id", "decision", "confidence"])
    in_files = set(said[~coded].itertuples(index=False, name=None))
    for _, rows in said[coded].groupby(["reader_id", "quiz_id"]):
        if set(rows.itertuples(index=False, name=None)) <= in_files:
            reasons[rows.index] = _EARLIER_SAVE
    return reasons


def _shared_codes(good: pd.DataFrame) -> pd.Series:
    """Reasons for the rows of a code that stands in several files.

    A file saved twice while reading is one reader: rows that all stand in the other file, with
    their time, count once. Anything else is two readers under one code, and no row can be
    given to either.
    """
    reasons = pd.Series(None, index=good.index, dtype=object)
    cells = good.drop(columns=_OURS).fillna("")
    timed = cells["read_at"] != "" if "read_at" in cells else pd.Series(False, index=cells.index)
    columns = [column for column in ("reader_id", "quiz_id") if column in cells]
    for code, rows in cells.groupby(columns):
        file_of = good.loc[rows.index, "file"]
        by_file = rows.groupby(file_of)
        if by_file.ngroups < 2:
            continue
        saved = {file: set(part.itertuples(index=False, name=None)) for file, part in by_file}
        fullest = max(saved, key=lambda file: len(saved[file]))
        earlier = file_of != fullest
        same = timed[rows.index].all() and all(part <= saved[fullest] for part in saved.values())
        if same:
            reasons[rows.index[earlier]] = _EARLIER_SAVE
        else:
            n_files = plural(len(saved), "file")
            reasons[rows.index] = f"reader {code[0]} stands in {n_files} that are no saves of one"
    return reasons


def _typed(good: pd.DataFrame) -> pd.DataFrame:
    """The *reads* table: its own columns first, other columns carried along."""
    ours = {*reads_file.COLUMNS, *_OURS, "surplus"}  # surplus: of damaged rows only
    others = [column for column in good if column not in ours]
    reads = good.reindex(columns=[*reads_file.COLUMNS, *others])
    reads = reads.where(reads != "")
    numbers = {"decision": "int64", "confidence": "float64", "seconds": "float64"}
    text = pd.StringDtype(na_value=np.nan)
    return reads.astype({column: numbers.get(column, text) for column in reads})


def merge_reads(
    paths: Iterable[str | Path], *, decode: reads_file.Decode | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join a class's files: the good rows, and those set aside with their reason.

    Every row of every file is in one of the two, except that identical files, and an earlier save
    of the same file, count once. Set aside are: rows that cannot be read, with their original
    cells; all rows of a code (reader and quiz) that stands with different rows in several
    files; two decisions of one reader on one image; and, as a row without cells, an end mark
    ``#end,N`` that disagrees with its file. Without an end mark a row with all its cells is good.
    ``decode`` turns a line with a quiz's text code into rows (dicts of cells, InputError for a
    damaged one); those that the reader's own file holds too count once.

    Returns *reads* (columns `reads.COLUMNS`, then any others) and a table with ``file, row,
    reason`` (row: the line in the file) followed by the original columns.
    """
    texts = {}
    for path in paths:
        texts.setdefault(reads_file.text_of(Path(path)), Path(path))
    rows = [row for text, path in texts.items() for row in reads_file.parse(path, text, decode)]
    table = pd.DataFrame([{"coded": None} | row for row in rows], columns=None if rows else _OURS)
    for judge in (_repeated_in_code, _shared_codes, _repeats):
        good = table[table["reason"].isna()]
        if len(good):
            table.loc[good.index, "reason"] = judge(good)
        table = table[table["reason"] != _EARLIER_SAVE]
    cells = [column for column in table if column not in _OURS]
    set_aside = table.loc[table["reason"].notna(), [*_PLACE, *cells]].astype({"row": "Int64"})
    good = table[table["reason"].isna()]
    return _typed(good).reset_index(drop=True), set_aside.reset_index(drop=True)


def remarks(paths: Iterable[str | Path]) -> list[str]:
    """What to know of files whose rows are good: half-finished ones, and those of another quiz.

    A quiz's file without its end mark is half-finished or cut off. The quiz of the class is the
    one that most files are of; the others' rows are told apart by ``quiz_id``.
    """
    quizzes, said = {}, []
    for path in map(Path, paths):
        text = reads_file.text_of(path)
        good = [row for row in reads_file.parse(path, text) if row["reason"] is None]
        quizzes[path] = {row["quiz_id"] for row in good if row.get("quiz_id")}
        if quizzes[path] and not reads_file.is_whole(text):
            n = plural(len(good), "row")
            said.append(f"{path}: half-finished or cut off, {n} without an end mark; they count")
    counts = pd.Series([quiz for found in quizzes.values() for quiz in found]).value_counts()
    for path, found in quizzes.items():
        if others := sorted(found - {counts.index[0] if len(counts) else None}):
            most = f"most files are of {counts.index[0]}"
            said.append(f"{path}: of another quiz, {', '.join(others)} ({most}); kept under its id")
    return said
