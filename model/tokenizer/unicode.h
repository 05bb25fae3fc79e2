/* unicode.h - what the tokenizers ask about one code point, from the generated tables.
 *
 * The tables answer as the published BERT normalizer does, whose Unicode is older than today's:
 * gen/make_unicode_tables.py says where they come from. Two stages: a block number for each 128 code
 * points, then the value within the block. */
#ifndef GR_MODEL_TOKENIZER_UNICODE_H
#define GR_MODEL_TOKENIZER_UNICODE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of gr_uni_prop; the order is that of FLAGS in the generator. */
enum {
    GR_UNI_REMOVED = 1 << 0, /* control, format, private use, U+FFFD: clean_text drops it          */
    GR_UNI_SPACE = 1 << 1,   /* clean_text makes it U+0020                                         */
    GR_UNI_CJK = 1 << 2,     /* ideograph: padded with blanks                                      */
    GR_UNI_PUNCT = 1 << 3,   /* category P, or a printable ASCII sign                              */
    GR_UNI_WHITE = 1 << 4,   /* White_Space                                                        */
    GR_UNI_MARK = 1 << 5,    /* category Mn: strip_accents drops it                                */
    GR_UNI_WORD = 1 << 6,    /* \w of a regular expression: Alphabetic, M, Nd, Pc, Join_Control    */
    GR_UNI_LOWER = 1 << 7,   /* has a lower-case mapping                                           */
    GR_UNI_DECOMP = 1 << 8,  /* has a canonical decomposition (Hangul syllables apart)             */
    GR_UNI_CLASS_SHIFT = 9   /* index into gr_uni_class of the canonical combining class, 0 = none */
};

#define GR_UNI_LIMIT 0x110000u
#define GR_UNI_BLOCK_SHIFT 7
#define GR_UNI_I_DOT 0x130u     /* U+0130, the one code point whose lower case is two: i, U+0307 */
#define GR_UNI_DOT_ABOVE 0x307u
#define GR_UNI_DECOMP_MAX 4     /* code points in the longest full decomposition */

extern const uint8_t  gr_uni_prop_index[];
extern const uint16_t gr_uni_prop_block[];
extern const uint8_t  gr_uni_lower_index[];
extern const uint8_t  gr_uni_lower_block[];
extern const uint8_t  gr_uni_decomp_index[];
extern const uint16_t gr_uni_decomp_block[];
extern const int32_t  gr_uni_lower_delta[];
extern const uint32_t gr_uni_decomp_pool[];
extern const uint8_t  gr_uni_class[];

static inline size_t gr_uni_at(const uint8_t *index, uint32_t cp)
{
    return ((size_t)index[cp >> GR_UNI_BLOCK_SHIFT] << GR_UNI_BLOCK_SHIFT) | (cp & ((1u << GR_UNI_BLOCK_SHIFT) - 1u));
}

/* Every function takes cp < GR_UNI_LIMIT. */
static inline unsigned gr_uni_prop(uint32_t cp)
{
    return gr_uni_prop_block[gr_uni_at(gr_uni_prop_index, cp)];
}

/* Canonical combining class; 0 is a starter. */
static inline unsigned gr_uni_ccc(unsigned prop)
{
    return gr_uni_class[prop >> GR_UNI_CLASS_SHIFT];
}

/* First code point of the lower-case mapping; cp itself when it has none. */
static inline uint32_t gr_uni_lower(uint32_t cp)
{
    return (uint32_t)((int32_t)cp + gr_uni_lower_delta[gr_uni_lower_block[gr_uni_at(gr_uni_lower_index, cp)]]);
}

/* Full canonical decomposition of cp into out; returns how many code points, 1 (cp itself) when it
 * has none. */
size_t gr_uni_decompose(uint32_t out[GR_UNI_DECOMP_MAX], uint32_t cp);

#ifdef __cplusplus
}
#endif
#endif
