/* infer.h - texts without labels through a model, in packed batches: what `embed` and `predict` share.
 *
 *   gr_infer_open -> (gr_infer_add+ until gr_infer_full, gr_infer_run, read out, gr_infer_clear)* -> gr_infer_close */
#ifndef GR_HARNESS_INFER_H
#define GR_HARNESS_INFER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"
#include "model/session.h"
#include "model/tokenizer/tokenizer.h"

typedef struct gr_infer_opts {
    const char *model;      /* folder or name of a model                                        */
    const char *device;     /* of gr_device_find                                                */
    int         threads;    /* 0: all cores                                                     */
    int64_t     max_length; /* tokens a row; 0: what the folder (sentence.h), the tokenizer's model_max_length or the positions allow */
    bool        may_shorten; /* max_length is not the user's: take less where the folder or the model allows less */
    bool        embed;      /* sentence embeddings; else the fine-tuned head, which must be there */
} gr_infer_opts;

/* One row of the batch. Views live until the next clear. */
typedef struct gr_infer_row {
    size_t text, text_n, pair, pair_n; /* in texts */
    bool   has_pair;
} gr_infer_row;

typedef struct gr_infer {
    gr_model    *model;
    gr_tok      *tok;
    gr_tok_work *work;
    gr_pool     *pool;
    gr_session  *session;
    int32_t      max_length;   /* tokens a row, in use                                            */
    int32_t      width;        /* values a result row has: outputs, or hidden for embeddings      */
    /* The batch: arrays of cap_tokens and MAX_ROWS. */
    gr_batch      batch;
    int32_t       cap_tokens;
    int32_t      *ids, *types, *cu, *word_ids;
    int32_t     (*offsets)[2], (*byte_offsets)[2];
    uint32_t     *slots;
    gr_infer_row *rows;
    gr_buf        texts;
    double       *out;         /* [B, width], or [T, width] for token heads; after gr_infer_run   */
} gr_infer;

/* Open tokenizer, model and device, and check that they go together (fit.h). The model's warnings go to the log. */
gr_status gr_infer_open(gr_infer **out, const gr_infer_opts *o, gr_err *err) GR_MUST_USE;
void      gr_infer_close(gr_infer *f); /* NULL is fine */

/* Tokenise a text (pair.p NULL: none) and append it. Not when full. GR_E_FORMAT: not UTF-8; GR_E_ARG: no room for a pair (fit.h). */
gr_status gr_infer_add(gr_infer *f, gr_sv text, gr_sv pair, gr_err *err) GR_MUST_USE;
/* The same of words: word_ids count them. The row has no text. */
gr_status gr_infer_add_words(gr_infer *f, const gr_sv *words, size_t n, gr_err *err) GR_MUST_USE;
bool      gr_infer_full(const gr_infer *f);
/* Forward; results in f->out. GR_E_NUMERIC names a row with a value that is not finite. */
gr_status gr_infer_run(gr_infer *f, gr_err *err) GR_MUST_USE;
void      gr_infer_clear(gr_infer *f);

gr_sv gr_infer_text(const gr_infer *f, size_t row);
gr_sv gr_infer_pair(const gr_infer *f, size_t row); /* p NULL: none */

/* Give every line of a stream (ended by LF or CR LF) to `take`; its errors are wrapped with the line's number. `source` names the
 * stream, of which nothing may have been read. GR_E_CANCELLED when interrupted, even while waiting for a line that does not come. */
typedef gr_status (*gr_line_fn)(void *user, gr_sv line, gr_err *err);
gr_status gr_infer_lines(FILE *in, const char *source, gr_line_fn take, void *user, gr_err *err) GR_MUST_USE;

#endif
