"""Exercises of notebook 02: a fair control; from 02.11, of its second sitting."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "02.1",
        "Somebody shows that a network with ImageNet weights beats the same network with "
        "random ones, both trained for 200 steps at the rate that suits the first. Which one "
        "control is missing most? 'a': another head; 'b': random weights with their own best "
        "rate and more steps; 'c': a larger network with ImageNet weights.",
        hints=(
            "What could make the loser win without touching the claim?",
            "The claim is about the start. What else differs between the two, in effect?",
        ),
        solution="answer = 'b'",
    ),
    Exercise(
        "02.11",
        "In the printed table, tune as few layers as possible and still have a smaller mean "
        "error than scratch at both boundaries. Which is the deepest layer tuned? Write it as "
        "the table does, such as 'fc8'.",
        hints=(
            "fc6 is ahead of scratch at one boundary only.",
            "Go up from fc8 and compare with 28.11 and with 33.45: both must be beaten.",
        ),
        solution="answer = 'conv5'",
    ),
    Exercise(
        "02.12",
        "Three seeds gave the differences 0.033, 0.043 and 0.027. How wide is half of "
        "Student's 95 % interval of their mean?",
        hints=(
            "stats.t.ppf(0.975, 2) times the standard error of the mean.",
            "Two degrees of freedom: t is 4.30, not 1.96; divide the SD by the root of 3.",
        ),
        solution="from scipy import stats\n"
        "answer = stats.t.ppf(0.975, 2) * stats.sem([0.033, 0.043, 0.027])",
        tolerance=0.0005,
    ),
    Exercise(
        "02.13",
        "Scratch has an area of 0.748 with 200 lesions and of 0.812 with 800; all layers tuned "
        "have 0.782 with 200. If scratch's area grows straight in the logarithm of n, how many "
        "lesions does it need for 0.782?",
        hints=(
            "Which share of the way from 0.748 to 0.812, and so of the way from log 200 to log "
            "800?",
            "The share of the way is the exponent of 4, since 800 is 4 times 200.",
        ),
        solution="answer = 200 * 4 ** ((0.782 - 0.748) / (0.812 - 0.748))",
        tolerance=10,
    ),
    Exercise(
        "02.14",
        "A fifth of the lesions are malignant. One of the three sets of 50 held only four "
        "malignant ones. How probable are four or fewer in a random set of 50?",
        hints=("stats.binom.cdf(4, 50, 0.2).", "Add up the chances of 0, 1, 2, 3 and 4."),
        solution="from scipy import stats\nanswer = stats.binom.cdf(4, 50, 0.2)",
        tolerance=0.002,
    ),
    Exercise(
        "02.15",
        "A colleague gives scratch six learning rates and fine-tuning one, and for both "
        "reports the best area *on the test part* over rates and steps. Whom does that favour? "
        "'a': fine-tuning; 'b': scratch; 'c': neither.",
        hints=(
            "The best of many noisy numbers is too high, and the more so the more there are.",
            "Who has more tickets in the lottery of the maximum?",
        ),
        solution="answer = 'b'",
    ),
]
