#!/usr/bin/env python3
"""One rival of compare_torch.py in a process of its own: one library, one setting, so that its peak memory is its own.

    torch_worker.py '{"engine": "torch", "model": DIR, "rows": FILE, "mode": "train", "batch": 8, "steps": 6, ...}'

Prints one line of JSON when it is ready (versions, seconds of import, what could not be set up), then measures once for every line on
its standard input and prints {"rate": real tokens a second, "seconds", "tokens", "peak_mb"}. Ends with its input.

  engine     torch | onnxruntime | sentence-transformers
  mode       train: forward, loss, backward, clipping at 1.0, AdamW, zero_grad, loss.item() | infer: logits | embed: unit vectors of single texts
  attn       eager | sdpa                       optimizer  fused | foreach
  precision  f32 | autocast (bf16) | bf16 (weights)   compile  torch.compile, dynamic shapes
  graph      onnxruntime: plain | fused (its transformer optimiser); in folder "onnx", made before with
             --export MODEL FILE.onnx and --fuse MODEL FILE.onnx FUSED.onnx
"""
import inspect
import json
import os
import resource
import sys
import time

START = time.perf_counter()


def tokens_of(q):
    """The rows as the reference tokenizer cuts them: [(ids, types)], in file order."""
    from tokenizers import Tokenizer
    tok = Tokenizer.from_file(os.path.join(q["model"], "tokenizer.json"))
    tok.no_padding()
    tok.enable_truncation(q["max_length"])
    lines = [l.rstrip("\n") for l in open(q["rows"], encoding="utf-8") if l.strip()]
    pairs = [l.split("\t", 1) for l in lines]
    if q["mode"] == "embed":
        pairs = [p[:1] for p in pairs]
    return [p[0] for p in pairs], [(e.ids, e.type_ids) for e in (tok.encode(*p) for p in pairs)]


def batches_of(q, rows):
    """`steps` batches in file order, each padded to its longest row; and the count of real tokens."""
    size, out, real = q["batch"], [], 0
    for k in range(q["steps"]):
        part = [rows[(k * size + i) % len(rows)] for i in range(size)]
        width = max(len(ids) for ids, _ in part)
        pad = lambda vs: [v + [0] * (width - len(v)) for v in vs]
        out.append(dict(input_ids=pad([r[0] for r in part]), token_type_ids=pad([r[1] for r in part]),
                        attention_mask=pad([[1] * len(r[0]) for r in part]), labels=[i % 2 for i in range(size)]))
        real += sum(len(ids) for ids, _ in part)
    return out, real


class TorchRival:
    def __init__(self, q):
        import torch
        import transformers
        self.torch, self.q = torch, q
        transformers.logging.set_verbosity_error()
        self.versions = {"torch": torch.__version__, "transformers": transformers.__version__}
        self.import_s = time.perf_counter() - START
        torch.set_num_threads(q["threads"])
        torch.manual_seed(42)
        m = transformers.AutoModelForSequenceClassification.from_pretrained(q["model"], num_labels=2, attn_implementation=q["attn"])
        self.m = m.float().to(torch.bfloat16) if q["precision"] == "bf16" else m.float()
        self.m.train(q["mode"] == "train")
        if q["mode"] == "train":
            self.opt = torch.optim.AdamW(self.m.parameters(), lr=1e-5, fused=q["optimizer"] == "fused", foreach=q["optimizer"] == "foreach")
        self.f = torch.compile(self.m, dynamic=True) if q["compile"] else self.m
        host, self.tokens = batches_of(q, tokens_of(q)[1])
        takes = inspect.signature(m.forward).parameters  # some families have no segments
        self.batches = [{k: torch.tensor(v) for k, v in b.items() if k in takes} for b in host]

    def forward(self, b):
        if self.q["precision"] == "autocast":
            with self.torch.autocast("cpu", dtype=self.torch.bfloat16):
                return self.f(**b)
        return self.f(**b)

    def one(self, b):
        torch = self.torch
        if self.q["mode"] == "train":
            loss = self.forward(b).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.m.parameters(), 1.0)
            self.opt.step()
            self.opt.zero_grad(set_to_none=True)
            loss.item()
        else:
            with torch.inference_mode():
                self.forward({k: v for k, v in b.items() if k != "labels"}).logits.float().numpy()


