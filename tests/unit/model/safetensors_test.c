/* safetensors: types and their values, writing and reading back, folders of shards. Malformed files have a golden test. */
#include <math.h>
#include <time.h>

#include "base/arena.h"
#include "base/fs.h"
#include "model/safetensors.h"
#include "tests/support/test.h"

static const char *in_tmp(const char *name)
{
    static char path[4][GR_PATH_MAX];
    static int turn;

    turn = (turn + 1) % 4;
    assert_true(gr_fs_join(path[turn], GR_PATH_MAX, gr_test_tmpdir(), name));
    return path[turn];
}

/* A file from a header and its data. */
static void write_raw(const char *path, const char *header, const void *data, size_t n)
{
    unsigned char bytes[2048];
    const size_t len = strlen(header);
    gr_err err = GR_ERR_INIT;

    assert_true(8 + len + n <= sizeof bytes);
    for (size_t i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)len >> (8 * i));
    memcpy(bytes + 8, header, len);
    memcpy(bytes + 8 + len, data, n);
    assert_ok(gr_fs_write(path, bytes, 8 + len + n, &err), &err);
}

static void check_f64(const char *dtype, const void *data, size_t n, const double *want, size_t count)
{
    const char *path = in_tmp("type.safetensors");
    char header[256];
    gr_err err = GR_ERR_INIT;
    double got[8];
    gr_st *st;

    (void)snprintf(header, sizeof header, "{\"x\":{\"dtype\":\"%s\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}", dtype, count, n);
    write_raw(path, header, data, n);
    assert_ok(gr_st_open(&st, path, &err), &err);
    assert_int_equal(gr_st_at(st, 0)->count, count);
    assert_ok(gr_st_to_f64(got, gr_st_at(st, 0), &err), &err);
    for (size_t i = 0; i < count; i++) assert_near(got[i], want[i], 0, "%s[%zu]", dtype, i);
    gr_st_close(st);
}

static void test_types(void **state)
{
    /* binary16 by hand: 1 = 3C00, -2 = C000, largest 65504 = 7BFF, smallest subnormal 2^-24 = 0001, inf 7C00, NaN 7E00 */
    static const unsigned char f16[] = { 0x00, 0x3C, 0x00, 0xC0, 0xFF, 0x7B, 0x01, 0x00, 0x00, 0x7C, 0x00, 0x7E, 0x00, 0x80 };
    const double f16_want[] = { 1, -2, 65504, ldexp(1, -24), (double)INFINITY, (double)NAN, -0.0 };
    static const unsigned char bf16[] = { 0x80, 0x3F, 0x49, 0xC0 }; /* 1; 0xC049 = -3.140625 */
    static const unsigned char i8[] = { 0xFF, 0x7F }, u8[] = { 0xFF, 0x01 }, i16[] = { 0xFE, 0xFF };
    static const unsigned char i32[] = { 0xFF, 0xFF, 0xFF, 0x7F }, b[] = { 0, 1, 2 };
    const double f64 = -0.1;

    (void)state;
    check_f64("F16", f16, sizeof f16, f16_want, 7);
    check_f64("BF16", bf16, sizeof bf16, (const double[]){ 1, -3.140625 }, 2);
    check_f64("I8", i8, 2, (const double[]){ -1, 127 }, 2);
    check_f64("U8", u8, 2, (const double[]){ 255, 1 }, 2);
    check_f64("I16", i16, 2, (const double[]){ -2 }, 1);
    check_f64("I32", i32, 4, (const double[]){ 2147483647 }, 1);
    check_f64("BOOL", b, 3, (const double[]){ 0, 1, 1 }, 3);
    check_f64("F64", &f64, 8, &f64, 1);
    assert_int_equal(gr_dtype_size(GR_DT_F16), 2);
    assert_int_equal(gr_dtype_size(GR_DT_OTHER), 0);
}

