"""The pages that no file holds: index, report, the house, the list of data cards."""

import ast
import base64
import json
import re
import tomllib
from pathlib import Path

from dermlab import files
from dermlab.lessons import course_report, report

STATUS = {"run": "as it ran here", "failed": "failed", "stored": "stored outputs"}
WALK = (  # a case's way from its file to a figure
    "dermlab/cases/sources.py: read_cases",
    "dermlab/cases/table.py: check",
    "dermlab/cases/splits.py: group_folds",
    "dermlab/cases/splits.py: leaks",
    "dermlab/network/training.py: fit",
    "dermlab/network/inference.py: predict",
    "dermlab/evaluation/predictions.py: read_out",
    "dermlab/evaluation/roc.py: auc",
    "dermlab/figures/readers.py: network_curves",
)


def write(source: Path, here: Path) -> None:
    """Write the pages among the gathered sources."""
    lessons = json.loads((source / "lessons.json").read_text("utf-8"))
    cards = sorted(path.stem for path in (source / "data_cards").glob("*.md"))
    cards = [card for card in cards if card != "index"]
    made = {
        "index.md": index(source, here, lessons, cards),
        "report.md": report_page(here / "report.csv"),
        "house.md": house(here.parent, (here / "house.md").read_text("utf-8")),
    }
    if cards:
        listed = "\n".join(f"- [{title_of(source, card)}]({card}.md)" for card in cards)
        made["data_cards/index.md"] = f"# Data cards\n\n{listed}\n"
        readme = (source / "README.md").read_text("utf-8")
        made["README.md"] = readme.replace("](data_cards)", "](data_cards/index.md)")
    for name, text in made.items():
        files.write(source / name, text)


# --- index ----------------------------------------------------------------------------------------


def index(source: Path, here: Path, lessons: list[dict], cards: list[str]) -> str:
    """A card a lesson, with its first figure and a line, and the contents of the whole site."""
    first, second = ([x for x in lessons if x["name"].startswith("deeper/") == d] for d in (0, 1))
    cards_of = ["\n".join(card(source, lesson) for lesson in part) for part in (first, second)]
    text = (here / "index.md").read_text("utf-8").replace("LESSONS", grid(cards_of[0]))
    if second:
        text += f"\n## Second sittings\n\n{grid(cards_of[1])}"
    more = [name for name in ("README", "TEACHING", "notebooks/glossary") if exists(source, name)]
    listed = ["data_cards/index", *(f"data_cards/{card}" for card in cards)] if cards else []
    text += contents("Lessons", [f"notebooks/{lesson['name']}" for lesson in first])
    text += contents("Second sittings", [f"notebooks/{lesson['name']}" for lesson in second])
    text += contents("Results", ["report"]) + contents("About", [*more, "house"])
    return text + contents("Data cards", listed)


def title_of(source: Path, card: str) -> str:
    """The heading of a data card."""
    lines = (source / "data_cards" / f"{card}.md").read_text("utf-8").splitlines()
    return next((line[2:] for line in lines if line.startswith("# ")), card)


def exists(source: Path, name: str) -> bool:
    """Whether a page of Markdown was gathered."""
    return (source / f"{name}.md").exists()


def grid(cards: str) -> str:
    """Cards in one to three columns, by the width of the screen."""
    return f"::::{{grid}} 1 2 2 3\n:gutter: 3\n\n{cards}\n::::\n"


def card(source: Path, lesson: dict) -> str:
    """A lesson's first figure, title, first sentence, and how its page came about."""
    picture = first_figure(source, lesson["name"])
    image = f":img-top: {picture[0]}\n:img-alt: {picture[1]}\n" if picture else ""
    how = STATUS[lesson["status"]]
    if lesson.get("seconds"):
        how += f": {lesson['seconds']:.0f} s, {lesson['peak_mb']:,} MB"
    first = re.match(r".+?[.?!](?=\s|$)", lesson["opening"])
    line = first[0] if first else lesson["opening"]
    failed = f"\n\n`{lesson['error']}`" if lesson.get("error") else ""
    return (
        f":::{{grid-item-card}} {lesson['title']}\n:link: notebooks/{lesson['name']}\n"
        f":link-type: doc\n{image}\n{line}{failed}\n\n```{{card-footer}}\n{how}\n```\n:::\n"
    )


def first_figure(source: Path, name: str) -> tuple[str, str] | None:
    """The place of the lesson's first figure as a file, and its alt text; None without one."""
    notebook = json.loads((source / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if png := output.get("data", {}).get("image/png"):
                path = source / "pictures" / f"{name}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                files.write(path, base64.b64decode("".join(png)))
                alt = output["metadata"].get("image/png", {}).get("alt", "")
                return f"pictures/{name}.png", " ".join(alt.split())
    return None


def contents(caption: str, names: list[str]) -> str:
    """A part of the site's contents, in the side bar."""
    listed = "\n".join(names)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n" if names else ""


# --- report, house --------------------------------------------------------------------------------


def report_page(lines: Path) -> str:
    """The course's report under headings of the site, its parts by the package's renderer."""
    blocks = course_report.blocks(report.sections(lines))
    text = f"# {course_report.TITLE}\n\n{raw(course_report.opening())}"
    return text + "".join(f"\n## {title}\n\n{raw(body)}" for title, body in blocks.items())


def raw(html: str) -> str:
    """HTML as Markdown that Sphinx leaves as it is."""
    return f"```{{raw}} html\n{html}\n```\n"


def house(root: Path, text: str) -> str:
    """``text`` with the walk of a case and the tree, a line a file from its docstring."""
    steps = [step.split(": ") for step in WALK]
    walk = "\n".join(
        f"1. `{path.removeprefix('dermlab/')}`, `{function}`: {line_of(root / path, function)}"
        for path, function in steps
    )
    return text.replace("WALK", walk).replace("TREE", tree(root))


def tree(root: Path) -> str:
    """The rooms of code in the order of the package's imports, a line a file."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    order = [name.strip(" ()") for layer in reversed(layers) for name in layer.split(":")]
    rooms: dict[str, list[str]] = {"dermlab": []}
    rooms |= {f"dermlab/{name}": [] for name in order if (root / "dermlab" / name).is_dir()}
    for top in ("dermlab", "results", "site"):
        for path in sorted((root / top).rglob("*.py")):
            parts = path.relative_to(root).parts
            room = "/".join(parts[:-1][: 2 if top == "dermlab" else 1])
            if line := line_of(path):
                name = path.relative_to(root / room).as_posix()
                rooms.setdefault(room, []).append(f"`{name}`\n: {line}\n")
    return "\n".join(f"### `{room}/`\n\n" + "\n".join(lines) for room, lines in rooms.items())


def line_of(path: Path, function: str | None = None) -> str:
    """The first line of a file's or a function's docstring; empty without one."""
    node = ast.parse(path.read_text("utf-8"))
    if function:
        (node,) = [n for n in node.body if getattr(n, "name", None) == function]
    return (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
