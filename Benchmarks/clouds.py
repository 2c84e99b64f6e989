"""A simulated cloud beside a daemon, and what its log of requests tells. Standard library only."""

import atexit
import collections
import datetime
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request

# The first Droplet's id in the simulated account.
FIRST_DROPLET = 3164444
# DigitalOcean's allowance, as docs/providers/digitalocean.md has it.
HOUR_LIMIT, MINUTE_LIMIT = 5000, 250

Request = collections.namedtuple("Request", "at method status")


class Cloud:
    """A simulated DigitalOcean with so many Droplets, whose actions take no time."""

    def __init__(self, binary, droplets, *options):
        self.process = subprocess.Popen(
            [binary, "simulated-cloud", "digitalocean", "--listen", "127.0.0.1:0", "--estate",
             f"droplets={droplets}", "--action-seconds", "0", *options], stdout=subprocess.PIPE)
        atexit.register(self.process.kill)  # whatever ends the measuring
        line = self.process.stdout.readline()
        if not line:
            sys.exit("clouds.py: the simulated cloud did not start")
        announced = json.loads(line)
        self.url = announced["url"]
        self.port = self.url.rsplit(":", 1)[1]
        self.token = announced["credentials"]["token"]
        self.log, self.total, self.missed, self.routes = [], 0, 0, {}

    def read_log(self):
        """Adds what was asked since the last time; the cloud remembers 10,000 requests, so `missed`
        counts what came between two looks and is not remembered."""
        with urllib.request.urlopen(self.url + "/_sim/requests", timeout=60) as reply:
            found = json.load(reply)
        new = min(found["total"] - self.total, len(found["requests"]))
        self.missed += found["total"] - self.total - new
        self.total = found["total"]
        self.routes = found["routes"]
        self.log += [
            Request(instant(one["at"]), one["method"], one["status"])
            for one in found["requests"][len(found["requests"]) - new:]]

    @property
    def creates(self):
        """The snapshots that were made."""
        return self.routes["POST /v2/droplets/{droplet_id}/actions"]["by_status"].get("201", 0)

    @property
    def last_create(self):
        return max(one.at for one in self.log if one.method == "POST" and one.status == 201)

    def summary(self):
        return "; ".join(
            f"{name}: " + ", ".join(f"{count:,} x {status}" for status, count in
                                    one["by_status"].items())
            for name, one in self.routes.items())

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Watched:
    """Reads a cloud's log every few seconds until the end of the block."""

    def __init__(self, cloud, distance):
        self.cloud, self.distance, self.done = cloud, distance, threading.Event()
        self.watcher = threading.Thread(target=self.watch)

    def watch(self):
        while not self.done.wait(self.distance):
            self.cloud.read_log()

    def __enter__(self):
        self.watcher.start()

    def __exit__(self, *_):
        self.done.set()
        self.watcher.join()


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def write_config(folder, cloud, droplets, concurrency, schedule):
    """One policy over every Droplet, each named as a target."""
    token = os.path.join(folder, "token")
    with open(os.open(token, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(cloud.token)
    path = os.path.join(folder, "holdfast.yaml")
    with open(path, "w") as file:
        file.write(
            "version: 1\nproviders:\n  cloud:\n    type: digitalocean\n"
            f"    token: {{ file: {token} }}\n    endpoint: {cloud.url}\n"
            # The daily looks at points would come every few seconds of so fast a clock.
            f"    concurrency: {concurrency}\n    reconcile: off\npolicies:\n  droplets:\n"
            + "".join(f"    {key}: {value}\n" for key, value in schedule.items())
            + "    timezone: UTC\n    timeout: 7d\n    retention: { keep_last: all }\ntargets:\n")
        for index in range(droplets):
            file.write(f"  - {{ name: droplet-{index}, provider: cloud, "
                       f"droplet: {FIRST_DROPLET + index}, policy: droplets }}\n")
    return path


def status(path):
    """The daemon's answer to GET /v1/status."""
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    end.settimeout(60)
    end.connect(path)
    end.sendall(b"GET /v1/status HTTP/1.1\r\nHost: holdfast\r\nConnection: close\r\n\r\n")
    answer = b""
    while piece := end.recv(1 << 16):
        answer += piece
    end.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"clouds.py: the daemon answered {answer[:200]!r}")
    if b"chunked" in head.lower():
        whole, rest = b"", body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            whole, rest = whole + rest[:int(size, 16)], rest[int(size, 16) + 2:]
        body = whole
    return json.loads(body)


def wait_for_points(path, count, deadline):
    """Until the history has so many points."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        found = status(path)
        if found["points"] == count and found["jobs_ready"] + found["jobs_running"] == 0:
            return
        time.sleep(1)
    sys.exit(f"clouds.py: after {deadline} s there are {found['points']} of {count} points, "
             f"{found['jobs_ready']} jobs wait and {found['jobs_running']} run")


def allowed(elapsed):
    """The most requests that the vendor lets through in so many seconds from the first one on: both
    windows slide, so each hour's 5,000 are used up by 250 at its beginning and after each minute."""
    hours, rest = divmod(elapsed, 3600)
    return int(hours * HOUR_LIMIT + min(HOUR_LIMIT, MINUTE_LIMIT * (rest // 60 + 1)))


def shortest(count):
    """The least seconds from the first to the last of so many requests: the inverse of `allowed`."""
    hours, rest = divmod(count - 1, HOUR_LIMIT)
    return hours * 3600 + rest // MINUTE_LIMIT * 60
