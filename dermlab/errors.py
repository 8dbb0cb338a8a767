"""The one error that a user can cause."""


class InputError(ValueError):
    """Bad input: one sentence that says what was wrong, where, and what to do.

    The command turns it into exit status 2; in a notebook it is an ordinary ``ValueError``.
    """
