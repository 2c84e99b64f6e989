/* A planning tick with nothing due: 50 comparisons and the loop's reads, by prepared statements;
   and 100,000 jobs of 50 policies put in by 50 commits. Arguments: a new file, the schema. */
#include "common.h"

enum { POLICIES = 50, TARGETS = 2000, TICKS = 1000 };

int main(int argc, char **argv) {
    if (argc != 3) { fprintf(stderr, "usage: planning FILE SCHEMA\n"); return 64; }
    sqlite3 *db = open_history(argv[1], argv[2]);
    const char *reads[] = {
        "SELECT id FROM job WHERE state = 'ready' AND uncertain = 0 AND start_before <= ?1"
        " ORDER BY start_before, id LIMIT 1000",
        "SELECT policy, target, provider, max(delete_after) FROM recovery_point"
        " WHERE state = 'available' AND marked_at IS NOT NULL AND delete_after <= ?1"
        " GROUP BY policy, target, provider",
        "SELECT min(delete_after) FROM recovery_point"
        " WHERE state = 'available' AND marked_at IS NOT NULL AND delete_after > ?1",
        "SELECT id FROM job WHERE state = 'ready' AND provider = 'disk' AND not_before <= ?1"
        " ORDER BY start_before, id LIMIT 1",
        "SELECT min(not_before) FROM job WHERE state = 'ready' AND not_before > ?1",
        "SELECT min(start_before) FROM job WHERE state = 'ready' AND uncertain = 0 AND ?1 > 0",
    };
    enum { READS = sizeof reads / sizeof *reads };
    sqlite3_stmt *statements[READS];
    for (int i = 0; i < READS; i++) statements[i] = prepare(db, reads[i]);
    int64_t next[POLICIES], now = 1750075200000LL;
    for (int i = 0; i < POLICIES; i++) next[i] = now + 50000000 + i * 60000;
    static double ticks[TICKS];
    volatile int64_t earliest = 0;
    for (int tick = 0; tick < TICKS; tick++) {
        double beginning = now_seconds();
        int64_t found = INT64_MAX;
        for (int i = 0; i < POLICIES; i++) if (next[i] < found) found = next[i];
        earliest = found;
        for (int i = 0; i < READS; i++) {
            number(statements[i], 1, now);
            step(db, statements[i]);
        }
        ticks[tick] = now_seconds() - beginning;
    }
    printf("planning.none.floor %.9f\n", median(ticks, TICKS));

    sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT");
    sqlite3_stmt *insert_job = prepare(db, INSERT_JOB), *insert_event = prepare(db, INSERT_EVENT);
    unsigned char hash[32] = {0};
    double beginning = now_seconds();
    for (int policy = 0; policy < POLICIES; policy++) {
        char policy_name[32], target[32];
        snprintf(policy_name, sizeof policy_name, "policy-%d", policy);
        step(db, begin);
        for (int index = 0; index < TARGETS; index++) {
            snprintf(target, sizeof target, "target-%d-%d", policy, index);
            text(insert_job, 1, policy_name);
            text(insert_job, 2, target);
            number(insert_job, 3, next[policy]);
            number(insert_job, 4, next[policy] + 14400000);
            step(db, insert_job);
        }
        number(insert_event, 1, policy + 1);
        number(insert_event, 2, now);
        text(insert_event, 3, "window.opened");
        text(insert_event, 4, policy_name);
        memcpy(hash, &policy, sizeof policy);
        sqlite3_bind_blob(insert_event, 8, hash, sizeof hash, SQLITE_STATIC);
        step(db, insert_event);
        step(db, commit);
    }
    printf("planning.all.floor %.6f\n", now_seconds() - beginning);
    return earliest == 0;
}
