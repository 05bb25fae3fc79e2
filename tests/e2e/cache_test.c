/* cache_test.c - the token cache seen from outside: which runs write, which read, and that no number of a run tells. */
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/program.h"

static char home_line[GR_PATH_MAX + 16];

/* A run over 4 MB of text, most of it never trained on, with the cache at `home`. */
static void run_with(const char *model, const char *out, const char *extra_env)
{
    const char *env[] = { "GLUE_RUN_DATA", "HF_HOME", "XDG_CACHE_HOME", "OMP_NUM_THREADS", home_line, extra_env, NULL };
    const gr_process_opts o = { .env = env };
    const char *const words[] = { "run", "--train-file", at("big.csv"), "--validation-file", at("small.csv"), "--model", model, "--max-steps", "40", "--learning-rate", "3e-3",
                                  "--max-train-samples", "200", "--output-dir", at(out), NULL };

    expect(call_with(NULL, &o, words), 0);
}

/* Files in the cache; *inode of the last one. */
static size_t kept(const char *home, ino_t *inode)
{
    gr_fs_list l = { 0 };
    char dir[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    struct stat st;
    size_t n;

    assert_true(gr_fs_join(dir, sizeof dir, home, "tokens"));
    if (!gr_fs_is_dir(dir)) return 0;
    assert_ok(gr_fs_list_dir(&l, dir, &err), &err);
    for (size_t i = 0; i < l.n; i++) {
        assert_true(gr_fs_join(path, sizeof path, dir, l.names[i]));
        assert_int_equal(stat(path, &st), 0);
        *inode = st.st_ino;
    }
    n = l.n;
    gr_fs_list_free(&l);
    return n;
}

static void written_read_and_missed(void **state)
{
    char vocab[GR_PATH_MAX], home[GR_PATH_MAX], model[GR_PATH_MAX], *text = NULL;
    ino_t first = 0, again = 0;
    gr_err err = GR_ERR_INIT;
    size_t n;

    (void)state;
    (void)snprintf(home, sizeof home, "%s", at("home")); /* at() has room for some paths only */
    (void)snprintf(model, sizeof model, "%s", at("model"));
    (void)make_csv("big.csv", 200000, true, 50, 11);
    (void)make_csv("small.csv", 40, true, 50, 12);
    shell("cp", tiny_model(), model);
    (void)snprintf(home_line, sizeof home_line, "GLUE_RUN_HOME=%.4000s", home);

    run_with(model, "without", "GLUE_RUN_CACHE=off");
    assert_int_equal(kept(home, &first), 0);
    run_with(model, "first", NULL);
    assert_int_equal(kept(home, &first), 1); /* the large split alone */
    run_with(model, "second", NULL);
    assert_int_equal(kept(home, &again), 1);
    assert_true(first == again);
    assert_same_run(at("without"), at("first"));
    assert_same_run(at("without"), at("second"));

    /* a word more in the vocabulary: the same ids here, but who knows that */
    assert_true(gr_fs_join(vocab, sizeof vocab, model, "vocab.txt"));
    assert_ok(gr_fs_read(&text, &n, vocab, 0, &err), &err);
    text[n - 2] = (char)(text[n - 2] == 'z' ? 'y' : 'z');
    assert_ok(gr_fs_write(vocab, text, n, &err), &err);
    free(text);
    run_with(model, "third", NULL);
    assert_int_equal(kept(home, &again), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(written_read_and_missed) };
    return gr_test_main(tests);
}
