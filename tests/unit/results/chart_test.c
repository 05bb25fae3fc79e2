/* chart_test.c - axes hold what is drawn on them; lines break where a point is missing; texts are escaped. */
#include "results/chart.h"

#include <math.h>

#include "base/rng.h"
#include "tests/unit/results/made.h"

static size_t times(const gr_buf *b, const char *what)
{
    size_t n = 0;

    for (const char *at = b->p; at && (at = strstr(at, what)); at += strlen(what)) n++;
    return n;
}

static void ticks_are(double lo, double hi, double first, double step, int count)
{
    const gr_ticks t = gr_chart_ticks(lo, hi);

    assert_near(t.first, first, 1e-9 * step, "first");
    assert_near(t.step, step, 1e-9 * step, "step");
    assert_int_equal(t.count, count);
}

static void round_ticks(void **state)
{
    (void)state;
    ticks_are(0, 1, 0, 0.2, 6);
    ticks_are(0, 3, 0, 1, 4);
    ticks_are(0.6333, 0.8667, 0.6, 0.05, 7);
    ticks_are(-0.1, 1, -0.5, 0.5, 4);
    ticks_are(0, 0.69314, 0, 0.2, 5);
    ticks_are(0, 9, 0, 2, 6);
}

/* Whatever the values: they are within the axis, which has three to seven ticks, a digit of 1, 2 or 5 apart. */
static void ticks_enclose(void **state)
{
    gr_rng rng;

    (void)state;
    gr_rng_init(&rng, 7, 0, 0);
    for (int i = 0; i < 20000; i++) {
        const double size = pow(10, gr_rng_uniform(&rng) * 60 - 30), a = (gr_rng_uniform(&rng) - 0.5) * size, b = i % 7 == 0 ? a : i % 7 == 1 ? a * (1 + 1e-7 * gr_rng_uniform(&rng)) : (gr_rng_uniform(&rng) - 0.5) * size;
        const double lo = fmin(a, b), hi = fmax(a, b), slack = 1e-6;
        const gr_ticks t = gr_chart_ticks(lo, hi);
        const double digit = t.step / pow(10, floor(log10(t.step) + 1e-9));
        if (t.count < 3 || t.count > 7) fail_msg("%g..%g: %d ticks", lo, hi, t.count);
        if (t.first > lo + slack * t.step || t.first + (t.count - 1) * t.step < hi - slack * t.step) fail_msg("%g..%g: from %g, %d of %g", lo, hi, t.first, t.count, t.step);
        for (int k = 1; k < t.count; k++) { /* neighbours are told apart by their texts */
            char this[32], before[32];
            (void)snprintf(this, sizeof this, "%.6g", t.first + k * t.step);
            (void)snprintf(before, sizeof before, "%.6g", t.first + (k - 1) * t.step);
            if (strcmp(this, before) == 0) fail_msg("%g..%g: %s twice", lo, hi, this);
        }
        if (fabs(digit - 1) > 1e-6 && fabs(digit - 2) > 1e-6 && fabs(digit - 5) > 1e-6) fail_msg("%g..%g: a step of %g", lo, hi, t.step);
    }
}

static void lines(void **state)
{
    const double x[] = { 0, 1, 2, 3, 4 }, y[] = { 0.5, 0.25, NAN, 0.75, INFINITY };
    const gr_series two[] = { { "a <b>", 1, x, y, 5, NULL }, { "a <b>", 1, x, y, 2, "seed 7" } };
    gr_buf b = { 0 };

    (void)state;
    gr_chart_lines(&b, &(gr_lines){ "T & t", "epoch", two, 2, true });
    assert_int_equal(times(&b, "<polyline"), 3); /* cut at the gap */
    assert_int_equal(times(&b, "<circle"), 5);
    assert_int_equal(times(&b, "<i class=\"c1\"></i>a &lt;b&gt;</span>"), 1);
    assert_int_equal(times(&b, "<title>a &lt;b&gt;, epoch 1: 0.2500</title>"), 1);
    assert_int_equal(times(&b, "<title>a &lt;b&gt;, seed 7, epoch 1: 0.2500</title>"), 1);
    assert_int_equal(times(&b, "T &amp; t"), 2);
    assert_int_equal(times(&b, "nan") + times(&b, "inf") + times(&b, "<b>"), 0);
    /* 0.25 of an axis from 0 to 0.8, drawn from 184 up to 8; epoch 1 of 0 to 3, from 48 to 426 */
    assert_int_equal(times(&b, "<circle cx=\"174.0\" cy=\"129.0\""), 2);
    gr_buf_free(&b);
}

