/* stage.h - what the tests of the harness stand on: a tiny encoder, options as `run` parses them, a task from made-up files, its rows
 * tokenised, a session. Call only what the test needs; stage_close releases all. */
#ifndef GR_TESTS_UNIT_HARNESS_STAGE_H
#define GR_TESTS_UNIT_HARNESS_STAGE_H
#include <math.h>

#include "base/fs.h"
#include "base/log.h"
#include "harness/task_data.h"
#include "harness/trainer.h"
#include "model/session.h"
#include "tasks/custom.h"
#include "tests/support/encoder.h"
#include "tests/support/test.h"

typedef struct stage {
    gr_run_opts   o;
    gr_opt_origin origins[GR_RUN_OPTIONS_MAX];
    gr_pool      *pool;
    gr_tok       *tok;
    gr_task      *task;
    gr_task_data  data;
    gr_model     *model;
    gr_session   *session;
    const char   *dir; /* of the model */
    uint32_t     *rows;
    size_t        n_rows;
} stage;

static inline const char *stage_file(const char *name, const char *text)
{
    static char path[8][GR_PATH_MAX];
    static size_t turn;
    char *p = path[turn++ % 8];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(p, GR_PATH_MAX, gr_test_tmpdir(), name));
    assert_ok(gr_fs_write(p, text, strlen(text), &err), &err);
    return p;
}

/* Options of these words; the encoder's tokenizer; two threads. */
static inline void stage_open(stage *s, const char *const *words)
{
    static char dir[GR_PATH_MAX];
    const gr_encoder_opts tiny = GR_ENCODER_TINY;
    const char *pos[32];
    char *argv[32];
    int argc = 0, n = 0;
    gr_err err = GR_ERR_INIT;

    memset(s, 0, sizeof *s);
    gr_log_set_level(GR_LOG_ERROR);
    for (; words[argc]; argc++) argv[argc] = (char *)words[argc];
    assert_ok(gr_opt_defaults(&s->o, s->origins, gr_run_options, &err), &err);
    assert_ok(gr_opt_parse(&s->o, s->origins, gr_run_options, argc, argv, pos, &n, &err), &err);
    if (!dir[0]) (void)snprintf(dir, sizeof dir, "%s", gr_encoder_folder("tiny", &tiny));
    s->dir = dir;
    assert_ok(gr_tok_open(&s->tok, dir, NULL, &err), &err);
    assert_ok(gr_pool_open(&s->pool, 2, &err), &err);
}
#define STAGE(s, ...) stage_open((s), (const char *const[]){ __VA_ARGS__, NULL })

/* rows rows of two classes, every third "x"; the text tells the class. */
static inline const char *stage_csv(const char *name, int rows)
{
    gr_buf b = { 0 };
    const char *path;

    gr_buf_adds(&b, "text,label\n");
    for (int i = 0; i < rows; i++) gr_buf_addf(&b, "the day %d was %s%s,%s\n", i, i % 3 ? "cold" : "warm", i % 5 ? "" : " in the house", i % 3 ? "y" : "x");
    path = stage_file(name, b.p);
    gr_buf_free(&b);
    return path;
}

static inline void stage_task(stage *s, const char *train, const char *validation)
{
    const gr_custom_opts co = { .train_file = train, .validation_file = validation };
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_task_custom(&s->task, &co, &err), &err);
}

static inline void stage_data(stage *s, size_t max_length)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_task_data_open(&s->data, s->task, &(gr_task_data_opts){ .dir = "", .tok = s->tok, .max_length = max_length, .pool = s->pool }, &s->o, &err), &err);
    assert_ok(gr_task_train_rows(&s->rows, &s->n_rows, &s->data, &s->o, (uint64_t)s->o.seed, &err), &err);
}

static inline void stage_session(stage *s)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_model_open(&s->model, &(gr_model_opts){ .dir = s->dir, .head = s->task->head, .labels = s->task->labels, .seed = (uint64_t)s->o.seed, .elem = 4,
                                                         .dropout = s->o.dropout }, &err), &err);
    assert_ok(gr_session_open(&s->session, s->model, &(gr_session_opts){ .device = "cpu", .pool = s->pool, .train = true, .max_tokens = 1024, .max_rows = 256,
                                                                         .max_length = 64, .seed = (uint64_t)s->o.seed, .beta1 = 0.9, .beta2 = 0.999,
                                                                         .epsilon = 1e-8, .max_grad_norm = 1 }, &err), &err);
}

static inline gr_eval_opts stage_eval(const stage *s)
{
    return (gr_eval_opts){ .batch_size = (size_t)s->o.eval_batch_size, .max_tokens = 1024, .max_rows = 256 };
}

static inline gr_train_job stage_job(const stage *s)
{
    return (gr_train_job){ .o = &s->o, .task = s->task, .model = s->model, .session = s->session, .train = &s->data.split[0].encoded, .train_rows = s->rows,
                           .n_train_rows = s->n_rows, .eval = s->data.n_eval ? &s->data.split[1].encoded : NULL,
                           .eval_examples = s->data.n_eval ? &s->data.split[1].examples : NULL, .eval_opts = stage_eval(s), .seed = (uint64_t)s->o.seed,
                           .key = "0123456789abcdef" };
}

static inline void stage_close(stage *s)
{
    gr_session_close(s->session);
    gr_model_close(s->model);
    gr_task_data_close(&s->data);
    gr_task_custom_free(s->task);
    gr_tok_close(s->tok);
    gr_pool_close(s->pool);
    free(s->rows);
    memset(s, 0, sizeof *s);
}

#endif
