"""Exercises of lesson 11: fading maps, the share of a map, controls, and the swapped ruler."""

from dermlab.lessons.exercises import Exercise, Vote

MAP = (
    "import numpy as np\n"
    "one = np.array([[4, 0, 2], [1, 9, 0], [0, 3, 1]])\n"
    "ruler = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]], bool)\n"
)
RUNS = (
    "from dermlab.lessons import results\n"
    "runs = results.read('clinic_ruler_dose', 'runs.csv')\n"
    "at = runs[runs.association == 0.9]\n"
)

EXERCISES = [
    Exercise(
        "11.1",
        "Two pictures, p = 0.60 and p = 0.99, with equally strong gradients of the log-odds. How "
        "many times as strong is the first picture's map of the loss?",
        hints=(
            "The gradient of the loss is the gradient of the log-odds times −(1 − p).",
            "Calculate 1 − p for both pictures, and divide the first by the second.",
        ),
        solution="answer = (1 - 0.60) / (1 - 0.99)",
        mistakes=(
            ("0.60 / 0.99", "The factor is 1 − p, not p."),
            ("0.99 / 0.60", "The factor is 1 − p, not p."),
            ("(1 - 0.99) / (1 - 0.60)", "That is the second picture's map over the first one's."),
            (1, "That holds for the maps of the log-odds; the paper's map is of the loss."),
        ),
        tolerance=0.05,
    ),
    Exercise(
        "11.2",
        "Write one line of code: the share of the map `one` on the ruler, divided by the ruler's "
        "share of the picture.\n\n"
        "```python\n"
        "one = np.array([[4, 0, 2], [1, 9, 0], [0, 3, 1]])\n"
        "ruler = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]], bool)\n"
        "```",
        hints=(
            "`one[ruler]` are the map's values on the ruler.",
            "Divide `one[ruler].sum()` by the sum of the whole map, and that by `ruler.mean()`.",
        ),
        solution=MAP + "answer = one[ruler].sum() / one.sum() / ruler.mean()",
        mistakes=(
            (MAP + "answer = one[ruler].sum() / one.sum()", "Divide by the ruler's share too."),
            (
                MAP + "answer = one[ruler].sum() / one[~ruler].sum() / ruler.mean()",
                "The share is of the whole map, not of what lies beside the ruler.",
            ),
            (MAP + "answer = ruler.mean()", "That is the ruler's share of the picture alone."),
        ),
        tolerance=0.005,
    ),
    Exercise(
        "11.3",
        "In 90 % of a clinic's photographs a map's darkest pixel lies on the lesion. Lesions cover "
        "22 % of the pictures. With what do you compare the 90 %?",
        options=(
            "a pixel chosen at random, 22 %",
            "the middle of each picture",
            "50 %: a pixel lies on the lesion or not",
            "nothing: 90 % is high enough",
        ),
        hints=(
            "Where do photographers put the lesion?",
            "Which of them knows where lesions usually lie, and nothing else?",
        ),
        solution="answer = 'B'",
        mistakes=(
            (
                "A",
                "That would be fair if lesions lay anywhere; photographers put them in the middle.",
            ),
            ("C", "Two outcomes need not be equally probable."),
            ("D", "A number says little before it is known what is reached without a network."),
        ),
    ),
    Exercise(
        "11.4",
        "`results.read('clinic_ruler_dose', 'runs.csv')` has a row a network. Trained with rulers "
        "at 90 % (`association`), in how many of the five clinics is it worse than guessing when "
        "they are `swapped`?",
        hints=(
            "Keep the rows with association 0.9, and look at the column `swapped`.",
            "`(at.swapped < 0.5).sum()`, where `at` are these rows.",
        ),
        solution=RUNS + "answer = int((at.swapped < 0.5).sum())",
        mistakes=(
            (RUNS + "answer = int((at.as_trained < 0.5).sum())", "Take the column `swapped`."),
            (
                RUNS + "answer = int((runs.swapped < 0.5).sum())",
                "Those are all four shares of rulers; take 0.9 alone.",
            ),
        ),
    ),
    Exercise(
        "11.11",
        "Integrated gradients start at a plain picture with log-odds −0.5 and end at a picture "
        "with log-odds 3.5. The attributions sum to 3.96. What is the completeness error, as a "
        "share of the change?",
        hints=(
            "They should sum to the change of the log-odds.",
            "The change is 3.5 − (−0.5). Divide what is missing by it.",
        ),
        solution="answer = abs(3.96 - (3.5 - -0.5)) / (3.5 - -0.5)",
        mistakes=(
            ("abs(3.96 - 3.5) / 3.5", "The path starts at −0.5, not at 0."),
            ("3.96 / 4.0", "That is what was found; the error is what is missing."),
        ),
        tolerance=0.0005,
    ),
    Exercise(
        "11.12",
        "The pixels that a map marks first are covered. With shares 0, 0.25, 0.5, 0.75 and 1 of "
        "them covered the answer has probability 0.9, 0.5, 0.3, 0.2 and 0.1. What is the area "
        "under the deletion curve?",
        hints=(
            "Four trapezoids, each 0.25 wide and as high as the mean of its two ends.",
            "The two outer values count half, the three inner ones whole.",
        ),
        solution="answer = 0.25 * ((0.9 + 0.1) / 2 + 0.5 + 0.3 + 0.2)",
        mistakes=(
            ("(0.9 + 0.5 + 0.3 + 0.2 + 0.1) / 5", "The two outer values count half."),
            ("0.25 * (0.9 + 0.5 + 0.3 + 0.2 + 0.1)", "The two outer values count half."),
        ),
        tolerance=0.0005,
    ),
    Exercise(
        "11.13",
        "You name the network that goes by rulers in 14 of 20 pairs of maps. How probable is it "
        "that someone who guesses gets 14 or more right?",
        hints=(
            "scipy.stats.binom.sf(k, n, p) is the probability of more than k.",
            "14 itself counts too: more than 13 of 20.",
        ),
        solution="from scipy.stats import binom\nanswer = binom.sf(13, 20, 0.5)",
        mistakes=(
            ("__import__('scipy.stats').stats.binom.sf(14, 20, 0.5)", "14 itself counts too."),
            (
                "__import__('scipy.stats').stats.binom.pmf(14, 20, 0.5)",
                "That is exactly 14; 15 to 20 count too.",
            ),
        ),
        tolerance=0.0005,
    ),
]

VOTE = Vote(
    "A hospital shows maps of 100 melanomas that its network recognised. The dark pixels of all "
    "lie on the lesion. What follows?",
    options=(
        "It goes by the lesion, not by rulers or the background.",
        "It has learned what makes a lesion malignant.",
        "Where it is right, it is right for good reasons.",
        "Hardly anything.",
    ),
    right="D",
    why="In the lesson a network that answered by the ruler put less of its map there than an "
    "evenly grey map would (A). Much of a gradient's map remains when all that was learned is "
    "destroyed, so the map is no proof of learning (B). All 100 were chosen because the network "
    "was right; a map on the lesion was also found beside two wrong answers, so its place says "
    "nothing about reasons (C). Change what you suspect in the same pictures, and measure the "
    "answers.",
)
