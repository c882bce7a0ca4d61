"""Make samples/captures: for each notice about an application one capture of traffic in which it really happens.

    sudo unshare -n python3 samples/make/captures_app.py [NAME ...]

Needs iproute2, tcpdump, openssl, dnsmasq-base and the Python package cryptography. Everything runs in network
namespaces of its own: a client (10.77.0.1) and a server (10.77.0.2) on one virtual cable.
"""

import contextlib
import datetime
import ftplib
import os
import smtplib
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "captures"
CLIENT, SERVER = "10.77.0.1", "10.77.0.2"
WORK = Path(tempfile.mkdtemp())
SCENES: dict[str, Callable[[], None]] = {}
OTHER: list[int] = []  # processes that hold the other namespaces: the server's, then further hosts


def scene(make: Callable[[], None]) -> Callable[[], None]:
    """Register a scene under its own name: that of the notice."""
    SCENES[make.__name__] = make
    return make


def run(command: str, check: bool = True) -> None:
    """Run a command on the client."""
    subprocess.run(
        command.split(), check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )


def there(command: str, host: int = 0) -> None:
    """Run a command on the server, or on a further host."""
    run(f"nsenter -t {OTHER[host]} -n {command}")


@contextlib.contextmanager
def served(command: str, host: int = 0) -> Iterator[None]:
    """Run a server there, or on a further host, for as long as the block lasts."""
    process = subprocess.Popen(
        f"nsenter -t {OTHER[host]} -n {command}".split(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.PIPE,
    )
    time.sleep(0.7)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def small(kind: str) -> contextlib.AbstractContextManager[None]:
    """One of the servers of captures_servers.py."""
    return served(f"{sys.executable} {HERE}/captures_servers.py {kind}")


def host() -> int:
    """Another network namespace; its number in OTHER."""
    process = subprocess.Popen(["unshare", "-n", "sleep", "600"])
    OTHER.append(process.pid)
    time.sleep(0.3)
    return len(OTHER) - 1


def cable() -> None:
    """Join the two hosts."""
    host()
    run("ip link set lo up")
    run("ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02")
    run(f"ip link set v1 netns {OTHER[0]}")
    for name in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
    there("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0")
    there("sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0")
    run(f"ip addr add {CLIENT}/24 dev v0")
    run("ip link set v0 up")
    there("ip link set lo up")
    there(f"ip addr add {SERVER}/24 dev v1")
    there("ip link set v1 up")
    run("ip route add default via 10.77.0.2")
    there("sysctl -qw net.ipv4.conf.v1.send_redirects=0", 0)


@contextlib.contextmanager
def capture(name: str, where: str = "v0", snap: int = 0) -> Iterator[None]:
    """Write what passes the cable."""
    before = f"nsenter -t {OTHER[0]} -n " if where != "v0" else ""
    command = f"{before}tcpdump -U --immediate-mode -i {where} -s {snap} -w {OUT}/{name}.pcap"
    process = subprocess.Popen(command.split(), stderr=subprocess.PIPE)
    assert process.stderr is not None
    process.stderr.readline()
    time.sleep(0.3)
    try:
        yield
    finally:
        time.sleep(0.4)
        process.terminate()
        process.wait()


def ask(name: str, kind: int = 1, timeout: float = 1.0, tries: int = 1, patience: float = 0.0) -> None:
    """Ask the server for a name, as a resolver does."""
    query = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    query.settimeout(timeout)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = os.urandom(2) + struct.pack(">HHHHH", 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)
    for _ in range(tries):
        with contextlib.suppress(OSError):
            query.sendto(question, (SERVER, 53))
            query.recv(4096)
            break
    time.sleep(patience)


def knock(address: str) -> None:
    """Send one datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out, contextlib.suppress(OSError):
        out.sendto(b"hello", (address, 4000))
    time.sleep(0.3)


def dnsmasq(options: str) -> contextlib.AbstractContextManager[None]:
    """A real DNS and DHCP server."""
    return served(f"dnsmasq --keep-in-foreground --no-resolv --no-hosts --conf-file=/dev/null --user=root {options}")


@scene
def dns_nxdomain() -> None:
    """A name with a typing error, in a domain that the server knows."""
    with dnsmasq("--local=/shop.example/ --address=/db.shop.example/10.77.0.2"), capture("dns_nxdomain"):
        ask("db.shop.example")
        ask("dbb.shop.example")


@scene
def dns_refused() -> None:
    """A server that resolves nothing for strangers."""
    with dnsmasq(""), capture("dns_refused"):
        ask("www.example.org")


@scene
def dns_truncated() -> None:
    """An answer of more than 512 bytes, and a client that does not ask again over TCP."""
    texts = " ".join(f"--txt-record=big.example,{'x' * 200}{number}" for number in range(5))
    with dnsmasq(texts), capture("dns_truncated"):
        ask("big.example", kind=16)


@scene
def dns_servfail() -> None:
    """A resolver that cannot resolve."""
    with small("dns servfail"), capture("dns_servfail"):
        ask("api.shop.example")


@scene
def dns_timeout() -> None:
    """A server that is there and says nothing."""
    with small("dns drop"), capture("dns_timeout"):
        ask("api.shop.example", timeout=1.0, tries=3, patience=2.5)


@scene
def dns_slow() -> None:
    """An answer after 0.8 s."""
    with small("dns slow"), capture("dns_slow"):
        ask("api.shop.example", timeout=3)


@scene
def dns_unreachable() -> None:
    """Nobody listens on port 53."""
    with capture("dns_unreachable"):
        ask("api.shop.example", patience=2.5)


def certificate(name: str, common: str, start: int, end: int, issuer: str = "") -> None:
    """A key and a certificate, valid from `start` to `end` days from now; signed by itself or by another one."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    signer, by = key, subject
    if issuer:
        pem = (WORK / f"{issuer}.pem").read_bytes()
        loaded = serialization.load_pem_private_key(pem, None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        signer, by = loaded, x509.load_pem_x509_certificate(pem).subject
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=start))
        .not_valid_after(now + datetime.timedelta(days=end))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(common)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=not issuer, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (WORK / f"{name}.pem").write_bytes(private + made.public_bytes(serialization.Encoding.PEM))


