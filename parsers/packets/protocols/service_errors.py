"""Errors that servers answer with in protocols of their own: what a message says, and of which kind it is.

PostgreSQL, MySQL, SQL Server (MS-TDS), Oracle (TNS), Redis, memcached, MQTT, AMQP 0-9-1, LDAP (RFC 4511), Kerberos
(RFC 4120), SMB 2 and 3 (MS-SMB2), RADIUS (RFC 2865).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from . import postgresql

# login: who one is was not believed. denied: may not do it. overload: a limit or quota. unavailable: not now, or not
# here. conflict: somebody else is in the way. clock: the clocks differ. fault: else. usual: part of healthy work.
Kind = Literal["login", "denied", "overload", "unavailable", "conflict", "clock", "fault", "usual"]
_MOST_TEXT = 300


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An error: the code as the protocol has it, its name or "", what the server wrote, and the kind."""

    code: str
    name: str
    text: str
    kind: Kind


def _table(kinds: Mapping[Kind, Iterable[int]]) -> dict[int, Kind]:
    return {code: kind for kind, codes in kinds.items() for code in codes}


def _text(raw: bytes, encoding: str = "utf-8") -> str:
    return " ".join(raw[:_MOST_TEXT].decode(encoding, "replace").split())


_MOST_AHEAD = 20  # messages ahead of an error
_SQLSTATES: tuple[tuple[str, Kind], ...] = (
    ("28", "login"), ("3D000", "fault"), ("53", "overload"), ("54", "overload"), ("57P", "unavailable"),
    ("25006", "unavailable"), ("08P01", "fault"), ("40", "conflict"), ("55P03", "conflict"), ("57014", "conflict"),
    ("42501", "denied"), ("58", "fault"), ("XX", "fault"),
)  # fmt: skip


def parse_postgresql(data: bytes) -> ServiceError | None:
    """ErrorResponse: a severity, an SQLSTATE and a message; the errors of statements are usual.

    It may stand behind the confirmation of a login, or of the parts of a prepared statement.
    """
    for _ in range(_MOST_AHEAD):
        if data[:1] not in (b"R", b"1", b"2", b"N"):
            break
        data = data[1 + max(int.from_bytes(data[1:5], "big"), 4) :]
    state = postgresql.sqlstate(data)
    if state is None or len(state) != 5:
        return None
    said = {field[:1]: field[1:] for field in data[5 : 1 + int.from_bytes(data[1:5], "big")].split(b"\0")}
    kinds: list[Kind] = [kind for start, kind in _SQLSTATES if state.startswith(start)]
    return ServiceError(state, _text(said.get(b"S", b"")), _text(said.get(b"M", b"")), kinds[0] if kinds else "usual")


# https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
_MYSQL = _table(
    {
        "login": (1045, 1698, 1130, 1251, 1862, 1820, 3118, 3159),
        "denied": (1044, 1142, 1143, 1227, 1370),
        "overload": (1021, 1037, 1038, 1040, 1041, 1114, 1135, 1203, 1206, 1226, 1390),
        "unavailable": (1053, 1129, 1290, 1792, 1836, 1927, 3032),
        "conflict": (1205, 1213, 3024, 3058, 3572),
        "fault": (1023, 1024, 1026, 1030, 1033, 1034, 1047, 1105, 1153, 1194, 1195, 1236, 1296, 1785),
    }
)


def parse_mysql(data: bytes) -> ServiceError | None:
    """ERR_Packet: a number and, once a client is known, the SQLSTATE."""
    size = int.from_bytes(data[:3], "little")
    if len(data) < 9 or data[4] != 0xFF or not 3 < size <= 1024:
        return None
    code = int.from_bytes(data[5:7], "little")
    state, text = (data[8:13].decode("ascii", "replace"), 13) if data[7:8] == b"#" else ("", 7)
    if not 1000 <= code < 6000:
        return None
    return ServiceError(str(code), state, _text(data[text : 4 + size]), _MYSQL.get(code, "usual"))


# https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
_TDS = _table(
    {
        "login": (18450, 18451, 18452, 18456, 18461, 18463, 18470, 18486, 18487, 18488),
        "denied": (229, 230, 262, 297, 300, 916, 4060),
        "overload": (701, 802, 1101, 1105, 8645, 8651, 9002, 10928, 10929, 17189, 17300, 17803, 17809, 40501),
        "unavailable": (904, 921, 922, 924, 927, 942, 945, 952, 954, 976, 983, 3906, 6005, 17142, 40197, 40613),
        "conflict": (1204, 1205, 1222, 3960),
    }
)
_WORST_USUAL = 16  # severities of SQL Server up to which the client is at fault


