/* weights_names.c - the names of a file's tensors as the parameter table spells them: without the wrappers that training programs
 * put in front of a name, and with the present spelling of layer norms. */
#include <stdlib.h>
#include <string.h>

#include "model/weights_impl.h"

/* What wrappers put in front of a name: torch's DataParallel and DistributedDataParallel, torch.compile, and sentence-transformers, for
 * its whole model and for its first module alone. */
static const char *const wrappers[] = { "module.", "_orig_mod.", "0.auto_model.", "auto_model." };

/* TensorFlow's spelling, in checkpoints that were converted early. */
static const struct { const char *old, *now; } spellings[] = {
    { "LayerNorm.gamma", "LayerNorm.weight" }, { "LayerNorm.beta", "LayerNorm.bias" },
};

/* The length of the wrapper in front of a name; 0: none. */
static size_t wrapper(const char *name)
{
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++)
        if (strncmp(name, wrappers[i], strlen(wrappers[i])) == 0) return strlen(wrappers[i]);
    return 0;
}

/* The name without its wrappers, which may be nested. */
static const char *unwrapped(const char *name)
{
    size_t n;

    while ((n = wrapper(name)) != 0) name += n;
    return name;
}

static const char *spelled(gr_arena *a, const char *name)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        const size_t old = strlen(spellings[i].old), now = strlen(spellings[i].now), n = strlen(name);
        char *p;

        if (!gr_sv_ends(gr_sv_from(name), spellings[i].old)) continue;
        p = gr_arena_alloc(a, n - old + now + 1);
        if (!p) return NULL;
        memcpy(p, name, n - old);
        memcpy(p + n - old, spellings[i].now, now + 1);
        return p;
    }
    return name;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const gr_weight_name *)a)->name, ((const gr_weight_name *)b)->name);
}

gr_status gr_weight_names_build(gr_weight_names *out, const gr_st *st, gr_err *err)
{
    const size_t n = gr_st_count(st);

    memset(out, 0, sizeof *out);
    gr_arena_init(&out->arena, 0);
    out->of = gr_arena_calloc(&out->arena, n + 1, sizeof *out->of);
    out->sorted = gr_arena_calloc(&out->arena, n + 1, sizeof *out->sorted);
    if (!out->of || !out->sorted) return gr_fail_nomem(err, "the names of tensors");
    for (size_t i = 0; i < n; i++) {
        out->of[i] = spelled(&out->arena, unwrapped(gr_st_at(st, i)->name));
        if (!out->of[i]) return gr_fail_nomem(err, "the names of tensors");
        out->sorted[i] = (gr_weight_name){ out->of[i], gr_st_at(st, i) };
    }
    out->n = n;
    qsort(out->sorted, n, sizeof *out->sorted, by_name);
    for (size_t i = 1; i < n; i++)
        if (strcmp(out->sorted[i - 1].name, out->sorted[i].name) == 0)
            return gr_fail(err, GR_E_FORMAT, "tensors '%.150s' and '%.150s' have one place in the model", out->sorted[i - 1].tensor->name, out->sorted[i].tensor->name);
    return GR_OK;
}

const gr_st_tensor *gr_weight_names_find(const gr_weight_names *w, const char *name)
{
    const gr_weight_name key = { name, NULL };
    const gr_weight_name *hit = w->n ? bsearch(&key, w->sorted, w->n, sizeof *w->sorted, by_name) : NULL;

    return hit ? hit->tensor : NULL;
}

void gr_weight_names_free(gr_weight_names *w)
{
    gr_arena_free(&w->arena);
    memset(w, 0, sizeof *w);
}
