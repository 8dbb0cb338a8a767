"""Exercises of notebook 07: points, a curve's lost strip, thresholds, a sum of classes."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "07.1",
        "A reader biopsies 60 of 65 malignant and 21 of 70 benign lesions. Give the point as a "
        "pair: (sensitivity, specificity).",
        hints=(
            "Each rate has its own denominator: all malignant lesions, all benign lesions.",
            "Specificity counts the benign lesions that were left alone.",
        ),
        solution="answer = (60 / 65, (70 - 21) / 70)",
        tolerance=0.001,
    ),
    Exercise(
        "07.2",
        "How many of the 136 points (68 readers, two questions) miss no malignant lesion?",
        hints=(
            "Compare the columns tp and n_pos of readers.esteva_points().",
            "A point that misses none has as many true positives as there are malignant images.",
        ),
        solution="from dermlab.evaluation import readers\n"
        "points = readers.esteva_points()\n"
        "answer = int((points.tp == points.n_pos).sum())",
    ),
    Exercise(
        "07.3",
        "A curve on 40 malignant and 60 benign images starts with ten malignant images before "
        "the first benign one. Its area, summed from the first printed point, comes out as "
        "0.900. What is the area from (0, 0)?",
        hints=(
            "The lost strip is one malignant image wide and as high as the first specificity.",
            "No benign image stands before the first malignant one: the strip has height 1.",
        ),
        solution="answer = 0.900 + (1 / 40) * 1.0",
        tolerance=0.001,
    ),
    Exercise(
        "07.4",
        "A reader with d' = 1.8 moves the criterion from -0.1 to -0.6. By how many points does "
        "the Youden index change, though the skill does not?",
        hints=(
            "two_questions.binormal_rates(d_prime, criterion) gives sensitivity and specificity.",
            "Youden = sensitivity + specificity - 1, in points of a hundred; mind the sign.",
        ),
        solution="from dermlab.evaluation import two_questions\n"
        "before, after = (sum(two_questions.binormal_rates(1.8, c)) for c in (-0.1, -0.6))\n"
        "answer = 100 * (after - before)",
        tolerance=0.05,
    ),
    Exercise(
        "07.5",
        "A network gives the five classes of a lesion the probabilities 0.30, 0.10, 0.20, "
        "0.35, 0.05; the first and the second are melanomas, the third and the fourth nevi, "
        "the fifth is neither. What is its probability of melanoma in the task melanoma "
        "against nevus?",
        hints=(
            "Sum each side, leave the fifth out, and bring the two sums to 1.",
            "The two sides together have 0.95: divide by that.",
        ),
        solution="answer = (0.30 + 0.10) / (0.30 + 0.10 + 0.20 + 0.35)",
        tolerance=0.001,
    ),
]
