"""Who is asking: a token in the ``Authorization`` header or in the session decides the audience."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from flask import request, session

from catalog.errors import DeniedError
from catalog.model import Audience
from catalog.settings import Settings

_SESSION_KEY = "token"


class Access:
    """The tokens of a space. They are compared by hash, in constant time; nothing keeps them in clear but settings."""

    def __init__(self, settings: Settings) -> None:
        operator = settings.operator_token or _kept_secret(settings.data_dir / "operator-token")
        self._audiences = {_digest(token): Audience.MEMBERS for token in settings.member_tokens}
        self._audiences[_digest(operator)] = Audience.OPERATORS
        self.secret_key = _kept_secret(settings.data_dir / "secret-key")

    def audience_of_token(self, token: str) -> Audience:
        """Return the audience of a token. Raises ``DeniedError`` (``token-unknown``)."""
        return self._audience_of_digest(_digest(token.strip()))

    def _audience_of_digest(self, digest: str) -> Audience:
        found = [audience for known, audience in self._audiences.items() if hmac.compare_digest(known, digest)]
        if not found:
            raise DeniedError("token-unknown")
        return found[0]

    def audience(self) -> Audience:
        """Return the audience of the current request; a bearer token comes before the session.

        Raises ``DeniedError`` for a bearer token that is not known; a session whose token is no longer valid ends.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return self.audience_of_token(token)
        try:
            return self._audience_of_digest(session[_SESSION_KEY]) if _SESSION_KEY in session else Audience.PUBLIC
        except DeniedError:
            session.pop(_SESSION_KEY)
            return Audience.PUBLIC

    def require_operator(self) -> None:
        """Raise ``DeniedError`` unless the current request is an operator's (``token-missing`` without any token)."""
        audience = self.audience()
        if audience is Audience.PUBLIC:
            raise DeniedError("token-missing")
        if audience is not Audience.OPERATORS:
            raise DeniedError("operator-only")

    def sign_in(self, token: str) -> Audience:
        """Remember a token in the session. Raises ``DeniedError`` if it is not known."""
        audience = self.audience_of_token(token)
        session.clear()
        session[_SESSION_KEY] = _digest(token.strip())
        return audience

    def sign_out(self) -> None:
        """Forget the session's token."""
        session.clear()

    def check_origin(self) -> None:
        """Raise ``DeniedError`` if a form comes from another site (the cookie is ``SameSite=Strict`` besides)."""
        origin = request.headers.get("Origin")  # "null" is what a sandboxed frame of any site sends
        if origin is not None and origin.rstrip("/") != request.host_url.rstrip("/"):
            raise DeniedError("origin-foreign")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _kept_secret(path: Path) -> str:
    """Return the secret in a file that only its owner reads, made at the first call."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(24)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(made + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(partial, path)
    return made
