#!/usr/bin/env python3
"""glue-run beside PyTorch, onnxruntime and sentence-transformers: the same rows, the same batches, one interleaved run.

    ci/bench/compare_torch.py GLUE_RUN --model DIR --rows FILE.tsv [--only train:8:f32,infer:32:bf16,...] [--rounds 5]
                              [--out FILE.json] [--python PYTHON] [--lock FILE]
    ci/bench/compare_torch.py --table --out FILE.json          the figures so far, nothing is measured

A case is MODE:BATCH:PRECISION[:MODEL]. Modes: train; infer; sorted (inference, the same rows ordered by length); embed (sentences to
unit vectors). MODEL is minilm (the folder --model, the default) or a shape with random weights, of which the script makes the
folder: bert-base, mpnet-base, deberta-v3-base, modernbert-base (see SHAPES). `start` is a case of its own: processes from start to end, list and one sentence embedded against importing
PyTorch and doing the same. Without --only all cases of CASES are run; --list prints them.

Rules. Each rival setting is one process (ci/bench/torch_worker.py), so its peak memory is its own; its first pass, where
torch.compile works, is not timed. Each round measures glue-run (`bench`) and then every rival, so that a slow minute of the machine hits all;
medians over the rounds count, and the ratio's range is that of the rounds. Everybody does the same work: real tokens are counted,
padding is not (PyTorch pads each batch to its longest row; glue-run has none), the token counts of both sides must agree; a training step is forward, loss, backward, clipping at 1.0,
AdamW, zero_grad and loss.item(). A probing round comes first: settings slower than DROP x the best of it are dropped, and listed.
--lock takes an exclusive lock on FILE while something is timed, for machines that build at the same time.
Without --python an environment of its own is made in build-bench/venv.
"""
import argparse
import contextlib
import fcntl
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NEEDS = ["torch", "transformers", "tokenizers", "onnx", "onnxscript", "onnxruntime", "sentence-transformers"]
CASES = ["train:8:f32", "train:32:f32", "train:8:bf16", "train:32:bf16", "infer:32:f32", "sorted:32:f32", "infer:32:bf16", "infer:8:f32",
         "embed:32:f32", "train:32:f32:bert-base", "train:32:bf16:bert-base", "infer:32:f32:bert-base", "train:32:f32:mpnet-base",
         "train:32:bf16:mpnet-base", "start"]
DROP = 0.7  # of the probing round's best
# Shapes with random weights: class of transformers, what differs from its BERT-base sized defaults. All have MiniLM's vocabulary and tokenizer.
WIDE = dict(vocab_size=30522, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072, pad_token_id=0)
SHAPES = {
    "bert-base": ("Bert", WIDE),
    "mpnet-base": ("MPNet", dict(WIDE, pad_token_id=1, max_position_embeddings=514, layer_norm_eps=1e-5)),
    "deberta-v3-base": ("DebertaV2", dict(WIDE, relative_attention=True, pos_att_type=["p2c", "c2p"], share_att_key=True, position_buckets=256,
                                          norm_rel_ebd="layer_norm", position_biased_input=False, max_relative_positions=-1)),
    "modernbert-base": ("ModernBert", dict(WIDE, num_hidden_layers=22, intermediate_size=1152)),
}

# What must hold: (case, what is compared, against which settings, target). "rate": at least; "memory": at most, as glue-run / rival.
EAGER, ANY_TORCH, ORT, ST = (lambda s: s["engine"] == "torch" and s["attn"] == "eager" and s["optimizer"] == "fused" and not s["compile"],
                             lambda s: s["engine"] == "torch", lambda s: s["engine"] == "onnxruntime", lambda s: s["engine"] == "sentence-transformers")
