/* weights.c - a model's life: made from a configuration, named, warned about, closed; see weights.h. */
#include "model/weights.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/pages.h"
#include "model/weights_impl.h"

enum { LINE = 64 }; /* bytes: alignment of the slab */

/* ---- names ---- */

static bool slug_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* The folder's name in [a-z0-9._-]: upper case lowered, other bytes become '-', none at the ends. "." and ".." are
 * looked up, so that `--model .` has a name. */
static void make_name(char *out, size_t cap, const char *dir)
{
    char *real = realpath(dir, NULL);
    const char *from = real ? real : dir;
    size_t len = strlen(from), n = 0, start;

    while (len && from[len - 1] == '/') len--;
    for (start = len; start && from[start - 1] != '/';) start--;
    for (size_t i = start; i < len && n + 1 < cap; i++) {
        char c = from[i];

        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if (!slug_char(c)) c = '-';
        if (n == 0 && (c == '-' || c == '.')) continue;
        out[n++] = c;
    }
    while (n && (out[n - 1] == '-' || out[n - 1] == '.')) n--;
    out[n] = '\0';
    if (n == 0) (void)snprintf(out, cap, "model");
    free(real);
}

gr_status gr_model_warn(gr_model *m, gr_err *err, const char *fmt, ...)
{
    char line[GR_ERR_MSG_MAX];
    char **more = realloc(m->warnings, (m->n_warnings + 1) * sizeof *more);
    va_list ap;

    if (!more) return gr_fail_nomem(err, "a warning");
    m->warnings = more;
    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    more[m->n_warnings] = gr_arena_strndup(&m->config.arena, line, strlen(line));
    if (!more[m->n_warnings]) return gr_fail_nomem(err, "a warning");
    m->n_warnings++;
    gr_warn("%s: %s", m->name, line);
    return GR_OK;
}

/* ---- head and labels ---- */

gr_status gr_model_head_of(gr_head_spec *out, const gr_config *c, gr_err *err)
{
    const char *problem = gr_json_str(gr_json_get(c->source, "problem_type"), "");
    const int32_t n = c->n_labels > 0 ? c->n_labels : 2; /* transformers leaves out id2label when there are two */

    if (!c->has_head)
        return gr_fail(err, GR_E_FORMAT, "the model has no classification head ('architectures' is '%s'); fine-tune it first", c->architecture);
    if (strcmp(problem, "multi_label_classification") == 0)
        return gr_fail(err, GR_E_UNSUPPORTED, "'problem_type' is multi_label_classification; supported: one label a text, regression");
    if (gr_sv_ends(gr_sv_from(c->architecture), "ForTokenClassification"))
        *out = (gr_head_spec){ GR_HEAD_TOKEN, n };
    else if (strcmp(problem, "regression") == 0 || n == 1)
        *out = (gr_head_spec){ GR_HEAD_REGRESSION, 1 };
    else
        *out = (gr_head_spec){ GR_HEAD_CLASS, n };
    return GR_OK;
}

/* The task's names, else the file's, else LABEL_0, LABEL_1, ... as transformers writes them. */
static gr_status take_labels(gr_model *m, const char *const *given, gr_err *err)
{
    const size_t n = (size_t)m->head.n_out;
    const char **labels;

    if (m->head.kind == GR_HEAD_REGRESSION || m->head.kind == GR_HEAD_EMBED || m->head.kind == GR_HEAD_MLM) return GR_OK;
    if (!given && m->config.labels && m->config.n_labels == m->head.n_out) given = m->config.labels;
    labels = gr_arena_calloc(&m->config.arena, n + 1, sizeof *labels);
    if (!labels) return gr_fail_nomem(err, "the labels");
    for (size_t i = 0; i < n; i++) {
        char generic[32];

        (void)snprintf(generic, sizeof generic, "LABEL_%zu", i);
        labels[i] = given ? gr_arena_strndup(&m->config.arena, given[i], strlen(given[i]))
                          : gr_arena_strndup(&m->config.arena, generic, strlen(generic));
        if (!labels[i]) return gr_fail_nomem(err, "the labels");
    }
    m->labels = labels;
    return GR_OK;
}

