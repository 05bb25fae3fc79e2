/* blas.c - the only file that knows OpenBLAS. It is called for one tile at a time, on the thread that
 * asks and no other: our pool spreads the tiles. */
#include <cblas.h>

#include "model/backend/cpu/cpu.h"

void gr_cpu_openblas_prepare(void)
{
    openblas_set_num_threads(1);
}

/* Strides to the library's words: one stride of a matrix is 1, the other is its leading dimension. */
static CBLAS_TRANSPOSE layout(size_t row, size_t col, blasint *ld)
{
    *ld = (blasint)(col == 1 ? row : col);
    return col == 1 ? CblasNoTrans : CblasTrans;
}

static void tile(const gr_cpu_gemm *g, size_t i, size_t m, size_t j, size_t n)
{
    blasint lda, ldb;
    const CBLAS_TRANSPOSE ta = layout(g->a_row, g->a_col, &lda), tb = layout(g->b_row, g->b_col, &ldb);

    cblas_sgemm(CblasRowMajor, ta, tb, (blasint)m, (blasint)n, (blasint)g->k, 1.0f, g->a + i * g->a_row, lda,
                g->b + j * g->b_col, ldb, g->add ? 1.0f : 0.0f, g->c + i * g->ldc + j, (blasint)g->ldc);
}

const gr_cpu_provider gr_cpu_openblas = { .name = "openblas", .tile = tile };
