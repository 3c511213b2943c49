"""The keys that sign checkpoints: files in a folder that only their owner reads, or an external command."""

from __future__ import annotations

import base64
import os
import shlex
import stat
import subprocess
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from domain.errors import BadInput, Conflict, DependencyDown, StorageFailed
from guardrails.checkpoints import is_signed, key_id

SECONDS = 30
"""How long an external command may take for a signature."""


class Keys:
    """Ed25519 keys by id (`K-` and 16 hex digits of their public half): `K-....pub` and, when we sign ourselves,
    `K-....key` in a folder. With a `command` it signs instead: message on stdin, signature (64 bytes, hex or base64
    text) on stdout; `{key}` in it stands for the id of the key. A private key is written once, never again, and never
    shown.
    """

    def __init__(self, folder: Path, command: str = "") -> None:
        self._folder = folder
        self._command = command
        self._adopted: dict[str, str] = {}

    @property
    def external(self) -> bool:
        """Whether a command signs, so that no private key is kept here."""
        return bool(self._command)

    def make(self) -> str:
        """A new private key on disk; its id. Its public half is written by `publish`, when the ledger knows it."""
        made = Ed25519PrivateKey.generate()
        key = key_id(made.public_key().public_bytes_raw().hex())
        secret = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._write(self._folder / f"{key}.key", secret, 0o600)
        return key

    def adopt(self, file: Path) -> str:
        """Work with a key that the command signs with, of which `file` holds the public half; its id. BadInput when it
        holds none."""
        public = read_public(file)
        key = key_id(public)
        self._adopted[key] = public
        return key

    def publish(self, key: str) -> None:
        """Write the public half of a key, where those who verify find it."""
        path = self._folder / f"{key}.pub"
        if not path.exists():
            self._write(path, as_pem(self.public(key)).encode(), 0o644)

    def forget(self, key: str) -> None:
        """Take back a key that was made and never published."""
        self._adopted.pop(key, None)
        if not (self._folder / f"{key}.pub").exists():
            (self._folder / f"{key}.key").unlink(missing_ok=True)

    def public(self, key: str) -> str:
        """The public half (hex) of a key."""
        path = self._folder / f"{key}.pub"
        if path.exists():
            return read_public(path)
        return self._adopted.get(key) or self._private(key).public_key().public_bytes_raw().hex()

    def listed(self) -> tuple[tuple[str, str, bool], ...]:
        """Id, public half (hex) and whether the private one is here, of every key in the folder."""
        found = sorted(self._folder.glob("K-*.pub")) if self._folder.is_dir() else []
        return tuple((path.stem, read_public(path), path.with_suffix(".key").exists()) for path in found)

    def sign(self, key: str, message: bytes) -> str:
        """The signature (hex) of a key; it is verified before it is given.

        Raises BadInput when the private key is not here or others may read it, DependencyDown when the command fails.
        """
        signature = self._ask(key, message) if self._command else self._private(key).sign(message).hex()
        if not is_signed(self.public(key), message, signature):
            raise DependencyDown(
                f"what came back is no signature of {key}", field="QUARTERMASTER_SIGN_COMMAND", fix="sign with that key"
            )
        return signature

    def _private(self, key: str) -> Ed25519PrivateKey:
        path = self._folder / f"{key}.key"
        try:
            if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise BadInput(f"others may read {path}", field="keys", fix=f"chmod 600 {path}")
            loaded = load_pem_private_key(path.read_bytes(), password=None)
        except OSError as error:
            raise BadInput(
                f"the private key {key} cannot be read: {error.strerror}",
                field="QUARTERMASTER_KEYS",
                fix="name the folder that holds it, or sign with a command",
            ) from None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise BadInput(f"{path} is no private key", field="keys", fix="restore it from your backup") from None
        if not isinstance(loaded, Ed25519PrivateKey):
            raise BadInput(f"{path} is no Ed25519 key", field="keys", fix="restore it from your backup")
        return loaded

    def _ask(self, key: str, message: bytes) -> str:
        words = [word.replace("{key}", key) for word in shlex.split(self._command)]
        try:
            done = subprocess.run(words, input=message, capture_output=True, timeout=SECONDS, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or b""
            why = said.decode(errors="replace").strip().splitlines()[-1:] or [type(error).__name__]
            raise DependencyDown(
                f"the signing command failed: {why[0][:200]}",
                field="QUARTERMASTER_SIGN_COMMAND",
                fix="make it read a message from stdin and write the signature to stdout",
            ) from None
        return _signature(done.stdout)

    def _write(self, path: Path, data: bytes, mode: int) -> None:
        """A new file, whole or not at all; one that is there stays as it is (Conflict)."""
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.link(partial, path)
            finally:
                partial.unlink()
        except FileExistsError:
            raise Conflict(
                f"{path} is there already", field="keys", fix="it is never overwritten; move it away"
            ) from None
        except OSError as error:
            raise StorageFailed(
                f"the key cannot be written to {path}: {error.strerror}", field="keys", fix="make the folder writable"
            ) from error


def read_public(file: Path) -> str:
    """The public key (hex) of a PEM file; BadInput when it holds none."""
    return read_publics(file)[0]


def read_publics(file: Path) -> tuple[str, ...]:
    """Every public key (hex) of a file that holds one PEM block or several."""
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}", field="--key", fix="name a public key file") from None
    end = "-----END PUBLIC KEY-----"
    blocks = [part[part.index("-----BEGIN PUBLIC") :] + end for part in text.split(end) if "-----BEGIN PUBLIC" in part]
    try:
        keys = [load_pem_public_key(block.encode()) for block in blocks]
    except (ValueError, UnsupportedAlgorithm):
        keys = []
    found = tuple(key.public_bytes_raw().hex() for key in keys if isinstance(key, Ed25519PublicKey))
    if not found or len(found) < len(blocks):
        raise BadInput(f"{file} is no Ed25519 public key", field="--key", fix="name a PEM file such as K-....pub")
    return found


def as_pem(public: str) -> str:
    """A public key (hex) as the text of a PEM file."""
    return _pem(Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))).decode("ascii")


def _pem(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _signature(out: bytes) -> str:
    """What a command wrote, as hex: 64 raw bytes, or their hex or base64 text."""
    if len(out) == 64:
        return out.hex()
    text = out.decode("ascii", "replace").strip()
    try:
        return bytes.fromhex(text).hex() if len(text) == 128 else base64.b64decode(text, validate=True).hex()
    except ValueError:
        return ""
