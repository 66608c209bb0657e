#!/usr/bin/env bash
# Installs Spark for the test of the archive into a folder of the user's cache. Needs Python 3 and Java 17 or later, and
# half a gigabyte; without them nothing is installed, and the test says that it was left out.
set -euo pipefail

version=4.3.0
place="${XDG_CACHE_HOME:-$HOME/.cache}/zendesk-log-sync-tools/spark"
has() { command -v "$1" > /dev/null; }

has python3 && has java || exit 0
[ "$(cat "$place/version" 2> /dev/null)" = "$version" ] && exit 0
rm -rf "$place"
if python3 -m venv "$place" && timeout 600 "$place/bin/pip" -q install "pyspark==$version" > /dev/null 2>&1; then
  echo "$version" > "$place/version"
else
  rm -rf "$place"
  echo "Spark could not be installed." >&2
fi
