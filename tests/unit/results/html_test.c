/* html_test.c - the report: what it shows of records, and that it is a page whatever stands in them. */
#include "results/html.h"

#include "tests/unit/results/made.h"

static size_t times(const gr_buf *b, const char *what)
{
    size_t n = 0;

    for (const char *at = b->p; (at = strstr(at, what)); at += strlen(what)) n++;
    return n;
}

/* Every element is closed, in order, but those that have no end; nothing is fetched from elsewhere; no script. */
static void a_page(const gr_buf *b)
{
    char open[64][16] = { "" };
    size_t depth = 0, n = 0;

    assert_int_equal(strncmp(b->p, "<!DOCTYPE html>\n<html lang=\"en\">", 32), 0);
    for (const char *at = strstr(b->p, "<html"); at && *at; at = strchr(at, '<')) {
        const char *name = at + 1 + (at[1] == '/'), *end = strchr(at, '>');
        const size_t len = strcspn(name, " >/");
        assert_non_null(end);
        assert_true(len > 0 && len < sizeof open[0]);
        if (at[1] == '/') {
            assert_true(depth > 0);
            if (strncmp(open[--depth], name, len) != 0) fail_msg("</%.*s> closes <%s>", (int)len, name, open[depth]);
        } else if (end[-1] != '/' && strncmp(name, "meta", 4) != 0) {
            assert_true(depth < 64);
            (void)snprintf(open[depth++], sizeof open[0], "%.*s", (int)len, name);
        }
        at = end;
        n++;
    }
    assert_int_equal(depth, 0);
    assert_true(n > 20);
    assert_int_equal(times(b, "http") + times(b, "src=") + times(b, "<script") + times(b, "url("), 0);
}

static void history(gr_record *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gr_rec_point *p = gr_record_point(r);

        assert_non_null(p);
        p->epoch = (double)i + 1;
        p->train_loss = 0.6 / (double)(i + 1);
        p->eval_loss = 0.5;
        p->n_metrics = 1;
        MADE_COPY(p->metric[0].name, "accuracy");
        p->metric[0].value = 0.5 + 0.1 * (double)i;
    }
}

static gr_record *made(gr_records *r, const char *task, const char *model, uint64_t seed, double baseline, double value)
{
    gr_record *x = made_accuracy(r, task, model, seed, baseline, value);

    MADE_COPY(x->version, "0.1");
    return x;
}

static gr_buf page_of(const gr_records *r)
{
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_html_report(&b, r, &err), &err);
    a_page(&b);
    return b;
}

static void one_model(void **state)
{
    gr_records r = { 0 };
    gr_buf b, again;

    (void)state;
    history(made(&r, "mrpc", "tiny", 42, 0.25, 0.75), 3);
    history(made(&r, "mrpc", "tiny", 43, 0.25, 0.5), 2);
    made_no_data(&r, "wnli");
    made_recipe(&r.r[0], "learning-rate", 2e-5, "command line");
    made_recipe(&r.r[1], "learning-rate", 2e-5, "command line");
    b = page_of(&r);
    again = page_of(&r);
    assert_true(gr_sv_eq(gr_buf_sv(&b), gr_buf_sv(&again)));
    assert_int_equal(times(&b, "<p>2 runs, model tiny, data published, cpu, f32, glue-run 0.1, revision abc123, 2026-01-02T03:04:05Z</p>"), 1);
    assert_int_equal(times(&b, "0.2500 \xE2\x86\x92 0.6250</text>"), 1); /* the mean of both seeds */
    assert_int_equal(times(&b, "<h2>mrpc</h2>"), 1);
    assert_int_equal(times(&b, "<h2>wnli"), 0);
    assert_int_equal(times(&b, "<h2>Leaderboard</h2>"), 0);
    assert_int_equal(times(&b, "<h2>Seeds</h2>"), 1);
    assert_int_equal(times(&b, "<svg "), 3);
    assert_int_equal(times(&b, "<polyline"), 6);
    assert_int_equal(times(&b, "<title>evaluation, seed 43, epoch 0: 0.7000</title>"), 1); /* the baseline */
    assert_int_equal(times(&b, "<title>accuracy, seed 42, epoch 2: 0.6000</title>"), 1);
    assert_int_equal(times(&b, "learning-rate 2e-05 (command line)</dd>"), 1);
    assert_int_equal(times(&b, "epochs 3"), 0); /* a default */
    assert_int_equal(times(&b, "mrpc-tiny-43-"), 1);
    assert_int_equal(times(&b, "nan") + times(&b, "inf,") + times(&b, "(null)"), 0);
    gr_buf_free(&b);
    gr_buf_free(&again);
    gr_records_free(&r);
}

