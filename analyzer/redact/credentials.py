"""Credentials: by their own shape, by the name in front of them, in headers, URLs, command lines and prose."""

from __future__ import annotations

import re

from analyzer.redact.detector import Detector

_TRACE = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

# Shapes that vendors document, so that leaked keys can be found. No neighbour may belong to the same word.
_SHAPES = (
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",  # AWS: access key ids
    r"(?:FwoG|IQoJ|AQoD)[A-Za-z0-9/+]{80,}={0,2}",  # AWS: session tokens
    r"AIza[0-9A-Za-z_-]{35}",  # Google: API key
    r"ya29\.[0-9A-Za-z_.-]{20,}|1//0[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}",  # Google: OAuth
    r"[0-9A-Za-z_~.]{3}[0-9]Q~[0-9A-Za-z_~.-]{31,34}",  # Microsoft Entra: client secret
    r"gh[pousr]_[0-9A-Za-z]{36,255}|github_pat_[0-9A-Za-z_]{22,255}",  # GitHub
    r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[0-9A-Za-z_.-]{20,}",  # GitLab
    r"xox[abeoprs]-[0-9A-Za-z-]{10,}|xapp-[0-9]-[0-9A-Za-z-]{20,}",  # Slack
    r"(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,}|whsec_[0-9A-Za-z+/]{24,}",  # Stripe
    r"SG\.[0-9A-Za-z_-]{16,64}\.[0-9A-Za-z_-]{32,}",  # SendGrid
    r"SK[0-9a-f]{32}",  # Twilio
    r"npm_[0-9A-Za-z]{36}|pypi-AgE[0-9A-Za-z_-]{50,}|rubygems_[0-9a-f]{48}|dckr_(?:pat|oat)_[0-9A-Za-z_-]{20,}",
    r"sk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]+-)?[0-9A-Za-z_-]{32,}|hf_[0-9A-Za-z]{34}",  # model services
    r"hv[sbr]\.[0-9A-Za-z_-]{24,}",  # HashiCorp Vault
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|do[oprt]_v1_[0-9a-f]{64}|dapi[0-9a-f]{32}|glsa_[0-9A-Za-z_]{32,}",
    r"ATATT3[0-9A-Za-z_=-]{60,}|AGE-SECRET-KEY-1[0-9A-Z]{58}|NRAK-[0-9A-Z]{27}|lin_api_[0-9A-Za-z]{40}",
    r"key-[0-9a-f]{32}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|[0-9]{8,10}:AA[0-9A-Za-z_-]{33}|EAA[0-9A-Za-z]{80,}",
    r"eyJ[0-9A-Za-z_-]{8,8192}(?:\.[0-9A-Za-z_-]*){1,4}",  # JSON Web Token, RFC 7519
    r"\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|sha1|P|H|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*)\$[0-9A-Za-z./+=,$-]{16,}",
    r"\{S?SHA(?:256|384|512)?\}[0-9A-Za-z+/=]{20,}|pbkdf2_sha256\$[0-9]+\$[0-9A-Za-z./+=$]{16,}",
)
_WEBHOOKS = (
    r"hooks\.slack\.com/(?:services|workflows|triggers)/([0-9A-Za-z/_-]{20,})|"
    r"discord(?:app)?\.com/api/webhooks/([0-9]+/[0-9A-Za-z_-]{30,})|"
    r"webhook\.office\.com/webhookb2/([0-9A-Za-z@/-]{40,})|"
)
SHAPES = Detector(
    "secret",
    r"AKIA|ASIA|ABIA|ACCA|FwoG|IQoJ|AQoD|AIza|ya\.|//[A-Za-z_-]|GOCSPX-|Q~|gh[pousr]_|github_pat_|gl[a-z]+-|xox[a-z]-"
    r"|xapp-|[sr]k_(?:live|test)_|whsec_|SG\.|SK[a-f]|npm_|pypi-|rubygems_|dckr_|sk-|hf_|hv[sbr]\.|shp[a-z]{2}_"
    r"|do[oprt]_v_|dapi|glsa_|ATATT|AGE-SECRET|NRAK-|lin_api_|key-|PMAK-|:AA|EAA|eyJ|\$[a-z-]{0,12}\$"
    r"|SHA\}|pbkdf|hooks\.slack|/webhook",
    re.compile(_WEBHOOKS + r"(?<![0-9A-Za-z_])(" + "|".join(_SHAPES) + ")"),
)

