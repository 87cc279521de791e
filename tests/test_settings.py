"""`tocsin.toml`: every mistake at once, each with its line and how to mend it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill import WORKSPACE
from tocsin import settings
from tocsin.core.errors import Invalid
from tocsin.core.rights import Grant, Role
from tocsin.core.workspace import TargetKind, Workspace


def read(text: str) -> Workspace:
    return settings.read(text, file="tocsin.toml", directory="/team")


def mistakes(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        read(text)
    assert caught.value.code == "settings"
    return caught.value.message


def test_what_init_writes_can_be_read_as_it_is() -> None:
    """The first thing a new user sees must work unchanged."""
    workspace = read(settings.STARTER)

    assert [service.name for service in workspace.services] == ["my-service"]
    assert workspace.policies[0].levels[0].patience == timedelta(minutes=5)
    assert workspace.targets[0].kind is TargetKind.LOCAL


def test_all_mistakes_are_reported_together_with_their_lines() -> None:
    """A broken configuration is mended in one round, not in ten."""
    told = mistakes(
        "\n".join(
            [
                "[tocsin]",
                "listen = 3",
                "",
                "[[person]]",
                'name = "ada"',
                'channels = ["mial"]',
                "",
                "[[channel]]",
                'name = "mail"',
                'kind = "pigeon"',
                "",
                "[[service]]",
                'name = "shop"',
                'policy = "nights"',
                'runbok = ["shop.md"]',
            ]
        )
    )

    for expected in (
        "5 mistakes in tocsin.toml",
        "tocsin.toml:2: [tocsin] listen should be a text in quotes",
        "tocsin.toml:6: [person] channels names 'mial', which is not set up: did you mean 'mail'?",
        "tocsin.toml:10: [channel] kind should be one of smtp, webhook, console",
        "tocsin.toml:14: [service] policy names 'nights', which is not set up",
        "tocsin.toml:15: [service] unknown key 'runbok': did you mean 'runbooks'?",
    ):
        assert expected in told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('patience = "5m"', 'patience = "0s"'), "longer than zero"),
        (('patience = "5m"', 'patience = "soon"'), "is not a duration. Write it as 90s"),
        (("""match = ['service="shop"']""", "match = ['service']"), "is not a matcher"),
        (("""match = ['service="shop"']""", "match = ['a=~\"(\"']"), "does not compile"),
        (('people = ["grace"]', 'people = ["grcae"]'), "did you mean 'grace'?"),
        (('targets = ["here", "db"]', 'targets = ["hree"]'), "did you mean 'here'?"),
        (('REGION = "north"', '"a b" = "north"'), "cannot be the name of a variable"),
        (('url = "shop.db"', ""), "needs 'url'"),
        (('sender = "tocsin@example.org"', ""), "needs 'sender'"),
        (('token_sha256 = "e3', 'token_sha256 = "zz'), "64 hexadecimal digits"),
        (('name = "grace"', 'name = "ada"'), "a second person is called 'ada'"),
        (("[[service]]", "[service]"), "two brackets"),
        (('"smtp://127.0.0.1:2525"', '"mail.example.org:25"'), "Put smtp:// in front of it"),
        (('"smtp://127.0.0.1:2525"', '"https://127.0.0.1"'), "smtp://HOST[:PORT] or smtps://HOST"),
        (('"smtp://127.0.0.1:2525"', '"smtp://127.0.0.1:25x"'), "url should be smtp://HOST"),
        (('"smtp://127.0.0.1:2525"', '"smtp://"'), "url should be smtp://HOST"),
        (('"http://tocsin.test"', '"tocsin.test"'), "public_url should be http://HOST"),
        (('"http://tocsin.test"', '"javascript:1"'), "public_url should be http://HOST"),
        (('kind = "sqlite"\nurl = "shop.db"', 'kind = "postgres"\nurl = "shop"'), "dbname=NAME"),
        (('kind = "sqlite"\nurl = "shop.db"', 'kind = "prometheus"\nurl = "h:9"'), "http://HOST"),
        (('name = "am"', 'name = "checks"'), "our own checks report under it"),
        (('name = "shop"\n\n', 'name = "shop"\nrepeat = 101\n\n'), "at most 100"),
        (('kind = "local"', 'kind = "local"\nprofile = "open"'), "one of host, contained"),
        (('kind = "local"', 'kind = "local"\ntime_limit = "0s"'), "longer than zero"),
        (("[tocsin]\n", '[tocsin]\ndatabase = "tocsin.db"\n'), "sqlite:///PATH"),
        (("[tocsin]\n", '[tocsin]\ndatabase = "sqlite:///:memory:"\n'), "of a file"),
        (("[tocsin]\n", '[tocsin]\ndatabase = "mysql://h/x"\n'), "postgresql://USER@HOST"),
        (("[tocsin]\n", '[tocsin]\ndatabase = "postgresql://h:p/x"\n'), "postgresql://USER@HOST"),
        (("[[policy.level]]\npeople", "[[polcy.level]]\npeople"), "unknown section 'polcy'"),
    ],
)
def test_each_mistake_is_named(change: tuple[str, str], said: str) -> None:
    """What is wrong, and how to mend it."""
    assert change[0] in WORKSPACE

    assert said in mistakes(WORKSPACE.replace(*change))


def test_a_check_with_a_wrong_option_is_named_with_its_line() -> None:
    """Checks are judged by what their kind needs."""
    told = mistakes(
        WORKSPACE + '\n[[check]]\nname = "c"\nkind = "tcp"\nalert = "X"\nhost = "h"\nprot = 1\n'
    )

    assert "'port' is missing" in told
    assert "'prot'" in told


@pytest.mark.parametrize("line", ['patience = "zz"', 'people = ["nobody"]', "odd = 1"])
def test_a_mistake_in_a_level_has_its_own_line(line: str) -> None:
    """Also in the second level of the second policy."""
    text = WORKSPACE + "\n".join(
        [
            "",
            "[[policy]]",
            'name = "nights"',
            "[[policy.level]]",
            'people = ["ada"]',
            'patience = "5m"',
            "[[policy.level]]",
            'patience = "5m"' if "people" in line else 'people = ["ada"]',
            line,
            "",
        ]
    )

    assert f"tocsin.toml:{text.splitlines().index(line) + 1}: [policy.level]" in mistakes(text)


def test_a_mistake_in_a_list_of_levels_is_named_where_the_list_is() -> None:
    """Levels may be written as a list; the line is that of the list then."""
    text = WORKSPACE + '\n[[policy]]\nname = "x"\nlevel = [{ people = ["ada"], patience = 3 }]\n'

    assert f"tocsin.toml:{len(text.splitlines())}: [policy.level] patience" in mistakes(text)


def test_what_is_wrong_with_an_address_never_shows_it() -> None:
    """It may hold a password, and mistakes end up in logs."""
    told = mistakes(WORKSPACE.replace("smtp://127.0.0.1:2525", "smpt://u:hunter2@h"))

    assert "hunter2" not in told


@pytest.mark.parametrize(
    "change",
    [
        ("smtp://127.0.0.1:2525", "smtps://mail.example.org"),
        ("smtp://127.0.0.1:2525", "smtp://[::1]:25"),
        ('kind = "sqlite"\nurl = "shop.db"', 'kind = "postgres"\nurl = "host=h dbname=x"'),
        ('kind = "sqlite"\nurl = "shop.db"', 'kind = "postgres"\nurl = "postgresql:///x"'),
        ('kind = "sqlite"\nurl = "shop.db"', 'kind = "postgres"\nurl = "postgresql://a:1,b:2/x"'),
        ("[tocsin]\n", '[tocsin]\ndatabase = "postgresql:///tocsin?host=/run/pg"\n'),
        ("[tocsin]\n", '[tocsin]\ndatabase = "sqlite:////var/lib/t.db"\n'),
    ],
)
def test_addresses_that_work_are_taken(change: tuple[str, str]) -> None:
    """A check that is too strict keeps somebody from paging."""
    assert change[0] in WORKSPACE

    assert read(WORKSPACE.replace(*change)).services


def test_what_is_no_toml_is_said() -> None:
    """A stray bracket: the parser's own words, with the file's name."""
    assert "tocsin.toml: not TOML" in mistakes("[tocsin\n")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["name", "kind", "level", "people", "x"]), inner)
        ),
        max_leaves=8,
    ),
    st.sampled_from(["tocsin", *settings.SECTIONS]),
)
def test_no_value_anywhere_makes_it_crash(value: object, section: str) -> None:
    """Whatever is written there, the answer is a list of mistakes."""
    document = f"{section} = {_toml(value)}\n"

    try:
        read(document)
    except Invalid as problem:
        assert problem.code == "settings"


def _toml(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(bool(value)).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, int):
        return str(value)
    return "'" + "".join(each for each in str(value) if each.isalnum()) + "'"


METRIC = """
[[metric]]
name = "oven heat"
shape = "share"
unit = "ratio"
series = "oven_hot_total"
whole = ["oven_total"]
"""


def test_a_metric_goes_by_the_words_of_its_name_unless_it_has_others() -> None:
    """Most are called what the runbook calls them."""
    (metric,) = read(METRIC).metrics
    (other,) = read(METRIC + 'words = ["heat|hot"]\nwithout = ["cold", "cool"]\n').metrics

    assert metric.words == ("oven", "heat")
    assert (other.words, other.without) == (("heat|hot",), "cold|cool")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("whole =", "# whole ="), "tocsin.toml:2: [metric] of this shape needs 'whole'"),
        (('"ratio"', '"state"'), "tocsin.toml:2: [metric] needs its 'states'"),
        (('"ratio"', '"percent"'), "tocsin.toml:5: [metric] unit should be one of"),
        (('"share"', '"line"'), "tocsin.toml:4: [metric] shape should be one of"),
        (('"oven_hot_total"', "3"), "tocsin.toml:6: [metric] series should be a text"),
        (("whole =", "quantile = 1\nwhole ="), "should be a number between 0 and 1"),
        (("whole =", "buckets = [2, 1]\nwhole ="), "should ascend"),
        (("whole =", "buckets = []\nwhole ="), "should be a list of numbers"),
        (("whole =", 'states = {open = "x"}\nwhole ='), "should be a table of numbers"),
        (
            ('unit = "ratio"', 'unit = "count"\ncomplement = true'),
            "complement is for the unit ratio",
        ),
    ],
)
def test_each_mistake_in_a_metric_is_named(change: tuple[str, str], said: str) -> None:
    """Before any rule is written."""
    assert said in mistakes(METRIC.replace(*change))


STORE = """\
[[secret]]
name = "LOOK"
environment = "LOOK"

