"""Tries proxy, report and fuzz on a small upstream that is right, and then wrong on purpose.

    build/conformance/venv/bin/python -m unittest Tests/Conformance/test_conformance.py

HOLDFAST_SPECS names the folder of the specifications; without it ../shared/specs is looked at.
"""

import http.client
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
SPECS = Path(os.environ.get("HOLDFAST_SPECS", HERE.parents[2] / "shared" / "specs"))
TOKEN = "dop_v1_never_written_down"
REQUEST_ID = "04e0f898-37b4-48bc-a794-1a57abe6aa31"

ACCOUNT = {
    "droplet_limit": 25, "floating_ip_limit": 3, "email": "a@example.org", "uuid": "b6fr89db",
    "email_verified": True, "status": "active", "status_message": "",
}
BACKUP = {
    "id": "9.0.0_1", "version": "9.0.0", "timestamp": "1", "bytes": 1048576, "device_name": "host",
    "created": {"value": "2026-01-14T02:00:00.000Z"}, "platform": "LINUX",
}
NOT_FOUND = {"id": "not_found", "message": "The resource you requested could not be found."}


def droplet(number):
    return {
        "id": number, "name": f"web-{number}", "memory": 1024, "vcpus": 1, "disk": 25,
        "locked": False, "status": "active", "created_at": "2026-01-01T00:00:00Z",
        "features": [], "backup_ids": [], "next_backup_window": None, "snapshot_ids": [],
        "image": {}, "volume_ids": [], "size": {}, "size_slug": "s-1vcpu-1gb", "networks": {},
        "region": {"slug": "nyc3"}, "tags": [],
    }


