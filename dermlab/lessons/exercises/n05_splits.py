"""Exercises of notebook 05: groups, straddling lesions, and what may be claimed of a split."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "05.1",
        "Seven images: a and b show one lesion of patient 1; c and d are two lesions of "
        "patient 2; e is of patient 3, f of patient 4; g has a lesion and no patient_id. d and "
        "e look alike. Into how many groups do they fall?",
        hints=(
            "Join whatever shares an id or a pair, and count the islands.",
            "c, d and e are one island: c and d by their patient, d and e by their looks.",
        ),
        solution="import pandas as pd\n"
        "from dermlab.cases import splits\n"
        "cases = pd.DataFrame({\n"
        "    'image_id': list('abcdefg'),\n"
        "    'patient_id': ['1', '1', '2', '2', '3', '4', None],\n"
        "    'lesion_id': ['x', 'x', 'y', 'z', 'u', 'v', 'w'],\n"
        "})\n"
        "pairs = pd.DataFrame({'image_id_a': ['d'], 'image_id_b': ['e']})\n"
        "answer = splits.groups(cases, pairs=pairs).nunique()",
    ),
    Exercise(
        "05.2",
        "A lesion has three photographs. Each is dealt to one of nine folds at random and "
        "independently. With what probability do the three not all fall into the same fold?",
        hints=(
            "The second and the third must both hit the first one's fold.",
            "They all fall together with the chance 1/9 × 1/9.",
        ),
        solution="answer = 1 - (1 / 9) ** 2",
        tolerance=0.001,
    ),
    Exercise(
        "05.3",
        "HAM10000 in nine random folds: which share of the images is tested while another "
        "photograph of the same lesion is in training? (A shipped result knows it.)",
        hints=(
            "results.read('ham10000_repeats', 'straddling.csv'): nine folds, random, test_images.",
            "It is a share of images, not of lesions, and larger than the share of repeats.",
        ),
        solution="from dermlab.lessons import results\n"
        "table = results.read('ham10000_repeats', 'straddling.csv')\n"
        "row = table.query(\"scheme == 'nine folds' and split == 'random' \"\n"
        "                  \"and quantity == 'test_images'\")\n"
        "answer = row.expected.iloc[0]",
        tolerance=0.005,
    ),
    Exercise(
        "05.4",
        "A publisher ships lesion ids and no patient ids. After group_folds by lesion, dermlab "
        "leaks says that no lesion straddles. How many patients straddle? Give the number, or "
        "the text 'not checkable'.",
        hints=(
            "What would you have to look at to count them?",
            "Without patient_id nobody can count them: that is not the same as 0.",
        ),
        solution="answer = 'not checkable'",
    ),
    Exercise(
        "05.5",
        "Nine-fold network on HAM10000, malignant against the rest: how much higher is its "
        "area over all clinics together than the mean of its areas within the clinics that "
        "have 30 images of either side, weighted by images?",
        hints=(
            "results.read('ham10000_nine_folds', …): areas.csv, and the rows of subgroups.csv "
            "with task 'malignant' and column 'source'.",
            "Weight each clinic's area by its n_images, then subtract the mean from the whole.",
        ),
        solution="from dermlab.lessons import results\n"
        "areas = results.read('ham10000_nine_folds', 'areas.csv')\n"
        "together = areas.query(\"task == 'malignant' and cases == 'all'\").auc.iloc[0]\n"
        "parts = results.read('ham10000_nine_folds', 'subgroups.csv')\n"
        "parts = parts.query(\"task == 'malignant' and column == 'source'\")\n"
        "answer = together - (parts.auc * parts.n_images).sum() / parts.n_images.sum()",
        tolerance=0.003,
    ),
]
