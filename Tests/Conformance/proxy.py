"""A reverse proxy that hands every byte on and writes down how each exchange fits a specification.

Requests go on as they came. Of responses only absolute links to the upstream are changed, so that
a client that follows one stays with the proxy. What breaks (a cut connection, a body that ends
early, framing that is no HTTP) breaks the same way on the other side; it is written down and not
judged. Of an exchange the record holds method, path template, status and violations: no header,
no body, no query.
"""

import argparse
import json
import queue
import re
import selectors
import signal
import socket
import struct
import sys
import threading
from urllib.parse import urlsplit

from judge import Document, Judge

HEAD_MAX = 256 * 1024
BODY_MAX = 16 * 1024 * 1024  # of a request, or of a response that is changed and judged
LINE_MAX = 4096
READ_SIZE = 64 * 1024
EXCHANGES_WAITING_MAX = 256
LAST_EXCHANGES_SECONDS = 3


class Ended(Exception):
    """A connection is over: `left` holds what had come, `reset` tells a cut from an end."""

    def __init__(self, left=b"", reset=False):
        super().__init__()
        self.left, self.reset = left, reset


class OtherSideLeft(Exception):
    """The socket that was watched ended while its partner was waited for."""


class Garbled(Exception):
    """Not HTTP: `seen` is what was taken from the connection and not handed on."""

    def __init__(self, seen):
        super().__init__()
        self.seen = seen


class Wire:
    """A socket with a buffer. While it waits it can watch another socket for its end."""

    def __init__(self, connection, watch=None):
        self.connection, self.watch, self.buffer = connection, watch, bytearray()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def more(self):
        if self.watch is not None:
            wait_for(self.connection, self.watch)
        try:
            data = self.connection.recv(READ_SIZE)
        except OSError:
            raise Ended(bytes(self.buffer), reset=True) from None
        if not data:
            raise Ended(bytes(self.buffer))
        self.buffer += data

    def take(self, count):
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def until(self, mark, limit):
        start = 0
        while (found := self.buffer.find(mark, start)) < 0:
            start = max(0, len(self.buffer) - len(mark) + 1)
            if len(self.buffer) > limit:
                raise Garbled(self.take(len(self.buffer)))
            self.more()
        return self.take(found + len(mark))

    def exactly(self, count):
        while len(self.buffer) < count:
            self.more()
        return self.take(count)

    def some(self, limit=READ_SIZE):
        if not self.buffer:
            self.more()
        return self.take(limit)

    def rest(self):
        """Whatever comes, piece by piece, until the end."""
        try:
            while True:
                yield self.some()
        except Ended:
            pass


def wait_for(connection, watched):
    """Returns once `connection` can be read; raises when `watched` has ended before."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        selector.register(watched, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if connection in ready:
                return
            try:
                if not watched.recv(1, socket.MSG_PEEK):
                    raise OtherSideLeft
            except OSError:
                raise OtherSideLeft from None
            selector.unregister(watched)  # more to read there, later


def cut(connection, reset=True):
    """Ends a connection; with a reset, the other side sees a failure rather than an end."""
    try:
        if reset:
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it had ended before
    connection.close()


class Head:
    """The first lines of a message: as they came, and taken apart."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        self.first = lines[0]
        self.pairs = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                self.pairs.append((name.strip(), value.strip()))

    def get(self, name, default=""):
        return next((v for n, v in self.pairs if n.lower() == name), default)

    @property
    def is_chunked(self):
        return "chunked" in self.get("transfer-encoding").lower()

    @property
    def length(self):
        text = self.get("content-length")
        if text and not text.isdigit():
            raise Garbled(b"")
        return int(text) if text else None

    def replaced(self, name, change):
        """The bytes of the head with the value of one field changed."""
        pattern = re.compile(rb"(?im)^(" + name + rb":[ \t]*)([^\r\n]*)")
        return pattern.sub(lambda m: m.group(1) + change(m.group(2)), self.raw)