# user:password@ of RFC 3986, a lone token in front of @, and the data source names of Go.
URLS = Detector(
    "secret",
    r"(?:://|%3[Aa]//).{1,300}@|@(?:tcp|unix)\(",
    re.compile(
        r"://[^\s/:@\"'<>\\]{0,200}:([^\s/@\"'<>\\]{1,500})@|(?:https?|git|ssh)://([^\s/:@\"'<>\\]{16,300})@|"
        r"(?<![^\s\"'=(])[^\s:@/\"'=]{1,64}:([^\s@/\"']{1,200})@(?:tcp|unix)\("
    ),
    valid=lambda value: not _is_placeholder(value),
)

_STRONG = (
    r"pass(?:word|wd|phrase|code)s?|(?<![a-z])pass|(?-i:(?<=[a-z])Pass)|(?<![a-z])pwd|(?<![a-z])pw|(?-i:(?<=[a-z])P)wd|"
    r"client[_-]?secret|secret|wpa_psk|(?<![a-z])psk|pre[_-]?shared[_-]?key|bind_?pw|community"
)
_WEAK = (
    r"token|api[_.-]?key|access[_.-]?key|account[_-]?key|secret[_-]?key|private[_-]?key|signing[_-]?key|"
    r"encryption[_-]?key|master[_-]?key|shared[_-]?access[_-]?key|storage[_-]?key|auth[_-]?key|(?<![a-z])auth|"
    r"credentials?|(?<![a-z])sig|signature|(?<![a-z])otp|csrf[a-z_-]{0,20}|xsrf[a-z_-]{0,20}"
)
_SUFFIX = r"(?:[_.-]?(?:value|text|plain|hash|enc|encrypted|base64|b64|old|new|prod|key|secret|[0-9]))?"
_QUOTED = r"\\+\"([^\"\\\n]{1,4096})|\"((?:[^\"\\\n]|\\.){1,4096})|'([^'\n]{1,4096})"
_BARE = r"((?:[^\s\"'<>,;&\\]|&(?![\w.%-]{1,40}=)){1,4096}(?<![)\]}]))"
NAMED = Detector(
    "secret",
    r"(?i)(?:pass|pwd|pw|psk|secret|key|community|token|auth|credential|sig|otp|csrf|xsrf)"
    r"[a-z_.-]{0,14}\\*[\"']?\]?[ \t]*(?:=|:)",
    re.compile(
        rf"(?i:(?:{_STRONG}|{_WEAK}){_SUFFIX}(?![a-z]))(?:\\*[\"'])?\]?[ \t]{{0,8}}(?:=>|:=|=|:)[ \t]{{0,8}}(?:{_QUOTED}|{_BARE})"
    ),
    accept=lambda value, match: _is_named_secret(value, match),
)
# "Session: 30546354_3359" is a number that helps; a session in a URL or a cookie opens the door.
SESSIONS = Detector(
    "secret",
    r"(?i)(?:sess|session|sid)[a-z_]*\\*[\"']?(?:=|:[ \t]?\\*[\"'])",
    re.compile(
        r"(?i:jsessionid|phpsessid|sessionid|sess(?:ion)?[_-]id|(?<![a-z])session|(?<![a-z])sid)"
        r"(?:=|\\*[\"'][ \t]?:[ \t]?)\\*[\"']?([0-9A-Za-z%._~+/=-]{16,4096})"
    ),
    valid=lambda value: any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and not _TRACE.fullmatch(value),
)
XML = Detector(
    "secret",
    r"(?i)<[a-z0-9_.:-]*(?:pass|pwd|secret|token|key)[a-z]*[ >]|name=.{1,80}value=|key=.{1,80}value=",
    re.compile(
        r"(?i:<(?:[a-z0-9_.-]+:)?[a-z0-9_.-]*(?:password|passwd|pass|pwd|secret|token|apikey|api-key|passphrase|"
        r"private-?key)(?:[ \t][^<>\n]{0,300})?>)([^<>\n]{1,4096})</|"
        r"(?i:(?:name|key)=\\*[\"'][a-z0-9_.:-]{0,80}(?:password|passwd|pwd|secret|token|api-?key|passphrase)\\*[\"']"
        r"[ \t]+(?:[a-z]+=\\*[\"'][^\"'\n]*[\"'][ \t]+)?value=\\*[\"'])([^\"'\\\n]{1,4096})"
    ),
    valid=lambda value: not _is_placeholder(value),
)
HEADERS = Detector(
    "secret",
    r"(?i)bearer|authorization|cookie|-token|-key",
    re.compile(
        r"(?i:authorization(?:\\*[\"'])?[ \t]*[:=][ \t]*(?:\\*[\"'])?(?:bearer|basic|token|apikey|api-key|digest|negotiate|ntlm)"
        r"[ \t]+)([^\s\"',;\\]{4,})|"
        r"(?i:(?<![a-z])bearer[ \t]+)([0-9A-Za-z._~+/=-]{16,})|"
        r"(?i:authorization(?:\\*[\"'])?[ \t]*[:=][ \t]*(?:\\*[\"'])?)([^\s\"',;\\]{16,})|"
        r"(?i:(?:private-token|x-[a-z-]{0,40}(?:token|key|secret|password))(?:\\*[\"'])?[ \t]*[:=][ \t]*(?:\\*[\"'])?)"
        r"([^\s\"',;\\]{4,})"
    ),
    valid=lambda value: not _is_placeholder(value),
)
# Attributes of Set-Cookie (RFC 6265) say nothing about anybody.
COOKIES = Detector(
    "secret",
    r"(?i)cookie",
    re.compile(
        r"(?i:(?:(?<=cookie: )|(?<=cookie:)|(?<=cookie=)|(?<=; )|(?<=;))"
        r"(?!expires|path|domain|max-age|samesite|version|lang|locale)[a-z0-9_.%$-]{1,80}=)([^\s;,\"'\\]{8,4096})"
    ),
    accept=lambda value, match: not _is_placeholder(value) and "cookie" in _line_of(match).lower(),
)
COMMANDS = Detector(
    "secret",
    r" -p| -a | -w | -u | -U | -c |-pass|--[a-z-]*(?:password|token|secret|passphrase|key)[ =]|[ :]auth |/p:|net use",
    re.compile(
        r"\b(?:mysql|mysqldump|mysqladmin|mariadb|mycli)\b[^\n|;]{0,300}?[ \t]-p([^\s'\"|;]{1,200})|"
        r"\b(?:sshpass|docker login|podman login|helm registry login|az login|mongo|mongosh|mongodump)\b[^\n|;]{0,300}?"
        r"[ \t]-p[ \t]*([^\s|;]{1,200})|"
        r"\b(?:redis-cli)\b[^\n|;]{0,300}?[ \t]-a[ \t]+([^\s|;]{1,200})|"
        r"\b(?:ldap(?:search|modify|add|delete|passwd|whoami))\b[^\n|;]{0,300}?[ \t]-w[ \t]*([^\s|;]{1,200})|"
        r"\b(?:curl|wget|http|httpie|svn)\b[^\n|;]{0,300}?[ \t](?:-u|--user|--proxy-user|-U)[ =]?['\"]?"
        r"[^\s:'\"]{0,80}:([^\s'\"|;]{1,200})|"
        r"\b(?:smbclient|rpcclient|net|smbget)\b[^\n|;]{0,300}?[ \t]-U[ \t]*[^\s%]{1,80}%([^\s|;]{1,200})|"
        r"\bsnmp(?:walk|get|getnext|bulkwalk|bulkget|set|trap|status|table)\b[^\n|;]{0,300}?[ \t]-c[ \t]*([^\s|;]{1,200})|"
        r"[ \t]--?pass(?:in|out)?[ \t]+(?:pass:)?([^\s-][^\s|;]{0,200})|"
        r"[ \t]--[a-z-]{0,40}(?:password|passwd|token|secret|passphrase|api-key|access-key)[ =]['\"]?([^\s'\"|;-][^\s'\"|;]{3,500})"
    ),
    valid=lambda value: not _is_placeholder(value),
)
NETWORK_GEAR = Detector(
    "secret",
    r"(?i)community|(?:password|secret|key|md|sha)[ \t]+(?:[a-z]+[ \t]+)?[ \t]|ascii|comsec|key-string",
    re.compile(
        r"(?i:(?:snmp-server|snmp)[ \t]+community[ \t]+|\br[ow]community6?[ \t]+|\bcom2sec[ \t]+\S+[ \t]+\S+[ \t]+|\bcommunity(?:[ \t]string)?[ \t]*[\"'=][ \t]*)"
        r"([^\s\"',;]{3,100})|"
        r"(?i:(?:password|secret|key|key-string|md5|sha)[ \t]+(?:ascii[ \t]+|encrypted[ \t]+)?[05-9][ \t]+)([^\s\"',;]{4,200})|"
        r"(?i:key-string[ \t]+)([^\s\"',;]{4,200})"
    ),
    valid=lambda value: not _is_placeholder(value) and not value.startswith(("=", ":")),
)
PROSE = Detector(
    "secret",
    r"(?i)(?:password|passphrase|passwd|passcode|pass phrase|secret|token|api key|apikey|pin code|credential)s?[ :]",
    re.compile(
        # "the password for the root account is ..."
        r"(?i:(?:password|passphrase|pass phrase|passwd|passcode)[ \t]+(?:for|of|on)(?:[ \t]+[\w.@/'-]{1,40}){1,5}?[ \t]+"
        r"(?:is|was|(?:set|changed|reset)[ \t]to)(?:[ \t]+now)?[ \t]*:?[ \t]+)"
        r"(?:\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'|([^\s\"'<>,;\\()\[\]{}]{6,4096}))|"
        r"(?i:(?:password|passphrase|pass phrase|passwd|passcode|secret|token|api key|apikey|pin code)"
        r"(?:[ \t]+(?:is|was|set to|changed to|reset to|of|to|=))?[ \t]*:?[ \t]+)"
        r"(?:\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'|\\\"([^\"\\\n]{1,200})|([^\s\"'<>,;\\()\[\]{}]{6,4096}))"
    ),
    accept=lambda value, match: _is_prose_secret(value, match),
    common=True,
)

