"""Judges one exchange by an OpenAPI 3.0 document, in words that hold no secret."""

import copy
import gzip
import json
import re
import zlib
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml
from openapi_core import OpenAPI
from openapi_core.casting.schemas.exceptions import CastError
from openapi_core.datatypes import RequestParameters
from openapi_core.deserializing.exceptions import DeserializeError
from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.templating.security.exceptions import SecurityNotFound
from openapi_core.validation.request.exceptions import (
    MissingRequiredParameter,
    MissingRequiredRequestBody,
    RequestBodyValidationError,
)
from openapi_core.validation.request.validators import V30RequestValidator
from openapi_core.validation.response.exceptions import MissingData, MissingRequiredHeader
from openapi_core.validation.response.validators import V30ResponseValidator
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import Headers, ImmutableMultiDict

HOST = "http://conformance.invalid"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# A value below a key like this is never shown, in whatever direction it went.
SENSITIVE = re.compile(r"pass|token|secret|auth|credential|sso|cookie|key", re.IGNORECASE)

# What a body made of many JSON objects may call itself, since the vendor does not say.
STREAM_TYPES = {
    "application/json", "application/x-ndjson", "application/ndjson", "application/json-seq",
    "text/event-stream",
}


class Operation:
    """One method of one path template."""

    def __init__(self, template, method, item, resolve):
        body = item[method]
        self.template = template
        self.method = method.upper()
        self.id = body.get("operationId", f"{self.method} {template}")
        # Bodies of these are full of secrets: nothing of them is repeated.
        self.is_secret = template.endswith("/token") or "sso" in template
        self.is_streamed = template.endswith("/streamed")
        self.responses = {str(k): resolve(v) for k, v in body.get("responses", {}).items()}
        parameters = [resolve(p) for p in item.get("parameters", []) + body.get("parameters", [])]
        self.query_names = {p["name"] for p in parameters if p["in"] == "query"}

    @property
    def name(self):
        return f"{self.method} {self.template}"

    def documented(self, status):
        """The key of the response that the document gives for a status, or None."""
        for key in (str(status), f"{str(status)[0]}XX", f"{str(status)[0]}xx"):
            if key in self.responses:
                return key
        # 'default' stands for errors; a success that is not written down is a mistake.
        return "default" if "default" in self.responses and status >= 400 else None


class WireRequest:
    """A request as it went over the wire, in the shape that openapi-core reads."""

    host_url = HOST

    def __init__(self, operation, variables, query, headers, body):
        self.method = operation.method.lower()
        self.path = self.path_pattern = operation.template
        self.body = body
        self.content_type = headers.get("content-type", "")
        self.parameters = RequestParameters(
            path=variables, query=ImmutableMultiDict(query), header=headers,
            cookie=ImmutableMultiDict())


class WireResponse:
    def __init__(self, status, headers, body, content_type=None):
        self.status_code = status
        self.headers = headers
        self.data = body
        self.content_type = content_type or headers.get("content-type", "")


