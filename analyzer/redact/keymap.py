"""The way back from pseudonyms to values, encrypted with a passphrase.

The file is JSON: how the key is made from the passphrase (scrypt, RFC 7914), and a Fernet token (AES-128 in CBC
mode with HMAC-SHA256) that holds the table.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path

from analyzer.errors import InputError, UsageError

_FORMAT = "analyze-redaction-map"
# 128 MiB and about half a second: what RFC 7914 calls sensible for files, doubled for faster machines.
_COST, _BLOCK, _PARALLEL = 2**17, 8, 1


def check_available() -> None:
    """Say early that the library for it is not installed.

    Raises:
        UsageError: it is not.
    """
    from importlib.util import find_spec

    if find_spec("cryptography") is None:
        raise UsageError("--map needs the extra 'map': pip install 'bundle-analyzer[map]'.")


def write_map(path: Path, table: Mapping[str, str], passphrase: str) -> None:
    """Write the table of pseudonym to value, encrypted; readable by its owner only.

    Raises:
        UsageError: the passphrase is empty, or the file cannot be written.
    """
    from cryptography.fernet import Fernet

    if not passphrase:
        raise UsageError("--map: the passphrase is empty. Set ANALYZE_MAP_PASSPHRASE, or type one when asked.")
    salt = os.urandom(16)
    token = Fernet(_key(passphrase, salt)).encrypt(json.dumps(dict(table)).encode())
    kdf = {"name": "scrypt", "salt": base64.b64encode(salt).decode(), "n": _COST, "r": _BLOCK, "p": _PARALLEL}
    content = json.dumps({"format": _FORMAT, "version": 1, "kdf": kdf, "token": token.decode()}, indent=1) + "\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise UsageError(f"--map {path}: cannot be written: {error.strerror or error}.") from error


def read_map(path: Path, passphrase: str) -> dict[str, str]:
    """The table of pseudonym to value.

    Raises:
        InputError: the file is no map, or the passphrase is wrong.
    """
    from cryptography.fernet import Fernet, InvalidToken

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT or content["kdf"]["n"] != _COST:
            raise ValueError
        salt, token = base64.b64decode(content["kdf"]["salt"]), str(content["token"]).encode()
        table = json.loads(Fernet(_key(passphrase, salt)).decrypt(token))
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from error
    except InvalidToken as error:
        raise InputError(f"{path} cannot be opened with this passphrase, or it was changed.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no map that analyze redact --map has written.") from error
    return {str(name): str(value) for name, value in table.items()}


def _key(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    derived = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_PARALLEL).derive(passphrase.encode())
    return base64.urlsafe_b64encode(derived)
