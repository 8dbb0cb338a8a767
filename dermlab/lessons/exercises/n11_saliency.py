"""Exercises of notebook 11: fading gradients, completeness, the pointing game, deletion, a quiz."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "11.1",
        "A network gives the true class 0.60 in one picture and 0.99 in another; the log-odds "
        "of both have gradients of the same size. How many times as strong is the paper's map "
        "in the first?",
        hints=(
            "The gradient of the loss is the gradient of the log-odds times 1 - p.",
            "Compare 1 - p in the two pictures.",
        ),
        solution="answer = (1 - 0.60) / (1 - 0.99)",
        tolerance=0.5,
    ),
    Exercise(
        "11.2",
        "Integrated Gradients start at a plain picture with log-odds -0.5 and end at a picture "
        "with log-odds 3.5. The attributions sum to 3.96. What is the completeness error, as a "
        "share?",
        hints=(
            "They should sum to the change of the log-odds.",
            "The change is 4.0, not 3.5 and not 3.0.",
        ),
        solution="answer = abs(3.96 - (3.5 - -0.5)) / (3.5 - -0.5)",
        tolerance=0.0005,
    ),
    Exercise(
        "11.3",
        "Lesions fill 22 % of each picture and always lie in the middle. A method wins the "
        "pointing game in 90 % of pictures. Which control must it beat? 'a': a random pixel; "
        "'b': a bell in the middle of every picture; 'c': a map that is 1 everywhere.",
        hints=(
            "Which control knows where lesions lie, and nothing of the network?",
            "Those two win about 22 %. Photographers aim at the lesion.",
        ),
        solution='answer = "b"',
    ),
    Exercise(
        "11.4",
        "An edge detector's maps are compared with themselves after all weights of the network "
        "were shuffled. What is the rank correlation?",
        hints=("Does an edge detector read any weight?", "Its map depends on the picture alone."),
        solution="answer = 1.0",
        tolerance=1e-9,
    ),
    Exercise(
        "11.5",
        "Which experiment could show that a network goes by rulers, whatever any map shows? "
        "'a': more pictures with maps; 'b': the same lesions with and without a ruler; 'c': a "
        "higher accuracy on pictures from the same clinic.",
        hints=(
            "Change the ruler and nothing else.",
            "The clinic's own pictures keep the ruler and the diagnosis together.",
        ),
        solution='answer = "b"',
    ),
    Exercise(
        "11.6",
        "The pixels that a map marks first are covered. With shares 0, 0.25, 0.5, 0.75 and 1 "
        "of them covered the answer has probability 0.9, 0.5, 0.3, 0.2 and 0.1. What is the "
        "area under the deletion curve?",
        hints=(
            "Four trapezoids, each 0.25 wide and as high as the mean of its two ends.",
            "The two outer values count half, the three inner ones whole.",
        ),
        solution="answer = 0.25 * ((0.9 + 0.1) / 2 + 0.5 + 0.3 + 0.2)",
        tolerance=0.0005,
    ),
    Exercise(
        "11.7",
        "You name the cheating network in 14 of 20 pairs of maps. How probable is it that "
        "someone who guesses gets 14 or more right?",
        hints=(
            "scipy.stats.binom.sf(k, n, p) is the probability of more than k.",
            "14 itself counts too: more than 13 of 20.",
        ),
        solution="from scipy.stats import binom\nanswer = binom.sf(13, 20, 0.5)",
        tolerance=0.0005,
    ),
]
