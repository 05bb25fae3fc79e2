/* registry.c - the one list of backends. One that is not here does not exist. */
#include <string.h>

#include "model/backend/host.h"

/* What a user may ask for comes first; the checked ones are for tests, the timed one also for bench, and are found by name alone. */
static const gr_backend *const all[] = { &gr_backend_cpu, &gr_backend_ref, &gr_backend_ref64 };
static const gr_backend *const wrapped[] = { &gr_backend_checked_cpu, &gr_backend_checked_ref, &gr_backend_checked_ref64, &gr_backend_timed_cpu };

const gr_backend *gr_backend_at(size_t i)
{
    return i < sizeof all / sizeof *all ? all[i] : NULL;
}

const gr_backend *gr_backend_find(const char *name)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    for (size_t i = 0; i < sizeof wrapped / sizeof *wrapped; i++)
        if (strcmp(wrapped[i]->name, name) == 0) return wrapped[i];
    return NULL;
}

/* Every function member, by name. */
#define MEMBERS(X)                                                                                     \
    X(open) X(close) X(alloc) X(release) X(reserve) X(upload) X(download) X(copy) X(zero) X(sync)      \
    X(memory) X(keep_weights) X(embed_fwd) X(embed_bwd) X(linear_fwd) X(linear_bwd) X(attention_fwd) X(attention_bwd)  \
    X(attend_firsts_fwd) X(attend_firsts_bwd) X(heads_spread) X(heads_collect) X(heads_grad)           \
    X(rotary) X(gate_fwd) X(gate_bwd)                                                                  \
    X(dropout_add_norm_fwd) X(dropout_add_norm_bwd) X(gather_rows_fwd) X(gather_rows_bwd)              \
    X(mean_pool_fwd) X(mean_pool_bwd) X(l2_normalise_fwd) X(l2_normalise_bwd) X(dropout) X(add)        \
    X(softmax_xent) X(mse) X(cosine) X(sumsq) X(adamw) X(decay_rows) X(find_nonfinite)

gr_status gr_backend_check(const gr_backend *b, gr_err *err)
{
    if (b->abi != GR_BACKEND_ABI)
        return gr_fail(err, GR_E_UNSUPPORTED, "backend %s: contract version %u, this build is %u",
                       b->name ? b->name : "?", b->abi, GR_BACKEND_ABI);
    if (!b->name || !b->about || (b->elem != 4 && b->elem != 8))
        return gr_fail(err, GR_E_UNSUPPORTED, "backend %s: name, about or elem is missing", b->name ? b->name : "?");
#define CHECK(m) \
    if (!b->m) return gr_fail(err, GR_E_UNSUPPORTED, "backend %s: %s is missing", b->name, #m);
    MEMBERS(CHECK)
#undef CHECK
    return GR_OK;
}
