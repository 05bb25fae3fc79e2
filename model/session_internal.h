/* session_internal.h - what the files of a session share; nobody else includes it. */
#ifndef GR_MODEL_SESSION_INTERNAL_H
#define GR_MODEL_SESSION_INTERNAL_H
#include "model/encoder.h"
#include "model/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Device doubles: the squared gradient norm, evaluation's loss, then one loss a micro-batch. More
 * micro-batches than slots are folded into `folded` on the host, at one synchronisation each time. */
enum { GR_SCALAR_SUMSQ, GR_SCALAR_EVAL, GR_SCALAR_LOSS, GR_LOSS_SLOTS = 256, GR_SCALAR_COUNT = GR_SCALAR_LOSS + GR_LOSS_SLOTS };

/* A batch on its way: host staging and device memory of one fixed layout, sent in one upload. */
typedef struct gr_batch_store {
    unsigned char *host;
    void          *dev;
    size_t         bytes;
    size_t         ids, types, positions, row_of, pos_in, by_id, labels; /* offsets of int32 [tokens] (labels: [max(tokens, rows)]) */
    size_t         cu, slots, first;                                     /* int32 [rows + 1], [rows], [rows]                        */
    size_t         numbers, zeros;                                       /* int32 [rows] 0, 1, ..; 0, 0, ..: keys of the first tokens */
    size_t         rel_of, rel_pos, rel_zeros;                           /* relative positions: int32 by offset, their rows, zeros  */
    size_t         values;                                               /* double [rows]                                           */
    int32_t       *rel_row;                                              /* host: the row of each offset, from -rel_zero on; NULL   */
    int32_t        rel_zero, rel_rows, rel_used;                         /* offsets each way; most rows that they reach (DeBERTa); rows of a table that are read at all (MPNet) */
    size_t        *count;                                                /* [vocab] host: the counting sort of by_id                */
    size_t          rows, touched, live, fresh;                          /* sparse rows (session_rows.c): how many, uint32 bits of each [rows] */
} gr_batch_store;

/* The word table when most of its rows are at rest; see session_rows.c. */
typedef struct gr_row_state {
    gr_segment *table;   /* NULL: every row is updated in every step, or none is trained */
    double     *keep;    /* device, GR_KEEPS: 1 - lr decay of the steps that rows at rest have not had yet */
    int32_t     n_keep;
} gr_row_state;
enum { GR_KEEPS = 1024 };

struct gr_session {
    gr_model       *model;
    gr_session_opts o;
    gr_encoder      enc;            /* op, ctx, slabs of weights and gradients, plan */
    void           *m, *v, *acts;   /* device slabs */
    gr_segment     *seg;
    size_t          n_seg;
    gr_batch_store  batch;
    gr_row_state    rows;
    double         *scalars;        /* device, GR_SCALAR_COUNT */
    int32_t        *flag;           /* device, one int32 for scans */
    void           *rope;           /* device: cosines and sines of rotary positions (session_rope.c) */
    void           *host;           /* elements on their way back: logits or taps */
    int64_t         steps;
    int32_t         micro;          /* loss slots in use since the last step */
    bool            pending;        /* gradients wait for a step */
    bool            evaluated, kept; /* of a session that only evaluates: once; its weights are kept (backend.h, keep_weights) */
    bool            in_place;       /* enc.weights or enc.tensor are the model's own */
    double          folded;
    gr_pass         last;           /* the last pass: shapes for taps, and for a failed step's search ... */
    bool            last_valid;     /* ... while the batch memory still holds its micro-batch */
};

/* Bytes of one element, of the parameter slab. */
static inline size_t gr_session_elem(const gr_session *s) { return s->enc.plan.o.elem; }
static inline size_t gr_session_slab(const gr_session *s) { return s->model->params.total * gr_session_elem(s); }

/* session_batch.c: sizes the store (memory is the session's to take); checks a batch, brings it to the device and
 * describes it in *out. *labelled: rows, labelled tokens or pairs that carry a label. GR_E_ARG names row and token. */
gr_status gr_batch_store_plan(gr_batch_store *st, const gr_session_opts *o, size_t rows, gr_err *err) GR_MUST_USE;
/* The offsets of the longest sequence and what they reach: before the plan, which needs rel_rows. */
gr_status gr_batch_store_offsets(gr_batch_store *st, const gr_session_opts *o, const gr_config *c, gr_err *err) GR_MUST_USE;
gr_status gr_session_load(gr_session *s, const gr_batch *b, bool train, bool labels, gr_pass *out, int64_t *labelled, gr_err *err) GR_MUST_USE;

/* session_rows.c. begin: decides whether rows are kept apart. mark: the rows of a batch, before it is sent; true when some of them
 * must be brought up to date, by wake, once it is there. norm, update: the rows that sumsq and adamw shall see. done: behind an
 * update. settle: every row up to date. forget: all weights are new. restore: sets the moments, from host memory. */
void gr_rows_begin(gr_session *s);
bool gr_rows_mark(gr_session *s, const gr_batch *b, bool train);
void gr_rows_wake(gr_session *s);
void gr_rows_norm(gr_session *s);
void gr_rows_update(gr_session *s);
void gr_rows_done(gr_session *s, double lr);
void gr_rows_settle(gr_session *s);
void gr_rows_forget(gr_session *s);
void gr_rows_restore(gr_session *s, const void *m, const void *v);

/* session_rope.c: tables of rotary positions for the longest sequence, on the device and in enc.rope; nothing for other families. */
gr_status gr_session_rope(gr_session *s, gr_err *err) GR_MUST_USE;

/* session_diag.c: repeats the last micro-batch's forward and looks at the gradients; returns GR_E_NUMERIC with the step, what
 * was not finite and where it began. */
gr_status gr_session_explain(gr_session *s, double loss, double sumsq, gr_err *err);

/* session_state.c: elements in s->host to doubles. */
void gr_session_to_double(const gr_session *s, double *out, size_t n);

#ifdef __cplusplus
}
#endif
#endif