/* Headers that must be refused: one fault each, 8 bytes of data. */
static void test_malformed(void **state)
{
    static const struct { const char *header, *part; } cases[] = {
        { "", "header is not valid JSON" },
        { "{", "header is not valid JSON" },
        { "\xEF\xBB\xBF{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "header is not valid JSON" },
        { "7", "header is not an object" },
        { "{}", "bytes after the last tensor" },
        { "{\"x\":[]}", "not described by an object" },
        { "{\"\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "no name" },
        { "{\"x\":{\"shape\":[2],\"data_offsets\":[0,8]}}", "has no dtype" },
        { "{\"x\":{\"dtype\":\"f32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "unknown type 'f32'" },
        { "{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", "has no shape" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]}}", "more than 8 dimensions" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,8]}}", "dimension is not an integer" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]}}", "dimension is not an integer" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[18446744073709551615],\"data_offsets\":[0,8]}}", "size overflows" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", "size overflows" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2305843009213693952],\"data_offsets\":[0,8]}}", "size overflows" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", "negative dimension" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}", "has no data_offsets" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", "two offsets" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", "negative offset" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,18446744073709551624]}}", "past the end" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", "ends before it begins" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "bytes 0..4 belong to no tensor" },
        { "{\"x\":{\"dtype\":\"F4\",\"shape\":[15],\"data_offsets\":[0,8]}}", "whole bytes" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"__metadata__\":{\"a\":1}}", "__metadata__" },
        { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"y\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[7,8]}}", "overlaps" },
    };
    const char *path = in_tmp("malformed.safetensors");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gr_err err = GR_ERR_INIT;
        gr_st *st = NULL;

        write_raw(path, cases[i].header, "12345678", 8);
        assert_status(gr_st_open(&st, path, &err), GR_E_FORMAT, &err, cases[i].part);
        assert_null(st);
    }
}

