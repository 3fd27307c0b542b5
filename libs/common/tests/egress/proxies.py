"""A forward proxy on this machine."""

import asyncio

from libs.common.tests.egress.receivers import Receiver, Talk


def tunnelling(receiver: Receiver) -> Talk:
    """A proxy that opens CONNECT's destination and forwards bytes both ways."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        receiver.requests.append(head)
        host, _colon, port = head.split(b" ")[1].rpartition(b":")
        there_reader, there_writer = await asyncio.open_connection(host.decode(), int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_carry(reader, there_writer), _carry(there_reader, writer))

    return handle


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
