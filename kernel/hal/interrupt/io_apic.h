/* The I/O APIC that the ISA interrupts come to. Intel 82093AA, section 3.2. Inside kernel/hal. */
#pragma once

#include "hal/api.h"

/* Edge, active high. False: there is no such line, or no such CPU can be named. */
bool io_apic_route(uint32_t line, uint32_t apic_id, uint32_t delivery_and_vector);
