"""Each solution gives the number that was worked out by itself; other answers are not right."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.lessons import exercises, kept, prose
from dermlab.lessons.exercises import Exercise
from dermlab.lessons.exercises.answers import is_close

ALL = list(exercises.exercises().values())
RIGHT = {  # by hand, or by another way than the solution's
    "00.1": 0.5429,
    "00.2": 3,
    "00.3": 5 / 6,
    "00.4": "b",
    "00.11": 113,
    "00.12": 12,
    "00.13": 7.27,
    "01.1": (0.7, -0.8, 0.1),
    "01.2": 1.3863,
    "01.3": 0.72,
    "01.4": "B",
    "01.11": 10**0.5,
    "01.12": (27_648, 33_868_800),
    "01.13": 2 / 7,
    "02.1": 2562,
    "02.2": "B",
    "02.3": 0.05,
    "02.4": 0.5,
    "02.11": "conv5",
    "02.12": 0.0201,
    "02.13": 417.7,
    "02.14": 0.0185,
    "02.15": "B",
    "03.1": 8,
    "03.2": "B",
    "03.3": 0.8,
    "03.4": 29,
    "03.11": 1105,
    "04.1": 0.73,
    "04.2": "D",
    "04.3": 80 / 82,
    "04.4": 5340 / 10_015,
    "04.11": 0.05,
    "04.12": (0.8365, 0.7384),
    "04.13": 0.1127,
    "04.14": (0.5032, 0.5923),
    "05.1": 4,
    "05.2": 80 / 81,
    "05.3": 601 / 1001,
    "05.4": "c",
    "05.11": 0.416,
    "05.12": 0.1137,
    "06.1": 18_441,
    "06.2": 1026,
    "06.3": 0.5359,
    "06.4": "b",
    "06.11": 2.56**2,
    "06.12": 29.87,
    "06.13": (5, 7),
    "07.1": 8,
    "07.2": 15,
    "07.3": 0.25,
    "07.4": "b",
    "07.11": 5,
    "07.12": 0.925,
    "07.13": -7.84,
    "07.14": 8 / 19,
    "08.1": 9,
    "08.2": 0.9434,
    "08.3": "C",
    "08.11": 7.43,
    "08.12": (6, 18),
    "09.1": 22,
    "09.2": 2377,
    "09.3": "b",
    "09.4": 0.4,
    "09.11": 43.735,
    "09.12": -3.96,
    "10.1": 5100 / 9900,
    "10.2": 302 / 480,
    "10.3": 1 / 3,
    "10.4": "C",
    "10.11": 30 / 169_000,
    "10.12": 0,
    "11.1": 40,
    "11.2": 0.75,
    "11.3": "b",
    "11.4": 4,
    "11.11": 0.01,
    "11.12": 0.375,
    "11.13": 0.0577,
    "12.1": 0.1414,
    "12.2": "D",
    "12.3": "A",
    "12.11": 165.4,
    "12.12": 41 / 1372,
    "12.13": 19,
    "13.1": 118 / 169,
    "13.2": 6 / 601,
    "13.3": "B",
    "13.4": "C",
    "13.11": 817 / 3525,
    "14.1": 39 / 51,
    "14.2": 0.6,
    "14.3": "b",
    "14.11": 1 / 7,
    "14.12": 0.5,
    "15.1": 2 / 3,
    "15.2": 0.6886,
    "15.3": 0.98667,
    "15.4": "c",
    "15.11": 0.0986,
    "16.1": 0.5,
    "16.2": 0.6,
    "16.3": "c",
    "16.11": 1.396,
    "16.12": 0.01449,
    "17.1": 0.7354,
    "17.2": 960,
    "17.3": "rose_07",
    "17.4": "c",
}


UNANSWERED = '{0}  not answered yet. For a hint call exercises.hint("{0}").\n'
each = pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A student's own folder, still empty."""
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def made(monkeypatch, home):
    """A function that puts an exercise of the test's own in the place of the course's."""

    def make(**fields):
        given = {"question": "How many?", "hints": ("Look.", "Count."), "solution": "answer = 8"}
        exercise = Exercise(**{"id": "99.1"} | given | fields)
        monkeypatch.setattr(exercises, "exercises", lambda: {exercise.id: exercise})
        return exercise

    return make


