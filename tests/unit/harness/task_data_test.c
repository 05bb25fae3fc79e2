/* task_data_test.c - which splits are loaded, which rows train. */
#include "tests/unit/harness/stage.h"

static gr_status open_with(stage *s, const char *splits, gr_err *err)
{
    gr_task_data_close(&s->data);
    s->o.eval_splits = splits;
    return gr_task_data_open(&s->data, s->task, &(gr_task_data_opts){ .dir = "", .tok = s->tok, .max_length = 64, .pool = s->pool }, &s->o, err);
}

static void which_splits(void **state)
{
    stage s;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("s.csv", 12), stage_csv("s2.csv", 9));
    assert_ok(open_with(&s, "validation", &err), &err);
    assert_true(s.data.n_splits == 2 && s.data.n_eval == 1 && s.data.split[0].examples.n == 12 && s.data.split[1].examples.n == 9);
    assert_ok(open_with(&s, "validation, train", &err), &err);
    assert_true(s.data.n_eval == 2 && strcmp(s.data.split[2].name, "train") == 0);
    assert_ok(open_with(&s, "train,validation,train", &err), &err);
    assert_true(s.data.n_eval == 2 && strcmp(s.data.split[1].name, "train") == 0 && strcmp(s.data.split[2].name, "validation") == 0);
    assert_ok(open_with(&s, "", &err), &err);
    assert_true(s.data.n_eval == 0 && s.data.n_splits == 1);
    assert_status(open_with(&s, "dev", &err), GR_E_ARG, &err, "no split 'dev'");
    assert_status(open_with(&s, "validation,,train", &err), GR_E_ARG, &err, "not a split");
    assert_true(s.data.n_splits == 0); /* a failure leaves nothing behind */
    stage_close(&s);
}

/* MNLI-like: no "validation", so the first labelled split beside train stands for it; a hidden test set has no labels. */
static void named_otherwise(void **state)
{
    gr_split splits[4] = { { .name = NULL } };
    gr_task task;
    stage s;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("o.csv", 12), stage_csv("o2.csv", 9));
    task = *s.task;
    splits[0] = *gr_split_find(task.splits, "train");
    splits[1] = splits[2] = *gr_split_find(task.splits, "validation");
    splits[1].name = "test";
    splits[1].labelled = false;
    splits[2].name = "validation_matched";
    task.splits = splits;
    assert_ok(gr_task_data_open(&s.data, &task, &(gr_task_data_opts){ .dir = "", .tok = s.tok, .max_length = 64, .pool = s.pool }, &s.o, &err), &err);
    assert_string_equal(s.data.split[1].name, "validation_matched");
    gr_task_data_close(&s.data);
    s.o.eval_splits = "test";
    assert_status(gr_task_data_open(&s.data, &task, &(gr_task_data_opts){ .dir = "", .tok = s.tok, .max_length = 64, .pool = s.pool }, &s.o, &err), GR_E_ARG, &err, "not public");
    s.o.eval_splits = "validation";
    s.o.save_model = true; /* run_glue's file of predictions wants the test rows */
    assert_ok(gr_task_data_open(&s.data, &task, &(gr_task_data_opts){ .dir = "", .tok = s.tok, .max_length = 64, .pool = s.pool }, &s.o, &err), &err);
    assert_true(s.data.n_extra == 1 && s.data.n_splits == 3 && s.data.n_eval == 1);
    stage_close(&s);
}

/* Three tokens are [CLS] word [SEP]: enough for texts, too few for pairs, of which nothing would be cut at all. */
static void room_for_pairs(void **state)
{
    stage s;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("r.csv", 12), stage_csv("r2.csv", 9));
    stage_data(&s, 3);
    assert_int_equal(s.data.split[0].encoded.max_len, 3);
    stage_close(&s);
    STAGE(&s, "x");
    stage_task(&s, stage_file("p.csv", "text,pair,label\na,b,x\nb,a,y\n"), stage_file("p2.csv", "text,pair,label\na,b,x\nb,a,y\n"));
    assert_status(gr_task_data_open(&s.data, s.task, &(gr_task_data_opts){ .dir = "", .tok = s.tok, .max_length = 3, .pool = s.pool }, &s.o, &err), GR_E_ARG, &err,
                  "--max-length 3 leaves no room for text beside the special tokens of a pair: at least 4");
    stage_data(&s, 4);
    assert_int_equal(s.data.split[0].encoded.max_len, 4);
    stage_close(&s);
}

