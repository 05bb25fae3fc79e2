#!/usr/bin/env python3
"""The project's own small data set goldens: other seeds, other rows, the formats of the shared ones.

Imports the shared golden/make_data.py for its readers, digests and malformed files (plain Python 3.11).

    make_set.py --shared ../shared/golden --seed 77 --out tests/golden/set/data
"""
import argparse, csv, gzip, importlib.util, io, json, os, random, tarfile, zipfile

KEEP = """rte-good rte-few-columns rte-label-case rte-surrogate-utf8 rte-nul rte-missing-header rte-duplicate-header rte-cr
rte-trailing-blank-lines rte-utf16 rte-empty sst2-label-overflow cola-few-columns stsb-hex stsb-high mrpc-bom-crlf csv-unterminated-quote
csv-quoted-newline csv-after-quote csv-line-after-newline conll-lone-tab-separator conll-docstart conll-bad-tag conll-missing-tag jsonl-broken
jsonl-lone-surrogate jsonl-duplicate-key jsonl-good""".split()


def load(path):
    spec = importlib.util.spec_from_file_location("make_data", path)
    m = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(m)
    return m


def put_zip(path, members):
    with zipfile.ZipFile(path, "w") as z:
        for name, text in members.items():
            z.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)


def put_tar_gz(path, members):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as t:
        for name, text in members.items():
            i = tarfile.TarInfo(name)
            i.size = len(text)
            t.addfile(i, io.BytesIO(text))
    with open(path, "wb") as f:
        f.write(gzip.compress(b.getvalue(), mtime=0))


def small_sets(md, rng, out):
    """Archives of a few rows, and what a reader finds in them."""
    s = lambda: md.sentence(rng) + rng.choice(["", ' "quoted"', " \u00e9t\u00e9", " \u2028 mid", " \U0001f600", " \ufeff", "  "])
    ent, sets = ["entailment", "not_entailment"], {}
    head = "index\tsentence1\tsentence2\tlabel\n"
    rte = {k: head + "".join(f"{i}\t{s()}\t{s()}\t{rng.choice(ent)}\n" for i in range(n)) for k, n in (("train", 9), ("dev", 5))}
    rte["test"] = "index\tsentence1\tsentence2\n" + "".join(f"{i}\t{s()}\t{s()}\n" for i in range(4))
    put_zip(os.path.join(out, "RTE.zip"), {f"RTE/{k}.tsv": v for k, v in rte.items()})
    sets["rte"] = dict(label_names=ent, splits={a: md.tsv(rte[b].encode(), 1, 2, None if b == "test" else 3, ent)
                                                for a, b in (("train", "train"), ("validation", "dev"), ("test", "test"))})
    cols = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"
    sts = {k: cols + "".join(f"{i}\tg\tf\ty\t{i:04}\tnone\tnone\t{s()}\t{s()}\t{rng.choice(['5.000', '3.8', '0', '2.25', '1e0', '4.75'])}\n" for i in range(n))
           for k, n in (("train", 11), ("dev", 6))}
    put_zip(os.path.join(out, "STS-B.zip"), {f"STS-B/{k}.tsv": v for k, v in sts.items()})
    sets["stsb"] = dict(label_names=None, splits={a: md.stsb(sts[b].encode(), True) for a, b in (("train", "train"), ("validation", "dev"))})
    mrpc = [(rng.choice("01"), str(1000 + i), str(2000 + i * 7), s(), s()) for i in range(12)]
    dev = rng.sample(mrpc, 4)
    os.makedirs(os.path.join(out, "MRPC"), exist_ok=True)
    with open(os.path.join(out, "MRPC", "msr_paraphrase_train.txt"), "w", encoding="utf-8", newline="") as f:
        f.write("\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n" + "".join("\t".join(r) + "\r\n" for r in mrpc))
    with open(os.path.join(out, "MRPC", "dev_ids.tsv"), "w", encoding="utf-8", newline="") as f:
        f.write("".join(f"{r[1]}\t{r[2]}\n" for r in dev))
    pick = lambda want: [(r[3], r[4], int(r[0])) for r in mrpc if (r in dev) == want]
    sets["mrpc"] = dict(label_names=["not_equivalent", "equivalent"], splits=dict(train=pick(False), validation=pick(True)))
    files, imdb = {}, {"train": [], "test": []}
    for split in imdb:
        for folder in ("pos", "neg"):
            for i in rng.sample(range(120), 7):
                text = s() + "<br /><br />" + s() + rng.choice(["", "\n", "\r\n"])
                files[f"aclImdb/{split}/{folder}/{i}_{rng.randint(1, 10)}.txt"] = text.encode()
                imdb[split].append(((folder, i), text))
    names = list(files)
    rng.shuffle(names)
    files["aclImdb/README"] = b"not a review\n"
    put_tar_gz(os.path.join(out, "aclImdb_v1.tar.gz"), {k: files[k] for k in names + ["aclImdb/README"]})
    sets["imdb"] = dict(label_names=["neg", "pos"], splits={k: [(t, "", int(key[0] == "pos")) for key, t in sorted(v)] for k, v in imdb.items()})
    sent = lambda: "".join(f"{w} NN B-NP {rng.choice(md.CONLL_TAGS)}\n" for w in md.sentence(rng).split())
    conll = {k: "-DOCSTART- -X- -X- O\n\n" + "\n".join(sent() for _ in range(n)) for k, n in (("train", 6), ("valid", 4), ("test", 3))}
    put_zip(os.path.join(out, "conll2003.zip"), {f"{k}.txt": v for k, v in conll.items()})
    sets["conll2003"] = dict(label_names=md.CONLL_TAGS, splits={a: md.conll(conll[b].encode())
                                                                for a, b in (("train", "train"), ("validation", "valid"), ("test", "test"))})
    return sets


