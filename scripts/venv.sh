#!/bin/sh
# Makes .venv with one of our locked sets (run, demo or dev) and Tocsin itself, editable.
# Does nothing when that was done already and no requirement has changed since.
set -eu
cd "$(dirname "$0")/.."

set_name=${1:-run}
lock=requirements/$set_name.txt
stamp=.venv/tocsin-stamp
python=${PYTHON:-python3}

say() { echo "$*" >&2; }

fingerprint() { cat "$1" pyproject.toml | sha256sum | cut -d' ' -f1; }

# dev holds everything that demo holds, and demo everything that run holds
is_installed() {
    [ -x .venv/bin/tocsin ] && [ -f "$stamp" ] || return 1
    for larger in $1; do
        grep -qx "$PWD $(fingerprint "requirements/$larger.txt")" "$stamp" && return 0
    done
    return 1
}

case $set_name in
    run) enough="run demo dev" ;;
    demo) enough="demo dev" ;;
    dev) enough="dev" ;;
    *) say "There is no set $set_name: run, demo or dev."; exit 2 ;;
esac
is_installed "$enough" && exit 0

if ! command -v "$python" >/dev/null 2>&1; then
    say "There is no $python. Tocsin needs Python 3.11 or newer; name another one with PYTHON=."
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "$("$python" --version) is too old. Tocsin needs 3.11 or newer; name another one with PYTHON=."
    exit 1
fi

# Debian's Python cannot make environments until python3-venv is there
if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing python3-venv."
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends python3-venv; } >/dev/null
    else
        say "$python cannot make an environment. On Debian: apt install python3-venv"
        exit 1
    fi
fi

say "Setting up .venv ($set_name); this happens once per change of requirements."
# one of another clone, or of a Python that is gone, is made anew
is_usable() {
    head -n 1 .venv/bin/pip 2>/dev/null | grep -qF "$PWD/.venv/" &&
        .venv/bin/python -c '' >/dev/null 2>&1
}
is_usable || "$python" -m venv --clear .venv
rm -f "$stamp"
pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore .venv/bin/python -m pip"
$pip install -qq --require-hashes -r "$lock"
$pip install -qq --no-deps --editable .
echo "$PWD $(fingerprint "$lock")" >"$stamp"
