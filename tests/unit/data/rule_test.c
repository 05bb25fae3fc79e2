/* rule_test.c - split rules on row numbers. */
#include "tests/support/test.h"

#include "data/rule.h"

/* Rows 0..n-1 narrowed by the rule, as text "3 4 5", or the message. */
static const char *applied(gr_buf *b, size_t n, const gr_split_rule *rule, const gr_sv *keys, const gr_key_set *sets)
{
    gr_selection sel = { malloc((n + 1) * sizeof *sel.row), n };
    gr_err       err = GR_ERR_INIT;

    assert_non_null(sel.row);
    for (size_t i = 0; i < n; i++) sel.row[i] = (uint32_t)i;
    gr_buf_reset(b);
    gr_buf_adds(b, "");
    if (gr_rule_apply(&sel, rule, keys, sets, &err) != GR_OK) gr_buf_adds(b, err.msg);
    else
        for (size_t i = 0; i < sel.n; i++) gr_buf_addf(b, i > 0 ? " %u" : "%u", (unsigned)sel.row[i]);
    free(sel.row);
    assert_false(b->oom);
    return b->p;
}

static void slices(void **state)
{
    static const gr_slice two[] = { { 0, 2 }, { 5, 7 } }, tail[] = { { -3, GR_SLICE_END } }, cut[] = { { 1, -1 } };
    static const gr_slice none[] = { { 4, 4 } }, far[] = { { 0, 11 } }, back[] = { { 5, 2 } }, before[] = { { -11, 2 } };
    gr_split_rule         r = { .kind = GR_RULE_SLICES };
    gr_buf                b = { NULL, 0, 0, false };

    (void)state;
    r.slices = two;
    r.n_slices = 2;
    assert_string_equal(applied(&b, 10, &r, NULL, NULL), "0 1 5 6");
    r.n_slices = 1;
    r.slices = tail;
    assert_string_equal(applied(&b, 10, &r, NULL, NULL), "7 8 9");
    r.slices = cut;
    assert_string_equal(applied(&b, 4, &r, NULL, NULL), "1 2");
    r.slices = none;
    assert_string_equal(applied(&b, 4, &r, NULL, NULL), "");
    r.slices = far;
    assert_non_null(strstr(applied(&b, 10, &r, NULL, NULL), "too few"));
    r.slices = back;
    assert_non_null(strstr(applied(&b, 10, &r, NULL, NULL), "too few"));
    r.slices = before;
    assert_non_null(strstr(applied(&b, 10, &r, NULL, NULL), "too few"));
    gr_buf_free(&b);
}

static void ids(void **state)
{
    gr_sv         listed[] = { { "c", 1 }, { "a", 1 } };
    const gr_sv   keys[] = { { "a", 1 }, { "b", 1 }, { "c", 1 }, { "ab", 2 } };
    gr_key_set    sets[2] = { { NULL, 0 }, { listed, 2 } };
    gr_split_rule in = { .kind = GR_RULE_IDS, .ids_in = true }, out = { .kind = GR_RULE_IDS };
    gr_split_rule after = { .kind = GR_RULE_SLICES, .within = &out };
    const gr_slice first[] = { { 0, 1 } };
    gr_buf        b = { NULL, 0, 0, false };

    (void)state;
    gr_key_set_sort(&sets[1]);
    assert_string_equal(applied(&b, 4, &in, keys, &sets[1]), "0 2");
    assert_string_equal(applied(&b, 4, &out, keys, &sets[1]), "1 3");
    after.slices = first;
    after.n_slices = 1;
    assert_string_equal(applied(&b, 4, &after, keys, sets), "1"); /* the set of depth 1 serves the inner rule */
    assert_non_null(strstr(applied(&b, 4, &in, NULL, NULL), "without ids"));
    gr_buf_free(&b);
}

/* RandomState(42).permutation(10) = 8 1 5 0 7 2 9 4 3 6, as NumPy documents widely. */
static void parts_and_holdout(void **state)
{
    gr_split_rule part = { .kind = GR_RULE_PART, .order = GR_ORDER_NUMPY, .seed = 42, .from = 0.5, .to = 0.75 };
    gr_split_rule hold = { .kind = GR_RULE_HOLDOUT, .seed = 42, .test_size = 0.25 };
    gr_split_rule inner = { .kind = GR_RULE_PART, .order = GR_ORDER_FILE, .from = 0.0, .to = 0.5 };
    gr_buf        b = { NULL, 0, 0, false };

    (void)state;
    assert_string_equal(applied(&b, 10, &part, NULL, NULL), "2 9"); /* places floor(5) to floor(7.5) */
    assert_string_equal(applied(&b, 10, &hold, NULL, NULL), "0 7 2 9 4 3 6");
    hold.part_test = true;
    assert_string_equal(applied(&b, 10, &hold, NULL, NULL), "8 1 5"); /* ceil(2.5) */
    inner.within = &part;
    assert_string_equal(applied(&b, 10, &inner, NULL, NULL), "2");
    part.to = 1.5;
    assert_non_null(strstr(applied(&b, 10, &part, NULL, NULL), "a part from"));
    hold.test_size = 1.0;
    assert_non_null(strstr(applied(&b, 10, &hold, NULL, NULL), "a test part"));
    gr_buf_free(&b);
}

static void all_rows(void **state)
{
    const gr_split_rule all = { .kind = GR_RULE_ALL };
    gr_buf              b = { NULL, 0, 0, false };

    (void)state;
    assert_string_equal(applied(&b, 3, &all, NULL, NULL), "0 1 2");
    gr_buf_free(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(slices), cmocka_unit_test(ids),
                                               cmocka_unit_test(parts_and_holdout), cmocka_unit_test(all_rows) };

    return gr_test_main(tests);
}
