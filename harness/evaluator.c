/* evaluator.c - forward over a split in packed batches, in file order. See evaluator.h.
 *
 * eval_loss is computed here from the logits, row by row in double, because its groups (Trainer's
 * evaluation batches) are not the packed batches that run. */
#include "harness/evaluator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "harness/interrupt.h"
#include "harness/softmax.h"

typedef struct pass {
    const gr_encoded   *e;
    const gr_examples  *ex;
    const gr_task      *task;
    const gr_eval_opts *o;
    gr_metric_acc      *acc;   /* NULL: no labels */
    gr_predictions     *pred;  /* NULL: not wanted */
    double             *row_loss; /* [n] sum over the row's labels */
    size_t             *row_labels;
    const char        **ref_tags, **pred_tags; /* [longest sentence] */
} pass;

/* -log p of the label with smoothing: transformers/trainer_pt_utils.py, LabelSmoother. */
static double cross_entropy(const double *logits, int32_t n, int32_t label, double smoothing)
{
    double top = logits[0], sum = 0, mean = 0;

    for (int32_t i = 1; i < n; i++) top = logits[i] > top ? logits[i] : top;
    for (int32_t i = 0; i < n; i++) sum += exp(logits[i] - top);
    for (int32_t i = 0; i < n; i++) mean += top + log(sum) - logits[i];
    return (1 - smoothing) * (top + log(sum) - logits[label]) + smoothing * mean / n;
}

/* ---- one row ---- */

static gr_status take_sequence(pass *p, size_t row, const double *logits, gr_err *err)
{
    const int32_t n_out = p->task->head.n_out;
    const bool class_head = p->task->head.kind == GR_HEAD_CLASS;
    gr_pred got;

    GR_TRY(gr_task_decode(p->task, logits, &got, err));
    if (p->pred && class_head) {
        p->pred->classes[row] = got.cls;
        gr_softmax(p->pred->scores + row * (size_t)n_out, logits, (size_t)n_out);
    } else if (p->pred) {
        p->pred->values[row] = got.value;
    }
    if (!p->acc) return GR_OK;
    p->row_labels[row] = 1;
    if (class_head) {
        p->row_loss[row] = cross_entropy(logits, n_out, p->e->classes[row], p->o->label_smoothing);
        return gr_metric_acc_class(p->acc, got.cls, p->e->classes[row], err);
    }
    p->row_loss[row] = (logits[0] - p->e->values[row]) * (logits[0] - p->e->values[row]);
    return gr_metric_acc_value(p->acc, got.value, p->ex->e[row].value, err); /* as the file has it, and as `score` reads it back */
}

/* logits: of the row's tokens. Words that truncation cut off are in neither side of the score, as in run_ner. */
static gr_status take_sentence(pass *p, size_t row, const double *logits, gr_err *err)
{
    const gr_encoded *e = p->e;
    const size_t n_words = e->word_start[row + 1] - e->word_start[row];
    const int32_t *first = e->word_token + e->word_start[row];
    const size_t n_out = (size_t)p->task->head.n_out;
    size_t kept = 0;

    for (size_t t = e->start[row]; p->acc && t < e->start[row + 1]; t++) {
        if (e->classes[t] < 0) continue;
        p->row_labels[row]++;
        p->row_loss[row] += cross_entropy(logits + (t - e->start[row]) * n_out, (int32_t)n_out, e->classes[t], p->o->label_smoothing);
    }
    for (size_t w = 0; w < n_words; w++) {
        gr_pred got = { -1, 0 };
        if (first[w] >= 0) GR_TRY(gr_task_decode(p->task, logits + (size_t)first[w] * n_out, &got, err));
        if (p->pred) p->pred->classes[e->word_start[row] + w] = got.cls;
        if (first[w] < 0 || !p->acc) continue;
        p->ref_tags[kept] = p->task->labels[p->ex->e[row].tag_ids[w]];
        p->pred_tags[kept++] = p->task->labels[got.cls];
    }
    return p->acc && kept ? gr_metric_acc_tags(p->acc, p->pred_tags, p->ref_tags, kept, err) : GR_OK;
}

/* ---- the pass ---- */

