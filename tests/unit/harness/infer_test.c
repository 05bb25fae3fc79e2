/* gr_infer and the commands above it, on a tiny random model: packed rows equal single ones, limits, refusals, output. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "harness/cmd.h"
#include "harness/infer.h"
#include "harness/softmax.h"
#include "tests/support/test.h"

static const char config_json[] =
    "{\"model_type\":\"bert\",\"vocab_size\":12,\"hidden_size\":16,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
    "\"intermediate_size\":20,\"max_position_embeddings\":14,\"initializer_range\":0.5}";
static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nrain\nfalls\non\nparis\n##s\n.\nthe\n";

/* A model of the given head in a folder of its own. */
static const char *make_model(const char *name, gr_head_kind kind, int32_t n_out)
{
    static const char *const labels[] = { "O", "B-LOC", "I-LOC" };
    static char dirs[4][GR_PATH_MAX];
    static int turn;
    char *dir = dirs[turn = (turn + 1) % 4], path[GR_PATH_MAX];
    const gr_model_opts o = { .head = { kind, n_out }, .labels = kind == GR_HEAD_TOKEN ? labels : NULL, .seed = 3, .elem = 8, .dropout = -1.0 };
    gr_err err = GR_ERR_INIT;
    gr_model *m = NULL;

    assert_true(gr_fs_join(dir, GR_PATH_MAX, gr_test_tmpdir(), name));
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "vocab.txt"));
    assert_ok(gr_fs_write(path, vocab, strlen(vocab), &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "config.json"));
    assert_ok(gr_fs_write(path, config_json, strlen(config_json), &err), &err);
    assert_ok(gr_model_create(&m, path, &o, &err), &err);
    assert_ok(gr_model_save(m, dir, &err), &err);
    gr_model_close(m);
    return dir;
}

static void test_packed_is_single(void **state)
{
    static const char *const texts[] = { "rain falls", "", "the rain falls on paris.", "paris", "rain rain rain rain rain rain rain rain rain rain rain rain" };
    const gr_infer_opts o = { .model = make_model("embed", GR_HEAD_EMBED, 0), .device = "ref64", .threads = 1, .embed = true };
    gr_err err = GR_ERR_INIT;
    double all[5 * 16];
    gr_infer *f;

    (void)state;
    assert_ok(gr_infer_open(&f, &o, &err), &err);
    assert_int_equal(f->max_length, 14);
    assert_int_equal(f->width, 16);
    for (size_t i = 0; i < 5; i++) assert_ok(gr_infer_add(f, gr_sv_from(texts[i]), (gr_sv){ NULL, 0 }, &err), &err);
    assert_int_equal(f->cu[2] - f->cu[1], 2);  /* an empty text: [CLS] [SEP] */
    assert_int_equal(f->cu[5] - f->cu[4], 14); /* cut */
    assert_ok(gr_infer_run(f, &err), &err);
    memcpy(all, f->out, sizeof all);
    for (size_t i = 0; i < 5; i++) {
        double norm = 0;

        gr_infer_clear(f);
        assert_ok(gr_infer_add(f, gr_sv_from(texts[i]), (gr_sv){ NULL, 0 }, &err), &err);
        assert_ok(gr_infer_run(f, &err), &err);
        for (size_t k = 0; k < 16; k++) {
            assert_near(f->out[k], all[i * 16 + k], 1e-14, "text %zu", i); /* a few roundings of values below 1 */
            norm += f->out[k] * f->out[k];
        }
        assert_near(norm, 1.0, 1e-14, "length of text %zu", i);
    }
    gr_infer_close(f);
}

/* A model that stays in its file is not searched when it is opened: the NaN is found where it shows, with the folder. */
static void test_nan(void **state)
{
    const gr_infer_opts o = { .model = make_model("nan", GR_HEAD_EMBED, 0), .device = "cpu", .threads = 1, .embed = true };
    static const unsigned char nan_bits[4] = { 0x00, 0x00, 0xc0, 0x7f };
    unsigned char length[8];
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_infer *f;
    FILE *file;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, o.model, "model.safetensors"));
    file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fread(length, 1, sizeof length, file), sizeof length);
    /* the first tensor is the word embedding, 16 floats a row; [CLS] is row 2 */
    assert_int_equal(fseek(file, 8 + (long)length[0] + 256 * (long)length[1] + 2 * 16 * 4, SEEK_SET), 0);
    assert_int_equal(fwrite(nan_bits, 1, sizeof nan_bits, file), sizeof nan_bits);
    assert_int_equal(fclose(file), 0);
    assert_ok(gr_infer_open(&f, &o, &err), &err);
    assert_ok(gr_infer_add(f, gr_sv_from("rain"), (gr_sv){ NULL, 0 }, &err), &err);
    assert_status(gr_infer_run(f, &err), GR_E_NUMERIC, &err, "nan: tensor 'embeddings.word_embeddings.weight' holds NaN");
    gr_infer_close(f);
}

