/* ref_f32.c - the plain backend in float. Sums run in double; what is stored is float. */
#define REF_TABLE gr_backend_ref
#define REF_NAME "ref"
#define REF_ABOUT "plain loops, float"
typedef float real;

#include "model/backend/ref/ref_ops.inc"
