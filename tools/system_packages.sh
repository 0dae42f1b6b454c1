#!/bin/sh
# What the tests need besides Python packages: Node, Chromium, a Korean font. Installed through apt when root.
# With the argument "node": Node alone, which the checks of the JavaScript need.
set -eu

missing=""
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
if [ "${1:-}" != node ]; then
    # The shell has no window: the same Chromium with fewer processes, a sixth faster in the tests.
    command -v chromium-headless-shell >/dev/null 2>&1 || missing="$missing chromium-headless-shell"
    fc-list 2>/dev/null | grep -q "Noto Sans CJK" || missing="$missing fonts-noto-cjk fontconfig"
    # Not installed from here, since the package starts a server of its own.
    command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] ||
        echo "not tested: the app behind a reverse proxy (install nginx-light for it)" >&2
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "please install:$missing" >&2
    exit 1
fi
