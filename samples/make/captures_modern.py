"""Make the samples/captures about gRPC, QUIC, DHCPv6 and IPv6 neighbour discovery.

    sudo unshare -n python3 samples/make/captures_modern.py [NAME ...]

Needs what captures_app.py needs, isc-dhcp-client, nftables, and the Python packages grpcio and aioquic.
"""

import asyncio
import contextlib
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import captures_app as app
from captures_app import OTHER, SERVER, WORK, capture, run, served, there

SIX_CLIENT, SIX_SERVER = "fd77::1", "fd77::2"
SCENES = {}
GRPC = """
import grpc, time
from concurrent import futures
class Cart(grpc.GenericRpcHandler):
    def service(self, call):
        def answer(request, context):
            if call.method.endswith("Pay"):
                context.abort(grpc.StatusCode.UNAVAILABLE, "no connection to payment:7000")
            if call.method.endswith("Find"):
                context.abort(grpc.StatusCode.NOT_FOUND, "no such cart")
            return request
        return grpc.unary_unary_rpc_method_handler(answer)
server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Cart(),))
server.add_insecure_port("10.77.0.2:50051")
server.start()
time.sleep(60)
"""
QUIC = """
import asyncio, sys
from aioquic.asyncio import serve
from aioquic.quic.configuration import QuicConfiguration
async def main():
    own = QuicConfiguration(is_client=False, alpn_protocols=["h3"], supported_versions=[int(sys.argv[2], 16)])
    own.load_cert_chain(sys.argv[1] + "/good.pem", sys.argv[1] + "/good.pem")
    def echo(reader, writer):
        async def go():
            writer.write(await reader.read())
            writer.write_eof()
        asyncio.ensure_future(go())
    await serve(sys.argv[3], 443, configuration=own, stream_handler=echo)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def scene(make):
    """Register a scene under its own name."""
    SCENES[make.__name__] = make
    return make


SINK = "import socket, time; s = socket.socket(10, 2); s.bind(('::', 4000)); time.sleep(60)"


def knock(address: str) -> None:
    """Send one datagram."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as out, contextlib.suppress(OSError):
        out.sendto(b"hello", (address, 4000))
    time.sleep(0.3)


def calls(*names: str) -> None:
    """Call methods of the server one after the other."""
    import grpc

    with grpc.insecure_channel(f"{SERVER}:50051") as channel:
        for name in names:
            with contextlib.suppress(grpc.RpcError):
                channel.unary_unary(f"/shop.Cart/{name}")(b"x" * 40)


def script(text: str, *arguments: str) -> contextlib.AbstractContextManager[None]:
    """A server in Python."""
    file = WORK / "server.py"
    file.write_text(text)
    return served(" ".join((sys.executable, str(file), *arguments)))


@scene
def grpc_errors() -> None:
    """A service whose backend is gone: every payment fails, HTTP says 200."""
    with script(GRPC), capture("grpc_errors"):
        calls("Get", "Pay", "Get", "Pay", "Pay", "Find", "Pay")


@scene
def healthy_grpc() -> None:
    """Calls that are answered; one asks for what is not there."""
    with script(GRPC), capture("healthy_grpc"):
        calls("Get", "Get", "Find", "Get", "Put")


def fetch(host: str, version: int = 1, patience: float = 5.0) -> bool:
    """Send something by QUIC and wait for it to come back."""
    from aioquic.asyncio import connect
    from aioquic.quic.configuration import QuicConfiguration

    own = QuicConfiguration(
        is_client=True, alpn_protocols=["h3"], supported_versions=[version], original_version=version,
        server_name="shop.example",
    )  # fmt: skip
    own.verify_mode = ssl.CERT_NONE

    async def go() -> None:
        async with connect(host, 443, configuration=own) as connection:
            reader, writer = await connection.create_stream()
            writer.write(b"x" * 100)
            writer.write_eof()
            await reader.read()

    try:
        asyncio.run(asyncio.wait_for(go(), patience))
    except (TimeoutError, ConnectionError):
        return False
    return True


@scene
def quic_unanswered() -> None:
    """A firewall drops UDP to port 443; the browser gives up and takes TCP."""
    there("nft add table ip wall")
    there("nft add chain ip wall in { type filter hook input priority 0 ; }")
    there("nft add rule ip wall in udp dport 443 drop")
    app.certificate("good", "shop.example", -10, 300)
    files = f"-cert {WORK}/good.pem"
    with served(f"openssl s_server -accept {SERVER}:443 {files} -quiet"), capture("quic_unanswered"):
        fetch(SERVER, patience=3.0)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection((SERVER, 443)) as plain,
            context.wrap_socket(plain, server_hostname="shop.example"),
        ):
            time.sleep(0.2)
    there("nft delete table ip wall")


