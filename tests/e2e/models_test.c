/* models_test.c - model folders as users have them: what is listed, what is refused and how it is said, parts that do not go together,
 * and heads whose labels stand in another order than the task's. */
#include "model/safetensors.h"
#include "tests/e2e/program.h"

/* ---- calls with places of our own ---- */

static int call_at_home(const char *const *words)
{
    static char home[GR_PATH_MAX + 20], hf[GR_PATH_MAX + 20];
    const char *env[] = { home, hf, "HF_HUB_CACHE", "GLUE_RUN_DATA", NULL };
    const gr_process_opts o = { .env = env };

    (void)snprintf(home, sizeof home, "GLUE_RUN_HOME=%s", at("home"));
    (void)snprintf(hf, sizeof hf, "HF_HOME=%s", at("hf"));
    return call_with(NULL, &o, words);
}
#define AT_HOME(...) call_at_home((const char *const[]){ __VA_ARGS__, NULL })

/* The call failed with this code and one line that says both. */
static void refused(int got, int want, const char *a, const char *b)
{
    const char *line = strstr(last.err, "glue-run: ");

    if (got != want || !line || strstr(line + 1, "glue-run: ") || !strstr(line, a) || !strstr(line, b))
        fail_msg("exit %d (want %d), '%s' and '%s' in:\n%s", got, want, a, b, last.err);
}

static const char *copy_of(const char *from, const char *name)
{
    const char *to = at(name);

    shell("cp", from, to);
    return to;
}

static const char *with_file(const char *dir, const char *name, const char *text)
{
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, dir, name));
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
    return dir;
}

/* ---- the list ---- */

static const gr_json *row_of(const gr_json *list, const char *model)
{
    for (const gr_json *r = gr_json_first(list); r; r = gr_json_next(r))
        if (strcmp(gr_json_str(gr_json_get(r, "model"), ""), model) == 0) return r;
    fail_msg("no row of %s in:\n%s", model, last.out);
    return NULL;
}

static void says(const gr_json *list, const char *model, const char *key, const char *want)
{
    const char *got = gr_json_str(gr_json_get(row_of(list, model), key), "");

    if (!strstr(got, want) || (!*want && *got)) fail_msg("%s of %s is '%s', not '%s'", key, model, got, want);
}

static void listed(void **state)
{
    gr_json *j = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fs_mkdirs(at("home/models"), &err), &err);
    assert_ok(gr_fs_mkdirs(at("home/models/t5-small"), &err), &err);
    assert_ok(gr_fs_mkdirs(at("home/models/notes"), &err), &err);
    assert_ok(gr_fs_mkdirs(at("hf/hub/models--someone--tiny/refs"), &err), &err);
    assert_ok(gr_fs_mkdirs(at("hf/hub/models--someone--tiny/snapshots"), &err), &err);
    (void)copy_of(tiny_model(), "home/models/mine");
    (void)copy_of(tiny_model(), "hf/hub/models--someone--tiny/snapshots/0123");
    (void)put("hf/hub/models--someone--tiny/refs/main", "0123");
    (void)with_file(at("home/models/t5-small"), "config.json", "{\"model_type\": \"t5\"}");
    expect(AT_HOME("list", "models", "--json"), 0);
    assert_ok(gr_json_parse(&j, last.out, strlen(last.out), &err), &err);
    assert_string_equal(gr_json_str(gr_json_get(gr_json_first(j), "model"), ""), "demo");
    says(j, "demo", "from", "embedded");
    says(j, "mine", "folder", "home/models/mine");
    says(j, "mine", "family", "bert");
    assert_near(gr_json_num(gr_json_get(row_of(j, "mine"), "layers"), 0), 2, 0, "layers");
    assert_true(gr_json_num(gr_json_get(row_of(j, "mine"), "params"), 0) > 20000);
    says(j, "someone/tiny", "from", "Hugging Face cache");
    says(j, "t5-small", "problem", "'t5'");
    says(j, "bert-base-uncased", "from", "glue-run fetch");
    says(j, "albert-base-v2", "from", "publisher");
    says(j, "bert-base-uncased", "folder", "");
    assert_near(gr_json_num(gr_json_get(row_of(j, "bert-base-uncased"), "params"), 0), 109482240, 0, "parameters");
    assert_null(strstr(last.out, "notes"));
    gr_json_free(j);
    expect(AT_HOME("list", "models"), 0);
    assert_non_null(strstr(last.out, "families: bert"));
    assert_non_null(strstr(last.out, "--model DIR"));
    expect(AT_HOME("tokenize", "--model", "someone/tiny"), 0); /* every listed name is one that --model takes */
    expect(AT_HOME("tokenize", "--model", "mine"), 0);
    refused(AT_HOME("tokenize", "--model", "bert-base-uncased"), 3, "glue-run fetch bert-base-uncased", "--model DIR");
    refused(AT_HOME("tokenize", "--model", "albert-base-v2"), 3, "albert-base-v2", "--model DIR");
}

