/* safetensors_convert.c - element types of safetensors files, and their values as double, float and int64.
 * Bytes in the file are little-endian and not aligned: each element is put together from its bytes. */
#include <math.h>
#include <string.h>

#include "model/safetensors.h"
#include "model/safetensors_types.h"

static const struct {
    const char *name;
    gr_dtype    type;
    size_t      bits;
} types[] = {
    { "F64", GR_DT_F64, 64 },         { "F32", GR_DT_F32, 32 },         { "F16", GR_DT_F16, 16 },
    { "BF16", GR_DT_BF16, 16 },       { "I64", GR_DT_I64, 64 },         { "I32", GR_DT_I32, 32 },
    { "I16", GR_DT_I16, 16 },         { "I8", GR_DT_I8, 8 },            { "U8", GR_DT_U8, 8 },
    { "BOOL", GR_DT_BOOL, 8 },        { "U64", GR_DT_OTHER, 64 },       { "U32", GR_DT_OTHER, 32 },
    { "U16", GR_DT_OTHER, 16 },       { "C64", GR_DT_OTHER, 64 },       { "F8_E4M3", GR_DT_OTHER, 8 },
    { "F8_E5M2", GR_DT_OTHER, 8 },    { "F8_E8M0", GR_DT_OTHER, 8 },    { "F6_E2M3", GR_DT_OTHER, 6 },
    { "F6_E3M2", GR_DT_OTHER, 6 },    { "F4", GR_DT_OTHER, 4 },
};

size_t gr_st_type_bits(gr_dtype *out, const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, name) != 0) continue;
        *out = types[i].type;
        return types[i].bits;
    }
    return 0;
}

const char *gr_st_type_name(gr_dtype t)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == t && t != GR_DT_OTHER) return types[i].name;
    return NULL;
}

size_t gr_dtype_size(gr_dtype t)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == t && t != GR_DT_OTHER) return types[i].bits / 8;
    return 0;
}

bool gr_st_native(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 1;
}

static uint64_t load_bytes(const unsigned char *p, size_t n)
{
    uint64_t x = 0;

    for (size_t i = n; i-- > 0;) x = x << 8 | p[i];
    return x;
}

/* IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction. */
static double half_value(uint16_t h)
{
    const int e = h >> 10 & 31, f = h & 1023;
    double x;

    if (e == 31) x = f ? (double)NAN : (double)INFINITY;
    else x = e ? ldexp(1024 + f, e - 25) : ldexp(f, -24);
    return h & 0x8000 ? -x : x;
}

static float float_value(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static double value_at(const gr_st_tensor *t, size_t i, size_t size)
{
    const uint64_t bits = load_bytes(t->data + i * size, size);
    double x;

    switch (t->dtype) {
    case GR_DT_F64: memcpy(&x, &bits, sizeof x); return x;
    case GR_DT_F32: return (double)float_value((uint32_t)bits);
    case GR_DT_F16: return half_value((uint16_t)bits);
    case GR_DT_BF16: return (double)float_value((uint32_t)bits << 16);
    case GR_DT_I64: return (double)(int64_t)bits;
    case GR_DT_I32: return (double)(int32_t)(uint32_t)bits;
    case GR_DT_I16: return (double)(int16_t)(uint16_t)bits;
    case GR_DT_I8: return (double)(int8_t)(uint8_t)bits;
    case GR_DT_U8: return (double)bits;
    case GR_DT_BOOL: return bits ? 1.0 : 0.0;
    case GR_DT_OTHER: break;
    }
    return (double)NAN;
}

static gr_status known_type(size_t *size, const gr_st_tensor *t, gr_err *err)
{
    *size = gr_dtype_size(t->dtype);
    if (*size == 0) return gr_fail(err, GR_E_UNSUPPORTED, "tensor '%s': values of its type are not read", t->name);
    return GR_OK;
}

gr_status gr_st_to_f64(double *out, const gr_st_tensor *t, gr_err *err)
{
    size_t size;

    GR_TRY(known_type(&size, t, err));
    for (size_t i = 0; i < t->count; i++) out[i] = value_at(t, i, size);
    return GR_OK;
}

gr_status gr_st_to_f32(float *out, const gr_st_tensor *t, gr_err *err)
{
    size_t size;

    GR_TRY(known_type(&size, t, err));
    if (t->dtype == GR_DT_F32 && gr_st_native()) {
        if (t->bytes) memcpy(out, t->data, t->bytes);
        return GR_OK;
    }
    if (t->dtype == GR_DT_F32) {
        for (size_t i = 0; i < t->count; i++) out[i] = float_value((uint32_t)load_bytes(t->data + 4 * i, 4));
        return GR_OK;
    }
    for (size_t i = 0; i < t->count; i++) out[i] = (float)value_at(t, i, size);
    return GR_OK;
}

gr_status gr_st_to_i64(int64_t *out, const gr_st_tensor *t, gr_err *err)
{
    size_t size;

    GR_TRY(known_type(&size, t, err));
    for (size_t i = 0; i < t->count; i++) {
        const double x = value_at(t, i, size);

        if (t->dtype == GR_DT_I64) {
            out[i] = (int64_t)load_bytes(t->data + 8 * i, 8);
            continue;
        }
        if (!(x >= -9007199254740992.0 && x <= 9007199254740992.0) || x != (double)(int64_t)x)
            return gr_fail(err, GR_E_UNSUPPORTED, "tensor '%s': element %zu is not a whole number", t->name, i);
        out[i] = (int64_t)x;
    }
    return GR_OK;
}
