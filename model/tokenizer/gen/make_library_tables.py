#!/usr/bin/env python3
"""Writes ../class_tables.c and ../script_tables.c: what the library's regular
expressions, normalizers, scripts and grapheme clusters say about each code point.

    make_library_tables.py [--out FOLDER]

Everything is asked of the Rust library `tokenizers` (0.23.3) itself, one code point
at a time, because its parts follow different versions of Unicode: the letters of its
regular expressions, the numbers of its Digits, the marks of its StripAccents and
the compatibility decompositions of its NFKD. Grapheme cluster classes come from the
package `regex` and are corrected where the library's clusters, seen through a
Precompiled normalizer with a map of one letter, differ. The compositions of NFC are
those of `unicodedata` that the library makes too.

Needs: pip install tokenizers==0.23.3 regex==2026.11.15, and a Python whose Unicode is
14.0.0; it stops when it finds others. Takes three minutes.
"""
import argparse
import os
import struct
import sys
import unicodedata

import regex
import tokenizers
from make_unicode_tables import LIMIT, array, surrogate, two_stage
from tokenizers import Regex, normalizers, pre_tokenizers

# Bits of a 16-bit word, as in classes.h; the grapheme class lies above them.
FLAGS = ["LETTER", "NUMBER", "NUMERIC", "WORD", "COMBINING", "PICT", "CONSONANT", "LINKER", "SECOND"]
GRAPHEME_SHIFT = 12
GRAPHEMES = ["Other", "CR", "LF", "Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend", "SpacingMark",
             "L", "V", "T", "LV", "LVT"]
HANGUL = range(0xAC00, 0xD7A4)
POINTS = [cp for cp in range(LIMIT) if not surrogate(cp)]


PINNED = {"tokenizers": (tokenizers.__version__, "0.23.3"), "regex": (regex.__version__, "2026.11.15"),
          "Unicode of Python": (unicodedata.unidata_version, "14.0.0")}


def check_versions():
    for name, (have, want) in PINNED.items():
        if have != want:
            sys.exit(f"{name}: {have}, and the tables are made with {want}")


def removed_by(pattern):
    p = pre_tokenizers.Split(Regex(pattern), "removed")
    return {cp for cp in POINTS if not p.pre_tokenize_str(chr(cp))}


def parts_of(p, n):
    return {cp for cp in POINTS if len(p.pre_tokenize_str("a" + chr(cp) + "a")) == n}


def map_of_one_letter():
    """A charsmap that makes "a" an "X": a double array with one key, then its text."""
    units = [0] * 1024
    units[0] = 256 << 10
    units[256 ^ 97] = 512 << 10 | 1 << 8 | 97
    units[256 ^ 97 ^ 512] = 1 << 31
    return struct.pack("<I1024I", 4096, *units) + b"X\0"


def grapheme_classes():
    """Class of each code point; where the library joins otherwise than `regex`, the library wins."""
    out = {}
    for name in GRAPHEMES[1:]:
        pattern = regex.compile(r"\p{GCB=%s}" % name)
        out.update({cp: name for cp in POINTS if pattern.match(chr(cp))})
    one = normalizers.Precompiled(map_of_one_letter())
    for cp in POINTS:
        c, name = chr(cp), out.get(cp, "Other")
        joins = cp != 97 and one.normalize_str("a" + c) == "X"
        if joins != (name in ("Extend", "ZWJ", "SpacingMark")):
            print(f"U+{cp:04X}: {name} to regex, {'joins' if joins else 'does not join'} in the library")
            out[cp] = "Extend" if joins else "Other"
        before = one.normalize_str(c + "a\u0301") == c + "X\u0301"
        if cp != 97 and before != (out.get(cp, "Other") == "Prepend"):
            print(f"U+{cp:04X}: {name} to regex, {'is' if before else 'is not'} Prepend in the library")
            out[cp] = "Prepend" if before else "Other"
    return out


def conjuncts():
    consonant, linker = regex.compile(r"\p{InCB=Consonant}"), regex.compile(r"\p{InCB=Linker}")
    return ({cp for cp in POINTS if consonant.match(chr(cp))}, {cp for cp in POINTS if linker.match(chr(cp))})


def compositions():
    nfc, out = normalizers.NFC(), {}
    for cp in POINTS:
        parts = unicodedata.decomposition(chr(cp)).split()
        if cp in HANGUL or len(parts) != 2 or parts[0].startswith("<"):
            continue
        a, b = (int(x, 16) for x in parts)
        if nfc.normalize_str(chr(a) + chr(b)) == chr(cp):
            out[a, b] = cp
    return out


