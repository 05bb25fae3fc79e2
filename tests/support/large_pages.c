/* large_pages.c - see large_pages.h. */
#include "tests/support/large_pages.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/pages.h"

static const char smaps[] = "/proc/self/smaps";

bool gr_test_sees_large_pages(void)
{
    return GR_PAGES_MAPPED && access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) == 0 && access(smaps, R_OK) == 0;
}

bool gr_test_in_large_pages(const void *p)
{
    FILE *f = fopen(smaps, "r");
    char line[512];
    bool here = false, found = false;

    while (f && fgets(line, sizeof line, f)) {
        unsigned long from, to;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) here = (uintptr_t)p >= from && (uintptr_t)p < to;
        else if (here && strncmp(line, "VmFlags:", 8) == 0) found = strstr(line, " hg") != NULL;
    }
    if (f) (void)fclose(f);
    return found;
}
