"""What schemathesis loads: credentials for each request, streams as bodies, a count of answers."""

import atexit
import json
import os
from collections import Counter

import schemathesis

from credentials import Credentials
from judge import stream_objects

credentials = Credentials(
    json.loads(os.environ["HOLDFAST_FUZZ_CREDENTIALS"]), os.environ["HOLDFAST_FUZZ_URL"])
answers = Counter()


@schemathesis.hook
def before_call(context, case, kwargs):
    if not case.path.endswith("/token"):
        case.headers.update(credentials.headers())


@schemathesis.hook
def after_call(context, case, response):
    answers[f"{case.method.upper()} {case.path}", response.status_code] += 1
    if response.status_code == 401 and not case.path.endswith("/token"):
        credentials.forget()
    # A stream holds many objects and is no JSON document; the check of bodies is given the last
    # object, the proxy judges them all.
    if case.path.endswith("/streamed") and response.status_code == 200:
        objects, has_rest = stream_objects(response.content)
        if objects and not has_rest:
            response.content = objects[-1]
            response.clear_cache()


@atexit.register
def write_answers():
    with open(os.environ["HOLDFAST_FUZZ_ANSWERS"], "w", encoding="utf-8") as file:
        json.dump([[name, status, count] for (name, status), count in answers.items()], file)
