/* test.c - see test.h. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "tests/support/test.h"

#include <dirent.h>
#include <ftw.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

static size_t cases_passed, cases_failed, cases_skipped;
static size_t total_passed, total_skipped;
static char   tmp_dir[512];

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_tmp(void)
{
    if (tmp_dir[0]) (void)nftw(tmp_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The tests whose name holds GR_TEST_FILTER; all when that is unset. */
static size_t keep_wanted(struct CMUnitTest *kept, const struct CMUnitTest *tests, size_t n)
{
    const char *filter = getenv("GR_TEST_FILTER");
    size_t k = 0;

    for (size_t i = 0; i < n; i++)
        if (!filter || strstr(tests[i].name, filter)) kept[k++] = tests[i];
    return k;
}

int gr_test_run(const char *name, const struct CMUnitTest *tests, size_t n)
{
    struct CMUnitTest *kept = calloc(n + 1, sizeof *kept);
    int failed;

    n = kept ? keep_wanted(kept, tests, n) : 0;
    if (n == 0) {
        fprintf(stderr, "%s: no test in the list\n", name);
        free(kept);
        return 1;
    }
    failed = _cmocka_run_group_tests(name, kept, n, NULL, NULL);
    free(kept);
    if (total_passed + total_skipped)
        printf("cases: %zu passed, %zu skipped\n", total_passed, total_skipped);
    if (!failed && total_passed == 0 && total_skipped > 0) return 77; /* ctest's SKIP_RETURN_CODE */
    return failed ? 1 : 0;
}

void gr_assert_ok(gr_status s, const gr_err *err, const char *what, const char *file, int line)
{
    if (s == GR_OK) return;
    print_error("%s: %s: %s\n", what, gr_status_name(s), err ? err->msg : "");
    _fail(file, line);
}

void gr_assert_status(gr_status got, gr_status want, const gr_err *err, const char *part, const char *what,
                      const char *file, int line)
{
    if (got != want) {
        print_error("%s: got %s (%s), want %s\n", what, gr_status_name(got), err ? err->msg : "", gr_status_name(want));
        _fail(file, line);
    }
    if (part && err && !strstr(err->msg, part)) {
        print_error("%s: the message '%s' lacks '%s'\n", what, err->msg, part);
        _fail(file, line);
    }
}

void gr_assert_file(const char *path, const char *text, const char *file, int line)
{
    gr_err err = GR_ERR_INIT;
    char *held = NULL;
    size_t n = 0;

    gr_assert_ok(gr_fs_read(&held, &n, path, 0, &err), &err, path, file, line);
    if (n != strlen(text) || memcmp(held, text, n) != 0) {
        print_error("%s holds\n%.*s\nand not\n%s\n", path, (int)n, held, text);
        free(held);
        _fail(file, line);
    }
    free(held);
}

void gr_assert_near(double got, double want, double tol, const char *file, int line, const char *fmt, ...)
{
    char place[256];
    va_list ap;

    if (isnan(got) && isnan(want)) return;
    if (got == want || fabs(got - want) <= tol) return;
    va_start(ap, fmt);
    (void)vsnprintf(place, sizeof place, fmt, ap);
    va_end(ap);
    print_error("%s: got %.17g, want %.17g, off by %.3g, tolerance %.3g\n", place, got, want, fabs(got - want), tol);
    _fail(file, line);
}

void gr_case_pass(const char *name)
{
    (void)name;
    cases_passed++;
}

void gr_case_skip(const char *name, const char *why)
{
    printf("skipped case %s: %s\n", name, why);
    cases_skipped++;
}

void gr_case_fail(const char *name, const char *fmt, ...)
{
    va_list ap;

    cases_failed++;
    if (cases_failed > 40) return;
    fprintf(stderr, "case %s: ", name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

void gr_cases_done(const char *what, size_t least)
{
    const size_t passed = cases_passed, failed = cases_failed;

    printf("%s: %zu cases passed, %zu failed, %zu skipped\n", what, cases_passed, cases_failed, cases_skipped);
    total_passed += cases_passed;
    total_skipped += cases_skipped;
    cases_passed = cases_failed = cases_skipped = 0;
    assert_int_equal(failed, 0);
    assert_true(passed >= least);
}

static const char *folder(const char *env, const char *fallback)
{
    const char *p = getenv(env);
    struct stat st;

    if (!p || !*p) p = fallback;
    return stat(p, &st) == 0 && S_ISDIR(st.st_mode) ? p : NULL;
}

const char *gr_golden_dir(void)
{
    return folder("GR_GOLDEN_DIR", GR_SOURCE_DIR "/../shared/golden");
}

const char *gr_shared_dir(void)
{
    return folder("GR_SHARED_DIR", GR_SOURCE_DIR "/../shared");
}

const char *gr_own_golden_dir(void)
{
    return GR_SOURCE_DIR "/tests/golden/set";
}

const char *gr_test_tmpdir(void)
{
    if (!tmp_dir[0]) {
        (void)snprintf(tmp_dir, sizeof tmp_dir, "%s/test-XXXXXX", GR_BINARY_DIR);
        if (!mkdtemp(tmp_dir)) {
            perror(tmp_dir);
            exit(1);
        }
        (void)atexit(remove_tmp);
    }
    return tmp_dir;
}