class Document:
    """An OpenAPI document whose servers are left out: paths are compared, hosts are not."""

    def __init__(self, file):
        with open(file, encoding="utf-8") as stream:
            self.document = yaml.safe_load(stream)
        servers = self.document.get("servers") or [{"url": "/"}]
        self.prefix = urlsplit(servers[0]["url"]).path.rstrip("/")
        self.operations = {}
        for template, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = Operation(template, method, item, self.resolve)
                    self.operations[operation.name] = operation
        # The template with more fixed segments is asked first.
        self.templates = sorted(
            self.document["paths"], key=lambda t: (t.count("{"), -len(t)))
        self.patterns = [
            (t, re.compile(re.sub(r"\\{([^}]+)\\}", r"(?P<\1>[^/]+)", re.escape(t)) + r"\Z"))
            for t in self.templates]

    def resolve(self, thing):
        while isinstance(thing, dict) and "$ref" in thing:
            found = self.document
            for part in thing["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            thing = found
        return thing

    def match(self, path):
        """The template of a path and the values in it; (None, {}) when it is not in there."""
        candidates = [path]
        if self.prefix and path.startswith(self.prefix + "/"):
            candidates.insert(0, path[len(self.prefix):])
        for candidate in candidates:
            for template, pattern in self.patterns:
                found = pattern.match(candidate)
                if found:
                    return template, {k: unquote(v) for k, v in found.groupdict().items()}
        return None, {}


class Judge:
    """Compares exchanges with a document.

    `required_headers` are names that every success has to carry if the document gives them for it:
    OpenAPI calls response headers optional unless told otherwise, the vendors' prose does not.
    """

    def __init__(self, document, required_headers=()):
        self.document = document
        self.required_headers = {name.lower() for name in required_headers}
        bare = copy.deepcopy(document.document)
        bare["servers"] = [{"url": HOST}]
        for item in bare["paths"].values():
            item.pop("servers", None)
            for method in METHODS:
                item.get(method, {}).pop("servers", None)
        spec = OpenAPI.from_dict(bare).spec
        # A field that a request has and the document has not is a misspelling until shown
        # otherwise; a response of a trimmed document may well say more.
        self.requests = V30RequestValidator(spec, forbid_unspecified_additional_properties=True)
        self.responses = V30ResponseValidator(spec)

    def find(self, method, target):
        """The operation that a request line means, with template and values: may be None."""
        template, variables = self.document.match(urlsplit(target).path)
        return self.document.operations.get(f"{method} {template}"), template, variables

    def request_violations(self, method, target, header_pairs, body):
        operation, template, variables = self.find(method, target)
        if template is None:
            return ["path: not in the specification"]
        if operation is None:
            return [f"method: {method} is not specified for this path"]
        query = parse_qsl(urlsplit(target).query, keep_blank_values=True)
        request = WireRequest(operation, variables, query, Headers(header_pairs), body)
        problems = [
            f"query {name}: not in the specification"
            for name, _ in query if name not in operation.query_names]
        if body and "requestBody" not in self.document.document["paths"][template][method.lower()]:
            problems.append("body: there is one where the specification has none")
        for error in self.requests.iter_errors(request):
            problems += describe(error, operation)
        problems += self.form_violations(request, template)
        return unique(problems)

    def form_violations(self, request, template):
        """Fields of a form that are not in the document: openapi-core drops them unseen."""
        media_type = request.content_type.split(";")[0].strip().lower()
        item = self.document.document["paths"][template][request.method]
        content = item.get("requestBody", {}).get("content", {})
        if media_type != "application/x-www-form-urlencoded" or media_type not in content:
            return []
        known = self.document.resolve(content[media_type]["schema"]).get("properties", {})
        names = [n for n, _ in parse_qsl(request.body.decode("latin-1"), keep_blank_values=True)]
        return [f"body $.{name}: not in the specification" for name in names if name not in known]

    def response_violations(self, method, target, status, header_pairs, body):
        """What is wrong with a response to a request whose operation is in the document."""
        operation, _, variables = self.find(method, target)
        if operation is None:
            return []
        key = operation.documented(status)
        if key is None:
            return [f"status {status}: not in the specification"]
        headers = Headers(header_pairs)
        try:
            body = decoded(body, headers.get("content-encoding", ""))
        except (OSError, EOFError, zlib.error, ValueError):
            return ["body: does not match its content-encoding"]
        specified = operation.responses[key]
        problems = [
            f"header {name.lower()}: missing"
            for name in specified.get("headers", {})
            if status < 300 and name.lower() in self.required_headers and name not in headers]
        if body and not specified.get("content"):
            problems.append("body: there is one where the specification has none")
        request = WireRequest(operation, variables, [], Headers(), b"")
        if operation.is_streamed and status == 200:
            return unique(problems + self.stream_violations(request, operation, headers, body))
        for error in self.responses.iter_errors(request, WireResponse(status, headers, body)):
            problems += describe(error, operation)
        return unique(problems)

    def stream_violations(self, request, operation, headers, body):
        media_type = headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type not in STREAM_TYPES:
            return [f"content-type: {media_type or 'none'} is not one of a stream of JSON objects"]
        objects, rest = stream_objects(body)
        problems = [] if objects else ["body: a stream without any JSON object"]
        if rest:
            problems.append("body: a stream with something between its JSON objects")
        for raw in objects:
            response = WireResponse(200, headers, raw, "application/json")
            for error in self.responses.iter_errors(request, response):
                problems += describe(error, operation)
        return problems


def stream_objects(body):
    """The JSON objects of a stream of any framing, and whether anything else is left over."""
    objects, start, depth, quoted, escaped, between = [], 0, 0, False, False, bytearray()
    for index, byte in enumerate(body):
        if depth == 0 and byte != 0x7B:
            between.append(byte)
        elif quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte == 0x7B:
            start = index if depth == 0 else start
            depth += 1
        elif byte == 0x7D:
            depth -= 1
            if depth == 0:
                objects.append(body[start:index + 1])
    rest = re.sub(rb"(?m)^data:|[\s,\x1e]|\A\s*\[|\]\s*\Z", b"", bytes(between))
    return objects, bool(rest) or depth != 0


def decoded(body, encoding):
    encoding = encoding.strip().lower()
    if encoding in ("", "identity") or not body:
        return body
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    raise ValueError(encoding)


def unique(problems):
    return list(dict.fromkeys(problems))


def describe(error, operation):
    """One line for each thing that an exception of openapi-core stands for."""
    place = "body"
    if name := getattr(error, "name", None):
        place = f"{getattr(error, 'location', None) or 'header'} {name}"
    cause = error.__cause__ or error
    if isinstance(cause, InvalidSchemaValue):
        return [line for found in cause.schema_errors for line in explain(found, place, operation)]
    for kind, words in (
        (SecurityNotFound, "authorization: missing, or of a scheme that is not specified"),
        (MissingRequiredParameter, f"{place}: missing"),
        (MissingRequiredHeader, f"{place}: missing"),
        (MissingRequiredRequestBody, "body: missing"),
        (MissingData, "body: missing"),
        (CastError, f"{place}: is not of the specified type"),
        (DeserializeError, f"{place}: cannot be read as its media type"),
        (ResponseNotFound, "status: not in the specification"),
    ):
        if isinstance(cause, kind):
            return [words]
    if isinstance(cause, MediaTypeNotFound):
        wanted = ", ".join(sorted(cause.availableMimetypes))
        return [f"content-type: {cause.mimetype or 'none'}, specified is {wanted}"]
    kind = "request body" if isinstance(error, RequestBodyValidationError) else place
    return [f"{kind}: {type(cause).__name__}"]


def explain(error, place, operation):
    """Lines for an error of a JSON schema; list positions are left out, so that they add up."""
    if error.validator in ("anyOf", "oneOf") and error.context:
        meant = alternative_meant(error)
        if meant:
            return [line for inner in meant for line in explain(inner, place, operation)]
    path = "$" + "".join("[]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    where = f"{place} {path}" if place == "body" else place
    value, wanted = error.instance, error.validator_value
    if error.validator == "required":
        missing = [n for n in wanted if isinstance(value, dict) and n not in value]
        return [f"{where}: lacks {name}" for name in missing] or [f"{where}: lacks a field"]
    if error.validator in ("properties", "additionalProperties") and isinstance(value, dict):
        known = error.schema.get("properties", {})
        return [f"{where}.{name}: not in the specification" for name in value if name not in known]
    if error.validator in ("anyOf", "oneOf"):
        return [f"{where}: fits none of the specified alternatives"]
    if error.validator == "type":
        return [f"{where}: is {kind_of(value)}, specified is {wanted}"]
    if isinstance(value, (dict, list)):
        shown = kind_of(value)
    elif hides(error.absolute_path, place, operation):
        shown = "a value"
    else:
        shown = shorten(value)
    return [f"{where}: {shown} does not meet {error.validator} {shorten(wanted)}"]


def alternative_meant(error):
    """The errors of the alternative that was most likely meant; none when no one can tell."""
    branches = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    # A field like 'type' tells alternatives apart: one whose enum rules it out was not meant.
    for found in branches.values():
        if not any(inner.validator == "enum" and inner.path for inner in found):
            return found
    return []


def hides(path, place, operation):
    names = [place] + [part for part in path if isinstance(part, str)]
    return operation.is_secret or any(SENSITIVE.search(name) for name in names)


def kind_of(value):
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"),
                       (list, "array"), (dict, "object")):
        if isinstance(value, kind):
            return name
    return type(value).__name__


def shorten(value):
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = kind_of(value)
    return text if len(text) <= 70 else text[:67] + "..."