TARGETS = [
    ("train:8:f32", "rate", "PyTorch eager, fused AdamW", EAGER, 4.0), ("train:32:f32", "rate", "PyTorch eager, fused AdamW", EAGER, 4.0),
    ("train:8:f32", "rate", "PyTorch's best", ANY_TORCH, None), ("train:32:f32", "rate", "PyTorch's best", ANY_TORCH, None),
    ("train:8:f32", "memory", "PyTorch eager, fused AdamW", EAGER, 0.4), ("train:32:f32", "memory", "PyTorch eager, fused AdamW", EAGER, 0.4),
    ("train:8:bf16", "rate", "PyTorch's best bf16", ANY_TORCH, 4.0), ("train:32:bf16", "rate", "PyTorch's best bf16", ANY_TORCH, 4.0),
    ("infer:8:f32", "rate", "PyTorch's best", ANY_TORCH, None),
    ("infer:32:f32", "rate", "PyTorch's best", ANY_TORCH, 3.3), ("infer:32:f32", "rate", "onnxruntime", ORT, 1.6),
    ("sorted:32:f32", "rate", "PyTorch's best", ANY_TORCH, None), ("sorted:32:f32", "rate", "onnxruntime", ORT, 1.0),
    ("infer:32:bf16", "rate", "PyTorch's best bf16", ANY_TORCH, 2.3), ("embed:32:f32", "rate", "sentence-transformers", ST, None),
    ("train:32:f32:bert-base", "rate", "PyTorch eager, fused AdamW", EAGER, 3.0), ("train:32:f32:bert-base", "memory", "PyTorch eager, fused AdamW", EAGER, 0.55),
    ("train:32:bf16:bert-base", "rate", "PyTorch's best bf16", ANY_TORCH, 2.0),
    ("infer:32:f32:bert-base", "rate", "PyTorch's best", ANY_TORCH, None),
    ("train:32:f32:mpnet-base", "rate", "PyTorch eager, fused AdamW", EAGER, 3.0),
    ("train:32:f32:mpnet-base", "memory", "PyTorch eager, fused AdamW", EAGER, 0.55),
    ("train:32:bf16:mpnet-base", "rate", "PyTorch's best bf16", ANY_TORCH, 2.0),
    ("train:32:f32:deberta-v3-base", "rate", "PyTorch eager, fused AdamW", EAGER, None),
    ("train:32:f32:modernbert-base", "rate", "PyTorch eager, fused AdamW", EAGER, None),
    ("infer:32:f32:deberta-v3-base", "rate", "PyTorch's best", ANY_TORCH, None),
    ("infer:32:f32:modernbert-base", "rate", "PyTorch's best", ANY_TORCH, None),
]
# --gradient-checkpointing against PyTorch's memory and against glue-run's own time without it
CHECKPOINTING = {"train:32:f32": 0.4, "train:32:f32:bert-base": 0.4}
CHECKPOINTING_TIME = 1.35