def tls(name: str, server: str = "", client: str = "", cert: str = "good", verify: bool = True) -> None:
    """A handshake between openssl's server and client."""
    certificate("ca", "Shop CA", -10, 3650)
    if not (WORK / f"{cert}.pem").exists():
        certificate(cert, "shop.example", -10, 365, "ca")
    trust = f"-CAfile {WORK}/ca.pem -verify_return_error" if verify else ""
    certificate(cert, "shop.example", *{"old": (-400, -35), "new": (3, 365)}.get(cert, (-10, 365)), "ca")
    with served(f"openssl s_server -accept 8443 -cert {WORK}/{cert}.pem {server}"), capture(name):
        connect = f"timeout 2 openssl s_client -connect {SERVER}:8443 -servername shop.example {trust} {client}"
        run(connect, check=False)


@scene
def tls_certificate_expired() -> None:
    """A certificate that ran out a month ago."""
    tls("tls_certificate_expired", "-tls1_2", cert="old")


@scene
def tls_certificate_not_yet_valid() -> None:
    """A certificate from the future, or a clock that is behind."""
    tls("tls_certificate_not_yet_valid", "-tls1_2", cert="new")


@scene
def tls_unknown_ca() -> None:
    """A certificate of an authority that the client does not know."""
    certificate("stranger", "Somebody Else CA", -10, 365)
    tls("tls_unknown_ca", "-tls1_2", f"-CAfile {WORK}/stranger.pem -verify_return_error", verify=False)


@scene
def tls_name_mismatch() -> None:
    """A certificate for another name than the one that the client wants."""
    tls("tls_name_mismatch", "-tls1_2", "-servername www.shop.example", verify=False)


@scene
def tls_version_mismatch() -> None:
    """A server that speaks only TLS 1.3, a client that speaks at most 1.2."""
    tls("tls_version_mismatch", "-tls1_3", "-tls1_2")


@scene
def tls_cipher_mismatch() -> None:
    """One cipher suite each, and not the same."""
    cipher = "ECDHE-ECDSA-AES{}-GCM-SHA{}"
    tls(
        "tls_cipher_mismatch",
        f"-tls1_2 -cipher {cipher.format(256, 384)}",
        f"-tls1_2 -cipher {cipher.format(128, 256)}",
    )


