"""What a reading comes to: the reader's point, kappa with the truth, what was missed; and a class.

Reads of the quiz are *measured here* (by people, on simulated or real pictures). Where there are
none, simulated dermatologists stand in, marked *simulated, calibrated*.
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.evaluation import intervals, merging, multiclass, readers, roc
from dermlab.lessons.quiz import codes
from dermlab.lessons.quiz.study import StandIn, Study

MEASURED, SIMULATED = "measured here", "simulated, calibrated"
N_SIMULATED = 21  # as many as the paper's abstract names


@dataclass(frozen=True, eq=False)
class Outcome:
    """One reader's result: ``point`` (roc.Point), ``kappa`` with the truth, tables of errors.

    ``missed`` and ``needless`` are image_ids: positives called 0, and negatives called 1.
    """

    reader: str
    tp: int
    n_pos: int
    tn: int
    n_neg: int
    point: roc.Point
    kappa: intervals.Estimate
    missed: tuple[str, ...]
    needless: tuple[str, ...]


def outcome(study: Study, reads: pd.DataFrame, reader: str) -> Outcome:
    """The result of one reader; InputError where that reader has not decided on both classes."""
    truth = _truth(study)
    of_reader = (reads["reader_id"] == reader) & (reads["quiz_id"] == study.quiz_id)
    reads = reads[of_reader & reads["image_id"].isin(truth.index)]
    is_positive = truth.loc[reads["image_id"]].to_numpy(bool)
    yes = reads["decision"].to_numpy(int) == 1
    n_pos, n_neg = int(is_positive.sum()), int((~is_positive).sum())
    if not n_pos or not n_neg:
        raise InputError(f"Reader {reader} has not decided on pictures of both classes yet.")
    tp, tn = int((is_positive & yes).sum()), int((~is_positive & ~yes).sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # perfect agreement has no bounds: shown as such
        kappa = multiclass.kappa(is_positive.astype(int), yes.astype(int))
    ids = reads["image_id"].to_numpy()
    missed, needless = ids[is_positive & ~yes], ids[~is_positive & yes]
    point = roc.point_from_counts(tp, n_pos, tn, n_neg)
    return Outcome(reader, tp, n_pos, tn, n_neg, point, kappa, tuple(missed), tuple(needless))


def network_curve(study: Study) -> tuple[pd.DataFrame, intervals.Estimate] | None:
    """The network's curve (`roc.curve`) and area on exactly these pictures; None without one."""
    if study.scores is None:
        return None
    scores = study.scores()
    truth = _truth(study).loc[scores.index].to_numpy(bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a perfect area has no bounds: shown as such
        return roc.curve(truth, scores), roc.auc(truth, scores)


def class_reads(
    study: Study, files: str | Path | Iterable[str | Path] = "reads"
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """The class's reads of this quiz, what was set aside, and their kind.

    ``files``: reads files, files with text codes in their lines (.txt), or a folder of both. Where
    they hold no reads of this quiz its stand-in reads, or else the simulated dermatologists; only
    the clinic's pictures have these.
    """
    if isinstance(files, str | Path) and not Path(files).is_file():
        paths = sorted(p for p in Path(files).glob("*") if p.suffix in (".csv", ".txt"))
        paths = [p for p in paths if not p.name.endswith(".set-aside.csv")]
    else:
        paths = [files] if isinstance(files, str | Path) else list(files)
    reads, aside = merging.merge_reads(paths, decode=lambda line: codes.decoded(line, study))
    reads = reads[(reads["quiz_id"] == study.quiz_id) & reads["image_id"].isin(study.image_ids)]
    if len(reads):
        return reads.reset_index(drop=True), aside, MEASURED
    reader = stand_in(study)
    return reader.reads(), aside, reader.kind


def stand_in(study: Study) -> StandIn:
    """Who reads where no person did: the study's own stand-in, or the simulated dermatologists."""
    class_of_them = "a class of simulated readers stands in"
    return study.stand_in or StandIn(class_of_them, SIMULATED, partial(simulated_reads, study))


def can_be_simulated(study: Study) -> bool:
    """Whether anybody can stand in: simulated readers see the clinic's lesions only."""
    return study.stand_in is not None or (
        study.cases is not None and "sign_asymmetry" in study.cases
    )


def simulated_reads(study: Study) -> pd.DataFrame:
    """`N_SIMULATED` simulated dermatologists on these pictures; their mean level is calibrated."""
    from dermlab.cases.clinic import observers

    if not can_be_simulated(study):
        raise InputError(
            f"There are no reads of the quiz {study.quiz_id}, and simulated readers see the "
            "virtual clinic's pictures only: let someone read first."
        )
    return observers.reads(
        study.cases, n_readers=N_SIMULATED, task=study.task, quiz_id=study.quiz_id
    )


def class_points(study: Study, reads: pd.DataFrame) -> pd.DataFrame:
    """*Points* of the readers who decided on every picture, so that all faced the same ones.

    The others are those of `unfinished`.
    """
    whole = reads[~reads["reader_id"].isin(unfinished(study, reads).index)]
    return readers.points_from_reads(whole, _truth(study), task=study.task)


def unfinished(study: Study, reads: pd.DataFrame) -> pd.Series:
    """How many pictures each reader decided on who has not decided on all: reader_id → n."""
    of_study = reads[reads["image_id"].isin(study.image_ids)]
    n = of_study.groupby("reader_id")["image_id"].nunique()
    return n[n < len(study.image_ids)]


def majority(study: Study, reads: pd.DataFrame) -> roc.Point:
    """The point of the class's vote; a tie counts as "biopsy", the careful side."""
    share = reads.groupby("image_id")["decision"].mean()
    return roc.point(_truth(study).loc[share.index].to_numpy(bool), share.to_numpy() >= 0.5)


def hardest(study: Study, reads: pd.DataFrame, n: int = 6) -> pd.DataFrame:
    """The ``n`` pictures that most readers got wrong, hardest first, a row each.

    Index image_id; ``picture`` (its place in the study), ``truth`` (its class), ``n_readers``,
    ``n_wrong``, ``signs`` (what is to be seen in it; empty where the study names no signs).
    """
    reads, truth = reads[reads["image_id"].isin(study.image_ids)], _truth(study)
    right = (reads["decision"].to_numpy(int) == 1) == truth.loc[reads["image_id"]].to_numpy(bool)
    by_image = pd.Series(~right).groupby(reads["image_id"].to_numpy())
    table = by_image.agg(n_readers="size", n_wrong="sum")
    share = table["n_wrong"] / table["n_readers"]
    table = table.loc[share.sort_values(ascending=False, kind="stable").index[:n]]
    return table.assign(
        picture=[study.image_ids.index(image_id) for image_id in table.index],
        truth=np.where(truth.loc[table.index], study.positive, study.negative),
        signs=study.signs(table.index) if study.signs else "",
    )


def agreement(reads: pd.DataFrame) -> float:
    """The mean share of pairs of readers who decide alike on a picture; NaN for one reader."""
    yes = reads.groupby("image_id")["decision"].agg(["sum", "size"])
    yes = yes[yes["size"] > 1]
    no = yes["size"] - yes["sum"]
    alike = yes["sum"] * (yes["sum"] - 1) + no * (no - 1)
    return float(np.mean(alike / (yes["size"] * (yes["size"] - 1)))) if len(yes) else float("nan")


def _truth(study: Study) -> pd.Series:
    if study.is_positive is None:
        raise InputError(f"The quiz {study.quiz_id} has no truths to score its reads by.")
    return study.is_positive
