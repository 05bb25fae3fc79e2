#!/usr/bin/env python3
"""Prints the keys and masks that tests/unit/model/dropout_test.c holds the engine to: dropout.h's definition over a Philox 4x32-10 (Salmon et al.,
2011) written for this alone. Standard library only."""

ROUNDS, M = 10, 0xFFFFFFFF


def philox(ctr, key):
    c, k = list(ctr), list(key)
    for _ in range(ROUNDS):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [b >> 32 ^ c[1] ^ k[0], b & M, a >> 32 ^ c[3] ^ k[1], a & M]
        k = [k[0] + 0x9E3779B9 & M, k[1] + 0xBB67AE85 & M]
    return c


def key(seed, step, site):
    return philox([step & M, step >> 32, site, 0x64726F70], [seed & M, seed >> 32])[:2]


def keeps(k, threshold, feature, position, slot, lane):
    word = philox([feature // 8, position, slot, lane], k)[feature % 8 // 2]
    return int((word >> 16 * (feature % 2) & 0xFFFF) >= threshold)


def row(k, threshold, n, position, slot, lane):
    return "".join(str(keeps(k, threshold, f, position, slot, lane)) for f in range(n))


assert philox([0, 0, 0, 0], [0, 0]) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]  # Random123's kat_vectors
for seed, step, site in [(42, 0, 1), (42, 3, 22), (42, 4, 22), (43, 3, 22), (42, 3, 23), (42 + (1 << 32), 3, 22), (42, 3 + (1 << 32), 22)]:
    print(f"seed {seed} step {step} site {site}: 0x%08X 0x%08X" % tuple(key(seed, step, site)))
k, threshold = key(42, 3, 22), round(0.3 * 65536)
print("threshold", threshold)
for slot, length in [(5, 2), (9, 3)]:
    for position in range(length):
        print(f"token slot {slot} position {position}:", row(k, threshold, 19, position, slot, 0))
    for head in range(2):
        for position in range(length):
            print(f"attention slot {slot} head {head} query {position}:", row(k, threshold, length, position, slot, 1 + head))