# A password by the words of other languages, with a mark behind them ("密码：", "Passwort:") or in a sentence
# ("口令是"). The value is ASCII, so that "密码错误" and "密码不能为空" are none.
_ABROAD = (
    r"密码|密碼|口令|令牌|密钥|密鑰|秘钥|パスワード|비밀번호|암호|"
    r"(?i:passwort|kennwort|mot ?de ?passe|contraseña|contrasena|senha|пароль|wachtwoord|hasło|lösenord)"
)
ABROAD = Detector(
    "secret",
    _ABROAD,
    re.compile(
        rf"(?:{_ABROAD})[ \t]{{0,2}}(?:\\*[\"'])?[ \t]{{0,2}}[:=：＝][ \t]{{0,4}}\\*[\"'“「]?([!-~](?<![\"'“「,;<(])[^\s\"'”」,，;；。<>&\\]{{2,200}})|"
        rf"(?:{_ABROAD})[ \t]{{0,2}}(?:是|为|為|设为|改为|重置为|は|ist|lautet|est|es|é)[ \t]{{0,2}}[\"'“「]?"
        r"([!-~](?<![\"'“「,;<(])[^\s\"'”」,，;；。<>&\\]{3,200})"
    ),
    accept=lambda value, match: _is_secret_abroad(value, match),
)

