"""Which exercises a student has done, and which are open."""

from dermlab.lessons import exercises, kept


def lessons() -> list[dict]:
    """A dict a lesson, in the course's order: ``lesson``, ``done``, ``open`` (exercise ids).

    An exercise is done when it was answered right once; what is done stays done.
    """
    done = {name for name, about in kept.read("exercises").items() if about["done"]}
    numbers = dict.fromkeys(name.partition(".")[0] for name in exercises.exercises())
    return [_lesson(number, done) for number in numbers]


def _lesson(number: str, done: set[str]) -> dict:
    here = [name for name in exercises.exercises() if name.startswith(f"{number}.")]
    return {
        "lesson": number,
        "done": [name for name in here if name in done],
        "open": [name for name in here if name not in done],
    }
