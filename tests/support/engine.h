/* engine.h - for tests of the engine: batches built row by row, tiny models, tensors as doubles. */
#ifndef GR_TESTS_SUPPORT_ENGINE_H
#define GR_TESTS_SUPPORT_ENGINE_H
#include "model/batch.h"
#include "model/safetensors.h"
#include "model/session.h"
#include "model/weights.h"
#include "tests/support/test.h"

enum { GR_TB_TOKENS = 8192, GR_TB_ROWS = 256 };

/* A batch that owns its arrays (large: keep it off the stack). */
typedef struct gr_tb {
    gr_batch b;
    int32_t  ids[GR_TB_TOKENS], types[GR_TB_TOKENS], classes[GR_TB_TOKENS], cu[GR_TB_ROWS + 1];
    uint32_t slots[GR_TB_ROWS];
    double   values[GR_TB_ROWS];
} gr_tb;

gr_tb *gr_tb_new(void); /* free() it; never NULL */
void   gr_tb_clear(gr_tb *t);
/* Append a sequence; types NULL: zeros. Returns the number of its first token. Labels are the caller's to set. */
int32_t gr_tb_row(gr_tb *t, const int32_t *ids, const int32_t *types, int32_t n, uint32_t slot);
/* Append row r of `from`, with its labels as a head of this kind has them (pairs: call for even and odd rows in turn). */
void gr_tb_copy_row(gr_tb *t, const gr_tb *from, int32_t r, gr_head_kind kind);

/* A tensor of a file as doubles or whole numbers; free() it. Fails the test when it is absent. */
double  *gr_tensor_f64(const gr_st *st, const char *name, size_t *n);
int64_t *gr_tensor_i64(const gr_st *st, const char *name, size_t *n);

/* A fresh tiny model of a family: 2 layers of the given width, the given dropout, every tensor random (no zero bias, no unit gain). */
typedef struct gr_tiny {
    int32_t      hidden, heads, layers, inter, vocab, positions;
    double       dropout;
    const char  *act; /* "gelu" ... */
    const char  *family; /* model_type, or one of gr_tiny_families with another configuration ("deberta-v2/own-keys") */
    gr_head_spec head;
    int          elem;
} gr_tiny;
/* Every family and the variants that change its passes; BERT first; ends with NULL. */
extern const char *const gr_tiny_families[];
gr_tiny   gr_tiny_default(gr_head_kind kind, const char *device);
gr_model *gr_tiny_model(const gr_tiny *t, uint64_t seed);
/* A random batch for it, lengths as given, with labels of the head's kind (a quarter of the tokens ignored). */
gr_tb    *gr_tiny_batch(const gr_tiny *t, const int32_t *lengths, int32_t rows, uint64_t seed);
/* Labelled rows, tokens or pairs: the normaliser of one step. */
double    gr_tb_labelled(const gr_tb *t, gr_head_kind kind);

/* Options that fit any batch of a tiny model; change what the test is about. */
gr_session_opts gr_session_opts_for_test(const char *device, const gr_model *m);
/* The optimiser's state as one block of gr_session_state_bytes, and its step. */
gr_status gr_state_get(gr_session *s, void *out, int64_t *step, gr_err *err) GR_MUST_USE;
gr_status gr_state_set(gr_session *s, const void *in, int64_t step, gr_err *err) GR_MUST_USE;
/* Element i of a host slab of the model's element size. */
double gr_elem_at(const void *slab, int elem, size_t i);

#endif
