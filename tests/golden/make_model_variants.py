#!/usr/bin/env python3
"""Golden models for what the shared set leaves out: other heads, configuration switches, odd inputs.

    make_model_variants.py --out DIR [--seed N] [--all | --only NAME ...] [--list]

Writes the committed cases, or with --all also those that repeat what another case or the shared set has in another combination, as DIR/<case>/ in the format of the shared golden models: config.json, model.safetensors, case.safetensors, grads.safetensors,
adamw.json, after.safetensors. set/models/README.md says what each case is for. Needs torch and transformers.

All numbers are float64 from the float32 weights that are stored, with eager attention and no dropout. Before a case is written its gradients
are held against finite differences along a random direction for each tensor, its loss against the unchanged library in float32, and
its ten steps against the same steps in float32: a case whose float32 run strays by more than half of what the tests allow is made again from other
random numbers, for then it says more about AdamW's division by tiny numbers than about an engine.
"""
import argparse
import contextlib
import dataclasses
import hashlib
import json
import math
import os
import shutil
from unittest import mock

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from transformers.models.deberta_v2 import modeling_deberta_v2 as deberta
from transformers.models.modernbert import modeling_modernbert as modernbert
from transformers.trainer_pt_utils import get_parameter_names

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
transformers.logging.disable_default_handler()

# ---- cases

CLASSES = {"bert": "Bert", "distilbert": "DistilBert", "mpnet": "MPNet", "roberta": "Roberta", "xlm_roberta": "XLMRoberta",
           "camembert": "Camembert", "electra": "Electra", "albert": "Albert", "deberta_v2": "DebertaV2", "modernbert": "ModernBert"}
HEADS = {"class": "ForSequenceClassification", "value": "ForSequenceClassification", "token": "ForTokenClassification",
         "mlm": "ForMaskedLM", "embed": "Model"}
PAD_ONE = ("mpnet", "roberta", "xlm_roberta", "camembert")
SIZE_KEYS = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings",
             "embedding_size", "type_vocab_size", "dim", "n_layers", "n_heads", "hidden_dim"}


@dataclasses.dataclass
class Case:
    family: str
    head: str
    config: dict = dataclasses.field(default_factory=dict)  # on top of the family's own
    hidden: int = 8
    heads: int = 2
    layers: int = None        # one, where a family has no use for two
    inter: int = 10
    vocab: int = 20
    positions: int = 16
    classes: int = 3
    act: str = None
    lengths: tuple = (7, 11, 1)
    sparse: bool = False      # config.json without the keys that have their class's default, as hubs hold them
    drop: tuple = ()          # keys taken out of config.json
    put: dict = dataclasses.field(default_factory=dict)  # keys written into it
    pad_inside: tuple = ()    # (row, column) where the text holds the id of [PAD]
    freeze: tuple = ()        # prefixes of tensor names
    smoothing: float = 0.0
    micro: tuple = None       # rows of each micro-batch
    labels: tuple = None      # names of the classes

    def __post_init__(self):
        self.layers = self.layers or (2 if self.family in ("albert", "modernbert") else 1)

    @property
    def segments(self):
        return self.config.get("type_vocab_size", 0) > 1 if self.family == "deberta_v2" else self.family in ("bert", "electra", "albert")

    @property
    def special(self):
        pad, cls, sep = (1, 0, 2) if self.family in PAD_ONE else (0, 2, 3)
        return {"pad": pad, "cls": cls, "sep": sep, "mask": 4}

    @property
    def model_class(self):
        return getattr(transformers, CLASSES[self.family] + HEADS[self.head])


def sparse_embed(family, **more):
    return Case(family, "embed", lengths=(7, 12, 3), sparse=True, **more)


OLD_ROPE = {"drop": ("rope_parameters", "layer_types"),
            "put": {"global_rope_theta": 5000.0, "local_rope_theta": 300.0, "global_attn_every_n_layers": 3}}
NEW_ROPE = {"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 700.0},
                                "sliding_attention": {"rope_type": "default", "rope_theta": 90.0}}}
EVERY_BIAS = dict(attention_bias=True, mlp_bias=True, norm_bias=True, classifier_bias=True)

