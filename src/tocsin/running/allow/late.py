"""Judges SQL; its parser is imported by the first statement, so that the server starts sooner."""

from __future__ import annotations

import importlib

from tocsin.core.risk import Verdict


def judge_sql(text: str) -> Verdict:
    """Return what we think of one SQL statement."""
    verdict: Verdict = importlib.import_module("tocsin.running.allow.sql").judge_sql(text)
    return verdict
