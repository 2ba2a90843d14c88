"""One list of vectors: numbers them, prints them so that `deno fmt` has nothing to change, writes them.

A vector's number is its place. A new one goes to the end of its script, for a number is never given to another.
"""

import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent.parent
WIDTH = 118
LONG_RUN = re.compile(r"(.)\1{39,}", re.DOTALL)


class Vectors:
    def __init__(self, about):
        self.about = about
        self.rows = []

    def add(self, requirements, title, given, expect, twin=None, parts=None):
        """Appends a vector and returns its id."""
        row = {"id": f"{self.about}-{len(self.rows) + 1:03d}", "requirements": sorted(requirements), "title": title}
        if twin is not None:
            row["twin"] = twin
        if parts is not None:
            row["parts"] = parts
        row["input"] = given
        row["expect"] = expect
        self.rows.append(row)
        return row["id"]

    def given(self, vector_id):
        """The input of a vector of this list, to be mutated into another's."""
        return json.loads(json.dumps(next(row["input"] for row in self.rows if row["id"] == vector_id)))

    def write(self, folder=FOLDER):
        """Writes the file of this kind and returns the number of its vectors."""
        lines = ["{", '  "spec": "0.1",', f'  "about": "{self.about}",', '  "vectors": [']
        lines.append(",\n".join(self._print_vector(row) for row in self.rows))
        lines += ["  ]", "}", ""]
        path = pathlib.Path(folder) / f"{self.about}.json"
        path.write_text("\n".join(lines), encoding="ascii", newline="\n")
        return len(self.rows)

    @staticmethod
    def _print_vector(row):
        members = [f'      "{name}": {show(shorten(value), 6, len(name) + 4)}' for name, value in row.items()]
        return "    {\n" + ",\n".join(members) + "\n    }"


def shorten(value):
    """The same value, each long run of one character as {"$repeat": [[text, times], ...]}."""
    if isinstance(value, dict):
        return {name: shorten(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shorten(item) for item in value]
    if not isinstance(value, str) or not LONG_RUN.search(value):
        return value
    parts, at = [], 0
    for run in LONG_RUN.finditer(value):
        if run.start() > at:
            parts.append([value[at : run.start()], 1])
        parts.append([run.group(1), len(run.group(0))])
        at = run.end()
    if at < len(value):
        parts.append([value[at:], 1])
    return {"$repeat": parts}


def show(value, indent, prefix):
    """JSON on one line where that fits, one member a line where it does not."""
    line = one_line(value)
    if indent + prefix + len(line) <= WIDTH or not isinstance(value, (dict, list)) or not value:
        return line
    inner = indent + 2
    pad = " " * inner
    if isinstance(value, dict):
        rows = [f"{pad}{json.dumps(k)}: {show(v, inner, len(json.dumps(k)) + 2)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    rows = [pad + show(item, inner, 0) for item in value]
    return "[\n" + ",\n".join(rows) + "\n" + " " * indent + "]"


def one_line(value):
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(k)}: {one_line(v)}" for k, v in value.items())
        return "{ " + inner + " }" if inner else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(one_line(item) for item in value) + "]"
    return json.dumps(value)
