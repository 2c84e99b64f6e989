"""Opens a proxy before any upstream that asks for one, all of them with one specification.

A test that starts a simulated cloud of its own posts its address, {"upstream": "http://…"}, and is
answered with the address of a proxy before it, {"url": "http://…"}.
"""

import argparse
import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from judge import Document, Judge
from proxy import Proxy

ASKED_MAX = 4096
OPEN_MAX = 2000


class Doors:
    """The proxies that are open, and the judge and the record that they share."""

    def __init__(self, judge, record):
        self.judge, self.record = judge, record
        self.lock, self.open = threading.Lock(), []

    def opened(self, upstream):
        with self.lock:
            if len(self.open) >= OPEN_MAX:
                raise ValueError("too many proxies are open")
            proxy = Proxy(upstream, self.judge, self.record, "127.0.0.1:0")
            thread = threading.Thread(target=proxy.run)
            thread.start()
            self.open.append((proxy, thread))
            return proxy.url

    def close(self):
        for proxy, _ in self.open:
            proxy.close()
        for _, thread in self.open:
            thread.join()


def handler(doors):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            try:
                asked = self.rfile.read(min(int(self.headers["content-length"]), ASKED_MAX))
                upstream = json.loads(asked)["upstream"]
                if not upstream.startswith("http://127.0.0.1:"):
                    raise ValueError("only servers of this machine")
                status, answer = 200, {"url": doors.opened(upstream)}
            except (KeyError, TypeError, ValueError, OSError) as error:
                status, answer = 400, {"error": str(error)}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass  # what matters is in the record

    return Handler


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", required=True, help="OpenAPI 3.0 document, YAML or JSON")
    parser.add_argument("--record", required=True, help="file that a JSON line is added to")
    parser.add_argument(
        "--require-header", action="append", default=[], metavar="NAME",
        help="a success has to have it, where the specification names it for the response")
    arguments = parser.parse_args()
    doors = Doors(Judge(Document(arguments.spec), arguments.require_header), arguments.record)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(doors))
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_address[1]}"}), flush=True)
    ended.wait()
    server.shutdown()
    doors.close()


if __name__ == "__main__":
    sys.exit(main())
