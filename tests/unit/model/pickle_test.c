/* The pickle machine: tensors as torch.save describes them, in every protocol, and each thing that must be refused. */
#include "model/pickle.h"
#include "tests/support/test.h"

/* Literals with NUL bytes in them. */
#define BYTES(s) (s), sizeof(s) - 1
#define STORAGE(numel) "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0" "0X\3\0\0\0cpuK" numel "tQ"
#define REBUILD "ctorch._utils\n_rebuild_tensor_v2\n"
#define HOOKS "\x89" "ccollections\nOrderedDict\n)R"
/* A dictionary of one tensor "x" of a storage of `numel` floats; shape and strides are instructions that give tuples. */
#define ONE(numel, offset, shape, stride) "\x80\2}X\1\0\0\0x" REBUILD "(" STORAGE(numel) offset shape stride HOOKS "tRs."

static void refuse(const char *p, size_t n, const char *part)
{
    gr_err err = GR_ERR_INIT;
    gr_pickle k;

    assert_status(gr_pickle_read(&k, (const unsigned char *)p, n, &err), GR_E_FORMAT, &err, part);
    assert_null(k.t);
}

static void test_tensor(void **state)
{
    static const char two_by_three[] = ONE("\7", "K\1", "K\2K\3\x86", "K\3K\1\x86");
    gr_err err = GR_ERR_INIT;
    gr_pickle k;

    (void)state;
    assert_ok(gr_pickle_read(&k, (const unsigned char *)two_by_three, sizeof two_by_three - 1, &err), &err);
    assert_int_equal(k.n, 1);
    assert_string_equal(k.t[0].name, "x");
    assert_string_equal(k.t[0].storage, "0");
    assert_int_equal(k.t[0].dtype, GR_DT_F32);
    assert_int_equal(k.t[0].size, 4);
    assert_int_equal(k.t[0].numel, 7);
    assert_int_equal(k.t[0].offset, 1);
    assert_int_equal(k.t[0].count, 6);
    assert_int_equal(k.t[0].ndim, 2);
    assert_int_equal(k.t[0].shape[1], 3);
    assert_int_equal(k.t[0].stride[0], 3);
    gr_pickle_free(&k);
    gr_pickle_free(&k);
}

/* The same values by other instructions: none of them changes what is read. */
static void test_spellings(void **state)
{
    static const struct { const char *p; size_t n, tensors; } good[] = {
        { BYTES("\x80\2}."), 0 },
        { BYTES("\x80\4\x95\5\0\0\0\0\0\0\0}."), 0 },
        { BYTES("\x80\2(d."), 0 },
        { BYTES("\x80\2ccollections\nOrderedDict\n)R}X\1\0\0\0aK\1sb."), 0 },                       /* attributes are dropped */
        { BYTES("\x80\4\x8c\x0b" "collections\x8c\x0bOrderedDict\x93)R\x94."), 0 },
        { BYTES("\x80\2(X\1\0\0\0x" REBUILD "(" STORAGE("\2") "K\0K\2\x85K\1\x85" HOOKS "tRd."), 1 }, /* DICT */
        { BYTES("\x80\2}(X\1\0\0\0x" REBUILD "(" STORAGE("\2") "K\0K\2\x85K\1\x85" HOOKS "tRu."), 1 },
        { BYTES("\x80\2}X\1\0\0\0xctorch._utils\n_rebuild_tensor\n(" STORAGE("\2") "K\0K\2\x85K\1\x85tRs."), 1 },
        { BYTES("\x80\2}X\1\0\0\0xctorch._utils\n_rebuild_parameter\n" REBUILD "(" STORAGE("\2") "K\0K\2\x85K\1\x85" HOOKS "tR\x88" "ccollections\nOrderedDict\n)R\x87Rs."), 1 },
        { BYTES(ONE("\2", "\x8a\1\0", "\x8a\1\2\x85", "M\1\0\x85")), 1 },                            /* LONG1, BININT2 */
        { BYTES(ONE("\2", "\x8a\0", "J\2\0\0\0\x85", "K\1\x85")), 1 },
        { BYTES(ONE("\1", "K\0", ")", ")")), 1 },                                                    /* a scalar */
        { BYTES(ONE("\0", "K\0", "K\0K\4\x86", "K\4K\1\x86")), 1 },                                  /* no element */
        { BYTES("\x80\2N0]q\0(K\1K\2e0(1K\1" "20" "0G\0\0\0\0\0\0\0\0" "0B\1\0\0\0z0}."), 0 },        /* what no tensor needs */
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        gr_err err = GR_ERR_INIT;
        gr_pickle k;
        const gr_status s = gr_pickle_read(&k, (const unsigned char *)good[i].p, good[i].n, &err);

        if (s != GR_OK) fail_msg("case %zu: %s", i, err.msg);
        assert_int_equal(k.n, good[i].tensors);
        gr_pickle_free(&k);
    }
}

