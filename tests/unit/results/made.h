/* made.h - records made up for the tests of results/: nothing is run, every value is chosen. */
#ifndef GR_TESTS_UNIT_RESULTS_MADE_H
#define GR_TESTS_UNIT_RESULTS_MADE_H
#include <math.h>

#include "base/fs.h"
#include "results/store.h"
#include "tests/support/test.h"

#define MADE_COPY(dst, src) (void)snprintf((dst), sizeof(dst), "%s", (src))

static inline void made_recipe(gr_record *r, const char *option, double value, const char *from)
{
    gr_json *o;

    if (!r->recipe) r->recipe = gr_json_new_object();
    o = gr_json_add_object(r->recipe, option);
    gr_json_add_num(o, "value", value);
    gr_json_add_str(o, "from", from);
}

static inline void made_metric(gr_record *r, const char *split, const char *name, bool headline, double baseline, double value)
{
    gr_rec_metric *m = gr_record_metric(r, split, name);

    assert_non_null(m);
    *m = (gr_rec_metric){ .headline = headline, .higher_is_better = strcmp(name, "loss") != 0, .baseline = baseline, .value = value };
    MADE_COPY(m->split, split);
    MADE_COPY(m->name, name);
}

/* A finished run of a class task on made-up published data: 100 rows of training, 40 of validation. */
static inline void made_run(gr_record *r, const char *task, const char *model, uint64_t seed)
{
    static const char *const labels[] = { "no", "yes" };

    gr_record_init(r);
    MADE_COPY(r->task, task);
    MADE_COPY(r->title, task);
    MADE_COPY(r->suite, "glue");
    MADE_COPY(r->head, "classification");
    MADE_COPY(r->data, "published");
    MADE_COPY(r->model, model);
    MADE_COPY(r->model_family, "bert");
    MADE_COPY(r->model_sha256, "00ff");
    MADE_COPY(r->device, "cpu");
    MADE_COPY(r->precision, "f32");
    MADE_COPY(r->created, "2026-01-02T03:04:05Z");
    MADE_COPY(r->git_revision, "abc123");
    (void)snprintf(r->key, sizeof r->key, "%08x%08x", (unsigned)strlen(model) * 4099u + (unsigned)task[0] * 31u + (unsigned)task[1], (unsigned)seed);
    r->labels = calloc(2, sizeof *r->labels);
    assert_non_null(r->labels);
    for (size_t i = 0; i < 2; i++) r->labels[r->n_labels++] = strdup(labels[i]);
    r->n_splits = 2;
    MADE_COPY(r->splits[0].name, "train");
    MADE_COPY(r->splits[1].name, "validation");
    r->splits[0].examples = 100;
    r->splits[1].examples = 40;
    r->n_train = 100;
    r->n_eval = 40;
    r->model_params = 1000;
    r->seed = seed;
    r->threads = 2;
    r->steps = 39;
    r->epochs = 3;
    r->train_loss = 0.5;
    r->train_seconds = 2;
    r->total_seconds = 3;
    r->samples_per_second = 150;
    r->peak_memory_mb = 64;
}

/* Lists grow by one; the record is moved in. */
static inline gr_record *made_push(gr_records *list, const gr_record *r)
{
    gr_record *grown = realloc(list->r, (list->n + 1) * sizeof *grown);

    assert_non_null(grown);
    list->r = grown;
    list->r[list->n] = *r;
    return &list->r[list->n++];
}

/* A run with accuracy (headline) and loss. */
static inline gr_record *made_accuracy(gr_records *list, const char *task, const char *model, uint64_t seed, double baseline, double value)
{
    gr_record r;

    made_run(&r, task, model, seed);
    made_recipe(&r, "epochs", 3, "default");
    made_metric(&r, "validation", "accuracy", true, baseline, value);
    made_metric(&r, "validation", "loss", false, 0.7, 0.4);
    (void)snprintf(r.path, sizeof r.path, "runs/s/%.40s-%.40s-%llu-%.8s.json", task, model, (unsigned long long)seed, r.key);
    return made_push(list, &r);
}

static inline void made_no_data(gr_records *list, const char *task)
{
    gr_record r;

    gr_record_init(&r);
    r.status = GR_RUN_NO_DATA;
    MADE_COPY(r.task, task);
    MADE_COPY(r.data, "published");
    (void)made_push(list, &r);
}

static inline void made_failed(gr_record *r, gr_run_status status, const char *message)
{
    r->status = status;
    MADE_COPY(r->message, message);
    if (status != GR_RUN_FAILED) return;
    r->n_metrics = 0;
    r->train_seconds = NAN;
}

/* A path below the test's folder. */
static inline const char *made_path(const char *name)
{
    static char path[8][GR_PATH_MAX];
    static size_t turn;
    char *p = path[turn++ % 8];

    assert_true(gr_fs_join(p, GR_PATH_MAX, gr_test_tmpdir(), name));
    return p;
}

static inline void assert_text(const gr_buf *b, const char *want)
{
    if (strcmp(b->p ? b->p : "", want) != 0) fail_msg("got:\n%s\nwant:\n%s", b->p ? b->p : "", want);
}

#endif
