#!/usr/bin/env python3
"""dropout.json of the own set: what a loss is on average under dropout, and how far it strays, as transformers has it.

    make_dropout.py [--golden DIR] > tests/golden/set/dropout.json

For golden models with a head of classes, values or tags, and for each key of their configuration that is a probability of dropout: that key alone
is 0.5, and the loss of the model's own batch is drawn DRAWS times in training mode. Places that would be lost among others of the same key (ALONE)
are drawn by themselves. Masks are an engine's own affair; these moments are not. They
tell whether dropout stands where the reference has it, from which key it takes its probability, and whether its masks are independent.
--golden: the shared set, for the models that the own set lacks. Needs torch and transformers."""
import argparse
import json
import pathlib

import torch
import transformers
from safetensors.torch import load_file

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

OWN = pathlib.Path(__file__).resolve().parent / "set/models"
DRAWS, TOGETHER, HALF = 8192, 64, 0.5
MODELS = ["albert_groups", "albert_tokcls", "bert_seqcls", "bert_tokcls", "camembert_seqcls", "camembert_tokcls", "deberta_v2_hub", "deberta_v2_p2c",
          "deberta_v2_own_keys", "distilbert_regression", "distilbert_hub", "electra_regression", "electra_wide_embedding", "modernbert_biases",
          "modernbert_mean_window", "modernbert_window_odd", "mpnet_regression", "roberta_pad_in_text", "xlm_roberta_tokcls"]
SHARED = ["distilbert_tokcls", "mpnet_tokcls", "roberta_seqcls", "xlm_roberta_seqcls"]
KEYS = ["hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout", "classifier_dropout_prob", "pooler_dropout", "cls_dropout",
        "dropout", "attention_dropout", "seq_classif_dropout", "embedding_dropout", "mlp_dropout"]
# Of a key, only the modules with this in their names; and the places of gr_drop (model/config.h) that they are.
ALONE = {"mpnet_regression": [("classifier.dropout", ["pool", "head"])], "deberta_v2_hub": [("pos_dropout", ["rel"])],
         "deberta_v2_own_keys": [("pos_dropout", ["rel"])]}


def settings(config):
    """The keys that this family has, one at a time; and those whose absence means another one's value."""
    there = [k for k in KEYS if k in config or (k == "cls_dropout" and config["model_type"] == "deberta-v2")]
    zero = dict.fromkeys(there, 0.0)
    for key in there:
        yield {**zero, key: HALF}
        if key == "hidden_dropout_prob":
            for other in ("classifier_dropout", "cls_dropout"):
                if other in there:
                    yield {**zero, key: HALF, other: None}


def losses(model, case, copies):
    """The loss of each of `copies` copies of the batch, computed together."""
    x = {k: case[k].repeat(copies, *[1] * (case[k].dim() - 1)) for k in ("input_ids", "attention_mask", "token_type_ids") if k in case}
    logits = model(**x).logits
    logits = logits.reshape(copies, -1, logits.shape[-1])
    labels = case["labels"].reshape(-1)
    if labels.is_floating_point():
        return ((logits[..., 0] - labels) ** 2).mean(1)
    seen = labels >= 0
    return torch.stack([torch.nn.functional.cross_entropy(one[seen], labels[seen]) for one in logits])


def moments(folder, put, alone=""):
    config = transformers.AutoConfig.from_pretrained(folder)
    for key, value in put.items():
        setattr(config, key, value)
    config._attn_implementation = "eager"
    model = getattr(transformers, config.architectures[0])(config)
    model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Dropout) and alone not in name:
            module.p = 0.0
    case = load_file(folder / "case.safetensors")
    case = {k: v.float() if v.is_floating_point() else v for k, v in case.items()}
    copies = 1 if config.model_type == "deberta-v2" else TOGETHER  # whose relative positions have one mask for all rows
    torch.manual_seed(1)
    model.train()
    with torch.no_grad():
        x = torch.cat([losses(model, case, copies) for _ in range(DRAWS // copies)]).double()
    away = x - x.mean()
    return {"mean": float(x.mean()), "sd": float(x.std()), "kurtosis": float((away ** 4).mean() / (away ** 2).mean() ** 2)}


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--golden", type=pathlib.Path)
    o = parse.parse_args()
    cases = []
    folders = [("own", OWN / name) for name in MODELS] + ([("shared", o.golden / "models" / name) for name in SHARED] if o.golden else [])
    for where, folder in folders:
        every = list(settings(json.loads((folder / "config.json").read_text())))
        todo = [(put, "", {}) for put in every] + [(every[0], alone, {"places": places}) for alone, places in ALONE.get(folder.name, [])]
        for put, alone, more in todo:
            found = {k: float(f"{v:.8g}") if v == v else None for k, v in moments(folder, put, alone).items()}
            cases.append({"set": where, "model": folder.name, "config": put, **more, **found})
    print("{\"draws\": %d, \"cases\": [\n%s\n]}" % (DRAWS, ",\n".join(json.dumps(c) for c in cases)))


if __name__ == "__main__":
    main()
