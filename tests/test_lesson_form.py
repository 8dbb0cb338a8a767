"""The main lessons keep the form that LESSONS asks of them; `lesson_form` holds the rules.

Each rule is also shown a lesson that breaks it, so that a rule that finds nothing is no rule.
"""

import copy
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dermlab.lessons import run
from tests import lesson_form, typed_numbers

LESSONS = sorted(lesson_form.FOLDER.glob("[0-9]*.ipynb"))
HELD = range(17)  # 17, one's own images, is a tool and no lesson
IN_FORM = [p for p in LESSONS if int(p.stem[:2]) in HELD]


@pytest.mark.parametrize("rule", lesson_form.RULES)
def test_every_lesson_keeps_the_rule(rule):
    faults = {path.stem: lesson_form.RULES[rule](lesson_form.load(path)) for path in IN_FORM}
    assert {stem: found for stem, found in faults.items() if found} == {}


# --- the glossary ---------------------------------------------------------------------------------

GLOSSARY = lesson_form.FOLDER / "glossary.md"
ENTRY = re.compile(r"^## (.+)\n\n(.+)\n$", re.MULTILINE)
LINK = re.compile(r"glossary\.md#([^)\s\"]*)")


def entries():
    return dict(ENTRY.findall(GLOSSARY.read_text(encoding="utf-8")))


def anchor(term):
    return term.replace(" ", "-")


def linked():
    """Anchor → the notebooks that link it."""
    notebooks = run.choose(lesson_form.FOLDER, deeper=True)
    found = [
        (name, path.stem) for path in notebooks for name in LINK.findall(path.read_text("utf-8"))
    ]
    return {name: {stem for link, stem in found if link == name} for name, _ in found}


def test_every_link_to_the_glossary_has_its_entry():
    known = {anchor(term) for term in entries()}
    assert {name: where for name, where in linked().items() if name not in known} == {}


def test_every_entry_of_the_glossary_is_linked_or_at_least_said_in_the_course():
    links, said = linked(), course_words()
    assert [t for t in entries() if anchor(t) not in links and flat(t) not in said] == []


def course_words():
    """What notebooks, README and package say, in small letters and without hyphens."""
    paths = [*run.choose(lesson_form.FOLDER, deeper=True), lesson_form.ROOT / "README.md"]
    paths += (lesson_form.ROOT / "dermlab").rglob("*.py")
    return flat(" ".join(path.read_text(encoding="utf-8") for path in paths))


def flat(text):
    return text.lower().replace("-", " ").replace("_", " ")


def test_the_glossary_is_in_order_and_plain():
    text = GLOSSARY.read_text(encoding="utf-8")
    terms = re.findall(r"(?m)^## (.*)$", text)
    assert terms == sorted(set(terms)) == list(entries())  # each once, with one paragraph
    # the same anchor in JupyterLab, which keeps capitals and signs, and on the page
    assert all(re.fullmatch(r"[a-z0-9]+([ -][a-z0-9]+)*", term) for term in terms)
    sentences = {term: len(re.findall(r"[.!?](?=\s|$)", text)) for term, text in entries().items()}
    assert {term: n for term, n in sentences.items() if not 1 <= n <= 3} == {}


# --- a made lesson, and what breaks each rule -----------------------------------------------------

DRAWN = new_output("display_data", {"image/png": "x"}, metadata={"image/png": {"alt": "41 dots."}})
QUESTION = "**05.1** How many?\n\n- **A.** one\n- **B.** two"
SENTENCES = "1. One lesion, one side.\n2. The group is the unit.\n3. A leak promises too much."
ANSWER = "<details>\n<summary>Why?</summary>\n\nIt met the same patients.\n\n</details>"
OPENING = "# Why?\n\n[Lesson 03](03_taxonomy.ipynb), 30-45 minutes."
ASKED = new_output("display_data", {"text/markdown": QUESTION, "text/plain": QUESTION})


def made():
    """A lesson that keeps every rule."""
    printed = [new_output("stream", text="AUC 0.874 on 1,310 lesions")]
    return new_notebook(
        cells=[
            new_markdown_cell(OPENING),
            new_code_cell("from dermlab import x", metadata={"tags": ["hide-input"]}),
            new_code_cell("x.draw()", outputs=[DRAWN]),
            new_markdown_cell(
                "## 2.1 One leak\n\nThe AUC is 0.87 (87 %) on 1,310 lesions, not 72.1 %."
            ),
            new_code_cell("auc = x.auc(n=600)\nprint(auc)", outputs=printed),
            new_code_cell("assert auc > 0.8", metadata={"tags": ["claim"]}),
            *(new_code_cell("x.draw()", outputs=[DRAWN]) for _ in range(4)),
            new_code_cell('exercises.ask("05.1")\nanswer = ...', outputs=[ASKED]),
            new_markdown_cell(f"## Three sentences to take home\n\n{SENTENCES}"),
            new_markdown_cell(f"## The lecture's question\n\n{ANSWER}"),
        ]
    )


def faults(rule, change=None):
    notebook = made()
    if change:
        change(notebook.cells)
    return lesson_form.RULES[rule](notebook)


@pytest.mark.parametrize("rule", lesson_form.RULES)
def test_the_made_lesson_keeps_every_rule(rule):
    assert faults(rule) == []


def says(source):
    """A change: one more cell of text, after the first section."""
    return lambda cells: cells.insert(6, new_markdown_cell(source))


def runs(source, *tags):
    """A change: one more cell of code."""
    return lambda cells: cells.insert(6, new_code_cell(source, metadata={"tags": list(tags)}))


