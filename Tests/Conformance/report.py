"""Prints what the records of the proxy say; ends with 1 when anything broke the specification."""

import argparse
import json
import sys
from collections import Counter, defaultdict

from judge import Document


def read(files):
    lines = []
    for file in files:
        with open(file, encoding="utf-8") as stream:
            lines += [json.loads(line) for line in stream if line.strip()]
    return lines


def statuses(lines):
    """'200 ×3', faults that were ordered and connections that broke beside them."""
    counts = Counter()
    for line in lines:
        text = str(line["status"] or "none")
        if line["fault"]:
            text += " (fault)"
        elif line["broken"]:
            text += " (broken)"
        counts[text] += 1
    return ", ".join(f"{text} x{count}" for text, count in sorted(counts.items()))


def table(rows):
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [
            str(cell).rjust(width) if isinstance(cell, int) else str(cell).ljust(width)
            for cell, width in zip(row, widths)]
        print("  " + "  ".join(cells).rstrip())


def never_seen(document, grouped):
    for name, operation in document.operations.items():
        if name not in grouped:
            yield f"{name}: never called"
            continue
        seen = {
            operation.documented(line["status"]) for line in grouped[name]
            if line["status"] and not line["fault"]}
        missing = [key for key in operation.responses if key not in seen and key != "default"]
        if missing:
            yield f"{name}: never answered {', '.join(missing)}"


def report(title, document, lines):
    grouped = defaultdict(list)
    for line in lines:
        unknown = f"{line['method']} {line['path'] or '(unknown path)'}"
        grouped[line["operation"] or unknown].append(line)
    print(f"\n{title}: {len(lines)} exchanges, {len(grouped)} operations")
    rows = [("operation", "exchanges", "request", "response", "statuses")]
    for name in sorted(grouped):
        found = grouped[name]
        rows.append((
            name, len(found), sum(bool(line["request_violations"]) for line in found),
            sum(bool(line["response_violations"]) for line in found), statuses(found)))
    table(rows)

    violations = Counter()
    for name, found in grouped.items():
        for line in found:
            for side in ("request", "response"):
                for text in line[f"{side}_violations"]:
                    at = f" {line['status']}" if side == "response" else ""
                    violations[f"{side} {name}{at}: {text}"] += 1
    if violations:
        print("\n  violations:")
        for text, count in sorted(violations.items()):
            print(f"    {text} (x{count})")
    notes = [
        (sum(line["malformed"] for line in lines), "requests were malformed on purpose"),
        (sum(bool(line["fault"]) for line in lines), "responses were faults on order"),
        (sum(bool(line["broken"]) for line in lines), "exchanges broke off"),
    ]
    for count, words in notes:
        if count:
            print(f"  {count} {words}: not judged on that side")
    gaps = list(never_seen(document, grouped))
    if gaps:
        print("\n  in the specification, not seen:")
        for text in gaps:
            print(f"    {text}")
    return bool(violations)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--title", default="exchanges")
    parser.add_argument("records", nargs="+", help="files that proxy.py wrote")
    arguments = parser.parse_args()
    lines = read(arguments.records)
    is_broken = report(arguments.title, Document(arguments.spec), lines)
    if not lines:
        print("  nothing was sent through the proxy, so nothing was checked")
    return 1 if is_broken or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
