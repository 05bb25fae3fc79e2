/* log_test.c - levels, the sink, and what reaches stderr. */
#include "base/log.h"

#include <unistd.h>

#include "base/fs.h"
#include "tests/support/test.h"

typedef struct seen {
    int          n;
    gr_log_level level;
    char         line[4096];
} seen;

static void keep(void *user, gr_log_level level, const char *line)
{
    seen *s = user;

    s->n++;
    s->level = level;
    (void)snprintf(s->line, sizeof s->line, "%s", line);
}

static void levels(void **state)
{
    seen s = { 0 };

    (void)state;
    gr_log_set_sink(keep, &s);
    gr_log(GR_LOG_DEBUG, "hidden");
    assert_int_equal(s.n, 0);
    gr_info("shown %d", 1);
    assert_true(s.n == 1 && s.level == GR_LOG_INFO);
    assert_string_equal(s.line, "shown 1");
    gr_log_set_level(GR_LOG_WARN);
    gr_info("hidden");
    gr_warn("a\nb\x1b[0m");
    assert_int_equal(s.n, 2);
    assert_string_equal(s.line, "a?b?[0m"); /* no escape codes on the terminal */
    gr_log_set_level(GR_LOG_QUIET);
    gr_log(GR_LOG_ERROR, "hidden");
    gr_log(GR_LOG_QUIET, "hidden");
    assert_int_equal(s.n, 2);
    gr_log_set_level(GR_LOG_DEBUG);
    gr_log(GR_LOG_DEBUG, "%02000d", 0);
    assert_int_equal(strlen(s.line), 2000);
    gr_log(GR_LOG_DEBUG, "%09000d", 0);
    assert_int_equal(strlen(s.line), 2047);
    gr_log_set_sink(NULL, NULL);
    gr_log_set_level(GR_LOG_INFO);
}

static void warnings_once(void **state)
{
    seen s = { 0 };

    (void)state;
    gr_log_set_sink(keep, &s);
    gr_warn("the head is new");
    gr_warn("the head is new");
    assert_int_equal(s.n, 2);
    gr_log_set_once(true);
    gr_warn("the head is new");
    gr_warn("the head is new");
    gr_warn("the pooler is new");
    assert_int_equal(s.n, 4);
    gr_info("step"); /* only warnings are held back */
    gr_info("step");
    assert_int_equal(s.n, 6);
    gr_log_set_once(false);
    gr_warn("the head is new");
    assert_int_equal(s.n, 7);
    gr_log_set_sink(NULL, NULL);
}

static void lines_on_stderr(void **state)
{
    char path[GR_PATH_MAX], *text = NULL;
    gr_err err = GR_ERR_INIT;
    const int old = dup(STDERR_FILENO);
    size_t n = 0;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "stderr"));
    assert_non_null(freopen(path, "w", stderr));
    gr_log(GR_LOG_ERROR, "e");
    gr_warn("w");
    gr_info("i");
    (void)fflush(stderr);
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    (void)close(old);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    assert_string_equal(text, "error: e\nwarning: w\ni\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(levels), cmocka_unit_test(warnings_once), cmocka_unit_test(lines_on_stderr) };
    return gr_test_main(tests);
}
