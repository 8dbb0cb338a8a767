"""Exercises of lesson 17: how little a small folder says, what a group is, what a shortcut is."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "17.1",
        "A folder holds 12 pictures of the class “cracked” and 30 of the class “whole”, each of "
        "another tile. Every cracked one has a higher score than every whole one, so the AUC is 1. "
        "What is the lower end of its 95 % interval by the rule of this lesson, 0.025^(1/n)?",
        hints=(
            "n is how many pairs of a cracked and a whole picture have no picture in common.",
            "After 12 pairs no cracked picture is left: 0.025 ** (1 / 12).",
        ),
        solution="answer = 0.025 ** (1 / 12)",
        mistakes=(
            ("0.025 ** (1 / 30)", "So many pairs need as many cracked pictures."),
            ("0.025 ** (1 / 42)", "n counts pairs, not pictures."),
            ("0.025 ** (1 / 360)", "These pairs share pictures, so they are not independent."),
        ),
        tolerance=0.005,
    ),
    Exercise(
        "17.2",
        "60 pictures, each of another plant, give an accuracy with an interval of ± 10 percentage "
        "points. About how many pictures, again each of another plant, would give ± 2.5 points?",
        hints=(
            "The width shrinks with the square root of the number of pictures.",
            "The interval is to be a quarter as wide: 4 × 4 = 16 times as many.",
        ),
        solution="answer = 60 * 16",
        mistakes=(
            ("60 * 4", "Four times as many pictures only halve the interval."),
            ("60 * 2", "The square root works the other way round."),
        ),
        tolerance=10,
    ),
    Exercise(
        "17.3",
        "Write one line of code. The files are called by class, plant and shot, as in "
        "`rose_07_2.jpg`: the second picture of the seventh rose. Make the `group` of this file "
        "from its name.",
        hints=(
            "Two pictures of one plant must have the same group, two plants different ones.",
            'Cut at the last underscore: `"rose_07_2.jpg".rsplit("_", 1)[0]`.',
        ),
        solution='answer = "rose_07_2.jpg".rsplit("_", 1)[0]',
        mistakes=(
            ("rose", "That is the class; all roses would be one group."),
            ("rose_07_2", "That is the picture; each would be a group by itself."),
            ("07", "The seventh tulip would be in the same group."),
        ),
    ),
    Exercise(
        "17.4",
        "All pictures of the class “sick” come from hospital A, all of “healthy” from hospital B. "
        "The folds keep patients whole, and the AUC is 0.99 (0.97 to 1.00). What follows?",
        options=(
            "It recognises the disease: the interval lies far above 0.5.",
            "It recognises the disease if the saliency maps are dark where the disease is.",
            "Nothing about the disease: the hospital gives the class away.",
            "Nothing yet, but more patients of the same two hospitals would show it.",
        ),
        hints=(
            "What else differs between the two folders, in every picture?",
            "A camera, a room, a label in the corner would do. What would have to be mixed?",
        ),
        solution="answer = 'C'",
        mistakes=(
            ("A", "The interval says how sure the number is, and not what it is a number of."),
            ("B", "A dark map says what the answer depends on, and not why (lesson 11)."),
            ("D", "More patients make the interval narrower; the two hospitals stay."),
        ),
    ),
]