/* The library writes no metadata as none at all, and reads null as that. */
static void test_null_metadata(void **state)
{
    const char *path = in_tmp("null.safetensors");
    gr_err err = GR_ERR_INIT;
    gr_st *st;

    (void)state;
    write_raw(path, "{\"__metadata__\":null,\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "12345678", 8);
    assert_ok(gr_st_open(&st, path, &err), &err);
    assert_int_equal(gr_st_count(st), 1);
    assert_null(gr_st_metadata(st, "format"));
    gr_st_close(st);
}

static void test_unread_type(void **state)
{
    const char *path = in_tmp("f8.safetensors");
    gr_err err = GR_ERR_INIT;
    double x[2];
    float y[2];
    int64_t z[2];
    gr_st *st;

    (void)state;
    write_raw(path, "{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}}", "ab", 2);
    assert_ok(gr_st_open(&st, path, &err), &err);
    assert_status(gr_st_to_f64(x, gr_st_at(st, 0), &err), GR_E_UNSUPPORTED, &err, "'x'");
    assert_status(gr_st_to_f32(y, gr_st_at(st, 0), &err), GR_E_UNSUPPORTED, &err, "'x'");
    assert_status(gr_st_to_i64(z, gr_st_at(st, 0), &err), GR_E_UNSUPPORTED, &err, "'x'");
    gr_st_close(st);
}

static void test_round_trip(void **state)
{
    const float a[6] = { 1, -2, 3.5f, 0, 1e-30f, 7 };
    const double b[2] = { 0.1, 1e300 };
    const int64_t c[1] = { INT64_MIN };
    const gr_st_tensor t[] = {
        { "layer.weight", GR_DT_F32, 2, { 2, 3 }, 6, (const unsigned char *)a, sizeof a },
        { "scale", GR_DT_F64, 1, { 2 }, 2, (const unsigned char *)b, sizeof b },
        { "n \"quoted\"", GR_DT_I64, 0, { 0 }, 1, (const unsigned char *)c, sizeof c },
        { "empty", GR_DT_F32, 2, { 0, 4 }, 0, NULL, 0 },
    };
    const char *path = in_tmp("round.safetensors");
    gr_err err = GR_ERR_INIT;
    char hex[GR_SHA256_HEX], file_hex[GR_SHA256_HEX];
    float fa[6];
    double fb[2];
    int64_t fc[1];
    gr_st *st;

    (void)state;
    assert_ok(gr_st_write(path, t, 4, &err), &err);
    assert_ok(gr_st_open(&st, path, &err), &err);
    assert_int_equal(gr_st_count(st), 4);
    assert_string_equal(gr_st_metadata(st, "format"), "pt");
    assert_null(gr_st_metadata(st, "other"));
    assert_null(gr_st_find(st, "absent"));
    assert_null(gr_st_at(st, 4));
    assert_int_equal(gr_st_find(st, "layer.weight")->shape[1], 3);
    assert_ok(gr_st_to_f32(fa, gr_st_find(st, "layer.weight"), &err), &err);
    assert_memory_equal(fa, a, sizeof a);
    assert_ok(gr_st_to_f64(fb, gr_st_find(st, "scale"), &err), &err);
    assert_memory_equal(fb, b, sizeof b);
    assert_ok(gr_st_to_i64(fc, gr_st_find(st, "n \"quoted\""), &err), &err);
    assert_true(fc[0] == INT64_MIN);
    assert_int_equal(gr_st_find(st, "empty")->count, 0);
    gr_st_sha256(st, hex);
    assert_ok(gr_sha256_file(file_hex, path, &err), &err);
    assert_string_equal(hex, file_hex);
    gr_st_close(st);
}

static void test_write_refusals(void **state)
{
    const float a[2] = { 1, 2 };
    gr_st_tensor t = { "x", GR_DT_F32, 1, { 2 }, 2, (const unsigned char *)a, sizeof a };
    gr_err err = GR_ERR_INIT;

    (void)state;
    t.bytes = 4;
    assert_status(gr_st_write(in_tmp("bad"), &t, 1, &err), GR_E_ARG, &err, "'x'");
    t.bytes = sizeof a;
    t.shape[0] = 3;
    assert_status(gr_st_write(in_tmp("bad"), &t, 1, &err), GR_E_ARG, &err, "'x'");
    t.shape[0] = 2;
    t.dtype = GR_DT_OTHER;
    assert_status(gr_st_write(in_tmp("bad"), &t, 1, &err), GR_E_UNSUPPORTED, &err, "'x'");
    t.dtype = GR_DT_F32;
    t.name = "";
    assert_status(gr_st_write(in_tmp("bad"), &t, 1, &err), GR_E_ARG, &err, "name");
    t.name = "x";
    assert_status(gr_st_write("absent-folder/x.safetensors", &t, 1, &err), GR_E_IO, &err, "absent-folder");
    assert_false(gr_fs_is_file(in_tmp("bad")));
}

static void write_shard(const char *dir, const char *file, const char *name)
{
    const float x = 1;
    const gr_st_tensor t = { name, GR_DT_F32, 1, { 1 }, 1, (const unsigned char *)&x, sizeof x };
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, dir, file));
    assert_ok(gr_st_write(path, &t, 1, &err), &err);
}

static gr_status open_with_index(const char *dir, const char *index, gr_st **st, gr_err *err)
{
    char path[GR_PATH_MAX];

    assert_true(gr_fs_join(path, sizeof path, dir, "model.safetensors.index.json"));
    assert_ok(gr_fs_write(path, index, strlen(index), err), err);
    return gr_st_open_dir(st, dir, err);
}

