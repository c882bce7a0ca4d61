#!/usr/bin/env bash
# Single logs of databases: PostgreSQL in four formats, MariaDB's error and slow log, Redis; each with its usual faults.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
logs=$SAMPLES_DIR/logs
mkdir -p "$logs"/{postgresql,mariadb,redis}

host_new db-5 10.20.9.5
root=$(host_root db-5)
rm -rf "$root"/etc/postgresql/15/main "$root"/var/lib/postgresql/15/main "$root"/var/lib/mysql "$root"/var/lib/redis/*
install -d -o "$(stat -c %u "$root/var/log/mysql")" "$root/var/lib/mysql"
host_boot db-5

# --- PostgreSQL ---------------------------------------------------------------------------------------------
on db-5 pg_createcluster 15 main >/dev/null
cat >"$root/etc/postgresql/15/main/conf.d/faults.conf" <<'EOF'
logging_collector = on
log_directory = '/var/log/postgresql'
log_filename = 'postgresql.log'
log_destination = 'stderr,csvlog,jsonlog'
log_line_prefix = '%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h '
log_min_duration_statement = 300
log_lock_waits = on
log_temp_files = 0
log_autovacuum_min_duration = 0
deadlock_timeout = 300ms
max_locks_per_transaction = 10
max_connections = 12
temp_file_limit = 2MB
work_mem = 64kB
max_wal_size = 32MB
min_wal_size = 32MB
EOF
cat >"$root/etc/postgresql/15/main/pg_hba.conf" <<'EOF'
local all postgres peer
local all all scram-sha-256
host shop,missing app 127.0.0.1/32 scram-sha-256
EOF
on db-5 systemctl start postgresql@15-main.service
as_postgres() {
  on db-5 setpriv --reuid=postgres --regid=postgres --init-groups "$@"
}
sql() { # STATEMENT...: one session, whose errors are the point
  as_postgres psql -qX -d shop "${@/#/-c}" >/dev/null 2>&1 || true
}
as_postgres psql -qX -c "CREATE DATABASE shop" -c "CREATE ROLE app LOGIN PASSWORD 'not-a-real-password'"
sql "CREATE TABLE items (id int PRIMARY KEY, name varchar(10) NOT NULL, stock int CHECK (stock >= 0))" \
  "CREATE TABLE lines (id int PRIMARY KEY, item int REFERENCES items)" \
  "INSERT INTO items SELECT n, 'item ' || n, 5 FROM generate_series(1, 200) n"
sql "SELEC 1"
sql "SELECT * FROM nowhere"
sql "SELECT no_such_column FROM items"
sql "INSERT INTO items VALUES (1, 'twice', 1)"
sql "INSERT INTO items VALUES (900, NULL, 1)"
sql "INSERT INTO items VALUES (901, 'far too long a name', 1)"
sql "UPDATE items SET stock = -1 WHERE id = 1"
sql "INSERT INTO lines VALUES (1, 99999)"
sql "SELECT 1/0"
sql "SELECT 'abc'::int"
sql "SELECT no_such_function(1)"
sql "SET statement_timeout = 200" "SELECT pg_sleep(5)"
sql "SELECT pg_sleep(0.4)"
sql "SELECT n FROM generate_series(1, 1000000) n ORDER BY random()"
sql "BEGIN" "SELECT 1/0" "SELECT 1"
sql "COPY items FROM '/nonexistent.csv'"
sql "CREATE EXTENSION no_such_extension"
sql "DO \$\$ BEGIN FOR n IN 1..2000 LOOP EXECUTE 'CREATE TABLE t' || n || ' (a int)'; END LOOP; END \$\$"
# Two sessions that want each other's rows, and one that waits for a lock and gives up.
sql "BEGIN" "UPDATE items SET stock = 4 WHERE id = 1" "SELECT pg_sleep(0.5)" "UPDATE items SET stock = 4 WHERE id = 2" &
sql "BEGIN" "UPDATE items SET stock = 4 WHERE id = 2" "SELECT pg_sleep(0.5)" "UPDATE items SET stock = 4 WHERE id = 1" &
sleep 2
sql "BEGIN" "LOCK TABLE items" "SELECT pg_sleep(2)" &
sleep 0.3
sql "SET lock_timeout = 500" "SELECT * FROM items"
sql "SET idle_in_transaction_session_timeout = 300" "BEGIN" "\\! sleep 1" "SELECT 1"
sql "BEGIN ISOLATION LEVEL SERIALIZABLE" "SELECT sum(stock) FROM items" "\\! sleep 1" "UPDATE items SET stock = 3 WHERE id = 7" "COMMIT" &
sleep 0.3
sql "UPDATE items SET stock = 2 WHERE id = 7"
client() { # CONNECTION: from the network
  on db-5 env PGPASSWORD=wrong psql "$1" -c 'SELECT 1' >/dev/null 2>&1 || true
}
client "host=127.0.0.1 dbname=shop user=app"
client "host=127.0.0.1 dbname=missing user=app password=not-a-real-password"
client "host=127.0.0.1 dbname=shop user=stranger"
client "host=127.0.0.1 dbname=postgres user=app sslmode=disable"
client "host=127.0.0.1 dbname=shop user=app sslmode=require sslrootcert=/nonexistent"
on db-5 curl -s --max-time 1 http://127.0.0.1:5432/ || true
sessions=()
for _ in {1..14}; do
  sql "SELECT pg_sleep(1.5)" &
  sessions+=($!)
done
wait "${sessions[@]}" || true
sql "INSERT INTO items SELECT n, 'bulk', 1 FROM generate_series(1000, 400000) n"
# A backend that the operating system kills takes all the others with it.
sql "SELECT pg_sleep(30)" &
sleep 0.5
on db-5 pkill -KILL -f 'postgres: .*SELECT' || true
wait_for 20 as_postgres psql -qX -c "SELECT 1"
# A second postmaster, then one with a setting that does not exist.
as_postgres /usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main -c config_file=/etc/postgresql/15/main/postgresql.conf \
  >"$logs/postgresql/second-postmaster.log" 2>&1 || true
as_postgres /usr/lib/postgresql/15/bin/initdb -D /tmp/other >/dev/null
as_postgres /usr/lib/postgresql/15/bin/postgres -D /tmp/other -c listen_addresses=127.0.0.1 \
  >>"$logs/postgresql/second-postmaster.log" 2>&1 || true
as_postgres /usr/lib/postgresql/15/bin/postgres -D /tmp/other -c no_such_setting=1 >>"$logs/postgresql/second-postmaster.log" 2>&1 || true
on db-5 systemctl stop postgresql@15-main.service
for kind in log csv json; do
  cp "$root/var/log/postgresql/postgresql.$kind" "$logs/postgresql/prefix-user-db.$kind"
done
# The same server with the packaged line prefix, and with the one that includes milliseconds and the session.
sed -i "s/^log_destination.*/log_destination = 'stderr'/; s/^log_filename.*/log_filename = 'default.log'/; s/^log_line_prefix.*/log_line_prefix = '%m [%p] %q%u@%d '/" \
  "$root/etc/postgresql/15/main/conf.d/faults.conf"
