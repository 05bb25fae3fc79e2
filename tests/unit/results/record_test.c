/* record_test.c - a record in memory and as a file. */
#include "tests/unit/results/made.h"

static void fill(gr_record *r)
{
    gr_rec_point *p;
    gr_err err = GR_ERR_INIT;

    made_run(r, "mrpc", "tiny", 43);
    made_recipe(r, "learning-rate", 5e-5, "command line");
    made_metric(r, "validation", "accuracy", true, 0.25, 0.1 + 0.2);
    made_metric(r, "validation", "f1", true, NAN, 0.75);
    p = gr_record_point(r);
    assert_non_null(p);
    p->epoch = 1;
    p->step = 13;
    p->train_loss = 1.0 / 3;
    p->eval_loss = 0.7;
    p->n_metrics = 1;
    MADE_COPY(p->metric[0].name, "accuracy");
    p->metric[0].value = 0.5;
    assert_ok(gr_record_warn(r, "a \"quoted\" warning\twith a tab", &err), &err);
    MADE_COPY(r->predictions, "x.predictions.jsonl");
    MADE_COPY(r->message, "");
    MADE_COPY(r->main_split, "validation");
    MADE_COPY(r->splits[1].submission, "MRPC.tsv");
    r->splits[1].form = GR_SUBMIT_VALUES;
    r->splits[1].hi = 5;
}

static char *text_of(const gr_record *r)
{
    gr_json *j = NULL;
    char *text = NULL;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_record_to_json(&j, r, &err), &err);
    assert_ok(gr_json_print(&text, j, true, &err), &err);
    gr_json_free(j);
    return text;
}

static void init_is_unknown(void **state)
{
    gr_record r;

    (void)state;
    gr_record_init(&r);
    assert_true(isnan(r.epochs) && isnan(r.train_loss) && isnan(r.train_seconds) && isnan(r.peak_memory_mb) && isnan(r.tokens_per_second));
    assert_true(r.n_metrics == 0 && r.n_history == 0 && r.model[0] == '\0' && r.recipe == NULL);
    gr_record_free(&r);
    gr_record_free(&r); /* a second time is harmless */
}

static void status_names(void **state)
{
    static const char *const names[] = { "ok", "failed", "collapsed", "no data", "interrupted" };
    gr_run_status s;

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_string_equal(gr_run_status_name((gr_run_status)i), names[i]);
        assert_true(gr_run_status_find(&s, names[i]) && (int)s == i);
    }
    assert_false(gr_run_status_find(&s, "fine"));
}

static void metric_is_found_again(void **state)
{
    gr_record r;

    (void)state;
    gr_record_init(&r);
    gr_record_metric(&r, "validation", "f1")->value = 1;
    assert_true(isnan(gr_record_metric(&r, "test", "f1")->value));
    assert_true(gr_record_metric(&r, "validation", "f1")->value == 1);
    assert_int_equal(r.n_metrics, 2);
    gr_record_free(&r);
}

static void identity(void **state)
{
    const char *path = made_path("r.json");
    gr_record a, b;
    char *x, *y;
    gr_err err = GR_ERR_INIT;

    (void)state;
    fill(&a);
    x = text_of(&a);
    assert_ok(gr_record_write(&a, path, &err), &err);
    assert_string_equal(a.path, path);
    assert_ok(gr_record_read(&b, path, &err), &err);
    y = text_of(&b);
    assert_string_equal(x, y);
    assert_true(b.metrics[0].value == 0.1 + 0.2); /* to the bit */
    assert_true(isnan(b.metrics[1].baseline) && isnan(b.total_flops));
    assert_string_equal(b.main_split, "validation");
    assert_string_equal(b.warnings[0], "a \"quoted\" warning\twith a tab");
    assert_true(b.splits[0].form == GR_SUBMIT_NONE && b.splits[1].form == GR_SUBMIT_VALUES && b.splits[1].lo == 0 && b.splits[1].hi == 5);
    assert_string_equal(b.splits[1].submission, "MRPC.tsv");
    assert_true(b.seed == 43 && b.labels[1][0] == 'y' && b.history[0].step == 13);
    assert_non_null(strstr(x, "\"total_flops\": null")); /* unknown is never 0 */
    free(x);
    free(y);
    gr_record_free(&a);
    gr_record_free(&b);
}

