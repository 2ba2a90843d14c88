"""Writes every file of vectors anew.

    python3 conformance/vectors/make/all.py
"""

import importlib

KINDS = ["parse", "write", "delay", "policy", "match", "verdict", "order", "sign", "verify"]

if __name__ == "__main__":
    total = 0
    for kind in KINDS:
        count = importlib.import_module(kind).vectors().write()
        total += count
        print(f"{kind}: {count}")
    print(f"in all: {total}")
