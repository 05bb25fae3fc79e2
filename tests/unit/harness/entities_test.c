/* gr_entities_find: words from first tokens, spans from B- and I-, offsets and scores, by hand. */
#include <math.h>

#include "harness/entities.h"
#include "tests/support/test.h"

static const char *const labels[] = { "O", "B-PER", "I-PER", "B-LOC", "I-LOC" };
enum { O, B_PER, I_PER, B_LOC, I_LOC, N };

/* Tokens of 3 characters each; word[i] -1 for added ones; tag[i] gets a logit of ln 6, the others 0: its probability is
 * 6 / (6 + 4) = 0.6. */
static size_t find(gr_entity **out, const int32_t *word, const int *tag, size_t n)
{
    int32_t offsets[16][2], bytes[16][2];
    double logits[16 * N] = { 0 };
    gr_err err = GR_ERR_INIT;
    size_t found = 0;
    const gr_tagged t = { n, N, word, (const int32_t (*)[2])offsets, (const int32_t (*)[2])bytes, logits, labels };

    for (size_t i = 0; i < n; i++) {
        offsets[i][0] = (int32_t)(3 * i);
        offsets[i][1] = (int32_t)(3 * i + 3);
        bytes[i][0] = 2 * offsets[i][0];
        bytes[i][1] = 2 * offsets[i][1];
        logits[i * N + (size_t)tag[i]] = log(6.0);
    }
    assert_ok(gr_entities_find(out, &found, &t, &err), &err);
    return found;
}

static void test_spans(void **state)
{
    /* [CLS] Jo ##hn Smith lives in Paris [SEP]; the second piece of John says LOC and is not asked */
    const int32_t word[] = { -1, 0, 0, 1, 2, 3, 4, -1 };
    const int tag[] = { B_LOC, B_PER, I_LOC, I_PER, O, O, B_LOC, B_LOC };
    gr_entity *e;

    (void)state;
    assert_int_equal(find(&e, word, tag, 8), 2);
    assert_string_equal(e[0].type, "PER");
    assert_int_equal(e[0].start, 3);
    assert_int_equal(e[0].end, 12);
    assert_int_equal(e[0].start_byte, 6);
    assert_int_equal(e[0].end_byte, 24);
    assert_near(e[0].score, 0.6, 1e-12, "mean of two words");
    assert_string_equal(e[1].type, "LOC");
    assert_int_equal(e[1].start, 18);
    assert_int_equal(e[1].end, 21);
    free(e);
}

static void test_boundaries(void **state)
{
    const int32_t word[] = { 0, 1, 2, 3, 4, 5 };
    const int begins[] = { B_PER, B_PER, I_PER, I_LOC, I_LOC, B_LOC }; /* a B- parts, a type parts, an I- may begin */
    const int gap[] = { I_PER, O, I_PER, O, O, O };
    const int none[] = { O, O, O, O, O, O };
    gr_entity *e;

    (void)state;
    assert_int_equal(find(&e, word, begins, 6), 4);
    assert_int_equal(e[0].end, 3);
    assert_int_equal(e[1].start, 3);
    assert_int_equal(e[1].end, 9);
    assert_string_equal(e[2].type, "LOC");
    assert_int_equal(e[2].end, 15);
    assert_int_equal(e[3].start, 15);
    free(e);
    assert_int_equal(find(&e, word, gap, 6), 2);
    free(e);
    assert_int_equal(find(&e, word, none, 6), 0);
    free(e);
    assert_int_equal(find(&e, word, none, 0), 0);
    free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_spans), cmocka_unit_test(test_boundaries) };
    return gr_test_main(tests);
}
