#!/usr/bin/env python3
"""`check --domains` beside dnsperf and checkdmarc, on one Knot server on loopback that all three ask.

    cargo build --release
    python3 tests/bench/check_many.py [--domains 100000] [--binary target/release/mailproof]

Needs knotd and dnsperf (Debian: knot, dnsperf). checkdmarc is measured where `import checkdmarc` works; it is asked
for DNS alone, as mailproof is. It prints figures and never judges: machines are noisy, and the server, which takes its
share of the processors, runs on the same one.
"""

import argparse
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROVIDERS = 5
SELECTORS = 47  # what is asked for where `_domainkey` exists: the common selectors and a probe


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write_zone(path, count):
    """Four of five domains have DMARC, one of four a key, one of ten MTA-STS; all include one of five providers."""
    key = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"
    with open(path, "w") as out:
        out.write("$TTL 3600\n@ SOA ns.test. root.test. 1 3600 600 86400 300\n@ NS ns.test.\nns A 127.0.0.1\n")
        for p in range(PROVIDERS):
            out.write(f'_spf.p{p} TXT "v=spf1 ip4:192.0.2.{p} ip4:198.51.100.0/24 ~all"\nmx.p{p} A 192.0.2.{p}\n')
        for i in range(count):
            p = i % PROVIDERS
            out.write(f'd{i} TXT "v=spf1 include:_spf.p{p}.test ip4:203.0.113.7 -all"\nd{i} MX 10 mx.p{p}.test.\n')
            if i % 5:
                out.write(f'_dmarc.d{i} TXT "v=DMARC1; p=reject; rua=mailto:d@d{i}.test"\n')
            if i % 4 == 0:
                out.write(f'selector1._domainkey.d{i} TXT "v=DKIM1; k=rsa; p={key}"\n')
            if i % 10 == 0:
                out.write(f'_mta-sts.d{i} TXT "v=STSv1; id=1"\n')


def write_queries(path, count, selectors):
    """The same questions that the check asks."""
    with open(path, "w") as out:
        for p in range(PROVIDERS):
            out.write(f"_spf.p{p}.test TXT\n")
        for i in range(count):
            d = f"d{i}.test"
            for name in (d, f"_dmarc.{d}", f"_mta-sts.{d}", f"_smtp._tls.{d}", f"_domainkey.{d}"):
                out.write(f"{name} TXT\n")
            out.write(f"{d} MX\n")
            if i % 4 == 0:
                for s in range(selectors):
                    out.write(f"s{s}._domainkey.{d} TXT\n")


def start_knot(folder, port):
    config = os.path.join(folder, "knot.conf")
    with open(config, "w") as out:
        out.write(
            f"server:\n  listen: 127.0.0.1@{port}\n  rundir: {folder}\n  udp-workers: 1\n  tcp-workers: 1\n"
            f"  background-workers: 1\n"
            f"database:\n  storage: {folder}\nlog:\n  - target: stderr\n    any: error\n"
            f"template:\n  - id: default\n    storage: {folder}\n    zonefile-sync: -1\n    journal-content: none\n"
            f"zone:\n  - domain: test\n    file: test.zone\n"
        )
    knot = subprocess.Popen(["knotd", "-c", config], stderr=subprocess.DEVNULL)
    query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x02d0\x04test\x00\x00\x10\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for _ in range(600):
            s.sendto(query, ("127.0.0.1", port))
            try:
                if s.recv(512)[3] & 15 == 0:
                    return knot
            except (TimeoutError, ConnectionError):
                time.sleep(0.1)
    sys.exit("knotd does not answer")


def run_mailproof(binary, port, names, out, extra=()):
    """Seconds, seconds of processor time, peak resident set in MB, and what it says at the end."""
    command = [binary, "check", "--domains", names, "--format", "ndjson", "--no-smtp",
               "--nameserver", f"127.0.0.1:{port}", *extra]
    begin = time.monotonic()
    with open(out, "w") as results:
        child = subprocess.Popen(command, stdout=results, stderr=subprocess.PIPE, text=True)
        told = child.stderr.read()
        _, _, usage = os.wait4(child.pid, 0)
    worked = usage.ru_utime + usage.ru_stime
    return time.monotonic() - begin, worked, usage.ru_maxrss / 1024, told.strip().splitlines()[-1]


