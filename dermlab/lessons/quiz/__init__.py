"""The reading experiment: a reader decides on pictures, and becomes a point beside the network.

``quiz(…)`` runs it in a notebook; `class_reads` and `class_points` gather a class. The parts:
`study` (what is asked, as plain data), `pictures` (which pictures), `visible` (what a picture
shows), `cheats` (a quiz on maps: which of two networks cheats?), `session` (one reader's way, every
decision on disk), `codes` (a reading as text), `scoring` (what it comes to), `rivals` (whom to
beat), `pages` and `widgets` (what is seen). Readers are codes made by chance, and nothing leaves
the machine.
"""

from dermlab.lessons.quiz.cheats import Pair, cheat_study, right_by_method, ruler_pairs
from dermlab.lessons.quiz.codes import decoded, from_code, to_code
from dermlab.lessons.quiz.pictures import clinic_study, study_of
from dermlab.lessons.quiz.scoring import (
    agreement,
    class_points,
    class_reads,
    hardest,
    majority,
    network_curve,
    outcome,
    simulated_reads,
    unfinished,
)
from dermlab.lessons.quiz.session import Session
from dermlab.lessons.quiz.study import Answer, Example, StandIn, Study
from dermlab.lessons.quiz.widgets import quiz, show

__all__ = [
    "Answer",
    "Example",
    "Pair",
    "Session",
    "StandIn",
    "Study",
    "agreement",
    "cheat_study",
    "class_points",
    "class_reads",
    "clinic_study",
    "decoded",
    "from_code",
    "hardest",
    "majority",
    "network_curve",
    "outcome",
    "quiz",
    "right_by_method",
    "ruler_pairs",
    "show",
    "simulated_reads",
    "study_of",
    "to_code",
    "unfinished",
]