on db-5 systemctl start postgresql@15-main.service
sql "SELECT * FROM nowhere"
client "host=127.0.0.1 dbname=shop user=app"
on db-5 systemctl stop postgresql@15-main.service
cp "$root/var/log/postgresql/default.log" "$logs/postgresql/prefix-default.log"

# --- MariaDB ------------------------------------------------------------------------------------------------
cat >"$root/etc/mysql/mariadb.conf.d/99-faults.cnf" <<'EOF'
[mysqld]
log_error = /var/log/mysql/error.log
log_warnings = 4
slow_query_log = 1
slow_query_log_file = /var/log/mysql/slow.log
long_query_time = 0.2
log_queries_not_using_indexes = 1
innodb_print_all_deadlocks = 1
innodb_lock_wait_timeout = 1
max_connections = 12
max_allowed_packet = 64K
wait_timeout = 2
skip-name-resolve
EOF
on db-5 mariadb-install-db --user=mysql --skip-test-db >/dev/null
on db-5 systemctl start mariadb.service
maria() {
  on db-5 mariadb shop -e "$1" >/dev/null 2>>"$logs/mariadb/client-errors.log" || true
}
: >"$logs/mariadb/client-errors.log"
on db-5 mariadb -e "CREATE DATABASE shop; CREATE USER app@'%' IDENTIFIED BY 'not-a-real-password'; GRANT SELECT ON shop.* TO app@'%'"
maria "CREATE TABLE items (id INT PRIMARY KEY, stock INT) ENGINE=InnoDB; INSERT INTO items VALUES (1, 5), (2, 5)"
maria "SELECT sleep(0.4)"
maria "SELECT * FROM items WHERE stock > 1"
maria "SELECT * FROM nowhere"
maria "SELEC 1"
maria "INSERT INTO items VALUES (1, 1)"
for _ in 1 2 3; do
  on db-5 mariadb -h 127.0.0.1 -u app -pwrong shop -e 'SELECT 1' 2>>"$logs/mariadb/client-errors.log" || true
