#!/usr/bin/env python3
"""Write the six demo data sets, in the files and formats of the published ones, beside this script.

    make_demo.py                       the sets as they are kept in the repository (seed 1)
    make_demo.py --check               the same into a temporary folder; fails when a file differs
    make_demo.py --vocab DIR           vocab.txt for the demo encoder
    make_demo.py --extra N --out DIR   N rows a grammar of further word combinations, for pre-training:
                                       mix.jsonl (text, pair, label) and tags.conll (words that are names, and words that two
                                       sentences tell alike)

Python 3 standard library alone. Held-out rows, training rows and further output share no word
combination (demo_grammar.PARTITIONS)."""
import argparse
import csv
import filecmp
import gzip
import io
import json
import os
import random
import string
import sys
import tarfile
import tempfile

import demo_grammar as G
import demo_names as N
import demo_words as W

SIZES = {  # rows of train, validation, test
    "mrpc": (800, 300, 300), "sst2": (600, 300, 300), "stsb": (800, 300, 300), "imdb": (400, 0, 600),
    "ttc4900": (720, 360, 360), "conll2003": (1200, 300, 300),
}
SPLITS = ("train", "validation", "test")


def rows_of(name, make, seed, seen):
    """The three splits of a set. A text that occurred before, in any split, is drawn again."""
    out = []
    for split, n in zip(SPLITS, SIZES[name]):
        rng = random.Random(f"{name} {split} {seed}")
        rows = []
        while len(rows) < n:
            row = make(rng, split)
            texts = [t if isinstance(t, str) else " ".join(w for w, _ in t) for t in row[:-1]] or [
                " ".join(w for w, _ in row[0])]
            if any(t in seen for t in texts):
                continue
            seen.update(texts)
            rows.append(row)
        out.append(rows)
    return out


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)


def tsv(header, rows):
    return "".join("\t".join(map(str, r)) + "\n" for r in [header] + rows)


# ---- one writer a set ------------------------------------------------------------------------------------
def write_mrpc(out, seed):
    train, validation, test = rows_of("mrpc", G.paraphrase_pair, seed, set())
    rng = random.Random(f"mrpc order {seed}")
    header = ["\ufeffQuality", "#1 ID", "#2 ID", "#1 String", "#2 String"]
    numbered = [(label, 10000 + 2 * i, 10001 + 2 * i, a, b, i >= len(train))
                for i, (a, b, label) in enumerate(train + validation)]
    rng.shuffle(numbered)
    write(f"{out}/MRPC/msr_paraphrase_train.txt", tsv(header, [r[:5] for r in numbered]))
    write(f"{out}/MRPC/dev_ids.tsv", "".join(f"{r[1]}\t{r[2]}\n" for r in numbered if r[5]))
    held = [(label, 50000 + 2 * i, 50001 + 2 * i, a, b) for i, (a, b, label) in enumerate(test)]
    write(f"{out}/MRPC/msr_paraphrase_test.txt", tsv(header, held))


def write_sst2(out, seed):
    train, validation, test = rows_of("sst2", G.short_review, seed, set())
    for name, rows in (("train", train), ("dev", validation)):
        write(f"{out}/SST-2/{name}.tsv", tsv(["sentence", "label"], [(t + " ", y) for t, y in rows]))
    write(f"{out}/SST-2/test.tsv", tsv(["index", "sentence"], [(i, t) for i, (t, _) in enumerate(test)]))


def write_stsb(out, seed):
    header = ["index", "genre", "filename", "year", "old_index", "source1", "source2", "sentence1", "sentence2"]
    for name, rows in zip(("train", "dev", "test"), rows_of("stsb", G.similarity_pair, seed, set())):
        lines = [(i, "demo-events", "demo", 2026, f"{i:04d}", "none", "none", a, b, f"{score:.3f}")
                 for i, (a, b, score) in enumerate(rows)]
        hidden = name == "test"
        write(f"{out}/STS-B/{name}.tsv", tsv(header + ([] if hidden else ["score"]), [r[:9] if hidden else r for r in lines]))


