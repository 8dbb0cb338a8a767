"""Exercises of notebook 08: biopsies for each melanoma, and what margins say."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "08.1",
        "Of 1,000 lesions 50 are melanomas. A reader with sensitivity 0.851 and specificity "
        "0.712 looks at all of them. How many lesions are biopsied for each melanoma found?",
        hints=(
            "All biopsies are the true positives and the false positives together.",
            "950 lesions are benign, and 28.8 % of those are biopsied too.",
        ),
        solution="found = 50 * 0.851\n"
        "false_alarms = 950 * (1 - 0.712)\n"
        "answer = (found + false_alarms) / found",
        tolerance=0.1,
    ),
    Exercise(
        "08.2",
        "Network and reader each judged the same 40 benign images; the network spared 34 of "
        "them, the reader 28. On how many images can the two have disagreed? Give a pair: "
        "(fewest, most).",
        hints=(
            "The fewest: all that the reader spared, the network spared too. See from_margins.",
            "At most 6 + 12 images are wrong in one of the two, if no image is wrong in both.",
        ),
        solution="from dermlab.evaluation import against\n"
        "m = against.from_margins(34, 28, 40)\n"
        "answer = (m.fewest, m.most)",
    ),
]
