"""Exercises of lesson 10: purity, its value at random, what was there before, how a map is read."""

from dermlab.lessons.exercises import Exercise, Vote

LESSON = (
    "import numpy as np\n"
    "from dermlab.cases import clinic, tasks\n"
    "from dermlab.interpretation import neighbours\n"
    "from dermlab.lessons import networks\n"
    "from dermlab.network import inference\n"
    "cases = clinic.test_set('nine-way', 0, 0, 0, 120, 120, 0, 0, 120, 120, seed=9)\n"
    "group = tasks.assign(tasks.get('nine-way'), cases['truth']).to_numpy(str)\n"
    "run = networks.classroom_network()\n"
    "hidden = inference.features(run.model, clinic.render(cases, 96))\n"
    "purity = lambda space, label, k=10: neighbours.agreement(space, label, k=k).mean()\n"
)

EXERCISES = [
    Exercise(
        "10.1",
        "A map places 100 lesions at random, 60 of one class and 40 of another. What is the "
        "purity to be expected?",
        hints=(
            "A lesion is not its own neighbour: a lesion of the larger class has 59 of its kind "
            "among 99 others.",
            "60 lesions expect 59/99 and 40 lesions expect 39/99. Take the mean over all 100.",
        ),
        solution="answer = (60 * 59 + 40 * 39) / (100 * 99)",
        mistakes=(
            ("0.5", "That would be right for two classes of equal size."),
            ("0.6", "Lesions of the smaller class have fewer of their kind around them."),
            ("0.6**2 + 0.4**2", "A lesion is not its own neighbour."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "10.2",
        "Write one line of code. `hidden`, `group` and `purity` are those of this lesson. How "
        "often is the *single* nearest neighbour in the 512 dimensions of the same group?",
        hints=(
            "`purity` has an option for the number of neighbours.",
            "`purity(hidden, group, k=…)`, with one neighbour.",
        ),
        solution=LESSON + "answer = purity(hidden, group, k=1)",
        mistakes=((LESSON + "answer = purity(hidden, group)", "That is for ten neighbours."),),
        tolerance=0.006,
    ),
    Exercise(
        "10.3",
        "Four groups of equal size, many lesions. Purity is 0.70 in a trained network and 0.40 in "
        "its untrained twin. How far is each above its value at random? Answer with the twin's "
        "lead as a share of the trained network's.",
        hints=(
            "At random the purity is 0.25. Subtract it from both.",
            "Divide the untrained twin's lead by the trained network's lead.",
        ),
        solution="answer = (0.40 - 0.25) / (0.70 - 0.25)",
        mistakes=(
            ("0.40 / 0.70", "Count from the value at random, not from 0."),
            ("0.40 - 0.25", "That is the untrained twin's lead; a share of the other is asked."),
        ),
        tolerance=0.004,
    ),
    Exercise(
        "10.4",
        "On a t-SNE map melanomas are a wide cloud, nevi a small dense one far away. There are as "
        "many of each; purity is 0.9 in the network's own dimensions and on the map. What may be "
        "concluded?",
        options=(
            "To the network, melanomas vary more than nevi.",
            "The network separates the two well, because the gap is wide.",
            "Lesions that are near each other in the features mostly share the diagnosis.",
            "Training taught the network to separate melanomas from nevi.",
        ),
        hints=(
            "Which of these statements is about neighbours alone?",
            "Widths and gaps are lost on a map. A statement about training needs a twin beside it.",
        ),
        solution="answer = 'C'",
        mistakes=(
            ("A", "The planted clouds had unlike widths and came out alike: the map lost them."),
            ("B", "The planted gaps were not kept: a wide gap on the map says nothing."),
            ("D", "That needs the untrained twin beside it."),
        ),
    ),
    Exercise(
        "10.11",
        "100 images, k = 10. On the map every neighbour is a true one, but for a single image "
        "that has one neighbour which in the space is its 25th nearest. How far below 1 is the "
        "trustworthiness?",
        hints=(
            "1 − 2 / (n k (2 n − 3 k − 1)) × the sum of (rank − k) over the false neighbours.",
            "There is one false neighbour. Its rank is 25, and k is 10.",
        ),
        solution="answer = 2 / (100 * 10 * (2 * 100 - 3 * 10 - 1)) * (25 - 10)",
        mistakes=(
            ("2 / (100 * 10 * (2 * 100 - 3 * 10 - 1)) * 25", "What counts is how far beyond k."),
        ),
        tolerance=1e-6,
    ),
    Exercise(
        "10.12",
        "A second map is the first one, mirrored, turned by 90 degrees and drawn at half the "
        "size. What is the disparity after Procrustes?",
        hints=(
            "Which of the three can Procrustes not undo?",
            "Mirroring, turning and scaling are all allowed.",
        ),
        solution="answer = 0",
        mistakes=(
            (0.5, "One scale may be changed: half the size is undone."),
            (0.75, "One scale may be changed: half the size is undone."),
        ),
        tolerance=1e-9,
    ),
]

VOTE = Vote(
    "On a map coloured by diagnosis the malignant lesions form one clear cloud. A referee fears "
    "that the network uses rulers. What answers the referee?",
    options=(
        "The cloud: a network that uses rulers could not group by diagnosis.",
        "The same map coloured by ruler: if rulers are mixed, the network does not use them.",
        "The same map coloured by ruler: if rulers are grouped, the network uses them.",
        "The same lesions with and without a ruler: do the answers change?",
    ),
    right="D",
    why="If rulers lay beside cancers, a cloud of rulers is a cloud of cancers too (A). A mixed "
    "map can hide what a plane finds (B). With rulers that said nothing of the diagnosis, "
    "neighbours often shared the ruler and few answers depended on it (C). Only a change of the "
    "ruler alone shows what the ruler does to the answer.",
)
