/* Where a process is in the name space: working directory, root, program. */
#include "ps/process.h"
#include <base/cleanup.h>

static struct file *place_take_reference(struct file *file)
{
	return file ? file_ref(file) : NULL;
}

/* The file that was there is the caller's to drop, without the lock. */
static struct file *place_replace(struct process *process, struct file **place, struct file *file)
{
	spinlock_acquire(&process->lock);
	struct file *old = *place;
	*place = file;
	spinlock_release(&process->lock);
	return old;
}

static struct file *place_get(struct process *process, struct file *const *place)
{
	spinlock_acquire(&process->lock);
	struct file *file = place_take_reference(*place);
	spinlock_release(&process->lock);
	return file;
}

struct process_identity process_identity(void)
{
	struct process *self = task_current()->process;
	return (struct process_identity){
	        .uid = self->credentials.fsuid,
	        .gid = self->credentials.fsgid,
	        .root = place_get(self, &self->places.root),
	};
}

struct file *process_directory(void)
{
	struct process *self = process_current();
	return place_get(self, &self->places.directory);
}

struct file *process_program(void)
{
	struct process *self = process_current();
	return place_get(self, &self->places.program);
}

void process_set_directory(struct file *directory)
{
	struct process *self = process_current();
	file_unref(place_replace(self, &self->places.directory, directory));
}

void process_set_root(struct file *root)
{
	struct process *self = process_current();
	file_unref(place_replace(self, &self->places.root, root));
}

void places_set_program(struct process *process, struct file *program)
{
	struct file *old = place_replace(process, &process->places.program, program);
	file_end_run(old);
	file_unref(old);
}

void places_inherit(struct process *child, struct process *parent)
{
	spinlock_acquire(&parent->lock);
	child->places = (struct process_places){
	        .directory = place_take_reference(parent->places.directory),
	        .root = place_take_reference(parent->places.root),
	        .program = place_take_reference(parent->places.program),
	};
	/* cannot be refused: the parent runs it, and does until the lock is released */
	(void)!file_begin_run(child->places.program);
	spinlock_release(&parent->lock);
}

void process_note_range_locks(void)
{
	process_current()->has_range_locks = true;
}

void places_drop_locks(struct process *process)
{
	for (uint32_t i = 0; process->has_range_locks && i < HANDLES_MAX; i++) {
		struct object *object;
		if (handle_table_get(&process->ipc.handles, i, &file_type, 0, &object) != OK)
			continue;
		file_drop_locks(file_of(object), process);
		object_unref(object);
	}
}

void places_release(struct process *process)
{
	file_unref(place_replace(process, &process->places.directory, NULL));
	file_unref(place_replace(process, &process->places.root, NULL));
	places_set_program(process, NULL);
}

/* ---- views ---- */

struct process_view process_view(void)
{
	struct process *self = process_current();
	struct process_identity identity = process_identity();
	return (struct process_view){
	        .pid = self->pid,
	        .uid = identity.uid,
	        .gid = identity.gid,
	        .directory = process_directory(),
	        .root = identity.root,
	        .program = process_program(),
	};
}

struct process_view process_view_copy(const struct process_view *view)
{
	struct process_view copy = *view;
	(void)place_take_reference(copy.directory);
	(void)place_take_reference(copy.root);
	(void)place_take_reference(copy.program);
	return copy;
}

void process_view_release(struct process_view *view)
{
	file_unref(TAKE(view->directory));
	file_unref(TAKE(view->root));
	file_unref(TAKE(view->program));
}