def said(capsys, answer):
    exercises.check("99.1", answer)
    return capsys.readouterr().out.removeprefix("99.1  ").strip()


@each
def test_the_solution_is_right_and_other_answers_are_not(exercise, capsys):
    exercises.check(exercise.id, RIGHT[exercise.id])
    assert capsys.readouterr().out == f"{exercise.id}  right.\n"
    for wrong in (None, -123456.789, "no such answer", [], True, np.arange(3), pd.Series([1])):
        exercises.check(exercise.id, wrong)
        assert "not yet" in capsys.readouterr().out


@each
def test_an_unanswered_exercise_gives_nothing_away_and_keeps_nothing(exercise, capsys, home):
    exercises.ask(exercise.id)
    exercises.check(exercise.id, ...)
    shown = capsys.readouterr().out
    assert shown.startswith(f"**{exercise.id}** {exercise.question}")
    assert shown.endswith(UNANSWERED.format(exercise.id))
    assert not any(hint in shown for hint in exercise.hints)
    assert not home.exists()


@each
def test_it_is_well_made(exercise):
    assert len(exercise.hints) == 2 and all(len(hint) > 10 for hint in exercise.hints)
    parts = exercise.right if isinstance(exercise.right, tuple) else [exercise.right]
    fractions = [part for part in parts if isinstance(part, float) and part % 1]
    assert exercise.tolerance > 0 or not fractions
    letters = set(prose.LETTERS[: len(exercise.options)])
    if exercise.options:
        assert set(exercise.right) <= letters and len(exercise.options) >= 3
    for value, sentence in exercise.mistakes:
        assert not exercise.is_right(exercise.value(value)), "the mistake is right"
        assert exercise.mistake(exercise.value(value)) == sentence


def test_hints_come_one_by_one(made, capsys):
    made(id="99.7")
    for expected in ("hint 1 of 2** Look.", "hint 2 of 2** Count.", "hint 2 of 2** Count."):
        exercises.hint("99.7")
        assert expected in capsys.readouterr().out


def test_a_known_mistake_is_named_and_another_is_not(capsys):
    exercises.check("03.3", 0.4)
    assert "divide by the sum of both sides" in capsys.readouterr().out
    exercises.check("03.3", 0.5)
    assert capsys.readouterr().out == '03.3  not yet. A hint: exercises.hint("03.3").\n'


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        ("0.2", "without quotation marks"),
        (True, "a truth value"),
        (np.False_, "a truth value"),
        (None, "None"),
        (len, "a function"),
        (1j, "no number"),
        ([0.2], "a whole column"),
        (pd.Series([0.2, 0.3]), "a whole column"),
        (np.array([0.2]), "a whole column"),
        (20, "percent where a share"),
        (np.float64(20.4), "percent where a share"),
        (0.002, "a share where percent"),
        (0.8, "complement"),
        (0.7, "other denominator"),
        (0.35, "taken twice"),
        (0.61, 'exercises.hint("99.1")'),
    ],
)
def test_the_usual_mistakes_with_a_number_are_named(made, capsys, answer, mistake):
    wrong = (
        (0.7, "That is the share with the other denominator."),
        ("0.7 / 2", "That is taken twice."),
    )
    made(solution="answer = 0.2", tolerance=0.01, mistakes=wrong)
    assert said(capsys, 0.205) == "right."
    assert said(capsys, answer).startswith("not yet.")
    assert mistake in said(capsys, answer)
    assert "0.2" not in said(capsys, answer)


def test_a_count_of_nothing_and_one_half_have_no_complement(made, capsys):
    made(solution="answer = 0")
    assert "complement" not in said(capsys, 1)
    made(solution="answer = 0.5", tolerance=0.001)
    assert said(capsys, 0.5) == "right."


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        ((0.9, 0.7), "wrong order"),
        (0.7, "2 numbers are asked for, in parentheses"),
        ((0.7, 0.9, 1), "2 numbers are asked for, and these are 3"),
        ((0.7, 90), "percent"),
        ((0.3, 0.9), "complement"),
        ((0.7, "0.9"), "a text"),
        ((0.9, 0.9), "all malignant lesions"),
    ],
)
def test_the_usual_mistakes_with_a_pair_are_named(made, capsys, answer, mistake):
    made(
        solution="answer = (0.7, 0.9)",
        tolerance=0.001,
        mistakes=(((0.9, 0.9), "The first is the share of all malignant lesions."),),
    )
    assert said(capsys, [0.7, 0.9]) == "right."
    assert said(capsys, (0.7, ...)).startswith("not answered yet")
    assert mistake in said(capsys, answer)


