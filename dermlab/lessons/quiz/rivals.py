"""Whom a reader may try to beat on the same pictures: the network, and the mean of the others.

The paper's dermatologists read other pictures. They are no rivals and have a panel of their own.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dermlab.evaluation import readers
from dermlab.lessons.quiz import scoring
from dermlab.lessons.quiz.study import Study
from dermlab.text import plural

THRESHOLD = 0.5  # of the network's score, fixed before anybody reads
PUBLISHED = {  # the paper's task (clinical photographs) that asks what the clinic's task asks
    "melanoma-vs-nevus": "melanoma",
    "carcinoma-vs-keratosis": "carcinoma",
}


@dataclass(frozen=True, eq=False)
class Rival:
    """A rival by ``name`` and ``kind``: *points*, one a reader, and the mean of them."""

    name: str
    kind: str
    points: pd.DataFrame

    @property
    def n_right(self) -> float:
        """How many pictures it is right on, the mean over its readers."""
        return float((self.points["tp"] + self.points["tn"]).mean())


def network(study: Study) -> Rival | None:
    """The network at its threshold; None where the study has no network."""
    if study.scores is None:
        return None
    scores = study.scores()
    decided = (scores >= THRESHOLD).astype(int)
    reads = pd.DataFrame({"reader_id": "network", "image_id": scores.index, "decision": decided})
    kind = "simulated" if study.source else scoring.MEASURED
    name = f"the network at its threshold of {THRESHOLD}"
    return Rival(name, kind, scoring.class_points(study, reads))


def others(study: Study, folder: str | Path, reader: str) -> Rival | None:
    """The other readers in ``folder`` who have finished, or else who stands in for them.

    None where nobody has, and nobody can.
    """
    reads, _, kind = scoring.class_reads(study, folder)
    points = scoring.class_points(study, reads[reads["reader_id"] != reader])
    if kind == scoring.MEASURED and len(points):
        return Rival(f"the mean of {plural(len(points), 'other reader')}", kind, points)
    if not scoring.can_be_simulated(study):
        return None
    stand_in = scoring.stand_in(study)
    points = scoring.class_points(study, stand_in.reads())
    return Rival(f"the mean of {plural(len(points), 'simulated reader')}", stand_in.kind, points)


def dermatologists(study: Study) -> pd.DataFrame | None:
    """*Points* of the paper's readers of the same question; None for another one.

    Only beside the clinic's pictures, which no dermatologist of the paper has seen.
    """
    if not study.source or study.task not in PUBLISHED:
        return None
    points = readers.esteva_points()
    asked = (points["task"] == PUBLISHED[study.task]) & (points["question"] == "action")
    return points[asked]
