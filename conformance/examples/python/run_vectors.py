"""Runs the vectors against `ask`; prints what differs."""
import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).resolve().parent.parent.parent / 'vectors'


def expand(value):
    """`$repeat` written out."""
    if isinstance(value, dict):
        if list(value) == ['$repeat']:
            parts = [(expand(part), times) for part, times in value['$repeat']]
            if isinstance(parts[0][0], str):
                return ''.join(part * times for part, times in parts)
            return [each for part, times in parts for each in part * times]
        return {name: expand(each) for name, each in value.items()}
    if isinstance(value, list):
        return [expand(each) for each in value]
    return value


def covers(told, wanted):
    """Faults may hold more members than a vector names."""
    if isinstance(wanted, dict) and 'faults' in wanted and isinstance(told, dict):
        ours = told.get('faults') or []
        return told.get('code') == wanted['code'] and len(ours) == len(wanted['faults']) and all(
            any(all(one.get(k) == v for k, v in want.items()) for one in ours) for want in wanted['faults'])
    if isinstance(wanted, dict):
        return isinstance(told, dict) and told.keys() == wanted.keys() and all(
            covers(told[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list):
        return isinstance(told, list) and len(told) == len(wanted) and all(map(covers, told, wanted))
    return told == wanted and isinstance(told, bool) == isinstance(wanted, bool)


def failures(about, ask):
    for vector in json.loads((VECTORS / (about + '.json')).read_text())['vectors']:
        told = ask(about, expand(vector['input']))
        wanted = expand(vector['expect'])
        if not covers(told, wanted):
            yield vector, told, wanted


if __name__ == '__main__':
    from ask import ask
    for about in sys.argv[1:]:
        for vector, told, wanted in failures(about, ask):
            print(vector['id'], vector['requirements'], vector['title'])
            print('   input ', json.dumps(vector['input'])[:400])
            print('   wanted', json.dumps(wanted)[:300])
            print('   told  ', json.dumps(told)[:300])
