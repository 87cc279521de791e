"""Pages by mail."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import urlsplit

from tocsin.core.errors import Invalid, Unavailable
from tocsin.core.workspace import Channel, Person
from tocsin.ports.channels import Message

_TIMEOUT_S = 10.0


class SmtpChannel:
    """Sends a page as one plain-text mail through a relay.

    The page's key becomes the Message-ID, so a repeat is recognised as such.
    """

    def __init__(self, channel: Channel, *, password: str = "") -> None:
        self._channel = channel
        self._password = password
        self._url = urlsplit(channel.url)

    def send(self, message: Message, person: Person) -> str:
        """Hand the mail to the relay; return its answer.

        Raises:
            Unavailable("channel.smtp"): The relay did not take it: try again.
            Invalid("channel.recipient"): It refuses this address for good.
        """
        if not person.email:
            raise Invalid("channel.recipient", f"{person.name} has no mail address.")
        mail = _mail(message, sender=self._channel.sender, recipient=person.email)
        try:
            return self._hand_over(mail, person)
        except smtplib.SMTPRecipientsRefused as refused:
            raise _refusal(refused, person) from refused
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable("channel.smtp", f"The mail relay did not take it: {error}") from error

    def _hand_over(self, mail: EmailMessage, person: Person) -> str:
        with self._connect() as relay:
            if self._channel.starttls:
                relay.starttls(context=ssl.create_default_context())
            if self._channel.username:
                relay.login(self._channel.username, self._password)
            # The answer to DATA is what counts; `send_message` would swallow its text.
            relay.ehlo_or_helo_if_needed()
            relay.mail(self._channel.sender)
            code, answer = relay.rcpt(person.email)
            if code not in (250, 251):
                raise smtplib.SMTPRecipientsRefused({person.email: (code, answer)})
            code, answer = relay.data(mail.as_bytes())
        said = answer.decode("utf-8", "replace")[:200]
        if code != 250:
            raise smtplib.SMTPDataError(code, said)
        return f"{code} {said}"

    def _connect(self) -> smtplib.SMTP:
        host = self._url.hostname or "127.0.0.1"
        if self._url.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                host, self._url.port or 465, timeout=_TIMEOUT_S, context=context
            )
        return smtplib.SMTP(host, self._url.port or 25, timeout=_TIMEOUT_S)


def _mail(message: Message, *, sender: str, recipient: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = message.subject
    mail["Message-ID"] = f"<{message.key}@tocsin.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Priority"] = "1"
    mail.set_content(message.text, cte="quoted-printable")
    return mail


def _refusal(refused: smtplib.SMTPRecipientsRefused, person: Person) -> Invalid | Unavailable:
    code, answer = next(iter(refused.recipients.values()), (550, b""))
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    if 400 <= code < 500:
        return Unavailable("channel.smtp", f"Not now: {code} {said}")
    return Invalid("channel.recipient", f"{person.email} is refused: {code} {said}")
