/* table.h - comparison, seeds, history tables from records, in md, csv, latex, html, json and plain text. */
#ifndef GR_RESULTS_TABLE_H
#define GR_RESULTS_TABLE_H
#include "base/str.h"
#include "results/store.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_table_format { GR_TABLE_TEXT, GR_TABLE_MD, GR_TABLE_CSV, GR_TABLE_LATEX, GR_TABLE_HTML, GR_TABLE_JSON } gr_table_format;
gr_status gr_table_format_find(gr_table_format *out, const char *name, gr_err *err) GR_MUST_USE;

/* Baseline against fine-tuned (docs/cli.md): a row for each metric; seeds of the same task, model and recipe pooled to mean, sample
 * standard deviation and n.
 * comparison.csv's columns: task, metric, headline, baseline, finetuned, delta, n_eval, split, model, data, seeds,
 * std, status, record. Tables for people have a column `recipe` (apart.h) where rows differ by it alone; seeds and history have it in every format. */
gr_status gr_table_comparison(gr_buf *out, const gr_records *r, gr_table_format f, gr_err *err) GR_MUST_USE;
gr_status gr_table_seeds(gr_buf *out, const gr_records *r, gr_table_format f, gr_err *err) GR_MUST_USE;
gr_status gr_table_history(gr_buf *out, const gr_records *r, gr_table_format f, gr_err *err) GR_MUST_USE;
/* leaderboard.csv's columns (docs/cli.md); other formats show the same, and those for people the recipe. */
gr_status gr_table_leaderboard(gr_buf *out, const gr_records *r, gr_table_format f, gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
