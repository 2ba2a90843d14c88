"""The endpoint guard (SEC-007, SEC-024, SEC-025, SEC-058 to SEC-063)."""
import ipaddress
import re
import socket
import time
from urllib.parse import unquote

from refusal import Refusal


def nets(text):
    return [ipaddress.ip_network(each) for each in text.split()]


# the IANA special-purpose registries: what is not globally reachable, and what of that is after all
CLOSED = nets('0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 '
              '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 '
              '2001::/23 2001:db8::/32 3fff::/20')
OPEN = nets('192.0.0.9/32 192.0.0.10/32 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:3::/32 2001:4:112::/48 '
            '2001:20::/28 2001:30::/28')
UNICAST = ipaddress.ip_network('2000::/3')
NEVER = nets('0.0.0.0/8 169.254.0.0/16 224.0.0.0/4 240.0.0.0/4 ::/128 fe80::/10 ff00::/8')
MAPPED, TRANSLATED, SIX_TO_FOUR = nets('::ffff:0:0/96 64:ff9b::/96 2002::/16')


def is_in(address, some):
    return any(address.version == each.version and address in each for each in some)


def plain(address):
    """An IPv6 address that stands for one of IPv4 is what that one is."""
    if address.version == 6:
        if address in MAPPED or address in TRANSLATED:
            return ipaddress.ip_address(int(address) & 0xFFFFFFFF)
        if address in SIX_TO_FOUR:
            return ipaddress.ip_address(int(address) >> 80 & 0xFFFFFFFF)
    return address


def is_public(address):
    address = plain(address)
    if address.version == 6 and address not in UNICAST:
        return False
    return not is_in(address, CLOSED) or is_in(address, OPEN)


def is_loopback(text):
    """Whether a text is a loopback address (127.0.0.0/8, ::1)."""
    try:
        address = ipaddress.ip_address(text.split('%')[0])
    except (ValueError, AttributeError):
        return False
    mapped = getattr(address, 'ipv4_mapped', None)
    return (mapped or address).is_loopback


def is_local_name(host):
    host = host.rstrip('.')
    return host == 'localhost' or host.endswith('.localhost')


def number_of(part):
    """A part of an IPv4 address in the forms of the WHATWG URL parser, or None."""
    if re.fullmatch('0[xX][0-9a-fA-F]*', part):
        return int(part[2:] or '0', 16)
    if re.fullmatch('0[0-7]+', part):
        return int(part, 8)
    return int(part) if re.fullmatch('0|[1-9][0-9]*', part) else None


def host_of(url):
    """The host of a URL as the WHATWG URL parser has it (SEC-063), or None."""
    text = re.match(r'[^:]+://([^/?#]*)', url).group(1).rpartition('@')[2]
    if text.startswith('['):
        try:
            return str(ipaddress.IPv6Address(text[1:text.index(']')]))
        except ValueError:
            return None
    host = unquote(text.partition(':')[0]).lower()
    try:
        host = host.encode('idna').decode() if not host.isascii() else host
    except UnicodeError:
        return None
    parts = host.removesuffix('.').split('.')
    if not re.fullmatch('[0-9]+|0x[0-9a-f]*', parts[-1]):
        return host if re.fullmatch('[a-z0-9._~!$&\'()*+,;=-]+', host) else None
    numbers = [number_of(each) for each in parts]
    if len(parts) > 4 or None in numbers or any(each > 255 for each in numbers[:-1]):
        return None
    if numbers[-1] >= 256 ** (5 - len(parts)):
        return None
    whole = numbers[-1] + sum(each << 8 * (3 - place) for place, each in enumerate(numbers[:-1]))
    return str(ipaddress.IPv4Address(whole))


def literal(host):
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


class Guard:
    """Who may be called outside open mode. `resolve(name)` gives the addresses of a name."""

    def __init__(self, level, allowed, resolve):
        self.level, self.resolve = level, resolve
        self.suffixes = [each[1:].lower() for each in allowed if each.startswith('*.')]
        self.hosts = {host_of('http://' + (each if ':' not in each or each[0] == '[' else '[' + each + ']'))
                      for each in allowed if not each.startswith('*.')}

    def is_allowed(self, host):
        """On the allow-list (SEC-062)."""
        return host in self.hosts or literal(host) is None and any(host.endswith(each) for each in self.suffixes)

    def check(self, url):
        """The addresses that may be dialled, or endpoint-refused."""
        host = host_of(url)
        address = host and literal(host)
        listed = host is not None and self.is_allowed(host)
        if host is None or self.level == 'checked' and not listed:
            raise refused()
        found = [address] if address else [ipaddress.ip_address(each) for each in self.resolve(host)]
        if not found:
            raise refused()
        for each in found:
            if listed and (address or not is_in(plain(each), NEVER)):
                continue
            if listed or not is_public(each):
                raise refused()
        return [str(each) for each in found]


class LoopbackGuard:
    """Open mode: loopback and nothing else (SEC-007)."""
    level = 'checked'

    def check(self, url):
        host = host_of(url)
        if host is None or not is_local_name(host) and not is_loopback(host):
            raise refused()
        return ['127.0.0.1'] if is_local_name(host) else [host]


LOOPBACK = LoopbackGuard()


def refused():
    return Refusal('endpoint-refused', 'the address is not allowed here', field='endpoint')


class Lookup:
    """What the system says of a name, not asked again for a while."""

    def __init__(self, kept_s=10):
        self.kept_s, self.known = kept_s, {}

    def __call__(self, name):
        now = time.monotonic()
        if name not in self.known or self.known[name][0] < now:
            if len(self.known) > 10000:
                self.known.clear()
            try:
                found = {each[4][0].split('%')[0] for each in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
            except OSError:
                found = set()
            self.known[name] = (now + self.kept_s, sorted(found))
        return self.known[name][1]
