/* large_pages.h - what the system knows of memory that shall lie in large pages (base/pages.h). */
#ifndef GR_TESTS_SUPPORT_LARGE_PAGES_H
#define GR_TESTS_SUPPORT_LARGE_PAGES_H
#include <stdbool.h>

/* False where there are none, or nobody asks for them: in a build for AddressSanitizer, and on kernels without transparent huge pages. */
bool gr_test_sees_large_pages(void);
/* Whether p lies in memory for large pages: "hg" among the flags of its mapping. */
bool gr_test_in_large_pages(const void *p);
#endif