done
on db-5 mariadb -h 127.0.0.1 -u app -pnot-a-real-password shop -e 'DELETE FROM items' 2>>"$logs/mariadb/client-errors.log" || true
maria "START TRANSACTION; UPDATE items SET stock = 1 WHERE id = 1; SELECT sleep(0.6); UPDATE items SET stock = 1 WHERE id = 2" &
maria "START TRANSACTION; UPDATE items SET stock = 2 WHERE id = 2; SELECT sleep(0.6); UPDATE items SET stock = 2 WHERE id = 1" &
sleep 2
maria "START TRANSACTION; UPDATE items SET stock = 3 WHERE id = 1; SELECT sleep(2)" &
sleep 0.3
maria "UPDATE items SET stock = 4 WHERE id = 1"
maria "SELECT length('$(head -c 90000 /dev/zero | tr '\0' x)')"
sessions=()
for _ in {1..16}; do
  maria "SELECT sleep(1.5)" &
  sessions+=($!)
done
wait "${sessions[@]}" || true
# A client that goes away without a word, then the server itself.
on db-5 timeout -s KILL 1 mariadb shop -e 'SELECT sleep(10)' >/dev/null 2>&1 || true
sleep 3
on db-5 pkill -KILL mariadbd
wait_for 30 on db-5 mariadb -e 'SELECT 1'
on db-5 setpriv --reuid=mysql --regid=mysql --init-groups timeout 60 mariadbd --socket=/tmp/second.sock --pid-file=/tmp/second.pid \
  --port=3306 >/dev/null 2>&1 || true
on db-5 systemctl stop mariadb.service
cp "$root/var/log/mysql/error.log" "$root/var/log/mysql/slow.log" "$logs/mariadb/"
# The client repeats the statement that was too long for the server.
sed -i -E 's/x{200}x*/xxx.../' "$logs/mariadb/client-errors.log"

# --- Redis --------------------------------------------------------------------------------------------------
as_redis() {
  on db-5 setpriv --reuid=redis --regid=redis --init-groups "$@"
}
: >"$root/var/log/redis/faults.log"
chmod 666 "$root/var/log/redis/faults.log"
redis() { # OPTIONS...: a server for a moment
  as_redis timeout 3 redis-server --dir /var/lib/redis --logfile /var/log/redis/faults.log "$@" || true
}
redis --port 6390 --appendonly yes >/dev/null &
sleep 1
on db-5 redis-cli -p 6390 set a 1 >/dev/null
on db-5 redis-cli -p 6390 bgsave >/dev/null
redis --port 6390 >/dev/null
wait $! || true
# Broken files, impossible settings.
echo 'garbage in the middle' >>"$(find "$root/var/lib/redis/appendonlydir" -name '*.incr.aof')"
redis --port 6390 --appendonly yes >/dev/null
echo 'not a snapshot' >"$root/var/lib/redis/dump.rdb"
redis --port 6390 >/dev/null
rm "$root/var/lib/redis/dump.rdb"
redis --port 6390 --replicaof 127.0.0.1 6399 >/dev/null
redis --port 6390 --maxclients 100000 >/dev/null
printf 'port 6390\nno-such-setting yes\n' >"$root/srv/redis.conf"
as_redis redis-server /srv/redis.conf >"$logs/redis/configuration-error.log" 2>&1 || true
cp "$root/var/log/redis/faults.log" "$logs/redis/"
chmod 644 "$logs"/{postgresql,mariadb,redis}/*
wc -l "$logs"/{postgresql,mariadb,redis}/*