/* rows[k], of which the first is row `at` of the split. */
static gr_status run_batch(pass *p, gr_session *s, gr_batcher *b, const uint32_t *rows, size_t k, size_t at, double *logits, gr_err *err)
{
    const bool tokens = p->task->head.kind == GR_HEAD_TOKEN;
    const size_t n_out = (size_t)p->task->head.n_out;
    gr_batch batch;

    if (gr_interrupted()) return gr_fail(err, GR_E_CANCELLED, "stopped while evaluating");
    GR_TRY(gr_batcher_fill(b, &batch, rows, k, (uint32_t)at, err));
    batch.classes = NULL;
    batch.values = NULL;
    GR_TRY(gr_session_eval(s, &batch, logits, NULL, err));
    for (size_t r = 0; r < k; r++) {
        const gr_status st = tokens ? take_sentence(p, at + r, logits + (size_t)batch.cu_seqlens[r] * n_out, err)
                                    : take_sequence(p, at + r, logits + r * n_out, err);
        if (st != GR_OK) return gr_wrap(err, st, "row %zu", at + r + 1);
    }
    return GR_OK;
}

static gr_status run_batches(pass *p, gr_session *s, size_t n, gr_err *err)
{
    const bool tokens = p->task->head.kind == GR_HEAD_TOKEN;
    gr_batcher b = { 0 };
    uint32_t *rows = malloc((n + 1) * sizeof *rows);
    double *logits = malloc((size_t)(tokens ? p->o->max_tokens : p->o->max_rows) * (size_t)p->task->head.n_out * sizeof *logits);
    gr_status st = rows && logits ? gr_batcher_open(&b, p->e, tokens, p->o->max_tokens, p->o->max_rows, err) : gr_fail_nomem(err, "evaluation");

    for (size_t i = 0; rows && i < n; i++) rows[i] = (uint32_t)i;
    for (size_t i = 0, k; st == GR_OK && i < n; i += k) {
        k = gr_batcher_take(&b, rows + i, n - i);
        st = run_batch(p, s, &b, rows + i, k, i, logits, err);
    }
    gr_batcher_close(&b);
    free(rows);
    free(logits);
    return st;
}

/* Trainer.evaluation_loop: the mean of a batch, repeated for each of its rows, averaged over rows. */
static double grouped_loss(const pass *p, size_t n)
{
    double total = 0;
    size_t rows = 0;

    for (size_t i = 0; i < n; i += p->o->batch_size) {
        const size_t end = i + p->o->batch_size < n ? i + p->o->batch_size : n;
        double sum = 0;
        size_t labels = 0;
        for (size_t r = i; r < end; r++) {
            sum += p->row_loss[r];
            labels += p->row_labels[r];
        }
        if (!labels) continue;
        total += sum / (double)labels * (double)(end - i);
        rows += end - i;
    }
    return rows ? total / (double)rows : NAN;
}

static gr_status reserve_predictions(gr_predictions *p, const gr_encoded *e, const gr_task *task, size_t n, gr_err *err)
{
    const bool tokens = task->head.kind == GR_HEAD_TOKEN;
    const size_t items = tokens ? e->word_start[e->n] : n;

    p->n = n;
    p->classes = malloc((items + 1) * sizeof *p->classes);
    p->values = malloc((n + 1) * sizeof *p->values);
    p->scores = task->head.kind == GR_HEAD_CLASS ? malloc((n * (size_t)task->head.n_out + 1) * sizeof *p->scores) : NULL;
    return p->classes && p->values && (p->scores || task->head.kind != GR_HEAD_CLASS) ? GR_OK : gr_fail_nomem(err, "predictions");
}

static gr_status open_metrics(gr_eval_result *out, pass *p, gr_err *err)
{
    const gr_metric *metrics[GR_TASK_METRICS_MAX];
    size_t n = 0;

    while (p->task->metrics[n].metric && n < GR_TASK_METRICS_MAX) {
        metrics[n] = p->task->metrics[n].metric;
        n++;
    }
    out->metrics = calloc(n + 1, sizeof *out->metrics);
    if (!out->metrics) return gr_fail_nomem(err, "metrics");
    out->n_metrics = n;
    return gr_metric_acc_open(&p->acc, metrics, n, p->task->head.kind == GR_HEAD_CLASS ? p->task->head.n_out : 0, err);
}

