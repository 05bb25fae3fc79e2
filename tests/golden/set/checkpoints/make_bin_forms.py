#!/usr/bin/env python3
"""Further forms of pytorch_model.bin, with the weights of ../models/bert_seqcls.

    make_bin_forms.py [--only FORM]

Run by hand under torch; the results are committed. The values to expect are those of
the forms bin and bf16, which the shared generator wrote: the weights are the same, but
for their rounding. What each form is for stands in its function.
"""
import argparse
import json
import os
import shutil
from collections import OrderedDict

import torch
from safetensors.torch import load_file

HERE = os.path.dirname(os.path.abspath(__file__))


def folder(name, expected="bin"):
    path = os.path.join(HERE, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    for file in ("config.json", "expected.json"):
        shutil.copy(os.path.join(HERE, expected, file), os.path.join(path, file))
    return os.path.join(path, "pytorch_model.bin")


def bin_f64(w):
    """Doubles, narrowed without loss."""
    torch.save({k: v.double() for k, v in w.items()}, folder("bin_f64"))


def bin_bf16(w):
    """BF16 in a zip archive."""
    torch.save({k: v.to(torch.bfloat16) for k, v in w.items()}, folder("bin_bf16", "bf16"))


def bin_sharded(w):
    """Three shards and their index."""
    path = folder("bin_sharded")
    names = sorted(w)
    weight_map = {}
    for i in range(3):
        file = "pytorch_model-%05d-of-00003.bin" % (i + 1)
        part = names[i::3]
        torch.save({k: w[k] for k in part}, os.path.join(os.path.dirname(path), file))
        weight_map.update({k: file for k in part})
    total = sum(v.numel() * v.element_size() for v in w.values())
    with open(path + ".index.json", "w") as f:
        json.dump({"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}, f, indent=2)


def bin_state_dict(w):
    """An OrderedDict with the attribute _metadata, as model.state_dict() gives it, in protocol 5."""
    d = OrderedDict(w)
    d._metadata = OrderedDict((k.rsplit(".", 1)[0], {"version": 1}) for k in w)
    torch.save(d, folder("bin_state_dict"), pickle_protocol=5)


def bin_views(w):
    """Every tensor a view of one storage, the matrices with their rows and columns changed over."""
    flat = torch.zeros(sum(v.numel() for v in w.values()))
    views, at = {}, 0
    for k, v in w.items():
        part = flat[at:at + v.numel()]
        at += v.numel()
        views[k] = part.view(v.shape[1], v.shape[0]).t() if v.dim() == 2 else part
        views[k].copy_(v)
    torch.save(views, folder("bin_views"))


def bin_wrapped(w):
    """Parameters of a model inside DataParallel, with buffers and a head of pre-training whose decoder is tied."""
    d = {"module." + k: torch.nn.Parameter(v) for k, v in w.items()}
    words = d["module.bert.embeddings.word_embeddings.weight"]
    d["module.bert.embeddings.position_ids"] = torch.arange(20).expand((1, -1))
    d["module.bert.embeddings.token_type_ids"] = torch.zeros(1, 20, dtype=torch.int64)
    d["module.cls.predictions.bias"] = torch.nn.Parameter(torch.zeros(words.shape[0]))
    d["module.cls.predictions.decoder.weight"] = words
    torch.save(d, folder("bin_wrapped"), pickle_protocol=4)


FORMS = [bin_f64, bin_bf16, bin_sharded, bin_state_dict, bin_views, bin_wrapped]


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--only")
    a = p.parse_args()
    weights = load_file(os.path.join(HERE, "..", "models", "bert_seqcls", "model.safetensors"))
    for form in FORMS:
        if a.only in (None, form.__name__):
            form(dict(weights))


if __name__ == "__main__":
    main()
