#!/bin/sh
# Sets up .venv where it is needed, then shows Tocsin at work (scripts/demo.py).
set -eu
cd "$(dirname "$0")/.."
sh scripts/venv.sh demo
exec .venv/bin/python scripts/demo.py