class Links:
    """Replaces links to the upstream by links to the proxy, also across pieces of a stream."""

    def __init__(self, upstream, proxy):
        hosts = {upstream.hostname}
        if upstream.hostname in ("127.0.0.1", "localhost"):
            hosts = {"127.0.0.1", "localhost"}
        ports = [f":{upstream.port}"] if upstream.port else [":80", ""]
        self.table = {}
        for host in hosts:
            for port in ports:
                plain, wanted = f"http://{host}{port}", proxy
                self.table[plain.encode()] = wanted.encode()
                escaped = plain.replace("/", "\\/"), wanted.replace("/", "\\/")
                self.table[escaped[0].encode()] = escaped[1].encode()
        needles = sorted(self.table, key=len, reverse=True)
        alternatives = b"|".join(map(re.escape, needles))
        self.pattern = re.compile(b"(" + alternatives + rb")(?![0-9A-Za-z.:-])")

    def change(self, data):
        return self.pattern.sub(lambda m: self.table[m.group(1)], data)

    def held(self, data):
        """How many bytes at the end may be the beginning of a link."""
        longest = max(map(len, self.table))
        for count in range(min(longest, len(data)), 0, -1):
            tail = data[-count:]
            if any(needle.startswith(tail) for needle in self.table):
                return count
        return 0


class Exchange:
    """What is known of one request and its response."""

    def __init__(self, head, body):
        self.method, self.target, *_ = head.first.split(" ") + ["", ""]
        self.request_pairs, self.request_body = head.pairs, body
        self.is_malformed = head.get("x-holdfast-malformed") == "1"
        self.status, self.response_pairs, self.response_body = None, [], bytearray()
        self.fault, self.broken = None, None

    def answered(self, head):
        found = re.match(r"HTTP/1\.[01] (\d{3})", head.first)
        if not found:
            raise Garbled(head.raw)
        self.status, self.response_pairs = int(found.group(1)), head.pairs
        self.fault = head.get("x-holdfast-fault") or None

    def received(self, data):
        if len(self.response_body) + len(data) > BODY_MAX:
            self.broken = "body too large to be judged"
        else:
            self.response_body += data


