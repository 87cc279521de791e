"""Every rule there is. A new rule is its file in `rules/` and one line here."""

from __future__ import annotations

import importlib
from functools import cache

from tocsin.reading.lint.rule import Rule

NAMES = (
    "CMD-BAD-REGEX",
    "CMD-BROKEN",
    "CMD-COMMENT-MISMATCH",
    "CMD-GREP-SELF",
    "CMD-JQ-PRETTY",
    "COST",
    "DEP",
    "ENC-MOJIBAKE",
    "HTTP-CONTENT-TYPE",
    "LANG-MULTI-QUERY",
    "LANG-PARSE-ERROR",
    "LANG-PROSE-ONLY",
    "LANG-PSEUDO",
    "LANG-SQL-IN-BASH",
    "LINK-ANCHOR",
    "LINK-DANGLING",
    "LINK-PROSE-REF",
    "LINT-SUPPRESS",
    "MD-DUP-HEADING",
    "MD-FENCE-BROKEN",
    "MD-NO-EOL",
    "PH-BY-HAND",
    "PH-COMMAND",
    "PH-CONTACT",
    "PH-DOMAIN",
    "PROM-QUANTILE-NO-LE",
    "PROM-TOPK-BY",
    "RISK-BYPASS",
    "RISK-DESTRUCTIVE",
    "RISK-DESTRUCTIVE-MISLABELLED",
    "RISK-IMPACT",
    "RISK-LOCKOUT",
    "RISK-NO-CONFIGTEST",
    "RISK-NO-ROLLBACK",
    "RISK-OPPOSITE",
    "RISK-PATTERN-KILL",
    "RUN-BAD-ARGS",
    "RUN-CD-UNCHECKED",
    "RUN-CURL-NO-FAIL",
    "RUN-CWD",
    "RUN-ENDLESS",
    "RUN-GREP-RC",
    "RUN-HEAVY",
    "RUN-INTERACTIVE",
    "RUN-NEEDS-TTY",
    "RUN-NO-ERREXIT",
    "RUN-NOT-IDEMPOTENT",
    "RUN-PAGER",
    "RUN-PROMPT",
    "RUN-RC-MISLEADING",
    "RUN-STDERR-LOST",
    "RUN-SUDO",
    "RUN-SUDO-MISSING",
    "RUN-UNBOUNDED",
    "SEC-EVIDENCE",
    "SEC-SECRET-ARGV",
    "SEC-SECRET-AT-REST",
    "SEC-SECRET-ECHO",
    "SEM-ALERT-AMBIGUOUS",
    "SEM-ALERT-NO-THRESHOLD",
    "SEM-ALERT-TWICE",
    "SEM-ALERT-UNBOUND",
    "SEM-ALERT-UNKNOWN",
    "SEM-CAUSE-NO-FIX",
    "SEM-NAME-INCONSISTENT",
    "SEM-NO-ALERT",
    "SEM-NO-ESCALATION",
    "SEM-NO-RESPONSE-TIME",
    "SEM-NO-REVERT",
    "SEM-NO-SEVERITY",
    "SEM-NO-TIME-BUDGET",
    "SEM-NO-VERIFICATION",
    "SEM-RULE-CONFLICT",
    "SEM-SEVERITY-CONFLICT",
    "SEM-SEVERITY-UNDEFINED",
    "SEM-STALE",
    "SEM-TARGET-NO-CONTACT",
    "SEM-THRESHOLD-CONFLICT",
    "SEM-UNCHECKED-PRECONDITION",
    "SH-SHELLCHECK",
    "SH-UNQUOTED",
    "SQL-COUNTS-BACKGROUND",
    "SQL-DIALECT",
    "SQL-EXTENSION",
    "SQL-NO-PREVIEW",
    "SQL-PII",
    "SQL-RLS-INEFFECTIVE",
    "SQL-SIDE-EFFECT-SELECT",
    "STEP-ALTERNATIVES",
    "STEP-MANUAL-IN-COMMENT",
    "STEP-ORDER",
    "STEP-REFERENCE-BLOCK",
)


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules in the order of their names."""
    return tuple(rule_named(name) for name in NAMES)


def rule_named(name: str) -> Rule:
    """Return one of the rules in `NAMES`."""
    module = name.lower().replace("-", "_")
    rule = importlib.import_module(f"tocsin.reading.lint.rules.{module}").rule
    assert isinstance(rule, Rule)  # noqa: S101  # what every module promises
    return rule
