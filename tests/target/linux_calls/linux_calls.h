/* What the tests of Linux calls share. */
#pragma once

#include <linux_calls/api.h>
#include <tap/api.h>

enum {
	BAD_ADDRESS = 0x1000, /* below every program */
	KERNEL_ADDRESS_HIGH = 0xffff8000,
	PAGE = 4096,
};

#define KERNEL_ADDRESS 0xffff800000100000

/* Memory that may be read and written; a multiple of PAGE. */
void *pages(size_t bytes);
/* Waits for the child: its wait status, or what wait4 said. */
int64_t wait_for(int64_t pid);
/* Starts function(argument) as a thread on its own stack; its id is in *tid until it ends.
 * Without one the program ends, as nobody would come whom it waits for. */
int64_t thread_begin(void (*function)(void *), void *argument, int32_t *tid);

/* A wait status. */
enum { EXITED = 256 };

void check_memory(struct tap *tap);
void check_descriptors(struct tap *tap);
void check_pipes(struct tap *tap);
void check_polling(struct tap *tap);
void check_moves(struct tap *tap);
void check_long_work(struct tap *tap);
void check_selecting(struct tap *tap);
void check_processes(struct tap *tap);
void check_signals(struct tap *tap);
void check_signal_rules(struct tap *tap);
void check_signal_state(struct tap *tap);
void check_signal_crowds(struct tap *tap);
void check_threads(struct tap *tap);
void check_timers(struct tap *tap);
void check_short_timers(struct tap *tap);
void check_signal_files(struct tap *tap);
void check_run_timers(struct tap *tap);
void check_priority(struct tap *tap);
void check_shared_futexes(struct tap *tap);
void check_used(struct tap *tap);
void check_names(struct tap *tap);
void check_terminal(struct tap *tap);
void check_system(struct tap *tap);