def compatibility():
    """cp -> full decomposition of NFKD where NFD gives another."""
    nfd, nfkd = normalizers.NFD(), normalizers.NFKD()
    out = {}
    for cp in POINTS:
        full = nfkd.normalize_str(chr(cp))
        if cp not in HANGUL and full != nfd.normalize_str(chr(cp)):
            out[cp] = [ord(c) for c in full]
    return out


def scripts():
    """A number for each script, in the order of the code points; 0 for those that go with every script."""
    p = pre_tokenizers.UnicodeScripts()
    some = [cp for cp in POINTS if p.pre_tokenize_str(chr(cp))]
    number, first, at = {}, [], 0
    for run, _ in p.pre_tokenize_str("".join(map(chr, some))):
        known = (i for i, cp in enumerate(first) if len(p.pre_tokenize_str(chr(cp) + run[0])) == 1)
        i = next(known, len(first))
        if i == len(first):
            first.append(ord(run[0]))
        number.update(dict.fromkeys(map(ord, run), i + 1))
        at += len(run)
    assert at == len(some) and len(first) < 256
    print("scripts:", len(first))
    return number


def tables():
    composed, compat = compositions(), compatibility()
    consonant, linker = conjuncts()
    pict = regex.compile(r"\p{Extended_Pictographic}")
    strip = normalizers.StripAccents()
    sets = {"LETTER": removed_by(r"\p{L}"), "NUMBER": removed_by(r"\p{N}"),
            "NUMERIC": parts_of(pre_tokenizers.Digits(), 3), "WORD": parts_of(pre_tokenizers.Whitespace(), 1),
            "COMBINING": {cp for cp in POINTS if strip.normalize_str(chr(cp)) == ""},
            "PICT": {cp for cp in POINTS if pict.match(chr(cp))}, "CONSONANT": consonant, "LINKER": linker,
            "SECOND": {b for _, b in composed} | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))}
    blanks = {0x9, 0xA, 0xB, 0xC, 0xD, 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
    assert removed_by(r"\s") == blanks and parts_of(pre_tokenizers.WhitespaceSplit(), 2) == blanks
    return sets, grapheme_classes(), composed, compat


HEAD = "/* %s - generated by gen/make_library_tables.py; do not edit. See classes.h. */"


def save(folder, name, lines):
    with open(os.path.join(folder, name), "w", encoding="ascii", newline="\n") as f:
        f.write("\n".join([HEAD % name, '#include "model/tokenizer/classes.h"', "", *lines]) + "\n")


def write_scripts(folder):
    number = scripts()
    stage1, flat = two_stage([number.get(cp, 0) for cp in range(LIMIT)])
    out = []
    array(out, "uint8_t", "gr_uni_script_index", stage1)
    array(out, "uint8_t", "gr_uni_script_block", flat)
    save(folder, "script_tables.c", out[:-1])


def write(folder):
    sets, graphemes, composed, compat = tables()
    props, pool, entries, entry_of = [], [0], [], {}
    for cp in range(LIMIT):
        p = sum(1 << i for i, f in enumerate(FLAGS) if cp in sets[f])
        props.append(p | GRAPHEMES.index(graphemes.get(cp, "Other")) << GRAPHEME_SHIFT)
        seq = tuple(compat.get(cp, ()))
        if seq and seq not in entry_of:
            entry_of[seq] = len(pool)
            pool += [len(seq), *seq]
        entries.append(entry_of.get(seq, 0))
    out = []
    for name, values in (("class", props), ("compat", entries)):
        stage1, flat = two_stage(values)
        wide = max(stage1) > 255
        array(out, "uint16_t" if wide else "uint8_t", f"gr_uni_{name}_index", stage1)
        array(out, "uint16_t", f"gr_uni_{name}_block", flat)
        print(f"{name}: {len(stage1)} + {len(flat)} entries, index {'uint16_t' if wide else 'uint8_t'}")
    array(out, "uint32_t", "gr_uni_compat_pool", pool)
    array(out, "uint32_t", "gr_uni_pairs", [x for k in sorted(composed) for x in (*k, composed[k])])
    out.append(f"const size_t gr_uni_n_pairs = {len(composed)};")
    print("longest:", max(len(v) for v in compat.values()), "pool:", len(pool), "pairs:", len(composed))
    save(folder, "class_tables.c", out)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", default=os.path.join(here, ".."))
    folder = p.parse_args().out
    check_versions()
    write_scripts(folder)
    write(folder)


if __name__ == "__main__":
    sys.exit(main())