[[target]]
name = "db"
kind = "postgres"
url = "postgresql://look@db/shop"
password = "LOOK"
change_url = "postgresql://alter@db/shop"
change_password = "LOOK"
"""


def test_a_store_has_two_logins() -> None:
    """One to look with at any hour, one for what a person has approved."""
    target = read(STORE).targets[0]

    assert target.login(read_only=True).url == "postgresql://look@db/shop"
    assert target.login(read_only=False).secret == "LOOK"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('password = "LOOK"\nchange', 'password = "LOK"\nchange'), "did you mean 'LOOK'?"),
        (('change_url = "postgresql://alter@db/shop"', ""), "11: [target] change_password needs"),
        (('"postgresql://alter@db/shop"', '"hunter-8731"'), "10: [target] change_url should be"),
        (('kind = "postgres"', 'kind = "sqlite"'), "9: [target] password is for targets that are"),
        (('kind = "postgres"', 'kind = "redis"'), "8: [target] url should be redis://HOST"),
        (('kind = "postgres"', 'kind = "mysql"'), "10: [target] change_url should be mysql://HOST"),
    ],
)
def test_each_mistake_in_a_login_is_named(change: tuple[str, str], said: str) -> None:
    """Found in the daytime, and without showing what may be a password."""
    told = mistakes(STORE.replace(*change))

    assert said in told
    assert "hunter" not in told


SSH = """
[[target]]
name = "web"
kind = "ssh"
hosts = ["web1", "web2"]
host_label = "instance"
user = "looker"
change_user = "changer"
run_as = "app"
reads = "login"
"""


def test_a_target_on_other_machines_is_read() -> None:
    """Every key of it ends where the executor finds it."""
    target = read(SSH).targets[0]

    assert target.hosts == ("web1", "web2")
    assert (target.user, target.change_user, target.run_as) == ("looker", "changer", "app")
    assert (target.host_label, target.reads) == ("instance", "login")


@pytest.mark.parametrize("name", ["-oProxyCommand=touch x", "a b", "$(id)", "a;b", "", "a\\nb"])
@pytest.mark.parametrize("key", ["user", "run_as", "change_user"])
def test_no_name_can_be_an_option_or_more_than_a_word(key: str, name: str) -> None:
    """It becomes a word of a command line of ours, or of one on another machine."""
    text = SSH.replace(f'{key} = "', f'{key} = "{name}" #')

    with pytest.raises(Invalid):
        read(text)
    with pytest.raises(Invalid):
        read(SSH.replace('"web1"', f'"{name}"'))


OIDC = """
[oidc]
issuer = "https://id.example.org"
client_id = "tocsin"
client_secret = "OIDC"
[oidc.roles]
sre = "approver"
"shop team" = "responder of shop"
[[secret]]
name = "OIDC"
environment = "OIDC"
"""


def test_a_group_is_worth_a_role_on_all_services_or_on_one() -> None:
    """Written as one says it."""
    service = WORKSPACE.split('[[service]]\nname = "')[1].split('"')[0]
    oidc = read(WORKSPACE + OIDC.replace("of shop", f"of {service}")).oidc

    assert oidc is not None
    assert dict(oidc.roles) == {
        "sre": Grant(role=Role.APPROVER),
        "shop team": Grant(role=Role.RESPONDER, service=service),
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https://", "http://", "should be https"),
        ('client_id = "tocsin"', "", "[oidc] needs 'client_id'"),
        ('client_secret = "OIDC"', 'client_secret = "OICD"', "names 'OICD', which is not set up"),
        ('"approver"', '"king"', "says 'king', not a role"),
        ('"approver"', '"approver of "', "not a role"),
        ("of shop", "of nowhere", "names 'nowhere', which is not set up"),
    ],
)
def test_a_provider_that_is_set_up_wrongly_is_told(old: str, new: str, said: str) -> None:
    """A login that fails open would be worse than one that does not start."""
    assert said in mistakes(WORKSPACE + OIDC.replace(old, new))
