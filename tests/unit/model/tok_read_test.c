/* tokenizer.json, vocab.txt and tokenizer_config.json: what is taken from them, what is refused. */
#include "base/fs.h"
#include "base/log.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/support/test.h"

#define VOCAB "\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"[MASK]\":4,\"a\":5,\"##b\":6,\"ab\":7"
#define MODEL "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"vocab\":{" VOCAB "}}"

static const char *write_file(const char *name, const char *text)
{
    static char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), name));
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
    return path;
}

static void refuse_json(const char *text, gr_status want, const char *part)
{
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    assert_status(gr_tok_open_json(&t, write_file("x.json", text), &err), want, &err, part);
    assert_null(t);
}

static gr_tok *open_json(const char *text)
{
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_tok_open_json(&t, write_file("x.json", text), &err), &err);
    return t;
}

/* The ids of a text are want[0..n). */
static void expect(const gr_tok *t, const char *text, const int32_t *want, size_t n)
{
    gr_tok_work *w = NULL;
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_tok_work_open(&w, t, &err), &err);
    assert_ok(gr_tok_encode(w, &e, gr_sv_from(text), (gr_sv){ NULL, 0 }, 0, true, &err), &err);
    assert_int_equal(e.n, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(e.ids[i], want[i]);
    gr_tok_work_close(w);
}

static void test_kinds(void **state)
{
    (void)state;
    refuse_json("{\"model\":{\"vocab\":{\"a\":0}}}", GR_E_FORMAT, "'<unk>' is not in the vocabulary");
    refuse_json("{" MODEL ",\"normalizer\":{\"type\":\"Nnt\"}}", GR_E_FORMAT, "normalizer: unknown normalizer 'Nnt'");
    refuse_json("{" MODEL ",\"normalizer\":{\"type\":\"Sequence\"}}", GR_E_FORMAT, "'normalizers'");
    refuse_json("{" MODEL ",\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(a+)+b\"},\"content\":\"\"}}",
                GR_E_UNSUPPORTED, "'(a+)+b'");
    refuse_json("{" MODEL ",\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"\"}}", GR_E_UNSUPPORTED,
                "pattern");
    refuse_json("{" MODEL ",\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}}", GR_E_FORMAT, "charsmap");
    refuse_json("{" MODEL ",\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"?\"}}", GR_E_FORMAT, "Base64");
    refuse_json("{" MODEL ",\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAAA\"}}", GR_E_FORMAT, "Base64"); /* five signs are no bytes */
    refuse_json("{" MODEL ",\"pre_tokenizer\":{\"type\":\"ByteLevel\"}}", GR_E_UNSUPPORTED, "'ByteLevel'");
    refuse_json("{" MODEL ",\"pre_tokenizer\":{\"type\":\"CharDelimiterSplit\",\"delimiter\":\"--\"}}", GR_E_FORMAT, "'delimiter'");
    refuse_json("{" MODEL ",\"pre_tokenizer\":{\"type\":\"CharDelimiterSplit\"}}", GR_E_FORMAT, "'delimiter'");
    refuse_json("{" MODEL ",\"pre_tokenizer\":{\"type\":\"FixedLength\",\"length\":0}}", GR_E_FORMAT, "'length'");
    refuse_json("{" MODEL ",\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"ab\"}}", GR_E_FORMAT, "'replacement'");
    refuse_json("{" MODEL ",\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"String\":\"a\"},\"behavior\":\"Odd\"}}", GR_E_FORMAT,
                "'Odd'");
    refuse_json("{" MODEL ",\"post_processor\":{\"type\":\"Sequence\"}}", GR_E_FORMAT, "'processors'");
    refuse_json("{" MODEL ",\"post_processor\":{\"type\":\"Sparkle\"}}", GR_E_FORMAT, "'Sparkle'");
    refuse_json("{" MODEL ",\"normalizer\":{}}", GR_E_FORMAT, "type");
    refuse_json("[]", GR_E_FORMAT, "not a JSON object");
    refuse_json("{\"model\":null}", GR_E_FORMAT, "model");
}

#define BPE "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"c\":3},\"merges\":"
#define UNIGRAM "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"<unk>\",0],[\"a\",-1],[\"b\",-2]"

