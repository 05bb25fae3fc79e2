/* store_test.c - records on disk: suites in their order, reused runs, finished runs by key. */
#include "tests/unit/results/made.h"

static const char *suite_dir(const char *name)
{
    gr_err err = GR_ERR_INIT;
    const char *path = made_path(name);

    assert_ok(gr_fs_mkdirs(path, &err), &err);
    return path;
}

/* A suite on disk: seeds from..to of a task. */
static void write_suite(const char *dir, const char *task, uint64_t from, uint64_t to, const gr_record *also)
{
    gr_records list = { 0 };
    char path[GR_PATH_MAX], name[300], *argv[] = { (char *)"run", (char *)"mrpc" };
    gr_err err = GR_ERR_INIT;

    for (uint64_t seed = from; seed <= to; seed++) {
        gr_record *r = made_accuracy(&list, task, "tiny", seed, 0.5, 0.6);
        (void)snprintf(name, sizeof name, "%s-tiny-%llu-%.8s.json", task, (unsigned long long)seed, r->key);
        assert_true(gr_fs_join(path, sizeof path, dir, name));
        assert_ok(gr_record_write(r, path, &err), &err);
    }
    if (also) (void)made_push(&list, also);
    assert_ok(gr_store_write_suite(dir, "20260102T030405-0001", 2, argv, &list, &err), &err);
    if (also) list.n--; /* the caller's */
    gr_records_free(&list);
}

static void load_forms(void **state)
{
    const char *a = suite_dir("out/20260101T000000-aaaa"), *b = suite_dir("out/20260102T000000-bbbb");
    gr_records r;
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)state;
    write_suite(b, "sst2", 7, 7, NULL);
    write_suite(a, "mrpc", 42, 44, NULL);
    assert_ok(gr_store_load(&r, a, &err), &err);
    assert_int_equal(r.n, 3);
    assert_true(r.r[0].seed == 42 && r.r[2].seed == 44);
    (void)snprintf(path, sizeof path, "%s", r.r[1].path);
    gr_records_free(&r);
    assert_ok(gr_store_load(&r, path, &err), &err); /* one record */
    assert_true(r.n == 1 && r.r[0].seed == 43);
    gr_records_free(&r);
    assert_ok(gr_store_load(&r, made_path("out"), &err), &err); /* suites, oldest first */
    assert_int_equal(r.n, 4);
    assert_string_equal(r.r[0].task, "mrpc");
    assert_string_equal(r.r[3].task, "sst2");
    gr_records_free(&r);
    assert_ok(gr_store_load_all(&r, (const char *const[]){ a, made_path("out"), path }, 3, &err), &err);
    assert_int_equal(r.n, 4); /* one file, one record */
    gr_records_free(&r);
    (void)suite_dir("empty");
    assert_status(gr_store_load(&r, made_path("empty"), &err), GR_E_NOTFOUND, &err, "no record");
    assert_status(gr_store_load(&r, made_path("nowhere"), &err), GR_E_NOTFOUND, &err, "nowhere");
}

static void order_of_the_suite(void **state)
{
    const char *dir = suite_dir("order/20260101T000000-aaaa");
    static const char text[] = "{\"jobs\":[{\"record\":\"b.json\"},{\"task\":\"rte\",\"status\":\"interrupted\",\"message\":\"stopped\",\"seed\":9,"
                               "\"record\":\"\"},{\"record\":\"a.json\"},{\"task\":\"wnli\",\"status\":\"no data\",\"record\":\"\"}]}";
    gr_records list = { 0 }, r;
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < 2; i++) {
        gr_record *x = made_accuracy(&list, i ? "mrpc" : "sst2", "tiny", 1, 0, 1);
        assert_true(gr_fs_join(path, sizeof path, dir, i ? "b.json" : "a.json"));
        assert_ok(gr_record_write(x, path, &err), &err);
    }
    assert_true(gr_fs_join(path, sizeof path, dir, "suite.json"));
    assert_ok(gr_fs_write(path, text, sizeof text - 1, &err), &err);
    assert_ok(gr_store_load(&r, dir, &err), &err);
    assert_int_equal(r.n, 4);
    assert_string_equal(r.r[0].task, "mrpc");
    assert_true(r.r[1].status == GR_RUN_INTERRUPTED && r.r[1].seed == 9);
    assert_string_equal(r.r[1].message, "stopped");
    assert_string_equal(r.r[2].task, "sst2");
    assert_true(r.r[3].status == GR_RUN_NO_DATA);
    gr_records_free(&r);
    gr_records_free(&list);
}

static void put(const char *dir, const char *name, const char *text)
{
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, dir, name));
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
}

