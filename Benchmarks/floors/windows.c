/* The next opening of a daily policy after an instant, over and over: two searches in the table of
   a zone's changes a call, nothing kept between calls. */
#include "common.h"

enum { CALLS = 1000000, ROUNDS = 5, OPENS = 2 * 3600 + 1800 };

static int index_at(const struct zone *zone, int64_t seconds) {
    int low = 0, high = zone->count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (zone->starts[middle] <= seconds) low = middle; else high = middle - 1;
    }
    return low;
}

static __attribute__((noinline)) int64_t next_opening(const struct zone *zone, int64_t after) {
    int index = index_at(zone, after);
    int64_t day = (after + zone->offsets[index]) / 86400;
    for (;; day++) {
        int64_t local = day * 86400 + OPENS;
        int found = index_at(zone, local - zone->offsets[index]);
        /* Of two instants that show this time the first counts; of none, the one after the gap. */
        if (found > 0 && local - zone->offsets[found - 1] < zone->starts[found]) found--;
        int64_t instant = local - zone->offsets[found];
        if (found + 1 < zone->count && instant > zone->starts[found + 1])
            instant = zone->starts[found + 1];
        if (instant < zone->starts[found]) instant = zone->starts[found];
        if (instant > after) return instant;
    }
}

int main(void) {
    static struct zone zone;
    load_zone(&zone, "Europe/Berlin");
    const int64_t first = 946684800, last = 4102444800;  /* 2000 to 2100 */
    double rates[ROUNDS];
    int64_t sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t instant = first;
        double beginning = now_seconds();
        for (int i = 0; i < CALLS; i++) {
            instant = next_opening(&zone, instant);
            if (instant >= last) instant = first;
            sum += instant;
        }
        rates[round] = CALLS / (now_seconds() - beginning);
    }
    printf("windows.floor %f\nwindows.floor.checksum %lld\n", median(rates, ROUNDS),
           (long long)sum);
    return 0;
}
