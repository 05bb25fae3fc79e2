/* base_test.c - the n-th allocation fails, for all n, in JSON, options, files, arenas, pool, zip and log:
 * no crash, nothing lost (the leak check of the sanitizer build), GR_E_NOMEM reported. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/options.h"
#include "base/pages.h"
#include "base/pool.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/zip_write.h"
#include "tests/support/test.h"
#include "tests/torture/fault.h"
#include "tests/torture/torture.h"

enum { ROUNDS_MAX = 10000 }; /* of the one test with a loop of its own */
static char path[GR_PATH_MAX];

static gr_status parse_json(gr_err *err)
{
    static const char text[] = "{\"a\":[1,2.5,\"x\\n\",null,true,123456789012345678901],\"b\":{\"c\":{},\"d\":[[]]},\"e\":\"\"}";
    gr_json *v = NULL;
    const gr_status s = gr_json_parse(&v, text, sizeof text - 1, err);

    gr_json_free(v);
    return s;
}

static gr_status build_json(gr_err *err)
{
    gr_json *root = gr_json_new_object(), *arr = gr_json_add_array(root, "arr");
    char *text = NULL;
    gr_status s;

    gr_json_add_str(root, "s", "x");
    gr_json_add_str(root, "bad", "\xFF");
    gr_json_add_int(root, "big", INT64_MAX);
    gr_json_add_num(arr, NULL, 1.5);
    gr_json_add_bool(gr_json_add_object(arr, NULL), "k", true);
    gr_json_add_copy(root, "copy", arr);
    s = gr_json_print(&text, root, true, err);
    free(text);
    gr_json_free(root);
    return s;
}

static gr_status read_json(gr_err *err)
{
    gr_json *v = NULL;
    const gr_status s = gr_json_read(&v, path, 0, err);

    gr_json_free(v);
    return s;
}

static gr_status write_json(gr_err *err)
{
    gr_json *root = gr_json_new_object();
    gr_status s;

    gr_json_add_num(root, "x", 1);
    s = gr_json_write(path, root, err);
    gr_json_free(root);
    return s;
}

static void json(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "t.json"));
    assert_ok(gr_fs_write(path, "{\"x\":[1,2,{}]}", 14, &err), &err);
    gr_torture("gr_json_parse", parse_json, 15);
    gr_torture("gr_json_print of a built tree", build_json, 15);
    gr_torture("gr_json_read", read_json, 5);
    gr_torture("gr_json_write", write_json, 4);
}

static gr_status read_file(gr_err *err)
{
    char *p = NULL;
    size_t n = 0;
    const gr_status s = gr_fs_read(&p, &n, "/proc/self/maps", 0, err); /* no size: grows */

    free(p);
    return s;
}

static gr_status write_file(gr_err *err)
{
    return gr_fs_write(path, "new", 3, err);
}

static gr_status list_folder(gr_err *err)
{
    gr_fs_list l = { NULL, 0 };
    const gr_status s = gr_fs_list_dir(&l, GR_SOURCE_DIR "/base", err);

    if (s == GR_OK) gr_fs_list_free(&l);
    return s;
}

static gr_status digest(gr_err *err)
{
    char hex[GR_SHA256_HEX];
    return gr_sha256_file(hex, GR_SOURCE_DIR "/base/fs.h", err);
}

static void files(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "old"));
    assert_ok(gr_fs_write(path, "old", 3, &err), &err);
    gr_torture("gr_fs_read", read_file, 2);
    gr_torture("gr_fs_write", write_file, 2);
    gr_torture("gr_fs_list_dir", list_folder, 20);
    gr_torture("gr_sha256_file", digest, 1);
}

static gr_status fill_arena(gr_err *err)
{
    gr_arena a;
    gr_status s = GR_OK;

    gr_arena_init(&a, 256);
    for (size_t n = 1; n < 2000 && s == GR_OK; n += 100)
        if (!gr_arena_alloc(&a, n) || !gr_arena_calloc(&a, n, 2) || !gr_arena_strndup(&a, "x", 1))
            s = gr_fail_nomem(err, "the test");
    gr_arena_free(&a);
    return s;
}

static gr_status open_pool(gr_err *err)
{
    gr_pool *p = NULL;
    const gr_status s = gr_pool_open(&p, 2, err);

    gr_pool_close(p);
    return s;
}

static gr_status make_zip(gr_err *err)
{
    gr_zip_out *z = NULL;
    gr_status s = gr_zip_open(&z, path, err);

    if (s == GR_OK) s = gr_zip_add(z, "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 46, err);
    if (s == GR_OK) s = gr_zip_add(z, "b", "b", 1, err);
    if (s == GR_OK) s = gr_zip_commit(z, err);
    gr_zip_close(z);
    return s;
}

static void arena_pool_zip(void **state)
{
    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "t.zip"));
    gr_torture("arena", fill_arena, 10);
    gr_torture("gr_pool_open", open_pool, 2);
    gr_torture("zip", make_zip, 6);
}

/* These may lose a hint or a line, never more: the status is the one of the call itself. */
static void options_and_progress(void **state)
{
    static const gr_opt table[] = {
        { "scheduler", "lr-scheduler", GR_OPT_CHOICE, 0, "linear", 0, 0, "linear|cosine", "NAME", "how", "Training" },
        { .name = NULL },
    };
    char unknown[] = "--schedular", choice[] = "--scheduler=step", *argv[] = { unknown, choice };
    const char *value = NULL, *pos[2];
    int n_pos = 0;

    (void)state;
    for (size_t n = 1, fired = 1; fired && n < ROUNDS_MAX; n++) {
        gr_buf help = { NULL, 0, 0, false };
        gr_err err = GR_ERR_INIT;
        gr_progress *p;
        gr_status first, second;

        fault_arm(n);
        first = gr_opt_parse(&value, NULL, table, 1, argv, pos, &n_pos, &err);
        second = gr_opt_parse(&value, NULL, table, 1, argv + 1, pos, &n_pos, &err);
        gr_opt_help(&help, table);
        p = gr_progress_start(GR_PROGRESS_LINES, "x", 1, 3600);
        gr_progress_update(p, 1, "y");
        gr_progress_finish(p, NULL);
        fired = fault_disarm();
        assert_int_equal(first, GR_E_ARG);
        assert_int_equal(second, GR_E_ARG);
        gr_buf_free(&help);
    }
}

/* Small blocks and large ones, which come from the system */
static gr_status make_pages(gr_err *err)
{
    enum { SMALL = 1000, BIG = GR_PAGES_LARGE + 1 };
    void *small = gr_pages_alloc(SMALL), *big = gr_pages_alloc(BIG);
    const bool made = small && big;

    gr_pages_free(small, SMALL);
    gr_pages_free(big, BIG);
    return made ? GR_OK : gr_fail_nomem(err, "pages");
}

static void pages(void **state)
{
    (void)state;
    gr_torture("pages", make_pages, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(json), cmocka_unit_test(files), cmocka_unit_test(arena_pool_zip),
                                        cmocka_unit_test(options_and_progress), cmocka_unit_test(pages) };

    gr_torture_cjson();
    return gr_test_main(tests);
}