class Case:
    def __init__(self, text):
        parts = text.split(":")
        if len(parts) not in (3, 4) or parts[0] not in ("train", "infer", "sorted", "embed") or parts[2] not in ("f32", "bf16"):
            sys.exit("%s: MODE:BATCH:PRECISION[:MODEL], see --help" % text)
        self.name, self.mode, self.batch, self.precision = text, parts[0], int(parts[1]), parts[2]
        self.model = parts[3] if len(parts) == 4 else "minilm"
        self.big = self.model != "minilm"
        if self.big and self.model not in SHAPES:
            sys.exit("%s: no such model; minilm, %s" % (text, ", ".join(SHAPES)))

    def steps(self, asked):
        if asked:
            return asked
        return 1 if self.big else {"train": 24 // self.batch + 3, "infer": 6, "sorted": 6, "embed": 18}[self.mode]


def settings_of(case, threads):
    """Every rival setting of a case with these numbers of threads, the likeliest first."""
    out, cores = [], threads[0]
    torch = lambda **k: out.append({"engine": "torch", "attn": "eager", "optimizer": "fused", "precision": "f32", "compile": False, **k})
    if case.mode == "embed":
        return [{"engine": "sentence-transformers", "threads": t} for t in threads]
    precisions = ["f32"] if case.precision == "f32" else ["autocast"] + (["bf16"] if case.mode != "train" else [])
    for precision in precisions:
        for t in threads:
            for attn in ("eager", "sdpa"):
                torch(attn=attn, precision=precision, threads=t)
        if case.mode == "train":
            torch(optimizer="foreach", precision=precision, threads=cores)
        for attn in ("eager", "sdpa"):
            torch(attn=attn, precision=precision, compile=True, threads=cores)
        if not case.big:
            [torch(attn="sdpa", precision=precision, compile=True, threads=t) for t in threads[1:]]
    if case.precision == "f32" and case.mode != "train":
        out += [{"engine": "onnxruntime", "graph": g, "threads": t} for g in ("plain", "fused") for t in threads]
    return out


def title(s):
    words = {"torch": [s.get("attn")], "onnxruntime": ["onnxruntime", s.get("graph")], "sentence-transformers": ["sentence-transformers"]}[s["engine"]]
    if s["engine"] == "torch":
        words += ["compiled"] * s["compile"] + [s["precision"]] * (s["precision"] != "f32") + [s["optimizer"]] * (s["mode"] == "train")
    return " ".join(words + ["%dt" % s["threads"]])


# ---- the machine and the files -------------------------------------------------------------------------------------------------

def python_of(a):
    if a.python:
        return a.python
    env = os.path.join(ROOT, "build-bench", "venv")
    python = os.path.join(env, "bin", "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", env], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q"] + NEEDS, check=True)
    return python


class Lock:
    """--lock: shared while rivals start; exclusive while something is timed, given up every LOCK_S seconds so that others get on."""
    LOCK_S = 30

    def __init__(self, path):
        self.f = open(path, "a") if path else None
        self.since = None

    def shared(self):
        self.release()
        if self.f:
            fcntl.flock(self.f, fcntl.LOCK_SH)

    def exclusive(self):
        if self.f and (self.since is None or time.monotonic() - self.since > self.LOCK_S):
            self.release()
            time.sleep(0.5)  # who waits must get it before we ask again
            fcntl.flock(self.f, fcntl.LOCK_EX)
            self.since = time.monotonic()

    def release(self):
        self.since = None
        if self.f:
            fcntl.flock(self.f, fcntl.LOCK_UN)


def model_of(a, case):
    if case.model == "minilm":
        return a.model
    out = os.path.join(a.work, case.model)
    if not os.path.exists(os.path.join(out, "model.safetensors")):
        os.makedirs(out, exist_ok=True)
        for f in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
            if os.path.exists(os.path.join(a.model, f)):
                shutil.copy(os.path.join(a.model, f), out)
        code = ("import sys,json,torch,transformers as t; torch.manual_seed(1); name=sys.argv[1]; c=getattr(t,name+'Config')(**json.loads(sys.argv[2]));"
                "getattr(t,name+'ForSequenceClassification')(c).save_pretrained(sys.argv[3])")
        subprocess.run([python_of(a), "-c", code, SHAPES[case.model][0], json.dumps(SHAPES[case.model][1]), out], check=True, stderr=subprocess.DEVNULL)
    return out


def onnx_of(a, case, settings):
    """The model as onnxruntime reads it, exported once, in processes of their own. When that fails its rivals say so."""
    model = model_of(a, case)
    out = os.path.join(a.work, "onnx-" + os.path.basename(os.path.normpath(model)))
    plain, fused = os.path.join(out, "plain.onnx"), os.path.join(out, "fused.onnx")
    if any(s["engine"] == "onnxruntime" for s in settings) and not os.path.exists(fused):
        os.makedirs(out, exist_ok=True)
        worker = [python_of(a), os.path.join(HERE, "torch_worker.py")]
        with open(os.path.join(a.work, "worker.log"), "a") as log:
            if subprocess.run(worker + ["--export", model, plain], stdout=log, stderr=log).returncode == 0:
                subprocess.run(worker + ["--fuse", model, plain, fused], stdout=log, stderr=log)
    return out


def rows_of(a, case):
    """The case's own rows: as many as its batches hold; by length for `sorted` (in characters: near enough to tokens for both sides alike)."""
    lines = [l for l in open(a.rows, encoding="utf-8").read().split("\n") if l.strip()]
    n = case.steps(a.steps) * case.batch
    part = [lines[i % len(lines)] for i in range(n)]
    if case.mode == "embed":
        part = [l.split("\t")[0] for l in part]
    if case.mode == "sorted":
        part.sort(key=len)
    path = os.path.join(a.work, "rows-%s.tsv" % case.name.replace(":", "-"))
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(part) + "\n")
    return path


# ---- both sides ----------------------------------------------------------------------------------------------------------------

