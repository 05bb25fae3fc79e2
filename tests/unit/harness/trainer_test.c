/* trainer_test.c - the loop: how many steps, which rows, which learning rates, when it evaluates, stops and goes back to the best. */
#include <signal.h>

#include "data/order.h"
#include "harness/interrupt.h"
#include "tests/unit/harness/stage.h"

enum { MAX_STEPS = 200 };

typedef struct seen { gr_step_info info[MAX_STEPS]; uint32_t rows[MAX_STEPS][32]; size_t n; int64_t stop_at; } seen;

static void on_step(void *user, const gr_step_info *info)
{
    seen *s = user;

    assert_true(s->n < MAX_STEPS && info->n_rows <= 32);
    s->info[s->n] = *info;
    memcpy(s->rows[s->n++], info->rows, info->n_rows * sizeof *info->rows);
    if (info->step == s->stop_at) (void)raise(SIGINT);
}

/* ceil(ceil(rows / batch) / accumulation) steps an epoch, ceil(epochs * that) in all (Trainer.set_initial_training_values). */
static void counting(void **state)
{
    static const struct { size_t rows; int64_t batch, accum, max; double epochs; int64_t per_epoch, total; } cases[] = {
        { 100, 8, 1, -1, 3, 13, 39 }, { 100, 8, 2, -1, 3, 7, 21 },   { 100, 8, 4, -1, 3, 4, 12 }, { 96, 8, 1, -1, 2, 12, 24 }, { 1, 8, 1, -1, 3, 1, 3 },
        { 100, 8, 1, 5, 3, 13, 5 },   { 100, 8, 1, -1, 0.5, 13, 7 }, { 100, 8, 1, -1, 0, 13, 0 }, { 100, 8, 1, 40, 1, 13, 40 }, { 3, 2, 8, -1, 2, 1, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gr_run_opts o = { .batch_size = cases[i].batch, .grad_accum = cases[i].accum, .max_steps = cases[i].max, .epochs = cases[i].epochs };
        int64_t per, total;
        gr_train_steps(&per, &total, &o, cases[i].rows);
        if (per != cases[i].per_epoch || total != cases[i].total) fail_msg("case %zu: %lld and %lld", i, (long long)per, (long long)total);
    }
}

static void biggest_batch(void **state)
{
    size_t start[] = { 0, 5, 7, 17, 20 }; /* lengths 5 2 10 3 */
    const uint32_t rows[] = { 0, 1, 2, 3 };
    const gr_encoded e = { .n = 4, .start = start };
    size_t big_start[] = { 0, 9000 };
    const gr_encoded big = { .n = 1, .start = big_start };

    (void)state;
    assert_int_equal(gr_train_max_tokens(&e, rows, 4, 2), 15);
    assert_int_equal(gr_train_max_tokens(&e, rows, 4, 100), 20);
    assert_int_equal(gr_train_max_tokens(&e, rows + 1, 1, 2), 2);
    assert_int_equal(gr_train_max_tokens(&big, rows, 1, 8), 9000); /* the longest row always fits */
}

static void train(stage *s, seen *w, gr_train_result *r, gr_record *rec, gr_status want)
{
    gr_train_job j = stage_job(s);
    gr_err err = GR_ERR_INIT;

    w->n = 0;
    j.on_step = on_step;
    j.user = w;
    gr_record_init(rec);
    assert_status(gr_train(r, &j, rec, &err), want, &err, NULL);
}

static void open_small(stage *s, const char *const *words)
{
    stage_open(s, words);
    stage_task(s, stage_csv("tr.csv", 21), stage_csv("tr2.csv", 12));
    stage_data(s, 64);
    stage_session(s);
}
#define SMALL(s, ...) open_small((s), (const char *const[]){ __VA_ARGS__, NULL })

/* Products of one pass over all training rows, forward and backward, as the session counts them: rows do not meet, so batches do not matter. */
static double flops_of_all(const stage *s, double *tokens)
{
    const gr_encoded *e = &s->data.split[0].encoded;
    int32_t cu[64];
    gr_batch b = { .n_rows = (int32_t)e->n, .cu_seqlens = cu };

    assert_true(e->n < 64);
    for (size_t i = 0; i <= e->n; i++) cu[i] = (int32_t)e->start[i];
    *tokens = b.n_tokens = cu[e->n];
    return gr_session_flops(s->session, &b, true);
}

/* 21 rows in batches of 8: 3 steps an epoch, the last of 5 rows; every epoch has each row once; orders differ. */
static void rows_and_rates(void **state)
{
    static seen w;
    stage s;
    gr_train_result r;
    gr_record rec;
    double flops, tokens;

    (void)state;
    SMALL(&s, "--epochs", "2", "--learning-rate", "0.001", "--warmup-ratio", "0.3");
    train(&s, &w, &r, &rec, GR_OK);
    assert_true(w.n == 6 && r.total_steps == 6 && r.steps_per_epoch == 3 && r.state.step == 6 && r.state.samples == 42);
    for (size_t e = 0; e < 2; e++) {
        unsigned times[21] = { 0 };
        for (size_t i = 3 * e; i < 3 * e + 3; i++) {
            assert_int_equal(w.info[i].n_rows, i % 3 == 2 ? 5 : 8);
            for (size_t k = 0; k < w.info[i].n_rows; k++) times[w.rows[i][k]]++;
        }
        for (size_t k = 0; k < 21; k++) assert_int_equal(times[k], 1);
    }
    assert_true(memcmp(w.rows[0], w.rows[3], 8 * sizeof w.rows[0][0]) != 0);
    /* warm-up: ceil(6 * 0.3) = 2 steps: 0, 1/2, then 1, 3/4, 1/2, 1/4 of the peak */
    for (size_t i = 0; i < 6; i++) {
        static const double share[] = { 0, 0.5, 1, 0.75, 0.5, 0.25 };
        assert_near(w.info[i].lr, 0.001 * share[i], 1e-15, "rate of step %zu", i + 1);
        assert_near(w.info[i].epoch, (double)(i + 1) / 3, 1e-15, "epoch of step %zu", i + 1);
    }
    assert_int_equal(rec.n_history, 2);
    assert_true(rec.history[0].step == 3 && rec.history[1].step == 6 && rec.history[1].epoch == 2);
    assert_near(rec.history[0].train_loss, (w.info[0].loss + w.info[1].loss + w.info[2].loss) / 3, 1e-12, "mean loss of the first epoch");
    assert_near(rec.train_loss, r.state.loss_sum / 6, 1e-15, "mean loss");
    flops = flops_of_all(&s, &tokens);
    assert_true(flops > 0 && r.state.flops == 2 * flops && r.state.tokens == 2 * tokens);
    assert_true(r.has_eval && r.last_predictions.n == 12 && rec.history[1].eval_loss == r.last_eval.loss);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    stage_close(&s);
}

/* Accumulation that does not divide an epoch: 6 micro-batches in steps of 4 and 2. The shares are those that Trainer of
 * transformers 5.23 logs for 21 rows, per_device_train_batch_size 4, gradient_accumulation_steps 4, max_steps 5. */
static void epochs_by_micro_batches(void **state)
{
    static const double want[] = { 0.6666666666666666, 1, 1.6666666666666665, 2, 2.6666666666666665 };
    static seen w;
    stage s;
    gr_train_result r;
    gr_record rec;

    (void)state;
    SMALL(&s, "--batch-size", "4", "--grad-accum", "4", "--max-steps", "5");
    train(&s, &w, &r, &rec, GR_OK);
    assert_true(w.n == 5 && w.info[0].n_rows == 16 && w.info[1].n_rows == 5);
    for (size_t i = 0; i < 5; i++) assert_near(w.info[i].epoch, want[i], 1e-15, "epoch of step %zu", i + 1);
    assert_int_equal(rec.n_history, 3);
    assert_near(rec.history[2].epoch, want[4], 1e-15, "epoch of the last evaluation");
    assert_near(rec.epochs, want[4], 1e-15, "epochs of the record");
    gr_train_result_free(&r);
    gr_record_free(&rec);
    stage_close(&s);
}

/* The steps of an epoch took their rows in Trainer's order for this seed. */
static void is_order(const seen *w, size_t epoch, uint64_t seed)
{
    uint32_t want[21];
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_order_trainer(want, 21, seed, (int64_t)epoch, &err), &err);
    for (size_t i = 0; i < 21; i++) assert_int_equal(w->rows[3 * epoch + i / 8][i % 8], want[i]);
}

