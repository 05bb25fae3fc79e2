/* cpu_pack_test.c - operands of a product on their way to the tiles, of each set of kernels: every stride form, shapes around
 * what a panel and a vector hold, rounded or not; each element where the contract of kernels.h puts it, and nothing behind the slack. */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#include "model/backend/cpu/isa.h"
#include "model/precision.h"

static const char *const names[] = { "plain", "exact", "avx2", "avx512", "avx512bf16" };
static const size_t terms[] = { 1, 2, 3, 4, 7, 15, 16, 17, 18, 33, 65, GR_CPU_PART_K - 1, GR_CPU_PART_K };
enum { MOST = 130, TERMS = GR_CPU_PART_K, GUARD = 32, MARK = 0x12345678 };

/* Special values among ordinary ones: ties both ways, infinities, what rounds to one, subnormals, NaN */
static float value(size_t i)
{
    static const uint32_t special[] = { 0x3F808000u, 0x3F818000u, 0x7F7FFFFFu, 0x7F800000u, 0xFF800000u, 0x00008001u, 0x80000000u, 0x007FFFFFu,
                                        0x7F800001u, 0x7FFFFFFFu, 0xFF80FFFFu };
    float x = (float)(i * 2654435761u % 20011u) / 10007.0f - 1.0f;

    if (i % 5 == 3) memcpy(&x, &special[i / 5 % (sizeof special / sizeof *special)], sizeof x);
    return x;
}

static uint32_t bits_of(float x)
{
    uint32_t u;

    memcpy(&u, &x, sizeof u);
    return u;
}

/* A NaN need only be one; the test's values have no other whose sign or payload could be lost. */
static bool same(float got, float want) { return isnan(want) ? isnan(got) : bits_of(got) == bits_of(want); }

typedef struct shape {
    const gr_cpu_kernels *kern;
    bool   bf16, pairs;
    size_t row, col, m, k, width; /* element (i, kk) of the source at i row + kk col; panels of `width` */
} shape;

/* A pair has zeros in the place of subnormal numbers, as its product has. */
static float element(const float *src, const shape *s, size_t i, size_t kk)
{
    const float x = i < s->m && kk < s->k ? src[i * s->row + kk * s->col] : 0.0f;

    if (s->pairs && fpclassify(x) == FP_SUBNORMAL) return copysignf(0.0f, x);
    return s->bf16 ? gr_bf16_round(x) : x;
}

/* Line kk of column i of a panel, of pairs the even term low */
static bool line_is(const float *got, const float *src, const shape *s, size_t i, size_t kk)
{
    const size_t other = s->bf16 && !s->pairs && (kk ^ 1) < s->k ? kk ^ 1 : kk;
    const uint32_t pair = bits_of(*got);
    float even, odd;

    if (!s->pairs) return same(*got, element(src, s, i, other));
    memcpy(&even, &(uint32_t){ pair << 16 }, sizeof even);
    memcpy(&odd, &(uint32_t){ pair & 0xFFFF0000u }, sizeof odd);
    return same(even, element(src, s, i, 2 * kk)) && same(odd, element(src, s, i, 2 * kk + 1));
}

static size_t panels_of(const shape *s) { return (s->m + s->width - 1) / s->width; }
static size_t room_of(const shape *s) { return panels_of(s) * s->width * gr_cpu_lines(s->kern, s->bf16, s->k) + GR_CPU_PACK_SLACK; }

/* Where the source begins whose last element is the last of the n numbers at src: what is read behind it is nobody's. */
static const float *source(const float *src, size_t n, const shape *s) { return src + n - ((s->m - 1) * s->row + (s->k - 1) * s->col + 1); }

static void check(const char *what, const float *dst, const float *src, const shape *s)
{
    const size_t panels = panels_of(s), lines = gr_cpu_lines(s->kern, s->bf16, s->k), room = room_of(s);

    for (size_t p = 0; p < panels; p++)
        for (size_t kk = 0; kk < lines; kk++)
            for (size_t i = 0; i < s->width; i++)
                if (!line_is(dst + (p * lines + kk) * s->width + i, src, s, p * s->width + i, kk)) {
                    gr_case_fail(what, "%s bf16 %d, %zu x %zu, strides %zu and %zu: panel %zu, line %zu, column %zu\n", s->kern->name, s->bf16, s->m,
                                 s->k, s->row, s->col, p, kk, i);
                    return;
                }
    for (size_t i = 0; i < GUARD; i++)
        if (bits_of(dst[room + i]) != MARK) {
            gr_case_fail(what, "%s bf16 %d, %zu x %zu: written behind the slack\n", s->kern->name, s->bf16, s->m, s->k);
            return;
        }
    gr_case_pass(what);
}

