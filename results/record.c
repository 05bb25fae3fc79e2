/* record.c - the record's memory and lookups. Its JSON form is in record_json.c. */
#include "results/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

const char *gr_run_status_name(gr_run_status s)
{
    static const char *const names[] = { [GR_RUN_OK] = "ok", [GR_RUN_FAILED] = "failed", [GR_RUN_COLLAPSED] = "collapsed",
                                         [GR_RUN_NO_DATA] = "no data", [GR_RUN_INTERRUPTED] = "interrupted" };

    return (unsigned)s < sizeof names / sizeof *names ? names[s] : "unknown";
}

bool gr_run_status_find(gr_run_status *out, const char *name)
{
    for (int s = GR_RUN_OK; s <= GR_RUN_INTERRUPTED; s++) {
        if (strcmp(name, gr_run_status_name((gr_run_status)s)) != 0) continue;
        *out = (gr_run_status)s;
        return true;
    }
    return false;
}

void gr_record_init(gr_record *r)
{
    memset(r, 0, sizeof *r);
    r->epochs = r->train_loss = r->total_flops = NAN;
    r->train_seconds = r->total_seconds = NAN;
    r->steps_per_second = r->samples_per_second = r->tokens_per_second = r->peak_memory_mb = NAN;
}

static void free_strings(char **list, size_t n)
{
    for (size_t i = 0; i < n; i++) free(list[i]);
    free(list);
}

void gr_record_free(gr_record *r)
{
    free_strings(r->labels, r->n_labels);
    free_strings(r->warnings, r->n_warnings);
    gr_json_free(r->recipe);
    free(r->metrics);
    free(r->history);
    memset(r, 0, sizeof *r);
}

gr_rec_metric *gr_record_metric(gr_record *r, const char *split, const char *name)
{
    gr_rec_metric *grown;

    for (size_t i = 0; i < r->n_metrics; i++)
        if (strcmp(r->metrics[i].split, split) == 0 && strcmp(r->metrics[i].name, name) == 0) return &r->metrics[i];
    grown = realloc(r->metrics, (r->n_metrics + 1) * sizeof *grown);
    if (!grown) return NULL;
    r->metrics = grown;
    grown = &r->metrics[r->n_metrics++];
    memset(grown, 0, sizeof *grown);
    (void)snprintf(grown->split, sizeof grown->split, "%s", split);
    (void)snprintf(grown->name, sizeof grown->name, "%s", name);
    grown->baseline = grown->value = NAN;
    return grown;
}

gr_rec_point *gr_record_point(gr_record *r)
{
    gr_rec_point *grown = realloc(r->history, (r->n_history + 1) * sizeof *grown);

    if (!grown) return NULL;
    r->history = grown;
    grown = &r->history[r->n_history++];
    memset(grown, 0, sizeof *grown);
    grown->train_loss = grown->grad_norm = grown->learning_rate = grown->eval_loss = NAN;
    return grown;
}

gr_status gr_record_warn(gr_record *r, const char *line, gr_err *err)
{
    char **grown = realloc(r->warnings, (r->n_warnings + 1) * sizeof *grown);

    if (!grown) return gr_fail_nomem(err, "a record's warnings");
    r->warnings = grown;
    grown[r->n_warnings] = strdup(line);
    if (!grown[r->n_warnings]) return gr_fail_nomem(err, "a record's warnings");
    r->n_warnings++;
    return GR_OK;
}

const char *gr_record_main_split(const gr_record *r)
{
    if (r->main_split[0]) return r->main_split;
    return r->n_metrics ? r->metrics[0].split : "";
}

void gr_record_row_name(char *out, size_t cap, const gr_record *r, const char *split)
{
    if (!*split || strcmp(gr_record_main_split(r), split) == 0) (void)snprintf(out, cap, "%s", r->task);
    else (void)snprintf(out, cap, "%s (%s)", r->task, split);
}

void gr_record_predictions_of(char *out, size_t cap, const gr_record *r, const char *split)
{
    static const char ending[] = "predictions.jsonl";
    const char *first = r->n_metrics ? r->metrics[0].split : r->splits[0].name; /* without labels nothing is trained: no train before it */
    const size_t n = strlen(r->predictions), tail = sizeof ending - 1;
    int written;

    out[0] = '\0';
    if (strcmp(first, split) == 0) written = snprintf(out, cap, "%s", r->predictions);
    else if (n < tail || strcmp(r->predictions + n - tail, ending) != 0) return;
    else written = snprintf(out, cap, "%.*s%s.%s", (int)(n - tail), r->predictions, split, ending);
    if (written < 0 || (size_t)written >= cap) out[0] = '\0';
}