class Upstream(BaseHTTPRequestHandler):
    """A handful of paths of DigitalOcean, two of Pieces OS, and mistakes on order."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    mistake = None
    seen = []

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, BrokenPipeError):
            self.close_connection = True

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def do_DELETE(self):
        self.answer("DELETE")

    def do_PUT(self):
        self.answer("PUT")

    do_PATCH = do_OPTIONS = do_TRACE = do_HEAD = do_PUT

    def answer(self, method):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        Upstream.seen.append((self.command, self.path, self.headers.items(), body))
        parts = urlsplit(self.path)
        path, query = parts.path, parse_qs(parts.query)
        if path.startswith("/_sim/"):
            return self.send(200, {"anything": "goes"})
        if path.startswith("/backup"):
            return self.pieces(path)
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            return self.send(401, {"id": "unauthorized", "message": "Unable to authenticate you."})
        if (method, path) == ("GET", "/v2/account"):
            return self.account()
        if (method, path) == ("GET", "/v2/droplets"):
            return self.droplets(query)
        if found := re.fullmatch(r"/v2/droplets/(\d+)", path):
            number = int(found.group(1))
            known = method == "GET" and number in (1, 2, 3)
            return self.send(200, {"droplet": droplet(number)}) if known else self.missing()
        if re.fullmatch(r"/v2/droplets/\d+/actions", path) and method == "POST":
            return self.action(body)
        if path.startswith("/v2/snapshots/") and method == "DELETE":
            return self.send(204, None)
        return self.missing()

    def missing(self):
        self.send(404, NOT_FOUND)

    def account(self):
        account, mistake = dict(ACCOUNT), self.mistake
        if mistake == "missing field":
            del account["email"]
        elif mistake == "wrong type":
            account["droplet_limit"] = "25"
        elif mistake == "status":
            return self.send(203, {"account": account})
        elif mistake == "server error":
            return self.send(500, {"id": "server_error", "message": "Unexpected"})
        elif mistake == "html":
            return self.send(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"})
        elif mistake == "html on order":
            return self.send(502, b"<html>", {"Content-Type": "text/html",
                                              "X-Holdfast-Fault": "html"})
        elif mistake == "cut":
            return self.cut()
        elif mistake == "truncated":
            return self.send_raw(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
                b'{"account":')
        elif mistake == "truncated chunk":
            return self.send_raw(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n40\r\n{\"account\":")
        elif mistake == "garbage":
            return self.send_raw(b"220 mail.example.org ESMTP\r\n\r\n")
        elif mistake == "huge":
            return self.send(200, json.dumps({"account": account}).encode() + b" " * (20 << 20))
        elif mistake == "echo a secret":
            account["email_verified"] = TOKEN
            account["status"] = 7
        self.send(200, {"account": account})

    def droplets(self, query):
        try:
            page = int(query.get("page", ["1"])[0])
            size = int(query.get("per_page", ["20"])[0])
        except ValueError:
            return self.send(400, {"id": "bad_request", "message": "page or per_page"})
        if page < 1 or not 1 <= size <= 200:
            return self.send(400, {"id": "bad_request", "message": "page or per_page"})
        everything = [droplet(n) for n in (1, 2, 3)]
        shown = everything[(page - 1) * size:page * size]
        links = {}
        if page * size < len(everything):
            base = f"http://127.0.0.1:{self.server.server_port}"
            links = {"pages": {"next": f"{base}/v2/droplets?page={page + 1}&per_page={size}"}}
        self.send(200, {"droplets": shown, "links": links, "meta": {"total": 3}})

    def action(self, body):
        try:
            kind = json.loads(body)["type"]
        except (ValueError, TypeError, KeyError):
            return self.send(422, {"id": "unprocessable_entity", "message": "type"})
        action = {
            "id": 36804636, "status": "in-progress", "type": str(kind),
            "started_at": "2026-01-14T02:00:03Z", "completed_at": None, "resource_id": 1,
            "resource_type": "droplet", "region_slug": "nyc3",
        }
        self.send(201, {"action": action})

    def pieces(self, path):
        if path != "/backups/create/streamed":
            return self.send(200, {"iterable": [BACKUP]})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        status = "IN_PROGRESS" if self.mistake == "stream" else "IN-PROGRESS"
        for event in ({"status": status, "percentage": 40.0},
                      {"status": "COMPLETED", "percentage": 100, "backup": BACKUP}):
            text = json.dumps(event).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            self.wfile.flush()
            time.sleep(0.3)
        self.wfile.write(b"0\r\n\r\n")

    def send(self, status, value, headers=None):
        body = value if isinstance(value, bytes) else b""
        if value is not None and not body:
            body = json.dumps(value).replace("/", "\\/").encode()
        self.send_response(status)
        for name, text in (headers or {"Content-Type": "application/json"}).items():
            self.send_header(name, text)
        if self.mistake != "missing header":
            self.send_header("RateLimit-Remaining", "4999")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_raw(self, data):
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True

    def cut(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.rfile = self.wfile = open(os.devnull, "r+b")  # nothing more is sent
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


@unittest.skipUnless(SPECS.is_dir(), f"there are no specifications in {SPECS}")
class ConformanceTests(unittest.TestCase):
    spec = "digitalocean.yaml"

    def setUp(self):
        Upstream.mistake, Upstream.seen = None, []
        self.server = Server(("127.0.0.1", 0), Upstream)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.upstream = f"http://127.0.0.1:{self.server.server_port}"
        self.scratch = tempfile.TemporaryDirectory()
        self.record = Path(self.scratch.name) / "record.jsonl"
        self.proxy = None

    def tearDown(self):
        if self.proxy:
            self.stop()
        self.server.shutdown()
        self.server.server_close()
        self.scratch.cleanup()

    def start(self, spec="digitalocean.yaml", *options):
        self.spec = spec
        self.proxy = subprocess.Popen(
            [sys.executable, HERE / "proxy.py", "--spec", SPECS / spec, "--upstream",
             self.upstream, "--record", self.record, "--listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.proxy.stdout.readline())["url"]

    def stop(self):
        self.proxy.terminate()
        self.proxy.stdout.close()
        status = self.proxy.wait(20)
        self.proxy = None
        return status

    def records(self):
        """Ends the proxy, so that everything is written, and reads what it wrote."""
        self.assertEqual(self.stop(), 0)
        text = self.record.read_text()
        self.assertNotIn(TOKEN, text)
        return [json.loads(line) for line in text.splitlines()]

    def ask(self, method, target, body=None, headers=None):
        """A request of its own connection; `target` may be a whole URL."""
        parts = urlsplit(target)
        host = parts.netloc or urlsplit(self.url).netloc
        connection = http.client.HTTPConnection(host, timeout=10)
        all_headers = {"Authorization": f"Bearer {TOKEN}"} | (headers or {})
        if body is not None and "Content-Type" not in all_headers:
            all_headers["Content-Type"] = "application/json"
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(
                method, path, body if isinstance(body, (bytes, type(None))) else json.dumps(body),
                {name: text for name, text in all_headers.items() if text is not None})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def report(self):
        return subprocess.run(
            [sys.executable, HERE / "report.py", "--spec", SPECS / self.spec, self.record],
            capture_output=True, text=True, check=False)

    # What is right

    def test_right_exchanges_have_no_violation(self):
        self.start()
        self.assertEqual(self.ask("GET", "/v2/account")[0], 200)
        self.assertEqual(self.ask("GET", "/v2/droplets/2")[0], 200)
        self.assertEqual(self.ask("GET", "/v2/droplets/99")[0], 404)
        self.assertEqual(self.ask("DELETE", "/v2/snapshots/6372321")[0], 204)
        status, _, _ = self.ask(
            "POST", "/v2/droplets/1/actions", {"type": "snapshot", "name": "nightly"})
        self.assertEqual(status, 201)
        self.ask("GET", "/v2/account", headers={"Authorization": "Bearer wrong"})
        for line in self.records():
            self.assertEqual((line["request_violations"], line["response_violations"]), ([], []))
        printed = self.report()
        self.assertEqual(printed.returncode, 0, printed.stdout)
        self.assertIn("GET /v2/droplets/{droplet_id}", printed.stdout)
        self.assertIn("200 x1, 404 x1", printed.stdout)
        self.assertIn("GET /v2/volumes: never called", printed.stdout)
        self.assertIn("GET /v2/account: never answered 429, 500", printed.stdout)

    def test_requests_arrive_byte_for_byte(self):
        self.start()
        port = urlsplit(self.url).port
        raw = (
            b"POST /v2/droplets/1/actions?%41=%2f HTTP/1.1\r\nhOsT: 127.0.0.1:" + str(port).encode()
            + b"\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\nX-Odd:  two  spaces\r\n"
            b"Content-Type: application/json\r\nContent-Length: 22\r\n\r\n"
            b'{"type":   "snapshot"}')
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(raw)
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 201"))
        method, path, headers, body = Upstream.seen[0]
        self.assertEqual((method, path), ("POST", "/v2/droplets/1/actions?%41=%2f"))
        self.assertEqual(body, raw.split(b"\r\n\r\n", 1)[1])
        self.assertEqual([n for n, _ in headers][0], "hOsT")

    def test_links_lead_to_the_proxy(self):
        self.start()
        target, numbers = "/v2/droplets?per_page=1", []
        while target:
            _, _, body = self.ask("GET", target)
            page = json.loads(body)
            numbers += [one["id"] for one in page["droplets"]]
            target = page["links"].get("pages", {}).get("next")
            if target:
                self.assertTrue(target.startswith(self.url), target)
        self.assertEqual(numbers, [1, 2, 3])
        self.assertEqual(len(self.records()), 3)

    def test_control_paths_are_not_recorded(self):
        self.start()
        self.assertEqual(self.ask("GET", "/_sim/faults")[0], 200)
        self.assertEqual(self.records(), [])
        self.assertEqual(self.report().returncode, 1, "nothing checked is nothing shown")

    # What is wrong with a response

    def wrong_account(self, mistake, *options):
        self.start("digitalocean.yaml", *options)
        Upstream.mistake = mistake
        self.ask("GET", "/v2/account")
        (line,) = self.records()
        self.assertEqual(line["request_violations"], [])
        printed = self.report()
        self.assertEqual(printed.returncode, 1 if line["response_violations"] else 0)
        for text in line["response_violations"]:
            self.assertIn(text, printed.stdout)
        return line["response_violations"]

    def test_missing_field(self):
        self.assertEqual(self.wrong_account("missing field"), ["body $.account: lacks email"])

    def test_wrong_type(self):
        self.assertEqual(
            self.wrong_account("wrong type"),
            ["body $.account.droplet_limit: is string, specified is integer"])

    def test_undocumented_status(self):
        self.assertEqual(
            self.wrong_account("status"), ["status 203: not in the specification"])

    def test_missing_response_header(self):
        self.assertEqual(
            self.wrong_account("missing header", "--require-header", "ratelimit-remaining"),
            ["header ratelimit-remaining: missing"])

    def test_a_header_may_be_missing_from_a_refusal(self):
        self.start("digitalocean.yaml", "--require-header", "ratelimit-remaining")
        Upstream.mistake = "missing header"
        self.assertEqual(self.ask("GET", "/v2/droplets/99")[0], 404)
        (line,) = self.records()
        self.assertEqual(line["response_violations"], [])

    def test_wrong_media_type(self):
        self.assertEqual(
            self.wrong_account("html"),
            ["content-type: text/html, specified is application/json"])

    def test_values_are_not_repeated_where_types_are_wrong(self):
        self.assertEqual(len(self.wrong_account("echo a secret")), 3)

    # What is wrong with a request

    def wrong_request(self, method, target, body=None, headers=None, spec="digitalocean.yaml"):
        self.start(spec)
        self.ask(method, target, body, headers)
        (line,) = self.records()
        self.assertEqual(self.report().returncode, 1)
        return line["request_violations"]

    def test_missing_request_header(self):
        self.assertEqual(
            self.wrong_request("GET", "/v1/compute/instances", spec="contabo.yaml"),
            ["header x-request-id: missing"])

    def test_missing_credentials(self):
        self.assertEqual(
            self.wrong_request("GET", "/v2/account", headers={"Authorization": None}),
            ["authorization: missing, or of a scheme that is not specified"])

    def test_misspelt_field(self):
        self.assertEqual(
            self.wrong_request("POST", "/v2/droplets/1/actions", {"type": "snapshot", "nmae": "x"}),
            ["body $.nmae: not in the specification"])

    def test_unknown_query(self):
        self.assertEqual(
            self.wrong_request("GET", "/v2/droplets?perpage=200&page=0"),
            ["query perpage: not in the specification", "query page: 0 does not meet minimum 1"])

    def test_unknown_path_and_method(self):
        self.start()
        self.ask("GET", "/v2/dropletz")
        self.ask("PUT", "/v2/account")
        found = sorted(line["request_violations"] for line in self.records())
        self.assertEqual(
            found, [["method: PUT is not specified for this path"],
                    ["path: not in the specification"]])

    def test_password_of_a_token_request_is_not_written_down(self):
        form = f"grant_type={TOKEN}&client_id=a&client_secret={TOKEN}&pass_word={TOKEN}"
        found = self.wrong_request(
            "POST", "/auth/realms/contabo/protocol/openid-connect/token", form.encode(),
            {"Content-Type": "application/x-www-form-urlencoded"}, spec="contabo.yaml")
        self.assertIn("body $.pass_word: not in the specification", found)

    def test_malformed_on_purpose_is_judged_by_its_response_only(self):
        self.start()
        marked = {"x-holdfast-malformed": "1"}
        self.ask("POST", "/v2/droplets/1/actions", b"{", headers=marked)
        Upstream.mistake = "wrong type"
        self.ask("GET", "/v2/account?odd=1", headers=marked)
        first, second = sorted(self.records(), key=lambda line: line["method"], reverse=True)
        self.assertTrue(first["malformed"] and second["malformed"])
        self.assertEqual(first["request_violations"] + first["response_violations"], [])
        self.assertEqual(second["request_violations"], [])
        self.assertEqual(len(second["response_violations"]), 1)

    # What breaks

    def broken_account(self, mistake):
        self.start()
        Upstream.mistake = mistake
        with self.assertRaises((OSError, http.client.HTTPException)) as caught:
            self.ask("GET", "/v2/account")
        (line,) = self.records()
        self.assertEqual(line["response_violations"], [])
        return caught.exception, line["broken"]

    def test_a_cut_connection_is_cut(self):
        error, broken = self.broken_account("cut")
        self.assertIsInstance(error, ConnectionError)
        self.assertEqual(broken, "cut before the response")

    def test_a_truncated_body_is_truncated(self):
        error, broken = self.broken_account("truncated")
        self.assertIsInstance(error, http.client.IncompleteRead)
        self.assertEqual((error.partial, broken), (b'{"account":', "body cut"))

    def test_a_truncated_chunk_is_truncated(self):
        error, broken = self.broken_account("truncated chunk")
        self.assertIsInstance(error, http.client.IncompleteRead)
        self.assertEqual(broken, "body cut")

    def test_what_is_not_http_is_passed_on(self):
        error, broken = self.broken_account("garbage")
        self.assertIsInstance(error, http.client.BadStatusLine)
        self.assertEqual(broken, "not HTTP")

    def test_a_huge_body_goes_through_unjudged(self):
        self.start()
        Upstream.mistake = "huge"
        self.assertGreater(len(self.ask("GET", "/v2/account")[2]), 20 << 20)
        (line,) = self.records()
        self.assertEqual(line["broken"], "body too large to be judged")

    def test_a_fault_on_order_is_not_judged(self):
        self.start()
        Upstream.mistake = "html on order"
        self.assertEqual(self.ask("GET", "/v2/account")[0], 502)
        (line,) = self.records()
        self.assertEqual((line["fault"], line["response_violations"]), ("html", []))

    def test_an_idle_connection_that_the_upstream_ends_is_ended(self):
        self.start()
        self.server.RequestHandlerClass.timeout = 0.2
        try:
            with socket.create_connection(("127.0.0.1", urlsplit(self.url).port)) as connection:
                connection.settimeout(5)
                self.assertEqual(connection.recv(10), b"")
        finally:
            self.server.RequestHandlerClass.timeout = None

    # Streams

    def stream(self, mistake=None):
        self.start("pieces.yaml")
        Upstream.mistake = mistake
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        connection.request("POST", "/backups/create/streamed", b"{}",
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        started = time.monotonic()
        first = answer.readline()
        waited = time.monotonic() - started
        rest = answer.read()
        took = time.monotonic() - started
        connection.close()
        self.assertEqual(len((first + rest).splitlines()), 2)
        self.assertLess(waited + 0.2, took, "the first object came before the last")
        (line,) = self.records()
        return line["response_violations"]

    def test_a_stream_is_passed_on_as_it_comes(self):
        self.assertEqual(self.stream(), [])

    def test_every_object_of_a_stream_is_judged(self):
        (found,) = self.stream("stream")
        self.assertTrue(found.startswith('body $.status: "IN_PROGRESS" does not meet enum'), found)

    # Generated requests

    def fuzz(self, mistake=None, token=TOKEN, paths="^/v2/(account|droplets(/.droplet_id.)?)$"):
        Upstream.mistake = mistake
        return subprocess.run(
            [sys.executable, HERE / "fuzz.py", "--spec", SPECS / "digitalocean.yaml", "--url",
             self.upstream, "--max-examples", "5", "--include-path-regex", paths],
            env=os.environ | {"HOLDFAST_FUZZ_CREDENTIALS": json.dumps({"token": token})},
            capture_output=True, text=True, check=False)

    def test_generated_requests_find_nothing_where_all_is_right(self):
        done = self.fuzz()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"fuzz: \d+ requests answered: 200 x\d+")

    def test_generated_requests_find_mistakes(self):
        for mistake, words in (
            ("missing field", "Response violates schema"),
            ("server error", "Server error"),
            ("html", "Undocumented Content-Type"),
        ):
            with self.subTest(mistake):
                done = self.fuzz(mistake, paths="^/v2/account$")
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stdout)

    def test_generated_requests_that_nobody_lets_in_show_nothing(self):
        done = self.fuzz(token="wrong", paths="^/v2/account$")
        self.assertEqual(done.returncode, 1)
        self.assertIn("turned away", done.stderr)

    # The whole

    def run_whole(self, suite, mistake=None, specs=SPECS, vendors=()):
        """The script with a stand-in for the program that knows one vendor only."""
        program = Path(self.scratch.name) / "holdfast"
        program.write_text(f"""#!{sys.executable}
