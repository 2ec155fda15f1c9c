"""A mailbox of many signed messages, every class known: right, how fast, in how much memory, and beside others.

usage: survey.py MAILPROOF [MESSAGES [PEER_MESSAGES]]

Makes the messages (RSA of 1024 and 2048 bits, Ed25519, forged, unsigned), serves their DNS from a Knot on loopback,
surveys a few, a fifth and all of them, and verifies PEER_MESSAGES of them with dkimpy (DKIM alone) and with mailauth
(SPF, DKIM, DMARC), both with DNS answers at hand in their own process. Our time is that of the whole process;
theirs is without starting and reading. Needs knotd (Debian: knot) and the Python packages cryptography and dkimpy; node
and mailauth for that part.
"""

import base64
import hashlib
import json
import os
import random
import shutil
import socket
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
    """One message: octets, client, envelope sender, sender, class."""
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
    return text.encode(), ip, path, name, wanted


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
        zone.write("$TTL 300\n@ IN SOA ns.test. hostmaster.test. 1 3600 900 604800 300\n@ IN NS ns.test.\n")
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


def survey(program, server, path):
    """The result, seconds, and the most memory in MiB."""
    begin = time.monotonic()
    arguments = [program, "survey", "--nameserver", server, "--border", "mx.home.test", "--format", "json", "-q", path]
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


def beside_dkimpy(messages, records):
    import dkim

    def answer(name, timeout=5):
        text = records.get(name.decode().rstrip(".").lower())
        return text.encode() if text else None

    begin = time.monotonic()
    for octets, *_ in messages:
        dkim.verify(octets, dnsfunc=answer)
    return time.monotonic() - begin


MAILAUTH = """
import { authenticate } from 'mailauth';
import { readFileSync } from 'node:fs';
const records = JSON.parse(readFileSync('records.json'));
const list = JSON.parse(readFileSync('list.json')).map(m => ({ ...m, octets: readFileSync(m.path) }));
const resolver = async (name, type) => {
  const text = type === 'TXT' ? records[name.toLowerCase()] : undefined;
  if (!text) { const e = new Error('none'); e.code = 'ENOTFOUND'; throw e; }
  return [[text]];
};
const begin = performance.now();
for (const m of list) {
  await authenticate(m.octets, { ip: m.ip, helo: 'client.test', sender: m.sender, mta: 'mx.home.test', resolver, disableArc: true, disableBimi: true });
}
console.log((performance.now() - begin) / 1000);
"""


def beside_mailauth(folder, messages, records, paths):
    if not shutil.which("npm"):
        return None
    at = os.path.join(folder, "node")
    os.mkdir(at)
    json.dump({"type": "module"}, open(os.path.join(at, "package.json"), "w"))
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "mailauth"], cwd=at, check=True)
    json.dump(records, open(os.path.join(at, "records.json"), "w"))
    rows = [{"path": p, "ip": m[1], "sender": m[2]} for p, m in zip(paths, messages)]
    json.dump(rows, open(os.path.join(at, "list.json"), "w"))
    open(os.path.join(at, "run.mjs"), "w").write(MAILAUTH)
    return float(subprocess.run(["node", "run.mjs"], cwd=at, check=True, capture_output=True, text=True).stdout)


def main():
    program = sys.argv[1]
    total = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
    peers = int(sys.argv[3]) if len(sys.argv) > 3 else 2_000
    rng = random.Random(1)
    who, records = senders(700)
    with tempfile.TemporaryDirectory() as folder:
        knot, server = serve(records, folder)
        try:
            compare(program, server, folder, rng, who, records, total, peers)
        finally:
            knot.terminate()
            knot.wait()


def compare(program, server, folder, rng, who, records, total, peers):
    counts, sample, paths = {}, [], []
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
    ours = None
    for part, size in parts.items():
        result, seconds, mib = survey(program, server, os.path.join(folder, part))
        check(result, wanted[part])
        print(f"mailproof  {size:6} messages  {seconds:7.2f} s  {size / seconds:7.0f}/s  {mib:4.0f} MiB  every class right")
        ours = ours or seconds
    theirs = {"dkimpy": beside_dkimpy(sample, records), "mailauth": beside_mailauth(folder, sample, records, paths)}
    for name, seconds in theirs.items():
        if seconds:
            print(f"{name:10} {peers:6} messages  {seconds:7.2f} s  {peers / seconds:7.0f}/s  {seconds / ours:.1f} times ours")


main()
