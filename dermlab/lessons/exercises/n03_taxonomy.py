"""Exercises of notebook 03: dividing the tree, and reading a coarser question out of it."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "03.1",
        "Into how many training classes does recursive dividing cut the malignant branch at N "
        "= 590? Work it out on paper from the counts in the figure, then check.",
        hints=(
            "Ask at each node: are there at most 590 images in all of it? If not, split it.",
            "Malignant melanoma (573) stays whole; basal cell carcinoma (596) does not, and "
            "has images of its own.",
        ),
        solution="from dermlab.cases import taxonomy\n"
        "tree = taxonomy.load_tree()\n"
        "malignant = set(taxonomy.descendants(tree, 'malignant'))\n"
        "classes = taxonomy.training_classes(tree, 590)\n"
        "answer = sum(malignant.issuperset(d) for d in classes.diseases)",
    ),
    Exercise(
        "03.2",
        "Move actinic keratosis under benign epidermal, as in part 3 of 'Break it'. What is "
        "now the largest N at which carcinoma-vs-keratosis can be read out?",
        hints=(
            "tasks.get(..., tree=moved), then tasks.largest_boundary(task, moved).",
            "A node with at most N images stays whole; how many has benign epidermal now?",
        ),
        solution="from dermlab.cases import tasks, taxonomy\n"
        "moved = taxonomy.load_tree()\n"
        "moved.loc[moved.child == 'actinic keratosis', 'parent'] = 'benign epidermal'\n"
        "task = tasks.get('carcinoma-vs-keratosis', tree=moved)\n"
        "answer = tasks.largest_boundary(task, moved)",
    ),
    Exercise(
        "03.3",
        "A network gives basal cell carcinoma 0.25, squamous cell carcinoma 0.15, actinic "
        "keratosis 0.20 and seborrheic keratosis 0.10; other classes share the rest. What is "
        "its probability of carcinoma in the task carcinoma-vs-keratosis?",
        hints=(
            "Sum each side, drop what is on neither side, and renormalise to two.",
            "Actinic keratosis is on neither side of this question.",
        ),
        solution="carcinoma = 0.25 + 0.15\nanswer = carcinoma / (carcinoma + 0.10)",
        mistakes=(
            (0.4, "That is the sum of one side. Now renormalise: divide by the sum of both sides."),
            (80, "Give it as a share between 0 and 1."),
        ),
        tolerance=1e-06,
    ),
]
