#!/usr/bin/env python3
"""Puts measured figures into docs/performance.md: each table between its marks is replaced, the rest of the page is left alone.

    ci/bench/fill_performance.py [--compare FILE.json] [--roofline FILE.json ...] [--scaling FILE.json] [--page docs/performance.md]

  --compare   what compare_torch.py wrote (--out)
  --roofline  what `glue-run bench --roofline --json` printed; several files give several tables
  --scaling   what scaling.py --json printed
"""
import argparse
import contextlib
import io
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import compare_torch  # noqa: E402


def table(head, align, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "|".join(align) + "|"] + ["| " + " | ".join(r) + " |" for r in rows])


def compare_block(path):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        compare_torch.print_table(json.load(open(path)), True)
    return text.getvalue().strip()


def roofline_block(paths):
    out = []
    for path in paths:
        j = json.load(open(path))
        for c in j["cases"]:
            r = c["roofline"]
            out.append("%s, %s %s, batch %d, %d threads: **%.0f GFLOP/s in the step, %.0f in its matrix products back to back: %.2f of them** (best rounds %.2f); "
                       "peak of multiply-adds %.0f GFLOP/s (the step %.0f %%, the products %.0f %%); memory: %.0f GB/s read, %.0f GB/s updated.\n" % (
                           j["model"], j["precision"], c["mode"], c["batch_size"], j["threads"], r["step_gflops"], r["product_gflops"], r["fraction"],
                           r["fraction_best"], r["peak_gflops"], 100 * r["step_gflops"] / r["peak_gflops"], 100 * r["product_gflops"] / r["peak_gflops"],
                           r["memory_read_gb_s"], r["memory_update_gb_s"]))
            rows = [[o["op"], "%.0f" % o["calls_per_step"], "%.2f" % o["ms_per_step"], "%.1f %%" % (100 * o["share"]),
                     "%.0f" % o["gflops"] if o["gflops"] else "", "%.1f" % o["gb_s"]] for o in r["ops"]]
            rows.append(["outside of ops", "", "", "%.1f %%" % (100 * r["outside_share"]), "", ""])
            out.append(table(["op", "calls", "ms a step", "share", "GFLOP/s", "GB/s"], ["---"] + ["---:"] * 5, rows))
            if r["optimizer_bytes_per_step"]:
                out.append("\nThe optimiser moves %.0f MB a step at %.0f GB/s.\n" % (r["optimizer_bytes_per_step"] / 1e6, r["optimizer_gb_s"]))
    return "\n".join(out).strip()


def scaling_block(path):
    out = []
    for s in json.load(open(path)):
        grows = "" if s["exponent"] is None else "; time grows as size^%.2f" % s["exponent"]
        rows = [[str(p["size"]), str(p["length"]), str(p["batch"]), str(p["threads"]), "%.2f" % p["ms_per_step"], "%.0f" % p["tokens_per_second"],
                 "%.0f" % p["gflops"], " ".join(p["flags"])] for p in s["points"]]
        out.append("By %s, %s%s:\n\n%s\n" % (s["series"], s["mode"], grows,
                   table([s["series"], "length", "rows", "threads", "ms a step", "tokens/s", "GFLOP/s", "flags"], ["---:"] * 7 + ["---"], rows)))
    return "\n".join(out).strip()


def put(page, name, text):
    begin, end = "<!-- %s: filled by ci/bench/fill_performance.py -->" % name, "<!-- end of %s -->" % name
    i, j = page.find(begin), page.find(end)
    if i < 0 or j < i:
        sys.exit("no marks for %s in the page" % name)
    return page[:i + len(begin)] + "\n" + text + "\n" + page[j:]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--compare")
    p.add_argument("--roofline", nargs="+")
    p.add_argument("--scaling")
    p.add_argument("--page", default=os.path.join(HERE, "..", "..", "docs", "performance.md"))
    a = p.parse_args()
    page = open(a.page, encoding="utf-8").read()
    for name, given, block in (("compare", a.compare, compare_block), ("roofline", a.roofline, roofline_block), ("scaling", a.scaling, scaling_block)):
        if given:
            page = put(page, name, block(given))
    with open(a.page, "w", encoding="utf-8") as f:
        f.write(page)


if __name__ == "__main__":
    main()
