#!/usr/bin/env python3
"""Models between glue-run and transformers, both ways, for every folder of golden models. By hand; needs torch and transformers.

    interop.py BUILD_DIR [--models DIR ...] [--all | --only NAME ...] [--steps N]

DIR holds folders in the format of the golden models (default: tests/golden/set/models and the shared set beside the repository). For the first
folder of each family and head, or with --all for every one:

  save    glue-run loads the folder, trains N steps (default 3), saves; transformers loads what was saved: class, labels, no
          missing, unexpected or mismatched tensor, the same outputs
  load    transformers makes a model of the same configuration, gives every tensor random values and saves it as one safetensors file, as several,
          as one with tied tensors under each of their names, as pytorch_model.bin and as several of those; glue-run loads each, saves it again, and its outputs are those of transformers

Outputs are held to 1e-9 of the largest in double and 1e-5 in float, against transformers in double; where it computes in float whatever
the type, its formulas are replaced by the same in double (make_model_variants.py). One line a folder and direction, then one line a family, then a count. Exit: 0 all agree, 1 not, 77 without the libraries. A
family or head that the build does not have is said and counted apart.
"""
import argparse
import json
import math
import os
import shutil
import subprocess
import sys

try:
    import torch
    import transformers as tf
    from safetensors.torch import load_file, save_file
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

tf.logging.set_verbosity_error()
tf.logging.disable_progress_bar()
torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
AUTO = {"ForSequenceClassification": tf.AutoModelForSequenceClassification, "ForTokenClassification": tf.AutoModelForTokenClassification,
        "ForMaskedLM": tf.AutoModelForMaskedLM, "Model": tf.AutoModel}
SKIPPED = 77

sys.path.insert(0, os.path.join(ROOT, "tests", "golden"))
from make_model_variants import exact  # noqa: E402


class Skip(Exception):
    pass


def architecture(folder):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        return json.load(f)["architectures"][0]


def auto_class(name):
    return next(cls for end, cls in AUTO.items() if name.endswith(end))


def outputs(model, row):
    ids = torch.tensor([row["ids"]])
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if getattr(model.config, "type_vocab_size", 0) > 1 and any(row["type_ids"]):
        inputs["token_type_ids"] = torch.tensor([row["type_ids"]])
    with torch.no_grad(), exact():
        out = model(**inputs)
    if not hasattr(out, "logits"):
        return torch.nn.functional.normalize(out.last_hidden_state[0].mean(0), dim=0)
    return out.logits[0]


def through_glue_run(program, folder, out, steps):
    shutil.rmtree(out, ignore_errors=True)
    r = subprocess.run([program, folder, out, str(steps)], capture_output=True, text=True, check=False)
    if r.returncode == SKIPPED:
        raise Skip(r.stderr.strip())
    assert r.returncode == 0, f"glue-run: {r.stderr.strip() or r.returncode}"


def differences(worst):
    return ", ".join(f"{d} {x:.0e}" for d, x in sorted(worst.items()))


def compare(folder):
    """What glue-run answered for the folder against transformers, which loads it."""
    name = architecture(folder)
    model, info = auto_class(name).from_pretrained(folder, dtype=torch.float64, attn_implementation="eager", output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not info[kind], f"{kind}: {sorted(info[kind])[:4]}"
    assert type(model).__name__ == name, f"{type(model).__name__} for {name}"
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        labels = json.load(f).get("id2label")
    assert labels is None or model.config.id2label == {int(k): v for k, v in labels.items()}, "id2label"
    model.eval()
    worst = {}
    with open(os.path.join(folder, "oracle.jsonl"), encoding="utf-8") as f:
        for row in map(json.loads, f):
            want, got = outputs(model, row), torch.tensor(row["logits"], dtype=torch.float64)
            assert got.shape == want.shape, f"shape {list(got.shape)}, transformers {list(want.shape)}"
            off = float((got - want).abs().max() / want.abs().max())
            worst[row["device"]] = max(worst.get(row["device"], 0.0), off if math.isfinite(off) else math.inf)
    bound = {"ref64": 1e-9, "cpu": 1e-5}
    assert worst and all(x <= bound[d] for d, x in worst.items()), f"outputs differ: {differences(worst)}"
    return worst


def random_model(folder):
    """A model of the folder's configuration with no tensor at a fixed point of its initialiser."""
    name = architecture(folder)
    model = getattr(tf, name)(tf.AutoConfig.from_pretrained(folder))
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.2 * torch.randn_like(p))
    return model


def stored(model):
    """The tensors that transformers itself puts into a safetensors file: tied ones once."""
    return {k: v.detach().clone() for k, v in model.state_dict().items() if k not in model.all_tied_weights_keys}


def save_bin(model, folder, parts):
    """As older versions saved: the whole state, tied tensors under each of their names."""
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    tensors = model.state_dict()
    if parts == 1:
        torch.save(tensors, os.path.join(folder, "pytorch_model.bin"))
        return
    names, where = sorted(tensors), {}
    for i in range(parts):
        file = f"pytorch_model-{i + 1:05d}-of-{parts:05d}.bin"
        mine = names[i::parts]
        torch.save({n: tensors[n] for n in mine}, os.path.join(folder, file))
        where.update(dict.fromkeys(mine, file))
    with open(os.path.join(folder, "pytorch_model.bin.index.json"), "w", encoding="utf-8") as f:
        json.dump({"metadata": {"total_size": sum(t.nbytes for t in tensors.values())}, "weight_map": where}, f)


