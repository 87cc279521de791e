"""Pages by mail."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from urllib.parse import urlsplit

from tocsin.core.errors import Invalid, Problem, Unavailable
from tocsin.core.workspace import Channel, Person
from tocsin.ports.channels import Message

_TIMEOUT_S = 10.0  # for each answer
_ADDRESS = re.compile(r"[^\s<>\x00-\x1f\x7f]+")
_OUT_OF_ORDER = 503  # the relay lost the thread: that says nothing about the recipient


class SmtpChannel:
    """Sends a page as one plain-text mail through a relay.

    The page's key becomes the Message-ID, so a repeat is recognised as such. Only a relay that
    refuses the recipient for good ends the attempts: all else can be mended while we try.
    """

    def __init__(self, channel: Channel, *, password: str = "") -> None:
        self._channel = channel
        self._password = password

    def send(self, message: Message, person: Person) -> str:
        """Hand the mail to the relay; return its answer.

        Raises:
            Unavailable("channel.smtp"): The relay did not take it: try again.
            Invalid("channel.recipient"): It refuses this address for good, or there is none.
        """
        if not _ADDRESS.fullmatch(person.email):
            wrong = f"{person.email!r} is no mail address" if person.email else "no mail address"
            raise Invalid(
                "channel.recipient", f"{person.name}: {wrong}.", hint="Mend `email` in tocsin.toml."
            )
        try:
            mail = _mail(message, sender=self._channel.sender, recipient=person.email)
            return self._hand_over(mail, person.email)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise Unavailable(
                "channel.smtp",
                f"The mail relay did not take it: {_reason(error)}.",
                hint="tocsin doctor",
            ) from error

    def _hand_over(self, mail: EmailMessage, recipient: str) -> str:
        relay = self._connect()
        try:
            self._introduce(relay)
            answer = self._dictate(relay, mail, recipient)
            with contextlib.suppress(smtplib.SMTPException, OSError):
                relay.putcmd("quit")  # it has taken the mail: whatever it says now, that stays
            return answer
        finally:
            relay.close()

    def _connect(self) -> smtplib.SMTP:
        url = urlsplit(self._channel.url)
        host = url.hostname or "127.0.0.1"
        if url.scheme == "smtps":
            trust = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, url.port or 465, timeout=_TIMEOUT_S, context=trust)
        return smtplib.SMTP(host, url.port or 25, timeout=_TIMEOUT_S)

    def _introduce(self, relay: smtplib.SMTP) -> None:
        if self._channel.starttls:
            relay.starttls(context=ssl.create_default_context())
        if self._channel.username:
            relay.login(self._channel.username, self._password)
        relay.ehlo_or_helo_if_needed()

    def _dictate(self, relay: smtplib.SMTP, mail: EmailMessage, recipient: str) -> str:
        """Return the answer to DATA, which is what counts; `send_message` swallows it."""
        sender = self._channel.sender
        beyond_ascii = not (sender + recipient).isascii()
        if beyond_ascii and not relay.has_extn("smtputf8"):
            raise Invalid(
                "channel.recipient",
                f"The relay takes no address with other letters than ASCII: {recipient}.",
                hint="It needs SMTPUTF8; or write the address in ASCII.",
            )
        code, answer = relay.mail(sender, ["SMTPUTF8"] if beyond_ascii else [])
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, answer, sender)
        code, answer = relay.rcpt(recipient)
        if code not in (250, 251):
            raise _refusal(code, answer, recipient)
        code, answer = relay.data(mail.as_bytes(policy=SMTPUTF8 if beyond_ascii else SMTP))
        if code != 250:
            raise smtplib.SMTPDataError(code, answer)
        return f"{code} {_words(answer)}"


def _mail(message: Message, *, sender: str, recipient: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = _subject(message.subject)
    mail["Message-ID"] = f"<{message.key}@tocsin.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Priority"] = "1"
    mail.set_content(_writable(message.text), cte="quoted-printable")
    return mail


def _subject(text: str) -> str:
    """Return the text as one line that is taken for nothing but text.

    The standard library decodes what looks like an encoded word, and writes what comes out as it
    is: line ends, and so headers of somebody else's.
    """
    return _writable(" ".join(text.split())).replace("=?", "= ?")


def _writable(text: str) -> str:
    """Return the text without what UTF-8 cannot write: no page fails over a character."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _refusal(code: int, answer: bytes, recipient: str) -> Problem:
    if 500 <= code < 600 and code != _OUT_OF_ORDER:
        return Invalid("channel.recipient", f"{recipient} is refused: {code} {_words(answer)}")
    return Unavailable("channel.smtp", f"The mail relay says: {code} {_words(answer)}")


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:200]


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"
    return _words(str(error)) or type(error).__name__
