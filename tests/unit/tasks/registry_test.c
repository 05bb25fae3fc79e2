/* registry_test.c - the list of tasks: every table is whole, names are found, and the default suite is the six that the manual names. */
#include "tests/support/test.h"

#include "metrics/suite.h"
#include "tasks/task.h"

static void every_table_is_whole(void **state)
{
    gr_err err = GR_ERR_INIT;
    size_t n = 0;

    (void)state;
    for (; gr_task_at(n) != NULL; n++) {
        assert_ok(gr_task_validate(gr_task_at(n), &err), &err);
        assert_ptr_equal(gr_task_find(gr_task_at(n)->name), gr_task_at(n));
    }
    assert_true(n >= 11);
    assert_null(gr_task_find("mrp"));
    assert_null(gr_task_at(n + 7));
}

static void default_suite(void **state)
{
    static const char *const want[] = { "mrpc", "sst2", "stsb", "imdb", "ttc4900", "conll2003" };
    size_t                   n = 0;

    (void)state;
    for (size_t i = 0; gr_task_at(i) != NULL; i++) {
        if (gr_task_at(i)->flags & GR_TASK_NOT_DEFAULT) continue;
        assert_true(n < 6);
        assert_string_equal(gr_task_at(i)->name, want[n++]);
    }
    assert_int_equal(n, 6);
}

static void suites_have_tasks(void **state)
{
    (void)state;
    for (size_t s = 0; gr_suite_at(s) != NULL; s++) {
        size_t n = 0;
        for (size_t i = 0; gr_task_at(i) != NULL; i++) n += strcmp(gr_task_at(i)->suite, gr_suite_at(s)->name) == 0;
        assert_true(n > 0);
        assert_ptr_equal(gr_suite_find(gr_suite_at(s)->name), gr_suite_at(s));
    }
    assert_null(gr_suite_find("glu"));
    assert_null(gr_suite_at(99));
}

/* ---- facts that published results rest on ---- */

typedef struct fact {
    const char *task, *split;
    size_t      rows;
    int         max_len;
    const char *headlines; /* names joined by blanks */
} fact;

static const fact facts[] = {
    { "mrpc", "train", 3668, 128, "accuracy f1" },
    { "mrpc", "validation", 408, 128, "accuracy f1" },
    { "mrpc", "test", 1725, 128, "accuracy f1" },
    { "sst2", "train", 67349, 128, "accuracy" },
    { "sst2", "validation", 872, 128, "accuracy" },
    { "rte", "validation", 277, 128, "accuracy" },
    { "cola", "validation", 1043, 128, "matthews_correlation" },
    { "stsb", "validation", 1500, 128, "pearson spearmanr" },
    { "mnli", "train", 392702, 128, "accuracy" },
    { "mnli", "validation_matched", 9815, 128, "accuracy" },
    { "mnli", "validation_mismatched", 9832, 128, "accuracy" },
    { "mnli", "test_matched", 9796, 128, "accuracy" },
    { "mnli", "test_mismatched", 9847, 128, "accuracy" },
    { "qqp", "train", 363846, 128, "accuracy f1" },
    { "qqp", "validation", 40430, 128, "accuracy f1" },
    { "qqp", "test", 390965, 128, "accuracy f1" },
    { "qnli", "train", 104743, 128, "accuracy" },
    { "qnli", "validation", 5463, 128, "accuracy" },
    { "qnli", "test", 5463, 128, "accuracy" },
    { "wnli", "train", 635, 128, "accuracy" },
    { "wnli", "validation", 71, 128, "accuracy" },
    { "wnli", "test", 146, 128, "accuracy" },
    { "ax", "test", 1104, 128, "matthews_correlation" },
    { "rotten_tomatoes", "train", 8530, 128, "accuracy" },
    { "rotten_tomatoes", "test", 1066, 128, "accuracy" },
    { "imdb", "validation", 12500, 512, "accuracy" },
    { "imdb", "test", 12500, 512, "accuracy" },
    { "waimai_10k", "train", 9589, 128, "accuracy" },
    { "waimai_10k", "test", 2398, 128, "accuracy" },
    { "ttc4900", "train", 2450, 128, "accuracy" },
    { "ttc4900", "test", 1225, 128, "accuracy" },
    { "ttc4900_eval200", "validation", 199, 128, "accuracy" },
    { "ttc3600", "train", 1800, 128, "accuracy" },
    { "ag_news", "train", 120000, 128, "accuracy" },
    { "ag_news", "test", 7600, 128, "accuracy" },
    { "trec", "train", 5452, 128, "accuracy" },
    { "trec", "test", 500, 128, "accuracy" },
    { "dbpedia_14", "train", 560000, 128, "accuracy" },
    { "dbpedia_14", "test", 70000, 128, "accuracy" },
    { "yelp_polarity", "train", 560000, 512, "accuracy" },
    { "yelp_polarity", "test", 38000, 512, "accuracy" },
    { "boolq", "train", 9427, 256, "accuracy" },
    { "boolq", "validation", 3270, 256, "accuracy" },
    { "boolq", "test", 3245, 256, "accuracy" },
    { "snli", "train", 549367, 128, "accuracy" },
    { "snli", "validation", 9842, 128, "accuracy" },
    { "snli", "test", 9824, 128, "accuracy" },
    { "conll2003", "train", 14041, 128, "overall_f1" },
};

