/* tensorboard_test.c - event files to the byte: what tensorboard 2.21's own RecordWriter writes for the same events. */
#include "results/tensorboard.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/fs.h"
#include "tests/support/test.h"

/* RecordWriter of Event(wall_time=1700000000.5, file_version="brain.Event:2"), of step 500 at 1700000001.25 with train/epoch 1.5, train/loss ln 2 and
 * train/learning_rate 4.5e-05, of step 100000 at 1700000002 with eval/loss 0.25 and eval/f1 -1, in hexadecimal. */
static const char written[] =
    "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b35311051000000000000009ca1d9bc0900005040fc54d94110f4032a430a120a0b747261"
    "696e2f65706f6368150000c03f0a110a0a747261696e2f6c6f7373151872313f0a1a0a13747261696e2f6c6561726e696e675f726174651562be3c38ee1ca5b431000000000000009d"
    "8383e90900008040fc54d94110a08d062a220a100a096576616c2f6c6f7373150000803e0a0e0a076576616c2f6631150000"
    "80bf6dc54332";

static gr_status event(gr_buf *b, const char *line, double time)
{
    gr_err err = GR_ERR_INIT;
    const gr_status s = gr_tensorboard_event(b, gr_sv_from(line), time, &err);

    assert_true(s == GR_OK || err.msg[0]);
    return s;
}

static void to_the_byte(void **state)
{
    gr_buf b = { 0 };

    (void)state;
    gr_tensorboard_head(&b, 1700000000.5);
    assert_int_equal(event(&b, "{\"step\":500,\"epoch\":1.5,\"loss\":0.6931471805599453,\"learning_rate\":4.5e-05}\n", 1700000001.25), GR_OK);
    assert_int_equal(event(&b, "{\"step\":100000,\"eval_loss\":0.25,\"eval_f1\":-1,\"eval_mcc\":null}", 1700000002.0), GR_OK);
    assert_int_equal(2 * b.n, sizeof written - 1);
    for (size_t i = 0; i < b.n; i++) {
        char hex[3];
        (void)snprintf(hex, sizeof hex, "%02x", (unsigned char)b.p[i]);
        if (memcmp(hex, written + 2 * i, 2) != 0) fail_msg("byte %zu: %s", i, hex);
    }
    gr_buf_free(&b);
}

static void odd_lines(void **state)
{
    gr_buf b = { 0 };

    (void)state;
    assert_int_equal(event(&b, "{\"step\":3,\"eval_f1\":null}", 1), GR_OK); /* nothing to say */
    assert_int_equal(event(&b, "{\"step\":3", 1), GR_E_FORMAT);
    assert_int_equal(event(&b, "{\"loss\":3}", 1), GR_E_FORMAT);
    assert_int_equal(event(&b, "{\"step\":-1,\"loss\":3}", 1), GR_E_FORMAT);
    assert_int_equal(event(&b, "", 1), GR_E_FORMAT);
    assert_int_equal(b.n, 0);
    gr_buf_free(&b);
}

static void files(void **state)
{
    char dir[GR_PATH_MAX], path[GR_PATH_MAX];
    char *bytes = NULL;
    size_t n = 0;
    gr_tensorboard *t;
    gr_fs_list l = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), "board/a"));
    assert_ok(gr_tensorboard_open(&t, dir, &err), &err);
    gr_tensorboard_add(t, gr_sv_from("{\"step\":1,\"loss\":0.5}\n"));
    assert_ok(gr_fs_list_dir(&l, dir, &err), &err);
    assert_int_equal(l.n, 1);
    assert_memory_equal(l.names[0], "events.out.tfevents.", 20);
    assert_true(gr_fs_join(path, sizeof path, dir, l.names[0]));
    assert_ok(gr_fs_read(&bytes, &n, path, 0, &err), &err); /* is there before the file is closed */
    assert_int_equal(n, 8 + 4 + 24 + 4 + 8 + 4 + 32 + 4);
    free(bytes);
    gr_fs_list_free(&l);
    assert_ok(gr_tensorboard_close(t, &err), &err);
    assert_ok(gr_tensorboard_open(&t, dir, &err), &err);
    gr_tensorboard_add(t, gr_sv_from("{\"step\""));
    assert_status(gr_tensorboard_close(t, &err), GR_E_FORMAT, &err, ".glue-run: a line of the log: line 1");
    assert_ok(gr_fs_write(path, "x", 1, &err), &err);
    assert_int_equal(gr_tensorboard_open(&t, path, &err), GR_E_IO); /* a file where the folder should be */
    gr_tensorboard_add(NULL, gr_sv_from("{}"));
    assert_ok(gr_tensorboard_close(NULL, &err), &err);
}

/* A file that takes no more: what was written before stays as it was, and close tells of it. */
static void full(void **state)
{
    struct rlimit before;
    char dir[GR_PATH_MAX];
    gr_tensorboard *t;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), "board/full"));
    assert_ok(gr_tensorboard_open(&t, dir, &err), &err); /* 40 bytes */
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 60, before.rlim_max }), 0);
    for (int i = 0; i < 3; i++) gr_tensorboard_add(t, gr_sv_from("{\"step\":1,\"loss\":0.5}\n"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_status(gr_tensorboard_close(t, &err), GR_E_IO, &err, ".glue-run: cannot be written");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(to_the_byte), cmocka_unit_test(odd_lines), cmocka_unit_test(files), cmocka_unit_test(full) };

    return gr_test_main(tests);
}
