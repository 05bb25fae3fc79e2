/* sequence_test.c - entity counts by hand, the readings of odd tags, and each status. */
#include "tests/support/test.h"

#include <math.h>

#include "metrics/sequence.h"
#include "metrics/tag_scheme.h"

#define MOST 16

/* Cuts "B-PER O|..." at blanks and bars and adds the sentences. */
static gr_status add(gr_seqeval *s, const char *pred, const char *ref, gr_err *err)
{
    char p[256], r[256], *sp = NULL, *sr = NULL;
    const char *tp[MOST], *tr[MOST];

    (void)snprintf(p, sizeof p, "%s", pred);
    (void)snprintf(r, sizeof r, "%s", ref);
    for (char *a = strtok_r(p, "|", &sp), *b = strtok_r(r, "|", &sr); a && b; a = strtok_r(NULL, "|", &sp), b = strtok_r(NULL, "|", &sr)) {
        char *wp = NULL, *wr = NULL;
        size_t n = 0;
        for (char *x = strtok_r(a, " ", &wp), *y = strtok_r(b, " ", &wr); x && y && n < MOST; x = strtok_r(NULL, " ", &wp), y = strtok_r(NULL, " ", &wr)) {
            tp[n] = x;
            tr[n++] = y;
        }
        GR_TRY(gr_seqeval_add(s, tp, tr, n, err));
    }
    return GR_OK;
}

static gr_seqeval_result score(gr_tag_scheme scheme, bool suffix, const char *pred, const char *ref)
{
    const gr_seqeval_options o = { scheme, suffix };
    gr_seqeval_result out;
    gr_err err = GR_ERR_INIT;
    gr_seqeval *s;

    assert_ok(gr_seqeval_open(&s, &o, &err), &err);
    assert_ok(add(s, pred, ref, &err), &err);
    assert_ok(gr_seqeval_scores(&out, s, 0.0, &err), &err);
    gr_seqeval_close(s);
    return out;
}

static void by_hand(void **state)
{
    /* LOC found, PER cut short: 1 of 2 predicted, 1 of 2 true; 3 of 4 tags */
    const gr_seqeval_result r = score(GR_SCHEME_CONLL, false, "B-PER O O B-LOC", "B-PER I-PER O B-LOC");

    (void)state;
    assert_near(r.precision, 0.5, 0, "precision");
    assert_near(r.recall, 0.5, 0, "recall");
    assert_near(r.f1, 0.5, 0, "f1");
    assert_near(r.macro_f1, 0.5, 0, "macro f1: LOC 1, PER 0");
    assert_near(r.accuracy, 0.75, 0, "accuracy");
    assert_int_equal(r.support, 2);
    assert_int_equal(r.predicted, 2);
    assert_int_equal(r.tokens, 4);
}

static void readings(void **state)
{
    (void)state;
    /* lenient: I after O opens a chunk; strict IOB2: it does not */
    assert_int_equal(score(GR_SCHEME_CONLL, false, "I-PER", "O").predicted, 1);
    assert_int_equal(score(GR_SCHEME_IOB2, false, "I-PER", "O").predicted, 0);
    assert_int_equal(score(GR_SCHEME_IOB1, false, "I-PER", "O").predicted, 1);
    /* no chunk runs over the end of a sentence */
    assert_int_equal(score(GR_SCHEME_CONLL, false, "B-PER|I-PER", "O|O").predicted, 2);
    assert_int_equal(score(GR_SCHEME_IOB2, false, "B-PER|I-PER", "O|O").predicted, 1);
    /* an unclosed chunk of IOBES does not count, one of BILOU neither */
    assert_int_equal(score(GR_SCHEME_IOBES, false, "B-PER I-PER", "O O").predicted, 0);
    assert_int_equal(score(GR_SCHEME_BILOU, false, "B-PER L-PER", "O O").predicted, 1);
    assert_int_equal(score(GR_SCHEME_IOE2, false, "I-PER E-PER E-PER", "O O O").predicted, 2);
    /* IOB1: B at the start is no chunk, the I after it opens one */
    assert_int_equal(score(GR_SCHEME_IOB1, false, "B-PER O", "O O").predicted, 0);
    assert_int_equal(score(GR_SCHEME_IOB1, false, "B-PER I-PER", "O O").predicted, 1);
    /* letters last */
    assert_near(score(GR_SCHEME_CONLL, true, "PER-B PER-I O", "PER-B PER-I O").f1, 1, 0, "suffix");
}

