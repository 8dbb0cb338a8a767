"""Exercises of notebook 02: a printed table, a paired interval, lesions saved, luck, fairness."""

from dermlab.lessons.exercises import Exercise, is_close

_GAPS = (0.033, 0.043, 0.027)


def _half_width() -> float:
    """Half of Student's 95 % interval of three paired differences."""
    mean = sum(_GAPS) / 3
    sd = (sum((gap - mean) ** 2 for gap in _GAPS) / 2) ** 0.5
    return 4.3027 * sd / 3**0.5  # t with two degrees of freedom


def _needed() -> float:
    """Lesions at which scratch reaches the tuned network's area, straight in the logarithm."""
    return 200 * (800 / 200) ** ((0.782 - 0.748) / (0.812 - 0.748))


def _few(n: int = 50, share: float = 0.2) -> float:
    """The chance of four or fewer malignant lesions among ``n``."""
    chance, total = (1 - share) ** n, 0.0
    for k in range(5):
        total += chance
        chance *= (n - k) / (k + 1) * share / (1 - share)
    return total


EXERCISES = [
    Exercise(
        id="02.1",
        question=(
            "In the printed table, tune as few layers as possible and still have a smaller mean "
            "error than scratch at both boundaries. Which is the deepest layer tuned? Write it as "
            "the table does, such as 'fc8'."
        ),
        hint="fc6 is ahead of scratch at one boundary only.",
        solution="answer = 'conv5'",
        is_right=lambda answer: (
            (isinstance(answer, str) and answer.strip().lower() == "conv5")
            or "Go up from fc8 and compare with 28.11 and with 33.45: both must be beaten."
        ),
    ),
    Exercise(
        id="02.2",
        question=(
            "Three seeds gave the differences 0.033, 0.043 and 0.027. How wide is half of "
            "Student's 95 % interval of their mean?"
        ),
        hint="stats.t.ppf(0.975, 2) times the standard error of the mean.",
        solution=(
            "from scipy import stats\n"
            "answer = stats.t.ppf(0.975, 2) * stats.sem([0.033, 0.043, 0.027])"
        ),
        is_right=lambda answer: (
            is_close(answer, _half_width(), 0.0005)
            or "Two degrees of freedom: t is 4.30, not 1.96; divide the SD by the root of 3."
        ),
    ),
    Exercise(
        id="02.3",
        question=(
            "Scratch has an area of 0.748 with 200 lesions and of 0.812 with 800; all layers tuned "
            "have 0.782 with 200. If scratch's area grows straight in the logarithm of n, how many "
            "lesions does it need for 0.782?"
        ),
        hint="Which share of the way from 0.748 to 0.812, and so of the way from log 200 to log "
        "800?",
        solution="answer = 200 * 4 ** ((0.782 - 0.748) / (0.812 - 0.748))",
        is_right=lambda answer: (
            is_close(answer, _needed(), 10)
            or "The share of the way is the exponent of 4, since 800 is 4 times 200."
        ),
    ),
    Exercise(
        id="02.4",
        question=(
            "A fifth of the lesions are malignant. One of the three sets of 50 held only four "
            "malignant ones. How probable are four or fewer in a random set of 50?"
        ),
        hint="stats.binom.cdf(4, 50, 0.2).",
        solution="from scipy import stats\nanswer = stats.binom.cdf(4, 50, 0.2)",
        is_right=lambda answer: (
            is_close(answer, _few(), 0.002) or "Add up the chances of 0, 1, 2, 3 and 4."
        ),
    ),
    Exercise(
        id="02.5",
        question=(
            "A colleague gives scratch six learning rates and fine-tuning one, and for both "
            "reports the best area *on the test part* over rates and steps. Whom does that favour? "
            "'a': fine-tuning; 'b': scratch; 'c': neither."
        ),
        hint="The best of many noisy numbers is too high, and the more so the more there are.",
        solution="answer = 'b'",
        is_right=lambda answer: (
            (isinstance(answer, str) and answer.strip().lower() == "b")
            or "Who has more tickets in the lottery of the maximum?"
        ),
    ),
]
