"""Make the samples/captures about TCP, about captures themselves, and healthy ones: real hosts on a wire with faults.

    sudo unshare -n python3 samples/make/captures_tcp.py [NAME ...]

Needs what captures_app.py needs, ethtool and mergecap. The wire between the client (10.77.0.1) and the server
(10.77.0.2) is a process in a third network namespace, see captures_wire.py.
"""

import contextlib
import ftplib
import imaplib
import os
import poplib
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import captures_app as app
from captures_app import CLIENT, HERE, OTHER, OUT, SERVER, WORK, ask, capture, get, run, small, there

SCENES: dict[str, Callable[[], None]] = {}


def scene(make: Callable[[], None]) -> Callable[[], None]:
    """Register a scene under its own name: that of the capture."""
    SCENES[make.__name__] = make
    return make


def ends() -> None:
    """Two hosts, and a third namespace in which the wire between them will be."""
    app.host()
    app.host()
    for name in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
    for number, host in enumerate((0, 1)):
        there("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1", host)
        run(f"ip link add v{number} address 02:00:00:00:00:0{number + 1} type veth peer name w{number}")
        run(f"ip link set w{number} netns {OTHER[1]}")
        there(f"ip link set w{number} up", 1)
    run(f"ip link set v1 netns {OTHER[0]}")
    run("ip link set lo up")
    run(f"ip addr add {CLIENT}/24 dev v0")
    run("ip link set v0 up")
    there(f"ip addr add {SERVER}/24 dev v1")
    there("ip link set v1 up")
    # The wire copies frames, so checksums must be right and segments not larger than the MTU.
    run("ethtool -K v0 tx off tso off gso off gro off")
    there("ethtool -K v1 tx off tso off gso off gro off")


@contextlib.contextmanager
def wire(kind: str, mtu: int = 1500, server_mtu: int = 0) -> Iterator[None]:
    """Join the hosts by a wire, with the servers running."""
    run(f"ip link set v0 mtu {mtu}")
    there(f"ip link set v1 mtu {server_mtu or mtu}")
    command = f"nsenter -t {OTHER[1]} -n {sys.executable} {HERE}/captures_wire.py wire {kind}"
    process = subprocess.Popen(command.split())
    try:
        with app.served(f"{sys.executable} {HERE}/captures_wire.py serve"):
            ping()
            yield
    finally:
        process.kill()
        process.wait()


