#!/bin/sh
# Set up .venv where it is needed, then show Tocsin at work (scripts/demo.py).
set -eu
cd "$(dirname "$0")/.."
venv=.venv
python="$venv/bin/python"
log=demo-output/install.log

# What has to be installed changes only with these two files.
stamp() {
    "$1" -c 'import hashlib, pathlib, sys
print(hashlib.sha256(b"".join(pathlib.Path(p).read_bytes() for p in sys.argv[1:])).hexdigest())' \
        requirements/demo.txt pyproject.toml
}

ready() {
    [ -x "$python" ] || return 1
    if [ -f "$venv/demo-stamp" ]; then
        read -r known < "$venv/demo-stamp" && [ "$known" = "$(stamp "$python")" ] || return 1
    fi
    # With no stamp this is a developer's own environment, which is left alone if it will do.
    "$python" -c 'import importlib.util as u, sys
sys.exit(not all(u.find_spec(each) for each in ("tocsin", "aiosmtpd", "dbos", "uvicorn")))'
}

newest_python() {
    for each in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$each" > /dev/null &&
            "$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            echo "$each"
            return
        fi
    done
    echo "Tocsin needs Python 3.11 or newer; there is none on the PATH." >&2
    exit 1
}

failed() {
    tail -n 15 "$log" >&2 || true
    echo "Setting up $venv failed; all of it is in $log." >&2
    echo "Debian: apt install python3-venv. Without a network the packages cannot be fetched." >&2
    exit 1
}

install() {
    mkdir -p demo-output
    found=$(newest_python)
    echo "Setting up $venv with $found (once; a minute or two) ..."
    rm -f "$venv/demo-stamp"
    {
        { [ -x "$python" ] || "$found" -m venv "$venv"; } &&
            { "$python" -m pip --version || "$python" -m ensurepip; } &&
            "$python" -m pip install --disable-pip-version-check --require-hashes \
                -r requirements/demo.txt &&
            "$python" -m pip install --disable-pip-version-check --no-deps -e .
    } > "$log" 2>&1 < /dev/null || failed
    stamp "$python" > "$venv/demo-stamp"
}

ready || install
exec "$python" scripts/demo.py
