/* test.h - what every test program shares: cmocka, the run wrapper, tolerant compares, golden paths.
 *
 * A program calls gr_test_main(tests): it fails when no test ran, and prints passed and skipped apart.
 * A golden driver counts single cases with gr_case_pass / gr_case_skip / gr_case_fail; the totals are
 * printed last, and a case that is skipped is printed with its name and reason; a program whose cases are
 * all skipped ends with 77, which ctest counts as skipped.
 *
 * GR_TEST_FILTER=word runs the tests whose name holds the word. */
#ifndef GR_TESTS_SUPPORT_TEST_H
#define GR_TESTS_SUPPORT_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the five above first. */
#include <cmocka.h>

#include "base/status.h"

#define gr_test_main(tests) gr_test_run(#tests, (tests), sizeof(tests) / sizeof((tests)[0]))
int gr_test_run(const char *name, const struct CMUnitTest *tests, size_t n);

/* Assert GR_OK and show the message otherwise. */
#define assert_ok(call, err) gr_assert_ok((call), (err), #call, __FILE__, __LINE__)
void gr_assert_ok(gr_status s, const gr_err *err, const char *what, const char *file, int line);

/* Assert a status, and that the message holds `part` (NULL: any). */
#define assert_status(call, want, err, part) gr_assert_status((call), (want), (err), (part), #call, __FILE__, __LINE__)
void gr_assert_status(gr_status got, gr_status want, const gr_err *err, const char *part, const char *what,
                      const char *file, int line);

/* Assert that the file holds these bytes and no others. */
#define assert_file(path, text) gr_assert_file((path), (text), __FILE__, __LINE__)
void gr_assert_file(const char *path, const char *text, const char *file, int line);

/* |got - want| <= tol; NaN equals NaN. The format names the place. */
#define assert_near(got, want, tol, ...) gr_assert_near((got), (want), (tol), __FILE__, __LINE__, __VA_ARGS__)
void gr_assert_near(double got, double want, double tol, const char *file, int line, const char *fmt, ...) GR_PRINTF(6, 7);

/* Cases inside one test. gr_case_fail prints and counts; gr_cases_done asserts that none failed and
 * at least `least` passed. */
void gr_case_pass(const char *name);
void gr_case_skip(const char *name, const char *why);
void gr_case_fail(const char *name, const char *fmt, ...) GR_PRINTF(2, 3);
void gr_cases_done(const char *what, size_t least);

/* GR_GOLDEN_DIR or ../shared/golden, GR_SHARED_DIR or ../shared; NULL when the folder is not there. */
const char *gr_golden_dir(void);
const char *gr_shared_dir(void);
/* The project's own small golden set: tests/golden/set, always there. */
const char *gr_own_golden_dir(void);

/* A fresh folder under the build tree for this test's files; removed at exit. */
const char *gr_test_tmpdir(void);
#endif
