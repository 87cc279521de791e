#!/bin/sh
# Installs what only tests use and pip cannot bring: Debian packages (as root, where apt is),
# and axe-core from npm (where npm is; MPL-2.0, so it is not shipped). Only what is missing.
# Nothing here is fatal: a test whose tool is missing is skipped and says so.
set -eu
cd "$(dirname "$0")/.."

say() { echo "$*" >&2; }

missing=""
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has_sshd() { ls /usr/sbin/sshd || command -v sshd; }
has_postgres() { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; }

need bubblewrap command -v bwrap
need postgresql has_postgres
need mariadb-server command -v mariadbd
need redis-server command -v redis-server
need prometheus command -v prometheus
need prometheus-alertmanager command -v prometheus-alertmanager
need chromium command -v chromium
need docker.io command -v dockerd
need openssh-client command -v ssh-keygen
need openssh-server has_sshd
need openssl command -v openssl
need procps command -v pgrep
need shellcheck command -v shellcheck
need sudo command -v sudo
need supervisor command -v supervisord

# Packages that are daemons must not start theirs: the tests run their own, on their own ports.
policy=/usr/sbin/policy-rc.d
install_debian() {
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null || say "apt-get update failed; trying with the lists there are."
    # one by one, so that one that cannot be had does not keep the others away
    for package in $missing; do
        apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
            say "Could not install $package."
    done
}

if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ]; then
        say "Tests that need these Debian packages will be skipped:$missing"
        say "To run them: sudo apt install$missing"
    elif command -v apt-get >/dev/null 2>&1; then
        say "Installing for the tests:$missing"
        install_debian
    else
        say "There is no apt-get here; tests that need these will be skipped:$missing"
    fi
fi

if [ ! -d node_modules/axe-core ]; then
    if command -v npm >/dev/null 2>&1; then
        npm install --no-save --no-package-lock --no-audit --no-fund --silent axe-core@4.14.1 ||
            say "Could not install axe-core: the accessibility of the pages is not tested."
    else
        say "There is no npm here: the accessibility of the pages is not tested."
    fi
fi