class OnnxRival:
    def __init__(self, q):
        import numpy
        import onnxruntime as ort
        self.versions = {"onnxruntime": ort.__version__}
        self.import_s = time.perf_counter() - START
        o = ort.SessionOptions()
        o.intra_op_num_threads = q["threads"]
        o.inter_op_num_threads = 1
        o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.s = ort.InferenceSession(os.path.join(q["onnx"], q["graph"] + ".onnx"), o, providers=["CPUExecutionProvider"])
        names = {i.name for i in self.s.get_inputs()}
        host, self.tokens = batches_of(q, tokens_of(q)[1])
        self.batches = [{k: numpy.array(v, dtype=numpy.int64) for k, v in b.items() if k in names} for b in host]

    def one(self, b):
        self.s.run(None, b)


def export(model, path):
    import torch
    import transformers
    m = transformers.AutoModelForSequenceClassification.from_pretrained(model, num_labels=2, attn_implementation="eager").eval()
    m.config.return_dict = False
    names = ["input_ids", "attention_mask", "token_type_ids"]
    ids = torch.randint(5, 100, (2, 9))
    args = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    axes = {n: {0: "batch", 1: "length"} for n in names}
    torch.onnx.export(m, args, path + ".part", input_names=names, output_names=["logits"], dynamic_axes={**axes, "logits": {0: "batch"}},
                      opset_version=17, dynamo=False)
    os.rename(path + ".part", path)


def fuse(model, path, out):
    from onnxruntime.transformers import optimizer
    c = json.load(open(os.path.join(model, "config.json")))
    o = optimizer.optimize_model(path, model_type="bert", num_heads=c["num_attention_heads"], hidden_size=c["hidden_size"], opt_level=1)
    o.save_model_to_file(out)


class SentenceRival:
    def __init__(self, q):
        import sentence_transformers
        import torch
        self.versions = {"sentence-transformers": sentence_transformers.__version__, "torch": torch.__version__}
        self.import_s = time.perf_counter() - START
        torch.set_num_threads(q["threads"])
        self.m = sentence_transformers.SentenceTransformer(q["model"], device="cpu")
        self.m.max_seq_length = q["max_length"]
        texts, rows = tokens_of(q)
        self.tokens = sum(len(ids) for ids, _ in rows)
        self.size, self.batches = q["batch"], [texts]

    def one(self, texts):
        self.m.encode(texts, batch_size=self.size, normalize_embeddings=True, show_progress_bar=False)


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main():
    if sys.argv[1] == "--export":
        return export(*sys.argv[2:])
    if sys.argv[1] == "--fuse":
        return fuse(*sys.argv[2:])
    q = json.loads(sys.argv[1])
    answers, sys.stdout = sys.stdout, sys.stderr
    say = lambda x: print(json.dumps(x), file=answers, flush=True)
    try:
        r = {"torch": TorchRival, "onnxruntime": OnnxRival, "sentence-transformers": SentenceRival}[q["engine"]](q)
        t = time.perf_counter()
        for b in r.batches:  # every shape once: what compiles, compiles here
            r.one(b)
        first = time.perf_counter() - t
    except Exception as e:  # a rival that cannot be set up is reported, not hidden
        say({"error": "%s: %s" % (type(e).__name__, str(e).strip().split("\n")[0][:300])})
        return None
    say({"versions": r.versions, "import_s": r.import_s, "first_pass_s": first, "peak_mb": peak_mb()})
    for _ in sys.stdin:
        if q["warm"]:
            r.one(r.batches[0])
        t = time.perf_counter()
        for b in r.batches:
            r.one(b)
        s = time.perf_counter() - t
        say({"rate": r.tokens / s, "seconds": s, "tokens": r.tokens, "peak_mb": peak_mb()})
    return None


if __name__ == "__main__":
    main()