_PLACEHOLDER = re.compile(
    r"(?i)[*x.#•_-]+|<.*|\[[a-z _*-]*\]?|\(.*\)?|\{\{?.*|\$[{(]?[a-z_][a-z0-9_.-]*[)}]?|%[({]?[a-z_]{1,30}[)}%]?[a-z]?|null|none|nil|n/?a|true|false|yes|no|on|off|undefined|empty|missing|invalid|required|"
    r"expired|wrong|incorrect|failed|failure|error|changed|updated|unknown|hidden|masked|redacted|filtered|removed|"
    r"prompt|optional|default|not|must|is|was|has|for|the|and|or|with|from|in|at|of|to|be|policy|rotation|type|"
    r"bearer|basic|digest|negotiate|ntlm|token|password|secret|string|value|set|unset|ok|success|enabled|disabled"
)
_PATH = re.compile(r"(?:\.{0,2}/|~/|[A-Za-z]:\\|file:)[a-z0-9._/\\-]*")
_WEAK_KEY = re.compile(rf"(?i:{_WEAK})")
_STRONG_KEY = re.compile(rf"(?i:{_STRONG})")


def _is_placeholder(value: str) -> bool:
    return _PLACEHOLDER.fullmatch(value.rstrip(".,:;!")) is not None


def _line_of(match: re.Match[str]) -> str:
    text = match.string
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end(), match.end() + 1024)
    return text[max(start, match.start() - 4096) : end if end >= 0 else match.end() + 1024]


