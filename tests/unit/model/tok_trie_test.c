/* gr_trie and gr_vocab: finding, walking, repeated keys and ids, against plain search. */
#include "base/rng.h"
#include "model/tokenizer/tok_impl.h"
#include "tests/support/test.h"

static void test_small(void **state)
{
    static const char *const words[] = { "a", "ab", "abc", "b", "", "\xC3\xA9", "zz" };
    gr_sv keys[7];
    int32_t values[7];
    gr_arena arena;
    gr_err err = GR_ERR_INIT;
    gr_trie t;

    (void)state;
    gr_arena_init(&arena, 0);
    for (int i = 0; i < 7; i++) {
        keys[i] = gr_sv_from(words[i]);
        values[i] = 10 * i;
    }
    assert_ok(gr_trie_build(&t, &arena, keys, values, 7, NULL, &err), &err);
    for (int i = 0; i < 7; i++) assert_int_equal(gr_trie_find(&t, keys[i]), 10 * i);
    assert_int_equal(gr_trie_find(&t, gr_sv_from("z")), GR_TRIE_NO_VALUE);
    assert_int_equal(gr_trie_find(&t, gr_sv_from("abcd")), GR_TRIE_NO_VALUE);
    assert_true(gr_trie_walk(&t, gr_sv_from("z")) != GR_TRIE_NONE);
    assert_true(gr_trie_walk(&t, gr_sv_from("x")) == GR_TRIE_NONE);
    assert_int_equal(t.n_nodes, 9); /* root, a, ab, abc, b, two of the accent, z, zz */
    gr_arena_free(&arena);
}

static void test_empty(void **state)
{
    gr_arena arena;
    gr_err err = GR_ERR_INIT;
    gr_trie t;

    (void)state;
    gr_arena_init(&arena, 0);
    assert_ok(gr_trie_build(&t, &arena, NULL, NULL, 0, NULL, &err), &err);
    assert_int_equal(gr_trie_find(&t, gr_sv_from("a")), GR_TRIE_NO_VALUE);
    assert_int_equal(gr_trie_find(&t, (gr_sv){ "", 0 }), GR_TRIE_NO_VALUE);
    assert_ok(gr_trie_build(&t, &arena, &(gr_sv){ "", 0 }, (const int32_t[]){ 7 }, 1, NULL, &err), &err); /* an empty key is one */
    assert_int_equal(gr_trie_find(&t, (gr_sv){ "", 0 }), 7);
    gr_arena_free(&arena);
}

/* The repetition reported is the earliest in the caller's order. */
static void test_duplicates(void **state)
{
    const gr_sv keys[] = { { "x", 1 }, { "b", 1 }, { "a", 1 }, { "b", 1 }, { "a", 1 }, { "b", 1 } };
    const int32_t values[] = { 0, 1, 2, 3, 4, 5 };
    gr_arena arena;
    size_t dup[2] = { 0, 0 };
    gr_err err = GR_ERR_INIT;
    gr_trie t;

    (void)state;
    gr_arena_init(&arena, 0);
    assert_status(gr_trie_build(&t, &arena, keys, values, 6, dup, &err), GR_E_FORMAT, &err, "'b'");
    assert_int_equal(dup[0], 1);
    assert_int_equal(dup[1], 3);
    gr_arena_free(&arena);
}

static int32_t plain_find(const gr_sv *keys, const int32_t *values, size_t n, gr_sv key)
{
    for (size_t i = 0; i < n; i++)
        if (gr_sv_eq(keys[i], key)) return values[i];
    return GR_TRIE_NO_VALUE;
}

/* Keys over few bytes, so many shared prefixes, and one wide node: each is found, and what is not a
 * key is not. */
static void test_many(void **state)
{
    enum { N = 3000 };
    static char text[N][8];
    static gr_sv keys[N];
    static int32_t values[N];
    size_t n = 0;
    gr_arena arena;
    gr_rng r;
    gr_err err = GR_ERR_INIT;
    gr_trie t;

    (void)state;
    gr_arena_init(&arena, 0);
    gr_rng_init(&r, 7, GR_RNG_SAMPLE, 0);
    for (int i = 0; i < N; i++) {
        const size_t len = 1 + (size_t)gr_rng_below(&r, 6);

        for (size_t k = 0; k < len; k++) text[i][k] = (char)(k == 0 ? gr_rng_below(&r, 256) : 'a' + gr_rng_below(&r, 3));
        keys[n] = (gr_sv){ text[i], len };
        values[n] = i;
        if (plain_find(keys, values, n, keys[n]) == GR_TRIE_NO_VALUE) n++;
    }
    assert_ok(gr_trie_build(&t, &arena, keys, values, n, NULL, &err), &err);
    for (size_t i = 0; i < n; i++) {
        char other[8];
        const gr_sv changed = { other, keys[i].n };

        memcpy(other, keys[i].p, keys[i].n);
        other[keys[i].n - 1] = (char)(other[keys[i].n - 1] ^ 1);
        assert_int_equal(gr_trie_find(&t, keys[i]), values[i]);
        assert_int_equal(gr_trie_find(&t, changed), plain_find(keys, values, n, changed));
    }
    gr_arena_free(&arena);
}

static void test_vocab(void **state)
{
    const gr_sv tokens[] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
    const int32_t ids[] = { 4, 0, 2 }, same[] = { 4, 0, 4 };
    gr_arena arena;
    gr_err err = GR_ERR_INIT;
    gr_vocab v;

    (void)state;
    gr_arena_init(&arena, 0);
    assert_ok(gr_vocab_build(&v, &arena, tokens, ids, 3, NULL, &err), &err);
    assert_int_equal(v.n, 5);
    assert_true(gr_sv_is(v.token[4], "a"));
    assert_null(v.token[1].p);
    assert_status(gr_vocab_build(&v, &arena, tokens, same, 3, NULL, &err), GR_E_FORMAT, &err, "same id 4");
    gr_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),      cmocka_unit_test(test_empty), cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_many),       cmocka_unit_test(test_vocab),
    };
    return gr_test_main(tests);
}
