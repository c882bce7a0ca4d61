"""Wireshark's TCP analysis flags, per connection and direction, vectorised."""

from __future__ import annotations

from dataclasses import dataclass

from .columns import Bools


@dataclass(frozen=True, slots=True)
class Analysis:
    """Wireshark's tcp.analysis flags: one element a packet, False where it is not TCP.

    As in Wireshark, `retransmission` is also set for fast and spurious ones.
    """

    retransmission: Bools
    fast_retransmission: Bools
    spurious_retransmission: Bools
    out_of_order: Bools
    duplicate_ack: Bools
    lost_segment: Bools
    ack_lost_segment: Bools
    zero_window: Bools
    zero_window_probe: Bools
    zero_window_probe_ack: Bools
    window_full: Bools
    window_update: Bools
    keep_alive: Bools
    keep_alive_ack: Bools
    reused_ports: Bools
