"""Make the samples/captures about databases, brokers, directories, programs that hang, and HTTP/2 that is broken off.

    sudo unshare -n python3 samples/make/captures_services.py [NAME ...]

Needs what captures_app.py needs, and PostgreSQL, MariaDB, Redis, Mosquitto and OpenLDAP (slapd, ldap-utils).
"""

import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import captures_app as app
from captures_app import HERE, OTHER, SERVER, WORK, capture, run, served

SCENES = {}
POSTGRES = Path(os.path.realpath(shutil.which("postgres") or "/usr/bin/postgres")).parent
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def scene(make):
    """Register a scene under its own name."""
    SCENES[make.__name__] = make
    return make


def shell(command):
    """Run a line of the shell on the client, whatever it says."""
    subprocess.run(
        ["bash", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30, check=False
    )


@contextlib.contextmanager
def at_once(command, count=1):
    """Run so many of a command of the shell on the client beside the block."""
    started = [
        subprocess.Popen(["bash", "-c", command], stdout=-3, stderr=-3, start_new_session=True) for _ in range(count)
    ]
    time.sleep(1.5)
    try:
        yield
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def postgres(options=""):
    """A PostgreSQL server with the users app (its owner) and web."""
    place = WORK / "pg"
    as_nobody = f"setpriv --reuid=nobody --regid=nogroup --clear-groups {POSTGRES}"
    if not place.exists():
        WORK.chmod(0o755)
        place.mkdir()
        shutil.chown(place, "nobody")
        (WORK / "pw").write_text("pw")
        run(f"{as_nobody}/initdb -D {place} -U app --pwfile={WORK}/pw -A scram-sha-256")
        with (place / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 0.0.0.0/0 scram-sha-256\n")
        with postgres():
            shell(psql("app", "create role web login password 'pw'"))
    with served(f"{as_nobody}/postgres -D {place} -c listen_addresses={SERVER} -k {place} {options}"):
        time.sleep(2)
        yield


def psql(user, statement, password="pw"):
    """A line of the shell that runs a statement."""
    return f'PGSSLMODE=disable PGPASSWORD={password} psql -h {SERVER} -U {user} -d postgres -c "{statement}"'


def redis(options=""):
    """A Redis server."""
    return served(
        f"redis-server --bind {SERVER} --protected-mode no --port 6379 --dir {WORK} --appendonly no {options}"
    )


def cli(*commands):
    """Run commands of Redis, each in a connection of its own."""
    for command in commands:
        shell(f"redis-cli -h {SERVER} {command}")


@contextlib.contextmanager
def directory():
    """An LDAP server."""
    (WORK / "ldb").mkdir(exist_ok=True)
    (WORK / "slapd.conf").write_text(
        "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\n"
        f'suffix "dc=shop,dc=example"\nrootdn "cn=admin,dc=shop,dc=example"\nrootpw right\ndirectory {WORK}/ldb\n'
    )
    with served(f"slapd -f {WORK}/slapd.conf -h ldap://{SERVER}:389 -d 0"):
        time.sleep(1)
        yield


def bind(password):
    """Log in to the directory and search in it."""
    shell(f"ldapsearch -x -H ldap://{SERVER} -D cn=admin,dc=shop,dc=example -w {password} -b dc=shop,dc=example")


def broker(anonymous):
    """An MQTT broker."""
    (WORK / "mosquitto.conf").write_text(f"listener 1883 {SERVER}\nallow_anonymous {anonymous}\n")
    return served(f"mosquitto -c {WORK}/mosquitto.conf")


def publish():
    """Send a message in each version of MQTT."""
    for version in ("mqttv311", "mqttv5"):
        shell(f"mosquitto_pub -V {version} -h {SERVER} -t till -m open")


@scene
def service_login_refused():
    """A program whose password was changed on one side only."""
    with postgres(), capture("service_login_refused"):
        shell(psql("app", "select 1", "old"))


@scene
def ldap_login_refused():
    """A directory and a broker that do not know their clients."""
    with directory(), broker("false"), capture("ldap_login_refused"):
        for _ in range(2):
            bind("wrong")
        publish()


@scene
def service_overloaded():
    """More clients than PostgreSQL has slots."""
    slots = "-c max_connections=2 -c superuser_reserved_connections=1 -c max_wal_senders=0"
    with postgres(slots), at_once(psql("web", "select pg_sleep(9)")), capture("service_overloaded"):
        for _ in range(2):
            shell(psql("web", "select 1"))


@scene
def redis_out_of_memory():
    """A cache that is full and may not forget."""
    with redis("--maxmemory 200kb"), capture("redis_out_of_memory"):
        cli("PING", "SET k1 v", "SET k2 v")


@scene
def service_unavailable():
    """A replica without its primary."""
    with redis(f"--replicaof {SERVER} 6399 --replica-serve-stale-data no"), capture("service_unavailable"):
        cli("GET k1", "SET k1 v")


@scene
def healthy_services():
    """Logins, statements, a wrong table, a script that is not loaded yet, a read that waits on purpose."""
    with postgres(), redis(), directory(), broker("true"), capture("healthy_services"):
        shell(psql("web", "select 1"))
        shell(psql("web", "select * from missing"))
        cli("SET k v", "GET k", "EVALSHA abc 0", "BLPOP queue 7")
        bind("right")
        publish()


@scene
def server_silent():
    """A web server that stops itself behind its first answer; its kernel still takes connections and requests."""
    with served(f"{sys.executable} {HERE}/captures_services.py serve-once"), capture("server_silent"):
        for path in ("", "cart"):
            shell(f"curl -s -m 6 http://{SERVER}/{path}")


@scene
def keepalive_race():
    """A server that closes idle connections after a second, and a client that keeps them for longer."""
    ask = b"POST /pay HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\n\r\n"
    with served(f"{sys.executable} {HERE}/captures_services.py serve-keepalive"), capture("keepalive_race"):
        for _ in range(3):
            with contextlib.suppress(OSError), socket.create_connection((SERVER, 80)) as talk:
                talk.sendall(ask)
                talk.recv(1000)
                time.sleep(1.05)
                talk.sendall(ask)
                talk.recv(1000)


@scene
def clock_offset():
    """A host whose clock is seven minutes ahead of the time server that it asks."""
    server = served(f"{sys.executable} {HERE}/captures_services.py serve-time")
    with server, capture("clock_offset"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ask:
        ask.settimeout(1)
        for _ in range(4):
            ask.sendto(b"\x23" + bytes(39) + os.urandom(8), (SERVER, 123))
            ask.recv(100)
            time.sleep(0.5)


def serve_time():
    """Give a time of seven minutes ago, as a server of stratum 2."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((SERVER, 123))
        while True:
            asked, client = door.recvfrom(100)
            now = int((time.time() - 420 + 2_208_988_800) * 2**32)
            head = struct.pack(">BBbbII4sQ", 0x24, 2, 6, -20, 30, 60, bytes([192, 0, 2, 7]), now - (40 << 32))
            door.sendto(head + asked[40:48] + struct.pack(">QQ", now, now), client)


def frame(kind, stream=0, payload=b"", flags=0):
    """A frame of HTTP/2."""
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


@scene
def http2_reset():
    """A server that breaks off a stream with INTERNAL_ERROR and then the connection: the client pinged too often."""
    block = b"\x82\x86\x04\x05/cart\x01\x0cshop.example"
    server = served(f"{sys.executable} {HERE}/captures_services.py serve-http2")
    with server, capture("http2_reset"), socket.create_connection((SERVER, 80)) as talk:
        talk.sendall(PREFACE + frame(4) + frame(1, 1, block, 5))
        time.sleep(0.3)
        talk.sendall(frame(1, 3, block, 5) + frame(6, 0, bytes(8)))
        time.sleep(0.5)


def serve(kind):
    """One of the servers that are written here."""
    with socket.create_server((SERVER, 80)) as door:
        while True:
            talk, _ = door.accept()
            with talk:
                talk.recv(1000)
                if kind == "serve-keepalive":
                    talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok")
                    time.sleep(1)
                elif kind == "serve-once":
                    talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                    talk.shutdown(socket.SHUT_WR)
                    os.kill(os.getpid(), signal.SIGSTOP)
                else:
                    talk.sendall(frame(4) + frame(4, flags=1) + frame(3, 1, struct.pack(">I", 2)))
                    talk.recv(1000)
                    calm = struct.pack(">II", 3, 11) + b"too_many_pings"
                    talk.sendall(frame(1, 3, b"\x88", 5) + frame(7, 0, calm))


def main():
    """Make what is asked for, or all."""
    if sys.argv[1:] and sys.argv[1].startswith("serve-"):
        serve_time() if sys.argv[1] == "serve-time" else serve(sys.argv[1])
    app.cable()
    try:
        for name in sys.argv[1:] or SCENES:
            print(name, flush=True)
            SCENES[name]()
    finally:
        for process in OTHER:
            os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    main()
