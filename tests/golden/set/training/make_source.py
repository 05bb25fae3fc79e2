#!/usr/bin/env python3
"""Write sentences of this project's own making in the formats of MRPC, STS-B and CoNLL-2003.

    make_source.py OUT

They feed the generator of the golden training runs in this folder, so that nothing published is
copied here. Standard library only; the output depends on nothing but this file."""
import os, random, sys, zipfile

PEOPLE = ["Mira Tolan", "Jonas Brandt", "Leyla Aksoy", "Petr Novak", "Aiko Hara", "Tom Okafor"]
PLACES = ["Lisbon", "Trondheim", "Izmir", "Brno", "Osaka", "Port Elgin"]
FIRMS = ["Norvik Rail", "Halden Bank", "Solano Foods", "Teska Motors"]
OTHER = ["Dutch", "Polish", "Winter Cup"]
VERBS = [("opened", "launched"), ("closed", "shut"), ("praised", "lauded"), ("visited", "toured"), ("sold", "auctioned")]
THINGS = [("a new bridge", "a bridge"), ("the old mill", "the mill"), ("two factories", "a pair of factories"),
          ("the library", "the public library"), ("a small museum", "a museum"), ("its last office", "its final office")]
DAYS = ["on Monday", "last week", "in 1998", "after 12 years", "yesterday", "at 9.30"]

def sentence(r):
    return (r.choice(PEOPLE + FIRMS), r.choice(VERBS), r.choice(THINGS), r.choice(PLACES), r.choice(DAYS))

def spell(s, alt):
    who, verb, thing, place, day = s
    if alt:
        return f"{day[0].upper() + day[1:]}, {who} {verb[1]} {thing[1]} in {place}."
    return f"{who} {verb[0]} {thing[0]} in {place} {day}."

def pair(r):
    """Two sentences and how many of their five parts agree."""
    a, b = sentence(r), sentence(r)
    keep = [r.random() < p for p in [r.random()] * 5]
    b = tuple(x if k else y for x, y, k in zip(a, b, keep))
    return spell(a, False), spell(b, r.random() < 0.5), sum(x == y for x, y in zip(a, b))

def write(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.writelines(l + "\n" for l in lines)

def mrpc(out, r):
    rows, held = [], []
    for i in range(140):
        a, b, same = pair(r)
        rows.append((int(same >= 4), 2 * i, 2 * i + 1, a, b))
        if i % 4 == 3:
            held.append((2 * i, 2 * i + 1))
    write(os.path.join(out, "MRPC", "msr_paraphrase_train.txt"),
          ["Quality\t#1 ID\t#2 ID\t#1 String\t#2 String"] + ["\t".join(map(str, x)) for x in rows])
    write(os.path.join(out, "MRPC", "dev_ids.tsv"), ["\t".join(map(str, x)) for x in held])

def stsb(out, r):
    with zipfile.ZipFile(os.path.join(out, "STS-B.zip"), "w") as z:
        for name, n in (("train", 100), ("dev", 40)):
            lines = ["index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore"]
            for i in range(n):
                a, b, same = pair(r)
                lines.append("\t".join([str(i), "own", "own", "2026", str(i), "none", "none", a, b, f"{same * 0.95 + 0.125:.3f}"]))
            z.writestr(f"STS-B/{name}.tsv", "".join(l + "\n" for l in lines))

def tagged(r):
    who, verb, thing, place, day = sentence(r)
    kind = "ORG" if who in FIRMS else "PER"
    out = [(w, ("B-" if i == 0 else "I-") + kind) for i, w in enumerate(who.split())]
    out += [(w, "O") for w in [verb[0]] + thing[0].split()]
    if r.random() < 0.4:
        out += [("near", "O"), ("the", "O")] + [(w, ("B-" if i == 0 else "I-") + "MISC") for i, w in enumerate(r.choice(OTHER).split())]
    out += [("in", "O")] + [(w, ("B-" if i == 0 else "I-") + "LOC") for i, w in enumerate(place.split())]
    return out + [(w, "O") for w in day.split()] + [(".", "O")]

def conll(out, r):
    with zipfile.ZipFile(os.path.join(out, "conll2003.zip"), "w") as z:
        for name, n in (("train.txt", 100), ("valid.txt", 40)):
            text = "-DOCSTART- -X- -X- O\n\n"
            for _ in range(n):
                text += "".join(f"{w} X X {t}\n" for w, t in tagged(r)) + "\n"
            z.writestr(name, text)

def main():
    r = random.Random(20260)
    for write_one in (mrpc, stsb, conll):
        write_one(sys.argv[1], r)

if __name__ == "__main__":
    main()
