#!/bin/sh
# Writes requirements/*.txt anew from pyproject.toml: exact versions with the hashes of every file,
# for all platforms and Pythons at once (docs/decisions/0003). Versions stay unless --upgrade
# or --upgrade-package NAME is given. No address of a registry gets into the files.
set -eu
cd "$(dirname "$0")/.."

sh scripts/venv.sh dev
[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet uv

compile() {
    out=requirements/$1.txt
    shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
        --generate-hashes --no-header --no-annotate \
        pyproject.toml "$@" --output-file "$out" >/dev/null
    echo "$out: $(grep -c == "$out") packages"
}

compile run "$@"
compile demo --group demo "$@"
compile dev --group dev "$@"