static void test_shards(void **state)
{
    const char *dir = in_tmp("shards");
    gr_err err = GR_ERR_INIT;
    gr_st *st;

    (void)state;
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_status(gr_st_open_dir(&st, dir, &err), GR_E_NOTFOUND, &err, "no model.safetensors");
    write_shard(dir, "m-1.safetensors", "a");
    write_shard(dir, "m-2.safetensors", "b");
    assert_ok(open_with_index(dir, "{\"weight_map\":{\"a\":\"m-1.safetensors\",\"b\":\"m-2.safetensors\"}}", &st, &err), &err);
    assert_int_equal(gr_st_count(st), 2);
    assert_non_null(gr_st_find(st, "b"));
    assert_string_equal(gr_st_file_of(st, gr_st_find(st, "a")), "m-1.safetensors");
    assert_string_equal(gr_st_file_of(st, gr_st_find(st, "b")), "m-2.safetensors");
    gr_st_close(st);
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":\"m-2.safetensors\",\"b\":\"m-1.safetensors\"}}", &st, &err), GR_E_FORMAT, &err,
                  "tensor 'a' is not in 'm-2.safetensors' but in 'm-1.safetensors'");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":\"m-1.safetensors\",\"c\":\"m-2.safetensors\"}}", &st, &err), GR_E_FORMAT, &err,
                  "tensor 'c' is not in 'm-2.safetensors', where the index has it");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"b\":\"m-2.safetensors\",\"a\":\"m-3.safetensors\"}}", &st, &err), GR_E_NOTFOUND, &err,
                  "shard 'm-3.safetensors' is missing (of 2 that the index names)");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":\"m-1.safetensors\",\"a\":\"m-2.safetensors\"}}", &st, &err), GR_E_FORMAT, &err, "a");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":\"m-3.safetensors\"}}", &st, &err), GR_E_NOTFOUND, &err, "m-3");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":\".\"}}", &st, &err), GR_E_FORMAT, &err, "plain file name");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":\"/m-1.safetensors\"}}", &st, &err), GR_E_FORMAT, &err, "plain file name");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":\"../m-1.safetensors\"}}", &st, &err), GR_E_FORMAT, &err, "plain file name");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":7}}", &st, &err), GR_E_FORMAT, &err, "not a string");
    assert_status(open_with_index(dir, "{}", &st, &err), GR_E_FORMAT, &err, "weight_map");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":\"m-1.safetensors\",\"b\":\"\"}}", &st, &err), GR_E_FORMAT, &err, "plain file name");
    write_shard(dir, "m-2.safetensors", "a");
    assert_status(open_with_index(dir, "{\"weight_map\":{\"a\":\"m-1.safetensors\",\"b\":\"m-2.safetensors\"}}", &st, &err), GR_E_FORMAT, &err,
                  "'a' appears twice");
}

/* An index of many tensors, all of one shard but the last, which it leaves out: work that grows with the square of their
 * number would take a quarter of a minute here. */
static void test_long_index(void **state)
{
    enum { N = 60000, NAME = 16 };
    const char *dir = in_tmp("long_index");
    gr_st_tensor *t = calloc(N, sizeof *t);
    char (*name)[NAME] = calloc(N, sizeof *name), path[GR_PATH_MAX];
    gr_buf index = { 0 };
    gr_err err = GR_ERR_INIT;
    clock_t begin;
    gr_st *st;

    (void)state;
    assert_true(t && name);
    gr_buf_adds(&index, "{\"weight_map\":{");
    for (int i = 0; i < N; i++) {
        (void)snprintf(name[i], NAME, "t%05d", i);
        t[i] = (gr_st_tensor){ .name = name[i], .dtype = GR_DT_F32, .ndim = 1, .data = (const unsigned char *)"" };
        if (i < N - 1) gr_buf_addf(&index, "%s\"%s\":\"m.safetensors\"", i ? "," : "", name[i]);
    }
    gr_buf_adds(&index, "}}");
    assert_false(index.oom);
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "m.safetensors"));
    assert_ok(gr_st_write(path, t, N, &err), &err);
    begin = clock();
    assert_status(open_with_index(dir, index.p, &st, &err), GR_E_FORMAT, &err, "tensor 't59999' is in 'm.safetensors' but not in the index");
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 5.0); /* of processor time: 0.1 s, and 2 with sanitizers */
    gr_buf_free(&index);
    free(name);
    free(t);
}