def dict_rows(text, a, b, label=None, names=()):
    """A table as glue.py of Hugging Face datasets takes it: csv.DictReader without quoting; a row that lacks a text or a label is dropped."""
    out = []
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE):
        value = row[label] if label else -1
        if value in names:
            value = names.index(value)
        elif label:
            value = int(value) if value else None
        if None not in (row[a], row[b], value):
            out.append((row[a], row[b], value))
    return out


def glue_sets(md, rng, out):
    """QQP and MNLI, whose published files are not at hand: a few rows in their formats, with rows too short and too long."""
    s = lambda: md.sentence(rng) + rng.choice(["", ' "quoted"', " \u00e9t\u00e9", " \u2028 mid", '"', "  "])
    sets, dup = {}, ["not_duplicate", "duplicate"]
    good = lambda i: f"{i}\t{2 * i + 1}\t{2 * i + 2}\t{s()}\t{s()}\t{rng.choice('01')}\n"
    odd = [f'"\t{s()}\t0\n', f"7\t8\t9\t{s()}\t{s()}\n", f"7\t8\t9\t\t{s()}\t1\n", f"7\t8\t9\t{s()}\t\t0\n", f"7\t8\t9\t{s()}\t{s()}\t\n",
           f"7\t8\t9\t{s()}\t{s()}\t1\tmore\n", "\n", f'x\ty\tz\t"{s()}\t{s()}"\t0\n']
    head = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n"
    qqp = {"train": head + "".join(good(i) + (odd[i] if i < len(odd) else "") for i in range(12)),
           "dev": head + "".join(good(i) + (odd[i] if i < 2 else "") for i in range(5)),
           "test": "id\tquestion1\tquestion2\n" + "".join(f"{i}\t{s()}\t{s()}\n" for i in range(3)) + "3\tcut off\n" + f"4\t\t{s()}\n"}
    put_zip(os.path.join(out, "QQP-clean.zip"), {f"QQP/{k}.tsv": v for k, v in qqp.items()})
    sets["qqp"] = dict(label_names=dup, splits={a: dict_rows(qqp[b], "question1", "question2", None if b == "test" else "is_duplicate", dup)
                                                for a, b in (("train", "train"), ("validation", "dev"), ("test", "test"))})
    nli = ["entailment", "neutral", "contradiction"]
    first = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2"
    pair = lambda i: f"{i}\t{31193 + i}\t{31193 + i}n\tgenre\t( a )\t( b )\t(ROOT a)\t(ROOT b)\t{s()}\t{s()}"
    labelled = lambda n, k: "\t".join([first] + [f"label{i + 1}" for i in range(k)] + ["gold_label"]) + "\n" + "".join(
        "\t".join([pair(i)] + [rng.choice(nli) for _ in range(k)] + [nli[i % 3]]) + ("\tmore" if i == 4 and k == 1 else "") + "\n" for i in range(n))
    test = lambda n: first + "\n" + "".join(pair(i) + "\n" for i in range(n))
    mnli = {"train": labelled(11, 1), "dev_matched": labelled(5, 5), "dev_mismatched": labelled(4, 5), "test_matched": test(3), "test_mismatched": test(4)}
    put_zip(os.path.join(out, "MNLI.zip"), {f"MNLI/{k}.tsv": v for k, v in mnli.items()})
    sets["mnli"] = dict(label_names=nli, splits={k.replace("dev_", "validation_"): dict_rows(
        v, "sentence1", "sentence2", None if k.startswith("test") else "gold_label", nli) for k, v in mnli.items()})
    return sets


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--shared", required=True)
    p.add_argument("--seed", default="77")
    p.add_argument("--out", required=True)
    a = p.parse_args()
    md = load(os.path.join(a.shared, "make_data.py"))
    rng = random.Random(f"{a.seed}/data")
    bad, sets_dir = os.path.join(a.out, "malformed"), os.path.join(a.out, "sets")
    os.makedirs(bad, exist_ok=True)
    os.makedirs(sets_dir, exist_ok=True)
    m = md.Malformed(bad, rng)
    for part in (m.tsvs, m.csvs, m.conlls, m.jsonls):
        part()
    keep = [v for v in m.table if v["file"].rsplit(".", 1)[0] in KEEP]
    for v in m.table:
        if v not in keep:
            os.remove(os.path.join(bad, v["file"]))
    m.table = keep
    m.archives()
    with open(os.path.join(bad, "malformed.json"), "w", encoding="ascii", newline="\n") as f:
        f.write("[\n" + ",\n".join(json.dumps(v) for v in m.table) + "\n]\n")
    sets = small_sets(md, rng, sets_dir)
    for x in sets.values():
        x["splits"] = {k: md.describe(v, x["label_names"], rng, 2) for k, v in x["splits"].items()}
    rng = random.Random(f"{a.seed}/glue")  # a stream of its own: the sets above stay as they are
    more = glue_sets(md, rng, sets_dir)
    for x in more.values():
        x["splits"] = {k: md.describe(v, x["label_names"], rng, 2) for k, v in x["splits"].items()}
    sets.update(more)
    with open(os.path.join(a.out, "expected.json"), "w", encoding="ascii", newline="\n") as f:
        json.dump(sets, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