CASES = {
    # bert
    "bert_mlm_untied": Case("bert", "mlm", {"tie_word_embeddings": False}, act="gelu_new"),
    "bert_mlm_pad_in_text": Case("bert", "mlm", pad_inside=((0, 3), (1, 5), (1, 6))),
    "bert_pad_in_text": Case("bert", "class", pad_inside=((0, 3), (1, 5), (1, 6))),
    "bert_pad_other": Case("bert", "class", {"pad_token_id": 6}, pad_inside=((0, 3), (1, 5))),
    "bert_three_segments": Case("bert", "token", {"type_vocab_size": 3}, labels=("O", "B-X", "I-X")),
    # distilbert
    "distilbert_embed": sparse_embed("distilbert"),
    "distilbert_regression": Case("distilbert", "value"),
    "distilbert_mlm_act": Case("distilbert", "mlm", act="gelu_new"),
    "distilbert_hub": Case("distilbert", "class", sparse=True, put={"sinusoidal_pos_embds": False, "tie_weights_": True, "qa_dropout": 0.1}),
    # mpnet
    "mpnet_mlm": Case("mpnet", "mlm", act="gelu_new"),
    "mpnet_regression": Case("mpnet", "value", pad_inside=((0, 3),)),
    "mpnet_embed_sparse": sparse_embed("mpnet"),
    "mpnet_long": Case("mpnet", "class", {"relative_attention_num_buckets": 32}, positions=136, lengths=(132,)),
    # roberta and its kin
    "roberta_mlm": Case("roberta", "mlm", act="gelu_new", pad_inside=((0, 3), (1, 6))),
    "roberta_embed": sparse_embed("roberta"),
    "roberta_pad_in_text": Case("roberta", "token", classes=5, pad_inside=((0, 2), (0, 3), (1, 7))),
    "roberta_regression": Case("roberta", "value", {"type_vocab_size": 2}),
    "xlm_roberta_mlm": Case("xlm_roberta", "mlm", act="gelu_pytorch_tanh"),
    "xlm_roberta_tokcls": Case("xlm_roberta", "token", classes=5),
    "xlm_roberta_embed": sparse_embed("xlm_roberta"),
    "camembert_seqcls": Case("camembert", "class", labels=("non", "oui", "peut-être")),
    "camembert_tokcls": Case("camembert", "token", {"type_vocab_size": 2}, classes=4),
    "camembert_mlm": Case("camembert", "mlm"),
    "camembert_embed": sparse_embed("camembert"),
    # electra
    "electra_mlm": Case("electra", "mlm", {"embedding_size": 6}, act="gelu_new"),
    "electra_mlm_equal": Case("electra", "mlm", {"embedding_size": 8}),
    "electra_seqcls_equal": Case("electra", "class", {"embedding_size": 8}, act="relu"),
    "electra_embed": sparse_embed("electra", config={"embedding_size": 6}),
    "electra_frozen": Case("electra", "class", {"embedding_size": 6}, freeze=("electra.embeddings.",)),
    "electra_wide_embedding": Case("electra", "token", {"embedding_size": 12}),
    "electra_regression": Case("electra", "value", {"embedding_size": 40}),
    # albert
    "albert_mlm": Case("albert", "mlm", {"embedding_size": 6}),
    "albert_tokcls": Case("albert", "token", {"embedding_size": 6}, classes=5, layers=3),
    "albert_groups": Case("albert", "class", {"embedding_size": 6, "num_hidden_groups": 2}, layers=4),
    "albert_groups_uneven": Case("albert", "token", {"embedding_size": 6, "num_hidden_groups": 2}, layers=3),
    "albert_equal": Case("albert", "class", {"embedding_size": 8}, act="gelu"),
    "albert_embed": sparse_embed("albert", config={"embedding_size": 6}),
    "albert_frozen": Case("albert", "class", {"embedding_size": 6}, freeze=("albert.embeddings.", "albert.encoder.embedding_hidden_mapping_in.")),
    "albert_frozen_layers": Case("albert", "class", {"embedding_size": 6}, freeze=("albert.encoder.albert_layer_groups.",)),
    "albert_regression": Case("albert", "value", {"embedding_size": 6}, layers=3),
    "albert_inner_two": Case("albert", "class", {"embedding_size": 6, "inner_group_num": 2}),
    # deberta-v2
    "deberta_v2_mlm": Case("deberta_v2", "mlm", act="gelu_new"),
    "deberta_v2_mlm_new_head": Case("deberta_v2", "mlm", {"legacy": False}, pad_inside=((0, 3),)),
    "deberta_v2_embed": sparse_embed("deberta_v2"),
    "deberta_v2_own_keys": Case("deberta_v2", "class", {"share_att_key": False}),
    "deberta_v2_c2p": Case("deberta_v2", "class", {"pos_att_type": ["c2p"]}),
    "deberta_v2_p2c": Case("deberta_v2", "token", {"pos_att_type": ["p2c"]}),
    "deberta_v2_c2p_own_keys": Case("deberta_v2", "token", {"pos_att_type": ["c2p"], "share_att_key": False}),
    "deberta_v2_p2c_own_keys": Case("deberta_v2", "class", {"pos_att_type": ["p2c"], "share_att_key": False}),
    "deberta_v2_no_buckets": Case("deberta_v2", "class", {"position_buckets": -1, "max_relative_positions": 5}),
    "deberta_v2_no_buckets_default": Case("deberta_v2", "token", {"position_buckets": -1, "max_relative_positions": -1}, positions=12),
    "deberta_v2_no_norm": Case("deberta_v2", "class", {"norm_rel_ebd": "none"}),
    "deberta_v2_positions": Case("deberta_v2", "class", {"type_vocab_size": 2, "position_biased_input": True, "pooler_hidden_act": "tanh"}),
    "deberta_v2_far": Case("deberta_v2", "class", {"position_buckets": 6, "max_relative_positions": 10}, positions=24, lengths=(18, 5, 1)),
    "deberta_v2_past_table": Case("deberta_v2", "token", {"position_buckets": 4}, positions=12, lengths=(16, 5, 1)),
    "deberta_v2_hub": Case("deberta_v2", "class", sparse=True, drop=("pooler_hidden_size", "pooler_dropout", "pooler_hidden_act", "legacy"),
                           put={"pos_att_type": "p2c|c2p"}),
    "deberta_v2_no_relative": Case("deberta_v2", "class", {"relative_attention": False, "position_biased_input": True, "norm_rel_ebd": "none"}),
    "deberta_v2_no_terms": Case("deberta_v2", "token", {"pos_att_type": []}),
    "deberta_v2_frozen": Case("deberta_v2", "class", layers=2, freeze=("deberta.embeddings.", "deberta.encoder.layer.0.")),
    "deberta_v2_frozen_table": Case("deberta_v2", "class", freeze=("deberta.encoder.rel_embeddings.",)),
    "deberta_v2_accum": Case("deberta_v2", "token", classes=4, micro=((0, 2), (1,))),
    "deberta_v2_smoothing": Case("deberta_v2", "token", classes=4, smoothing=0.2),
    "deberta_v2_embedding_size": Case("deberta_v2", "mlm", {"embedding_size": 6}),
    "deberta_v2_conv": Case("deberta_v2", "class", {"conv_kernel_size": 3, "conv_act": "gelu"}),
    # modernbert
    "modernbert_mlm": Case("modernbert", "mlm", {"local_attention": 6, **NEW_ROPE}, layers=3),
    "modernbert_mlm_no_bias": Case("modernbert", "mlm", {"decoder_bias": False, "classifier_bias": True, "norm_bias": True}),
    "modernbert_mlm_untied": Case("modernbert", "mlm", {"tie_word_embeddings": False, "classifier_activation": "silu"}),
    "modernbert_embed": sparse_embed("modernbert", layers=3),
    "modernbert_biases": Case("modernbert", "class", EVERY_BIAS, layers=3),
    "modernbert_biases_tokcls": Case("modernbert", "token", {**EVERY_BIAS, "classifier_activation": "gelu_new"}),
    "modernbert_mean_window": Case("modernbert", "class", {"classifier_pooling": "mean", "local_attention": 4}, layers=3, lengths=(15, 6, 1)),
    "modernbert_window_odd": Case("modernbert", "token", {"local_attention": 5, "layer_types": ["sliding_attention", "full_attention"]}),
    "modernbert_all_local": Case("modernbert", "class", {"local_attention": 2, "layer_types": ["sliding_attention"] * 2}),
    "modernbert_old_config": Case("modernbert", "class", {"local_attention": 6}, layers=4, **OLD_ROPE),
    "modernbert_one_layer": Case("modernbert", "class", layers=1),
    "modernbert_frozen": Case("modernbert", "class", layers=3, freeze=("model.embeddings.", "model.layers.0.", "model.layers.1.")),
    "modernbert_regression": Case("modernbert", "value", {"classifier_pooling": "mean"}),
    "modernbert_pad_in_text": Case("modernbert", "mlm", pad_inside=((0, 3), (1, 5))),
    "modernbert_smoothing": Case("modernbert", "class", smoothing=0.1),
    "modernbert_accum": Case("modernbert", "token", classes=4, micro=((2,), (0, 1))),
    "modernbert_act": Case("modernbert", "class", act="gelu_pytorch_tanh"),
}