def parse_tds(data: bytes) -> ServiceError | None:
    """A response that begins with an ERROR token."""
    if len(data) < 22 or data[0] != 4 or data[8] != 0xAA:
        return None
    code = int.from_bytes(data[11:15], "little")
    severity, units = data[16], int.from_bytes(data[17:19], "little")
    other: Kind = "fault" if severity > _WORST_USUAL else "usual"
    text = _text(data[19 : 19 + 2 * units], "utf-16-le")
    return ServiceError(str(code), f"severity {severity}", text, _TDS.get(code, other))


_TNS_ERROR = re.compile(rb"\(ERR=([0-9]{3,6})\)")
_TNS = _table(
    {"overload": (12516, 12518, 12519, 12520, 12540), "unavailable": (12505, 12514, 12521, 12526, 12527, 12528)}
)


def parse_tns(data: bytes) -> ServiceError | None:
    """A Refuse packet of a listener."""
    found = _TNS_ERROR.search(data[:600]) if len(data) > 12 and data[4] == 4 else None
    if found is None:
        return None
    code = int(found[1])
    return ServiceError(f"ORA-{code:05}", "", "the listener refused the connection", _TNS.get(code, "fault"))


_REDIS: dict[str, Kind] = {
    "NOAUTH": "login", "WRONGPASS": "login", "NOPERM": "denied", "DENIED": "denied", "OOM": "overload",
    "LOADING": "unavailable", "MASTERDOWN": "unavailable", "CLUSTERDOWN": "unavailable", "READONLY": "unavailable",
    "MISCONF": "unavailable", "BUSY": "unavailable", "NOREPLICAS": "unavailable", "NOGOODSLAVE": "unavailable",
}  # fmt: skip
_REDIS_TEXTS: tuple[tuple[str, Kind], ...] = (
    ("max number of clients", "overload"), ("invalid password", "login"), ("operation not permitted", "login"),
)  # fmt: skip


def parse_redis(data: bytes) -> ServiceError | None:
    """A simple error: a word in capitals, and a sentence."""
    line = _text(data[1:].partition(b"\r\n")[0])
    word = line.partition(" ")[0]
    if data[:1] != b"-" or not word.isalpha() or not word.isupper():
        return None
    kinds: list[Kind] = [kind for text, kind in _REDIS_TEXTS if text in line]
    return ServiceError(word, "", line, _REDIS.get(word, kinds[0] if kinds else "usual"))


def parse_memcached(data: bytes) -> ServiceError | None:
    """SERVER_ERROR and a sentence."""
    line = _text(data.partition(b"\r\n")[0])
    return ServiceError("SERVER_ERROR", "", line, "overload") if line.startswith("SERVER_ERROR ") else None


_MQTT_3: dict[int, tuple[str, Kind]] = {
    1: ("unacceptable protocol version", "fault"), 2: ("identifier rejected", "fault"),
    3: ("server unavailable", "unavailable"), 4: ("bad user name or password", "login"), 5: ("not authorized", "login"),
}  # fmt: skip
_MQTT_5: dict[int, tuple[str, Kind]] = {
    0x81: ("malformed packet", "fault"), 0x82: ("protocol error", "fault"),
    0x84: ("unsupported protocol version", "fault"), 0x85: ("client identifier not valid", "fault"),
    0x86: ("bad user name or password", "login"), 0x87: ("not authorized", "login"),
    0x88: ("server unavailable", "unavailable"), 0x89: ("server busy", "overload"), 0x8A: ("banned", "denied"),
    0x8B: ("server shutting down", "unavailable"), 0x8C: ("bad authentication method", "login"),
    0x8D: ("keep alive timeout", "fault"), 0x8E: ("session taken over", "conflict"),
    0x95: ("packet too large", "overload"), 0x96: ("message rate too high", "overload"),
    0x97: ("quota exceeded", "overload"), 0x9F: ("connection rate exceeded", "overload"),
}  # fmt: skip
_CONNACK, _DISCONNECT = 0x20, 0xE0


def parse_mqtt(data: bytes) -> ServiceError | None:
    """CONNACK that refuses, or DISCONNECT of MQTT 5 with a reason."""
    if len(data) < 4 or data[1] >= 0x80 or len(data) < 2 + min(data[1], 2):
        return None
    code = data[3] if data[0] == _CONNACK else data[2] if data[0] == _DISCONNECT and data[1] else 0
    known = (_MQTT_3 if data[0] == _CONNACK and data[1] == 2 else _MQTT_5).get(code)
    return ServiceError(str(code), known[0], known[0], known[1]) if known else None