@scene
def tls_client_certificate_missing() -> None:
    """A server that wants a certificate of its client."""
    tls("tls_client_certificate_missing", "-tls1_2 -Verify 1")


@scene
def tls_alert() -> None:
    """No application protocol in common; the alert is in the clear."""
    tls("tls_alert", "-tls1_2 -alpn h2", "-alpn http/1.1")


@scene
def tls_certificate_expired_tls13() -> None:
    """A certificate that ran out, and TLS 1.3, which hides the certificate."""
    tls("tls_certificate_expired_tls13", "-tls1_3", cert="old")


@scene
def tls_client_certificate_missing_tls13() -> None:
    """A server that wants a certificate of its client, and TLS 1.3, which hides the alert."""
    tls("tls_client_certificate_missing_tls13", "-tls1_3 -Verify 1")


@scene
def healthy_tls() -> None:
    """Nothing is wrong: a handshake, and a close_notify at its end."""
    tls("healthy_tls", "-tls1_2")


@scene
def healthy_tls13() -> None:
    """Nothing is wrong: the same with TLS 1.3."""
    tls("healthy_tls13", "-tls1_3")


@scene
def healthy_dns() -> None:
    """A search list: a name is tried with a suffix first, and does not exist there."""
    options = "--bogus-priv --local=/corp.example/ --address=/db.shop.example/10.77.0.2"
    with dnsmasq(options), capture("healthy_dns"):
        ask("db.shop.example.corp.example")
        ask("db.shop.example")
        ask("7.0.77.10.in-addr.arpa", kind=12)


@scene
def tls_no_answer() -> None:
    """A server that accepts the connection and hangs."""
    with small("deaf"), capture("tls_no_answer"):
        run(f"timeout 3 openssl s_client -connect {SERVER}:8443 -servername shop.example", check=False)


def get(path: str, **headers: str) -> None:
    """Fetch a page."""
    request = urllib.request.Request(f"http://{SERVER}:8080{path}", headers=headers)
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10).read()


@scene
def http_client_errors() -> None:
    """A page that does not exist, one that is forbidden, and one that is there."""
    with small("web"), capture("http_client_errors"):
        get("/404")
        get("/403")
        get("/200")


@scene
def http_server_errors() -> None:
    """Status 500 and 503."""
    with small("web"), capture("http_server_errors"):
        get("/500")
        get("/503")


@scene
def http_slow_server() -> None:
    """A server that thinks for 1.6 s."""
    with small("web"), capture("http_slow_server"):
        get("/slow")


