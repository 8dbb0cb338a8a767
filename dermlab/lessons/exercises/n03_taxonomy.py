"""Exercises of notebook 03: dividing the tree, and reading a coarser question out of it."""

from dermlab.lessons.exercises import Exercise, Vote

VOTE = Vote(
    "A network was taught 757 classes. How does it give one of nine answers?",
    (
        "It is trained once more, on nine classes.",
        "The answer is the group in which its most probable class lies.",
        "The probabilities of each group are added, and the largest sum is the answer.",
        "Images on which no class is above one half are left out.",
    ),
    right="C",
    why="Nothing is trained again (A), and no image is left out (D). B often gives the same "
    "answer, but not where several classes of one group share the probability: with psoriasis "
    "0.3, melanoma 0.25 and lentigo maligna 0.25 the most probable class is inflammatory, and the "
    "largest sum is malignant melanoma.",
)

EXERCISES = [
    Exercise(
        "03.1",
        "Into how many training classes does recursive dividing cut the malignant branch at N "
        "= 590? Work it out on paper from the counts in the figure.",
        hints=(
            "Ask at each box: are there at most 590 images in all of it? If not, split it.",
            "Malignant melanoma (573) stays whole. Basal cell carcinoma (596) does not, and it "
            "has images of its own.",
        ),
        solution="from dermlab.cases import taxonomy\n"
        "tree = taxonomy.load_tree()\n"
        "malignant = set(taxonomy.descendants(tree, 'malignant'))\n"
        "classes = taxonomy.training_classes(tree, 590)\n"
        "answer = sum(malignant.issuperset(d) for d in classes.diseases)",
        mistakes=(
            (11, "That is the number of conditions: are none of them joined?"),
            (7, "When a node is split, the images of its own become a class too."),
            (6, "That is the number at N = 600, as in the figure: which node has more than 590?"),
        ),
    ),
    Exercise(
        "03.2",
        "Somebody doubles the number of images of every disease in the tree, and leaves N as it "
        "is. What happens to the number of training classes?",
        hints=(
            "Which nodes have more than N images now that had not before?",
            "More nodes are split. But can a disease without children be split?",
        ),
        solution="answer = 'B'",
        mistakes=(
            ("A", "A node of 300 images is not split by N = 1,000, before or after the doubling."),
            ("C", "N is a number of images, so it matters how many images there are."),
            ("D", "A node that was split still has more than N images, and is still split."),
        ),
        options=(
            "It doubles.",
            "It grows or stays, and never exceeds the number of nodes that carry images.",
            "It stays: only the shape of the tree decides.",
            "It falls: larger classes need fewer cuts.",
        ),
    ),
    Exercise(
        "03.3",
        "A network gives basal cell carcinoma 0.25, squamous cell carcinoma 0.15, actinic "
        "keratosis 0.20 and seborrheic keratosis 0.10; other classes share the rest. What is its "
        "probability of carcinoma when the question is keratinocyte carcinoma or seborrheic "
        "keratosis?",
        hints=(
            "Add up each side, leave out what is on neither side, and divide by the sum of both.",
            "Actinic keratosis is a precursor, and on neither side: 0.40 against 0.10.",
        ),
        solution="carcinoma = 0.25 + 0.15\nanswer = carcinoma / (carcinoma + 0.10)",
        mistakes=(
            (0.4, "That is the sum of one side. Now divide by the sum of both sides."),
            ("0.6 / 0.7", "Actinic keratosis is on neither side of this question."),
            ("0.4 / 0.7", "What is on neither side does not count in the sum of both."),
        ),
        tolerance=1e-6,
    ),
    Exercise(
        "03.4",
        "Write one line of code with divide: how many training classes has the whole tree at N = "
        "2,000?",
        hints=(
            "divide gives a list of classes; how long is it, from the root?",
            'answer = len(divide("root", ...))',
        ),
        solution="from dermlab.cases import taxonomy\n"
        "answer = len(taxonomy.training_classes(taxonomy.load_tree(), 2000))",
        mistakes=(
            (52, "That is the number at N = 1,000."),
            (4, "That is the malignant branch alone: begin at the root."),
        ),
    ),
    Exercise(
        "03.11",
        "Move actinic keratosis under benign epidermal, as the second sitting does. What is now "
        "the largest N at which carcinoma-vs-keratosis can be read out?",
        hints=(
            "tasks.get(..., tree=moved), then tasks.largest_boundary(task, moved).",
            "A node with at most N images stays whole; how many has benign epidermal now?",
        ),
        solution="from dermlab.cases import tasks, taxonomy\n"
        "moved = taxonomy.load_tree()\n"
        "moved.loc[moved.child == 'actinic keratosis', 'parent'] = 'benign epidermal'\n"
        "task = tasks.get('carcinoma-vs-keratosis', tree=moved)\n"
        "answer = tasks.largest_boundary(task, moved)",
        mistakes=(
            (930, "That is the largest N of the tree as it was."),
            (1106, "At N = 1,106 the node stays whole, and keratosis is swallowed."),
        ),
    ),
]
