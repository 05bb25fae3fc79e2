/* sha256_test.c - the vectors of FIPS 180-4's examples, and pieces of every size. */
#include "base/sha256.h"

#include "base/fs.h"
#include "base/sha256_block.h"
#include "tests/support/test.h"

static void known_vectors(void **state)
{
    static const struct {
        const char *text, *want;
    } v[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
    };
    char hex[GR_SHA256_HEX];

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        gr_sha256_of(hex, v[i].text, strlen(v[i].text));
        assert_string_equal(hex, v[i].want);
    }
}

static void a_million_a(void **state)
{
    char piece[1000], hex[GR_SHA256_HEX];
    gr_sha256 s;

    (void)state;
    memset(piece, 'a', sizeof piece);
    gr_sha256_init(&s);
    for (int i = 0; i < 1000; i++) gr_sha256_add(&s, piece, sizeof piece);
    gr_sha256_hex(&s, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* However a text is cut, the digest is the same; lengths around the padding's edges are all met. */
static void pieces(void **state)
{
    unsigned char text[200];
    char whole[GR_SHA256_HEX], cut[GR_SHA256_HEX];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)(i * 7);
    for (size_t n = 0; n <= sizeof text; n++) {
        gr_sha256_of(whole, text, n);
        for (size_t step = 1; step <= 65; step += 8) {
            gr_sha256 s;

            gr_sha256_init(&s);
            for (size_t i = 0; i < n; i += step) gr_sha256_add(&s, text + i, n - i < step ? n - i : step);
            gr_sha256_hex(&s, cut);
            assert_string_equal(cut, whole);
        }
    }
}

/* The processor's instructions and the plain function are twins. */
static void both_block_functions(void **state)
{
    uint8_t text[64 * 9];
    uint32_t fast[8], plain[8];
    gr_sha256 s;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * i + 3 * i);
    gr_sha256_init(&s); /* holds the block function that this processor gets */
    for (size_t n = 0; n <= 9; n++) {
        memcpy(fast, s.h, sizeof fast);
        memcpy(plain, s.h, sizeof plain);
        s.blocks(fast, text, n);
        gr_sha256_plain(plain, text, n);
        assert_memory_equal(fast, plain, sizeof fast);
    }
}

static void files(void **state)
{
    char path[GR_PATH_MAX], hex[GR_SHA256_HEX] = "untouched";
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "abc"));
    assert_ok(gr_fs_write(path, "abc", 3, &err), &err);
    assert_ok(gr_sha256_file(hex, path, &err), &err);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_status(gr_sha256_file(hex, "/nonexistent/x", &err), GR_E_NOTFOUND, &err, "/nonexistent/x: ");
    assert_status(gr_sha256_file(hex, gr_test_tmpdir(), &err), GR_E_IO, &err, gr_test_tmpdir());
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(known_vectors), cmocka_unit_test(a_million_a), cmocka_unit_test(pieces),
                                        cmocka_unit_test(both_block_functions),
                                        cmocka_unit_test(files) };
    return gr_test_main(tests);
}
