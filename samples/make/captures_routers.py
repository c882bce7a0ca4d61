"""Make the samples/captures about routers and about services that give no answer; scapy writes what routers say.

    python3 samples/make/captures_routers.py [NAME ...]

No program that runs on one machine says these things in the wrong way, so the packets are written, and not recorded.
Needs the Python package scapy.
"""

import logging
import sys
from pathlib import Path

logging.disable(logging.WARNING)

from scapy.contrib.bgp import BGPHeader, BGPKeepAlive, BGPNotification  # noqa: E402
from scapy.contrib.ospf import OSPF_Hdr, OSPF_Hello  # noqa: E402
from scapy.layers.inet import ICMP, IP, TCP, UDP  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    ICMPv6ND_RA,
    ICMPv6NDOptMTU,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
)
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.layers.radius import Radius, RadiusAttribute  # noqa: E402
from scapy.layers.vrrp import VRRPv3  # noqa: E402
from scapy.utils import wrpcap  # noqa: E402

CAPTURES = Path(__file__).resolve().parent.parent / "captures"
MOMENT = 1_773_480_413
SCENES = {}


def scene(make):
    """Register a scene under its own name."""
    SCENES[make.__name__] = make
    return make


def mac(number):
    """A hardware address."""
    return f"02:00:00:00:00:{number:02x}"


def advertisement(number, prefix, managed=0, lifetime=1800, mtu=1500):
    """What a router of IPv6 announces."""
    message = IPv6(src=f"fe80::{number:x}", dst="ff02::1", hlim=255)
    message /= ICMPv6ND_RA(M=managed, routerlifetime=lifetime) / ICMPv6NDOptPrefixInfo(prefix=prefix, prefixlen=64)
    return (
        Ether(src=mac(number), dst="33:33:00:00:00:01")
        / message
        / ICMPv6NDOptMTU(mtu=mtu)
        / (ICMPv6NDOptSrcLLAddr(lladdr=mac(number)))
    )


@scene
def router_advertisement_conflict():
    """The router of the company, and a laptop that shares its connection."""
    for turn in range(4):
        yield turn * 200, advertisement(1, "2001:db8:1::")
        yield turn * 200 + 31, advertisement(0x66, "fd00:66::", lifetime=600)


@scene
def healthy_router_advertisements():
    """Two routers that announce the same network, one that is none any more, and one of another VLAN."""
    for turn in range(4):
        yield turn * 200, advertisement(1, "2001:db8:1::")
        yield turn * 200 + 31, advertisement(2, "2001:db8:1::")
        yield turn * 200 + 50, advertisement(3, "2001:db8:3::", lifetime=0)


@scene
def icmp_redirect():
    """A server whose way to the branch leads by another router than its default one."""
    for turn in range(6):
        ping = IP(src="10.77.0.5", dst="10.80.0.9", ttl=64) / ICMP(type=8, id=77, seq=turn) / bytes(32)
        there = Ether(src=mac(5), dst=mac(1)) / ping
        back = Ether(src=mac(2), dst=mac(5)) / IP(src="10.80.0.9", dst="10.77.0.5", ttl=62)
        yield turn, there
        if turn in (0, 2, 5):
            told = IP(src="10.77.0.1", dst="10.77.0.5") / ICMP(type=5, code=1, gw="10.77.0.2") / bytes(ping)[:28]
            yield turn + 0.0004, Ether(src=mac(1), dst=mac(5)) / told
        yield turn + 0.012, back / ICMP(type=0, id=77, seq=turn) / bytes(32)


def session(messages):
    """Segments of a session of BGP that began before the capture: who sends what."""
    place = {"a": 1000, "b": 9000}
    for seconds, who, message in messages:
        ends = ("10.77.0.1", "10.77.0.2", 41792, 179) if who == "a" else ("10.77.0.2", "10.77.0.1", 179, 41792)
        other = "b" if who == "a" else "a"
        data = bytes(message)
        segment = TCP(sport=ends[2], dport=ends[3], flags="PA" if data else "A", seq=place[who], ack=place[other])
        yield seconds, Ether(src=mac(1), dst=mac(2)) / IP(src=ends[0], dst=ends[1], ttl=1) / segment / data
        place[who] += len(data)


