/* golden_model.h - one folder of golden models as a case: the model, its batch, its micro-batches, its sessions. For the tests that hold
 * the engine to those files; what is compared, and how closely, is theirs. */
#ifndef GR_TESTS_SUPPORT_GOLDEN_MODEL_H
#define GR_TESTS_SUPPORT_GOLDEN_MODEL_H
#include "base/fs.h"
#include "base/json.h"
#include "tests/support/engine.h"

enum { GR_GM_MICRO = 64 };

typedef struct gr_gm {
    char         dir[GR_PATH_MAX], name[256]; /* name: folder and device */
    const char  *device;
    gr_st       *cs;    /* case.safetensors */
    gr_json     *adamw; /* adamw.json       */
    gr_model    *model; /* with what the case freezes frozen */
    gr_head_kind kind;
    gr_tb       *whole; /* of pairs the even and the odd rows */
    gr_tb       *micro[GR_GM_MICRO];
    int32_t      n_micro; /* 0: the step is the whole batch */
} gr_gm;

/* Fails the test where a file cannot be read. False, and a case that failed by name, where this build has no such family or head. Close it either way. */
bool gr_gm_open(gr_gm *g, const char *root, const char *folder, const char *device);
void gr_gm_close(gr_gm *g);

/* Another file of the folder */
gr_st *gr_gm_file(const gr_gm *g, const char *file);

/* How a session computes: as a program does; with every hidden state kept, of every token; layers once more in backward. */
typedef enum gr_gm_mode { GR_GM_PLAIN, GR_GM_TAPS, GR_GM_RECOMPUTE, GR_GM_MODES } gr_gm_mode;
gr_session *gr_gm_session(const gr_gm *g, gr_gm_mode how, gr_precision precision);

/* The step's micro-batches; returns the sum of their shares of the loss. */
double gr_gm_accumulate(const gr_gm *g, gr_session *s);

/* Golden tensor `name` without its padding, n elements; free() it. (rows, width, cols): the tokens of rows first, first + stride, ... of the
 * batch, end to end; any other shape as it is. */
double *gr_gm_golden(const gr_gm *g, const char *name, int32_t first, int32_t stride, size_t *n);
/* The same rows of what a session gave: (T, cols) if per_token, else (B, cols); free() it. */
double *gr_gm_rows(const gr_gm *g, const double *x, int32_t cols, bool per_token, int32_t first, int32_t stride, size_t *n);

/* Elements of one parameter in a host slab; free() them. */
double *gr_gm_slice(const gr_gm *g, const void *slab, const gr_param *p);
/* The largest absolute value in all tensors of a file */
double gr_gm_largest(const gr_st *st);

/* Calls visit for each folder with a case.safetensors under <set>/models. */
void gr_gm_each(const char *set, void (*visit)(const char *root, const char *folder, const void *arg), const void *arg);

#endif
