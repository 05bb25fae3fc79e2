/* det_math.c - elementary functions from exactly rounded operations only; see det_math.h.
 *
 * Each function reduces its argument to a short interval and sums a series there: Taylor's where the
 * interval is short enough for it, a fitted polynomial for erf. Constants that must not round are kept
 * as a high part with trailing zero bits and the rest. */
#include "base/det_math.h"

#include <stdint.h>
#include <string.h>

#include "base/det_erf_table.h"

static const double infinity = 1e308 * 10.0;

static uint64_t bits_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static double from_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* 2^k for -1022 <= k <= 1023. */
static double power_of_two(int k)
{
    return from_bits((uint64_t)(k + 1023) << 52);
}

/* Nearest whole number of |x| < 2^51: adding 1.5 * 2^52 leaves no bits for a fraction. */
static double nearest(double x)
{
    const double shift = 6755399441055744.0;
    return (x + shift) - shift;
}

/* ---- exp and its kin ---- */

/* ln 2 = high + low; high has 21 trailing zero bits, so k * high is exact for |k| < 2^20 */
static const double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33, per_ln2 = 0x1.71547652b82fep+0;

/* x = k ln 2 + r + tail, |r| <= 0.347, for |x| < 2^20. */
static int reduce_exp(double x, double *r, double *tail)
{
    const double k = nearest(x * per_ln2);
    const double high = x - k * ln2_high, low = k * ln2_low;

    *r = high - low;
    *tail = (high - *r) - low;
    return (int)k;
}

/* e^r - 1 - r for |r| <= 0.36: r^2/2! + ... + r^15/15!; the next term is below 2^-67. */
static double exp_rest(double r)
{
    static const double per_factorial[] = { 1.0 / 1307674368000.0, 1.0 / 87178291200.0, 1.0 / 6227020800.0,
                                            1.0 / 479001600.0,     1.0 / 39916800.0,    1.0 / 3628800.0,
                                            1.0 / 362880.0,        1.0 / 40320.0,       1.0 / 5040.0,
                                            1.0 / 720.0,           1.0 / 120.0,         1.0 / 24.0,
                                            1.0 / 6.0,             0.5 };
    double p = per_factorial[0];

    for (unsigned i = 1; i < sizeof per_factorial / sizeof *per_factorial; i++) p = p * r + per_factorial[i];
    return p * r * r;
}

double gr_det_exp(double x)
{
    double r, tail, y;
    int k;

    if (x != x) return x;
    if (x > 709.79) return infinity;
    if (x < -745.14) return 0.0;
    k = reduce_exp(x, &r, &tail);
    y = 1.0 + (r + (exp_rest(r) + tail));
    if (k > 1023) return y * power_of_two(1023) * 2.0; /* k is 1024 here */
    if (k < -1022) return y * power_of_two(k + 200) * power_of_two(-200); /* rounds once, into a subnormal */
    return y * power_of_two(k);
}

double gr_det_expm1(double x)
{
    double r, tail, p, scale;
    int k;

    if (x != x) return x;
    if (x > 709.79) return infinity;
    if (x < -40.0) return -1.0;
    if (x > 40.0) return gr_det_exp(x) - 1.0;
    k = reduce_exp(x, &r, &tail);
    p = r + (exp_rest(r) + tail); /* e^r - 1 */
    if (k == 0) return p;
    scale = power_of_two(k);
    /* 2^k (1 + p) - 1, the large parts first: 2^k - 1 is exact where |k| <= 53 */
    return k > 0 && k <= 53 ? (scale - 1.0) + scale * p : scale * p + (scale - 1.0);
}

double gr_det_tanh(double x)
{
    const double a = x < 0 ? -x : x;
    double e, t;

    if (x != x || a < 0x1p-28) return x; /* x^3/3 is below half a unit */
    if (a > 22.0) return x < 0 ? -1.0 : 1.0;
    e = gr_det_expm1(2.0 * a);
    t = a < 1.0 ? e / (e + 2.0) : 1.0 - 2.0 / (e + 2.0);
    return x < 0 ? -t : t;
}

/* ---- log ---- */

/* 2/3 s^2 + 2/5 s^4 + ... + 2/23 s^22 of log((1+s)/(1-s)) = 2s + s * this, |s| <= 0.172 (z = s^2). */
static double log_rest(double z)
{
    static const double c[] = { 2.0 / 23.0, 2.0 / 21.0, 2.0 / 19.0, 2.0 / 17.0, 2.0 / 15.0, 2.0 / 13.0,
                                2.0 / 11.0, 2.0 / 9.0,  2.0 / 7.0,  2.0 / 5.0,  2.0 / 3.0 };
    double p = c[0];

    for (unsigned i = 1; i < sizeof c / sizeof *c; i++) p = p * z + c[i];
    return p * z;
}