static void order_of_the_trainer(void **state)
{
    static seen w;
    stage s;
    gr_train_result r;
    gr_record rec;

    (void)state;
    SMALL(&s, "--epochs", "2", "--order", "torch", "--seed", "5", "--eval-strategy", "no");
    train(&s, &w, &r, &rec, GR_OK);
    for (size_t e = 0; e < 2; e++) is_order(&w, e, 5);
    assert_true(rec.n_history == 0 && !r.has_eval);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    stage_close(&s);
}

/* The order goes by a seed of its own, and the rate by the schedule's arguments: of 6 steps the fourth has half of the way left. */
static void data_seed_and_schedule(void **state)
{
    static seen w;
    stage s;
    gr_train_result r;
    gr_record rec;

    (void)state;
    SMALL(&s, "--epochs", "2", "--order", "torch", "--seed", "7", "--data-seed", "5", "--eval-strategy", "no", "--learning-rate", "0.004", "--scheduler", "polynomial",
          "--scheduler-kwargs", "{\"power\": 2, \"lr_end\": 0}");
    train(&s, &w, &r, &rec, GR_OK);
    is_order(&w, 0, 5);
    assert_near(w.info[3].lr, 0.001, 1e-15, "0.004 / 4");
    gr_train_result_free(&r);
    gr_record_free(&rec);
    stage_close(&s);
}

