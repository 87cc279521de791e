# What one does with a clone. Each target is a script, so that none of this needs make.

ROUNDS ?= 200
DOCUMENTS ?= 10000
MINUTES ?= 10
STEPS ?= 1000

.PHONY: help demo test check lint format kill latency reading robust containment steps

help:
	@echo "make demo     a real failure, start to finish, in this terminal (KEEP=1: leave the console open)"
	@echo "make test     all tests; says what could not be run, and why"
	@echo "make check    format, lint, types, import rules, then all tests"
	@echo "make lint     the same without the tests"
	@echo "make format   rewrite the code in our format"
	@echo "make kill     kill the server ROUNDS times under load and count what is lost"
	@echo "make containment  let STEPS nasty steps loose on a server and count what gets away"
	@echo "make steps    what a step costs with its journal, beside a loop of bash -c"
	@echo "make latency  from an alert to its first page, in milliseconds"
	@echo "make reading  how long a runbook of 10 kB to 10 MB takes to read, beside a bare parser"
	@echo "make robust   read DOCUMENTS hostile documents, then MINUTES of made-up ones"

demo:
	@sh scripts/demo.sh

test:
	@sh scripts/test.sh

lint:
	@sh scripts/lint.sh

check: lint test

format:
	@sh scripts/format.sh

kill:
	@sh scripts/venv.sh dev
	@ROUNDS=$(ROUNDS) .venv/bin/python benchmarks/kill.py

latency:
	@sh scripts/venv.sh dev
	@.venv/bin/python benchmarks/latency.py

reading:
	@sh scripts/venv.sh dev
	@.venv/bin/python benchmarks/reading.py

robust:
	@sh scripts/venv.sh dev
	@DOCUMENTS=$(DOCUMENTS) MINUTES=$(MINUTES) .venv/bin/python benchmarks/robust.py

containment:
	@sh scripts/venv.sh dev
	@STEPS=$(STEPS) .venv/bin/python benchmarks/containment.py

steps:
	@sh scripts/venv.sh dev
	@.venv/bin/python benchmarks/steps.py
