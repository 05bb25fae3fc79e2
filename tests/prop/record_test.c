/* record_test.c - laws over random records: JSON and back is the identity, and a table of any records has the shape that it promises. */
#include <math.h>

#include "base/rng.h"
#include "results/table.h"
#include "tests/support/test.h"

enum { ROUNDS = 300 };

/* Texts with what makes trouble: quotes, tabs, commas, bars, markup, other scripts, an emoji. */
static void text(char *out, size_t cap, gr_rng *r)
{
    static const char *const parts[] = { "a", "Z9", "\"", "\\", "\t", "\n", ",", "|", "&<>", "%_#", "é", "漢", "🙂", " ", "{}", "\x7f", "null", "0" };
    size_t n = 0, k = gr_rng_below(r, 6);

    out[0] = '\0';
    while (k--) {
        const char *p = parts[gr_rng_below(r, sizeof parts / sizeof *parts)];
        if (n + strlen(p) + 1 > cap) return;
        memcpy(out + n, p, strlen(p) + 1);
        n += strlen(p);
    }
}

static double real(gr_rng *r)
{
    switch (gr_rng_below(r, 6)) {
    case 0: return NAN;
    case 1: return 0;
    case 2: return (double)gr_rng_below(r, 1000);
    case 3: return ldexp(gr_rng_uniform(r), (int)gr_rng_below(r, 2000) - 1000);
    case 4: return -gr_rng_uniform(r);
    default: return gr_rng_uniform(r);
    }
}

#define T(f) text(r->f, sizeof r->f, g)
#define R(f) r->f = real(g)

static void random_metrics(gr_record *r, gr_rng *g)
{
    for (uint64_t i = gr_rng_below(g, 6); i--;) {
        char split[40], name[64];
        gr_rec_metric *m;
        text(split, sizeof split, g);
        text(name, sizeof name, g);
        m = gr_record_metric(r, split, name);
        assert_non_null(m);
        m->headline = gr_rng_below(g, 2) == 0;
        m->higher_is_better = gr_rng_below(g, 2) == 0;
        m->baseline = real(g);
        m->value = real(g);
    }
}

static void random_history(gr_record *r, gr_rng *g)
{
    for (uint64_t i = gr_rng_below(g, 4); i--;) {
        gr_rec_point *p = gr_record_point(r);
        assert_non_null(p);
        p->epoch = real(g);
        p->step = (int64_t)gr_rng_below(g, 1u << 30);
        p->train_loss = real(g);
        p->eval_loss = real(g);
        for (; p->n_metrics < (int)gr_rng_below(g, 5); p->n_metrics++) {
            (void)snprintf(p->metric[p->n_metrics].name, sizeof p->metric->name, "m%d", p->n_metrics);
            p->metric[p->n_metrics].value = real(g);
        }
    }
}

static void random_record(gr_record *r, gr_rng *g)
{
    gr_err err = GR_ERR_INIT;

    gr_record_init(r);
    r->status = (gr_run_status)gr_rng_below(g, 5);
    T(message), T(created), T(task), T(title), T(suite), T(head), T(data), T(model), T(model_family), T(model_note), T(device), T(precision);
    T(version), T(git_revision), T(compiler), T(blas), T(cpu), T(predictions), T(key), T(model_sha256);
    R(epochs), R(train_loss), R(total_flops), R(train_seconds), R(eval_seconds), R(total_seconds), R(steps_per_second), R(samples_per_second);
    R(tokens_per_second), R(peak_memory_mb);
    r->seed = gr_rng_below(g, 9007199254740992u);
    r->n_train = (int64_t)gr_rng_below(g, 1u << 30);
    r->model_params = (int64_t)gr_rng_below(g, (uint64_t)1 << 40);
    r->threads = (int)gr_rng_below(g, 99);
    r->deterministic = gr_rng_below(g, 2) == 0;
    r->out_of_mean = gr_rng_below(g, 2) == 0;
    for (r->n_splits = 0; r->n_splits < (int)gr_rng_below(g, 9) && r->n_splits < 8; r->n_splits++) T(splits[r->n_splits].name);
    if (gr_rng_below(g, 2)) {
        char name[32];
        r->labels = calloc(3, sizeof *r->labels);
        assert_non_null(r->labels);
        for (; r->n_labels < 3; r->n_labels++) {
            text(name, sizeof name, g);
            r->labels[r->n_labels] = strdup(name);
        }
    }
    if (gr_rng_below(g, 2)) {
        gr_json *o;
        r->recipe = gr_json_new_object();
        o = gr_json_add_object(r->recipe, "learning-rate");
        gr_json_add_num(o, "value", gr_rng_uniform(g));
        gr_json_add_str(o, "from", "default");
    }
    random_metrics(r, g);
    random_history(r, g);
    for (uint64_t i = gr_rng_below(g, 3); i--;) assert_ok(gr_record_warn(r, "a \"warning\"", &err), &err);
}