/* Which split makes the task's number, and what rows are called; a record that does not say so has its first evaluated one. */
static void main_split(void **state)
{
    gr_json *j = gr_json_new_object(), *whole = NULL;
    gr_record a, b;
    char name[120];
    gr_err err = GR_ERR_INIT;

    (void)state;
    fill(&a);
    MADE_COPY(a.main_split, "test");
    gr_record_row_name(name, sizeof name, &a, "test");
    assert_string_equal(name, "mrpc");
    gr_record_row_name(name, sizeof name, &a, "validation");
    assert_string_equal(name, "mrpc (validation)");
    gr_record_row_name(name, sizeof name, &a, "");
    assert_string_equal(name, "mrpc");
    assert_ok(gr_record_to_json(&whole, &a, &err), &err);
    for (const gr_json *v = gr_json_first(whole); v; v = gr_json_next(v))
        if (strcmp(gr_json_key(v), "main_split") != 0) gr_json_add_copy(j, gr_json_key(v), v);
    assert_ok(gr_record_from_json(&b, j, &err), &err);
    assert_string_equal(gr_record_main_split(&b), "validation");
    gr_json_free(j);
    gr_json_free(whole);
    gr_record_free(&a);
    gr_record_free(&b);
}

/* Take a key out, or change its text, and see the key named. */
static void damaged(const char *from, const char *to, gr_status want, const char *part)
{
    gr_record r;
    gr_json *j = NULL;
    gr_buf text = { 0 };
    char *whole, *at;
    gr_err err = GR_ERR_INIT;

    fill(&r);
    whole = text_of(&r);
    at = strstr(whole, from);
    if (!at) fail_msg("'%s' is not in the record", from);
    gr_buf_add(&text, whole, (size_t)(at - whole));
    gr_buf_adds(&text, to);
    gr_buf_adds(&text, at + strlen(from));
    assert_ok(gr_json_parse(&j, text.p, text.n, &err), &err);
    gr_record_free(&r);
    assert_status(gr_record_from_json(&r, j, &err), want, &err, part);
    gr_json_free(j);
    gr_buf_free(&text);
    free(whole);
}

static void strict(void **state)
{
    gr_record r;
    gr_err err = GR_ERR_INIT;
    const char *path = made_path("none.json");

    (void)state;
    damaged("\"schema\": 1", "\"schema\": 2", GR_E_UNSUPPORTED, "schema 2");
    damaged("\"schema\"", "\"scheme\"", GR_E_FORMAT, "schema");
    damaged("\"status\": \"ok\"", "\"status\": \"fine\"", GR_E_FORMAT, "fine");
    damaged("\"task\": \"mrpc\"", "\"task\": 7", GR_E_FORMAT, "task");
    damaged("\"seed\": 43", "\"seed\": -1", GR_E_FORMAT, "seed");
    damaged("\"threads\": 2", "\"threads\": 2.5", GR_E_FORMAT, "threads");
    damaged("\"deterministic\": false", "\"deterministic\": 0", GR_E_FORMAT, "deterministic");
    damaged("\"train_loss\": 0.5", "\"train_loss\": \"0.5\"", GR_E_FORMAT, "train_loss");
    damaged("\"finetuned\": 0.75", "\"tuned\": 0.75", GR_E_FORMAT, "finetuned");
    damaged("\"file\": \"MRPC.tsv", "\"file\": \"../MRPC.tsv", GR_E_FORMAT, "plain name");
    damaged("\"predictions\": \"values", "\"predictions\": \"words", GR_E_FORMAT, "words");
    damaged("\"key\": \"", "\"key\": \"0123456789abcdef0", GR_E_FORMAT, "key");
    damaged("\"history\"", "\"past\"", GR_E_FORMAT, "history");
    damaged("\"labels\": [", "\"labels\": [3, ", GR_E_FORMAT, "labels");
    assert_status(gr_record_read(&r, path, &err), GR_E_NOTFOUND, &err, "none.json");
    assert_ok(gr_fs_write(path, "[]", 2, &err), &err);
    assert_status(gr_record_read(&r, path, &err), GR_E_FORMAT, &err, "none.json: not a record");
    assert_ok(gr_fs_write(path, "{\"schema\":", 10, &err), &err);
    assert_status(gr_record_read(&r, path, &err), GR_E_FORMAT, &err, "none.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(init_is_unknown), cmocka_unit_test(status_names), cmocka_unit_test(metric_is_found_again),
                                        cmocka_unit_test(identity), cmocka_unit_test(main_split), cmocka_unit_test(strict) };
    return gr_test_main(tests);
}
