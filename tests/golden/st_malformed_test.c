/* The safetensors reader's verdict on every file of malformed.json that is meant for it: accepted with the
 * number of tensors, or refused as GR_E_FORMAT with the reason. */
#include "base/fs.h"
#include "base/json.h"
#include "model/safetensors.h"
#include "tests/support/test.h"

/* The reason may stand among more words of ours; a name that is there twice is found by the JSON reader, in its words. */
static bool says(const char *msg, const char *reason)
{
    return strstr(msg, reason) || (strstr(reason, "appears twice") && strstr(msg, "twice"));
}

static void check(const char *dir, const gr_json *c)
{
    const char *file = gr_json_str(gr_json_get(c, "file"), "?");
    const char *reason = gr_json_str(gr_json_get(c, "reason"), "");
    const bool accept = gr_json_bool(gr_json_get(c, "accept"), false);
    gr_err err = GR_ERR_INIT;
    char path[GR_PATH_MAX];
    gr_st *st = NULL;
    gr_status s;

    assert_true(gr_fs_join(path, sizeof path, dir, file));
    s = gr_st_open(&st, path, &err);
    if (accept) {
        if (s != GR_OK) gr_case_fail(file, "refused: %s", err.msg);
        else if ((double)gr_st_count(st) != gr_json_num(gr_json_get(c, "rows"), -1)) gr_case_fail(file, "%zu tensors", gr_st_count(st));
        else gr_case_pass(file);
    } else {
        if (s != GR_E_FORMAT) gr_case_fail(file, "got %s, want FORMAT: %s", gr_status_name(s), reason);
        else if (!says(err.msg, reason)) gr_case_fail(file, "'%s' lacks '%s'", err.msg, reason);
        else gr_case_pass(file);
    }
    gr_st_close(st);
}

static size_t run_folder(const char *golden)
{
    char dir[GR_PATH_MAX], list[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_json *cases = NULL;
    size_t n = 0;

    if (!golden || !gr_fs_join(dir, sizeof dir, golden, "data/malformed") || !gr_fs_join(list, sizeof list, dir, "malformed.json") ||
        !gr_fs_is_file(list)) {
        gr_case_skip(golden ? golden : "shared golden folder", "absent");
        return 0;
    }
    assert_ok(gr_json_read(&cases, list, 0, &err), &err);
    for (const gr_json *c = gr_json_first(cases); c; c = gr_json_next(c)) {
        if (strcmp(gr_json_str(gr_json_get(c, "reader"), ""), "safetensors") != 0) continue;
        check(dir, c);
        n++;
    }
    gr_json_free(cases);
    return n;
}

static void test_shared(void **state)
{
    size_t n;

    (void)state;
    n = run_folder(gr_golden_dir());
    gr_cases_done("malformed safetensors", n ? 1 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_shared) };
    return gr_test_main(tests);
}
