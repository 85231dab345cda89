/*
 * Counts and delays flushes: a library to preload (LD_PRELOAD) under a program whose durability is
 * tested. An answer that promises durability must have been preceded by a flush; the count shows it.
 *
 *   CSU_FLUSH_COUNTER=FILE   adds one to the u64 (little endian) in the first 8 bytes of FILE after
 *                            every fsync or fdatasync that succeeded. Whoever reads the count makes
 *                            the file, 8 bytes of zero. A missing or shorter file: nothing is counted.
 *   CSU_FLUSH_DELAY_US=N     sleeps N microseconds before every such call: a slow disk.
 *
 * The file is mapped shared, so all threads, forked children and other programs with the same file
 * add to one number. What a program flushes by other means (O_DSYNC, msync) is not seen; SQLite and
 * PostgreSQL with wal_sync_method = fdatasync use none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the counter file is little endian");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes can only share a lock-free counter");

static _Atomic uint64_t *counter;
static struct timespec delay;

static void map_counter(const char *path) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    struct stat file;
    /* Touching a page beyond the end of the file would be a SIGBUS in somebody else's program. */
    if (fstat(fd, &file) == 0 && file.st_size >= (off_t)sizeof *counter) {
        void *page = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (page != MAP_FAILED)
            counter = page;
    }
    close(fd);
}

/* Runs before main; a forked child inherits both settings and the mapping. */
__attribute__((constructor)) static void read_settings(void) {
    const char *path = getenv("CSU_FLUSH_COUNTER");
    if (path != NULL)
        map_counter(path);

    const char *text = getenv("CSU_FLUSH_DELAY_US");
    if (text != NULL) {
        unsigned long long micros = strtoull(text, NULL, 10);
        delay.tv_sec = (time_t)(micros / 1000000);
        delay.tv_nsec = (long)(micros % 1000000) * 1000;
    }
    errno = 0;
}

static int flush(long call, int fd) {
    if (delay.tv_sec != 0 || delay.tv_nsec != 0) {
        struct timespec left = delay;
        /* PostgreSQL's processes signal one another all the time. */
        while (nanosleep(&left, &left) != 0 && errno == EINTR)
            ;
    }
    int result = (int)syscall(call, fd);
    if (result == 0 && counter != NULL)
        atomic_fetch_add(counter, 1);
    return result;
}

int fsync(int fd) { return flush(SYS_fsync, fd); }

int fdatasync(int fd) { return flush(SYS_fdatasync, fd); }
