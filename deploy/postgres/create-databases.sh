#!/bin/sh
# One database and one role of its own for each service: no query crosses.
set -eu
for service in intake matcher notifier; do
  psql --set=ON_ERROR_STOP=1 --set=service="$service" --set=password="$SERVICE_DATABASE_PASSWORD" \
    --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE CONNECT ON DATABASE :"service" FROM PUBLIC;
SQL
done