_AMQP_CLOSE = {b"\0\x0a\0\x32": "connection", b"\0\x14\0\x28": "channel"}
_AMQP: dict[int, tuple[str, Kind]] = {
    311: ("CONTENT_TOO_LARGE", "overload"), 320: ("CONNECTION_FORCED", "unavailable"), 402: ("INVALID_PATH", "fault"),
    403: ("ACCESS_REFUSED", "login"), 404: ("NOT_FOUND", "fault"), 405: ("RESOURCE_LOCKED", "conflict"),
    406: ("PRECONDITION_FAILED", "fault"), 501: ("FRAME_ERROR", "fault"), 502: ("SYNTAX_ERROR", "fault"),
    503: ("COMMAND_INVALID", "fault"), 504: ("CHANNEL_ERROR", "fault"), 505: ("UNEXPECTED_FRAME", "fault"),
    506: ("RESOURCE_ERROR", "overload"), 530: ("NOT_ALLOWED", "denied"), 541: ("INTERNAL_ERROR", "fault"),
}  # fmt: skip


def parse_amqp(data: bytes) -> ServiceError | None:
    """connection.close or channel.close with a code."""
    what = _AMQP_CLOSE.get(data[7:11]) if data[:1] == b"\1" else None
    known = _AMQP.get(int.from_bytes(data[11:13], "big")) if what else None
    if known is None or len(data) < 14:
        return None
    name, kind = known
    if name == "ACCESS_REFUSED" and what == "channel":
        kind = "denied"
    return ServiceError(str(int.from_bytes(data[11:13], "big")), name, _text(data[14 : 14 + data[13]]), kind)


_LDAP: dict[int, tuple[str, Kind]] = {
    1: ("operationsError", "fault"), 2: ("protocolError", "fault"), 3: ("timeLimitExceeded", "overload"),
    4: ("sizeLimitExceeded", "usual"), 7: ("authMethodNotSupported", "login"), 8: ("strongerAuthRequired", "login"),
    11: ("adminLimitExceeded", "overload"), 13: ("confidentialityRequired", "login"),
    48: ("inappropriateAuthentication", "login"), 49: ("invalidCredentials", "login"),
    50: ("insufficientAccessRights", "denied"), 51: ("busy", "overload"), 52: ("unavailable", "unavailable"),
    53: ("unwillingToPerform", "denied"), 54: ("loopDetect", "fault"), 80: ("other", "fault"),
}  # fmt: skip
_LDAP_ANSWERS = (0x61, 0x65, 0x67, 0x69, 0x6B, 0x6D, 0x6F, 0x78)  # bind, search done, modify, add, delete ...


def parse_ldap(data: bytes) -> ServiceError | None:
    """An LDAPResult behind the number of its message."""
    at = _inside(data, 0, 0x30)
    if at < 0 or data[at : at + 1] != b"\2":
        return None
    at += 2 + data[at + 1] if at + 1 < len(data) else 0
    if at >= len(data) or data[at] not in _LDAP_ANSWERS:
        return None
    at = _inside(data, at, data[at])
    if at < 0 or data[at : at + 2] != b"\x0a\1" or at + 3 > len(data):
        return None
    code = data[at + 2]
    name, kind = _LDAP.get(code, ("", "usual"))
    message = _inside(data, at + 3, 4)  # behind the name that was matched
    text = b""
    if message >= 0:
        begin = _inside(data, message + _length(data, at + 3), 4)
        text = data[begin : begin + _length(data, message + _length(data, at + 3))] if begin >= 0 else b""
    return ServiceError(str(code), name, _text(text).rstrip("\0"), kind) if code else None


# RFC 4120 section 7.5.9
_KERBEROS: dict[int, tuple[str, Kind]] = {
    6: ("KDC_ERR_C_PRINCIPAL_UNKNOWN", "login"), 7: ("KDC_ERR_S_PRINCIPAL_UNKNOWN", "fault"),
    12: ("KDC_ERR_POLICY", "denied"), 14: ("KDC_ERR_ETYPE_NOSUPP", "fault"), 18: ("KDC_ERR_CLIENT_REVOKED", "login"),
    23: ("KDC_ERR_KEY_EXPIRED", "login"), 24: ("KDC_ERR_PREAUTH_FAILED", "login"),
    29: ("KDC_ERR_SVC_UNAVAILABLE", "unavailable"),
    31: ("KRB_AP_ERR_BAD_INTEGRITY", "fault"), 32: ("KRB_AP_ERR_TKT_EXPIRED", "usual"),
    37: ("KRB_AP_ERR_SKEW", "clock"), 41: ("KRB_AP_ERR_MODIFIED", "fault"), 60: ("KRB_ERR_GENERIC", "fault"),
    62: ("KDC_ERR_CLIENT_NOT_TRUSTED", "login"),
}  # fmt: skip
_KRB_ERROR = 0x7E