static void test_full(void **state)
{
    const gr_infer_opts o = { .model = make_model("full", GR_HEAD_EMBED, 0), .device = "cpu", .threads = 1, .embed = true };
    gr_err err = GR_ERR_INIT;
    size_t n = 0;
    gr_infer *f;

    (void)state;
    assert_ok(gr_infer_open(&f, &o, &err), &err);
    assert_ok(gr_infer_run(f, &err), &err); /* an empty batch is nothing to do */
    while (!gr_infer_full(f)) {
        assert_ok(gr_infer_add(f, gr_sv_from("rain"), gr_sv_from("paris"), &err), &err);
        n++;
    }
    assert_true(n > 1 && n == (size_t)f->batch.n_rows);
    assert_int_equal(gr_infer_text(f, n - 1).n, 4);
    assert_int_equal(gr_infer_pair(f, n - 1).n, 5);
    assert_ok(gr_infer_run(f, &err), &err);
    gr_infer_clear(f);
    assert_false(gr_infer_full(f));
    assert_ok(gr_infer_add(f, gr_sv_from("rain"), (gr_sv){ NULL, 0 }, &err), &err);
    assert_null(gr_infer_pair(f, 0).p);
    assert_status(gr_infer_add(f, gr_sv_from("\xC3("), (gr_sv){ NULL, 0 }, &err), GR_E_FORMAT, &err, "UTF-8");
    gr_infer_close(f);
}

static void test_refusals(void **state)
{
    gr_infer_opts o = { .model = make_model("bare", GR_HEAD_EMBED, 0), .device = "cpu", .threads = 1 };
    gr_err err = GR_ERR_INIT;
    gr_infer *f = NULL;

    (void)state;
    assert_status(gr_infer_open(&f, &o, &err), GR_E_FORMAT, &err, "no classification head");
    o.embed = true;
    o.max_length = 15;
    assert_status(gr_infer_open(&f, &o, &err), GR_E_ARG, &err, "14 positions");
    o.max_length = 2;
    assert_status(gr_infer_open(&f, &o, &err), GR_E_ARG, &err, "no room");
    o.max_length = 3; /* room for a text, not for a pair */
    assert_ok(gr_infer_open(&f, &o, &err), &err);
    assert_ok(gr_infer_add(f, gr_sv_from("rain falls"), (gr_sv){ NULL, 0 }, &err), &err);
    assert_status(gr_infer_add(f, gr_sv_from("rain"), gr_sv_from("falls"), &err), GR_E_ARG, &err, "of a pair: at least 4");
    gr_infer_close(f);
    f = NULL;
    o.max_length = 0;
    o.device = "abacus";
    assert_status(gr_infer_open(&f, &o, &err), GR_E_ARG, &err, "'abacus'");
    o.device = "cpu";
    o.model = "no-such-model";
    assert_status(gr_infer_open(&f, &o, &err), GR_E_NOTFOUND, &err, "no-such-model");
    assert_null(f);
}

