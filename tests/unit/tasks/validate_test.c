/* validate_test.c - a table with any one fault is refused with a message that names it; decoding by head. */
#include "tests/support/test.h"

#include <math.h>

#include "tasks/task.h"

/* ---- a sound table to break ---- */

static const char *const archives[] = { "x.csv", NULL };
static const char *const labels[] = { "no", "yes", NULL };
static const gr_column   columns[] = { { "text", GR_COL_TEXT }, { "label", GR_COL_LABEL }, { NULL, GR_COL_OTHER } };
static const gr_source   source[] = { { .archives = archives, .reader = GR_READ_CSV, .has_header = true, .columns = columns } };
static const gr_split    splits[] = {
    { .name = "train", .sources = source, .n_sources = 1, .labelled = true },
    { .name = "validation", .sources = source, .n_sources = 1, .labelled = true },
    { .name = NULL },
};
static const gr_metric_use metrics[] = { { &gr_metric_accuracy, true }, { &gr_metric_f1, false }, { NULL, false } };

static gr_task sound(void)
{
    return (gr_task){ .abi = GR_TASK_ABI, .name = "sound_task", .suite = "topic", .title = "Sound", .head = { GR_HEAD_CLASS, 2 },
                      .labels = labels, .splits = splits, .metrics = metrics, .max_len = 128 };
}

static void refused(const gr_task *t, const char *part)
{
    gr_err err = GR_ERR_INIT;

    assert_status(gr_task_validate(t, &err), GR_E_INTERNAL, &err, part);
}

static void sound_table(void **state)
{
    const gr_task t = sound();
    gr_err        err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_task_validate(&t, &err), &err);
}

static void names(void **state)
{
    gr_task t = sound();
    gr_err  err = GR_ERR_INIT;

    (void)state;
    t.abi = 99;
    assert_status(gr_task_validate(&t, &err), GR_E_UNSUPPORTED, &err, "contract version 99");
    t = sound();
    t.name = "Sound";
    refused(&t, "a name is made of");
    t.name = "";
    refused(&t, "a name is made of");
    t.name = "mrpc";
    refused(&t, "two tasks have this name");
    t = sound();
    t.suite = "nowhere";
    refused(&t, "suite 'nowhere' is not listed");
    t = sound();
    t.title = NULL;
    refused(&t, "no title");
    t = sound();
    t.max_len = 2;
    refused(&t, "a maximum length of 2");
}

/* Sentences in JSON lines go with a token head and with tags. */
static void lists_of_words(void **state)
{
    static const char *const   tags[] = { "O", "B-PER", "I-PER", NULL };
    static const gr_column     sentence[] = { { "tokens", GR_COL_WORDS }, { "ner_tags", GR_COL_TAGS }, { NULL, GR_COL_OTHER } };
    static const gr_metric_use entities[] = { { &gr_metric_seqeval_f1, true }, { NULL, false } };
    gr_source                  src = { .archives = archives, .reader = GR_READ_JSONL, .columns = sentence };
    const gr_split             one[] = { { .name = "train", .sources = &src, .n_sources = 1, .labelled = true },
                                         { .name = "validation", .sources = &src, .n_sources = 1, .labelled = true }, { .name = NULL } };
    gr_task                    t = sound();
    gr_err                     err = GR_ERR_INIT;

    (void)state;
    t.splits = one;
    refused(&t, "token columns go with a token head");
    t.head = (gr_head_spec){ GR_HEAD_TOKEN, 3 };
    t.labels = tags;
    t.metrics = entities;
    assert_ok(gr_task_validate(&t, &err), &err);
    src.reader = GR_READ_CSV;
    refused(&t, "lists of words are for JSON lines");
    src.reader = GR_READ_JSONL;
    src.columns = (const gr_column[]){ { "tokens", GR_COL_WORDS }, { NULL, GR_COL_OTHER } };
    refused(&t, "no column is the tags");
}

static void heads(void **state)
{
    static const char *const three[] = { "a", "b", "c", NULL }, *const twice[] = { "a", "a", NULL }, *const tags[] = { "O", "PER", NULL };
    gr_task                  t = sound();

    (void)state;
    t.head.n_out = 3;
    refused(&t, "2 labels where the head has 3");
    t = sound();
    t.labels = three;
    refused(&t, "more labels than the head's 2");
    t.labels = twice;
    refused(&t, "label 'a' stands twice");
    t = sound();
    t.head = (gr_head_spec){ GR_HEAD_TOKEN, 2 };
    t.labels = tags;
    refused(&t, "tag 'PER'");
    t = sound();
    t.head = (gr_head_spec){ GR_HEAD_REGRESSION, 1 };
    refused(&t, "no labels");
    t.labels = NULL;
    t.lo = 5.0;
    refused(&t, "scores from 5 to 0");
}

