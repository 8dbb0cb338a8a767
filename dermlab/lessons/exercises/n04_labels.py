"""Exercises of notebook 04: scores on wrong labels, a correction by hand, and two labels."""

from dermlab.lessons.exercises import Exercise

EXERCISES = [
    Exercise(
        "04.1",
        "Three classes. The labels are right in 90 % of the images, a classifier in 80 %, both "
        "with errors spread evenly and independently. What accuracy is measured on the labels?",
        hints=(
            "Both right, or both wrong and the same: with three classes two wrong answers exist.",
            "Add the luck: both wrong with 0.2 × 0.1, and half of the time the same.",
        ),
        solution="answer = 0.8 * 0.9 + 0.2 * 0.1 / 2",
        tolerance=0.001,
    ),
    Exercise(
        "04.2",
        "Two classes, labels right in 90 % of the images. Network A measures 0.74, B 0.70, and "
        "both err independently of the labels. By how much is A truly better?",
        hints=(
            "measured = a q + (1 - a)(1 - q) is a straight line in a: what is its slope?",
            "With two classes the line has the slope q - (1 - q); divide by it.",
        ),
        solution="slope = 0.9 - 0.1\nanswer = (0.74 - 0.70) / slope",
        tolerance=0.001,
    ),
    Exercise(
        "04.3",
        "A made-up study of 650 scans: 429 positive, 263 of these patients were examined "
        "further, 231 were ill; 221 negative, 81 of them examined, 27 ill. Give (sensitivity, "
        "specificity) after the correction.",
        hints=(
            "231 / 263 of all 429 and 27 / 81 of all 221 are taken to be ill.",
            "Scale each share of illness up to all patients with that result; then count anew.",
        ),
        solution="ill_called, ill_other = 429 * 231 / 263, 221 * 27 / 81\n"
        "well_called, well_other = 429 - ill_called, 221 - ill_other\n"
        "answer = (ill_called / (ill_called + ill_other), well_other / (well_called + "
        "well_other))",
        tolerance=0.001,
    ),
    Exercise(
        "04.4",
        "In a data set 20 % of the lesions with two labels have two different ones. By the "
        "simple model, with wrong labels that always coincide (c = 1), which share of single "
        "labels is wrong?",
        hints=(
            "Solve 2 e - 2 e² = 0.2 for the smaller e.",
            "With c = 1 the two differ if just one is wrong: 2 e (1 - e) = 0.2.",
        ),
        solution="answer = (1 - (1 - 2 * 0.2) ** 0.5) / 2",
        tolerance=0.001,
    ),
    Exercise(
        "04.5",
        "HAM10000 again: among images of melanoma and of benign epidermal lesions, which share "
        "is melanoma? Give a pair: (on all images, on biopsied ones only).",
        hints=(
            "Use the table proven: its column biopsy, and the sum of its row.",
            "All 1,113 melanomas are biopsied; how many of the benign epidermal images are?",
        ),
        solution="from dermlab.lessons import results\n"
        "counts = results.read('ham10000_without_pixels', 'counts.csv')\n"
        "counts = counts[counts['column'] == 'label_source']\n"
        "n = counts.pivot(index='disease', columns='value', values='n')\n"
        "n = n.loc[['malignant melanoma', 'benign epidermal']]\n"
        "answer = tuple(float(x.iloc[0] / x.sum()) for x in (n.sum(axis=1), n['biopsy']))",
        tolerance=0.001,
    ),
]
