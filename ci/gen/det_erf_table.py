#!/usr/bin/env python3
"""Write base/det_erf_table.h: polynomials for erf, fitted in 60-digit arithmetic.

Needs the Python standard library only. Usage: python3 ci/gen/det_erf_table.py > base/det_erf_table.h
The table is checked in; the build does not run this.

Near zero   erf(x) = x + x * P(x^2), P of degree NEAR on 0 <= x^2 <= SPLIT^2.
Beyond      erf(x) = Q_k(t), k = floor((x - SPLIT) / WIDTH), t = (x - SPLIT) / WIDTH - k - 1/2.
Each polynomial interpolates at Chebyshev nodes, so its error is within a small factor of the least
possible; the fit is then written in powers of its variable.
"""
from decimal import Decimal as D, getcontext
import sys

getcontext().prec = 80
PI = D("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798")
SPLIT, WIDTH, PIECES = D("0.875"), D("0.5"), 11
NEAR, FAR = 11, 15


def erf_over_x(z):
    """erf(x) / x for z = x^2 by the all-positive series 2/sqrt(pi) e^-z sum (2z)^n / (2n+1)!!."""
    term, total, n = D(1), D(1), 0
    while term > D(10) ** -75 * total:
        n += 1
        term = term * 2 * z / (2 * n + 1)
        total += term
    return 2 / PI.sqrt() * (-z).exp() * total


def cos(x):
    term, total, n = D(1), D(1), 0
    while abs(term) > D(10) ** -75:
        n += 2
        term = -term * x * x / (n * (n - 1))
        total += term
    return total


def fit(f, lo, hi, degree):
    """Coefficients of the interpolating polynomial in its own variable (Newton form, expanded)."""
    count = degree + 1
    xs = [(lo + hi) / 2 + (hi - lo) / 2 * cos(PI * (2 * i + 1) / (2 * count)) for i in range(count)]
    c = [f(x) for x in xs]
    for j in range(1, count):
        for i in range(count - 1, j - 1, -1):
            c[i] = (c[i] - c[i - 1]) / (xs[i] - xs[i - j])
    poly = [c[-1]]
    for i in range(count - 2, -1, -1):
        poly = [c[i] - xs[i] * poly[0]] + [poly[k - 1] - xs[i] * poly[k] for k in range(1, len(poly))] + [poly[-1]]
    return poly


def row(poly):
    return ", ".join(float(c).hex() for c in poly)


def main():
    near = fit(lambda z: erf_over_x(z) - 1, D(0), SPLIT * SPLIT, NEAR)
    print("/* det_erf_table.h - polynomials for gr_det_erf. Written by ci/gen/det_erf_table.py; do not edit. */")
    print("#ifndef GR_BASE_DET_ERF_TABLE_H\n#define GR_BASE_DET_ERF_TABLE_H\n")
    print("enum { ERF_NEAR = %d, ERF_FAR = %d, ERF_PIECES = %d };" % (NEAR + 1, FAR + 1, PIECES))
    print("#define ERF_SPLIT %s\n#define ERF_WIDTH %s\n" % (SPLIT, WIDTH))
    print("static const double erf_near[ERF_NEAR] = { %s };\n" % row(near))
    print("static const double erf_far[ERF_PIECES][ERF_FAR] = {")
    for k in range(PIECES):
        middle = SPLIT + WIDTH * (k + D("0.5"))
        f = lambda t: (middle + WIDTH * t) * erf_over_x((middle + WIDTH * t) ** 2)
        print("    { %s }," % row(fit(f, D("-0.5"), D("0.5"), FAR)))
    print("};\n\n#endif")


if __name__ == "__main__":
    sys.exit(main())
