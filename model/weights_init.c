/* weights_init.c - fresh tensors: normal(0, initializer_range), zeros, ones, as transformers' _init_weights sets them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/rng.h"
#include "model/weights_impl.h"

static void put(gr_model *m, size_t at, double x)
{
    if (m->elem == 8) ((double *)m->weights)[at] = x;
    else ((float *)m->weights)[at] = (float)x;
}

/* A normal deviate within `cut` deviations of zero: others are drawn again. */
static double cut_normal(gr_rng *r, double cut)
{
    double x;

    do x = gr_rng_normal(r);
    while (x < -cut || x > cut);
    return x;
}

static double draw(const gr_model *m, gr_init init, gr_rng *r)
{
    const gr_config *c = &m->config;

    switch (init) {
    case GR_INIT_ZERO: return 0.0;
    case GR_INIT_ONE: return 1.0;
    case GR_INIT_NORMAL: return c->init_range * gr_rng_normal(r);
    case GR_INIT_CUT: return c->init_range * cut_normal(r, c->init_cut);
    case GR_INIT_CUT_OUT: return c->init_range / sqrt(2.0 * (double)c->layers) * cut_normal(r, c->init_cut);
    case GR_INIT_CUT_LAST: return 1.0 / sqrt((double)c->hidden) * cut_normal(r, c->init_cut);
    }
    return 0.0;
}

void gr_model_init_tensor(gr_model *m, size_t i, uint64_t seed)
{
    const gr_param *p = &m->params.p[i];
    gr_rng r;

    gr_rng_init(&r, seed, GR_RNG_INIT, gr_rng_hash(p->name));
    for (size_t k = 0; k < p->count; k++) {
        put(m, p->offset + k, draw(m, p->init, &r));
    }
    /* torch.nn.Embedding keeps the row of its padding_idx at zero. */
    if ((int32_t)i == m->params.word_emb || ((int32_t)i == m->params.pos_emb && m->config.position_offset > 0))
        for (int32_t k = 0; k < p->cols; k++) put(m, p->offset + (size_t)m->config.pad_id * (size_t)p->cols + (size_t)k, 0.0);
}

/* The folder that a file lies in: "" gives ".". */
static gr_status folder_of(char out[GR_PATH_MAX], const char *path, gr_err *err)
{
    const char *base = gr_fs_basename(path);
    size_t n = (size_t)(base - path);

    if (gr_fs_is_dir(path)) n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    if (n >= GR_PATH_MAX) return gr_fail(err, GR_E_ARG, "path too long");
    (void)snprintf(out, GR_PATH_MAX, "%.*s", n ? (int)n : 1, n ? path : ".");
    return GR_OK;
}

/* All tensors afresh; takes the config over. */
static gr_status create(gr_model **out, gr_config *c, const char *dir, const gr_model_opts *o, gr_err *err)
{
    const gr_status s = gr_model_new(out, c, dir, o, err);

    gr_config_free(c);
    if (s != GR_OK) return s;
    for (size_t i = 0; i < (*out)->params.n; i++) gr_model_init_tensor(*out, i, o->seed);
    (*out)->head_is_new = o->head.kind != GR_HEAD_EMBED;
    return GR_OK;
}

gr_status gr_model_create(gr_model **out, const char *config_path, const gr_model_opts *o, gr_err *err)
{
    char dir[GR_PATH_MAX];
    gr_config c;
    gr_status s;

    *out = NULL;
    GR_TRY(folder_of(dir, config_path, err));
    GR_TRY(gr_config_read(&c, config_path, err));
    s = create(out, &c, dir, o, err);
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", config_path);
}

gr_status gr_model_create_from(gr_model **out, const char *config_json, const char *name, const gr_model_opts *o, gr_err *err)
{
    gr_config c;

    *out = NULL;
    GR_TRY(gr_config_parse(&c, config_json, strlen(config_json), err));
    return create(out, &c, name, o, err);
}
