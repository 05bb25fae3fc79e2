/* dataset_test.c - loading: candidates, rules, hooks, counts, messages. Files are written into a folder of the test. */
#include "tests/support/test.h"

#include <math.h>

#include "base/fs.h"
#include "base/zip_write.h"
#include "data/dataset.h"

static const char *const  files[] = { "set.zip", "set", NULL };
static const char *const  names[] = { "no", "yes", NULL };
static const gr_column    cols[] = { { "id", GR_COL_KEY }, { "n", GR_COL_ID }, { "text", GR_COL_TEXT }, { "label", GR_COL_LABEL }, { NULL, GR_COL_OTHER } };
static const gr_column    id_cols[] = { { "id", GR_COL_KEY }, { NULL, GR_COL_OTHER } };
static const gr_source    train = { .archives = files, .member = "set/train.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = cols };
static const gr_source    unsure = { .archives = files, .member = "set/train.tsv", .reader = GR_READ_TSV, .has_header = true, .columns = cols, .no_label = "-" };
static const gr_source    ids = { .archives = files, .member = "set/ids.txt", .reader = GR_READ_TSV, .columns = id_cols };
static const gr_source    gone = { .archives = files, .member = "set/gone.tsv", .reader = GR_READ_TSV, .columns = id_cols };
static const gr_source    more_ids = { .archives = files, .member = "set/more.txt", .reader = GR_READ_TSV, .columns = id_cols };
static const gr_slice     last_one[] = { { 1, GR_SLICE_END } };
static const gr_split_rule among_ids = { .kind = GR_RULE_IDS, .ids = &ids, .ids_in = true };
static const gr_split     splits[] = {
    { .name = "all", .sources = &train, .n_sources = 1, .rows = 4, .labelled = true },
    { .name = "dev", .sources = &train, .n_sources = 1, .labelled = true, .rule = { .kind = GR_RULE_IDS, .ids = &ids, .ids_in = true } },
    { .name = "rest", .sources = &train, .n_sources = 1, .labelled = true, .rule = { .kind = GR_RULE_IDS, .ids = &ids } },
    { .name = "last", .sources = &train, .n_sources = 1, .rule = { .kind = GR_RULE_SLICES, .slices = last_one, .n_slices = 1, .within = &among_ids } },
    { .name = "both", .sources = &train, .n_sources = 1, .rule = { .kind = GR_RULE_IDS, .ids = &more_ids, .within = &among_ids } },
    { .name = "five", .sources = &train, .n_sources = 1, .rows = 5, .labelled = true },
    { .name = "told", .sources = &unsure, .n_sources = 1, .rows = 3, .labelled = true },
    { .name = "untold", .sources = &unsure, .n_sources = 1, .labelled = true },
    { .name = "gone", .sources = &gone, .n_sources = 1 },
    { .name = NULL },
};
static const gr_dataset_spec spec = { .splits = splits, .labels = { names, 2, 0, 0 } };

static const char table[] = "id\tn\ttext\tlabel\na\t10\tone\tyes\nb\t11\ttwo\tno\nc\t12\t\tno\nd\t13\tfour\tyes\n";

static void put(const char *dir, const char *name, const char *text)
{
    char   path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, name));
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
}

/* A data folder with the set unpacked, under its own name. */
static const char *unpacked(char root[GR_PATH_MAX], const char *name, const char *train_text)
{
    char dir[GR_PATH_MAX];

    assert_true(gr_fs_join(root, GR_PATH_MAX, gr_test_tmpdir(), name) && gr_fs_join(dir, sizeof dir, root, "set"));
    put(dir, "train.tsv", train_text);
    put(dir, "ids.txt", "c\na\nzz\n");
    return root;
}

static void roles_and_digest(void **state)
{
    /* printf 'one\t\t1\ntwo\t\t0\n\t\t0\nfour\t\t1\n' | sha256sum */
    char        root[GR_PATH_MAX], hex[GR_SHA256_HEX];
    const char *rows = "one\t\t1\ntwo\t\t0\n\t\t0\nfour\t\t1\n";
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;

    (void)state;
    assert_ok(gr_dataset_load(&ex, &spec, "all", unpacked(root, "roles", table), NULL, &err), &err);
    assert_int_equal(ex.n, 4);
    assert_true(gr_sv_is(ex.e[1].text_a, "two") && ex.e[1].text_b.p == NULL);
    assert_int_equal(ex.e[1].label, 0);
    assert_int_equal(ex.e[1].id, 11);
    assert_true(ex.e[1].labelled && isnan(ex.e[1].value));
    gr_sha256_of(hex, rows, strlen(rows));
    assert_string_equal(ex.sha256, hex);
    assert_int_equal(ex.n_warnings, 1);
    assert_string_equal(ex.warnings[0], "1 of 4 texts are empty");
    gr_examples_free(&ex);
    gr_examples_free(&ex); /* a zeroed one is fine */
}

