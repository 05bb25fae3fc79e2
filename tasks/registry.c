/* registry.c - the one list of tasks and the one list of suites. A task that is not here does not exist; no linker can drop one.
 * Tables, `list` and --all show tasks in this order. */
#include <string.h>

#include "tasks/task.h"

#define TASKS(X)                                                                                      \
    X(mrpc) X(sst2) X(stsb) X(rte) X(cola) X(mnli) X(qqp) X(qnli) X(wnli) X(ax)                       \
    X(imdb) X(rotten_tomatoes) X(waimai_10k) X(yelp_polarity)                                         \
    X(ttc4900) X(ttc4900_eval200) X(ttc3600) X(ag_news) X(trec) X(dbpedia_14)                         \
    X(snli) X(boolq)                                                                                  \
    X(conll2003)

#define DECLARE(t) extern const gr_task gr_task_##t;
TASKS(DECLARE)
#undef DECLARE

#define ENTRY(t) &gr_task_##t,
static const gr_task *const all_tasks[] = { TASKS(ENTRY) NULL };
#undef ENTRY

static const gr_suite all_suites[] = {
    { "glue", "GLUE", "English understanding; the score is the mean over tasks, each the mean of its headline metrics" },
    { "sentiment", "Sentiment", "reviews of films, meals and businesses; the mean of the tasks' headline metrics" },
    { "topic", "Topic", "what a text is about or a question asks for; the mean of the tasks' headline metrics" },
    { "pairs", "Pairs", "what stands between two texts, outside GLUE; the mean of the tasks' headline metrics" },
    { "ner", "Names", "entities in text; the mean of the tasks' headline metrics" },
};

const gr_task *gr_task_at(size_t i)
{
    return i < sizeof all_tasks / sizeof *all_tasks ? all_tasks[i] : NULL;
}

const gr_task *gr_task_find(const char *name)
{
    for (size_t i = 0; all_tasks[i] != NULL; i++)
        if (strcmp(all_tasks[i]->name, name) == 0) return all_tasks[i];
    return NULL;
}

const gr_suite *gr_suite_at(size_t i)
{
    return i < sizeof all_suites / sizeof *all_suites ? &all_suites[i] : NULL;
}

const gr_suite *gr_suite_find(const char *name)
{
    for (size_t i = 0; i < sizeof all_suites / sizeof *all_suites; i++)
        if (strcmp(all_suites[i].name, name) == 0) return &all_suites[i];
    return NULL;
}
