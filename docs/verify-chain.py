#!/usr/bin/env python3
"""Recomputes the audit chain of a Holdfast history file, using nothing of Holdfast.

usage: verify-chain.py HISTORY.sqlite     exit 0: whole; 1: broken; 2: it can't be read"""
import hashlib, json, pathlib, sqlite3, sys

COLUMNS = ["actor", "at", "detail", "id", "job", "kind", "policy", "target", "token"]
if len(sys.argv) != 2:
    sys.exit(print(__doc__, file=sys.stderr) or 2)
head, count = bytes(32), 0  # before the first entry: 32 zero bytes
try:
    uri = pathlib.Path(sys.argv[1]).absolute().as_uri() + "?mode=ro"
    for *values, stored in sqlite3.connect(uri, uri=True).execute(
            f"SELECT {', '.join(COLUMNS)}, hash FROM event ORDER BY id"):
        count += 1
        entry = dict(zip(COLUMNS, values))  # 'detail' is canonical JSON already
        members = (f'"{key}":' + (value if key == "detail" else json.dumps(value, ensure_ascii=False))
                   for key, value in entry.items())
        head = hashlib.sha256(head + ("{" + ",".join(members) + "}").encode()).digest()
        if entry["id"] != count or head != stored:
            sys.exit(print(f"broken at entry {entry['id']}, number {count} of the file") or 1)
except sqlite3.Error as error:
    sys.exit(print(f"{sys.argv[1]} can't be read: {error}", file=sys.stderr) or 2)
print(f"{count} entries, head {head.hex()}")
