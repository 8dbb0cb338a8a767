"""Exercises of lesson 15: overlap and distance of two masks, patches, and what a mean hides."""

from dermlab.lessons.exercises import Exercise, Vote

SHIFTED = (
    "import numpy as np\n"
    "from dermlab.survey import brains\n"
    "held_out = brains.subjects(range(1), brains.HELD_OUT)\n"
    "truth = held_out.labels[0] == brains.VENTRICLES\n"
    "answer = np.roll(truth, 2, axis=2)\n"
)
AGEING = "dice = [0.90, 0.81, 0.92, 0.88, 0.90, 0.84, 0.76]\n"

EXERCISES = [
    Exercise(
        "15.1",
        "The truth has 100 pixels of a tissue. The network names 80 pixels so, and 60 of them are "
        "right. What is the Dice?",
        hints=(
            "Twice the pixels that both have, over the sum of both sizes.",
            "Both have 60. The sizes are 100 and 80.",
        ),
        solution="answer = 2 * 60 / (100 + 80)",
        mistakes=(
            ("60 / 120", "That is the common part over the union (Jaccard)."),
            ("60 / 100", "That is the share of the tissue that was found: the sensitivity."),
            ("60 / 80", "That is the share of the answer that is right."),
        ),
        tolerance=0.003,
    ),
    Exercise(
        "15.2",
        "Write one line of code. `held_out` is that of this lesson. A network names the ventricles "
        "of its first subject perfectly, but two pixels too far to the right: "
        "`np.roll(mask, 2, axis=2)`. What is its Dice?",
        hints=(
            "First the mask: `held_out.labels[0] == brains.VENTRICLES`. `dice` takes two masks.",
            "`dice(mask, np.roll(mask, 2, axis=2))`",
        ),
        solution=SHIFTED + "answer = 2 * (truth & answer).sum() / (truth.sum() + answer.sum())",
        mistakes=(
            (
                SHIFTED + "answer = (truth & answer).sum() / (truth | answer).sum()",
                "That is the common part over the union (Jaccard).",
            ),
            (
                SHIFTED + "answer = (truth == answer).mean()",
                "That is the share of right pixels. Nearly all of them are no ventricle.",
            ),
        ),
        tolerance=0.003,
    ),
    Exercise(
        "15.3",
        "Two neighbouring pixels of a row each get a square of 75 × 75 pixels around them. What "
        "share of the one square's pixels is also in the other?",
        hints=(
            "How many columns do the two squares share?",
            "74 of the 75 columns, and all rows.",
        ),
        solution="answer = 74 / 75",
        mistakes=(
            ("(74 / 75) ** 2", "They are shifted along the row only, not along the column."),
            ("1 / 75", "That is the share that only one of the squares has."),
        ),
        tolerance=0.0005,
    ),
    Exercise(
        "15.4",
        "A tissue fills 2 % of a slice. A network never names it, and is right for 97 % of the "
        "pixels. Which report would show the fault?",
        options=(
            "The share of right pixels: 97 % is too low for a good network.",
            "The Dice of all tissues together, with the background as one of them.",
            "The Dice of each tissue by itself: it is 0 for this one.",
            "The mean surface distance of this tissue, which would be very large.",
        ),
        hints=(
            "Which number stays nearly the same if this tissue is forgotten?",
            "Where nothing was named there is no border. From where would one measure?",
        ),
        solution="answer = 'C'",
        mistakes=(
            ("A", "A tissue of 2 % can cost 2 points at most. The rest hides it."),
            ("B", "The background and the large tissues lift that number."),
            ("D", "An empty answer has no border, so there is no distance to report."),
        ),
    ),
    Exercise(
        "15.11",
        "The paper's Dice for ageing adults: 0.90, 0.81, 0.92, 0.88, 0.90, 0.84, 0.76. By "
        "how much is the weakest tissue below the mean of the seven?",
        hints=(
            "Take the mean of the seven first.",
            "The mean is about 0.86; the weakest tissue, the outer fluid, has 0.76.",
        ),
        solution=AGEING + "answer = sum(dice) / 7 - min(dice)",
        mistakes=(
            (AGEING + "answer = max(dice) - min(dice)", "That is the distance from the best."),
            (AGEING + "answer = sum(dice) / 7", "That is the mean itself."),
        ),
        tolerance=0.003,
    ),
]

VOTE = Vote(
    "A network reaches a Dice of 0.9 on brains that were simulated from the same average as those "
    "it learned from, with other deformations. What may the report say?",
    options=(
        "It works on patients: the tests were brains that it had not seen.",
        "It works on other deformations, contrasts and noise, as simulated, of this one anatomy.",
        "It works on patients if enough deformations were simulated.",
        "Nothing: simulated pictures cannot test a network.",
    ),
    right="B",
    why="The test brains are new, but their anatomy is the average's, which every training brain "
    "shares (A). More deformations of one anatomy add no second anatomy (C). A simulation can test "
    "what it varies, and nothing else (D goes too far).",
)
