"""Exercises of notebook 09: folds, accuracies, shared mistakes, many thresholds, a placebo."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "09.1",
        "A program answers 'inflammatory' whatever it sees. Give its accuracy as a pair: over "
        "the training images of 2016 (readers.esteva_category_counts()), and as the mean of "
        "the nine classes' accuracies.",
        hints=(
            "It is right on every inflammatory image and on no other one.",
            "One class has accuracy 1 and eight have 0; and how common is that one class?",
        ),
        solution="from dermlab.evaluation import readers\n"
        'counts = readers.esteva_category_counts().set_index("category")["train"]\n'
        'answer = (counts["inflammatory"] / counts.sum(), 1 / 9)',
        tolerance=0.002,
    ),
    Exercise(
        "09.2",
        "Two classifiers are scored on 180 images, and a half-width of 2 points is wanted for "
        "the 95 % interval of an accuracy near 55 %. How many images would that take?",
        hints=(
            "The half-width is about 1.96 √(p (1 − p) / n).",
            "Solve 1.96 √(0.55 × 0.45 / n) = 0.02 for n; mind that points are hundredths.",
        ),
        solution="answer = 1.96**2 * 0.55 * 0.45 / 0.02**2",
        tolerance=60,
    ),
    Exercise(
        "09.3",
        "On how many of the 180 images do both dermatologists answer 'inflammatory' although "
        "the label is another one?",
        hints=(
            "Three conditions on the rows of readers.esteva_nineway_answers().",
            "Count the images that both call inflammatory and whose truth is not.",
        ),
        solution="from dermlab.evaluation import readers\n"
        "a = readers.esteva_nineway_answers()\n"
        'both = (a.dermatologist_1 == "inflammatory") & (a.dermatologist_2 == "inflammatory")\n'
        'answer = int((both & (a.truth != "inflammatory")).sum())',
    ),
    Exercise(
        "09.4",
        "A network says: melanoma 0.30, benign melanocytic 0.45, inflammatory 0.25. Reduced to "
        "melanoma against benign melanocytic, what is its probability of melanoma?",
        hints=(
            "Drop what is on neither side and bring the other two to a sum of 1.",
            "The third class drops out: divide by the sum of the two that are asked about.",
        ),
        solution="answer = 0.30 / (0.30 + 0.45)",
        tolerance=0.001,
    ),
    Exercise(
        "09.5",
        "Twenty epochs are scored on the fold that is reported, and the best is reported. "
        "Suppose all twenty networks are equally good, 40 %, and each score scatters "
        "independently by 2 points (SD, normal). What is reported on average, in %?",
        hints=(
            "Draw 20 normal numbers, take the largest, repeat; the mean is near 1.87 SD.",
            "The mean of the largest of 20 standard normal numbers is 1.867.",
        ),
        solution="import numpy as np\n"
        "draws = np.random.default_rng(0).normal(40, 2, (100_000, 20))\n"
        "answer = draws.max(axis=1).mean()",
        tolerance=0.15,
    ),
    Exercise(
        "09.6",
        "World 'inherited', three-way, 300 steps: how many points is the placebo ahead of "
        "three classes (negative: behind)? (results.read('clinic_schemes', 'differences.csv') "
        "holds fine classes less each other scheme, as shares.)",
        hints=(
            "Fine less three classes is fine less placebo plus placebo less three classes.",
            "Take the row against the placebo from the row against three classes, in points.",
        ),
        solution="from dermlab.lessons import results\n"
        'gaps = results.read("clinic_schemes", "differences.csv")\n'
        "here = gaps.query(\"world == 'inherited' and task == 'three-way' and steps == 300\")\n"
        'over = here.set_index("versus")["estimate"]\n'
        'answer = 100 * (over["three classes"] - over["placebo"])',
        tolerance=0.05,
    ),
]
