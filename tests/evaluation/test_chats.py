"""Text codes in a chat: found wherever they stand, counted once, and every other line kept."""

import base64

import pytest

from dermlab.errors import InputError
from dermlab.evaluation import merging

ANSWERS = {"ANN": "10", "BEN": "01"}


def code(reader, answers=None):
    """A code of this test: reader and answers in base 32, as `decode` below reads it."""
    text = base64.b32encode(f"{reader}{answers or ANSWERS[reader]}#ok".encode()).decode().strip("=")
    return "-".join(["QUIZ", *(text[i : i + 4] for i in range(0, len(text), 4))])


def decode(line):
    text = "".join(c for c in line.upper() if c.isalnum()).removeprefix("QUIZ")
    try:
        body = base64.b32decode(text + "=" * (-len(text) % 8)).decode()
    except ValueError:
        body = ""
    if not body.endswith("#ok"):
        raise InputError("the text code is damaged")
    cells = {"reader_id": body[:3], "quiz_id": "q1", "task": "malignant", "confidence": "3"}
    return [cells | {"image_id": f"i{i}", "decision": d} for i, d in enumerate(body[3:-3])]


def merged(tmp_path, *texts):
    paths = [tmp_path / f"chat{i}.txt" for i in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    return merging.merge_reads(paths, decode=decode)


@pytest.mark.parametrize(
    "line",
    [
        "Ann: {}",
        "[31/01, 09:30] Ann Bee: {} thanks!",
        "my code is {}, the quiz was fun",
        "> {}",
        "**{}**",
    ],
)
def test_a_code_is_found_wherever_it_stands(tmp_path, line):
    for written in (code("ANN"), code("ANN").lower(), code("ANN").replace("-", " ")):
        reads, aside = merged(tmp_path, line.format(written))
        assert reads["decision"].tolist() == [1, 0], line
        assert set(reads["reader_id"]) == {"ANN"}
        assert len(aside) == line.count("the quiz was")  # the second "quiz" begins no code


def test_two_codes_in_a_line_are_two_readers(tmp_path):
    reads, aside = merged(tmp_path, f"Ann {code('ANN')} and Ben {code('BEN')}\n")
    assert reads.groupby("reader_id")["decision"].agg(list).to_dict() == {
        "ANN": [1, 0],
        "BEN": [0, 1],
    }
    assert aside.empty


def test_free_lines_are_kept_with_their_reason(tmp_path):
    text = f"Good morning, all\nAnn: {code('ANN')}\n\nhere comes mine,\tat last\n{code('BEN')}\n"
    reads, aside = merged(tmp_path, text)
    assert len(reads) == 4
    assert aside["row"].tolist() == [1, 4]
    assert aside["surplus"].tolist() == ["Good morning, all", "here comes mine,\tat last"]
    assert set(aside["reason"]) == {"no text code of a quiz stands in this line"}


@pytest.mark.parametrize("line", ["{}", "Ann: {}", "{} is mine"])
def test_a_code_without_its_beginning_says_so(tmp_path, line):
    bare = code("ANN", "10101010101010").removeprefix("QUIZ-")
    reads, aside = merged(tmp_path, line.format(bare))
    assert reads.empty
    assert aside["reason"].tolist() == ["a text code without its beginning: write QUIZ- before it"]


def test_a_damaged_code_is_one_line(tmp_path):
    reads, aside = merged(tmp_path, f"Ann: {code('ANN')[:-3]}\nBen: {code('BEN')}")
    assert set(reads["reader_id"]) == {"BEN"}
    assert aside["reason"].tolist() == ["the text code is damaged"]


def test_a_code_twice_is_one_line(tmp_path):
    reads, aside = merged(tmp_path, f"Ann: {code('ANN')}\nAnn again: {code('ANN').lower()}\n")
    assert reads["decision"].tolist() == [1, 0]
    assert aside["row"].tolist() == [2]
    assert "reader ANN's text code counts once, in" in aside["reason"][0]
    assert aside["reason"][0].endswith("line 1")


def test_a_code_in_two_chats_or_sent_early_counts_once_and_in_full(tmp_path):
    early, whole = code("ANN", "1"), code("ANN")
    reads, aside = merged(tmp_path, f"Ann: {early}\nBen: {code('BEN')}", f"later\n{whole}\n")
    assert reads.sort_values("image_id").query("reader_id == 'ANN'")["decision"].tolist() == [1, 0]
    assert len(reads) == 4
    assert sorted(aside["row"]) == [1, 1]  # the free line, and the code sent early


def test_two_codes_that_contradict_are_both_set_aside(tmp_path):
    reads, aside = merged(tmp_path, f"{code('ANN')}\n{code('ANN', '11')}\n")
    assert reads["image_id"].tolist() == ["i0"]
    assert sorted(aside["image_id"]) == ["i0", "i1", "i1"]  # i0 once more, i1 decided twice


def test_a_table_with_quiz_in_its_cells_is_no_chat(tmp_path):
    text = "reader_id,image_id,quiz_id,decision\nA,i1,quiz-1,1\n"
    reads, aside = merged(tmp_path, text)
    assert len(reads) == 1 and aside.empty
    reads, aside = merged(tmp_path, text.replace(",", ";"))
    assert reads.empty and "comma-separated" in aside["reason"][0]


@pytest.mark.parametrize("glue", ["\n", "-\n", "\n\n> ", "\nQ-\n"])
def test_a_code_broken_over_lines_is_one_code(tmp_path, glue):
    whole = code("ANN")
    for place in range(6, len(whole) - 1):
        text = f"Ann: {whole[:place]}{glue}{whole[place:]} thanks\nBen: {code('BEN')}\nbye"
        reads, aside = merged(tmp_path, text)
        if "Q" in glue:  # a letter too many
            assert set(reads["reader_id"]) == {"BEN"} and len(aside) == 4
            continue
        assert reads.groupby("reader_id")["decision"].agg(list).to_dict() == {
            "ANN": [1, 0],
            "BEN": [0, 1],
        }
        assert aside["surplus"].tolist() == ["bye"]


def test_the_line_behind_a_whole_code_is_kept_by_itself(tmp_path):
    reads, aside = merged(tmp_path, f"{code('ANN')}\n{code('BEN')[5:]}")
    assert set(reads["reader_id"]) == {"ANN"} and len(aside) == 1


def test_a_broken_code_among_the_rows_of_a_file_is_one_code(tmp_path):
    whole = code("ANN")
    rows = "reader_id,image_id,decision\nBEN,i0,1\n"
    reads, aside = merged(tmp_path, f"{rows}{whole[:9]}\n{whole[9:]}\nCAT,i0,0")
    assert reads["reader_id"].tolist() == ["BEN", "ANN", "ANN", "CAT"] and aside.empty


def test_a_code_without_a_decision_is_named(tmp_path):
    text = "QUIZ-AAAA-AAAA-AAAA"
    path = tmp_path / "chat.txt"
    path.write_text(text)
    reads, aside = merging.merge_reads([path], decode=lambda line: [])
    assert reads.empty
    assert aside["reason"].tolist() == ["the text code holds no decision yet"]


def test_a_half_finished_code_is_remarked_on(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(f"Ann {code('ANN')}\n\nBen {code('BEN')}")

    def of_three(line):
        rows = decode(line)
        return [row | {"pictures": 3 if row["reader_id"] == "BEN" else 2} for row in rows]

    (remark,) = merging.remarks([path], decode=of_three)
    assert remark.endswith("line 3: half-finished, 2 of 3 pictures in reader BEN's text code; "
                           "they count")  # fmt: skip
    reads, _ = merging.merge_reads([path], decode=of_three)
    assert len(reads) == 4 and "pictures" not in reads