def save_twice(model, folder):
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    save_file({k: v.clone() for k, v in model.state_dict().items()}, os.path.join(folder, "model.safetensors"), {"format": "pt"})


FORMS = {
    "safetensors": lambda m, d: m.save_pretrained(d),
    "sharded": lambda m, d: m.save_pretrained(d, max_shard_size="8KB"),
    "tied twice": save_twice,
    "bin": lambda m, d: save_bin(m, d, 1),
    "sharded bin": lambda m, d: save_bin(m, d, 3),
}


def check_save(program, folder, work, steps):
    out = os.path.join(work, "saved")
    through_glue_run(program, folder, out, steps)
    given, got = (load_file(os.path.join(d, "model.safetensors")) for d in (folder, out))
    assert {k: (v.shape, v.dtype) for k, v in given.items()} == {k: (v.shape, v.dtype) for k, v in got.items()}, "tensors differ from the folder's"
    return compare(out)


def check_load(program, folder, work, form):
    made, out = os.path.join(work, "made"), os.path.join(work, "again")
    shutil.rmtree(made, ignore_errors=True)
    os.makedirs(made)
    torch.manual_seed(7)
    model = random_model(folder)
    FORMS[form](model, made)
    shutil.copy(os.path.join(folder, "case.safetensors"), made)
    through_glue_run(program, made, out, 0)
    again = load_file(os.path.join(out, "model.safetensors"))
    want = stored(model)
    assert set(again) == set(want), f"names: {sorted(set(again) ^ set(want))[:4]}"
    assert all(torch.equal(again[k], want[k]) for k in want), "values differ"
    return compare(out)


def folders(roots, only, every):
    """Paths; unless every one is asked for the first of each architecture and kind of label."""
    seen = set()
    for root in roots:
        for name in sorted(os.listdir(root)) if os.path.isdir(root) else []:
            case = os.path.join(root, name, "case.safetensors")
            if not os.path.exists(case) or (only and name not in only):
                continue
            kind = (architecture(os.path.join(root, name)), load_file(case)["labels"].dtype)
            if every or only or kind not in seen:
                yield os.path.join(root, name)
            seen.add(kind)


def head(folder):
    """Of the commands' names, from the class and its labels."""
    name = architecture(folder)
    if name.endswith("ForSequenceClassification"):
        return "regression" if load_file(os.path.join(folder, "case.safetensors"))["labels"].dtype == torch.float64 else "classification"
    return {"ForTokenClassification": "tokens", "ForMaskedLM": "masked LM", "Model": "embedding"}[next(end for end in AUTO if name.endswith(end))]


def family(folder):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        return json.load(f)["model_type"]


class Results:
    """Of every folder and way: how many agree, differ, are absent; and by family what agreed, and the largest differences."""

    def __init__(self):
        self.rows = []

    def attempt(self, folder, way, check, *args):
        worst = {}
        try:
            worst = check(*args)
            result, text = "agree", f"ok: {differences(worst)}"
        except Skip as e:
            result, text = "absent", f"not in this build: {e}"
        except Exception as e:  # whatever transformers raises is a finding
            result, text = "failed", f"FAILED: {type(e).__name__}: {str(e)[:400]}"
        print(f"  {way:14s} {text}", flush=True)
        self.rows.append((family(folder), head(folder), way, result, worst))

    def count(self, result, name=None):
        return sum(r[3] == result for r in self.rows if name in (None, r[0]))

    def table(self):
        for name in sorted({r[0] for r in self.rows}):
            mine = [r for r in self.rows if r[0] == name and r[3] == "agree"]
            heads, ways = (", ".join(dict.fromkeys(r[k] for r in mine)) for k in (1, 2))
            worst = {d: max(r[4][d] for r in mine) for d in (mine[0][4] if mine else {})}
            print(f"{name}: {self.count('agree', name)} agree, {self.count('failed', name)} differ; {heads}; {ways}; largest difference {differences(worst)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--models", nargs="*")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--steps", type=int, default=3)
    a = parser.parse_args()
    program = os.path.join(os.path.abspath(a.build), "tests", "oracle_interop")
    roots = a.models or [os.path.join(ROOT, "tests", "golden", "set", "models"), os.path.join(os.path.dirname(ROOT), "shared", "golden", "models")]
    work = os.path.join(a.build, "interop")
    os.makedirs(work, exist_ok=True)
    print(f"torch {torch.__version__}, transformers {tf.__version__}")
    results = Results()
    for folder in folders(roots, a.only, a.all):
        print(f"{os.path.basename(folder)} ({architecture(folder)})")
        results.attempt(folder, "save", check_save, program, folder, work, a.steps)
        for form in FORMS:
            results.attempt(folder, form, check_load, program, folder, work, form)
    results.table()
    agree, failed, absent = (results.count(k) for k in ("agree", "failed", "absent"))
    print(f"{agree} agree, {failed} differ, {absent} belong to a family or head that this build does not have")
    return 1 if failed or not agree else 0


if __name__ == "__main__":
    sys.exit(main())
