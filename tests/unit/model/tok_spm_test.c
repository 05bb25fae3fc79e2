/* gr_spm_read, gr_charsmap_read, gr_tok_read_spm_text: what is taken from a SentencePiece model, what is refused. */
#include "base/fs.h"
#include "model/tokenizer/tok_impl.h"
#include "tests/support/test.h"

/* A message under construction. */
static void add_field(gr_buf *b, unsigned number, gr_sv body)
{
    gr_buf_addc(b, (char)(number << 3 | 2));
    assert_true(body.n < 128);
    gr_buf_addc(b, (char)body.n);
    gr_buf_add(b, body.p, body.n);
}

static void add_piece(gr_buf *b, const char *text, float score, int type)
{
    gr_buf piece = { NULL, 0, 0, false };

    add_field(&piece, 1, gr_sv_from(text));
    gr_buf_addc(&piece, 2 << 3 | 5);
    for (int i = 0; i < 4; i++) {
        uint32_t bits;
        memcpy(&bits, &score, sizeof bits);
        gr_buf_addc(&piece, (char)(bits >> (8 * i) & 0xFF));
    }
    gr_buf_addc(&piece, 3 << 3);
    gr_buf_addc(&piece, (char)type);
    add_field(b, 1, gr_buf_sv(&piece));
    gr_buf_free(&piece);
}

static gr_buf albert(void)
{
    gr_buf b = { NULL, 0, 0, false };

    add_piece(&b, "<pad>", 0, 3);
    add_piece(&b, "<unk>", 0, 2);
    add_piece(&b, "[CLS]", 0, 3);
    add_piece(&b, "[SEP]", 0, 3);
    add_piece(&b, "\xE2\x96\x81" "a", -1.5f, 1);
    add_piece(&b, "b", -2, 1);
    return b;
}

static gr_status open_model(gr_tok **out, gr_sv bytes, const char *type, gr_err *err)
{
    const gr_tok_config config = GR_TOK_CONFIG_NONE;
    gr_tok *t = gr_tok_new();
    gr_status s = gr_tok_read_spm_text(t, bytes, type, "spiece.model", &config, err);

    if (s == GR_OK) s = gr_tok_finish(t, err);
    if (s == GR_OK) *out = t;
    else gr_tok_close(t);
    return s;
}

static void refuse(gr_sv bytes, gr_status want, const char *part)
{
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    assert_status(open_model(&t, bytes, "albert", &err), want, &err, part);
}

static void test_good(void **state)
{
    static const int32_t want[] = { 2, 4, 5, 1, 3 };
    gr_buf b = albert();
    gr_tok *t = NULL;
    gr_tok_work *w = NULL;
    gr_encoding e;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(open_model(&t, gr_buf_sv(&b), "", &err), &err);
    assert_int_equal(gr_tok_vocab_size(t), 6);
    assert_int_equal(gr_tok_pad_id(t), 0);
    assert_int_equal(gr_tok_unk_id(t), 1);
    assert_ok(gr_tok_work_open(&w, t, &err), &err);
    assert_ok(gr_tok_encode(w, &e, gr_sv_from(" Abxy"), (gr_sv){ NULL, 0 }, 0, true, &err), &err);
    assert_int_equal(e.n, 5);
    for (size_t i = 0; i < e.n; i++) assert_int_equal(e.ids[i], want[i]);
    assert_int_equal(e.offsets[3][0], 3);
    assert_int_equal(e.offsets[3][1], 5);
    gr_tok_work_close(w);
    gr_tok_close(t);
    gr_buf_free(&b);
}

/* Every prefix is refused or read, and never anything else. */
static void test_cut(void **state)
{
    gr_buf b = albert();

    (void)state;
    for (size_t n = 0; n < b.n; n++) {
        gr_tok *t = NULL;
        gr_err err = GR_ERR_INIT;

        if (open_model(&t, (gr_sv){ b.p, n }, "albert", &err) == GR_OK) gr_tok_close(t);
        else assert_int_not_equal(err.msg[0], '\0');
    }
    refuse((gr_sv){ b.p, b.n - 1 }, GR_E_FORMAT, "cut off");
    gr_buf_free(&b);
}

