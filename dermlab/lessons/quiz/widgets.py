"""What a reader sees: consent, gallery, one picture at a time, the end. ipywidgets, no extension.

The keyboard is a text box of ipywidgets, which sends each letter to the kernel. Its text grows and
is never cleared from here, since a letter typed meanwhile would be read twice. A script beside the
quiz (data/lessons/quiz_keys.js) hides the box and gives it the quiz's keys wherever the focus is,
but in an editor: JupyterLab takes none of them for a shortcut of its own. The script also says so
when the kernel does not answer. Where no script may run the box is seen, and takes the keys when
it has the focus. Buttons do the same, by mouse or with Tab and Enter.
"""

import json
import secrets
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from dermlab.errors import InputError
from dermlab.lessons.quiz import codes, pages, pictures, scoring, session
from dermlab.lessons.quiz.study import CONFIDENCES, UNDO, Study
from dermlab.text import plural

if TYPE_CHECKING:
    from ipywidgets import Widget


def quiz(
    cases: pd.DataFrame | None = None,
    images: str | Path | Sequence[str | Path] = "clinic",
    *,
    quiz_id: str = "reading-1",
    task: str = pictures.CLINIC_TASKS[0],
    n: int = 30,
    folder: str | Path = "reads",
    scores: pd.Series | None = None,
) -> Study:
    """Run a quiz in a notebook and return its study, which the cells that follow score.

    Without ``cases`` it is on the virtual clinic (`pictures.clinic_study`), else on n images of any
    table (`pictures.study_of`); ``quiz_id`` fixes which. Every decision goes to ``folder`` at once.
    Without a front end that can show widgets it says so.
    """
    if cases is None:
        study = pictures.clinic_study(quiz_id, task, n)
    else:
        study = pictures.study_of(cases, images, quiz_id=quiz_id, task=task, n=n, scores=scores)
    show(study, folder)
    return study


def show(study: Study, folder: str | Path = "reads") -> None:
    """Show the quiz on any study; where nobody can answer, say so and what stands in."""
    if not has_front_end():
        reader = scoring.stand_in(study)
        print(
            "No one can answer here: this notebook runs without a browser, so the quiz of "
            f"{plural(len(study.image_ids), 'picture')} is not shown. Where the cells below find "
            f"no reads, {reader.sentence} ({reader.kind})."
        )
        return
    from IPython.display import Javascript, display

    screen = Screen(study, folder)
    display(screen.root, Javascript(script(screen.name, study)))


def script(name: str, study: Study) -> str:
    """The script of the quiz whose root has the class ``name``."""
    keys = [one.key for one in study.answers] + [str(c) for c in CONFIDENCES] + [UNDO]
    code = files("dermlab").joinpath("data", "lessons", "quiz_keys.js").read_text("utf-8")
    return f"(() => {{ const NAME = {json.dumps(name)}, KEYS = {json.dumps(keys)};\n{code}}})();"


def has_front_end() -> bool:
    """Whether a person's notebook runs this cell: it names the cell in its request.

    JupyterLab, Notebook 7 and VS Code do; nbconvert, nbval and plain Python do not.
    """
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    return kernel is not None and "cellId" in kernel.get_parent("shell").get("metadata", {})


PICTURE = 400  # pixels: with what stands beside it, it fits on a screen of 1366 × 768


