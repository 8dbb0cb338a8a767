"""A second quiz: two networks explain one photograph, and one of them goes by its ruler. Which?

Whoever reads sees a photograph with a ruler and, below it, one method's map of either network. The
quiz is scored as the first one is: its "positive" is that the cheating network is on the left.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.evaluation import intervals, reads
from dermlab.lessons.quiz import pictures
from dermlab.lessons.quiz.study import Answer, Example, StandIn, Study

TASK, MACHINE = "left-cheats", "machine"
ANSWERS = Answer("The left one cheats", "l", 1), Answer("The right one cheats", "r", 0)
LESSON = """<p>Two networks learnt the same photographs. For one of them rulers lay beside most
cancers and beside few other lesions: it can go by the ruler, and it <b>cheats</b>. For the other
rulers lay beside half of either. Each picture shows a new photograph with a ruler (above) and a map
of either network (below): the darker, the more the answer hangs on that place.</p>"""


@dataclass(frozen=True, eq=False)
class Pair:
    """One photograph (h, w, 3) uint8, where its ruler lies (h, w), and a method's map (h, w) of the
    network that cheats and of the honest one."""

    method: str
    photograph: np.ndarray = field(repr=False)
    ruler: np.ndarray = field(repr=False)
    cheating: np.ndarray = field(repr=False)
    honest: np.ndarray = field(repr=False)


def ruler_pairs() -> list[Pair]:
    """The pairs of the shipped networks (result ``clinic_ruler``), ready at once."""
    from dermlab.cases.clinic import test_sets
    from dermlab.lessons import results

    photographs, rulers = test_sets.ruler_quiz()
    maps = results.read("clinic_ruler", "quiz.npz")
    both = (maps["cheating"].astype(float), maps["honest"].astype(float))
    return [Pair(*each) for each in zip(maps["method"], photographs, rulers, *both, strict=True)]


def cheat_study(made: Sequence[Pair], *, quiz_id: str = "lesson-11", examples: int = 5) -> Study:
    """The quiz on these pairs; the first ``examples`` of them are shown before, with the answer.

    ``quiz_id`` decides in which pictures the cheating network is on the left: in 40 to 60 % of
    them. Where no person reads, a machine does: for it the one with the larger share of its map on
    the ruler cheats.
    """
    from dermlab.figures import saliency

    shown, scored = made[:examples], made[examples:]
    if len(scored) < 2:
        raise InputError(f"A quiz needs at least two pairs beside its {examples} examples.")
    rng = np.random.default_rng(zlib.crc32(f"{quiz_id}/left".encode()))
    n_left = pictures.n_positive(quiz_id, len(scored))
    left = rng.permutation(np.arange(len(scored)) < n_left)
    ids = tuple(f"{i:02d} {pair.method}" for i, pair in enumerate(scored))
    truth = pd.Series(left, pd.Index(ids, name="image_id"))

    def drawn(pair: Pair, on_left: bool) -> np.ndarray:
        maps = (pair.cheating, pair.honest) if on_left else (pair.honest, pair.cheating)
        return saliency.duel(pair.photograph, *maps)

    return Study(
        quiz_id,
        TASK,
        "Which of the two networks goes by the ruler?",
        ids,
        [drawn(pair, side) for pair, side in zip(scored, left, strict=True)],
        truth,
        answers=ANSWERS,
        positive="the cheating network is on the left",
        negative="the cheating network is on the right",
        gallery=tuple(Example(drawn(p, True), "the left one cheats", p.method) for p in shown),
        lesson=LESSON,
        truth_by="the truth",
        stand_in=StandIn(
            "a machine reader stands in, which goes by the share of a map on the ruler",
            "simulated",
            lambda: _machine_reads(scored, truth, quiz_id),
        ),
    )


def right_by_method(study: Study, decided: pd.DataFrame) -> pd.DataFrame:
    """A row a method and one for all of them: ``n`` decisions, ``right`` with its interval.

    The interval is Wilson's; where several read the same pictures, whole pictures are resampled.
    """
    is_left = study.is_positive.loc[decided["image_id"]].to_numpy(bool)
    table = decided[["image_id"]].assign(
        method=decided["image_id"].str.slice(3),  # after the number
        right=(decided["decision"].to_numpy(int) == 1) == is_left,
    )
    rows = []
    for name, subset in [*table.groupby("method"), ("all", table)]:
        right = intervals.share(subset["right"], subset["image_id"].to_numpy())
        rows.append((name, len(subset), right.estimate, right.low, right.high))
    return pd.DataFrame(rows, columns=["method", "n", "right", "low", "high"])


def _machine_reads(pairs: Sequence[Pair], truth: pd.Series, quiz_id: str) -> pd.DataFrame:
    """*Reads* of one reader by `checks.energy`; a tie is called left."""
    from dermlab.interpretation import checks

    masks = np.array([pair.ruler for pair in pairs])
    on = [
        checks.energy(np.array([getattr(pair, which) for pair in pairs]), masks)
        for which in ("cheating", "honest")
    ]
    left, right = np.where(truth, on, on[::-1])
    rows = {"reader_id": MACHINE, "image_id": truth.index, "quiz_id": quiz_id, "task": TASK}
    table = pd.DataFrame(rows | {"decision": (left >= right).astype(int)})
    return table.reindex(columns=list(reads.COLUMNS))