static char *printed(const gr_record *r)
{
    gr_json *j = NULL;
    char *out = NULL;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_record_to_json(&j, r, &err), &err);
    assert_ok(gr_json_print(&out, j, gr_json_len(j) % 2 == 0, &err), &err);
    gr_json_free(j);
    return out;
}

static void there_and_back(void **state)
{
    gr_rng g;

    (void)state;
    gr_rng_init(&g, 20260101, GR_RNG_DEMO, 1);
    for (int i = 0; i < ROUNDS; i++) {
        gr_record a, b;
        gr_json *j = NULL;
        char *x, *y;
        gr_err err = GR_ERR_INIT;
        random_record(&a, &g);
        x = printed(&a);
        assert_ok(gr_json_parse(&j, x, strlen(x), &err), &err);
        assert_ok(gr_record_from_json(&b, j, &err), &err);
        y = printed(&b);
        assert_string_equal(x, y);
        assert_true(a.seed == b.seed && a.status == b.status && a.n_metrics == b.n_metrics && strcmp(a.message, b.message) == 0);
        for (size_t m = 0; m < a.n_metrics; m++) /* to the bit, NaN to NaN */
            assert_true(a.metrics[m].value == b.metrics[m].value || (isnan(a.metrics[m].value) && isnan(b.metrics[m].value)));
        gr_json_free(j);
        free(x);
        free(y);
        gr_record_free(&a);
        gr_record_free(&b);
    }
}

/* Every CSV line has as many fields as its header; every JSON table is a document. */
static size_t fields(const char **line)
{
    size_t n = 1;
    bool quoted = false;

    for (; **line && (quoted || **line != '\n'); (*line)++) {
        if (**line == '"') quoted = !quoted;
        else if (**line == ',' && !quoted) n++;
    }
    if (**line) (*line)++;
    return n;
}

static void tables_are_whole(void **state)
{
    gr_status (*const make[])(gr_buf *, const gr_records *, gr_table_format, gr_err *) = { gr_table_comparison, gr_table_seeds, gr_table_history,
                                                                                           gr_table_leaderboard };
    gr_rng g;

    (void)state;
    gr_rng_init(&g, 7, GR_RNG_DEMO, 2);
    for (int i = 0; i < 60; i++) {
        gr_record list[12];
        const gr_records r = { list, gr_rng_below(&g, 13) };
        for (size_t k = 0; k < r.n; k++) random_record(&list[k], &g);
        for (size_t m = 0; m < 4; m++)
            for (int f = GR_TABLE_TEXT; f <= GR_TABLE_JSON; f++) {
                gr_buf b = { 0 };
                gr_err err = GR_ERR_INIT;
                assert_ok(make[m](&b, &r, (gr_table_format)f, &err), &err);
                if (f == GR_TABLE_CSV) {
                    const char *p = b.p;
                    const size_t columns = fields(&p);
                    while (*p) assert_int_equal(fields(&p), columns);
                }
                if (f == GR_TABLE_JSON) {
                    gr_json *j = NULL;
                    assert_ok(gr_json_parse(&j, b.p, b.n, &err), &err);
                    gr_json_free(j);
                }
                gr_buf_free(&b);
            }
        for (size_t k = 0; k < r.n; k++) gr_record_free(&list[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(there_and_back), cmocka_unit_test(tables_are_whole) };
    return gr_test_main(tests);
}
