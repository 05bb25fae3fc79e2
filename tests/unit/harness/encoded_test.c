/* encoded_test.c - rows as tokens, labels of words, batches cut from them. */
#include "tests/unit/harness/stage.h"

static void any_number_of_threads(void **state)
{
    stage s;
    gr_pool *one = NULL;
    gr_encoded e, *two;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("many.csv", 700), stage_csv("some.csv", 12)); /* three chunks */
    stage_data(&s, 16);
    two = &s.data.split[0].encoded;
    assert_ok(gr_pool_open(&one, 1, &err), &err);
    assert_ok(gr_encoded_make(&e, s.tok, &s.data.split[0].examples, s.task, &(gr_encode_opts){ .max_length = 16 }, one, &err), &err);
    assert_true(e.n == 700 && two->n == 700 && e.max_len == two->max_len && e.max_len <= 16 && e.labelled);
    assert_memory_equal(e.start, two->start, 701 * sizeof *e.start);
    assert_memory_equal(e.ids, two->ids, e.start[700] * sizeof *e.ids);
    assert_memory_equal(e.classes, two->classes, 700 * sizeof *e.classes);
    for (size_t i = 0; i < 700; i++) assert_int_equal(e.classes[i], i % 3 ? 1 : 0);
    assert_int_equal(e.ids[0], gr_tok_cls_id(s.tok));
    assert_int_equal(e.ids[e.start[1] - 1], gr_tok_sep_id(s.tok));
    gr_encoded_free(&e);
    gr_pool_close(one);
    stage_close(&s);
}

/* "zqx" is no word of the vocabulary but its letters' pieces may be: whatever the pieces, the first has the label. */
static void words(stage *s, bool all, size_t max_length)
{
    const gr_encode_opts o = { max_length, all };
    const gr_examples *ex = &s->data.split[0].examples;
    gr_encoded e;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_encoded_make(&e, s->tok, ex, s->task, &o, s->pool, &err), &err);
    for (size_t r = 0; r < e.n; r++) {
        const size_t words = e.word_start[r + 1] - e.word_start[r], tokens = e.start[r + 1] - e.start[r];
        const int32_t *first = e.word_token + e.word_start[r], *cls = e.classes + e.start[r];
        size_t labelled = 0;
        assert_int_equal(words, ex->e[r].n_words);
        assert_true(cls[0] == GR_LABEL_IGNORE && cls[tokens - 1] == GR_LABEL_IGNORE); /* [CLS], [SEP] */
        for (size_t w = 0; w < words; w++) {
            if (first[w] < 0) { /* cut off, and so is every later word */
                assert_true(max_length > 0);
                for (size_t k = w; k < words; k++) assert_int_equal(first[k], -1);
                break;
            }
            assert_int_equal(cls[first[w]], ex->e[r].tag_ids[w]);
            assert_true(w == 0 || first[w] > first[w - 1]);
            labelled++;
        }
        for (size_t t = 0; t < tokens; t++) labelled -= !all && cls[t] >= 0;
        if (!all) assert_int_equal(labelled, 0);
    }
    if (all) { /* pieces after the first: B-PER becomes I-PER */
        const size_t w = 0;
        const int32_t *cls = e.classes + e.start[0], *first = e.word_token + e.word_start[0];
        assert_string_equal(s->task->labels[cls[first[w]]], "B-PER");
        assert_true(first[1] > first[0] + 1);
        for (int32_t t = first[0] + 1; t < first[1]; t++) assert_string_equal(s->task->labels[cls[t]], "I-PER");
    }
    gr_encoded_free(&e);
}

static void token_labels(void **state)
{
    stage s;
    const char *text = "Qwxzyvgh B-PER\nSmith I-PER\nsang O\n\nthe O\nTom B-PER\nran O\nin O\nOsaka B-LOC\n\n";

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_file("n.conll", text), stage_file("n2.conll", text));
    stage_data(&s, 0);
    words(&s, false, 0);
    words(&s, true, 0);
    words(&s, false, 5);
    assert_int_equal(gr_encoded_labels(&s.data.split[0].encoded, (const uint32_t[]){ 0, 1 }, 2, true), 8);
    assert_int_equal(gr_encoded_labels(&s.data.split[0].encoded, (const uint32_t[]){ 0, 1 }, 2, false), 2);
    stage_close(&s);
}

static void float32_targets(void **state)
{
    stage s;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_file("v.csv", "text,score\na day,0.1\nthe day,2.5\n"), stage_file("v2.csv", "text,score\na day,0.1\nthe day,2.5\n"));
    stage_data(&s, 0);
    assert_true(s.data.split[0].encoded.values[0] == (double)0.1f && s.data.split[0].examples.e[0].value == 0.1);
    assert_true(s.data.split[0].encoded.classes == NULL);
    stage_close(&s);
}

static void batches(void **state)
{
    const uint32_t rows[] = { 3, 0, 1, 2 };
    stage s;
    gr_batcher b;
    gr_batch batch;
    const gr_encoded *e;
    size_t len[4], n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("b.csv", 4), stage_csv("b2.csv", 4));
    stage_data(&s, 0);
    e = &s.data.split[0].encoded;
    for (size_t i = 0; i < 4; i++) len[i] = e->start[rows[i] + 1] - e->start[rows[i]];
    assert_ok(gr_batcher_open(&b, e, false, (int32_t)(len[0] + len[1]), 3, &err), &err);
    assert_int_equal(gr_batcher_take(&b, rows, 4), 2); /* two fill the tokens */
    assert_int_equal(gr_batcher_take(&b, rows, 1), 1);
    n = gr_batcher_take(&b, rows, 4);
    assert_ok(gr_batcher_fill(&b, &batch, rows, n, 5, &err), &err);
    assert_true(batch.n_rows == 2 && batch.n_tokens == (int32_t)(len[0] + len[1]) && batch.cu_seqlens[1] == (int32_t)len[0]);
    assert_memory_equal(batch.ids, e->ids + e->start[3], len[0] * sizeof *batch.ids);
    assert_memory_equal(batch.ids + len[0], e->ids + e->start[0], len[1] * sizeof *batch.ids);
    assert_true(batch.slots[0] == 5 && batch.slots[1] == 6 && batch.classes[0] == e->classes[3] && batch.classes[1] == e->classes[0] && !batch.values);
    assert_status(gr_batcher_fill(&b, &batch, rows, 3, 0, &err), GR_E_INTERNAL, &err, "tokens");
    assert_status(gr_batcher_fill(&b, &batch, rows, 4, 0, &err), GR_E_INTERNAL, &err, "4 rows");
    gr_batcher_close(&b);
    assert_ok(gr_batcher_open(&b, e, false, 1, 4, &err), &err);
    assert_int_equal(gr_batcher_take(&b, rows, 4), 1); /* at least one, even if it is too long */
    gr_batcher_close(&b);
    assert_ok(gr_batcher_open(&b, e, false, 4096, 3, &err), &err);
    assert_int_equal(gr_batcher_take(&b, rows, 4), 3); /* rows are limited too */
    gr_batcher_close(&b);
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(any_number_of_threads), cmocka_unit_test(token_labels), cmocka_unit_test(float32_targets),
                                        cmocka_unit_test(batches) };
    return gr_test_main(tests);
}
