#!/usr/bin/env bash
# Installs what the tests need (as root, on Debian or Ubuntu), then runs formatting, lints, every test and the lab.
set -euo pipefail
cd "$(dirname "$0")/.."

packages="pdns-server pdns-backend-sqlite3 sqlite3 bind9 bind9-utils bind9-dnsutils knot opendkim opendkim-tools unbound swaks nginx-light postfix"
packages="$packages dovecot-imapd openssl chromium tmux"
packages="$packages opendmarc postfix-policyd-spf-python rspamd publicsuffix iproute2"
python_packages="dkimpy pynacl dnspython pyspf py3dns octodns python-hcl2 jsonschema pyyaml parsedmarc botocore PyJWT cryptography google-auth ovh moto[server,route53]"
# The schema of SARIF 2.1.0 comes in it.
npm_package="@microsoft/jest-sarif@1.0.0-beta.0"

say() { printf '\n== %s\n' "$*"; }

install_packages() {
    local missing=()
    for package in $packages; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    # The daemons must not start by themselves: the tests start their own, on ports of their own.
    local guard=/usr/sbin/policy-rc.d made=
    if [ ! -e $guard ]; then
        printf '#!/bin/sh\nexit 101\n' >$guard
        chmod 755 $guard
        made=yes
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >/dev/null
    apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
    [ -z "$made" ] || rm -f $guard
}

install_python_packages() {
    # A virtual environment of its own, so that nothing of the system's Python is touched.
    local env=target/python
    if ! $env/bin/python -c 'import dkim, nacl, dns, spf, octodns, hcl2, jsonschema, yaml, parsedmarc, botocore, jwt, google.auth, ovh, moto' 2>/dev/null; then
        say "installing $python_packages into $env"
        python3 -m venv $env
        # shellcheck disable=SC2086
        $env/bin/pip install -q --disable-pip-version-check $python_packages
    fi
    PATH="$PWD/$env/bin:$PATH"
    export PATH
}

fetch_npm_package() {
    local folder=target/npm
    [ -d $folder/package ] && return
    say "fetching $npm_package into $folder"
    mkdir -p $folder
    npm pack --silent --pack-destination $folder "$npm_package" >/dev/null
    tar -xzf $folder/*.tgz -C $folder
}

unpack_exim() {
    # It conflicts with Postfix: its libraries are installed, itself it is unpacked.
    local folder=$PWD/target/exim
    [ -x "$folder/usr/sbin/exim4" ] && return
    say "unpacking exim4 into target/exim"
    local libraries
    libraries=$(apt-cache depends exim4-daemon-heavy | awk '$1 == "Depends:" && $2 ~ /^lib/ { print $2 }')
    # shellcheck disable=SC2086
    apt-get install -y -q --no-install-recommends $libraries >/dev/null
    mkdir -p "$folder/packages"
    (cd "$folder/packages" && apt-get download -q exim4-daemon-heavy exim4-base exim4-config >/dev/null)
    local package
    for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder"; done
}

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    install_packages
    unpack_exim || echo "no exim4 package: the test that needs it skips, saying so"
else
    echo "not root, or no apt-get: tests that need servers from packages skip, saying so"
fi
if command -v python3 >/dev/null; then
    install_python_packages || echo "no PyPI: tests beside Python peers skip, saying so"
fi

if command -v npm >/dev/null; then
    fetch_npm_package || echo "no npm registry: the test that needs the schema of SARIF skips, saying so"
fi

say "formatting"
cargo fmt --check
say "lints"
cargo clippy --locked --all-targets -- -D warnings
say "tests"
cargo test --locked --no-fail-fast
say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet
say "release build and the demo"
cargo build --locked --release
target/release/mailproof demo
say "all passed"