static void several_models(void **state)
{
    gr_records r = { 0 };
    gr_buf b;

    (void)state;
    (void)made(&r, "mrpc", "tiny", 42, NAN, 0.75);
    (void)made(&r, "mrpc", "small", 42, 0.25, 0.5);
    made_metric(&r.r[0], "validation", "perplexity", true, 80, 7);
    b = page_of(&r);
    assert_int_equal(times(&b, "<p>2 runs of 2 models, data published, "), 1);
    assert_int_equal(times(&b, "<h2>Leaderboard</h2>"), 1);
    assert_int_equal(times(&b, ">mrpc accuracy small</text>"), 1);
    assert_int_equal(times(&b, "mrpc perplexity"), 0); /* on no axis of -1..1 */
    assert_int_equal(times(&b, "<p>Not in the chart: 1 with "), 1);
    assert_int_equal(times(&b, "<svg "), 1); /* no history, no lines */
    gr_buf_free(&b);
    gr_records_free(&r);
}

static void entity_types(void **state)
{
    gr_records r = { 0 };
    gr_buf b;
    gr_record *x;

    (void)state;
    x = made(&r, "conll", "tiny", 42, 0.25, 0.75);
    made_metric(x, "validation", "PER.f1", false, 0, 0.5);
    made_metric(x, "validation", "PER.support", false, 12, 12);
    made_metric(x, "validation", "A.B.f1", false, 0, 0.25);
    made_metric(x, "test", "LOC.f1", false, 0, 0.125);
    b = page_of(&r);
    assert_int_equal(times(&b, "<th>type</th>"), 1);
    assert_int_equal(times(&b, "<td>PER</td><td style=\"text-align:right\">0.5000</td><td style=\"text-align:right\">12</td>"), 1);
    assert_int_equal(times(&b, "<td>A.B</td><td style=\"text-align:right\">0.2500</td><td style=\"text-align:right\"></td>"), 1);
    assert_int_equal(times(&b, "<td>LOC</td>"), 0); /* of another split */
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* Runs that differ in what is no part of a name are told apart, in the chart and above their sections. */
static void told_apart(void **state)
{
    gr_records r = { 0 };
    gr_buf b;

    (void)state;
    (void)made(&r, "mrpc", "tiny", 42, 0.25, 0.75);
    (void)made(&r, "mrpc", "tiny", 42, 0.25, 0.5);
    MADE_COPY(r.r[1].precision, "bf16");
    MADE_COPY(r.r[1].key, "1");
    b = page_of(&r);
    assert_int_equal(times(&b, ">mrpc accuracy f32</text>"), 1);
    assert_int_equal(times(&b, "<h2>mrpc<small> bf16</small></h2>"), 1);
    assert_int_equal(times(&b, "<p>2 runs, model tiny, data published, cpu, glue-run 0.1"), 1);
    assert_int_equal(times(&b, "<dt>computed</dt><dd>cpu, bf16</dd>\n<dt>threads</dt><dd>2</dd>"), 1);
    gr_buf_free(&b);
    MADE_COPY(r.r[1].precision, "f32");
    made_recipe(&r.r[1], "learning-rate", 2e-5, "command line");
    b = page_of(&r);
    assert_int_equal(times(&b, ">mrpc accuracy</text>"), 1); /* it knows of no learning rate */
    assert_int_equal(times(&b, ">mrpc accuracy learning-rate 2e-05</text>"), 1);
    gr_buf_free(&b);
    made_recipe(&r.r[1], "adam-beta1", 0.875, "command line");
    made_recipe(&r.r[1], "adam-beta2", 0.875, "command line");
    b = page_of(&r);
    assert_int_equal(times(&b, ">mrpc accuracy recipe 2</text>"), 1); /* too much for a chart: the table tells */
    assert_int_equal(times(&b, "<td>learning-rate 2e-05, adam-beta1 0.875, adam-beta2 0.875</td>"), 1);
    gr_buf_free(&b);
    gr_json_free(r.r[1].recipe);
    r.r[1].recipe = NULL;
    made_recipe(&r.r[1], "epochs", 3, "command line");
    MADE_COPY(r.r[1].model_sha256, "1234567890"); /* of one name, and yet another model */
    b = page_of(&r);
    assert_int_equal(times(&b, ">mrpc accuracy tiny weights 12345678</text>"), 1);
    gr_buf_free(&b);
    for (size_t i = 0; i < 2; i++) r.r[i].out_of_mean = true; /* as of WNLI: no leaderboard, but names */
    MADE_COPY(r.r[1].model, "small");
    b = page_of(&r);
    assert_int_equal(times(&b, "<h2>mrpc<small> small</small></h2>"), 1);
    assert_int_equal(times(&b, "<h2>mrpc<small> tiny</small></h2>"), 1);
    assert_int_equal(times(&b, "Leaderboard"), 0);
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* A run that failed before its model was there is no model of its own, and what it does not know is not said to be 0. */
static void failed_early(void **state)
{
    gr_records r = { 0 };
    gr_buf b;
    gr_record *x;

    (void)state;
    x = made(&r, "rte", "tiny", 42, 0, 0);
    made_failed(x, GR_RUN_FAILED, "why");
    x->model_sha256[0] = x->version[0] = '\0';
    x->n_splits = 0;
    x->n_train = x->n_eval = 0;
    (void)made(&r, "mrpc", "tiny", 42, 0.25, 0.75);
    b = page_of(&r);
    assert_int_equal(times(&b, "<p>2 runs, model tiny, data published, cpu, f32, glue-run 0.1"), 1);
    assert_int_equal(times(&b, "<h2>Leaderboard</h2>"), 0);
    assert_int_equal(times(&b, "<h2>rte</h2>"), 1);
    assert_int_equal(times(&b, "published, 0 rows"), 0);
    gr_buf_free(&b);
    gr_records_free(&r);
    r = (gr_records){ 0 };
    b = page_of(&r); /* nothing at all */
    assert_int_equal(times(&b, "<p>0 runs</p>"), 1);
    gr_buf_free(&b);
}

/* Each seed's warnings, once. */
static void all_warnings(void **state)
{
    gr_records r = { 0 };
    gr_buf b;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (uint64_t seed = 42; seed < 44; seed++) {
        gr_record *x = made(&r, "mrpc", "tiny", seed, 0.25, 0.75);
        assert_ok(gr_record_warn(x, "both", &err), &err);
    }
    for (int twice = 0; twice < 2; twice++) assert_ok(gr_record_warn(&r.r[1], "the second", &err), &err);
    r.r[1].threads = 1;
    MADE_COPY(r.r[1].cpu, "another");
    b = page_of(&r);
    assert_int_equal(times(&b, "<p>warning: both</p>"), 1);
    assert_int_equal(times(&b, "<p>warning: the second</p>"), 1);
    assert_int_equal(times(&b, "<dt>threads</dt>") + times(&b, "<dt>processor</dt>"), 0); /* not the same of all */
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* Names, messages and warnings come from files. */
static void hostile(void **state)
{
    gr_records r = { 0 };
    gr_buf b;
    gr_record *x;
    gr_err err = GR_ERR_INIT;

    (void)state;
    x = made(&r, "a\"<script>", "m</svg>&", 42, 0, 0);
    history(x, 1);
    MADE_COPY(x->title, "</style><b>\xFF\xFE title");
    MADE_COPY(x->cpu, "<i>");
    MADE_COPY(x->metrics[0].name, "<u>");
    MADE_COPY(x->history[0].metric[0].name, "<u>");
    x->history[0].train_loss = INFINITY;
    assert_ok(gr_record_warn(x, "</p><script>alert(1)</script>", &err), &err);
    made_failed(x, GR_RUN_COLLAPSED, "<!-- why");
    x = made(&r, "rte", "m</svg>&", 42, 0, 0);
    made_failed(x, GR_RUN_FAILED, "line 3: \x01 & <");
    x->model_params = -1;
    b = page_of(&r);
    assert_int_equal(times(&b, "inf\"") + times(&b, "nan"), 0);
    assert_int_equal(times(&b, "<!--") + times(&b, "<u>") + times(&b, "<b>"), 0);
    assert_int_equal(times(&b, "<p class=\"bad\">seed 42 failed: line 3:   &amp; &lt;</p>"), 1);
    assert_int_equal(times(&b, "&lt;b&gt;\xEF\xBF\xBD title</small>"), 1);
    gr_buf_free(&b);
    gr_records_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(one_model), cmocka_unit_test(several_models), cmocka_unit_test(entity_types), cmocka_unit_test(told_apart),
                                        cmocka_unit_test(failed_early), cmocka_unit_test(all_warnings), cmocka_unit_test(hostile) };

    return gr_test_main(tests);
}
