"""Exercises of notebook 00: counts behind the paper's percentages."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "00.1",
        "55.4 % is the network's nine-way accuracy. How many of 180 images would a "
        "dermatologist have to get right before 55.4 % lies below the whole 95 % interval of "
        "intervals.proportion?",
        hints=(
            "Try k = 100, 101, … and look at intervals.proportion(k, 180).low.",
            "It is a whole number of images, and more than ten above 99.",
        ),
        solution="from dermlab.evaluation import intervals\n"
        "answer = next(k for k in range(99, 181) if intervals.proportion(k, 180).low > 0.554)",
    ),
    Exercise(
        "00.2",
        "The paper's text gives dermatologist 1 65.56 % on the 180 three-way images (as quoted "
        "in readers' notes). How many of these 180 would have to be judged otherwise to turn "
        "it into the network's 72.1 %? Give the nearest whole number.",
        hints=(
            "65.56 % of 180 are 118 images. And 72.1 %?",
            "Turn both percentages into images, then subtract.",
        ),
        solution="answer = round(0.721 * 180) - 118",
    ),
    Exercise(
        "00.3",
        "A reader is right on 99 of 180 images. Give the half-width of the usual 95 % interval "
        "for the true accuracy, in percentage points: 1.96 × √(p (1 − p) / n).",
        hints=(
            "p = 99 / 180 and n = 180; multiply by 100 at the end.",
            "Expect about seven percentage points.",
        ),
        solution="p = 99 / 180\nanswer = 100 * 1.96 * (p * (1 - p) / 180) ** 0.5",
        tolerance=0.05,
    ),
]
