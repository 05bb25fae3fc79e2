/* evaluator_test.c - one pass over a split: grouped loss, metrics, predictions, rows without labels. */
#include "tests/unit/harness/stage.h"

static void run(const stage *s, const gr_eval_opts *o, gr_eval_result *r, gr_predictions *p)
{
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_evaluate(r, p, s->session, &s->data.split[1].encoded, &s->data.split[1].examples, s->task, o, &err), &err);
}

/* eval_loss by hand from the probabilities: the mean of a group's rows, weighted by its rows; 10 rows in groups of 4 are 4, 4, 2. */
static void grouped_loss(void **state)
{
    stage s;
    gr_eval_result r;
    gr_predictions p;
    gr_eval_opts o;

    (void)state;
    STAGE(&s, "x", "--eval-batch-size", "4");
    stage_task(&s, stage_csv("g.csv", 12), stage_csv("g2.csv", 10));
    stage_data(&s, 64);
    stage_session(&s);
    o = stage_eval(&s);
    for (int smooth = 0; smooth < 2; smooth++) {
        double total = 0;
        size_t right = 0;
        o.label_smoothing = smooth ? 0.1 : 0;
        run(&s, &o, &r, &p);
        for (size_t i = 0; i < 10; i++) {
            const int32_t label = s.data.split[1].encoded.classes[i];
            const double a = p.scores[2 * i], b = p.scores[2 * i + 1];
            assert_near(a + b, 1, 1e-12, "probabilities of row %zu", i);
            total += -(1 - o.label_smoothing) * log(label ? b : a) - o.label_smoothing * (log(a) + log(b)) / 2; /* groups of equal weight a row */
            assert_int_equal(p.classes[i], b > a);
            right += p.classes[i] == label;
        }
        assert_near(r.loss, total / 10, 1e-12, "loss, smoothing %g", o.label_smoothing);
        assert_near(gr_eval_metric(&r, "accuracy"), (double)right / 10, 1e-15, "accuracy");
        assert_true(r.examples == 10 && r.n_metrics >= 1 && p.n == 10);
        gr_eval_result_free(&r);
        gr_predictions_free(&p);
    }
    stage_close(&s);
}

/* A token task's groups are means over labels: sentences of unequal length make the grouping matter. */
static void grouped_tokens(void **state)
{
    const char *text = "Tom B-PER\n\nAnna B-PER\nSmith I-PER\nran O\nin O\nOsaka B-LOC\non O\nthe O\nday O\n\nthe O\nday O\n\n";
    stage s;
    gr_eval_result whole, pairs;
    gr_eval_opts o;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_file("t.conll", text), stage_file("t2.conll", text));
    stage_data(&s, 64);
    stage_session(&s);
    o = stage_eval(&s);
    o.batch_size = 3;
    run(&s, &o, &whole, NULL);
    o.batch_size = 2;
    run(&s, &o, &pairs, NULL);
    assert_true(fabs(whole.loss - pairs.loss) > 1e-9);
    assert_true(whole.n_detail > 0 && strchr(whole.detail[0].name, '.'));
    assert_near(gr_eval_metric(&whole, "f1"), gr_eval_metric(&whole, "overall_f1"), 0, "run_ner's name");
    assert_true(gr_eval_metric_known(s.task, "eval_f1") && gr_eval_metric_known(s.task, "eval_loss") && !gr_eval_metric_known(s.task, "mse"));
    gr_eval_result_free(&whole);
    gr_eval_result_free(&pairs);
    stage_close(&s);
}

