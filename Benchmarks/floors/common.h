/* What the floors share: time, medians, and a SQLite file as the daemon opens it. */
#ifndef COMMON_H
#define COMMON_H
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double now_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static inline int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static inline double median(double *values, int count) {
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

static inline void check(sqlite3 *db, int code, const char *what) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

/* Opens a new file with the schema in a text file; WAL, synchronous=FULL, foreign keys on. */
static inline sqlite3 *open_history(const char *path, const char *schema_path) {
    sqlite3 *db;
    check(NULL, sqlite3_open(path, &db), "open");
    check(db, sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                               "PRAGMA foreign_keys=ON;", NULL, NULL, NULL), "pragmas");
    FILE *file = fopen(schema_path, "r");
    if (!file) { perror(schema_path); exit(1); }
    static char schema[1 << 16];
    size_t size = fread(schema, 1, sizeof schema - 1, file);
    schema[size] = 0;
    fclose(file);
    check(db, sqlite3_exec(db, schema, NULL, NULL, NULL), "schema");
    return db;
}

static inline sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    check(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), sql);
    return statement;
}

static inline void step(sqlite3 *db, sqlite3_stmt *statement) {
    check(db, sqlite3_step(statement), sqlite3_sql(statement));
    check(db, sqlite3_reset(statement), sqlite3_sql(statement));
}

static inline void text(sqlite3_stmt *statement, int index, const char *value) {
    sqlite3_bind_text(statement, index, value, -1, SQLITE_STATIC);
}

static inline void number(sqlite3_stmt *statement, int index, int64_t value) {
    sqlite3_bind_int64(statement, index, value);
}

#define INSERT_JOB \
    "INSERT INTO job (kind, cause, policy, target, provider, opens, closes, start_before, state," \
    " not_before, created_at)" \
    " VALUES ('backup', 'schedule', ?1, ?2, 'disk', ?3, ?4, ?4, 'ready', ?3, ?3)" \
    " ON CONFLICT (kind, policy, target, opens) DO NOTHING"
#define INSERT_EVENT \
    "INSERT INTO event (id, at, kind, actor, policy, target, job, token, detail, hash)" \
    " VALUES (?1, ?2, ?3, 'scheduler', ?4, ?5, ?6, ?7, '{\"bytes\":1000000,\"entries\":100}', ?8)"

/* The walls' clock of one zone, as the C library has it: changes of offset from 1970 to 2150. */
struct zone { int count; int64_t starts[1024]; int64_t offsets[1024]; };

static inline int64_t offset_at(int64_t seconds) {
    time_t time = seconds;
    struct tm local;
    localtime_r(&time, &local);
    return local.tm_gmtoff;
}

static inline void load_zone(struct zone *zone, const char *name) {
    setenv("TZ", name, 1);
    tzset();
    zone->count = 1;
    zone->starts[0] = INT64_MIN / 2;
    zone->offsets[0] = offset_at(0);
    for (int64_t day = 0; day < 180LL * 366 * 86400 && zone->count < 1024; day += 86400) {
        int64_t before = offset_at(day), after = offset_at(day + 86400);
        if (before == after) continue;
        int64_t low = day, high = day + 86400;
        while (high - low > 1) {
            int64_t middle = (low + high) / 2;
            if (offset_at(middle) == before) low = middle; else high = middle;
        }
        zone->starts[zone->count] = high;
        zone->offsets[zone->count++] = after;
    }
}
#endif
