"""Exercises of notebook 04: scores on wrong labels, biopsied lesions, and a correction by hand."""

from dermlab.lessons.exercises import Exercise, Vote

VOTE = Vote(
    "A network learnt from dermatologists' labels. On very many new labels of the same kind, of "
    "which 93 % are right, it scores 96 %. What follows?",
    (
        "The computation is wrong: 93 % is the ceiling.",
        "The network shares mistakes with the labels.",
        "The network is better than the dermatologists.",
        "At least 96 % of the labels must be right.",
    ),
    right="B",
    why="Where the label is wrong, the network must often have given the same wrong answer. The "
    "ceiling of 93 % holds for a network that is always right, or that errs independently of the "
    "labels (A). The score cannot say whether the network is better (C), and how many labels are "
    "right does not depend on the network (D).",
)

PROVEN = (
    "from dermlab.lessons import results\n"
    "counts = results.read('ham10000_without_pixels', 'counts.csv')\n"
    "counts = counts[counts['column'] == 'label_source']\n"
    "proven = counts.pivot(index='disease', columns='value', values='n')\n"
)

EXERCISES = [
    Exercise(
        "04.1",
        "Three classes. The labels are right in 90 % of the images, a network in 80 %; both err "
        "independently, and all wrong classes are equally likely. Which accuracy is measured on "
        "the labels? (A share.)",
        hints=(
            "In the formula of this lesson the 8 is the number of wrong classes.",
            "Both right: 0.8 × 0.9. Both wrong: 0.2 × 0.1, and half of the time the same class.",
        ),
        solution="answer = 0.8 * 0.9 + 0.2 * 0.1 / 2",
        mistakes=(
            (0.72, "That is how often both are right. They can also be wrong and agree."),
            (0.74, "Two that are both wrong do not always give the same wrong class."),
            (0.7225, "With three classes there are two wrong ones, not eight."),
        ),
        tolerance=0.0005,
    ),
    Exercise(
        "04.2",
        "A study biopsies every lesion that the dermatologists call malignant, and no other "
        "lesion. Which sensitivity of the dermatologists does it report?",
        hints=(
            "Which lesions does the study know to be malignant?",
            "Of the lesions that it knows to be malignant, how many were called malignant?",
        ),
        solution="answer = 'D'",
        mistakes=(
            ("A", "The true one needs the malignant lesions that were not called malignant."),
            ("B", "Those that were missed would lower it, but are they in the study?"),
            ("C", "It can be computed: the study has malignant lesions. Only not all of them."),
        ),
        options=(
            "The true one: a biopsy is always right.",
            "One that is too low, because many biopsied lesions are harmless.",
            "None: it cannot be computed.",
            "100 %, however good or bad they are.",
        ),
    ),
    Exercise(
        "04.3",
        "Of 1,000 lesions 100 are malignant. The eye calls 80 of these and 90 of the others "
        "malignant. Everything that was called malignant is biopsied, and one in ten of the rest, "
        "at random. Which sensitivity is expected on the biopsied lesions? (A share.)",
        hints=(
            "Count the biopsied malignant lesions: those called malignant, and the others.",
            "80 were called malignant and biopsied; of the other 20 malignant ones 2 are biopsied.",
        ),
        solution="answer = 80 / (80 + 20 / 10)",
        mistakes=(
            (0.8, "That is the sensitivity on all lesions."),
            ("80 / 170", "That is the share of malignant lesions among those called malignant."),
            (1, "Some of the missed ones are biopsied too."),
        ),
        tolerance=0.002,
    ),
    Exercise(
        "04.4",
        "The table proven counts images: a row a diagnosis, a column a kind of proof. Write one "
        "line of code: which share of all images was biopsied?",
        hints=(
            "One column holds the biopsied images; the whole table holds all of them.",
            "proven.biopsy.sum() / ...",
        ),
        solution=PROVEN + "answer = float(proven['biopsy'].sum() / proven.to_numpy().sum())",
        mistakes=(
            (
                PROVEN + "answer = float((proven['biopsy'] / proven.sum(axis=1)).mean())",
                "That is the mean of the diagnoses' shares: rare ones count as much as nevi.",
            ),
            (PROVEN + "answer = int(proven['biopsy'].sum())", "That is a number of images."),
        ),
        tolerance=0.002,
    ),
    Exercise(
        "04.11",
        "Two classes, labels right in 90 % of the images. Network A measures 0.74 on them, B 0.70, "
        "and both err independently of the labels. By how much is A truly better? (A share.)",
        hints=(
            "measured = a q + (1 - a)(1 - q) is a straight line in a: what is its slope?",
            "With two classes the slope is q - (1 - q); divide the difference by it.",
        ),
        solution="slope = 0.9 - 0.1\nanswer = (0.74 - 0.70) / slope",
        mistakes=(
            (0.04, "That is the measured difference; the line is flatter than the diagonal."),
            ("0.04 / 0.9", "When both are wrong they agree too: the slope is not q alone."),
        ),
        tolerance=0.0005,
    ),
    Exercise(
        "04.12",
        "A made-up study of 650 scans: 429 positive, 263 of these patients were examined further, "
        "231 were ill; 221 negative, 81 of them examined, 27 ill. Give (sensitivity, specificity) "
        "after the correction of Begg and Greenes.",
        hints=(
            "231 / 263 of all 429 and 27 / 81 of all 221 are taken to be ill.",
            "Scale each share of illness up to all patients with that result; then count anew.",
        ),
        solution="ill_called, ill_other = 429 * 231 / 263, 221 * 27 / 81\n"
        "well_called, well_other = 429 - ill_called, 221 - ill_other\n"
        "answer = (ill_called / (ill_called + ill_other), well_other / (well_called + "
        "well_other))",
        mistakes=(
            ("(231 / 258, 54 / 86)", "Those are the rates on the examined patients alone."),
            (
                "(429 * 231 / 263 / (429 * 231 / 263 + 221 * 27 / 81), 54 / 86)",
                "The specificity is still that of the examined patients.",
            ),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "04.13",
        "In a data set 20 % of the lesions with two labels have two different ones. By the simple "
        "model, with wrong labels that always coincide (c = 1), which share of single labels is "
        "wrong?",
        hints=(
            "With c = 1 the two differ if just one of them is wrong.",
            "Solve 2 e - 2 e² = 0.2 for the smaller e.",
        ),
        solution="answer = (1 - (1 - 2 * 0.2) ** 0.5) / 2",
        mistakes=(
            (0.1, "That leaves out the lesions on which both labels are wrong."),
            ("1 - 0.8 ** 0.5", "That is c = 0: two wrong labels never coincide."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "04.14",
        "HAM10000 again: among images of melanoma and of benign epidermal lesions, which share is "
        "melanoma? Give a pair: (on all images, on biopsied ones only).",
        hints=(
            "Use the table proven: its column biopsy, and the sum of its row.",
            "All 1,113 melanomas are biopsied; how many of the benign epidermal images are?",
        ),
        solution=PROVEN + "n = proven.loc[['malignant melanoma', 'benign epidermal']]\n"
        "answer = tuple(float(x.iloc[0] / x.sum()) for x in (n.sum(axis=1), n['biopsy']))",
        tolerance=0.001,
    ),
]
