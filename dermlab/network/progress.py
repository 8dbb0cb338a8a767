"""A bar on a terminal, silence elsewhere: a stored notebook must keep no error stream."""

import sys
from collections.abc import Iterable, Iterator


def track(items: Iterable, *, total: int, label: str, show: bool) -> Iterator:
    """Yield ``items``; with ``show`` and a terminal on stderr, draw how many of ``total`` passed.

    Where stderr is a file or a pipe nothing is drawn: whoever calls writes its own quiet line.
    """
    if not (show and sys.stderr.isatty()):
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(label, total=total)
        for item in items:
            yield item
            bars.advance(bar)
