#!/usr/bin/env python3
"""Are scores over many seeds those of transformers? Order, dropout and a new head's weights come from other streams of random numbers there, so
single runs differ; what must agree is the mean, within its standard error, and the spread.

    ci/bench/spread.py GLUE_RUN --python PYTHON --out DIR [--task mrpc|stsb] [--seeds 60] [--first 42]

Both sides train the demo encoder on the demo data, three epochs at Trainer's defaults, in float32 with the encoder's dropout of 0.1. PYTHON is
one that has torch and transformers; it runs this file again as its worker. Finished seeds of both sides are kept in DIR and not run again.
Prints a line a number: mean, standard deviation and count of each side, the difference, and that in its standard errors."""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODEL, DATA = ROOT / "model/demo", ROOT / "data/demo"
BATCH, EPOCHS, RATE, SEEDS_A_CALL = 8, 3, 5e-5, 60
SCORE = {"mrpc": "accuracy", "stsb": "pearson"}


def lines_of(path):
    return [line.rstrip("\r\n").split("\t") for line in open(path, encoding="utf-8-sig")][1:]


def rows_of(task):
    """Training and validation rows: (text, text, label)."""
    if task == "stsb":
        return [[(r[7], r[8], float(r[9])) for r in lines_of(DATA / "STS-B" / name)] for name in ("train.tsv", "dev.tsv")]
    dev = {tuple(line.split()) for line in open(DATA / "MRPC/dev_ids.tsv")}
    parts = ([], [])
    for r in lines_of(DATA / "MRPC/msr_paraphrase_train.txt"):
        parts[(r[1], r[2]) in dev].append((r[3], r[4], int(r[0])))
    return parts


class Worker:
    """transformers' side: the loop of run_glue_no_trainer with Trainer's recipe."""

    def __init__(self, task):
        os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported
        import torch
        import transformers
        self.torch, self.hf, self.task = torch, transformers, task
        torch.set_num_threads(1)
        transformers.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
        self.train, self.dev = ([(self.tokenizer(a, b, truncation=True, max_length=128), y) for a, b, y in part] for part in rows_of(task))

    def batch(self, rows):
        x = self.tokenizer.pad([dict(e) for e, _ in rows], return_tensors="pt")
        x["labels"] = self.torch.tensor([y for _, y in rows])
        return x

    def fit(self, model):
        steps = EPOCHS * math.ceil(len(self.train) / BATCH)
        optimizer = self.torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
        schedule = self.hf.get_linear_schedule_with_warmup(optimizer, 0, steps)
        total = 0.0
        model.train()
        for _ in range(EPOCHS):
            order = self.torch.randperm(len(self.train)).tolist()
            for i in range(0, len(order), BATCH):
                loss = model(**self.batch([self.train[k] for k in order[i:i + BATCH]])).loss
                loss.backward()
                self.torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
                total += loss.item()
        return total / steps

    def run(self, seed):
        self.hf.set_seed(seed)
        model = self.hf.AutoModelForSequenceClassification.from_pretrained(MODEL, num_labels=1 if self.task == "stsb" else 2)
        train_loss = self.fit(model)
        model.eval()
        with self.torch.no_grad():
            out = model(**self.batch(self.dev))
        y, p = [label for _, label in self.dev], out.logits
        score = statistics.correlation(p[:, 0].tolist(), y) if self.task == "stsb" else sum(p.argmax(1).numpy() == y) / len(y)
        return {"seed": seed, "train_loss": train_loss, "loss": out.loss.item(), "score": float(score)}


def work(task, path, seeds):
    worker = Worker(task)
    for seed in seeds:
        line = json.dumps(worker.run(seed))
        with open(path, "a", encoding="utf-8") as f:
            f.write(line + "\n")


def theirs(o, seeds):
    path = o.out / f"{o.task}.transformers.jsonl"
    done = [json.loads(line) for line in open(path)] if path.exists() else []
    todo = sorted(set(seeds) - {r["seed"] for r in done})
    if todo:
        subprocess.run([o.python, __file__, o.glue_run, "--python", o.python, "--out", o.out, "--task", o.task, "--worker", ",".join(map(str, todo))], check=True)
        done = [json.loads(line) for line in open(path)]
    return [r for r in done if r["seed"] in seeds]


def ours(o, seeds):
    """The demo has a recipe of its own, which the reference's defaults replace."""
    found = []
    for i in range(0, len(seeds), SEEDS_A_CALL):
        part = ",".join(map(str, seeds[i:i + SEEDS_A_CALL]))
        made = subprocess.run([o.glue_run, "run", o.task, "--model", MODEL, "--data", DATA, "--seeds", part, "--learning-rate", str(RATE), "--warmup-ratio", "0",
                               "--no-baseline", "--eval-strategy", "no", "--output-dir", o.out / "runs", "--quiet", "--json"], stdout=subprocess.PIPE, check=True)
        for r in json.loads(made.stdout):
            scores = {m["name"]: m["finetuned"] for m in r["metrics"]}
            found.append({"seed": r["seed"], "train_loss": r["train_loss"], "loss": scores["loss"], "score": scores[SCORE[o.task]]})
    return found


def report(o, a, b):
    print(f"{o.task}, {len(b)} seeds of glue-run, {len(a)} of transformers")
    print(f"{'':12} {'glue-run':>9} {'sd':>8} {'transformers':>13} {'sd':>8} {'difference':>11}  in standard errors")
    for key, title in (("train_loss", "train loss"), ("loss", "eval loss"), ("score", SCORE[o.task])):
        x, y = [r[key] for r in b], [r[key] for r in a]
        error = math.sqrt(statistics.variance(x) / len(x) + statistics.variance(y) / len(y))
        apart = statistics.mean(x) - statistics.mean(y)
        print(f"{title:12} {statistics.mean(x):9.4f} {statistics.stdev(x):8.4f} {statistics.mean(y):13.4f} {statistics.stdev(y):8.4f} {apart:+11.4f}  {apart / error:+.2f}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("glue_run")
    p.add_argument("--python", required=True)
    p.add_argument("--out", required=True, type=pathlib.Path)
    p.add_argument("--task", choices=sorted(SCORE), default="mrpc")
    p.add_argument("--seeds", type=int, default=60)
    p.add_argument("--first", type=int, default=42)
    p.add_argument("--worker", metavar="SEEDS", help=argparse.SUPPRESS)
    o = p.parse_args()
    o.out.mkdir(parents=True, exist_ok=True)
    if o.worker:
        work(o.task, o.out / f"{o.task}.transformers.jsonl", [int(s) for s in o.worker.split(",")])
        return
    seeds = list(range(o.first, o.first + o.seeds))
    report(o, theirs(o, seeds), ours(o, seeds))


if __name__ == "__main__":
    main()
