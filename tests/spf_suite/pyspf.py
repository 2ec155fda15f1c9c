"""Judges the cases of a JSON file with pyspf, on the records that stand beside each case."""

import json
import sys

import spf

zone = {}


def lookup(name, qtype, strict=True, timeout=None):
    owner = name.rstrip(".").lower()
    for rtype, value in zone.get(owner, []):
        if rtype == "TIMEOUT":
            if not any(t == qtype for t, _ in zone[owner]):
                raise spf.TempError("DNS timeout")
            continue
        if rtype not in (qtype, "CNAME"):
            continue
        if rtype == "TXT":
            value = (value.encode(),)
        elif rtype == "MX":
            value = (10, value)
        yield ((name, rtype), value)


spf.DNSLookup = lookup
answers = []
for case in json.load(open(sys.argv[1])):
    zone = case["zone"]
    query = spf.query(case["ip"], case["mail_from"], case["helo"], receiver="receiver.example", strict=1)
    query.set_default_explanation("DEFAULT")
    result, _, text = query.check()
    answers.append([result, text])
json.dump(answers, sys.stdout)