def parse_kerberos(data: bytes) -> ServiceError | None:
    """KRB-ERROR, over TCP behind its length."""
    if data[:2] == b"\0\0" and data[4:5] == b"\x7e":
        data = data[4:]
    at = _inside(data, 0, _KRB_ERROR)
    at = _inside(data, at, 0x30) if at >= 0 else -1
    while 0 <= at < len(data) - 4:
        if data[at] == 0xA6:  # error-code
            code = data[at + 4] if data[at + 2 : at + 4] == b"\2\1" else -1
            name, kind = _KERBEROS.get(code, ("", "usual"))
            return ServiceError(str(code), name, name, kind)
        begin = _inside(data, at, data[at])
        if begin < 0:
            return None
        at = begin + _length(data, at)
    return None


# MS-ERREF section 2.3
_SMB: dict[int, tuple[str, Kind]] = {
    0xC0000022: ("STATUS_ACCESS_DENIED", "denied"), 0xC000005E: ("STATUS_NO_LOGON_SERVERS", "unavailable"),
    0xC000006D: ("STATUS_LOGON_FAILURE", "login"), 0xC000006E: ("STATUS_ACCOUNT_RESTRICTION", "login"),
    0xC000006F: ("STATUS_INVALID_LOGON_HOURS", "login"), 0xC0000071: ("STATUS_PASSWORD_EXPIRED", "login"),
    0xC0000072: ("STATUS_ACCOUNT_DISABLED", "login"), 0xC0000193: ("STATUS_ACCOUNT_EXPIRED", "login"),
    0xC0000224: ("STATUS_PASSWORD_MUST_CHANGE", "login"), 0xC0000234: ("STATUS_ACCOUNT_LOCKED_OUT", "login"),
    0xC000015B: ("STATUS_LOGON_TYPE_NOT_GRANTED", "login"), 0xC0000133: ("STATUS_TIME_DIFFERENCE_AT_DC", "clock"),
    0xC000018D: ("STATUS_TRUSTED_RELATIONSHIP_FAILURE", "login"), 0xC000007F: ("STATUS_DISK_FULL", "overload"),
    0xC000009A: ("STATUS_INSUFFICIENT_RESOURCES", "overload"), 0xC00000CC: ("STATUS_BAD_NETWORK_NAME", "fault"),
    0xC00000D0: ("STATUS_REQUEST_NOT_ACCEPTED", "overload"), 0xC0000044: ("STATUS_QUOTA_EXCEEDED", "overload"),
    0xC0000043: ("STATUS_SHARING_VIOLATION", "conflict"), 0xC0000054: ("STATUS_FILE_LOCK_CONFLICT", "conflict"),
}  # fmt: skip


def parse_smb(data: bytes) -> ServiceError | None:
    """A response of SMB 2 or 3 that is not encrypted, with a status that fails."""
    if len(data) < 24 or data[4:8] != b"\xfeSMB" or not data[20] & 1:
        return None
    status = int.from_bytes(data[12:16], "little")
    known = _SMB.get(status)
    return ServiceError(f"0x{status:08x}", known[0], known[0], known[1]) if known else None


def parse_radius(data: bytes) -> ServiceError | None:
    """Access-Reject, with what it says to the user."""
    if len(data) < 20 or data[0] != 3 or int.from_bytes(data[2:4], "big") > len(data):
        return None
    text, at = b"", 20
    while at + 2 <= len(data) and data[at + 1] >= 2:
        if data[at] == 18:  # Reply-Message
            text += data[at + 2 : at + data[at + 1]]
        at += data[at + 1]
    return ServiceError("3", "Access-Reject", _text(text) or "Access-Reject", "login")


def _length(data: bytes, at: int) -> int:
    """The length of the BER value at a place, 0 where it has none that is definite and short."""
    if not 0 <= at < len(data) - 1:
        return 0
    first = data[at + 1]
    if first < 0x80:
        return first
    return int.from_bytes(data[at + 2 : at + 2 + (first & 7)], "big")


def _inside(data: bytes, at: int, tag: int) -> int:
    """Where the content of a BER value with a tag begins, -1 if another one stands there."""
    if not 0 <= at < len(data) - 1 or data[at] != tag or data[at + 1] == 0x80 or data[at + 1] > 0x84:
        return -1
    return at + 2 + (data[at + 1] & 7 if data[at + 1] >= 0x80 else 0)