static void test_bpe(void **state)
{
    static const int32_t merged[] = { 2, 0, 3 }, chars[] = { 0, 1, 0, 3 };
    gr_tok *t;

    (void)state;
    refuse_json("{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[]}}", GR_E_FORMAT, "empty");
    refuse_json("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0}}}", GR_E_FORMAT, "'merges'");
    refuse_json(BPE "[],\"dropout\":0.1}}", GR_E_UNSUPPORTED, "dropout");
    refuse_json(BPE "[],\"byte_fallback\":true,\"continuing_subword_prefix\":\"#\"}}", GR_E_UNSUPPORTED, "byte fallback together with");
    refuse_json(BPE "[],\"byte_fallback\":true,\"end_of_word_suffix\":\"#\"}}", GR_E_UNSUPPORTED, "byte fallback together with");
    refuse_json(BPE "[],\"unk_token\":\"<u>\"}}", GR_E_FORMAT, "'<u>' is not in the vocabulary");
    refuse_json(BPE "[\"a b\",\"a c\"]}}", GR_E_FORMAT, "merge 2: 'ac' is not in the vocabulary");
    refuse_json(BPE "[\"a b\",[\"a\",\"b\"]]}}", GR_E_FORMAT, "merge 2: the same as merge 1");
    refuse_json(BPE "[[\"a\"]]}}", GR_E_FORMAT, "merge 1 does not have two parts");
    refuse_json(BPE "[\"a  b\"]}}", GR_E_FORMAT, "two parts");
    t = open_json(BPE "[\"a b\"],\"dropout\":0}}");
    expect(t, "abac", merged, 3);
    expect(t, "aboac", merged, 3);
    gr_tok_close(t);
    t = open_json(BPE "[\"#version: 0.2\",\"a b\"]}}"); /* as in merges.txt, such a line is none */
    expect(t, "abac", merged, 3);
    gr_tok_close(t);
    t = open_json(BPE "[]}}");
    expect(t, "abac", chars, 4);
    gr_tok_close(t);
}

/* "b c" comes first and leaves "a" beside "bc", which nothing merges: what waits to become "ab", the token of id 0, must not
 * be taken for the merge of this pair. */
static void test_stale(void **state)
{
    static const int32_t apart[] = { 1, 4 }, whole[] = { 0 };
    gr_tok *t = open_json("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"ab\":0,\"a\":1,\"b\":2,\"c\":3,\"bc\":4},\"merges\":[\"b c\",\"a b\"]}}");

    (void)state;
    expect(t, "abc", apart, 2);
    expect(t, "ab", whole, 1);
    gr_tok_close(t);
}

#define BYTES ",\"pre_tokenizer\":{\"type\":\"ByteLevel\"}}"

/* ByteLevel cuts words unless the file says `use_regex` false: no merge goes across a blank. */
static void test_byte_level(void **state)
{
    static const int32_t cut[] = { 0, 1, 2 }, whole[] = { 3, 2 };
    static const char json[] = "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"\\u0120\":1,\"b\":2,\"a\\u0120\":3},\"merges\":[\"a \\u0120\"]},"
                               "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false%s}}";
    char text[512];
    gr_tok *t;

    (void)state;
    (void)snprintf(text, sizeof text, json, "");
    t = open_json(text);
    expect(t, "a b", cut, 3);
    refuse_json(BPE "[],\"byte_fallback\":true}" BYTES, GR_E_UNSUPPORTED, "'ByteLevel' with");
    refuse_json(BPE "[],\"continuing_subword_prefix\":\"#\"}" BYTES, GR_E_UNSUPPORTED, "'ByteLevel' with");
    refuse_json(BPE "[],\"end_of_word_suffix\":\"#\"}" BYTES, GR_E_UNSUPPORTED, "'ByteLevel' with");
    gr_tok_close(t);
    (void)snprintf(text, sizeof text, json, ",\"use_regex\":false");
    t = open_json(text);
    expect(t, "a b", whole, 2);
    gr_tok_close(t);
}

