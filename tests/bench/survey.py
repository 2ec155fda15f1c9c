"""A mailbox of many signed messages, every class known: right, how fast, in how much memory, and beside others.

usage: survey.py MAILPROOF [MESSAGES [PEER_MESSAGES]] [--rounds N]

Makes the messages (RSA of 1024 and 2048 bits, Ed25519, forged, unsigned) and serves their DNS from a Knot on loopback.

First it surveys a few (PEER_MESSAGES), a fifth and all of them: time, rate and memory of the whole process.

Then it goes N rounds (5) over the few, the programs by turns within each, and prints medians in two comparisons:

- "from the name server": each program asks that Knot by the way that it has for it: mailproof its resolver, dkimpy
  its dnspython, mailauth node's own resolver, each as it comes, with whatever it keeps of the answers or not.
- "from memory": nobody asks over a network. dkimpy and mailauth have the answers in a table in their own process;
  mailproof reads them from the zone file (--zone-file), and reading it is part of its time.

mailproof does SPF, DKIM and DMARC and counts, and its time is that of its whole process, from start to end, reading
the messages among it. dkimpy does DKIM alone; mailauth does SPF, DKIM and DMARC; the time of both begins when their
process runs, their modules are loaded and the messages are in memory. Every class and every number of signatures that
verify is held against what was made; about speed this prints and never judges.

Needs knotd (Debian: knot) and the Python packages cryptography and dkimpy; node and mailauth for that part.
"""

import argparse
import base64
import hashlib
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

KINDS = ["all", "all", "spf_dkim", "all", "dkim_only", "spf_only", "all", "spf_dkim", "dmarc_by_one", "none"]
GOOD, BAD = "192.0.2.1", "203.0.113.66"


class Key:
    def __init__(self, kind):
        self.kind = kind
        if kind == "ed25519":
            self.key = ed25519.Ed25519PrivateKey.generate()
            octets = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            self.algorithm, tag = "ed25519-sha256", "ed25519"
        else:
            self.key = rsa.generate_private_key(65537, int(kind[3:]))
            octets = self.key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            self.algorithm, tag = "rsa-sha256", "rsa"
        self.record = f"v=DKIM1; k={tag}; p={base64.b64encode(octets).decode()}"

    def sign(self, octets):
        if self.kind == "ed25519":
            return self.key.sign(hashlib.sha256(octets).digest())
        return self.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())


def compose(sender, number, size):
    body = f"Hello, this is message {number}.\r\n" + "The quick brown fox jumps over the lazy dog, again.\r\n" * size
    head = [
        ("From", f"News <news@{sender}>"),
        ("To", "reader@home.test"),
        ("Subject", f"Message {number} of {sender}"),
        ("Date", "Thu, 15 Jan 2026 08:00:00 +0000"),
        ("Message-ID", f"<{number}@{sender}>"),
    ]
    return head, body


def signed(domain, key, head, body):
    bh = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    names = ":".join(name.lower() for name, _ in head)
    value = f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={domain}; s=s; t=1768464000; h={names}; bh={bh}; b="
    octets = "".join(f"{name.lower()}:{text}\r\n" for name, text in head) + f"dkim-signature:{value}"
    return ("DKIM-Signature", value + base64.b64encode(key.sign(octets.encode())).decode())


def message(number, senders, rng):
    """One message: octets, client, envelope sender, sender, class, whether its signature verifies."""
    sender = senders[min(int(rng.expovariate(1 / 40)), len(senders) - 1)]
    name, kind, spf, key, policy = sender
    head, body = compose(name, number, rng.choice([3, 20, 60, 200]))
    forged = rng.random() < 0.1
    ip, path, fields = GOOD, f"bounce@{name}", []
    if forged:
        ip, path = BAD, "x@liar.test"
        if key and rng.random() < 0.5:
            fields = [signed(name, key, head, body)]
            body += "and buy this\r\n"
    elif key:
        fields = [signed(name, key, head, body)]
    if not forged:
        wanted = kind
    elif policy:
        wanted = "forged"
    else:
        wanted = "none"
    when = f"{1 + number % 28} {['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'][number % 6]} 2026 08:00:00 +0000"
    trace = [
        ("Return-Path", f"<{path}>"),
        ("Received", f"from client.test (client.test [{ip}]) by mx.home.test (Postfix) with ESMTPS id {number}; {when}"),
    ]
    text = "".join(f"{n}: {v}\r\n" for n, v in trace + fields + head) + "\r\n" + body
    return text.encode(), ip, path, name, wanted, bool(key) and not forged


