#!/usr/bin/env python3
"""Fine-tune a real encoder at the reference's recipe and compare with the reference's scores.

    ci/bench/finetune.py GLUE_RUN --model DIR --data DIR --golden DIR --out DIR [--seeds 42,43,44] [TASK ...]

GLUE_RUN is the program, --golden the folder with real/finetune.json. Each task runs as `glue-run run` with defaults (the
file's recipe is Trainer's default recipe), finished runs are reused, so an interrupted comparison goes on.
Prints one line a metric: mean over the seeds, the reference's mean, the difference, the band, and ok or OUT.
Standard library only.
"""
import argparse
import json
import os
import re
import subprocess
import sys


def extra_options(train_rows):
    """'all 3668' -> nothing; 'the first 8000' or 'the first 4000 sentences' -> a cut."""
    m = re.match(r"the first (\d+)", train_rows)
    return ["--max-train-samples", m[1]] if m else []


def run_task(a, task, spec, recipe):
    cmd = [a.glue_run, "run", task, "--model", a.model, "--data", a.data, "--output-dir", os.path.join(a.out, task),
           "--seeds", a.seeds, "--epochs", str(recipe["epochs"]), "--batch-size", str(recipe["batch_size"]),
           "--learning-rate", str(recipe["learning_rate"]), "--scheduler", recipe["scheduler"],
           "--max-length", str(recipe["max_length"]), "--json"] + extra_options(spec["train_rows"])
    done = subprocess.run(cmd, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"{task}: glue-run ended with {done.returncode}")
    return json.loads(done.stdout)


def value(record, metric):
    for m in record["metrics"]:
        if m["name"] == metric and m["split"] == record["metrics"][0]["split"]:
            return m["finetuned"]
    return None


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("glue_run")
    p.add_argument("tasks", nargs="*")
    for name in ("model", "data", "golden", "out"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--seeds", default="42,43,44")
    a = p.parse_intermixed_args()
    ref = json.load(open(os.path.join(a.golden, "real", "finetune.json")))
    out = 0
    print(f"{'task':12} {'metric':24} {'glue-run':>9} {'reference':>9} {'diff':>8} {'band':>7}  per seed, training time", flush=True)
    for task, spec in ref["tasks"].items():
        if a.tasks and task not in a.tasks:
            continue
        records = run_task(a, task, spec, ref["recipe"])
        for metric, want in spec["metrics"].items():
            got = [value(r, metric) for r in records]
            mean = sum(got) / len(got)
            ok = abs(mean - want["mean"]) <= want["band"]
            out += not ok
            print(f"{task:12} {metric:24} {mean:9.4f} {want['mean']:9.4f} {mean - want['mean']:+8.4f} {want['band']:7.4f}  "
                  f"{'ok ' if ok else 'OUT'} {' '.join(f'{x:.4f}' for x in got)}"
                  f"  {' '.join('%.0f s' % r['train_seconds'] for r in records)}", flush=True)
    sys.exit(1 if out else 0)


if __name__ == "__main__":
    main()
