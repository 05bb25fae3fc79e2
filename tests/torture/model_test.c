/* model_test.c - the n-th allocation fails, for all n, in configurations, checkpoints of every form, saving, and inference:
 * no crash, nothing lost (the leak check of the sanitizer build), GR_E_NOMEM reported. */
#include <cjson/cJSON.h> /* its allocator must fail too: the library itself is not linked through us */

#include "base/fs.h"
#include "base/log.h"
#include "model/safetensors.h"
#include "model/weights.h"
#include "tests/support/test.h"
#include "tests/torture/fault.h"

enum { ROUNDS_MAX = 10000 };
static char dir[GR_PATH_MAX], saved[GR_PATH_MAX];

/* Runs f until it needs fewer than n allocations; every failure must be NOMEM, the last round OK. */
static void torture(const char *name, gr_status (*f)(gr_err *err), size_t least)
{
    size_t n = 1;

    for (; n < ROUNDS_MAX; n++) {
        gr_err err = GR_ERR_INIT;
        gr_status s;
        bool fired;

        fault_arm(n);
        s = f(&err);
        fired = fault_disarm();
        assert_status(s, fired ? GR_E_NOMEM : GR_OK, &err, fired ? "out of memory" : NULL);
        if (!fired) break;
    }
    printf("%s: %zu failures survived\n", name, n - 1);
    assert_true(n - 1 >= least && n < ROUNDS_MAX);
}

static gr_status read_config(gr_err *err)
{
    gr_config c;
    const gr_status s = gr_config_read(&c, dir, err);

    gr_config_free(&c);
    return s;
}

static gr_status open_st(gr_err *err)
{
    gr_st *st = NULL;
    const gr_status s = gr_st_open_dir(&st, dir, err);

    gr_st_close(st);
    return s;
}

static gr_status open_model(gr_err *err)
{
    const gr_model_opts o = { .dir = dir, .head = { GR_HEAD_CLASS, 3 }, .seed = 1, .elem = 4, .dropout = -1.0 };
    gr_model *m = NULL;
    const gr_status s = gr_model_open(&m, &o, err);

    gr_model_close(m);
    return s;
}

static gr_status map_model(gr_err *err)
{
    const gr_model_opts o = { .dir = dir, .head = { GR_HEAD_CLASS, 3 }, .seed = 1, .elem = 4, .dropout = -1.0, .map = true };
    gr_model *m = NULL;
    const gr_status s = gr_model_open(&m, &o, err);

    gr_model_close(m);
    return s;
}

static gr_status open_and_save(gr_err *err)
{
    const gr_model_opts o = { .dir = dir, .head = { GR_HEAD_TOKEN, 5 }, .seed = 1, .elem = 8, .dropout = -1.0 };
    gr_model *m = NULL;
    gr_status s = gr_model_open(&m, &o, err);

    if (s == GR_OK) s = gr_model_save(m, saved, err);
    gr_model_close(m);
    return s;
}

static void use(const char *form)
{
    assert_true(gr_fs_join(dir, sizeof dir, gr_own_golden_dir(), form));
}

static void test_all(void **state)
{
    (void)state;
    assert_true(gr_fs_join(saved, sizeof saved, gr_test_tmpdir(), "saved"));
    use("models/bert_tokcls");
    torture("config", read_config, 20);
    torture("safetensors", open_st, 20);
    torture("open and save", open_and_save, 60);
    use("checkpoints/sharded");
    torture("sharded safetensors", open_st, 40);
    torture("sharded model", open_model, 60);
    torture("sharded model, mapped", map_model, 60);
    use("checkpoints/bare");
    torture("model with a new head", open_model, 60);
    use("checkpoints/old_names");
    torture("model with old names", open_model, 60);
    use("checkpoints/bin_views");
    torture("file of torch.save", open_st, 10);
    torture("model of a file of torch.save, mapped", map_model, 40);
    use("checkpoints/bin_sharded");
    torture("sharded files of torch.save", open_st, 30);
    use("checkpoints/bin_wrapped");
    torture("model with wrapped names", open_model, 40);
}

/* As the tests of base do: cJSON's allocations go through the failing allocator as well. */
static void *node_malloc(size_t n)
{
    return malloc(n);
}

static void node_free(void *p)
{
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };
    cJSON_Hooks hooks = { node_malloc, node_free };

    cJSON_InitHooks(&hooks);
    gr_log_set_level(GR_LOG_QUIET);
    return gr_test_main(tests);
}
