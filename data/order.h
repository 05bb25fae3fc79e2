/* order.h - the orders that other programs give n rows for a seed, to the last index.
 *
 * PyTorch's randperm, NumPy's legacy RandomState (pandas, scikit-learn) and Generator over PCG64 (datasets), each
 * from its published algorithm. Indices are 32-bit: n is at most GR_ORDER_MAX. */
#ifndef GR_DATA_ORDER_H
#define GR_DATA_ORDER_H
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_order_kind {
    GR_ORDER_FILE,  /* 0..n-1                                                                          */
    GR_ORDER_TORCH, /* torch.randperm(n, generator=Generator().manual_seed(seed)) on a CPU             */
    GR_ORDER_NUMPY, /* numpy.random.RandomState(seed).permutation(n); seed below 2^32                  */
    GR_ORDER_PCG64, /* numpy.random.default_rng(seed).permutation(n)                                   */
    GR_ORDER_PHILOX /* glue-run's own: Fisher-Yates over Philox at site GR_RNG_SPLIT                    */
} gr_order_kind;

#define GR_ORDER_MAX ((size_t)1 << 31)

/* out[0..n) = the permutation. GR_E_ARG: n beyond GR_ORDER_MAX, or a seed that the kind does not take. */
gr_status gr_order_fill(uint32_t *out, size_t n, gr_order_kind kind, uint64_t seed, gr_err *err) GR_MUST_USE;

/* The training order of transformers' Trainer (SeedableRandomSampler as accelerate sets it) in epoch e: a torch
 * permutation for seed + e, where seed is data_seed when given and the run's seed otherwise. GR_E_ARG as above. */
gr_status gr_order_trainer(uint32_t *out, size_t n, uint64_t seed, int64_t epoch, gr_err *err) GR_MUST_USE;

/* Rows of the test part of scikit-learn's train_test_split: ceil(test_size * n), test_size in 0..1. The
 * permutation's first so many are the test rows, the others in their order the training rows. */
size_t gr_order_holdout(size_t n, double test_size);

const char   *gr_order_name(gr_order_kind k); /* "torch"; never NULL */

#ifdef __cplusplus
}
#endif
#endif
