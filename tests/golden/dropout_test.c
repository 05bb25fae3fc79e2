/* Moments of a loss under dropout, golden/dropout.json (made by make_dropout.py): masks are our own, but the mean and the spread of a loss over many
 * of them follow from where dropout stands, from its probability there and from the masks' independence, and must be the reference's. */
#include <math.h>

#include "tests/support/golden_model.h"

enum { DRAWS = 1500 };

typedef struct moments { double mean, sd, kurtosis, n; } moments;

/* The case's keys in place of the model's own; what they mean is read as from any config.json. */
static void configure(gr_gm *g, const gr_json *put)
{
    gr_json  *doc = gr_json_new_object();
    char     *text = NULL;
    gr_config c;
    gr_err    err = GR_ERR_INIT;

    for (const gr_json *v = gr_json_first(g->model->config.source); v; v = gr_json_next(v))
        if (!gr_json_get(put, gr_json_key(v))) gr_json_add_copy(doc, gr_json_key(v), v);
    for (const gr_json *v = gr_json_first(put); v; v = gr_json_next(v)) gr_json_add_copy(doc, gr_json_key(v), v);
    assert_ok(gr_json_print(&text, doc, false, &err), &err);
    assert_ok(gr_config_parse(&c, text, strlen(text), &err), &err);
    memcpy(g->model->config.drop, c.drop, sizeof c.drop);
    gr_config_free(&c);
    gr_json_free(doc);
    free(text);
}

/* Dropout at these places alone, of all that the configuration asks for. */
static void keep_places(gr_gm *g, const gr_json *places)
{
    static const char *const names[GR_DROP_COUNT] = { "embed", "attn", "attn_out", "ffn", "ffn_out", "rel", "pool", "head", "token" };

    for (int i = 0; i < GR_DROP_COUNT; i++) {
        bool kept = false;

        for (const gr_json *v = gr_json_first(places); v; v = gr_json_next(v)) kept |= strcmp(gr_json_str(v, ""), names[i]) == 0;
        if (!kept && g->model->config.drop[i] > 0.0) g->model->config.drop[i] = 0.0;
    }
}

/* A draw is the loss of a step that changes nothing: its rate is 0, and the next one has other masks. */
static moments draw(const gr_gm *g)
{
    gr_session *s = gr_gm_session(g, GR_GM_PLAIN, GR_PRECISION_F32);
    double     *x = calloc(DRAWS, sizeof *x), two = 0.0, four = 0.0;
    moments     m = { .n = DRAWS };
    gr_err      err = GR_ERR_INIT;

    assert_non_null(x);
    for (int i = 0; i < DRAWS; i++) {
        gr_step_result r;

        x[i] = gr_gm_accumulate(g, s);
        assert_ok(gr_session_step(s, 0.0, &r, &err), &err);
        m.mean += x[i] / DRAWS;
    }
    for (int i = 0; i < DRAWS; i++) {
        const double a = (x[i] - m.mean) * (x[i] - m.mean);

        two += a / DRAWS;
        four += a * a / DRAWS;
    }
    m.sd = sqrt(two);
    m.kurtosis = four / (two * two);
    free(x);
    gr_session_close(s);
    return m;
}

/* Both sides are samples: five standard errors of the difference. That of a logarithm of a deviation is sqrt((kurtosis - 1) / 4 n). */
static bool alike(const char *name, moments got, moments want)
{
    const double mean = sqrt(want.sd * want.sd * (1.0 / got.n + 1.0 / want.n));
    const double spread = sqrt((want.kurtosis - 1.0) / 4.0 * (1.0 / got.n + 1.0 / want.n));

    if (want.sd <= 1e-6) { /* nothing of the head's path is dropped: the same loss each time, but for rounding */
        if (got.sd <= 1e-6 && fabs(got.mean - want.mean) <= 2e-5 * want.mean) return true;
    } else if (fabs(got.mean - want.mean) <= 5.0 * mean && fabs(log(got.sd / want.sd)) <= 5.0 * spread) return true;
    gr_case_fail(name, "loss %.6f with a deviation of %.6f, want %.6f (+- %.6f) with %.6f (+- %.3f of it)", got.mean, got.sd, want.mean, mean, want.sd, spread);
    return false;
}

static void check(const gr_json *c, double draws, const char *root)
{
    const gr_json *put = gr_json_get(c, "config");
    const gr_json *places = gr_json_get(c, "places");
    const moments  want = { gr_json_num(gr_json_get(c, "mean"), NAN), gr_json_num(gr_json_get(c, "sd"), NAN), gr_json_num(gr_json_get(c, "kurtosis"), 1.0), draws };
    char           name[256], set[GR_PATH_MAX];
    char          *text = NULL;
    gr_gm          g;
    gr_err         err = GR_ERR_INIT;

    assert_true(gr_fs_join(set, sizeof set, root, "models"));
    assert_ok(gr_json_print(&text, put, false, &err), &err);
    (void)snprintf(name, sizeof name, "%s %.200s %s", gr_json_str(gr_json_get(c, "model"), "?"), text, gr_json_str(gr_json_first(places), ""));
    if (gr_gm_open(&g, set, gr_json_str(gr_json_get(c, "model"), "?"), "cpu")) {
        configure(&g, put);
        if (places) keep_places(&g, places);
        if (alike(name, draw(&g), want)) gr_case_pass(name);
    }
    gr_gm_close(&g);
    free(text);
}

static void test_moments(void **state)
{
    char     path[GR_PATH_MAX];
    gr_json *doc = NULL;
    gr_err   err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_own_golden_dir(), "dropout.json"));
    assert_ok(gr_json_read(&doc, path, 0, &err), &err);
    for (const gr_json *c = gr_json_first(gr_json_get(doc, "cases")); c; c = gr_json_next(c)) {
        const bool  own = strcmp(gr_json_str(gr_json_get(c, "set"), ""), "own") == 0;
        const char *root = own ? gr_own_golden_dir() : gr_golden_dir();

        if (root) check(c, gr_json_num(gr_json_get(doc, "draws"), NAN), root);
        else gr_case_skip(gr_json_str(gr_json_get(c, "model"), "?"), "the shared golden folder is absent");
    }
    gr_json_free(doc);
    gr_cases_done("losses under dropout", 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_moments) };
    return gr_test_main(tests);
}
