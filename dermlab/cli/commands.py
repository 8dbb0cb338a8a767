"""The commands in the order in which data flow; each is a function of a file beside this one.

A function takes what was typed and returns a dict, which `command` prints.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass

import typer

from dermlab.cli import (
    cases,
    console,
    course,
    explaining,
    fetching,
    own,
    reporting,
    reproducing,
    scoring,
    training,
)
from dermlab.cli.arguments import JsonOption

AS_JSON = inspect.Parameter(
    "as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=JsonOption
)


def command(function: Callable[..., dict]) -> Callable[..., int]:
    """``function`` as typer wants it: a flag ``--json`` more, and its result printed by `show`.

    A parameter whose type is a dataclass becomes an option a field, those without a default first.
    """
    parameters = inspect.signature(function).parameters
    settings = {p.name: p.annotation for p in parameters.values() if is_dataclass(p.annotation)}

    @functools.wraps(function)
    def printed(as_json: bool, **given: object) -> int:
        for name, kind in settings.items():
            given[name] = kind(**{field.name: given.pop(field.name) for field in fields(kind)})
        return show(function(**given), as_json)

    options = [p for p in parameters.values() if p.name not in settings]
    for kind in settings.values():
        options += _options(kind)
    printed.__signature__ = inspect.Signature([*options, AS_JSON])
    return printed


def _options(settings: type) -> list[inspect.Parameter]:
    """The fields of a dataclass as parameters of a function, the required ones first."""
    options = []
    for field in fields(settings):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        kind = inspect.Parameter.KEYWORD_ONLY
        options.append(inspect.Parameter(field.name, kind, default=default, annotation=field.type))
    return sorted(options, key=lambda option: option.default is not option.empty)


def show(result: dict, as_json: bool) -> int:
    """Print what a command returned, and give its exit status.

    With ``as_json`` ``result`` is one JSON object on stdout, but for two entries that are ours:
    ``text``, the sentences and the tables ``(title, columns, rows)`` that stand there otherwise,
    and ``finding``, true where the status is 1.
    """
    data = dict(result)
    text, finding = data.pop("text"), data.pop("finding", False)
    if as_json:
        console.print_json(data)
    else:
        for item in text:
            print(item) if isinstance(item, str) else console.print_table(*item)
    return console.FINDING if finding else console.GOOD


app = typer.Typer(
    add_completion=False,
    help="Teaches and reproduces Esteva et al. 2017, Dermatologist-level classification of skin "
    "cancer with deep neural networks. Every command has --help.",
)
for function in (
    course.doctor,
    course.course,
    fetching.fetch,
    cases.cases,
    cases.classes,
    cases.partition,
    cases.split,
    cases.leaks,
    cases.duplicates,
    training.train,
    training.predict,
    scoring.score,
    scoring.roc,
    explaining.explain,
    reproducing.reproduce,
    own.own,
    reporting.report,
    course.progress,
):
    app.command()(command(function))

reads = typer.Typer(help="The class's decisions: one row a reader and image.")
reads.command("merge")(command(scoring.merge))
app.add_typer(reads, name="reads")