static void test_unigram(void **state)
{
    static const int32_t fused[] = { 1, 0, 2 }, tie[] = { 3 }, spelt[] = { 1, 2, 1 }, unknown[] = { 1, 0, 1 };
    gr_tok *t;

    (void)state;
    refuse_json(UNIGRAM "]}}", GR_E_FORMAT, "unk_id");
    refuse_json(UNIGRAM "],\"unk_id\":3}}", GR_E_FORMAT, "id 3 is not in the vocabulary");
    refuse_json(UNIGRAM ",[\"a\",0]],\"unk_id\":0}}", GR_E_FORMAT, "token 3: 'a' occurs twice, as token 1 before");
    refuse_json(UNIGRAM ",[\"c\"]],\"unk_id\":0}}", GR_E_FORMAT, "token 3");
    refuse_json("{\"model\":{\"type\":\"Unigram\",\"vocab\":[],\"unk_id\":0}}", GR_E_FORMAT, "empty");
    t = open_json(UNIGRAM "],\"unk_id\":0}}");
    expect(t, "axyb", fused, 3);
    gr_tok_close(t);
    /* -0.1 and -0.2 as doubles have the sum -0.30000000000000004: as good as "ab", which was found first and stays */
    t = open_json("{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"<unk>\",0],[\"a\",-0.1],[\"b\",-0.2],[\"ab\",-0.30000000000000004]],\"unk_id\":0}}");
    expect(t, "ab", tie, 1);
    gr_tok_close(t);
    /* two unknown characters have 90 each, more than "xy" has; what they spell is that token all the same */
    t = open_json("{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"<unk>\",100],[\"a\",100],[\"xy\",100]],\"unk_id\":0}}");
    expect(t, "axya", spelt, 3);
    expect(t, "axxya", unknown, 3);
    gr_tok_close(t);
}

static void test_vocabulary(void **state)
{
    (void)state;
    refuse_json("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"a\":0}}}", GR_E_FORMAT, "same id");
    refuse_json("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":99999999999}}}", GR_E_FORMAT, "out of range");
    refuse_json("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":1.5}}}", GR_E_FORMAT, "not an integer");
    refuse_json("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}}", GR_E_FORMAT, "empty");
    refuse_json("{\"model\":{\"type\":\"WordPiece\"}}", GR_E_FORMAT, "vocab");
    refuse_json("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}}}", GR_E_FORMAT, "'[UNK]' is not in");
}

static void test_added(void **state)
{
    static const int32_t plain[] = { 8, 7, 8 };
    gr_tok *t;

    (void)state;
    refuse_json("{" MODEL ",\"added_tokens\":[{\"id\":9,\"content\":\"a\"}]}", GR_E_FORMAT, "id 9 here and 5");
    refuse_json("{" MODEL ",\"added_tokens\":[{\"id\":5,\"content\":\"new\"}]}", GR_E_FORMAT, "which is that of 'a'");
    refuse_json("{" MODEL ",\"added_tokens\":[{\"id\":-1,\"content\":\"new\"}]}", GR_E_FORMAT, "token 1");
    refuse_json("{" MODEL ",\"added_tokens\":[{\"id\":8}]}", GR_E_FORMAT, "content");
    refuse_json("{" MODEL ",\"added_tokens\":{}}", GR_E_FORMAT, "added_tokens: not an array");
    refuse_json("{" MODEL ",\"added_tokens\":[{\"id\":8,\"content\":\"n\",\"lstrip\":1}]}", GR_E_FORMAT, "lstrip");
    t = open_json("{" MODEL ",\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
                  "\"added_tokens\":[{\"id\":8,\"content\":\"new york\",\"special\":true}]}");
    assert_int_equal(gr_tok_vocab_size(t), 9);
    assert_string_equal(gr_tok_token(t, 8), "new york");
    assert_int_equal(gr_tok_id(t, gr_sv_from("new york")), 8);
    assert_int_equal(gr_tok_id(t, gr_sv_from("")), -1);
    assert_null(gr_tok_token(t, 9));
    assert_null(gr_tok_token(t, -1));
    expect(t, "new yorkabnew york", plain, 3);
    gr_tok_close(t);
}