class Proxy:
    judging = threading.Lock()  # several proxies may share a judge

    def __init__(self, upstream, judge, record, listen):
        self.upstream, self.judge, self.record = urlsplit(upstream), judge, record
        host, _, port = listen.rpartition(":")
        self.listener = socket.create_server((host, int(port)), backlog=512)
        self.origin = f"http://{host}:{self.listener.getsockname()[1]}"
        self.url = self.origin + self.upstream.path.rstrip("/")
        self.links = Links(self.upstream, self.origin)
        self.exchanges = queue.Queue(EXCHANGES_WAITING_MAX)
        self.underway, self.changed = 0, threading.Condition()
        self.writer = threading.Thread(target=self.write_records)

    def run(self):
        self.writer.start()
        try:
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()
        except (OSError, KeyboardInterrupt):
            pass  # the listener was closed: it is time to end
        with self.changed:
            self.changed.wait_for(lambda: self.underway == 0, timeout=LAST_EXCHANGES_SECONDS)
            if self.underway:
                print(f"proxy: {self.underway} exchanges were not over", file=sys.stderr)
        self.exchanges.put(None)
        self.writer.join()

    def stop(self, *_):
        self.listener.close()
        raise KeyboardInterrupt

    def close(self):
        """Ends `run` in its own thread."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it had ended before
        self.listener.close()

    def serve(self, client):
        """One connection of a client, with one connection of its own to the upstream."""
        upstream = None
        try:
            address = (self.upstream.hostname, self.upstream.port or 80)
            upstream = socket.create_connection(address)
            request_wire, response_wire = Wire(client, watch=upstream), Wire(upstream, watch=client)
            while self.pass_exchange(request_wire, response_wire):
                pass
            cut(client, reset=False)
        except Ended as end:
            cut(client, reset=end.reset)
        except OtherSideLeft:
            cut(client, reset=False)
        except (Garbled, OSError):
            cut(client)
        finally:
            if upstream is not None:
                upstream.close()

    def pass_exchange(self, request_wire, response_wire):
        """Hands one request and its response on; tells whether the connections go on."""
        raw = request_wire.until(b"\r\n\r\n", HEAD_MAX)
        self.count(1)
        try:
            return self.pass_asked(raw, request_wire, response_wire)
        finally:
            self.count(-1)

    def count(self, change):
        with self.changed:
            self.underway += change
            self.changed.notify_all()

    def pass_asked(self, raw, request_wire, response_wire):
        client, upstream = request_wire.connection, response_wire.connection
        request_wire.watch = None
        head = Head(raw)
        upstream.sendall(raw)
        invited = "100-continue" in head.get("expect").lower()
        if invited:
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        plain = self.pass_request_body(head, request_wire, upstream)
        request_wire.watch = upstream

        exchange = Exchange(head, plain)
        is_recorded = not self.is_control(exchange.target)
        try:
            return self.pass_response(exchange, response_wire, client, invited)
        except Ended as end:
            exchange.broken = exchange.broken or "cut before the response"
            if end.left:
                exchange.broken = "cut within the head of the response"
                client.sendall(end.left)
            raise
        except Garbled as odd:
            exchange.broken = "not HTTP"
            client.sendall(odd.seen)
            for piece in response_wire.rest():
                client.sendall(piece)
            raise Ended() from None
        except (OtherSideLeft, OSError):
            exchange.broken = exchange.broken or "the client left"
            raise
        finally:
            if is_recorded:
                self.exchanges.put(exchange)

    def is_control(self, target):
        path = urlsplit(target).path
        base = self.upstream.path.rstrip("/")
        return path.startswith("/_sim/") or path.startswith(base + "/_sim/")

    def pass_request_body(self, head, wire, upstream):
        if head.is_chunked:
            whole = bytearray()
            while True:
                line = wire.until(b"\r\n", LINE_MAX)
                size = chunk_size(line)
                if size is None or len(whole) + size > BODY_MAX:
                    raise Garbled(line)
                if size == 0:
                    upstream.sendall(line)
                    while (trailer := wire.until(b"\r\n", LINE_MAX)) != b"\r\n":
                        upstream.sendall(trailer)
                    upstream.sendall(trailer)
                    return bytes(whole)
                data = wire.exactly(size + 2)
                upstream.sendall(line + data)
                whole += data[:-2]
        length = head.length or 0
        if length > BODY_MAX:
            raise Garbled(b"")
        whole = bytearray()
        while len(whole) < length:
            piece = wire.take(length - len(whole))
            if not piece:
                wire.more()
                continue
            try:
                upstream.sendall(piece)
            except OSError:
                break  # the upstream may have answered already, and closed
            whole += piece
        return bytes(whole)

    def pass_response(self, exchange, wire, client, invited):
        while True:
            head = Head(wire.until(b"\r\n\r\n", HEAD_MAX))
            exchange.answered(head)
            if exchange.status >= 200:
                break
            if exchange.status == 101:
                exchange.broken = "the connection became another protocol"
                raise Garbled(head.raw)
            if not (exchange.status == 100 and invited):
                client.sendall(head.raw)
        head = Head(head.replaced(b"location", self.links.change))
        if exchange.method == "HEAD" or exchange.status in (204, 304):
            client.sendall(head.raw)
            self.pass_stray_body(exchange, head, wire, client)
        elif head.is_chunked:
            self.pass_chunks(exchange, head, wire, client)
        elif head.length is not None:
            self.pass_sized(exchange, head, wire, client)
        else:
            client.sendall(head.raw)
            self.pass_rest(exchange, wire, client)
            return False
        return "close" not in head.get("connection").lower()

    def pass_stray_body(self, exchange, head, wire, client):
        """A body where there can be none, for example of a 204: handed on, and a violation."""
        if exchange.method != "HEAD" and head.length:
            data = wire.exactly(min(head.length, BODY_MAX))
            exchange.received(data)
            client.sendall(data)

    def pass_sized(self, exchange, head, wire, client):
        """A body of known length waits for its end, because links may change its length."""
        declared = head.length
        if declared > BODY_MAX:
            exchange.broken = "body too large to be judged"
            client.sendall(head.raw)
            while declared:
                piece = wire.some(declared)
                declared -= len(piece)
                client.sendall(piece)
            return
        try:
            body, end = wire.exactly(declared), None
        except Ended as early:
            body, end = early.left, early
            exchange.broken = "body cut"
        exchange.received(body)
        changed = body if is_encoded(head) else self.links.change(body)
        raw = head.raw
        if len(changed) != len(body):
            length = str(declared + len(changed) - len(body)).encode()
            raw = head.replaced(b"content-length", lambda _: length)
        client.sendall(raw + changed)
        if end is not None:
            raise Ended(reset=end.reset)

    def pass_chunks(self, exchange, head, wire, client):
        """Chunks go on as they come; only the beginning of a possible link is held back."""
        client.sendall(head.raw)
        held = b""
        try:
            while True:
                line = wire.until(b"\r\n", LINE_MAX)
                size = chunk_size(line)
                if size is None or size > BODY_MAX:
                    raise Garbled(as_chunk(held) + line)
                if size == 0:
                    break
                try:
                    data = wire.exactly(size + 2)
                except Ended as early:
                    exchange.received(early.left[:size])
                    changed = self.links.change(held + early.left)
                    promised = size + len(changed) - len(early.left)
                    held = b""
                    client.sendall(b"%x\r\n" % promised + changed)
                    raise
                if not data.endswith(b"\r\n"):
                    raise Garbled(as_chunk(held) + line + data)
                exchange.received(data[:-2])
                if is_encoded(head):
                    client.sendall(line + data)
                    continue
                text = held + data[:-2]
                count = self.links.held(text)
                text, held = (text[:-count], text[-count:]) if count else (text, b"")
                changed = self.links.change(text)
                client.sendall(line + data if changed == data[:-2] else as_chunk(changed))
            client.sendall(as_chunk(self.links.change(held)) + line)
            held = b""
            while (trailer := wire.until(b"\r\n", LINE_MAX)) != b"\r\n":
                client.sendall(trailer)
            client.sendall(trailer)
        except Ended as end:
            exchange.broken = "body cut"
            client.sendall(as_chunk(held))
            raise Ended(reset=end.reset) from None

    def pass_rest(self, exchange, wire, client):
        """A body that ends with its connection: nobody can tell whether it is whole."""
        held = b""
        try:
            while True:
                data = wire.some()
                exchange.received(data)
                text = held + data
                count = self.links.held(text)
                text, held = (text[:-count], text[-count:]) if count else (text, b"")
                client.sendall(self.links.change(text))
        except Ended as end:
            client.sendall(self.links.change(held))
            if end.reset:
                exchange.broken = "body cut"
                raise Ended(reset=True) from None

    def write_records(self):
        with open(self.record, "a", encoding="utf-8") as file:
            while (exchange := self.exchanges.get()) is not None:
                with self.judging:
                    line = self.judged(exchange)
                file.write(json.dumps(line, sort_keys=True) + "\n")
                file.flush()

    def judged(self, exchange):
        operation, template, _ = self.judge.find(exchange.method, exchange.target)
        line = {
            "method": exchange.method[:20], "path": template, "status": exchange.status,
            "operation": operation.name if operation else None,
            "malformed": exchange.is_malformed, "fault": exchange.fault,
            "broken": exchange.broken, "request_violations": [], "response_violations": [],
        }
        try:
            if not exchange.is_malformed:
                line["request_violations"] = self.judge.request_violations(
                    exchange.method, exchange.target, exchange.request_pairs, exchange.request_body)
            if not (exchange.broken or exchange.fault):
                line["response_violations"] = self.response_violations(exchange)
        except Exception as error:  # a judge that fails must not look like a clean exchange
            line["response_violations"].append(f"not judged: {type(error).__name__}")
        return line

    def response_violations(self, exchange):
        if exchange.method == "HEAD":
            return []
        return self.judge.response_violations(
            exchange.method, exchange.target, exchange.status, exchange.response_pairs,
            bytes(exchange.response_body))


def chunk_size(line):
    found = re.match(rb"([0-9A-Fa-f]{1,8})[ \t]*(;[^\r\n]*)?\r\n\Z", line)
    return int(found.group(1), 16) if found else None


def as_chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


def is_encoded(head):
    return head.get("content-encoding", "identity").lower() not in ("", "identity")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", required=True, help="OpenAPI 3.0 document, YAML or JSON")
    parser.add_argument("--upstream", required=True, help="http://HOST:PORT[/BASE]")
    parser.add_argument("--record", required=True, help="file that a JSON line is added to")
    parser.add_argument("--listen", default="127.0.0.1:0", help="HOST:PORT, port 0 for a free one")
    parser.add_argument(
        "--require-header", action="append", default=[], metavar="NAME",
        help="a success has to have it, where the specification names it for the response")
    arguments = parser.parse_args()
    judge = Judge(Document(arguments.spec), arguments.require_header)
    proxy = Proxy(arguments.upstream, judge, arguments.record, arguments.listen)
    signal.signal(signal.SIGTERM, proxy.stop)
    signal.signal(signal.SIGINT, proxy.stop)
    print(json.dumps({"url": proxy.url}), flush=True)
    proxy.run()


if __name__ == "__main__":
    sys.exit(main())
