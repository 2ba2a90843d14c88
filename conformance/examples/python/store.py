"""A durable store of keys and values: a log in one directory, each write one line with its checksum.

A write is atomic and is `done` once it was flushed, or is known to have failed (BUS-010, BUS-013, BUS-101).
"""
import os
import zlib

from json_text import Malformed, read_bytes, write_json
from refusal import Refusal

HEAD = b'bellhop-py-store 1\n'
COMPACT_BYTES = 16777216


def line_of(changes):
    text = write_json(changes).encode()
    return b'%08x %s\n' % (zlib.crc32(text), text)


def read_line(line):
    """The changes of a whole line, or None."""
    if len(line) < 10 or line[8:9] != b' ' or line[-1:] != b'\n' or line[:8] != b'%08x' % zlib.crc32(line[9:-1]):
        return None
    try:
        return read_bytes(line[9:-1])
    except Malformed:
        return None


def flush_names(directory):
    """Flushes the names in a directory, where the system has a way to."""
    if os.name == 'nt':
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Store:
    """One owner, one log. After a failed flush nothing is written until it is opened anew (BUS-014)."""

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.directory, self.path = directory, os.path.join(directory, 'log')
        self.values, self.waiting, self.failed, self.held, self.writing = {}, [], False, False, False
        self.left, self.torn = 0, False
        self.lock()
        try:
            self.read()
            self.compact()
        except BaseException:
            os.close(self.owner)
            raise

    def lock(self):
        """One owner (BUS-097): the lock goes with its process."""
        self.owner = os.open(os.path.join(self.directory, 'owner'), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            if os.name == 'nt':
                import msvcrt
                msvcrt.locking(self.owner, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl
                fcntl.flock(self.owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self.owner)
            raise Refusal('store-locked', 'another process owns the store') from None

    def read(self):
        """What was written before. A line that is not whole was never acknowledged: what follows is put aside."""
        if not os.path.exists(self.path):
            return
        with open(self.path, 'rb') as log:
            if log.readline() != HEAD:
                raise Refusal('store-version', 'written by an unknown version')
            for line in log:
                changes = read_line(line)
                if changes is None:
                    with open(os.path.join(self.directory, 'cut'), 'wb') as cut:
                        cut.write(line + log.read())
                    return
                self.apply(changes)

    def apply(self, changes):
        for key, value in changes.items():
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value

    def compact(self):
        """A new log of what is alive takes the place of the old one in one step."""
        made = self.path + '.new'
        with open(made, 'wb') as log:
            log.write(HEAD)
            for key, value in self.values.items():
                log.write(line_of({key: value}))
            log.flush()
            os.fsync(log.fileno())
            self.size = log.tell()
        os.replace(made, self.path)
        flush_names(self.directory)
        self.least = self.size
        self.log = os.open(self.path, os.O_WRONLY | os.O_APPEND | getattr(os, 'O_BINARY', 0))

    def write(self, changes, done=None, is_flushed=True):
        """All of the changes or none. Not flushed, they survive the process, not a power cut (RET-055)."""
        self.waiting.append((changes, done, is_flushed))
        self.flush()

    def flush(self):
        """Writes all that waits as one group (BUS-013)."""
        while self.waiting and not self.writing and (self.left or not self.held):
            self.writing = True
            group, self.waiting = self.split() if self.held else (self.waiting, [])
            ok = not self.failed and self.put(group)
            for changes, done, _ in group:
                if ok:
                    self.apply(changes)
                if done:
                    done(ok)
            self.writing = False

    def split(self):
        """While writes hang, `left` of one key each still pass; a write of several may stop in the middle (BUS-101)."""
        (changes, done, is_flushed), *rest = self.waiting
        passed = dict(list(changes.items())[:self.left])
        hangs = {key: value for key, value in changes.items() if key not in passed}
        self.left -= len(passed)
        if not hangs:
            return [(changes, done, is_flushed)], rest
        self.torn = True
        return [(passed, None, is_flushed)], [(hangs, done, is_flushed), *rest]

    def put(self, group):
        text = b''.join(line_of(changes) for changes, _, _ in group)
        try:
            if os.write(self.log, text) != len(text):
                raise OSError('a short write')
            if any(is_flushed for _, _, is_flushed in group):
                os.fsync(self.log)
            self.size += len(text)
        except OSError:
            self.failed = True
            return False
        return True

    def trim(self):
        """A log that is mostly dead is written anew."""
        if self.size > COMPACT_BYTES + 2 * self.least and not self.failed and not self.waiting:
            os.close(self.log)
            try:
                self.compact()
            except OSError:
                self.failed, self.log = True, os.open(os.devnull, os.O_WRONLY)

    @property
    def is_idle(self):
        return not self.waiting

    def close(self):
        """What was not written is lost, as in a crash."""
        self.waiting, self.failed = [], True
        os.close(self.log)
        os.close(self.owner)