/* A tensor in pieces, 4 MB and a bit of numbers counted up, between two that are in memory. */
static gr_status counted(void *user, size_t i, size_t at, void *out, size_t n, gr_err *err)
{
    size_t *next = user;

    assert_int_equal(i, 1);
    assert_int_equal(at, *next);
    for (size_t k = 0; k < n / 4; k++) ((int32_t *)out)[k] = (int32_t)(at / 4 + k);
    *next = at + n;
    (void)err;
    return GR_OK;
}

static void test_pieces(void **state)
{
    enum { N = 1000003 };
    const float ends[2] = { 1.5f, -2.5f };
    const unsigned char *data = (const unsigned char *)ends;
    gr_st_tensor t[3] = { { .name = "a", .dtype = GR_DT_F32, .ndim = 1, .shape = { 1 }, .count = 1, .data = data, .bytes = 4 },
                          { .name = "b", .dtype = GR_DT_I32, .ndim = 1, .shape = { N }, .count = N, .bytes = (size_t)N * 4 },
                          { .name = "c", .dtype = GR_DT_F32, .ndim = 1, .shape = { 1 }, .count = 1, .data = data + 4, .bytes = 4 } };
    const char *path = in_tmp("pieces.safetensors");
    gr_err err = GR_ERR_INIT;
    size_t next = 0;
    int64_t *x = malloc((size_t)N * sizeof *x);
    float y;
    gr_st *st = NULL;

    (void)state;
    assert_non_null(x);
    assert_ok(gr_st_write_from(path, t, 3, counted, &next, &err), &err);
    assert_int_equal(next, (size_t)N * 4);
    assert_ok(gr_st_open(&st, path, &err), &err);
    assert_ok(gr_st_to_i64(x, gr_st_find(st, "b"), &err), &err);
    for (size_t k = 0; k < N; k++)
        if (x[k] != (int64_t)k) fail_msg("element %zu is %lld", k, (long long)x[k]);
    assert_ok(gr_st_to_f32(&y, gr_st_find(st, "c"), &err), &err);
    assert_true(y == -2.5f);
    gr_st_close(st);
    free(x);
    assert_status(gr_st_write(in_tmp("none"), t, 3, &err), GR_E_ARG, &err, "'b' has no data");
}

static void touch(const char *dir, const char *name, const char *text)
{
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, dir, name));
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
}

/* What stands first is read: each file that is put into the folder comes before those that are there. */
static void test_order_of_forms(void **state)
{
    static const struct { const char *file; gr_status want; const char *part; } steps[] = {
        { "flax_model.msgpack", GR_E_UNSUPPORTED, "Flax" },
        { "tf_model.h5", GR_E_UNSUPPORTED, "save the model as model.safetensors" },
        { "adapter_model.safetensors", GR_E_UNSUPPORTED, "merge it" },
        { "pytorch_model.bin.index.json", GR_E_FORMAT, "pytorch_model.bin.index.json: " },
        { "pytorch_model.bin", GR_E_FORMAT, "pytorch_model.bin: not a zip archive of torch.save" },
        { "model.safetensors.index.json", GR_E_FORMAT, "model.safetensors.index.json: " },
        { "model.safetensors", GR_E_FORMAT, "model.safetensors: file is shorter" },
    };
    const char *dir = in_tmp("forms");
    gr_err err = GR_ERR_INIT;
    gr_st *st;

    (void)state;
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        touch(dir, steps[i].file, "PK");
        assert_status(gr_st_open_dir(&st, dir, &err), steps[i].want, &err, steps[i].part);
        assert_null(st);
    }
    touch(dir, "model.safetensors", "version https://git-lfs.github.com/spec/v1\n");
    assert_status(gr_st_open_dir(&st, dir, &err), GR_E_FORMAT, &err, "git lfs pull");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types), cmocka_unit_test(test_malformed), cmocka_unit_test(test_null_metadata),
        cmocka_unit_test(test_unread_type), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_write_refusals), cmocka_unit_test(test_shards), cmocka_unit_test(test_long_index), cmocka_unit_test(test_pieces), cmocka_unit_test(test_order_of_forms),
    };
    return gr_test_main(tests);
}