/* An output folder in which the user's own JSON files lie too, as --output-dir . makes one; a damaged record is no such file. */
static void files_of_others(void **state)
{
    const char *a = suite_dir("mine/20260101T000000-aaaa"), *data = suite_dir("mine/data");
    gr_records r;
    gr_err err = GR_ERR_INIT;

    (void)state;
    write_suite(a, "mrpc", 42, 42, NULL);
    put(made_path("mine"), "rows.json", "[{\"text\": \"a\"}]\n");
    put(data, "more.json", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n");
    assert_ok(gr_store_load(&r, made_path("mine"), &err), &err);
    assert_true(r.n == 1 && r.r[0].seed == 42);
    gr_records_free(&r);
    put(data, "mrpc-tiny-1-0123abcd.json", "{\"schema\": 1,");
    assert_status(gr_store_load(&r, made_path("mine"), &err), GR_E_FORMAT, &err, "mrpc-tiny-1-0123abcd.json");
    assert_status(gr_store_load(&r, "", &err), GR_E_ARG, &err, "a name is empty: a variable that is not set?");
}

/* A second suite that found the first one's run lists it; both together hold it once. */
static void reused_run(void **state)
{
    const char *a = suite_dir("reuse/20260101T000000-aaaa"), *b = suite_dir("reuse/20260102T000000-bbbb");
    gr_record old;
    gr_records r;
    bool found = false;
    gr_err err = GR_ERR_INIT;

    (void)state;
    write_suite(a, "mrpc", 42, 42, NULL);
    assert_ok(gr_store_load(&r, a, &err), &err);
    assert_ok(gr_store_find(&old, &found, made_path("reuse"), r.r[0].key, &err), &err);
    gr_records_free(&r);
    assert_true(found);
    write_suite(b, "mrpc", 43, 43, &old);
    assert_ok(gr_store_load(&r, b, &err), &err);
    assert_true(r.n == 2 && r.r[0].seed == 43 && r.r[1].seed == 42);
    gr_records_free(&r);
    assert_ok(gr_store_load(&r, made_path("reuse"), &err), &err);
    assert_int_equal(r.n, 2);
    gr_records_free(&r);
    gr_record_free(&old);
}

static void find_by_key(void **state)
{
    const char *dir = suite_dir("find/20260101T000000-aaaa");
    gr_records list = { 0 };
    gr_record *r = made_accuracy(&list, "mrpc", "tiny", 1, 0, 1), got;
    char path[GR_PATH_MAX], name[100];
    bool found;
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)snprintf(name, sizeof name, "mrpc-tiny-1-%.8s.json", r->key);
    assert_true(gr_fs_join(path, sizeof path, dir, name));
    made_failed(r, GR_RUN_FAILED, "no");
    assert_ok(gr_record_write(r, path, &err), &err);
    assert_ok(gr_store_find(&got, &found, made_path("find"), r->key, &err), &err);
    assert_false(found); /* a failed run is run again */
    r->status = GR_RUN_COLLAPSED;
    assert_ok(gr_record_write(r, path, &err), &err);
    assert_ok(gr_store_find(&got, &found, made_path("find"), r->key, &err), &err);
    assert_true(found);
    gr_record_free(&got);
    r->key[15] = r->key[15] == '0' ? '1' : '0'; /* the same first eight digits, another run */
    assert_ok(gr_store_find(&got, &found, made_path("find"), r->key, &err), &err);
    assert_false(found);
    assert_ok(gr_fs_write(path, "{", 1, &err), &err); /* damaged: passed over */
    assert_ok(gr_store_find(&got, &found, made_path("find"), r->key, &err), &err);
    assert_false(found);
    assert_ok(gr_store_find(&got, &found, made_path("not-yet-there"), r->key, &err), &err);
    assert_false(found);
    gr_records_free(&list);
}

static void suite_id(void **state)
{
    char id[32], next[32];

    (void)state;
    gr_store_suite_id(id);
    assert_int_equal(strlen(id), 20);
    assert_true(id[8] == 'T' && id[15] == '-' && id[0] == '2');
    assert_int_equal(strspn(id + 16, "0123456789abcdef"), 4);
    for (int i = 0; i < 1000; i++) { /* names in the order of time */
        gr_store_suite_id(next);
        assert_true(strcmp(id, next) <= 0);
        memcpy(id, next, sizeof id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(load_forms), cmocka_unit_test(order_of_the_suite), cmocka_unit_test(files_of_others), cmocka_unit_test(reused_run),
                                        cmocka_unit_test(find_by_key), cmocka_unit_test(suite_id) };
    return gr_test_main(tests);
}
