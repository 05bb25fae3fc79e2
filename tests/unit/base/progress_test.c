/* progress_test.c - lines and bars as they reach stderr, and log lines between them. */
#include "base/progress.h"

#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "tests/support/test.h"

static int old_stderr;
static char path[GR_PATH_MAX];

static void capture(void)
{
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "stderr"));
    old_stderr = dup(STDERR_FILENO);
    assert_non_null(freopen(path, "w", stderr));
}

static char *captured(void)
{
    gr_err err = GR_ERR_INIT;
    char *text = NULL;
    size_t n = 0;

    (void)fflush(stderr);
    assert_true(dup2(old_stderr, STDERR_FILENO) >= 0);
    (void)close(old_stderr);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    return text;
}

static void lines(void **state)
{
    gr_progress *p;
    char *text;

    (void)state;
    capture();
    p = gr_progress_start(GR_PROGRESS_AUTO, "mrpc", 100, 0.0); /* a file is no terminal: lines */
    gr_progress_update(p, 50, "loss 0.4\x1b");
    gr_progress_update(p, 100, NULL);
    gr_progress_finish(p, "done");
    p = gr_progress_start(GR_PROGRESS_LINES, "slow", 10, 3600); /* not due within the hour */
    gr_progress_update(p, 5, "x");
    gr_progress_finish(p, NULL);
    p = gr_progress_start(GR_PROGRESS_LINES, "open", 0, 0.0); /* of nobody knows how many */
    gr_progress_update(p, 7, "x");
    gr_progress_finish(p, NULL);
    text = captured();
    assert_string_equal(text, "mrpc 50/100  0:00 left  loss 0.4?\nmrpc 100/100\nmrpc done in 0:00\nopen 7  x\n");
    free(text);
}

static void bar_and_log(void **state)
{
    gr_progress *p, *second;
    char *text;

    (void)state;
    capture();
    p = gr_progress_start(GR_PROGRESS_BAR, "rte", 10, 1);
    second = gr_progress_start(GR_PROGRESS_BAR, "second", 10, 3600); /* there is one bar: this one prints lines */
    gr_progress_update(p, 5, "half");
    gr_warn("note");
    gr_progress_finish(second, NULL);
    gr_progress_finish(p, "ok");
    text = captured();
    assert_memory_equal(text, "\r[>               ] rte 0/10\033[K", 31);
    assert_non_null(strstr(text, "\r\033[Kwarning: note\n\r[========>       ] rte 5/10  0:00 left  half"));
    assert_non_null(strstr(text, "\r\033[Krte ok in 0:00\n"));
    assert_null(strstr(text, "second"));
    free(text);
}

/* 80 columns, as a file has them: the bar gives way, and what is cut off at last is the end of the note. */
static void narrow(void **state)
{
    gr_progress *p;
    char *text, *row;

    (void)state;
    capture();
    p = gr_progress_start(GR_PROGRESS_BAR, "rotten_tomatoes seed 42", 1200, 1);
    gr_progress_update(p, 600, "loss 0.5311  lr 3.73e-05  1564 examples/s");
    gr_progress_finish(p, NULL);
    text = captured();
    row = strstr(text, "\r[===>  ] rotten_tomatoes seed 42 600/1200  0:00 left  loss 0.5311  lr 3.73e-05 \033[K");
    if (!row) fail_msg("%s", text);
    free(text);
}

static void off_and_quiet(void **state)
{
    char *text;

    (void)state;
    capture();
    assert_null(gr_progress_start(GR_PROGRESS_OFF, "x", 1, 0));
    gr_log_set_level(GR_LOG_WARN);
    assert_null(gr_progress_start(GR_PROGRESS_LINES, "x", 1, 0));
    gr_log_set_level(GR_LOG_INFO);
    gr_progress_update(NULL, 1, "x");
    gr_progress_finish(NULL, "x");
    text = captured();
    assert_string_equal(text, "");
    free(text);
}

static void clock_moves_on(void **state)
{
    const double t = gr_clock_seconds();

    (void)state;
    (void)usleep(2000);
    assert_true(gr_clock_seconds() - t >= 0.002);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lines), cmocka_unit_test(bar_and_log), cmocka_unit_test(narrow), cmocka_unit_test(off_and_quiet),
                                        cmocka_unit_test(clock_moves_on) };
    return gr_test_main(tests);
}