def run_dnsperf(port, queries):
    """Queries per second, and seconds of processor time."""
    child = subprocess.Popen(["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", queries, "-n", "1", "-e",
                              "-c", "4", "-q", "256"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    told = child.stdout.read()
    _, _, usage = os.wait4(child.pid, 0)
    return float(re.search(r"Queries per second:\s+([\d.]+)", told)[1]), usage.ru_utime + usage.ru_stime


def checkdmarc_seconds(port, names):
    try:
        import checkdmarc
        import dns.resolver
    except ImportError:
        return None
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port

    def only_here(self, _):
        # Parts of it make resolvers of their own from the system's configuration: they must not ask anybody else.
        self.nameservers, self.port = ["127.0.0.1"], port

    dns.resolver.Resolver.read_resolv_conf = only_here
    logging.disable(logging.CRITICAL)
    begin = time.monotonic()
    checkdmarc.check_domains(names, resolver=resolver)
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--domains", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--binary", default="target/release/mailproof")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        write_zone(path("test.zone"), args.domains)
        write_queries(path("queries"), args.domains, SELECTORS)
        with open(path("list"), "w") as out:
            out.writelines(f"d{i}.test\n" for i in range(args.domains))
        few = [f"d{i}.test" for i in range(200)]
        with open(path("few"), "w") as out:
            out.writelines(f"{d}\n" for d in few)
        port = free_port()
        knot = start_knot(folder, port)
        try:
            # In pairs: what else the machine does weighs on both alike. Processor time is nearly free of it.
            for _ in range(args.pairs):
                theirs, their_work = run_dnsperf(port, path("queries"))
                seconds, work, megabytes, told = run_mailproof(args.binary, port, path("list"), path("out"))
                ours = int(re.search(r"(\d+) messages", told)[1]) / seconds
                whole = sum(1 for line in open(path("out")) if json.loads(line)["domain"])
                print(f"load {os.getloadavg()[0]:.1f}; dnsperf: {theirs:.0f} queries/s, {their_work:.1f} s of processor time")
                print(f"mailproof: {whole} of {args.domains} domains in {seconds:.1f} s, {ours:.0f} messages/s "
                      f"({ours / theirs:.2f} of dnsperf), {work:.1f} s of processor time "
                      f"({work / their_work:.1f} times dnsperf's), {megabytes:.0f} MB\n  {told}")
            # Killed in the middle and taken up again.
            resume = ["--resume", path("resumed")]
            child = subprocess.Popen([args.binary, "check", "--domains", path("list"), "--format", "ndjson",
                                      "--nameserver", f"127.0.0.1:{port}", *resume], stderr=subprocess.DEVNULL)
            time.sleep(seconds / 3)
            child.send_signal(signal.SIGKILL)
            child.wait()
            before = sum(1 for _ in open(path("resumed")))
            run_mailproof(args.binary, port, path("list"), path("nothing"), resume)
            names = [json.loads(line)["domain"] for line in open(path("resumed"))]
            print(f"killed after {before}, taken up again: {len(names)} results, {len(set(names))} domains")
            # checkdmarc looks for no DKIM keys: measured with every common selector, and with one.
            best = {}
            for what, extra in (("common selectors", ()), ("one selector", ("--selector", "selector1"))):
                runs = [run_mailproof(args.binary, port, path("few"), path("out"), extra)[0] for _ in range(5)]
                best[what] = min(runs)
                print(f"200 domains: mailproof, {what}: {best[what]:.3f} s, {200 / best[what]:.0f}/s")
            slow = checkdmarc_seconds(port, few)
            if slow is None:
                print("checkdmarc is not installed: not measured")
            else:
                print(f"200 domains: checkdmarc, no DKIM: {slow:.1f} s, {200 / slow:.0f}/s")
                for what, seconds in best.items():
                    print(f"  mailproof, {what}: {slow / seconds:.0f} times the throughput")
        finally:
            knot.terminate()
            knot.wait()


if __name__ == "__main__":
    main()
