/* classes.h - what the further parts of the pipeline ask about one code point: regular expressions,
 * StripAccents, Digits, UnicodeScripts, grapheme clusters, compatibility decomposition and composition.
 *
 * Each part of the published library follows a Unicode of its own, so each has a bit of its own here
 * (gen/make_library_tables.py says how they were found out); what the BERT parts ask is in unicode.h. */
#ifndef GR_MODEL_TOKENIZER_CLASSES_H
#define GR_MODEL_TOKENIZER_CLASSES_H
#include <stddef.h>
#include <stdint.h>

#include "model/tokenizer/unicode.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of gr_uni_class_of; the order is that of FLAGS in the generator. */
enum {
    GR_CLASS_LETTER = 1 << 0,    /* \p{L} of its regular expressions             */
    GR_CLASS_NUMBER = 1 << 1,    /* \p{N} of its regular expressions             */
    GR_CLASS_NUMERIC = 1 << 2,   /* a digit to Digits                            */
    GR_CLASS_WORD = 1 << 3,      /* \w to Whitespace                             */
    GR_CLASS_COMBINING = 1 << 4, /* dropped by StripAccents                      */
    GR_CLASS_PICT = 1 << 5,      /* Extended_Pictographic                        */
    GR_CLASS_CONSONANT = 1 << 6, /* Indic_Conjunct_Break=Consonant               */
    GR_CLASS_LINKER = 1 << 7,    /* Indic_Conjunct_Break=Linker                  */
    GR_CLASS_SECOND = 1 << 8,    /* second of a pair that composes               */
    GR_CLASS_GRAPHEME_SHIFT = 12 /* gr_grapheme above                            */
};

/* Grapheme_Cluster_Break; the order is that of GRAPHEMES in the generator. */
typedef enum gr_grapheme {
    GR_GRAPHEME_OTHER, GR_GRAPHEME_CR, GR_GRAPHEME_LF, GR_GRAPHEME_CONTROL, GR_GRAPHEME_EXTEND, GR_GRAPHEME_ZWJ,
    GR_GRAPHEME_REGIONAL, GR_GRAPHEME_PREPEND, GR_GRAPHEME_SPACING, GR_GRAPHEME_L, GR_GRAPHEME_V, GR_GRAPHEME_T,
    GR_GRAPHEME_LV, GR_GRAPHEME_LVT
} gr_grapheme;

#define GR_SCRIPT_ANY 0u /* goes with every script: a blank, what is not assigned */
#define GR_UNI_COMPAT_MAX 18 /* code points in the longest compatibility decomposition */

extern const uint16_t gr_uni_class_index[];
extern const uint16_t gr_uni_class_block[];
extern const uint8_t  gr_uni_script_index[];
extern const uint8_t  gr_uni_script_block[];
extern const uint8_t  gr_uni_compat_index[];
extern const uint16_t gr_uni_compat_block[];
extern const uint32_t gr_uni_compat_pool[];
extern const uint32_t gr_uni_pairs[];
extern const size_t   gr_uni_n_pairs;

/* Every function takes cp < GR_UNI_LIMIT. */
static inline unsigned gr_uni_class_of(uint32_t cp)
{
    const size_t block = gr_uni_class_index[cp >> GR_UNI_BLOCK_SHIFT];

    return gr_uni_class_block[(block << GR_UNI_BLOCK_SHIFT) | (cp & ((1u << GR_UNI_BLOCK_SHIFT) - 1u))];
}

static inline gr_grapheme gr_uni_grapheme(unsigned class_of)
{
    return (gr_grapheme)(class_of >> GR_CLASS_GRAPHEME_SHIFT);
}

/* A number for the script of cp as UnicodeScripts parts them (Han, Hiragana and Katakana are one), or GR_SCRIPT_ANY. */
static inline unsigned gr_uni_script(uint32_t cp)
{
    return gr_uni_script_block[gr_uni_at(gr_uni_script_index, cp)];
}

/* Full compatibility decomposition of cp into out; returns how many code points, at least 1. */
size_t gr_uni_decompose_compat(uint32_t out[GR_UNI_COMPAT_MAX], uint32_t cp);

/* The primary composite of a and b (Hangul included), or 0 when they do not compose. */
uint32_t gr_uni_compose(uint32_t a, uint32_t b);

/* Length of the extended grapheme cluster (UAX 29) at the start of cp[0..n), n >= 1. `stride` is the
 * distance between code points in units of uint32_t. */
size_t gr_uni_cluster(const uint32_t *cp, size_t stride, size_t n);

#ifdef __cplusplus
}
#endif
#endif
