#include "hal/interrupt/io_apic.h"
#include "hal/cpu/cpu.h"

enum {
	IO_APIC_SELECT = 0x00 / 4,
	IO_APIC_WINDOW = 0x10 / 4,
	IO_APIC_VERSION = 1, /* number of lines less 1 in bits 16 to 23 */
	IO_APIC_FIRST_LINE = 0x10, /* two registers each */
	IO_APIC_ID_SHIFT = 24,
	IO_APIC_IDS = 256,
	IO_APIC_MASKED = 1 << 16,
};

struct io_apic {
	struct spinlock lock;
	/* guarded by lock */
	volatile uint32_t *registers; /* NULL: there is none */
};

static struct io_apic io_apic = {.lock = SPINLOCK_INIT(LOCK_IO_APIC)};

static void io_apic_write(uint32_t at, uint32_t value)
{
	io_apic.registers[IO_APIC_SELECT] = at;
	io_apic.registers[IO_APIC_WINDOW] = value;
}

static uint32_t io_apic_line_count(void)
{
	if (!io_apic.registers)
		return 0;
	io_apic.registers[IO_APIC_SELECT] = IO_APIC_VERSION;
	return (io_apic.registers[IO_APIC_WINDOW] >> 16 & 0xff) + 1;
}

void io_apic_start(void *registers)
{
	io_apic.registers = registers;
}

bool io_apic_route(uint32_t line, uint32_t apic_id, uint32_t delivery_and_vector)
{
	spinlock_acquire(&io_apic.lock);
	bool exists = line < io_apic_line_count() && apic_id < IO_APIC_IDS;
	if (exists) {
		io_apic_write(IO_APIC_FIRST_LINE + 2 * line + 1, apic_id << IO_APIC_ID_SHIFT);
		io_apic_write(IO_APIC_FIRST_LINE + 2 * line, delivery_and_vector);
	}
	spinlock_release(&io_apic.lock);
	return exists;
}

bool interrupt_lines_exist(void)
{
	spinlock_acquire(&io_apic.lock);
	bool exist = io_apic_line_count() != 0;
	spinlock_release(&io_apic.lock);
	return exist;
}

enum status interrupt_line_connect(uint32_t line, uint8_t vector)
{
	return io_apic_route(line, cpu_at(0)->apic_id, vector) ? OK : ERR_NO_DEVICE;
}

void interrupt_line_disconnect(uint32_t line)
{
	/* it was there when it was connected */
	(void)io_apic_route(line, 0, IO_APIC_MASKED);
}
