#!/usr/bin/env python3
"""The matrix products of a MiniLM training step, back to back: PyTorch's library (oneMKL) beside glue-run's kernels.

    ci/bench/products.py GLUE_RUN --model DIR --rows FILE.tsv [--rounds 5] [--threads 2] [--tokens 1700]

Run it with a Python that has torch. Both sides do x w^T, dy w and dy^T x for the four linear layers of a layer of MiniLM (384 wide, 1536 in
the feed-forward part): torch.mm into memory that is there already, with no bias, activation or gradient added to; glue-run in `bench --roofline`, whose
replay does all that. The two take turns; the medians and their ratio are printed. What PyTorch's products alone reach bounds what a multiple
of PyTorch's step can be: a step holds these products and more.
"""
import argparse
import json
import statistics
import subprocess
import time


def torch_products(torch, tokens):
    h, f, out = 384, 1536, []
    for k, n in ((h, 3 * h), (h, h), (h, f), (f, h)):
        x, w, dy = torch.randn(tokens, k), torch.randn(n, k), torch.randn(tokens, n)
        out.append((x, w, dy, torch.empty(tokens, n), torch.empty(tokens, k), torch.empty(n, k)))
    return out


def torch_rate(torch, products, repeats=8):
    begin = time.perf_counter()
    for _ in range(repeats):
        for x, w, dy, y, dx, dw in products:
            torch.mm(x, w.t(), out=y)
            torch.mm(dy, w, out=dx)
            torch.mm(dy.t(), x, out=dw)
    flops = repeats * sum(3 * 2 * x.shape[0] * x.shape[1] * w.shape[0] for x, w, *_ in products)
    return flops / (time.perf_counter() - begin) / 1e9


def own_rates(a):
    out = subprocess.run([a.glue_run, "bench", "--model", a.model, "--rows", a.rows, "--threads", str(a.threads), "--mode", "train", "--batch-size", "32",
                          "--steps", "3", "--repeats", "1", "--roofline", "--json"], check=True, capture_output=True, text=True).stdout
    roofline = json.loads(out)["cases"][0]["roofline"]
    return roofline["product_gflops"], roofline["step_gflops"], roofline["peak_gflops"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("glue_run")
    p.add_argument("--model", required=True)
    p.add_argument("--rows", required=True)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--tokens", type=int, default=1700)
    a = p.parse_args()
    import torch
    torch.set_num_threads(a.threads)
    products = torch_products(torch, a.tokens)
    torch_rate(torch, products, 1)
    theirs, ours = [], []
    for _ in range(a.rounds):
        theirs.append(torch_rate(torch, products))
        ours.append(own_rates(a))
    rate, step, peak = (statistics.median(x[i] for x in ours) for i in range(3))
    print("torch %s, products: %.0f GFLOP/s (%.0f-%.0f)" % (torch.__version__, statistics.median(theirs), min(theirs), max(theirs)))
    print("glue-run, products: %.0f GFLOP/s, ratio %.2f (by round %s)" % (rate, rate / statistics.median(theirs),
                                                                         " ".join("%.2f" % (o[0] / t) for o, t in zip(ours, theirs))))
    print("glue-run, step:     %.0f GFLOP/s; peak of multiply-adds %.0f" % (step, peak))


if __name__ == "__main__":
    main()