static void ids_in_and_out(void **state)
{
    char        root[GR_PATH_MAX];
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;

    (void)state;
    unpacked(root, "ids", table);
    assert_ok(gr_dataset_load(&ex, &spec, "dev", root, NULL, &err), &err);
    assert_int_equal(ex.n, 2);
    assert_true(gr_sv_is(ex.e[0].text_a, "one") && ex.e[1].id == 12); /* in the order of the file, not of the ids */
    gr_examples_free(&ex);
    assert_ok(gr_dataset_load(&ex, &spec, "rest", root, NULL, &err), &err);
    assert_int_equal(ex.n, 2);
    assert_true(gr_sv_is(ex.e[0].text_a, "two") && gr_sv_is(ex.e[1].text_a, "four"));
    gr_examples_free(&ex);
}

/* ids.txt has a and c; what comes behind it sees these rows alone, be it a slice or other ids. */
static void within_ids(void **state)
{
    char        root[GR_PATH_MAX], dir[GR_PATH_MAX];
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;

    (void)state;
    unpacked(root, "within", table);
    assert_true(gr_fs_join(dir, sizeof dir, root, "set"));
    put(dir, "more.txt", "c\nd\n");
    assert_ok(gr_dataset_load(&ex, &spec, "last", root, NULL, &err), &err);
    assert_int_equal(ex.n, 1);
    assert_int_equal(ex.e[0].id, 12);
    gr_examples_free(&ex);
    assert_ok(gr_dataset_load(&ex, &spec, "both", root, NULL, &err), &err);
    assert_int_equal(ex.n, 1);
    assert_int_equal(ex.e[0].id, 10);
    gr_examples_free(&ex);
}

