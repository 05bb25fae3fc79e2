/* unicode.c - see unicode.h. Decomposition: Hangul by arithmetic (Unicode 3.12), the rest by table. */
#include "model/tokenizer/unicode.h"

enum { L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11A7, S_BASE = 0xAC00, V_COUNT = 21, T_COUNT = 28, S_COUNT = 11172 };

size_t gr_uni_decompose(uint32_t out[GR_UNI_DECOMP_MAX], uint32_t cp)
{
    const uint32_t s = cp - S_BASE;
    const uint32_t *entry;

    if (s < S_COUNT) {
        out[0] = L_BASE + s / (V_COUNT * T_COUNT);
        out[1] = V_BASE + s % (V_COUNT * T_COUNT) / T_COUNT;
        out[2] = T_BASE + s % T_COUNT;
        return s % T_COUNT ? 3 : 2;
    }
    entry = &gr_uni_decomp_pool[gr_uni_decomp_block[gr_uni_at(gr_uni_decomp_index, cp)]];
    if (entry[0] == 0) {
        out[0] = cp;
        return 1;
    }
    for (size_t i = 0; i < entry[0]; i++) out[i] = entry[1 + i];
    return entry[0];
}