/* model_max_length, as sentence-transformers and a pipeline with truncation=True have it: what is asked for, or what the folder says, comes first. */
static void test_tokenizer_length(void **state)
{
    static const char config[] = "{\"model_max_length\": 6}", too_short[] = "{\"model_max_length\": 3}", sentences[] = "{\"max_seq_length\": 9}";
    gr_infer_opts o = { .model = make_model("short", GR_HEAD_EMBED, 0), .device = "cpu", .threads = 1, .embed = true };
    const struct { const char *file, *text; int64_t asked; bool may_shorten; int32_t want; } cases[] = {
        { "tokenizer_config.json", config, 0, false, 6 }, { NULL, NULL, 8, false, 8 }, { NULL, NULL, 8, true, 6 }, { NULL, NULL, 4, true, 4 },
        { "tokenizer_config.json", too_short, 0, false, 14 },
        { "sentence_bert_config.json", sentences, 0, false, 9 }, { "tokenizer_config.json", config, 0, false, 9 },
    };
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    gr_infer *f = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(gr_fs_join(path, sizeof path, o.model, cases[i].file ? cases[i].file : "."));
        if (cases[i].file) assert_ok(gr_fs_write(path, cases[i].text, strlen(cases[i].text), &err), &err);
        o.max_length = cases[i].asked;
        o.may_shorten = cases[i].may_shorten;
        assert_ok(gr_infer_open(&f, &o, &err), &err);
        if (f->max_length != cases[i].want) fail_msg("case %zu: texts are cut at %d, not at %d", i, (int)f->max_length, (int)cases[i].want);
        gr_infer_close(f);
    }
}

static void test_softmax(void **state)
{
    const double logits[] = { 1000.0, 1000.0 + log(3.0) };
    double p[2];

    (void)state;
    gr_softmax(p, logits, 2);
    assert_near(p[0], 0.25, 1e-12, "large logits");
    assert_near(p[1], 0.75, 1e-12, "large logits");
}

/* ---- the commands: what they print, parsed again ---- */

static char *run_command(int (*command)(int, char **), const char *const *words, int want_code)
{
    char *argv[16], path[GR_PATH_MAX], *text = NULL;
    int argc = 0, saved, code;
    gr_err err = GR_ERR_INIT;
    size_t n;

    for (; words[argc]; argc++) argv[argc] = strdup(words[argc]);
    argv[argc] = NULL;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "stdout"));
    (void)fflush(stdout);
    saved = dup(STDOUT_FILENO);
    assert_non_null(freopen(path, "wb", stdout));
    code = command(argc, argv);
    (void)fflush(stdout);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    (void)close(saved);
    for (int i = 0; i < argc; i++) free(argv[i]);
    assert_int_equal(code, want_code);
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    return text;
}

static gr_json *parse_line(const char *text, size_t number)
{
    gr_err err = GR_ERR_INIT;
    gr_json *v = NULL;

    for (; number > 0; number--) {
        text = strchr(text, '\n');
        assert_non_null(text);
        text++;
    }
    assert_ok(gr_json_parse(&v, text, strcspn(text, "\n"), &err), &err);
    return v;
}

static void test_predict_class(void **state)
{
    const char *dir = make_model("class", GR_HEAD_CLASS, 3);
    char *text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--text", "rain", "--pair", "falls", "--json", "--logits", "--device", "ref64", NULL }, 0);
    gr_json *v = parse_line(text, 0);
    const gr_json *scores = gr_json_get(v, "scores");
    double sum = 0, last = 1;

    (void)state;
    assert_string_equal(gr_json_str(gr_json_get(v, "pair"), ""), "falls");
    assert_int_equal(gr_json_len(gr_json_get(v, "ids")), 5);
    assert_int_equal(gr_json_len(gr_json_get(v, "logits")), 3);
    assert_int_equal(gr_json_len(scores), 3);
    for (const gr_json *s = gr_json_first(scores); s; s = gr_json_next(s)) {
        const double p = gr_json_num(gr_json_get(s, "probability"), NAN);

        assert_true(p <= last);
        sum += last = p;
    }
    assert_near(sum, 1.0, 1e-12, "probabilities");
    assert_string_equal(gr_json_str(gr_json_get(v, "label"), ""), gr_json_str(gr_json_get(gr_json_first(scores), "label"), "-"));
    gr_json_free(v);
    free(text);
    text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--text", "rain", "--top-k", "2", NULL }, 0);
    assert_int_equal(strncmp(text, "LABEL_", 6), 0);
    assert_true(strchr(text, '\n') && strchr(strchr(text, '\n') + 1, '\n') && !strchr(strchr(text, '\n') + 1, '\n')[1]); /* two lines */
    free(text);
}

