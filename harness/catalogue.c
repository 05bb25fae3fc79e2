/* catalogue.c - see catalogue.h. Sizes are those of the published config.json; parameters as transformers counts them. */
#include "harness/catalogue.h"

#include <string.h>
#include <strings.h>

/*    name                                       model_type     layers hidden heads vocabulary parameters */
static const gr_published all[] = {
    { "bert-base-uncased",                       "bert",            12,   768,  12,   30522,    109482240 },
    { "bert-base-cased",                         "bert",            12,   768,  12,   28996,    108310272 },
    { "bert-large-uncased",                      "bert",            24,  1024,  16,   30522,    335141888 },
    { "bert-base-chinese",                       "bert",            12,   768,  12,   21128,    102267648 },
    { "bert-base-multilingual-cased",            "bert",            12,   768,  12,  119547,    177853440 },
    { "prajjwal1/bert-tiny",                     "bert",             2,   128,   2,   30522,      4385920 },
    { "sentence-transformers/all-MiniLM-L6-v2",  "bert",             6,   384,  12,   30522,     22713216 },
    { "sentence-transformers/all-MiniLM-L12-v2", "bert",            12,   384,  12,   30522,     33360000 },
    { "distilbert-base-uncased",                 "distilbert",       6,   768,  12,   30522,     66362880 },
    { "distilbert-base-cased",                   "distilbert",       6,   768,  12,   28996,     65190912 },
    { "microsoft/mpnet-base",                    "mpnet",           12,   768,  12,   30527,    109486464 },
    { "sentence-transformers/all-mpnet-base-v2", "mpnet",           12,   768,  12,   30527,    109486464 },
    { "roberta-base",                            "roberta",         12,   768,  12,   50265,    124645632 },
    { "roberta-large",                           "roberta",         24,  1024,  16,   50265,    355359744 },
    { "distilroberta-base",                      "roberta",          6,   768,  12,   50265,     82118400 },
    { "xlm-roberta-base",                        "xlm-roberta",     12,   768,  12,  250002,    278043648 },
    { "xlm-roberta-large",                       "xlm-roberta",     24,  1024,  16,  250002,    559890432 },
    { "camembert-base",                          "camembert",       12,   768,  12,   32005,    110621952 },
    { "google/electra-small-discriminator",      "electra",         12,   256,   4,   30522,     13483008 },
    { "google/electra-base-discriminator",       "electra",         12,   768,  12,   30522,    108891648 },
    { "albert-base-v2",                          "albert",          12,   768,  12,   30000,     11683584 },
    { "albert-large-v2",                         "albert",          24,  1024,  16,   30000,     17683968 },
    { "microsoft/deberta-v3-small",              "deberta-v2",       6,   768,  12,  128100,    141304320 },
    { "microsoft/deberta-v3-base",               "deberta-v2",      12,   768,  12,  128100,    183831552 },
    { "microsoft/deberta-v3-large",              "deberta-v2",      24,  1024,  16,  128100,    434012160 },
    { "answerdotai/ModernBERT-base",             "modernbert",      22,   768,  12,   50368,    149014272 },
    { "answerdotai/ModernBERT-large",            "modernbert",      28,  1024,  16,   50368,    394781696 },
};

const gr_published *gr_published_at(size_t i)
{
    return i < sizeof all / sizeof *all ? &all[i] : NULL;
}

const char *gr_published_base(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

const gr_published *gr_published_find(const char *name)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcasecmp(all[i].name, name) == 0 || strcasecmp(gr_published_base(all[i].name), name) == 0) return &all[i];
    return NULL;
}