@scene
def http_slow_network() -> None:
    """A request that is sent again and again, because no answer finds its way back."""
    with small("web"), capture("http_slow_network"):
        connection = socket.create_connection((SERVER, 8080))
        there(f"ip route add blackhole {CLIENT}/32")
        connection.sendall(b"GET /200 HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        time.sleep(1.2)
        there(f"ip route del blackhole {CLIENT}/32")
        connection.recv(4096)
        time.sleep(0.2)
        connection.close()


@scene
def icmp_unreachable() -> None:
    """A router that has no way to the target."""
    there("ip route add unreachable 10.99.1.0/24")
    with capture("icmp_unreachable"), contextlib.suppress(OSError):
        socket.create_connection(("10.99.1.7", 443), 1)
    there("ip route del unreachable 10.99.1.0/24")


@scene
def icmp_fragmentation_needed() -> None:
    """A path that takes 1000 bytes, and a sender of 1400 that does not want to be cut."""
    there("ip link add narrow type veth peer name end")
    there("ip link set end up")
    there("ip link set narrow mtu 1000 up")
    there("ip route add 10.99.2.0/24 dev narrow")
    with capture("icmp_fragmentation_needed"):
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.setsockopt(socket.IPPROTO_IP, 10, 3)  # IP_MTU_DISCOVER, IP_PMTUDISC_PROBE: do not learn
        for _ in range(4):
            with contextlib.suppress(OSError):
                out.sendto(bytes(1400), ("10.99.2.7", 4000))
            time.sleep(0.2)
    there("ip link del narrow")


@scene
def icmp_path_mtu() -> None:
    """The same path, and a sender that learns from the first report."""
    there("ip link add narrow type veth peer name end")
    there("ip link set end up")
    there("ip link set narrow mtu 1000 up")
    there("ip route add 10.99.4.0/24 dev narrow")
    with capture("icmp_path_mtu"):
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO: learn
        for size in (1400, 1400, 900, 900):
            with contextlib.suppress(OSError):
                out.sendto(bytes(size), ("10.99.4.7", 4000))
            time.sleep(0.2)
    there("ip link del narrow")


@scene
def ip_fragments_lost() -> None:
    """Datagrams of three fragments on a cable that is too slow for them."""
    run("ip link set v0 mtu 576")
    run("tc qdisc add dev v0 root tbf rate 600kbit burst 2kb limit 2300")
    with small("sink"), capture("ip_fragments_lost", where="v1"):
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(12):
            out.sendto(bytes(1200), (SERVER, 4000))
            time.sleep(0.01)
        time.sleep(1.5)
        out.sendto(b"end", (SERVER, 4000))
    run("tc qdisc del dev v0 root")
    run("ip link set v0 mtu 1500")


@scene
def routing_loop() -> None:
    """Two routers that each take the other one for the way to the target."""
    for name in (
        "ip_forward=1",
        "conf/all/rp_filter=0",
        "conf/v0/rp_filter=0",
        "conf/all/send_redirects=0",
        "conf/v0/send_redirects=0",
    ):
        key, value = name.split("=")
        Path(f"/proc/sys/net/ipv4/{key}").write_text(value)
    third = host()
    there("ip link add near type veth peer name far")
    there(f"ip link set far netns {OTHER[third]}")
    there("ip addr add 10.78.0.1/24 dev near")
    there("ip link set near up")
    there("ip addr add 10.78.0.2/24 dev far", third)
    there("ip link set far up", third)
    there("ip route add default via 10.78.0.1", third)
    there(f"ip route add 10.99.3.0/24 via {CLIENT}")
    with capture("routing_loop"):
        there(f"{sys.executable} {HERE}/captures_servers.py knock 10.99.3.9", third)
        time.sleep(0.5)
    there(f"ip route del 10.99.3.0/24 via {CLIENT}")


@scene
def arp_conflict() -> None:
    """Two hosts behind a switch that were given the same address."""
    sinks = contextlib.ExitStack()
    there("ip link add br0 type bridge")
    there("ip link set v1 master br0")
    there("ip link set br0 up")
    for number in (1, 2):
        other = host()
        there(f"ip link add p{number} type veth peer name e{number} address 02:00:00:00:01:0{number}")
        there(f"ip link set e{number} netns {OTHER[other]}")
        there(f"ip link set p{number} master br0 up")
        there("sysctl -qw net.ipv6.conf.all.disable_ipv6=1", other)
        there(f"ip addr add 10.77.0.5/24 dev e{number}", other)
        there(f"ip link set e{number} up", other)
        sinks.enter_context(served(f"{sys.executable} {HERE}/captures_servers.py sink", other))
    time.sleep(0.5)
    with capture("arp_conflict"):
        for _ in range(3):
            run("ip neigh flush dev v0", check=False)
            knock("10.77.0.5")
    sinks.close()
    there("ip link set v1 nomaster")
    there("ip link del br0")


@scene
def arp_unanswered() -> None:
    """A host that is switched off."""
    with small("sink"), capture("arp_unanswered"):
        knock("10.77.0.66")
        time.sleep(4)
        knock(SERVER)


def dhcp(kind: int, requested: str = "") -> None:
    """Send a DHCP message as a client without an address does."""
    mac = bytes.fromhex("020000000001")
    head = struct.pack(">BBBBIHH", 1, 1, 6, 0, 0x1234ABCD, 0, 0x8000) + bytes(16) + mac + bytes(10 + 192)
    options = b"\x63\x82\x53\x63" + bytes([53, 1, kind]) + b"\x0c\x06till-3"
    if requested:
        options += b"\x32\x04" + socket.inet_aton(requested)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"v0")
    out.bind(("", 68))
    out.sendto(head + options + b"\xff", ("255.255.255.255", 67))


