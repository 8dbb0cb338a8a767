"""Exercises of notebook 07: points, curves, thresholds, and what a first printed point costs."""

from dermlab.evaluation import readers, two_questions
from dermlab.lessons.exercises import Exercise, is_close


def _points_without_a_miss() -> int:
    points = readers.esteva_points()
    return int((points["tp"] == points["n_pos"]).sum())


def _change_of_youden() -> float:
    before, after = (sum(two_questions.binormal_rates(1.8, c)) for c in (-0.1, -0.6))
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
            "A curve on 40 malignant and 60 benign images starts with ten malignant images before "
            "the first benign one. Its area, summed from the first printed point, comes out as "
            "0.900. What is the area from (0, 0)?"
        ),
        hint="The lost strip is one malignant image wide and as high as the first specificity.",
        solution="answer = 0.900 + (1 / 40) * 1.0",
        is_right=lambda answer: (
            is_close(answer, 0.900 + 1 / 40, 0.001)
            or "No benign image stands before the first malignant one: the strip has height 1."
        ),
    ),
    Exercise(
        id="07.4",
        question=(
            "A reader with d' = 1.8 moves the criterion from -0.1 to -0.6. By how many points "
            "does the Youden index change, though the skill does not?"
        ),
        hint="two_questions.binormal_rates(d_prime, criterion) gives sensitivity and specificity.",
        solution=(
            "from dermlab.evaluation import two_questions\n"
            "before, after = (sum(two_questions.binormal_rates(1.8, c)) for c in (-0.1, -0.6))\n"
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
            "Of 1,000 lesions 50 are melanomas. A reader with sensitivity 0.851 and specificity "
            "0.712 looks at all of them. How many lesions are biopsied for each melanoma found?"
        ),
        hint="All biopsies are the true positives and the false positives together.",
        solution=(
            "found = 50 * 0.851\nfalse_alarms = 950 * (1 - 0.712)\n"
            "answer = (found + false_alarms) / found"
        ),
        is_right=lambda answer: (
            is_close(answer, (50 * 0.851 + 950 * 0.288) / (50 * 0.851), 0.1)
            or "950 lesions are benign, and 28.8 % of those are biopsied too."
        ),
    ),
    Exercise(
        id="07.6",
        question=(
            "Network and reader each judged the same 40 benign images; the network spared 34 of "
            "them, the reader 28. On how many images can the two have disagreed? Give a pair: "
            "(fewest, most)."
        ),
        hint="The fewest: all that the reader spared, the network spared too. See from_margins.",
        solution=(
            "from dermlab.evaluation import against\n"
            "m = against.from_margins(34, 28, 40)\n"
            "answer = (m.fewest, m.most)"
        ),
        is_right=lambda answer: (
            is_close(answer, (6, 18), 0)
            or "At most 6 + 12 images are wrong in one of the two, if no image is wrong in both."
        ),
    ),
    Exercise(
        id="07.7",
        question=(
            "A network gives the five classes of a lesion the probabilities 0.30, 0.10, 0.20, "
            "0.35, 0.05; the first and the second are melanomas, the third and the fourth nevi, "
            "the fifth is neither. What is its probability of melanoma in the task melanoma "
            "against nevus?"
        ),
        hint="Sum each side, leave the fifth out, and bring the two sums to 1.",
        solution="answer = (0.30 + 0.10) / (0.30 + 0.10 + 0.20 + 0.35)",
        is_right=lambda answer: (
            is_close(answer, 0.40 / 0.95, 0.001)
            or "The two sides together have 0.95: divide by that."
        ),
    ),
]
