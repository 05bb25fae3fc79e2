/* families.c - the one list of encoder families. */
#include "model/family.h"

#include <string.h>

static const gr_family_facts *const all[GR_FAMILY_COUNT] = {
    [GR_FAMILY_BERT] = &gr_family_bert,
    [GR_FAMILY_DISTILBERT] = &gr_family_distilbert,
    [GR_FAMILY_ROBERTA] = &gr_family_roberta,
    [GR_FAMILY_XLM_ROBERTA] = &gr_family_xlm_roberta,
    [GR_FAMILY_CAMEMBERT] = &gr_family_camembert,
    [GR_FAMILY_MPNET] = &gr_family_mpnet,
    [GR_FAMILY_ELECTRA] = &gr_family_electra,
    [GR_FAMILY_ALBERT] = &gr_family_albert,
    [GR_FAMILY_DEBERTA_V2] = &gr_family_deberta_v2,
    [GR_FAMILY_MODERNBERT] = &gr_family_modernbert,
};

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
