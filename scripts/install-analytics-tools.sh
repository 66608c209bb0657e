#!/usr/bin/env bash
# Installs the programs of other projects that try what is made for them in dbt/, analytics/ and monitoring/superset, into a
# folder of the user's cache. What cannot be had is left out: its tests say so. Needs Python 3.10 or newer for dbt, npm for
# Cube. Superset is large (0.8 GB): only with the argument `superset`.
set -uo pipefail

tools="${XDG_CACHE_HOME:-$HOME/.cache}/zendesk-log-sync-tools"
mkdir -p "$tools"

# A program is installed once for each version.
is_there() { [ "$(cat "$tools/$1.version" 2> /dev/null)" = "$2" ]; }

install_python() {
  local program="$1" packages="${*:2}"
  is_there "$program" "$packages" && return
  command -v python3 > /dev/null || return
  if python3 -m venv "$tools/$program" > /dev/null 2>&1 \
    && timeout 900 "$tools/$program/bin/pip" install --quiet --disable-pip-version-check "${@:2}" > /dev/null 2>&1; then
    echo "$packages" > "$tools/$program.version"
  else
    echo "$program could not be installed." >&2
  fi
}

install_npm() {
  local program="$1" package="$2"
  is_there "$program" "$package" && return
  command -v npm > /dev/null || return
  if timeout 600 npm install --silent --no-audit --no-fund --prefix "$tools/$program" "$package" > /dev/null 2>&1; then
    echo "$package" > "$tools/$program.version"
  else
    echo "$program could not be installed." >&2
  fi
}

# Newer ones of dbt-core fetch a part of theirs from elsewhere while they are installed.
install_python dbt dbt-core==1.10.23 dbt-postgres==1.11.0
install_npm cube @cubejs-backend/schema-compiler@1.7.43
# The others are what Superset 6.1.0 needs and does not ask for.
if [ "${1:-}" = superset ]; then
  install_python superset apache-superset==6.1.0 'flask-caching<2.4' rich cachetools psycopg2-binary
fi
echo "$tools"
