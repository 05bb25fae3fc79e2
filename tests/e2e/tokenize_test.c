/* tokenize_test.c - `tokenize`: lines in, a JSON object a line out, to the byte. The numbers are those of the library (tokenizers 0.23.3)
 * for the same vocabulary; where it says None we say -1. */
#include "tests/e2e/program.h"

static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nrain\n##s\ncafe\n\xE4\xB8\xAD\n\"\n";

static const char *model(void)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_fs_mkdirs(at("tok"), &err), &err);
    (void)put("tok/vocab.txt", vocab);
    return at("tok");
}

#define EMPTY "{\"ids\":[2,3],\"type_ids\":[0,0],\"tokens\":[\"[CLS]\",\"[SEP]\"],\"offsets\":[[0,0],[0,0]],\"byte_offsets\":[[0,0],[0,0]]," \
              "\"word_ids\":[-1,-1],\"sequence_ids\":[-1,-1]}\n"
#define RAINS "{\"ids\":[2,5,6,7,3],\"type_ids\":[0,0,0,0,0],\"tokens\":[\"[CLS]\",\"the\",\"rain\",\"##s\",\"[SEP]\"],"

static const struct {
    const char *words[3]; /* of the command line */
    const char *in, *out;
} good[] = {
    { { NULL }, "", "" },
    { { NULL }, "The rains\n", RAINS "\"offsets\":[[0,0],[0,3],[4,8],[8,9],[0,0]],\"byte_offsets\":[[0,0],[0,3],[4,8],[8,9],[0,0]],"
                               "\"word_ids\":[-1,0,1,1,-1],\"sequence_ids\":[-1,0,0,0,-1]}\n" },
    { { NULL }, "\nCaf\xC3\xA9 \xE4\xB8\xAD\"", /* the last line has no end; places count characters, and bytes */
      EMPTY "{\"ids\":[2,8,9,10,3],\"type_ids\":[0,0,0,0,0],\"tokens\":[\"[CLS]\",\"cafe\",\"\xE4\xB8\xAD\",\"\\\"\",\"[SEP]\"],"
            "\"offsets\":[[0,0],[0,4],[5,6],[6,7],[0,0]],\"byte_offsets\":[[0,0],[0,5],[6,9],[9,10],[0,0]],\"word_ids\":[-1,0,1,2,-1],\"sequence_ids\":[-1,0,0,0,-1]}\n" },
    { { "--pair" }, "the\trains\n", "{\"ids\":[2,5,3,6,7,3],\"type_ids\":[0,0,0,1,1,1],\"tokens\":[\"[CLS]\",\"the\",\"[SEP]\",\"rain\",\"##s\",\"[SEP]\"],"
                                    "\"offsets\":[[0,0],[0,3],[0,0],[0,4],[4,5],[0,0]],\"byte_offsets\":[[0,0],[0,3],[0,0],[0,4],[4,5],[0,0]],"
                                    "\"word_ids\":[-1,0,-1,0,0,-1],\"sequence_ids\":[-1,0,-1,1,1,-1]}\n" },
    { { "--words" }, " the \trains\r\n\n", RAINS "\"offsets\":[[0,0],[0,3],[0,4],[4,5],[0,0]],\"byte_offsets\":[[0,0],[0,3],[0,4],[4,5],[0,0]],"
                                                 "\"word_ids\":[-1,0,1,1,-1],\"sequence_ids\":[-1,0,0,0,-1]}\n" EMPTY },
    { { "--max-length", "3" }, "the rains\n", "{\"ids\":[2,5,3],\"type_ids\":[0,0,0],\"tokens\":[\"[CLS]\",\"the\",\"[SEP]\"],\"offsets\":[[0,0],[0,3],[0,0]],"
                                              "\"byte_offsets\":[[0,0],[0,3],[0,0]],\"word_ids\":[-1,0,-1],\"sequence_ids\":[-1,0,-1]}\n" },
    { { "--lowercase", "false" }, "The\n", "{\"ids\":[2,1,3],\"type_ids\":[0,0,0],\"tokens\":[\"[CLS]\",\"[UNK]\",\"[SEP]\"],\"offsets\":[[0,0],[0,3],[0,0]],"
                                           "\"byte_offsets\":[[0,0],[0,3],[0,0]],\"word_ids\":[-1,0,-1],\"sequence_ids\":[-1,0,-1]}\n" },
};

static void lines(void **state)
{
    const char *dir = model();

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const gr_process_opts o = { .input = good[i].in };

        expect(call_with(NULL, &o, (const char *const[]){ "tokenize", "--model", dir, good[i].words[0], good[i].words[1], NULL }), 0);
        assert_string_equal(last.out, good[i].out);
    }
}

/* A fault names its line, and what came before it is printed. */
static void faults(void **state)
{
    static const struct {
        const char *word, *in, *err;
        size_t      rows; /* printed before */
    } bad[] = {
        { "--pair", "the\train\nthe rain\n", "line 2: no TAB between text and pair", 1 },
        { NULL, "the\n\nrain \xFF\n", "line 3: text: invalid UTF-8", 2 },
        { "--words", "a \xFF\n", "line 1: word: invalid UTF-8", 0 },
    };
    const char *dir = model();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const gr_process_opts o = { .input = bad[i].in };
        size_t rows = 0;

        expect(call_with(NULL, &o, (const char *const[]){ "tokenize", "--model", dir, bad[i].word, NULL }), 3);
        if (!strstr(last.err, bad[i].err)) fail_msg("no \"%s\" in: %s", bad[i].err, last.err);
        for (size_t k = 0; k < last.n_out; k++) rows += last.out[k] == '\n';
        assert_int_equal(rows, bad[i].rows);
    }
    expect(CALL("tokenize", "--model", dir, "--pair", "--words"), 2);
    expect(CALL("tokenize", "--model", at("nowhere")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lines), cmocka_unit_test(faults) };
    const int code = gr_test_main(tests);

    gr_process_free(&last);
    return code;
}
