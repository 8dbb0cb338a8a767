"""Exercises of notebook 01: a gradient, a loss, two small kernels for a large one, a 1 × 1 kernel.

Those from 01.11 on belong to its second sitting: RMSProp, and what a convolution costs.
"""

from dermlab.lessons.exercises import Exercise, Vote

EXERCISES = [
    Exercise(
        "01.1",
        "A network gives three classes the probabilities (0.7, 0.2, 0.1). The truth is the second "
        "class. What is the gradient of the cross-entropy with respect to the three scores? Give "
        "three numbers in parentheses.",
        hints=(
            "Write the truth as three numbers, too: 1 for the true class, 0 for the others.",
            "Subtract (0, 1, 0) from the probabilities, class by class.",
        ),
        solution="answer = (0.7, 0.2 - 1, 0.1)",
        mistakes=(
            ("(-0.7, 0.8, -0.1)", "That is the direction of the step: against the gradient."),
            ("(0.7, 0.2, 0.1)", "Those are the probabilities; the truth has no part in them yet."),
            ("(0.7, 0.8, 0.1)", "A difference has a sign. Keep it."),
        ),
        tolerance=1e-6,
    ),
    Exercise(
        "01.2",
        "Three lesions; a network gives their *true* classes the probabilities 0.5, 0.25 and "
        "0.125. Write a line of NumPy: what is the cross-entropy of this mini-batch?",
        hints=(
            "Cross-entropy is the mean of −log(probability of the true class), natural logarithm.",
            "-np.log([0.5, 0.25, 0.125]), and of these three the mean.",
        ),
        solution="import numpy as np\nanswer = float(-np.log([0.5, 0.25, 0.125]).mean())",
        mistakes=(
            ("6 * 0.6931471805599453", "That is the sum; a batch is described by the mean."),
            ("2.0", "That is in bits: the logarithm to base 2. Take the natural one, np.log."),
            ("0.6020599913279624", "That is the logarithm to base 10. Take the natural one."),
            ("-2 * 0.6931471805599453", "Mind the sign: a loss is never negative here."),
            (
                "1.2321436812926323",
                "You took the logarithm of the mean; take the mean of the logarithms.",
            ),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "01.3",
        "A 5 × 5 kernel from n to n maps sees 25 places. Two 3 × 3 kernels, one after the other "
        "and each from n to n maps, see as far. Which share of the weights of the 5 × 5 kernel "
        "do the two need together?",
        hints=(
            "Count the weights of each kernel: places × maps in × maps out.",
            "25 n² on one side, 9 n² + 9 n² on the other.",
        ),
        solution="answer = (9 + 9) / 25",
        mistakes=(
            ("9 / 25", "That is the share of one 3 × 3 kernel. There are two."),
            ("6 / 5", "Count places on the square, not along its side."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "01.4",
        "What does a 1 × 1 convolution do?",
        options=(
            "Nothing: it copies each map.",
            "It makes new maps, each a weighted sum of all maps at the same place.",
            "It looks at one single pixel of the photograph.",
            "It shrinks each map to one number.",
        ),
        hints=(
            "How many weights has it, with 192 maps in and 64 maps out?",
            "It has a weight for each pair of a map in and a map out, and looks at no neighbours.",
        ),
        solution="answer = 'B'",
        mistakes=(
            ("A", "It has weights between all maps in and all maps out; a copy has none."),
            ("C", "It looks at one place of its input maps, each of which saw many pixels."),
            ("D", "That is an average over all places; a 1 × 1 kernel is laid on at every place."),
        ),
    ),
    Exercise(
        "01.11",
        "RMSProp without momentum, mean square started at 0, ρ = 0.9 and ε next to nothing: how "
        "many times the learning rate is the very first step of a weight whose gradient is 0.003?",
        hints=(
            "v = 0.1 g², and the step is r g / √v.",
            "The gradient cancels: what is left is one over the root of 1 − ρ.",
        ),
        solution="answer = 0.003 / (0.1 * 0.003**2) ** 0.5",
        mistakes=(("10", "Take the root: v holds the square of the gradient."),),
        tolerance=0.01,
    ),
    Exercise(
        "01.12",
        "A 3 × 3 convolution takes 48 maps of 35 × 35 to 64 maps of 35 × 35, without biases. Give "
        "two numbers: its weights, and its multiply-adds for one picture.",
        hints=(
            "One weight for each place of the kernel, each map in and each map out.",
            "3 × 3 × 48 × 64 weights, and the same weights are used at each of 35 × 35 places.",
        ),
        solution="weights = 3 * 3 * 48 * 64\nanswer = (weights, 35 * 35 * weights)",
        mistakes=(("(27648, 27648)", "The kernel is laid on at more than one place."),),
    ),
    Exercise(
        "01.13",
        "A 7 × 7 kernel from n to n maps is replaced by a 1 × 7 and then a 7 × 1, both from n to "
        "n. Which share of the weights is left?",
        hints=("Count the places of each kernel.", "49 n² against 7 n² + 7 n²."),
        solution="answer = (7 + 7) / 49",
        mistakes=(("1 / 7", "That is one of the two; there are two kernels."),),
        tolerance=0.001,
    ),
]

VOTE = Vote(
    "A lesion is malignant, and the network gives the class malignant the probability 0.6, more "
    "than the other two together. Does a step of learning on this lesion change the weights?",
    (
        "No: the lesion is already classified correctly.",
        "Yes: 0.6 is not 1.",
        "Only if other lesions of the mini-batch are classified wrongly.",
        "Yes, but away from malignant, so that the network does not become too sure.",
    ),
    "B",
    "The gradient is answer − truth, and 0.6 − 1 is not 0. The loss asks for probabilities, not "
    "for the right class: A and C take it for a count of mistakes. The step raises 0.6: D has the "
    "direction wrong.",
)
