/* junit_test.c - verdicts as JUnit XML: to the letter, and with marks in every text. */
#include "results/compare.h"
#include "tests/unit/results/made.h"

static char *written(const gr_comparisons *c)
{
    const char *path = made_path("junit.xml");
    char *text = NULL;
    size_t n;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_compare_junit(path, c, &err), &err);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    return text;
}

static gr_comparison row(const char *task, gr_verdict v, double base, double value, const char *note)
{
    gr_comparison c = { .base = base, .value = value, .delta = value - base, .p = 0.25, .lo = NAN, .hi = NAN, .tolerance = 0.01, .verdict = v };

    MADE_COPY(c.task, task);
    MADE_COPY(c.name, task);
    MADE_COPY(c.metric, "f1");
    MADE_COPY(c.note, note);
    return c;
}

static void to_the_letter(void **state)
{
    gr_comparison rows[] = { row("mrpc", GR_VERDICT_SAME, 0.5, 0.5, ""), row("rte", GR_VERDICT_REGRESSED, 0.75, 0.5, "fell"),
                             row("stsb", GR_VERDICT_UNDECIDED, 0.5, 0.25, ""), row("wnli", GR_VERDICT_MISSING, NAN, NAN, "seed 42 was not run") };
    char *text = written(&(gr_comparisons){ rows, 4 });

    (void)state;
    assert_string_equal(text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"glue-run compare\" tests=\"4\" failures=\"2\" skipped=\"1\">\n"
        "  <testcase classname=\"glue-run.mrpc\" name=\"f1\">\n"
        "    <system-out>base 0.5 new 0.5 delta 0 p 0.25 verdict same</system-out>\n"
        "  </testcase>\n"
        "  <testcase classname=\"glue-run.rte\" name=\"f1\">\n"
        "    <failure message=\"regressed: 0.7500 to 0.5000, delta -0.2500, tolerance 0.0100 fell\"/>\n"
        "    <system-out>base 0.75 new 0.5 delta -0.25 p 0.25 verdict regressed</system-out>\n"
        "  </testcase>\n"
        "  <testcase classname=\"glue-run.stsb\" name=\"f1\">\n"
        "    <skipped message=\"undecided: 0.5000 to 0.2500, delta -0.2500, tolerance 0.0100\"/>\n"
        "    <system-out>base 0.5 new 0.25 delta -0.25 p 0.25 verdict undecided</system-out>\n"
        "  </testcase>\n"
        "  <testcase classname=\"glue-run.wnli\" name=\"f1\">\n"
        "    <failure message=\"missing: seed 42 was not run\"/>\n"
        "    <system-out>base - new - delta - p 0.25 verdict missing</system-out>\n"
        "  </testcase>\n"
        "</testsuite>\n");
    free(text);
}

static void marks(void **state)
{
    gr_comparison rows[] = { row("a<b>&\"c\"", GR_VERDICT_REGRESSED, 1, 0, "x < y & \"z\"\001\xFF\xFF") };
    char *text = written(&(gr_comparisons){ rows, 1 });

    (void)state;
    assert_non_null(strstr(text, "classname=\"glue-run.a&lt;b&gt;&amp;&quot;c&quot;\""));
    assert_non_null(strstr(text, "x &lt; y &amp; &quot;z&quot; \xEF\xBF\xBD\"/>")); /* no control characters, valid UTF-8 */
    free(text);
}

static void unwritable(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_compare_junit("/nonexistent/j.xml", &(gr_comparisons){ NULL, 0 }, &err), GR_E_IO, &err, "/nonexistent/j.xml");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(to_the_letter), cmocka_unit_test(marks), cmocka_unit_test(unwritable) };
    return gr_test_main(tests);
}
