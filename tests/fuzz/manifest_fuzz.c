/* manifest_fuzz.c - any bytes as a manifest; what is accepted is whole. */
#include "data/manifest.h"
#include "tests/fuzz/fuzz.h"

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    gr_err      err = GR_ERR_INIT;
    gr_manifest m;
    int         bad = 0;

    if (gr_manifest_parse(&m, (const char *)data, size, &err) != GR_OK) return err.msg[0] == '\0' || m.n_members != 0;
    bad |= m.name == NULL || m.title == NULL || m.n_containers == 0 || (m.n_members == 0 && !m.model);
    for (size_t i = 0; i < m.n_containers; i++) bad |= m.containers[i].file == NULL || m.containers[i].also == NULL;
    for (size_t i = 0; i < m.n_members; i++) bad |= m.members[i].container == NULL || m.members[i].files < 0;
    gr_manifest_free(&m);
    return bad;
}
