#!/usr/bin/env python3
"""The project's own metric cases: random inputs, wider in arguments than the shared generator's.

The expectations come from the shared generator's own definitions (its METRICS table, which calls
scikit-learn, scipy and seqeval), so that both files have one meaning; the inputs are drawn here.

    make_cases.py --generator make_metrics.py --seed 20 --count 300 --out cases.jsonl
"""
import argparse
import importlib.util
import json
import random

AVERAGES = ["macro", "micro", "weighted", "none"]


def load(path):
    spec = importlib.util.spec_from_file_location("make_metrics", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def labels_pair(rng, most=40):
    n = rng.choice([1, 2, 3, 5, 8, 13, most])
    classes = rng.sample([-7, -1, 0, 1, 2, 3, 5, 8, 40, 1000], rng.choice([1, 2, 2, 2, 3, 4, 6]))
    if rng.random() < 0.4:
        classes = [0, 1]
    elif rng.random() < 0.1:
        classes = list(range(3, 3 + rng.choice([9, 17, 30])))
    ref = [rng.choice(classes) for _ in range(n)]
    keep = rng.choice([0.0, 0.3, 0.7, 0.95])
    return [r if rng.random() < keep else rng.choice(classes) for r in ref], ref


def some_labels(rng, pred, ref):
    pool = sorted(set(pred) | set(ref) | {0, 1, 9})
    return rng.sample(pool, rng.randint(1, len(pool)))


def case_prf(c, rng):
    pred, ref = labels_pair(rng)
    args = {"average": rng.choice(AVERAGES + ["binary"])}
    if rng.random() < 0.4:
        args["labels"] = some_labels(rng, pred, ref)
    if rng.random() < 0.4:
        args["zero_division"] = rng.choice([0, 1, "nan"])
    if args["average"] == "binary":
        args["pos_label"] = rng.choice([0, 1, ref[0]])
    c.add(rng.choice(["precision", "recall", "f1"]), pred, ref, **args)


def case_plain(c, rng):
    pred, ref = labels_pair(rng)
    metric = rng.choice(["accuracy", "matthews", "confusion_matrix"])
    args = {"labels": some_labels(rng, pred, ref)} if metric == "confusion_matrix" and rng.random() < 0.6 else {}
    c.add(metric, pred, ref, **args)


def case_report(c, rng):
    pred, ref = labels_pair(rng)
    args = {"digits": rng.choice([0, 1, 2, 3, 4, 7, 14])}
    if rng.random() < 0.5:
        args["labels"] = some_labels(rng, pred, ref)
    if rng.random() < 0.5:
        names = ["no", "a rather long class name", "\u4eba\u540d", "Gr\u00f6\u00dfe", "e\u0301", "n/a", "x y"]
        k = len(args.get("labels", set(pred) | set(ref)))
        args["target_names"] = rng.sample(names, min(len(names), max(1, k + rng.choice([0, 0, 0, 1, -1]))))
    c.add("classification_report", pred, ref, **args)


def case_values(c, rng):
    n = rng.choice([2, 3, 4, 9, 30, 60])
    scale, shift = rng.choice([1e-300, 1e-9, 1.0, 1.0, 1e6, 1e150]), rng.choice([0.0, 0.0, 1.0, -3.0])
    digits = rng.choice([0, 1, 4])
    ref = [round(rng.gauss(2, 1.5), digits) for _ in range(n)]
    pred = [scale * (round(x + rng.gauss(0, 1), digits) + shift) for x in ref]
    c.add(rng.choice(["pearson", "spearman"]), pred, ref)
    if scale in (1.0, 1e6):
        c.add(rng.choice(["mse", "rmse", "mae"]), pred, ref)


def case_auc(c, rng):
    n = rng.choice([1, 2, 5, 20, 60])
    y = [rng.choice(rng.choice([[0, 1], [0, 1], [-1, 1], [3]])) for _ in range(n)]
    c.add("roc_auc", [round(rng.gauss(v, 1), rng.choice([0, 1, 3])) for v in y], y)


def noisy(rng, tags, ref):
    return [[t if rng.random() < 0.6 else rng.choice(tags) for t in s] for s in ref]


def case_tags(c, rng, gen):
    types = [f"T{i}" for i in range(20)] if rng.random() < 0.1 else rng.sample(["PER", "LOC", "ORG", "a-b", "", "_", "O", "\u4eba", "-x-"], rng.randint(1, 4))
    scheme = rng.choice(gen.SCHEMES)
    letters = {"IOB1": "IB", "IOB2": "IB", "IOE1": "IE", "IOE2": "IE", "IOBES": "IBES", "BILOU": "BILU"}[scheme]
    strict = rng.random() < 0.6
    if not strict and rng.random() < 0.5:
        letters = "IBESULX."
    suffix = rng.random() < 0.3
    tags = ["O", "O"] + [f"{t}-{x}" if suffix else f"{x}-{t}" for x in letters for t in types]
    if not strict or rng.random() < 0.1:
        tags += ["B", "I", "X", "O-PER", ".", "PER", "S"]
    ref = [[rng.choice(tags) for _ in range(rng.choice([0, 1, 2, 4, 7, 12]))] for _ in range(rng.choice([1, 2, 4, 8]))]
    args = {"suffix": True} if suffix else {}
    if strict:
        args.update(mode="strict", scheme=scheme)
    if rng.random() < 0.3:
        args["zero_division"] = rng.choice([0, 1])
    c.add("seqeval", noisy(rng, tags, ref), ref, **args)
    if not strict and not suffix and rng.random() < 0.4:
        c.add("seqeval_report", noisy(rng, tags, ref), ref, digits=rng.choice([0, 1, 2, 4, 13]))


def case_stats(c, rng):
    kind = rng.randrange(7)
    n = rng.choice([1, 2, 3, 6, 12, 25])
    x = [round(rng.gauss(80, 2), rng.choice([0, 1, 3])) for _ in range(n)]
    y = [round(v + rng.gauss(rng.choice([0, 1]), 1), rng.choice([0, 1, 3])) for v in x]
    if kind == 0:
        c.add("mcnemar", b=rng.choice([0, 1, 7, 60, rng.randrange(3000)]), c=rng.choice([0, 2, 7, 55, rng.randrange(3000)]))
    elif kind == 1:
        k = rng.choice([1, 2, 7, 90, 5000])
        c.add("wilson", k=rng.randint(0, k), n=k, confidence=rng.choice([0.5, 0.8, 0.95, 0.999, 0.999999]))
    elif kind == 2:
        c.add("fisher_z", r=rng.choice([-1.0, 0.0, 1.0, round(rng.uniform(-1, 1), 5)]), n=rng.choice([2, 3, 4, 9, 1500]),
              confidence=rng.choice([0.8, 0.95, 0.999]))
    elif kind == 3:
        c.add("holm", [rng.choice([0.0, 1.0, round(rng.random() ** 3, 4)]) for _ in range(n)])
    elif kind == 4:
        c.add("ttest_paired", x, y)
    elif kind == 5:
        c.add("wilcoxon_exact", x, y)
    else:
        c.add("mean_std", [v * rng.choice([1.0, 1e-9, 1e9]) for v in x])


def case_glue(c, rng, gen):
    task = rng.choice(["cola", "sst2", "mrpc", "qqp", "mnli", "qnli", "rte", "wnli"])
    n = rng.choice([1, 2, 5, 30])
    pred, ref = gen.labels_of(rng, n, 3 if task == "mnli" else 2, rng.uniform(0.2, 1.0))
    c.add("glue", pred, ref, task=task)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--generator", required=True)
    p.add_argument("--seed", default="20")
    p.add_argument("--count", type=int, default=300)
    p.add_argument("--out", default="cases.jsonl")
    a = p.parse_args()
    gen = load(a.generator)
    rng, c = random.Random(f"{a.seed}/own metrics"), gen.Cases()
    makers = [case_prf, case_plain, case_report, case_values, case_auc, lambda c, r: case_tags(c, r, gen),
              lambda c, r: case_tags(c, r, gen), case_stats, case_stats, lambda c, r: case_glue(c, r, gen)]
    while len(c.rows) < a.count:
        rng.choice(makers)(c, rng)
    with open(a.out, "w", encoding="ascii", newline="\n") as f:
        for r in c.rows[:a.count]:
            f.write(json.dumps(r, ensure_ascii=True, separators=(",", ":"), allow_nan=False) + "\n")
    print(a.count, "cases,", sum("error" in r for r in c.rows[:a.count]), "of them errors;", c.seen)


if __name__ == "__main__":
    main()
