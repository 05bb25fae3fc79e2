/* session_rope.c - cosines and sines of rotary positions (Su et al., 2021), made once when a session opens.
 *
 * Column e of a head d wide turns at position t by t / theta^(2 e / d). The angles are doubles, rounded at the end: transformers computes them
 * in float, which at position 8,000 is off by 5e-4 radians. */
#include <math.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/det_math.h"
#include "model/session_internal.h"

static void put(void *table, size_t elem, size_t at, double x)
{
    if (elem == sizeof(double)) ((double *)table)[at] = x;
    else ((float *)table)[at] = (float)x;
}

/* Cosines (rows, half), then sines. */
static void fill(void *cos_table, void *sin_table, size_t elem, size_t rows, size_t half, double theta)
{
    for (size_t e = 0; e < half; e++) {
        const double speed = gr_det_exp(-gr_det_log(theta) * (double)e / (double)half);

        for (size_t t = 0; t < rows; t++) {
            put(cos_table, elem, t * half + e, gr_det_cos((double)t * speed));
            put(sin_table, elem, t * half + e, gr_det_sin((double)t * speed));
        }
    }
}

gr_status gr_session_rope(gr_session *s, gr_err *err)
{
    const gr_config *c = &s->model->config;
    const size_t     rows = (size_t)s->o.max_length, half = (size_t)(c->hidden / c->heads / 2), elem = gr_session_elem(s);
    size_t           n;
    char            *host;

    if (c->relative != GR_RELATIVE_ROTARY) return GR_OK;
    if (!gr_mul_size(&n, rows, half) || !gr_mul_size(&n, n, elem) || n > SIZE_MAX / 4) return gr_fail_nomem(err, "rotary positions");
    host = malloc(4 * n);
    if (!host) return gr_fail_nomem(err, "rotary positions");
    for (size_t kind = 0; kind < 2; kind++) fill(host + 2 * kind * n, host + (2 * kind + 1) * n, elem, rows, half, c->rope_theta[kind]);
    s->rope = s->enc.op->alloc(s->enc.ctx, 4 * n);
    if (s->rope) s->enc.op->upload(s->enc.ctx, s->rope, host, 4 * n);
    free(host);
    if (!s->rope) return gr_fail(err, GR_E_NOMEM, "device %s: out of memory for %zu bytes of rotary positions", s->o.device, 4 * n);
    for (size_t i = 0; i < 4; i++) s->enc.rope[i / 2][i % 2] = (const char *)s->rope + i * n;
    return GR_OK;
}
