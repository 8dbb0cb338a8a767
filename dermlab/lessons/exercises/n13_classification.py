"""Exercises of lesson 13: who is missed, in which study, and what two scores do not compare."""

from dermlab.lessons.exercises import Exercise, Vote

LIVE = (
    "import numpy as np\n"
    "import pandas as pd\n"
    "from dermlab.lessons import results\n"
    "from dermlab.survey import classification\n"
    "eyes = results.read('survey_retina', 'eyes.npz')\n"
    "made = results.read('survey_retina', 'trainings.csv').query(\n"
    "    \"arm == 'lesion detectors' and seed == 0\").iloc[0]\n"
    "cut = results.read('survey_retina', 'scores.npz')['threshold|lesion detectors'][0]\n"
    "taught = eyes['taught']\n"
    "model = classification.regression(\n"
    "    eyes['learnt'][taught], eyes['learnt_referable'][taught], made['chosen'])\n"
    "of_eye = model.decision_function(eyes['tested'])\n"
    "referable = pd.Series(eyes['tested_referable']).groupby(eyes['tested_patient']).max()\n"
    "referable = referable.to_numpy()\n"
)
RATE = (
    "from dermlab.lessons import results\n"
    "means = results.read('survey_retina', 'means.csv')\n"
    "of = means.query(\"arm == 'lesion detectors' and reference == 'adjudicated'\")\n"
    "answer = 1 - of.set_index('measure').loc['{}', 'estimate']"
)

EXERCISES = [
    Exercise(
        "13.1",
        "Write one line of code. `of_eye` has the score of every test eye, of each patient first "
        "the right and then the left one; `referable` (a patient each) and `cut` are those of this "
        "lesson. What is the sensitivity if only right eyes are photographed?",
        hints=(
            "`of_eye[::2]` are the right eyes, one a patient, in the order of `referable`.",
            "Of the patients who are `referable`, which share has a right eye at or above `cut`?",
        ),
        solution=LIVE + "answer = (of_eye[::2] >= cut)[referable].mean()",
        mistakes=(
            (
                LIVE + "answer = (of_eye.reshape(-1, 2).max(axis=1) >= cut)[referable].mean()",
                "That is the sensitivity with both eyes.",
            ),
            (
                LIVE + "answer = (of_eye[::2] >= cut).mean()",
                "That is the share of all patients; sensitivity is a share of the referable.",
            ),
            (
                LIVE + "answer = (of_eye[1::2] >= cut)[referable].mean()",
                "Those are the left eyes.",
            ),
        ),
        tolerance=0.002,
    ),
    Exercise(
        "13.2",
        "The paper's table has 184 true positives, 6 false negatives, 89 false positives and 595 "
        "true negatives. What share of the patients whom the system sent home was referable?",
        hints=(
            "Sent home are all whom the system called not referable.",
            "They are 6 + 595 patients.",
        ),
        solution="answer = 6 / (6 + 595)",
        mistakes=(
            ("6 / 190", "That is the share of the referable who were missed, 1 − sensitivity."),
            ("6 / 874", "That is a share of all patients."),
            (
                "595 / 601",
                "That is the share who were rightly sent home; the others are asked for.",
            ),
            ("89 / 684", "That is 1 − specificity."),
        ),
        tolerance=0.0005,
    ),
    Exercise(
        "13.3",
        "A second study leaves out all patients with one or two small lesions, because graders did "
        "not agree on them. The system is the same. What happens to its sensitivity?",
        options=(
            "Nothing: sensitivity does not depend on who is in the study.",
            "It rises, because those who are left are easier to find.",
            "It falls, because there are fewer referable patients.",
            "Nobody can say: only specificity depends on the patients.",
        ),
        hints=(
            "Who is missed, in this lesson's figures?",
            "Take the patients at the left edge of the figure with dots away, and count.",
        ),
        solution="answer = 'B'",
        mistakes=(
            (
                "A",
                "It does not depend on how many are referable. It does depend on which of them "
                "are: the plain or the faint.",
            ),
            (
                "C",
                "Fewer patients make the interval wider. The share changes with who is left out.",
            ),
            ("D", "Both rates depend on the mix of easy and hard patients."),
        ),
    ),
    Exercise(
        "13.4",
        "The paper's AUC is 0.980; suppose that ours, on the phantom, were 0.985. What may be "
        "written?",
        options=(
            "Our system is better by 0.005.",
            "Both are equally good: the intervals overlap.",
            "Nothing about which is better: they were tested on other eyes, with other grades.",
            "Ours is better if it also has the smaller standard error.",
        ),
        hints=(
            "When may two AUCs be compared? Think of lesson 08.",
            "Who made the eyes that our system was tested on?",
        ),
        solution="answer = 'C'",
        mistakes=(
            ("A", "An easier test gives a higher AUC to any system."),
            ("B", "Overlap says little, and nothing at all where the tests differ."),
            ("D", "No standard error makes two tests one."),
        ),
    ),
    Exercise(
        "13.11",
        "Five trainings of the detectors were scored against the adjudicated grade. What is the "
        "mean share of the *not* referable patients whom they called referable? Read it from the "
        "shipped result.",
        hints=(
            "results.read('survey_retina', 'means.csv') has the mean specificity.",
            "Take arm 'lesion detectors', reference 'adjudicated', measure 'specificity'; the "
            "share that is asked for is 1 minus its estimate.",
        ),
        solution=RATE.format("specificity"),
        mistakes=(
            (RATE.format("sensitivity"), "That is the share of the referable who were missed."),
        ),
        tolerance=0.003,
    ),
]

VOTE = Vote(
    "In the figure of five systems the detectors of lesions score higher than the networks. What "
    "follows for a hospital that has to choose one?",
    options=(
        "Detectors are better: they look at what doctors look at.",
        "Detectors are better as long as there are few patients to learn from.",
        "Nothing: the same program drew the lesions that the detectors learned to find, and the "
        "networks saw smaller pictures.",
        "Networks are better: with more layers they would have won.",
    ),
    right="C",
    why="The program that drew the lesions told the detectors where each of them is; nobody tells "
    "a hospital. They saw 512 pixels a side, the networks 128 or 256. A comparison needs the same "
    "pictures and grades that neither system made (A, B). That more layers would have won is a "
    "guess (D).",
)
