/* example_test.c - the worked example of docs/adding-a-task.md: its code is compiled here, reads its fixture, and stands in the
 * document word for word. */
#include "tests/support/test.h"

#include "base/fs.h"
#include "tasks/load.h"

/* example begins */
/* moods.c - Moods: is a line of a diary glad or sad?
 * One CSV without splits. Eight of ten rows train and two test, in NumPy's order for seed 1. Labels in the file may end in a blank. */
#include "data/label.h"
#include "tasks/task.h"

static const char *const archives[] = { "moods.csv", NULL };
static const char *const labels[] = { "sad", "glad", NULL };

enum { MOOD, LINE };
static const gr_column columns[] = { { "mood", GR_COL_OTHER }, { "line", GR_COL_OTHER }, { NULL, GR_COL_OTHER } };
static const gr_source all[] = { { .archives = archives, .reader = GR_READ_CSV, .has_header = true, .columns = columns } };

static gr_status parse(const gr_task *self, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a, gr_err *err)
{
    const gr_label_spec spec = { .names = self->labels, .n_names = self->head.n_out };

    (void)split;
    (void)a;
    out->text_a = row->col[LINE];
    out->labelled = true;
    return gr_label_name(&out->label, gr_sv_trim(row->col[MOOD]), &spec, err);
}

static const gr_split splits[] = {
    { .name = "train", .sources = all, .n_sources = 1, .rows = 8, .labelled = true,
      .rule = { .kind = GR_RULE_HOLDOUT, .order = GR_ORDER_NUMPY, .seed = 1, .test_size = 0.2 } },
    { .name = "test", .sources = all, .n_sources = 1, .rows = 2, .labelled = true,
      .rule = { .kind = GR_RULE_HOLDOUT, .order = GR_ORDER_NUMPY, .seed = 1, .test_size = 0.2, .part_test = true } },
    { .name = NULL },
};

static const gr_metric_use metrics[] = {
    { &gr_metric_accuracy, true },
    { &gr_metric_f1, false },
    { NULL, false },
};

extern const gr_task gr_task_moods;
const gr_task gr_task_moods = {
    .abi = GR_TASK_ABI,
    .name = "moods",
    .suite = "sentiment",
    .title = "Moods",
    .about = "is a line of a diary glad or sad?",
    .flags = GR_TASK_NOT_DEFAULT,
    .head = { GR_HEAD_CLASS, 2 },
    .labels = labels,
    .splits = splits,
    .metrics = metrics,
    .max_len = 128,
    .parse = parse,
};
/* example ends */

static void table_is_whole(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_task_validate(&gr_task_moods, &err), &err);
}

static void fixture_is_read(void **state)
{
    gr_err      err = GR_ERR_INIT;
    gr_examples train, test;

    (void)state;
    assert_ok(gr_task_load(&train, &gr_task_moods, "train", GR_SOURCE_DIR "/tests/fixtures/moods", &err), &err);
    assert_ok(gr_task_load(&test, &gr_task_moods, "test", GR_SOURCE_DIR "/tests/fixtures/moods", &err), &err);
    assert_int_equal(train.n, 8);
    assert_int_equal(test.n, 2);
    for (size_t i = 0; i < train.n; i++) assert_true(train.e[i].label == 0 || train.e[i].label == 1);
    gr_examples_free(&train);
    gr_examples_free(&test);
}

static void document_shows_this_code(void **state)
{
    char     *code = NULL, *doc = NULL, *from, *to;
    size_t    n_code, n_doc;
    gr_err    err = GR_ERR_INIT;
    const int skip_line = (int)strlen("/* example begins */\n");

    (void)state;
    assert_ok(gr_fs_read(&code, &n_code, GR_SOURCE_DIR "/tests/unit/tasks/example_test.c", 0, &err), &err);
    assert_ok(gr_fs_read(&doc, &n_doc, GR_SOURCE_DIR "/docs/adding-a-task.md", 0, &err), &err);
    from = strstr(code, "/* example begins */\n");
    assert_non_null(from);
    from += skip_line;
    to = strstr(from, "/* example ends */");
    assert_non_null(to);
    *to = '\0';
    assert_non_null(strstr(doc, from));
    free(code);
    free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_whole),
        cmocka_unit_test(fixture_is_read),
        cmocka_unit_test(document_shows_this_code),
    };
    return gr_test_main(tests);
}
