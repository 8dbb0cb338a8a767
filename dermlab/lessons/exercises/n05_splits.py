"""Exercises of lesson 05: groups, torn lesions, and what may be claimed of a split."""

from dermlab.lessons.exercises import Exercise, Vote

SEVEN = (
    "import pandas as pd\n"
    "from dermlab.cases import splits\n"
    "cases = pd.DataFrame({\n"
    "    'image_id': list('abcdefg'),\n"
    "    'patient_id': ['1', '1', '2', '2', '3', '4', None],\n"
    "    'lesion_id': ['x', 'x', 'y', 'z', 'u', 'v', 'w'],\n"
    "})\n"
    "pairs = pd.DataFrame({'image_id_a': ['d'], 'image_id_b': ['e']})\n"
)
CLINIC = (
    "import numpy as np\n"
    "import pandas as pd\n"
    "from dermlab.cases import clinic\n"
    "from dermlab.lessons import thread\n"
    "cases = pd.concat([thread.lesson(), clinic.make(1000, seed=31)], ignore_index=True)\n"
    "random = np.random.default_rng(5).permutation(np.arange(len(cases)) % 3)\n"
)
NINE_FOLDS = (
    "from dermlab.lessons import results\n"
    "areas = results.read('ham10000_nine_folds', 'areas.csv')\n"
    "together = areas.query(\"task == 'malignant' and cases == 'all'\").auc.iloc[0]\n"
    "parts = results.read('ham10000_nine_folds', 'subgroups.csv')\n"
    "parts = parts.query(\"task == 'malignant' and column == 'source'\")\n"
)
TORN = "(cases.assign(fold=random).groupby('{}').fold.nunique() > 1).mean()"

EXERCISES = [
    Exercise(
        "05.1",
        "Seven images: a and b show one lesion of patient 1; c and d show two lesions of "
        "patient 2; e is of patient 3, f of patient 4; g has a lesion and no patient_id. d and "
        "e look alike. How many groups are there?",
        hints=(
            "Draw seven dots and join what must stay together.",
            "a-b are one group, and c-d-e are one group. Count these and the images that are left.",
        ),
        solution=SEVEN + "answer = splits.groups(cases, pairs=pairs).nunique()",
        mistakes=(
            (5, "d and e look alike: that joins patients 2 and 3."),
            (6, "c and d show two lesions, but of one patient: that joins them."),
            (3, "An image without patient_id joins nothing; f and g are two groups."),
            (7, "That is the number of images."),
        ),
    ),
    Exercise(
        "05.2",
        "A lesion has three photographs. Each is put into one of nine folds at random, "
        "independently of the others. What is the probability that the lesion is torn?",
        hints=(
            "It is easier to ask: what is the probability that all three are in one fold?",
            "The first may be anywhere. The second and the third must both hit its fold.",
        ),
        solution="answer = 1 - (1 / 9) ** 2",
        mistakes=(
            ("1 - 1 / 9", "That is right for two photographs; here there are three."),
            ("1 - (1 / 9) ** 3", "The first photograph may be in any of the nine folds."),
            ("8 / 9 * 7 / 9", "The three need not all be in different folds: two are enough."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "05.3",
        "Write one line of code. `cases` and `random` are those of this lesson. What share of the "
        "patients has images in more than one fold of `random`?",
        hints=(
            "The lesson counts the folds of each lesion; you need the folds of each patient.",
            "`(cases.assign(fold=random).groupby(…).fold.nunique() > 1)` says it for each "
            "patient. The mean of true and false is a share.",
        ),
        solution=CLINIC + "answer = " + TORN.format("patient_id"),
        mistakes=(
            (CLINIC + "answer = " + TORN.format("lesion_id"), "That is the share of lesions."),
            (
                CLINIC + "answer = (cases.assign(fold=random).groupby('patient_id').fold.nunique() "
                "> 1).sum()",
                "That is how many patients they are; the share is asked for.",
            ),
        ),
        tolerance=0.002,
    ),
    Exercise(
        "05.4",
        "A colleague trains one network twice on 2,000 images of 400 patients. Random folds of "
        "images give an AUC of 0.91, folds of whole patients 0.84. Which number belongs into the "
        "abstract, and why?",
        options=(
            "0.91: the network with the higher score is the better network.",
            "0.91: under random folds every patient helps the training, so the network learns "
            "more.",
            "0.84: it says what can be expected of patients who were not in training.",
            "The mean of both: the truth lies between too optimistic and too pessimistic.",
        ),
        hints=(
            "Whom will the network meet in the clinic?",
            "In the clinic no patient was in training. Which folds imitate that?",
        ),
        solution="answer = 'C'",
        mistakes=(
            ("A", "The networks are alike; what differs is the test, and it asks other things."),
            (
                "B",
                "Both trainings see two thirds of the images. The score is higher because the "
                "test asks about patients who are known.",
            ),
            (
                "D",
                "The folds of whole patients are not pessimistic: new patients are what the "
                "network will meet.",
            ),
        ),
    ),
    Exercise(
        "05.11",
        "HAM10000 in nine random folds: which share of the images is tested while another "
        "photograph of the same lesion is in training? Read it from the shipped result.",
        hints=(
            "results.read('ham10000_repeats', 'straddling.csv'): one row is for this.",
            "Its scheme is 'nine folds', its split 'random', its quantity 'test_images'; the "
            "column is `expected`.",
        ),
        solution="from dermlab.lessons import results\n"
        "table = results.read('ham10000_repeats', 'straddling.csv')\n"
        "row = table.query(\"scheme == 'nine folds' and split == 'random' \"\n"
        "                  \"and quantity == 'test_images'\")\n"
        "answer = row.expected.iloc[0]",
        mistakes=(
            ("2545 / 10015", "That is the share of images that are repeats of a lesion."),
            ("1792 / 7470", "That is the share of lesions that are torn."),
        ),
        tolerance=0.005,
    ),
    Exercise(
        "05.12",
        "The nine-fold network on HAM10000, malignant against the rest: how much higher is its AUC "
        "over all sources together than the mean of its AUCs within the sources, weighted by their "
        "images?",
        hints=(
            "results.read('ham10000_nine_folds', …): areas.csv has the whole, subgroups.csv the "
            "sources.",
            "In subgroups.csv take task 'malignant' and column 'source'; multiply auc by n_images, "
            "sum, and divide by the sum of n_images.",
        ),
        solution=NINE_FOLDS
        + "answer = together - (parts.auc * parts.n_images).sum() / parts.n_images.sum()",
        mistakes=(
            (
                NINE_FOLDS + "answer = together - parts.auc.mean()",
                "Weight each source by its images.",
            ),
        ),
        tolerance=0.003,
    ),
]

VOTE = Vote(
    "Every training photograph is rotated and flipped at random, so that the network never sees "
    "the same picture twice. May the images then be divided at random?",
    options=(
        "Yes: what is never shown twice cannot be learned by heart.",
        "Yes, if every disease is equally frequent on both sides.",
        "No: the lesion is still on both sides, and nobody knows beforehand how much that "
        "flatters.",
        "No: rotated copies of the test photographs would be in training.",
    ),
    right="C",
    why="The picture is new each time, the lesion is not (A). Equal shares of each disease do not "
    "keep a lesion on one side (B). Only training photographs are rotated, and what leaks is the "
    "other photograph of the lesion, not a copy of it (D). In the figure of HAM10000 the rows "
    "with augmentation are near 0, one of them just above: that is no promise for another data "
    "set.",
)
