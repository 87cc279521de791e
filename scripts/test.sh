#!/bin/sh
# Runs the tests; whatever is given goes to pytest. Its last lines say what was skipped and why.
set -eu
cd "$(dirname "$0")/.."

sh scripts/venv.sh dev
[ $# -gt 0 ] || sh scripts/install-test-tools.sh
exec .venv/bin/python -m pytest -ra "$@"
