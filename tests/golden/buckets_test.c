/* buckets_test.c - rows of relative positions by offset against the reference implementations' own (models/buckets.json): MPNet's, and DeBERTa's for
 * several numbers of buckets ("deberta_8_32": 8 buckets for offsets up to 32). Where a bucket ends is decided by a logarithm of floats. */
#include <stdio.h>

#include "base/fs.h"
#include "base/json.h"
#include "model/config.h"
#include "tests/support/test.h"

/* The configuration that a name in the file stands for; false when this build knows none such. */
static bool config_of(gr_config *c, const char *name)
{
    int a, b;

    *c = (gr_config){ 0 };
    if (sscanf(name, "mpnet_%d_%d", &a, &b) == 2) {
        c->relative = GR_RELATIVE_BUCKETS;
        c->rel_buckets = a;
        return true;
    }
    if (sscanf(name, "deberta_%d_%d", &a, &b) != 2) return false;
    c->relative = GR_RELATIVE_DISENTANGLED;
    c->rel_buckets = a;
    c->rel_distance = b;
    return true;
}

/* The file counts offsets as the model does: MPNet key minus query, DeBERTa query minus key, with buckets around zero. */
static void check_case(const char *name, const gr_json *v)
{
    const int64_t first = (int64_t)gr_json_num(gr_json_get(v, "first"), 0.0);
    int64_t       k = 0, bad = 0;
    gr_config     c;

    if (!config_of(&c, name)) {
        gr_case_skip(name, "no family has such buckets");
        return;
    }
    for (const gr_json *x = gr_json_first(gr_json_get(v, "bucket")); x; x = gr_json_next(x), k++) {
        const int32_t want = (int32_t)gr_json_num(x, 1e9), offset = (int32_t)(first + k), rows = gr_config_rel_rows(&c);
        const int32_t shifted = want + rows / 2, clamped = shifted < 0 ? 0 : shifted > rows - 1 ? rows - 1 : shifted;
        const bool    deberta = c.relative == GR_RELATIVE_DISENTANGLED;

        if (gr_config_rel_row(&c, deberta ? -offset : offset) != (deberta ? clamped : want) && bad++ < 3)
            gr_case_fail(name, "offset %d: row %d, expected bucket %d", (int)offset, (int)gr_config_rel_row(&c, deberta ? -offset : offset), (int)want);
    }
    assert_true(k > 0);
    if (bad == 0) gr_case_pass(name);
}

static void of_the_references(void **state)
{
    char     path[GR_PATH_MAX];
    gr_json *all = NULL;
    gr_err   err = GR_ERR_INIT;

    (void)state;
    if (!gr_golden_dir()) {
        gr_case_skip("shared golden folder", "absent");
        gr_cases_done("tables of buckets", 0);
        return;
    }
    assert_true(gr_fs_join(path, sizeof path, gr_golden_dir(), "models/buckets.json"));
    assert_ok(gr_json_read(&all, path, 1 << 24, &err), &err);
    for (const gr_json *v = gr_json_first(all); v; v = gr_json_next(v)) check_case(gr_json_key(v), v);
    gr_json_free(all);
    gr_cases_done("tables of buckets", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(of_the_references) };
    return gr_test_main(tests);
}