static void clear(float *dst, size_t n)
{
    for (size_t i = 0; i < n; i++) memcpy(dst + i, &(uint32_t){ MARK }, sizeof *dst);
}

/* Floats of all panels of MOST rows or columns of the widest set, and what lies behind them */
static size_t n_packed(void) { return (size_t)MOST * 2 * TERMS + GR_CPU_PACK_SLACK + GUARD; }

/* Rows of terms, columns of terms, and neither; of a and of b, whose strides change places */
static void pack(const gr_cpu_kernels *kern, bool bf16, size_t m, size_t k, float *dst, const float *src, size_t n_src)
{
    const size_t strides[][2] = { { k + 1, 1 }, { 1, m + 3 }, { 2, 2 * m + 1 } };

    for (size_t f = 0; f < 3; f++) {
        shape s = { kern, bf16, kern->line_terms[bf16] == 2, strides[f][0], strides[f][1], m, k, kern->mr };
        const float *from = source(src, n_src, &s);

        clear(dst, room_of(&s) + GUARD);
        kern->pack_a[bf16](dst, from, s.row, s.col, m, k);
        check("a", dst, from, &s);
        s.width = kern->nr;
        clear(dst, room_of(&s) + GUARD);
        kern->pack_b[bf16](dst, from, s.col, s.row, k, m);
        check("b", dst, from, &s);
    }
}

/* Between rows, and behind the last, nothing is written. */
static void lay(const gr_cpu_kernels *kern, bool bf16, size_t m, size_t k, float *dst, const float *src, size_t n_src)
{
    const size_t row = k + 2, lines = gr_cpu_lines(kern, bf16, k);
    const shape s = { kern, bf16, kern->line_terms[bf16] == 2, row, 1, m, k, kern->mr };
    const float *from = source(src, n_src, &s);

    clear(dst, m * GR_CPU_ROW);
    kern->lay_rows[bf16](dst, from, row, m, k);
    for (size_t i = 0; i < m; i++)
        for (size_t kk = 0; kk < GR_CPU_ROW; kk++) {
            const float got = dst[i * GR_CPU_ROW + kk];

            if (kk < lines ? line_is(&got, from, &s, i, kk) : bits_of(got) == MARK) continue;
            gr_case_fail("rows", "%s bf16 %d, %zu x %zu: row %zu, line %zu\n", kern->name, bf16, m, k, i, kk);
            return;
        }
    gr_case_pass("rows");
}

static void operands_lie_where_tiles_look(void **state)
{
    const size_t n_src = (size_t)4 * MOST * TERMS, n_dst = n_packed();
    size_t found = 0;
    float *src = malloc(n_src * sizeof *src), *dst = malloc(n_dst * sizeof *dst);

    (void)state;
    assert_true(src && dst);
    for (size_t i = 0; i < n_src; i++) src[i] = value(i);
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        const gr_cpu_kernels *kern = gr_cpu_isa_find(names[n]);

        if (!kern) {
            gr_case_skip(names[n], "this processor has not the instructions");
            continue;
        }
        found++;
        for (size_t t = 0; t < sizeof terms / sizeof *terms; t++)
            for (size_t m = 1; m <= MOST; m += m < 2 * kern->nr + 2 ? 1 : 17) {
                pack(kern, false, m, terms[t], dst, src, n_src);
                pack(kern, true, m, terms[t], dst, src, n_src);
                for (int bf16 = 0; bf16 < 2 && m <= kern->mr; bf16++) lay(kern, bf16, m, terms[t], dst, src, n_src);
            }
    }
    gr_cases_done("packed operands", found * 6100); /* the smallest sets have 6162 */
    free(src);
    free(dst);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(operands_lie_where_tiles_look) };

    return gr_test_main(tests);
}
