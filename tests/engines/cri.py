#!/usr/bin/env python3
"""A client of the Container Runtime Interface, the gRPC API by which a kubelet drives an engine.

usage: cri.py SOCKET PIPES      serve calls, one a line, until the pipe is removed
       cri.py call SOCKET METHOD REQUEST    one call; prints the response as JSON
       cri.py stream URL [INPUT]  a session of Exec or Attach, by websocket

Python and gRPC take seconds to start in a guest, so one process serves a whole file of tests. It
reads `METHOD REQUEST` from PIPES.in, REQUEST being the message as JSON, and writes one line to
PIPES.out: `ok RESPONSE`, as JSON, or `error CODE TEXT`. CRI: api.proto, kubernetes/cri-api.

A session speaks version v4 of the kubelet's protocol over a websocket (RFC 6455): the first byte of
each message names the channel: 0 standard input, 1 output, 2 error, 3 the end, as a Status in JSON.
"""
import base64
import json
import os
import socket
import struct
import sys
from urllib.parse import urlsplit

STDIN, STDOUT, STDERR, END = range(4)
BINARY, CLOSE = 2, 8


def caller(address):
    """A function from a line, `METHOD REQUEST`, to the line that answers it."""
    import grpc
    import api_pb2
    import api_pb2_grpc
    from google.protobuf import json_format

    channel = grpc.insecure_channel("unix://" + address)
    stubs = (api_pb2_grpc.RuntimeServiceStub(channel), api_pb2_grpc.ImageServiceStub(channel))

    def answer(line):
        method, _, text = line.partition(" ")
        stub = next(stub for stub in stubs if hasattr(stub, method))
        request = json_format.Parse(text or "{}", getattr(api_pb2, method + "Request")())
        try:
            response = getattr(stub, method)(request, timeout=120, wait_for_ready=True)
        except grpc.RpcError as error:
            return "error %s %s" % (error.code().name, " ".join(error.details().split()))
        return "ok " + json.dumps(json_format.MessageToDict(response))

    return answer


def serve(address, pipes):
    answer = caller(address)
    while os.path.exists(pipes + ".in"):
        with open(pipes + ".in", encoding="utf-8") as calls:
            line = calls.readline().strip()
        if not line:
            continue
        try:
            reply = answer(line)
        except Exception as error:  # the caller waits for a line, whatever it asked for
            reply = "error CLIENT %s" % " ".join(str(error).split())
        with open(pipes + ".out", "w", encoding="utf-8") as replies:
            replies.write(reply + "\n")


# --- a websocket ----------------------------------------------------------------------------------


def connect(url):
    place = urlsplit(url)
    stream = socket.create_connection((place.hostname, place.port), timeout=60)
    stream.sendall(
        (
            "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n"
            % (place.path, place.netloc, base64.b64encode(os.urandom(16)).decode())
        ).encode()
    )
    reader = stream.makefile("rb")
    status = reader.readline().decode()
    while reader.readline().strip():
        pass
    if " 101 " not in status:
        raise SystemExit("no websocket: " + status + reader.read().decode(errors="replace"))
    return stream, reader


def send(stream, channel, data):
    """One message, masked as a client's must be; short ones are all that a test sends."""
    payload = bytes([channel]) + data
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    assert len(payload) < 126
    stream.sendall(bytes([0x80 | BINARY, 0x80 | len(payload)]) + mask + masked)


def messages(reader):
    while header := reader.read(2):
        operation, length = header[0] & 15, header[1] & 127
        if length > 125:
            size = {126: ">H", 127: ">Q"}[length]
            (length,) = struct.unpack(size, reader.read(struct.calcsize(size)))
        payload = reader.read(length)
        if operation == CLOSE:
            return
        if payload:
            yield payload[0], payload[1:]


def stream_session(url, text):
    stream, reader = connect(url)
    if text:
        send(stream, STDIN, text.encode())
    said = {STDOUT: b"", STDERR: b"", END: b""}  # in as many pieces as it pleases the server
    for channel, data in messages(reader):
        said[channel] += data
        if channel == END:
            break
    for channel, name in ((STDOUT, "out"), (STDERR, "err"), (END, "status")):
        print("%s: %s" % (name, said[channel].decode()))


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "stream":
        stream_session(sys.argv[2], "".join(sys.argv[3:]))
    elif len(sys.argv) == 5 and sys.argv[1] == "call":
        outcome, _, text = caller(sys.argv[2])("%s %s" % (sys.argv[3], " ".join(sys.argv[4].split()))).partition(" ")
        sys.exit(text) if outcome != "ok" else print(text)
    elif len(sys.argv) == 3:
        serve(sys.argv[1], sys.argv[2])
    else:
        raise SystemExit(__doc__)
