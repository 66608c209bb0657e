#!/bin/sh
# Makes the passwords of docker-compose.yml in two directories, each once: what is there already stays.
#   make-passwords.sh DATABASE GRAFANA
# DATABASE: password and url of the database's owner; POSTGRES_PASSWORD, if given, is the first one.
# GRAFANA: database-password of the user that dashboards read with, and admin-password of Grafana itself;
# GRAFANA_ADMIN_PASSWORD, if given, is the first one.
set -eu
database=$1
grafana=$2

keep() {
  [ -s "$1" ] && return
  password=${2:-$(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n')}
  # Whole or not at all, and readable for the users of the containers, none of which is root.
  printf %s "$password" > "$1.new"
  chmod 444 "$1.new"
  mv "$1.new" "$1"
}

case ${POSTGRES_PASSWORD:-} in
  *[!A-Za-z0-9._~-]*)
    echo 'POSTGRES_PASSWORD holds a character that has a meaning in urls; expected letters, digits and . _ ~ -' >&2
    exit 1
    ;;
esac

keep "$database/password" "${POSTGRES_PASSWORD:-}"
keep "$database/url" "postgres://zendesk:$(cat "$database/password")@postgres:5432/zendesk"
keep "$grafana/database-password" ''
keep "$grafana/admin-password" "${GRAFANA_ADMIN_PASSWORD:-}"
