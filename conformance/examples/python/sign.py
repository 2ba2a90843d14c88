"""Standard Webhooks: sign a delivery, verify one (SEC-016 to SEC-021, SEC-045 to SEC-053)."""
import base64
import hashlib
import hmac
import re

from grammar import BASE64
from refusal import Refusal

TOLERANCE_S = 300


def read_secret(text):
    """The key of `whsec_` and 24 to 64 bytes in base64 (SEC-052)."""
    if not text.startswith('whsec_') or not BASE64.fullmatch(text[6:]):
        raise Refusal('argument-invalid', 'no signing secret', field='secret')
    key = base64.b64decode(text[6:])
    if not 24 <= len(key) <= 64:
        raise Refusal('argument-invalid', 'no signing secret', field='secret')
    return key


def sign(secret, delivery_id, timestamp_s, body):
    """`v1,` and the signature over id.timestamp.body; an id with a dot is never sent (SEC-048)."""
    if '.' in delivery_id:
        raise Refusal('signature-invalid', 'the id has a dot')
    signed = delivery_id.encode() + b'.' + str(timestamp_s).encode() + b'.' + body
    return 'v1,' + base64.b64encode(hmac.new(read_secret(secret), signed, hashlib.sha256).digest()).decode()


def verify(secrets, headers, body, now_ms):
    """None, or a Refusal: signature-missing, signature-invalid or signature-stale (SEC-045 to SEC-051)."""
    headers = {name.lower(): value for name, value in headers.items()}
    names = ('webhook-id', 'webhook-timestamp', 'webhook-signature')
    if any(name not in headers for name in names):
        raise Refusal('signature-missing', 'a header of the signature is missing')
    given_id, stamp, signatures = (headers[name] for name in names)
    given = signatures.split(' ')
    if len(given) > 8 or '.' in given_id or not re.fullmatch('0|[1-9][0-9]{0,14}', stamp):
        raise Refusal('signature-invalid', 'no signature fits')
    fits = False
    for secret in secrets:
        wanted = sign(secret, given_id, int(stamp), body).encode()
        for one in given:
            fits |= hmac.compare_digest(wanted, one.encode('utf-8', 'surrogatepass'))
    if not fits:
        raise Refusal('signature-invalid', 'no signature fits')
    apart = now_ms / 1000 - int(stamp)
    if abs(apart) > TOLERANCE_S:
        raise Refusal('signature-stale', 'the clocks differ by %d s' % round(apart))
