"""Types of settings that several services have; each error completes `<VARIABLE> …`."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from linktime_common.identity import Key
from linktime_common.sealing import Sealer
from linktime_common.urls import MOST_HOST_CHARACTERS, is_address

KEY_SHAPE = "as it was made, <key id>:<base64url of 32 bytes>"
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_BARE_URL = re.compile(r"https?://[^\s\x00-\x20\x7f\\@?#]+", re.IGNORECASE)
PORT_SHAPE = "must be a port, a number from 1 to 65535"
URL_SHAPE = "must be an address such as {example}, without user, query or fragment"
OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
MOST_PORT = 65_535


def _port(given: Any, read: ValidatorFunctionWrapHandler) -> int:
    try:
        port: int = read(given)
    except ValidationError as error:
        raise ValueError(PORT_SHAPE) from error
    if isinstance(given, str) and not is_port(given):  # 80.0, 8_0
        raise ValueError(PORT_SHAPE)
    return port


def _listen_host(text: str) -> str:
    if not is_address(text) and not is_host_name(text):
        raise ValueError("must be the IP address or name of an interface to listen on")
    return text


def _server_host(text: str) -> str:
    if not is_address(text) and not is_host_name(text):
        raise ValueError("must be the name or IP address of a server, without a port")
    return text


def _url_such_as(example: str) -> WrapValidator:
    """Return the check of an address without user, query and fragment."""
    shape = URL_SHAPE.format(example=example)

    def read_url(given: Any, read: ValidatorFunctionWrapHandler) -> HttpUrl:
        text = str(given)
        try:
            url: HttpUrl = read(given)
            written = urlsplit(text).hostname or ""
        except ValueError as error:
            raise ValueError(shape) from error
        # The library parses `http:host` and backslashes as browsers do, and drops control
        # characters.
        if not _BARE_URL.fullmatch(text) or url.username is not None:
            raise ValueError(shape)
        # It also reads `1.2.3` as an address, so one counts only as it was written.
        if not is_address(written) and not is_host_name(url.host or ""):
            raise ValueError(shape)
        return url

    return WrapValidator(read_url)


def _without_path(url: HttpUrl) -> HttpUrl:
    # Pages load their scripts and call the API below `/`.
    if url.path not in (None, "/"):
        raise ValueError("must have no path: pages and API are at the root of the host")
    return url


def is_port(text: str) -> bool:
    """Whether the text is a port number."""
    return text.isascii() and text.isdigit() and 0 < int(text) <= MOST_PORT


def is_host_name(text: str) -> bool:
    """Whether the text is a name that can have an address; one in Unicode is not."""
    labels = text.removesuffix(".").split(".")
    # A name whose last label is a number is an invalid IP address.
    is_name = all(_LABEL.fullmatch(one) for one in labels) and not labels[-1].isdigit()
    return is_name and len(text) <= MOST_HOST_CHARACTERS and not is_address(text)


def _postgres_dsn(dsn: SecretStr) -> SecretStr:
    if not _has_scheme(dsn.get_secret_value(), "postgresql", "postgres"):
        raise ValueError("must be an address such as postgresql://user:password@host:5432/postgres")
    return dsn


def _amqp_url(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    if not (_has_scheme(text, "amqp", "amqps") and urlsplit(text).hostname):
        raise ValueError("must be an address such as amqp://user:password@host:5672/")
    return url


def _has_scheme(text: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # not a port number, or several servers
        return False
    return parts.scheme in schemes and port != 0


def _identity_key(key: SecretStr) -> SecretStr:
    try:
        Key.parse(key.get_secret_value())
    except ValueError as error:
        raise ValueError(f"must be a key {KEY_SHAPE}") from error
    return key


def _sealing_keys(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    try:
        Sealer([key.get_secret_value() for key in keys])
    except ValueError as error:
        raise ValueError(f"must be a JSON array of one or more keys {KEY_SHAPE}") from error
    return keys


def _none_if_empty(given: object) -> object:
    return None if given == "" else given


MaybeEmpty = BeforeValidator(_none_if_empty)
"""For optional settings: an environment file may have a name without a value."""
Port = Annotated[int, Field(ge=1, le=MOST_PORT), WrapValidator(_port)]
BaseUrl = Annotated[HttpUrl, _url_such_as("https://book.example.com")]
PublicUrl = Annotated[BaseUrl, AfterValidator(_without_path)]
"""The address that people use."""
CollectorUrl = Annotated[HttpUrl, _url_such_as("http://collector:4318")]
ListenHost = Annotated[str, AfterValidator(_listen_host)]
ServerHost = Annotated[str, AfterValidator(_server_host)]
PostgresDsn = Annotated[SecretStr, AfterValidator(_postgres_dsn)]
AmqpUrl = Annotated[SecretStr, AfterValidator(_amqp_url)]
IdentityKey = Annotated[SecretStr, AfterValidator(_identity_key)]
SealingKeys = Annotated[
    tuple[SecretStr, ...],
    AfterValidator(_sealing_keys),
    Field(examples=[["<key id>:<base64url of 32 bytes>"]]),
]
Networks = Annotated[tuple[IPvAnyNetwork, ...], Field(examples=[["127.0.0.1/32"]])]
PortNumbers = Annotated[frozenset[Port], Field(examples=[[8080]])]
Seconds = Annotated[float, Field(ge=0, le=365 * 86_400, allow_inf_nan=False)]
LogLevelText = BeforeValidator(lambda text: text.upper() if isinstance(text, str) else text)
