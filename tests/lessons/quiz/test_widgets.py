"""What a reader sees: driven without a browser, and in a headless one with the keyboard."""

import contextlib
import dataclasses
import os
import re
import time
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import merging
from dermlab.lessons import quiz
from dermlab.lessons.quiz import session, widgets

N = 6


@pytest.fixture
def study():
    rng = np.random.default_rng(0)
    ids = tuple(f"img{i}" for i in range(N))
    pictures = [rng.integers(0, 256, (8, 8, 3), dtype=np.uint8) for _ in ids]
    truth = pd.Series([True, False] * (N // 2), index=ids)
    scores = pd.Series(np.linspace(1, 0, N), index=ids)
    gallery = (quiz.Example(pictures[0], "<odd>", "strong: border"),)
    return quiz.Study(
        *("demo", "melanoma-vs-nevus", "Biopsy?", ids, pictures, truth),
        gallery=gallery,
        scores=lambda: scores,
    )


def told(screen):
    """All text on the screen."""
    found, todo = [], [screen.root]
    while todo:
        widget = todo.pop()
        todo += getattr(widget, "children", ())
        found.append(str(getattr(widget, "value", "")) + str(getattr(widget, "description", "")))
    return " ".join(found)


def push(screen, label):
    todo = [screen.root]
    while todo:
        widget = todo.pop()
        todo += getattr(widget, "children", ())
        if label in getattr(widget, "description", "") and hasattr(widget, "click"):
            widget.click()
            return
    raise AssertionError(f"no button {label}")


def test_consent_comes_first_and_writes_nothing(study, tmp_path):
    screen = widgets.Screen(study, tmp_path / "reads")
    assert "Do not give your name" in told(screen) and "Nothing leaves this machine" in told(screen)
    push(screen, "No, thanks")
    assert "nothing was written" in told(screen) and not (tmp_path / "reads").exists()
    push(screen, "I changed my mind")
    push(screen, "I take part")
    assert "&lt;odd&gt;" in told(screen) and not (tmp_path / "reads").exists()


def test_a_reading_by_keyboard_and_buttons_ends_with_point_code_and_file(study, tmp_path):
    screen = widgets.Screen(study, tmp_path)
    push(screen, "I take part")
    push(screen, "Begin")
    assert f"Picture 1 of {N}" in told(screen)
    screen.keys.value = "b"
    assert "Your answer" in told(screen) and screen.session.n_done == 0
    screen.keys.value = "br"  # thought better of it
    screen.keys.value = "br4"
    assert screen.session.n_done == 1
    assert list(screen.session.decisions.values()) == [(0, 4)]
    push(screen, "Biopsy or treat")
    push(screen, "2")
    for i in range(2, N):
        right = "b" if study.is_positive[screen.session.item] else "r"
        screen.keys.value += f"{right}5"
        assert screen.session.n_done == i + 1
    assert "kappa" in told(screen) and "data:text/csv;base64," in told(screen)
    code = re.search(r"QUIZ-[A-Z0-9-]+", told(screen))[0]
    assert len(quiz.from_code(code, study)) == N
    reads, aside = merging.merge_reads([screen.session.path])
    assert len(reads) == N and aside.empty


def test_the_end_names_whom_the_reader_beats_and_shows_what_was_missed(study, tmp_path):
    for _ in range(2):  # two others, who are right on every picture
        other = quiz.Session(study, tmp_path)
        while other.item is not None:
            other.press("b" if study.is_positive[other.item] else "r")
            other.press("5")
    signed = dataclasses.replace(study, signs=lambda ids: [f"signs of {i}" for i in ids])
    screen = widgets.Screen(signed, tmp_path)
    push(screen, "I am a new reader")
    push(screen, "I take part")
    push(screen, "Begin")
    while screen.session.item is not None:
        screen.keys.value += "b3"
    page = told(screen)
    assert "Whom do you beat?" in page and "the mean of 2 other readers" in page
    rows = re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td>", page)
    assert rows == [
        ("the mean of 2 other readers", "6"),
        ("the network at its threshold of 0.5", "4"),  # scores fall from picture to picture
        ("you", "3"),
    ]
    missed = [i for i in signed.image_ids if not signed.is_positive[i]]
    assert all(f"signs of {i}" in page for i in missed)


def test_undo_brings_the_picture_back(study, tmp_path):
    screen = widgets.Screen(study, tmp_path)
    push(screen, "I take part")
    push(screen, "Begin")
    assert screen.undo.disabled
    screen.keys.value = "b4"
    assert f"Picture 2 of {N}" in told(screen) and not screen.undo.disabled
    push(screen, "Undo")
    assert f"Picture 1 of {N}" in told(screen) and screen.session.n_done == 0
    screen.keys.value = "b4r2"
    assert list(screen.session.decisions.values()) == [(0, 2)]


def test_every_press_is_answered_so_that_a_dead_kernel_shows(study, tmp_path):
    screen = widgets.Screen(study, tmp_path)
    beats = [screen.beat.value]
    push(screen, "I take part")
    beats.append(screen.beat.value)
    push(screen, "Begin")
    for typed in ("x", "xb", "xb3"):
        beats.append(screen.beat.value)
        screen.keys.value = typed
    assert len(set(beats)) == len(beats) and screen.beat in screen.root.children


def test_the_script_knows_the_quiz_and_its_keys(study):
    text = widgets.script("dermlab-quiz-1", study)
    assert 'NAME = "dermlab-quiz-1"' in text
    assert 'KEYS = ["b", "r", "1", "2", "3", "4", "5", "u"]' in text


def test_letters_typed_ahead_of_the_next_picture_are_dropped(study, tmp_path):
    screen = widgets.Screen(study, tmp_path)
    push(screen, "I take part")
    push(screen, "Begin")
    screen.keys.value = "b4r5"
    assert screen.session.n_done == 1 and screen.session.pending is None
    screen.keys.value = "b4r5x5"
    assert screen.session.n_done == 1


def test_an_earlier_reading_can_be_gone_on_with_or_left_to_its_owner(study, tmp_path):
    first = quiz.Session(study, tmp_path)
    first.press("b")
    first.press("3")
    screen = widgets.Screen(study, tmp_path)
    push(screen, f"Go on as {first.reader}")
    assert screen.session.reader == first.reader and f"Picture 2 of {N}" in told(screen)
    screen = widgets.Screen(study, tmp_path)
    push(screen, "I am a new reader")
    push(screen, "I take part")
    push(screen, "Begin")
    assert screen.session.reader != first.reader and f"Picture 1 of {N}" in told(screen)
    push(screen, "Stop and delete")
    push(screen, "Yes, delete")
    assert session.files("demo", tmp_path) == [first.path]


def test_an_error_is_shown_to_the_reader(study, tmp_path):
    screen = widgets.Screen(study, tmp_path)
    push(screen, "I take part")
    push(screen, "Begin")
    with screen.session.path.open("a") as file:
        file.write("another window\n")
    screen.keys.value = "b4"
    assert "another window" in told(screen) and screen.session.n_done == 0


def test_without_a_browser_it_says_so(study, tmp_path, capsys):
    quiz.show(study, tmp_path / "reads")
    assert "simulated, calibrated" in capsys.readouterr().out
    assert not (tmp_path / "reads").exists()


@pytest.mark.all
def test_a_notebook_that_is_executed_by_a_program_has_no_front_end():
    from nbclient import NotebookClient

    code = "from dermlab.lessons.quiz import widgets\nprint(widgets.has_front_end())"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, kernel_name="python3").execute()
    assert notebook.cells[0].outputs[0].text == "False\n"


# --- in a browser ---------------------------------------------------------------------------------

ROOT = 'document.querySelector(".dermlab-quiz")'
HEAD = f'{ROOT}?.innerText || ""'
BUTTON = (
    '[...document.querySelectorAll(".dermlab-quiz button")].find(b => b.innerText.includes("{}"))'
)
NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "reading_experiment.ipynb"
GONE = 'document.querySelector(".dermlab-gone")?.innerText || ""'
CELLS = 'document.querySelectorAll(".jp-Cell").length'
PLACE = """(() => {{ const box = ({}).getBoundingClientRect();
  return [box.x + box.width / 2, box.y + Math.min(box.height / 2, 200)]; }})()"""
ON_SCREEN = f"""(() => {{ const box = {ROOT}.getBoundingClientRect();
  const panel = document.querySelector(".jp-WindowedPanel-outer").getBoundingClientRect();
  return box.top >= panel.top && box.bottom <= panel.bottom && box.right <= panel.right; }})()"""


def press_button(browser, label):
    """Focus the button as Tab does, and press Enter."""
    found = BUTTON.format(label)
    browser.wait(f"!!({found})", 120)
    browser.js(f"({found}).focus()")
    browser.enter()


def click(browser, element):
    """A click of the mouse in the middle of an element, given as an expression."""
    x, y = browser.js(PLACE.format(element))
    about = {"x": x, "y": y, "button": "left", "clickCount": 1}
    browser.do("Input.dispatchMouseEvent", type="mousePressed", **about)
    browser.do("Input.dispatchMouseEvent", type="mouseReleased", **about)


def run_cell(browser):
    """Ctrl+Enter, once more where JupyterLab was not ready to take it.

    A running cell has [*] as its prompt; a cell that has run clears the widgets of a dead kernel.
    """
    browser.wait('!!document.querySelector(".jp-CodeCell .cm-content")', 90)
    runs = 'document.querySelector(".jp-InputPrompt").innerText.includes("*")'
    fresh = f"/take part|Is that you/.test({HEAD})"
    for _ in range(8):
        browser.js('document.querySelector(".jp-CodeCell .cm-content").focus()')
        browser.enter(modifiers=2)
        with contextlib.suppress(AssertionError):
            browser.wait(f"{runs} || {fresh}", 6)
            return
    raise AssertionError("the cell does not run")


def waits_for(browser, i, seconds=60):
    browser.wait(f'({HEAD}).includes("Picture {i} of 30")', seconds)


def read(browser, first, last, *, by_mouse=False):
    """Decide on the pictures first … last; every other one is a biopsy.

    The focus is wherever the browser has it: nobody clicks into a box.
    """
    for i in range(first, last + 1):
        waits_for(browser, i)
        keys = ("b" if i % 2 else "r"), str(1 + i % 5)
        if not by_mouse:
            [browser.key(key) for key in keys]
            continue
        click(browser, BUTTON.format("(B)" if i % 2 else "(R)"))
        browser.wait(f'({HEAD}).includes("Your answer")')
        click(
            browser, BUTTON.format(keys[1]).replace("innerText.includes", "innerText.trim() === ")
        )


@pytest.fixture
def lab(tmp_path):
    """JupyterLab with the notebook's own cells, and a browser as large as a small laptop."""
    devtools = _devtools()
    if devtools.CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    pytest.importorskip("websocket", reason="no websocket-client is installed")
    stored = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell.source for cell in stored.cells if cell.cell_type == "code"][:2]
    assert "quiz.quiz(" in code[1]
    cells = [nbformat.v4.new_code_cell("\n".join(code)), nbformat.v4.new_markdown_cell("*below*")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["kernelspec"] = kernel  # without it JupyterLab asks for one
    nbformat.write(notebook, tmp_path / "quiz.ipynb")
    lab = devtools.Lab(tmp_path)
    browser = devtools.Browser(tmp_path)
    try:
        size = {"width": 1366, "height": 768, "deviceScaleFactor": 1, "mobile": False}
        browser.do("Emulation.setDeviceMetricsOverride", **size)
        yield lab, browser
    finally:
        browser.close()
        lab.close()


@pytest.mark.all
def test_thirty_pictures_by_keyboard_and_mouse_over_a_restart_and_a_reload(lab, tmp_path):
    lab, browser = lab
    shots = Path(os.environ.get("DERMLAB_SCREENSHOTS", tmp_path))
    try:
        path = thirty_pictures(lab, browser, tmp_path, shots)
    except AssertionError:
        browser.picture(shots / "failed.png")
        raise
    reads, aside = merging.merge_reads([path])
    assert len(reads) == reads["image_id"].nunique() == 30 and aside.empty
    assert reads["decision"].tolist() == [i % 2 for i in range(1, 31)]
    assert reads["confidence"].tolist() == [1 + i % 5 for i in range(1, 31)]
    assert (reads["seconds"] >= 0).all() and reads["seconds"].max() > 0


def thirty_pictures(lab, browser, tmp_path, shots):
    """The whole way of a reader; the file that it leaves."""
    devtools = _devtools()
    browser.do("Page.navigate", url=f"{lab.url}/lab/tree/quiz.ipynb?token={lab.token}")
    browser.wait('!!document.querySelector(".jp-CodeCell .cm-content")', 90)
    devtools.until(lambda: lab.api("kernels"), 60, "kernel")
    run_cell(browser)
    press_button(browser, "I take part")
    browser.wait(f'({HEAD}).includes("Learn the signs")')
    browser.js(f"{ROOT}.scrollIntoView()")
    browser.picture(shots / "gallery.png")
    n_cells = browser.js(CELLS)
    click(browser, f'{ROOT}.querySelector("img")')
    browser.key("r")  # before the first picture it does nothing, to the cell either
    press_button(browser, "Begin")
    read(browser, 1, 2)
    waits_for(browser, 3)
    assert browser.js(ON_SCREEN)  # picture and controls on one screen
    browser.picture(shots / "question.png")
    click(browser, f'{ROOT}.querySelector("img")')
    read(browser, 3, 3)
    waits_for(browser, 4)
    click(browser, 'document.querySelector(".jp-InputPrompt")')  # outside of the quiz
    read(browser, 4, 5)
    read(browser, 6, 8, by_mouse=True)
    waits_for(browser, 9)
    browser.key("r")
    browser.key("u")  # the answer
    browser.wait(f'!({HEAD}).includes("Your answer")')
    browser.key("u")  # the decision before
    read(browser, 8, 11)
    waits_for(browser, 12)
    assert browser.js(CELLS) == n_cells and not browser.js(
        '!!document.querySelector(".jp-RawCell")'
    )
    (path,) = (tmp_path / "reads").iterdir()
    before = path.read_text()
    assert before.count("\n") == 12 and "#end" not in before
    restart_kernel(browser)
    browser.key("b")
    browser.wait(f'({GONE}).includes("run the cell of the quiz again")', 20)
    browser.picture(shots / "gone.png")
    assert path.read_text() == before
    run_cell(browser)
    press_button(browser, f"Go on as {path.stem[-6:]}")
    assert not browser.js(GONE)
    read(browser, 12, 20)
    waits_for(browser, 21)
    reload_page(browser)
    browser.wait(f"!({HEAD})", 60)
    run_cell(browser)
    press_button(browser, f"Go on as {path.stem[-6:]}")
    read(browser, 21, 30)
    browser.wait(f'({HEAD}).includes("kappa with the biopsy")', 180)
    browser.js(f"{ROOT}.scrollIntoView()")
    browser.picture(shots / "end.png")
    drawn = f"{ROOT}.querySelector(\"img[alt^='Your point']\")"
    assert browser.js(f"({drawn}).naturalWidth") > 600
    assert "the network at its threshold" in browser.js(HEAD)
    browser.js(f'{ROOT}.querySelector("table").scrollIntoView()')
    browser.picture(shots / "beaten.png")
    code = browser.js('document.querySelector(".dermlab-code").innerText')
    check_link(browser, devtools, path, tmp_path / "downloads")
    assert len(quiz.from_code(code)) == 30
    assert path.read_text().startswith(before) and path.read_text().endswith("#end,30\n")
    return path


def _devtools():
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "devtools", Path(__file__).with_name("devtools.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def restart_kernel(browser):
    """As a reader does: the button in the notebook's tool bar, and yes."""
    item = '.jp-NotebookPanel-toolbar [data-jp-item-name="restart"]'
    click(browser, f"document.querySelector('{item}')")
    browser.wait('!!document.querySelector(".jp-Dialog button.jp-mod-accept")')
    browser.js('document.querySelector(".jp-Dialog button.jp-mod-accept").click()')
    browser.wait('!document.querySelector(".jp-Dialog")')


def reload_page(browser):
    """Reload, and say yes where JupyterLab asks whether to leave what is not saved."""
    browser.do("Page.enable")
    browser.do("Page.reload")
    for _ in range(25):
        with contextlib.suppress(AssertionError):  # no dialog yet
            browser.do("Page.handleJavaScriptDialog", accept=True)
            return
        time.sleep(0.2)


def check_link(browser, devtools, path, folder):
    """The download link saves the very file."""
    folder.mkdir()
    browser.do("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    browser.js('document.querySelector(".dermlab-quiz a[download]").click()')
    saved = folder / path.name
    devtools.until(lambda: saved.exists() and saved.stat().st_size, 20, "download")
    assert saved.read_bytes() == path.read_bytes()
