"""Exercises of notebook 00: specificity, counting dots, pairs, and what a threshold is.

Those from 00.11 on belong to its second sitting: counts behind the paper's percentages.
"""

from dermlab.lessons.exercises import Exercise, Vote

DOTS = (
    "from dermlab.evaluation import readers\n"
    "dots = readers.esteva_points().query(\"task == 'carcinoma' and question == 'action'\")\n"
)

EXERCISES = [
    Exercise(
        "00.1",
        "Dermatologist C11 sends 62 of 65 carcinomas and 32 of 70 keratoses to biopsy "
        "(published counts). What is the specificity, as a share?",
        hints=(
            "Specificity is about the harmless lesions alone. How many of them are left alone?",
            "Of 70 keratoses 70 − 32 are left alone; divide by 70.",
        ),
        solution="answer = (70 - 32) / 70",
        mistakes=(
            ("62 / 65", "That is the sensitivity: it is about the cancers."),
            ("(62 + 38) / 135", "That is the accuracy: the right answers among all lesions."),
            ("38 / 135", "You divided by all lesions. Which ones is specificity about?"),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "00.2",
        "Write one line of code: how many rows of `dots` have a sensitivity of at least 0.95 "
        "*and* a specificity of at least 0.75?",
        hints=(
            "Each comparison gives a column of truth values. & joins two of them, .sum() counts.",
            "((dots.sensitivity >= 0.95) & (dots.specificity >= …)).sum()",
        ),
        solution=DOTS
        + "answer = int(((dots.sensitivity >= 0.95) & (dots.specificity >= 0.75)).sum())",
        mistakes=(
            (DOTS + "answer = int((dots.sensitivity >= 0.95).sum())", "Those fulfil the first."),
            (DOTS + "answer = int((dots.specificity >= 0.75).sum())", "Those fulfil the second."),
            (
                DOTS + "answer = int(((dots.sensitivity >= 0.95) | (dots.specificity >= 0.75))"
                ".sum())",
                "Those fulfil one of the two, or both: | means or.",
            ),
        ),
    ),
    Exercise(
        "00.3",
        "Three malignant lesions have the scores `[0.9, 0.6, 0.5]`, four benign ones "
        "`[0.7, 0.4, 0.3, 0.1]`. What is the AUC? Count by hand, or write a line of code.",
        hints=(
            "There are 3 × 4 pairs. In how many has the malignant lesion the higher score?",
            "0.9 is above all four benign scores, 0.6 above three of them. And 0.5?",
        ),
        solution="malignant, benign = [0.9, 0.6, 0.5], [0.7, 0.4, 0.3, 0.1]\n"
        "answer = sum(m > b for m in malignant for b in benign) / 12",
        mistakes=(
            ("6 / 7", "That is the accuracy at a threshold of 0.5. The AUC needs no threshold."),
            ("7 / 8", "That is the mean of sensitivity and specificity at one threshold."),
            ("10", "That is the number of pairs; which share of all pairs is it?"),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "00.4",
        "Somebody divides all scores of a network by two and keeps the threshold at 0.5. What "
        "follows?",
        options=(
            "Sensitivity and AUC are both halved.",
            "Sensitivity can only fall or stay, and the AUC stays as it is.",
            "Nothing changes: the order of the lesions is the same.",
            "The AUC falls, because the scores are now too small.",
        ),
        hints=(
            "What does the threshold compare, and what does the AUC compare?",
            "Is the order of the lesions another one? Do as many scores reach 0.5 as before?",
        ),
        solution="answer = 'B'",
        mistakes=(
            ("A", "A rate counts lesions: it is not proportional to the scores."),
            ("C", "True of the order. But fewer scores may now reach the threshold."),
            ("D", "How large the scores are plays no part in the AUC, only their order does."),
        ),
    ),
    Exercise(
        "00.11",
        "55.4 % is the network's nine-way accuracy. What is the smallest number of right answers "
        "among 180 for which the whole 95 % interval of `intervals.proportion` lies above it?",
        hints=(
            "Try k = 100, 101, … and look at intervals.proportion(k, 180).low.",
            "Take the first k whose lower bound is above 0.554.",
        ),
        solution="from dermlab.evaluation import intervals\n"
        "answer = next(k for k in range(99, 181) if intervals.proportion(k, 180).low > 0.554)",
        mistakes=(
            ("100", "With 100 right answers the estimate is above 0.554, the bound is not."),
        ),
    ),
    Exercise(
        "00.12",
        "The paper's text gives dermatologist 1 65.56 % on the 180 three-way images (as quoted "
        "in readers' notes). How many more right answers among these 180 would make it the "
        "network's 72.1 %? Give the nearest whole number.",
        hints=(
            "Turn both percentages into numbers of images.",
            "65.56 % of 180 are 118 images. How many are 72.1 %?",
        ),
        solution="answer = round(0.721 * 180) - 118",
        mistakes=(("round(0.721 * 180)", "That is the whole number of right answers."),),
    ),
    Exercise(
        "00.13",
        "A reader is right on 99 of 180 images. What is the half-width of the usual 95 % interval "
        "for the true accuracy, in percentage points: 1.96 × √(p (1 − p) / n)?",
        hints=(
            "p = 99 / 180 and n = 180.",
            "The root is about 0.037. Multiply by 1.96, and by 100 for percentage points.",
        ),
        solution="p = 99 / 180\nanswer = 100 * 1.96 * (p * (1 - p) / 180) ** 0.5",
        mistakes=(
            ("100 * (99 / 180 * 81 / 180 / 180) ** 0.5", "That is the standard error, once."),
            ("200 * 1.96 * (99 / 180 * 81 / 180 / 180) ** 0.5", "That is the whole width."),
        ),
        tolerance=0.05,
    ),
]

VOTE = Vote(
    "Two of the 25: C18 has sensitivity 0.98 and specificity 0.56, C01 has 0.82 and 0.90. Who is "
    "better at telling the two diseases apart?",
    (
        "C18, who misses fewer cancers.",
        "C01, whose mean of the two rates is higher.",
        "It cannot be said from one dot each.",
        "C18, who decides more often for a biopsy and so is more careful.",
    ),
    "C",
    "One dot mixes two things: how well somebody tells the diseases apart, and from where on they "
    "say biopsy. A and D reward an early biopsy, which everybody could choose. B takes a missed "
    "cancer and a needless biopsy as equally bad. Lesson 07 takes the two things apart.",
)