/* ---- refusals ---- */

#define SIZES "\"vocab_size\":120,\"hidden_size\":32,\"num_hidden_layers\":2,\"num_attention_heads\":4,\"intermediate_size\":64,\"max_position_embeddings\":64"

static void unsupported(void **state)
{
    static const struct { const char *config, *a, *b; } cases[] = {
        { "{\"model_type\":\"t5\"}", "'t5'", "supported: bert" },
        { "{\"model_type\":\"gpt2\"," SIZES "}", "'gpt2'", "supported: bert" },
        { "{\"model_type\":\"deberta\"," SIZES "}", "'deberta'", "supported: bert" },
        { "{\"architectures\":[\"BertForSequenceClassification\"]," SIZES "}", "config.json", "'model_type' is missing: older files do without; add the model's, which is one of bert, " },
        { "{\"model_type\":\"bert\",\"is_decoder\":true," SIZES "}", "config.json", "decoder" },
        { "{\"model_type\":\"bert\",\"add_cross_attention\":true," SIZES "}", "config.json", "decoder" },
        { "{\"model_type\":\"bert\",\"position_embedding_type\":\"relative_key\"," SIZES "}", "relative_key", "absolute" },
        { "{\"model_type\":\"bert\",\"hidden_act\":\"swish\"," SIZES "}", "swish", "gelu" },
        { "{\"model_type\":\"bert\",\"pad_token_id\":120," SIZES "}", "config.json", "pad_token_id" },
        { "{\"model_type\":\"deberta-v2\",\"relative_attention\":true,\"position_buckets\":8,\"conv_kernel_size\":3," SIZES "}", "config.json", "supported" },
    };
    const char *dir = copy_of(tiny_model(), "odd");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)with_file(dir, "config.json", cases[i].config);
        refused(CALL("run", "mrpc", "--model", dir, "--data", GR_SOURCE_DIR "/data/demo", "--output-dir", at("r")), 3, cases[i].a, cases[i].b);
        refused(CALL("embed", "--model", dir), 3, cases[i].a, cases[i].b);
        refused(CALL("predict", "--model", dir, "--text", "x"), 3, cases[i].a, cases[i].b);
    }
    assert_false(gr_fs_is_dir(at("r"))); /* nothing was begun */
    /* what such a model has for a tokenizer does not matter */
    (void)remove(at("odd/tokenizer.json"));
    assert_int_equal(remove(at("odd/vocab.txt")), 0);
    (void)with_file(dir, "config.json", "{\"model_type\":\"gpt2\"," SIZES "}");
    (void)with_file(dir, "vocab.json", "{\"<|endoftext|>\":0,\"a\":1}");
    (void)with_file(dir, "merges.txt", "#version: 0.2\n");
    refused(CALL("run", "mrpc", "--model", dir, "--data", GR_SOURCE_DIR "/data/demo", "--output-dir", at("r")), 3, "'gpt2'", "supported: bert");
    refused(CALL("tokenize", "--model", dir), 3, "odd: vocab.json: special token ", "is not in the vocabulary");
}

static void parts_that_do_not_fit(void **state)
{
    static const char *const data = GR_SOURCE_DIR "/data/demo";
    const char *dir = copy_of(tiny_model(), "many"), *bare = copy_of(tiny_model(), "bare");
    char *text = NULL, *grown;
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fs_read(&text, &n, at("many/vocab.txt"), 0, &err), &err);
    grown = calloc(1, n + 32);
    assert_non_null(grown);
    memcpy(grown, text, n);
    memcpy(grown + n, "oneword\nanother1\n", 17);
    (void)with_file(dir, "vocab.txt", grown);
    free(grown);
    free(text);
    refused(CALL("embed", "--model", dir), 3, "many", "embeddings");
    refused(CALL("run", "mrpc", "sst2", "--model", dir, "--data", data, "--output-dir", at("p")), 3, "many", "embeddings"); /* found while planning: not 1 */
    (void)with_file(bare, "tokenizer.json",
                    "{\"added_tokens\":[],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":null,\"decoder\":null,\"model\":{\"type\":"
                    "\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":100,\"vocab\":{\"[UNK]\":0,\"rain\":1}}}");
    refused(CALL("embed", "--model", bare), 3, "bare", "special tokens");
    refused(CALL("run", "mrpc", "--model", bare, "--data", data, "--output-dir", at("p")), 3, "bare", "special tokens");
    refused(CALL("run", "mrpc", "--model", tiny_model(), "--data", data, "--output-dir", at("p"), "--max-length", "65"), 2, "--max-length 65", "64 positions");
    refused(CALL("embed", "--model", tiny_model(), "--max-length", "65"), 2, "--max-length 65", "64 positions");
    GOOD("embed", "--model", tiny_model()); /* its default is no demand */
    assert_false(gr_fs_is_dir(at("p")));
}

