#!/bin/sh
# Makes the database user of Grafana, or gives it its password again.
set -eu
PGPASSWORD=$(cat /database/password)
export PGPASSWORD
exec psql -X -q -h postgres -U zendesk -d zendesk -v ON_ERROR_STOP=1 \
  -v password="$(cat /grafana/database-password)" -f /user.sql