/* A rate that spoils: the first evaluation is the best, two worse ones stop it, and the best weights come back. */
static void best_and_early(void **state)
{
    static seen w;
    stage s;
    gr_train_result r;
    gr_eval_result e;
    gr_record rec;
    gr_eval_opts o;
    gr_err err = GR_ERR_INIT;

    (void)state;
    SMALL(&s, "--epochs", "30", "--learning-rate", "0.3", "--eval-strategy", "steps", "--eval-steps", "1", "--load-best", "--early-stopping", "2");
    train(&s, &w, &r, &rec, GR_OK);
    assert_true(r.stopped_early && r.state.step < 90 && r.state.step == r.state.best_step + 2 && r.restored_best && !r.has_eval);
    assert_int_equal(rec.n_history, r.state.step);
    o = stage_eval(&s);
    assert_ok(gr_evaluate(&e, NULL, s.session, &s.data.split[1].encoded, &s.data.split[1].examples, s.task, &o, &err), &err);
    assert_true(e.loss == r.state.best && e.loss == rec.history[r.state.best_step - 1].eval_loss); /* to the bit */
    for (size_t i = 0; i < rec.n_history; i++) assert_true(rec.history[i].eval_loss >= e.loss);
    gr_eval_result_free(&e);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    stage_close(&s);
}

/* Trainer of transformers 5.23 (6 steps, eval_steps 4) evaluates after steps 4 and 6; the last one can be the best. */
static void last_step_is_evaluated(void **state)
{
    static seen w;
    stage s;
    gr_train_result r;
    gr_record rec;

    (void)state;
    SMALL(&s, "--epochs", "2", "--learning-rate", "0.001", "--eval-strategy", "steps", "--eval-steps", "4", "--load-best");
    train(&s, &w, &r, &rec, GR_OK);
    assert_true(rec.n_history == 2 && rec.history[0].step == 4 && rec.history[1].step == 6);
    assert_true(rec.history[1].eval_loss < rec.history[0].eval_loss);
    assert_true(r.state.best_step == 6 && !r.restored_best && r.has_eval);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    stage_close(&s);
}

/* Equal texts have equal predictions, and their correlation has no value. EarlyStoppingCallback(1) of transformers 5.23 stops such a run
 * at its second evaluation, of three texts and these scores as well. */