def ping() -> None:
    """Let the hosts learn each other's hardware address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out, contextlib.suppress(OSError):
        out.sendto(b"hello", (SERVER, 9))
    time.sleep(0.3)


def fetch(size: int, port: int = 7000) -> None:
    """Have the server send some bytes."""
    with socket.create_connection((SERVER, port), 5) as connection:
        connection.sendall(b"give %d\n" % size)
        while size > 0:
            size -= len(connection.recv(65536)) or size
        time.sleep(0.05)


def try_to_fetch(size: int, seconds: float) -> None:
    """The same, where it cannot succeed."""
    with socket.create_connection((SERVER, 7000), 5) as connection, contextlib.suppress(OSError):
        connection.settimeout(seconds)
        connection.sendall(b"give %d\n" % size)
        while size > 0:
            size -= len(connection.recv(65536)) or size


@contextlib.contextmanager
def recorded(name: str, *options: str, interface: str = "v0", host: int | None = None) -> Iterator[None]:
    """Write what passes, with options and a filter of tcpdump."""
    before = [] if host is None else ["nsenter", "-t", str(OTHER[host]), "-n"]
    command = [*before, "tcpdump", "-U", "--immediate-mode", "-i", interface, "-w", f"{OUT}/{name}.pcap", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert process.stderr is not None
    process.stderr.readline()
    time.sleep(0.4)
    try:
        yield
    finally:
        time.sleep(0.4)
        process.terminate()
        process.wait()


@scene
def tcp_loss() -> None:
    """One segment of eighteen is lost."""
    with wire("loss", 150), capture("tcp_loss"):
        fetch(7_000)


@scene
def tcp_heavy_loss() -> None:
    """One segment of seven is lost; seen at the server."""
    with wire("heavy", 150), capture("tcp_heavy_loss", where="v1"):
        fetch(17_000)


@scene
def healthy_loss() -> None:
    """Two segments of more than two hundred are lost, which hurts nobody."""
    with wire("rare", 150), capture("healthy_loss"):
        fetch(22_000)


@scene
def tcp_reordering() -> None:
    """Each tenth segment is overtaken."""
    with wire("reorder", 150), capture("tcp_reordering"):
        fetch(6_500)


@scene
def tcp_spurious_retransmission() -> None:
    """Data arrives, its acknowledgement does not; the server does not wait long."""
    there("ip route change 10.77.0.0/24 dev v1 rto_min 120ms")
    with (
        wire("no_acks"),
        capture("tcp_spurious_retransmission"),
        socket.create_connection((SERVER, 7000)) as connection,
    ):
        connection.sendall(b"words 4\n")
        connection.settimeout(5)
        while connection.recv(100):
            pass
        connection.close()
    there("ip route change 10.77.0.0/24 dev v1")


@scene
def tcp_zero_window() -> None:
    """A server that does not read for two seconds."""
    with wire("plain", 576), capture("tcp_zero_window"), socket.create_connection((SERVER, 7001)) as connection:
        connection.sendall(b"hang 2\n")
        time.sleep(0.2)
        connection.sendall(bytes(9_000))
        time.sleep(2.5)


@scene
def tcp_window_full() -> None:
    """A server that reads in small sips from a small buffer."""
    with wire("plain", 576), capture("tcp_window_full"), socket.create_connection((SERVER, 7001)) as connection:
        connection.sendall(b"sip 0\n")
        time.sleep(0.2)
        connection.sendall(bytes(12_000))
        time.sleep(0.5)


@scene
def tcp_rto_stall() -> None:
    """The last segment of an answer is lost four times; seen at the server."""
    with wire("stall", 576), capture("tcp_rto_stall", where="v1"):
        fetch(4_000)


@scene
def tcp_refused() -> None:
    """Nothing listens."""
    with wire("plain"), capture("tcp_refused"):
        for _ in range(3):
            with contextlib.suppress(OSError):
                socket.create_connection((SERVER, 5432), 1)


@scene
def tcp_syn_unanswered() -> None:
    """A firewall drops what goes to port 443."""
    with wire("firewall"), capture("tcp_syn_unanswered"):
        with contextlib.suppress(OSError):
            socket.create_connection((SERVER, 443), 4)
        time.sleep(1.2)


@scene
def tcp_half_open() -> None:
    """The way back is missing; seen at the server."""
    with wire("no_way_back"), capture("tcp_half_open", where="v1"):
        with contextlib.suppress(OSError):
            socket.create_connection((SERVER, 7000), 4)
        time.sleep(1.5)


@scene
def tcp_reset_midstream() -> None:
    """A server that dies in the middle of a conversation."""
    with wire("plain"), capture("tcp_reset_midstream"), socket.create_connection((SERVER, 7000)) as connection:
        connection.sendall(b"give 200\n")
        connection.recv(1000)
        connection.sendall(b"die 0\n")
        with contextlib.suppress(OSError):
            connection.recv(1000)


@scene
def tcp_reset_after_idle() -> None:
    """A firewall forgets a connection that is idle for half a minute."""
    with wire("forgetful"), capture("tcp_reset_after_idle"), socket.create_connection((SERVER, 7000)) as connection:
        connection.sendall(b"give 200\n")
        connection.recv(1000)
        time.sleep(31)
        connection.sendall(b"give 200\n")
        with contextlib.suppress(OSError):
            connection.recv(1000)


@scene
def tcp_reset_middlebox() -> None:
    """A box on the way that does not like a word."""
    with wire("censor"), capture("tcp_reset_middlebox"), socket.create_connection((SERVER, 7000)) as connection:
        for _ in range(3):
            connection.sendall(b"give 200\n")
            connection.recv(1000)
        connection.sendall(b"forbidden 0\n")
        with contextlib.suppress(OSError):
            connection.recv(1000)


@scene
def mss_mismatch() -> None:
    """The client is behind a tunnel of 1300 bytes."""
    with wire("plain", 1300, 1500), capture("mss_mismatch"):
        fetch(3_000)


@scene
def capture_duplicate_frames() -> None:
    """A mirror port that copies what enters and what leaves."""
    with wire("plain", 576), recorded("capture_duplicate_frames", interface="any", host=1):
        fetch(3_000)


@scene
def capture_one_sided() -> None:
    """The requests take another path."""
    with wire("plain", 576), recorded("capture_one_sided", "src", "host", SERVER):
        for _ in range(3):
            fetch(3_000)


@scene
def capture_drops() -> None:
    """A capture that misses one data packet of eight; the network lost none."""
    with wire("plain", 200), recorded("capture_drops", "not (src host 10.77.0.2 and ip[4:2] & 7 = 3)"):
        fetch(9_000)


@scene
def capture_cut() -> None:
    """A snap length of 68 bytes."""
    with wire("plain", 576), capture("capture_cut", snap=68):
        fetch(10_000)


@scene
def capture_clock_back() -> None:
    """Two captures one behind the other, the later one first."""
    parts = [OUT / f"part{number}.pcap" for number in (1, 2)]
    with wire("plain", 576):
        for part in parts:
            with capture(part.stem):
                fetch(2_000)
            time.sleep(2)
    run(f"mergecap -F pcap -a -w {OUT}/capture_clock_back.pcap {parts[1]} {parts[0]}")
    for part in parts:
        part.unlink()


@scene
def arp_sweep() -> None:
    """A host that looks for others."""
    with wire("plain"), capture("arp_sweep"):
        for number in range(100, 120):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.sendto(b"hello", (f"10.77.0.{number}", 4000))
        time.sleep(4)
        fetch(100)


@scene
def dns_error() -> None:
    """A server that does not implement what it is asked."""
    with wire("plain"), capture("dns_error"):
        for _ in range(2):
            ask("api.shop.example")


@scene
def pop3_failure() -> None:
    """A login without encryption, which the server does not allow."""
    with wire("plain"), capture("pop3_failure"), contextlib.suppress(poplib.error_proto):
        poplib.POP3(SERVER).user("shop")


@scene
def ftp_refused() -> None:
    """A user who must not log in."""
    with wire("plain"), capture("ftp_refused"), contextlib.suppress(ftplib.error_perm):
        ftplib.FTP(SERVER, "backup")


@scene
def imap_failure() -> None:
    """A login without encryption, which the server does not allow."""
    with wire("plain"), capture("imap_failure"), contextlib.suppress(imaplib.IMAP4.error):
        imaplib.IMAP4(SERVER).authenticate("PLAIN", lambda _: None)


@contextlib.contextmanager
def direct() -> Iterator[None]:
    """A wire without faults and without servers."""
    run("ip link set v0 mtu 1500")
    there("ip link set v1 mtu 1500")
    process = subprocess.Popen(f"nsenter -t {OTHER[1]} -n {sys.executable} {HERE}/captures_wire.py wire plain".split())
    time.sleep(0.5)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@scene
def dns_nxdomain_repeated() -> None:
    """A program that asks for a name with a typing error again and again."""
    options = "--local=/shop.example/ --address=/db.shop.example/10.77.0.2"
    with direct(), app.dnsmasq(options), capture("dns_nxdomain_repeated"):
        for _ in range(5):
            ask("dbb.shop.example")
            time.sleep(0.5)
            ask("db.shop.example")


@scene
def dns_server_silent() -> None:
    """A DNS server that hangs."""
    with direct(), small("dns drop"), capture("dns_server_silent"):
        for name in ("api.shop.example", "db.shop.example", "www.shop.example", "mail.shop.example"):
            ask(name, tries=2, timeout=0.8)
        time.sleep(3)


@scene
def dns_unanswered() -> None:
    """A DNS server that leaves every other name unanswered; nobody asks twice."""
    with direct(), small("dns some"), capture("dns_unanswered"):
        for number in range(6):
            ask(f"x{number}.shop.example", timeout=0.3)
            ask(f"a{number}.shop.example", timeout=0.3)
        time.sleep(4)
        ask("last.shop.example")


@scene
def dns_query_lost() -> None:
    """One question of many is lost."""
    with direct(), small("dns some"), capture("dns_query_lost"):
        for name in ("api", "x1", "db", "www"):
            ask(f"{name}.shop.example", timeout=0.3)
        time.sleep(4)
        ask("last.shop.example")


@scene
def dns_reverse_failed() -> None:
    """The reverse zone of an address is broken."""
    with direct(), small("dns servfail"), capture("dns_reverse_failed"):
        ask("9.113.0.203.in-addr.arpa", kind=12)


@scene
def dns_slow_repeated() -> None:
    """A DNS server that takes its time for every name."""
    with direct(), small("dns slow"), capture("dns_slow_repeated"):
        for name in ("api.shop.example", "db.shop.example", "www.shop.example"):
            ask(name)


@scene
def http_slow_repeated() -> None:
    """A server that thinks for 1.6 s each time."""
    with direct(), small("web"), capture("http_slow_repeated"):
        for _ in range(3):
            get("/slow")


@scene
def http_client_error_burst() -> None:
    """A client whose key is no longer accepted."""
    with direct(), small("web"), capture("http_client_error_burst"):
        for _ in range(12):
            get("/403")


@scene
def http_server_error_burst() -> None:
    """A server that can no longer reach its database."""
    with direct(), small("web"), capture("http_server_error_burst"):
        for _ in range(6):
            get("/503")
        get("/200")


@scene
def icmp_port_unreachable() -> None:
    """A log server that is not running."""
    with direct(), capture("icmp_port_unreachable"):
        for _ in range(3):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out, contextlib.suppress(OSError):
                out.sendto(b"<13>shop: order 17 paid", (SERVER, 514))
                time.sleep(0.3)


@scene
def login_guessing() -> None:
    """Passwords of an FTP user are tried one after the other."""
    with direct(), small("ftp"), capture("login_guessing"):
        for number in range(12):
            with contextlib.suppress(ftplib.error_perm):
                ftplib.FTP(SERVER, "backup", f"secret{number}")


@scene
def smtp_failure_repeated() -> None:
    """A mailing to people that the mail server does not know."""
    people = [f"customer{number}@mail.example" for number in range(6)]
    refused = contextlib.suppress(smtplib.SMTPException)
    with direct(), small("smtp"), capture("smtp_failure_repeated"), refused, smtplib.SMTP(SERVER, 25) as mail:
        mail.sendmail("shop@shop.example", people, "Subject: your order\r\n\r\nThank you.\r\n")


@scene
def healthy_web() -> None:
    """A minute of a healthy shop: names, pages, one page that does not exist, encrypted pages."""
    app.certificate("good", "shop.example", -10, 90)
    options = "--local=/shop.example/ --local=/corp.example/ --address=/db.shop.example/10.77.0.2"
    options += f" --address=/www.shop.example/{SERVER}"
    page = f"{sys.executable} {HERE}/captures_servers.py web"
    secure = f"openssl s_server -accept 8443 -cert {WORK}/good.pem -www"
    with direct(), app.dnsmasq(options), app.served(page), app.served(secure), capture("healthy_web"):
        for turn in range(12):
            ask("www.shop.example.corp.example")
            ask("www.shop.example")
            get("/404" if turn == 5 else "/200")
            if turn % 4:
                time.sleep(5)
                continue
            client = f"openssl s_client -connect {SERVER}:8443 -servername shop.example"
            subprocess.run(client.split(), input=b"GET / HTTP/1.0\r\n\r\n", capture_output=True, check=False)
            time.sleep(5)


@scene
def mtu_black_hole() -> None:
    """Frames of more than 1000 bytes get lost, and no router says so; seen at the server."""
    with wire("narrow"), capture("mtu_black_hole", where="v1"):
        try_to_fetch(4_500, 3)


def main() -> None:
    """Make the scenes that are named, or all."""
    OUT.mkdir(exist_ok=True)
    ends()
    try:
        for name in sys.argv[1:] or SCENES:
            SCENES[name]()
            print(f"{(OUT / f'{name}.pcap').stat().st_size:7,} {name}", flush=True)
    finally:
        for process in OTHER:
            os.kill(process, 15)


if __name__ == "__main__":
    main()
