"""Decodes documents with tomllib: one hexadecimal document a line in, one JSON line out.

null: refused. Otherwise the tree, every value as [type, ...]; tables as sorted pairs, so that keys
may hold any character. "wide" stands for a tree with an integer beyond 64 bits, which the
specification lets a reader refuse.
"""
import datetime
import json
import math
import struct
import sys
import tomllib


class Wide(Exception):
    pass


def clock(value):
    return [value.hour, value.minute, value.second, value.microsecond]


def encode(value):
    if isinstance(value, bool):
        return ["boolean", value]
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise Wide
        return ["integer", value]
    if isinstance(value, float):
        return ["float", "nan" if math.isnan(value) else struct.pack(">d", value).hex()]
    if isinstance(value, str):
        return ["string", value]
    if isinstance(value, list):
        return ["array", [encode(item) for item in value]]
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode())
        return ["table", [[key, encode(item)] for key, item in pairs]]
    if isinstance(value, datetime.datetime):
        date = [value.year, value.month, value.day]
        if value.tzinfo is None:
            return ["local date-time"] + date + clock(value)
        minutes = value.utcoffset() // datetime.timedelta(minutes=1)
        return ["date-time"] + date + clock(value) + [minutes]
    if isinstance(value, datetime.date):
        return ["date", value.year, value.month, value.day]
    return ["time"] + clock(value)


def answer(line):
    try:
        return encode(tomllib.loads(bytes.fromhex(line).decode("utf-8")))
    except Wide:
        return "wide"
    except (ValueError, RecursionError):
        return None


for line in sys.stdin:
    print(json.dumps(answer(line)))
