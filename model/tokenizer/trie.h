/* trie.h - a set of byte strings with a number each, for walking byte by byte: the longest token that
 * starts here is found in one pass.
 *
 * Built once from all keys, immutable afterwards. Nodes are numbered breadth first, so the children of
 * a node lie side by side in the order of their bytes. */
#ifndef GR_MODEL_TOKENIZER_TRIE_H
#define GR_MODEL_TOKENIZER_TRIE_H
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GR_TRIE_ROOT 0u
#define GR_TRIE_NONE UINT32_MAX /* no such node  */
#define GR_TRIE_NO_VALUE (-1)   /* no key ends here */
#define GR_TRIE_NODES_MAX ((size_t)1 << 25) /* largest published vocabularies: below 2^21 */

typedef struct gr_trie_node {
    uint32_t first;   /* number of its first child            */
    int32_t  value;   /* of the key that ends here, else -1   */
    uint32_t n_child; /* 0..256                               */
} gr_trie_node;

typedef struct gr_trie {
    const gr_trie_node *node;  /* n_nodes; node 0 is the root */
    const uint8_t      *label; /* byte on the edge to a node  */
    size_t              n_nodes;
} gr_trie;

/* values >= 0. The keys need not be sorted and are not kept. A key that occurs twice is GR_E_FORMAT,
 * with the places of the earliest repetition in dup[0] < dup[1] when `dup` is not NULL. The nodes live
 * in the arena. GR_E_UNSUPPORTED above GR_TRIE_NODES_MAX, GR_E_NOMEM. */
gr_status gr_trie_build(gr_trie *out, gr_arena *arena, const gr_sv *keys, const int32_t *values, size_t n,
                        size_t dup[2], gr_err *err) GR_MUST_USE;

/* Value of the whole key, or GR_TRIE_NO_VALUE. */
int32_t gr_trie_find(const gr_trie *t, gr_sv key);

/* The node that `key` leads to, or GR_TRIE_NONE. */
uint32_t gr_trie_walk(const gr_trie *t, gr_sv key);

/* Child of a node along one byte, or GR_TRIE_NONE. */
static inline uint32_t gr_trie_child(const gr_trie *t, uint32_t at, uint8_t byte)
{
    uint32_t lo = t->node[at].first, n = t->node[at].n_child;
    const uint8_t *label = t->label;

    while (n > 8) {
        const uint32_t half = n / 2;
        if (label[lo + half] <= byte) lo += half, n -= half;
        else n = half;
    }
    for (uint32_t i = lo; i < lo + n; i++)
        if (label[i] == byte) return i;
    return GR_TRIE_NONE;
}

#ifdef __cplusplus
}
#endif
#endif
