/* rng_test.c - Philox4x32-10 against the known answers of Random123, and the laws of the reader. */
#include "base/rng.h"

#include <math.h>

#include "tests/support/test.h"

/* kat_vectors of Random123 1.14: zeros, ones, and the digits of pi. */
static void known_answers(void **state)
{
    static const struct {
        uint32_t ctr[4], key[2], want[4];
    } v[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX }, { UINT32_MAX, UINT32_MAX },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    uint32_t out[4];

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        gr_philox(out, v[i].ctr, v[i].key);
        assert_memory_equal(out, v[i].want, sizeof out);
    }
}

/* The reader's words are the blocks at counters (0, 0, a, site), (1, 0, a, site), ... under the seed. */
static void reader_is_the_counter(void **state)
{
    const uint64_t seed = UINT64_C(0x123456789ABCDEF0);
    gr_rng r;

    (void)state;
    gr_rng_init(&r, seed, GR_RNG_SHUFFLE, 7);
    for (uint32_t block = 0; block < 3; block++) {
        const uint32_t ctr[4] = { block, 0, 7, GR_RNG_SHUFFLE }, key[2] = { 0x9ABCDEF0, 0x12345678 };
        uint32_t want[4];

        gr_philox(want, ctr, key);
        for (int i = 0; i < 4; i++) assert_int_equal(gr_rng_u32(&r), want[i]);
    }
    r.ctr[0] = UINT32_MAX; /* the block number carries into its high word */
    (void)gr_rng_u32(&r);
    assert_true(r.ctr[0] == 0 && r.ctr[1] == 1);
}

static void below_stays_below_and_is_even(void **state)
{
    unsigned count[7] = { 0 };
    gr_rng r;

    (void)state;
    gr_rng_init(&r, 1, GR_RNG_SAMPLE, 0);
    for (int i = 0; i < 70000; i++) count[gr_rng_below(&r, 7)]++;
    for (int i = 0; i < 7; i++) assert_near(count[i], 10000, 5 * 92.6, "count of %d", i); /* 5 sd: sqrt(70000 * 6 / 49) */
    assert_int_equal(gr_rng_below(&r, 1), 0);
    for (int i = 0; i < 1000; i++) assert_true(gr_rng_below(&r, UINT64_C(3) << 40) < UINT64_C(3) << 40);
    for (int i = 0; i < 1000; i++) assert_true(gr_rng_below(&r, UINT64_C(1) << 32) < UINT64_C(1) << 32);
}

static void uniform_and_normal(void **state)
{
    enum { N = 200000 };
    double sum = 0, squares = 0, fourth = 0, mean = 0;
    gr_rng r;

    (void)state;
    gr_rng_init(&r, 42, GR_RNG_INIT, 0);
    for (int i = 0; i < N; i++) {
        const double u = gr_rng_uniform(&r);
        assert_true(u >= 0 && u < 1);
        mean += u / N;
    }
    assert_near(mean, 0.5, 5 * 0.2887 / sqrt(N), "mean of uniforms");
    for (int i = 0; i < N; i++) {
        const double x = gr_rng_normal(&r);
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    assert_near(sum / N, 0, 5 / sqrt(N), "mean of normals");
    assert_near(squares / N, 1, 5 * sqrt(2.0 / N), "variance of normals");
    assert_near(fourth / N, 3, 5 * sqrt(96.0 / N), "fourth moment of normals"); /* E x^8 - 9 = 96 */
}

/* These bits are a promise: other ones would change every seed's initial weights. */
static void normal_has_fixed_bits(void **state)
{
    static const double want[] = { -0x1.7fdb8b4dfc759p-1, -0x1.41308b2c1d51p-2, -0x1.4222876204155p+0, -0x1.bbc2e0d521f71p-2 };
    gr_rng r;

    (void)state;
    gr_rng_init(&r, 42, GR_RNG_INIT, gr_rng_hash("classifier.weight"));
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) assert_true(gr_rng_normal(&r) == want[i]);
}

static void shuffle_permutes(void **state)
{
    uint32_t x[1000], seen[1000] = { 0 };
    size_t moved = 0;
    gr_rng r;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) x[i] = i;
    gr_rng_init(&r, 42, GR_RNG_SHUFFLE, 0);
    gr_rng_shuffle(&r, x, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        seen[x[i]]++;
        moved += x[i] != i;
    }
    for (int i = 0; i < 1000; i++) assert_int_equal(seen[i], 1);
    assert_true(moved > 980); /* one fixed point is to be expected */
    gr_rng_shuffle(&r, x, 0);
    gr_rng_shuffle(&r, x, 1);
}

static void hash_is_fnv1a(void **state)
{
    (void)state;
    assert_int_equal(gr_rng_hash(""), 0x811c9dc5);
    assert_int_equal(gr_rng_hash("a"), 0xe40c292c);
    assert_int_equal(gr_rng_hash("foobar"), 0xbf9cf968);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(known_answers), cmocka_unit_test(reader_is_the_counter),
                                        cmocka_unit_test(below_stays_below_and_is_even), cmocka_unit_test(uniform_and_normal),
                                        cmocka_unit_test(normal_has_fixed_bits), cmocka_unit_test(shuffle_permutes),
                                        cmocka_unit_test(hash_is_fnv1a) };
    return gr_test_main(tests);
}