def _is_named_secret(value: str, match: re.Match[str]) -> bool:
    """Whether what stands behind a name is a secret and no word about it."""
    if _is_placeholder(value) or _PATH.fullmatch(value) or value.startswith(("=", "//")):
        return False
    bare = match.group().endswith(value)  # no quotes around it
    name = match.group()[: len(match.group()) - len(value)]
    spaced = bare and name[-1:].isspace()
    if _STRONG_KEY.search(name) and not (spaced and ":" not in name and "=" not in name):
        # "password: authentication failed" is prose.
        follows = match.string[match.end() : match.end() + 2]
        return not (spaced and value.isalpha() and follows[:1] == " " and follows[1:].isalpha())
    if len(value) < 6 or (value.isalpha() and len(value) < 16):
        return False
    letters = any(char.isalpha() for char in value)
    if spaced:  # "token: expired at"
        return letters and any(char.isdigit() for char in value) and len(value) >= 16
    return letters or len(value) >= 8


def _is_secret_abroad(value: str, match: re.Match[str]) -> bool:
    """Whether what stands behind a word for a password is one, and no word about it ("Passwort: falsch")."""
    if _is_placeholder(value) or not value.isascii() or _PATH.fullmatch(value):
        return False
    return (match.lastindex == 1 and not value.isalpha()) or (any(map(str.isdigit, value)) and not value.isdecimal())


def _is_prose_secret(value: str, match: re.Match[str]) -> bool:
    if _is_placeholder(value):
        return False
    if match.lastindex not in (3, 7):  # in quotes
        return " " not in value or len(value) > 20
    word = value.rstrip(".,:;!?")
    if _TRACE.fullmatch(word) or _PATH.fullmatch(word) or word.startswith(("#", "0x", "=", "http")):
        return False
    mixed = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    return mixed and len(word) >= 6 and "=" not in word[:-2]


DETECTORS = (SHAPES, URLS, HEADERS, COOKIES, XML, NAMED, SESSIONS, COMMANDS, NETWORK_GEAR, PROSE, ABROAD)