# Written with --all only: what they show is in another case too, or no published checkpoint has it.
OPTIONAL = {
    "bert_pad_in_text", "roberta_regression", "xlm_roberta_embed", "camembert_embed", "electra_mlm_equal", "electra_frozen", "albert_equal",
    "albert_frozen_layers", "albert_regression", "albert_inner_two", "deberta_v2_c2p", "deberta_v2_p2c_own_keys", "deberta_v2_no_buckets_default",
    "deberta_v2_frozen_table", "deberta_v2_smoothing", "deberta_v2_embedding_size", "deberta_v2_conv",
    "deberta_v2_no_terms", "deberta_v2_past_table", "modernbert_biases_tokcls",
    "modernbert_accum", "modernbert_act", "modernbert_all_local", "modernbert_pad_in_text", "modernbert_regression", "modernbert_mlm_untied",
}


def config_of(c):
    s = c.special
    kw = {"vocab_size": c.vocab, "max_position_embeddings": c.positions, "pad_token_id": s["pad"], "bos_token_id": s["cls"], "eos_token_id": s["sep"]}
    if c.family == "distilbert":
        kw |= {"dim": c.hidden, "n_layers": c.layers, "n_heads": c.heads, "hidden_dim": c.inter}
    else:
        kw |= {"hidden_size": c.hidden, "num_hidden_layers": c.layers, "num_attention_heads": c.heads, "intermediate_size": c.inter}
    if c.family == "modernbert":
        kw |= {"local_attention": 8, "cls_token_id": s["cls"], "sep_token_id": s["sep"]}
        if "layer_types" not in c.config:
            kw["layer_types"] = ["full_attention" if i % 2 == 0 else "sliding_attention" for i in range(c.layers)]
            if c.put:
                kw["layer_types"] = None
                kw["global_attn_every_n_layers"] = c.put["global_attn_every_n_layers"]
    if c.family == "deberta_v2":
        kw |= {"relative_attention": True, "position_buckets": 8, "norm_rel_ebd": "layer_norm", "share_att_key": True,
               "pos_att_type": ["p2c", "c2p"], "position_biased_input": False, "type_vocab_size": 0}
    if c.family in ("roberta", "xlm_roberta", "mpnet") and not c.sparse:
        kw["layer_norm_eps"] = 1e-5
    if c.family in ("roberta", "xlm_roberta", "camembert"):
        kw["type_vocab_size"] = 1
    cls = getattr(transformers, CLASSES[c.family] + "Config")
    kw |= {k: 0.0 for k in cls().to_dict() if "dropout" in k}
    if c.act:
        kw[{"distilbert": "activation", "modernbert": "hidden_activation"}.get(c.family, "hidden_act")] = c.act
    if c.labels:
        kw |= {"id2label": dict(enumerate(c.labels)), "label2id": {n: i for i, n in enumerate(c.labels)}}
    elif c.head in ("class", "token", "value"):
        kw["num_labels"] = 1 if c.head == "value" else c.classes
    return cls(**(kw | c.config))


