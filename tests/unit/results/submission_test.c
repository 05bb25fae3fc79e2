/* submission_test.c - each fault of a submission's file once, which run is chosen, and the zip. */
#include <unistd.h>

#include "results/submission.h"
#include "tests/unit/results/made.h"

/* A test set of so many rows; the labels of made_run are "no" and "yes". */
static gr_rec_split split_of(gr_submit_form form, int64_t rows)
{
    gr_rec_split s = { .name = "test", .submission = "RTE.tsv", .form = form, .examples = rows, .lo = 0, .hi = 5 };

    return s;
}

/* NULL: no fault. The bytes lie in memory of exactly their size, so that a sanitizer sees a read past the end. */
static void check(gr_submit_form form, int64_t rows, const char *text, size_t n, const char *fault)
{
    const gr_rec_split split = split_of(form, rows);
    char *exact = malloc(n ? n : 1);
    gr_err err = GR_ERR_INIT;
    gr_record r;

    assert_non_null(exact);
    memcpy(exact, text, n);
    made_run(&r, "rte", "small", 42);
    if (!fault) assert_ok(gr_submission_check((gr_sv){ exact, n }, &r, &split, &err), &err);
    else {
        assert_int_equal(gr_submission_check((gr_sv){ exact, n }, &r, &split, &err), GR_E_FORMAT);
        assert_string_equal(err.msg, fault);
    }
    gr_record_free(&r);
    free(exact);
}

#define HEAD "index\tprediction\n"
#define NAMES(rows, text, fault) check(GR_SUBMIT_NAMES, rows, HEAD text, sizeof(HEAD text) - 1, fault)
#define NUMBERS(rows, text, fault) check(GR_SUBMIT_NUMBERS, rows, HEAD text, sizeof(HEAD text) - 1, fault)
#define VALUES(rows, text, fault) check(GR_SUBMIT_VALUES, rows, HEAD text, sizeof(HEAD text) - 1, fault)

static void good_files(void **state)
{
    (void)state;
    NAMES(3, "0\tyes\n1\tno\n2\tyes\n", NULL);
    NUMBERS(2, "0\t1\n1\t0\n", NULL);
    VALUES(5, "0\t0.000\n1\t5.000\n2\t2.5\n3\t3\n4\t1e-3\n", NULL);
    NAMES(0, "", NULL);
}

static void header(void **state)
{
    (void)state;
    check(GR_SUBMIT_NAMES, 1, "", 0, "line 1: the file is empty");
    check(GR_SUBMIT_NAMES, 1, "0\tyes\n", 6, "line 1: the header is '0?yes', not index<TAB>prediction");
    check(GR_SUBMIT_NAMES, 1, "\xef\xbb\xbf" HEAD "0\tyes\n", sizeof("\xef\xbb\xbf" HEAD "0\tyes\n") - 1,
          "line 1: the header is '???index?prediction', not index<TAB>prediction");
    check(GR_SUBMIT_NAMES, 1, "index\tprediction\r\n0\tyes\r\n", 25, "line 1: the header is 'index?prediction?', not index<TAB>prediction");
}

static void columns(void **state)
{
    (void)state;
    NAMES(2, "0\tyes\n1 no\n", "line 3: expected 2 columns, found 1");
    NAMES(2, "0\tyes\t\n1\tno\n", "line 2: expected 2 columns, found 3");
    NAMES(2, "0\tyes\n\n", "line 3: expected 2 columns, found 1");
    NAMES(1, "\tyes\n", "line 2, column 1 (index): empty, expected 0");
    NAMES(1, "0\t\n", "line 2, column 2 (prediction): empty");
}

static void indices(void **state)
{
    (void)state;
    NAMES(2, "0\tyes\n0\tno\n", "line 3, column 1 (index): 0 stood before, expected 1");
    NAMES(3, "0\tyes\n2\tno\n1\tno\n", "line 3, column 1 (index): 2, but 1 is missing");
    NAMES(1, "1\tyes\n", "line 2, column 1 (index): 1, but 0 is missing");
    NAMES(1, "a\tyes\n", "line 2, column 1 (index): 'a', expected 0");
    NAMES(1, "-1\tyes\n", "line 2, column 1 (index): '-1', expected 0");
    NAMES(1, "00\tyes\n", "line 2, column 1 (index): '00', expected 0");
    NAMES(1, "99999999999999999999\tyes\n", "line 2, column 1 (index): '99999999999999999999', expected 0");
}

