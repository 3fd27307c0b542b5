"""Settings of the bookings service."""

from datetime import timedelta
from email.utils import getaddresses, parseaddr
from typing import Annotated, Self

import email_validator
from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from linktime_bookings.domain.mail_server import MailSecurity, MailServer
from linktime_common.event_uids import public_domain
from linktime_common.setting_types import (
    BaseUrl,
    IdentityKey,
    MaybeEmpty,
    Port,
    PublicUrl,
    ServerHost,
)
from linktime_common.settings import ServiceSettings

NO_ADDRESS = "must be an address such as LinkTime <no-reply@example.com>"


def _mail_from(text: str) -> str:
    _name, address = parseaddr(text)
    try:
        email_validator.validate_email(
            address, check_deliverability=False, globally_deliverable=False, allow_smtputf8=False
        )
    except email_validator.EmailNotValidError as error:
        raise ValueError(NO_ADDRESS) from error
    # The library's parser takes the first of several addresses, and ignores what follows one.
    is_one = len(getaddresses([text])) == 1 and text.strip().endswith((f"<{address}>", address))
    if not is_one or not text.isprintable():
        raise ValueError(NO_ADDRESS)
    return text


class BookingsSettings(ServiceSettings):
    """`BOOKINGS_…`; the README describes each."""

    model_config = SettingsConfigDict(env_prefix="BOOKINGS_")

    availability_internal_url: BaseUrl
    contacts_internal_url: BaseUrl
    gateway_internal_url: BaseUrl
    scim_internal_url: BaseUrl
    # The public address; an invitee's page is <public_url>/manage/<token>.
    public_url: PublicUrl
    # What follows the @ in UIDs in calendars, if it is not the host of public_url.
    uid_domain: Annotated[ServerHost | None, MaybeEmpty] = None
    # ["<key id>:<base64url of 32 bytes>", …]: the first signs invitees' links, all verify them.
    link_keys: Annotated[
        tuple[IdentityKey, ...],
        Field(min_length=1, examples=[["<key id>:<base64url of 32 bytes>"]]),
    ]
    sweep_interval_seconds: Annotated[float, Field(gt=0, le=3600)] = 5.0
    request_deadline_seconds: Annotated[float, Field(ge=0.5, le=60)] = 3.0
    # Mails on one UTC day: about bookings to one address, about the bookings of one host, and
    # to one user about the account or to one host about something other than a booking.
    mails_per_address: Annotated[int, Field(ge=1, le=100_000)] = 30
    mails_per_host: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000
    mails_per_user: Annotated[int, Field(ge=1, le=10_000)] = 10
    mail_retention_days: Annotated[int, Field(ge=1, le=3_650)] = 30
    # None: invitees stay in bookings as long as the account.
    invitee_retention_days: Annotated[Annotated[int, Field(ge=1, le=36_500)] | None, MaybeEmpty] = (
        None
    )
    # The operator's mail server; None: no mail is sent.
    smtp_host: Annotated[ServerHost | None, MaybeEmpty] = None
    smtp_port: Port = 587
    smtp_security: MailSecurity = MailSecurity.STARTTLS
    smtp_user: Annotated[str | None, MaybeEmpty] = None
    smtp_password: Annotated[SecretStr | None, MaybeEmpty] = None
    # `LinkTime <no-reply@example.com>`; None: no-reply@ the host of the public address.
    mail_from: Annotated[Annotated[str, AfterValidator(_mail_from)] | None, MaybeEmpty] = None

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.smtp_user is None) is not (self.smtp_password is None):
            missing = "USER" if self.smtp_user is None else "PASSWORD"
            given = "PASSWORD" if self.smtp_user is None else "USER"
            raise ValueError(
                f"BOOKINGS_SMTP_{missing} is missing; set it, or unset BOOKINGS_SMTP_{given}"
            )
        return self

    def invitee_retention(self) -> timedelta | None:
        """Return how long after a meeting its invitee is kept, if that is limited."""
        days = self.invitee_retention_days
        return None if days is None else timedelta(days=days)

    def sender(self) -> str:
        """Return name and address of the sender."""
        return self.mail_from or f"LinkTime <no-reply@{public_domain(str(self.public_url))}>"

    def mail_server(self) -> MailServer | None:
        """Return the server, if one is configured."""
        if self.smtp_host is None:
            return None
        return MailServer(
            host=self.smtp_host,
            port=self.smtp_port,
            security=self.smtp_security,
            user=self.smtp_user,
            password=self.smtp_password,
            own_name=public_domain(str(self.public_url)),
        )
