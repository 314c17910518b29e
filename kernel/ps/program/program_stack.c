#include "ps/program/program.h"
#include <abi/syscalls.h>
#include <abi/vfs.h>
#include <string.h>

/* Auxiliary vector types: System V AMD64 ABI 1.0, figure 3.11; Linux include/uapi/linux/auxvec.h.
 */
enum {
	AUXV_NULL = 0,
	AUXV_PHDR = 3,
	AUXV_PHENT = 4,
	AUXV_PHNUM = 5,
	AUXV_PAGESZ = 6,
	AUXV_BASE = 7,
	AUXV_FLAGS = 8,
	AUXV_ENTRY = 9,
	AUXV_UID = 11,
	AUXV_EUID = 12,
	AUXV_GID = 13,
	AUXV_EGID = 14,
	AUXV_PLATFORM = 15,
	AUXV_HWCAP = 16,
	AUXV_CLKTCK = 17,
	AUXV_SECURE = 23,
	AUXV_RANDOM = 25,
	AUXV_EXECFN = 31,
	AUXV_MINSIGSTKSZ = 51,
};

enum {
	STACK_HEADER_ENTRY_BYTES = 56,
	STACK_WORDS_BESIDE = 64, /* words that are no pointers to strings */
	STACK_BYTES_BESIDE = 64, /* of texts that are no strings of the caller, and alignment */
	STACK_CLOCK_TICKS = 100, /* of times(2) in a second */
	STACK_SIGNAL_BYTES = 2048, /* a signal frame with the largest FPU image */
};

/* Grows down from the end of bytes, as the stack does. */
struct stack_builder {
	char *bytes;
	size_t size;
	size_t at; /* first byte in use */
	uintptr_t top; /* address behind the last byte */
};

struct stack_words {
	uint64_t *words;
	size_t count;
};

static uintptr_t stack_address(const struct stack_builder *stack)
{
	return stack->top - (stack->size - stack->at);
}

static uintptr_t stack_push(struct stack_builder *stack, const void *bytes, size_t len)
{
	stack->at -= len;
	memcpy(stack->bytes + stack->at, bytes, len);
	return stack_address(stack);
}

static uintptr_t stack_push_text(struct stack_builder *stack, struct str text)
{
	stack->bytes[--stack->at] = '\0';
	return text.len ? stack_push(stack, text.ptr, text.len) : stack_address(stack);
}

static void stack_words_add(struct stack_words *list, uint64_t word)
{
	list->words[list->count++] = word;
}

static void stack_words_add_pair(struct stack_words *list, uint64_t key, uint64_t value)
{
	stack_words_add(list, key);
	stack_words_add(list, value);
}

/* Bytes of the texts and of the words that point at them; more than max: they do not fit. */
static size_t stack_texts_bytes(const struct str *texts, size_t count, size_t max)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count && bytes <= max; i++)
		bytes += texts[i].len < PROGRAM_STRING_MAX ? texts[i].len + 1 + sizeof(uint64_t)
		                                           : max + 1;
	return bytes;
}

/* Where they lie in the program's memory. */
struct stack_texts {
	uintptr_t path, platform, random;
};

