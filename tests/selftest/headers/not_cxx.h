/* not_cxx.h - a C++ keyword as a name: must not compile as C++. */
#ifndef GR_SELFTEST_NOT_CXX_H
#define GR_SELFTEST_NOT_CXX_H
int gr_not_cxx(int class);
#endif
