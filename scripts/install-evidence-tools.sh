#!/usr/bin/env bash
# Installs the programs of other projects that try the sealed log in the tests, into a folder of the user's cache, and
# prints that folder. What cannot be had is left out: its tests say so. Needs Go; without it nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

tools="${XDG_CACHE_HOME:-$HOME/.cache}/zendesk-log-sync-tools"
mkdir -p "$tools"
command -v go > /dev/null || PATH="$PATH:/usr/local/go/bin"

# A program is installed once for each version.
install() {
  local program="$1" package="$2"
  [ -x "$tools/$program" ] && [ "$(cat "$tools/$program.version" 2> /dev/null)" = "$package" ] && return
  if GOBIN="$tools" timeout 600 go install "$package" > /dev/null 2>&1; then
    echo "$package" > "$tools/$program.version"
  else
    echo "$program could not be installed." >&2
  fi
}

if command -v go > /dev/null; then
  install fsck github.com/transparency-dev/tessera/cmd/fsck@v1.0.4
  install litewitness filippo.io/torchwood/cmd/litewitness@v0.6.1
  install versitygw github.com/versity/versitygw/cmd/versitygw@v1.8.0
  # The verifier of the tests is built by them; its one module comes with Go.
  (cd test/evidence/verifier && timeout 120 go mod download) > /dev/null 2>&1 || true
fi
echo "$tools"
