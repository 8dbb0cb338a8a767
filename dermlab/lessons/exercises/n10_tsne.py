"""Exercises of notebook 10: chance, trust, alignment, what was there before training, reading."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "10.1",
        "A map shows 100 images, 60 of one class and 40 of another, and places them by lot. "
        "What share of an image's neighbours has its own class, on average?",
        hints=(
            "An image is not its own neighbour: of 60 there are 59 others among 99.",
            "Weigh both classes by their size: chance is not one half here.",
        ),
        solution="answer = (60 * 59 + 40 * 39) / (100 * 99)",
        tolerance=0.001,
    ),
    Exercise(
        "10.2",
        "100 images, k = 10. On the map every neighbour is a true one, but for a single image "
        "that has one neighbour which in the space is its 25th nearest. How far below 1 is the "
        "trustworthiness?",
        hints=(
            "1 - 2 / (n k (2 n - 3 k - 1)) × the sum of (rank - k) over the false neighbours.",
            "There is one false neighbour, and it costs by how far beyond k it stands.",
        ),
        solution="answer = 2 / (100 * 10 * (2 * 100 - 3 * 10 - 1)) * (25 - 10)",
        tolerance=1e-6,
    ),
    Exercise(
        "10.3",
        "A second map is the first one, mirrored, turned by 90 degrees and drawn at half the "
        "size. What is the disparity after Procrustes?",
        hints=(
            "Which of the three can Procrustes not undo?",
            "Mirroring, turning and scaling are all allowed.",
        ),
        solution="answer = 0",
        tolerance=1e-9,
    ),
    Exercise(
        "10.4",
        "Four classes of one size. Neighbours share the class for 62 % of images' neighbours "
        "in a trained network, for 38 % in the same network before any training. What share of "
        "the trained network's lead over chance was there without training?",
        hints=(
            "Chance is 25 %: take it from both, then divide.",
            "Count from chance and not from 0.",
        ),
        solution="answer = (0.38 - 0.25) / (0.62 - 0.25)",
        tolerance=0.005,
    ),
    Exercise(
        "10.5",
        "On a t-SNE map, (a) two islands lie far apart, (b) one island is twice as wide as "
        "another, (c) most neighbours of a melanoma are melanomas, (d) images of two cameras "
        "are mixed. Which may be read as a statement about the network? Give a set of letters.",
        hints=(
            "Which did the planted example lose, and what did the plane find that was mixed?",
            "Distances and widths were lost on the planted map, and a mixed map hid a ruler.",
        ),
        solution='answer = {"c"}',
    ),
]
