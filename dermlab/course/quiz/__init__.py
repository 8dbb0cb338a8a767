"""The reading experiment: a reader decides on pictures, and becomes a point beside the network.

``quiz(…)`` runs it in a notebook; `class_reads` and `class_points` gather a class. The parts:
`study` (what is asked, as plain data), `pictures` (which pictures), `session` (one reader's way,
every decision on disk), `codes` (a reading as text), `scoring` (what it comes to), `pages` and
`widgets` (what is seen). Readers are codes made by chance, and nothing leaves the machine.
"""

from dermlab.course.quiz.codes import decoded, from_code, to_code
from dermlab.course.quiz.pictures import clinic_study, study_of
from dermlab.course.quiz.scoring import (
    agreement,
    class_points,
    class_reads,
    majority,
    network_curve,
    outcome,
    simulated_reads,
)
from dermlab.course.quiz.session import Session
from dermlab.course.quiz.study import Answer, Example, Study
from dermlab.course.quiz.widgets import quiz, show

__all__ = [
    "Answer",
    "Example",
    "Session",
    "Study",
    "agreement",
    "class_points",
    "class_reads",
    "clinic_study",
    "decoded",
    "from_code",
    "majority",
    "network_curve",
    "outcome",
    "quiz",
    "show",
    "simulated_reads",
    "study_of",
    "to_code",
]
