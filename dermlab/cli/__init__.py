"""The command `dermlab`: files in, files out.

`commands` lists the commands in their order, one file beside it a subject; `console` keeps what
the process promises: exit statuses, one object on stdout, whole files.
"""

import sys


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit status; without arguments it prints its help."""
    try:
        from dermlab.cli import commands, console
    except KeyboardInterrupt:  # in the first moments, while typer is being imported
        return 130
    arguments = sys.argv[1:] if argv is None else list(argv)

    def call() -> int | None:
        console.check_text(arguments)
        return commands.app(arguments or ["--help"], prog_name="dermlab", standalone_mode=False)

    return console.run(call)
