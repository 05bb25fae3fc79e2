/* confusion_test.c - counts of labels and predictions, from the files beside the records. */
#include "results/confusion.h"

#include "tests/unit/results/made.h"

/* A record in the test's folder with these predictions beside it. */
static gr_record *with(gr_records *list, uint64_t seed, const char *lines)
{
    gr_record *r = made_accuracy(list, "mrpc", "tiny", seed, 0.25, 0.75);
    char name[64];
    gr_err err = GR_ERR_INIT;

    (void)snprintf(name, sizeof name, "r%d.json", (int)seed);
    MADE_COPY(r->path, made_path(name));
    (void)snprintf(r->predictions, sizeof r->predictions, "r%d.predictions.jsonl", (int)seed);
    if (lines) assert_ok(gr_fs_write(made_path(r->predictions), lines, strlen(lines), &err), &err);
    return r;
}

static const char three[] = "{\"id\":0,\"label\":\"no\",\"prediction\":\"no\"}\n{\"id\":1,\"label\":\"no\",\"prediction\":\"yes\"}\n"
                            "{\"id\":2,\"label\":\"yes\",\"prediction\":\"yes\"}\n";

static void counts(void **state)
{
    gr_confusion c;
    gr_records r = { 0 };
    gr_groups gs;
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)with(&r, 1, three);
    (void)with(&r, 2, "{\"id\":0,\"label\":\"no\",\"prediction\":\"yes\"}\n");
    made_failed(with(&r, 3, three), GR_RUN_COLLAPSED, "why"); /* not among ok ones */
    (void)with(&r, 4, NULL);                                  /* its file is not there */
    assert_ok(gr_groups_make(&gs, &r, &err), &err);
    assert_int_equal(gs.n, 1);
    assert_ok(gr_confusion_of(&c, &gs.g[0], &err), &err);
    assert_true(c.rows == 4 && c.runs == 2);
    assert_true(c.count[0] == 1 && c.count[1] == 2 && c.count[2] == 0 && c.count[3] == 1);
    assert_ok(gr_confusion_html(&b, &gs.g[0], &err), &err);
    assert_non_null(strstr(b.p, "<tr><td>no</td><td class=\"n\" style=\"background:color-mix(in srgb,var(--c0) 23%,transparent)\">1</td>"
                                "<td class=\"n\" style=\"background:color-mix(in srgb,var(--c1) 47%,transparent)\">2</td><td class=\"n\">0.3333</td><td class=\"n\">0.5000</td></tr>"));
    assert_non_null(strstr(b.p, "<tr><td>yes</td><td class=\"n\">0</td>"));
    assert_non_null(strstr(b.p, "<tr><td>precision</td><td class=\"n\">1.0000</td><td class=\"n\">0.3333</td><td></td><td></td></tr>"));
    assert_non_null(strstr(b.p, "<p>4 predictions of 2 of 4 runs</p>"));
    gr_buf_free(&b);
    gr_groups_free(&gs);
    gr_records_free(&r);
}

/* Does a text stand in what is said of the first group? "": nothing is said. */
static bool says(gr_records *r, const char *text)
{
    gr_groups gs;
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;
    bool found;

    assert_ok(gr_groups_make(&gs, r, &err), &err);
    assert_ok(gr_confusion_html(&b, &gs.g[0], &err), &err);
    found = *text ? b.p && strstr(b.p, text) : b.n == 0;
    gr_buf_free(&b);
    gr_groups_free(&gs);
    gr_records_free(r);
    *r = (gr_records){ 0 };
    return found;
}

static void odd_files(void **state)
{
    gr_records r = { 0 };

    (void)state;
    (void)with(&r, 5, "{\"id\":0,\"label\":\"no\",\"prediction\":\"<maybe>\"}\n");
    assert_true(says(&r, "<p class=\"bad\">no table of predictions: r5.predictions.jsonl: line 1: a label that the record does not list</p>"));
    (void)with(&r, 6, "{\"id\":0,");
    assert_true(says(&r, "no table of predictions: r6.predictions.jsonl: row 1: "));
    MADE_COPY(with(&r, 7, three)->head, "regression");
    assert_true(says(&r, ""));
    with(&r, 8, three)->predictions[0] = '\0';
    assert_true(says(&r, ""));
    (void)with(&r, 9, "");
    assert_true(says(&r, ""));
    made_failed(with(&r, 10, three), GR_RUN_COLLAPSED, "why"); /* none is ok: the collapsed ones count */
    assert_true(says(&r, "<td>precision</td>"));
    made_failed(with(&r, 11, three), GR_RUN_FAILED, "why"); /* the first of them has not even metrics */
    made_failed(with(&r, 12, three), GR_RUN_COLLAPSED, "why");
    assert_true(says(&r, "<p>3 predictions of 1 of 2 runs</p>"));
}

/* Runs of one name whose labels, or whose kind, differ are no group: nothing of one is counted under the other's names. */
static void other_labels(void **state)
{
    gr_records r = { 0 };
    gr_groups gs;
    gr_err err = GR_ERR_INIT;

    (void)state;
    (void)with(&r, 13, three);
    (void)with(&r, 14, three);
    (void)with(&r, 15, three);
    free(r.r[1].labels[1]);
    r.r[1].labels[1] = strdup("maybe");
    MADE_COPY(r.r[2].head, "token");
    assert_ok(gr_groups_make(&gs, &r, &err), &err);
    assert_int_equal(gs.n, 3);
    gr_groups_free(&gs);
    gr_records_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(counts), cmocka_unit_test(odd_files), cmocka_unit_test(other_labels) };

    return gr_test_main(tests);
}
