"""Which values may take the place of what a runbook leaves open."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.core.parameter import (
    Parameter,
    ParameterType,
    ValueSource,
    check_value,
    fits,
    folded,
    named,
)

WORDS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@+/-")
CHOICES = ("blue", "green")


def parameter(kind: ParameterType, **more: str) -> Parameter:
    choices = CHOICES if kind is ParameterType.ONE_OF else ()
    return Parameter(name="POD", type=kind, placeholder="<pod>", choices=choices, **more)


@given(
    st.sampled_from(ParameterType), st.text() | st.text(alphabet="a0.-/:@$([`'\"\n \\", max_size=9)
)
@example(ParameterType.IDENTIFIER, "pod\n")
@example(ParameterType.INTEGER, "٣")
@example(ParameterType.HOST, "fe80::1%eth0")
@example(ParameterType.PATH, "/var/../etc/shadow")
def test_whatever_fits_is_one_plain_word(kind: ParameterType, value: str) -> None:
    """No shell, no option parser and no arithmetic may read more in it than itself."""
    if not fits(parameter(kind), value):
        return

    assert value
    assert not value.startswith("-")
    assert not any(unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp") for each in value)
    if kind is not ParameterType.FREE_TEXT:
        assert set(value) <= WORDS
        assert ".." not in value
        assert len(value) <= 1024


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ParameterType.HOST, "db-1.shop.example.org"),
        (ParameterType.HOST, "10.0.0.7:5432"),
        (ParameterType.HOST, "2001:db8::7"),
        (ParameterType.INTEGER, "0"),
        (ParameterType.INTEGER, "4096"),
        (ParameterType.IDENTIFIER, "payments-7f9c6d-x2x9k"),
        (ParameterType.PATH, "/var/log/nginx/error.log"),
        (ParameterType.DURATION, "1h30m"),
        (ParameterType.ONE_OF, "green"),
        (ParameterType.FREE_TEXT, "Größe: 3 (approx.); $5"),
    ],
)
def test_what_people_mean_fits(kind: ParameterType, value: str) -> None:
    """A rule that refuses ordinary names would be switched off within a week."""
    assert check_value(parameter(kind), value) == value


@pytest.mark.parametrize("kind", ParameterType)
@pytest.mark.parametrize(
    "value",
    [
        "",
        "-rf",
        "--version",
        "-oProxyCommand=id",
        "a\nb",
        "a\0b",
        "a\u202eb",
        "a\u2028b",
        "\x1b[2J",
    ],
)
def test_nobody_may_give_an_option_or_what_cannot_be_seen(kind: ParameterType, value: str) -> None:
    """Not even free text: what is approved must be what is read."""
    with pytest.raises(Invalid, match="POD cannot be") as caught:
        check_value(parameter(kind), value)

    assert caught.value.code == "parameter.value"
    assert kind.value in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("value", ["a[$(id)]", "$(id)", "`id`", "a;id", "a b", "~root", "*", "!!"])
def test_what_a_shell_computes_is_refused_by_every_type_but_free_text(value: str) -> None:
    """`[[ $X -gt 5 ]]` runs the command inside `a[$(command)]`, quoted or not."""
    for kind in set(ParameterType) - {ParameterType.FREE_TEXT}:
        assert not fits(parameter(kind), value)


def test_a_pattern_of_the_team_takes_the_place_of_the_types_own() -> None:
    """Keys of a queue have colons; the rest of the refusals holds all the same."""
    queue = parameter(ParameterType.IDENTIFIER, pattern=r"rq:[a-z:]+|.*")

    assert fits(queue, "rq:queue:default")
    assert not fits(queue, "-x")
    assert not fits(queue, "a..b")


@pytest.mark.parametrize(
    ("kind", "bound"),
    [
        (ParameterType.IDENTIFIER, True),
        (ParameterType.INTEGER, True),
        (ParameterType.HOST, False),
        (ParameterType.PATH, False),
    ],
)
def test_a_label_binds_only_what_leads_nowhere(kind: ParameterType, bound: bool) -> None:
    """Whoever writes a label must not choose the host or the file that is looked at."""
    given_ = Parameter(
        name="X", type=kind, placeholder="X", value="7", source=ValueSource.LABEL, origin="x"
    )

    assert given_.bound is bound


@pytest.mark.parametrize(
    ("placeholder", "name"),
    [
        ("<container_name>", "CONTAINER_NAME"),
        ("YOUR_IP", "IP"),
        ("your-server", "SERVER"),
        ("[Pod name]", "POD_NAME"),
        ("{pod}", "POD"),
        ("<2nd host>", "_2ND_HOST"),
        ("<>", ""),
    ],
)
def test_a_parameter_is_called_as_it_is_written(placeholder: str, name: str) -> None:
    """The name is what a person types in `tocsin run set`."""
    assert named(placeholder) == name


def test_names_are_compared_as_people_mean_them() -> None:
    """The runbook says <pod-name>, the label says pod."""
    assert folded("pod-name") == folded("POD") == folded("YOUR_POD") == "pod"