class Rival:
    def __init__(self, a, case, setting, rows, onnx):
        self.setting, self.name = setting, title({**setting, "mode": case.mode})
        q = {**setting, "model": model_of(a, case), "rows": rows, "mode": "infer" if case.mode == "sorted" else case.mode, "batch": case.batch,
             "steps": case.steps(a.steps), "max_length": a.max_length, "onnx": onnx, "warm": not case.big}
        env = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "CUDA_VISIBLE_DEVICES": ""}
        with open(os.path.join(a.work, "worker.log"), "a") as log:
            self.p = subprocess.Popen([python_of(a), os.path.join(HERE, "torch_worker.py"), json.dumps(q)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=log, text=True, env=env)
        self.rates, self.tokens, self.dropped, self.ready, self.peak = [], 0, None, {}, 0.0

    def wait(self):
        self.ready = self.answer()
        self.peak = self.ready.get("peak_mb", 0.0)
        if "error" in self.ready:
            self.dropped = self.ready["error"]

    def answer(self):
        line = self.p.stdout.readline()
        return json.loads(line) if line else {"error": "the process ended (status %s)" % self.p.wait()}

    def measure(self):
        self.p.stdin.write("go\n")
        self.p.stdin.flush()
        r = self.answer()
        if "error" in r:
            self.dropped = r["error"]
            return 0.0
        self.peak, self.tokens = r["peak_mb"], r["tokens"]
        return r["rate"]

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.p.stdin.close()
        self.p.wait()

    def record(self):
        return {"name": self.name, "setting": self.setting, "rates": self.rates, "peak_mb": self.peak, "dropped": self.dropped,
                "versions": self.ready.get("versions"), "import_s": self.ready.get("import_s"), "first_pass_s": self.ready.get("first_pass_s")}


class Ours:
    def __init__(self, a, case, rows, extra=()):
        self.a, self.case, self.rows, self.extra = a, case, rows, list(extra)
        self.rates, self.peak, self.tokens, self.refused = [], 0.0, 0, None

    def measure(self):
        a, c = self.a, self.case
        if c.mode == "embed":
            return self.embed()
        words = [a.glue_run, "bench", "--model", model_of(a, c), "--rows", self.rows, "--mode", "train" if c.mode == "train" else "infer", "--batch-size",
                 str(c.batch), "--steps", str(c.steps(a.steps)), "--repeats", "1", "--max-length", str(a.max_length), "--precision", c.precision, "--json"] + (["--warmup", "1"] if c.big and c.mode == "train" else [])
        r = subprocess.run(words + self.extra, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if r.returncode != 0:
            self.refused = r.stderr.strip().split("\n")[-1]
            return 0.0
        k = json.loads(r.stdout)["cases"][0]
        self.peak, self.tokens = max(self.peak, k["peak_memory_mb"]), int(k["tokens"])
        return k["tokens_per_second"]

    def embed(self):
        """The whole program, start and loading included, against the rival's encode() alone."""
        a, t = self.a, time.perf_counter()
        with open(self.rows, "rb") as f:
            r = subprocess.run([a.glue_run, "embed", "--model", a.model, "--max-length", str(a.max_length)], stdin=f, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
        if r.returncode != 0:
            self.refused = r.stderr.strip().split("\n")[-1]
            return 0.0
        return self.tokens / (time.perf_counter() - t)

    def record(self):
        return {"rates": self.rates, "peak_mb": self.peak, "refused": self.refused, "extra": self.extra}


def probe(a, mine, rivals):
    """One measurement of everybody; far slower settings leave."""
    first = {}
    for r in rivals:
        if r.dropped is None:
            a.locked.exclusive()
            first[r] = r.measure()
    for r in rivals:
        same = [v for s, v in first.items() if s.setting["engine"] == r.setting["engine"]]
        if r.dropped is None and first[r] < DROP * max(same) and not (EAGER(r.setting) and r.setting["threads"] == max(s.setting["threads"] for s in rivals)):
            r.dropped = "slower in the probing round: %.0f against %.0f tokens/s" % (first[r], max(same))
    for r in rivals:
        if r.dropped is not None:
            r.close()
        print("    %-36s %9.0f tokens/s  %6.0f MB  %s" % (r.name, first.get(r, 0.0), r.peak, "" if r.dropped is None else "dropped: " + r.dropped), flush=True)
    tokens = {r.tokens for r in rivals if r.tokens}
    for m in mine:
        m.tokens = min(tokens) if tokens else 0


def run_case(a, case):
    rows = rows_of(a, case)
    mine = [Ours(a, case, rows)]
    if case.name in CHECKPOINTING and a.checkpointing:
        mine.append(Ours(a, case, rows, ["--gradient-checkpointing"]))
    print("%s: %d batches, %d rounds" % (case.name, case.steps(a.steps), a.rounds), flush=True)
    able = [s for s in settings_of(case, a.threads) if (not a.rivals or s["engine"] in a.rivals.split(",")) and (a.compile or not s.get("compile"))]
    a.locked.shared()
    onnx = onnx_of(a, case, able)
    rivals = [Rival(a, case, s, rows, onnx) for s in able]
    for r in rivals:
        r.wait()
    probe(a, mine, rivals)
    left = [r for r in rivals if r.dropped is None]
    for _ in range(a.rounds):
        for side in mine + left:
            if getattr(side, "refused", None) or getattr(side, "dropped", None):
                continue
            a.locked.exclusive()
            rate = side.measure()
            if rate:
                side.rates.append(rate)
    a.locked.release()
    counts = {x.tokens for x in mine + left if x.tokens}
    if len(counts) > 1:
        sys.exit("%s: the sides counted %s tokens: not the same work" % (case.name, sorted(counts)))
    for r in left:
        r.close()
    return {"case": case.name, "when": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "machine": machine(a), "rounds": a.rounds,
            "steps": case.steps(a.steps), "tokens": max(counts, default=0), "ours": [m.record() for m in mine], "rivals": [r.record() for r in rivals]}


SENTENCE = "A man is playing a guitar on the stage."
START_RIVALS = {
    "import torch, transformers": "import torch, transformers",
    "import onnxruntime": "import onnxruntime",
    "one sentence, sentence-transformers": "import sys, sentence_transformers as s; print(len(s.SentenceTransformer(sys.argv[1], device='cpu').encode([sys.argv[2]])[0]))",
}


def run_start(a):
    """Wall time of whole processes, one at a time, in turn; files are in the page cache after the first round, which does not count."""
    todo = {"glue-run list": ([a.glue_run, "list"], None), "one sentence, glue-run embed": ([a.glue_run, "embed", "--model", a.model], SENTENCE + "\n")}
    for name, code in START_RIVALS.items():
        todo[name] = ([python_of(a), "-c", code, a.model, SENTENCE], None)
    times, env = {name: [] for name in todo}, {**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    for k in range(a.rounds + 1):
        for name, (words, text) in todo.items():
            a.locked.exclusive()
            t = time.perf_counter()
            r = subprocess.run(words, input=text, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)
            t = time.perf_counter() - t
            if r.returncode == 0 and k:
                times[name].append(1e3 * t)
            elif r.returncode:
                print("    %s: %s" % (name, r.stderr.strip().split("\n")[-1]), flush=True)
    a.locked.release()
    return {"case": "start", "when": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "machine": machine(a), "rounds": a.rounds, "ms": times, "rivals": []}


def print_start(record, markdown):
    print("\n| process, from start to end | ms | spread |\n|---|---:|---:|" if markdown else "\nprocesses from start to end, ms")
    for name, x in record["ms"].items():
        if x:
            print(("| %s | %.0f | %.0f%% |" if markdown else "%-40s %8.0f  %.0f%%") % (name, statistics.median(x), 100 * spread(x)))


def machine(a):
    cpu = next((l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    return {"cpu": cpu, "cores": a.cores, "python": platform.python_version()}


# ---- the table -----------------------------------------------------------------------------------------------------------------

def best(rivals, fits):
    """The fastest of those that stayed, and fit."""
    able = [r for r in rivals if r["rates"] and fits(r["setting"])]
    return max(able, key=lambda r: statistics.median(r["rates"])) if able else None


def spread(x):
    return (max(x) - min(x)) / statistics.median(x)


def line(cells, markdown):
    case, what, rival, x, y, ratio, span, spreads, target, verdict = cells
    if markdown:
        return "| %s | %s | %s | %s | %s | %s | %s | %s | %s |" % (case, what, rival, x, y, ratio, span, target, verdict)
    return "%-24s %-6s %-52s %9s %9s %7s  %-11s %-11s %7s  %s" % (case, what, rival, x, y, ratio, span, spreads, target, verdict)


def judged(ratio, target, most):
    if target is None:
        return "-", ""
    return ("<= %.2f" if most else ">= %.2f") % target, "pass" if (ratio <= target if most else ratio >= target) else "missed"


def rows_for(record):
    ours, rivals = record["ours"], record["rivals"]
    for case, what, name, fits, target in TARGETS:
        r = best(rivals, fits)
        if case != record["case"] or r is None:
            continue
        setting = "%s (%s)" % (name, r["name"])
        mine = ours[0]
        if what == "rate" and mine["rates"]:
            x, y = statistics.median(mine["rates"]), statistics.median(r["rates"])
            each = [p / q for p, q in zip(mine["rates"], r["rates"])]
            yield (case, "tok/s", setting, "%.0f" % x, "%.0f" % y, "%.2fx" % (x / y), "%.2f-%.2f" % (min(each), max(each)),
                   "%.0f%% %.0f%%" % (100 * spread(mine["rates"]), 100 * spread(r["rates"]))) + judged(x / y, target, False)
        if what == "rate" and not mine["rates"]:
            yield (case, "tok/s", setting, "-", "%.0f" % statistics.median(r["rates"]), "-", "", "", "-", mine["refused"] or "")
        if what == "memory" and mine["peak_mb"]:
            ratio = mine["peak_mb"] / r["peak_mb"]
            yield (case, "MB", setting, "%.0f" % mine["peak_mb"], "%.0f" % r["peak_mb"], "%.2fx" % ratio, "", "") + judged(ratio, target, True)
    yield from checkpointing_rows(record)


def checkpointing_rows(record):
    r, case = best(record["rivals"], EAGER), record["case"]
    if len(record["ours"]) < 2 or not record["ours"][1]["rates"] or r is None:
        return
    plain, saved = record["ours"][:2]
    ratio = saved["peak_mb"] / r["peak_mb"]
    yield (case, "MB", "with checkpointing, beside " + r["name"], "%.0f" % saved["peak_mb"], "%.0f" % r["peak_mb"], "%.2fx" % ratio, "", "") + judged(ratio, CHECKPOINTING[case], True)
    x, y = statistics.median(saved["rates"]), statistics.median(plain["rates"])
    yield (case, "time", "with checkpointing, beside glue-run without", "%.0f" % x, "%.0f" % y, "%.2fx" % (y / x), "", "") + judged(y / x, CHECKPOINTING_TIME, True)


def print_table(records, markdown):
    last = {}
    for r in records:
        last[r["case"]] = r  # the newest of a case counts
    versions = {}
    for r in last.values():
        for k in r["rivals"]:
            versions.update(k["versions"] or {})
    m = next(iter(last.values()))["machine"] if last else {}
    print("\n%s, %s cores; %s\n" % (m.get("cpu"), m.get("cores"), ", ".join("%s %s" % v for v in sorted(versions.items()))))
    print(line(("case", "what", "rival (its best setting)", "glue-run", "rival", "ratio", "by round", "spreads", "target", "verdict"), markdown))
    if markdown:
        print("|---|---|---|---:|---:|---:|---:|---|---|")
    for case in [c for c in CASES if c in last] + [c for c in last if c not in CASES]:
        for cells in rows_for(last[case]) if case != "start" else ():
            print(line(cells, markdown))
    if "start" in last:
        print_start(last["start"], markdown)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("glue_run", nargs="?")
    p.add_argument("--model", help="folder of MiniLM")
    p.add_argument("--rows", help="text or text TAB pair a line")
    p.add_argument("--only", help="cases, comma separated")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--steps", type=int, default=0, help="batches a measurement (default: by case)")
    p.add_argument("--max-length", type=int, default=128)
    p.add_argument("--rivals", help="torch, onnxruntime, sentence-transformers: some of them")
    p.add_argument("--threads", help="of the rivals, comma separated (default: all cores, and 1)")
    p.add_argument("--no-compile", dest="compile", action="store_false", help="leave torch.compile out")
    p.add_argument("--no-checkpointing", dest="checkpointing", action="store_false")
    p.add_argument("--out", default=os.path.join(ROOT, "build-bench", "compare.json"), help="results are appended here")
    p.add_argument("--python")
    p.add_argument("--lock")
    p.add_argument("--table", action="store_true")
    p.add_argument("--markdown", action="store_true", help="the table as Markdown")
    p.add_argument("--list", action="store_true")
    a = p.parse_args()
    if a.list:
        return print("\n".join(CASES))
    records = json.load(open(a.out)) if os.path.exists(a.out) else []
    if not a.table:
        if not (a.glue_run and a.model and a.rows):
            p.error("GLUE_RUN, --model and --rows are needed")
        a.locked = Lock(a.lock)
        a.cores = len(os.sched_getaffinity(0))
        a.threads = [int(t) for t in a.threads.split(",")] if a.threads else sorted({a.cores, 1}, reverse=True)
        a.work = os.path.join(os.path.dirname(os.path.abspath(a.out)), "compare-work")
        os.makedirs(a.work, exist_ok=True)
        for name in (a.only or ",".join(CASES)).split(","):
            records.append(run_start(a) if name == "start" else run_case(a, Case(name)))
            with open(a.out + ".part", "w") as f:
                json.dump(records, f, indent=1)
            os.replace(a.out + ".part", a.out)
    print_table(records, a.markdown)
    return None


if __name__ == "__main__":
    main()
