/* ref_f64.c - the plain backend in double: finite differences and goldens made in float64. */
#define REF_TABLE gr_backend_ref64
#define REF_NAME "ref64"
#define REF_ABOUT "plain loops, double"
typedef double real;

#include "model/backend/ref/ref_ops.inc"
