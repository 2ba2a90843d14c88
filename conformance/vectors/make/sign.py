"""Signatures of deliveries, from docs/spec/security.md, section Signatures (Standard Webhooks)."""

import base64
import hashlib
import hmac

from vectors import Vectors

AT_S = 1767225600
ID = "dlv_0a6b3f91d2c47e18a05d7c93f1b2"
BODY = "{\"specversion\":\"1.0\",\"id\":\"7d1f\",\"source\":\"/documents\",\"type\":\"document.created\"}"


def secret(length, start=0):
    """`length` bytes that count up: for vectors alone, a real secret is drawn by chance."""
    return "whsec_" + base64.b64encode(bytes((start + i) % 256 for i in range(length))).decode()


def signature(secret_text, message_id, timestamp_s, body):
    key = base64.b64decode(secret_text.removeprefix("whsec_"), validate=True)
    content = f"{message_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def vectors():
    v = Vectors("sign")
    for title, length, start, message_id, at_s, body in [
        ("a secret of 32 bytes", 32, 0, ID, AT_S, BODY), ("a secret of 24 bytes", 24, 0, ID, AT_S, BODY),
        ("a secret of 64 bytes", 64, 0, ID, AT_S, BODY), ("a secret whose base64 has padding", 25, 0, ID, AT_S, BODY),
        ("a secret whose base64 has + and /", 33, 230, ID, AT_S, BODY), ("another id", 32, 0, "dlv_1", AT_S, BODY),
        ("an id of every kind of character", 32, 0, "AZaz09_-", AT_S, BODY), ("another time", 32, 0, ID, AT_S + 1, BODY),
        ("the time 0", 32, 0, ID, 0, BODY), ("no body", 32, 0, ID, AT_S, ""), ("a body of one byte", 32, 0, ID, AT_S, "a"),
        ("a body beyond ASCII", 32, 0, ID, AT_S, "{\"a\":\"caf\u00e9 \U0001f600\"}"),
        ("a body with dots and line feeds", 32, 0, ID, AT_S, "a.b.c\r\n\n"),
        ("a long body", 32, 0, ID, AT_S, "x" * 65536), ("white space counts", 32, 0, ID, AT_S, "{ \"a\": 1 }"),
    ]:
        key = secret(length, start)
        v.add(["SEC-016", "SEC-052"], title, {"secret": key, "id": message_id, "timestampS": at_s, "body": body},
              {"signature": signature(key, message_id, at_s, body.encode())})
    raw = bytes([0, 255, 254, 192, 128, 10])
    v.add(["SEC-016", "SEC-053"], "a body that is not UTF-8", {
        "secret": secret(32), "id": ID, "timestampS": AT_S, "bodyBase64": base64.b64encode(raw).decode()},
        {"signature": signature(secret(32), ID, AT_S, raw)})
    return v
