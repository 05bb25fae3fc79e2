#!/usr/bin/env python3
"""How the time of a step grows: with sequence length, tokens in a batch, threads, and width. Random weights, no checkpoint is needed.

    ci/bench/scaling.py GLUE_RUN [--only length,tokens,threads,hidden] [--mode train,infer] [--rounds 3] [--json | --tsv] [--lock FILE]

Every point is a call of `glue-run bench --shape ... --length ...`; the points of a series are walked through in turn, `rounds` times, so
that a slow minute of the machine falls on several of them, and the median counts. A table on a terminal, TSV in a pipe, or JSON.

GFLOP/s should rise with the size and then stay. A point is flagged
  dip      when it is below DIP of both its neighbours,
  fall     when it is below FALL of the point before it,
  spread   when its own rounds differ by more than SPREAD of the median (then measure again before you believe a flag).
The exponent of a series is the slope of log time over log size at its upper half: 1 is linear; with length the number of tokens stays, so 0 is flat.
"""
import argparse
import contextlib
import fcntl
import json
import math
import os
import statistics
import subprocess
import sys
import time

DIP, FALL, SPREAD = 0.85, 0.8, 0.3
FLOPS_A_ROUND = 4e10  # about a quarter of a second
MINILM = (6, 384, 6, 1536)  # heads of 64, unlike the model's own


def points(series, cores):
    """(size, shape, length, rows, threads) of each point."""
    if series == "length":
        return [(n, MINILM, n, 2048 // n, cores) for n in (16, 32, 64, 128, 256, 512)]
    if series == "tokens":
        return [(64 * b, MINILM, 64, b, cores) for b in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
    if series == "threads":
        return [(t, MINILM, 64, 32, t) for t in range(1, cores + 1)]
    return [(h, (2, h, h // 64, 4 * h), 64, 32, cores) for h in (128, 192, 256, 384, 512, 768, 1024)]


def flops_of(shape, length, rows, mode):
    layers, h, _, f = shape
    return (3 if mode == "train" else 1) * layers * rows * length * (2 * (4 * h * h + 2 * h * f) + 4 * length * h)


@contextlib.contextmanager
def locked(path):
    if not path:
        yield
        return
    with open(path, "a") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield
    time.sleep(0.2)  # who waits must get it before we ask again


def measure(a, mode, point):
    size, shape, length, rows, threads = point
    steps = max(1, min(400, int(FLOPS_A_ROUND / flops_of(shape, length, rows, mode))))
    words = [a.glue_run, "bench", "--shape", ",".join(map(str, shape)), "--length", str(length), "--mode", mode, "--batch-size", str(rows), "--threads",
             str(threads), "--steps", str(steps), "--repeats", "3", "--precision", a.precision, "--json"] + (["--deterministic"] if a.deterministic else [])
    with locked(a.lock):
        r = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if r.returncode != 0:
        sys.exit("%s: %s" % (" ".join(words), r.stderr.strip()))
    c = json.loads(r.stdout)["cases"][0]
    return {"seconds": c["median"] / c["steps"], "tokens_per_second": c["tokens_per_second"], "gflops": c["gflops"], "mb": c["peak_memory_mb"]}


def flags_of(rate, i, spread):
    out = []
    if 0 < i < len(rate) - 1 and rate[i] < DIP * min(rate[i - 1], rate[i + 1]):
        out.append("dip")
    if i > 0 and rate[i] < FALL * rate[i - 1]:
        out.append("fall")
    if spread > SPREAD:
        out.append("spread")
    return out


def exponent(sizes, seconds):
    half = len(sizes) // 2
    x, y = [math.log(v) for v in sizes[half:]], [math.log(v) for v in seconds[half:]]
    if len(x) < 2:
        return None
    mx, my = statistics.mean(x), statistics.mean(y)
    return sum((p - mx) * (q - my) for p, q in zip(x, y)) / sum((p - mx) ** 2 for p in x)


def run_series(a, series, mode):
    todo = points(series, a.cores)
    got = [[] for _ in todo]
    for _ in range(a.rounds):
        for k, p in enumerate(todo):
            got[k].append(measure(a, mode, p))
            print("%s %s %d: %.1f GFLOP/s" % (series, mode, p[0], got[k][-1]["gflops"]), file=sys.stderr, flush=True)
    median = lambda k, what: statistics.median(m[what] for m in got[k])
    rate = [median(k, "gflops") for k in range(len(todo))]
    rows = []
    for k, (size, shape, length, batch, threads) in enumerate(todo):
        each = [m["gflops"] for m in got[k]]
        spread = (max(each) - min(each)) / rate[k]
        rows.append({"series": series, "mode": mode, "size": size, "shape": ",".join(map(str, shape)), "length": length, "batch": batch, "threads": threads,
                     "ms_per_step": 1e3 * median(k, "seconds"), "tokens_per_second": median(k, "tokens_per_second"), "gflops": rate[k],
                     "peak_memory_mb": max(m["mb"] for m in got[k]), "spread": spread, "flags": flags_of(rate, k, spread)})
    slope = exponent([r["size"] for r in rows], [r["ms_per_step"] for r in rows])
    return {"series": series, "mode": mode, "exponent": slope, "points": rows}


def print_text(s):
    print("\n%s, %s%s" % (s["series"], s["mode"], "" if s["exponent"] is None else "; time grows as size^%.2f" % s["exponent"]))
    print("%8s %16s %7s %6s %8s %10s %10s %9s %8s %7s  %s" % ("size", "shape", "length", "batch", "threads", "ms/step", "tokens/s", "GFLOP/s", "peak MB", "spread", "flags"))
    for r in s["points"]:
        print("%8d %16s %7d %6d %8d %10.2f %10.0f %9.1f %8.0f %6.0f%%  %s" % (r["size"], r["shape"], r["length"], r["batch"], r["threads"], r["ms_per_step"],
              r["tokens_per_second"], r["gflops"], r["peak_memory_mb"], 100 * r["spread"], " ".join(r["flags"])), flush=True)


def print_tsv(s, first):
    keys = list(s["points"][0])
    if first:
        print("\t".join(keys))
    for r in s["points"]:
        print("\t".join(",".join(v) if isinstance(v, list) else "%.6g" % v if isinstance(v, float) else str(v) for v in r.values()), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("glue_run")
    p.add_argument("--only", default="length,tokens,threads,hidden")
    p.add_argument("--mode", default="train,infer")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--precision", default="f32")
    p.add_argument("--deterministic", action="store_true")
    p.add_argument("--json", action="store_true")
    p.add_argument("--tsv", action="store_true")
    p.add_argument("--lock", help="an exclusive lock on this file while a point is measured")
    a = p.parse_args()
    a.cores = len(os.sched_getaffinity(0))
    done = []
    for series in a.only.split(","):
        if series not in ("length", "tokens", "threads", "hidden"):
            p.error("--only %s: length, tokens, threads, hidden" % series)
        for mode in a.mode.split(","):
            s = run_series(a, series, mode)
            if a.tsv or not (a.json or sys.stdout.isatty()):
                print_tsv(s, not done)
            elif not a.json:
                print_text(s)
            done.append(s)
    if a.json:
        print(json.dumps(done, indent=1))
    flagged = [r for s in done for r in s["points"] if set(r["flags"]) & {"dip", "fall"}]
    print("%d points, %d flagged as a dip or a fall" % (sum(len(s["points"]) for s in done), len(flagged)), file=sys.stderr)


if __name__ == "__main__":
    main()