def write_imdb(out, seed):
    """Equal numbers of both labels, named as in the archive: index_stars.txt. test mixes both held-out partitions."""
    seen, data = set(), io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for split, n in (("train", SIZES["imdb"][0]), ("test", SIZES["imdb"][2])):
            rng, rows = random.Random(f"imdb {split} {seed}"), {0: [], 1: []}
            while min(map(len, rows.values())) < n // 2:
                text, label = G.long_review(rng, "train" if split == "train" else rng.choice(["validation", "test"]))
                if len(rows[label]) < n // 2 and text not in seen:
                    seen.add(text)
                    rows[label].append(text)
            for label, folder in ((0, "neg"), (1, "pos")):
                for i, text in enumerate(rows[label]):
                    stars = rng.randrange(7, 11) if label else rng.randrange(1, 5)
                    info = tarfile.TarInfo(f"aclImdb/{split}/{folder}/{i}_{stars}.txt")
                    blob = text.encode()
                    info.size = len(blob)
                    tar.addfile(info, io.BytesIO(blob))
    os.makedirs(out, exist_ok=True)
    with open(f"{out}/aclImdb_v1.tar.gz", "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
        z.write(data.getvalue())


def numpy_permutation(n, seed):
    """numpy.random.RandomState(seed).permutation(n), which cuts TTC4900 into splits. Python's generator is the same Mersenne
    Twister, seeded in another way."""
    state = [seed]
    for i in range(1, 624):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + i) & 0xFFFFFFFF)
    twister = random.Random()
    twister.setstate((3, tuple(state + [624]), None))
    out = list(range(n))
    for i in range(n - 1, 0, -1):
        j = n
        while j > i:
            j = twister.getrandbits(32) & ((1 << i.bit_length()) - 1)
        out[i], out[j] = out[j], out[i]
    return out


def write_ttc4900(out, seed):
    """One CSV as published, its rows where the task's split looks for those of each partition."""
    rows = sum(rows_of("ttc4900", G.news_item, seed, set()), [])
    placed = [None] * len(rows)
    for row, at in zip(rows, numpy_permutation(len(rows), 42)):
        placed[at] = row
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["category", "text"])
    for item, label in placed:
        table.writerow([W.TOPICS[label] + " ", " " + item + " "])
    write(f"{out}/TTC4900.csv", text.getvalue())


def conll(rows):
    return "-DOCSTART- -X- -X- O\n\n" + "".join(
        "".join(f"{w} X X {tag}\n" for w, tag in row) + "\n" for row in rows)


def write_conll2003(out, seed):
    splits = rows_of("conll2003", lambda rng, part: (N.tagged_sentence(rng, part),), seed, set())
    for name, rows in zip(("train", "valid", "test"), splits):
        write(f"{out}/conll2003/{name}.txt", conll([r[0] for r in rows]))


