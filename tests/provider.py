"""A small identity provider over real HTTP: real keys, real signatures, and mischief on demand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

KEY = RSAKey.generate_key(2048, {"kid": "one"})
CLIENT, SECRET = "tocsin", "what the provider knows"


@dataclass
class Provider:
    """What it believes, and how it misbehaves."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: KEY)
    claims: dict[str, Any] = field(default_factory=dict)  # replace those of a good token
    without: set[str] = field(default_factory=set)
    algorithm: str = "RS256"
    signs_with: Any = None
    named: str = "one"  # what a token calls its key
    metadata: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    posted: list[tuple[dict[str, str], str]] = field(default_factory=list)
    status: int = 200

    def consent(self, address: str, *, subject: str = "7", code: str = "") -> str:
        """Do what a browser and a person do there; return the query that comes back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = code or f"code-{len(self.codes)}"
        self.codes[code] = {**asked, "sub": subject}
        return f"code={code}&state={asked['state']}"

    def token(self, asked: dict[str, str]) -> str:
        """Return the ID token for what was asked, with this provider's mischief."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": asked["sub"],
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "preferred_username": "linus",
            "groups": ["sre"],
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if name not in self.without}
        if self.algorithm == "none":
            return ".".join((*map(_part, ({"alg": "none"}, claims)), ""))
        if self.algorithm == "HS256":
            return _signed_as_a_secret(self.key, claims)
        key = self.signs_with or self.key
        header = {"alg": self.algorithm, "kid": self.named}
        return jwt.encode(header, claims, key, algorithms=[self.algorithm])

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Answer at the token endpoint: each code once, and only with its verifier."""
        self.posted.append((form, authorization))
        pair = base64.b64encode(f"{CLIENT}:{SECRET}".replace(" ", "%20").encode()).decode()
        known = authorization == f"Basic {pair}" or form.get("client_secret") == SECRET
        asked = self.codes.pop(form.get("code", ""), None)
        if not known or asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or asked["code_challenge_method"] != "S256":
            return 400, {"error": "invalid_grant"}
        return self.status, {"id_token": self.token(asked), "token_type": "Bearer"}

    def document(self, path: str) -> dict[str, Any] | None:
        """Return what is published under a path."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                **self.metadata,
            }
        if path == "/keys":
            return KeySet([self.key]).as_dict(private=False)
        return None


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _signed_as_a_secret(key: RSAKey, claims: dict[str, Any]) -> str:
    """Return a token signed with the public key as if it were a shared secret."""
    text = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
    mac = hmac.digest(key.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@contextmanager
def serving() -> Iterator[Provider]:
    """Serve a provider for as long as the block lasts."""
    provider = Provider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = provider.document(self.path)
            self._tell(404 if found is None else 200, found or {})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            form = dict(parse_qsl(sent))
            self._tell(*provider.exchange(form, self.headers.get("Authorization", "")))

        def _tell(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
