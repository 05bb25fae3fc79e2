/* data_test.c - the n-th allocation fails, for all n, while data sets, single files and manifests are read:
 * GR_E_NOMEM, nothing lost. */
#include "base/fs.h"
#include "data/manifest.h"
#include "tasks/load.h"
#include "tests/support/test.h"
#include "tests/torture/torture.h"

/* What a round reads, told by the test before it. */
static struct {
    const char            *task, *split;
    const gr_dataset_spec *spec;
    char                   dir[GR_PATH_MAX];
} now;

static gr_status load_task(gr_err *err)
{
    static const gr_load_opts any = { .any_rows = true };
    gr_examples               ex;
    const gr_status           s = gr_task_load_with(&ex, gr_task_find(now.task), now.split, now.dir, &any, err);

    gr_examples_free(&ex);
    return s;
}

static void packed_sets(void **state)
{
    static const struct { const char *task, *split; } sets[] = {
        { "rte", "train" }, { "stsb", "validation" }, { "mrpc", "validation" }, { "imdb", "train" }, { "conll2003", "test" },
    };
    char dir[GR_PATH_MAX];

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_own_golden_dir(), "data") && gr_fs_join(now.dir, sizeof now.dir, dir, "sets"));
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        now.task = sets[i].task;
        now.split = sets[i].split;
        gr_torture(now.task, load_task, 8);
    }
}

/* Texts joined of two columns, bytes made blanks, another encoding, rows left out, a hook. */
static void fixtures(void **state)
{
    static const char *const tasks[] = { "ag_news", "trec", "rotten_tomatoes", "snli", "yelp_polarity", "boolq" };

    (void)state;
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        (void)snprintf(now.dir, sizeof now.dir, "%s/tests/fixtures/%s", GR_SOURCE_DIR, tasks[i]);
        now.task = tasks[i];
        now.split = "train";
        gr_torture(now.task, load_task, 8);
    }
}

static gr_status load_spec(gr_err *err)
{
    gr_examples     ex;
    const gr_status s = gr_dataset_load(&ex, now.spec, "x", now.dir, NULL, err);

    gr_examples_free(&ex);
    return s;
}

static const char *const names[] = { "0", "1", NULL };

static void single_files(void **state)
{
    static const char *const csv_files[] = { "csv-quoted-newline.csv", NULL }, *const json_files[] = { "jsonl-good.jsonl", NULL };
    static const gr_column   csv_cols[] = { { "label", GR_COL_CLASS_ID }, { "review", GR_COL_TEXT }, { NULL, GR_COL_OTHER } };
    static const gr_column   json_cols[] = { { "text", GR_COL_TEXT }, { "label", GR_COL_CLASS_ID }, { NULL, GR_COL_OTHER } };
    static const gr_source   src[] = {
        { .archives = csv_files, .reader = GR_READ_CSV, .has_header = true, .columns = csv_cols },
        { .archives = json_files, .reader = GR_READ_JSONL, .columns = json_cols },
    };
    static const gr_slice ends[] = { { 0, 2 }, { -2, GR_SLICE_END } };
    char                  dir[GR_PATH_MAX];

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_own_golden_dir(), "data") && gr_fs_join(now.dir, sizeof now.dir, dir, "malformed"));
    for (size_t i = 0; i < sizeof src / sizeof src[0]; i++) {
        const gr_split_rule   inner = { .kind = GR_RULE_SLICES, .slices = ends, .n_slices = 2 };
        const gr_split        splits[] = {
            { .name = "x", .sources = &src[i], .n_sources = 1,
              .rule = { .kind = GR_RULE_HOLDOUT, .within = &inner, .test_size = 0.5, .seed = 1 } },
            { .name = NULL },
        };
        const gr_dataset_spec spec = { .splits = splits, .labels = { names, 2, 0, 0 } };

        now.spec = &spec;
        gr_torture(src[i].archives[0], load_spec, 8);
    }
}

static gr_status read_manifest(gr_err *err)
{
    gr_manifest m;
    gr_status   s = gr_manifest_read(&m, GR_SOURCE_DIR "/data/manifests/mrpc.json", err);

    gr_manifest_free(&m);
    return s;
}

static void manifests(void **state)
{
    (void)state;
    gr_torture("manifest", read_manifest, 8);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(packed_sets), cmocka_unit_test(fixtures), cmocka_unit_test(single_files),
                                               cmocka_unit_test(manifests) };

    gr_torture_cjson();
    return gr_test_main(tests);
}