static void no_value_at_first(void **state)
{
    static const char even[] = "text,score\na day,1.5\na day,2.5\na day,0.5\n", rows[] = "text,score\na day,1.5\nthe house,2.5\ncold,0.5\nwarm,1.0\n";
    static seen w;
    stage s;
    gr_train_result r;
    gr_record rec;

    (void)state;
    STAGE(&s, "--epochs", "9", "--eval-strategy", "steps", "--eval-steps", "1", "--early-stopping", "1", "--metric-for-best", "pearson");
    stage_task(&s, stage_file("scores.csv", rows), stage_file("even.csv", even));
    stage_data(&s, 64);
    stage_session(&s);
    train(&s, &w, &r, &rec, GR_OK);
    assert_true(r.stopped_early && r.state.step == 2 && r.state.best_step == 0 && rec.n_history == 2);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    stage_close(&s);
}

/* The log: a line each --log-steps steps with the mean since the last, and one each evaluation; a full disk is found. */
static void log_lines(void **state)
{
    static seen w;
    const char *path = stage_file("log.jsonl", "");
    stage s;
    gr_train_result r;
    gr_record rec;
    gr_train_job j;
    char *text = NULL;
    size_t n, lines = 0;
    gr_json *first = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    SMALL(&s, "--epochs", "2", "--log-steps", "2");
    w = (seen){ .n = 0 };
    j = stage_job(&s);
    j.log_path = path;
    j.on_step = on_step;
    j.user = &w;
    gr_record_init(&rec);
    assert_ok(gr_train(&r, &j, &rec, &err), &err);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    for (size_t i = 0; i < n; i++) lines += text[i] == '\n';
    assert_int_equal(lines, 3 + 2);
    assert_ok(gr_json_parse(&first, text, strcspn(text, "\n"), &err), &err);
    assert_near(gr_json_num(gr_json_get(first, "loss"), NAN), (w.info[0].loss + w.info[1].loss) / 2, 1e-15, "mean of two steps");
    assert_non_null(strstr(text, "\"eval_accuracy\":"));
    gr_json_free(first);
    free(text);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    gr_record_init(&rec);
    j.board_dir = path; /* a file: no event file, a warning, and the run goes on */
    assert_ok(gr_train(&r, &j, &rec, &err), &err);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    gr_record_init(&rec);
    j.board_dir = NULL;
    j.log_path = "/dev/full";
    assert_status(gr_train(&r, &j, &rec, &err), GR_E_IO, &err, "/dev/full");
    j.log_path = "/nonexistent/log";
    assert_status(gr_train(&r, &j, &rec, &err), GR_E_IO, &err, "/nonexistent/log");
    gr_record_free(&rec);
    stage_close(&s);
}

/* Last of all: the flag of an interruption stays up. */
static void interrupted(void **state)
{
    static seen w = { .stop_at = 2 };
    stage s;
    gr_train_result r;
    gr_record rec;
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_interrupt_install();
    SMALL(&s, "--epochs", "2");
    train(&s, &w, &r, &rec, GR_E_CANCELLED);
    assert_int_equal(w.n, 2);
    assert_int_equal(rec.steps, 2);
    assert_false(r.has_eval);
    gr_record_free(&rec);
    gr_task_data_close(&s.data);
    assert_status(gr_task_data_open(&s.data, s.task, &(gr_task_data_opts){ .dir = "", .tok = s.tok, .max_length = 64, .pool = s.pool }, &s.o, &err), GR_E_CANCELLED, &err, "stopped");
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(counting), cmocka_unit_test(biggest_batch), cmocka_unit_test(rows_and_rates),
                                        cmocka_unit_test(epochs_by_micro_batches), cmocka_unit_test(order_of_the_trainer), cmocka_unit_test(data_seed_and_schedule), cmocka_unit_test(best_and_early),
                                        cmocka_unit_test(last_step_is_evaluated), cmocka_unit_test(no_value_at_first), cmocka_unit_test(log_lines),
                                        cmocka_unit_test(interrupted) };
    return gr_test_main(tests);
}
