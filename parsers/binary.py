"""What files that are no text are: said by name, so that people know whom to ask and which tool to take."""

from __future__ import annotations

import re

# How it is said that nobody knows what a file is.
UNKNOWN = "Not text and in no format that is known"
# First bytes, what the file is, and what reads it.
_KINDS = (
    (rb"JAVA PROFILE 1\.", "a heap dump of a Java process", "Eclipse MAT or jhat reads it"),
    (rb"PERFILE2|2ELIFREP", "a profile of the Linux kernel's perf", "perf report reads it"),
    (rb"MDMP", "a minidump of a Windows process", "WinDbg reads it"),
    (rb"PAGEDU(?:MP|64)", "a memory dump of Windows", "WinDbg reads it"),
    (rb"KDUMP   |DISKDUMP|makedumpfile", "a memory dump of the Linux kernel", "crash reads it"),
    (rb"ElfFile\0", "a Windows event log (EVTX)", "export it as text or XML: wevtutil qe FILE /lf:true /f:text"),
    (rb"LPKSHHRH", "a journal of systemd", "export it: journalctl --file FILE -o export"),
    (rb"regf", "a hive of the Windows registry", "reg or RegRipper reads it"),
    (rb"SQLite format 3\0", "a SQLite database", "sqlite3 reads it"),
    (rb"..\r\n[\0-\3]\0\0\0", "compiled Python", "its source is beside it or in the folder above"),
    (rb"FLR\0", "a Java Flight Recording", "jfr print or JDK Mission Control reads it"),
    (rb"\xd5\xd5|\x96\xd5", "data of sysstat (sar)", "export it: sar -A -f FILE"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", "ask for the text that it shows"),
    (rb"\x04\x22\x4d\x18", "compressed by lz4", "lz4 -d unpacks it"),
    (rb"\x1f\x9d", "compressed by compress", "gzip -d unpacks it"),
    (rb"LZIP", "compressed by lzip", "lzip -d unpacks it"),
    (rb"\x89LZO\0", "compressed by lzop", "lzop -d unpacks it"),
    (rb"\x5d\0\0[\0-\xff]{2}", "compressed as LZMA", "xz -d unpacks it"),
    (rb"!<arch>\n", "an ar archive, such as a Debian package or a library", "ar x unpacks it"),
    (rb"MSCF", "a cabinet of Windows", "cabextract or expand unpacks it"),
    (rb"%PDF-", "a PDF document", "ask for the text that it shows"),
    (rb"\xd0\xcf\x11\xe0", "a document of Microsoft Office or an installer", "open it with the program that wrote it"),
)  # fmt: skip
_CORE = re.compile(rb"\x7fELF.{12}\x04\x00|\x7fELF.{12}\x00\x04", re.DOTALL)
# A document of BSON: its length, then the date by which MongoDB's full-time diagnostic data begins.
_FTDC = re.compile(rb"....\x09_id\x00.{8}\x10type\x00", re.DOTALL)


def named(head: bytes) -> str:
    """What a file is by its first bytes and what reads it, as a clause; empty where that is not known."""
    if _CORE.match(head):
        return "it is a core dump of a process; gdb or coredumpctl reads it"
    if _FTDC.match(head):
        return "it is MongoDB's diagnostic data (FTDC); the support of MongoDB reads it"
    for magic, what, reader in _KINDS:
        if re.match(magic, head):
            return f"it is {what}; {reader}"
    if head.startswith(b"\x7fELF"):
        return "it is a program or library of Linux"
    return ""