def write_marker(out, seed):
    """What these files are, and how many rows each split has: the data are the demo, never the published sets."""
    rows = {name: dict(zip(SPLITS, sizes)) for name, sizes in SIZES.items()}
    rows["imdb"] = {"train": SIZES["imdb"][0], "validation": SIZES["imdb"][2] // 2, "test": SIZES["imdb"][2] // 2}
    write(f"{out}/demo.json", json.dumps({"kind": "demo", "generator": "make_demo.py", "seed": seed, "rows": rows}, indent=2) + "\n")


WRITERS = (write_mrpc, write_sst2, write_stsb, write_imdb, write_ttc4900, write_conll2003, write_marker)


# ---- vocabulary and further output -----------------------------------------------------------------------
def vocabulary():
    words = set("the was by it in who a an with is feels but although overall . , - : ; ! ? ( ) ' \" < > /".split())
    for group in (W.PEOPLE, W.THINGS, W.DEEDS, W.ACTS, W.PLACES, W.TIMES, W.TRAITS):
        for concept in group:
            for phrase in concept:
                words.update(phrase.split())
    for group in (W.GOOD, W.BAD, W.ASPECTS, W.GOOD_VERBS, W.BAD_VERBS, W.FILMS, W.INTENSE, W.NEWS_FILLER, W.AMBIGUOUS,
                  W.WORD_NAMES, W.FIRST, W.ORG_TAILS, W.CLUB_TAILS, W.LOC_HEADS, W.LOC_TAILS, W.NATIONS, W.MISC_TAILS,
                  W.DAYS, N.words_of_templates(), W.ONSETS):
        words.update(group)
    for phrase in W.NEGATIONS:
        words.update(phrase.split())
    for topic in W.TOPICS:
        words.update(W.TOPIC_NOUNS[topic].split() + W.TOPIC_VERBS[topic])
    words.update("""we saw this last week was shown on rainy my i went to see another for in end all whole family br""".split())
    words.update(d.lower() for d in W.DAYS)
    words.update("The We My All In It Overall Another This On At Two Three Five Today After Last Mr Mrs Dr".split())
    words.update(w[0].upper() + w[1:] for w in N.words_of_templates() if w[0].islower())
    words.update(str(i) for i in range(100))
    pieces = ["##" + w for w in W.MIDDLES + W.ENDS + "s ed ing er ly".split()]
    singles = [c for c in string.printable if c.isprintable() and c != " "]
    tail = sorted({w for w in words if len(w) > 1}) + sorted(set(pieces))
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + singles + ["##" + c for c in singles] + [
        p for p in tail if len(p) != 3 or not p.startswith("##")]


def synonym_row(rng):
    """Two words or phrases and whether they mean the same: short rows that teach the concepts."""
    group = rng.choice([W.PEOPLE, W.THINGS, W.DEEDS, W.ACTS, W.PLACES, W.TIMES, W.TRAITS])
    first = rng.choice(group)
    same = rng.random() < 0.5
    second = first if same else rng.choice([g for g in group if g is not first])
    a = rng.choice(first)
    b = rng.choice([w for w in second if w != a])
    return a, b, "same" if same else "other"


def mention_row(rng):
    """A sentence and one of its words: which kind of name is it there?"""
    row = N.tagged_sentence(rng, "extra")
    word, tag = rng.choice(row if rng.random() < 0.3 else [r for r in row if r[1] != "O"] or row)
    return " ".join(w for w, _ in row), word, "name_" + tag.split("-")[-1].lower()


def mixed_row(rng):
    """(text, pair or "", label) of one of the pre-training tasks."""
    pick = rng.random()
    if pick < 0.50:
        a, b, score, _ = G.compared_pair(rng, "extra")
        return a, b, f"near_{5 if score == 5 else int(score)}"
    if pick < 0.60:
        return synonym_row(rng)
    if pick < 0.70:
        text, y = G.short_review(rng, "extra")
        return text, "", f"view_{y}"
    if pick < 0.80:
        text, y = G.long_review(rng, "extra")
        return text, "", f"review_{y}"
    if pick < 0.90:
        text, y = G.news_item(rng, "extra")
        return text, "", "news_" + W.TOPICS[y]
    return mention_row(rng)


def tagged_row(rng):
    return N.tagged_sentence(rng, "extra") if rng.random() < 0.12 else G.compared_pair(rng, "extra")[3]


def write_extra(out, n, seed):
    rng = random.Random(f"extra {seed}")
    rows = [dict(zip(("text", "pair", "label"), mixed_row(rng))) for _ in range(n)]
    write(f"{out}/mix.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write(f"{out}/tags.conll", conll([tagged_row(rng) for _ in range(n)]))


def check(here, seed):
    with tempfile.TemporaryDirectory() as fresh:
        for writer in WRITERS:
            writer(fresh, seed)
        names = [os.path.relpath(os.path.join(d, f), fresh) for d, _, files in os.walk(fresh) for f in files]
        differing = [n for n in sorted(names) if not os.path.exists(f"{here}/{n}")
                     or not filecmp.cmp(f"{fresh}/{n}", f"{here}/{n}", shallow=False)]
    for name in differing:
        print(f"{name}: differs from what the generator writes", file=sys.stderr)
    return 1 if differing else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--out", default=here)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--extra", type=int, default=0, metavar="N")
    parser.add_argument("--vocab", metavar="DIR")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if args.check:
        return check(here, args.seed)
    if args.vocab:
        write(f"{args.vocab}/vocab.txt", "\n".join(vocabulary()) + "\n")
    elif args.extra:
        write_extra(args.out, args.extra, args.seed)
    else:
        for writer in WRITERS:
            writer(args.out, args.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
