"""Whether an answer is right, and what the usual wrong ones have in common.

What is said of a wrong answer names the mistake and never the right answer.
"""

from numbers import Real

import numpy as np

ONE = {
    "function": "That is a function: call it, with parentheses behind its name.",
    "nothing": "That is None: the code gave nothing back (print gives back None).",
    "truth": "That is a truth value, and a number is asked for. The sum of a column of truth "
    "values is how many of them are true.",
    "text": "That is a text, and a number is asked for: write it without quotation marks.",
    "column": "That is a list or a whole column, and one number is asked for.",
    "no number": "That is no number, and a number is asked for.",
}
PERCENT = "It is 100 times as large as it should be: is it percent where a share is asked for?"
SHARE = "It is a hundredth of what it should be: is it a share where percent is asked for?"
COMPLEMENT = "That is the complement, 1 minus what is asked for."
ORDER = "Those are the right numbers in the wrong order."


def is_right(answer: object, right: object, tolerance: float) -> bool:
    """Whether ``answer`` is ``right``: texts in any case, letters of a set in any order."""
    if isinstance(right, str):
        return isinstance(answer, str) and _plain(answer) == _plain(right)
    if isinstance(right, set):
        is_several = isinstance(answer, set | frozenset | str | list | tuple)
        return is_several and set(map(_plain, answer)) == set(map(_plain, right))
    return is_close(answer, right, tolerance)


def is_close(answer: object, right: float | tuple[float, ...], tolerance: float = 0) -> bool:
    """Whether ``answer`` is that number, or a tuple or list of those numbers, within ``tolerance``.

    NumPy's numbers count as numbers; a truth value, a text or a whole column does not.
    """
    if isinstance(right, tuple):
        return (
            isinstance(answer, tuple | list)
            and len(answer) == len(right)
            and all(is_close(a, r, tolerance) for a, r in zip(answer, right, strict=True))
        )
    return _is_number(answer) and bool(abs(float(answer) - right) <= tolerance)


def wrong_kind(answer: object, right: object) -> str:
    """The sentence about an answer that is no answer of the right kind; "" where it is one."""
    if isinstance(right, str):
        return "" if isinstance(answer, str) else "A text is asked for, in quotation marks."
    if isinstance(right, set):
        is_several = isinstance(answer, set | frozenset | str | list | tuple)
        return "" if is_several else "A set of letters is asked for, as in {'a', 'b'}."
    if isinstance(right, tuple):
        return _wrong_numbers(answer, len(right))
    return _wrong_number(answer)


def wrong_size(answer: object, right: object, tolerance: float) -> str:
    """The sentence about a number, or several, that are wrong in a usual way; "" elsewhere."""
    if isinstance(right, tuple):
        if is_close(answer[::-1], right, tolerance):
            return ORDER
        pairs = zip(answer, right, strict=True)
        said = [wrong_size(a, r, tolerance) for a, r in pairs if not is_close(a, r, tolerance)]
        return next(filter(None, said), "")
    if isinstance(right, str | set) or not right:
        return ""
    slack = max(tolerance, 1e-9 * abs(right))
    if is_close(answer, 100 * right, 100 * slack):
        return PERCENT
    if is_close(answer, right / 100, slack / 100):
        return SHARE
    return COMPLEMENT if 0 < right < 1 and is_close(answer, 1 - right, slack) else ""


def _wrong_numbers(answer: object, n: int) -> str:
    if not isinstance(answer, tuple | list):
        return f"{n} numbers are asked for, in parentheses and with a comma between them."
    if len(answer) != n:
        return f"{n} numbers are asked for, and these are {len(answer)}."
    return next(filter(None, map(_wrong_number, answer)), "")


def _wrong_number(answer: object) -> str:
    if _is_number(answer):
        return ""
    kinds = {
        "nothing": answer is None,
        "truth": isinstance(answer, bool | np.bool_),
        "text": isinstance(answer, str),
        "column": hasattr(answer, "__len__"),
        "function": callable(answer),
    }
    return ONE[next((kind for kind, it_is in kinds.items() if it_is), "no number")]


def _is_number(answer: object) -> bool:
    return isinstance(answer, Real) and not isinstance(answer, bool)


def _plain(text: object) -> object:
    return text.strip().lower() if isinstance(text, str) else text
