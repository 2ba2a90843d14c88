"""Plugs this implementation into the conformance suite: one JSON object a line on standard input and output.

docs/conformance/control.md says what each command means.
"""

import base64
import json
import sys

from envelope import STRUCTURED, Refused, read_envelope, read_request

HELLO = {
    "control": 1,
    "name": "my-bus",
    "version": "0.1.0",
    "spec": "0.1",
    "profiles": ["core.envelope"],
    "clock": "virtual",
    "asks": ["parse", "write"],
    "can": [],
}


class Unsupported(Exception):
    """A command, or a question, that this implementation does not know yet."""


class Adapter:
    def __init__(self):
        self.now_ms = 0

    def answer(self, command):
        """The answer to one command, as a line. What is `ok` is text: data stays the JSON that it came as."""
        try:
            outcome = f'"ok":{self.run(command)}'
        except Refused as refused:
            outcome = f'"refused":{json.dumps(refused.as_json())}'
        except Unsupported as unsupported:
            outcome = f'"unsupported":{json.dumps(str(unsupported))}'
        # A line feed in JSON is white space; here it would end the line.
        outcome = outcome.replace("\n", " ")
        # `events` is where deliveries and steps will be told.
        return f'{{"seq":{command["seq"]},"nowMs":{self.now_ms},{outcome},"events":[]}}\n'

    def run(self, command):
        do = command["do"]
        if do == "hello":
            return json.dumps(HELLO)
        if do == "start":
            self.now_ms = command["nowMs"]
            return "{}"
        if do == "advance":
            self.now_ms = command["toMs"]
            return "{}"
        if do == "stop":
            return "{}"
        if do == "ask" and command["about"] == "parse":
            return parse(command["input"])
        if do == "ask" and command["about"] == "write":
            return write(command["input"])
        raise Unsupported(f"the command {do} is not there yet")


def parse(request):
    """Reads a request: `headers`, and `body` as text or `bodyBase64`."""
    if "bodyBase64" in request:
        body = base64.b64decode(request["bodyBase64"])
    else:
        body = request.get("body", "").encode("utf-8", "surrogatepass")
    read = read_request(request["headers"], body)
    if not isinstance(read, list):
        return result(read)
    return f'{{"batch":[{",".join(result(item) for item in read)}]}}'


def result(item):
    """One item of a batch, which is judged alone."""
    if isinstance(item, Refused):
        return json.dumps({"refused": item.as_json()})
    return f'{{"envelope":{item.to_json()}}}'


def write(request):
    """Writes an envelope as a request."""
    if request["mode"] != "structured":
        raise Unsupported("binary mode is not there yet")
    envelope = read_envelope(json.dumps(request["envelope"], ensure_ascii=False))
    return json.dumps({"headers": {"content-type": STRUCTURED}, "body": envelope.to_json()})


def main():
    adapter = Adapter()
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for line in sys.stdin.buffer:
        command = json.loads(line)
        sys.stdout.write(adapter.answer(command))
        sys.stdout.flush()
        if command["do"] == "stop":
            break


if __name__ == "__main__":
    main()
