/* dropout_test.c - keys and masks by their numbers: they are what a seed means, and every backend reads the same header, so that no comparison
 * of backends would see them change. Expected values: tests/oracle/dropout_masks.py, a Philox of its own. */
#include "tests/support/test.h"

#include <string.h>

#include "model/backend/backend.h"
#include "model/dropout.h"

static void keys(void **state)
{
    static const struct { uint64_t seed, step; uint32_t site, key[2]; } v[] = {
        { 42, 0, 1, { 0xE68D33E8u, 0x9A5B85B5u } },
        { 42, 3, 22, { 0xD8202292u, 0xEC1F6028u } },
        { 42, 4, 22, { 0xE93C00F0u, 0x5614D0B7u } },
        { 43, 3, 22, { 0x67F398F5u, 0x45058C75u } },
        { 42, 3, 23, { 0x2E108133u, 0xAC857945u } },
        { 42 + (UINT64_C(1) << 32), 3, 22, { 0x917D5DE9u, 0x5434F5C9u } },
        { 42, 3 + (UINT64_C(1) << 32), 22, { 0x14CE11DAu, 0x9664BA2Cu } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        const gr_dropout d = gr_dropout_make(0.3, v[i].seed, v[i].step, v[i].site);

        assert_true(d.key[0] == v[i].key[0] && d.key[1] == v[i].key[1]);
        assert_int_equal(d.threshold, 19661); /* round(0.3 65536) */
        assert_near(d.scale, 65536.0 / 45875.0, 0, "one over the share that is kept");
    }
    assert_int_equal(gr_dropout_make(0.0, 42, 3, 22).threshold, 0);
}

/* Two places of one step must not share their masks; numbers are written down, since they may never change. */
static void sites(void **state)
{
    (void)state;
    assert_true(GR_SITE_EMBED == 1 && GR_SITE_HEAD == 2 && GR_SITE_POOL == 3);
    for (uint32_t l = 0; l < 48; l++) {
        assert_int_equal(GR_SITE_ATTN(l), 16 + 4 * l);
        assert_int_equal(GR_SITE_ATTN_OUT(l), 17 + 4 * l);
        assert_int_equal(GR_SITE_FFN_OUT(l), 18 + 4 * l);
        assert_int_equal(GR_SITE_INNER(l), 19 + 4 * l);
    }
}

/* ---- masks, of two sequences with slots 5 and 9 ---- */

enum { TOKENS = 5, ROWS = 2, LONGEST = 3, WIDTH = 19, HEADS = 2, HEAD = 4 };

static const char *const token_masks[TOKENS] = { "1110100100111111101", "1100110101111111011", "1111111110110101111", "1111111011011011101",
                                                 "0100111111101101011" };
/* By head, then by token: the keys of its sequence */
static const char *const key_masks[HEADS][TOKENS] = { { "11", "11", "110", "110", "111" }, { "11", "00", "110", "111", "011" } };

typedef struct device {
    const gr_backend *op;
    gr_ctx           *c;
    gr_dev_batch      b;
} device;

static void *sent(const device *d, const void *p, size_t bytes)
{
    void *at = d->op->alloc(d->c, bytes);

    assert_non_null(at);
    d->op->upload(d->c, at, p, bytes);
    return at;
}

static void open_device(device *d, const char *name)
{
    static const int32_t  starts[] = { 0, 2, 5 }, row_of[] = { 0, 0, 1, 1, 1 }, pos_in[] = { 0, 1, 0, 1, 2 };
    static const uint32_t slots[] = { 5, 9 };
    gr_err err = GR_ERR_INIT;

    *d = (device){ .op = gr_backend_find(name) };
    assert_non_null(d->op);
    assert_ok(d->op->open(&d->c, &(gr_ctx_opts){ .pool = NULL }, &err), &err);
    d->op->reserve(d->c, &(gr_capacity){ .tokens = TOKENS, .rows = ROWS, .max_len = LONGEST, .width = 3 * WIDTH, .hidden = HEADS * HEAD, .heads = HEADS });
    d->b = (gr_dev_batch){ .n_tokens = TOKENS, .n_rows = ROWS, .max_len = LONGEST };
    d->b.cu_seqlens = sent(d, starts, sizeof starts);
    d->b.row_of = sent(d, row_of, sizeof row_of);
    d->b.pos_in = sent(d, pos_in, sizeof pos_in);
    d->b.slots = sent(d, slots, sizeof slots);
}

/* Numbers of the device's kind, from doubles and back */
static void *sent_numbers(const device *d, const double *x, size_t n)
{
    float single[128];

    assert_true(n <= sizeof single / sizeof *single);
    for (size_t i = 0; i < n; i++) single[i] = (float)x[i];
    return d->op->elem == 8 ? sent(d, x, n * sizeof *x) : sent(d, single, n * sizeof *single);
}

static void fetch_numbers(const device *d, double *x, const void *from, size_t n)
{
    float single[128];

    assert_true(n <= sizeof single / sizeof *single);
    d->op->download(d->c, d->op->elem == 8 ? (void *)x : (void *)single, from, n * (size_t)d->op->elem);
    for (size_t i = 0; d->op->elem != 8 && i < n; i++) x[i] = (double)single[i];
}

static void token_mask(const device *d, gr_dropout drop)
{
    double x[TOKENS * WIDTH];
    void *at;

    for (size_t i = 0; i < TOKENS * WIDTH; i++) x[i] = 1.0;
    at = sent_numbers(d, x, TOKENS * WIDTH);
    d->op->dropout(d->c, &(gr_drop_args){ .b = &d->b, .hidden = WIDTH, .per_token = true, .drop = drop, .x = at, .out = at });
    fetch_numbers(d, x, at, TOKENS * WIDTH);
    for (size_t t = 0; t < TOKENS; t++)
        for (size_t j = 0; j < WIDTH; j++)
            assert_near(x[t * WIDTH + j], token_masks[t][j] == '1' ? drop.scale : 0.0, 1e-6, "token %zu, column %zu", t, j);
    d->op->release(d->c, at);
}

/* Queries of zero give every key the same weight, and values that are the rows of the identity hand the weights out. */
static void attention_mask(const device *d, gr_dropout drop)
{
    enum { H = HEADS * HEAD };
    double zero[TOKENS * H] = { 0 }, values[TOKENS * H] = { 0 }, out[TOKENS * H];
    static const size_t first[TOKENS] = { 0, 0, 2, 2, 2 }, length[TOKENS] = { 2, 2, 3, 3, 3 };
    void *q, *v, *to;

    for (size_t t = 0; t < TOKENS; t++)
        for (size_t h = 0; h < HEADS; h++) values[t * H + h * HEAD + t - first[t]] = 1.0;
    q = sent_numbers(d, zero, TOKENS * H);
    v = sent_numbers(d, values, TOKENS * H);
    to = sent_numbers(d, zero, TOKENS * H);
    d->op->attention_fwd(d->c, &(gr_attn_args){ .b = &d->b, .hidden = H, .heads = HEADS, .scale = 0.5, .drop = drop, .q_stride = H, .kv_stride = H,
                                                .q = q, .k = q, .v = v, .out = to });
    fetch_numbers(d, out, to, TOKENS * H);
    for (size_t t = 0; t < TOKENS; t++)
        for (size_t h = 0; h < HEADS; h++)
            for (size_t j = 0; j < length[t]; j++)
                assert_near(out[t * H + h * HEAD + j], key_masks[h][t][j] == '1' ? drop.scale / (double)length[t] : 0.0, 1e-6,
                            "head %zu, query %zu, key %zu", h, t, j);
    d->op->release(d->c, q);
    d->op->release(d->c, v);
    d->op->release(d->c, to);
}

static void masks(void **state)
{
    static const char *const names[] = { "ref64", "ref", "cpu" };
    const gr_dropout drop = gr_dropout_make(0.3, 42, 3, GR_SITE_FFN_OUT(1)); /* site 22 */
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        device d;

        open_device(&d, names[i]);
        token_mask(&d, drop);
        attention_mask(&d, drop);
        assert_ok(d.op->sync(d.c, &err), &err);
        d.op->close(d.c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(keys), cmocka_unit_test(sites), cmocka_unit_test(masks) };

    return gr_test_main(tests);
}
