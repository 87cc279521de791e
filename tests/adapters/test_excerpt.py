"""The excerpt of a long output: whole when it fits, head and tail when it does not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.adapters.excerpt import Excerpt


def excerpt(limit: int, *chunks: bytes) -> bytes:
    """Return what is handed on of `chunks`."""
    said: list[bytes] = []
    kept = Excerpt(limit, said.append)
    for chunk in chunks:
        kept.feed(chunk)
    kept.close()
    return b"".join(said)


@given(chunks=st.lists(st.binary(max_size=40), max_size=10))
def test_what_fits_is_handed_on_unchanged(chunks: list[bytes]) -> None:
    """The limit is for floods; nothing else may be touched."""
    whole = b"".join(chunks)

    assert excerpt(max(2, len(whole)), *chunks) == whole


@given(
    lines=st.lists(st.text("ab c", max_size=12), min_size=20, max_size=60),
    limit=st.integers(40, 100),
    size=st.integers(1, 50),
)
def test_what_does_not_fit_is_cut_between_lines_and_counted(
    lines: list[str], limit: int, size: int
) -> None:
    """Half a line can hold half a secret, which no redaction finds."""
    raw = "".join(f"{number} {line}\n" for number, line in enumerate(lines)).encode()
    shown = excerpt(limit, *(raw[at : at + size] for at in range(0, len(raw), size)))
    if len(raw) <= limit:
        assert shown == raw
        return

    head, _, rest = shown.partition(b"\n[")
    count, _, tail = rest.partition(b" bytes cut here]\n")

    assert raw.startswith(head)
    assert raw.endswith(tail)
    assert len(head) + int(count) + len(tail) == len(raw)
    assert not head or head.endswith(b"\n")
    assert not tail or raw[: -len(tail)].endswith(b"\n")


def test_the_head_streams() -> None:
    """A person is waiting for it."""
    said: list[bytes] = []
    kept = Excerpt(1000, said.append)

    kept.feed(b"one\ntwo")

    assert said == [b"one\n"]


def test_output_without_lines_is_cut_all_the_same() -> None:
    """A binary on standard output must not fill the store."""
    shown = excerpt(10_000, *[b"x" * 65536] * 20)

    assert len(shown) < 10_100
    assert b" bytes cut here]" in shown
