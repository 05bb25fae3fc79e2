#!/usr/bin/env python3
"""Check that the demo shows learning: the records of `glue-run --all --seeds 3` on the demo data against fixed bounds
and against models without context (demo_baselines.py).

    check_demo.py RUNS [--glue-run PROGRAM] [--data data/demo] [--seeds 42,43,44] [--max-seconds 60]

RUNS is an output folder of glue-run, or one suite in it; with --glue-run the folder is emptied and the program runs
first. Each seed for itself must hold every bound:
- classification: the lower end of Wilson's 95 % interval of the accuracy lies above the most frequent class + 0.10;
- STS-B: Spearman at least 0.5; entities: F1 at least 0.6;
- pairs and names: 0.05 more than the best model without context;
- one seed over all tasks takes less than --max-seconds (0: not checked).
Prints one row a check and ends with 1 when one fails. Python 3 standard library alone."""
import argparse
import json
import math
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSIFICATION = ("mrpc", "sst2", "imdb", "ttc4900")
METRIC = {"mrpc": "accuracy", "sst2": "accuracy", "imdb": "accuracy", "ttc4900": "accuracy", "stsb": "spearmanr",
          "conll2003": "overall_f1"}
WITHOUT_CONTEXT = {"mrpc": ("majority", "bag_of_words"), "stsb": ("bag_of_words_spearman", "word_overlap_spearman"),
                   "conll2003": ("most_frequent_tag_f1",)}
LEAST = {"stsb": 0.5, "conll2003": 0.6}
MARGIN_MAJORITY, MARGIN_CONTEXT, Z = 0.10, 0.05, 1.959963984540054


def wilson_low(share, n):
    centre = share + Z * Z / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return (centre - half) / (1 + Z * Z / n)


def read_records(runs):
    """{(task, seed): record}; of records with the same task and seed the one written last."""
    found = {}
    for folder, _, files in os.walk(runs):
        for name in files:
            if not name.endswith(".json"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                record = json.load(f)
            if not isinstance(record, dict) or "metrics" not in record or "seed" not in record:
                continue
            key = (record["task"], record["seed"])
            if key not in found or record["created"] > found[key]["created"]:
                found[key] = record
    return found


def value_of(record, name):
    for metric in record["metrics"]:
        if metric["name"] == name and metric["split"] == "validation":
            return metric["finetuned"]
    return None


class Checks:
    def __init__(self):
        self.failed = 0
        print(f"{'task':10} {'seed':>5}  {'check':42} {'value':>8} {'bound':>8}")

    def add(self, task, seed, what, value, bound, holds):
        self.failed += not holds
        print(f"{task:10} {seed:>5}  {what:42} {value:8.4f} {bound:8.4f}  {'ok' if holds else 'FAILED'}")

    def fault(self, task, seed, what):
        self.failed += 1
        print(f"{task:10} {seed:>5}  {what}  FAILED")


def check_record(checks, record, baseline):
    task, seed = record["task"], record["seed"]
    if record["status"] != "ok" or record["data"] != "demo" or not record["model_note"]:
        checks.fault(task, seed, f"status {record['status']}, data {record['data']}, model note '{record['model_note']}'")
        return
    value = value_of(record, METRIC[task])
    if value is None:
        checks.fault(task, seed, f"the record has no {METRIC[task]} on validation")
        return
    if task in CLASSIFICATION:
        low, bound = wilson_low(value, record["n_eval"]), baseline["majority"] + MARGIN_MAJORITY
        checks.add(task, seed, f"accuracy {value:.4f}: Wilson low, majority + {MARGIN_MAJORITY}", low, bound, low > bound)
    if task in LEAST:
        checks.add(task, seed, METRIC[task], value, LEAST[task], value >= LEAST[task])
    if task in WITHOUT_CONTEXT:
        name = max(WITHOUT_CONTEXT[task], key=baseline.get)
        bound = baseline[name] + MARGIN_CONTEXT
        checks.add(task, seed, f"{METRIC[task]}, {name} + {MARGIN_CONTEXT}", value, bound, value >= bound)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs")
    parser.add_argument("--glue-run", metavar="PROGRAM")
    parser.add_argument("--data", default=f"{HERE}/../data/demo")
    parser.add_argument("--seeds", default="42,43,44")
    parser.add_argument("--max-seconds", type=float, default=60.0)
    args = parser.parse_args()
    if args.glue_run:
        shutil.rmtree(args.runs, ignore_errors=True)
        subprocess.run([args.glue_run, "--all", "--model", "demo", "--data", args.data, "--seeds", args.seeds, "--quiet", "--output-dir", args.runs],
                       check=True)
    text = subprocess.run([sys.executable, "-B", f"{HERE}/demo_baselines.py", "--json", args.data], check=True, stdout=subprocess.PIPE).stdout
    baselines, records, checks = json.loads(text), read_records(args.runs), Checks()
    seeds = [int(s) for s in args.seeds.split(",")]
    for task in METRIC:
        for seed in seeds:
            if (task, seed) in records:
                check_record(checks, records[task, seed], baselines[task])
            else:
                checks.fault(task, seed, "no record")
    for seed in seeds:
        seconds = sum(r["total_seconds"] for (_, s), r in records.items() if s == seed)
        if args.max_seconds > 0:
            checks.add("all", seed, "seconds, all tasks", seconds, args.max_seconds, 0 < seconds < args.max_seconds)
    print(f"{checks.failed} failed" if checks.failed else "all bounds hold")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
