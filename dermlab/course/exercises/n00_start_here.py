"""Exercises of notebook 00: counts behind the paper's percentages."""

from dermlab.course.exercises import Exercise


def _is_close(answer: object, right: float, tolerance: float) -> bool:
    return isinstance(answer, int | float) and abs(answer - right) <= tolerance


EXERCISES = [
    Exercise(
        id="00.1",
        question=(
            "The paper's text gives dermatologist 1 an accuracy of 65.56 % on 180 three-way "
            "images. How many of the 180 is that?"
        ),
        hint="Multiply, then ask which whole number of images gives this percentage.",
        solution="answer = round(0.6556 * 180)",
        is_right=lambda answer: (
            _is_close(answer, 118, 0) or "It is a whole number of images near 0.6556 × 180."
        ),
    ),
    Exercise(
        id="00.2",
        question=(
            "It gives dermatologist 2 66.0 %. How far, in percentage points, is 66.0 from the "
            "nearest percentage that 180 images can give?"
        ),
        hint="The possible percentages are 100 k / 180. Which k comes nearest?",
        solution="answer = min(abs(100 * k / 180 - 66.0) for k in range(181))",
        is_right=lambda answer: (
            _is_close(answer, 1 / 9, 0.002) or "The nearest is 119 of 180: subtract 66.0 from it."
        ),
    ),
    Exercise(
        id="00.3",
        question=(
            "A reader is right on 99 of 180 images. Give the half-width of the usual 95 % interval "
            "for the true accuracy, in percentage points: 1.96 × √(p (1 − p) / n)."
        ),
        hint="p = 99 / 180 and n = 180; multiply by 100 at the end.",
        solution="p = 99 / 180\nanswer = 100 * 1.96 * (p * (1 - p) / 180) ** 0.5",
        is_right=lambda answer: (
            _is_close(answer, 7.27, 0.02) or "Expect about seven percentage points."
        ),
    ),
]
