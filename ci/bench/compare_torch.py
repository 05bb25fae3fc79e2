#!/usr/bin/env python3
"""glue-run beside PyTorch on the same machine, the same rows and the same batches.

    ci/bench/compare_torch.py GLUE_RUN --model DIR --rows FILE.tsv [--rounds 5] [--steps 6] [--batch-size 8,32]
                              [--mode train,infer] [--python PYTHON]

--rows has text or text TAB pair a line. Each round runs glue-run (`bench`) and then PyTorch (transformers, eager attention and
sdpa, fused AdamW, each thread count up to the cores), so that a slow minute of the machine hits both; the medians over the rounds count.
Tokens are real ones on both sides: PyTorch pads each batch to its longest row, and the padding is not counted.
PyTorch's best setting is its rival's figure. Without --python it makes an environment of its own in build-bench/.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NEEDS = ["torch", "transformers", "tokenizers"]

WORKER = r'''
import json, sys, time, logging
import torch, transformers
from tokenizers import Tokenizer
transformers.logging.set_verbosity_error()
model_dir, rows, steps, max_length = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
tok = Tokenizer.from_file(model_dir + "/tokenizer.json")
tok.no_padding(); tok.enable_truncation(max_length)
pairs = [l.rstrip("\n").split("\t", 1) for l in open(rows, encoding="utf-8") if l.strip()]
enc = [tok.encode(*p) for p in pairs]
models = {}
def model(attn):
    if attn not in models:
        torch.manual_seed(42)
        m = transformers.AutoModelForSequenceClassification.from_pretrained(model_dir, num_labels=2, attn_implementation=attn)
        models[attn] = (m, torch.optim.AdamW(m.parameters(), lr=1e-5, fused=True))
    return models[attn]
def batch(k, size):
    part = [enc[(k * size + i) % len(enc)] for i in range(size)]
    width = max(len(e.ids) for e in part)
    pad = lambda x: torch.tensor([v + [0] * (width - len(v)) for v in x])
    b = dict(input_ids=pad([e.ids for e in part]), token_type_ids=pad([e.type_ids for e in part]),
             attention_mask=pad([[1] * len(e.ids) for e in part]), labels=torch.tensor([i % 2 for i in range(size)]))
    return b, sum(len(e.ids) for e in part)
def run(mode, size, attn, threads):
    torch.set_num_threads(threads)
    m, opt = model(attn)
    batches = [batch(k, size) for k in range(steps)]
    def one(b):
        if mode == "train":
            m.train(); loss = m(**b).loss; loss.backward()
            torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0); opt.step(); opt.zero_grad(set_to_none=True); loss.item()
        else:
            m.eval()
            with torch.inference_mode(): m(**{k: v for k, v in b.items() if k != "labels"}).logits.sum().item()
    one(batches[0][0])
    t = time.perf_counter()
    for b, _ in batches: one(b)
    return sum(n for _, n in batches) / (time.perf_counter() - t)
print(json.dumps(dict(torch=torch.__version__, transformers=transformers.__version__)), flush=True)
for line in sys.stdin:
    q = json.loads(line)
    print(json.dumps(run(**q)), flush=True)
'''


def python_of(a):
    if a.python:
        return a.python
    env = os.path.join(ROOT, "build-bench", "venv")
    python = os.path.join(env, "bin", "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", env], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q"] + NEEDS, check=True)
    return python


class Torch:
    def __init__(self, a):
        self.p = subprocess.Popen([python_of(a), "-c", WORKER, a.model, a.rows, str(a.steps), str(a.max_length)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.versions = json.loads(self.p.stdout.readline())

    def rate(self, **case):
        self.p.stdin.write(json.dumps(case) + "\n")
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())


def ours(a, mode, size):
    out = subprocess.run([a.glue_run, "bench", "--model", a.model, "--rows", a.rows, "--mode", mode, "--batch-size", str(size), "--steps",
                          str(a.steps), "--repeats", "1", "--max-length", str(a.max_length), "--json"], check=True, stdout=subprocess.PIPE)
    case = json.loads(out.stdout)["cases"][0]
    return case["tokens_per_second"], case["peak_memory_mb"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("glue_run")
    p.add_argument("--model", required=True)
    p.add_argument("--rows", required=True)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--steps", type=int, default=6)
    p.add_argument("--batch-size", default="8,32")
    p.add_argument("--mode", default="train,infer")
    p.add_argument("--max-length", type=int, default=128)
    p.add_argument("--python")
    a = p.parse_args()
    torch = Torch(a)
    cores = len(os.sched_getaffinity(0))
    print(f"torch {torch.versions['torch']}, transformers {torch.versions['transformers']}, {cores} cores, f32, {a.rounds} rounds of {a.steps} batches")
    print(f"{'mode':6} {'batch':>5} {'glue-run':>9} {'torch best':>10}  {'ratio':>6}  torch's best setting; spread of ours, of torch's")
    for mode in a.mode.split(","):
        for size in map(int, a.batch_size.split(",")):
            settings = [(attn, t) for attn in ("eager", "sdpa") for t in sorted({1, cores})]
            rates, mine = {s: [] for s in settings}, []
            for _ in range(a.rounds):
                mine.append(ours(a, mode, size)[0])
                for attn, threads in settings:
                    rates[attn, threads].append(torch.rate(mode=mode, size=size, attn=attn, threads=threads))
            best = max(settings, key=lambda s: statistics.median(rates[s]))
            x, y = statistics.median(mine), statistics.median(rates[best])
            spread = lambda v: (max(v) - min(v)) / statistics.median(v)
            print(f"{mode:6} {size:5} {x:9.0f} {y:10.0f}  {x / y:5.2f}x  {best[0]}, {best[1]} threads; {spread(mine):.0%}, {spread(rates[best]):.0%}", flush=True)


if __name__ == "__main__":
    main()