static void from_a_zip(void **state)
{
    char        root[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;
    gr_zip_out *z;
    bool        present;

    (void)state;
    assert_true(gr_fs_join(root, sizeof root, gr_test_tmpdir(), "zip") && gr_fs_join(path, sizeof path, root, "set.zip"));
    assert_ok(gr_fs_mkdirs(root, &err), &err);
    assert_ok(gr_zip_open(&z, path, &err), &err);
    assert_ok(gr_zip_add(z, "set/train.tsv", table, sizeof table - 1, &err), &err);
    assert_ok(gr_zip_commit(z, &err), &err);
    gr_zip_close(z);
    assert_ok(gr_dataset_load(&ex, &spec, "all", root, NULL, &err), &err);
    assert_int_equal(ex.n, 4);
    gr_examples_free(&ex);
    assert_status(gr_dataset_load(&ex, &spec, "dev", root, NULL, &err), GR_E_NOTFOUND, &err, "no member 'set/ids.txt'");
    assert_null(strstr(err.msg, "has it")); /* it is the published one itself that lacks it */
    assert_null(ex.e);
    assert_ok(gr_dataset_find(&spec, "all", root, &present, &err), &err);
    assert_true(present);
    assert_ok(gr_dataset_find(&spec, "dev", root, &present, &err), &err);
    assert_false(present);
    assert_int_equal(err.status, GR_E_NOTFOUND);
    /* the member that the zip lacks may lie in the next candidate */
    assert_true(gr_fs_join(path, sizeof path, root, "set"));
    put(path, "ids.txt", "b\n");
    assert_ok(gr_dataset_load(&ex, &spec, "dev", root, NULL, &err), &err);
    assert_int_equal(ex.n, 1);
    gr_examples_free(&ex);
}

static void absent(void **state)
{
    char        root[GR_PATH_MAX];
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;
    bool        present;

    (void)state;
    assert_status(gr_dataset_load(&ex, &spec, "all", gr_test_tmpdir(), NULL, &err), GR_E_NOTFOUND, &err,
                  "all: set.zip or set with set/train.tsv: not found in ");
    assert_status(gr_dataset_load(&ex, &spec, "other", gr_test_tmpdir(), NULL, &err), GR_E_ARG, &err, "no split 'other'");
    unpacked(root, "present", table);
    assert_ok(gr_dataset_find(&spec, NULL, root, &present, &err), &err);
    assert_true(present); /* "gone" is not labelled: not asked for */
    assert_ok(gr_dataset_find(&spec, "gone", root, &present, &err), &err);
    assert_false(present);
}

static void published_counts(void **state)
{
    static const gr_load_opts any = { .any_rows = true };
    char                      root[GR_PATH_MAX];
    gr_err                    err = GR_ERR_INIT;
    gr_examples               ex;

    (void)state;
    unpacked(root, "counts", table);
    assert_status(gr_dataset_load(&ex, &spec, "five", root, NULL, &err), GR_E_FORMAT, &err, "five: 4 rows where 5 are published");
    assert_ok(gr_dataset_load(&ex, &spec, "five", root, &any, &err), &err);
    assert_string_equal(ex.warnings[0], "4 rows where 5 are published");
    gr_examples_free(&ex);
}

static void places_in_messages(void **state)
{
    char        root[GR_PATH_MAX];
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;

    (void)state;
    unpacked(root, "places", "id\tn\ttext\tlabel\na\t10\tone\tyes\nb\t11\ttwo\tmaybe\n");
    assert_status(gr_dataset_load(&ex, &spec, "all", root, NULL, &err), GR_E_FORMAT, &err,
                  "all: set/train.tsv: line 3: unknown label 'maybe'");
    unpacked(root, "places", "id\tn\ttext\tlabel\na\tx\tone\tyes\n");
    assert_status(gr_dataset_load(&ex, &spec, "all", root, NULL, &err), GR_E_FORMAT, &err, "line 2: column 'n': 'x' is not a whole number");
    unpacked(root, "places", "id\tn\ttext\tlabel\na\t1\tone\n");
    assert_status(gr_dataset_load(&ex, &spec, "all", root, NULL, &err), GR_E_FORMAT, &err, "line 2: 3 columns where 4 are expected");
}

static gr_status shout(void *user, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a, gr_err *err)
{
    gr_buf b = { NULL, 0, 0, false };

    if (gr_sv_is(row->col[2], "")) return gr_fail(err, GR_E_FORMAT, "nothing to say");
    gr_buf_addf(&b, "%s %.*s!", split->name, GR_SV_FMT(row->col[2]));
    out->text_a.n = b.n;
    out->text_a.p = gr_arena_strndup(a, b.p, b.n);
    gr_buf_free(&b);
    ++*(int *)user;
    return GR_OK;
}

static void hooks(void **state)
{
    char            root[GR_PATH_MAX];
    gr_dataset_spec own = spec;
    gr_err          err = GR_ERR_INIT;
    gr_examples     ex;
    int             calls = 0;

    (void)state;
    own.parse = shout;
    own.user = &calls;
    unpacked(root, "hooks", "id\tn\ttext\tlabel\na\t1\tone\tyes\n");
    assert_status(gr_dataset_load(&ex, &own, "all", root, NULL, &err), GR_E_FORMAT, &err, "1 rows where 4");
    assert_ok(gr_dataset_load(&ex, &own, "dev", root, NULL, &err), &err);
    assert_true(gr_sv_is(ex.e[0].text_a, "dev one!"));
    assert_int_equal(ex.e[0].id, 0); /* not set by the hook: the place in the split */
    assert_int_equal(calls, 2);
    gr_examples_free(&ex);
    unpacked(root, "hooks", table);
    assert_status(gr_dataset_load(&ex, &own, "all", root, NULL, &err), GR_E_FORMAT, &err, "set/train.tsv: line 4: nothing to say");
}

/* Rows that the publisher's count leaves out too are no reason for a warning in every run; of an unknown count, and of another, they are. */
static void left_out_as_published(void **state)
{
    static const char line[] = "1 row left out for want of a column or of a label, the first at line 3 of set/train.tsv";
    const char       *rows = "id\tn\ttext\tlabel\na\t10\tone\tyes\nb\t11\ttwo\t-\nc\t12\tthree\tno\nd\t13\tfour\tyes\n";
    char              root[GR_PATH_MAX];
    gr_err            err = GR_ERR_INIT;
    gr_examples       ex;

    (void)state;
    (void)unpacked(root, "unsure", rows);
    assert_ok(gr_dataset_load(&ex, &spec, "told", root, NULL, &err), &err);
    assert_int_equal(ex.n_warnings, 0);
    assert_string_equal(ex.left_out, line);
    gr_examples_free(&ex);
    assert_ok(gr_dataset_load(&ex, &spec, "untold", root, NULL, &err), &err);
    assert_int_equal(ex.n_warnings, 1);
    assert_string_equal(ex.warnings[0], line);
    assert_null(ex.left_out);
    gr_examples_free(&ex);
    (void)unpacked(root, "unsure", "id\tn\ttext\tlabel\na\t10\tone\tyes\nb\t11\ttwo\t-\n");
    assert_ok(gr_dataset_load(&ex, &spec, "told", root, &(gr_load_opts){ .any_rows = true }, &err), &err);
    assert_int_equal(ex.n_warnings, 2);
    gr_examples_free(&ex);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_and_digest), cmocka_unit_test(ids_in_and_out), cmocka_unit_test(within_ids), cmocka_unit_test(from_a_zip),
        cmocka_unit_test(absent),           cmocka_unit_test(published_counts), cmocka_unit_test(places_in_messages),
        cmocka_unit_test(hooks),            cmocka_unit_test(left_out_as_published),
    };

    return gr_test_main(tests);
}