static void rows(void **state)
{
    (void)state;
    NAMES(2, "0\tyes\n", "line 2: the file ends after 1 rows, the test set has 2");
    NAMES(1, "0\tyes\n1\tno\n", "line 3: a row too many, the test set has 1");
    NAMES(2, "0\tyes\n1\tno", "line 3: the line is not ended: the file was cut off");
    NAMES(2, "", "line 1: the file ends after 0 rows, the test set has 2");
}

static void predictions(void **state)
{
    (void)state;
    NAMES(1, "0\tmaybe\n", "line 2, column 2 (prediction): 'maybe' is no label of rte (no, yes)");
    NAMES(1, "0\t1\n", "line 2, column 2 (prediction): '1' is no label of rte (no, yes)");
    NAMES(1, "0\tyes \n", "line 2, column 2 (prediction): 'yes ' is no label of rte (no, yes)");
    NUMBERS(1, "0\tyes\n", "line 2, column 2 (prediction): 'yes' is no class number of rte (0 to 1)");
    NUMBERS(1, "0\t2\n", "line 2, column 2 (prediction): '2' is no class number of rte (0 to 1)");
    NUMBERS(1, "0\t-0\n", "line 2, column 2 (prediction): '-0' is no class number of rte (0 to 1)");
    NUMBERS(1, "0\t01\n", "line 2, column 2 (prediction): '01' is no class number of rte (0 to 1)");
    VALUES(1, "0\t5.001\n", "line 2, column 2 (prediction): '5.001' is outside 0 to 5");
    VALUES(1, "0\t-0.1\n", "line 2, column 2 (prediction): '-0.1' is outside 0 to 5");
    VALUES(1, "0\tnan\n", "line 2, column 2 (prediction): 'nan' is not a finite number");
    VALUES(1, "0\tinf\n", "line 2, column 2 (prediction): 'inf' is not a finite number");
    VALUES(1, "0\t1e999\n", "line 2, column 2 (prediction): '1e999' is not a finite number");
    VALUES(1, "0\t2,5\n", "line 2, column 2 (prediction): '2,5' is not a finite number");
}

/* NUL bytes, bytes that are no UTF-8, terminal sequences, a cell of a megabyte. */
static void hostile_bytes(void **state)
{
    enum { LONG = 1 << 20 };
    gr_buf b = { 0 };
    char fault[160];

    (void)state;
    NAMES(1, "0\tyes\0\n", "line 2, column 2 (prediction): 'yes?' is no label of rte (no, yes)");
    NAMES(1, "0\t\xff\x1b[31m\n", "line 2, column 2 (prediction): '??[31m' is no label of rte (no, yes)");
    NAMES(1, "\0\t\0\n", "line 2, column 1 (index): '?', expected 0");
    gr_buf_adds(&b, HEAD "0\t");
    for (size_t i = 0; i < LONG; i++) gr_buf_addc(&b, '7');
    (void)snprintf(fault, sizeof fault, "line 2, column 2 (prediction): '%.40s...' is no class number of rte (0 to 1)", b.p + sizeof HEAD + 1);
    gr_buf_addc(&b, '\n');
    check(GR_SUBMIT_NUMBERS, 1, b.p, b.n, fault);
    check(GR_SUBMIT_VALUES, 1, b.p, b.n, "line 2, column 2 (prediction): '7777777777777777777777777777777777777777...' is not a finite number");
    gr_buf_free(&b);
}

/* ---- choosing ---- */