static void stack_add_auxv(struct stack_words *list, const struct program_stack_request *request,
                           const struct stack_texts *texts)
{
	stack_words_add_pair(list, AUXV_PHDR, request->image.program_headers);
	stack_words_add_pair(list, AUXV_PHENT, STACK_HEADER_ENTRY_BYTES);
	stack_words_add_pair(list, AUXV_PHNUM, request->image.program_header_count);
	stack_words_add_pair(list, AUXV_PAGESZ, PAGE_SIZE);
	/* without an interpreter 0: libs/rt finds its own */
	stack_words_add_pair(list, AUXV_BASE, request->image.interpreter_base);
	stack_words_add_pair(list, AUXV_ENTRY, request->image.entry);
	stack_words_add_pair(list, AUXV_FLAGS, 0);
	stack_words_add_pair(list, AUXV_UID, request->credentials.uid);
	stack_words_add_pair(list, AUXV_EUID, request->credentials.euid);
	stack_words_add_pair(list, AUXV_GID, request->credentials.gid);
	stack_words_add_pair(list, AUXV_EGID, request->credentials.egid);
	stack_words_add_pair(list, AUXV_SECURE, request->is_secure);
	stack_words_add_pair(list, AUXV_CLKTCK, STACK_CLOCK_TICKS);
	stack_words_add_pair(list, AUXV_HWCAP, request->hardware);
	stack_words_add_pair(list, AUXV_MINSIGSTKSZ, STACK_SIGNAL_BYTES);
	stack_words_add_pair(list, AUXV_PLATFORM, texts->platform);
	stack_words_add_pair(list, AUXV_RANDOM, texts->random);
	stack_words_add_pair(list, AUXV_EXECFN, texts->path);
	if (request->has_heap) {
		stack_words_add_pair(list, AT_RUSTOS_BOOTSTRAP_HEAP_BASE, PROGRAM_HEAP_BASE);
		stack_words_add_pair(list, AT_RUSTOS_BOOTSTRAP_HEAP_LEN, PROGRAM_HEAP_BYTES);
	}
	if (request->archive_bytes) {
		stack_words_add_pair(list, AT_RUSTOS_BOOT_ARCHIVE_BASE, request->archive_base);
		stack_words_add_pair(list, AT_RUSTOS_BOOT_ARCHIVE_LEN, request->archive_bytes);
	}
	stack_words_add_pair(list, AUXV_NULL, 0);
}

enum status program_stack_size(const struct program_stack_request *request, size_t *out_size)
{
	const size_t max = PROGRAM_STRINGS_BYTES_MAX;
	size_t bytes = stack_texts_bytes(request->arguments, request->argument_count, max) +
	               stack_texts_bytes(request->environment, request->environment_count, max);
	if (bytes > max || request->path.len > VFS_PATH_MAX)
		return ERR_TOO_BIG;
	*out_size = bytes + STACK_WORDS_BESIDE * sizeof(uint64_t) + STACK_BYTES_BESIDE +
	            request->path.len;
	*out_size += -*out_size & 15;
	return OK;
}

/* They lie in their order, as Linux has them: the last one is pushed first. Where they begin. */
static uintptr_t stack_push_texts(struct stack_builder *stack, const struct str *texts,
                                  size_t count)
{
	while (count)
		stack_push_text(stack, texts[--count]);
	return stack_address(stack);
}

/* A word for each of the texts that lie from address on, and a 0. Where they end. */
static uintptr_t stack_words_add_texts(struct stack_words *list, const struct str *texts,
                                       size_t count, uintptr_t address)
{
	for (size_t i = 0; i < count; i++) {
		stack_words_add(list, address);
		address += texts[i].len + 1;
	}
	stack_words_add(list, 0);
	return address;
}

/* The words are built in place, below the texts: there is room for both. */
size_t program_build_stack(const struct program_stack_request *request, uintptr_t stack_top,
                           char *bytes, size_t size, struct program_texts *out_texts)
{
	struct stack_builder stack = {bytes, size, size, stack_top};
	struct stack_words list = {.words = (uint64_t *)(void *)bytes};
	struct stack_texts texts = {
	        .path = stack_push_text(&stack, request->path),
	        .platform = stack_push_text(&stack, STR("x86_64")),
	        .random = stack_push(&stack, request->random, sizeof request->random),
	};

	uintptr_t environment =
	        stack_push_texts(&stack, request->environment, request->environment_count);
	uintptr_t arguments = stack_push_texts(&stack, request->arguments, request->argument_count);
	stack_words_add(&list, request->argument_count);
	uintptr_t end = stack_words_add_texts(&list, request->arguments, request->argument_count,
	                                      arguments);
	out_texts->arguments = (struct user_in){arguments, end - arguments};
	end = stack_words_add_texts(&list, request->environment, request->environment_count,
	                            environment);
	out_texts->environment = (struct user_in){environment, end - environment};
	stack_add_auxv(&list, request, &texts);

	size_t len = list.count * sizeof list.words[0];
	size_t used = size - stack.at + len;
	used += -used & 15;
	memmove(bytes + size - used, list.words, len);
	return used;
}