static void test_templates(void **state)
{
    static const char post[] = "{" MODEL ",\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":%s}";
    static const int32_t want[] = { 2, 2, 7, 3 };
    char text[2048];
    gr_tok *t;

    (void)state;
    (void)snprintf(text, sizeof text, post, "{\"type\":\"BertProcessing\",\"cls\":[\"[CLS]\",2],\"sep\":[\"[SEP]\",99]}");
    refuse_json(text, GR_E_FORMAT, "99");
    (void)snprintf(text, sizeof text, post, "{\"type\":\"BertProcessing\",\"cls\":[\"[CLS]\"],\"sep\":[\"[SEP]\",3]}");
    refuse_json(text, GR_E_FORMAT, "'cls'");
    (void)snprintf(text, sizeof text, post,
                   "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}],\"pair\":[]}");
    refuse_json(text, GR_E_UNSUPPORTED, "single");
    (void)snprintf(text, sizeof text, post,
                   "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"X\",\"type_id\":0}}],\"pair\":[]}");
    refuse_json(text, GR_E_FORMAT, "'X' is not described");
    (void)snprintf(text, sizeof text, post,
                   "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"C\",\"type_id\":0}},"
                   "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"SpecialToken\":{\"id\":\"S\",\"type_id\":0}}],"
                   "\"pair\":[{\"Sequence\":{\"id\":\"B\",\"type_id\":3}},{\"Sequence\":{\"id\":\"A\",\"type_id\":4}}],"
                   "\"special_tokens\":{\"C\":{\"id\":\"C\",\"ids\":[2,2]},\"S\":{\"id\":\"S\",\"ids\":[3]}}}");
    t = open_json(text);
    assert_int_equal(gr_tok_n_special(t, false), 3);
    assert_int_equal(gr_tok_n_special(t, true), 0);
    assert_int_equal(gr_tok_cls_id(t), 2);
    assert_int_equal(gr_tok_sep_id(t), 3);
    expect(t, "ab", want, 4);
    gr_tok_close(t);
}

static void test_vocab_txt(void **state)
{
    static const char good[] = "[PAD]\r\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nA\n\xE2\x80\xA8\n";
    static const int32_t lower[] = { 2, 5, 6, 3 }, cased[] = { 2, 7, 6, 3 };
    const gr_tok_opts keep = { 0, -1, -1, -1 };
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_tok_open_vocab(&t, write_file("vocab.txt", good), NULL, &err), &err);
    assert_int_equal(gr_tok_vocab_size(t), 9);
    assert_int_equal(gr_tok_pad_id(t), 0);
    assert_int_equal(gr_tok_unk_id(t), 1);
    assert_int_equal(gr_tok_mask_id(t), 4);
    expect(t, "Ab", lower, 4);
    gr_tok_close(t);
    assert_ok(gr_tok_open_vocab(&t, write_file("vocab.txt", good), &keep, &err), &err);
    expect(t, "Ab", cased, 4);
    gr_tok_close(t);
    assert_status(gr_tok_open_vocab(&t, write_file("v.txt", "[UNK]\n[CLS]\n"), NULL, &err), GR_E_FORMAT, &err, "'[SEP]'");
    assert_status(gr_tok_open_vocab(&t, "/nowhere/v.txt", NULL, &err), GR_E_NOTFOUND, &err, "/nowhere/v.txt");
    assert_status(gr_tok_open(&t, gr_test_tmpdir(), NULL, &err), GR_OK, &err, NULL);
    gr_tok_close(t);
    assert_status(gr_tok_open(&t, "/nowhere", NULL, &err), GR_E_NOTFOUND, &err, "no such folder");
}

static void test_config(void **state)
{
    static const char vocab[] = "<s>\n<pad>\n</s>\n[UNK]\nA\n<mask>\na\n";
    static const int32_t want[] = { 0, 4, 2 };
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)write_file("vocab.txt", vocab);
    (void)write_file("tokenizer_config.json", "{\"tokenizer_class\":\"MPNetTokenizer\",\"do_lower_case\":false,"
                                              "\"mask_token\":{\"content\":\"<mask>\",\"lstrip\":true}}");
    assert_ok(gr_tok_open(&t, gr_test_tmpdir(), NULL, &err), &err);
    expect(t, "A", want, 3);
    assert_int_equal(gr_tok_n_special(t, true), 4);
    assert_int_equal(gr_tok_pad_id(t), 1);
    assert_int_equal(gr_tok_mask_id(t), 5);
    gr_tok_close(t);
    (void)write_file("tokenizer_config.json", "{\"do_lower_case\":\"no\"}");
    assert_status(gr_tok_open(&t, gr_test_tmpdir(), NULL, &err), GR_E_FORMAT, &err, "do_lower_case");
    (void)write_file("tokenizer_config.json", "{\"unk_token\":7}");
    assert_status(gr_tok_open(&t, gr_test_tmpdir(), NULL, &err), GR_E_FORMAT, &err, "unk_token");
    (void)write_file("tokenizer_config.json", "{}");
}