/* How rows are packed changes no bit: a row's logits are its own, whatever lies beside it. */
static void packing(void **state)
{
    static const int32_t most_rows[] = { 1, 2, 3, 7, 256 };
    enum { ROWS = 40 };
    stage s;
    gr_eval_result a, b;
    gr_predictions p, q;
    gr_eval_opts o;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_csv("p.csv", 12), stage_csv("p2.csv", ROWS));
    stage_data(&s, 64);
    stage_session(&s);
    o = stage_eval(&s);
    run(&s, &o, &a, &p);
    for (size_t i = 0; i < sizeof most_rows / sizeof *most_rows; i++)
        for (o.max_tokens = (int32_t)s.data.split[1].encoded.max_len; o.max_tokens <= 1024; o.max_tokens += o.max_tokens / 2) {
            o.max_rows = most_rows[i];
            run(&s, &o, &b, &q);
            assert_memory_equal(&a.loss, &b.loss, sizeof a.loss);
            assert_memory_equal(p.scores, q.scores, 2 * ROWS * sizeof *p.scores);
            assert_memory_equal(p.classes, q.classes, ROWS * sizeof *p.classes);
            for (size_t k = 0; k < a.n_metrics; k++) assert_memory_equal(&a.metrics[k].value, &b.metrics[k].value, sizeof(double));
            gr_eval_result_free(&b);
            gr_predictions_free(&q);
        }
    gr_eval_result_free(&a);
    gr_predictions_free(&p);
    stage_close(&s);
}

static void part_of_a_split(void **state)
{
    stage s;
    gr_eval_result r;
    gr_predictions p;
    gr_eval_opts o;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x", "--save-model");
    stage_task(&s, stage_csv("h.csv", 12), stage_csv("h2.csv", 10));
    stage_data(&s, 64);
    stage_session(&s);
    o = stage_eval(&s);
    o.max_samples = 4;
    run(&s, &o, &r, &p);
    assert_true(r.examples == 4 && p.n == 4);
    gr_eval_result_free(&r);
    gr_predictions_free(&p);
    o.max_samples = 1; /* one row says nothing about a collapse */
    run(&s, &o, &r, NULL);
    assert_false(r.constant);
    gr_eval_result_free(&r);
    s.data.split[1].encoded.labelled = false; /* rows without labels are predicted, not scored */
    o.max_samples = 0;
    run(&s, &o, &r, &p);
    assert_true(isnan(r.loss) && r.n_metrics == 0 && p.n == 10 && !r.constant);
    assert_true(isnan(gr_eval_metric(&r, "accuracy")) && isnan(gr_eval_metric(&r, "loss")));
    assert_ok(gr_predictions_write_tsv(stage_file("p.tsv", ""), &p, &s.data.split[1].encoded, &s.data.split[1].examples, s.task, &err), &err);
    gr_eval_result_free(&r);
    gr_predictions_free(&p);
    stage_close(&s);
}

/* Words behind the cut are predicted -1, written as null, and in no score. */
static void cut_words(void **state)
{
    const char *text = "the O\nday O\nin O\nOsaka B-LOC\nwas O\ncold O\n\nthe O\nTom B-PER\n\n";
    stage s;
    gr_eval_result r;
    gr_predictions p;
    gr_eval_opts o;
    char *written = NULL;
    const char *path = stage_file("cut.jsonl", "");
    size_t n, lines = 0;
    gr_err err = GR_ERR_INIT;

    (void)state;
    STAGE(&s, "x");
    stage_task(&s, stage_file("c.conll", text), stage_file("c2.conll", text));
    stage_data(&s, 4); /* [CLS], two words, [SEP] */
    stage_session(&s);
    o = stage_eval(&s);
    run(&s, &o, &r, &p);
    for (size_t w = 0; w < 8; w++) assert_true((p.classes[w] < 0) == (w >= 2 && w < 6));
    assert_ok(gr_predictions_write(path, &p, &s.data.split[1].encoded, &s.data.split[1].examples, s.task, &err), &err);
    assert_ok(gr_fs_read(&written, &n, path, 0, &err), &err);
    for (size_t i = 0; i < n; i++) lines += written[i] == '\n';
    assert_int_equal(lines, 2);
    assert_non_null(strstr(written, "\"words\":[\"the\",\"day\",\"in\",\"Osaka\",\"was\",\"cold\"]"));
    assert_non_null(strstr(written, ",null,null,null,null]}"));
    free(written);
    gr_eval_result_free(&r);
    gr_predictions_free(&p);
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(grouped_loss), cmocka_unit_test(grouped_tokens), cmocka_unit_test(packing),
                                        cmocka_unit_test(part_of_a_split), cmocka_unit_test(cut_words) };
    return gr_test_main(tests);
}
