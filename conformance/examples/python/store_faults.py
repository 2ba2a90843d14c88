"""The disk of a session of the suite, and its faults: they befall the store that a gateway has, from outside."""
import os
import tempfile

from store import Store

# the suite kills the process, not the power: a disk in memory serves, and is quicker
MEMORY = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None


class Disk:
    """One directory for each store that begins empty."""

    def __init__(self):
        self.root, self.begun, self.store = None, 0, None

    def open(self, keep):
        """The store of a gateway that starts; `keep`: what the one before wrote."""
        if self.root is None:
            self.root = tempfile.TemporaryDirectory(dir=MEMORY)
        self.begun += not keep
        self.store = Store(os.path.join(self.root.name, str(self.begun)))
        return self.store

    def close(self):
        """The process is gone: what it had not written is lost."""
        if self.store:
            self.store.close()
        self.store = None

    def end(self):
        """The session is over."""
        self.close()
        if self.root:
            self.root.cleanup()
        self.root = None
        return True

    def crash(self):
        """The process dies: how many writes of one key hung."""
        told = {'held': sum(len(changes) for changes, _, _ in self.store.waiting), 'torn': self.store.torn}
        self.close()
        return told

    def bytes(self):
        """All that the last store holds, of whatever files."""
        directory = os.path.join(self.root.name, str(self.begun))
        found = b''
        for name in sorted(os.listdir(directory)):
            with open(os.path.join(directory, name), 'rb') as one:
                found += one.read()
        return found

    def act(self, action, writes=0):
        """`fail`: the log cannot be written any more. `hold`: after so many writes the next hang, until `release`."""
        if action == 'fail':
            readable = os.open(os.devnull, os.O_RDONLY)
            os.dup2(readable, self.store.log)
            os.close(readable)
        else:
            self.store.held, self.store.left, self.store.torn = action == 'hold', writes, False
            self.store.flush()