/* ---- values ---- */

/* An exponent of ones is a NaN or an infinity. */
static bool finite_floats(const unsigned char *p, size_t n)
{
    uint32_t bad = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, p + 4 * i, sizeof bits);
        bad |= (uint32_t)((bits & 0x7f800000u) == 0x7f800000u);
    }
    return bad == 0;
}

static bool finite_doubles(const double *x, size_t n)
{
    bool finite = true;

    for (size_t i = 0; i < n; i++) finite = finite && isfinite(x[i]);
    return finite;
}

gr_status gr_model_check_tensor(const gr_model *m, size_t i, const char *name, gr_err *err)
{
    const void *x = gr_model_tensor(m, i);
    const size_t n = m->params.p[i].count;

    if (m->elem == 8 ? finite_doubles(x, n) : finite_floats(x, n)) return GR_OK;
    return gr_fail(err, GR_E_NUMERIC, "tensor '%s' holds NaN or infinite values", name);
}

gr_status gr_model_check(const gr_model *m, gr_err *err)
{
    for (size_t i = 0; i < m->params.n; i++) GR_TRY(gr_model_check_tensor(m, i, m->params.p[i].name, err));
    return GR_OK;
}

/* ---- life ---- */

/* The memory of the weights. In a mapped model only the tensors that cannot stay in the file are written here; no large pages, so that
 * the rest takes no memory. */
static gr_status take_slab(gr_model *m, bool mapped, gr_err *err)
{
    size_t bytes;

    if (!gr_mul_size(&bytes, m->params.total, (size_t)m->elem) || !gr_add_size(&bytes, bytes, LINE)) return gr_fail_nomem(err, "the weights");
    m->block = gr_pages_alloc(bytes); /* padding between tensors is zero */
    if (!m->block) return gr_fail(err, GR_E_NOMEM, "out of memory for %zu bytes of weights", bytes);
    m->block_bytes = bytes;
    if (!mapped) gr_pages_large(m->block, bytes);
    m->weights = (char *)m->block + (LINE - 1) - ((uintptr_t)m->block + (LINE - 1)) % LINE;
    return GR_OK;
}

static gr_status fill_new(gr_model *m, const char *dir, const gr_model_opts *o, gr_err *err)
{
    if (o->elem != 4 && o->elem != 8) return gr_fail(err, GR_E_INTERNAL, "elements of %d bytes", o->elem);
    if (strlen(dir) >= sizeof m->dir) return gr_fail(err, GR_E_ARG, "path too long");
    memcpy(m->dir, dir, strlen(dir) + 1);
    make_name(m->name, sizeof m->name, dir);
    m->head = o->head;
    if (m->head.kind == GR_HEAD_MLM && m->head.n_out == 0) m->head.n_out = m->config.vocab_size;
    m->elem = o->elem;
    if (o->dropout >= 0.0) {
        if (o->dropout >= 1.0) return gr_fail(err, GR_E_ARG, "dropout %g is not below 1", o->dropout);
        for (int i = 0; i < GR_DROP_COUNT; i++)
            if (m->config.drop[i] >= 0.0) m->config.drop[i] = o->dropout;
    }
    GR_TRY(take_labels(m, o->labels, err));
    GR_TRY(gr_params_build(&m->params, &m->config, m->head, err));
    return take_slab(m, o->map, err);
}

gr_status gr_model_new(gr_model **out, gr_config *config, const char *dir, const gr_model_opts *o, gr_err *err)
{
    gr_model *m = calloc(1, sizeof *m);
    gr_status s;

    *out = NULL;
    if (!m) return gr_fail_nomem(err, "the model");
    m->config = *config;
    memset(config, 0, sizeof *config);
    s = fill_new(m, dir, o, err);
    if (s != GR_OK) {
        gr_model_close(m);
        return s;
    }
    *out = m;
    return GR_OK;
}

void gr_model_close(gr_model *m)
{
    if (!m) return;
    free(m->warnings);
    gr_pages_free(m->block, m->block_bytes);
    free(m->tensor);
    gr_st_close(m->file);
    gr_params_free(&m->params);
    gr_config_free(&m->config);
    free(m);
}
