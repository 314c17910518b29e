#!/usr/bin/env python3
"""Copies a corpus folder for libFuzzer: files named *.hex become the bytes that they spell.

usage: unpack.py FROM TO
"""
import pathlib
import sys

source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir(parents=True, exist_ok=True)
for path in source.iterdir():
    content = path.read_bytes()
    if path.suffix == ".hex":
        content = bytes.fromhex(content.decode())
    (target / path.stem).write_bytes(content)
