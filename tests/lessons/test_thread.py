"""What runs through the course: the lesion that returns, guesses, votes, the report, verdicts."""

import pandas as pd
import pytest

from dermlab.cases import clinic, taxonomy
from dermlab.cases.clinic import test_sets
from dermlab.errors import InputError
from dermlab.lessons import exercises, kept, thread


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "home"))
    monkeypatch.setattr(thread, "_guesses", {})
    return tmp_path / "home"


# --- lesions --------------------------------------------------------------------------------------


def test_the_lesion_follows_its_rule_and_is_the_first():
    lesion = thread.lesson()
    tree = taxonomy.load_tree()
    nine = taxonomy.ancestor_at(tree, "nine-way")
    cases = clinic.make(thread.N_PATIENTS, thread.SEED)

    def fits(rows):
        return (
            len(rows) == 2
            and set(rows["truth"].map(nine)) == {"malignant melanoma"}
            and set(rows["label_source"]) == {"biopsy"}
            and set(rows["modality"]) == {"clinical"}
        )

    first = next(name for name, rows in cases.groupby("lesion_id") if fits(rows))
    assert set(lesion["lesion_id"]) == {first}
    assert lesion["image_id"].is_unique and lesion["view"].tolist() == [1, 2]
    assert f"the {thread.N_PATIENTS} patients" in thread.RULE
    assert f"seed {thread.SEED}" in thread.RULE


def test_a_lesson_that_changes_the_table_changes_its_own():
    mine = thread.lesson()
    mine["truth"] = "nothing"
    assert "nothing" not in set(thread.lesson()["truth"])


def test_the_two_photographs_differ():
    first, second = clinic.render(thread.lesson(), 32)
    assert (first != second).any()


def test_the_ten_lesions_are_five_and_five():
    ten = thread.ten_lesions()
    assert test_sets.is_malignant(ten).sum() == 5
    assert len(ten) == ten["patient_id"].nunique() == 10
    assert set(ten["label_source"]) == {"biopsy"}
    sides = test_sets.is_malignant(ten)
    assert (sides[1:] != sides[:-1]).sum() > 1  # not one side after the other


# --- a guess --------------------------------------------------------------------------------------

OPTIONS = ["it rises", "it falls"]


def test_a_guess_is_kept_and_shown_beside_the_result(capsys):
    thread.predict("05", "What happens?", options=OPTIONS, guess="b")
    assert "- **B.** it falls" in capsys.readouterr().out
    thread.compare("05", "it rises by 3 points")
    assert capsys.readouterr().out == (
        "Your guess: B. it falls\nThe result: it rises by 3 points\n"
    )
    assert kept.read("predictions") == {"05": {"question": "What happens?", "guess": "B"}}


def test_without_a_guess_nothing_is_kept(capsys, home):
    thread.predict("05", "What happens?", options=OPTIONS)
    thread.compare("05", "it rises")
    out = capsys.readouterr().out
    assert "No guess yet" in out and out.endswith("You made no guess. The result: it rises\n")
    assert not home.exists()


def test_a_guess_that_is_taken_back_is_not_shown(capsys):
    thread.predict("05", "What happens?", guess="0.9")
    thread.predict("05", "What happens?")
    thread.compare("05", "0.7")
    assert capsys.readouterr().out.endswith("You made no guess. The result: 0.7\n")


@pytest.mark.parametrize("guess", ["C", "", "it falls", 2, None])
def test_a_letter_that_is_no_options_is_refused(guess):
    with pytest.raises(InputError, match='"A" to "B"'):
        thread.predict("05", "What happens?", options=OPTIONS, guess=guess)


# --- a vote ---------------------------------------------------------------------------------------


@pytest.fixture
def voting(monkeypatch):
    vote = exercises.Vote("Why?", ("luck", "leak", "skill"), "B", "The lesions were on both sides.")
    monkeypatch.setattr(exercises, "votes", lambda: {"05": vote})


def test_two_votes_are_kept_and_the_answer_comes_after_the_second(voting, capsys):
    thread.vote("05", answer="a")
    assert "both sides" not in capsys.readouterr().out
    thread.vote("05", answer="C")  # a first vote may be changed
    thread.vote("05", answer="B", again=True)
    assert "**B** is right. The lesions were on both sides." in capsys.readouterr().out
    assert kept.read("votes") == {"05": {"first": "C", "again": "B"}}


def test_an_open_vote_gives_nothing_away_and_keeps_nothing(voting, capsys, home):
    thread.vote("05")
    thread.vote("05", again=True)
    out = capsys.readouterr().out
    assert out.count("- **B.** leak") == 2 and "is right" not in out
    assert not home.exists()


def test_a_lesson_without_a_vote_is_named(voting):
    with pytest.raises(InputError, match="'06' has no vote"):
        thread.vote("06")


# --- the report and the verdicts ------------------------------------------------------------------


def test_the_report_grows_by_a_line_a_lesson(capsys, home):
    thread.referee("05")
    thread.referee("05", "  ")
    thread.referee("05", "...")
    thread.referee_report()
    assert "No line yet." in capsys.readouterr().out and not home.exists()
    thread.referee("07", "No curve for the readers.")
    thread.referee("05", "The split goes by ...?")
    thread.referee("05", "The split goes by images?")
    capsys.readouterr()
    thread.referee_report()
    assert capsys.readouterr().out.splitlines()[2:] == [
        "- **05** The split goes by images?",
        "- **07** No curve for the readers.",
    ]


def verdicts(**columns):
    ten = thread.ten_lesions()[["image_id"]]
    return ten.assign(**({"decision": [1, 0] * 5, "confidence": [1, 2, 3, 4, 5] * 2} | columns))


def test_verdicts_come_back_in_the_order_of_the_lesions(capsys):
    given = verdicts()
    thread.record_verdicts(given.sample(frac=1, random_state=0))
    back = thread.verdicts()
    pd.testing.assert_frame_equal(back.drop(columns="reader"), given, check_dtype=False)
    assert set(back["reader"]) == {"you"}


def test_without_verdicts_a_simulated_reader_stands_in(capsys, home):
    thread.record_verdicts(verdicts(decision=[...] * 10))
    assert "10 of 10 verdicts are not given yet" in capsys.readouterr().out
    back = thread.verdicts()
    assert set(back["reader"]) == {"simulated reader"} and not home.exists()
    reads = clinic.observers.reads(thread.ten_lesions(), n_readers=3, seed=thread.SEED)
    first = reads[reads["reader_id"] == "sim-01"].reset_index(drop=True)
    assert back["decision"].tolist() == first["decision"].tolist()
    assert back["confidence"].between(1, 5).all()


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"decision": ["yes"] * 10}, "'yes' is no decision: it is one of 0, 1"),
        ({"confidence": [6] * 10}, "6 is no confidence: it is one of 1, 2, 3, 4, 5"),
        ({"image_id": ["x"] * 10}, "other images"),
    ],
)
def test_other_verdicts_are_refused(columns, sentence):
    with pytest.raises(InputError, match=sentence):
        thread.record_verdicts(verdicts(**columns))