/* A run of `task` whose file holds `text` (NULL: was not written). */
static gr_record *with_file(gr_records *list, const char *task, const char *model, uint64_t seed, double value, const char *file, const char *text)
{
    gr_record *r = made_accuracy(list, task, model, seed, 0, value);
    char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    (void)snprintf(path, sizeof path, "%.40s-%.40s-%llu.json", task, model, (unsigned long long)seed);
    MADE_COPY(r->path, made_path(path));
    r->splits[r->n_splits] = split_of(GR_SUBMIT_NAMES, 1);
    MADE_COPY(r->splits[r->n_splits++].submission, file);
    (void)snprintf(path, sizeof path, "%.*s.%.39s", (int)(strlen(r->path) - strlen(".json")), r->path, file);
    if (text) assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
    else (void)unlink(path);
    return r;
}

static gr_submission chosen(const gr_records *r, const char *model, const uint64_t *seed)
{
    const gr_submit_filter filter = { model, seed };
    gr_submission s;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_submission_choose(&s, r, &filter, &err), &err);
    return s;
}

static void expect_chosen(const gr_records *r, const char *model, const uint64_t *seed, const char *const *want)
{
    gr_submission s = chosen(r, model, seed);
    gr_buf b = { 0 };

    for (size_t i = 0; i < s.n; i++) gr_buf_addf(&b, "%s%s %s %llu", i ? ", " : "", s.f[i].split->submission, s.f[i].record->model, (unsigned long long)s.f[i].record->seed);
    assert_text(&b, *want);
    gr_buf_free(&b);
    gr_submission_free(&s);
}
#define CHOSEN(r, model, seed, text) expect_chosen(r, model, seed, (const char *const[]){ text })

#define GOOD_TEXT HEAD "0\tyes\n"

static void the_best_run(void **state)
{
    const uint64_t seed = 43, none = 7;
    gr_records r = { 0 };
    gr_record *x;

    (void)state;
    (void)with_file(&r, "rte", "small", 42, 0.5, "RTE.tsv", GOOD_TEXT);
    (void)with_file(&r, "rte", "small", 43, 0.6, "RTE.tsv", GOOD_TEXT);
    with_file(&r, "rte", "large", 42, 0.9, "RTE.tsv", GOOD_TEXT)->status = GR_RUN_FAILED; /* its file may be of anything */
    with_file(&r, "rte", "large", 43, 0.8, "RTE.tsv", GOOD_TEXT)->status = GR_RUN_COLLAPSED;
    (void)with_file(&r, "rte", "large", 44, 0.99, "RTE.tsv", NULL); /* no file */
    (void)with_file(&r, "cola", "large", 42, 0.1, "CoLA.tsv", GOOD_TEXT);
    CHOSEN(&r, NULL, NULL, "CoLA.tsv large 42, RTE.tsv small 43");
    CHOSEN(&r, "large", NULL, "CoLA.tsv large 42, RTE.tsv large 43"); /* a collapsed one where there is no other */
    CHOSEN(&r, NULL, &seed, "RTE.tsv small 43");
    CHOSEN(&r, "huge", NULL, "");
    CHOSEN(&r, NULL, &none, "");
    x = with_file(&r, "rte", "twin", 1, 0.6, "RTE.tsv", GOOD_TEXT); /* as good and newer */
    MADE_COPY(x->created, "2026-02-02T03:04:05Z");
    CHOSEN(&r, NULL, NULL, "CoLA.tsv large 42, RTE.tsv twin 1");
    MADE_COPY(x->created, "2025-02-02T03:04:05Z");
    CHOSEN(&r, NULL, NULL, "CoLA.tsv large 42, RTE.tsv small 43");
    x->metrics[0].value = NAN; /* not measured */
    CHOSEN(&r, "twin", NULL, "RTE.tsv twin 1");
    gr_records_free(&r);
}

