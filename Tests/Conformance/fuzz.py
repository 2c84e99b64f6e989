"""Sends schemathesis' generated requests, right and wrong ones, to a simulated cloud.

Whatever is asked, the answer has to be one that the specification describes and never a fault of
the server. Ends with 1 when a check failed, and when hardly any request got past the door.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from credentials import Credentials
from judge import Document

HERE = Path(__file__).resolve().parent
CONFIG = """
hooks = "fuzz_hooks"
[cache]
enabled = false
[checks]
enabled = false
not_a_server_error.enabled = true
status_code_conformance.enabled = true
response_schema_conformance.enabled = true
content_type_conformance.enabled = true
[phases.coverage]
unexpected-methods = ["GET", "PUT", "POST", "DELETE", "PATCH"]
"""
TURNED_AWAY = (401, 429)  # answers that say nothing about the operation
TURNED_AWAY_MAX = 0.5


def exemptions(document):
    """Operations that have no other words for a wrong request than a status of a server's fault."""
    blunt = sorted(
        operation.id for operation in document.operations.values()
        if any(key.startswith("5") for key in operation.responses)
        and not any(key.startswith("4") or key == "default" for key in operation.responses))
    return "".join(
        f"[[operations]]\ninclude-operation-id = {json.dumps(name)}\n"
        "checks.not_a_server_error.enabled = false\n" for name in blunt)


def base_url(url, document, credentials):
    """The URL with the path that the specification's server has, when the simulator wants it."""
    if urlsplit(url).path.strip("/") or not document.prefix:
        return url.rstrip("/")
    for template in document.templates:
        if "{" not in template and f"GET {template}" in document.operations:
            longer = url.rstrip("/") + document.prefix
            request = urllib.request.Request(longer + template, headers=credentials.headers())
            try:
                urllib.request.urlopen(request, timeout=10).close()
            except urllib.error.HTTPError as answer:
                return url.rstrip("/") if answer.code == 404 else longer
            return longer
    return url.rstrip("/")


def command(arguments, url, config):
    program = Path(sys.executable).parent / "schemathesis"
    words = [
        str(program), "--config-file", config, "run", arguments.spec, "--url", url,
        "--phases", arguments.phases, "--mode", "all",
        "--max-examples", str(arguments.max_examples), "--seed", str(arguments.seed),
        "--generation-database", "none", "--workers", "1",
        "--generation-with-security-parameters", "false", "--request-timeout", "10",
        "--suppress-health-check", "all", "--continue-on-failure", "--warnings", "off",
        "--no-color",
    ]
    for expression in arguments.include_path_regex:
        words += ["--include-path-regex", expression]
    return words


def summary(file):
    """Prints what was answered; tells whether enough requests were let in to mean anything."""
    counts = Counter()
    with open(file, encoding="utf-8") as stream:
        for _, status, count in json.load(stream):
            counts[status] += count
    total = sum(counts.values())
    print("fuzz: " + str(total) + " requests answered: "
          + ", ".join(f"{status} x{count}" for status, count in sorted(counts.items())))
    away = sum(counts[status] for status in TURNED_AWAY)
    if not total or away > total * TURNED_AWAY_MAX:
        print(f"fuzz: {away} of {total} requests were turned away; the operations behind the door"
              " were hardly tried", file=sys.stderr)
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument(
        "--max-examples", type=int, default=30, help="of an operation (%(default)s)")
    parser.add_argument("--seed", type=int, default=20260114)
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    parser.add_argument("--time-limit", type=int, default=115, help="seconds (%(default)s)")
    parser.add_argument("--include-path-regex", action="append", default=[])
    parser.add_argument(
        "--credentials", default=os.environ.get("HOLDFAST_FUZZ_CREDENTIALS", "{}"),
        help="the JSON that the simulator printed; default: $HOLDFAST_FUZZ_CREDENTIALS")
    arguments = parser.parse_args()
    values = json.loads(arguments.credentials)
    document = Document(arguments.spec)
    url = base_url(arguments.url, document, Credentials(values, arguments.url))
    with tempfile.TemporaryDirectory(prefix="holdfast-fuzz.") as scratch:
        config, answers = Path(scratch) / "schemathesis.toml", Path(scratch) / "answers.json"
        config.write_text(CONFIG + exemptions(document), encoding="utf-8")
        environment = os.environ | {
            "PYTHONPATH": str(HERE), "HOLDFAST_FUZZ_CREDENTIALS": json.dumps(values),
            "HOLDFAST_FUZZ_URL": url, "HOLDFAST_FUZZ_ANSWERS": str(answers),
        }
        try:
            status = subprocess.run(
                command(arguments, url, str(config)), cwd=scratch, env=environment,
                timeout=arguments.time_limit, check=False).returncode
        except subprocess.TimeoutExpired:
            print(f"fuzz: not finished after {arguments.time_limit} s", file=sys.stderr)
            return 1
        is_telling = answers.exists() and summary(answers)
    return 0 if status == 0 and is_telling else 1


if __name__ == "__main__":
    sys.exit(main())