static void test_refused_by_name(void **state)
{
    (void)state;
    refuse(BYTES("\x80\2cposix\nsystem\nX\4\0\0\0true\x85R."), "'posix.system' is not a tensor; nothing was executed");
    refuse(BYTES("\x80\4\x8c\2os\x8c\6system\x93\x8c\4true\x85R."), "'os.system' is not a tensor; nothing was executed");
    refuse(BYTES("\x80\2cnumpy.core.multiarray\n_reconstruct\n."), "'numpy.core.multiarray._reconstruct' is not a tensor");
    refuse(BYTES("\x80\2ctorch\nQInt8Storage\n."), "'torch.QInt8Storage'");
    refuse(BYTES("\x80\2(X\4\0\0\0trueiposix\nsystem\n."), "instruction 0x69"); /* INST */
    refuse(BYTES("\x80\2(cposix\nsystem\no."), "'posix.system'");               /* OBJ */
    refuse(BYTES("\x80\2ccollections\nOrderedDict\n)\x81."), "instruction 0x81"); /* NEWOBJ */
    refuse(BYTES("\x80\2\x82\1."), "instruction 0x82");                          /* EXT1 */
    refuse(BYTES("\x80\2ctorch\nfloat32\n)R."), "'torch.float32' is not a tensor");
    refuse(BYTES("\x80\2ccollections\nOrderedDict\nN\x85R."), "OrderedDict with arguments");
    refuse(BYTES("\x80\2ctorch\nfloat32\n}b."), "nothing was executed");
    refuse(BYTES("\x80\2K\1)R."), "no callable");
    refuse(BYTES("\x80\2c\xff\nx\n."), "not a name");
}

static void test_malformed(void **state)
{
    (void)state;
    refuse(BYTES(""), "not a pickle");
    refuse(BYTES("}."), "not a pickle");
    refuse(BYTES("\x80\1}."), "protocol 1");
    refuse(BYTES("\x80\6}."), "protocol 6");
    refuse(BYTES("\x80\2}"), "no end");
    refuse(BYTES("\x80\2."), "0 values");
    refuse(BYTES("\x80\2}}."), "2 values");
    refuse(BYTES("\x80\2(}."), "1 values");
    refuse(BYTES("\x80\2N."), "no dictionary of tensors");
    refuse(BYTES("\x80\2X\5\0\0\0abc."), "runs past the end");
    refuse(BYTES("\x80\4\x8d\xff\xff\xff\xff\xff\xff\xff\xff" "a."), "runs past the end");
    refuse(BYTES("\x80\2X\1\0\0\0\xff."), "not UTF-8");
    refuse(BYTES("\x80\2J\1\2"), "runs past the end");
    refuse(BYTES("\x80\2cposix"), "no end");
    refuse(BYTES("\x80\2h\0."), "memo place 0 is empty");
    refuse(BYTES("\x80\2Nr\xff\xff\xff\xff."), "memo place 4294967295");
    refuse(BYTES("\x80\2q\0."), "stack is empty");
    refuse(BYTES("\x80\2K\1(0."), "stack is empty"); /* not below the mark */
    refuse(BYTES("\x80\2N\x86."), "stack is empty");
    refuse(BYTES("\x80\2t."), "no mark");
    refuse(BYTES("\x80\2}(Nu."), "key without a value");
    refuse(BYTES("\x80\2NNNs."), "no dictionary");
    refuse(BYTES("\x80\2NNa."), "no list");
    refuse(BYTES("\x80\2K\1K\1\x93."), "not a name");
    refuse(BYTES("\x80\2K\1Q."), "names no storage");
}

