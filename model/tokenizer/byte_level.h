/* byte_level.h - the alphabet of byte-level vocabularies: each byte has a sign of its own. */
#ifndef GR_MODEL_TOKENIZER_BYTE_LEVEL_H
#define GR_MODEL_TOKENIZER_BYTE_LEVEL_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Printable Latin-1 stands for itself, the rest follow from U+0100 on. */
static inline uint32_t gr_byte_sign(unsigned b)
{
    if ((b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE) return b;
    return b <= ' ' ? 0x100 + b : b <= 0xA0 ? 0x100 + 33 + b - 0x7F : 0x100 + 33 + 34;
}

#ifdef __cplusplus
}
#endif
#endif