import json, sys
sys.path.insert(0, {str(HERE)!r})
from test_conformance import Server, TOKEN, Upstream
if sys.argv[2] != "digitalocean":
    sys.exit(64)
Upstream.mistake = {mistake!r}
server = Server(("127.0.0.1", 0), Upstream)
url = f"http://127.0.0.1:{{server.server_port}}"
print(json.dumps({{"credentials": {{"token": TOKEN, "url": url + "/x"}},
                  "kind": sys.argv[2], "url": url}}), flush=True)
server.serve_forever()
""")
        program.chmod(0o755)
        return subprocess.run(
            [HERE / "run", specs, program, *vendors], capture_output=True, text=True, check=False,
            env=os.environ | {"CONFORMANCE_SUITE": suite, "CONFORMANCE_FUZZ": "no",
                              "PYTHONDONTWRITEBYTECODE": "1"})

    def asking_suite(self):
        """A suite that starts an upstream of its own and asks it through a door, once."""
        program = Path(self.scratch.name) / "suite.py"
        program.write_text(f"""
import json, os, sys, threading, urllib.request
sys.path.insert(0, {str(HERE)!r})
from test_conformance import Server, TOKEN, Upstream
server = Server(("127.0.0.1", 0), Upstream)
threading.Thread(target=server.serve_forever, daemon=True).start()
upstream = f"http://127.0.0.1:{{server.server_port}}"
keeper = os.environ["HOLDFAST_CONFORMANCE_DOORS_DIGITALOCEAN"]
asked = urllib.request.Request(keeper, json.dumps({{"upstream": upstream}}).encode())
door = json.load(urllib.request.urlopen(asked, timeout=10))["url"]
assert door != upstream
asked = urllib.request.Request(
    door + "/v2/account", headers={{"Authorization": "Bearer " + TOKEN}})