static size_t longest_sentence(const gr_encoded *e)
{
    size_t longest = 0;

    for (size_t i = 0; e->word_start && i < e->n; i++)
        if (e->word_start[i + 1] - e->word_start[i] > longest) longest = e->word_start[i + 1] - e->word_start[i];
    return longest;
}

/* The memory of *p is its caller's to free, also after a failure. */
static gr_status evaluate(gr_eval_result *out, pass *p, gr_session *s, size_t n, gr_err *err)
{
    const size_t words = longest_sentence(p->e);

    p->row_loss = calloc(n + 1, sizeof *p->row_loss);
    p->row_labels = calloc(n + 1, sizeof *p->row_labels);
    p->ref_tags = malloc((words + 1) * sizeof *p->ref_tags);
    p->pred_tags = malloc((words + 1) * sizeof *p->pred_tags);
    if (!p->row_loss || !p->row_labels || !p->ref_tags || !p->pred_tags) return gr_fail_nomem(err, "evaluation");
    if (p->pred) GR_TRY(reserve_predictions(p->pred, p->e, p->task, n, err));
    if (p->e->labelled) GR_TRY(open_metrics(out, p, err));
    GR_TRY(run_batches(p, s, n, err));
    if (!p->acc) return GR_OK;
    out->loss = grouped_loss(p, n);
    out->constant = gr_metric_acc_constant(p->acc);
    GR_TRY(gr_metric_acc_read(p->acc, out->metrics, err));
    return gr_metric_acc_detail(p->acc, &out->detail, &out->n_detail, err);
}

gr_status gr_evaluate(gr_eval_result *out, gr_predictions *predictions, gr_session *s, const gr_encoded *e,
                      const gr_examples *ex, const gr_task *task, const gr_eval_opts *o, gr_err *err)
{
    const size_t n = o->max_samples && o->max_samples < e->n ? o->max_samples : e->n;
    const double t0 = gr_clock_seconds();
    pass p = { .e = e, .ex = ex, .task = task, .o = o, .pred = predictions };
    gr_status st;

    memset(out, 0, sizeof *out);
    out->loss = NAN;
    out->examples = n;
    if (predictions) memset(predictions, 0, sizeof *predictions);
    st = evaluate(out, &p, s, n, err);
    out->seconds = gr_clock_seconds() - t0;
    gr_metric_acc_close(p.acc);
    free(p.row_loss);
    free(p.row_labels);
    free(p.ref_tags);
    free(p.pred_tags);
    if (st != GR_OK) {
        gr_eval_result_free(out);
        if (predictions) gr_predictions_free(predictions);
    }
    return st;
}

static bool called(const char *metric, const char *name)
{
    static const char overall[] = "overall_";
    const size_t n = sizeof overall - 1;

    return strcmp(metric, name) == 0 || (strncmp(metric, overall, n) == 0 && strcmp(metric + n, name) == 0);
}

double gr_eval_metric(const gr_eval_result *r, const char *name)
{
    if (strncmp(name, "eval_", 5) == 0) name += 5;
    if (strcmp(name, "loss") == 0) return r->loss;
    for (size_t i = 0; i < r->n_metrics; i++)
        if (called(r->metrics[i].name, name)) return r->metrics[i].value;
    return NAN;
}

const gr_metric *gr_eval_metric_find(const gr_task *t, const char *name)
{
    if (strncmp(name, "eval_", 5) == 0) name += 5;
    for (size_t i = 0; t->metrics[i].metric; i++)
        if (called(t->metrics[i].metric->name, name)) return t->metrics[i].metric;
    return NULL;
}

bool gr_eval_metric_known(const gr_task *t, const char *name)
{
    return strcmp(name, "loss") == 0 || strcmp(name, "eval_loss") == 0 || gr_eval_metric_find(t, name);
}

void gr_eval_result_free(gr_eval_result *r)
{
    free(r->metrics);
    free(r->detail);
    memset(r, 0, sizeof *r);
}

void gr_predictions_free(gr_predictions *p)
{
    free(p->classes);
    free(p->values);
    free(p->scores);
    memset(p, 0, sizeof *p);
}
