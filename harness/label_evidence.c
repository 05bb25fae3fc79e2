/* label_evidence.c - see label_evidence.h. */
#include "harness/label_evidence.h"

#include <math.h>
#include <string.h>

enum { K = GR_EVIDENCE_CLASSES };

/* share[i][j]: of the rows of class i, how many had output j. False when a class has no row. */
static bool count_shares(double share[K][K], const int32_t *predicted, const int32_t *gold, size_t n, int32_t k)
{
    double rows[K] = { 0 };

    for (size_t r = 0; r < n; r++) {
        if (gold[r] < 0 || gold[r] >= k || predicted[r] < 0 || predicted[r] >= k) return false;
        share[gold[r]][predicted[r]] += 1;
        rows[gold[r]] += 1;
    }
    for (int32_t i = 0; i < k; i++) {
        if (rows[i] == 0) return false;
        for (int32_t j = 0; j < k; j++) share[i][j] /= rows[i];
    }
    return true;
}

static double mean_recall(double share[K][K], const int32_t *place, int32_t k)
{
    double s = 0;

    for (int32_t i = 0; i < k; i++) s += share[i][place[i]];
    return s / k;
}

static void exchange(int32_t *a, int32_t *b)
{
    const int32_t x = *a;

    *a = *b;
    *b = x;
}

/* The next order after this one, as words in a dictionary; false after the last. */
static bool next_order(int32_t *place, int32_t k)
{
    int32_t i = k - 2, j = k - 1;

    while (i >= 0 && place[i] > place[i + 1]) i--;
    if (i < 0) return false;
    while (place[j] < place[i]) j--;
    exchange(&place[i], &place[j]);
    for (int32_t a = i + 1, b = k - 1; a < b; a++, b--) exchange(&place[a], &place[b]); /* the rest was falling: now it rises */
    return true;
}

bool gr_evidence_find(gr_evidence *out, const int32_t *predicted, const int32_t *gold, size_t n, int32_t k)
{
    static const double least = 0.2, gain = 0.25;
    const double noise = 2.0 / sqrt((double)(n ? n : 1)); /* four standard errors of a share: sqrt(1/4n) at most */
    double share[K][K] = { { 0 } };
    int32_t place[K];

    memset(out, 0, sizeof *out);
    if (k < 2 || k > K || n < GR_EVIDENCE_ROWS || !count_shares(share, predicted, gold, n, k)) return false;
    for (int32_t i = 0; i < k; i++) place[i] = out->place[i] = i;
    out->now = out->then = mean_recall(share, place, k);
    while (next_order(place, k)) {
        const double recall = mean_recall(share, place, k);

        if (recall <= out->then) continue;
        out->then = recall;
        memcpy(out->place, place, sizeof place);
    }
    return out->then >= 1.0 / k + fmax(least, noise) && out->then - out->now >= gain;
}
