#!/usr/bin/env python3
"""Scores of models without context on the demo data: what the demo encoder has to beat.

    demo_baselines.py [DIR] [--json]     DIR: data/demo

Classes: the most frequent one, and logistic regression on word counts. Pairs add, for each word, whether both texts
hold it or only one. Scores: least squares on the same features. Names: each word's most frequent tag in the training
rows. Fitted on the training rows, scored on the validation rows. Python 3 standard library alone."""
import argparse
import collections
import csv
import json
import math
import os
import random
import sys
import tarfile

EPOCHS, SEED = 30, 42


# ---- reading -----------------------------------------------------------------------------------------------
def table(path, header=True):
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    return rows[1:] if header else rows


def mrpc(d):
    dev = {tuple(r) for r in table(f"{d}/MRPC/dev_ids.tsv", False)}
    rows = table(f"{d}/MRPC/msr_paraphrase_train.txt")
    parts = [[((r[3], r[4]), int(r[0])) for r in rows if ((r[1], r[2]) in dev) == held] for held in (False, True)]
    return parts


def sst2(d):
    return [[((r[0],), int(r[1])) for r in table(f"{d}/SST-2/{n}.tsv")] for n in ("train", "dev")]


def stsb(d):
    return [[((r[7], r[8]), float(r[9])) for r in table(f"{d}/STS-B/{n}.tsv")] for n in ("train", "dev")]


def imdb(d):
    parts = {"train": [], "test": []}
    with tarfile.open(f"{d}/aclImdb_v1.tar.gz") as tar:
        for member in tar.getmembers():
            _, split, label, _ = member.name.split("/")
            parts[split].append(((tar.extractfile(member).read().decode(),), int(label == "pos")))
    quarter = len(parts["test"]) // 4
    return [parts["train"], parts["test"][quarter:3 * quarter]]


