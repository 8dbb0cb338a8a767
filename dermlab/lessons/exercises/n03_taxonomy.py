"""Exercises of notebook 03: dividing the tree, and reading a coarser question out of it."""

from dermlab.cases import tasks, taxonomy
from dermlab.lessons.exercises import Exercise, is_close


def _classes_of_malignant(boundary: int) -> int:
    tree = taxonomy.load_tree()
    below = set(taxonomy.descendants(tree, "malignant"))
    classes = taxonomy.training_classes(tree, boundary)
    return sum(below.issuperset(diseases) for diseases in classes.diseases)


def _boundary_after_the_move() -> int:
    tree = taxonomy.load_tree()
    tree.loc[tree.child == "actinic keratosis", "parent"] = "benign epidermal"
    return tasks.largest_boundary(tasks.get("carcinoma-vs-keratosis", tree=tree), tree)


def _carcinoma(answer: object) -> bool | str:
    if is_close(answer, 0.4, 1e-6):
        return "That is the sum of one side. Now renormalise: divide by the sum of both sides."
    if is_close(answer, 80, 1e-6):
        return "Give it as a share between 0 and 1."
    return is_close(answer, 0.8, 1e-6) or "Actinic keratosis is on neither side of this question."


EXERCISES = [
    Exercise(
        id="03.1",
        question=(
            "Into how many training classes does recursive dividing cut the malignant branch at "
            "N = 590? Work it out on paper from the counts in the figure, then check."
        ),
        hint="Ask at each node: are there at most 590 images in all of it? If not, split it.",
        solution=(
            "from dermlab.cases import taxonomy\n"
            "tree = taxonomy.load_tree()\n"
            "malignant = set(taxonomy.descendants(tree, 'malignant'))\n"
            "classes = taxonomy.training_classes(tree, 590)\n"
            "answer = sum(malignant.issuperset(d) for d in classes.diseases)"
        ),
        is_right=lambda answer: (
            is_close(answer, _classes_of_malignant(590))
            or "Malignant melanoma (573) stays whole; basal cell carcinoma (596) does not, and "
            "has images of its own."
        ),
    ),
    Exercise(
        id="03.2",
        question=(
            "Move actinic keratosis under benign epidermal, as in part 3 of 'Break it'. "
            "What is now the largest N at which carcinoma-vs-keratosis can be read out?"
        ),
        hint="tasks.get(..., tree=moved), then tasks.largest_boundary(task, moved).",
        solution=(
            "from dermlab.cases import tasks, taxonomy\n"
            "moved = taxonomy.load_tree()\n"
            "moved.loc[moved.child == 'actinic keratosis', 'parent'] = 'benign epidermal'\n"
            "task = tasks.get('carcinoma-vs-keratosis', tree=moved)\n"
            "answer = tasks.largest_boundary(task, moved)"
        ),
        is_right=lambda answer: (
            is_close(answer, _boundary_after_the_move())
            or "A node with at most N images stays whole; how many has benign epidermal now?"
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
        is_right=_carcinoma,
    ),
]
