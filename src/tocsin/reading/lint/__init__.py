"""What is wrong with a runbook: one rule, one file in `rules/`, one page in `docs/lint/`."""
