"""An identity provider by OpenID Connect: authorization code with PKCE.

Nothing the browser brings is believed: the ID token comes from the provider itself, for a code
that is good once and only together with our verifier, and its signature, issuer, audience, time
and nonce are checked. Which algorithms we accept does not depend on what the token says.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from tocsin.adapters.fetch import Failed, Request, fetch
from tocsin.core.errors import Problem, Unauthenticated, Unavailable
from tocsin.core.workspace import Oidc
from tocsin.ports.identity import Identity, Login

_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")  # never `none`, never one with our own secret
_TIMEOUT_S = 5.0
_BODY_BYTES = 256 * 1024
_KEPT_S = 3600.0
_KEYS_AGAIN_S = 60.0
_LEEWAY_S = 30
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OidcProvider:
    """One provider, discovered from its issuer."""

    def __init__(
        self,
        settings: Oidc,
        *,
        secret: Callable[[], str],
        returns_to: str,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._returns_to = returns_to
        self._clock = clock  # seconds since 1970
        self._lock = Lock()
        self._found: dict[str, tuple[float, dict[str, Any]]] = {}

    def address(self, login: Login) -> str:
        """Return where to send the browser. Raises Unavailable("login.provider")."""
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._returns_to,
            "scope": " ".join(self._settings.scopes),
            "state": login.state,
            "nonce": login.nonce,
            "code_challenge": create_s256_code_challenge(login.verifier),
            "code_challenge_method": "S256",
        }
        place = self._endpoint("authorization_endpoint")
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def identity(self, code: str, login: Login) -> Identity:
        """Return who logged in.

        Raises:
            Unauthenticated("login.refused"), Unavailable("login.provider")
        """
        claims = self._verified(self._exchanged(code, login))
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": login.nonce},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise _refused(f"its ID token: {error}") from error
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise _refused("its ID token was made for another client")
        return self._as_identity(claims)

    def _as_identity(self, claims: Mapping[str, Any]) -> Identity:
        name = claims.get(self._settings.name_claim) or claims["sub"]
        groups = claims.get(self._settings.groups_claim, [])
        return Identity(
            issuer=self._settings.issuer,
            subject=claims["sub"],
            name=str(name),
            groups=tuple(each for each in groups if isinstance(each, str))
            if isinstance(groups, list)
            else (),
        )

    def _exchanged(self, code: str, login: Login) -> str:
        """Return the ID token that the provider gives for the code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._returns_to,
            "code_verifier": login.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        methods = self._metadata().get("token_endpoint_auth_methods_supported")
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            form |= {"client_id": self._settings.client_id, "client_secret": self._secret()}
        else:
            headers["Authorization"] = f"Basic {self._basic()}"
        status, told = self._asked(
            self._endpoint("token_endpoint"), headers, urlencode(form).encode()
        )
        token = told.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise _refused(f"it took no code: {told.get('error', status)!r}")
        return token

    def _basic(self) -> str:
        pair = f"{quote(self._settings.client_id, safe='')}:{quote(self._secret(), safe='')}"
        return base64.b64encode(pair.encode()).decode()

    def _verified(self, token: str) -> dict[str, Any]:
        """Return the claims of an ID token that one of the provider's keys has signed."""
        try:
            try:
                read = jwt.decode(token, self._keys(_KEPT_S), algorithms=_ALGORITHMS)
            except InvalidKeyIdError:  # it may have changed its keys
                read = jwt.decode(token, self._keys(_KEYS_AGAIN_S), algorithms=_ALGORITHMS)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _refused(f"its ID token: {type(error).__name__}") from error
        claims: dict[str, Any] = read.claims  # `decode` takes nothing but an object
        return claims

    def _keys(self, at_most_old_s: float) -> KeySet:
        return KeySet.import_key_set(self._kept(self._endpoint("jwks_uri"), at_most_old_s))  # type: ignore[arg-type]  # whatever it is, importing it refuses what it is not

    def _metadata(self) -> dict[str, Any]:
        issuer = self._settings.issuer
        place = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._kept(place, _KEPT_S)
        if found.get("issuer") != issuer:
            raise _unavailable(f"it calls itself {found.get('issuer')!r}")
        return found

    def _endpoint(self, name: str) -> str:
        place = self._metadata().get(name)
        if not isinstance(place, str) or not _is_safe(place, self._settings.issuer):
            raise _unavailable(f"its {name} is no https address")
        return place

    def _kept(self, url: str, at_most_old_s: float) -> dict[str, Any]:
        """Return a document of the provider's, fetched not longer ago than this."""
        with self._lock:
            at, document = self._found.get(url, (float("-inf"), {}))
        if self._clock() - at < at_most_old_s:
            return document
        status, document = self._asked(url, {}, b"")
        if status != 200:
            raise _unavailable(f"{url} answers {status}")
        with self._lock:
            self._found[url] = (self._clock(), document)
        return document

    def _asked(
        self, url: str, headers: Mapping[str, str], form: bytes
    ) -> tuple[int, dict[str, Any]]:
        body = bytearray()
        request = Request(
            method="POST" if form else "GET",
            url=url,
            headers={"Accept": "application/json", **headers},
            content=form,
            seconds=_TIMEOUT_S,
            body_bytes=_BODY_BYTES,
        )
        try:
            answer = fetch(request, lambda _: None, body.extend)
            told = json.loads(body)
        except Failed as failed:
            raise _unavailable(failed.said) from failed
        except (ValueError, RecursionError) as error:
            raise _unavailable(f"{url} answers no JSON") from error
        if not isinstance(told, dict):
            raise _unavailable(f"{url} answers no JSON object")
        return answer.status, told


def _is_safe(place: str, issuer: str) -> bool:
    """Whether secrets may go there: by https, or to this machine where the issuer is on it."""
    try:
        parts, ours = urlsplit(place), urlsplit(issuer)
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK and ours.hostname in _LOOPBACK


def _refused(why: str) -> Problem:
    return Unauthenticated(
        "login.refused",
        "What the identity provider sent back proves nothing.",
        hint=f"Begin anew. The reason: {why}.",
    )


def _unavailable(why: str) -> Problem:
    return Unavailable(
        "login.provider",
        f"The identity provider cannot be asked: {why.rstrip('.')}.",
        hint="Log in with a password or a token meanwhile.",
    )
