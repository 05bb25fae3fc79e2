/* trie.c - see trie.h.
 *
 * Building: sort the keys; a node is then a range of keys that share their first `depth` bytes, and one
 * queue of ranges gives the nodes breadth first. The number of nodes is known beforehand: each key adds
 * the bytes that it does not share with the key before it. */
#include "model/tokenizer/trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

typedef struct entry {
    gr_sv   key;
    int32_t value;
    size_t  place; /* in the caller's list */
} entry;

typedef struct range {
    size_t lo, hi, depth;
} range;

static int by_key(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    const int c = gr_sv_cmp(x->key, y->key);

    return c ? c : (x->place > y->place) - (x->place < y->place);
}

static size_t shared(gr_sv a, gr_sv b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    size_t i = 0;

    while (i < n && a.p[i] == b.p[i]) i++;
    return i;
}

/* The repetition that comes first in the caller's order. */
static gr_status check_unique(const entry *e, size_t n, size_t dup[2], gr_err *err)
{
    const entry *first = NULL, *again = NULL;

    for (size_t i = 1; i < n; i++)
        if (gr_sv_eq(e[i - 1].key, e[i].key) && (!again || e[i].place < again->place)) {
            first = &e[i - 1];
            again = &e[i];
        }
    if (!again) return GR_OK;
    if (dup) {
        dup[0] = first->place;
        dup[1] = again->place;
    }
    return gr_fail(err, GR_E_FORMAT, "'%.*s' occurs twice", GR_SV_FMT(again->key));
}

/* Fill node `at` from its range and append its children to the queue, which the nodes' numbers index. */
static size_t expand(gr_trie_node *node, uint8_t *label, range *queue, size_t at, size_t tail, const entry *e)
{
    range r = queue[at];
    gr_trie_node *self = &node[at];

    self->value = GR_TRIE_NO_VALUE;
    if (r.lo < r.hi && e[r.lo].key.n == r.depth) self->value = e[r.lo++].value;
    self->first = (uint32_t)tail;
    while (r.lo < r.hi) {
        const uint8_t byte = (uint8_t)e[r.lo].key.p[r.depth];
        size_t end = r.lo + 1;

        while (end < r.hi && (uint8_t)e[end].key.p[r.depth] == byte) end++;
        label[tail] = byte;
        queue[tail++] = (range){ r.lo, end, r.depth + 1 };
        r.lo = end;
    }
    self->n_child = (uint32_t)tail - self->first;
    return tail;
}

gr_status gr_trie_build(gr_trie *out, gr_arena *arena, const gr_sv *keys, const int32_t *values, size_t n,
                        size_t dup[2], gr_err *err)
{
    entry *e = calloc(n + 1, sizeof *e);
    range *queue = NULL;
    gr_trie_node *node;
    uint8_t *label;
    size_t n_nodes = 1, tail = 1;
    gr_status s = GR_OK;

    if (!e) return gr_fail_nomem(err, "a vocabulary");
    for (size_t i = 0; i < n; i++) e[i] = (entry){ keys[i], values[i], i };
    qsort(e, n, sizeof *e, by_key);
    s = check_unique(e, n, dup, err);
    if (s != GR_OK) goto out;
    for (size_t i = 0; i < n; i++) n_nodes += e[i].key.n - (i ? shared(e[i - 1].key, e[i].key) : 0);
    if (n_nodes > GR_TRIE_NODES_MAX) {
        s = gr_fail(err, GR_E_UNSUPPORTED, "a vocabulary of %zu bytes after what its tokens share; at most %zu are supported", n_nodes,
                    GR_TRIE_NODES_MAX);
        goto out;
    }
    queue = calloc(n_nodes, sizeof *queue);
    node = gr_arena_calloc(arena, n_nodes, sizeof *node);
    label = gr_arena_calloc(arena, n_nodes, 1);
    if (!queue || !node || !label) {
        s = gr_fail_nomem(err, "a vocabulary");
        goto out;
    }
    queue[0] = (range){ 0, n, 0 };
    for (size_t at = 0; at < n_nodes; at++) tail = expand(node, label, queue, at, tail, e);
    *out = (gr_trie){ node, label, n_nodes };
out:
    free(queue);
    free(e);
    return s;
}

uint32_t gr_trie_walk(const gr_trie *t, gr_sv key)
{
    uint32_t at = GR_TRIE_ROOT;

    if (t->n_nodes == 0) return GR_TRIE_NONE;
    for (size_t i = 0; i < key.n && at != GR_TRIE_NONE; i++) at = gr_trie_child(t, at, (uint8_t)key.p[i]);
    return at;
}

int32_t gr_trie_find(const gr_trie *t, gr_sv key)
{
    const uint32_t at = gr_trie_walk(t, key);

    return at == GR_TRIE_NONE ? GR_TRIE_NO_VALUE : t->node[at].value;
}