def edit_config(c, path):
    """config.json as older or terser programs write it."""
    with open(path, encoding="utf-8") as f:
        j = json.load(f)
    if c.sparse:
        usual = getattr(transformers, CLASSES[c.family] + "Config")().to_dict()
        j = {k: v for k, v in j.items() if k in SIZE_KEYS or k in ("architectures", "model_type") or k not in usual or usual[k] != v}
    for k in c.drop:
        j.pop(k, None)
    j |= c.put
    with open(path, "w", encoding="utf-8") as f:
        json.dump(j, f, indent=1, sort_keys=True)
        f.write("\n")


# ---- float64 where the library insists on float32

def angles(self, x, position_ids, layer_type):
    width = self.config.hidden_size // self.config.num_attention_heads
    theta = self.config.rope_parameters[layer_type]["rope_theta"]
    rate = theta ** (-torch.arange(0, width, 2, dtype=x.dtype) / width)
    turn = position_ids.to(x.dtype).unsqueeze(-1) * rate
    return turn.cos().repeat(1, 1, 2), turn.sin().repeat(1, 1, 2)


def turned(q, k, cos, sin, unsqueeze_dim=1):
    def turn(x):
        low, high = x.chunk(2, -1)
        return x * cos.unsqueeze(unsqueeze_dim) + torch.cat((-high, low), -1) * sin.unsqueeze(unsqueeze_dim)
    return turn(q), turn(k)