/* Two of each, as MNLI has them: the plain word means both, in the table's order; a name means one. */
static void two_of_each(void **state)
{
    gr_split splits[6] = { { .name = NULL } };
    gr_task task;
    stage s;
    gr_err err = GR_ERR_INIT;
    const gr_task_data_opts from = { .dir = "", .max_length = 64 };
    gr_task_data_opts o;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("t.csv", 12), stage_csv("t2.csv", 9));
    o = from;
    o.tok = s.tok;
    o.pool = s.pool;
    task = *s.task;
    splits[0] = *gr_split_find(task.splits, "train");
    for (int i = 1; i < 5; i++) splits[i] = *gr_split_find(task.splits, "validation");
    splits[1].name = "validation_a";
    splits[2].name = "validation_b";
    splits[3].name = "test_a";
    splits[4].name = "test_b";
    splits[3].labelled = splits[4].labelled = false;
    task.splits = splits;
    assert_ok(gr_task_data_open(&s.data, &task, &o, &s.o, &err), &err);
    assert_true(s.data.n_splits == 3 && s.data.n_eval == 2 && s.data.n_extra == 0 && strcmp(s.data.split[1].name, "validation_a") == 0);
    gr_task_data_close(&s.data);
    s.o.predict_test = true;
    s.o.eval_splits = "validation_b,validation";
    assert_ok(gr_task_data_open(&s.data, &task, &o, &s.o, &err), &err);
    assert_true(s.data.n_splits == 5 && s.data.n_eval == 2 && s.data.n_extra == 2 && strcmp(s.data.split[1].name, "validation_b") == 0);
    assert_string_equal(s.data.split[4].name, "test_b");
    gr_task_data_close(&s.data);
    s.o.eval_splits = "valid";
    assert_status(gr_task_data_open(&s.data, &task, &o, &s.o, &err), GR_E_ARG, &err, "no split 'valid'");
    s.o.eval_splits = "validation,test";
    assert_status(gr_task_data_open(&s.data, &task, &o, &s.o, &err), GR_E_ARG, &err, "split 'test_a' are not public");
    stage_close(&s);
}

/* Without steps the training rows are not asked for; a task without labels is predicted, and its rows are what the run is about. */
static void nothing_trained(void **state)
{
    gr_split splits[2] = { { .name = NULL } };
    gr_task task;
    stage s;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "--epochs", "0");
    stage_task(&s, stage_csv("n.csv", 12), stage_csv("n2.csv", 9));
    assert_false(gr_task_trains(s.task, &s.o));
    assert_ok(open_with(&s, "validation", &err), &err);
    assert_true(s.data.n_splits == 2 && s.data.split[0].examples.n == 0 && s.data.n_eval == 1);
    s.o.max_steps = 1;
    assert_true(gr_task_trains(s.task, &s.o));
    gr_task_data_close(&s.data);
    task = *s.task;
    splits[0] = *gr_split_find(task.splits, "validation");
    splits[0].name = "test";
    splits[0].labelled = false;
    task.splits = splits;
    task.flags = GR_TASK_DIAGNOSTIC;
    assert_false(gr_task_trains(&task, &s.o));
    assert_ok(gr_task_data_open(&s.data, &task, &(gr_task_data_opts){ .dir = "", .tok = s.tok, .max_length = 64, .pool = s.pool }, &s.o, &err), &err);
    assert_true(s.data.n_splits == 2 && s.data.n_eval == 0 && s.data.n_extra == 0 && strcmp(s.data.split[1].name, "test") == 0);
    stage_close(&s);
}

/* A diagnostic task has few splits: words of --eval-splits that others of the command have are not for it. */
static void words_for_others(void **state)
{
    gr_split splits[2] = { { .name = NULL } };
    const gr_task *tasks[2];
    gr_task task;
    stage s;
    gr_err err = GR_ERR_INIT;
    gr_task_data_opts from = { .dir = "", .max_length = 64 };

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("w.csv", 12), stage_csv("w2.csv", 9));
    from.tok = s.tok;
    from.pool = s.pool;
    task = *s.task;
    splits[0] = *gr_split_find(task.splits, "validation");
    task.splits = splits;
    task.flags = GR_TASK_DIAGNOSTIC;
    s.o.eval_splits = "train,validation";
    assert_status(gr_task_data_open(&s.data, &task, &from, &s.o, &err), GR_E_ARG, &err, "no split 'train'");
    tasks[0] = s.task;
    tasks[1] = &task;
    from.tasks = tasks;
    from.n_tasks = 2;
    assert_ok(gr_task_data_open(&s.data, &task, &from, &s.o, &err), &err);
    assert_true(s.data.n_eval == 1 && s.data.n_splits == 2 && strcmp(s.data.split[1].name, "validation") == 0);
    gr_task_data_close(&s.data);
    s.o.eval_splits = "dev,validation";
    assert_status(gr_task_data_open(&s.data, &task, &from, &s.o, &err), GR_E_ARG, &err, "no split 'dev'");
    task.flags = 0; /* any other task has what it is asked for, or fails */
    s.o.eval_splits = "train,validation";
    s.o.epochs = 0;
    assert_status(gr_task_data_open(&s.data, &task, &from, &s.o, &err), GR_E_ARG, &err, "no split 'train'");
    stage_close(&s);
}

static size_t class_count(const stage *s, const uint32_t *rows, size_t n, int32_t cls)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) k += s->data.split[0].encoded.classes[rows[i]] == cls;
    return k;
}

