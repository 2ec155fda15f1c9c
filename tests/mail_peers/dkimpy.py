import base64, json, sys

try:
    import dkim
    import nacl  # noqa: F401
except ImportError:
    sys.exit(77)


def verify(job):
    message = base64.b64decode(job["message"])
    records = job["records"]

    def answer(name, timeout=5):
        text = records.get(name.decode() if isinstance(name, bytes) else name)
        return text.encode() if text is not None else None

    checker = dkim.DKIM(message)
    count = sum(1 for name, _ in checker.headers if name.lower() == b"dkim-signature")
    results = []
    for index in range(count):
        try:
            results.append(bool(dkim.DKIM(message).verify(idx=index, dnsfunc=answer)))
        except Exception as e:
            results.append(type(e).__name__)
    return results


def sign(job):
    message = base64.b64decode(job["message"])
    header, body = job["form"].encode().split(b"/")
    field = dkim.sign(
        message,
        job["selector"].encode(),
        job.get("domain", "mp.example").encode(),
        job["key"].encode(),
        canonicalize=(header, body),
        signature_algorithm=job["algorithm"].encode(),
        length=job["length"],
    )
    return base64.b64encode(field + message).decode()


print(json.dumps([verify(job) if job["do"] == "verify" else sign(job) for job in json.load(sys.stdin)]))
