/* special.c - see special.h. Each function names its source; all keep about 1e-14 relative over the
 * range that samples reach (degrees of freedom to 1e6). */
#include "metrics/special.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

static const double pi = 3.14159265358979323846;

/* Start: Abramowitz & Stegun 26.2.23 (error 4.5e-4); then Halley's steps on the tail itself, each of
 * which cubes the error, so that four are more than enough. */
double gr_normal_upper(double q)
{
    const bool low = q > 0.5;
    const double p = low ? 1.0 - q : q;
    double t, z;

    if (!(q >= 0.0 && q <= 1.0)) return NAN;
    if (p == 0.0) return low ? -INFINITY : INFINITY;
    if (p == 0.5) return 0.0;
    t = sqrt(-2.0 * log(p));
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int i = 0; i < 4; i++) {
        /* f = tail(z) / p - 1; f' = -pdf(z) / p; f'' / f' = -z */
        const double tail = 0.5 * erfc(z / sqrt(2.0)), pdf = exp(-0.5 * z * z) / sqrt(2.0 * pi);
        const double step = (tail - p) / pdf;
        z += step / (1.0 - 0.5 * z * step);
    }
    return low ? -z : z;
}

double gr_chi2_upper_1(double x)
{
    return x <= 0.0 ? 1.0 : erfc(sqrt(0.5 * x));
}

/* ln Gamma(x) - [(x - 1/2) ln x - x + ln(2 pi) / 2], x >= 16: Stirling's series, next term below 1e-17. */
static double stirling_rest(double x)
{
    const double r = 1.0 / (x * x);

    return (1.0 / 12 + r * (-1.0 / 360 + r * (1.0 / 1260 + r * (-1.0 / 1680 + r * (1.0 / 1188 - r * (691.0 / 360360)))))) / x;
}

/* Both arguments are first moved up past 16 by B(a, b) = B(a + 1, b) (a + b) / a; then the large parts
 * of the three gamma functions are taken together, so that none of them cancels (as R's lbeta does). */
double gr_log_beta(double a, double b)
{
    double lead = 1.0, p, q;

    for (; a < 16.0; a += 1.0) lead *= (a + b) / a;
    for (; b < 16.0; b += 1.0) lead *= (a + b) / b;
    p = fmin(a, b);
    q = fmax(a, b);
    return log(lead) - 0.5 * log(q) + 0.5 * log(2.0 * pi) + (stirling_rest(p) + stirling_rest(q) - stirling_rest(p + q)) +
           (p - 0.5) * log(p / (p + q)) + q * log1p(-p / (p + q));
}

/* The continued fraction of DLMF 8.17.22 by Lentz's method; converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = DBL_MIN / DBL_EPSILON;
    double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0), h;

    if (fabs(d) < tiny) d = tiny;
    d = 1.0 / d;
    h = d;
    for (int m = 1; m <= 20000; m++) {
        const double k = m, even = k * (b - k) * x / ((a + 2.0 * k - 1.0) * (a + 2.0 * k));
        const double odd = -(a + k) * (a + b + k) * x / ((a + 2.0 * k) * (a + 2.0 * k + 1.0));
        double delta;

        d = 1.0 + even * d;
        c = 1.0 + even / c;
        if (fabs(d) < tiny) d = tiny;
        if (fabs(c) < tiny) c = tiny;
        d = 1.0 / d;
        h *= d * c;
        d = 1.0 + odd * d;
        c = 1.0 + odd / c;
        if (fabs(d) < tiny) d = tiny;
        if (fabs(c) < tiny) c = tiny;
        d = 1.0 / d;
        delta = d * c;
        h *= delta;
        if (fabs(delta - 1.0) < DBL_EPSILON) break;
    }
    return h;
}

/* x^a y^b / (a B(a, b)) times the fraction. log1p of the smaller of x and y keeps powers near 1 exact. */
static double beta_left(double a, double b, double x, double y)
{
    const double lx = y < 0.5 ? log1p(-y) : log(x), ly = x < 0.5 ? log1p(-x) : log(y);

    return exp(a * lx + b * ly - gr_log_beta(a, b)) / a * beta_fraction(a, b, x);
}

double gr_beta_inc(double a, double b, double x, double y)
{
    if (!(a > 0.0 && b > 0.0 && x >= 0.0 && x <= 1.0)) return NAN;
    if (x == 0.0 || y == 1.0) return 0.0;
    if (y == 0.0 || x == 1.0) return 1.0;
    return x < (a + 1.0) / (a + b + 2.0) ? beta_left(a, b, x, y) : 1.0 - beta_left(b, a, y, x);
}

/* P = I_{df / (df + t^2)}(df / 2, 1 / 2). */
double gr_student_two_sided(double t, double df)
{
    const double tt = t * t;

    if (isnan(t) || !(df > 0.0)) return NAN;
    if (isinf(tt)) return 0.0;
    return gr_beta_inc(0.5 * df, 0.5, df / (df + tt), tt / (df + tt));
}