static void nothing_to_draw(void **state)
{
    const double x[] = { 0, 1 }, y[] = { NAN, 1e200 };
    const gr_series none = { "a", 0, x, y, 2, NULL };
    gr_buf b = { 0 };

    (void)state;
    gr_chart_lines(&b, &(gr_lines){ "T", "epoch", &none, 1, true });
    gr_chart_lines(&b, &(gr_lines){ "T", "epoch", NULL, 0, false });
    gr_chart_spans(&b, &(gr_spans){ "T", "from", "to", NULL, 0 });
    assert_int_equal(b.n, 0);
}

static void spans(void **state)
{
    const gr_span rows[] = { { "mrpc f1", 0.25, 0.75, NAN }, { "cola mcc", NAN, -0.125, 0.0625 } };
    gr_buf b = { 0 };

    (void)state;
    gr_chart_spans(&b, &(gr_spans){ "T", "baseline", "fine-tuned", rows, 2 });
    assert_int_equal(times(&b, "0.2500 \xE2\x86\x92 0.7500</text>"), 1);
    assert_int_equal(times(&b, ">-0.1250</text>"), 1); /* no baseline, no arrow */
    assert_int_equal(times(&b, "<circle"), 3);
    assert_int_equal(times(&b, "deviation over seeds 0.0625"), 1);
    /* the axis goes from -0.5 to 1 over 330, from 80 on: eight letters and two gaps */
    assert_int_equal(times(&b, "<circle cx=\"355.0\" cy=\"12.0\" r=\"4.5\" class=\"c0 full\"><title>fine-tuned 0.7500</title>"), 1);
    assert_int_equal(times(&b, "nan"), 0);
    gr_buf_free(&b);
}

/* A deviation that reaches further than the values is on the axis: from -0.2 to 1. */
static void wide_deviation(void **state)
{
    const gr_span row = { "cola mcc", NAN, 0.05, 0.2 };
    gr_buf b = { 0 };

    (void)state;
    gr_chart_spans(&b, &(gr_spans){ "T", "baseline", "fine-tuned", &row, 1 });
    assert_int_equal(times(&b, "<line class=\"c0\" x1=\"157.0\""), 1); /* -0.15 of -0.5..1 */
    gr_buf_free(&b);
}

/* A long series has no dots but where a point has no neighbour. */
static void long_series(void **state)
{
    static double x[100], y[100];
    const gr_series one = { "a", 0, x, y, 100, NULL };
    gr_buf b = { 0 };

    (void)state;
    for (size_t i = 0; i < 100; i++) x[i] = (double)i, y[i] = i == 49 || i == 51 ? NAN : 1.0;
    gr_chart_lines(&b, &(gr_lines){ "T", "epoch", &one, 1, false });
    assert_int_equal(times(&b, "<circle"), 1);
    assert_int_equal(times(&b, "<polyline"), 3);
    gr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(round_ticks), cmocka_unit_test(ticks_enclose), cmocka_unit_test(lines),
                                        cmocka_unit_test(nothing_to_draw), cmocka_unit_test(spans), cmocka_unit_test(wide_deviation), cmocka_unit_test(long_series) };

    return gr_test_main(tests);
}
