"""Exercises of lesson 12: rare cancers, the price of an alarm, what a missing word allows."""

from dermlab.lessons.exercises import Exercise, Vote

TWICE = (
    "import numpy as np\n"
    "import pandas as pd\n"
    "from dermlab.lessons import results\n"
    "saved = results.read('ham10000_nine_folds', 'predictions.npz')\n"
    "p = pd.DataFrame(saved['probabilities'].astype(float), columns=saved['classes'])\n"
    "disease = saved['diseases'][saved['disease']]\n"
    "melanoma, nevus = 'malignant melanoma', 'melanocytic nevi'\n"
    "score = p[melanoma] / (p[melanoma] + p[nevus])\n"
    "rows = pd.DataFrame({'score': score, 'lesion': saved['lesion']})\n"
    "rows = rows[np.isin(disease, [melanoma, nevus])]\n"
    "of_lesion = rows.groupby('lesion').score.agg(['min', 'max', 'size'])\n"
    "several = of_lesion[of_lesion['size'] > 1].rename(columns={'min': 'low', 'max': 'high'})\n"
)
RATES = (
    "from dermlab.evaluation import readers\n"
    "network = readers.esteva_network_points().iloc[0]\n"
    "sensitivity, specificity = network.sensitivity, network.specificity\n"
)

EXERCISES = [
    Exercise(
        "12.1",
        "Write one line of code. `sensitivity` and `specificity` are those of this lesson. At "
        "which prevalence (a share) is exactly half of what it calls malignant really cancer?",
        hints=(
            "Half are cancers where as many cancers as harmless lesions are called.",
            "Solve `p * sensitivity == (1 - p) * (1 - specificity)` for `p`.",
        ),
        solution=RATES + "answer = (1 - specificity) / (sensitivity + 1 - specificity)",
        mistakes=(
            (0.5, "Where half of all lesions are cancers, far more than half of the called are."),
            (
                RATES + "answer = (1 - specificity) / sensitivity",
                "That is the odds, cancers to harmless lesions; the share is asked for.",
            ),
            (
                RATES + "answer = specificity / (sensitivity + specificity)",
                "Called by mistake are 1 − specificity of the harmless, not specificity.",
            ),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "12.2",
        "We found nothing about skin types in the parts of the paper that we could read. What may "
        "your report say?",
        options=(
            "The network does not work on dark skin.",
            "The authors did not record the skin types.",
            "The authors broke the rules of STARD-AI, which ask for it.",
            "We found no skin types; please report them, and the results for each.",
        ),
        hints=(
            "What do you know, and what do you only suspect?",
            "We read parts of the paper, and STARD-AI is eight years younger than it.",
        ),
        solution="answer = 'D'",
        mistakes=(
            ("A", "It may or may not: nobody has shown it for this network."),
            ("B", '"Not found in our sources" is not "not recorded".'),
            ("C", "STARD-AI appeared in 2025. In 2017 nobody could follow it."),
        ),
    ),
    Exercise(
        "12.3",
        'A colleague explains the lower AUC on HAM10000: "Biopsied nevi simply look more like '
        'melanomas." What speaks against this as the main reason?',
        options=(
            "Within one source: AUC 0.774 with all, 0.765 with biopsied nevi.",
            "The interval of the difference in all sources leaves out 0.",
            "Another network also has a lower AUC with biopsied nevi.",
            "With all nevi: AUC 0.774 within one source, 0.88 in all.",
        ),
        hints=(
            "What would the colleague expect within one source?",
            "If the look were the reason, biopsied nevi would be as much harder there, too.",
        ),
        solution="answer = 'A'",
        mistakes=(
            ("B", "That says that there is a difference, not where it comes from."),
            ("C", "The colleague expects that, too: harder nevi are harder for every network."),
            ("D", "Both are with all nevi; the claim is about biopsied nevi."),
        ),
    ),
    Exercise(
        "12.11",
        "In a practice one of 1,000 lesions is a cancer. Sensitivity is 0.954, specificity 0.843. "
        "How many lesions are called malignant, on average, for each cancer among them?",
        hints=(
            "That is one over the positive predictive value.",
            "Of 1,000 lesions 0.954 cancers and 999 × 0.157 harmless lesions are called.",
        ),
        solution="answer = (0.001 * 0.954 + 0.999 * 0.157) / (0.001 * 0.954)",
        mistakes=(
            (1000, "Of the called, not of all lesions."),
            ("0.001 * 0.954 / (0.001 * 0.954 + 0.999 * 0.157)", "That is one over it."),
            ("0.999 * 0.157 / (0.001 * 0.954)", "The cancers are called, too."),
        ),
        tolerance=0.4,
    ),
    Exercise(
        "12.12",
        "Write one line of code. `several` is that of this notebook. With a threshold of 0.1, what "
        "share of these lesions gets both answers?",
        hints=(
            "The lowest score must lie below the threshold, the highest at or above it.",
            "`((several['low'] < 0.1) & …).mean()`",
        ),
        solution=TWICE + "answer = ((several['low'] < 0.1) & (several['high'] >= 0.1)).mean()",
        mistakes=(
            (TWICE + "answer = (several['low'] < 0.1).mean()", "The highest score counts, too."),
            (
                TWICE + "answer = ((several['low'] < 0.1) & (several['high'] >= 0.1)).sum()",
                "That is how many they are; the share is asked for.",
            ),
        ),
        tolerance=0.002,
    ),
    Exercise(
        "12.13",
        "A doctor biopsies wherever the risk of melanoma is at least 5 %. How many needless "
        "biopsies does she accept for one melanoma?",
        hints=(
            "At a risk of just 5 %, how many of 100 such lesions are melanomas?",
            "5 melanomas stand against 95 harmless lesions.",
        ),
        solution="answer = 0.95 / 0.05",
        mistakes=(
            (20, "Those are all biopsies, the melanoma's among them."),
            (5, "5 % is the risk. How many harmless lesions stand against one melanoma?"),
            ("0.05 / 0.95", "That is turned round: what one needless biopsy costs in melanomas."),
        ),
        tolerance=0.01,
    ),
]

VOTE = Vote(
    "A network was comparable to dermatologists on a test like the paper's. May a practice let it "
    "decide which patients no doctor needs to see?",
    options=(
        "Yes: it is as good as a dermatologist, and cheaper.",
        "Yes, if its AUC on the practice's own old biopsies is above 0.9.",
        "No: a network can never be as good as a doctor.",
        "Not yet: first it must be tried, threshold fixed, on the patients who come there.",
    ),
    right="D",
    why="Comparable on chosen images is not the same as safe on the patients who come (A): how "
    "common cancer is, who takes the picture and which diseases come differ. Old biopsies are "
    "again only what somebody found suspicious, and an AUC is no decision (B). That it can never "
    "be (C) nobody has shown: it is a question for a trial.",
)
