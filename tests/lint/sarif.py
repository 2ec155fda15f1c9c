"""Holds SARIF logs against the schema: a list of logs on standard input, the complaints about each on standard output."""

import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft4Validator.check_schema(schema)
validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
out = []
for log in json.load(sys.stdin):
    out.append([f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(log)])
json.dump(out, sys.stdout)
