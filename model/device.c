/* device.c - the devices by name; see session.h. What the harness may know of a backend. */
#include "model/session.h"

#include <string.h>

/* In the order of the backends' own list; a unit test holds the two together. */
static const gr_device_info devices[] = {
    { "cpu", 4, "vectorised C, float" },
    { "ref", 4, "plain loops, float" },
    { "ref64", 8, "plain loops, double" },
};

size_t gr_device_count(void) { return sizeof devices / sizeof devices[0]; }

const gr_device_info *gr_device_at(size_t i) { return i < gr_device_count() ? &devices[i] : NULL; }

const gr_device_info *gr_device_find(const char *name)
{
    for (size_t i = 0; i < gr_device_count(); i++)
        if (strcmp(devices[i].name, name) == 0) return &devices[i];
    return NULL;
}
