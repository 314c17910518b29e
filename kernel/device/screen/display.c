/*
 * The screen as a terminal: text becomes pixels on the display that a driver has registered.
 *
 * The text is kept from the boot on, so that a driver that comes late shows what was written
 * before. Only cells that changed are drawn, a few by whoever writes, and when more have changed
 * the rest by a thread, which lets interrupts in between. Without a framebuffer at boot there is no
 * screen.
 */
#include "core/api.h"
#include "device/api.h"
#include "device/module/module.h"
#include "device/screen/font.h"
#include "device/screen/text_screen.h"
#include "ps/api.h"
#include <abi/machine.h>
#include <base/cleanup.h>
#include <driver/kernel.h>
#include <string.h>

struct display {
	struct boot_framebuffer boot; /* set at boot, then constant */
	struct font font;

	struct spinlock lock;
	/* guarded by lock */
	struct text_screen screen; /* columns 0: there is none */
	struct text_cell *shown; /* what the pixels are */
	struct display_framebuffer_registration target; /* address 0: none */
	bool dropped; /* what was written last is not to be shown */

	struct thread *painter;
	struct waiter painter_waiter;
};

enum { DISPLAY_CELLS_AT_ONCE = 64 };

static struct display display = {.lock = SPINLOCK_INIT(LOCK_DISPLAY)};

/* ---- pixels ---- */

static uint32_t display_color(unsigned color)
{
	static const uint32_t colors[16] = {
	        0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,
	        0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff,
	};
	uint32_t rgb = colors[color & 15];
	if (display.target.pixel_format == DISPLAY_PIXEL_XRGB)
		return rgb;
	return (rgb & 0xff) << 16 | (rgb & 0xff00) | rgb >> 16;
}

static void display_put_pixel(volatile uint8_t *at, uint32_t color)
{
	if (display.target.bytes_per_pixel == 4) {
		*(volatile uint32_t *)(volatile void *)at = color;
		return;
	}
	at[0] = (uint8_t)color;
	at[1] = (uint8_t)(color >> 8);
	at[2] = (uint8_t)(color >> 16);
}

static void display_draw_cell(unsigned row, unsigned column, struct text_cell cell)
{
	struct font_cell picture;
	unsigned front = cell.colors & 15, back = cell.colors >> 4;
	const struct display_framebuffer_registration *target = &display.target;
	if (cell.style & TEXT_BOLD)
		front |= 8;
	bool swap = cell.style & TEXT_INVERSE;
	uint32_t colors[2] = {display_color(swap ? front : back),
	                      display_color(swap ? back : front)};
	(void)font_draw(&display.font, cell.code, &picture); /* a box is fine */
	if (cell.style & TEXT_UNDERLINE)
		picture.rows[FONT_CELL_HEIGHT - 1] = 0xff;
	for (unsigned y = 0; y < FONT_CELL_HEIGHT; y++) {
		volatile uint8_t *line = (volatile uint8_t *)target->address +
		                         (size_t)(row * FONT_CELL_HEIGHT + y) * target->stride +
		                         (size_t)column * FONT_CELL_WIDTH * target->bytes_per_pixel;
		for (unsigned x = 0; x < FONT_CELL_WIDTH; x++)
			display_put_pixel(line + (size_t)x * target->bytes_per_pixel,
			                  colors[picture.rows[y] >> (7 - x) & 1]);
	}
}

/* The cell as it is to be seen: the cursor is an inverse one. */
static struct text_cell display_wanted_cell(unsigned row, unsigned column)
{
	const struct text_screen *screen = &display.screen;
	struct text_cell cell = screen->cells[row * screen->columns + column];
	if (!screen->cursor_hidden && row == screen->cursor.row && column == screen->cursor.column)
		cell.style ^= TEXT_INVERSE;
	return cell;
}

/* Of one row; how many. */
static unsigned display_draw_row(unsigned row)
{
	const struct text_screen *screen = &display.screen;
	unsigned drawn = 0;
	for (unsigned column = 0; column < screen->columns; column++) {
		struct text_cell cell = display_wanted_cell(row, column);
		struct text_cell *shown = &display.shown[row * screen->columns + column];
		if (memcmp(&cell, shown, sizeof cell) == 0)
			continue;
		display_draw_cell(row, column, cell);
		*shown = cell;
		drawn++;
	}
	return drawn;
}

/*
 * Draws what has changed from a row on, whole rows until that were `most` cells, and returns the
 * next row. The lock is held, or nobody else runs any more.
 */
static unsigned display_draw_changes(unsigned row, unsigned most)
{
	unsigned drawn = 0;
	if (!display.target.address)
		return display.screen.rows;
	while (row < display.screen.rows && drawn < most)
		drawn += display_draw_row(row++);
	return row;
}

static bool display_paint(unsigned *row)
{
	spinlock_acquire(&display.lock);
	*row = display_draw_changes(*row, DISPLAY_CELLS_AT_ONCE);
	bool more = *row < display.screen.rows;
	spinlock_release(&display.lock);
	return more;
}

static void display_painter_main(void *)
{
	for (;;) {
		unsigned row = 0;
		waiter_begin(&display.painter_waiter);
		while (display_paint(&row))
			thread_offer_cpu();
		(void)waiter_sleep(&display.painter_waiter, 0);
	}
}

/* True: there may be more to draw. */
static bool display_flush(void)
{
	display.dropped = fault_fires(FAULT_DISPLAY_PRESENT);
	return !display.dropped &&
	       display_draw_changes(0, DISPLAY_CELLS_AT_ONCE) < display.screen.rows;
}

