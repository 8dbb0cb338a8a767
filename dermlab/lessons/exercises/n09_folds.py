"""Exercises of lesson 09: shared mistakes, how many images, paired folds, two of many classes."""

from dermlab.lessons.exercises import Exercise, Vote

ANSWERS = (
    "from dermlab.evaluation import readers\n"
    "a = readers.esteva_nineway_answers()\n"
    "first, second = a.dermatologist_1 == 'inflammatory', a.dermatologist_2 == 'inflammatory'\n"
)
SCHEMES = (
    "from dermlab.lessons import results\n"
    "gaps = results.read('clinic_schemes', 'differences.csv')\n"
    "here = gaps.query(\"world == 'inherited' and task == 'three-way' and steps == 300\")\n"
    "over = here.set_index('versus').estimate\n"
)

EXERCISES = [
    Exercise(
        "09.1",
        "Write one line of code with `answers`. On how many of the 180 images do both "
        "dermatologists answer 'inflammatory' although the label is another one?",
        hints=(
            "Three conditions on the columns `dermatologist_1`, `dermatologist_2` and `truth`.",
            "`((answers.dermatologist_1 == 'inflammatory') & … & …).sum()`",
        ),
        solution=ANSWERS + "answer = int((first & second & (a.truth != 'inflammatory')).sum())",
        mistakes=(
            (
                ANSWERS + "answer = int((first & second).sum())",
                "Some of these images are inflammatory: leave those out.",
            ),
            (
                ANSWERS + "answer = int(((first | second) & (a.truth != 'inflammatory')).sum())",
                "These are the images where at least one of them says so.",
            ),
        ),
    ),
    Exercise(
        "09.2",
        "A dermatologist is right on about 55 % of the images. Take them as one sample. On how "
        "many images must we test, so that the 95 % interval is only ± 2 percentage points?",
        hints=(
            "The half-width is 1.96 √(p (1 − p) / n), with shares and not per cent.",
            "Solve 1.96 √(0.55 × 0.45 / n) = 0.02 for n.",
        ),
        solution="answer = 1.96**2 * 0.55 * 0.45 / 0.02**2",
        mistakes=(
            ("1.96**2 * 0.55 * 0.45 / 0.04**2", "± 2 points is the half of the interval."),
            ("1.96 * 0.55 * 0.45 / 0.02**2", "The factor 1.96 must be squared, too."),
            ("180 * 7.27 / 2", "The width falls with the root of the number of images."),
        ),
        tolerance=60,
    ),
    Exercise(
        "09.3",
        "Two networks were trained on the same nine folds: 48.9 ± 1.9 % and 55.4 ± 1.7 %. Which "
        "further numbers say most about whether the second is better on these folds?",
        options=(
            "None: the ranges 47.0 to 50.8 and 53.7 to 57.1 do not overlap, so it is significant.",
            "The nine differences, fold by fold: an easy fold is easy for both networks.",
            "Both standard deviations divided by 3: these are the standard errors.",
            "The accuracies of more dermatologists.",
        ),
        hints=(
            "Both networks answered the same images. What do the two ± leave out?",
            "Suppose that the second network is ahead in each of the nine folds, or only in five.",
        ),
        solution="answer = 'B'",
        mistakes=(
            ("A", "These ranges are ± 1 standard deviation of single folds, no intervals."),
            ("C", "That treats the folds as independent, and forgets that they are paired."),
            ("D", "They say nothing about the difference between two networks."),
        ),
    ),
    Exercise(
        "09.4",
        "A network gives an image: melanoma 0.30, benign melanocytic 0.45, inflammatory 0.25. Now "
        "only one question is asked: melanoma or benign melanocytic? What is the probability of "
        "melanoma?",
        hints=(
            "Leave out what is on neither side. The two that stay must sum to 1.",
            "Divide 0.30 by the sum of 0.30 and 0.45.",
        ),
        solution="answer = 0.30 / (0.30 + 0.45)",
        mistakes=(
            ("0.30", "The two probabilities that stay do not sum to 1 yet."),
            ("0.30 / 0.45", "That is the ratio of both (the odds), and no probability."),
            ("0.30 + 0.25 / 2", "The third class is left out, not divided between the two."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "09.11",
        "Twenty epochs are scored on the fold that is reported, and the best is reported. Suppose "
        "that all twenty networks are equally good, 40 %, and each score scatters independently by "
        "2 points (SD, normal). What is reported on average, in %?",
        hints=(
            "Draw 20 normal numbers, take the largest, and repeat this many times.",
            "The mean of the largest of 20 standard normal numbers is 1.867.",
        ),
        solution="import numpy as np\n"
        "draws = np.random.default_rng(0).normal(40, 2, (100_000, 20))\n"
        "answer = draws.max(axis=1).mean()",
        mistakes=(
            (40, "That is each network's accuracy; the best score of twenty is higher."),
            (42, "One standard deviation is what the best of about four scores adds."),
        ),
        tolerance=0.15,
    ),
    Exercise(
        "09.12",
        "World 'inherited', three-way, 300 steps: by how many percentage points is the placebo "
        "ahead of three classes (negative: behind)? results.read('clinic_schemes', "
        "'differences.csv') holds fine classes − each other list, as shares.",
        hints=(
            "placebo − three = (fine − three) − (fine − placebo).",
            "Take both estimates from the table, subtract, and multiply by 100.",
        ),
        solution=SCHEMES + "answer = 100 * (over['three classes'] - over['placebo'])",
        mistakes=(
            (
                SCHEMES + "answer = 100 * (over['placebo'] - over['three classes'])",
                "That is three classes − placebo.",
            ),
            (SCHEMES + "answer = 100 * over['three classes']", "That is fine − three classes."),
        ),
        tolerance=0.05,
    ),
]

VOTE = Vote(
    "The authors repeat Extended Data Table 2 with 90 folds in the place of nine: the same "
    "127,463 images, the same two dermatologists on the same 180. What becomes clearer about the "
    "network against a dermatologist?",
    options=(
        "Everything: with 90 numbers the ± becomes small, so 55.4 and 55.0 can be told apart.",
        "Almost nothing: the 180 images still leave a dermatologist about ± 6 points.",
        "Which of the two is better: 90 networks vote better than nine.",
        "That both are equally good, because the difference stays below 1 point.",
    ),
    right="B",
    why="The ± of 90 folds is a standard deviation of smaller folds. It would rather be larger, "
    "and it was no interval before (A). Each fold has one network; they do not vote (C). A small "
    "difference with a wide interval does not show equality (D). More certainty needs more images "
    "that the dermatologists answer, best the same images for both.",
)