static void training_rows(void **state)
{
    stage s;
    uint32_t *rows, *again;
    size_t n, m;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("r.csv", 90), stage_csv("r2.csv", 9)); /* 30 of x, 60 of y */
    assert_ok(open_with(&s, "validation", &err), &err);
    assert_ok(gr_task_train_rows(&rows, &n, &s.data, &s.o, 1, &err), &err);
    assert_int_equal(n, 90);
    free(rows);
    s.o.sample = 10; /* 10 * 30 / 90 = 3.33, 10 * 60 / 90 = 6.67: the larger rest gets the tenth */
    assert_ok(gr_task_train_rows(&rows, &n, &s.data, &s.o, 1, &err), &err);
    assert_true(n == 10 && class_count(&s, rows, n, 0) == 3 && class_count(&s, rows, n, 1) == 7);
    for (size_t i = 1; i < n; i++) assert_true(rows[i] > rows[i - 1]); /* in file order, no row twice */
    assert_ok(gr_task_train_rows(&again, &m, &s.data, &s.o, 1, &err), &err);
    assert_memory_equal(rows, again, n * sizeof *rows);
    free(again);
    assert_ok(gr_task_train_rows(&again, &m, &s.data, &s.o, 2, &err), &err);
    assert_true(memcmp(rows, again, n * sizeof *rows) != 0); /* another seed, other rows */
    free(again);
    free(rows);
    s.o.sample = 500;
    assert_ok(gr_task_train_rows(&rows, &n, &s.data, &s.o, 1, &err), &err);
    assert_int_equal(n, 90);
    free(rows);
    s.o.sample = 0;
    s.o.max_train_samples = 4;
    assert_ok(gr_task_train_rows(&rows, &n, &s.data, &s.o, 1, &err), &err);
    assert_true(n == 4 && rows[3] == 3);
    free(rows);
    s.o.max_train_samples = 1;
    assert_status(gr_task_train_rows(&rows, &n, &s.data, &s.o, 1, &err), GR_E_ARG, &err, "--sample 1");
    assert_null(rows);
    s.data.split[0].encoded.labelled = false;
    assert_status(gr_task_train_rows(&rows, &n, &s.data, &s.o, 1, &err), GR_E_FORMAT, &err, "without labels");
    stage_close(&s);
}

static void evaluation_rows(void **state)
{
    stage s;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("e.csv", 9), stage_file("e2.csv", "text,label\na,x\nb,x\nc,y\n"));
    assert_ok(open_with(&s, "validation", &err), &err);
    s.o.max_eval_samples = 2;
    assert_status(gr_task_eval_check(&s.data, &s.o, &err), GR_E_ARG, &err, "one class");
    s.o.max_eval_samples = 3;
    assert_ok(gr_task_eval_check(&s.data, &s.o, &err), &err);
    s.o.max_eval_samples = 0;
    assert_ok(gr_task_eval_check(&s.data, &s.o, &err), &err);
    stage_close(&s);
}

static char noted[400];
static gr_log_level noted_level;

static void note(void *user, gr_log_level level, const char *line)
{
    (void)user;
    if (!strstr(line, "left out")) return;
    noted_level = level;
    (void)snprintf(noted, sizeof noted, "%s", line);
}

/* Rows that are left out wherever the set is used are information; others are a warning. */
static void left_out(void **state)
{
    gr_split splits[3] = { { .name = NULL } };
    gr_source source;
    gr_task task;
    stage s;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("l.csv", 12), stage_file("l2.csv", "text,label\na,x\nb,x\nc,y\n"));
    task = *s.task;
    splits[0] = *gr_split_find(task.splits, "train");
    splits[1] = *gr_split_find(task.splits, "validation");
    source = splits[1].sources[0];
    source.no_label = "y";
    splits[1].sources = &source;
    splits[1].rows = 2;
    task.splits = splits;
    gr_log_set_level(GR_LOG_INFO);
    gr_log_set_sink(note, NULL);
    assert_ok(gr_task_data_open(&s.data, &task, &(gr_task_data_opts){ .dir = "", .tok = s.tok, .max_length = 64, .pool = s.pool }, &s.o, &err), &err);
    gr_task_data_close(&s.data);
    assert_int_equal(noted_level, GR_LOG_INFO);
    assert_non_null(strstr(noted, ": validation: 1 row left out for want of a column or of a label, the first at line 4 of "));
    assert_non_null(strstr(noted, "l2.csv, as published"));
    splits[1].rows = 0;
    assert_ok(gr_task_data_open(&s.data, &task, &(gr_task_data_opts){ .dir = "", .tok = s.tok, .max_length = 64, .pool = s.pool }, &s.o, &err), &err);
    assert_int_equal(noted_level, GR_LOG_WARN);
    gr_log_set_sink(NULL, NULL);
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(which_splits), cmocka_unit_test(named_otherwise), cmocka_unit_test(room_for_pairs),
                                        cmocka_unit_test(two_of_each), cmocka_unit_test(nothing_trained), cmocka_unit_test(words_for_others), cmocka_unit_test(training_rows),
                                        cmocka_unit_test(evaluation_rows), cmocka_unit_test(left_out) };
    return gr_test_main(tests);
}
