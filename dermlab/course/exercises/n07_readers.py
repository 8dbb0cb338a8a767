"""Exercises of notebook 07: points, curves, thresholds, and what a first printed point costs."""

from dermlab.course.exercises import Exercise, is_close
from dermlab.evaluation import readers


def _points_without_a_miss() -> int:
    points = readers.esteva_points()
    return int((points["tp"] == points["n_pos"]).sum())


def _change_of_youden() -> float:
    before, after = (sum(readers.binormal_rates(2.3, c)) for c in (-0.36, -0.55))
    return 100 * float(after - before)


EXERCISES = [
    Exercise(
        id="07.1",
        question=(
            "A reader biopsies 60 of 65 malignant and 21 of 70 benign lesions. "
            "Give the point as a pair: (sensitivity, specificity)."
        ),
        hint="Each rate has its own denominator: all malignant lesions, all benign lesions.",
        solution="answer = (60 / 65, (70 - 21) / 70)",
        is_right=lambda answer: (
            is_close(answer, (60 / 65, 49 / 70), 0.001)
            or "Specificity counts the benign lesions that were left alone."
        ),
    ),
    Exercise(
        id="07.2",
        question=(
            "How many of the 136 points (68 readers, two questions) miss no malignant lesion?"
        ),
        hint="Compare the columns tp and n_pos of readers.esteva_points().",
        solution=(
            "from dermlab.evaluation import readers\n"
            "points = readers.esteva_points()\n"
            "answer = int((points.tp == points.n_pos).sum())"
        ),
        is_right=lambda answer: (
            is_close(answer, _points_without_a_miss(), 0)
            or "A point that misses none has as many true positives as there are malignant images."
        ),
    ),
    Exercise(
        id="07.3",
        question=(
            "A curve on 33 malignant and 97 benign images starts with ten malignant images before "
            "the first benign one. Its area, summed from the first printed point, comes out as "
            "0.910. What is the area from (0, 0)?"
        ),
        hint="The lost strip is one malignant image wide and as high as the first specificity.",
        solution="answer = 0.910 + (1 / 33) * 1.0",
        is_right=lambda answer: (
            is_close(answer, 0.910 + 1 / 33, 0.001)
            or "No benign image stands before the first malignant one: the strip has height 1."
        ),
    ),
    Exercise(
        id="07.4",
        question=(
            "A reader with d' = 2.3 moves the criterion from -0.36 to -0.55. By how many points "
            "does the Youden index change, though the skill does not?"
        ),
        hint="readers.binormal_rates(d_prime, criterion) gives sensitivity and specificity.",
        solution=(
            "from dermlab.evaluation import readers\n"
            "before, after = (sum(readers.binormal_rates(2.3, c)) for c in (-0.36, -0.55))\n"
            "answer = 100 * (after - before)"
        ),
        is_right=lambda answer: (
            is_close(answer, _change_of_youden(), 0.05)
            or "Youden = sensitivity + specificity - 1, in points of a hundred; mind the sign."
        ),
    ),
    Exercise(
        id="07.5",
        question=(
            "Of 1,000 lesions 10 are carcinomas. A reader with sensitivity 0.949 and specificity "
            "0.713 looks at all of them. How many lesions are biopsied for each carcinoma found?"
        ),
        hint="All biopsies are the true positives and the false positives together.",
        solution=(
            "found = 10 * 0.949\nfalse_alarms = 990 * (1 - 0.713)\n"
            "answer = (found + false_alarms) / found"
        ),
        is_right=lambda answer: (
            is_close(answer, (10 * 0.949 + 990 * 0.287) / (10 * 0.949), 0.5)
            or "990 lesions are benign, and 28.7 % of those are biopsied too."
        ),
    ),
]