static void tags(void **state)
{
    gr_tag t;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_tag_read(&t, gr_sv_from("B-a-b"), false));
    assert_true(t.letter == 'B' && gr_sv_is(t.type, "a-b"));
    assert_true(gr_tag_read(&t, gr_sv_from("Ba-b"), false));
    assert_true(gr_sv_is(t.type, "b"));
    assert_true(gr_tag_read(&t, gr_sv_from("B"), false));
    assert_true(gr_sv_is(t.type, "_"));
    assert_true(gr_tag_read(&t, gr_sv_from("a-b-B"), true));
    assert_true(t.letter == 'B' && gr_sv_is(t.type, "a-b"));
    assert_true(gr_tag_read(&t, gr_sv_from("\xE4\xBA\xBA-x"), false));
    assert_true(t.letter == 0x4EBA && gr_sv_is(t.type, "x"));
    assert_true(gr_tag_read(&t, gr_sv_from("x-\xE4\xBA\xBA"), true));
    assert_true(t.letter == 0x4EBA && gr_sv_is(t.type, "x"));
    assert_true(gr_tag_read(&t, gr_sv_from("\xFFx"), false)); /* not UTF-8: a letter of its own */
    assert_true(gr_sv_is(t.type, "x"));
    assert_false(gr_tag_read(&t, gr_sv_from(""), false));
    assert_ok(gr_tag_read_strict(&t, gr_sv_from("B--a-b--"), false, GR_SCHEME_IOB2, &err), &err);
    assert_true(gr_sv_is(t.type, "a-b"));
    assert_status(gr_tag_read_strict(&t, gr_sv_from("S-PER"), false, GR_SCHEME_IOB2, &err), GR_E_ARG, &err, "'S-PER'");
    assert_status(gr_tag_read_strict(&t, gr_sv_from("b-PER"), false, GR_SCHEME_IOB2, &err), GR_E_ARG, &err, "IOB2");
    assert_status(gr_tag_read_strict(&t, gr_sv_from(""), false, GR_SCHEME_IOB2, &err), GR_E_ARG, &err, "empty");
}

static void names(void **state)
{
    gr_tag_scheme s;

    (void)state;
    for (int i = GR_SCHEME_CONLL; i <= GR_SCHEME_BILOU; i++) {
        assert_true(gr_tag_scheme_find(&s, gr_tag_scheme_name((gr_tag_scheme)i)));
        assert_int_equal(s, i);
    }
    assert_false(gr_tag_scheme_find(&s, "IOB3"));
}

static void refusals(void **state)
{
    const gr_seqeval_options strict = { GR_SCHEME_IOB2, false };
    const char *const empty[] = { "O", "" }, *const fine[] = { "O", "B-X" };
    gr_err err = GR_ERR_INIT;
    gr_seqeval_result r;
    gr_buf text = { 0 };
    gr_seqeval *s;

    (void)state;
    assert_ok(gr_seqeval_open(&s, NULL, &err), &err);
    assert_status(gr_seqeval_add(s, empty, fine, 2, &err), GR_E_ARG, &err, "token 2: the predicted");
    assert_status(gr_seqeval_add(s, fine, empty, 2, &err), GR_E_ARG, &err, "token 2: the true");
    assert_status(gr_seqeval_report(&text, s, 2, 0.0, &err), GR_E_ARG, &err, "no entity");
    assert_status(gr_seqeval_report(&text, s, 99, 0.0, &err), GR_E_ARG, &err, "digits");
    assert_status(gr_seqeval_scores(&r, s, NAN, &err), GR_E_ARG, &err, "zero_division");
    assert_ok(gr_seqeval_scores(&r, s, 1.0, &err), &err);
    assert_int_equal(r.tokens, 0); /* what was refused is not counted */
    assert_near(r.f1, 1.0, 0, "0/0 is 1");
    assert_near(r.macro_f1, NAN, 0, "no type");
    assert_near(r.accuracy, NAN, 0, "no token");
    gr_seqeval_close(s);
    assert_ok(gr_seqeval_open(&s, &strict, &err), &err);
    assert_status(add(s, "O S-PER", "O O", &err), GR_E_ARG, &err, "token 2 (predicted)");
    gr_seqeval_close(s);
    gr_seqeval_close(NULL);
}

static void many_types(void **state)
{
    char names_of[300][16];
    gr_err err = GR_ERR_INIT;
    gr_seqeval_type *t;
    gr_seqeval *s;
    size_t n;

    (void)state;
    assert_ok(gr_seqeval_open(&s, NULL, &err), &err);
    for (int i = 0; i < 300; i++) {
        const char *one[] = { names_of[i] };
        (void)snprintf(names_of[i], sizeof names_of[i], "B-t%03d", 299 - i);
        assert_ok(gr_seqeval_add(s, one, one, 1, &err), &err);
        assert_ok(gr_seqeval_add(s, one, one, 1, &err), &err);
    }
    assert_ok(gr_seqeval_types(&t, &n, s, 0.0, &err), &err);
    assert_int_equal(n, 300);
    assert_string_equal(t[0].type, "t000");
    assert_string_equal(t[299].type, "t299");
    assert_int_equal(t[7].support, 2);
    free(t);
    gr_seqeval_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(by_hand), cmocka_unit_test(readings), cmocka_unit_test(tags),
                                        cmocka_unit_test(names),   cmocka_unit_test(refusals), cmocka_unit_test(many_types) };
    return gr_test_main(tests);
}
