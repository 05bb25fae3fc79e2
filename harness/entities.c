/* entities.c - see entities.h. */
#include "harness/entities.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "harness/softmax.h"

/* "B-PER" -> PER and true. */
static const char *type_of(const char *label, bool *begins)
{
    *begins = strncmp(label, "B-", 2) == 0;
    return *begins || strncmp(label, "I-", 2) == 0 ? label + 2 : label;
}

static size_t best_of(const double *x, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++) best = x[i] > x[best] ? i : best;
    return best;
}

/* Tokens [from, end) of one word. */
static size_t word_end(const gr_tagged *t, size_t from)
{
    size_t end = from + 1;

    while (end < t->n && t->word_ids[end] == t->word_ids[from]) end++;
    return end;
}

static void add_word(gr_entity *list, size_t *n, size_t *words, bool *open, const gr_tagged *t, size_t from, size_t end, double *p)
{
    const double *logits = t->logits + from * t->n_out;
    const size_t best = best_of(logits, t->n_out);
    gr_entity *e = *open ? &list[*n - 1] : NULL;
    bool begins;
    const char *type = type_of(t->labels[best], &begins);

    if (strcmp(t->labels[best], "O") == 0) {
        *open = false;
        return;
    }
    gr_softmax(p, logits, t->n_out);
    if (!e || begins || strcmp(e->type, type) != 0) {
        e = &list[(*n)++];
        *e = (gr_entity){ .type = type, .start = t->offsets[from][0], .start_byte = t->byte_offsets[from][0] };
        *words = 0;
        *open = true;
    }
    e->end = t->offsets[end - 1][1];
    e->end_byte = t->byte_offsets[end - 1][1];
    e->score += (p[best] - e->score) / (double)++*words; /* running mean */
}

gr_status gr_entities_find(gr_entity **out, size_t *n_out, const gr_tagged *t, gr_err *err)
{
    gr_entity *list = calloc(t->n + 1, sizeof *list);
    double *p = calloc(t->n_out + 1, sizeof *p);
    size_t words = 0;
    bool open = false;

    *n_out = 0;
    if (!list || !p) {
        free(list);
        free(p);
        return gr_fail_nomem(err, "the entities");
    }
    for (size_t i = 0, end; i < t->n; i = end) {
        end = word_end(t, i);
        if (t->word_ids[i] >= 0) add_word(list, n_out, &words, &open, t, i, end, p);
    }
    free(p);
    *out = list;
    return GR_OK;
}
