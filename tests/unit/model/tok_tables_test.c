/* tok_tables_test.c - the generated tables, asked about every code point. Texts meet a few of their hundred thousand entries, so that a damaged one
 * would go unseen: the digests below are of all answers, as the generators of model/tokenizer/gen left them (held against the libraries there). Where
 * tables are generated anew and differ, the digests change with them, in a commit that says why. */
#include "tests/support/test.h"

#include <string.h>

#include "base/sha256.h"
#include "model/tokenizer/classes.h"
#include "model/tokenizer/unicode.h"

static void add(gr_sha256 *s, const uint32_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char bytes[4] = { (unsigned char)v[i], (unsigned char)(v[i] >> 8), (unsigned char)(v[i] >> 16), (unsigned char)(v[i] >> 24) };

        gr_sha256_add(s, bytes, sizeof bytes);
    }
}

static void digest_is(gr_sha256 *s, const char *want, const char *what)
{
    char hex[GR_SHA256_HEX];

    gr_sha256_hex(s, hex);
    if (strcmp(hex, want) != 0) fail_msg("%s: the digest of all answers is %s, not %s", what, hex, want);
}

/* What the BERT parts ask (unicode.h) */
static void unicode(void **state)
{
    gr_sha256 s;

    (void)state;
    gr_sha256_init(&s);
    for (uint32_t cp = 0; cp < GR_UNI_LIMIT; cp++) {
        uint32_t parts[GR_UNI_DECOMP_MAX];
        const unsigned prop = gr_uni_prop(cp);
        const uint32_t n = (uint32_t)gr_uni_decompose(parts, cp), answers[] = { prop, gr_uni_ccc(prop), gr_uni_lower(cp), n };

        assert_true(n >= 1 && n <= GR_UNI_DECOMP_MAX);
        add(&s, answers, sizeof answers / sizeof *answers);
        add(&s, parts, n);
    }
    digest_is(&s, "5827c570f313368353872699fd5d197fa2bb5d92f694d91c6a63676be9e61644", "unicode.h");
}

/* What the others ask (classes.h) */
static void classes(void **state)
{
    gr_sha256 s;

    (void)state;
    gr_sha256_init(&s);
    for (uint32_t cp = 0; cp < GR_UNI_LIMIT; cp++) {
        uint32_t parts[GR_UNI_COMPAT_MAX];
        const uint32_t n = (uint32_t)gr_uni_decompose_compat(parts, cp), answers[] = { gr_uni_class_of(cp), gr_uni_script(cp), n };

        assert_true(n >= 1 && n <= GR_UNI_COMPAT_MAX);
        add(&s, answers, sizeof answers / sizeof *answers);
        add(&s, parts, n);
    }
    digest_is(&s, "3eb9f26b928fec6437b03f268a0c2a1ba3168424e3232efad5f038951b614ac2", "classes.h");
}

/* Pairs that compose: first, second and composite, as the table has them, each of which gr_uni_compose finds. */
static void pairs(void **state)
{
    gr_sha256 s;

    (void)state;
    gr_sha256_init(&s);
    for (size_t i = 0; i < gr_uni_n_pairs; i++) {
        const uint32_t *p = gr_uni_pairs + 3 * i;

        assert_int_equal(gr_uni_compose(p[0], p[1]), p[2]);
        add(&s, p, 3);
    }
    digest_is(&s, "0366c65468904421ab7a6a76cfede59b28c60e77d0e907bbed24d4b644b8765f", "gr_uni_pairs");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(unicode), cmocka_unit_test(classes), cmocka_unit_test(pairs) };

    return gr_test_main(tests);
}
