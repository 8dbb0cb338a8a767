"""Exercises of notebook 03: dividing the tree, and reading a coarser question out of it."""

from dermlab.cases import tasks, taxonomy
from dermlab.course.exercises import Exercise


def _classes_of_malignant(boundary: int) -> int:
    tree = taxonomy.load_tree()
    below = set(taxonomy.descendants(tree, "malignant"))
    classes = taxonomy.training_classes(tree, boundary)
    return sum(below.issuperset(diseases) for diseases in classes.diseases)


def _largest_boundary() -> int:
    return tasks.largest_boundary(tasks.get("carcinoma-vs-keratosis"), taxonomy.load_tree())


EXERCISES = [
    Exercise(
        id="03.1",
        question=(
            "Into how many training classes does recursive dividing cut the malignant branch of "
            "the shipped tree at N = 200? Work it out on paper from the figure, then check."
        ),
        hint="Ask at each node: are there at most 200 images in all of it? If not, split it.",
        solution=(
            "from dermlab.cases import taxonomy\n"
            "tree = taxonomy.load_tree()\n"
            "malignant = set(taxonomy.descendants(tree, 'malignant'))\n"
            "classes = taxonomy.training_classes(tree, 200)\n"
            "answer = sum(malignant.issuperset(d) for d in classes.diseases)"
        ),
        is_right=lambda answer: (
            answer == _classes_of_malignant(200)
            or "Remember the own images: 468 of basal cell carcinoma, 111 of malignant melanoma."
        ),
    ),
    Exercise(
        id="03.2",
        question=(
            "Which is the largest N at which seborrheic keratosis is still a class (or a union of "
            "classes) of its own on the shipped tree?"
        ),
        hint="Its parent holds 931 images. What must happen to the parent?",
        solution=(
            "from dermlab.cases import tasks, taxonomy\n"
            "keratosis = tasks.get('carcinoma-vs-keratosis')\n"
            "answer = tasks.largest_boundary(keratosis, taxonomy.load_tree())"
        ),
        is_right=lambda answer: (
            answer == _largest_boundary()
            or "A node with at most N images stays whole; its parent must be one too large."
        ),
    ),
    Exercise(
        id="03.3",
        question=(
            "A network gives basal cell carcinoma 0.25, squamous cell carcinoma 0.15, actinic "
            "keratosis 0.20 and seborrheic keratosis 0.10; other classes share the rest. What is "
            "its probability of carcinoma in the task carcinoma-vs-keratosis?"
        ),
        hint="Sum each side, drop what is on neither side, and renormalise to two.",
        solution="carcinoma = 0.25 + 0.15\nanswer = carcinoma / (carcinoma + 0.10)",
        is_right=lambda answer: (
            (isinstance(answer, int | float) and abs(answer - 0.8) < 1e-6)
            or "Actinic keratosis is on neither side: it is no carcinoma here."
        ),
    ),
]