KEEPALIVE = BGPHeader(type=4) / BGPKeepAlive() if BGPKeepAlive.fields_desc else BGPHeader(type=4, len=19)


@scene
def bgp_notification():
    """A router that heard nothing for three minutes."""
    hold = BGPHeader(type=3, len=21) / BGPNotification(error_code=4, error_subcode=0)
    said = [(0, "a", KEEPALIVE), (0.1, "b", b""), (0.2, "b", KEEPALIVE), (0.3, "a", b""), (60, "b", KEEPALIVE)]
    said += [(60.1, "a", b""), (120, "b", KEEPALIVE), (120.1, "a", b""), (180.2, "b", hold), (180.3, "a", b"")]
    yield from session(said)


@scene
def healthy_routers():
    """Routers that agree: BGP that is kept alive, OSPF of two neighbours, one master of a virtual router at a time."""
    packets = list(session([(60 * turn + 0.1 * at, "ab"[at], KEEPALIVE) for turn in range(4) for at in (0, 1)]))
    for turn in range(12):
        packets += [(turn * 10 + number * 0.3, hello(number)) for number in (1, 2)]
        packets += [(turn + 200.5, master(1 if turn < 5 or turn > 8 else 2))]
    yield from sorted(packets, key=lambda packet: packet[0])


def hello(number, interval=10, area="0.0.0.0", mask="255.255.255.0"):
    """A greeting of OSPF."""
    head = OSPF_Hdr(src=f"10.77.0.{number}", area=area)
    said = OSPF_Hello(mask=mask, hellointerval=interval, deadinterval=4 * interval, options=2, router="10.77.0.1")
    packet = IP(src=f"10.77.0.{number}", dst="224.0.0.5", ttl=1, proto=89) / head / said
    return Ether(src=mac(number), dst="01:00:5e:00:00:05") / packet


@scene
def ospf_mismatch():
    """A router that greets every 10 s, and one that greets every 30 s."""
    for turn in range(4):
        yield turn * 30, hello(1)
        yield turn * 30 + 2, hello(2, interval=30)
        yield turn * 30 + 10, hello(1)
        yield turn * 30 + 20, hello(1)


def master(number):
    """What the master of a virtual router says."""
    packet = IP(src=f"10.77.0.{number}", dst="224.0.0.18", ttl=255, proto=112)
    packet /= VRRPv3(vrid=7, priority=100, adv=100, addrlist=["10.77.0.254"])
    return Ether(src="00:00:5e:00:01:07", dst="01:00:5e:00:00:12") / packet


@scene
def vrrp_two_masters():
    """Two routers that do not hear each other."""
    for turn in range(8):
        yield turn, master(1)
        yield turn + 0.4, master(2)


def access(number, code, radius_id):
    """A question or answer of RADIUS."""
    switch, server = ("10.77.0.5", 40100), (f"10.77.0.{number}", 1812)
    (source, sport), (target, dport) = (switch, server) if code == 1 else (server, switch)
    name = RadiusAttribute(type=1, value=b"anna") if code == 1 else RadiusAttribute(type=18, value=b"welcome")
    message = Radius(code=code, id=radius_id, authenticator=bytes(16), attributes=[name])
    return Ether(src=mac(5), dst=mac(number)) / IP(src=source, dst=target) / UDP(sport=sport, dport=dport) / message


@scene
def udp_service_unanswered():
    """A switch that asks a silent RADIUS server, and then the other one."""
    for login in range(2):
        for turn in range(3):
            yield login * 30 + turn * 5, access(8, 1, login)
        yield login * 30 + 15, access(9, 1, login)
        yield login * 30 + 15.02, access(9, 2, login)


def main():
    """Write the captures that are named, or all."""
    for name in sys.argv[1:] or SCENES:
        packets = []
        for number, (seconds, packet) in enumerate(SCENES[name](), 1):
            packet.time = MOMENT + seconds
            if IP in packet:
                packet[IP].id = number
            packets.append(packet)
        wrpcap(str(CAPTURES / f"{name}.pcap"), packets)


if __name__ == "__main__":
    main()
