#!/bin/sh
# Everything that can be said about the code without running it.
set -eu
cd "$(dirname "$0")/.."

sh scripts/venv.sh dev
failed=""
for tool in "ruff format --check ." "ruff check --quiet ." "mypy" "lint-imports --no-logo"; do
    echo "== $tool"
    # shellcheck disable=SC2086  # the words are meant to be split
    .venv/bin/$tool || failed="$failed, $tool"
done
[ -z "$failed" ] || { echo "Not clean: ${failed#, }" >&2; exit 1; }
