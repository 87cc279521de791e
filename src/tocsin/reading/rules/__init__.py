"""Thresholds of a runbook as Prometheus alerting rules, each with the unit test that proves it.

`bind` finds the metric of a threshold, `expressions` writes PromQL, `compiled` puts rules
together, `proofs` makes their tests, `files` writes both down. Nothing here touches a file.
"""
