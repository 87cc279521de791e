#!/bin/sh
# Runs the tests; whatever is given goes to pytest. Its last lines say what was skipped and why.
set -eu
cd "$(dirname "$0")/.."

sh scripts/venv.sh dev
[ $# -gt 0 ] || sh scripts/install-test-tools.sh
# All of them at once on as many cores as there are, file by file: each process has servers of its own.
[ $# -gt 0 ] || set -- -n auto --maxprocesses 4 --dist loadfile
exec .venv/bin/python -m pytest -ra "$@"