static void test_predict_file(void **state)
{
    static const char lines[] = "rain\nrain\tfalls\n\nthe rain falls on paris.";
    const char *dir = make_model("value", GR_HEAD_REGRESSION, 1), *tags = make_model("tags", GR_HEAD_TOKEN, 3);
    char path[GR_PATH_MAX], *text;
    gr_err err = GR_ERR_INIT;
    gr_json *v;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "lines.txt"));
    assert_ok(gr_fs_write(path, lines, strlen(lines), &err), &err);
    text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", path, "--json", NULL }, 0);
    v = parse_line(text, 1);
    assert_true(gr_json_is_number(gr_json_get(v, "value")));
    assert_string_equal(gr_json_str(gr_json_get(v, "pair"), ""), "falls");
    gr_json_free(v);
    v = parse_line(text, 3);
    assert_string_equal(gr_json_str(gr_json_get(v, "text"), ""), "the rain falls on paris.");
    gr_json_free(v);
    free(text);
    text = run_command(gr_cmd_predict, (const char *[]){ "--model", tags, "--file", path, "--json", NULL }, 0);
    v = parse_line(text, 3);
    assert_true(gr_json_is_array(gr_json_get(v, "entities")));
    for (const gr_json *e = gr_json_first(gr_json_get(v, "entities")); e; e = gr_json_next(e)) {
        const int start = (int)gr_json_num(gr_json_get(e, "start"), -1), end = (int)gr_json_num(gr_json_get(e, "end"), -1);
        const char *span = gr_json_str(gr_json_get(e, "text"), "");

        assert_string_equal(gr_json_str(gr_json_get(e, "label"), ""), "LOC");
        assert_int_equal((int)strlen(span), end - start);
        assert_memory_equal(span, &"the rain falls on paris."[start], strlen(span));
    }
    gr_json_free(v);
    free(text);
}

static const char *put_file(const char *name, const char *text)
{
    static char paths[4][GR_PATH_MAX];
    static int turn;
    char *path = paths[turn = (turn + 1) % 4];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, GR_PATH_MAX, gr_test_tmpdir(), name));
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
    return path;
}

/* Words of `text`, a word a line with its columns, are those of the file; the last column is one of the model's labels. */
static void check_columns(const char *text, const char *const *before, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t len = strlen(before[i]);

        if (strncmp(text, before[i], len) != 0) fail_msg("line %zu is '%.*s', not '%s...'", i + 1, (int)strcspn(text, "\n"), text, before[i]);
        if (len) assert_true(strncmp(text + len, "O\n", 2) == 0 || strncmp(text + len, "B-LOC\n", 6) == 0 || strncmp(text + len, "I-LOC\n", 6) == 0);
        text += strcspn(text, "\n") + 1;
    }
    assert_string_equal(text, "");
}

/* A CoNLL file: a tag a word comes out behind the file's own, and both forms of it score alike. */
static void test_predict_conll(void **state)
{
    static const char tagged[] = "-DOCSTART- -X- O\n\nrain NN O\nfalls VB O\n\nthe DT B-LOC\nparis NN I-LOC\n";
    const char *dir = make_model("conll", GR_HEAD_TOKEN, 3), *file = put_file("two.conll", tagged);
    char *text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", file, "--device", "ref64", NULL }, 0), *score, *again;
    const char *columns = put_file("two.predicted", text), *rows;
    gr_json *v;

    (void)state;
    check_columns(text, (const char *[]){ "rain\tO\t", "falls\tO\t", "", "the\tB-LOC\t", "paris\tI-LOC\t", "" }, 6);
    free(text);
    text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", file, "--json", "--logits", "--device", "ref64", NULL }, 0);
    v = parse_line(text, 1);
    assert_string_equal(gr_json_str(gr_json_first(gr_json_get(v, "words")), ""), "the");
    assert_string_equal(gr_json_str(gr_json_first(gr_json_get(v, "labels")), ""), "B-LOC");
    assert_int_equal(gr_json_len(gr_json_get(v, "predicted")), 2);
    assert_int_equal(gr_json_len(gr_json_get(v, "logits")), 4);
    gr_json_free(v);
    rows = put_file("two.jsonl", text);
    free(text);
    score = run_command(gr_cmd_score, (const char *[]){ "seqeval", "--pred", columns, NULL }, 0);
    again = run_command(gr_cmd_score, (const char *[]){ "seqeval", "--pred", rows, NULL }, 0);
    assert_string_equal(score, again);
    free(score);
    free(again);
}