/* model_max_length of the tokenizer is a limit, as in run_glue; 3 special tokens of a pair would fill one of 3, which is passed over. */
static void tokenizers_length(void **state)
{
    const char *dir = copy_of(tiny_model(), "short"), *csv = put("short.csv", "text,label\nthe day,a\nthe house,b\nthe day,b\nthe house,a\n");
    const char *const words[] = { "run", "--train-file", csv, "--validation-file", csv, "--model", dir, "--epochs", "0", "--output-dir", at("short-runs"), NULL };

    (void)state;
    (void)with_file(dir, "tokenizer_config.json", "{\"model_max_length\": 6}");
    assert_true(call_with(NULL, NULL, words) <= 1);
    assert_non_null(strstr(last.err, "rows are cut at 6 tokens, the tokenizer's model_max_length (asked for: 128)"));
    (void)with_file(dir, "tokenizer_config.json", "{\"model_max_length\": 3}");
    assert_true(call_with(NULL, NULL, words) <= 1);
    assert_non_null(strstr(last.err, "rows are cut at 64 tokens, the model's positions (asked for: 128)"));
}

static void sentence_folders(void **state)
{
    const char *dir = copy_of(tiny_model(), "sentences");
    const gr_process_opts long_text = { .input = "the day was in a house and on with the day for this house of the day in a house was the day on a house with a day in this\n" };
    char *shorter;
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)with_file(dir, "sentence_bert_config.json", "{\"max_seq_length\": 16}");
    expect(call_with(NULL, &long_text, (const char *const[]){ "embed", "--model", dir, NULL }), 0);
    shorter = strdup(last.out);
    expect(call_with(NULL, &long_text, (const char *const[]){ "embed", "--model", dir, "--max-length", "16", NULL }), 0);
    assert_string_equal(last.out, shorter);
    expect(call_with(NULL, &long_text, (const char *const[]){ "embed", "--model", dir, "--max-length", "24", NULL }), 0); /* what is asked for counts */
    assert_string_not_equal(last.out, shorter);
    free(shorter);
    assert_ok(gr_fs_mkdirs(at("sentences/1_Pooling"), &err), &err);
    (void)put("sentences/1_Pooling/config.json", "{\"pooling_mode_cls_token\": true}");
    refused(CALL("embed", "--model", dir), 3, "1_Pooling/config.json", "the pooling is cls");
}

/* ---- labels ---- */

#define TASK "--train-file", make_csv("told.csv", 60, true, 50, 1), "--validation-file", make_csv("told2.csv", 80, true, 40, 2)

/* The first record of a folder whose run has these words: its baseline accuracy; `warned`: what a warning of it must say, NULL: none may speak of a head. */
static double baseline_with(const char *model, const char *out, const char *warned)
{
    gr_records r;
    double x = NAN;
    bool said = false;

    expect(CALL("run", TASK, "--model", model, "--max-steps", "1", "--learning-rate", "1e-9", "--output-dir", at(out), "--no-progress"), 0);
    r = records_of(at(out));
    assert_int_equal(r.n, 1);
    for (size_t i = 0; i < r.r[0].n_metrics; i++)
        if (strcmp(r.r[0].metrics[i].name, "accuracy") == 0) x = r.r[0].metrics[i].baseline;
    for (size_t i = 0; i < r.r[0].n_warnings; i++) said = said || strstr(r.r[0].warnings[i], warned ? warned : "head");
    if (said != (warned != NULL)) fail_msg("a warning '%s' in the record of %s: %d", warned ? warned : "head", out, (int)said);
    gr_records_free(&r);
    return x;
}