def test_a_multiple_choice_names_the_misconception_of_a_letter(made, capsys):
    made(
        solution="answer = 'B'",
        options=("more pictures", "other patients", "a larger network"),
        mistakes=(("A", "More pictures of the same lesions are no more lesions."),),
    )
    exercises.ask("99.1")
    assert capsys.readouterr().out.splitlines()[2:] == [
        "- **A.** more pictures",
        "- **B.** other patients",
        "- **C.** a larger network",
    ]
    assert said(capsys, "b ") == "right."
    assert "no more lesions" in said(capsys, "a")
    assert 'exercises.hint("99.1")' in said(capsys, "C")
    for no_letter in ("D", 2, "other patients", "", ["B"], True):
        assert 'One of the letters "A" to "C"' in said(capsys, no_letter)


def test_a_text_and_a_set_of_letters_are_asked_for(made, capsys):
    made(solution="answer = 'not checkable'")
    assert "A text is asked for" in said(capsys, 0)
    assert said(capsys, " Not checkable") == "right."
    made(solution="answer = {'A', 'C'}", options=("one", "two", "three"))
    assert said(capsys, {"c", "a"}) == said(capsys, "AC") == "right."
    assert "A set of letters" in said(capsys, 2)
    assert "not yet" in said(capsys, "A")


def test_a_real_answer_is_kept_and_what_is_done_stays_done(made, home):
    made()
    for answer, expected in ((7, (False, 1)), (8, (True, 2)), (7, (True, 3))):
        exercises.check("99.1", answer)
        about = kept.read("exercises")["99.1"]
        assert (about["done"], about["tries"]) == expected


def test_every_vote_is_well_made():
    for number, vote in exercises.votes().items():
        assert any(exercise.id.startswith(f"{number}.") for exercise in ALL)
        assert vote.right in prose.LETTERS[: len(vote.options)], number
        assert len(vote.options) >= 3 and len(vote.why) > 20, number


def test_ids_follow_their_notebook():
    assert len(ALL) == len({e.id for e in ALL}) > 0
    numbers = [tuple(map(int, e.id.split("."))) for e in ALL]
    assert numbers == sorted(numbers)


def test_an_unknown_exercise_is_named():
    with pytest.raises(InputError, match=r"no exercise '99\.9'"):
        exercises.check("99.9", 1)


@pytest.mark.parametrize("kind", [float, np.float64, np.float32])
def test_numbers_of_numpy_count_as_numbers(kind):
    assert is_close(kind(7.25), 7.25)
    assert is_close((kind(0.5), np.int64(2)), (0.5, 2))
    assert not is_close(kind(7.25), 7.0, 0.2)


def test_what_is_no_number_is_never_right():
    for answer in (True, "7", None, np.array([7]), pd.Series([7]), (7,)):
        assert not is_close(answer, 7, 1)
    assert not is_close(7, (7,), 1)


def test_the_dermatologists_of_lesson_00_are_those_of_the_published_table():
    from dermlab.evaluation import readers

    dots = readers.esteva_points().query("task == 'carcinoma' and question == 'action'")
    dots = dots.set_index("reader")
    counts = dots.loc["C11", ["tp", "n_pos", "tn", "n_neg"]].astype(int).tolist()
    assert counts == [62, 65, 70 - 32, 70]
    question = exercises.votes()["00"].question
    for reader in ("C18", "C01"):
        row = dots.loc[reader]
        assert f"{row['sensitivity']:.2f}" in question and f"{row['specificity']:.2f}" in question


def test_a_teacher_sees_all_solutions_of_a_lesson(capsys):
    exercises.solutions("07")
    shown = capsys.readouterr().out
    (module,) = [m for m in exercises._modules() if m.__name__.endswith("n07_roc")]
    assert all(f"# {one.id}\n{one.solution}" in shown for one in module.EXERCISES)
    with pytest.raises(InputError, match="as in '07'"):
        exercises.solutions("7")