assert urllib.request.urlopen(asked, timeout=10).status == 200
""")
        return f"{sys.executable} {program}"

    def test_the_script_runs_what_the_program_knows(self):
        done = self.run_whole(self.asking_suite())
        self.assertEqual(done.returncode, 1, "the headers of the limits are not all there")
        self.assertIn("header ratelimit-limit: missing (x1)", done.stdout)
        self.assertIn("ionos: skipped: this holdfast does not simulate it", done.stdout)
        self.assertNotIn("the contract suite failed", done.stdout, done.stderr)

    def test_the_script_fails_with_its_suite_and_when_nothing_was_sent(self):
        done = self.run_whole("false")
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAILED: the contract suite failed", done.stdout)
        self.assertIn("nothing was checked", done.stdout)

    def test_the_script_refuses_a_vendor_that_the_program_does_not_know(self):
        done = self.run_whole("true", vendors=["ionos"])
        self.assertEqual(done.returncode, 70)
        self.assertIn("the simulated ionos ended with status 64", done.stderr)

    def test_the_script_skips_without_specifications(self):
        done = self.run_whole("false", specs=SPECS / "nowhere")
        self.assertEqual(done.returncode, 0)
        self.assertIn("conformance: skipped: there are no specifications", done.stdout)


if __name__ == "__main__":
    unittest.main()
