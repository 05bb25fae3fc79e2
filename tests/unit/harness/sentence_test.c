/* What a folder of sentence-transformers says: its length, its pooling in older and newer spelling, modules that are refused. */
#include "base/fs.h"
#include "base/log.h"
#include "harness/sentence.h"
#include "tests/support/test.h"

static const char three[] = "[{\"idx\":0,\"name\":\"0\",\"path\":\"\",\"type\":\"sentence_transformers.models.Transformer\"},"
                            "{\"idx\":1,\"name\":\"1\",\"path\":\"1_Pooling\",\"type\":\"sentence_transformers.models.Pooling\"},"
                            "{\"idx\":2,\"name\":\"2\",\"path\":\"2_Normalize\",\"type\":\"sentence_transformers.models.Normalize\"}]";
static const char mean[] = "{\"word_embedding_dimension\":8,\"pooling_mode_cls_token\":false,\"pooling_mode_mean_tokens\":true,\"pooling_mode_max_tokens\":false}";

static void put(const char *dir, const char *name, const char *text)
{
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    if (!text) return;
    assert_true(gr_fs_join(path, sizeof path, dir, name));
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
}

/* A new folder with these files; NULL: without. */
static const char *folder(const char *modules, const char *pooling, const char *length)
{
    static char dir[GR_PATH_MAX];
    static int turn;
    char name[32], sub[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)snprintf(name, sizeof name, "s%d", turn++);
    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), name) && gr_fs_join(sub, sizeof sub, dir, "1_Pooling"));
    assert_ok(gr_fs_mkdirs(sub, &err), &err);
    put(dir, "modules.json", modules);
    put(sub, "config.json", pooling);
    put(dir, "sentence_bert_config.json", length);
    return dir;
}

static void accepted(void **state)
{
    static const struct { const char *modules, *pooling, *length; int32_t want; } cases[] = {
        { NULL, NULL, NULL, 0 },
        { three, mean, "{\"max_seq_length\":384,\"do_lower_case\":false}", 384 },
        { three, mean, "{\"max_seq_length\":null}", 0 },
        { NULL, mean, NULL, 0 },
        { three, "{\"embedding_dimension\":8,\"pooling_mode\":\"mean\",\"include_prompt\":true}", "{\"max_seq_length\":5}", 5 },
        { three, "{\"pooling_mode\":[\"mean\"]}", NULL, 0 },
        { three, "{\"word_embedding_dimension\":8}", NULL, 0 },
        { "[{\"type\":\"sentence_transformers.base.modules.transformer.Transformer\",\"path\":\"\"}]", NULL, NULL, 0 },
    };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t n = -1;

        assert_ok(gr_sentence_read(&n, folder(cases[i].modules, cases[i].pooling, cases[i].length), 8, &err), &err);
        assert_int_equal(n, cases[i].want);
    }
}

static void refused(void **state)
{
    static const struct { const char *modules, *pooling, *length; gr_status want; const char *part; } cases[] = {
        { three, "{\"pooling_mode_cls_token\":true,\"pooling_mode_mean_tokens\":false}", NULL, GR_E_UNSUPPORTED, "the pooling is cls; supported: mean" },
        { three, "{\"pooling_mode_max_tokens\":true,\"pooling_mode_mean_tokens\":true}", NULL, GR_E_UNSUPPORTED, "the pooling is max + mean" },
        { three, "{\"pooling_mode_lasttoken\":true}", NULL, GR_E_UNSUPPORTED, "lasttoken" },
        { three, "{\"pooling_mode\":\"weightedmean\"}", NULL, GR_E_UNSUPPORTED, "weightedmean" },
        { three, "{\"pooling_mode\":[\"cls\",\"mean\"]}", NULL, GR_E_UNSUPPORTED, "cls + mean" },
        { NULL, "{\"pooling_mode_cls_token\":true}", NULL, GR_E_UNSUPPORTED, "1_Pooling/config.json" },
        { three, "{\"word_embedding_dimension\":9}", NULL, GR_E_FORMAT, "dimension is 9, the model's hidden size 8" },
        { three, "[]", NULL, GR_E_FORMAT, "not a JSON object" },
        { three, NULL, NULL, GR_E_NOTFOUND, "modules.json names it" },
        { "{}", mean, NULL, GR_E_FORMAT, "not a list" },
        { "[{\"path\":\"\"}]", mean, NULL, GR_E_FORMAT, "without a type" },
        { "[{\"type\":\"sentence_transformers.models.Dense\",\"path\":\"2_Dense\"}]", mean, NULL, GR_E_UNSUPPORTED, "the module 'Dense'" },
        { "[{\"type\":\"sentence_transformers.models.Transformer\",\"path\":\"0_Transformer\"}]", mean, NULL, GR_E_UNSUPPORTED, "0_Transformer" },
        { "[{\"type\":\"sentence_transformers.models.Pooling\",\"path\":\"../1_Pooling\"}]", mean, NULL, GR_E_FORMAT, "no folder of a module" },
        { three, mean, "{\"max_seq_length\":0}", GR_E_FORMAT, "max_seq_length" },
        { three, mean, "{\"max_seq_length\":", GR_E_FORMAT, "sentence_bert_config.json" },
    };
    gr_err err = GR_ERR_INIT;
    int32_t n;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_status(gr_sentence_read(&n, folder(cases[i].modules, cases[i].pooling, cases[i].length), 8, &err), cases[i].want, &err, cases[i].part);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(accepted), cmocka_unit_test(refused) };

    gr_log_set_level(GR_LOG_ERROR);
    return gr_test_main(tests);
}