static void published_facts(void **state)
{
    char got[160];

    (void)state;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const gr_task  *t = gr_task_find(facts[i].task);
        const gr_split *sp;
        size_t          n = 0;

        assert_non_null(t);
        for (sp = t->splits; sp->name != NULL && strcmp(sp->name, facts[i].split) != 0;) sp++;
        assert_non_null(sp->name);
        assert_int_equal(sp->rows, facts[i].rows);
        assert_int_equal(t->max_len, facts[i].max_len);
        got[0] = '\0';
        for (const gr_metric_use *u = t->metrics; u->metric != NULL; u++)
            if (u->headline) n += (size_t)snprintf(got + n, sizeof got - n, "%s%s", n ? " " : "", u->metric->name);
        assert_string_equal(got, facts[i].headlines);
    }
}

/* The files of a GLUE submission, one a test set; classes by name in four of them (gluebenchmark.com, FAQ). */
static void submissions(void **state)
{
    static const char *const want[] = { "AX.tsv*", "CoLA.tsv", "MNLI-m.tsv*", "MNLI-mm.tsv*", "MRPC.tsv", "QNLI.tsv*", "QQP.tsv", "RTE.tsv*",
                                        "SST-2.tsv", "STS-B.tsv", "WNLI.tsv" };
    char   name[40];
    size_t met = 0;

    (void)state;
    for (size_t i = 0; gr_task_at(i) != NULL; i++)
        for (const gr_split *sp = gr_task_at(i)->splits; sp->name != NULL; sp++) {
            size_t k = 0;
            if (sp->submission == NULL) continue;
            (void)snprintf(name, sizeof name, "%s%s", sp->submission, gr_task_at(i)->flags & GR_TASK_SUBMIT_NAMES ? "*" : "");
            while (k < sizeof want / sizeof *want && strcmp(want[k], name) != 0) k++;
            if (k == sizeof want / sizeof *want) fail_msg("%s is no file of a submission", name);
            met++;
        }
    assert_int_equal(met, sizeof want / sizeof *want); /* names are unique by gr_task_validate */
}

/* The flag says of a task what its splits say: of a published test set there are labels, or there are none. */
static void hidden_tests(void **state)
{
    (void)state;
    for (size_t i = 0; gr_task_at(i) != NULL; i++) {
        const gr_task *const t = gr_task_at(i);
        bool                 hidden = false;
        for (const gr_split *sp = t->splits; sp->name != NULL; sp++) hidden |= strncmp(sp->name, "test", 4) == 0 && !sp->labelled;
        if (hidden != ((t->flags & GR_TASK_HIDDEN_TEST) != 0)) fail_msg("%s: GR_TASK_HIDDEN_TEST and its test rows do not agree", t->name);
    }
}

/* GLUE is nine tasks and the diagnostics; all but those and WNLI stand in its mean. */
static void glue_is_whole(void **state)
{
    static const char *const want[] = { "mrpc", "sst2", "stsb", "rte", "cola", "mnli", "qqp", "qnli", "wnli", "ax" };
    size_t                   n = 0;

    (void)state;
    for (size_t i = 0; gr_task_at(i) != NULL; i++) {
        const gr_task *const t = gr_task_at(i);
        const bool           out = strcmp(t->name, "wnli") == 0 || strcmp(t->name, "ax") == 0;
        if (strcmp(t->suite, "glue") != 0) continue;
        assert_true(n < sizeof want / sizeof *want);
        assert_string_equal(t->name, want[n++]);
        assert_int_equal((t->flags & GR_TASK_OUT_OF_MEAN) != 0, out);
    }
    assert_int_equal(n, sizeof want / sizeof *want);
}

/* `score glue --task` reports what a run of the task has as its headlines. */
static void scores_of_glue(void **state)
{
    (void)state;
    for (size_t i = 0; gr_task_at(i) != NULL; i++) {
        const gr_metric *m[GR_GLUE_METRICS_MAX];
        const size_t     n = gr_glue_metrics(m, gr_task_at(i)->name);
        size_t           k = 0;
        for (const gr_metric_use *u = gr_task_at(i)->metrics; n > 0 && u->metric != NULL; u++) {
            if (!u->headline) continue;
            assert_true(k < n);
            assert_ptr_equal(m[k++], u->metric);
        }
        assert_int_equal(k, n);
        assert_int_equal(n > 0, strcmp(gr_task_at(i)->suite, "glue") == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_is_whole),
        cmocka_unit_test(default_suite),
        cmocka_unit_test(suites_have_tasks),
        cmocka_unit_test(published_facts),
        cmocka_unit_test(submissions),
        cmocka_unit_test(hidden_tests),
        cmocka_unit_test(glue_is_whole),
        cmocka_unit_test(scores_of_glue),
    };
    return gr_test_main(tests);
}
