"""The commands in the order in which data flow; each is a function of a file beside this one."""

import typer

from dermlab.cli import cases, course, explaining, reporting, reproducing, scoring, training

app = typer.Typer(
    add_completion=False,
    help="Teaches and reproduces Esteva et al. 2017, Dermatologist-level classification of skin "
    "cancer with deep neural networks. Every command has --help.",
)
for command in (
    course.doctor,
    course.course,
    cases.cases,
    cases.partition,
    cases.split,
    cases.leaks,
    cases.duplicates,
    training.train,
    training.predict,
    scoring.score,
    explaining.explain,
    reproducing.reproduce,
    reporting.report,
):
    app.command()(command)

reads = typer.Typer(help="The class's decisions: one row a reader and image.")
reads.command("merge")(scoring.merge)
app.add_typer(reads, name="reads")
