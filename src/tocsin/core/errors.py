"""Errors the caller can act on.

Everything raised on purpose is a `Problem`: a stable code for machines and for the
documentation, one sentence for the person reading it at three in the morning, and the
next thing to try. Anything else that escapes is a defect and keeps its traceback.
"""

from __future__ import annotations


class Problem(Exception):
    """Base of all deliberate errors. Raise one of the categories below, never this.

    `code` is part of the public interface ("incident.transition"): tests, API clients
    and docs/reference/errors.md refer to it, so it is never changed once released.
    """

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class Invalid(Problem):
    """What was sent makes no sense; sending it again will not help."""


class NotFound(Problem):
    """No such thing, or not for these eyes. The two look alike on purpose."""


class Conflict(Problem):
    """Well formed, but not possible in the present state."""


class Unauthenticated(Problem):
    """We do not know who you are."""


class Forbidden(Problem):
    """We know who you are, and this is not yours to do."""


class TooLarge(Problem):
    """More than we are prepared to read."""


class Unavailable(Problem):
    """Something outside did not answer, or we are full. Worth trying again."""
