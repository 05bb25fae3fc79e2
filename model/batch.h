/* batch.h - a packed batch on the host: sequences laid end to end, no padding. Filled by the harness,
 * read by a session. All arrays belong to whoever fills it. */
#ifndef GR_MODEL_BATCH_H
#define GR_MODEL_BATCH_H
#include <stdint.h>

enum { GR_LABEL_IGNORE = -100 };

typedef struct gr_batch {
    int32_t         n_tokens;     /* T */
    int32_t         n_rows;       /* B */
    const int32_t  *ids;          /* [T]     */
    const int32_t  *type_ids;     /* [T], NULL: all 0 */
    const int32_t  *cu_seqlens;   /* [B + 1], first 0, last T */
    const uint32_t *slots;        /* [B] the row's number in the whole batch of the optimiser step: a key of dropout */
    /* Labels, by head kind; NULL when there are none. */
    const int32_t  *classes;      /* [B] class; or [T] for token heads, GR_LABEL_IGNORE = no label */
    const double   *values;       /* [B] regression target; [B / 2] for embed pairs (rows 2i, 2i+1) */
} gr_batch;

#endif
