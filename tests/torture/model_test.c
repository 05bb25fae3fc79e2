/* model_test.c - the n-th allocation fails, for all n, in configurations, checkpoints of every form, saving, and inference:
 * no crash, nothing lost (the leak check of the sanitizer build), GR_E_NOMEM reported. */
#include "base/fs.h"
#include "base/log.h"
#include "model/safetensors.h"
#include "model/weights.h"
#include "tests/support/test.h"
#include "tests/torture/torture.h"

static char dir[GR_PATH_MAX], saved[GR_PATH_MAX];

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
    gr_torture("config", read_config, 20);
    gr_torture("safetensors", open_st, 20);
    gr_torture("open and save", open_and_save, 60);
    use("checkpoints/sharded");
    gr_torture("sharded safetensors", open_st, 40);
    gr_torture("sharded model", open_model, 60);
    gr_torture("sharded model, mapped", map_model, 60);
    use("checkpoints/bare");
    gr_torture("model with a new head", open_model, 60);
    use("checkpoints/old_names");
    gr_torture("model with old names", open_model, 60);
    use("checkpoints/bin_views");
    gr_torture("file of torch.save", open_st, 10);
    gr_torture("model of a file of torch.save, mapped", map_model, 40);
    use("checkpoints/bin_sharded");
    gr_torture("sharded files of torch.save", open_st, 30);
    use("checkpoints/bin_wrapped");
    gr_torture("model with wrapped names", open_model, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };

    gr_torture_cjson();
    gr_log_set_level(GR_LOG_QUIET);
    return gr_test_main(tests);
}
