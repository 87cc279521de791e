#!/bin/sh
# Installs what only the tests of the pages use and what we do not ship: axe-core (MPL-2.0).
set -eu
cd "$(dirname "$0")/.."
if ! command -v npm >/dev/null 2>&1; then
    echo "npm is not installed: the pages' accessibility is not checked" >&2
    exit 0
fi
npm install --no-save --no-package-lock --no-audit --no-fund --silent axe-core@4.14.1