double gr_det_log(double x)
{
    const double root_half = 0x1.6a09e667f3bcdp-1;
    double f, s, half_square, rest;
    uint64_t u;
    int k = 0;

    if (x != x || x == infinity) return x;
    if (x < 0) return infinity - infinity;
    if (x == 0) return -infinity;
    if (x < 0x1p-1022) { /* a subnormal */
        x *= 0x1p54;
        k = -54;
    }
    u = bits_of(x);
    k += (int)(u >> 52) - 1022;
    x = from_bits((u & UINT64_C(0x000FFFFFFFFFFFFF)) | UINT64_C(0x3FE0000000000000)); /* [1/2, 1) */
    if (x < root_half) {
        x += x;
        k--;
    }
    /* log(1+f) = f - f^2/2 + s (f^2/2 + rest), s = f/(2+f): the exact f leads, so errors stay small beside it */
    f = x - 1.0;
    s = f / (2.0 + f);
    half_square = 0.5 * f * f;
    rest = s * (half_square + log_rest(s * s));
    return k * ln2_high - ((half_square - (rest + k * ln2_low)) - f);
}

/* ---- sin and cos ---- */

/* x = n pi/2 + r + tail, |r| <= 0.786; returns n mod 4. pi/2 in three parts of 33 bits and a rest: n times a
 * part is exact for n < 2^20. */
static int reduce_quarter(double x, double *r, double *tail)
{
    const double a = 0x1.921fb544p+0, b = 0x1.0b4611a6p-34, c = 0x1.3198a2e0p-69, d = 0x1.b839a252049c1p-104;
    const double n = nearest(x * 0x1.45f306dc9c883p-1);
    double high, low, sum, quarter;

    high = x - n * a;           /* exact: neighbours (Sterbenz) */
    sum = high - n * b;
    low = (high - sum) - n * b; /* what that rounded away */
    high = sum;
    low -= n * c + n * d;
    *r = high + low;
    *tail = (high - *r) + low;
    quarter = n - 4.0 * nearest(n * 0.25);
    return (int)quarter & 3;
}

/* sin(r + tail) and cos(r + tail) for |r| <= 0.79: terms to r^19/19! and r^18/18!, the next ones below 2^-63. */
static double sin_short(double r, double tail)
{
    static const double c[] = { -1.0 / 121645100408832000.0, 1.0 / 355687428096000.0, -1.0 / 1307674368000.0,
                                1.0 / 6227020800.0,          -1.0 / 39916800.0,       1.0 / 362880.0,
                                -1.0 / 5040.0,               1.0 / 120.0,             -1.0 / 6.0 };
    const double z = r * r;
    double p = c[0];

    for (unsigned i = 1; i < sizeof c / sizeof *c; i++) p = p * z + c[i];
    return r + (r * z * p + tail * (1.0 - 0.5 * z));
}

static double cos_short(double r, double tail)
{
    static const double c[] = { -1.0 / 6402373705728000.0, 1.0 / 20922789888000.0, -1.0 / 87178291200.0,
                                1.0 / 479001600.0,         -1.0 / 3628800.0,       1.0 / 40320.0,
                                -1.0 / 720.0,              1.0 / 24.0 };
    const double z = r * r, half = 0.5 * z, lead = 1.0 - half;
    double p = c[0];

    for (unsigned i = 1; i < sizeof c / sizeof *c; i++) p = p * z + c[i];
    return lead + (((1.0 - lead) - half) + (z * z * p - r * tail)); /* the bracket is what lead rounded away */
}

static double circular(double x, int shift)
{
    double r, tail, y;
    int q;

    if (x != x || x - x != 0.0) return infinity - infinity;
    if (x > 0x1p50 || x < -0x1p50) { /* take whole turns off by long division of doubles: halving steps, each exact */
        const double turn = 0x1.921fb54442d18p+2, a = x < 0 ? -x : x;
        double rest = a, step = turn;

        while (step <= a * 0.5) step *= 2.0;
        for (; step >= turn; step *= 0.5)
            if (rest >= step) rest -= step;
        x = x < 0 ? -rest : rest;
    }
    q = (reduce_quarter(x, &r, &tail) + shift) & 3;
    y = q & 1 ? cos_short(r, tail) : sin_short(r, tail);
    return q & 2 ? -y : y;
}

double gr_det_sin(double x)
{
    return x == 0.0 ? x : circular(x, 0);
}

double gr_det_cos(double x)
{
    return circular(x, 1);
}

/* ---- erf ---- */

double gr_det_erf(double x)
{
    const double a = x < 0 ? -x : x;
    const double *c;
    double p, t, y;
    int k;

    if (x != x) return x;
    if (a < ERF_SPLIT) {
        const double z = x * x;

        p = erf_near[ERF_NEAR - 1];
        for (int i = ERF_NEAR - 2; i >= 0; i--) p = p * z + erf_near[i];
        return x + x * p;
    }
    if (a >= 6.0) return x < 0 ? -1.0 : 1.0; /* 1 - erf(6) is 2e-17 */
    t = (a - ERF_SPLIT) / ERF_WIDTH;
    k = (int)t;
    t -= k + 0.5;
    c = erf_far[k];
    y = c[ERF_FAR - 1];
    for (int i = ERF_FAR - 2; i >= 0; i--) y = y * t + c[i];
    return x < 0 ? -y : y;
}