class Screen:
    """The widgets of one quiz. ``root`` is what is displayed; its children change by stage."""

    def __init__(self, study: Study, folder: str | Path) -> None:
        import ipywidgets

        self.w, self.study, self.folder = ipywidgets, study, Path(folder)
        self.session: session.Session | None = None
        self.name = f"dermlab-quiz-{secrets.token_hex(4)}"
        self.root = ipywidgets.VBox(layout={"max_width": "980px", "overflow": "visible"})
        self.root.add_class("dermlab-quiz")
        self.root.add_class(self.name)
        self.beat, self.n_beats = self.html(""), 0  # changes with every press: the kernel lives
        self.beat.layout.display = "none"
        earlier = session.files(study.quiz_id, folder)
        if earlier:
            self.ask_to_go_on(earlier[0])
        else:
            self.ask_consent()

    # --- before ---------------------------------------------------------------------------------

    def ask_to_go_on(self, path: Path) -> None:
        """An earlier file of this quiz is there: a lost kernel, or another reader's."""
        reader = path.stem[-6:]
        done = "a finished" if session.is_finished(path) else "an unfinished"
        text = f"<p>There is {done} reading of this quiz by <b>{reader}</b>. Is that you?</p>"
        go_on = self.button(f"Go on as {reader}", lambda: self.read(reader), "primary")
        anew = self.button("I am a new reader", self.ask_consent)
        self.put(self.html(text), self.w.HBox([go_on, anew]))

    def ask_consent(self) -> None:
        """The first page of a new reader."""
        n = len(self.study.image_ids)
        text = pages.consent(n, self.folder)
        yes = self.button("I take part", self.teach, "primary")
        self.put(self.html(text), self.w.HBox([yes, self.button("No, thanks", self.opt_out)]))

    def opt_out(self) -> None:
        """Nothing was written; the notebook goes on without this reader."""
        text = "You do not take part; nothing was written. The cells below work all the same."
        self.put(self.html(f"<p>{text}</p>"), self.button("I changed my mind", self.ask_consent))

    def teach(self) -> None:
        """The gallery, or straight to the pictures where the study has none."""
        if not self.study.gallery:
            self.read(None)
            return
        shown = "".join(
            pages.captioned(
                one.picture,
                f"{one.label}. {one.text}",
                f"<b>{escape(one.label)}</b><br>{escape(one.text)}",
                230,
            )
            for one in sorted(self.study.gallery, key=lambda one: one.label)
        )
        text = (
            "<h3>Learn the signs: take about five minutes</h3>"
            f"{self.study.lesson}<div>{shown}</div><p>None of these is in the quiz.</p>"
        )
        start = self.button("Begin: show me the first picture", lambda: self.read(None), "primary")
        self.put(self.html(text), start)

    # --- reading --------------------------------------------------------------------------------

    def read(self, reader: str | None) -> None:
        """Begin, or go on as ``reader`` where that file ends."""
        self.session = session.Session(self.study, self.folder, reader)
        if self.session.item is None:
            self.finish()
            return
        self.typed = 0
        self.progress = self.w.IntProgress(max=len(self.study.image_ids), layout={"width": "100%"})
        self.head, self.image, self.taken = self.html(""), self.html(""), self.html("")
        self.image.layout = {"width": f"{PICTURE + 8}px", "min_height": f"{PICTURE + 8}px"}
        answers = [
            self.button(f"{one.label}  ({one.key.upper()})", lambda d=one.decision: self.choose(d))
            for one in self.study.answers
        ]
        self.answers = dict(zip([a.decision for a in self.study.answers], answers, strict=True))
        beside = {"width": "440px", "overflow": "visible"}
        controls = self.w.VBox(self.controls(answers), layout=beside)
        side_by_side = {"flex_flow": "row wrap", "grid_gap": "16px", "overflow": "visible"}
        self.put(self.w.HBox([self.image, controls], layout=side_by_side))
        self.refresh()

    def controls(self, answers: "list[Widget]") -> "list[Widget]":
        """All that stands beside the picture: question, answers, confidences, what is taken."""
        sure = [
            self.button(str(c), lambda c=c: self.press(str(c)), width="52px") for c in CONFIDENCES
        ]
        self.undo = self.button(f"Undo  ({UNDO.upper()})", lambda: self.press(UNDO))
        stop = self.button("Stop and delete my answers", self.confirm_withdrawal)
        keys = " or ".join(f"<b>{one.key.upper()}</b>" for one in self.study.answers)
        about = f"Keys: {keys}, then <b>1</b> to <b>5</b>; <b>{UNDO.upper()}</b> takes back."
        return [
            self.head,
            self.progress,
            self.html(f"<b>{escape(self.study.question)}</b>"),
            self.w.HBox(answers),
            self.html("<b>How sure?</b> 1 guess … 5 certain (then comes the next picture)"),
            self.w.HBox(sure),
            self.taken,
            self.w.HBox([self.undo, stop]),
            self.html(about),
            self.keyboard(),
        ]

    def keyboard(self) -> "Widget":
        """The text box that takes the keys."""
        self.keys = self.w.Text(
            description="Keyboard:",
            placeholder="click here, then type",
            continuous_update=True,
            style={"description_width": "initial"},
            layout={"width": "100%"},
        )
        self.keys.add_class("dermlab-keys")
        self.keys.observe(lambda change: self.guarded(self.type, change["new"]), "value")
        return self.keys

    def type(self, text: str) -> None:
        """Letters from the box. What was typed before the next picture was shown is dropped."""
        fresh, self.typed = text[self.typed :], len(text)
        for key in fresh:
            if self.press(key):
                break

    def press(self, key: str) -> bool:
        """A key of the keyboard; whether another picture waits now."""
        moved = self.session.press(key)
        self.refresh(moved)
        return moved

    def choose(self, decision: int) -> None:
        """The decision of a button, 1 or 0."""
        self.session.choose(decision)
        self.refresh()

    def refresh(self, moved: bool = True) -> None:
        """Show where the reading stands, and the picture that waits if another one does."""
        now = self.session
        if now.item is None:
            self.finish()
            return
        for decision, button in self.answers.items():
            button.button_style = "info" if decision == now.pending else ""
        labels = {one.decision: one.label for one in self.study.answers}
        taken = labels.get(now.pending)
        self.taken.value = f"Your answer: <b>{escape(taken)}</b>. How sure?" if taken else "&nbsp;"
        self.undo.disabled = now.pending is None and not now.decisions
        if moved:
            n = len(self.study.image_ids)
            place = f"Picture {now.n_done + 1} of {n}"
            self.head.value = f"<b>{place}</b> &nbsp; reader {now.reader}"
            self.progress.value = now.n_done
            self.image.value = pages.image(now.picture(), place, PICTURE)
            now.seen()

    def confirm_withdrawal(self) -> None:
        """Ask once more before a file is deleted."""
        kept = self.root.children
        text = f"<p>Delete the file of {self.session.reader} for good?</p>"
        back = self.button("No, go on reading", lambda: self.put(*kept))
        self.put(self.html(text), self.w.HBox([self.button("Yes, delete", self.withdraw), back]))

    def withdraw(self) -> None:
        """Delete what this reader has answered."""
        self.session.withdraw()
        self.put(self.html("<p>Your answers were deleted. Thank you for having tried.</p>"))

    # --- the end --------------------------------------------------------------------------------

    def finish(self) -> None:
        """What the reading came to; how to hand it in."""
        waiting = self.html("<p>Your last decision is on disk. Drawing your point …</p>")
        hand_in = self.html(pages.hand_in(self.session))
        self.put(waiting, hand_in)
        reads = codes.from_code(codes.to_code(self.session), self.study)
        page = pages.ending(self.study, reads, self.session.reader, self.folder)
        self.put(self.html(page), hand_in)

    # --- small things ---------------------------------------------------------------------------

    def put(self, *children: "Widget") -> None:
        """Show these widgets, in this order, and nothing else."""
        self.root.children = [*(child for child in children if child is not self.beat), self.beat]

    def html(self, text: str) -> "Widget":
        """A piece of HTML."""
        return self.w.HTML(text)

    def button(self, label: str, action, style: str = "", width: str = "auto") -> "Widget":
        """A button; an error of its action is shown above the quiz."""
        button = self.w.Button(description=label, button_style=style, layout={"width": width})
        button.on_click(lambda _: self.guarded(action))
        return button

    def guarded(self, action, *arguments) -> None:
        """Errors for people are shown where the people look: above the quiz."""
        try:
            action(*arguments)
        except InputError as error:
            warning = self.html(f'<p role="alert"><b>{escape(str(error))}</b></p>')
            self.put(warning, *self.root.children)
        self.n_beats += 1
        self.beat.value = str(self.n_beats)
