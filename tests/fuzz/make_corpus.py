#!/usr/bin/env python3
"""Writes the corpora of tests/fuzz that are no plain texts: spm, merges, token_cache.

    make_corpus.py [--check]

With --check nothing is written, and a file that would differ is an error. What a
fuzzer found lies beside these files under names of its own and is left alone.
Needs the standard library alone.
"""
import hashlib
import json
import os
import struct
import sys

META = "\u2581"
NORMAL, UNKNOWN, CONTROL, USER, BYTE = 1, 2, 3, 4, 6
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


# ---- SentencePiece: the first byte chooses the family (spm_fuzz.c) ----

def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def piece(text, score, kind=NORMAL):
    return field(1, field(1, text.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score) + varint(3 << 3) + varint(kind))


def charsmap():
    """Makes the letter A of full width an A: a double array with one key, then its text."""
    units, at = [0] * 256, 64
    units[0] = at << 10
    for i, c in enumerate(b"\xef\xbc\xa1"):
        at ^= c
        end = i == 2
        units[at] = 32 << 10 | end << 8 | c
        at ^= 32
    units[at] = 1 << 31
    return struct.pack("<I256I", 1024, *units) + b"A\0"


WORDS = [(META, -2.0), ("a", -3.0), ("b", -3.5), ("ab", -4.0), (META + "ab", -4.25), ("q", -5.0), (".", -3.0)]


def spm(family, head, more=(), trainer=b"\x18\x01", mapped=False):
    pieces = b"".join(piece(*p) for p in [*head, *WORDS, *more])
    normalizer = field(1, b"x") + (field(2, charsmap()) if mapped else b"")
    return bytes([family]) + pieces + field(2, trainer) + field(3, normalizer)


def spm_files():
    albert = [("<pad>", 0, CONTROL), ("<unk>", 0, UNKNOWN), ("[CLS]", 0, CONTROL), ("[SEP]", 0, CONTROL), ("[MASK]", 0, CONTROL), ("(", 0, USER)]
    deberta = [("[PAD]", 0, CONTROL), ("[CLS]", 0, CONTROL), ("[SEP]", 0, CONTROL), ("[UNK]", 0, UNKNOWN)]
    roberta = [("<unk>", 0, UNKNOWN), ("<s>", 0, CONTROL), ("</s>", 0, CONTROL)]
    all_bytes = [("<0x%02X>" % b, -9.0, BYTE) for b in range(256)]
    return {"albert.bin": spm(0, albert, mapped=True), "deberta.bin": spm(1, deberta), "xlmr.bin": spm(2, roberta, mapped=True),
            "camembert.bin": spm(3, roberta), "mask.bin": spm(2, roberta, [("<mask>", 0, CONTROL)]),
            "bytes.bin": spm(2, roberta, all_bytes, b"\x18\x01\x98\x02\x01")}


# ---- vocab.json, a NUL, merges.txt ----

def merges_files():
    names = ["<s>", "<pad>", "</s>", "<unk>", "a", "b", "\u0120", "ab", "\u0120ab", "\u00c3", "<mask>"]
    vocab = {name: i for i, name in enumerate(names)}
    merges = "#version: 0.2\na b\n\u0120 ab\n"
    return {"plain.bin": json.dumps(vocab, ensure_ascii=False).encode() + b"\0" + merges.encode(),
            "crlf.bin": json.dumps(vocab).encode() + b"\0" + "a b\r\n".encode()}


# ---- the token cache: a safetensors file with a digest of what it holds (docs/file-formats.md) ----

KEY = "00112233445566778899aabbccddeeff" * 2
CODES = {"U8": ("B", 1), "I16": ("h", 2), "I32": ("i", 4)}
DTYPE = {"U8": 8, "I16": 6, "I32": 5}  # gr_dtype


def token_cache(lengths, ids, types, words=None, wide=False):
    parts = [("lengths", "I32", lengths), ("ids", "I32" if wide else "I16", ids), ("types", "U8", types), ("words", "I32", words)]
    digest, tensors = hashlib.sha256(KEY.encode()), [("key", "U8", KEY.encode()), None]
    for name, kind, values in parts:
        data = b"" if values is None else struct.pack("<%d%s" % (len(values), CODES[kind][0]), *values)
        digest.update(struct.pack("<3Q", values is not None, 0 if values is None else DTYPE[kind], len(data)) + data)
        if values is not None:
            tensors.append((name, kind, data))
    tensors[1] = ("sha256", "U8", digest.hexdigest().encode())
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, kind, data in tensors:
        header[name] = {"dtype": kind, "shape": [len(data) // CODES[kind][1]], "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def token_cache_files():
    ids, types, words = [2, 10, 11, 3, 2, 11, 3], [0, 0, 0, 0, 0, 1, 1], [-1, 0, 1, -1, -1, 0, -1]
    return {"texts.tokens": token_cache([4, 3], ids, types), "words.tokens": token_cache([4, 3], ids, types, words),
            "wide.tokens": token_cache([4, 3], [2, 10, 70000, *ids[3:]], types, wide=True),
            "no_rows.tokens": token_cache([], [], []), "empty_rows.tokens": token_cache([0, 0], [], []),
            "negative_length.tokens": token_cache([9, -2], ids, types),
            "beyond_vocabulary.tokens": token_cache([4, 3], [2, 10, 100, *ids[3:]], types),
            "beyond_words.tokens": token_cache([4, 3], ids, types, [-1, 0, 2, -1, -1, 1, -1])}


# ---- all ----

def main():
    check, bad = sys.argv[1:] == ["--check"], 0
    for folder, files in (("spm", spm_files()), ("merges", merges_files()), ("token_cache", token_cache_files())):
        os.makedirs(os.path.join(HERE, folder), exist_ok=True)
        for name, data in files.items():
            path = os.path.join(HERE, folder, name)
            if not check:
                with open(path, "wb") as f:
                    f.write(data)
                continue
            with open(path, "rb") as f:
                if f.read() == data:
                    continue
            print(f"{folder}/{name} differs")
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