@scene
def dhcp_nak() -> None:
    """A client that comes back from another network and wants its old address."""
    options = f"--port=0 --dhcp-range=10.77.0.100,10.77.0.110,1h --dhcp-authoritative --dhcp-leasefile={WORK}/leases"
    with dnsmasq(options), capture("dhcp_nak"):
        dhcp(3, "192.168.5.20")
        time.sleep(0.5)


@scene
def dhcp_no_offer() -> None:
    """A network without a DHCP server."""
    with capture("dhcp_no_offer"):
        dhcp(1)
        time.sleep(2)
        dhcp(1)
        time.sleep(1.5)
        dhcp(1)


@scene
def ntp_unsynchronised() -> None:
    """A time server whose own clock was never set."""
    with small("ntp"), capture("ntp_unsynchronised"):
        for _ in range(2):
            out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            out.settimeout(1)
            out.sendto(b"\x23" + bytes(39) + os.urandom(8), (SERVER, 123))
            out.recv(100)


@scene
def broadcast_storm() -> None:
    """A host that shouts the same question 310 times within a second."""
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("v0", 0))
    mac = bytes.fromhex("020000000001")
    ends = socket.inet_aton(CLIENT), socket.inet_aton("10.77.0.77")
    frame = b"\xff" * 6 + mac + b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01" + mac + ends[0] + bytes(6) + ends[1]
    with capture("broadcast_storm", snap=42):
        time.sleep(1.02 - time.time() % 1)
        for _ in range(310):
            out.send(frame)
            time.sleep(0.001)


@scene
def port_scan() -> None:
    """Twenty ports of one host, all of them closed."""
    with capture("port_scan"):
        for port in range(20, 40):
            with contextlib.suppress(OSError):
                socket.create_connection((SERVER, port), 1)


@scene
def smtp_failure() -> None:
    """A recipient that does not exist."""
    refused = contextlib.suppress(smtplib.SMTPException)
    with small("smtp"), capture("smtp_failure"), refused, smtplib.SMTP(SERVER, 25, "shop.example") as mail:
        mail.sendmail("shop@shop.example", ["nobody@mail.example"], "Subject: your order\r\n\r\nThank you.\r\n")


@scene
def ftp_failure() -> None:
    """A password that is wrong."""
    refused = contextlib.suppress(ftplib.error_perm)
    with small("ftp"), capture("ftp_failure"), refused, ftplib.FTP(SERVER, "backup", "not-this-one") as files:
        files.pwd()


@scene
def sip_failure() -> None:
    """A call to a telephone system that is overloaded."""
    lines = [
        "INVITE sip:bob@voice.example SIP/2.0", f"Via: SIP/2.0/UDP {CLIENT}:5060;branch=z9hG4bK7shop",
        "Max-Forwards: 70", "From: <sip:alice@voice.example>;tag=19283",
        "To: <sip:bob@voice.example>", "Call-ID: a84b4c76e66710@voice",
        "CSeq: 314159 INVITE", f"Contact: <sip:alice@{CLIENT}>", "Content-Length: 0", "", "",
    ]  # fmt: skip
    with small("sip"), capture("sip_failure"):
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.bind((CLIENT, 5060))
        out.settimeout(2)
        out.sendto("\r\n".join(lines).encode(), (SERVER, 5060))
        out.recv(2000)


@scene
def cleartext_credentials() -> None:
    """A login by FTP, and one by HTTP."""
    with small("ftp open"), small("web"), capture("cleartext_credentials"):
        with ftplib.FTP(SERVER, "backup", "correct-horse"):
            pass
        get("/200", Authorization="Basic YWRtaW46Y29ycmVjdC1ob3JzZQ==")


def main() -> None:
    """Make the scenes that are named, or all."""
    OUT.mkdir(exist_ok=True)
    cable()
    try:
        for name in sys.argv[1:] or SCENES:
            SCENES[name]()
            print(f"{(OUT / f'{name}.pcap').stat().st_size:7,} {name}")
    finally:
        for process in OTHER:
            os.kill(process, 15)


if __name__ == "__main__":
    main()
