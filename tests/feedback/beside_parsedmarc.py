"""Each report of the files named on standard input in one line, as parsedmarc reads it. Asks nobody anything."""

import logging
import socket
import sys
import warnings


def refused(*_args, **_kwargs):
    raise OSError("this test asks nobody")


socket.socket.connect = refused
socket.getaddrinfo = refused
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

try:
    import parsedmarc
except ImportError:
    sys.exit(3)

for line in sys.stdin:
    path = line.rstrip("\n")
    try:
        parsed = parsedmarc.parse_report_file(path, offline=True)
    except Exception as error:  # whatever it raises, the report counts as refused
        print(f"{path}\t! {type(error).__name__}")
        continue
    report, kind = parsed["report"], parsed["report_type"]
    if kind == "aggregate":
        meta, rows = report["report_metadata"], report["records"]
        messages = sum(row["count"] for row in rows)
        passing = sum(row["count"] for row in rows if row["alignment"]["dmarc"])
        told = f"aggregate|{meta['org_name']}|{meta['report_id']}|{len(rows)}|{messages}|{passing}"
    elif kind == "failure":
        told = f"failure|{report['source']['ip_address']}|{report['reported_domain']}|{','.join(report['auth_failure'])}"
    else:
        policies = ",".join(
            f"{p['policy_domain']} {p['policy_type']} {p['successful_session_count']} {p['failed_session_count']}"
            for p in report["policies"]
        )
        told = f"tls|{report['organization_name']}|{report['report_id']}|{policies}"
    print(f"{path}\t{told}")
