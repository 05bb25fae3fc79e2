/* families.c - facts of a family by its number or by the model_type of a config.json. The list itself is GR_FAMILIES in config.h. */
#include "model/family.h"

#include <string.h>

#define ENTRY(value, facts) &gr_family_##facts,
static const gr_family_facts *const all[] = { GR_FAMILIES(ENTRY) };
#undef ENTRY

const gr_family_facts *gr_family_at(gr_family f)
{
    return (unsigned)f < GR_FAMILY_COUNT ? all[f] : NULL;
}

const gr_family_facts *gr_family_find(gr_family *out, const char *model_type)
{
    for (int i = 0; i < GR_FAMILY_COUNT; i++) {
        if (strcmp(all[i]->model_type, model_type) != 0) continue;
        *out = (gr_family)i;
        return all[i];
    }
    return NULL;
}

const char *gr_family_name(gr_family f)
{
    const gr_family_facts *facts = gr_family_at(f);
    return facts ? facts->model_type : "unknown";
}
