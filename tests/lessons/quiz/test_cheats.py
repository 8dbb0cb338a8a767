"""The quiz on maps: the truth is where the cheating network's map is, and nothing gives it away."""

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.figures import saliency as draw
from dermlab.lessons import quiz
from dermlab.lessons.quiz import widgets

METHODS = ("input gradient", "occlusion")
SIDE = 12


def made(n=14, on_ruler=True):
    """Pairs whose cheating network marks the ruler (the first row), its honest one the last row."""
    rng = np.random.default_rng(0)
    ruler = np.zeros((SIDE, SIDE), bool)
    ruler[0] = True
    marked, elsewhere = ruler.astype(float), ruler[::-1].astype(float)
    maps = (marked, elsewhere) if on_ruler else (elsewhere, marked)
    photographs = rng.integers(0, 256, (n, SIDE, SIDE, 3)).astype(np.uint8)
    return [quiz.Pair(METHODS[i % 2], photographs[i], ruler, *maps) for i in range(n)]


def test_the_truth_is_the_side_of_the_cheating_network_s_map():
    pairs = made()
    study = quiz.cheat_study(pairs, quiz_id="cheat", examples=4)
    assert len(study.image_ids) == 10 and 4 <= study.is_positive.sum() <= 6
    for pair, picture, left in zip(pairs[4:], study.pictures, study.is_positive, strict=True):
        maps = (pair.cheating, pair.honest) if left else (pair.honest, pair.cheating)
        np.testing.assert_array_equal(picture, draw.duel(pair.photograph, *maps))
    assert [example.text for example in study.gallery] == [*METHODS, *METHODS]
    assert [image_id[3:] for image_id in study.image_ids] == [*METHODS] * 5


def test_the_quiz_id_decides_the_sides():
    sides = [quiz.cheat_study(made(34), quiz_id=f"class-{i}").is_positive for i in range(3)]
    again = quiz.cheat_study(made(34), quiz_id="class-0").is_positive
    assert again.tolist() == sides[0].tolist() != sides[1].tolist()


@pytest.mark.parametrize(("on_ruler", "share"), [(True, 1.0), (False, 0.0)])
def test_where_no_one_reads_the_machine_goes_by_the_ruler_s_share(tmp_path, on_ruler, share):
    study = quiz.cheat_study(made(on_ruler=on_ruler), examples=4)
    reads, aside, kind = quiz.class_reads(study, tmp_path)
    assert (kind, len(reads), len(aside)) == ("simulated", 10, 0)
    found = quiz.right_by_method(study, reads).set_index("method")
    assert found["right"].tolist() == [share] * 3 and found["n"].tolist() == [5, 5, 10]


def test_people_s_answers_are_scored(tmp_path):
    study = quiz.cheat_study(made(), quiz_id="cheat", examples=4)
    for seed in range(3):
        session, n = quiz.Session(study, tmp_path), 0
        while session.item is not None:
            right = n % 5 != seed  # eight of ten right
            session.press("l" if study.is_positive[session.item] == right else "r")
            session.press("3")
            n += 1
    reads, _, kind = quiz.class_reads(study, tmp_path)
    assert kind == "measured here" and len(reads) == 30
    found = quiz.right_by_method(study, reads).set_index("method")
    assert found.loc["all", "right"] == pytest.approx(0.8) and found.loc["all", "n"] == 30
    assert found.loc["all", "low"] < 0.8 < found.loc["all", "high"]
    one = quiz.outcome(study, reads, reads["reader_id"].iloc[0])
    assert one.tp + one.tn == 8
    of_one = reads[reads["reader_id"] == one.reader]
    pages = quiz.pages.ending(study, of_one, one.reader, tmp_path)
    assert "kappa with the truth" in pages and "the cheating network is on the left" in pages


def test_a_person_s_keys_on_the_screen_end_in_a_result(tmp_path):
    study = quiz.cheat_study(made(), quiz_id="cheat", examples=4)
    screen = widgets.Screen(study, tmp_path)
    screen.teach()
    shown = screen.root.children[0].value
    assert "the left one cheats" in shown and "occlusion" in shown and "ruler" in shown
    screen.read(None)
    assert [button.description for button in screen.answers.values()] == [
        "The left one cheats  (L)",
        "The right one cheats  (R)",
    ]
    while screen.session.item is not None:
        screen.keys.value += f"{'l' if study.is_positive[screen.session.item] else 'r'}4"
    page = "".join(getattr(child, "value", "") for child in screen.root.children)
    assert "right on 5 of 5" in page or ("right on 4 of 4" in page and "right on 6 of 6" in page)
    assert "kappa with the truth" in page
    reads, _, kind = quiz.class_reads(study, tmp_path)
    assert kind == "measured here"
    assert (quiz.right_by_method(study, reads)["right"] == 1).all()


def test_a_text_code_is_read_with_its_study(tmp_path):
    study = quiz.cheat_study(made(), quiz_id="cheat", examples=4)
    session = quiz.Session(study, tmp_path)
    while session.item is not None:
        session.press("l"), session.press("2")
    found = quiz.from_code(quiz.to_code(session), study)
    assert set(found["image_id"]) == set(study.image_ids) and (found["decision"] == 1).all()


def test_without_a_browser_it_says_who_stands_in(capsys):
    quiz.show(quiz.cheat_study(made(), examples=4))
    said = capsys.readouterr().out
    assert "10 pictures" in said and "a machine reader" in said and "(simulated)" in said
    assert "calibrated" not in said


def test_too_few_pairs_are_refused():
    with pytest.raises(InputError, match="two pairs beside its 5"):
        quiz.cheat_study(made(6))
