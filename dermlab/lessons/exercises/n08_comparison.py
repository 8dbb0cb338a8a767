"""Exercises of lesson 08: who is beaten, the mean on the z scale, what an interval shows."""

from dermlab.lessons.exercises import Exercise, Vote

CARCINOMA = (
    "from dermlab.evaluation import against, readers\n"
    "points = readers.esteva_points()\n"
    "carcinoma = points[(points.task == 'carcinoma') & (points.question == 'action')]\n"
)
BEATEN = "answer = ((carcinoma.sensitivity {0} 0.96) {1} (carcinoma.specificity {0} 0.80)).sum()"
ON_Z = "from scipy.stats import norm\nanswer = norm.cdf({})"

EXERCISES = [
    Exercise(
        "08.1",
        "Write one line of code. How many of the paper's 25 carcinoma readers (the table "
        "`carcinoma`) would a network with sensitivity 0.96 and specificity 0.80 beat?",
        hints=(
            "A reader is beaten where both of their rates are at most the network's.",
            "Compare two columns with <=, join the two answers with &, and take the sum. "
            "(A reader with both rates equal would not be beaten; here there is none.)",
        ),
        solution=CARCINOMA + "verdicts = against.verdicts(carcinoma, 0.96, 0.80)\n"
        "answer = int((verdicts == 'network beats').sum())",
        mistakes=(
            (
                CARCINOMA + BEATEN.format("<=", "|"),
                "These are the readers with at least one lower rate; both must be.",
            ),
            (
                CARCINOMA + BEATEN.format(">=", "&"),
                "These are the readers who would beat the network.",
            ),
        ),
    ),
    Exercise(
        "08.2",
        "Two readers have sensitivities of 0.80 and 0.99. What is their mean sensitivity on the "
        "z scale?",
        hints=(
            "Turn each rate into z with `norm.ppf`, take the mean, and turn it back.",
            "z(0.80) is 0.84 and z(0.99) is 2.33. Their mean goes into `norm.cdf`.",
        ),
        solution=ON_Z.format("(norm.ppf(0.80) + norm.ppf(0.99)) / 2"),
        mistakes=(
            (0.895, "That is the mean of the rates."),
            (
                "from scipy.stats import norm\nanswer = (norm.ppf(0.80) + norm.ppf(0.99)) / 2",
                "That is the mean of z; turn it back into a rate.",
            ),
        ),
        tolerance=0.002,
    ),
    Exercise(
        "08.3",
        "A study stated a margin of 5 percentage points. Network − readers is −2 points in "
        "sensitivity, with a 95 % interval from −9 to +5. What may it claim about sensitivity?",
        options=(
            "The network is as good as the readers: the interval includes 0.",
            "It is at most 5 points worse: −2 lies within the margin.",
            "Neither that it is as good within the margin, nor that it is worse.",
            "It is worse than the readers: the estimate is negative.",
        ),
        hints=(
            "A claim needs the whole interval on one side of a line. Which line?",
            "Look where −9 lies, seen from −5, and where +5 lies, seen from 0.",
        ),
        solution="answer = 'C'",
        mistakes=(
            ("A", "An interval that includes 0 leaves open how large the difference is."),
            ("B", "The estimate lies within the margin; the interval must too."),
            ("D", "The interval also includes positive differences."),
        ),
    ),
    Exercise(
        "08.11",
        "Of 1,000 lesions 50 are melanomas. A reader with sensitivity 0.851 and specificity "
        "0.712 judges all of them. How many lesions are biopsied for each melanoma found?",
        hints=(
            "All biopsies are the true positives and the false positives together.",
            "950 lesions are benign, and 28.8 % of those are biopsied too.",
        ),
        solution="found = 50 * 0.851\n"
        "false_alarms = 950 * (1 - 0.712)\n"
        "answer = (found + false_alarms) / found",
        mistakes=(
            (
                "950 * (1 - 0.712) / (50 * 0.851)",
                "The biopsies that find a melanoma are biopsies too.",
            ),
            (
                "(950 * (1 - 0.712) + 50 * 0.851) / 50",
                "Some of the 50 melanomas are missed: divide by those found.",
            ),
        ),
        tolerance=0.1,
    ),
    Exercise(
        "08.12",
        "Network and reader each judged the same 40 benign images. The network left 34 of them "
        "alone, the reader 28. On how many images can the two have disagreed? Give a pair: "
        "(fewest, most).",
        hints=(
            "The fewest: all that the reader left alone, the network left alone too.",
            "The most: no image is biopsied by both, as 6 + 12 images are by one.",
        ),
        solution="from dermlab.evaluation import against\n"
        "m = against.from_margins(34, 28, 40)\n"
        "answer = (m.fewest, m.most)",
        mistakes=(((0, 18), "34 and 28 differ, so they cannot agree on every image."),),
    ),
]

VOTE = Vote(
    "A figure shows a network's curve, and it passes above the cross that marks the readers' mean. "
    "What follows?",
    options=(
        "The network is better than the average reader.",
        "The network is better than most readers: the mean stands for most of them.",
        "Nothing yet: the curve of a network with the readers' skill passes above it too.",
        "The network is at least as good as the readers: its curve is not below the mean.",
    ),
    right="C",
    why="The curve is concave, so the mean of readers on one curve lies below that curve. Nobody "
    "reads like the mean of the rates (A), and a mean says nothing of how many lie on either side "
    "(B). To be at least as good has to be shown at a fixed threshold, in both rates, at a margin "
    "(D).",
)
