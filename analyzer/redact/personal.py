"""What tells who somebody is: mail, telephone, cards, accounts, national numbers, names, places, user names."""

from __future__ import annotations

import re

from analyzer.redact.detector import Detector, loose


def _digits(value: str) -> str:
    return re.sub(r"[^0-9]", "", value)


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812 (cards, IMEI)."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        number = int(char) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


# Issuers and the lengths that they use: ISO/IEC 7812, the networks' own documentation.
_ISSUER = re.compile(
    r"4[0-9]{15}(?:[0-9]{3})?|5[1-5][0-9]{14}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}|"
    r"3[47][0-9]{13}|6(?:011|5[0-9]{2}|4[4-9][0-9])[0-9]{12}|35(?:2[89]|[3-8][0-9])[0-9]{12}|3(?:0[0-5]|[68][0-9])[0-9]{11}"
)


def _is_card(value: str, match: re.Match[str]) -> bool:
    digits = _digits(value)
    before = match.string[max(0, match.start() - 12) : match.start()].lower()
    if "imei" in before or len(set(digits)) < 2:
        return False
    return _ISSUER.fullmatch(digits) is not None and passes_luhn(digits)


def _is_iban(value: str) -> bool:
    text = re.sub(r"[ -]", "", value).upper()
    if not 15 <= len(text) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def _is_social(value: str) -> bool:
    area, group, serial = value.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _is_chinese_id(value: str) -> bool:
    """GB 11643: a birthday inside, and a check digit of ISO 7064 MOD 11-2."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(char) * weight for char, weight in zip(value, weights, strict=False))
    return "10X98765432"[total % 11] == value[-1].upper()


# An offset of a clock, "+62.120011 s"; but whois writes telephone numbers as "+49.301234567" (RFC 5733).
_SIGNED = re.compile(r"\+[0-9]+\.[0-9]+")
_CALLED = re.compile(r"(?i)phone|tel|fax|mobile|call|voice|sms")


def _ahead(match: re.Match[str]) -> tuple[int, int]:
    """Where the 40 characters ahead of a match begin and end."""
    return max(0, match.start() - 40), match.start()


def _is_phone(value: str) -> bool:
    return 8 <= len(_digits(value)) <= 15


# An instance of a systemd unit is written like an address: postgresql@15-main.service (systemd.unit(5)).
_UNIT = re.compile(r"\.(?:service|socket|timer|mount|automount|target|slice|scope|device|path|swap)\Z")

EMAIL = Detector(
    "email",
    r"@|%[A-Za-z.-]",
    re.compile(
        r"(?<![\w.+-])(?<!//)([\w.+'-]{1,64}(?:@|%40)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24})(?![\w-])"
    ),
    accept=lambda value, match: (
        match.string[max(0, match.start() - 1) : match.start()] != ":" or "://" not in _word(match)
    ),
    valid=lambda value: _UNIT.search(value) is None,
    canonical=lambda value: value.replace("%40", "@"),
)


def _word(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 200) : match.start()]
    return before.split()[-1] if before.split() and not before[-1].isspace() else ""


CARD = Detector(
    "card",
    r"(?:^|[^0-9A-Za-z_.-])[2-6][0-9]{3}(?:[0-9]{10}|[ -][0-9]{4,6}[ -][0-9]{4,5})",
    re.compile(
        r"(?<![\w.-])([0-9]{15,16}|[0-9]{19}|[0-9]{14}|[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{4}|"
        r"[0-9]{4} [0-9]{4} [0-9]{4} [0-9]{4}|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5})(?![\w-])(?!\.[0-9])"
    ),
    accept=_is_card,
    canonical=_digits,
    shape=False,
)
IBAN = Detector(
    "iban",
    r"[A-Z]{2}[0-9]{2}[ ]?[A-Z0-9]{4}",
    re.compile(r"(?<![\w-])([A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?))(?![\w-])"),
    valid=_is_iban,
    canonical=lambda value: re.sub(r"[ -]", "", value),
    shape=False,
)
SOCIAL = Detector(
    "id",
    r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
    re.compile(r"(?<![\w.-])([0-9]{3}-[0-9]{2}-[0-9]{4})(?![\w-])(?!\.[0-9])"),
    valid=_is_social,
    shape=False,
)
CHINESE_ID = Detector(
    "id",
    r"(?:^|[^0-9A-Za-z_.-])[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx]",
    re.compile(
        r"(?<![\w.-])([1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx])(?![\w-])"
    ),
    valid=_is_chinese_id,
    shape=False,
)
_NATIONAL = (
    r"passport|ssn|social[ \t]?security|national[ \t]?(?:id|insurance)|nino|identity[ \t]?card|id[ \t]?card|driv(?:er|ing)\S{0,3}[ \t]?licen[cs]e|"
    r"tax[ \t]?id|steuer-?id|tin|nir|dni|nie|cpf|cnpj|curp|aadhaar|pesel|bsn|personnummer|codice[ \t]?fiscale|insurance[ \t]?n(?:o|umber)"
)
NATIONAL = Detector(
    "id",
    rf"(?i)(?:{_NATIONAL})",
    re.compile(
        rf"(?i:(?<![a-z])(?:{_NATIONAL})(?:[_ \t-]?(?:no|number|num|nr|id|#))?\\*[\"']?[ \t.:=#]{{1,4}}\\*[\"']?)"
        r"([A-Z]{0,4}[0-9](?:[0-9A-Za-z./ -]{3,18}[0-9A-Za-z])|[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z])(?![\w-])"
    ),
)
IMEI = Detector(
    "imei",
    r"(?i)ime[i]|imsi|iccid|meid",
    re.compile(
        r"(?i:(?<![a-z])(?:imei(?:sv)?|imsi|iccid|meid)\\*[\"']?[ \t:=#]{1,4}\\*[\"']?)([0-9][0-9 -]{12,24}[0-9])"
    ),
    canonical=_digits,
)
PHONE = Detector(
    "phone",
    r"\+|\(\) ?-|手机|手機|电话|電話|传真|(?i:phone|mobile|tel|fax|cell|msisdn|sms|caller|whatsapp)",
    re.compile(
        r"(?<![\w+.:-])(\+[1-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{1,12}\)?){1,6})(?![\w])(?!\.[0-9])|"
        r"(?<![\w.-])(\([0-9]{3}\) ?[0-9]{3}-[0-9]{4})(?![\w-])|"
        r"(?i:(?<![a-z])(?:tele)?(?:phone|mobile|tel|fax|cell|msisdn|sms|caller|whatsapp)(?:[ _-]?(?:no|nr|number|num))?"
        r"\\*[\"']?(?:[ \t]?[:=#][ \t]?|[ \t](?:to|from|no\.?|number)?[ \t]?)\\*[\"']?)(\(?[0-9][0-9 ().-]{6,18}[0-9])(?![\w.-])|"
        r"(?:手机|手機|电话|電話|传真)(?:号码|号|號碼|號)?\\*[\"']?[ \t]{0,2}[:：=为是]?[ \t]{0,2}\\*[\"']?([0-9][0-9 -]{6,16}[0-9])(?![0-9A-Za-z_.-])"
    ),
    valid=_is_phone,
    accept=lambda value, match: (
        _SIGNED.fullmatch(value) is None or _CALLED.search(match.string, *_ahead(match)) is not None
    ),
    canonical=_digits,
)
BIRTHDAY = Detector(
    "birthday",
    r"(?i)birth|dob|geburt|naissance|born",
    re.compile(
        r"(?i:(?:date[ \t_-]?of[ \t_-]?birth|birth[ \t_-]?(?:date|day)|(?<![a-z])dob|geburtsdatum|born(?:[ \t]on)?)"
        r"\\*[\"']?[ \t]{0,2}[:=]?[ \t]{0,2}\\*[\"']?)([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})"
    ),
)
PLACE = Detector(
    "place",
    r"(?i)lat|lng|lon|location|gps|coord|position|geo",
    re.compile(
        r"(?i:(?:(?<![a-z])(?:lat|lng|lon|long)|location|gps|coord[a-z]*|position|geo[a-z]*|latitude|longitude)"
        r"[^0-9\n\d-]{1,12})(-?[0-9]{1,3}\.[0-9]{3,}(?:[ \t]?[,;/ ][ \t]?-?[0-9]{1,3}\.[0-9]{3,})?)(?![\w.%])"
    ),
    valid=lambda value: all(abs(float(part)) <= 180 for part in re.findall(r"-?[0-9]+\.[0-9]+", value)),
)
_PERSON = (
    r"(?:customer|client|full|first|last|given|family|sur|display|contact|employee|patient|holder|card[ \t]?holder|passenger|"
    r"recipient|sender|billing|shipping|guest|applicant|subscriber|person|real)[ \t_-]?name"
)
NAME = Detector(
    "name",
    r"(?i)姓名|联系人|聯絡人|收件人|收货人|持卡人|name|\b(?:by|customer|dear|for|mr|mrs|ms|dr|herr|frau|passenger|patient|applicant|recipient)\W",
    re.compile(
        rf"(?i:(?<![a-z])(?:{_PERSON})\\*[\"']?[ \t]{{0,2}}[:=][ \t]{{0,2}}\\*[\"']?)"
        r"([^\W\d_][\w'.-]{0,40}(?: [^\W\d_][\w'.-]{0,40}){0,3})|"
        r"(?i:\b(?:placed|ordered|submitted|requested|created|approved|signed|reported|uploaded|paid|owned|written)[ \t]by[ \t]|"
        r"\b(?:customer|passenger|patient|applicant|recipient|dear|mr\.?|mrs\.?|ms\.?|herr|frau)[ \t])"
        r"([A-Z][a-z'-]{1,30}(?: [A-Z][a-z'-]{0,30}\.?){1,2})(?![\w(.:])|"
        r"(?:姓名|联系人|聯絡人|收件人|收货人|持卡人)\\*[\"']?[ \t]{0,2}[:：=][ \t]{0,2}\\*[\"']?([^\W\d_][^\W\d_·]{1,20})"
    ),
    valid=lambda value: value.lower() not in ("null", "none", "unknown", "n", "undefined", "true", "false"),
    common=True,
)

# Accounts that every system has are nobody's name.
_SYSTEM = frozenset(
    """
    root admin administrator nobody guest daemon bin sys sync system local service localservice networkservice
    anonymous www www-data nginx apache httpd mysql postgres redis mongodb rabbitmq elasticsearch kafka
    zookeeper hadoop hdfs yarn spark jenkins git gitlab docker kube kubernetes consul vault prometheus grafana
    ubuntu debian centos ec2-user vagrant ansible deploy app user username test operator backup mail postfix
    dovecot ftp news uucp lp ntp chrony sshd systemd messagebus dbus polkitd syslog named bind ldap squid
    memcached tomcat node none null unknown default public shared all me self other another this that the a an
    to from by with in of is was has not and or on at id all-users systemd-network systemd-resolve
    systemd-timesync defaultuser0 net linuxbrew runner lost+found logged login session service-account principal
    data agent profile accounts account group role roles set get new invalid
    """.split()  # noqa: SIM905
)


def _is_person(value: str) -> bool:
    return value.lower().rstrip("$") not in _SYSTEM and not value.isdecimal()


_USER = r"[A-Za-z_][\w.-]{0,62}[\w$]"
# What sshd writes on nearly every line has a detector of its own, for speed.
_LOGIN = (
    r"(?:[Aa]ccepted|[Ff]ailed|[Pp]ostponed|[Pp]artial) \S{1,40} for (?:(?:invalid|illegal) user )?([^\s:]{1,64}) from |"
    r"(?:[Ii](?:nvalid|llegal)|[Aa]uthenticating) user ([^\s:\"',()]{2,64})"
)
LOGIN = Detector(
    "user",
    r"(?:ccepted|ailed|ostponed|artial) \S+ for |(?:nvalid|llegal|uthenticating) user ",
    re.compile(_LOGIN),
    valid=_is_person,
    run=_LOGIN,
    common=True,
)
# Windows calls the folder of a user by the full name, with spaces and in any script; XML and Chinese name accounts.
ACCOUNT = Detector(
    "user",
    r"\\(?:Users|USERS|users|Documents and Settings)\\|<(?i:user|login)[A-Za-z_]*>|(?:用户|帐号|账号|账户)名?\\*[\"']?[ \t]*[:：=]",
    re.compile(
        r"\\(?:Users|USERS|users|Documents and Settings)\\+([^\W\d][\w.-]{0,62}(?: [^\W\d_a-z][\w.-]{0,40}){0,3})(?=\\)|"
        rf"<(?i:user(?:_?name|_?id)?|login)>({_USER})</|"
        rf"(?:用户|帐号|账号|账户)名?\\*[\"']?[ \t]{{0,2}}[:：=][ \t]{{0,2}}\\*[\"']?({_USER})"
    ),
    valid=_is_person,
)
# Every branch begins with a letter of its own, so that the search can skip to it.
_USERS = (
    rf"/(?:home/|Users/|var/spool/(?:mail|cron(?:/crontabs)?)/)({_USER})(?![\w.-])|"
    rf"[\\/](?:Users|USERS|users|Documents and Settings)[\\/]+({_USER})|"
    rf"session (?:opened|closed) for (?:local )?user ({_USER})|"
    rf"sudo(?:\[[0-9]+\])?:[ \t]+({_USER}) : |"
    rf"s(?<!\w.)u(?:\[[0-9]+\])?: .{{0,40}}?(?:for|to) ({_USER})\b|"
    rf"[ug]id=[0-9]+\(({_USER})\)|"
    rf"by ({_USER})\((?:uid=|[0-9])|"
    rf"[UuLlAaOoSs](?<![A-Za-z].)(?i:ser(?:_?name|_?id)?|ogname|cct|ogin|ccount|wner|amaccountname)"
    rf"(?:\\*[\"'])?[ \t]{{0,2}}[=:][ \t]{{0,2}}\\*[\"']({_USER})\\*[\"']|"
    rf"[UuLlAaOoSs](?<![A-Za-qs-z].)(?i:ser(?:_?name|_?id)?|ogname|cct|ogin|wner|amaccountname)=({_USER})(?![\w.@/(-])|"
    rf"(?:for|of) user[ :=]{{1,2}}[\"'(]?({_USER})(?![\w/])|"
    rf"(?:[Uu]ser|[Rr]ole|[Ll]ogin) [\"']({_USER})[\"']"
)
# The same for Rust's engine, with any other characters in names: a Unicode class makes it slow to compile.
_LOOSE_USERS = loose(_USERS.replace(_USER, r"[A-Za-z_][^\s\"'()/:,;]*"))
USER = Detector(
    "user",
    r"/home/|/Users/|\\Users\\|(?i:documents and settings)|(?i:user|acct|logname|login|owner|account)[a-z]{0,4}\\*[\"']?[ \t]*[=: ]"
    r"|[Rr]ole [\"']|sudo|\bsu(?:\[\])?:|[ug]id=\(|\(uid=|/var/spool/(?:mail|cron)",
    re.compile(_USERS),
    valid=_is_person,
    # The letter in front of a key tells whether it is one, what follows a name whether it ends there; there may be more
    # of them in what is glued to the first.
    run=rf"\w*(?:{_LOOSE_USERS})(?:[^\s,;}}\]]*?(?:{_LOOSE_USERS}))*[^\s,;}}\]]*",
    common=True,
)


DETECTORS = (EMAIL, IBAN, IMEI, CARD, SOCIAL, CHINESE_ID, NATIONAL, PHONE, BIRTHDAY, PLACE, NAME, LOGIN, ACCOUNT, USER)