/* A run without a value: the one whose model a chosen run saved, though another is newer. */
static void diagnostics_follow(void **state)
{
    static const char *const models[] = { "mnli-small-42", "mnli-small-43", "other" };
    const uint64_t seed = 42;
    gr_records r = { 0 };

    (void)state;
    for (size_t i = 0; i < 3; i++) with_file(&r, "ax", models[i], 42, 0, "AX.tsv", GOOD_TEXT)->n_metrics = 0;
    MADE_COPY(r.r[2].created, "2027-01-01T00:00:00Z");
    CHOSEN(&r, NULL, NULL, "AX.tsv other 42");
    (void)with_file(&r, "mnli", "small", 42, 0.7, "MNLI-m.tsv", GOOD_TEXT);
    (void)with_file(&r, "mnli", "small", 43, 0.6, "MNLI-m.tsv", GOOD_TEXT);
    CHOSEN(&r, NULL, NULL, "AX.tsv mnli-small-42 42, MNLI-m.tsv small 42");
    r.r[4].metrics[0].value = 0.8;
    CHOSEN(&r, NULL, NULL, "AX.tsv mnli-small-43 42, MNLI-m.tsv small 43");
    CHOSEN(&r, "small", &seed, "AX.tsv mnli-small-42 42, MNLI-m.tsv small 42");
    CHOSEN(&r, "other", NULL, "AX.tsv other 42");
    gr_records_free(&r);
}

/* ---- the zip ---- */

static void read_and_write(void **state)
{
    gr_records r = { 0 };
    gr_submission s;
    gr_buf b = { 0 };
    char *a = NULL, *z = NULL;
    size_t n = 0, m = 0;
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)with_file(&r, "rte", "small", 42, 0.5, "RTE.tsv", GOOD_TEXT);
    (void)with_file(&r, "cola", "small", 42, 0.25, "CoLA.tsv", HEAD "0\tno\n");
    s = chosen(&r, NULL, NULL);
    assert_ok(gr_submission_read(&s, &err), &err);
    assert_ok(gr_submission_write(&s, made_path("a.zip"), &err), &err);
    assert_ok(gr_submission_write(&s, made_path("b.zip"), &err), &err);
    assert_ok(gr_fs_read(&a, &n, made_path("a.zip"), 0, &err), &err);
    assert_ok(gr_fs_read(&z, &m, made_path("b.zip"), 0, &err), &err);
    assert_int_equal(n, m);
    assert_memory_equal(a, z, n);
    assert_ok(gr_submission_table(&b, &s, GR_TABLE_CSV, &err), &err);
    assert_text(&b, "file,task,model,seed,validation,rows,record\nCoLA.tsv,cola,small,42,0.25,1,cola-small-42.json\n"
                    "RTE.tsv,rte,small,42,0.5,1,rte-small-42.json\n");
    gr_submission_free(&s);
    assert_int_equal(gr_submission_write(&s, made_path("no/such/folder.zip"), &err), GR_E_IO);
    gr_buf_free(&b);
    free(a);
    free(z);
    gr_records_free(&r);
}

static void broken_file(void **state)
{
    gr_records r = { 0 };
    gr_submission s;
    char want[GR_ERR_MSG_MAX];
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)with_file(&r, "rte", "small", 42, 0.5, "RTE.tsv", HEAD "0\tmaybe\n");
    s = chosen(&r, NULL, NULL);
    assert_int_equal(gr_submission_read(&s, &err), GR_E_FORMAT);
    (void)snprintf(want, sizeof want, "%.150s: line 2, column 2 (prediction): 'maybe' is no label of rte (no, yes); remove it and give the run's command again: it is written anew",
                   made_path("rte-small-42.RTE.tsv"));
    assert_string_equal(err.msg, want);
    gr_submission_free(&s);
    s = chosen(&r, NULL, NULL);
    assert_int_equal(unlink(made_path("rte-small-42.RTE.tsv")), 0);
    assert_int_equal(gr_submission_read(&s, &err), GR_E_NOTFOUND);
    gr_submission_free(&s);
    gr_records_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files), cmocka_unit_test(header), cmocka_unit_test(columns), cmocka_unit_test(indices), cmocka_unit_test(rows),
        cmocka_unit_test(predictions), cmocka_unit_test(hostile_bytes), cmocka_unit_test(the_best_run), cmocka_unit_test(diagnostics_follow),
        cmocka_unit_test(read_and_write), cmocka_unit_test(broken_file),
    };

    return gr_test_main(tests);
}
