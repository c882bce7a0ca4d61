"""Severity words of all sorts of programs to the OpenTelemetry severity number (1-24).

Numbers from the OpenTelemetry Logs data model: TRACE 1, DEBUG 5, INFO 9, NOTICE 10 (INFO2), WARN 13, ERROR 17,
CRITICAL 18 (ERROR2), ALERT 19 (ERROR3), FATAL 21, PANIC/EMERG 22 (FATAL2). 0: not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

TRACE, DEBUG, INFO, NOTICE, WARN, ERROR, CRITICAL, ALERT, FATAL, EMERGENCY = (
    1,
    5,
    9,
    10,
    13,
    17,
    18,
    19,
    21,
    22,
)

NUMBERS = {
    "trace": TRACE, "trc": TRACE, "finest": TRACE, "finer": 2, "verbose": 3, "verb": 3, "vrb": 3,
    "debug": DEBUG, "dbg": DEBUG, "dbug": DEBUG, "fine": DEBUG, "debug1": DEBUG, "debug2": DEBUG, "debug3": DEBUG,
    "debug4": DEBUG, "debug5": DEBUG,
    "info": INFO, "inf": INFO, "information": INFO, "informational": INFO, "log": INFO, "config": INFO, "system": INFO,
    "note": NOTICE, "notice": NOTICE, "hint": INFO, "detail": INFO, "statement": INFO, "context": INFO,
    "warn": WARN, "warning": WARN, "wrn": WARN, "warnning": WARN,
    "error": ERROR, "err": ERROR, "eror": ERROR, "severe": ERROR, "failure": ERROR, "exception": ERROR,
    "critical": CRITICAL, "crit": CRITICAL, "crt": CRITICAL, "alert": ALERT,
    "erro": ERROR, "fata": FATAL, "pani": EMERGENCY, "debu": DEBUG, "success": INFO, "ddebug": DEBUG, "subdebug": DEBUG,
    "ee": ERROR, "ni": WARN, "ww": WARN, "ii": INFO, "fehler": ERROR, "schwerwiegend": ERROR, "warnung": WARN, "erreur": ERROR, "grave": ERROR, "avertissement": WARN,
    "advertencia": WARN, "avvertenza": WARN, "aviso": WARN, "infos": INFO, "ошибка": ERROR, "предупреждение": WARN,
    "错误": ERROR, "严重": ERROR, "致命": FATAL, "警告": WARN, "信息": INFO, "调试": DEBUG, "エラー": ERROR, "情報": INFO,
    "오류": ERROR, "경고": WARN, "정보": INFO,
    "fatal": FATAL, "ftl": FATAL, "panic": EMERGENCY, "emerg": EMERGENCY, "emergency": EMERGENCY, "dpanic": CRITICAL,
}  # fmt: skip

# One letter, as glog, klog, Android, .NET, MongoDB and Elixir write it.
LETTERS = {
    "V": 3,
    "T": TRACE,
    "D": DEBUG,
    "I": INFO,
    "N": NOTICE,
    "W": WARN,
    "E": ERROR,
    "C": CRITICAL,
    "F": FATAL,
    "A": ALERT,
}

# RFC 5424, table 2: facility * 8 + severity.
SYSLOG = {0: EMERGENCY, 1: ALERT, 2: CRITICAL, 3: ERROR, 4: WARN, 5: NOTICE, 6: INFO, 7: DEBUG}

# bunyan and pino number their levels by tens; Python's logging, too, but from 10 to 50 with other names.
BUNYAN = {10: TRACE, 20: DEBUG, 30: INFO, 40: WARN, 50: ERROR, 60: FATAL}

_LEVEL = r"(emergency|emerg|panic|fatal|critical|crit|alert|severe|error|err|warning|warn|notice|information|info|debug[1-5]?|trace|verbose)"
# A severity word near the start of a message, set apart as such: by brackets, a colon, a bar, or in capitals. Words
# in running prose ("no error so far") must not count.
WORDS = (
    r"(?:^|[\s\[(<|,:;=\"'/.*])"
    r"(EXCEPTION|EMERGENCY|EMERG|PANIC|PANI|FATAL|FATA|FTL|CRITICAL|CRIT|CRT|ALERT|SEVERE|ERROR|ERRO|EROR|ERR|WARNING|WARN|WRN|NOTICE"
    r"|INFORMATION|INFO|INF|DEBUG|DEBU|DBUG|DBG|TRACE|TRC|VERBOSE|VRB"
    r"|FEHLER|WARNUNG|SCHWERWIEGEND|ERREUR|AVERTISSEMENT|ADVERTENCIA|AVVERTENZA|AVISO|ОШИБКА|ПРЕДУПРЕЖДЕНИЕ)"
    r"(?:[\s\]\)>|,:;=\"'.\-\[*]|$)"
    r"|(?:^|[\s\[(<|])(GRAVE)[:\])>|]"
    r"|(?i:^(?:[^\s:]{1,40}: ){0,2}[\[<(]?" + _LEVEL + r"[\]>)]?(?::|\]|\)|>|/| [-|:\[(]| {2,}))"
    r"|(?i:^" + _LEVEL + r" [a-z0-9_\-]+\[[0-9])"
    r"|(?i:[\[<(|.:] *" + _LEVEL + r" *[\]>)|])"
    r"|(?i:[\]>)|] +" + _LEVEL + r" {2,})"
    # libvirt: "4711: error : function:31 : message"
    r"|(?i:: " + _LEVEL + r" : )"
    # A column between tabs, or behind a first one that is filled up with spaces.
    r"|(?i:(?:^[^\s]{1,40} +|\t)" + _LEVEL + r"\t)"
    r"|(?i:[\s)\],:]" + _LEVEL + r"(?::(?:\s|$)| +\[))"
    r"|(?i:[)\],:|]" + _LEVEL + r",\S)"
    r"|\((EE|WW|II|NI)\)"
    r"|(?i:\b(?:level|severity|lvl|loglevel|sev)[\"']?[=:] ?[\"']?([a-z]{3,11})\b)"
    r"|(?:^|[\s\[(<|:：【,])(错误|严重|致命|警告|信息|调试|エラー|情報|오류|경고|정보)(?:[\s\])>|:：】,]|$)"
    # One letter: klog and glog inside of something else, "[E]", "E!", "E [", "E path/file.cc:7]", VMware's "E005:".
    r"|(?:^|[\s:])([IWEF])(?:[0-9]{4}|[0-9]{6}) [0-9]{2}:[0-9]{2}:[0-9]{2}"
    # Not "[C]": backup programs list what was changed so.
    r"|(?:^|\s)\[([EWIDFTN])\](?:[\s:]|$)"
    r"|^\[ ?([EWINDC]) "
    r"|^[: ]*([EWIDF])(?:! | [\[(]| [A-Za-z0-9_]+[./][A-Za-z0-9_./]*:)"
    r"|(?:^|[|\s])([EWI])[0-9]{3}: "
    r"|^npm (ERR)!|^(error)\[[A-Z]{1,4}[0-9]{1,5}\]"
)
# Cisco and those who write as it does: %FACILITY-severity-MNEMONIC.
_MNEMONIC = r"%[A-Z][A-Z0-9_]*(?:-[A-Z][A-Z0-9_]*)*-([0-7])-[A-Z0-9_]+"

# What no level says but every reader sees: a message that reports a failure.
FAILURES = (
    r"(?i)(?:^|[^a-z_/.=\-])(?:panic|fatal|segfault|segmentation fault|traceback \(most recent call last\)|unhandled|uncaught"
    r"|core dumped|oops|out of memory|oom-kill(?:er)?|unhandledpromiserejection\w*|exception in thread|-- error [0-9]+|return value 3)"
    # "panic+0x155/0x316" is a function in a call trace.
    r"(?:[^a-z_=.\-+]|[.\-](?:[^a-z]|$)|$)"
    r"|[a-z.](?:exception|error):(?:[^a-z=]|$)"
    # How a message begins that reports a failure, and how programs say that another one failed.
    r"|^(?:[^\s:]{1,40}: )?(?:failed to|unable to|could not|cannot|can't|refusing to|error code:?) [a-z0-9]"
    r"|^[a-z]+ (?:failed to|could not find) [a-z]"
    r"|^error (?:creating|opening|loading|reading|writing|connecting|starting|parsing|binding|executing|sending|accepting"
    r"|fetching|updating|removing|allocating|initiali[sz]ing) |^error (?:response )?from [a-z]"
    r"|: assertion [`'\"][^\n]{1,120}['\"] failed"
    r"|^(?:[^\s:]{1,40}: ){0,2}(?:(?:parse|syntax) error|[a-z]+ (?:configuration )?error) (?:in|on|at|near) "
    r"|: no such file or directory(?: \((?:errno ?= ?)?[0-9]+\))?\.?$"
    r"|^ {0,8}(?:dependency|liquid|template|config(?:uration)?|runtime|internal|build|connection|database|server|network|socket|i/o"
    r"|ssl|tls|validation|authentication|protocol|resource|program|application|unexpected|critical) (?:error|exception): [a-z]"
    # How Ruby, Subversion and Mercurial end.
    r"|^\S+\.rb:[0-9]+:in [`'][^'\n]*': \S|^svn: E[0-9]{6}: |^abort: [a-z]"
    # The result of a test or of a check of memory.
    r"|^FAILED [\w./\-]+::|^--- FAIL: |^FAIL[ \t]+[\w./\-]*[./]"
    r"|^==[0-9]+== (?:Invalid (?:read|write|free)|Conditional jump or move depends on uninit|Process terminating)"
    # Windows' codes, and how a command says that it could not do its work.
    r"|^Error [0-9]{4}\. |error status: [1-9]|(?:error|hresult|failed)[ :=\[(]{1,4}0x8[0-9a-f]{7}|\*FAILED\* \["
    r"|^[a-z][a-z0-9_.\-]{1,30}: (?:error|fatal) [a-z]"
    r"|failed(?: with|:) (?:a )?(?:nonzero exit|exit (?:code|status)|error|code [1-9])|exited with (?:code|status) \[?[1-9]"
    # A short message that ends with it, without a condition: "pool creation failed".
    r"|^(?:[^\s:]{1,40}: ){0,2}[^:;,=|]{3,60}[a-z)\]'\"] failed[.!]?$"
    r"|killed (?:due to|because of) |exception '[a-z_\\\\]+' with message"
)
_NOTHING = r"(?:none|null|nil|no|false|off|ok)"
# Words of failures in phrases that report none: "no error", "if a fatal error occurs", "returns an error", "errors=0".
_HARMLESS = (
    # A name and its value.
    r"(?i)^[\w.\-]+\s+(?:error|warn|warning|info|debug|fatal)$|"
    r"error:? ?the operation completed successfully|"
    r"\b(?:no|any|without|each|every|which|what|whether|or|and|same|following|previous|possible|on|upon|for|non|of|is|as|not"
    r"|ignor(?:e|ed|ing))[ -]+(?:fatal |critical )?(?:errors?|warnings?|failures?|alerts?|exceptions?)\b"
    r"|\b(?:the|an?|this|that|these) (?:errors?|warnings?|failures?|alerts?|exceptions?)\b"
    r"|\b(?:fatal|critical) (?:errors|warnings|failures|alerts)\b"
    r"|\b(?:no|without|non|not|never|can|may|might|could|would|will|to|should|must|cannot)[ -]+(?:an? |any )?"
    r"(?:fatal|critical|uncaught|unhandled|panic|oops|segfault|core dumped|segmentation fault|out of memory)\b"
    r"|\b(?:if|when|whenever|unless|until|in case of|before) (?:an? |any |the |there is |there are )?"
    r"(?:fatal|critical|uncaught|unhandled|panic|oops|segmentation fault|out of memory|error)\b"
    r"|\b(?:errors?|failures?|failed|fatal|critical|panic|warnings?)[\"']?(?:"
    r"\s*[:=]\s*[\"']?(?:0+|<nil>|\(null\)|\[\]|\{\}|\"\"|''|"
    + _NOTHING
    + r"[,;)\]}\"']|"
    + _NOTHING
    + r"$)(?:[^\w.]|$)"
    r"|=(?:[,;)\]}\"' ]|" + _NOTHING + r"(?:\s|$)|$))"
    r"|\b(?:if|when|whenever|unless|until|after|because|once|that|which|what|has|have|had|may|might|can|could|was|were|is|are"
    r"|none|nothing|nobody|never|not|no|on|of|in|for|how|total|number of|jobs|tests|passed|pods?|[a-z]+ed) (?:[^:;,=|]{0,50} )?failed[.!]?$"
    # Word boundaries of ASCII: Unicode's make the search many times slower.
).replace(r"\b", r"(?-u:\b)")
# The result of a test, or of a step, that went well: its name may hold any word. So may a command that a shell traces.
# Maven writes its advice about errors as it writes errors.
PASSED = (
    r"^\++ [a-z\['(]|^\s*(?:PASS(?:ED)?|XFAIL|SKIP(?:PED)?|UNSUPPORTED|UNTESTED)(?:: |\s{2,})|^\s*--- (?:PASS|SKIP):|^\s*ok +(?:[0-9]+ )?- |^\s*[✓✔√] "
    r"|(?:\.\.\.+ ?(?:ok|yes|no|done|passed|PASSED|skipped)|\bPASSED(?: +\[ *[0-9]*%\])?)\s*$"
    r"|^\[ERROR\] (?:To see the full stack trace of the errors|Re-run Maven |For more information about the errors"
    r"|After correcting the problems|\[Help [0-9]*\] http| +mvn <)"
)


def number(word: str | None) -> int:
    """The severity number of a word, in any case; 0 when it is none that is known."""
    if not word:
        return 0
    if len(word) == 1:
        return LETTERS.get(word, 0)
    return NUMBERS.get(word.strip("[]<>():| ").lower(), 0)


# Characters of a message in which its severity word is looked for.
WINDOW = 160


def of_messages(messages: pl.Series) -> NDArray[np.uint8]:
    """The severity of messages that name it only in their text: by a word that is set apart, else by what it reports.

    Returns:
        uint8[n], 0 where the text says nothing.
    """
    import polars as pl

    messages = messages.fill_null("")
    start = messages.str.slice(0, WINDOW).str.replace_all(_HARMLESS, " ")
    start = start.zip_with(~messages.str.contains(PASSED), pl.Series([""]))
    words = start.str.extract_groups(WORDS).struct.unnest().select(pl.coalesce(pl.all())).to_series()
    table = {word: number(word) for word in words.unique().drop_nulls()}
    ranked = start.str.extract(_MNEMONIC, 1)
    if ranked.null_count() < len(ranked):
        words = ranked.zip_with(ranked.is_not_null(), words)
        table |= {str(rank): of_rank for rank, of_rank in SYSLOG.items()}
    failed = start.str.contains(FAILURES)
    if not table:
        return (failed.cast(pl.UInt8) * ERROR).to_numpy().copy()
    known = words.replace_strict(table, default=0, return_dtype=pl.UInt8).fill_null(0)
    return known.zip_with((known > 0) | ~failed, pl.Series([ERROR], dtype=pl.UInt8)).to_numpy().copy()


def told(numbers: NDArray[np.uint8], by_words: NDArray[np.uint8], vague: tuple[int, ...]) -> NDArray[np.uint8]:
    """The severities that a log gives; those of the words of its messages where it gives none, or a vague one.

    Args:
        numbers: uint8[n], 0 where the log gives none.
        by_words: uint8[n].
        vague: numbers beside which a warning or an error in words counts more.
    """
    import numpy as np

    says_more = (numbers == 0) | (np.isin(numbers, vague) & (by_words >= WARN))
    return np.where(says_more, by_words, numbers).astype(np.uint8)


# What syslog and the journal give to whatever a program prints: standard output, and logger(1) when it is not told.
DEFAULT_PRIORITIES = (INFO, NOTICE)


def name_of(severity: int) -> str:
    """The name of the range that a severity number lies in: TRACE .. FATAL, UNSPECIFIED for 0."""
    for low, name in ((21, "FATAL"), (17, "ERROR"), (13, "WARN"), (9, "INFO"), (5, "DEBUG"), (1, "TRACE")):
        if severity >= low:
            return name
    return "UNSPECIFIED"
