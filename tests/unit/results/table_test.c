/* table_test.c - the tables for people and for programs, as text. */
#include "results/table.h"
#include "tests/unit/results/made.h"

static void made_demo_suite(gr_records *r)
{
    gr_record *x = made_accuracy(r, "mrpc", "tiny", 42, 0.25, 0.75);

    made_metric(x, "validation", "f1", true, 0, 0.8);
    x = made_accuracy(r, "sst2", "tiny", 42, 0.5, 0.5);
    made_failed(x, GR_RUN_COLLAPSED, "every prediction is the same class");
    x = made_accuracy(r, "rte", "tiny", 42, 0.5, 0.5);
    made_failed(x, GR_RUN_FAILED, "RTE/train.tsv: line 3: expected 4 columns, found 2");
    made_no_data(r, "wnli");
}

static void comparison_text(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    made_demo_suite(&r);
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_text(&b, "task  metric    baseline  fine-tuned    delta  n eval  train  model  data       status\n"
                    "mrpc  accuracy    0.2500      0.7500  +0.5000      40  2.0 s  tiny   published\n"
                    "      f1          0.0000      0.8000  +0.8000\n"
                    "sst2  accuracy    0.5000      0.5000  +0.0000      40  2.0 s  tiny   published  collapsed\n"
                    "rte                                                           tiny   published  failed\n"
                    "wnli                                                                 published  no data\n"
                    "\n"
                    "sst2 seed 42 collapsed: every prediction is the same class\n"
                    "rte seed 42 failed: RTE/train.tsv: line 3: expected 4 columns, found 2\n");
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* Of two validation sets the first goes by the task's name, with training rows or without; a task without labels was predicted only;
 * a task without data says why. */
static void several_splits(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_record *x;
    gr_err err = GR_ERR_INIT;

    (void)state;
    x = made_accuracy(&r, "mnli", "tiny", 42, NAN, 0.75); /* --epochs 0: no training rows */
    made_metric(x, "second", "accuracy", true, NAN, 0.5);
    MADE_COPY(x->splits[0].name, "validation");
    MADE_COPY(x->splits[1].name, "second");
    x->splits[0].examples = 40;
    x->splits[1].examples = 30;
    x = made_accuracy(&r, "ax", "tiny", 42, 0, 0);
    x->n_metrics = 0;
    x->n_splits = 1;
    x->n_eval = 0;
    x->train_seconds = NAN;
    MADE_COPY(x->splits[0].name, "test");
    made_no_data(&r, "wnli");
    MADE_COPY(r.r[2].message, "WNLI.zip: not found in data");
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_text(&b, "task           metric    fine-tuned  n eval  train  model  data       status\n"
                    "mnli           accuracy      0.7500      40  2.0 s  tiny   published\n"
                    "mnli (second)  accuracy      0.5000      30  2.0 s  tiny   published\n"
                    "ax                                      100         tiny   published  predicted only\n"
                    "wnli                                                       published  no data\n"
                    "\n"
                    "wnli: no data: WNLI.zip: not found in data\n");
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* What was trained only is not evaluated, and its training rows are not counted as such; what was predicted is, as far as it was cut. */
static void without_values(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_record *x;
    gr_err err = GR_ERR_INIT;

    (void)state;
    x = made_accuracy(&r, "mrpc", "tiny", 42, 0, 0);
    x->n_metrics = 0;
    x->n_eval = 0;
    MADE_COPY(x->splits[1].name, "test");
    x = made_accuracy(&r, "ax", "tiny", 42, 0, 0);
    x->n_metrics = 0;
    x->n_eval = 0;
    x->n_splits = 1;
    x->train_seconds = NAN;
    MADE_COPY(x->splits[0].name, "test");
    made_recipe(x, "max-eval-samples", 20, "command line");
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_text(&b, "task  metric  fine-tuned  n eval  train  model  data       status\n"
                    "mrpc                              2.0 s  tiny   published  not evaluated\n"
                    "ax                            20         tiny   published  predicted only\n");
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* The same file is missing in every suite of an output folder. */
static void reasons_once(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    const char *first;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        made_no_data(&r, i < 2 ? "wnli" : "nli");
        MADE_COPY(r.r[i].message, "WNLI.zip: not found in data");
    }
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    first = strstr(b.p, "\nwnli: no data: WNLI.zip: not found in data\n");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\nwnli: no data"));
    assert_non_null(strstr(first + 1, "\nnli: no data: WNLI.zip")); /* the end of another line is not the same line */
    gr_buf_free(&b);
    gr_records_free(&r);
}

static void comparison_csv(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    made_demo_suite(&r);
    for (size_t i = 0; i < r.n; i++) MADE_COPY(r.r[i].path, "a/b.json");
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_text(&b, "task,metric,headline,baseline,finetuned,delta,n_eval,split,model,data,seeds,std,status,record\n"
                    "mrpc,accuracy,1,0.25,0.75,0.5,40,validation,tiny,published,42,,ok,b.json\n"
                    "mrpc,loss,0,0.7,0.4,-0.3,40,validation,tiny,published,42,,ok,b.json\n"
                    "mrpc,f1,1,0,0.8,0.8,40,validation,tiny,published,42,,ok,b.json\n"
                    "sst2,accuracy,1,0.5,0.5,0,40,validation,tiny,published,42,,collapsed,b.json\n"
                    "sst2,loss,0,0.7,0.4,-0.3,40,validation,tiny,published,42,,collapsed,b.json\n"
                    "rte,,,,,,,,tiny,published,42,,failed,b.json\n"
                    "wnli,,,,,,,,,published,,,no data,b.json\n");
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* Seeds 42, 43, 44 with 0.6, 0.7, 0.8: mean 0.7, sample deviation 0.1. A collapsed seed is named, not averaged. */
static void seeds_are_pooled(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (uint64_t i = 0; i < 3; i++) (void)made_accuracy(&r, "mrpc", "tiny", 42 + i, 0.2, 0.6 + 0.1 * (double)i);
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_text(&b, "task  metric    baseline  fine-tuned    delta     std  n eval  train  model  data       status\n"
                    "mrpc  accuracy    0.2000      0.7000  +0.5000  0.1000      40  2.0 s  tiny   published  3 seeds\n");
    gr_buf_reset(&b);
    made_failed(made_accuracy(&r, "mrpc", "tiny", 45, 0.2, 0.1), GR_RUN_COLLAPSED, "every prediction is the same class");
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_text(&b, "task  metric    baseline  fine-tuned    delta     std  n eval  train  model  data       status\n"
                    "mrpc  accuracy    0.2000      0.7000  +0.5000  0.1000      40  2.0 s  tiny   published  1 of 4 collapsed\n"
                    "\n"
                    "mrpc seed 45 collapsed: every prediction is the same class\n");
    gr_buf_reset(&b);
    assert_ok(gr_table_seeds(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_text(&b, "task,model,data,seed,split,metric,baseline,fine-tuned,delta,status,recipe\n"
                    "mrpc,tiny,published,42,validation,accuracy,0.2000,0.6000,+0.4000,ok,\n"
                    "mrpc,tiny,published,43,validation,accuracy,0.2000,0.7000,+0.5000,ok,\n"
                    "mrpc,tiny,published,44,validation,accuracy,0.2000,0.8000,+0.6000,ok,\n"
                    "mrpc,tiny,published,45,validation,accuracy,0.2000,0.1000,-0.1000,collapsed,\n");
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* Run again, with --save-model say: every table has the newest alone. */
static void again(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < 2; i++) {
        gr_record *x = made_accuracy(&r, "mrpc", "tiny", 42, 0.2, 0.6 + 0.1 * i);
        gr_rec_point *p = gr_record_point(x);
        assert_non_null(p);
        p->step = 10 + i;
        p->epoch = 1;
    }
    assert_ok(gr_table_seeds(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_text(&b, "task,model,data,seed,split,metric,baseline,fine-tuned,delta,status,recipe\n"
                    "mrpc,tiny,published,42,validation,accuracy,0.2000,0.7000,+0.5000,ok,\n");
    gr_buf_reset(&b);
    assert_ok(gr_table_history(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_non_null(strstr(b.p, ",11,"));
    assert_null(strstr(b.p, ",10,"));
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* Recipes are the same when their values are, wherever those came from; a run done again counts once. */
static void groups_by_value(void **state)
{
    gr_records r = { 0 };
    gr_record *x;
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)made_accuracy(&r, "mrpc", "tiny", 42, 0.2, 0.6);
    x = made_accuracy(&r, "mrpc", "tiny", 43, 0.2, 0.8);
    gr_json_free(x->recipe);
    x->recipe = NULL;
    made_recipe(x, "epochs", 3, "command line");
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_non_null(strstr(b.p, "mrpc,accuracy,1,0.2,0.7,0.5,40,validation,tiny,published,42 43,0.141421,ok"));
    gr_buf_reset(&b);
    (void)made_accuracy(&r, "mrpc", "tiny", 43, 0.2, 0.9); /* the same key: run again */
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_non_null(strstr(b.p, "mrpc,accuracy,1,0.2,0.75,0.55,"));
    gr_buf_reset(&b);
    x = made_accuracy(&r, "mrpc", "tiny", 44, 0.2, 0.3);
    gr_json_free(x->recipe);
    x->recipe = NULL;
    made_recipe(x, "epochs", 4, "command line"); /* another recipe: a row of its own */
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_non_null(strstr(b.p, "mrpc,accuracy,1,0.2,0.75,0.55,"));
    assert_non_null(strstr(b.p, "mrpc,accuracy,1,0.2,0.3,0.1,40,validation,tiny,published,44,,ok"));
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* Rows of one task, model and data say in what their recipes differ; a recipe that others have too is not written out. */
static void told_apart(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < 3; i++) {
        gr_record *x = made_accuracy(&r, "mrpc", "tiny", 42, 0.25, 0.5 + i / 8.0);
        MADE_COPY(x->key, i == 0 ? "a" : i == 1 ? "b" : "c");
        made_recipe(x, "learning-rate", i == 0 ? 1e-5 : 2e-5, "command line");
        made_recipe(x, "max-train-samples", i == 2 ? 0 : 50, "command line");
        made_recipe(x, "dropout", i == 1 ? 0.5 : -1, i == 2 ? "command line" : i == 1 ? "recipe" : "default");
        MADE_COPY(x->precision, i == 1 ? "bf16" : "f32");
    }
    (void)made_accuracy(&r, "rte", "tiny", 42, 0.25, 0.5);
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_text(&b, "task  metric    baseline  fine-tuned    delta  n eval  train  model  data       recipe\n"
                    "mrpc  accuracy    0.2500      0.5000  +0.2500      40  2.0 s  tiny   published  learning-rate 1e-05, max-train-samples 50, f32\n"
                    "mrpc  accuracy    0.2500      0.6250  +0.3750      40  2.0 s  tiny   published  learning-rate 2e-05, max-train-samples 50, dropout 0.5, bf16\n"
                    "mrpc  accuracy    0.2500      0.7500  +0.5000      40  2.0 s  tiny   published  learning-rate 2e-05, max-train-samples all, dropout default, f32\n"
                    "rte   accuracy    0.2500      0.5000  +0.2500      40  2.0 s  tiny   published\n");
    made_recipe(&r.r[3], "freeze", 1, "command line");
    (void)made_accuracy(&r, "rte", "tiny", 42, 0.25, 0.5);
    made_recipe(&r.r[4], "freeze", 0, "default");
    MADE_COPY(r.r[4].key, "d");
    gr_buf_reset(&b);
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_non_null(strstr(b.p, "published  freeze 1\nrte   accuracy    0.2500      0.5000  +0.2500      40  2.0 s  tiny   published  defaults\n"));
    gr_buf_reset(&b);
    assert_ok(gr_table_seeds(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_non_null(strstr(b.p, "+0.3750  ok      learning-rate 2e-05, max-train-samples 50, dropout 0.5, bf16\n"));
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* Records of another version may have their options in another order, or not have one at all: each is compared with its like. */
static void options_in_any_order(void **state)
{
    static const char *const orders[][3] = { { "dropout", "freeze", "sample" }, { "sample", "dropout", "freeze" }, { "freeze", "sample", NULL } };
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < 3; i++) {
        gr_record *x = made_accuracy(&r, "mrpc", "tiny", 42, 0.25, 0.5);
        MADE_COPY(x->key, i == 0 ? "a" : i == 1 ? "b" : "c");
        for (int k = 0; k < 3 && orders[i][k]; k++) made_recipe(x, orders[i][k], orders[i][k][0] == 'f' ? 7 : 3, "command line");
    }
    assert_ok(gr_table_seeds(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_text(&b, "task,model,data,seed,split,metric,baseline,fine-tuned,delta,status,recipe\n"
                    "mrpc,tiny,published,42,validation,accuracy,0.2500,0.5000,+0.2500,ok,dropout 3\n"
                    "mrpc,tiny,published,42,validation,accuracy,0.2500,0.5000,+0.2500,ok,dropout 3\n"
                    "mrpc,tiny,published,42,validation,accuracy,0.2500,0.5000,+0.2500,ok,\n");
    gr_buf_free(&b);
    gr_records_free(&r);
}

static void other_splits(void **state)
{
    gr_records r = { 0 };
    gr_record *x = made_accuracy(&r, "mrpc", "tiny", 42, NAN, 0.75);
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    made_metric(x, "test", "accuracy", true, NAN, 0.5);
    made_metric(x, "test", "PER.f1", false, NAN, 0.5);
    MADE_COPY(x->splits[2].name, "test");
    x->splits[2].examples = 60;
    x->n_splits = 3;
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_text(&b, "task         metric    fine-tuned  n eval  train  model  data\n"
                    "mrpc         accuracy      0.7500      40  2.0 s  tiny   published\n"
                    "mrpc (test)  accuracy      0.5000      60  2.0 s  tiny   published\n");
    gr_buf_reset(&b);
    made_recipe(x, "max-eval-samples", 50, "command line");
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_non_null(strstr(b.p, "mrpc,accuracy,1,,0.5,,50,test,"));
    assert_non_null(strstr(b.p, "mrpc,PER.f1,0,,0.5,,50,test,"));
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* Odd names through every format. */
static void quoting(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_json *j = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)made_accuracy(&r, "mrpc", "a,\"b\"|<c>&_%", 42, 0.25, 0.75);
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_non_null(strstr(b.p, ",\"a,\"\"b\"\"|<c>&_%\",published,"));
    gr_buf_reset(&b);
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_MD, &err), &err);
    assert_text(&b, "| task | metric | baseline | fine-tuned | delta | n eval | train | model | data |\n"
                    "|---|---|---:|---:|---:|---:|---|---|---|\n"
                    "| mrpc | accuracy | 0.2500 | 0.7500 | +0.5000 | 40 | 2.0 s | a,\"b\"\\|<c>&_% | published |\n");
    gr_buf_reset(&b);
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_LATEX, &err), &err);
    assert_text(&b, "\\begin{tabular}{llrrrrlll}\n\\hline\ntask & metric & baseline & fine-tuned & delta & n eval & train & model & data \\\\\n\\hline\n"
                    "mrpc & accuracy & 0.2500 & 0.7500 & +0.5000 & 40 & 2.0 s & a,\"b\"|\\textless{}c\\textgreater{}\\&\\_\\% & published \\\\\n\\hline\n\\end{tabular}\n");
    gr_buf_reset(&b);
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_HTML, &err), &err);
    assert_non_null(strstr(b.p, "<td>a,&quot;b&quot;|&lt;c&gt;&amp;_%</td>"));
    gr_buf_reset(&b);
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_JSON, &err), &err);
    assert_ok(gr_json_parse(&j, b.p, b.n, &err), &err);
    assert_int_equal(gr_json_len(j), 2);
    assert_string_equal(gr_json_str(gr_json_get(gr_json_at(j, 0), "model"), ""), "a,\"b\"|<c>&_%");
    assert_true(gr_json_num(gr_json_get(gr_json_at(j, 0), "delta"), 0) == 0.5);
    assert_true(gr_json_is_null(gr_json_get(gr_json_at(j, 0), "std")));
    gr_json_free(j);
    gr_buf_free(&b);
    gr_records_free(&r);
}

static void history(void **state)
{
    gr_records r = { 0 };
    gr_record *x = made_accuracy(&r, "mrpc", "tiny", 42, 0.25, 0.75);
    gr_rec_point *p = gr_record_point(x);
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    p->epoch = 0.5;
    p->step = 7;
    p->train_loss = 0.6;
    p->n_metrics = 1;
    MADE_COPY(p->metric[0].name, "accuracy");
    p->metric[0].value = 0.5;
    assert_ok(gr_table_history(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_text(&b, "task,model,seed,epoch,step,train loss,eval loss,metric,value,recipe\nmrpc,tiny,42,0.5,7,0.6000,,accuracy,0.5000,\n");
    gr_buf_free(&b);
    gr_records_free(&r);
}

static void notes(void **state)
{
    gr_records r = { 0 };
    gr_record *x;
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)made_accuracy(&r, "mrpc", "another", 42, 0.25, 0.75); /* a model without a note */
    x = made_accuracy(&r, "mrpc", "demo", 42, 0.25, 0.75);
    MADE_COPY(x->data, "demo");
    MADE_COPY(x->model_note, "made here");
    assert_ok(gr_table_comparison(&b, &r, GR_TABLE_TEXT, &err), &err);
    assert_non_null(strstr(b.p, "\nmodel demo: made here\ndata demo: "));
    gr_buf_free(&b);
    gr_records_free(&r);
}

static void formats(void **state)
{
    static const char *const names[] = { "text", "md", "csv", "latex", "html", "json" };
    gr_table_format f;
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < 6; i++) {
        assert_ok(gr_table_format_find(&f, names[i], &err), &err);
        assert_int_equal((int)f, i);
    }
    assert_status(gr_table_format_find(&f, "pdf", &err), GR_E_ARG, &err, "pdf");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(comparison_text), cmocka_unit_test(several_splits), cmocka_unit_test(without_values), cmocka_unit_test(reasons_once), cmocka_unit_test(comparison_csv), cmocka_unit_test(seeds_are_pooled), cmocka_unit_test(again),
                                        cmocka_unit_test(groups_by_value), cmocka_unit_test(told_apart), cmocka_unit_test(options_in_any_order), cmocka_unit_test(other_splits), cmocka_unit_test(quoting),
                                        cmocka_unit_test(history), cmocka_unit_test(notes), cmocka_unit_test(formats) };
    return gr_test_main(tests);
}