/* A fine-tuned model of the classes neg and pos. */
static const char *fine_tuned(void)
{
    static char path[GR_PATH_MAX];
    gr_records r;

    if (path[0]) return path;
    GOOD("run", TASK, "--model", tiny_model(), "--epochs", "20", "--learning-rate", "5e-3", "--dropout", "0", "--output-dir", at("tuned"), "--save-model", "--no-progress");
    r = records_of(at("tuned"));
    (void)snprintf(path, sizeof path, "%.*s", (int)(strlen(r.r[0].path) - strlen(".json")), r.r[0].path);
    gr_records_free(&r);
    return path;
}

/* The head's two rows change places. */
static void swap_rows(const char *dir)
{
    gr_st_tensor t[64];
    char path[GR_PATH_MAX];
    unsigned char *made[2] = { NULL, NULL };
    gr_st *st = NULL;
    size_t n = 0, m = 0;
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, dir, "model.safetensors"));
    assert_ok(gr_st_open(&st, path, &err), &err);
    for (; n < gr_st_count(st); n++) {
        assert_true(n < 64);
        t[n] = *gr_st_at(st, n);
        if (strncmp(t[n].name, "classifier.", 11) != 0) continue;
        assert_true(m < 2 && (made[m] = malloc(t[n].bytes)) != NULL);
        memcpy(made[m], t[n].data + t[n].bytes / 2, t[n].bytes / 2);
        memcpy(made[m] + t[n].bytes / 2, t[n].data, t[n].bytes / 2);
        t[n].data = made[m++];
    }
    assert_int_equal(m, 2);
    assert_ok(gr_st_write(path, t, n, &err), &err);
    gr_st_close(st);
    free(made[0]);
    free(made[1]);
}

/* config.json with other names for class 0 and class 1. */
static void rename_labels(const char *dir, const char *zero, const char *one)
{
    char path[GR_PATH_MAX];
    gr_json *old = NULL, *config = gr_json_new_object(), *names;
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, dir, "config.json"));
    assert_ok(gr_json_read(&old, path, 0, &err), &err);
    for (const gr_json *v = gr_json_first(old); v; v = gr_json_next(v))
        if (strcmp(gr_json_key(v), "id2label") != 0 && strcmp(gr_json_key(v), "label2id") != 0) gr_json_add_copy(config, gr_json_key(v), v);
    names = gr_json_add_object(config, "id2label");
    gr_json_add_str(names, "0", zero);
    gr_json_add_str(names, "1", one);
    assert_ok(gr_json_write(path, config, &err), &err);
    gr_json_free(config);
    gr_json_free(old);
}

static void label_order(void **state)
{
    const double right = baseline_with(fine_tuned(), "l-right", NULL);
    const char *dir;

    (void)state;
    assert_true(right > 0.8);
    dir = copy_of(fine_tuned(), "l1"); /* the same head, its classes in the other order: names and rows */
    rename_labels(dir, "POS", "NEG");
    swap_rows(dir);
    assert_near(baseline_with(dir, "l-swapped", "the head's labels stand in the order POS, NEG"), right, 0, "a head of another order");
    GOOD("predict", "--model", dir, "--text", "the day was good");
    assert_non_null(strstr(last.out, "POS")); /* its own names */
    dir = copy_of(fine_tuned(), "l2"); /* the rows of another order under names that tell nothing: the score stays as it is, and its reason is named */
    rename_labels(dir, "LABEL_0", "LABEL_1");
    swap_rows(dir);
    assert_near(baseline_with(dir, "l-generic", "output 1 as neg, output 0 as pos"), 1 - right, 1e-12, "a head without names");
    dir = copy_of(fine_tuned(), "l4"); /* the same names, in the order they have: nothing to say */
    rename_labels(dir, "LABEL_0", "LABEL_1");
    assert_near(baseline_with(dir, "l-named", NULL), right, 0, "a head without names in the task's order");
    dir = copy_of(fine_tuned(), "l3");
    rename_labels(dir, "ham", "spam");
    assert_near(baseline_with(dir, "l-other", "the head was trained for the labels ham, spam"), right, 0, "a head of other names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listed), cmocka_unit_test(unsupported), cmocka_unit_test(parts_that_do_not_fit), cmocka_unit_test(tokenizers_length), cmocka_unit_test(sentence_folders), cmocka_unit_test(label_order),
    };
    const int failed = gr_test_main(tests);

    gr_process_free(&last);
    return failed;
}
