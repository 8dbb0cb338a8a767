"""What a reader sees: driven without a browser, and in a headless one with the keyboard."""

import contextlib
import os
import re
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

HEAD = 'document.querySelector(".dermlab-quiz")?.innerText || ""'
BUTTON = (
    '[...document.querySelectorAll(".dermlab-quiz button")].find(b => b.innerText.includes("{}"))'
)
BOX = 'document.querySelector(".dermlab-quiz input[type=text]")'


def press_button(browser, label):
    """Focus the button as Tab does, and press Enter."""
    found = BUTTON.format(label)
    browser.wait(f"!!({found})", 120)
    browser.js(f"({found}).focus()")
    browser.enter()


def run_cell(browser):
    """Ctrl+Enter, once more where JupyterLab was not ready to take it.

    A running cell has [*] as its prompt; a cell that has run clears the widgets of a dead kernel.
    """
    runs = 'document.querySelector(".jp-InputPrompt").innerText.includes("*")'
    fresh = f"/take part|Is that you/.test({HEAD})"
    for _ in range(8):
        browser.js('document.querySelector(".jp-CodeCell .cm-content").focus()')
        browser.enter(modifiers=2)
        with contextlib.suppress(AssertionError):
            browser.wait(f"{runs} || {fresh}", 6)
            return
    raise AssertionError("the cell does not run")


def read(browser, first, last, n):
    """Decide on the pictures first … last by keyboard alone; every other one is a biopsy.

    The box is given the focus once, as a click does, and must keep it from picture to picture.
    """
    browser.wait(f'({HEAD}).includes("Picture {first} of {n}")')
    browser.js(f"{BOX}.focus()")
    for i in range(first, last + 1):
        browser.wait(f'({HEAD}).includes("Picture {i} of {n}")')
        assert browser.js(f"document.activeElement === {BOX}")  # it keeps the focus
        browser.key("b" if i % 2 else "r")
        browser.key(str(1 + i % 5))


@pytest.mark.all
def test_twenty_pictures_by_keyboard_with_a_kernel_killed_at_eleven(tmp_path):
    devtools = _devtools()
    if devtools.CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    pytest.importorskip("websocket", reason="no websocket-client is installed")
    code = 'from dermlab.lessons import quiz\nstudy = quiz.quiz(quiz_id="browser", n=20)'
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["kernelspec"] = kernel  # without it JupyterLab asks for one
    nbformat.write(notebook, tmp_path / "quiz.ipynb")
    shots = Path(os.environ.get("DERMLAB_SCREENSHOTS", tmp_path))
    lab = devtools.Lab(tmp_path)
    browser = devtools.Browser(tmp_path)
    try:
        browser.do("Page.navigate", url=f"{lab.url}/lab/tree/quiz.ipynb?token={lab.token}")
        browser.wait('!!document.querySelector(".jp-CodeCell .cm-content")', 90)
        devtools.until(lambda: lab.api("kernels"), 60, "kernel")
        run_cell(browser)
        press_button(browser, "I take part")
        browser.wait(f'({HEAD}).includes("Learn the signs")')
        browser.js('document.querySelector(".dermlab-quiz").scrollIntoView()')
        browser.picture(shots / "gallery.png")
        press_button(browser, "Begin")
        read(browser, 1, 11, 20)
        browser.wait(f'({HEAD}).includes("Picture 12 of 20")')
        browser.picture(shots / "question.png")
        (path,) = (tmp_path / "reads").iterdir()
        before = path.read_text()
        assert before.count("\n") == 12 and "#end" not in before
        kill_kernel(lab)
        browser.wait('!!document.querySelector(".jp-Dialog button.jp-mod-accept")')
        browser.js('document.querySelector(".jp-Dialog button.jp-mod-accept").click()')
        assert path.read_text() == before
        run_cell(browser)
        press_button(browser, f"Go on as {path.stem[-6:]}")
        read(browser, 12, 20, 20)
        browser.wait(f'({HEAD}).includes("kappa with the biopsy")', 180)
        browser.js('document.querySelector(".dermlab-quiz").scrollIntoView()')
        browser.picture(shots / "end.png")
        assert browser.js('!!document.querySelector(".dermlab-quiz img[alt*=\\"Your point\\"]")')
        text = browser.js('document.querySelector(".dermlab-code").innerText')
        check_link(browser, devtools, path, tmp_path / "downloads")
        assert len(quiz.from_code(text)) == 20
    except AssertionError:
        browser.picture(shots / "failed.png")
        raise
    finally:
        browser.close()
        lab.close()
    assert path.read_text().startswith(before) and path.read_text().endswith("#end,20\n")
    reads, aside = merging.merge_reads([path])
    assert len(reads) == reads["image_id"].nunique() == 20 and aside.empty
    assert reads["decision"].tolist() == [i % 2 for i in range(1, 21)]
    assert reads["confidence"].tolist() == [1 + i % 5 for i in range(1, 21)]
    assert (reads["seconds"] > 0).all()


def _devtools():
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "devtools", Path(__file__).with_name("devtools.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def kill_kernel(lab):
    """kill -9; the server then starts another, which knows nothing."""
    import psutil

    def kernels():
        below = psutil.Process(lab.process.pid).children(recursive=True)
        return [p for p in below if any("ipykernel" in part for part in p.cmdline())]

    (victim,) = kernels()
    victim.kill()
    victim.wait(20)
    _devtools().until(lambda: [p for p in kernels() if p.pid != victim.pid], 60, "new kernel")
    _devtools().until(
        lambda: lab.api("kernels")[0]["execution_state"] in ("idle", "starting"), 60, "idle kernel"
    )


def check_link(browser, devtools, path, folder):
    """The download link saves the very file."""
    folder.mkdir()
    browser.do("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    browser.js('document.querySelector(".dermlab-quiz a[download]").click()')
    saved = folder / path.name
    devtools.until(lambda: saved.exists() and saved.stat().st_size, 20, "download")
    assert saved.read_bytes() == path.read_bytes()
