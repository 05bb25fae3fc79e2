/* train_log_test.c - the log of a run that was killed goes on in the log of the run that resumes it, up to the checkpoint and no further. */
#include "tests/support/test.h"

#include <math.h>
#include <unistd.h>

#include "base/fs.h"
#include "harness/train_log.h"

static const char *at(const char *name)
{
    static char path[8][GR_PATH_MAX];
    static size_t turn;
    char *p = path[turn++ % 8];

    assert_true(gr_fs_join(p, GR_PATH_MAX, gr_test_tmpdir(), name));
    return p;
}

static void open_log(gr_train_log *l, const gr_train_log_paths *paths, bool resumed, int64_t step)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_train_log_open(l, paths, resumed, step, &err), &err);
}

static void close_log(gr_train_log *l)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_train_log_close(l, &err), &err);
}

/* Lines of the steps from..to. */
static void steps(gr_train_log *l, int from, int to)
{
    for (int i = from; i <= to; i++) gr_train_log_step(l, i, i / 4.0, 1.0 / i, 2.0, 1e-3);
}

#define LINE(step, epoch, loss) "{\"step\":" step ",\"epoch\":" epoch ",\"loss\":" loss ",\"grad_norm\":2,\"learning_rate\":0.001}\n"
#define ONE LINE("1", "0.25", "1")
#define TWO LINE("2", "0.5", "0.5")
#define FOUR LINE("4", "1", "0.25")
#define FIVE LINE("5", "1.25", "0.2")

/* Killed behind step 4, with a checkpoint at step 2; killed again before the next one. */
static void killed_twice(void **state)
{
    const gr_train_log_paths first = { at("first"), at("points"), NULL }, second = { at("second"), at("points"), NULL }, third = { at("third"), at("points"), NULL };
    gr_train_log             l;

    (void)state;
    open_log(&l, &first, false, 0);
    steps(&l, 1, 2);
    assert_int_equal(access(at("points/log.jsonl"), F_OK), -1); /* no checkpoint, nothing to find */
    gr_train_log_settle(&l);
    assert_file(at("points/log.jsonl"), ONE TWO); /* what a kill from now on leaves */
    gr_train_log_settle(&l);
    steps(&l, 4, 4);
    close_log(&l);
    open_log(&l, &second, true, 2);
    steps(&l, 5, 5);
    close_log(&l);
    assert_file(at("second"), ONE TWO FIVE); /* step 4 will be done again */
    open_log(&l, &third, true, 2);
    steps(&l, 4, 4);
    close_log(&l);
    assert_file(at("third"), ONE TWO FOUR);
    assert_file(at("first"), ONE TWO FOUR);
    assert_file(at("points/log.jsonl"), ONE TWO FOUR); /* it goes with the checkpoints: a kill may still come */
}

/* A line that the kill cut off is none; without a log of before it begins where the run does. */
static void cut_off(void **state)
{
    const gr_train_log_paths paths = { at("whole"), at("cut"), NULL };
    gr_err                   err = GR_ERR_INIT;
    gr_train_log             l;

    (void)state;
    open_log(&l, &paths, true, 2);
    steps(&l, 4, 4);
    close_log(&l);
    assert_file(at("whole"), FOUR);
    assert_ok(gr_fs_write(at("cut/log.jsonl"), ONE "{\"step\":2,\n{\"step\":2}", sizeof ONE - 1 + 11 + 10, &err), &err);
    open_log(&l, &paths, true, 2);
    close_log(&l);
    assert_file(at("whole"), ONE);
}

/* An evaluation is a line of its own, without what has no value; a full disk is found when it is closed. */
static void evaluations(void **state)
{
    const gr_train_log_paths paths = { at("evals"), NULL, NULL }, full = { "/dev/full", NULL, NULL }, nowhere = { at("none/log"), NULL, NULL };
    gr_rec_point             p = { .step = 2, .epoch = 0.5, .eval_loss = 0.75 };
    gr_err                   err = GR_ERR_INIT;
    gr_train_log             l;

    (void)state;
    assert_true(sizeof p.metric / sizeof *p.metric >= 2);
    (void)snprintf(p.metric[0].name, sizeof p.metric[0].name, "accuracy");
    p.metric[0].value = 0.5;
    (void)snprintf(p.metric[1].name, sizeof p.metric[1].name, "f1");
    p.metric[1].value = NAN;
    p.n_metrics = 2;
    open_log(&l, &paths, false, 0);
    steps(&l, 1, 1);
    gr_train_log_eval(&l, &p);
    assert_file(at("evals"), ONE "{\"step\":2,\"epoch\":0.5,\"eval_loss\":0.75,\"eval_accuracy\":0.5}\n"); /* it can be read at once */
    gr_train_log_settle(&l);                                                                       /* no checkpoints: no second name */
    close_log(&l);
    open_log(&l, &full, false, 0);
    gr_train_log_eval(&l, &p);
    assert_status(gr_train_log_close(&l, &err), GR_E_IO, &err, "/dev/full: cannot be written");
    assert_status(gr_train_log_open(&l, &nowhere, false, 0, &err), GR_E_IO, &err, "none/log: No such file");
    close_log(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(killed_twice), cmocka_unit_test(cut_off), cmocka_unit_test(evaluations) };

    return gr_test_main(tests);
}
