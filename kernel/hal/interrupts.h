/* The machine's interrupt controllers. Inside kernel/hal. */
#pragma once

#include <stdint.h>

void interrupt_send(uint32_t apic_id, uint8_t vector);
void interrupt_send_nmi(uint32_t apic_id);
void interrupt_end(void);
/* INIT, or the start message for the code at page. */
void interrupt_send_init(uint32_t apic_id);
void interrupt_send_start(uint32_t apic_id, uint64_t page);
/* On each CPU; returns the id of its controller. */
uint32_t interrupts_enable_here(void);
