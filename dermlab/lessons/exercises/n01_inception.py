"""Exercises of notebook 01: a gradient, a step, parameters, multiply-adds."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "01.1",
        "Three classes, and the network answers (0.7, 0.2, 0.1). The truth is the second. What "
        "is the gradient of the cross-entropy with respect to the three scores before the "
        "softmax? Give three numbers.",
        hints=(
            "It is the answer less the truth, with the truth written as 0, 1, 0.",
            "Subtract 1 from the answer of the true class and leave the others.",
        ),
        solution="answer = (0.7, 0.2 - 1, 0.1)",
        tolerance=1e-6,
    ),
    Exercise(
        "01.2",
        "RMSProp without momentum, mean square started at 0, ρ = 0.9 and ε next to nothing: "
        "how many times the learning rate is the very first step of a weight whose gradient is "
        "0.003?",
        hints=(
            "v = 0.1 g², and the step is r g / √v: g cancels.",
            "The gradient cancels: what is left is one over the root of 1 − ρ.",
        ),
        solution="answer = 0.003 / (0.1 * 0.003**2) ** 0.5",
        tolerance=0.01,
    ),
    Exercise(
        "01.3",
        "A 3 × 3 convolution takes 48 maps of 35 × 35 to 64 maps of 35 × 35, without shifts. "
        "Give a pair: its parameters, its multiply-adds for one picture.",
        hints=(
            "One weight for each place of the kernel, each map in and each map out.",
            "The same weights are used at each of the 35 × 35 places.",
        ),
        solution="weights = 3 * 3 * 48 * 64\nanswer = (weights, 35 * 35 * weights)",
    ),
    Exercise(
        "01.4",
        "A 7 × 7 kernel from n to n maps is replaced by a 1 × 7 and then a 7 × 1, both from n "
        "to n. Which share of the parameters is left?",
        hints=("49 n² against 7 n² + 7 n².", "n cancels: count the places."),
        solution="answer = (7 + 7) / 49",
        tolerance=0.001,
    ),
]
