/* The rules of retention over a million points: a sort, then one walk with the arithmetic of
   calendar periods. */
#include "common.h"

enum { COUNT = 1000000, ROUNDS = 3, PERIODS = 5 };
struct point { int64_t stamp; int32_t position; };

static int newest_first(const void *left, const void *right) {
    const struct point *a = left, *b = right;
    if (a->stamp != b->stamp) return a->stamp > b->stamp ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

/* Year and month of a day number; Howard Hinnant's arithmetic, which he put into the public
   domain. */
static void civil(int64_t day, int64_t *year, int *month, int64_t *new_year_day) {
    int64_t shifted = day + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * of_year + 2) / 153;
    *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
    int64_t before = *year - 1;
    *new_year_day = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
}

static void iso_week(int64_t day, int64_t *week) {
    *week = (day + 3 - (day + 3) % 7) / 7;  /* weeks since the Monday before 1970; grows with time */
}

static double plan(struct point *points, const struct zone *zone, uint16_t *reasons, int *kept) {
    double beginning = now_seconds();
    static struct point order[COUNT];
    memcpy(order, points, sizeof order);
    int is_sorted = 1;
    for (int i = 1; i < COUNT && is_sorted; i++) is_sorted = order[i - 1].stamp >= order[i].stamp;
    if (!is_sorted) qsort(order, COUNT, sizeof *order, newest_first);
    int64_t left[PERIODS] = {200000, 10000, 1500, 400, COUNT}, seen[PERIODS], within_seen[PERIODS];
    int64_t newest = order[0].stamp, day = INT64_MIN, period[PERIODS] = {0};
    int64_t within[PERIODS] = {newest - 31536000000LL, newest - 157766400000LL,
        newest - 631152000000LL, newest - 946728000000LL, newest - 3155760000000LL};
    for (int i = 0; i < PERIODS; i++) seen[i] = within_seen[i] = INT64_MIN;
    int last = 1000, index = zone->count - 1;
    *kept = 0;
    for (int i = 0; i < COUNT; i++) {
        int64_t seconds = order[i].stamp / 1000;
        while (zone->starts[index] > seconds) index--;
        int64_t local = seconds + zone->offsets[index], today = local / 86400;
        if (today != day) {
            int month;
            int64_t year, new_year;
            day = today;
            civil(day, &year, &month, &new_year);
            iso_week(day, &period[2]);
            period[1] = day;
            period[3] = year * 16 + month;
            period[4] = year;
        }
        period[0] = local / 3600;
        uint16_t why = 0;
        if (last > 0) { last--; why |= 1; }
        if (order[i].stamp > newest - 2592000000LL) why |= 2;
        for (int rule = 0; rule < PERIODS; rule++) {
            if (left[rule] > 0 && seen[rule] != period[rule]) {
                seen[rule] = period[rule];
                left[rule]--;
                why |= 4 << rule;
            }
            if (order[i].stamp > within[rule] && within_seen[rule] != period[rule]) {
                within_seen[rule] = period[rule];
                why |= 128 << rule;
            }
        }
        reasons[order[i].position] = why;
        *kept += why != 0;
    }
    return now_seconds() - beginning;
}

int main(void) {
    static struct zone zone;
    static struct point points[COUNT];
    static uint16_t reasons[COUNT];
    load_zone(&zone, "Europe/Berlin");
    for (int i = 0; i < COUNT; i++)
        points[i] = (struct point){1780315200000LL - i * 1200000LL, i};
    double times[ROUNDS];
    int kept = 0;
    for (int round = 0; round < ROUNDS; round++) times[round] = plan(points, &zone, reasons, &kept);
    printf("retention.sorted.floor %f\nretention.kept %d\n", median(times, ROUNDS), kept);
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (int i = COUNT - 1; i > 0; i--) {
        state ^= state << 13; state ^= state >> 7; state ^= state << 17;
        int other = state % (i + 1);
        struct point swap = points[i];
        points[i] = points[other];
        points[other] = swap;
    }
    for (int round = 0; round < ROUNDS; round++) times[round] = plan(points, &zone, reasons, &kept);
    printf("retention.shuffled.floor %f\n", median(times, ROUNDS));
    return 0;
}
