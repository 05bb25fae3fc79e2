/* stream_test.c - lines from a stream: whole, in pieces, cut off, and an interrupt while the program waits for more. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/e2e/program.h"

/* A fine-tuned model of two classes. */
static const char *fine_tuned(void)
{
    static char dir[GR_PATH_MAX];
    const char *rows = make_csv("stream.csv", 200, true, 50, 21);
    gr_records r;

    if (dir[0]) return dir;
    GOOD("run", "--train-file", rows, "--validation-file", rows, "--model", tiny_model(), "--epochs", "6", "--learning-rate", "2e-3", "--save-model", "--output-dir", at("ft"));
    r = records_of(at("ft"));
    (void)snprintf(dir, sizeof dir, "%.*s", (int)(strlen(r.r[0].path) - 5), r.r[0].path);
    gr_records_free(&r);
    return dir;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++) n += *text == '\n';
    return n;
}

/* The ends of lines that there are, more lines than a read brings, and a last one without its end. */
static void lines_of_all_kinds(void **state)
{
    enum { LINES = 9000 };
    const char *dir = fine_tuned();
    gr_buf b = { 0 };

    (void)state;
    for (int i = 0; i < LINES; i++) gr_buf_addf(&b, "the day was %s%s", i % 2 ? "good" : "bad", i == LINES - 1 ? "" : i % 3 ? "\n" : "\r\n");
    assert_true(!b.oom && b.n > 2 << 16);
    expect(call_with(NULL, &(gr_process_opts){ .input = b.p }, (const char *const[]){ "predict", "--model", dir, "--file", "-", NULL }), 0);
    assert_int_equal(count_lines(last.out), LINES);
    gr_buf_free(&b);
    expect(call_with(NULL, &(gr_process_opts){ .input = "\n\n" }, (const char *const[]){ "embed", "--model", dir, "--max-length", "32", NULL }), 0);
    assert_int_equal(count_lines(last.out), 2);
    expect(call_with(NULL, NULL, (const char *const[]){ "embed", "--model", dir, "--max-length", "32", NULL }), 0);
    assert_string_equal(last.out, "");
    expect(call_with(NULL, &(gr_process_opts){ .input = "fine\n\xff\n" }, (const char *const[]){ "embed", "--model", dir, "--max-length", "32", NULL }), 3);
    assert_non_null(strstr(last.err, "standard input: line 2"));
}

/* After a second the program waits in its read. */
static int after_a_second(void *user, const char *err)
{
    struct timespec *t0 = user, now;

    (void)err;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (!t0->tv_sec) *t0 = now;
    if (now.tv_sec - t0->tv_sec < 2) return 0;
    t0->tv_sec += 1000; /* once */
    return SIGINT;
}

static void interrupted_while_waiting(void **state)
{
    struct timespec t0 = { 0 };
    const gr_process_opts o = { .poll = after_a_second, .user = &t0, .timeout_s = 60 };
    const char *dir = fine_tuned(), *fifo = at("fifo");
    int fd;

    (void)state;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    fd = open(fifo, O_RDWR); /* a writer that never ends */
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a good day\n", 11), 11);
    expect(call_with(NULL, &o, (const char *const[]){ "predict", "--model", dir, "--file", fifo, NULL }), 130);
    assert_non_null(strstr(last.err, "interrupted"));
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lines_of_all_kinds), cmocka_unit_test(interrupted_while_waiting) };
    return gr_test_main(tests);
}
