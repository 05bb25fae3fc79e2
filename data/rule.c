/* rule.c - split rules; see rule.h. */
#include "data/rule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static int cmp_sv(const void *a, const void *b)
{
    return gr_sv_cmp(*(const gr_sv *)a, *(const gr_sv *)b);
}

void gr_key_set_sort(gr_key_set *k)
{
    if (k->n > 1) qsort(k->keys, k->n, sizeof *k->keys, cmp_sv);
}

bool gr_key_set_has(const gr_key_set *k, gr_sv key)
{
    return k->n > 0 && bsearch(&key, k->keys, k->n, sizeof *k->keys, cmp_sv) != NULL;
}

static void by_ids(gr_selection *sel, const gr_split_rule *rule, const gr_sv *keys, const gr_key_set *set)
{
    size_t n = 0;

    for (size_t i = 0; i < sel->n; i++)
        if (gr_key_set_has(set, keys[sel->row[i]]) == rule->ids_in) sel->row[n++] = sel->row[i];
    sel->n = n;
}

/* A bound of a slice as a row number; false when it lies outside. */
static bool bound(size_t *out, int64_t at, size_t n)
{
    if (at == GR_SLICE_END) *out = n;
    else if (at < 0) {
        if (at < -(int64_t)n) return false;
        *out = (size_t)((int64_t)n + at);
    } else {
        if ((uint64_t)at > n) return false;
        *out = (size_t)at;
    }
    return true;
}

/* `at` of `of` rows as a place among n; n stays below GR_ORDER_MAX and `of` is a published count, so the product
 * fits. */
static int64_t scaled(int64_t at, int64_t of, size_t n)
{
    return of == 0 || at == GR_SLICE_END ? at : at * (int64_t)n / of;
}

static gr_status by_slices(gr_selection *sel, const gr_split_rule *rule, gr_err *err)
{
    uint32_t *row = NULL, *p;
    size_t    n = 0;

    for (size_t k = 0; k < rule->n_slices; k++) {
        const gr_slice sl = { scaled(rule->slices[k].from, rule->slices_of, sel->n),
                              scaled(rule->slices[k].to, rule->slices_of, sel->n) };
        size_t         from, to;

        if (!bound(&from, sl.from, sel->n) || !bound(&to, sl.to, sel->n) || from > to) {
            free(row);
            return gr_fail(err, GR_E_FORMAT, "%zu rows, too few for the slice that begins at row %lld", sel->n,
                           (long long)sl.from);
        }
        p = realloc(row, (n + (to - from) + 1) * sizeof *row);
        if (p == NULL) {
            free(row);
            return gr_fail_nomem(err, "the rows of a split");
        }
        row = p;
        memcpy(row + n, sel->row + from, (to - from) * sizeof *row);
        n += to - from;
    }
    free(sel->row);
    sel->row = row;
    sel->n = n;
    return GR_OK;
}

/* Rows [from, to) of the seeded permutation. */
static gr_status by_order(gr_selection *sel, gr_order_kind order, uint64_t seed, size_t from, size_t to, gr_err *err)
{
    uint32_t *const perm = malloc((sel->n + 1) * sizeof *perm);
    gr_status       s;

    if (perm == NULL) return gr_fail_nomem(err, "the order of a split");
    s = gr_order_fill(perm, sel->n, order, seed, err);
    if (s != GR_OK) {
        free(perm);
        return s;
    }
    for (size_t i = from; i < to; i++) perm[i] = sel->row[perm[i]];
    memmove(perm, perm + from, (to - from) * sizeof *perm);
    free(sel->row);
    sel->row = perm;
    sel->n = to - from;
    return GR_OK;
}

static gr_status by_part(gr_selection *sel, const gr_split_rule *rule, gr_err *err)
{
    const double n = (double)sel->n;

    if (!(rule->from >= 0.0 && rule->from <= rule->to && rule->to <= 1.0))
        return gr_fail(err, GR_E_ARG, "a part from %g to %g of the rows", rule->from, rule->to);
    return by_order(sel, rule->order, rule->seed, (size_t)floor(rule->from * n), (size_t)floor(rule->to * n), err);
}

static gr_status by_holdout(gr_selection *sel, const gr_split_rule *rule, gr_err *err)
{
    const gr_order_kind order = rule->order == GR_ORDER_FILE ? GR_ORDER_NUMPY : rule->order;
    const size_t        n_test = gr_order_holdout(sel->n, rule->test_size);

    if (!(rule->test_size > 0.0 && rule->test_size < 1.0))
        return gr_fail(err, GR_E_ARG, "a test part of %g of the rows", rule->test_size);
    return by_order(sel, order, rule->seed, rule->part_test ? 0 : n_test, rule->part_test ? n_test : sel->n, err);
}

gr_status gr_rule_apply(gr_selection *sel, const gr_split_rule *rule, const gr_sv *keys, const gr_key_set *sets, gr_err *err)
{
    if (rule->within != NULL) GR_TRY(gr_rule_apply(sel, rule->within, keys, sets != NULL ? sets + 1 : NULL, err));
    switch (rule->kind) {
    case GR_RULE_ALL: return GR_OK;
    case GR_RULE_IDS:
        if (keys == NULL || sets == NULL) return gr_fail(err, GR_E_INTERNAL, "a rule by ids without ids");
        by_ids(sel, rule, keys, sets);
        return GR_OK;
    case GR_RULE_SLICES: return by_slices(sel, rule, err);
    case GR_RULE_PART: return by_part(sel, rule, err);
    case GR_RULE_HOLDOUT: return by_holdout(sel, rule, err);
    default: return gr_fail(err, GR_E_INTERNAL, "unknown rule %d", (int)rule->kind);
    }
}
