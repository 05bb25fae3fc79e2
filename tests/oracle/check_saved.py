#!/usr/bin/env python3
"""Check a saved BERT folder against glue-run's own outputs, with a forward pass written here in numpy.

    check_saved.py DIR [--inputs FILE.jsonl]

DIR holds config.json and model.safetensors; FILE (DIR/oracle.jsonl by default) one object a line with "ids", "type_ids" and
"logits", and optionally "device": as `glue-run predict --json --logits` or tests/oracle/saved_test.c write them. The head is that of
config.json's architecture; a bare encoder is taken for a sentence encoder (mean of the last states, unit length).

Everything here is float64 from the stored float32 weights. Tolerance: rows of device "ref64" 1e-9 of the largest output (summation order
alone differs), others 2e-5 (float). Needs numpy and safetensors. Exit: 0 equal, 1 not.
"""
import argparse
import json
import math
import os
import sys

import numpy as np
from safetensors.numpy import load_file

erf = np.vectorize(math.erf)
ACTS = {
    "gelu": lambda x: 0.5 * x * (1.0 + erf(x / math.sqrt(2.0))),
    "gelu_new": lambda x: 0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x ** 3))),
    "relu": lambda x: np.maximum(x, 0.0),
}


class Bert:
    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            self.config = json.load(f)
        self.weights = {k: v.astype(np.float64) for k, v in load_file(os.path.join(folder, "model.safetensors")).items()}
        self.architecture = self.config["architectures"][0]
        self.prefix = "" if self.architecture == "BertModel" else "bert."
        self.read = set()

    def w(self, name):
        self.read.add(name)
        return self.weights[name]

    def dense(self, x, name):
        return x @ self.w(name + ".weight").T + self.w(name + ".bias")

    def norm(self, x, name):
        mean = x.mean(-1, keepdims=True)
        var = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) / np.sqrt(var + self.config["layer_norm_eps"]) * self.w(name + ".weight") + self.w(name + ".bias")

    def embed(self, ids, types):
        e = self.prefix + "embeddings."
        x = (self.w(e + "word_embeddings.weight")[ids] + self.w(e + "position_embeddings.weight")[: len(ids)]
             + self.w(e + "token_type_embeddings.weight")[types])
        return self.norm(x, e + "LayerNorm")

    def attend(self, x, layer):
        heads = self.config["num_attention_heads"]
        rows, width = x.shape
        split = lambda y: y.reshape(rows, heads, width // heads).transpose(1, 0, 2)
        q, k, v = (split(self.dense(x, layer + "attention.self." + part)) for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(width // heads)
        p = np.exp(scores - scores.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        return (p @ v).transpose(1, 0, 2).reshape(rows, width)

    def encode(self, ids, types):
        x = self.embed(ids, types)
        act = ACTS[self.config["hidden_act"]]
        for i in range(self.config["num_hidden_layers"]):
            layer = f"{self.prefix}encoder.layer.{i}."
            x = self.norm(x + self.dense(self.attend(x, layer), layer + "attention.output.dense"), layer + "attention.output.LayerNorm")
            y = self.dense(act(self.dense(x, layer + "intermediate.dense")), layer + "output.dense")
            x = self.norm(x + y, layer + "output.LayerNorm")
        return x

    def forward(self, ids, types):
        x = self.encode(ids, types)
        if self.architecture == "BertForTokenClassification":
            return self.dense(x, "classifier")
        if self.architecture == "BertForSequenceClassification":
            return self.dense(np.tanh(self.dense(x[0], "bert.pooler.dense")), "classifier")
        mean = x.mean(0)
        return mean / max(np.linalg.norm(mean), 1e-12)


def check_config(model):
    """Label maps, head size, dtype: what transformers relies on."""
    c = model.config
    assert c["dtype"] == "float32" and "torch_dtype" not in c, "dtype"
    if model.architecture == "BertModel":
        return
    n = model.weights["classifier.bias"].shape[0]
    assert sorted(map(int, c["id2label"])) == list(range(n)), "id2label does not match the head"
    assert {v: int(k) for k, v in c["id2label"].items()} == c["label2id"], "label2id is not the inverse of id2label"
    if model.architecture == "BertForSequenceClassification":
        assert c["problem_type"] == ("regression" if n == 1 else "single_label_classification"), "problem_type"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir")
    parser.add_argument("--inputs")
    args = parser.parse_args()
    model = Bert(args.dir)
    check_config(model)
    rows, worst = 0, {}
    with open(args.inputs or os.path.join(args.dir, "oracle.jsonl"), encoding="utf-8") as f:
        for line in f:
            row = json.loads(line)
            got = np.array(row["logits"], dtype=np.float64)
            want = model.forward(row["ids"], row["type_ids"])
            assert got.shape == want.shape, (got.shape, want.shape)
            device = row.get("device", "float")
            off = np.abs(got - want).max() / np.abs(want).max()
            worst[device] = max(worst.get(device, 0.0), float(off) if np.isfinite(off) else math.inf)
            rows += 1
    unread = set(model.weights) - model.read - {"pooler.dense.weight", "pooler.dense.bias"}
    assert not unread, f"tensors that the model does not use: {sorted(unread)}"
    bad = {d: x for d, x in worst.items() if x > (1e-9 if d == "ref64" else 2e-5)}
    print(f"{args.dir}: {model.architecture}, {rows} rows, worst relative difference "
          + ", ".join(f"{d} {x:.1e}" for d, x in sorted(worst.items())) + (" TOO LARGE" if bad else ""))
    return 1 if bad or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
