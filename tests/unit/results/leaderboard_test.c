/* leaderboard_test.c - the score rule of GLUE, ranks, seeds, what is left out of the mean. */
#include "results/table.h"
#include "tests/unit/results/made.h"

static const char header[] = "rank,model,params,suite,score,score_rule,n_tasks,%sseeds,score_std,train_seconds,examples_per_second,"
                             "peak_memory_mb,device,precision,data,date,git_revision,record\n";

static void expect(const gr_records *r, const char *tasks, const char *rows)
{
    gr_buf got = { 0 }, want = { 0 };
    const char *at = strstr(header, "%s");
    gr_err err = GR_ERR_INIT;

    gr_buf_add(&want, header, (size_t)(at - header));
    gr_buf_adds(&want, tasks);
    gr_buf_adds(&want, at + 2);
    gr_buf_adds(&want, rows);
    assert_ok(gr_table_leaderboard(&got, r, GR_TABLE_CSV, &err), &err);
    assert_text(&got, want.p);
    gr_buf_free(&got);
    gr_buf_free(&want);
}

static void plain_paths(gr_records *r)
{
    for (size_t i = 0; i < r->n; i++) MADE_COPY(r->r[i].path, "s/r.json");
}

/* mrpc: mean of accuracy 0.8 and f1 0.6 = 0.7; sst2 0.9; score (0.7 + 0.9) / 2. wnli has a column and no share. */
static void score_rule(void **state)
{
    gr_records r = { 0 };

    (void)state;
    made_metric(made_accuracy(&r, "mrpc", "small", 42, 0, 0.8), "validation", "f1", true, 0, 0.6);
    (void)made_accuracy(&r, "sst2", "small", 42, 0, 0.9);
    made_accuracy(&r, "wnli", "small", 42, 0, 0.1)->out_of_mean = true;
    (void)made_accuracy(&r, "mrpc", "large", 42, 0, 0.9);
    (void)made_accuracy(&r, "sst2", "large", 42, 0, 0.95);
    made_no_data(&r, "rte");
    plain_paths(&r);
    expect(&r, "mrpc,sst2,wnli,",
           "1,large,1000,glue,0.925,glue,2,0.9,0.95,,1,,4,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n"
           "2,small,1000,glue,0.8,glue,2,0.7,0.9,0.1,1,,6,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    gr_records_free(&r);
}

/* Of two evaluated splits the first counts; what was predicted only makes no row. */
static void splits_and_predictions(void **state)
{
    gr_records r = { 0 };
    gr_record *x;

    (void)state;
    made_metric(made_accuracy(&r, "mnli", "small", 42, 0, 0.75), "validation_mismatched", "accuracy", true, 0, 0.25);
    x = made_accuracy(&r, "ax", "mnli-small-42", 42, 0, 0);
    x->n_metrics = 0;
    x->out_of_mean = true;
    plain_paths(&r);
    expect(&r, "mnli,",
           "1,small,1000,glue,0.75,glue,1,0.75,1,,2,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    gr_records_free(&r);
}

/* The main split makes the number wherever it stands in the list; where it was not evaluated, what was. */
static void main_split(void **state)
{
    gr_records r = { 0 };
    gr_record *x;

    (void)state;
    x = made_accuracy(&r, "mnli", "small", 42, 0, 0.25);
    made_metric(x, "matched", "accuracy", true, 0, 0.75);
    MADE_COPY(x->main_split, "matched");
    MADE_COPY(made_accuracy(&r, "rte", "small", 42, 0, 0.25)->main_split, "matched");
    plain_paths(&r);
    expect(&r, "mnli,rte,",
           "1,small,1000,glue,0.5,glue,2,0.75,0.25,1,,4,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    gr_records_free(&r);
}

/* Scores of seeds 1 and 2: (0.6 + 0.8) / 2 = 0.7 and (0.8 + 0.8) / 2 = 0.8; deviation 0.1 / sqrt(2). */
static void seeds(void **state)
{
    gr_records r = { 0 };

    (void)state;
    (void)made_accuracy(&r, "mrpc", "m", 1, 0, 0.6);
    (void)made_accuracy(&r, "mrpc", "m", 2, 0, 0.8);
    (void)made_accuracy(&r, "sst2", "m", 1, 0, 0.8);
    (void)made_accuracy(&r, "sst2", "m", 2, 0, 0.8);
    plain_paths(&r);
    expect(&r, "mrpc,sst2,",
           "1,m,1000,glue,0.75,glue,2,0.7,0.8,2,0.0707107,8,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    gr_records_free(&r);
}

/* A collapsed task has no value and no share; a model with nothing but collapsed runs has no rank and stands last. */
static void collapsed(void **state)
{
    gr_records r = { 0 };

    (void)state;
    made_failed(made_accuracy(&r, "mrpc", "bad", 42, 0, 0.99), GR_RUN_COLLAPSED, "every prediction is the same class");
    made_failed(made_accuracy(&r, "mrpc", "good", 42, 0, 0.99), GR_RUN_COLLAPSED, "every prediction is the same class");
    (void)made_accuracy(&r, "sst2", "good", 42, 0, 0.9);
    plain_paths(&r);
    expect(&r, "mrpc,sst2,",
           "1,good,1000,glue,0.9,glue,1,,0.9,1,,4,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n"
           ",bad,1000,glue,,glue,0,,,0,,2,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    gr_records_free(&r);
}

/* Another recipe is another entry, but what a task sets itself (its length) is not; nor is where a value came from. */
static void recipes(void **state)
{
    gr_records r = { 0 };

    (void)state;
    made_recipe(made_accuracy(&r, "mrpc", "m", 42, 0, 0.6), "max-length", 128, "task");
    made_recipe(made_accuracy(&r, "imdb", "m", 42, 0, 0.8), "max-length", 512, "task");
    made_recipe(made_accuracy(&r, "mrpc", "m", 43, 0, 0.9), "learning-rate", 1, "command line");
    MADE_COPY(r.r[1].suite, "sentiment");
    plain_paths(&r);
    expect(&r, "mrpc,imdb,", /* the higher score of one task stands behind the lower one of both */
           "1,m,1000,default,0.7,glue,2,0.6,0.8,1,,4,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n"
           "2,m,1000,glue,0.9,glue,1,0.9,,1,,2,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    gr_records_free(&r);
}

/* However many options differ, none is cut off: "rows 100" that ends after a digit would be another number. */
static void long_recipes(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;
    char option[32];

    (void)state;
    for (int k = 0; k < 2; k++) {
        gr_record *x = made_accuracy(&r, "mrpc", "m", 42 + (uint64_t)k, 0, 0.6);
        for (int i = 0; i < 30; i++) {
            (void)snprintf(option, sizeof option, "option-%d", i);
            made_recipe(x, option, 1000 * k + i, "command line");
        }
    }
    assert_ok(gr_table_leaderboard(&b, &r, GR_TABLE_MD, &err), &err);
    assert_non_null(strstr(b.p, "option-28 1028, option-29 1029 |\n"));
    gr_buf_free(&b);
    gr_records_free(&r);
}

/* People see which recipe a row is of; the columns of the CSV are fixed. */
static void recipes_for_people(void **state)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    made_recipe(made_accuracy(&r, "mrpc", "m", 42, 0, 0.6), "learning-rate", 1, "command line");
    made_recipe(made_accuracy(&r, "mrpc", "m", 43, 0, 0.9), "learning-rate", 2, "command line");
    plain_paths(&r);
    assert_ok(gr_table_leaderboard(&b, &r, GR_TABLE_MD, &err), &err);
    assert_non_null(strstr(b.p, "| score | mrpc | recipe |\n"));
    assert_non_null(strstr(b.p, "| 90.0 | learning-rate 2 |\n| 2 |"));
    gr_buf_reset(&b);
    made_recipe(&r.r[0], "max-length", 128, "task"); /* of another task: what it sets itself is no difference */
    made_recipe(&r.r[1], "max-length", 512, "task");
    MADE_COPY(r.r[1].task, "imdb");
    assert_ok(gr_table_leaderboard(&b, &r, GR_TABLE_MD, &err), &err);
    assert_non_null(strstr(b.p, "| 90.0 | learning-rate 2 |\n| 2 |"));
    MADE_COPY(r.r[1].task, "mrpc");
    gr_buf_free(&b);
    expect(&r, "mrpc,", "1,m,1000,glue,0.9,glue,1,0.9,1,,2,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n"
                        "2,m,1000,glue,0.6,glue,1,0.6,1,,2,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    gr_records_free(&r);
}

static void expect_as(const gr_records *r, gr_table_format f, const char *want)
{
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_table_leaderboard(&b, r, f, &err), &err);
    assert_text(&b, want);
    gr_buf_free(&b);
}

/* People get what GLUE's leaderboard has, in percent: mrpc (0.8 + 0.6) / 2, the score (0.7 + 0.9) / 2. What is the same in every row is left out. */
static void for_people(void **state)
{
    gr_records r = { 0 };

    (void)state;
    made_metric(made_accuracy(&r, "mrpc", "m", 1, 0, 0.8), "validation", "f1", true, 0, 0.6);
    made_accuracy(&r, "sst2", "m", 1, 0, 0.9)->model_params = 1000;
    made_accuracy(&r, "wnli", "m", 1, 0, 0.25)->out_of_mean = true;
    r.r[0].model_params = 22713216;
    expect_as(&r, GR_TABLE_MD, "| rank | model | params | score | mrpc | sst2 | wnli |\n|---:|---|---|---:|---:|---:|---:|\n"
                               "| 1 | m | 22.7M | 80.0 | 70.0 | 90.0 | 25.0 |\n\n"
                               "In percent. The score is the mean over tasks but wnli; a task with several headline metrics counts with their mean.\n");
    expect_as(&r, GR_TABLE_LATEX, "\\begin{tabular}{rllrrrr}\n\\hline\nrank & model & params & score & mrpc & sst2 & wnli \\\\\n\\hline\n"
                                  "1 & m & 22.7M & 80.0 & 70.0 & 90.0 & 25.0 \\\\\n\\hline\n\\end{tabular}\n");
    gr_records_free(&r);
}

/* Several seeds: their deviation and number behind the score. Rows with nothing of a task, or no score, have an empty cell. */
static void seeds_for_people(void **state)
{
    gr_records r = { 0 };

    (void)state;
    (void)made_accuracy(&r, "mrpc", "a", 1, 0, 0.6);
    (void)made_accuracy(&r, "mrpc", "a", 2, 0, 0.8);
    (void)made_accuracy(&r, "sst2", "b", 1, 0, 0.5);
    made_failed(made_accuracy(&r, "sst2", "c", 1, 0, 0.99), GR_RUN_COLLAPSED, "every prediction is the same class");
    for (size_t i = 0; i < r.n; i++) MADE_COPY(r.r[i].data, i == 2 ? "demo" : "published");
    expect_as(&r, GR_TABLE_TEXT, "rank  model  params  score   std  seeds  mrpc  sst2  data\n"
                                 "   1  a      1000     70.0  14.1      2  70.0        published\n"
                                 "   2  b      1000     50.0            1        50.0  demo\n"
                                 "      c      1000                     0              published\n\n"
                                 "In percent. The score is the mean over tasks; a task with several headline metrics counts with their mean.\n");
    gr_records_free(&r);
}

/* A job that failed before it had a model makes no row. */
static void without_a_model(void **state)
{
    gr_records r = { 0 };

    (void)state;
    (void)made_accuracy(&r, "sst2", "m", 42, 0, 0.9);
    made_failed(made_accuracy(&r, "ax", "", 42, 0, 0), GR_RUN_FAILED, "there is no model of mnli with this seed");
    plain_paths(&r);
    expect(&r, "sst2,", "1,m,1000,glue,0.9,glue,1,0.9,1,,2,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    gr_records_free(&r);
}

/* A diagnostic task has each seed's own model: rows without a share in any mean stand only where there is nothing else. */
static void out_of_the_mean(void **state)
{
    gr_records r = { 0 };

    (void)state;
    made_accuracy(&r, "extract", "m-42", 42, 0, 0.5)->out_of_mean = true;
    plain_paths(&r);
    expect(&r, "extract,", ",m-42,1000,glue,,glue,0,0.5,0,,2,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    (void)made_accuracy(&r, "ttc4900", "m", 42, 0, 0.9);
    made_accuracy(&r, "extract", "m-43", 43, 0, 0.7)->out_of_mean = true;
    made_accuracy(&r, "wnli", "m", 42, 0, 0.3)->out_of_mean = true;
    plain_paths(&r);
    expect(&r, "ttc4900,wnli,", "1,m,1000,glue,0.9,glue,1,0.9,0.3,1,,4,150,64,cpu,f32,published,2026-01-02T03:04:05Z,abc123,r.json\n");
    gr_records_free(&r);
}

/* As many tasks as there are: everybody's own files are tasks too. */
static void many_tasks(void **state)
{
    enum { TASKS = 200 };
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;
    char name[16];

    (void)state;
    for (int i = 0; i < TASKS; i++) {
        (void)snprintf(name, sizeof name, "task%d", i);
        (void)made_accuracy(&r, name, "m", 42, 0, 0.5);
        if (i % 50 == 0) made_accuracy(&r, name, "seed-of-its-own", 42, 0, 0.25)->out_of_mean = true;
    }
    assert_ok(gr_table_leaderboard(&b, &r, GR_TABLE_CSV, &err), &err);
    assert_non_null(strstr(b.p, "n_tasks,task0,task1,"));
    assert_non_null(strstr(b.p, "task198,task199,seeds,"));
    assert_non_null(strstr(b.p, "\n1,m,1000,glue,0.5,glue,200,0.5,"));
    gr_buf_reset(&b);
    assert_ok(gr_table_leaderboard(&b, &r, GR_TABLE_MD, &err), &err);
    assert_non_null(strstr(b.p, " task198 | task199 |\n"));
    gr_buf_free(&b);
    gr_records_free(&r);
}

static void nothing(void **state)
{
    gr_records r = { 0 };

    (void)state;
    made_no_data(&r, "mrpc");
    expect(&r, "", "");
    gr_records_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(score_rule), cmocka_unit_test(splits_and_predictions), cmocka_unit_test(main_split), cmocka_unit_test(seeds), cmocka_unit_test(collapsed), cmocka_unit_test(recipes), cmocka_unit_test(recipes_for_people), cmocka_unit_test(long_recipes), cmocka_unit_test(for_people), cmocka_unit_test(seeds_for_people),
                                        cmocka_unit_test(without_a_model), cmocka_unit_test(out_of_the_mean), cmocka_unit_test(many_tasks), cmocka_unit_test(nothing) };
    return gr_test_main(tests);
}
