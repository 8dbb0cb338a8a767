"""Exercises of notebook 06: a new head, schedules, first steps, a turned picture, stopping."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "06.1",
        "Inception v3's last hidden layer has 2,048 units. How many parameters does a new head "
        "for the paper's nine classes have?",
        hints=(
            "One weight a unit and class, and one bias a class.",
            "Do not forget the biases: one a class.",
        ),
        solution="answer = 2048 * 9 + 9",
    ),
    Exercise(
        "06.2",
        "In epoch 61 the rate has decayed twice. How many times as large is it under × 0.16 as "
        "under ÷ 16?",
        hints=(
            "Recipe.paper().rate(61) and Recipe.paper_times_016().rate(61).",
            "Each decay multiplies the ratio of the two rates by 0.16 × 16.",
        ),
        solution="from dermlab.network.recipe import Recipe\n"
        "answer = Recipe.paper_times_016().rate(61) / Recipe.paper().rate(61)",
        tolerance=0.05,
    ),
    Exercise(
        "06.3",
        "The gradient is 0.01, ρ is 0.9, and ε is the classroom's 0.001. How many times as "
        "long is RMSProp's first step if the mean square starts at 0 instead of 1?",
        hints=(
            "The step is r g / √(v + ε) with v = ρ v₀ + (1 − ρ) g².",
            "Only v₀ differs: put 0 and 1 into the formula and divide the two steps.",
        ),
        solution="from math import sqrt\n"
        "v_from_0, v_from_1 = 0.1 * 0.01**2, 0.9 + 0.1 * 0.01**2\n"
        "answer = sqrt((v_from_1 + 0.001) / (v_from_0 + 0.001))",
        tolerance=0.2,
    ),
    Exercise(
        "06.4",
        "A square picture is turned by 30 degrees and cropped to the largest upright square "
        "inside. Which share of its area is left?",
        hints=(
            "The square's side is 1 / (|sin| + |cos|) of the picture's side.",
            "The share of the area is the side squared.",
        ),
        solution="from math import cos, radians, sin\n"
        "answer = 1 / (sin(radians(30)) + cos(radians(30))) ** 2",
        tolerance=0.005,
    ),
    Exercise(
        "06.5",
        "The development part reads .41 .47 .52 .50 .55 .53 .54 .51 .50 in epochs 1 to 9, and "
        "training stops after two epochs without a better one. Give a pair: the epoch that is "
        "kept, and the last epoch that is trained.",
        hints=(
            "Go through the epochs in order: after each, how long ago was the best so far?",
            "Epoch 4 is one epoch without a better one; epoch 5 is better and starts the count "
            "anew.",
        ),
        solution="answer = (5, 5 + 2)",
    ),
]
