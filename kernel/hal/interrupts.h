/* The machine's interrupt controllers. Inside kernel/hal. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void interrupt_send(uint32_t apic_id, uint8_t vector);
void interrupt_send_nmi(uint32_t apic_id);
void interrupt_end(void);
/* INIT, or the start message for the code at page. */
void interrupt_send_init(uint32_t apic_id);
void interrupt_send_start(uint32_t apic_id, uint64_t page);
/* A signal of the old controllers' timer line about 18 times a second; each must be taken. */
void pic_start_ticks(void);
void pic_take_tick(void);
/* Has watchdog_start run? */
bool interrupts_watchdog_is_on(void);
/* On every CPU that was interrupted by the watchdog's timer, so that it comes again. */
void interrupts_watchdog_look(void);
/* QEMU hands out the watchdog's signal in place of an interrupt of this CPU, which then waits. */
void interrupts_watchdog_stray(void);
/* This CPU is about to stop for good. */
void interrupts_watchdog_leave(void);
/* On each CPU; returns the id of its controller. */
uint32_t interrupts_enable_here(void);
