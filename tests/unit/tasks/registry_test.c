/* registry_test.c - the list of tasks: every table is whole, names are found, and the default suite is the six that the manual names. */
#include "tests/support/test.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_is_whole),
        cmocka_unit_test(default_suite),
        cmocka_unit_test(suites_have_tasks),
        cmocka_unit_test(published_facts),
    };
    return gr_test_main(tests);
}
