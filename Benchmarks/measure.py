"""Runs the measurements for Benchmarks/run and prints the table. Standard library only."""

import argparse
import atexit
import os
import random
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time

import clouds

MIB = 1024 * 1024


class Table:
    """The figures so far; each line is printed as soon as it is known."""

    WIDTHS = (40, 14, 14, 8, 22, 5)

    def __init__(self):
        self.print_row("figure", "value", "floor", "ratio", "target", "")
        self.print_row(*("-" * width for width in self.WIDTHS))
        self.over = []

    def print_row(self, *cells):
        print("| " + " | ".join(c.ljust(w) for c, w in zip(cells, self.WIDTHS)) + " |", flush=True)

    def add(self, name, value, floor, ratio, target, is_good):
        verdict = "" if is_good is None else "ok" if is_good else "over"
        if verdict == "over":
            self.over.append(name)
        self.print_row(name, value, floor, ratio, target, verdict)


def note(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def seconds(value):
    if value < 0.001:
        return f"{value * 1e6:.1f} us"
    return f"{value * 1000:.2f} ms" if value < 1 else f"{value:.2f} s"


def rate(value):
    return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{value:,.0f} /s"


def times(value):
    return f"{value:.2f}x" if value < 100 else f"{value:.0f}x"


def size(value):
    return f"{value / MIB:.1f} MiB"


class Bench:
    def __init__(self, options):
        self.scratch = options.scratch
        self.holdfast = os.path.join(options.release, "holdfast")
        self.bench = os.path.join(options.release, "holdfast-bench")
        self.schema = options.schema
        self.table = Table()
        for path in (self.holdfast, self.bench):
            if not os.access(path, os.X_OK):
                sys.exit(f"measure.py: {path} is missing; run without BENCH_BUILD=no")

    def fresh(self, name):
        """An empty directory."""
        path = os.path.join(self.scratch, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def results(self, *command):
        """The lines 'name value' that a program prints."""
        text = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, timeout=300, text=True).stdout
        return {name: float(value) for name, value in map(str.split, text.splitlines())}

    def floor(self, name, *arguments):
        return self.results(os.path.join(self.scratch, "floors", name), *arguments)

    # -- planning, windows, queue, retention ------------------------------------------------

    def planning(self):
        folder = self.fresh("planning")
        floors = self.floor("planning", f"{folder}/floor.sqlite", self.schema)
        found = self.results(self.bench, "planning", folder)
        note(f"slowest of the ticks with nothing due: {seconds(found['planning.none.slowest'])}")
        none, none_floor = found["planning.none"], floors["planning.none.floor"]
        self.table.add(
            "planning tick, none of 100,000 due", seconds(none), seconds(none_floor),
            times(none / none_floor), "under 5 ms", none < 0.005)
        due, due_floor = found["planning.all"], floors["planning.all.floor"]
        self.table.add(
            "planning tick, all 100,000 due", seconds(due), seconds(due_floor),
            times(due / due_floor), "under 2 s", due < 2)
        shutil.rmtree(folder)

    def windows(self):
        floors = self.floor("windows")
        found = self.results(self.bench, "windows")
        value, floor = found["windows.rate"], floors["windows.floor"]
        if found["windows.checksum"] != floors["windows.floor.checksum"]:
            note("the openings differ from the floor's: one of the two is wrong")
        self.table.add(
            "windows, next openings, Europe/Berlin", rate(value), rate(floor),
            times(value / floor), "at least 1 M/s", value >= 1e6)

    def queue(self):
        floors, one, many = [], [], []
        for _ in range(3):
            folder = self.fresh("queue-floor")
            floors.append(
                self.floor("queue", f"{folder}/q.sqlite", self.schema, "3")["queue.floor"])
            one.append(self.results(
                self.bench, "queue", self.fresh("queue-1"), "1", "3")["queue.1"])
            many.append(self.results(
                self.bench, "queue", self.fresh("queue-64"), "64", "3")["queue.64"])
        floor = statistics.median(floors)
        note("floors of the rounds: " + ", ".join(rate(value) for value in floors))
        for name, values, target in (("64 at a time", many, 6), ("one at a time", one, 0.6)):
            value = statistics.median(values)
            note(f"{name}: " + ", ".join(rate(value) for value in values))
            self.table.add(
                f"queue, durable jobs, {name}", rate(value), rate(floor), times(value / floor),
                f"at least {target}x", value >= target * floor)

    def retention(self):
        floors = self.floor("retention")
        found = self.results(self.bench, "retention")
        for order in ("sorted", "shuffled"):
            value, floor = found[f"retention.{order}"], floors[f"retention.{order}.floor"]
            self.table.add(
                f"retention, 1,000,000 points, {order}", seconds(value), seconds(floor),
                times(value / floor), "under 0.5 s", value < 0.5)
        value = found["prune.million"]
        self.table.add(
            "rules and kernel, 1,000,000 points", seconds(value), "", "", "under 2 s", value < 2)

    def plan(self):
        """A million points, 90 days: `holdfast plan --config` as somebody runs it."""
        folder = self.fresh("plan")
        config = write_config(folder, policies=1, targets=10_000, per_file=10_000, keep=100)
        make_past(folder, os.path.dirname(self.schema))
        history = f"{folder}/history.sqlite"
        floor = self.floor("plan", history)
        rounds, peaks = [], []
        for _ in range(3):
            elapsed, peak, text = timed_output(
                [self.holdfast, "plan", "--config", config, "--current", config, "--history",
                 history])
            rounds.append(elapsed)
            peaks.append(peak)
        note("rounds: " + ", ".join(map(seconds, rounds)))
        note(next(line for line in text.splitlines() if line.startswith("go ")))
        if floor["plan.floor.gone"] != gone(text):
            note(f"the floor lets {floor['plan.floor.gone']:.0f} go: one of the two is wrong")
        value, peak = statistics.median(rounds), max(peaks)
        self.table.add(
            "plan, 1,000,000 points, 90 days", seconds(value), seconds(floor["plan.floor"]),
            times(value / floor["plan.floor"]), "under 10 s", value < 10)
        self.table.add(
            "plan, peak memory", size(peak), size(floor["plan.floor.memory"]),
            times(peak / floor["plan.floor.memory"]), "under 500 MB", peak < 500_000_000)
        shutil.rmtree(folder)

    # -- a directory ------------------------------------------------------------------------

    def directory(self):
        source = self.fresh("tree")
        note("making a directory of 2 GB, half of it compressible")
        make_tree(source)
        warm(source)
        bare, ours, bare_peaks, our_peaks, own_peaks, flushes = [], [], [], [], [], []
        for _ in range(3):
            out = os.path.join(self.fresh("bare"), "data.tar.zst")
            os.sync()
            elapsed, peak, _ = timed_tree(
                ["sh", "-c",
                 'tar --create --file=- --acls --xattrs --sparse --one-file-system -C "$1" . '
                 '| zstd -q -3 -T1 --stdout > "$2"', "sh", source, out])
            beginning = time.monotonic()
            subprocess.run(["sync", out], check=True)
            flushes.append(time.monotonic() - beginning)
            bare.append(elapsed)
            bare_peaks.append(peak)
            shutil.rmtree(os.path.dirname(out))
            repository = os.path.join(self.fresh("ours"), "repository")
            os.sync()
            elapsed, peak, own = timed_tree([self.bench, "archive", source, repository])
            ours.append(elapsed)
            our_peaks.append(peak)
            own_peaks.append(own)
            shutil.rmtree(os.path.dirname(repository))
        value, floor = statistics.median(ours), statistics.median(bare)
        flush = statistics.median(flushes)
        note("rounds: " + ", ".join(
            f"{seconds(a)} against {seconds(b)}" for a, b in zip(ours, bare)))
        note(f"the bare archive is not on the disk yet; flushing it took {seconds(flush)} more")
        self.table.add(
            "directory of 2 GB", seconds(value), seconds(floor), times(value / floor),
            "at most 1.15x", value <= 1.15 * floor)
        self.table.add(
            "directory of 2 GB, both flushed", seconds(value), seconds(floor + flush),
            times(value / (floor + flush)), "", None)
        own, tree, plain = max(own_peaks), max(our_peaks), max(bare_peaks)
        note(f"peak of the process itself, without tar and zstd: {size(own)}")
        self.table.add(
            "directory of 2 GB, memory of all processes", size(tree), size(plain),
            times(tree / plain), "at most 64 MiB", tree <= 64 * MIB)
        shutil.rmtree(source)

    # -- the daemon -------------------------------------------------------------------------

    def idle(self):
        folder = self.fresh("idle")
        config = write_config(folder, policies=1, targets=10_000, per_file=10_000)
        # The first start writes the assignments down; an idle daemon is one that has done so.
        Daemon(self.holdfast, config, folder).stop()
        daemon = Daemon(self.holdfast, config, folder)
        note("an idle daemon is watched for two minutes")
        time.sleep(65)
        memory = status_bytes(daemon.pid, "VmRSS")
        peak = status_bytes(daemon.pid, "VmHWM")
        before = context_switches(daemon.pid)
        time.sleep(60)
        after = context_switches(daemon.pid)
        switches = sum(after.values()) - sum(before.get(task, 0) for task in after)
        daemon.stop()
        sleeper = subprocess.Popen(["sleep", "60"])
        time.sleep(0.2)
        floor = status_bytes(sleeper.pid, "VmRSS")
        sleeper.kill()
        sleeper.wait()
        note(f"peak since its start: {size(peak)}; threads: {len(after)}")
        self.table.add(
            "idle, memory at 10,000 assignments", size(memory), size(floor),
            times(memory / floor), "under 60 MB", memory < 60_000_000)
        self.table.add(
            "idle, context switches in 60 s", str(switches), "0", "", "0", switches == 0)
        shutil.rmtree(folder)

    def start(self):
        shapes = (("10,000 targets x 10 policies", 10, 10_000),
                  ("100,000 targets x 1 policy", 1, 100_000))
        for name, policies, targets in shapes:
            folder = self.fresh("start")
            config = write_config(folder, policies, targets, per_file=5_000)
            make_history(folder, self.schema)
            first = Daemon(self.holdfast, config, folder)
            note(f"{name}: the first start, which writes the assignments down, "
                 f"was ready after {seconds(first.ready)}")
            first.stop()
            daemons = []
            for _ in range(3):
                daemon = Daemon(self.holdfast, config, folder)
                daemons.append(daemon)
                peak = status_bytes(daemon.pid, "VmHWM")
                daemon.stop()
            floors = [
                self.floor("start", f"{folder}/history.sqlite", f"{folder}/f.sock", *config_files(
                    config))["start.floor"] for _ in range(3)]
            value = statistics.median(daemon.ready for daemon in daemons)
            answers = statistics.median(daemon.answers for daemon in daemons)
            floor = statistics.median(floors)
            beginning = time.monotonic()
            subprocess.run([self.holdfast, "check", "--quiet", "--config", config], check=True)
            checked = time.monotonic() - beginning
            note(f"{name}: 'holdfast check' alone takes {seconds(checked)}; "
                 f"peak memory {size(peak)}")
            self.table.add(
                f"start, {name}", seconds(value), seconds(floor), times(value / floor),
                "under 1 s", value < 1)
            self.table.add(
                f"first status, {name}", seconds(answers), seconds(floor),
                times(answers / floor), "", None)
            shutil.rmtree(folder)

    # -- a simulated cloud ------------------------------------------------------------------

    def cloud(self):
        droplets, width, speed = 10_000, 64, 20_000
        free = ["--rate-hour", "0", "--rate-minute", "0"]
        bare = clouds.Cloud(self.holdfast, droplets, *free)
        floors = self.floor(
            "cloud", bare.port, bare.token, str(clouds.FIRST_DROPLET), str(droplets), str(width))
        bare.stop()
        # So fast a clock that the vendor's pace, which the daemon keeps on it, holds nothing up.
        begins = int(time.time())
        clock = ["--clock-speed", str(speed), "--clock-from", clouds.rfc3339(begins)]
        opens = (begins + int(3.5 * 86_400)) // 86_400 * 86_400
        cloud = clouds.Cloud(self.holdfast, droplets, *free, *clock)
        folder = self.fresh("cloud")
        config = clouds.write_config(folder, cloud, droplets, width, {
            "plan": "monthly", "day": time.gmtime(opens).tm_mday, "window": "20d"})
        daemon = Daemon(self.holdfast, config, folder, *clock)
        clouds.wait_for_points(f"{folder}/d.sock", droplets, deadline=90)
        peak = status_bytes(daemon.pid, "VmHWM")
        daemon.stop()
        cloud.read_log()
        cloud.stop()
        note(cloud.summary())
        if cloud.creates != droplets:
            sys.exit(f"measure.py: {cloud.creates} snapshots were made of {droplets} Droplets")
        value = (cloud.last_create - opens) / speed
        floor = floors["cloud.floor"]
        self.table.add(
            "cloud, 10,000 Droplets to the last create", seconds(value), seconds(floor),
            times(value / floor), "", None)
        each = cloud.total / droplets
        self.table.add(
            "cloud, requests a backup", f"{each:.3f}", "2", times(each / 2), "at most 2", each <= 2)
        floor = floors["cloud.memory.floor"]
        self.table.add(
            "cloud, peak memory of the daemon", size(peak), size(floor), times(peak / floor), "",
            None)
        shutil.rmtree(folder)

    def pace(self):
        droplets, width, speed = 10_000, 64, 240
        begins = int(time.time())
        clock = ["--clock-speed", str(speed), "--clock-from", clouds.rfc3339(begins)]
        opens = (begins + 15 * 60) // 60 * 60
        cloud = clouds.Cloud(
            self.holdfast, droplets, "--rate-hour", str(clouds.HOUR_LIMIT), "--rate-minute",
            str(clouds.MINUTE_LIMIT), *clock)
        folder = self.fresh("pace")
        config = clouds.write_config(folder, cloud, droplets, width, {
            "plan": "daily", "at": time.strftime('"%H:%M"', time.gmtime(opens)),
            "window": "23h"})
        daemon = Daemon(self.holdfast, config, folder, *clock)
        note("the vendor's pace is watched for about two minutes")
        with clouds.Watched(cloud, 15):
            clouds.wait_for_points(f"{folder}/d.sock", droplets, deadline=300)
        daemon.stop()
        cloud.read_log()
        cloud.stop()
        note(cloud.summary())
        if cloud.creates != droplets:
            sys.exit(f"measure.py: {cloud.creates} snapshots were made of {droplets} Droplets")
        if cloud.missed > 0:
            sys.exit(f"measure.py: {cloud.missed} requests were not seen in the cloud's log")
        refused = [one for one in cloud.log if one.status == 429]
        late = [one for one in refused if one.at >= opens + 60]
        note(f"refused with 429: {len(refused)}, of them {len(late)} after the first minute")
        self.table.add(
            "pace, refused after the first minute", str(len(late)), "0", "", "0", not late)
        last = cloud.last_create
        sent = sum(one.at <= last and one.status != 429 for one in cloud.log)
        could = clouds.allowed(last - opens)
        self.table.add(
            "pace, requests until the last create", f"{sent:,}", f"{could:,}", times(sent / could),
            "above 0.9x", sent > 0.9 * could)
        value, floor = (last - opens) / 60, clouds.shortest(sent) / 60
        self.table.add(
            "pace, minutes to the last create", f"{value:.1f}", f"{floor:.1f}",
            times(value / floor), "", None)
        shutil.rmtree(folder)


class Daemon:
    """A daemon of the built binary, from its start to its readiness, as systemd is told of it, and
    to its first answer."""

    def __init__(self, binary, config, folder, *options):
        path = os.path.join(folder, "d.sock")
        notices = os.path.join(folder, "n.sock")
        log = open(os.path.join(folder, "daemon.log"), "w")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if os.path.exists(notices):
            os.unlink(notices)
        notify.bind(notices)
        notify.settimeout(120)
        environment = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": notices}
        beginning = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "daemon", "--config", config, "--state-directory", folder, "--socket", path,
             "--log-level", "warning", *options], stderr=log, env=environment)
        atexit.register(self.process.kill)  # whatever ends the measuring
        self.pid = self.process.pid
        try:
            while b"READY=1" not in notify.recv(1 << 16):
                pass
        except TimeoutError:
            self.process.kill()
            with open(log.name) as lines:
                sys.exit("measure.py: the daemon was never ready: " + lines.read()[-2000:])
        self.ready = time.monotonic() - beginning
        notify.close()
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        end.settimeout(120)
        end.connect(path)
        end.sendall(b"GET /v1/status HTTP/1.1\r\nHost: holdfast\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := end.recv(1 << 16):
            answer += piece
        self.answers = time.monotonic() - beginning
        if not answer.startswith(b"HTTP/1.1 200"):
            sys.exit(f"measure.py: the daemon answered {answer[:200]!r}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            note("the daemon did not end within 30 s after SIGTERM; it was killed")
            self.process.kill()
            self.process.wait()


def status_bytes(pid, key):
    """A value of /proc/PID/status in bytes; 0 when the process is gone."""
    try:
        with open(f"/proc/{pid}/status") as lines:
            for line in lines:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def program(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def context_switches(pid):
    """Voluntary and forced switches of every thread."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as lines:
            found[task] = sum(
                int(line.split()[1]) for line in lines if "ctxt_switches" in line)
    return found


def descendants(pid):
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        try:
            for task in os.listdir(f"/proc/{current}/task"):
                with open(f"/proc/{current}/task/{task}/children") as children:
                    waiting += map(int, children.read().split())
        except OSError:
            continue
    return found


def timed_tree(command):
    """Seconds, the largest sum of all its processes' memory, and the peak of the first one."""
    peaks = {"all": 0, "first": 0}
    done = threading.Event()
    beginning = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def watch():
        while not done.wait(0.02):
            # A child that has not become its program yet shares its parent's memory.
            own = program(process.pid)
            children = [pid for pid in descendants(process.pid)[1:] if program(pid) != own]
            total = sum(status_bytes(pid, "VmRSS") for pid in [process.pid, *children])
            peaks["all"] = max(peaks["all"], total)
            peaks["first"] = max(peaks["first"], status_bytes(process.pid, "VmHWM"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    elapsed = time.monotonic() - beginning
    done.set()
    watcher.join()
    if code != 0:
        sys.exit(f"measure.py: {command[0]} ended with {code}")
    return elapsed, peaks["all"], peaks["first"]


def make_tree(folder):
    """1,800 files of 1 MiB and 20,000 of 10 KiB; every other 32 KiB is text."""
    chance = random.Random(1)
    words = [f"{chance.getrandbits(32):08x}" for _ in range(4000)]
    text = " ".join(chance.choice(words) for _ in range(800_000)).encode()

    def content(length):
        pieces, left = [], length
        while left > 0:
            begin = chance.randrange(len(text) - 32768)
            pieces += [os.urandom(min(32768, left)), text[begin:begin + 32768]]
            left -= 65536
        return b"".join(pieces)[:length]

    for index in range(1800):
        place = os.path.join(folder, f"large-{index // 100}")
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, f"{index}.bin"), "wb") as file:
            file.write(content(MIB))
    small = content(4 * MIB)
    for index in range(20_000):
        place = os.path.join(folder, f"small-{index // 1000}")
        os.makedirs(place, exist_ok=True)
        begin = chance.randrange(len(small) - 10240)
        with open(os.path.join(place, f"{index}.txt"), "wb") as file:
            file.write(small[begin:begin + 10240])


def warm(folder):
    for place, _, files in os.walk(folder):
        for name in files:
            with open(os.path.join(place, name), "rb") as file:
                file.read()


def write_config(folder, policies, targets, per_file, keep=7):
    """Policies that open twelve hours from now, so that nothing is due in between."""
    hour = (time.gmtime().tm_hour + 12) % 24
    os.makedirs(os.path.join(folder, "conf.d"))
    path = os.path.join(folder, "holdfast.yaml")
    with open(path, "w") as file:
        file.write("version: 1\nproviders:\n  disk:\n    type: local\n"
                   f"    repository: {folder}/repository\npolicies:\n")
        for index in range(policies):
            file.write(f"  policy-{index}:\n    plan: daily\n    at: {hour:02}:{index:02}\n"
                       "    timezone: UTC\n"
                       f"    retention: {{ keep_daily: {keep}, keep_weekly: 4 }}\n")
    names = ", ".join(f"policy-{index}" for index in range(policies))
    for begin in range(0, targets, per_file):
        with open(os.path.join(folder, f"conf.d/{begin:06}.yaml"), "w") as file:
            file.write("targets:\n")
            for index in range(begin, min(begin + per_file, targets)):
                file.write(f"  - {{ name: target-{index}, provider: disk, "
                           f"directory: /srv/target-{index}, policy: [{names}] }}\n")
    return path


def config_files(path):
    folder = os.path.join(os.path.dirname(path), "conf.d")
    return [path] + sorted(os.path.join(folder, name) for name in os.listdir(folder))


def make_history(folder, schema):
    """250,000 backups: a row each in job, run, recovery_point and event."""
    path = os.path.join(folder, "history.sqlite")
    database = sqlite3.connect(path, isolation_level=None)
    with open(schema) as text:
        database.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + text.read())
    newest = int(time.time()) * 1000 - 86_400_000
    database.executescript(f"""
        PRAGMA user_version = 1;
        BEGIN;
        CREATE TEMP TABLE n AS
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250000)
            SELECT i, 'target-' || (i % 10000) AS target,
                   {newest} - 86400000 * ((250000 - i) / 10000) AS at,
                   printf('hf-%010d-20250101T000000Z', i) AS token FROM n;
        INSERT INTO job (id, kind, cause, policy, target, provider, opens, closes, start_before,
                state, not_before, attempt, created_at, ended_at)
            SELECT i, 'backup', 'schedule', 'policy-0', target, 'disk', at, at + 14400000,
                at + 14400000, 'succeeded', at, 1, at, at + 5000 FROM n;
        INSERT INTO run (id, job, attempt, token, state, started_at, ended_at)
            SELECT i, i, 1, token, 'succeeded', at, at + 5000 FROM n;
        INSERT INTO recovery_point (id, run, policy, target, provider, token, remote_id, taken_at,
                recorded_at, source_bytes, stored_bytes, entries, state)
            SELECT i, i, 'policy-0', target, 'disk', token, token, at, at + 5000, 2000000, 1000000,
                100, 'available' FROM n;
        INSERT INTO event (id, at, kind, actor, policy, target, job, token, detail, hash)
            SELECT i, at + 5000, 'backup.succeeded', 'scheduler', 'policy-0', target, i, token,
                '{{"bytes":1000000,"entries":100}}', randomblob(32) FROM n;
        COMMIT;
        PRAGMA wal_checkpoint(TRUNCATE);
    """)
    database.close()
    os.chmod(path, 0o600)


def make_past(folder, migrations):
    """1,000,000 backups of 10,000 assignments, the newest of today, in the order in which a daemon plans
    them: day by day, by the targets' names. A row each in job, run and recovery_point."""
    path = os.path.join(folder, "history.sqlite")
    database = sqlite3.connect(path, isolation_level=None)
    names = sorted(name for name in os.listdir(migrations) if name.endswith(".sql"))
    database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
    for name in names:
        with open(os.path.join(migrations, name)) as text:
            database.executescript(text.read())
    newest = int(time.time()) // 3600 * 3_600_000 - 3_600_000
    database.executescript(f"""
        PRAGMA user_version = {len(names)};
        BEGIN;
        CREATE TEMP TABLE name AS
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
            SELECT row_number() OVER (ORDER BY 'target-' || i) AS rank, 'target-' || i AS target
            FROM n;
        CREATE TEMP TABLE n AS
            WITH RECURSIVE day(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM day WHERE i < 99)
            SELECT i * 10000 + rank AS i, target, {newest} - 86400000 * (99 - i) AS at,
                   printf('hf-%010d-', i * 10000 + rank)
                       || strftime('%Y%m%dT%H%M%SZ', {newest} / 1000 - 86400 * (99 - i),
                                   'unixepoch') AS token
            FROM day CROSS JOIN name ORDER BY i * 10000 + rank;
        INSERT INTO assignment (policy, target, since)
            SELECT 'policy-0', target, 0 FROM name;
        INSERT INTO job (id, kind, cause, policy, target, provider, opens, closes, start_before,
                state, not_before, attempt, created_at, ended_at)
            SELECT i, 'backup', 'schedule', 'policy-0', target, 'disk', at, at + 14400000,
                at + 14400000, 'succeeded', at, 1, at, at + 5000 FROM n;
        INSERT INTO run (id, job, attempt, token, state, started_at, ended_at)
            SELECT i, i, 1, token, 'succeeded', at, at + 5000 FROM n;
        INSERT INTO recovery_point (id, run, policy, target, provider, origin, token, remote_id,
                taken_at, recorded_at, source_bytes, stored_bytes, entries, state)
            SELECT i, i, 'policy-0', target, 'disk', 'managed', token, token, at, at + 5000,
                2000000, 1000000, 100, 'available' FROM n;
        COMMIT;
        PRAGMA wal_checkpoint(TRUNCATE);
    """)
    database.close()


def timed_output(command):
    """How long a program takes, its peak of resident memory, and what it prints."""
    beginning = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    text = child.stdout.read()
    child.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    elapsed = time.monotonic() - beginning
    if child.returncode != 0:
        sys.exit(f"measure.py: {' '.join(command)} ended with {child.returncode}")
    return elapsed, usage.ru_maxrss * 1024, text


def gone(text):
    """The number of points that go, from the text of a plan."""
    return float(next(
        line for line in text.splitlines() if line.startswith("go ")).split()[1])


def main():
    parser = argparse.ArgumentParser()
    for name in ("scratch", "release", "schema", "filter"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    bench = Bench(options)
    names = ["planning", "windows", "queue", "retention", "plan", "directory", "idle", "start",
             "cloud", "pace"]
    chosen = [name for name in names if options.filter in name]
    if not chosen:
        sys.exit(f"measure.py: no figure has '{options.filter}' in its name: {', '.join(names)}")
    for name in chosen:
        getattr(bench, name)()
    if bench.table.over:
        print("\nover: " + "; ".join(bench.table.over))


if __name__ == "__main__":
    main()
