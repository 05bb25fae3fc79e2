#!/usr/bin/env python3
"""The project's own tokenizer cases: a small vocabulary, lower-cased and cased.

    make.py --golden FOLDER [--seed 2] [--keep 200]

FOLDER holds make_tokenizer.py and texts.json of the golden set; the reference is
the `tokenizers` package (0.23.3). Only hand-written and random texts are used,
none of a published data set; `--keep` of them are drawn for each file.
"""
import argparse
import json
import os
import random
import sys


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--golden", required=True)
    p.add_argument("--seed", default="2")
    p.add_argument("--keep", type=int, default=200)
    p.add_argument("--out", default=here)
    a = p.parse_args()
    sys.path.insert(0, a.golden)
    sys.dont_write_bytecode = True
    import make_tokenizer as m

    m.real_rows = lambda data, rng: ([], [])
    with open(os.path.join(a.golden, "texts.json"), encoding="utf-8") as f:
        texts = json.load(f)
    vocab = os.path.join(a.out, "vocab.txt")
    with open(vocab, "w", encoding="utf-8", newline="\n") as f:
        f.writelines(w + "\n" for w in m.own_vocab())
    for name, low in (("uncased", True), ("cased", False)):
        rows = m.cases(m.wordpiece(vocab, low), "own-" + name, texts, None, a.seed)
        rng = random.Random(f"{a.seed}/keep/{name}")
        keep = set(rng.sample(range(len(rows)), min(a.keep, len(rows))))
        m.write(os.path.join(a.out, name + ".jsonl"), [r for i, r in enumerate(rows) if i in keep])


if __name__ == "__main__":
    main()
