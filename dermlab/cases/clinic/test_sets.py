"""Every named test set of the virtual clinic, and the version of what it draws.

A test set is asked about and never learnt from: its patients are found in no training fold. Each is
a function of its name and seed alone, so that a recipe, a lesson and a test mean the same lesions.
All return cases as `make` does, a row a photograph.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from dermlab.cases import tasks, taxonomy
from dermlab.cases.clinic.patients import make, test_set
from dermlab.cases.clinic.pictures import masks, render
from dermlab.errors import InputError

VERSION = 2  # raise it whenever the same row of the clinic would give another picture

# --- the paper's tests, on biopsied lesions of clinic B -------------------------------------------

TESTS = {  # name: task, modality, lesions of each class (the first three: the paper's Fig. 3)
    "carcinoma": ("carcinoma-vs-keratosis", "clinical", (65, 70)),
    "melanoma": ("melanoma-vs-nevus", "clinical", (33, 97)),
    "melanoma, dermoscopy": ("melanoma-vs-nevus", "dermoscopy", (71, 40)),
    "three-way": ("three-way", "clinical", (150,) * 3),
    "nine-way": ("nine-way", "clinical", (50,) * 9),
}
BALANCED, NATURAL = "nine-way, as they come", "nine-way, natural mix"  # biopsied or not
TEST_SEED, SORTED_SEED, NEW_SEED, N_NATURAL = 7, 9002, 81, 2000
NINE, MALIGNANT = "nine-way", "malignant"


def named(name: str) -> pd.DataFrame:
    """The lesions of clinic B that a test of ``TESTS`` asks about, or those of ``BALANCED`` and
    ``NATURAL``: as they come to clinic B, 50 of each of the nine, or 2,000 in their natural mix.

    InputError for another name.
    """
    if name == BALANCED:
        return as_they_come("clinic B")
    if name == NATURAL:
        return first_photographs("clinic B").head(N_NATURAL)
    if name not in TESTS:
        known = ", ".join((*TESTS, BALANCED, NATURAL))
        raise InputError(f"The clinic has no test set {name!r}; there are {known}.")
    task, modality, counts = TESTS[name]
    return test_set(task, *counts, seed=TEST_SEED, modality=modality)


def of_each_class(n: int, seed: int) -> pd.DataFrame:
    """Biopsied lesions of clinic B, ``n`` of each of the nine classes."""
    return test_set(NINE, *[n] * 9, seed=seed)


def as_they_come(source: str) -> pd.DataFrame:
    """Lesions as the blind sorting chose them, 50 of each of the nine classes, biopsied or not.

    First clinical photographs, one a patient, of a clinic that was not trained on.
    """
    first = first_photographs(source)
    return first.groupby(_sides(NINE, first["truth"])).head(50)


@lru_cache(maxsize=2)
def first_photographs(source: str) -> pd.DataFrame:
    """The first clinical photograph of a lesion, one a patient, of 9,000 patients of a clinic."""
    first = make(9000, SORTED_SEED, source=source).drop_duplicates("lesion_id")
    return first[first["modality"] == "clinical"].drop_duplicates("patient_id")


def new_patients(n: int = 80) -> pd.DataFrame:
    """``n`` photographs of each of the nine classes by their labels, each of another patient."""
    table = make(9000, NEW_SEED).drop_duplicates("patient_id")
    return table.groupby(_sides(NINE, table["disease"])).head(n)


def balanced(seed: int, n_patients: int, *, train: int, test: int, **options) -> pd.DataFrame:
    """First clinical photographs of equally many malignant and other lesions of one clinic.

    ``options`` as `make`; quality and skin types leave the lesions the same. Columns beside the
    clinic's: ``malignant`` (the truth), ``called`` (the dermatologist's label is malignant),
    ``part`` ("train" or "test", whole patients each; so many lesions a side).
    """
    cases = make(n_patients, seed, **options)
    cases = cases[(cases["view"] == 1) & (cases["modality"] == "clinical")]
    top = taxonomy.ancestor_at(taxonomy.load_tree(), "three-way")
    cases = cases.assign(
        malignant=cases["truth"].map(top) == "malignant",
        called=cases["dermatologist"].map(top) == "malignant",
    )
    patient = pd.factorize(cases["patient_id"])[0]
    cases["part"] = np.where(patient < 0.6 * (patient.max() + 1), "train", "test")
    wanted = {"train": train, "test": test}
    parts = [g.iloc[: wanted[part]] for (part, _), g in cases.groupby(["part", "malignant"])]
    return pd.concat(parts).sort_index()


# --- rulers ---------------------------------------------------------------------------------------

RULERS = {  # the same lesions, photographed in five ways: the share of photographs with a ruler
    "as learnt": {"malignant": 0.9, "other": 0.1},
    "alike": {"malignant": 0.5, "other": 0.5},
    "reversed": {"malignant": 0.1, "other": 0.9},
    "none": {"malignant": 0.0, "other": 0.0},
    "all": {"malignant": 1.0, "other": 1.0},
}
RULER_CLINIC, N_RULERS, N_MAPS, N_QUIZ = 900, (200, 200), 200, 25


def with_rulers(way: str, seed: int) -> pd.DataFrame:
    """Biopsied lesions of clinic A, one a patient, 200 malignant or premalignant and 200 others,
    photographed in a way of ``RULERS``."""
    artefacts = {"ruler": RULERS[way]}
    options = {"seed": RULER_CLINIC + seed, "source": "clinic A", "artefacts": artefacts}
    return test_set(MALIGNANT, *N_RULERS, **options)


def in_turn(malignant: np.ndarray, n: int = N_MAPS) -> np.ndarray:
    """Rows of ``n`` lesions, a malignant and another one in turn; ``malignant``: (lesions,)."""
    sides = [np.flatnonzero(malignant == side)[: n // 2] for side in (True, False)]
    return np.stack(sides, axis=1).ravel()


def ruler_quiz(size: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """25 photographs (n, size, size, 3) uint8 with rulers, malignant and other ones in turn; the
    rulers' masks (n, size, size)."""
    cases = with_rulers("all", 0)
    cases = cases.iloc[in_turn(is_malignant(cases))[:N_QUIZ]]
    return render(cases, size), masks(cases, size, of="ruler")


def is_malignant(cases: pd.DataFrame, column: str = "truth") -> np.ndarray:
    """(n,) whether each photograph's lesion is malignant or premalignant."""
    return _sides(MALIGNANT, cases[column]) == MALIGNANT


def _sides(task: str, diseases: pd.Series) -> np.ndarray:
    return tasks.assign(tasks.get(task), diseases).to_numpy(object)
