"""Exercises of lesson 14: the candidates' ceiling, a curve by hand, what a rate is a rate of."""

from dermlab.lessons.exercises import Exercise, Vote

NODULES = (
    "from dermlab.lessons import results\nnodules = results.read('survey_nodules', 'nodules.csv')\n"
)
BOXES = "import numpy as np\nfrom dermlab.survey import boxes\n"

EXERCISES = [
    Exercise(
        "14.1",
        "Write one line of code. `nodules` is the table of the 40 test scans, a row a nodule; "
        "`is_candidate` is 1 where the candidate detector proposed it. Which sensitivity can no "
        "classifier of these candidates exceed for nodules below 6 mm (`diameter`)?",
        hints=(
            "What was never proposed can't be scored. Take the small nodules only.",
            "The mean of a column of 0 and 1 is a share: choose rows first, then `.mean()`.",
        ),
        solution=NODULES + "answer = nodules.is_candidate[nodules.diameter < 6].mean()",
        mistakes=(
            (
                NODULES + "answer = nodules.is_candidate.mean()",
                "That is the share of all nodules; small ones are asked for.",
            ),
            (
                NODULES + "answer = nodules.is_candidate[nodules.diameter >= 6].mean()",
                "These are the large ones.",
            ),
        ),
        tolerance=0.005,
    ),
    Exercise(
        "14.2",
        "Four scans hold five nodules, A to E. The marks, best score first: A, false, B, A again, "
        "false, C, false, D. Which sensitivity has the detector at 1/2 false positive a scan?",
        hints=(
            "1/2 a scan is how many false marks in all four scans?",
            "Go down the list until one more false mark would be too many. Count each nodule once.",
        ),
        solution="answer = 3 / 5  # A, B, C before the third false mark; 1/2 × 4 = 2 are allowed",
        mistakes=(
            (4 / 5, "A nodule marked twice counts once, and D comes after the third false mark."),
            (2 / 5, "After the second false mark the list may go on until the third."),
            (1 / 5, "1/2 is a rate a scan, and there are four scans."),
            (3 / 4, "The denominator is all nodules, also those that nothing marks."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "14.3",
        "Why does the curve of a detector have false positives a scan on its axis, and not "
        "1 − specificity?",
        options=(
            "Because a scan with a nodule has no healthy tissue.",
            "Because nobody can count the places that were rightly left unmarked.",
            "Because specificity depends on the prevalence of nodules.",
            "Because it is always close to 1, so the curve would be hard to read.",
        ),
        hints=(
            "Specificity is a share. Of what?",
            "How many places without a nodule does a scan have: voxels, candidates, lungs?",
        ),
        solution="answer = 'B'",
        mistakes=(
            ("A", "Nearly all of it is healthy; the question is how to count it."),
            ("C", "Specificity is a rate among the healthy, whatever their number."),
            ("D", "By voxels it would be close to 1, by candidates not: it depends on the count."),
        ),
    ),
    Exercise(
        "14.11",
        "A box covers rows 10 to 30 and columns 10 to 30, another rows 20 to 40 and columns 20 to "
        "40. What is their intersection over union?",
        hints=(
            "They share a square of 10 × 10.",
            "The union is the sum of both areas less what they share: 400 + 400 − 100.",
        ),
        solution=BOXES + "pair = np.array([[10, 10, 30, 30], [20, 20, 40, 40]])\n"
        "answer = float(boxes.iou(pair[:1], pair[1:])[0, 0])",
        mistakes=(
            (100 / 800, "What they share is counted twice in 800; the union counts it once."),
            (100 / 400, "That is the share of one box that the other covers."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "14.12",
        "Three moles; a detector's boxes, best first: right, right again on the same mole, wrong, "
        "right on another mole. What is its average precision?",
        hints=(
            "The second box on one mole is a false positive.",
            "Precision at the two hits is 1/1 and 2/4; the third mole is never found.",
        ),
        solution=BOXES + "answer = boxes.average_precision([1, 0, 0, 1], [4, 3, 2, 1], 3)",
        mistakes=(
            ((1 + 1 + 3 / 4) / 3, "The second box on a mole is no second hit."),
            ((1 + 2 / 4) / 2, "Three moles are true: the one never found counts with 0."),
        ),
        tolerance=0.001,
    ),
]

VOTE = Vote(
    "Detector 1 finds 90 % of the nodules at 8 false positives a scan. Detector 2 finds 80 % at "
    "1 false positive a scan. Which is the better detector?",
    options=(
        "Detector 1: it misses half as many nodules.",
        "Detector 2: it has an eighth of the false positives.",
        "Not said: these are two points, perhaps of one and the same curve.",
        "Neither: a detector is good when its specificity is given.",
    ),
    right="C",
    why="Each number belongs to a threshold. Loosen detector 2's, and it may find 90 % at 8, or "
    "more (A, B). Compare at one rate that the reader can bear, or whole curves. There is no "
    "specificity, since the places rightly left unmarked have no number (D).",
)