static void test_bad_tensors(void **state)
{
    (void)state;
    refuse(BYTES(ONE("\2", "K\0", "K\3\x85", "K\1\x85")), "past the end of its storage");
    refuse(BYTES(ONE("\2", "K\1", "K\2\x85", "K\1\x85")), "past the end of its storage");
    refuse(BYTES(ONE("\2", "K\2", ")", ")")), "past the end of its storage");
    refuse(BYTES(ONE("\1", "K\0", "M\xff\xff\x85", "K\0\x85")), ".contiguous()"); /* one element many times */
    refuse(BYTES(ONE("\2", "K\0", "K\2\x85", "J\xff\xff\xff\xff\x85")), "no size");
    refuse(BYTES(ONE("\2", "K\0", "J\xff\xff\xff\xff\x85", "K\1\x85")), "no size");
    refuse(BYTES(ONE("\2", "J\xff\xff\xff\xff", "K\1\x85", "K\1\x85")), "not made of a storage");
    refuse(BYTES(ONE("\2", "K\0", "K\2\x85", ")")), "1 dimensions and 0 strides");
    refuse(BYTES(ONE("\2", "K\0", "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t", "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t")), "9 dimensions");
    refuse(BYTES(ONE("\2", "K\0", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f" "K\4\x86", "K\0K\0\x86")), "overflows");
    refuse(BYTES(ONE("\2", "K\0", "K\3\x85", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85")), "past the end of its storage");
    refuse(BYTES("\x80\2}X\1\0\0\0xK\1s."), "'x' is not a tensor");
    refuse(BYTES("\x80\2}X\5\0\0\0model}s."), "'model' is a dictionary");
    refuse(BYTES("\x80\2}K\1K\1s."), "name is empty or no text");
    refuse(BYTES("\x80\2}X\0\0\0\0K\1s."), "name is empty or no text");
    refuse(BYTES("\x80\2}q\0X\1\0\0\0ah\0s."), "'a' is a dictionary"); /* it holds itself */
    refuse(BYTES("\x80\2}X\1\0\0\0x" REBUILD "(" STORAGE("\2") "K\0K\2\x85K\1\x85" HOOKS "tRq\1sX\1\0\0\0xh\1s."), "'x' appears twice");
}

/* Instructions without an end to what they ask for: depth, marks and the stack are bounded. */
static void test_bounds(void **state)
{
    enum { N = 3 << 20 };
    char *p = malloc(N);

    (void)state;
    assert_non_null(p);
    p[0] = (char)0x80;
    p[1] = 2;
    memset(p + 2, '(', N - 2);
    refuse(p, N, "values at once");
    memset(p + 2, 'N', N - 2);
    refuse(p, N, "values at once");
    memset(p + 2, ')', N / 2);
    refuse(p, 2 + 1000, "no end");
    p = realloc(p, (size_t)5 << 20);
    assert_non_null(p);
    refuse(p, (size_t)5 << 20, "at most 4194304");
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tensor), cmocka_unit_test(test_spellings), cmocka_unit_test(test_refused_by_name),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_bad_tensors), cmocka_unit_test(test_bounds),
    };
    return gr_test_main(tests);
}
