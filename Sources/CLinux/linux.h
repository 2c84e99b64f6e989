#include <malloc.h>
#include <sys/timerfd.h>
