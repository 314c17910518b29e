/* The machine's interrupt controllers. Inside kernel/hal. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Runs the handler of a device's vector, if it still has one. False: it never had. */
bool interrupt_device(uint64_t vector);
void interrupt_send(uint32_t apic_id, uint8_t vector);
void interrupt_send_nmi(uint32_t apic_id);
/* From an NMI. */
void interrupt_send_nmi_between(uint32_t apic_id);
void interrupt_end(void);
/* Interrupts of the old controller reach this CPU, which must be the boot CPU. */
void interrupt_accept_pic(void);
void pic_end_interrupt(void);
/* INIT, or the start message for the code at page. */
void interrupt_send_init(uint32_t apic_id);
void interrupt_send_start(uint32_t apic_id, uint64_t page);
/* On each CPU; returns the id of its controller. */
uint32_t interrupts_enable_here(void);
