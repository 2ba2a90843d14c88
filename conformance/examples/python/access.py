"""Who may ask what: open mode, credentials and their scopes (SEC-001 to SEC-014, SEC-029 to SEC-043)."""
import hashlib
import hmac
import re
from dataclasses import dataclass

from guard import Guard, is_local_name, is_loopback
from pattern import is_pattern, matches
from proxy import has_dots
from refusal import Refusal
from sign import read_secret

SCOPE = re.compile(r'publish:(.+)|(?:register|call):(?:\*|[a-z0-9][a-z0-9-]{0,62})|observe|admin')
LEVELS = ('pinned', 'checked')


@dataclass
class Credential:
    """A name, digests of one or two tokens, scopes, and prefixes of `source`."""
    name: str
    digests: list
    scopes: set
    sources: list

    def has(self, *scopes):
        return 'admin' in self.scopes or any(each in self.scopes for each in scopes)

    def need(self, *scopes):
        if not self.has(*scopes):
            raise forbidden('lacks the scope ' + scopes[0])

    @property
    def patterns(self):
        return [each[8:] for each in self.scopes if each.startswith('publish:') and each != 'publish:critical']

    def binds(self, source):
        """Whether it may publish with that source (SEC-031 to SEC-033)."""
        if 'admin' in self.scopes and not self.sources:
            return True
        return not has_dots(source) and any(
            source == each or source.startswith(each if each.endswith('/') else each + '/') for each in self.sources)

    def owns(self, source):
        return bool(self.patterns) and self.binds(source)

    def judge_publish(self, envelope):
        """SEC-029 to SEC-032, SEC-069."""
        if not self.has() and not any(matches(each, envelope['type']) for each in self.patterns):
            raise forbidden('lacks the scope publish:' + envelope['type'])
        if envelope.get('priority') == 'CRITICAL':
            self.need('publish:critical')
        if not self.binds(envelope['source']):
            raise forbidden('the source is not bound to the credential')
        if 'replyto' in envelope:
            self.need('register:' + envelope['replyto'].partition('@')[0], 'register:*')

    def judge_registry(self, given):
        """What `POST /registry` needs (SEC-013)."""
        data = given.get('data')
        name = data.get('name') if isinstance(data, dict) else None
        if given['type'] == 'service.register' and isinstance(name, str):
            self.need('register:' + name, 'register:*')
        else:
            self.need_register()

    def need_register(self):
        """That of any service: whose lease it is comes to light later."""
        if not self.has(*(each for each in self.scopes if each.startswith('register:'))):
            raise forbidden('lacks the scope register:<service>')


def forbidden(detail):
    return Refusal('forbidden', detail)


def digest_of(token):
    return hashlib.sha256(token.encode('utf-8', 'surrogatepass')).digest()


def credential_of(told):
    """A credential as it is configured (SEC-041 to SEC-043)."""
    tokens = told['token'] if isinstance(told['token'], list) else [told['token']]
    for each in tokens:
        if len(each) < (32 if re.fullmatch('[0-9a-fA-F]*', each) else 22):
            raise Refusal('argument-invalid', 'a token is too short', field='token')
    for each in told['scopes']:
        found = SCOPE.fullmatch(each)
        if not found or found.group(1) and found.group(1) != 'critical' and not is_pattern(found.group(1)):
            raise Refusal('argument-invalid', 'no scope', field='scopes')
    return Credential(told['name'], [digest_of(each) for each in tokens], set(told['scopes']),
                      list(told.get('sources') or []))


class Access:
    """Outside open mode: credentials, secrets and the endpoint guard."""

    def __init__(self, told, resolve):
        if not told.get('credentials'):
            raise Refusal('open-mode-required', 'neither open mode nor credentials were chosen')
        self.secrets = told.get('secrets')
        if not self.secrets:
            raise Refusal('secret-missing', 'there is no secret to sign with')
        for each in self.secrets.values() if isinstance(self.secrets, dict) else [self.secrets]:
            read_secret(each)
        self.credentials = [credential_of(each) for each in told['credentials']]
        level, allowed = told.get('guard', 'pinned'), told.get('allowHosts') or []
        if level not in LEVELS or level == 'checked' and not allowed:
            raise Refusal('argument-invalid', 'that level needs what is not here', field='guard')
        self.guard = Guard(level, allowed, resolve)

    def secret_of(self, service):
        """The signing secret of a service (SEC-065)."""
        found = self.secrets.get(service) if isinstance(self.secrets, dict) else self.secrets
        if not found:
            raise Refusal('secret-missing', 'there is no secret for that service')
        return found

    def who(self, headers):
        """The credential of a request, or unauthorized (SEC-010, SEC-014, SEC-039)."""
        scheme, _, token = headers.get('authorization', '').partition(' ')
        given, found = digest_of(token.strip(' ')), None
        for credential in self.credentials:
            for each in credential.digests:
                if hmac.compare_digest(each, given):
                    found = credential
        if scheme.lower() != 'bearer' or found is None:
            raise Refusal('unauthorized', 'no credential that is known here')
        return found


def judge_open(headers, peer):
    """Open mode serves loopback peers that came straight (SEC-003 to SEC-006, SEC-008)."""
    host = headers.get('host')
    bare = '' if host is None else host[1:].partition(']')[0] if host.startswith('[') else host.partition(':')[0]
    is_near = host is None or is_local_name(bare.lower()) or is_loopback(bare)
    passed = any(each in ('forwarded', 'via', 'x-real-ip') or each.startswith('x-forwarded-') for each in headers)
    origin = headers.get('origin')
    is_own = origin is None or host is not None and re.sub('^https?://', '', origin.lower()) == host.lower()
    if not is_loopback(peer or '') or not is_near or passed or not is_own:
        raise Refusal('open-mode-refused', 'open mode serves loopback peers only')
