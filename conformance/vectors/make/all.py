"""Writes every file of vectors anew, into this folder's parent or the folder given.

    python3 conformance/vectors/make/all.py [folder]
"""

import importlib
import sys

KINDS = ["parse", "write", "delay", "policy", "match", "verdict", "order", "sign", "verify"]

if __name__ == "__main__":
    sys.dont_write_bytecode = True
    total = 0
    for kind in KINDS:
        count = importlib.import_module(kind).vectors().write(*sys.argv[1:2])
        total += count
        print(f"{kind}: {count}")
    print(f"in all: {total}")