static void test_broken(void **state)
{
    gr_buf b = albert();

    (void)state;
    refuse((gr_sv){ "", 0 }, GR_E_FORMAT, "no token");
    refuse(gr_sv_from("\x0B"), GR_E_FORMAT, "kind 3");
    refuse(gr_sv_from("\x02\x01" "a"), GR_E_FORMAT, "number 0");
    refuse((gr_sv){ "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 11 }, GR_E_FORMAT, "broken number");
    refuse((gr_sv){ "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11 }, GR_E_FORMAT, "cut off");
    refuse((gr_sv){ "\x0A\x00", 2 }, GR_E_FORMAT, "without text");
    refuse(gr_sv_from("\x0A\x03\x0A\x01\xFF"), GR_E_FORMAT, "UTF-8");
    refuse((gr_sv){ "\x0A\x03\x0A\x01\x00", 5 }, GR_E_FORMAT, "NUL");
    refuse(gr_sv_from("\x0A\x05\x0A\x01" "a\x18\x09"), GR_E_FORMAT, "type 9");
    refuse(gr_sv_from("\x0A\x03\x0A\x01" "a"), GR_E_FORMAT, "unknown token");
    refuse(gr_sv_from("\x0A\x05\x0A\x01" "a\x78\x09"), GR_E_FORMAT, "unknown token");     /* field 15 is not the type */
    refuse(gr_sv_from("\x0A\x06\x0A\x01" "a\x1A\x01\x09"), GR_E_FORMAT, "unknown token"); /* nor is a text of number 3 */
    add_piece(&b, "b", -3, 1);
    refuse(gr_buf_sv(&b), GR_E_FORMAT, "token 6: 'b' occurs twice, as token 5 before");
    gr_buf_free(&b);
}

/* A family by its name, by the file's when none is given, and never by the file's against a name that is not known. */
static void test_family(void **state)
{
    gr_buf b = albert();
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(open_model(&t, gr_buf_sv(&b), "", &err), &err);
    gr_tok_close(t);
    assert_status(open_model(&t, gr_buf_sv(&b), "big_bird", &err), GR_E_UNSUPPORTED, &err, "albert");
    gr_buf_free(&b);
}

static void test_odd(void **state)
{
    gr_buf b = { NULL, 0, 0, false };

    (void)state;
    add_piece(&b, "<unk>", 0, 2);
    refuse(gr_buf_sv(&b), GR_E_FORMAT, "special token '[CLS]'");
    add_piece(&b, "x", -1.0f / 0.0f, 1);
    refuse(gr_buf_sv(&b), GR_E_FORMAT, "finite");
    add_field(&b, 2, (gr_sv){ "\x18\x02", 2 });
    refuse(gr_buf_sv(&b), GR_E_UNSUPPORTED, "type 2");
    gr_buf_free(&b);
    b = albert();
    add_field(&b, 3, (gr_sv){ "\x12\x04\xFF\xFF\x00\x00", 6 });
    refuse(gr_buf_sv(&b), GR_E_FORMAT, "charsmap");
    gr_buf_free(&b);
}

/* A piece of the file that is the family's own mask token besides: XLM-R's converter puts the token last all the same, and
 * it takes blanks before it. */
static void test_mask(void **state)
{
    static const int32_t want[] = { 0, 4, 7, 2 };
    gr_buf b = { NULL, 0, 0, false };
    gr_tok *t = NULL;
    gr_tok_work *w = NULL;
    gr_encoding e;
    int32_t first = -1;
    gr_err err = GR_ERR_INIT;

    (void)state;
    add_piece(&b, "<unk>", 0, 2);
    add_piece(&b, "<s>", 0, 3);
    add_piece(&b, "</s>", 0, 3);
    add_piece(&b, "\xE2\x96\x81" "a", -1.5f, 1);
    add_piece(&b, "<mask>", 0, 3);
    add_piece(&b, "b", -2, 1);
    assert_ok(open_model(&t, gr_buf_sv(&b), "xlm-roberta", &err), &err);
    assert_int_equal(gr_tok_vocab_size(t), 8);
    assert_int_equal(gr_tok_mask_id(t), 7);
    assert_int_equal(gr_tok_holes(t, &first), 1);
    assert_int_equal(first, 5);
    assert_ok(gr_tok_work_open(&w, t, &err), &err);
    assert_ok(gr_tok_encode(w, &e, gr_sv_from("a  <mask>"), (gr_sv){ NULL, 0 }, 0, true, &err), &err);
    assert_int_equal(e.n, 4);
    for (size_t i = 0; i < e.n; i++) assert_int_equal(e.ids[i], want[i]);
    assert_int_equal(e.offsets[2][0], 1);
    assert_int_equal(e.offsets[2][1], 9);
    gr_tok_work_close(w);
    gr_tok_close(t);
    gr_buf_free(&b);
}

/* What is wrong with a file is said with its name. */
static void test_named(void **state)
{
    char path[GR_PATH_MAX];
    gr_tok *t = NULL;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "spiece.model"));
    assert_ok(gr_fs_write(path, "\x0B", 1, &err), &err);
    assert_status(gr_tok_open(&t, gr_test_tmpdir(), NULL, &err), GR_E_FORMAT, &err, "/spiece.model: byte 0: a field of kind 3");
    assert_null(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good), cmocka_unit_test(test_cut), cmocka_unit_test(test_broken), cmocka_unit_test(test_odd),
        cmocka_unit_test(test_family), cmocka_unit_test(test_mask), cmocka_unit_test(test_named),
    };
    return gr_test_main(tests);
}
