"""Exercises of notebook 02: a new head, a fair control, and what a difference may be called.

From 02.11 on they are those of its second sitting.
"""

from dermlab.lessons.exercises import Exercise, Vote

VOTE = Vote(
    "On 200 lesions, a network that began with ImageNet's weights is better than the same network "
    "that began with random ones, and the interval of the difference does not include 0. What has "
    "been shown?",
    options=(
        "ImageNet must contain pictures that look like skin lesions.",
        "With so many lesions and this training, these initial weights led to a better network.",
        "No network that begins with random weights can reach this AUC.",
        "Fine-tuning is better than training from scratch in medical imaging.",
    ),
    right="B",
    why="A is a guess about the cause, and no experiment here tests it. C forgets that scratch may "
    "catch up with more lesions or more steps. D forgets that other applications gave other "
    "results: Tajbakhsh et al. found tuning level with scratch for pulmonary embolism.",
)

EXERCISES = [
    Exercise(
        "02.1",
        "We remove the head for 1,000 classes and add a new one for two. Each of its two outputs "
        "reads all 1,280 features and has one bias. Write a line of Python that counts the new "
        "head's weights, biases included: `answer = …`",
        hints=(
            "One weight for each pair of a feature and an output, and then the biases.",
            "1,280 weights and one bias belong to each output, and there are two outputs.",
        ),
        solution="answer = (1280 + 1) * 2",
        mistakes=(
            (2560, "The biases are missing."),
            (1281, "That is one output; the new head has two."),
            (1282, "Each output reads all features, not one of the two."),
            (1281 * 1000, "That is the old head."),
        ),
    ),
    Exercise(
        "02.2",
        "Somebody shows that a network with ImageNet's weights beats the same network with random "
        "ones. Both were trained for 200 steps, at the learning rate that is best for the first. "
        "Which control is missing most?",
        options=(
            "A larger network with ImageNet's weights.",
            "Random weights with their own best rate, and as many steps as they need.",
            "The same comparison with another head on both networks.",
            "The same comparison, scored on the lesions that both learnt from.",
        ),
        hints=(
            "The claim is about the initial weights. What else differs between the two networks?",
            "Which of the two networks was given the settings that suit it?",
        ),
        solution='answer = "B"',
        mistakes=(
            ("A", "A larger network would change more than the initial weights."),
            ("C", "Both have the same head: it cannot explain the difference."),
            ("D", "That measures what was learnt by heart."),
        ),
    ),
    Exercise(
        "02.3",
        "In a study, tuned networks reach an AUC of 0.79 with 50 lesions and 0.88 with 800. "
        "Scratch reaches 0.70 and 0.84. The lecture says that fine-tuning helps more with smaller "
        "datasets. Compute the one number whose interval must lie above 0 for that conclusion.",
        hints=(
            "First compute the difference between tuned and scratch at each size.",
            "It is a difference of two differences: that with 50 lesions minus that with 800.",
        ),
        solution="answer = (0.79 - 0.70) - (0.88 - 0.84)",
        mistakes=(
            ((0.88 - 0.84) - (0.79 - 0.70), "The sign is wrong: small minus large is asked for."),
            (0.09, "That is only the difference with 50 lesions. It may be as large with 800."),
            (0.04, "That is only the difference with 800 lesions."),
            (0.13, "Subtract the two differences instead of adding them."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "02.4",
        "A classifier knows nothing but the source of each photograph. On all lesions of HAM10000 "
        "it reaches an AUC of about 0.82. Now only lesions of the same source are compared with "
        "each other. Which AUC does this classifier have there?",
        hints=(
            "Which scores do two lesions of the same source get from this classifier?",
            "All scores within a source are tied, and a tie counts half.",
        ),
        solution="answer = 0.5",
        tolerance=0.001,
        mistakes=(
            (0.82, "Within one source it gives every lesion the same score."),
            (0, "An AUC of 0 is a perfect order turned round. Here there is no order at all."),
        ),
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
        "Scratch has an AUC of 0.748 with 200 lesions and of 0.812 with 800; the network with all "
        "layers tuned has 0.782 with 200. If scratch's AUC grows in a straight line with the "
        "logarithm of n, how many lesions does it need for 0.782?",
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
        "A colleague tries six learning rates for scratch and one for fine-tuning, and reports for "
        "both the best AUC *on the test part* over rates and steps. Whom does that favour?",
        options=("Fine-tuning.", "Scratch.", "Neither of them."),
        hints=(
            "The best of many noisy numbers is too high, and the more so the more there are.",
            "Who may choose among more numbers?",
        ),
        solution='answer = "B"',
    ),
]
