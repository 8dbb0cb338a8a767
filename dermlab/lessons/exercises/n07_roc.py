"""Exercises of notebook 07: dots of a curve, accuracy, two networks, ratings instead of decisions.

Those from 07.11 on belong to its second sitting: a curve's lost strip, d', a sum of classes.
"""

from dermlab.lessons.exercises import Exercise, Vote

DOTS = (
    "from dermlab.evaluation import readers\n"
    "dots = readers.esteva_points().query(\"task == 'carcinoma' and question == 'action'\")\n"
)
TWO_NETWORKS = (
    "import numpy as np\n"
    "a, benign_a = np.array([.9, .8, .45, .4]), [.5, .3, .2, .1]\n"
    "b, benign_b = np.array([.9, .8, .7, .05]), [.4, .3, .2, .1]\n"
)

EXERCISES = [
    Exercise(
        "07.1",
        "A network gives three malignant lesions the scores 0.9, 0.7, 0.4 and four benign ones "
        "0.8, 0.3, 0.2, 0.1. You try every possible threshold. How many different dots do you get?",
        hints=(
            "Move the threshold down from above 0.9. When does the dot move?",
            "It moves at each of the seven scores, and there is a dot before the first move.",
        ),
        solution="answer = 7 + 1",
        mistakes=(
            ("7", "You forgot a threshold above all scores: it biopsies nobody."),
            ("3 * 4", "That is the number of pairs, which the AUC needs."),
            ("9", "At or below the lowest score everybody is biopsied: that is one dot, not two."),
            ("101", "Thresholds between two neighbouring scores give the same dot."),
        ),
    ),
    Exercise(
        "07.2",
        "Write one line of code: how many of the 25 rows of `dots` have an *accuracy* of at least "
        "0.82? The columns are `tp, n_pos, tn, n_neg, sensitivity, specificity`.",
        hints=(
            "Accuracy: the right answers among all images, malignant and benign together.",
            "((dots.tp + dots.tn) / … >= 0.82).sum()",
        ),
        solution=DOTS + "answer = int(((dots.tp + dots.tn) / (dots.n_pos + dots.n_neg) >= 0.82)"
        ".sum())",
        mistakes=(
            (
                DOTS + "answer = int((dots.specificity >= 0.82).sum())",
                "Those by specificity alone.",
            ),
            (
                DOTS + "answer = int((dots.sensitivity >= 0.82).sum())",
                "Those by sensitivity alone.",
            ),
            (
                DOTS + "answer = int(((dots.sensitivity + dots.specificity) / 2 >= 0.82).sum())",
                "You gave both rates the same weight; accuracy counts images.",
            ),
        ),
    ),
    Exercise(
        "07.3",
        "Two networks, four malignant and four benign lesions. A: malignant 0.9, 0.8, 0.45, 0.4; "
        "benign 0.5, 0.3, 0.2, 0.1 (AUC 0.88). B: malignant 0.9, 0.8, 0.7, 0.05; benign 0.4, 0.3, "
        "0.2, 0.1 (AUC 0.75). Each gets the lowest threshold that biopsies no benign lesion. What "
        "is B's sensitivity minus A's?",
        hints=(
            "The threshold lies just above the highest benign score. What do A and B find there?",
            "A finds the scores above 0.5, B those above 0.4; divide each by four and subtract.",
        ),
        solution=TWO_NETWORKS + "answer = (b > max(benign_b)).mean() - (a > max(benign_a)).mean()",
        mistakes=(
            ("-0.25", "That is A's minus B's."),
            ("0.75 - 14 / 16", "That is the difference of the AUCs, which no threshold enters."),
            ("1", "That is a number of lesions; divide by the malignant ones."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "07.4",
        "A dermatologist rates the suspicion of each of 135 lesions from 1 to 5 and never says "
        "biopsy or reassure. What do these ratings give?",
        options=(
            "One dot: a person has one opinion of each lesion.",
            "A curve of at most six dots, and an AUC.",
            "Nothing: without a decision there is neither a dot nor a curve.",
            "A curve without an AUC: ratings are no probabilities.",
        ),
        hints=(
            "What would a network's scores give that had only five different values?",
            "Biopsy from 5 on, from 4 on, from 3 on, …: each is one dot. What does an AUC need?",
        ),
        solution="answer = 'B'",
        mistakes=(
            ("A", "One opinion, but five places where a threshold could be set."),
            ("C", "The network did not decide either: whoever sets a threshold decides."),
            ("D", "An AUC needs the order of the lesions in pairs. No probability enters."),
        ),
    ),
    Exercise(
        "07.11",
        "How many of the 136 dots (68 readers, two questions) miss no malignant lesion?",
        hints=(
            "Compare the columns tp and n_pos of readers.esteva_points().",
            "A dot that misses none has as many true positives as there are malignant images.",
        ),
        solution="from dermlab.evaluation import readers\n"
        "points = readers.esteva_points()\n"
        "answer = int((points.tp == points.n_pos).sum())",
        mistakes=(
            (
                "from dermlab.evaluation import readers\n"
                "points = readers.esteva_points()\n"
                "answer = int((points.tn == points.n_neg).sum())",
                "Those leave every benign lesion alone.",
            ),
        ),
    ),
    Exercise(
        "07.12",
        "A curve on 40 malignant and 60 benign images starts with ten malignant images before "
        "the first benign one. Its area, summed from the first printed row, comes out as 0.900. "
        "What is the area from (0, 1), where nobody is biopsied?",
        hints=(
            "The lost strip is one malignant image wide and as high as the first specificity.",
            "No benign image stands before the first malignant one: the strip has height 1.",
        ),
        solution="answer = 0.900 + (1 / 40) * 1.0",
        mistakes=(
            ("0.9 + 10 / 40", "The sum lost one image's strip; the other nine are in it."),
            ("0.9 + 1 / 60", "The width of a strip is one malignant image."),
            ("0.9 + 1 / 100", "The width of a strip is one of the malignant images, not of all."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "07.13",
        "A reader with d' = 1.8 moves the criterion from −0.1 to −0.6. By how many percentage "
        "points does the Youden index change, though the skill does not?",
        hints=(
            "two_questions.binormal_rates(d_prime, criterion) gives sensitivity and specificity.",
            "Youden = sensitivity + specificity − 1, in percentage points; mind the sign.",
        ),
        solution="from dermlab.evaluation import two_questions\n"
        "before, after = (sum(two_questions.binormal_rates(1.8, c)) for c in (-0.1, -0.6))\n"
        "answer = 100 * (after - before)",
        mistakes=(("7.843", "Mind the sign: does the index rise or fall?"),),
        tolerance=0.05,
    ),
    Exercise(
        "07.14",
        "A network gives the five classes of a lesion the probabilities 0.30, 0.10, 0.20, "
        "0.35, 0.05; the first and the second are melanomas, the third and the fourth nevi, "
        "the fifth is neither. What is its probability of melanoma in the task melanoma "
        "against nevus?",
        hints=(
            "Sum each side, leave the fifth out, and bring the two sums to 1.",
            "The two sides together have 0.95: divide by that.",
        ),
        solution="answer = (0.30 + 0.10) / (0.30 + 0.10 + 0.20 + 0.35)",
        mistakes=(
            ("0.4", "The fifth class is no answer of this task: bring the two sums to 1."),
            ("0.3 / (0.3 + 0.35)", "You compared the largest of each side. Sum each side first."),
        ),
        tolerance=0.001,
    ),
]

VOTE = Vote(
    "The paper gives its network an AUC of 0.96 for carcinoma and 0.91 for melanoma in dermoscopy. "
    "What follows?",
    (
        "For carcinoma the network gives more right answers: 96 % instead of 91 %.",
        "At every sensitivity the network has the higher specificity for carcinoma.",
        "Dermoscopy makes a lesion harder to recognise than an ordinary photograph.",
        "On the carcinoma images, more of the pairs were in the right order. No more.",
    ),
    "D",
    "An AUC counts pairs, and nobody has decided anything yet (A). Two curves can cross, so a "
    "higher AUC promises nothing at one threshold or one sensitivity (B). The images, the diseases "
    "and how hard the lesions are differ between the two tests; the paper's own legend gives the "
    "difficulty of the images as the reason (C).",
)
