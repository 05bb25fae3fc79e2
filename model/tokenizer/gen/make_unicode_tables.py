#!/usr/bin/env python3
"""Writes ../unicode_tables.c: what the tokenizers need to know about each code point.

    make_unicode_tables.py --codepoints FILE [--out FILE]

Two sources. Python's `unicodedata` gives canonical decompositions, combining
classes and the word characters of `\\w`. FILE (bert-codepoints.json of the
golden set) says what the published BERT normalizer does to every code point:
its tables are older than any current Unicode, so where the two differ the file
wins, and a decomposition it does not know is left out. The script stops when
the file states something that this model cannot express.

Needs the standard library alone. The result does not depend on the Python
version as long as its Unicode is 13.0 or later, but for word characters that
newer versions assign.
"""
import argparse
import json
import os
import sys
import unicodedata

LIMIT = 0x110000
HANGUL = range(0xAC00, 0xD7A4)
SHIFT = 7
BLOCK = 1 << SHIFT

# Bit of each property in a 16-bit word; the combining class index lies above them.
FLAGS = ["REMOVED", "SPACE", "CJK", "PUNCT", "WHITE", "MARK", "WORD", "LOWER", "DECOMP"]
CLASS_SHIFT = len(FLAGS)
SETS = {"REMOVED": "removed_by_clean_text", "SPACE": "space_by_clean_text", "CJK": "cjk_padded",
        "PUNCT": "split_as_punctuation", "WHITE": "split_as_whitespace", "MARK": "removed_by_strip_accents"}
# Alphabetic code points that are of no letter category: circled and squared Latin letters.
OTHER_ALPHABETIC = [(0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189)]


def surrogate(cp):
    return 0xD800 <= cp <= 0xDFFF


def points(ranges):
    out = set()
    for r in ranges:
        first, _, last = r.partition("-")
        out.update(range(int(first, 16), int(last or first, 16) + 1))
    return out


def sequence(text):
    return [int(x, 16) for x in text.split()]


def decompositions(bert, marks):
    """cp -> full canonical decomposition, for those that the old tables know."""
    out = {}
    for cp in range(LIMIT):
        if surrogate(cp) or cp in HANGUL:
            continue
        full = [ord(c) for c in unicodedata.normalize("NFD", chr(cp))]
        stated = bert["strip_accents"].get("%04X" % cp)
        want = sequence(stated) if stated else [] if cp in marks else [cp]
        if full == [cp]:
            if want not in ([cp], []):
                sys.exit(f"U+{cp:04X}: decomposition unknown to this Python")
        elif [c for c in full if c not in marks] == want:
            out[cp] = full
        elif want == [cp]:
            print(f"U+{cp:04X}: decomposition is newer than the normalizer, left out")
        else:
            sys.exit(f"U+{cp:04X}: decomposes to {full}, the file says {want}")
    return out


def combining_classes(bert, marks):
    """Class of the marks that are stripped (they take part in the ordering) and of those kept."""
    out = {int(k, 16): v for k, v in bert["kept_combining_classes"].items()}
    out.update({cp: unicodedata.combining(chr(cp)) for cp in marks})
    return {cp: c for cp, c in out.items() if c}


def is_word(cp):
    cat = unicodedata.category(chr(cp))
    return (cat[0] in "LM" or cat in ("Nl", "Nd", "Pc") or cp in (0x200C, 0x200D)
            or any(a <= cp <= b for a, b in OTHER_ALPHABETIC))


def check(sets, decomp, lower, classes):
    """What the encoder's short cuts rely on."""
    for cp in sets["PUNCT"] | sets["WHITE"] | sets["SPACE"] | sets["CJK"]:
        assert classes.get(cp, 0) == 0 and cp not in sets["MARK"], hex(cp)
    for cp in sets["PUNCT"]:
        assert all(c in sets["PUNCT"] for c in decomp.get(cp, [])) and cp not in lower, hex(cp)
    for cp in sets["WHITE"]:
        assert all(c in sets["WHITE"] for c in decomp.get(cp, [])), hex(cp)
    assert [cp for cp, m in lower.items() if len(m) > 1] == [0x130]


def two_stage(values):
    """values[cp] -> (stage1, blocks flattened)."""
    seen, stage1, flat = {}, [], []
    for start in range(0, LIMIT, BLOCK):
        block = tuple(values[start:start + BLOCK])
        if block not in seen:
            seen[block] = len(seen)
            flat.extend(block)
        stage1.append(seen[block])
    return stage1, flat


def array(out, ctype, name, values):
    out.append(f"const {ctype} {name}[{len(values)}] = {{")
    line = "   "
    for v in values:
        item = f" {v},"
        if len(line) + len(item) > 118:
            out.append(line)
            line = "   "
        line += item
    out += [line, "};", ""]


def tables(bert):
    sets = {flag: points(bert[key]) for flag, key in SETS.items()}
    lower = {int(k, 16): sequence(v) for k, v in bert["lowercase"].items()}
    decomp = decompositions(bert, sets["MARK"])
    classes = combining_classes(bert, sets["MARK"])
    check(sets, decomp, lower, classes)
    sets["WORD"] = {cp for cp in range(LIMIT) if not surrogate(cp) and is_word(cp)}
    sets["LOWER"] = set(lower)
    sets["DECOMP"] = set(decomp)

    class_values = sorted({0} | set(classes.values()))
    props, deltas, delta_of, pool, entry_of, entries = [], [], {}, [0], {}, []
    for cp in range(LIMIT):
        p = sum(1 << i for i, f in enumerate(FLAGS) if cp in sets[f])
        props.append(p | class_values.index(classes.get(cp, 0)) << CLASS_SHIFT)
        d = lower[cp][0] - cp if cp in lower else 0
        deltas.append(delta_of.setdefault(d, len(delta_of)))
        seq = tuple(decomp.get(cp, ()))
        if seq and seq not in entry_of:
            entry_of[seq] = len(pool)
            pool += [len(seq), *seq]
        entries.append(entry_of.get(seq, 0))
    return props, deltas, list(delta_of), entries, pool, class_values


def write(path, bert):
    props, deltas, delta_values, entries, pool, class_values = tables(bert)
    assert max(props) < 1 << 16 and len(delta_values) < 256 and len(pool) < 1 << 16
    out = ["/* unicode_tables.c - generated by gen/make_unicode_tables.py; do not edit. See unicode.h. */",
           '#include "model/tokenizer/unicode.h"', ""]
    for name, ctype, values in (("prop", "uint16_t", props), ("lower", "uint8_t", deltas), ("decomp", "uint16_t", entries)):
        stage1, flat = two_stage(values)
        assert max(stage1) < 256
        array(out, "uint8_t", f"gr_uni_{name}_index", stage1)
        array(out, ctype, f"gr_uni_{name}_block", flat)
        print(f"{name}: {len(stage1)} + {len(flat)} entries")
    array(out, "int32_t", "gr_uni_lower_delta", delta_values)
    array(out, "uint32_t", "gr_uni_decomp_pool", pool)
    array(out, "uint8_t", "gr_uni_class", class_values)
    with open(path, "w", encoding="ascii", newline="\n") as f:
        f.write("\n".join(out[:-1]) + "\n")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--codepoints", required=True, help="bert-codepoints.json")
    p.add_argument("--out", default=os.path.join(here, "..", "unicode_tables.c"))
    a = p.parse_args()
    with open(a.codepoints, encoding="ascii") as f:
        write(a.out, json.load(f))


if __name__ == "__main__":
    main()