static void split_faults(void **state)
{
    static const gr_split none[] = { { .name = NULL } };
    static const gr_split untrained[] = { { .name = "test", .sources = source, .n_sources = 1, .labelled = true }, { .name = NULL } };
    static const gr_split unscored[] = { { .name = "train", .sources = source, .n_sources = 1, .labelled = true }, { .name = NULL } };
    static const gr_column unlabelled_columns[] = { { "text", GR_COL_TEXT }, { NULL, GR_COL_OTHER } };
    static const gr_source unlabelled[] = {
        { .archives = archives, .reader = GR_READ_CSV, .has_header = true, .columns = unlabelled_columns }
    };
    static const gr_split no_label[] = { { .name = "train", .sources = unlabelled, .n_sources = 1, .labelled = true }, { .name = NULL } };
    static const gr_source lines[] = { { .archives = archives, .reader = GR_READ_LINES, .label = "maybe" } };
    static const gr_split  wrong_label[] = { { .name = "train", .sources = lines, .n_sources = 1, .labelled = true }, { .name = NULL } };
    static const gr_split  backwards[] = {
        { .name = "train", .sources = source, .n_sources = 1, .labelled = true,
           .rule = { .kind = GR_RULE_PART, .from = 0.5, .to = 0.5 } },
        { .name = NULL },
    };
    static const gr_split all_held_out[] = {
        { .name = "train", .sources = source, .n_sources = 1, .labelled = true, .rule = { .kind = GR_RULE_HOLDOUT, .test_size = 1.0 } },
        { .name = NULL },
    };
    static const gr_split keyless[] = {
        { .name = "train", .sources = source, .n_sources = 1, .labelled = true, .rule = { .kind = GR_RULE_IDS, .ids = source } },
        { .name = NULL },
    };
    static const struct {
        const gr_split *splits;
        const char     *part;
    } cases[] = {
        { NULL, "no splits" },        { none, "no splits" },
        { untrained, "no labelled split 'train'" }, { unscored, "no labelled split to score on" },
        { no_label, "no column is the label" },     { wrong_label, "label 'maybe' is not one of the task's" },
        { backwards, "a part from 0.5 to 0.5" },    { keyless, "no key columns" },
        { all_held_out, "a test part of 1" },
    };
    gr_task t = sound();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t.splits = cases[i].splits;
        refused(&t, cases[i].part);
    }
}

/* Text columns are one or more, the label is one, counted from 0 or from 1. */
static void column_faults(void **state)
{
    static const gr_column textless[] = { { "label", GR_COL_LABEL }, { NULL, GR_COL_OTHER } };
    static const gr_column twice[] = { { "a", GR_COL_TEXT }, { "l", GR_COL_CLASS_ID }, { "m", GR_COL_CLASS_NTH }, { NULL, GR_COL_OTHER } };
    static const gr_column joined[] = { { "l", GR_COL_CLASS_NTH }, { "a", GR_COL_TEXT }, { "b", GR_COL_TEXT }, { NULL, GR_COL_OTHER } };
    gr_source              own[] = { { .archives = archives, .reader = GR_READ_CSV, .columns = textless } };
    const gr_split         both[] = { { .name = "train", .sources = own, .n_sources = 1, .labelled = true },
                                      { .name = "test", .sources = own, .n_sources = 1, .labelled = true }, { .name = NULL } };
    gr_err                 err = GR_ERR_INIT;
    gr_task                t = sound();

    (void)state;
    t.splits = both;
    refused(&t, "train: no column is the text");
    own[0].columns = twice;
    refused(&t, "train: more than one column is the label");
    own[0].columns = joined;
    own[0].no_label = "-";
    assert_ok(gr_task_validate(&t, &err), &err);
    own[0] = (gr_source){ .archives = archives, .reader = GR_READ_LINES, .label = "yes", .no_label = "-" };
    refused(&t, "train: '-' stands for no label, but no column is the label");
}

