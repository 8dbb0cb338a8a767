"""Words that a cell shows: Markdown, which wraps and is set as text in JupyterLab and on a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from dermlab.errors import InputError

LETTERS = "ABCDEFGH"  # of the options of a multiple choice


@dataclass(frozen=True, repr=False)
class Prose:
    """A text in Markdown; where Markdown cannot be shown, its source stands there."""

    text: str

    def _repr_markdown_(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def show(text: str) -> None:
    """Display a text in Markdown."""
    from IPython.display import display

    display(Prose(text))


def choice(question: str, options: Sequence[str]) -> str:
    """A question in Markdown, with its options as a list lettered A, B, …; without any, itself."""
    lines = [f"- **{letter}.** {text}" for letter, text in zip(LETTERS, options, strict=False)]
    return "\n".join([question, "", *lines]) if lines else question


def letter(given: object, options: Sequence[str]) -> str:
    """The letter of an option, as a capital; InputError where there is no such option."""
    known = LETTERS[: len(options)]
    wanted = given.strip().upper() if isinstance(given, str) else ""
    if len(wanted) != 1 or wanted not in known:
        raise InputError(f'{given!r} is none of the options: give a letter, "A" to "{known[-1]}".')
    return wanted