def at(place, **fields):
    """A change of a cell."""
    return lambda cells: cells[place].update(fields)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("words", says("word " * 1_500)),
        ("words", lambda cells: cells.extend(copy.deepcopy(cells[10]) for _ in range(200))),
        ("code cells", lambda cells: cells.extend(new_code_cell("1") for _ in range(20))),
        (
            "figures",
            lambda cells: cells.extend(new_code_cell("1", outputs=[DRAWN]) for _ in "1234"),
        ),
        ("figures", lambda cells: [cell.update(outputs=[]) for cell in cells[6:10]]),
        ("figures", lambda cells: cells.insert(1, new_markdown_cell("First some words."))),
        ("visible lines", runs("x = 1\n" * 16)),
        ("hidden imports", runs("import numpy")),
        ("hidden imports", at(1, metadata={})),
        ("claims", at(5, metadata={})),
        ("claims", at(5, source="print(auc)")),
        ("help", runs('exercises.hint("05.1")')),
        ("help", runs('solution("05.1")')),
        ("answers", at(-1, source=ANSWER.replace("<details>", "<details open>"))),
        ("answers", at(-1, source=ANSWER.replace("\n\nIt", "\nIt"))),
        ("answers", at(-1, source=ANSWER.replace("\n\n</details>", "</details>"))),
        ("answers", at(-1, source="## The lecture's question\n\nIt met the same patients.")),
        ("answers", says("**Answer.** Two.")),
        ("opening", at(0, source=OPENING.replace("(03_taxonomy.ipynb)", ""))),
        ("opening", at(0, source=OPENING.replace("minutes", "steps"))),
        ("ending", at(-2, source="## Three sentences to take home\n\nOnly one. And two.")),
        ("ending", at(-2, source=f"## To take home\n\n{SENTENCES}")),
        ("ending", lambda cells: cells.append(new_markdown_cell("## More\n\n## And more"))),
        ("typed results", says("Network B reaches 0.92.")),
        ("typed results", says("It was tested on 1,311 lesions.")),
        ("typed results", says("It gains 5.6 points.")),
        ("typed results", says("<details>\n\nIt gains 0.056.\n\n</details>")),
        ("digits", lambda cells: cells[4].outputs[0].update(text="0.87412")),
    ],
)
def test_a_lesson_that_breaks_a_rule_is_found(rule, change):
    assert faults(rule, change)


def test_hidden_code_may_be_longer_and_the_text_of_a_comment_is_no_word():
    assert faults("visible lines", runs("x = 1\n" * 16, "claim")) == []
    assert faults("words", says(f"<!-- {'word ' * 1_500} -->")) == []


def test_sentences_without_a_list_are_counted_too():
    sentences = "One lesion, one side. The *group* is the unit. A leak promises too much."
    assert faults("ending", at(-2, source=f"## Three sentences to take home\n\n{sentences}")) == []


@pytest.mark.parametrize(
    "condition",
    [
        *("x == x", "a.b <= a.b", "x > -1", "-1 < x", "x >= -1.0", "len(x) >= 0", "abs(x) > -0.5"),
        *("0 <= share <= 1", "-1 <= r <= 1", "True", "1 < 2", "np.allclose(x, x)", "x**2 >= 0"),
        *("(x > 0, 'said')", "x > 0 or y == y", "f'{x}'"),
    ],
)
def test_a_claim_that_cannot_fail_is_found(condition):
    assert faults("claims", at(5, source=f"assert {condition}"))


@pytest.mark.parametrize(
    "condition",
    [
        *("x == y", "x > 0", "len(x) > 0", "len(x) == 3", "abs(x - y) < 0.01", "0 < low < high"),
        *("np.allclose(x, y)", "x >= 0", "-3 < x < 5", "not x", "x.all()", "0.2 <= share <= 1"),
    ],
)
def test_a_claim_that_can_fail_is_none(condition):
    assert faults("claims", at(5, source=f"assert {condition}")) == []


@pytest.mark.parametrize(
    "text",
    [
        "In 2017, twelve of 12 readers, in lesson 05, for 45 minutes, at 95 %.",
        "AUC 0.874, 0.87 or 87.4 % or 87 %; 41 dots; n is 600.",
        "Published: 757 classes, 1.28 million pictures, 55.4 %, 129,450 images.",
        "`x[77]`, [a link](page_77.html) and HAM10000.",
        "It is 116 of 131. <!-- numbers: 116 of 131 (Tschandl 2020, Table 2) -->",
    ],
)
def test_numbers_that_come_from_somewhere_are_none(text):
    assert faults("typed results", says(text)) == []


@pytest.mark.parametrize(
    "text",
    ["0.88", "88 %", "0.7", "42 dots", "72.2 %", "65 %", "1,310.5", "87", "2,113", ".874 is .88"],
)
def test_numbers_that_come_from_nowhere_are(text):
    assert faults("typed results", says(f"It is {text}."))


def test_the_published_tables_are_read():
    assert {"72.1", "757", "129450", "34.67"} <= typed_numbers.published()


def test_words_of_the_dialect_are_listed_for_a_reader():
    notebook = made()
    notebook.cells[3].source += " The interval holds 0, by lot."
    found = [line.partition(":")[0] for line in lesson_form.dialect(notebook)]
    assert found == ["by lot", "holds 0"]


def test_the_report_for_a_reader_names_size_and_faults(tmp_path, capsys):
    import nbformat

    notebook = made()
    notebook.cells[3].source += " It is 0.92, and 116. <!-- numbers: 116 (a source) -->"
    nbformat.write(notebook, tmp_path / "05_x.ipynb")
    lesson_form.report(tmp_path / "05_x.ipynb")
    out = capsys.readouterr().out
    assert re.match(r"05_x: \d+ words, 9 code cells, 5 figures\n", out)
    assert "typed results: 0.92" in out and "by hand: 116 (a source)" in out