def attend(module, query, key, value, attention_mask, scaling, **unused):
    scores = torch.einsum("bhid,bhjd->bhij", query, key) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    share = torch.softmax(scores, -1)
    return torch.einsum("bhij,bhjd->bihd", share, value).contiguous(), share


@contextlib.contextmanager
def exact():
    with mock.patch.object(deberta, "scaled_size_sqrt", lambda q, factor: q.new_tensor(q.shape[-1] * factor).sqrt()), \
         mock.patch.object(modernbert.ModernBertRotaryEmbedding, "forward", angles), \
         mock.patch.object(modernbert, "apply_rotary_pos_emb", turned), \
         mock.patch.object(modernbert, "eager_attention_forward", attend):
        yield


# ---- weights and batches

def stream(*what):
    digest = hashlib.sha256("/".join(map(str, what)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def random_weights(c, model, seed):
    """No bias is zero, no gain is one, no row of an embedding is empty."""
    gains = {p for m in model.modules() if isinstance(m, nn.LayerNorm) for p in (m.weight,)}
    with torch.no_grad():
        for name, p in model.named_parameters():
            z = torch.randn(p.shape, generator=stream(seed, name))
            if p in gains:
                p.copy_(1.0 + 0.15 * z)
            elif p.dim() == 1:
                p.copy_(0.15 * z)
            elif "embeddings." in name or "attention_bias" in name:
                p.copy_(0.5 * z)
            else:
                p.copy_(z / math.sqrt(p[0].numel()))


def make_batch(c, seed, lengths):
    g, s = stream(seed, "batch"), c.special
    rows, width = len(lengths), max(lengths)
    draw = lambda low, high, shape: torch.randint(low, high, shape, generator=g)
    ids = draw(7, c.vocab, (rows, width))
    at = torch.arange(width).expand(rows, width)
    size = torch.tensor(lengths).unsqueeze(1)
    mask = (at < size).long()
    ids[(at == size - 1) & (size > 1)] = s["sep"]
    ids[:, 0] = s["cls"]
    for row, column in c.pad_inside:
        ids[row, column] = c.config.get("pad_token_id", s["pad"])
    ids[mask == 0] = c.config.get("pad_token_id", s["pad"])
    batch = {"input_ids": ids, "attention_mask": mask}
    if c.segments:
        kinds = c.config.get("type_vocab_size", 2)
        batch["token_type_ids"] = (at * kinds // size) * mask
    inner = (mask == 1) & (at > 0) & (at < size - 1)
    if c.head == "class":
        batch["labels"] = (torch.arange(rows) + draw(0, c.classes, (1,))) % c.classes
    elif c.head == "value":
        batch["labels"] = torch.rand(rows, generator=g, dtype=torch.float64) * 4.0 - 1.0
    elif c.head == "token":
        batch["labels"] = torch.where(inner & (draw(0, 5, ids.shape) > 0), draw(0, c.classes, ids.shape), -100)
    elif c.head == "mlm":
        chosen = inner & (draw(0, 5, ids.shape) > 2)
        batch["labels"] = torch.where(chosen, ids, -100)
        batch["input_ids"] = torch.where(chosen & (draw(0, 5, ids.shape) > 0), torch.tensor(s["mask"]), ids)
    return batch


def make_pairs(c, seed):
    batch = {}
    for side, lengths in (("a", c.lengths), ("b", tuple(reversed(c.lengths)))):
        batch |= {f"{side}.{k}": v for k, v in make_batch(c, f"{seed}/{side}", lengths).items()}
    batch["labels"] = torch.tensor([1.0, 0.0, -0.5], dtype=torch.float64)
    return batch


# ---- forward and backward

def cross_entropy(c, logits, labels, count):
    rows = labels.flatten() != -100
    log_p = logits.flatten(0, -2)[rows].log_softmax(-1)
    picked = log_p.gather(1, labels.flatten()[rows].unsqueeze(1))
    return -((1.0 - c.smoothing) * picked.sum() + c.smoothing * log_p.mean(-1).sum()) / count


def run_embed(model, batch):
    seen, unit = {}, []
    for side in "ab":
        inputs = {k[2:]: v for k, v in batch.items() if k.startswith(side + ".")}
        out = model(**inputs, output_hidden_states=True)
        weight = inputs["attention_mask"].unsqueeze(-1).to(out.last_hidden_state.dtype)
        mean = (out.last_hidden_state * weight).sum(1) / weight.sum(1)
        unit.append(mean / mean.norm(dim=1, keepdim=True))
        seen |= {f"{side}.hidden.{i}": h for i, h in enumerate(out.hidden_states)}
        seen |= {f"{side}.mean": mean, f"{side}.embedding": unit[-1]}
    seen["cosine"] = (unit[0] * unit[1]).sum(1)
    return (seen["cosine"] - batch["labels"]).square().mean(), seen


def run(c, model, batch, count=None):
    """The loss, over `count` labels or the batch's own number of them, and what the case records."""
    if c.head == "embed":
        return run_embed(model, batch)
    seen, handles = {}, []
    if c.head in ("class", "value"):
        last = getattr(model.classifier, "out_proj", model.classifier)
        handles.append(last.register_forward_pre_hook(lambda m, inputs: seen.update(pooled=inputs[0])))
    handles.append(model.base_model.register_forward_hook(lambda m, inputs, out: seen.update(last_hidden_state=out[0])))
    out = model(**{k: v for k, v in batch.items() if k != "labels"}, output_hidden_states=True)
    for h in handles:
        h.remove()
    if torch.equal(seen["last_hidden_state"], out.hidden_states[-1]):
        del seen["last_hidden_state"]
    seen |= {f"hidden.{i}": h for i, h in enumerate(out.hidden_states)}
    seen["logits"] = out.logits
    if c.head == "value":
        return (out.logits[:, 0] - batch["labels"]).square().mean(), seen
    return cross_entropy(c, out.logits, batch["labels"], count or int((batch["labels"] != -100).sum())), seen


def pieces(c, batch):
    for rows in c.micro:
        width = int(batch["attention_mask"][list(rows)].sum(1).max())
        yield {k: v[list(rows), :width] for k, v in batch.items()}


def gradients(c, model, batch):
    model.zero_grad(set_to_none=True)
    if c.micro is None:
        loss, _ = run(c, model, batch)
        loss.backward()
        return loss.item()
    count, total = int((batch["labels"] != -100).sum()), 0.0
    for piece in pieces(c, batch):
        loss, _ = run(c, model, piece, count)
        loss.backward()
        total += loss.item()
    return total


def load(c, path, dtype):
    """The model, with its parameters under the names of the file: of tied ones a model may name another first (XLM-R's decoder)."""
    model = c.model_class.from_pretrained(path, dtype=dtype, attn_implementation="eager")
    with safe_open(os.path.join(path, "model.safetensors"), "pt") as f:
        stored = set(f.keys())
    model.by_name = {n: p for n, p in model.named_parameters(remove_duplicate=False) if n in stored}
    assert set(model.by_name.values()) == set(model.parameters()) and set(model.by_name) == stored, path
    for name, p in model.by_name.items():
        p.requires_grad_(not name.startswith(c.freeze) if c.freeze else True)
    return model.train()


def train(c, model, batch, steps=10, warmup=3, rate=1e-3):
    """Ten AdamW steps with the Trainer's groups, clipping and schedule; what adamw.json says."""
    named = {n: p for n, p in model.by_name.items() if p.requires_grad}
    patterns = [r"bias", r"layernorm", r"rmsnorm", r"(?:^|\.)norm(?:$|\.)", r"_norm(?:$|\.)"]
    decayed = set(get_parameter_names(model, [nn.LayerNorm], patterns))
    decay, rest = [n for n in named if n in decayed], [n for n in named if n not in decayed]
    optimizer = torch.optim.AdamW([{"params": [named[n] for n in decay], "weight_decay": 0.01},
                                   {"params": [named[n] for n in rest], "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.999), eps=1e-8)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, warmup, steps)
    log = []
    for step in range(1, steps + 1):
        lr = schedule.get_last_lr()[0]
        loss = gradients(c, model, batch)
        norm = float(nn.utils.clip_grad_norm_(named.values(), 1.0))
        log.append({"step": step, "lr": lr, "loss": loss, "grad_norm": norm})
        optimizer.step()
        schedule.step()
    unused = [n for n, p in named.items() if p.grad is None]
    frozen = [n for n, p in model.by_name.items() if not p.requires_grad]
    with torch.no_grad():
        after = float(run(c, model, batch)[0])
    out = {"optimizer": {"name": "adamw", "lr": rate, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01, "max_grad_norm": 1.0,
                         "schedule": "linear", "warmup": warmup, "total": steps},
           "decay": sorted(decay), "no_decay": sorted(rest), "frozen": sorted(frozen), "no_gradient": sorted(unused), "steps": log,
           "loss_after": after}
    if c.smoothing:
        out["label_smoothing"] = c.smoothing
    if c.micro:
        out["accumulation"] = {"rows": [list(r) for r in c.micro],
                               "label_tokens": [int((p["labels"] != -100).sum()) for p in pieces(c, batch)]}
    return out


# ---- checks

def slopes(c, model, batch, seed):
    """The worst relative difference between gradients and central differences, one random direction for each tensor.

    Where the text holds the id of [PAD] the library's gradient is not the slope: it leaves out the lookups of that row. There the row stays."""
    worst, step = 0.0, 1e-5
    named = [(n, p) for n, p in model.by_name.items() if p.grad is not None]
    top = max(float(p.grad.norm()) for _, p in named)
    still = {m.weight: m.padding_idx for m in model.modules() if isinstance(m, nn.Embedding) and m.padding_idx is not None} if c.pad_inside else {}
    with torch.no_grad():
        for name, p in named:
            d = torch.randn(p.shape, generator=stream(seed, "slope", name), dtype=p.dtype)
            d = p.grad / p.grad.norm().clamp(min=1e-9) + d / d.norm()
            if p in still:
                d[still[p]] = 0.0
            keep, f = p.clone(), []
            for sign in (1.0, -1.0):
                p.copy_(keep + sign * step * d)
                f.append(float(run(c, model, batch)[0]))
            p.copy_(keep)
            got, want = float((p.grad * d).sum()), (f[0] - f[1]) / (2.0 * step)
            worst = max(worst, abs(got - want) / max(abs(got), 1e-3 * top))
    return worst


def library_loss(c, path, batch):
    """The library's own loss, in float32 and with nothing replaced."""
    model = load(c, path, torch.float32)
    if c.head == "embed" or c.smoothing:
        return run(c, model, batch)[0].item()
    return model(**{k: v.float() if v.is_floating_point() else v for k, v in batch.items()}).loss.item()


def stray(c, path, batch, log, start, after, grads):
    """How far ten steps in float32 end from those in float64, in units of what the tests allow."""
    model = load(c, path, torch.float32)
    plain = train(c, model, batch)
    top = max(float(g.abs().max()) for g in grads.values())
    worst = max(abs(a["loss"] - b["loss"]) / abs(b["loss"]) for a, b in zip(plain["steps"], log["steps"])) / 2e-5
    for name, p in model.by_name.items():
        if name in grads and float(grads[name].abs().max()) > 1e-12 * top:
            moved = (after[name] - start[name]).norm()
            worst = max(worst, float((p.detach().double() - after[name]).norm() / moved) / 1e-3)
    return worst


# ---- writing

def put_tensors(path, tensors):
    save_file({k: v.detach().clone().contiguous() for k, v in sorted(tensors.items())}, path)


def write_case(root, name, c, seed, attempt=0):
    seed = f"{seed}/{name}/{attempt}"
    path = os.path.join(root, name)
    shutil.rmtree(path, ignore_errors=True)
    torch.manual_seed(0)
    model = c.model_class(config_of(c))
    random_weights(c, model, seed)
    model.save_pretrained(path)
    edit_config(c, os.path.join(path, "config.json"))
    batch = make_pairs(c, seed) if c.head == "embed" else make_batch(c, seed, c.lengths)
    with exact():
        model = load(c, path, torch.float64)
        stored = load_file(os.path.join(path, "model.safetensors"))
        assert all(torch.equal(p, stored[n].double()) for n, p in model.by_name.items())
        loss = gradients(c, model, batch)
        grads = {n: p.grad.clone() for n, p in model.by_name.items() if p.grad is not None}
        with torch.no_grad():
            _, seen = run(c, model, batch)
        off = slopes(c, model, batch, seed)
        assert off < 1e-5, (name, off)
        start = {n: p.detach().clone() for n, p in model.by_name.items()}
        model = load(c, path, torch.float64)
        log = train(c, model, batch)
    after = {n: p.detach() for n, p in model.by_name.items() if p.requires_grad}
    gap = abs(library_loss(c, path, batch) - loss) / max(1.0, abs(loss))
    assert gap < 2e-5, (name, gap)
    strays = stray(c, path, batch, log, start, after, grads)
    if strays > 0.5 and attempt < 20:
        return write_case(root, name, c, seed.split("/")[0], attempt + 1)
    put_tensors(os.path.join(path, "case.safetensors"), batch | seen | {"loss": torch.tensor(loss, dtype=torch.float64)})
    put_tensors(os.path.join(path, "grads.safetensors"), grads)
    put_tensors(os.path.join(path, "after.safetensors"), after)
    with open(os.path.join(path, "adamw.json"), "w", encoding="utf-8") as f:
        json.dump(log, f)
        f.write("\n")
    for extra in set(os.listdir(path)) - {"config.json", "model.safetensors", "case.safetensors", "grads.safetensors", "after.safetensors", "adamw.json"}:
        os.remove(os.path.join(path, extra))
    for f in os.listdir(path):
        os.chmod(os.path.join(path, f), 0o644)
    size = sum(os.path.getsize(os.path.join(path, f)) for f in os.listdir(path))
    still = [n for n, v in grads.items() if float(v.abs().max()) < 1e-12 * max(float(x.abs().max()) for x in grads.values())]
    print(f"{name:30s} loss {loss:.6f}  slopes {off:.0e}  float32 loss {gap:.0e}, steps {strays:.2f}  try {attempt}  {size // 1024} KB"
          + (f"  no slope: {' '.join(still)}" if still else ""), flush=True)
    return size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=CASES, metavar="NAME")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--list", action="store_true")
    a = parser.parse_args()
    names = a.only or [n for n in CASES if a.all or n not in OPTIONAL]
    if a.list or not a.out:
        print("\n".join(names))
        return
    os.makedirs(a.out, exist_ok=True)
    total = sum(write_case(a.out, name, CASES[name], a.seed) for name in names)
    print(f"torch {torch.__version__}, transformers {transformers.__version__}: {len(names)} cases, {total // 1024} KB")


if __name__ == "__main__":
    main()