/* Words alone, in a column or in lists; words that no token stands for; what does not go together. */
static void test_predict_words(void **state)
{
    const char *dir = make_model("words", GR_HEAD_TOKEN, 3), *file = put_file("bare.iob2", "rain\nfalls\non\n\nparis\n");
    const char *lists = put_file("lists.jsonl", "{\"tokens\": [\"rain\", \"falls\"]}\n");
    char *text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", file, NULL }, 0);
    gr_json *v;

    (void)state;
    check_columns(text, (const char *[]){ "rain\t", "falls\t", "on\t", "", "paris\t", "" }, 6);
    free(text);
    text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", lists, "--json", NULL }, 0);
    v = parse_line(text, 0);
    assert_int_equal(gr_json_len(gr_json_get(v, "predicted")), 2);
    assert_null(gr_json_get(v, "labels"));
    gr_json_free(v);
    free(text);
    text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", put_file("blanks.jsonl", "{\"tokens\": [\"rain falls\", \"\\n\", \"on\"]}\n"), NULL }, 0);
    check_columns(text, (const char *[]){ "rain_falls\t", "_\t", "on\t", "" }, 4); /* a line a word whatever it holds */
    free(text);
    text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", file, "--max-length", "4", "--json", NULL }, 0);
    v = parse_line(text, 0);
    assert_true(gr_json_is_null(gr_json_next(gr_json_next(gr_json_first(gr_json_get(v, "predicted")))))); /* cut off */
    gr_json_free(v);
    free(text);
    text = run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", file, "--max-length", "4", NULL }, 0);
    assert_non_null(strstr(text, "\non\tO\n"));
    free(text);
    free(run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", file, "--text-column", "word", NULL }, 2));
    free(run_command(gr_cmd_predict, (const char *[]){ "--model", make_model("whole", GR_HEAD_CLASS, 2), "--file", file, NULL }, 2));
    free(run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", "", NULL }, 2));
    free(run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", put_file("odd.conll", "rain O\nfalls\n"), NULL }, 3));
}

static gr_status take_none(void *user, gr_sv line, gr_err *err)
{
    (void)user;
    return gr_fail(err, GR_E_INTERNAL, "a line of %zu bytes", line.n);
}

/* A stream that cannot be read is said to be so, and not asked for ever. */
static void test_unreadable(void **state)
{
    FILE *in = fopen(gr_test_tmpdir(), "r"); /* a folder opens, and gives no byte */
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_non_null(in);
    (void)alarm(20);
    assert_status(gr_infer_lines(in, "standard input", take_none, NULL, &err), GR_E_FORMAT, &err, "standard input: cannot read line 1");
    (void)alarm(0);
    (void)fclose(in);
}

static void test_exit_codes(void **state)
{
    const char *dir = make_model("codes", GR_HEAD_CLASS, 2);
    static const struct { const char *words[8]; int code; } cases[] = {
        { { NULL }, 2 },
        { { "--model", "x", NULL }, 2 },
        { { "--model", "x", "--text", "a", "--file", "b", NULL }, 2 },
        { { "--model", "x", "--file", "a", "--pair", "b", NULL }, 2 },
        { { "--model", "x", "--text", "a", "--logits", NULL }, 2 },
        { { "--model", "x", "--text", "a", "stray", NULL }, 2 },
        { { "--model", "no-such-model", "--text", "a", NULL }, 3 },
        { { "--help", NULL }, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) free(run_command(gr_cmd_predict, cases[i].words, cases[i].code));
    free(run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--file", "no-such-file", NULL }, 3));
    free(run_command(gr_cmd_predict, (const char *[]){ "--model", dir, "--text", "\xFF", NULL }, 3));
    free(run_command(gr_cmd_embed, (const char *[]){ "stray", NULL }, 2));
    free(run_command(gr_cmd_embed, (const char *[]){ "--help", NULL }, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_is_single), cmocka_unit_test(test_nan), cmocka_unit_test(test_full), cmocka_unit_test(test_refusals), cmocka_unit_test(test_tokenizer_length), cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_predict_class), cmocka_unit_test(test_predict_file), cmocka_unit_test(test_predict_conll), cmocka_unit_test(test_predict_words), cmocka_unit_test(test_unreadable), cmocka_unit_test(test_exit_codes),
    };

    gr_log_set_level(GR_LOG_QUIET);
    return gr_test_main(tests);
}
