/* needs_another.h - uses size_t without its header: must not compile alone. */
#ifndef GR_SELFTEST_NEEDS_ANOTHER_H
#define GR_SELFTEST_NEEDS_ANOTHER_H
size_t gr_needs_another(void);
#endif