/* ---- what is odd and taken all the same ---- */

static void keep_line(void *user, gr_log_level level, const char *line)
{
    char *out = user;

    (void)level;
    (void)snprintf(out, 512, "%s", line);
}

static void test_odd(void **state)
{
    char said[512] = "";
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;
    char path[GR_PATH_MAX];

    (void)state;
    gr_log_set_sink(keep_line, said);
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "odd"));
    assert_ok(gr_fs_mkdirs(path, &err), &err);
    (void)write_file("odd/tokenizer.json", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":1,\"a\":2}},\"added_tokens\":[{\"id\":6,\"content\":\"<x>\"}]}");
    assert_ok(gr_tok_open(&t, path, NULL, &err), &err);
    assert_int_equal(gr_tok_vocab_size(t), 7);
    assert_non_null(strstr(said, "tokenizer.json: 4 of the ids below 7 belong to no token, the first is 0"));
    gr_tok_close(t);
    (void)write_file("odd/tokenizer.json", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"[MASK]\":1}}}");
    (void)write_file("odd/tokenizer_config.json", "{\"mask_token\":\"<mask>\"}");
    assert_ok(gr_tok_open(&t, path, NULL, &err), &err);
    assert_non_null(strstr(said, "tokenizer_config.json: 'mask_token' is '<mask>', which is no token"));
    assert_int_equal(gr_tok_mask_id(t), 1);
    gr_tok_close(t);
    (void)write_file("odd/tokenizer.json", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"[PAD]\":3,\"[MASK]\":4,\"c\":5,\"s\":6,\"p\":7,\"m\":8}}}");
    (void)write_file("odd/tokenizer_config.json", "{\"cls_token\":\"c\",\"sep_token\":\"s\",\"pad_token\":\"p\",\"mask_token\":\"m\"}"); /* it has the last word */
    assert_ok(gr_tok_open(&t, path, NULL, &err), &err);
    assert_true(gr_tok_cls_id(t) == 5 && gr_tok_sep_id(t) == 6 && gr_tok_pad_id(t) == 7 && gr_tok_mask_id(t) == 8);
    gr_tok_close(t);
    (void)write_file("odd/tokenizer_config.json", "{}");
    assert_ok(gr_tok_open(&t, path, NULL, &err), &err);
    assert_true(gr_tok_cls_id(t) == 1 && gr_tok_sep_id(t) == 2 && gr_tok_pad_id(t) == 3 && gr_tok_mask_id(t) == 4);
    gr_tok_close(t);
    gr_log_set_sink(NULL, NULL);
}

static void test_duplicates(void **state)
{
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_status(gr_tok_open_vocab(&t, write_file("v.txt", "[UNK]\n[CLS]\n[SEP]\na\n[CLS]\na\n"), NULL, &err), GR_E_FORMAT, &err,
                  "v.txt: line 5: '[CLS]' is already on line 2");
    refuse_json("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"a\":1,\"a\":2}}}", GR_E_FORMAT, "x.json");
    refuse_json("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"a\":1,\"b\":1}}}", GR_E_FORMAT, "x.json: model: 'a' and 'b' have the same id 1");
    refuse_json("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"b\":-4}}}", GR_E_FORMAT, "x.json: model: id of 'b' is out of range: -4");
}

/* add_prefix_space for the last step of several, as for one that stands alone. */
static void test_prefix_space(void **state)
{
    static const char json[] = "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"\\u0120\":1,\"\\u0120a\":2,\"1\":3,\"\\u01201\":4},\"merges\":[\"\\u0120 a\",\"\\u0120 1\"]},"
                               "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":false}]}}";
    static const int32_t without[] = { 0, 3 }, with[] = { 2, 4 };
    const gr_tok_opts on = { -1, -1, -1, 1 };
    char dir[GR_PATH_MAX];
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), "prefix"));
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    (void)write_file("prefix/tokenizer.json", json);
    assert_ok(gr_tok_open(&t, dir, NULL, &err), &err);
    expect(t, "a1", without, 2);
    gr_tok_close(t);
    assert_ok(gr_tok_open(&t, dir, &on, &err), &err);
    expect(t, "a1", with, 2);
    gr_tok_close(t);
}

