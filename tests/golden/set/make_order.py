#!/usr/bin/env python3
"""order.json of the own set: the shared golden order.json's form with other seeds and lengths.

NumPy for the legacy and PCG64 orders; torch for randperm (any version since 1.0 gives the same).

    make_order.py > tests/golden/set/order.json
"""
import hashlib, json, math
import numpy as np
import torch


def brief(x):
    x = [int(i) for i in x]
    if len(x) <= 40:
        return dict(n=len(x), all=x)
    return dict(n=len(x), first=x[:10], last=x[-5:], sha256=hashlib.sha256(",".join(map(str, x)).encode()).hexdigest())


perm = lambda n, s: torch.randperm(n, generator=torch.Generator().manual_seed(s)).tolist()
out = {"note": "sha256 is over the decimal indices joined by commas, no spaces, no newline"}
out["torch_randperm"] = [dict(seed=s, **brief(perm(n, s))) for s in (7, 2 ** 31, 2 ** 32 + 5, 987654321) for n in (1, 4, 33, 777, 10000)]
out["trainer"] = dict(orders=[dict(seed=s, data_seed=d, epoch=e, **brief(perm(50, (s if d is None else d) + e)))
                              for s, d in ((7, None), (7, 11)) for e in range(3)])
out["train_test_split"] = []
for seed, n, size in ((5, 17, 0.25), (2 ** 32 - 1, 1001, 0.1), (0, 3, 0.5)):
    p, k = np.random.RandomState(seed).permutation(n), math.ceil(size * n)
    out["train_test_split"].append(dict(random_state=seed, test_size=size, rows=n, test=brief(p[:k]), train=brief(p[k:])))
out["datasets_shuffle"] = [dict(seed=s, **brief(np.random.default_rng(s).permutation(n)))
                           for s in (0, 7, 2 ** 32, 2 ** 53 - 1) for n in (1, 2, 31, 5000)]
out["pandas_sample"] = [dict(random_state=s, **brief(np.random.RandomState(s).permutation(n))) for s in (0, 7, 2 ** 32 - 1) for n in (1, 2, 31, 5000)]
print(json.dumps(out, separators=(",", ":")).replace("},{", "},\n{"))