static void display_write_lines(struct str text)
{
	while (text.len) {
		const char *feed = memchr(text.ptr, '\n', text.len);
		size_t len = feed ? (size_t)(feed - text.ptr) : text.len;
		text_screen_write(&display.screen, text.ptr, len);
		if (feed)
			text_screen_write(&display.screen, "\r\n", 2);
		text = str_slice(text, len + (feed != NULL), text.len);
	}
}

void display_write(struct str text, bool add_returns)
{
	if (!display.screen.columns)
		return;
	spinlock_acquire(&display.lock);
	if (add_returns)
		display_write_lines(text);
	else
		text_screen_write(&display.screen, text.ptr, text.len);
	bool more = display_flush();
	spinlock_release(&display.lock);
	if (more)
		waiter_wake(&display.painter_waiter);
}

void display_write_emergency(struct str text)
{
	if (!display.screen.columns)
		return;
	/* whoever holds the lock has been stopped */
	bool mine = spinlock_try(&display.lock);
	display_write_lines(text);
	(void)display_draw_changes(0, UINT32_MAX);
	if (mine)
		spinlock_release(&display.lock);
}

void display_finish(void)
{
	/* of those who have been stopped one may hold the lock */
	if (!display.dropped)
		(void)display_draw_changes(0, UINT32_MAX);
}

/* ---- the framebuffer ---- */

static unsigned display_cells(uint32_t pixels, unsigned cell, unsigned most)
{
	unsigned count = pixels / cell;
	return count < most ? count : most;
}

enum status display_start(const struct boot_framebuffer *framebuffer, struct boot_archive archive)
{
	struct boot_archive_entry file;
	display.boot = *framebuffer;
	if (!framebuffer->address)
		return OK;
	if (boot_archive_find(archive, STR(MACHINE_PATH_CONSOLE_FONT), &file) != OK ||
	    font_open(file.data, &display.font) != OK) {
		LOG_WARN(LOG_DISPLAY,
		         "no usable " MACHINE_PATH_CONSOLE_FONT "; the screen shows no text");
		return OK;
	}
	unsigned columns = display_cells(framebuffer->width, FONT_CELL_WIDTH, TEXT_COLUMNS_MAX);
	unsigned rows = display_cells(framebuffer->height, FONT_CELL_HEIGHT, TEXT_ROWS_MAX);
	size_t bytes = (size_t)columns * rows * sizeof(struct text_cell);
	struct text_cell *cells = heap_alloc(bytes);
	display.shown = heap_alloc(bytes);
	if (!cells || !display.shown || !bytes)
		return ERR_NO_MEMORY;
	waiter_init(&display.painter_waiter);
	text_screen_init(&display.screen, cells, columns, rows);
	const struct thread_request request = {.entry = display_painter_main};
	TRY(thread_create(&request, &display.painter));
	thread_start(display.painter);
	return OK;
}

bool display_is_possible(void)
{
	return display.boot.address;
}

int32_t display_query_boot(struct display_framebuffer_registration *out_framebuffer)
{
	const struct boot_framebuffer *boot = &display.boot;
	bool has_format = boot->green_shift == 8 && boot->red_bits == 8 && boot->blue_bits == 8;
	if (!boot->address || !has_format)
		return ERR_NO_DEVICE;
	struct display_framebuffer_registration found = {
	        .size = (uint64_t)boot->pitch_bytes * boot->height,
	        .width = boot->width,
	        .height = boot->height,
	        .stride = boot->pitch_bytes,
	        .pixel_format = boot->red_shift == 16 ? DISPLAY_PIXEL_XRGB : DISPLAY_PIXEL_XBGR,
	        .bytes_per_pixel = boot->bits_per_pixel / 8,
	        .flags = DISPLAY_FRAMEBUFFER_BOOT,
	};
	found.address =
	        (uintptr_t)driver_map_mmio(boot->address, found.size, DRIVER_MAP_WRITE_COMBINE);
	if (!found.address)
		return ERR_NO_MEMORY;
	*out_framebuffer = found;
	return OK;
}

static void display_release(struct module_resource *resource)
{
	spinlock_acquire(&display.lock);
	display.target = (struct display_framebuffer_registration){};
	spinlock_release(&display.lock);
	heap_free(resource, sizeof *resource);
}

static bool display_is_sound(const struct display_framebuffer_registration *target)
{
	uint64_t line = (uint64_t)target->width * target->bytes_per_pixel;
	return target->address && (target->bytes_per_pixel == 3 || target->bytes_per_pixel == 4) &&
	       target->stride >= line && target->height &&
	       target->size / target->height >= target->stride;
}

int32_t display_register(const struct display_framebuffer_registration *registration)
{
	if (!module_in_init())
		return ERR_NOT_PERMITTED;
	if (!display_is_sound(registration))
		return ERR_INVALID_ARGS;
	if (fault_fires(FAULT_DISPLAY_PROVIDER_REGISTER))
		return ERR_IO;
	struct module_resource *resource = HEAP_NEW(struct module_resource);
	if (!resource)
		return ERR_NO_MEMORY;
	module_take_resource(resource, display_release);
	bool more = false;
	spinlock_acquire(&display.lock);
	/* a smaller one than that of the boot would not hold the text */
	bool fits = registration->width >= display.screen.columns * FONT_CELL_WIDTH &&
	            registration->height >= display.screen.rows * FONT_CELL_HEIGHT;
	if (fits && display.screen.columns) {
		display.target = *registration;
		/* nothing is as it was: every cell is drawn */
		memset(display.shown, 0xff,
		       (size_t)display.screen.columns * display.screen.rows *
		               sizeof display.shown[0]);
		more = display_flush();
	}
	spinlock_release(&display.lock);
	if (more)
		waiter_wake(&display.painter_waiter);
	LOG_INFO(LOG_DISPLAY, "display %ux%u columns=%u rows=%u", registration->width,
	         registration->height, display.screen.columns, display.screen.rows);
	return OK;
}
