"""The names of link types, those that are read and those that are not (https://www.tcpdump.org/linktypes.html)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .columns import ABSENT
from .reading import gathered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .columns import Packets
    from .frames import Frames

# Those whose packets `layers` reads.
LINK_TYPES = {
    0: "null", 1: "ethernet", 9: "ppp", 12: "raw", 14: "raw", 50: "ppp_hdlc", 51: "pppoe", 101: "raw", 104: "c_hdlc",
    105: "802.11", 108: "loop", 113: "linux_sll", 117: "pflog", 119: "802.11_prism", 127: "802.11_radiotap",
    138: "apple_ip_over_1394", 149: "pktap", 163: "802.11_avs", 192: "ppi", 228: "ipv4", 229: "ipv6", 239: "nflog",
    258: "pktap", 276: "linux_sll2",
}  # fmt: skip
# What is on the wire of the others.
_UNREAD = {
    3: "AX.25", 6: "Token Ring", 7: "ARCNET", 8: "SLIP", 10: "FDDI", 100: "ATM", 107: "Frame Relay", 114: "LocalTalk",
    122: "IP over Fibre Channel", 129: "ARCNET of Linux", 139: "MTP2 of SS7", 140: "MTP2 of SS7", 141: "MTP3 of SS7",
    142: "SCCP of SS7", 143: "DOCSIS", 144: "IrDA of Linux", 165: "BACnet MS/TP", 166: "PPP of pppd", 169: "GPRS LLC",
    177: "LAPD of Linux", 187: "Bluetooth HCI", 189: "USB of Linux", 190: "CAN 2.0B", 191: "IEEE 802.15.4 of Linux",
    195: "IEEE 802.15.4", 197: "Endace ERF", 201: "Bluetooth HCI with directions", 202: "AX.25 with KISS", 203: "LAPD",
    204: "PPP with directions", 205: "Cisco HDLC with directions", 206: "Frame Relay with directions",
    209: "I2C and IPMB of Linux", 210: "FlexRay", 211: "MOST", 212: "LIN", 215: "IEEE 802.15.4 with its physical layer",
    220: "USB of Linux", 224: "Fibre Channel", 225: "Fibre Channel with delimiters", 226: "IPNET of Solaris",
    227: "CAN of Linux", 230: "IEEE 802.15.4 without checksums", 231: "D-Bus", 235: "DVB-CI", 240: "netANALYZER",
    241: "netANALYZER", 242: "IP over InfiniBand", 243: "MPEG-2 transport stream", 245: "NFC LLCP", 247: "InfiniBand",
    248: "SCTP", 249: "USB of Windows (USBPcap)", 251: "Bluetooth Low Energy", 252: "what Wireshark exported",
    253: "netlink of Linux", 254: "Bluetooth monitor of Linux", 255: "Bluetooth BR/EDR", 256: "Bluetooth Low Energy",
    257: "Profibus", 264: "ISO 14443 (contactless cards)", 266: "USB of macOS", 271: "vSockets", 272: "Nordic BLE",
    280: "VPP dispatch trace", 283: "IEEE 802.15.4 with metadata", 288: "USB 2.0", 290: "ETW (events of Windows)",
    293: "USB 2.0 low speed", 294: "USB 2.0 full speed", 295: "USB 2.0 high speed",
}  # fmt: skip
_ETHERNET = 14  # bytes of its header
# https://www.iana.org/assignments/ieee-802-numbers
_ETHER_TYPES = {
    0x22F3: "TRILL", 0x8035: "RARP", 0x8100: "VLAN tags", 0x809B: "AppleTalk", 0x8137: "IPX", 0x8863: "PPPoE discovery",
    0x8870: "jumbo frames", 0x888E: "802.1X (EAPOL)", 0x8892: "PROFINET", 0x88A4: "EtherCAT", 0x88B8: "GOOSE",
    0x88BA: "sampled values", 0x88CC: "LLDP", 0x88E5: "MACsec", 0x88E7: "MAC-in-MAC (802.1ah)", 0x88F7: "PTP",
    0x88FB: "PRP", 0x8902: "connectivity fault management", 0x8906: "FCoE", 0x8914: "FCoE initialisation",
    0x8915: "RoCE", 0x892F: "HSR", 0x894F: "NSH",
}  # fmt: skip
_USER = range(147, 163)
_WIRELESS = (105, 119, 127, 163, 192)
_MOSTLY = 0.9


def _name(link_type: int) -> str:
    """The number of a link type that is not read, and what it is called."""
    if link_type in _USER:
        return f"{link_type} (reserved for private use)"
    return f"{link_type} ({_UNREAD[link_type]})" if link_type in _UNREAD else str(link_type)


def unread(counts: Mapping[int, int]) -> str:
    """A sentence on packets of link types that are not read, "" if there are none; `counts` is by link type."""
    unknown = sorted((link for link in counts if link not in LINK_TYPES), key=lambda link: -counts[link])
    if not unknown:
        return ""
    many = sum(counts[link] for link in unknown)
    types = f"link type{'s' if len(unknown) > 1 else ''} {', '.join(map(_name, unknown[:20]))}"
    packets, were = ("packets", "were") if many > 1 else ("packet", "was")
    return f"{many:,} {packets} of {types} {were} counted, but not read."


def veiled(frames: Frames, packets: Packets) -> str:
    """A sentence where hardly a packet carries anything of IP or ARP, so that nothing can be told; "" elsewhere."""
    total = len(packets)
    bare = int(np.count_nonzero(packets.network_at == ABSENT))
    known = np.isin(frames.link_type, np.array(list(LINK_TYPES)))
    if not total or bare < _MOSTLY * total or not known.all():
        return ""
    what = "None" if bare == total else f"Only {total - bare:,}"
    if np.isin(frames.link_type, _WIRELESS).all():
        why = "wireless frames are for management, or encrypted. Capture at a wired port, or give Wireshark the key."
    else:
        why = f"the others carry {_carried(frames, packets)}, which is not read."
    return f"{what} of {total:,} packets hold{'s' if bare == total else ''} IP or ARP in a form that can be read: {why}"


def _carried(frames: Frames, packets: Packets) -> str:
    """What most of the packets that are not read carry, by their EtherTypes."""
    rows = np.flatnonzero((packets.network_at == ABSENT) & (frames.link_type == 1) & (packets.captured >= _ETHERNET))
    if not len(rows):
        return "something else"
    raw = gathered(packets, packets.offset[rows], packets.captured[rows].astype(np.int64), _ETHERNET)
    kinds, counts = np.unique(raw[:, 12].astype(np.int64) << 8 | raw[:, 13], return_counts=True)
    most = kinds[np.argsort(-counts)[:3]].tolist()
    return ", ".join("802.2 LLC" if kind < 1536 else _ETHER_TYPES.get(kind, f"EtherType 0x{kind:04x}") for kind in most)
