#!/usr/bin/env python3
"""Inputs for the fuzz harnesses of checkpoints: corpus/pickle (data.pkl alone),
corpus/torch_file (whole files of torch.save) and corpus/index.

    make_checkpoint_corpus.py

Run by hand under torch; the results are committed. The good ones are what torch
writes; the others are files that a reader must refuse, each for one reason.
"""
import io
import json
import os
import struct
import zipfile
from collections import OrderedDict

import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def put(kind, name, data):
    path = os.path.join(HERE, "corpus", kind)
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, name), "wb") as f:
        f.write(data)


def saved(obj, protocol=2):
    out = io.BytesIO()
    torch.save(obj, out, pickle_protocol=protocol)
    return out.getvalue()


def pickle_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return z.read(next(n for n in z.namelist() if n.endswith("data.pkl")))


def zipped(entries, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in entries.items():
            z.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def metadata_dict():
    d = OrderedDict(a=torch.ones(2))
    d._metadata = OrderedDict([("", {"version": 1})])
    return d


GOOD = {
    "plain": lambda: saved({"w": torch.arange(6.).view(2, 3), "b": torch.zeros(2, dtype=torch.float16)}),
    "metadata": lambda: saved(metadata_dict()),
    "protocol5": lambda: saved({"w": torch.ones(2, 2, dtype=torch.bfloat16)}, 5),
    "parameter": lambda: saved({"w": torch.nn.Parameter(torch.ones(3))}, 4),
    "shared": lambda: (lambda t: saved({"a": t, "b": t[1:], "c": t.view(2, 2).t()}))(torch.arange(4.)),
    "types": lambda: saved({str(t): torch.zeros(1, dtype=t) for t in
                            (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool, torch.float64)}),
    "v3": lambda: saved({"x": torch.zeros(2, dtype=torch.uint16)}),
    "scalar": lambda: saved({"x": torch.tensor(3.), "empty": torch.zeros(0, 4)}),
}

# One tensor "x" of 2 floats by hand: pieces that the bad ones bend.
TENSOR = b"\x80\x02}X\1\0\0\0xctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0" \
         b"0X\3\0\0\0cpuK\2tQK\0K\2\x85K\1\x85\x89ccollections\nOrderedDict\n)RtRs."
BAD_PICKLES = {
    "os_system": b"\x80\x02cposix\nsystem\nX\4\0\0\0true\x85R.",
    "stack_global": b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.",
    "inst": b"\x80\x02(X\4\0\0\0trueiposix\nsystem\n.",
    "newobj": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "build": b"\x80\x02ctorch\nfloat32\n}b.",
    "cycle": b"\x80\x02}q\0X\1\0\0\0ah\0s.",
    "deep": b"\x80\x02" + b"(" * 200 + b"N" + b"t" * 200 + b".",
    "memo_far": b"\x80\x02Nr\xff\xff\xff\xff.",
    "text_long": b"\x80\x02X\xff\xff\xff\x7fabc.",
    "text_huge": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
    "long": b"\x80\x02\x8a\xff" + b"\xff" * 255 + b".",
    "by_hand": TENSOR,
    "past_end": TENSOR.replace(b"K\2\x85K\1", b"K\3\x85K\1"),
    "negative": TENSOR.replace(b"K\2\x85K\1", b"J\xfe\xff\xff\xff\x85K\1"),
    "repeated": TENSOR.replace(b"K\2\x85K\1", b"J\xff\xff\xff\x7f\x85K\0"),
    "overflow": TENSOR.replace(b"K\2\x85K\1\x85", b"J\xff\xff\xff\x7f" * 3 + b"\x87" + b"K\1" * 3 + b"\x87"),
}


def zip_files():
    plain = saved({"w": torch.arange(6.).view(2, 3)})
    with zipfile.ZipFile(io.BytesIO(plain)) as z:
        entries = {n: z.read(n) for n in z.namelist()}
    top = next(iter(entries)).split("/")[0]
    put("torch_file", "deflated.bin", zipped(entries, zipfile.ZIP_DEFLATED))
    put("torch_file", "big_endian.bin", zipped({**entries, top + "/byteorder": b"big"}))
    put("torch_file", "two_pickles.bin", zipped({**entries, "other/data.pkl": b"\x80\x02}."}))
    put("torch_file", "no_storage.bin", zipped({n: d for n, d in entries.items() if "/data/" not in n}))
    put("torch_file", "hostile.bin", zipped({"m/data.pkl": BAD_PICKLES["os_system"]}))
    put("torch_file", "short.bin", zipped({"m/data.pkl": TENSOR, "m/data/0": b"1234567"}))
    put("torch_file", "by_hand.bin", zipped({"m/data.pkl": TENSOR, "m/data/0": b"12345678"}))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in (("m/data.pkl", TENSOR), ("m/data/0", b"12345678")):
            with z.open(zipfile.ZipInfo(name), "w", force_zip64=True) as f:
                f.write(data)
    put("torch_file", "zip64_local.bin", out.getvalue())
    put("torch_file", "zip64_end.bin", with_zip64_end(zipped({"m/data.pkl": TENSOR, "m/data/0": b"12345678"})))
    legacy = io.BytesIO()
    torch.save({"w": torch.ones(1)}, legacy, _use_new_zipfile_serialization=False)
    put("torch_file", "legacy.bin", legacy.getvalue())


def with_zip64_end(data):
    """The same archive with sizes and places in ZIP64 fields."""
    end = data.rindex(b"PK\5\6")
    n, size, at = struct.unpack("<HII", data[end + 10:end + 20])
    directory = b""
    p = at
    for _ in range(n):
        head = bytearray(data[p:p + 46])
        name, extra, comment = struct.unpack("<HHH", head[28:34])
        packed, plain = struct.unpack("<II", head[20:28])
        place, = struct.unpack("<I", head[42:46])
        head[20:28] = b"\xff" * 8
        head[42:46] = b"\xff" * 4
        head[30:32] = struct.pack("<H", 28)
        directory += bytes(head) + data[p + 46:p + 46 + name] + struct.pack("<HHQQQ", 1, 24, plain, packed, place)
        p += 46 + name + extra + comment
    end64 = struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, n, n, len(directory), at)
    locator = struct.pack("<IIQI", 0x07064b50, 0, at + len(directory), 1)
    last = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0)
    return data[:at] + directory + end64 + locator + last


def indexes():
    two = {"a": "m-1.safetensors", "b": "m-2.safetensors"}
    cases = {
        "good": {"metadata": {"total_size": 8}, "weight_map": two},
        "swapped": {"weight_map": {"a": two["b"], "b": two["a"]}},
        "absent_shard": {"weight_map": {**two, "c": "m-3.safetensors"}},
        "absent_tensor": {"weight_map": {**two, "c": two["b"]}},
        "one": {"weight_map": {"a": two["a"]}},
        "slip": {"weight_map": {"a": "../m-1.safetensors"}},
        "number": {"weight_map": {"a": 7}},
        "list": {"weight_map": [two]},
        "none": {},
    }
    for name, value in cases.items():
        put("index", name + ".json", json.dumps(value).encode())
    put("index", "twice.json", b'{"weight_map":{"a":"m-1.safetensors","a":"m-2.safetensors"}}')


def main():
    for name, make in GOOD.items():
        data = make()
        put("torch_file", name + ".bin", data)
        put("pickle", name + ".pkl", pickle_of(data))
    for name, data in BAD_PICKLES.items():
        put("pickle", name + ".pkl", data)
    zip_files()
    indexes()


if __name__ == "__main__":
    main()
