"""Exercises of lesson 06: a new head, what trains, a rotated picture, what may go wrong."""

from dermlab.lessons.exercises import Exercise, Vote

EXERCISES = [
    Exercise(
        "06.1",
        "The last layer below Inception v3's head gives 2,048 numbers. How many parameters does a "
        "new head for the nine classes of the paper have?",
        hints=(
            "A head has a weight for each number and class. It has something else for each class.",
            "A bias for each class is added: 2048 × 9 weights and 9 biases.",
        ),
        solution="answer = 2048 * 9 + 9",
        mistakes=(
            ("2048 * 9", "The biases are missing, one for each class."),
            ("2048 * 9 + 2048", "There is one bias for each class, not one for each number."),
            ("2048 * 757 + 757", "That is the head for the paper's 757 training classes."),
        ),
    ),
    Exercise(
        "06.2",
        "Write one line of code. `model` is that of this lesson. How many parameters of it would "
        "be trained if the new head alone were trained?",
        hints=(
            "`model.layers` is a list of its layers; the head is the last one.",
            "A layer has `count_params()`: `model.layers[-1].count_params()`.",
        ),
        solution="from dermlab.network.backend import keras\n"
        "head = keras.layers.Dense(2)\n"
        "head.build((None, 512))\n"
        "answer = head.count_params()",
        mistakes=(
            ("512 * 2", "The biases are missing, one for each class."),
            ("2048 * 2 + 2", "That is the head of the full Inception; ours reads 512 numbers."),
        ),
    ),
    Exercise(
        "06.3",
        "A square picture is rotated by 30 degrees and cropped to the largest upright square "
        "inside. What share of its area is left?",
        hints=(
            "The function `variant` of this lesson computes the side of that square.",
            "The side is 1 / (sin 30° + cos 30°) of the picture's side. The area is its square.",
        ),
        solution="from math import cos, radians, sin\n"
        "answer = 1 / (sin(radians(30)) + cos(radians(30))) ** 2",
        mistakes=(
            (
                "from math import cos, radians, sin\n"
                "answer = 1 / (sin(radians(30)) + cos(radians(30)))",
                "That is the share of the side; the area is its square.",
            ),
            (
                "from math import cos, sin\nanswer = 1 / (abs(sin(30)) + abs(cos(30))) ** 2",
                "sin and cos take radians, not degrees.",
            ),
        ),
        tolerance=0.005,
    ),
    Exercise(
        "06.4",
        "A colleague replaces our small network by Keras's own InceptionV3 with ImageNet weights "
        "and leaves all other lines as they are. Our network takes pixels from 0 to 255 and "
        "rescales them itself; Keras's expects pixels from -1 to 1. The training runs without an "
        "error and the accuracy stays near guessing. What is the first thing to look at?",
        options=(
            "The number of epochs: a larger network needs longer.",
            "The pixels: the network gets numbers of another size than those it learned from.",
            "The weights: ImageNet has no skin, so they cannot help.",
            "The head: it is random, so it has to be trained alone first.",
        ),
        hints=(
            "What differs between the two networks before the first layer?",
            "A pixel of 200 is far outside what the first filters ever saw. Nothing warns of it.",
        ),
        solution="answer = 'B'",
        mistakes=(
            ("A", "It may need longer, but another number of epochs does not mend wrong input."),
            ("C", "Lesson 02 shows the contrary: weights from everyday pictures help on skin."),
            ("D", "The head was random in our training too, and it learned."),
        ),
    ),
    Exercise(
        "06.11",
        "In epoch 61 the rate has been lowered twice. How many times as large is it under × 0.16 "
        "as under ÷ 16?",
        hints=(
            "Recipe.paper().rate(61) and Recipe.paper_times_016().rate(61).",
            "Each step multiplies the ratio of the two rates by 0.16 × 16.",
        ),
        solution="from dermlab.network.recipe import Recipe\n"
        "answer = Recipe.paper_times_016().rate(61) / Recipe.paper().rate(61)",
        mistakes=(("0.16 * 16", "That is the ratio after one step; there were two."),),
        tolerance=0.05,
    ),
    Exercise(
        "06.12",
        "The gradient is 0.01, ρ is 0.9, and ε is the classroom's 0.001. How many times as "
        "long is RMSProp's first step if the mean square starts at 0 instead of 1?",
        hints=(
            "The step is r g / √(v + ε) with v = ρ v₀ + (1 − ρ) g².",
            "Only v₀ differs: put 0 and 1 into the formula and divide the two steps.",
        ),
        solution="from math import sqrt\n"
        "v_from_0, v_from_1 = 0.1 * 0.01**2, 0.9 + 0.1 * 0.01**2\n"
        "answer = sqrt((v_from_1 + 0.001) / (v_from_0 + 0.001))",
        mistakes=(
            (
                "v_from_0, v_from_1 = 0.1 * 0.01**2, 0.9 + 0.1 * 0.01**2\n"
                "answer = (v_from_1 + 0.001) / (v_from_0 + 0.001)",
                "The square root is missing.",
            ),
        ),
        tolerance=0.2,
    ),
    Exercise(
        "06.13",
        "The development values are .41 .47 .52 .50 .55 .53 .54 .51 .50 in epochs 1 to 9, and "
        "training stops after two epochs in a row that are not better than the best one. Give a "
        "pair: the epoch that is kept, and the last epoch that is trained.",
        hints=(
            "Go through the epochs in order. After each: how long ago was the best one so far?",
            "Epoch 4 is one epoch without a better one; epoch 5 is better and the count starts "
            "again.",
        ),
        solution="answer = (5, 5 + 2)",
        mistakes=(
            ((5, 9), "Training does not go on to the end: it stops two epochs after the best."),
            ((3, 5), "Epoch 5 is better than epoch 3: the count starts again."),
            ((5, 6), "One epoch without a better one is not enough to stop."),
        ),
    ),
]

VOTE = Vote(
    "You have 600 photographs of 150 patients in two folders, one for each class. Keras offers "
    "`validation_split=0.2`, which sets a fifth of the files aside. May you use it?",
    options=(
        "Yes: a fifth that is chosen at random is a fair test.",
        "Yes, if you shuffle the files before.",
        "No: photographs of one patient will be on both sides.",
        "No: a fifth of 600 is too few for a test.",
    ),
    right="C",
    why="It divides files, and files know nothing of patients. Random is fair to the files, not to "
    "the patients (A), and shuffling makes it random, not whole (B). How many pictures are enough "
    "is another question (D). Make the folds from whole patients first, as in lesson 05, and then "
    "write the folders.",
)
