#!/usr/bin/env python3
"""Load saved folders with transformers and compare outputs with glue-run's (oracle.jsonl, see check_saved.py).

    check_transformers.py DIR...

Each folder must load without missing, unexpected or mismatched tensors, keep its labels, and give our outputs in float64 (ref64 rows to 1e-9 of
the largest, others 2e-5). A folder with a vocabulary must give a tokenizer. Exit: 0 equal, 1 not, 77 where torch or transformers are missing.
"""
import json
import os
import sys

try:
    import torch
    import transformers as tf
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

tf.logging.set_verbosity_error()
tf.logging.disable_progress_bar()
LOADERS = {
    "BertForSequenceClassification": tf.AutoModelForSequenceClassification,
    "BertForTokenClassification": tf.AutoModelForTokenClassification,
    "BertModel": tf.AutoModel,
}


def output(model, architecture, row):
    ids, types = torch.tensor([row["ids"]]), torch.tensor([row["type_ids"]])
    out = model(input_ids=ids, token_type_ids=types, attention_mask=torch.ones_like(ids))
    if architecture == "BertModel":
        return torch.nn.functional.normalize(out.last_hidden_state[0].mean(0), dim=0)
    return out.logits[0]


def check(folder):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        config = json.load(f)
    architecture = config["architectures"][0]
    model, info = LOADERS[architecture].from_pretrained(folder, dtype=torch.float64, attn_implementation="eager", output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not info[kind], (folder, kind, info[kind])
    assert type(model).__name__ == architecture
    if "id2label" in config:
        assert model.config.id2label == {int(k): v for k, v in config["id2label"].items()}
    if os.path.exists(os.path.join(folder, "vocab.txt")):
        tf.AutoTokenizer.from_pretrained(folder)
    model.eval()
    worst, rows = {}, 0
    with open(os.path.join(folder, "oracle.jsonl"), encoding="utf-8") as f, torch.no_grad():
        for line in f:
            row = json.loads(line)
            want = output(model, architecture, row)
            got = torch.tensor(row["logits"], dtype=torch.float64)
            off = float((got - want).abs().max() / want.abs().max())
            device = row.get("device", "float")
            worst[device] = max(worst.get(device, 0.0), off)
            rows += 1
    bad = [d for d, x in worst.items() if not x <= (1e-9 if d == "ref64" else 2e-5)]
    print(f"{folder}: {architecture}, {rows} rows, " + ", ".join(f"{d} {x:.1e}" for d, x in sorted(worst.items())) + (" TOO LARGE" if bad else ""))
    return not bad and rows > 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    print(f"torch {torch.__version__}, transformers {tf.__version__}")
    sys.exit(0 if all([check(d) for d in sys.argv[1:]]) else 1)
