/* session_internal.h - what the files of a session share; nobody else includes it. */
#ifndef GR_MODEL_SESSION_INTERNAL_H
#define GR_MODEL_SESSION_INTERNAL_H
#include "model/encoder.h"
#include "model/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Doubles on the device: the squared gradient norm, the loss of an evaluation, then a slot for the loss of each micro-batch.
 * When the slots are used up, their sum is fetched into gr_session.folded, which costs a synchronisation. */
enum { GR_SCALAR_SUMSQ, GR_SCALAR_EVAL, GR_SCALAR_LOSS, GR_LOSS_SLOTS = 256, GR_SCALAR_COUNT = GR_SCALAR_LOSS + GR_LOSS_SLOTS };

/* A batch on its way: host staging and device memory of one fixed layout, sent in one upload. */
typedef struct gr_batch_store {
    unsigned char *host;
    void          *dev;
    size_t         bytes;
    /* Offsets in bytes, of int32 unless said otherwise. */
    size_t         ids, types, positions, row_of, pos_in, by_id; /* [tokens]                         */
    size_t         labels;                         /* [max(tokens, rows)]                            */
    size_t         cu, slots, first;               /* [rows + 1], [rows], [rows]                     */
    size_t         numbers, zeros;                 /* [rows] 0, 1, ...; 0, 0, ...: dropout's keys of the first tokens */
    size_t         rel_of, rel_pos, rel_zeros;     /* relative positions: [offsets] rows; [rel_rows] their numbers; zeros */
    size_t         values;                         /* double [rows]                                  */
    size_t         touched, live, fresh;           /* uint32 bitmaps of the table's rows (session_rows.c) */

    size_t         rows;                           /* of that table; 0: no rows rest                 */
    size_t        *count;                          /* [vocab] host: for the counting sort of by_id   */
    int32_t       *rel_row;                        /* host: table row of each offset, from -rel_zero on; NULL: no relative positions */
    int32_t        rel_zero;                       /* largest offset each way                        */
    int32_t        rel_used;                       /* MPNet: rows of the table that are read at all  */
    int32_t        rel_rows;                       /* DeBERTa: most rows that a batch can reach      */
} gr_batch_store;

/* The word table when most of its rows are at rest; see session_rows.c. */
typedef struct gr_row_state {
    gr_segment *table;   /* NULL: every row is updated in every step, or none is trained */
    double     *keep;    /* device, [GR_KEEPS]: 1 - lr decay of each step that rows at rest have not caught up with */
    int32_t     n_keep;
} gr_row_state;
enum { GR_KEEPS = 1024 }; /* steps that rows at rest may be behind: 8 KB, and a pass over the table each time it is full */

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
    bool            evaluated;      /* evaluation only: one batch was evaluated */
    bool            kept;           /* evaluation only: keep_weights was asked for (backend.h) */
    bool            in_place;       /* enc.weights or enc.tensor are the model's own */
    double          folded;         /* losses of the step that no longer have a slot */
    gr_pass         last;           /* the last pass: its shapes are those of taps, and a failed step repeats it ... */
    bool            last_valid;     /* ... while the batch memory still holds its micro-batch */
};

/* Bytes of one element, of the parameter slab. */
static inline size_t gr_session_elem(const gr_session *s) { return s->enc.plan.o.elem; }
static inline size_t gr_session_slab(const gr_session *s) { return s->model->params.total * gr_session_elem(s); }

/* ---- session_batch.c ---- */

/* Work out the table rows of all offsets within the longest sequence. Before the plans, which need rel_rows. GR_E_NOMEM. */
gr_status gr_batch_store_offsets(gr_batch_store *st, const gr_session_opts *o, const gr_config *c, gr_err *err) GR_MUST_USE;

/* Lay out the store: its offsets and its size. The session takes the memory. rows: of the table whose rows may rest; 0: none.
 * GR_E_NOMEM when the sizes do not fit. */
gr_status gr_batch_store_plan(gr_batch_store *st, const gr_session_opts *o, size_t rows, gr_err *err) GR_MUST_USE;

/* Check a batch, send it to the device and describe it in *out. `labels`: it must have them; *labelled is then how many rows,
 * tokens or pairs carry one. GR_E_ARG names row and token. */
gr_status gr_session_load(gr_session *s, const gr_batch *b, bool train, bool labels, gr_pass *out, int64_t *labelled, gr_err *err) GR_MUST_USE;

/* ---- session_rows.c; every function does nothing in a session without a table whose rows rest ---- */

void gr_rows_begin(gr_session *s);    /* decide whether there is one */
/* Note the rows of a batch, before it is sent. True when some of them must be brought up to date by gr_rows_wake, once it is there. */
bool gr_rows_mark(gr_session *s, const gr_batch *b, bool train);
void gr_rows_wake(gr_session *s);
void gr_rows_norm(gr_session *s);     /* set the rows that sumsq is to visit */
void gr_rows_update(gr_session *s);   /* set the rows that adamw is to visit */
void gr_rows_done(gr_session *s, double lr); /* after adamw: rows at rest owe one more step's decay */
void gr_rows_settle(gr_session *s);   /* bring every row up to date */
void gr_rows_forget(gr_session *s);   /* all weights were replaced: nothing is owed */
/* Set the moments from host memory, with or without such a table. */
void gr_rows_restore(gr_session *s, const void *m, const void *v);

/* session_rope.c: make the tables of rotary positions for the longest sequence, on the device and in enc.rope. Does nothing for
 * other families. GR_E_NOMEM. */
gr_status gr_session_rope(gr_session *s, gr_err *err) GR_MUST_USE;

/* session_diag.c: after a step has failed, repeat the last micro-batch's forward and look at the gradients. Returns GR_E_NUMERIC
 * with the step, what was not finite and where that began. */
gr_status gr_session_explain(gr_session *s, double loss, double sumsq, gr_err *err);

/* session_state.c: the first n elements in s->host as doubles. */
void gr_session_to_double(const gr_session *s, double *out, size_t n);

#ifdef __cplusplus
}
#endif
#endif
