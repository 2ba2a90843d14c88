"""Deliveries whose signature is verified, from docs/spec/security.md, sections Signatures and Faults of a signature."""

import base64

from sign import AT_S, BODY, ID, secret, signature
from vectors import Vectors

KEY, OTHER, THIRD = secret(32), secret(32, 100), secret(32, 200)
NOW_MS = AT_S * 1000
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def good(key=KEY, message_id=ID, at_s=AT_S, body=BODY):
    return signature(key, message_id, at_s, body.encode() if isinstance(body, str) else body)


def vectors():
    v = Vectors("verify")

    def given(signatures, message_id=ID, at_s=AT_S, body=BODY, secrets=(KEY,), now_ms=NOW_MS):
        headers = {"webhook-id": message_id, "webhook-timestamp": str(at_s), "webhook-signature": signatures}
        raw = {"body": body} if isinstance(body, str) else {"bodyBase64": base64.b64encode(body).decode()}
        return {"secrets": list(secrets), "headers": headers, **raw, "nowMs": now_ms}

    def ok(requirements, title, request):
        return v.add(requirements, title, request, {"ok": True})

    def bad(requirements, title, twin, code, parts=None, headers=None, **changes):
        request = {**v.given(twin), **changes}
        for name, value in (headers or {}).items():
            request["headers"] = {n: w for n, w in {**request["headers"], name: value}.items() if w is not None}
        return v.add(requirements, title, request, {"refused": code}, twin, parts)

    plain = ok(["SEC-020"], "one signature that fits", given(good()))
    ok(["SEC-021"], "the first of two signatures fits", given(f"{good()} {good(OTHER)}"))
    second = ok(["SEC-021"], "the second of two signatures fits", given(f"{good(OTHER)} {good()}"))
    ok(["SEC-021"], "the second of two secrets fits", given(good(OTHER), secrets=(KEY, OTHER)))
    ok(["SEC-021"], "two secrets, two signatures, one pair that fits", given(f"{good(THIRD)} {good(OTHER)}",
                                                                              secrets=(KEY, OTHER)))
    unknown = ok(["SEC-051"], "a version that is not known beside one that fits", given(f"v2,{good()[3:]} {good()}"))
    ok(["SEC-051"], "another version that is not known behind one that fits", given(f"{good()} v1a,{good()[3:]}"))
    eight = " ".join([good(OTHER)] * 7 + [good()])
    most = ok(["SEC-050"], "8 signatures", given(eight))
    bytes_ = ok(["SEC-053"], "a body that is not UTF-8", given(good(body=b"\x00\xff\xfe"), body=b"\x00\xff\xfe"))
    ok(["SEC-053"], "no body", given(good(body=""), body=""))
    early = ok(["SEC-019"], "a timestamp 300 s ago", given(good(), now_ms=NOW_MS + 300_000))
    late = ok(["SEC-019"], "a timestamp 300 s ahead", given(good(), now_ms=NOW_MS - 300_000))

    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"]:
        bad(["SEC-020", "SEC-045"], f"no {name}", plain, "signature-missing", headers={name: None})
    invalid = ["SEC-020", "SEC-046"]
    bad(invalid, "another secret", plain, "signature-invalid", secrets=[OTHER])
    bad(invalid, "another id", plain, "signature-invalid", headers={"webhook-id": ID + "0"})
    bad(invalid, "another timestamp", plain, "signature-invalid", headers={"webhook-timestamp": str(AT_S + 1)})
    bad(invalid, "another body", plain, "signature-invalid", body=BODY.replace("7d1f", "7d1e"))
    bad([*invalid, "SEC-053"], "white space behind the body", plain, "signature-invalid", body=BODY + "\n")
    bad([*invalid, "SEC-053"], "white space within the body", plain, "signature-invalid", body=BODY.replace(",", ", ", 1))
    bad([*invalid, "SEC-053"], "other bytes that are no UTF-8 either", bytes_, "signature-invalid",
        bodyBase64=base64.b64encode(b"\x00\xff\xfd").decode())
    forged = bad(invalid, "a signature of another secret", plain, "signature-invalid",
                 headers={"webhook-signature": good(OTHER)})
    bad(invalid, "two signatures of which none fits", second, "signature-invalid",
        headers={"webhook-signature": f"{good(OTHER)} {good(THIRD)}"})
    bad([*invalid, "SEC-051"], "the signature under a version that is not known", plain, "signature-invalid",
        headers={"webhook-signature": "v2," + good()[3:]})
    bad([*invalid, "SEC-051"], "versions that are not known alone", unknown, "signature-invalid",
        headers={"webhook-signature": f"v2,{good()[3:]} v1a,{good()[3:]}"})
    bad(invalid, "the signature without its version", plain, "signature-invalid", headers={"webhook-signature": good()[3:]})
    text = [*invalid, "SEC-049"]
    last = good()[-2]
    twisted = good()[:-2] + ALPHABET[ALPHABET.index(last) ^ 1] + "="
    assert base64.b64decode(twisted[3:]) == base64.b64decode(good()[3:]) and twisted != good()
    bad(text, "another spelling of the same bytes", plain, "signature-invalid", headers={"webhook-signature": twisted})
    bad(text, "no padding", plain, "signature-invalid", headers={"webhook-signature": good()[:-1]})
    bad(text, "cut short", plain, "signature-invalid", headers={"webhook-signature": good()[:20]})
    bad(["SEC-050"], "9 signatures, the last fits", most, "signature-invalid",
        headers={"webhook-signature": f"{good(OTHER)} {eight}"})
    dotted = ok(["SEC-048"], "an id without a dot, and signatures for it and for the next", given(
        f"{good(message_id='dlv1')} {good(message_id='dlv.1')}", "dlv1"))
    bad(["SEC-048"], "an id with a dot, though a signature fits", dotted, "signature-invalid",
        headers={"webhook-id": "dlv.1"})
    stale = ["SEC-019", "SEC-047"]
    bad(stale, "a timestamp 301 s ago", early, "signature-stale", nowMs=NOW_MS + 301_000)
    bad(stale, "a timestamp 301 s ahead", late, "signature-stale", nowMs=NOW_MS - 301_000)
    later = bad(stale, "a timestamp a day ago", plain, "signature-stale", nowMs=NOW_MS + 86_400_000)
    bad(["SEC-046", "SEC-047"], "a timestamp a day ago and a signature of another secret", plain, "signature-invalid",
        [forged, later], headers={"webhook-signature": good(OTHER)}, nowMs=NOW_MS + 86_400_000)
    return v
