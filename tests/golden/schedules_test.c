/* Every schedule of golden/schedules.json, step by step. A null there is a division by zero in the library, where ours
 * must give a finite value. */
#include <float.h>
#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "model/schedule.h"
#include "tests/support/test.h"

/* Keyword arguments of the library's schedule functions, as --scheduler-kwargs takes them. */
static gr_status apply_kwargs(gr_schedule *s, const gr_json *kwargs, gr_err *err)
{
    char *text = NULL;
    gr_status st;

    if (!kwargs) return GR_OK;
    assert_ok(gr_json_print(&text, kwargs, false, err), err);
    st = gr_schedule_set(s, text, err);
    free(text);
    return st;
}

static void check(const gr_json *c)
{
    const char *name = gr_json_str(gr_json_get(c, "name"), "?");
    const int64_t warmup = (int64_t)gr_json_num(gr_json_get(c, "warmup"), -1), total = (int64_t)gr_json_num(gr_json_get(c, "total"), -1);
    gr_err err = GR_ERR_INIT;
    gr_schedule s;
    int64_t step = 0;

    if (gr_schedule_init(&s, name, warmup, total, gr_json_num(gr_json_get(c, "base_lr"), NAN), &err) != GR_OK) {
        gr_case_fail(name, "%s", err.msg);
        return;
    }
    if (apply_kwargs(&s, gr_json_get(c, "kwargs"), &err) != GR_OK) {
        gr_case_fail(name, "%s", err.msg);
        return;
    }
    for (const gr_json *v = gr_json_first(gr_json_get(c, "multiplier")); v; v = gr_json_next(v), step++) {
        const double got = gr_schedule_lr(&s, step) / s.base_lr;

        if (gr_json_is_null(v) ? isfinite(got) : fabs(got - gr_json_num(v, NAN)) <= 16 * DBL_EPSILON) continue; /* a dozen operations on values up to 1 */
        gr_case_fail(name, "warmup %d total %d step %d: got %.17g, want %.17g", (int)warmup, (int)total, (int)step, got, gr_json_num(v, NAN));
        return;
    }
    gr_case_pass(name);
}

static void test_schedules(void **state)
{
    const char *dirs[] = { gr_golden_dir(), gr_own_golden_dir() };
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        gr_json *doc = NULL;

        if (!dirs[i] || !gr_fs_join(path, sizeof path, dirs[i], "schedules.json") || !gr_fs_is_file(path)) {
            gr_case_skip(i ? "own golden set" : "shared golden folder", "no schedules.json");
            continue;
        }
        assert_ok(gr_json_read(&doc, path, 0, &err), &err);
        for (const gr_json *c = gr_json_first(gr_json_get(doc, "cases")); c; c = gr_json_next(c), n++) check(c);
        gr_json_free(doc);
    }
    gr_cases_done("schedules", n ? 1 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_schedules) };
    return gr_test_main(tests);
}
