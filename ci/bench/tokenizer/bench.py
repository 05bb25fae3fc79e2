#!/usr/bin/env python3
"""Times glue-run's tokenizer against the Rust library `tokenizers` on MRPC and SST-2.

    bench.py --build BUILD --shared SHARED [--model bert-base-uncased | --folder DIR...] [--repeats 5]

BUILD is a build folder with the target tok_bench (ninja tok_bench); SHARED holds
data/ and tokenizers/. The library is put into a virtual environment below BUILD
(tokenizers 0.23.3) unless the running Python has it. Both sides encode the same
rows with offsets and special tokens, without truncation and padding; the two take
turns and the medians are compared. The library is given its better way for one
thread (encode in a loop, or encode_batch with TOKENIZERS_PARALLELISM=false) and
encode_batch for several; tok_bench starts with an empty word cache every time.
--folder takes folders with a tokenizer.json from anywhere, for example those of the
own set (tests/golden/set/tokenizer/kinds), whose vocabularies are small.
"""
import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import time
import zipfile

VERSION = "0.23.3"


def use_library(build):
    """Run again inside a virtual environment when `tokenizers` is not here."""
    try:
        import tokenizers
        if tokenizers.__version__ == VERSION:
            return
    except ImportError:
        pass
    venv = os.path.join(build, "bench-venv")
    python = os.path.join(venv, "bin", "python")
    if os.environ.get("GR_BENCH_VENV"):
        sys.exit("tokenizers " + VERSION + " is not in the virtual environment")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "tokenizers==" + VERSION], check=True)
    os.execve(python, [python] + sys.argv, dict(os.environ, GR_BENCH_VENV="1"))


def rows_of(shared):
    """(text, pair or None) of MRPC train and test and SST-2 train."""
    out = []
    for name in ("train", "test"):
        with open(os.path.join(shared, "data", "MRPC", f"msr_paraphrase_{name}.txt"), encoding="utf-8-sig", newline="\n") as f:
            rows = [line.rstrip("\r\n").split("\t") for line in f][1:]
        out += [(r[3], r[4]) for r in rows]
    with zipfile.ZipFile(os.path.join(shared, "data", "SST-2.zip")) as z:
        with io.TextIOWrapper(z.open("SST-2/train.tsv"), encoding="utf-8", newline="\n") as f:
            out += [(line.rstrip("\n").split("\t")[0], None) for line in f][1:]
    return out


def timed(f):
    start = time.perf_counter()
    n = f()
    return n, time.perf_counter() - start


def rust_ways(tokenizer, rows):
    batch = [r[0] if r[1] is None else r for r in rows]

    def loop():
        return sum(len(tokenizer.encode(a, b).ids) for a, b in rows)

    def at_once():
        return sum(len(e.ids) for e in tokenizer.encode_batch(batch))
    return {"loop": loop, "batch": at_once}


def rust_worker(folder, rows_file, threads):
    """Stays alive so that its turns interleave with ours: one line in, one result out."""
    from tokenizers import Tokenizer
    t = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    t.no_padding()
    t.no_truncation()
    with open(rows_file, encoding="utf-8", newline="\n") as f:
        rows = [tuple((line.rstrip("\n").split("\t") + [None])[:2]) for line in f]
    ways = rust_ways(t, rows)
    if threads > 1:
        del ways["loop"]
    for _ in sys.stdin:
        print(json.dumps({name: timed(f) for name, f in ways.items()}), flush=True)


def start_rust(folder, rows_file, threads):
    env = dict(os.environ, TOKENIZERS_PARALLELISM="false" if threads == 1 else "true", RAYON_NUM_THREADS=str(threads))
    return subprocess.Popen([sys.executable, os.path.abspath(__file__), "--worker", folder, rows_file, str(threads)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)


def ask(process):
    process.stdin.write("go\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def compare(program, folder, rows_file, threads, repeats):
    rust = start_rust(folder, rows_file, threads)
    theirs, ours, tokens = {}, [], set()
    for turn in range(repeats + 1):                     # the first turn warms both up
        for way, (n, seconds) in ask(rust).items():
            tokens.add(n)
            if turn:
                theirs.setdefault(way, []).append(seconds)
        r = json.loads(subprocess.run([program, folder, rows_file, str(threads), "1"], check=True, capture_output=True).stdout)
        tokens.add(r["tokens"])
        if turn:
            ours.append(r["seconds"])
    rust.stdin.close()
    rust.wait()
    if len(tokens) != 1:
        sys.exit(f"the two sides disagree on the number of tokens: {tokens}")
    way = min(theirs, key=lambda w: statistics.median(theirs[w]))
    return {"threads": threads, "tokens": tokens.pop(), "glue_run_s": statistics.median(ours), "rust_s": statistics.median(theirs[way]),
            "rust_way": way, "glue_run_all": ours, "rust_all": theirs}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True)
    p.add_argument("--shared", required=True)
    p.add_argument("--model", default="bert-base-uncased")
    p.add_argument("--folder", nargs="+", help="instead of --model")
    p.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--json", action="store_true")
    a = p.parse_args()
    use_library(a.build)
    rows_file = os.path.join(a.build, "bench-rows.tsv")
    rows = rows_of(a.shared)
    with open(rows_file, "w", encoding="utf-8", newline="\n") as f:
        f.writelines((text if pair is None else text + "\t" + pair) + "\n" for text, pair in rows)
    program = [os.path.join(a.build, d, "tok_bench") for d in ("tests", "")]
    program = next((x for x in program if os.path.exists(x)), None) or sys.exit("tok_bench is not built: ninja tok_bench")
    folders = a.folder or [os.path.join(a.shared, "tokenizers", a.model)]
    for folder, threads in ((f, n) for f in folders for n in a.threads):
        r = compare(program, folder, rows_file, threads, a.repeats)
        r["folder"] = os.path.basename(os.path.normpath(folder))
        r["rows"], r["ratio"] = len(rows), r["rust_s"] / r["glue_run_s"]
        if a.json:
            print(json.dumps(r))
        else:
            print(f"{r['folder']}: {threads} thread(s), {len(rows)} rows, {r['tokens']} tokens: glue-run {len(rows) / r['glue_run_s']:,.0f} rows/s, "
                  f"tokenizers ({r['rust_way']}) {len(rows) / r['rust_s']:,.0f} rows/s, ratio {r['ratio']:.1f}")


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--worker":
        rust_worker(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