@scene
def quic_version_negotiation() -> None:
    """A server that speaks version 2 only, and a client that speaks version 1 only."""
    app.certificate("good", "shop.example", -10, 300)
    with script(QUIC, str(WORK), "6b3343cf", SERVER), capture("quic_version_negotiation"):
        fetch(SERVER)


@scene
def healthy_quic() -> None:
    """A connection by QUIC over IPv4, and one over IPv6."""
    app.certificate("good", "shop.example", -10, 300)
    for host, name in ((SERVER, "healthy_quic"), (SIX_SERVER, "healthy_quic_ipv6")):
        with script(QUIC, str(WORK), "1", host), capture(name):
            fetch(host)


@contextlib.contextmanager
def client_of_dhcp(number: int, seconds: float):
    """A DHCPv6 client with an identifier of its own, for so long."""
    lease, config = WORK / f"lease{number}", WORK / f"dhclient{number}.conf"
    config.write_text(f'send dhcp6.client-id 00:03:00:01:02:00:00:00:01:0{number};\nsend fqdn.fqdn "till-{number}";\n')
    lease.write_text("")
    # A file of pids of its own, and no script: nothing of this machine is changed.
    command = f"dhclient -6 -d -cf {config} -lf {lease} -pf {WORK}/pid{number} -sf /bin/true v0"
    process = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(seconds)
        yield
    finally:
        process.terminate()
        process.wait()


def dnsmasq6(last: str, options: str = "") -> contextlib.AbstractContextManager[None]:
    """A DHCPv6 server with addresses from fd77::100 on."""
    (WORK / "leases6").unlink(missing_ok=True)
    return app.dnsmasq(
        f"--port=0 --interface=v1 --dhcp-range=fd77::100,fd77::{last},64,1h --dhcp-leasefile={WORK}/leases6 {options}"
    )


@scene
def dhcpv6_no_answer() -> None:
    """A network without a DHCPv6 server."""
    with capture("dhcpv6_no_answer"), client_of_dhcp(1, 6):
        pass


@scene
def dhcpv6_no_address() -> None:
    """A pool of one address for two clients."""
    with dnsmasq6("100"):
        with client_of_dhcp(1, 4):
            pass
        with capture("dhcpv6_no_address"), client_of_dhcp(2, 6):
            pass


@scene
def healthy_dhcpv6() -> None:
    """A router that advertises itself, and a client that gets an address."""
    with script(SINK), dnsmasq6("150", "--enable-ra"), capture("healthy_dhcpv6"), client_of_dhcp(3, 6):
        knock(SIX_SERVER)


@scene
def nd_conflict() -> None:
    """A host is given an IPv6 address that another one has."""
    there("ip link add br0 type bridge")
    there("ip link set v1 master br0")
    there("ip link set br0 up")
    for number in (1, 2):
        other = app.host()
        there(f"ip link add p{number} type veth peer name e{number} address 02:00:00:00:01:0{number}")
        there(f"ip link set e{number} netns {OTHER[other]}")
        there(f"ip link set p{number} master br0 up")
        there(f"ip link set e{number} up", other)
    time.sleep(3)
    there("ip addr add fd77::5/64 dev e1", len(OTHER) - 2)
    time.sleep(3)
    with capture("nd_conflict"):
        there("ip addr add fd77::5/64 dev e2", len(OTHER) - 1)
        time.sleep(2)
    there("ip link set v1 nomaster")
    there("ip link del br0")


@scene
def nd_unanswered() -> None:
    """A host with IPv6 that is switched off."""
    with script(SINK), capture("nd_unanswered"):
        knock("fd77::66")
        time.sleep(4)
        knock(SIX_SERVER)


def main() -> None:
    """Make the scenes that are named, or all."""
    app.cable()
    for name in ("all", "default", "v0"):
        Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("0")
    there("sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.v1.disable_ipv6=0")
    run(f"ip addr add {SIX_CLIENT}/64 dev v0 nodad")
    there(f"ip addr add {SIX_SERVER}/64 dev v1 nodad")
    time.sleep(3)
    try:
        for name in sys.argv[1:] or SCENES:
            SCENES[name]()
            print(f"{(app.OUT / f'{name}.pcap').stat().st_size:7,} {name}")
    finally:
        for process in OTHER:
            with contextlib.suppress(ProcessLookupError):
                subprocess.run(["kill", str(process)], check=False)


if __name__ == "__main__":
    main()