/* The same for vocab.json with merges.txt. */
static void test_prefix_space_files(void **state)
{
    static const int32_t without[] = { 1, 0, 2 }, with[] = { 1, 3, 2 };
    const gr_tok_opts on = { -1, -1, -1, 1 };
    char dir[GR_PATH_MAX];
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), "files"));
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    (void)write_file("files/vocab.json", "{\"a\":0,\"<s>\":1,\"</s>\":2,\"\\u0120a\":3,\"\\u0120\":4}");
    (void)write_file("files/merges.txt", "#version: 0.2\n\xC4\xA0 a\n");
    assert_ok(gr_tok_open(&t, dir, NULL, &err), &err);
    expect(t, "a", without, 3);
    gr_tok_close(t);
    assert_ok(gr_tok_open(&t, dir, &on, &err), &err);
    expect(t, "a", with, 3);
    gr_tok_close(t);
}

/* ---- tokenizer_config.json has the last word ---- */

/* What is wanted here is what AutoTokenizer of transformers 5.23 gives for the folder that is written. */
static void open_last(gr_tok **t, const char *config)
{
    char dir[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)write_file("last/tokenizer_config.json", config);
    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), "last"));
    assert_ok(gr_tok_open(t, dir, NULL, &err), &err);
}

static void last_folder(const char *tokenizer)
{
    char dir[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), "last"));
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    (void)write_file("last/tokenizer.json", tokenizer);
}

static const char uncased[] =
    "{\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":true},"
    "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",2],\"cls\":[\"[CLS]\",1]},"
    "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"[PAD]\":3,\"[MASK]\":4,\"a\":5,\"A\":6,"
    "\"\xC3\xA9\":7,\"e\":8,\"\xE4\xB8\xAD\":9,\"\xE6\x96\x87\":10,\"\xE4\xB8\xAD\xE6\x96\x87\":11}}}";

static void test_last_word(void **state)
{
    static const struct { const char *config; size_t n; int32_t want[6]; } cases[] = {
        { "{}", 6, { 1, 5, 8, 9, 10, 2 } },
        { "{\"do_lower_case\":true,\"tokenizer_class\":\"BertTokenizer\"}", 6, { 1, 5, 8, 9, 10, 2 } },
        { "{\"do_lower_case\":false,\"tokenizer_class\":\"BertTokenizerFast\"}", 6, { 1, 6, 7, 9, 10, 2 } },
        { "{\"do_lower_case\":false,\"tokenizer_class\":\"ElectraTokenizer\"}", 6, { 1, 6, 7, 9, 10, 2 } },
        { "{\"do_lower_case\":true,\"strip_accents\":false,\"tokenizer_class\":\"DistilBertTokenizer\"}", 6, { 1, 5, 7, 9, 10, 2 } },
        { "{\"do_lower_case\":true,\"tokenize_chinese_chars\":false,\"tokenizer_class\":\"BertTokenizer\"}", 5, { 1, 5, 8, 11, 2 } },
        { "{\"do_lower_case\":false,\"tokenizer_class\":\"PreTrainedTokenizerFast\"}", 6, { 1, 5, 8, 9, 10, 2 } }, /* takes tokenizer.json as it is */
    };
    gr_tok *t = NULL;

    (void)state;
    last_folder(uncased);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_last(&t, cases[i].config);
        expect(t, "A \xC3\xA9 \xE4\xB8\xAD\xE6\x96\x87", cases[i].want, cases[i].n);
        gr_tok_close(t);
    }
}

static void test_last_word_prefix(void **state)
{
    static const struct { const char *config; int32_t want[3]; } cases[] = {
        { "{\"add_prefix_space\":true,\"tokenizer_class\":\"RobertaTokenizer\"}", { 1, 3, 2 } },
        { "{\"add_prefix_space\":false,\"tokenizer_class\":\"RobertaTokenizerFast\"}", { 1, 0, 2 } },
        { "{\"add_prefix_space\":true,\"tokenizer_class\":\"PreTrainedTokenizerFast\"}", { 1, 0, 2 } },
    };
    gr_tok *t = NULL;

    (void)state;
    last_folder("{\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true},\"post_processor\":{\"type\":\"RobertaProcessing\","
                "\"sep\":[\"</s>\",2],\"cls\":[\"<s>\",1],\"trim_offsets\":true,\"add_prefix_space\":false},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"<s>\":1,"
                "\"</s>\":2,\"\\u0120a\":3,\"\\u0120\":4},\"merges\":[\"\\u0120 a\"]}}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_last(&t, cases[i].config);
        expect(t, "a", cases[i].want, 3);
        gr_tok_close(t);
    }
}

