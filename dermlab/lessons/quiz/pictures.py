"""Which pictures a quiz shows: the quiz id decides, and nothing that a network has learnt from.

Between 40 and 60 % are of the task's first class, how many the id decides too: who counts cannot
tell what the last pictures are. The gallery shows other patients. No picture is used whose lesion
cannot be seen (`visible`): another lesion of its class takes its place.
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache, partial
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab import cache
from dermlab.cases import clinic, splits, tasks, taxonomy
from dermlab.errors import InputError
from dermlab.lessons.quiz import visible
from dermlab.lessons.quiz.study import Example, Study, check_quiz_id
from dermlab.text import number, plural

CLINIC_TASKS = ("melanoma-vs-nevus", "carcinoma-vs-keratosis", "malignant")  # places: in text codes
QUESTION = "Biopsy or treat this lesion, or reassure the patient?"
SIDE = 320  # pixels, as shown
EXAMPLES = 6  # of each class in the gallery
TAUGHT = 5  # signs in the lesson, at most
DESCRIBED = 0.5  # grades by which dermatology, too, must part the classes in a sign that is taught
SPARE_LESIONS, SPARE_SEED = 10, 2_100_000  # of each class; beyond the seeds of all quizzes
LESSON_LESIONS = 150  # of each class, for the lesson's means
SCORES_VERSION = 1


def clinic_study(quiz_id: str, task: str = CLINIC_TASKS[0], n: int = 30) -> Study:
    """A quiz on biopsied lesions of the virtual clinic B, which no training has seen.

    They are a test set of their own (`clinic.test_set`) with a seed from the quiz id. The lesson
    names the signs in which the two classes differ most; the network is the classroom's.
    """
    if task not in CLINIC_TASKS:
        raise InputError(f"The clinic has no quiz '{task}'; there are {', '.join(CLINIC_TASKS)}.")
    cases = clinic_cases(quiz_id, task, n)
    others = clinic.test_set(task, LESSON_LESIONS, LESSON_LESIONS, seed=_seed(quiz_id, n) + 1)
    question = tasks.get(task)
    is_positive = _is_positive(question, others)
    signs = telling_signs(others, is_positive)
    shown = _gallery(others, is_positive, quiz_id)
    study = _study(cases, shown, ["clinic"], quiz_id, question, captions=captions(shown, signs))
    return Study(
        **study
        | {
            "lesson": _lesson(signs, *(name for name, _ in question.classes)),
            "source": CLINIC_TASKS.index(task) + 1,
            "scores": partial(network_scores, cases, question),
            "signs": partial(_signs_of, cases, signs),
        }
    )


def clinic_cases(quiz_id: str, task: str, n: int) -> pd.DataFrame:
    """The cases of a quiz on the clinic: the same for the same three arguments, always."""
    return _clinic_cases(check_quiz_id(quiz_id), task, n).copy()


@lru_cache(maxsize=4)
def _clinic_cases(quiz_id: str, task: str, n: int) -> pd.DataFrame:
    n_pos, seed = n_positive(quiz_id, n), _seed(quiz_id, n)
    cases = clinic.test_set(task, n_pos, n - n_pos, seed=seed)
    hidden = ~visible.lesions(cases)
    if not hidden.any():
        return cases
    n_spare = int(hidden.sum()) + SPARE_LESIONS
    spare = clinic.test_set(task, n_spare, n_spare, seed=seed + SPARE_SEED)
    spare = spare[visible.lesions(spare)]
    question = tasks.get(task)
    hidden_sides, sides = _is_positive(question, cases[hidden]), _is_positive(question, spare)
    new = [spare[sides == side].head(int((hidden_sides == side).sum())) for side in (True, False)]
    return pd.concat([cases[~hidden], *new], ignore_index=True)


def study_of(
    cases: pd.DataFrame,
    images: str | Path | Sequence[str | Path] = "clinic",
    *,
    quiz_id: str,
    task: str = CLINIC_TASKS[0],
    n: int = 30,
    scores: pd.Series | None = None,
) -> Study:
    """A quiz on n images of any table of cases: pictures from folders, zips, or the clinic.

    Give the cases that no network of yours has learnt from: a test part. Where the table names
    biopsies only these are asked about. One image a group (patients and lesions joined); the
    gallery shows other groups. ``scores``: a network's score of each image_id, for its curve.
    Raises InputError where a class has too few groups.
    """
    question = tasks.get(check_quiz_id(quiz_id) and task)
    usable = cases[_classes(question, cases).notna()]
    if "label_source" in usable and (usable["label_source"] == "biopsy").any():
        usable = usable[usable["label_source"] == "biopsy"]
    usable = usable.sort_values("image_id")  # the order of the rows decides nothing
    group = splits.groups(usable).to_numpy()
    shuffled = usable.iloc[_generator(quiz_id, n, "draw").permutation(len(usable))]
    one_each = shuffled[~pd.Series(group, usable.index)[shuffled.index].duplicated()]
    n_pos = n_positive(quiz_id, n)
    chosen = _of_each_side(one_each, _is_positive(question, one_each), n_pos, n - n_pos, quiz_id)
    left = one_each.drop(chosen.index)
    is_positive = _is_positive(question, left)
    few = [min(EXAMPLES, int((is_positive == side).sum())) for side in (True, False)]
    shown = _of_each_side(left, is_positive, *few, quiz_id)
    sources = [images] if isinstance(images, str | Path) else list(images)
    study = _study(chosen, shown, sources, quiz_id, question, captions=shown["disease"].tolist())
    known = None if scores is None else partial(_known_scores, scores, chosen)
    return Study(**study | {"scores": known})


def n_positive(quiz_id: str, n: int) -> int:
    """How many of n pictures are of the first class: from 40 to 60 % of them."""
    if n < 2:
        raise InputError(f"A quiz needs at least two pictures, not {n}.")
    low, high = max(1, round(0.4 * n)), min(n - 1, round(0.6 * n))
    return int(_generator(quiz_id, n, "share").integers(low, high + 1))


def network_scores(cases: pd.DataFrame, task: tasks.Task) -> pd.Series:
    """The classroom network's probability of the task's first class, image_id → share of the two.

    It sees the pictures at 96 pixels, without the signs' names.
    """
    from dermlab.lessons import networks, results
    from dermlab.network import inference, pictures

    size = 96
    pixels = pictures.of_cases(cases, [pictures.CLINIC], size).pixels

    def make() -> np.ndarray:
        run = networks.classroom_network()
        probabilities = inference.predict(run.model, pixels)
        return tasks.read_out(probabilities, run.classes, task)[task.positive].to_numpy()

    weights = results.manifest(networks.NAME)["outputs"]
    inputs = {"pixels": np.asarray(pixels), "network": weights, "task": task.name}
    found = cache.load_or_make(make, inputs=inputs, version=SCORES_VERSION, name="quiz-scores")
    return pd.Series(found, pd.Index(cases["image_id"], name="image_id"), name=task.positive)


def telling_signs(cases: pd.DataFrame, is_positive: pd.Series) -> pd.DataFrame:
    """At most `TAUGHT` signs whose mean grade differs most between the classes, in their spread.

    Only signs that the table of described phenotypes grades apart as well, in the same direction:
    what a simulated disease shows by chance is not taught. Index ``sign``; columns ``meaning``,
    ``positive`` and ``negative`` (mean grades, 0 to 4).
    """
    from dermlab.cases.clinic import phenotypes

    signs = phenotypes.signs()
    if (cases["modality"] == "clinical").all():
        signs = signs[~signs["meaning"].str.contains("dermoscopy only")]
    grades = visible.grades(cases, signs.index)
    of_side = [grades[is_positive.to_numpy() == side] for side in (True, False)]
    means = [side.mean() for side in of_side]
    apart = (means[0] - means[1]) / np.sqrt((of_side[0].var() + of_side[1].var()) / 2)
    described = phenotypes.described(taxonomy.load_tree()).loc[cases["truth"], signs.index]
    by_side = [described[is_positive.to_numpy() == side].mean() for side in (True, False)]
    agreed = np.sign(apart) * (by_side[0] - by_side[1]) >= DESCRIBED
    order = apart[agreed].abs().sort_values(ascending=False, kind="stable").index[:TAUGHT]
    table = {"meaning": signs["meaning"], "positive": means[0], "negative": means[1]}
    return pd.DataFrame(table).loc[order]


def captions(cases: pd.DataFrame, signs: pd.DataFrame) -> list[str]:
    """For each picture the taught signs that can be seen in it, with their grades."""
    shown, grades = visible.signs(cases, signs.index), visible.grades(cases, signs.index)
    return [
        ", ".join(f"{sign} {grades.loc[row, sign]:.0f}" for sign in signs.index[shown.loc[row]])
        or f"none of the {len(signs)} signs"
        for row in cases.index
    ]


def _signs_of(cases: pd.DataFrame, signs: pd.DataFrame, image_ids: Sequence[str]) -> list[str]:
    """The captions of these pictures of the quiz."""
    rows = cases.set_index("image_id").loc[list(image_ids)]
    return captions(rows, signs)


def _gallery(cases: pd.DataFrame, is_positive: pd.Series, quiz_id: str) -> pd.DataFrame:
    """`EXAMPLES` of each class whose lesion can be seen."""
    first = [cases[is_positive == side].head(2 * EXAMPLES) for side in (True, False)]
    few = pd.concat(first)
    few = few[visible.lesions(few)]
    return _of_each_side(few, is_positive[few.index], EXAMPLES, EXAMPLES, quiz_id)


def _lesson(signs: pd.DataFrame, positive: str, negative: str) -> str:
    """The table of signs as HTML."""
    cells = "".join(
        f"<tr><td><b>{escape(sign)}</b></td><td>{escape(row.meaning)}</td>"
        f"<td>{number(row.positive, 1)}</td><td>{number(row.negative, 1)}</td></tr>"
        for sign, row in zip(signs.index, signs.itertuples(), strict=True)
    )
    return (
        f"<p>The {plural(len(signs), 'sign')} in which {escape(positive)} and {escape(negative)} "
        "differ most, graded 0 absent, 1 slight, 2 moderate, 3 marked, 4 extreme. The table shows "
        f"the mean of {LESSON_LESIONS} biopsied lesions of each class (<em>simulated</em>):</p>"
        f"<table><tr><th>sign</th><th>what it is</th><th>{escape(positive)}</th>"
        f"<th>{escape(negative)}</th></tr>{cells}</table><p>Below each picture stand the signs "
        "that can be seen in it, each with its grade.</p>"
    )


def _study(chosen, shown, sources, quiz_id: str, task: tasks.Task, *, captions) -> dict:
    from dermlab.network import pictures

    both = pd.concat([chosen, shown], ignore_index=True)
    pixels = pictures.of_cases(both, sources, SIDE).pixels
    names = [name for name, _ in task.classes]
    labels = [names[0] if side else names[1] for side in _is_positive(task, shown)]
    examples = map(Example, pixels[len(chosen) :], labels, captions)
    truth = pd.Series(_is_positive(task, chosen).to_numpy(), chosen["image_id"].to_numpy())
    return {
        "quiz_id": quiz_id,
        "task": task.name,
        "question": QUESTION,
        "image_ids": tuple(chosen["image_id"]),
        "pictures": pixels[: len(chosen)],
        "is_positive": truth,
        "positive": names[0],
        "negative": names[1],
        "gallery": tuple(examples),
        "cases": chosen.reset_index(drop=True),
    }


def _is_positive(task: tasks.Task, cases: pd.DataFrame) -> pd.Series:
    return _classes(task, cases) == task.positive


def _classes(task: tasks.Task, cases: pd.DataFrame) -> pd.Series:
    """The task's class of each case, by its truth where the clinic knows one."""
    return tasks.assign(task, cases["truth"] if "truth" in cases else cases["disease"])


