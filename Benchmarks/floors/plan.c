/* What no forecast can do without: reading the points of every assignment, and for each of 90 days a
   walk over those that are there. A rule of a hundred dates, and the weeks, decide; a grace of a day.
   Argument: the history. */
#include "common.h"
#include <sys/resource.h>

enum { MAX = 1024, DAYS = 90, DAILY = 100, WEEKLY = 4 };

struct point { int64_t day; int due; };

int main(int argc, char **argv) {
    if (argc != 2) { fprintf(stderr, "usage: plan FILE\n"); return 64; }
    double beginning = now_seconds();
    sqlite3 *db;
    check(NULL, sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, NULL), "open");
    sqlite3_stmt *assignments = prepare(db,
        "SELECT policy, target FROM assignment WHERE ended_at IS NULL");
    sqlite3_stmt *points = prepare(db,
        "SELECT taken_at, id, token, marked_at, delete_after FROM recovery_point"
        " WHERE policy = ?1 AND target = ?2 AND state = 'available' ORDER BY taken_at");
    int64_t gone = 0;
    while (sqlite3_step(assignments) == SQLITE_ROW) {
        static struct point held[MAX];
        int count = 0;
        sqlite3_bind_text(points, 1, (const char *)sqlite3_column_text(assignments, 0), -1,
                          SQLITE_TRANSIENT);
        sqlite3_bind_text(points, 2, (const char *)sqlite3_column_text(assignments, 1), -1,
                          SQLITE_TRANSIENT);
        while (sqlite3_step(points) == SQLITE_ROW && count < MAX - DAYS)
            held[count++] = (struct point){sqlite3_column_int64(points, 0) / 86400000, 0};
        sqlite3_reset(points);
        int64_t today = count ? held[count - 1].day : 0;
        for (int day = 0; day <= DAYS; day++) {
            if (day) held[count++] = (struct point){today + day, 0};
            int dates = 0, weeks = 0, left = 0;
            int64_t date = -1, week = -1;
            for (int i = count - 1; i >= 0; i--) {
                int keeps = 0;
                if (dates < DAILY && held[i].day != date) { dates++; date = held[i].day; keeps = 1; }
                int64_t own = (held[i].day + 3) / 7;
                if (weeks < WEEKLY && own != week) { weeks++; week = own; keeps = 1; }
                if (keeps) held[i].due = 0;
                else if (!held[i].due) held[i].due = day + 2;
            }
            for (int i = 0; i < count; i++) {
                if (held[i].due && held[i].due <= day + 1) gone++; else held[left++] = held[i];
            }
            count = left;
        }
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("plan.floor %f\nplan.floor.gone %lld\nplan.floor.memory %ld\n",
           now_seconds() - beginning, (long long)gone, usage.ru_maxrss * 1024);
    return 0;
}