/* A pair's segments, unless model_input_names leaves them out. */
static void test_input_names(void **state)
{
    static const struct { const char *config; int32_t second; } cases[] = {
        { "{\"model_input_names\":[\"input_ids\",\"token_type_ids\",\"attention_mask\"]}", 1 },
        { "{\"model_input_names\":[\"input_ids\",\"attention_mask\"]}", 0 },
        { "{\"model_input_names\":null}", 1 },
    };
    char dir[GR_PATH_MAX];
    gr_tok_work *w = NULL;
    gr_tok *t = NULL;
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    (void)state;
    last_folder(uncased);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int32_t want[5] = { 0, 0, 0, cases[i].second, cases[i].second };
        open_last(&t, cases[i].config);
        assert_ok(gr_tok_work_open(&w, t, &err), &err);
        assert_ok(gr_tok_encode(w, &e, gr_sv_from("a"), gr_sv_from("a"), 0, true, &err), &err);
        assert_int_equal(e.n, 5);
        for (size_t k = 0; k < e.n; k++) assert_int_equal(e.type_ids[k], want[k]);
        gr_tok_work_close(w);
        gr_tok_close(t);
    }
    (void)write_file("last/tokenizer_config.json", "{\"model_input_names\":\"input_ids\"}");
    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), "last"));
    assert_status(gr_tok_open(&t, dir, NULL, &err), GR_E_FORMAT, &err, "model_input_names");
}

/* truncation=True, max_length=5, of one text and of a pair; and how long a row may be. */
static void test_truncation_side(void **state)
{
    static const struct { const char *config; int32_t one[5], pair[6], length; } cases[] = {
        { "{\"truncation_side\":\"right\",\"model_max_length\":64}", { 1, 5, 8, 5, 2 }, { 1, 5, 2, 8, 5, 2 }, 64 },
        { "{\"truncation_side\":\"left\",\"model_max_length\":1000000000000000019884624838656}", { 1, 5, 8, 9, 2 }, { 1, 8, 2, 5, 9, 2 }, 0 },
    };
    gr_tok_work *w = NULL;
    gr_tok *t = NULL;
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    (void)state;
    last_folder(uncased);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_last(&t, cases[i].config);
        assert_int_equal(gr_tok_max_length(t), cases[i].length);
        assert_ok(gr_tok_work_open(&w, t, &err), &err);
        assert_ok(gr_tok_encode(w, &e, gr_sv_from("a e a e \xE4\xB8\xAD"), (gr_sv){ NULL, 0 }, 5, true, &err), &err);
        assert_true(e.n == 5 && (i ? e.byte_offsets[1][0] == 4 : e.byte_offsets[1][0] == 0));
        for (size_t k = 0; k < e.n; k++) assert_int_equal(e.ids[k], cases[i].one[k]);
        assert_ok(gr_tok_encode(w, &e, gr_sv_from("a e"), gr_sv_from("e a \xE4\xB8\xAD"), 6, true, &err), &err);
        assert_int_equal(e.n, 6);
        for (size_t k = 0; k < e.n; k++) assert_int_equal(e.ids[k], cases[i].pair[k]);
        gr_tok_work_close(w);
        gr_tok_close(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds), cmocka_unit_test(test_bpe), cmocka_unit_test(test_stale), cmocka_unit_test(test_byte_level), cmocka_unit_test(test_unigram), cmocka_unit_test(test_vocabulary), cmocka_unit_test(test_added),
        cmocka_unit_test(test_templates), cmocka_unit_test(test_vocab_txt),  cmocka_unit_test(test_config), cmocka_unit_test(test_odd),
        cmocka_unit_test(test_duplicates), cmocka_unit_test(test_prefix_space), cmocka_unit_test(test_prefix_space_files),
        cmocka_unit_test(test_last_word), cmocka_unit_test(test_last_word_prefix), cmocka_unit_test(test_input_names), cmocka_unit_test(test_truncation_side),
    };
    return gr_test_main(tests);
}