def _of_each_side(cases, is_positive, n_pos: int, n_neg: int, quiz_id: str) -> pd.DataFrame:
    """The first so many rows of each class, in an order that tells nothing."""
    sides = [cases[is_positive].head(n_pos), cases[~is_positive].head(n_neg)]
    if [len(side) for side in sides] != [n_pos, n_neg]:
        raise InputError(
            f"The quiz {quiz_id} needs {n_pos} and {n_neg} lesions of its two classes, the cases "
            f"have {plural(len(sides[0]), 'lesion')} and {len(sides[1])}: ask for a smaller n."
        )
    return pd.concat(sides).sort_values("image_id")


def _known_scores(scores: pd.Series, cases: pd.DataFrame) -> pd.Series:
    missing = cases.loc[~cases["image_id"].isin(scores.index), "image_id"]
    if len(missing):
        raise InputError(
            f"The network's scores lack {plural(len(missing), 'image')} of the quiz, the first "
            f"{missing.iloc[0]}: predict the whole table."
        )
    return scores.loc[cases["image_id"]]


def _seed(quiz_id: str, n: int) -> int:
    """A seed of the clinic for this quiz, even, so that the gallery's is the next."""
    return 2 * (1000 + zlib.crc32(f"{quiz_id}/{n}".encode()) % 1_000_000)


def _generator(quiz_id: str, n: int, purpose: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(f"{quiz_id}/{n}/{purpose}".encode()))
