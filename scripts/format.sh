#!/bin/sh
# Rewrites the code in our format and mends what ruff can mend safely.
set -eu
cd "$(dirname "$0")/.."

sh scripts/venv.sh dev
.venv/bin/ruff check --quiet --fix . || true
.venv/bin/ruff format .
.venv/bin/ruff check .