def senders(count):
    keys = {kind: [Key(kind) for _ in range(4)] for kind in ("rsa1024", "rsa2048", "ed25519")}
    out, records = [], {"liar.test": "v=spf1 -all"}
    for i in range(count):
        name = f"sender{i}.test"
        kind = KINDS[i % len(KINDS)]
        spf = kind in ("all", "spf_dkim", "spf_only")
        key = None
        if kind in ("all", "spf_dkim", "dkim_only", "dmarc_by_one"):
            key = keys[["rsa2048", "rsa2048", "ed25519", "rsa1024"][i % 4]][i % 3]
            records[f"s._domainkey.{name}"] = key.record
        policy = kind in ("all", "dmarc_by_one")
        if policy:
            records[f"_dmarc.{name}"] = f"v=DMARC1; p={['none', 'quarantine', 'reject'][i % 3]}"
        if spf:
            records[name] = f"v=spf1 ip4:{GOOD} -all"
        out.append((name, kind, spf, key, policy))
    return out, records


def serve(records, folder):
    """A Knot on loopback with the zone of all senders, so that their records are as near as a resolver's are."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with open(os.path.join(folder, "test.zone"), "w") as zone:
        zone.write("$ORIGIN test.\n$TTL 300\n@ IN SOA ns.test. hostmaster.test. 1 3600 900 604800 300\n@ IN NS ns.test.\n")
        for name, text in records.items():
            strings = " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))
            zone.write(f"{name}. IN TXT {strings}\n")
    config = os.path.join(folder, "knot.conf")
    with open(config, "w") as out:
        out.write(
            f"server:\n  listen: 127.0.0.1@{port}\n  rundir: {folder}\n  udp-workers: 1\n  tcp-workers: 1\n"
            f"  background-workers: 1\ndatabase:\n  storage: {folder}\nlog:\n  - target: stderr\n    any: error\n"
            f"zone:\n  - domain: test\n    storage: {folder}\n    file: test.zone\n    zonefile-sync: -1\n"
            f"    journal-content: none\n"
        )
    knot = subprocess.Popen(["knotd", "-c", config], stderr=subprocess.DEVNULL)
    query = b"\x12\x34\0\0\0\1\0\0\0\0\0\0\4test\0\0\6\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        for _ in range(200):
            asking.sendto(query, ("127.0.0.1", port))
            try:
                if asking.recv(512)[3] & 15 == 0:
                    return knot, f"127.0.0.1:{port}"
            except (TimeoutError, ConnectionError):
                time.sleep(0.1)
    knot.terminate()
    sys.exit("knotd does not answer")


def survey(program, answers, path):
    """The result, seconds, and the most memory in MiB. `answers` are the flags that say where DNS answers come from."""
    begin = time.monotonic()
    arguments = [program, "survey", *answers, "--border", "mx.home.test", "--format", "json", "-q", path]
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    text = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - begin
    assert status == 0, status
    return json.loads(text), seconds, usage.ru_maxrss / 1024


def check(result, wanted):
    got = {s["sender"]: {c: n for c, n in s["classes"].items() if n} for s in result["list"]}
    wrong = [(s, wanted.get(s), got.get(s)) for s in sorted(set(wanted) | set(got)) if wanted.get(s) != got.get(s)]
    assert not wrong, f"{len(wrong)} senders are counted wrong, such as {wrong[:3]}"


class Dkimpy:
    """dkimpy over the messages, in this process."""

    def __init__(self, messages, records, server):
        import dns.resolver

        self.messages, self.records = messages, records
        self.good = sum(m[5] for m in messages)
        # What dkim.get_txt asks: no cache, as dnspython's own default has none.
        resolver = dns.resolver.Resolver(configure=False)
        address, port = server.rsplit(":", 1)
        resolver.nameservers, resolver.port = [address], int(port)
        dns.resolver.default_resolver = resolver

    def asking(self):
        import dkim

        return self.timed(lambda octets: dkim.verify(octets))

    def from_memory(self):
        import dkim

        def answer(name, timeout=5):
            text = self.records.get(name.decode().rstrip(".").lower())
            return text.encode() if text else None

        return self.timed(lambda octets: dkim.verify(octets, dnsfunc=answer))

    def timed(self, verify):
        begin = time.monotonic()
        good = sum(verify(octets) for octets, *_ in self.messages)
        seconds = time.monotonic() - begin
        assert good == self.good, f"dkimpy: {good} signatures verify, {self.good} should"
        return seconds


MAILAUTH = """
import { authenticate } from 'mailauth';
import { readFileSync } from 'node:fs';
import { promises as dns } from 'node:dns';
const server = process.argv[2];
const list = JSON.parse(readFileSync('list.json')).map(m => ({ ...m, octets: readFileSync(m.path) }));
const records = JSON.parse(readFileSync('records.json'));
const asked = new dns.Resolver();
if (server) asked.setServers([server]);
const resolver = server ? (name, type) => asked.resolve(name, type) : async (name, type) => {
  const text = type === 'TXT' ? records[name.toLowerCase()] : undefined;
  if (!text) { const e = new Error('none'); e.code = 'ENOTFOUND'; throw e; }
  return [[text]];
};
let good = 0;
const begin = performance.now();
for (const m of list) {
  const options = { ip: m.ip, helo: 'client.test', sender: m.sender, mta: 'mx.home.test', resolver, disableArc: true, disableBimi: true };
  const { dkim } = await authenticate(m.octets, options);
  good += dkim.results.filter(r => r.status.result === 'pass').length;
}
console.log(JSON.stringify([(performance.now() - begin) / 1000, good]));
"""


class Mailauth:
    """mailauth over the messages, one after the other, in a node of its own each time."""

    def __init__(self, folder, messages, records, paths, server):
        self.at, self.server = os.path.join(folder, "node"), server
        self.good = sum(m[5] for m in messages)
        os.mkdir(self.at)
        self.keep("package.json", json.dumps({"type": "module"}))
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "mailauth"], cwd=self.at, check=True)
        self.keep("records.json", json.dumps(records))
        rows = [{"path": p, "ip": m[1], "sender": m[2]} for p, m in zip(paths, messages)]
        self.keep("list.json", json.dumps(rows))
        self.keep("run.mjs", MAILAUTH)

    def keep(self, name, text):
        with open(os.path.join(self.at, name), "w") as file:
            file.write(text)

    def asking(self):
        return self.timed([self.server])

    def from_memory(self):
        return self.timed([])

    def timed(self, arguments):
        run = ["node", "run.mjs", *arguments]
        out = subprocess.run(run, cwd=self.at, check=True, capture_output=True, text=True).stdout
        seconds, good = json.loads(out)
        assert good == self.good, f"mailauth: {good} signatures verify, {self.good} should"
        return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("messages", nargs="?", type=int, default=50_000)
    parser.add_argument("peer_messages", nargs="?", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    rng = random.Random(1)
    who, records = senders(700)
    with tempfile.TemporaryDirectory() as folder:
        knot, server = serve(records, folder)
        try:
            compare(args, server, folder, rng, who, records)
        finally:
            knot.terminate()
            knot.wait()


def compare(args, server, folder, rng, who, records):
    peers = args.peer_messages
    total = max(args.messages, peers)
    sample, paths = [], []
    parts = {"few": peers, "fifth": total // 5, "all": total}
    for part in parts:
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(folder, part, sub))
    wanted = {part: {} for part in parts}
    for number in range(total):
        made = message(number, who, rng)
        source = os.path.join(folder, "all", "cur", f"{number}.host:2,S")
        with open(source, "wb") as file:
            file.write(made[0])
        for part, size in parts.items():
            if number < size:
                if part != "all":
                    os.link(source, os.path.join(folder, part, "cur", f"{number}.host:2,S"))
                classes = wanted[part].setdefault(made[3], {})
                classes[made[4]] = classes.get(made[4], 0) + 1
        if number < peers:
            sample.append(made)
            paths.append(source)
    asking = ["--nameserver", server]
    for part, size in parts.items():
        result, seconds, mib = survey(args.program, asking, os.path.join(folder, part))
        check(result, wanted[part])
        print(f"mailproof  {size:6} messages  {seconds:7.2f} s  {size / seconds:7.0f}/s  {mib:4.0f} MiB  every class right")

    def ours(answers):
        result, seconds, _ = survey(args.program, answers, os.path.join(folder, "few"))
        check(result, wanted["few"])
        return seconds

    dkimpy = Dkimpy(sample, records, server)
    mailauth = Mailauth(folder, sample, records, paths, server) if shutil.which("npm") else None
    zone = ["--zone-file", os.path.join(folder, "test.zone")]
    comparisons = {
        "from the name server": {"mailproof": lambda: ours(asking), "dkimpy": dkimpy.asking},
        "from memory": {"mailproof": lambda: ours(zone), "dkimpy": dkimpy.from_memory},
    }
    if mailauth:
        comparisons["from the name server"]["mailauth"] = mailauth.asking
        comparisons["from memory"]["mailauth"] = mailauth.from_memory
    took = {(title, name): [] for title, programs in comparisons.items() for name in programs}
    for _ in range(args.rounds):
        for title, programs in comparisons.items():
            for name, run in programs.items():
                took[title, name].append(run())
    for title, programs in comparisons.items():
        print(f"{peers} messages, answers {title}, medians of {args.rounds} rounds:")
        for name in programs:
            seconds = statistics.median(took[title, name])
            # Each round for itself: what slows the machine down slows all of it.
            times = statistics.median(t / o for t, o in zip(took[title, name], took[title, "mailproof"]))
            print(f"  {name:10} {seconds:7.3f} s  {peers / seconds:7.0f}/s  {times:6.1f} times mailproof's time")


if __name__ == "__main__":
    main()
