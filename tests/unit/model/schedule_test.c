/* gr_schedule by hand: each kind at a few steps. base_lr 2, warm-up 2 of 10 steps. */
#include <math.h>

#include "model/schedule.h"
#include "tests/support/test.h"

static double at(const char *name, int64_t step)
{
    gr_err err = GR_ERR_INIT;
    gr_schedule s;

    assert_ok(gr_schedule_init(&s, name, 2, 10, 2.0, &err), &err);
    return gr_schedule_lr(&s, step);
}

static void test_values(void **state)
{
    static const double tol = 1e-12; /* a few roundings of values up to 2 */

    (void)state;
    assert_near(at("linear", 1), 1.0, tol, "half-way up");
    assert_near(at("linear", 2), 2.0, tol, "top");
    assert_near(at("linear", 6), 1.0, tol, "half-way down");
    assert_near(at("linear", 12), 0.0, 0, "past the end");
    assert_near(at("cosine", 6), 1.0, tol, "cos(pi/2) = 0");
    assert_near(at("cosine_with_restarts", 4), 2.0 * 0.5 * (1 + sqrt(0.5)), tol, "cos(pi/4)");
    assert_near(at("cosine_with_restarts", 10), 0.0, 0, "end");
    assert_near(at("polynomial", 6), (2.0 - 1e-7) * 0.5 + 1e-7, tol, "half-way down to lr_end");
    assert_near(at("polynomial", 11), 1e-7, 1e-20, "past the end");
    assert_near(at("constant", 0), 2.0, 0, "no warm-up");
    assert_near(at("constant_with_warmup", 1), 1.0, tol, "warm-up");
    assert_near(at("constant_with_warmup", 99), 2.0, 0, "constant");
    assert_near(at("inverse_sqrt", 8), 1.0, tol, "2 / sqrt(8 / 2)");
}

static void test_refusals(void **state)
{
    gr_err err = GR_ERR_INIT;
    gr_schedule s;

    (void)state;
    assert_status(gr_schedule_init(&s, "Linear", 0, 1, 1, &err), GR_E_ARG, &err, "no schedule 'Linear'");
    assert_status(gr_schedule_init(&s, "linear", -1, 1, 1, &err), GR_E_ARG, &err, "-1 warm-up");
    assert_status(gr_schedule_init(&s, "polynomial", 0, 1, 0, &err), GR_E_ARG, &err, "cannot begin at 0");
    assert_status(gr_schedule_init(&s, "polynomial", 0, 1, 1e-7, &err), GR_E_ARG, &err, "ends at 1e-07");
}

static double with(const char *name, const char *kwargs, int64_t step)
{
    gr_err err = GR_ERR_INIT;
    gr_schedule s;

    assert_ok(gr_schedule_init(&s, name, 2, 10, 2.0, &err), &err);
    assert_ok(gr_schedule_set(&s, kwargs, &err), &err);
    return gr_schedule_lr(&s, step);
}

static void test_keywords(void **state)
{
    static const struct { const char *name, *kwargs, *why; } bad[] = {
        { "linear", "{\"num_cycles\": 1}", "'num_cycles' is no argument of this schedule" },
        { "cosine", "{\"power\": 1}", "'power' is no argument" },
        { "cosine", "{\"num_cycles\": \"1\"}", "not a number from 0" },
        { "cosine_with_restarts", "{\"num_cycles\": 0.5}", "not a whole number from 1" },
        { "polynomial", "{\"lr_end\": 2}", "ends at 2 and cannot begin at 2" },
        { "inverse_sqrt", "{\"timescale\": -3}", "not a whole number from 1" },
        { "cosine", "num_cycles=2", "is no JSON object such as" },
        { "cosine", "[1]", "is no JSON object" },
    };
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_near(with("linear", "{}", 6), 1.0, 1e-12, "nothing said");
    assert_near(with("cosine", "{\"num_cycles\": 1}", 6), 0.0, 1e-12, "down and up again");
    assert_near(with("cosine_with_restarts", "{\"num_cycles\": 2}", 6), 2.0, 1e-12, "begun anew");
    assert_near(with("polynomial", "{\"power\": 2, \"lr_end\": 1}", 6), 1.25, 1e-12, "1 + (1/2)^2");
    assert_near(with("inverse_sqrt", "{\"timescale\": 4}", 14), 1.0, 1e-12, "2 / sqrt(16 / 4)");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gr_schedule s;

        assert_ok(gr_schedule_init(&s, bad[i].name, 2, 10, 2.0, &err), &err);
        assert_status(gr_schedule_set(&s, bad[i].kwargs, &err), GR_E_ARG, &err, bad[i].why);
    }
}

/* A schedule without steps, or all warm-up, still gives numbers. */
static void test_degenerate(void **state)
{
    static const char *const names[] = { "linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup", "inverse_sqrt" };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int64_t total = 0; total <= 5; total += 5) {
            gr_schedule s;

            assert_ok(gr_schedule_init(&s, names[i], total, total, 1.0, &err), &err);
            for (int64_t k = 0; k < 8; k++) assert_true(isfinite(gr_schedule_lr(&s, k)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_values), cmocka_unit_test(test_refusals), cmocka_unit_test(test_keywords), cmocka_unit_test(test_degenerate) };
    return gr_test_main(tests);
}