/* A submission's file is named once in all tables, plainly; ragged rows want a header to differ from. */
static void submission_faults(void **state)
{
    static const gr_source bare[] = { { .archives = archives, .reader = GR_READ_CSV, .ragged = true, .columns = columns } };
    gr_split               own[3] = { splits[0], splits[1], { .name = NULL } };
    gr_task                t = sound();

    (void)state;
    t.splits = own;
    own[1].submission = "Sound.csv";
    refused(&t, "'Sound.csv' is no name that ends in .tsv");
    own[1].submission = "../Sound.tsv";
    refused(&t, "'../Sound.tsv' is no name that ends in .tsv");
    own[1].submission = "MNLI-mm.tsv";
    refused(&t, "'MNLI-mm.tsv' is the submission of mnli, test_mismatched too");
    own[1].submission = NULL;
    own[1].sources = bare;
    refused(&t, "ragged rows are those of a table with a header");
}

static void metric_faults(void **state)
{
    static const char *const   three[] = { "a", "b", "c", NULL };
    static const gr_metric_use quiet[] = { { &gr_metric_accuracy, false }, { NULL, false } };
    static const gr_metric_use alien[] = { { &gr_metric_pearson, true }, { NULL, false } };
    static const gr_metric_use twice[] = { { &gr_metric_accuracy, true }, { &gr_metric_accuracy, true }, { NULL, false } };
    gr_task                    t = sound();

    (void)state;
    t.metrics = quiet;
    refused(&t, "no headline metric");
    t.metrics = alien;
    refused(&t, "'pearson' does not fit the head");
    t.metrics = twice;
    refused(&t, "'accuracy' stands twice");
    t = sound();
    t.head.n_out = 3;
    t.labels = three;
    refused(&t, "task sound_task"); /* f1 of the positive class asks for two classes */
}

static void diagnostics(void **state)
{
    static const gr_split test_only[] = { { .name = "test", .sources = source, .n_sources = 1, .labelled = true }, { .name = NULL } };
    gr_task               t = sound();
    gr_err                err = GR_ERR_INIT;

    (void)state;
    t.flags = GR_TASK_DIAGNOSTIC;
    refused(&t, "a diagnostic task is not trained");
    t.splits = test_only;
    refused(&t, "with the weights of ''");
    t.weights_of = "nothing";
    refused(&t, "with the weights of 'nothing'");
    t.weights_of = "ttc4900";
    refused(&t, "differs from that of 'ttc4900'");
    t.weights_of = "rte";
    assert_ok(gr_task_validate(&t, &err), &err);
}

static gr_status own_check(const gr_task *self, gr_err *err)
{
    return gr_fail(err, GR_E_INTERNAL, "%s says no", self->name);
}

static void own_hook(void **state)
{
    gr_task t = sound();

    (void)state;
    t.check = own_check;
    refused(&t, "sound_task says no");
}

/* ---- decoding ---- */

static gr_status last_class(const gr_task *self, const double *logits, gr_pred *out, gr_err *err)
{
    (void)logits;
    (void)err;
    out->cls = self->head.n_out - 1;
    out->value = NAN;
    return GR_OK;
}

static void decoding(void **state)
{
    const double  tie[] = { 1.0, 1.0 }, second[] = { -3.0, 2.0 }, bad[] = { 0.0, NAN }, score[] = { 3.25 };
    const gr_task stsb = *gr_task_find("stsb");
    gr_task       t = sound();
    gr_pred       p = { 0, 0.0 };
    gr_err        err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_task_decode(&t, tie, &p, &err), &err);
    assert_int_equal(p.cls, 0);
    assert_ok(gr_task_decode(&t, second, &p, &err), &err);
    assert_int_equal(p.cls, 1);
    assert_status(gr_task_decode(&t, bad, &p, &err), GR_E_NUMERIC, &err, "logit 1");
    assert_ok(gr_task_decode(&stsb, score, &p, &err), &err);
    assert_true(p.value == 3.25);
    t.decode = last_class;
    assert_ok(gr_task_decode(&t, tie, &p, &err), &err);
    assert_int_equal(p.cls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_table),   cmocka_unit_test(names),             cmocka_unit_test(heads),         cmocka_unit_test(split_faults),
        cmocka_unit_test(column_faults), cmocka_unit_test(submission_faults), cmocka_unit_test(metric_faults), cmocka_unit_test(diagnostics),
        cmocka_unit_test(lists_of_words), cmocka_unit_test(own_hook),      cmocka_unit_test(decoding),
    };
    return gr_test_main(tests);
}