def ttc4900(d):
    """The split of the task needs NumPy's permutation; any seeded one serves a baseline as well."""
    with open(f"{d}/TTC4900.csv", encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    names = sorted({r["category"].strip() for r in rows})
    rows = [((r["text"],), names.index(r["category"].strip())) for r in rows]
    random.Random(SEED).shuffle(rows)
    return [rows[:len(rows) // 2], rows[len(rows) // 2:3 * len(rows) // 4]]


def conll2003(d):
    parts = []
    for name in ("train", "valid"):
        sentences, words = [], []
        with open(f"{d}/conll2003/{name}.txt", encoding="utf-8") as f:
            for line in list(f) + ["\n"]:
                fields = line.split()
                if fields and fields[0] != "-DOCSTART-":
                    words.append((fields[0], fields[-1]))
                elif words:
                    sentences.append(words)
                    words = []
        parts.append(sentences)
    return parts


# ---- linear models on words --------------------------------------------------------------------------------
def features(texts):
    bags = [collections.Counter(t.lower().split()) for t in texts]
    out = {"bias": 1.0}
    for i, bag in enumerate(bags):
        for word, n in bag.items():
            out[f"{i} {word}"] = float(n)
    if len(bags) == 2:
        common = set(bags[0]) & set(bags[1])
        for word in set(bags[0]) | set(bags[1]):
            out[("both " if word in common else "one ") + word] = 1.0
        out["share"] = len(common) / max(1, len(set(bags[0]) | set(bags[1])))
    return out


def fit(rows, n_out, values, l2=1e-4, rate=0.3):
    """Adagrad on the logistic (values: squared) loss."""
    weights, squares = [collections.defaultdict(float) for _ in range(n_out)], [collections.defaultdict(float) for _ in range(n_out)]
    data = [(features(t), y) for t, y in rows]
    order, rng = list(range(len(data))), random.Random(SEED)
    for _ in range(EPOCHS):
        rng.shuffle(order)
        for i in order:
            x, y = data[i]
            grads = [z - y for z in scores(weights, x)] if values else softmax_error(scores(weights, x), y)
            for k, g in enumerate(grads):
                for name, v in x.items():
                    step = g * v + l2 * weights[k][name]
                    squares[k][name] += step * step
                    weights[k][name] -= rate * step / (1e-8 + math.sqrt(squares[k][name]))
    return weights


def scores(weights, x):
    return [sum(w.get(name, 0.0) * v for name, v in x.items()) for w in weights]


def softmax_error(z, y):
    top = max(z)
    e = [math.exp(v - top) for v in z]
    total = sum(e)
    return [v / total - (k == y) for k, v in enumerate(e)]


def class_scores(parts):
    train, held = parts
    n_out = 1 + max(y for _, y in train)
    weights = fit(train, n_out, False)
    right = 0
    for texts, y in held:
        z = scores(weights, features(texts))
        right += z.index(max(z)) == y
    counts = collections.Counter(y for _, y in held)
    return {"majority": max(counts.values()) / len(held), "bag_of_words": right / len(held)}


def f1_of(parts):
    train, held = parts
    weights = fit(train, 2, False)
    pred = [(lambda z: z.index(max(z)))(scores(weights, features(t))) for t, _ in held]
    hits = sum(p and y for p, (_, y) in zip(pred, held))
    return 2 * hits / max(1, sum(pred) + sum(y for _, y in held))


# ---- correlation and entities ------------------------------------------------------------------------------
def ranks(x):
    order, out = sorted(range(len(x)), key=x.__getitem__), [0.0] * len(x)
    i = 0
    while i < len(order):
        j = i
        while j < len(order) and x[order[j]] == x[order[i]]:
            j += 1
        for k in order[i:j]:
            out[k] = (i + j - 1) / 2
        i = j
    return out


def pearson(a, b):
    ma, mb = sum(a) / len(a), sum(b) / len(b)
    cov = sum((x - ma) * (y - mb) for x, y in zip(a, b))
    return cov / math.sqrt(sum((x - ma) ** 2 for x in a) * sum((y - mb) ** 2 for y in b))


def value_scores(parts):
    train, held = parts
    weights = fit(train, 1, True)
    pred, gold = [scores(weights, features(t))[0] for t, _ in held], [y for _, y in held]
    share = [features(t)["share"] for t, _ in held]
    return {"bag_of_words_pearson": pearson(pred, gold), "bag_of_words_spearman": pearson(ranks(pred), ranks(gold)),
            "word_overlap_spearman": pearson(ranks(share), ranks(gold))}


def entities(tags):
    found, i = set(), 0
    while i < len(tags):
        j = i + 1
        if tags[i] != "O":
            while j < len(tags) and tags[j] == "I-" + tags[i][2:]:
                j += 1
            found.add((i, j, tags[i][2:]))
        i = j
    return found


def name_scores(parts):
    counts = collections.defaultdict(collections.Counter)
    for sentence in parts[0]:
        for word, tag in sentence:
            counts[word][tag] += 1
    hits = guessed = there = 0
    for sentence in parts[1]:
        guess = entities([counts[w].most_common(1)[0][0] if w in counts else "O" for w, _ in sentence])
        gold = entities([t for _, t in sentence])
        hits, guessed, there = hits + len(guess & gold), guessed + len(guess), there + len(gold)
    return {"most_frequent_tag_f1": 2 * hits / max(1, guessed + there)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", nargs="?", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "demo"))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    out = {"mrpc": class_scores(mrpc(args.dir)), "sst2": class_scores(sst2(args.dir)), "stsb": value_scores(stsb(args.dir)),
           "imdb": class_scores(imdb(args.dir)), "ttc4900": class_scores(ttc4900(args.dir)),
           "conll2003": name_scores(conll2003(args.dir))}
    out["mrpc"]["bag_of_words_f1"] = f1_of(mrpc(args.dir))
    if args.json:
        print(json.dumps(out, indent=2))
        return 0
    for task, values in out.items():
        for name, value in values.items():
            print(f"{task:10} {name:24} {value:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
