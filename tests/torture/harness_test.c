/* harness_test.c - the n-th allocation fails, for all n, in a whole run: data, tokens, baseline, training with checkpoints and the best
 * weights, evaluation, files, record. No crash, nothing lost (the leak check of the sanitizer build), GR_E_NOMEM reported, the
 * record says why, and the same run afterwards ends as if nothing had been. */
#include "harness/suite.h"
#include "tests/torture/torture.h"
#include "tests/unit/harness/stage.h"

/* A round writes and syncs files, which takes time: of the later allocations every third one fails. */
enum { EACH = 500, STRIDE = 3, TOLERATED = 16 };
static stage         st;
static gr_suite_run  run;
static char          out[GR_PATH_MAX];
static double        want;

static gr_status one_job(gr_err *err)
{
    gr_record r;
    bool reused = false;
    gr_status s;

    gr_record_init(&r);
    s = gr_job_run(&run.room, st.task, 42, &r, &reused, err);
    if (s == GR_OK) {
        assert_false(reused);
        if (want != 0) assert_true(r.metrics[0].value == want);
        want = r.metrics[0].value;
    } else if (r.status != GR_RUN_FAILED || !strstr(r.message, "out of memory")) {
        fail_msg("the record says %s: %s", gr_run_status_name(r.status), r.message);
    }
    gr_record_free(&r);
    gr_task_data_close(&run.room.data);
    return s;
}

static void a_run(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&st, "--max-steps", "2", "--batch-size", "4", "--save-strategy", "steps", "--save-steps", "1", "--eval-strategy", "steps", "--eval-steps", "1", "--load-best",
          "--save-model", "--force", "--log-steps", "1", "--report-to", "tensorboard");
    gr_log_set_level(GR_LOG_QUIET);
    gr_pool_close(st.pool);
    assert_ok(gr_pool_open(&st.pool, 1, &err), &err); /* faults are counted on this thread */
    stage_task(&st, stage_csv("tort.csv", 12), stage_csv("tort2.csv", 9));
    assert_true(gr_fs_join(out, sizeof out, gr_test_tmpdir(), "out"));
    st.o.output_dir = out;
    run.room = (gr_workroom){ .o = &st.o, .origins = st.origins, .pool = st.pool, .tok = st.tok, .data_kind = "custom",
                              .progress = GR_PROGRESS_OFF };
    (void)snprintf(run.room.model_dir, sizeof run.room.model_dir, "%s", st.dir);
    (void)snprintf(run.room.suite_dir, sizeof run.room.suite_dir, "%.4000s/suite", out);
    assert_ok(gr_fs_mkdirs(run.room.suite_dir, &err), &err);
    assert_ok(one_job(&err), &err);
    gr_torture_with("a run", one_job, &(gr_torture_opts){ .least = 500, .each = EACH, .stride = STRIDE, .tolerated = TOLERATED });
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_run) };

    gr_torture_cjson();
    return gr_test_main(tests);
}
