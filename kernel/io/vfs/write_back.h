/*
 * Changed pages of files on volumes, on their way back.
 *
 * A file that was changed is in a list, with a user of its vnode, until its pages are with vfsd. A
 * thread (write_back_thread.c) brings them there and then asks vfsd to sync, a while after the
 * first change; nothing runs while nothing was changed. A page that could not be written stays
 * changed. Inside kernel/io only.
 */
#pragma once

#include "io/vfs/vnode/vnode.h"

enum { WRITE_BACK_PAGES = 12 /* in one message */, WRITE_BACK_DIRTY_MAX = 2048 /* of one file */ };

void write_back_init(void);
enum status write_back_start(void);
/* For its thread: sleeps until something was changed; what was changed is about to be written. */
void write_back_wait(void);
void write_back_begin(void);
/* Something of the file was changed, or will be through a mapping. */
void write_back_note(struct vnode *vnode);
/* vfsd has something to sync. */
void write_back_note_volume(void);
/* Writes what was changed until now. The first error, which is the file's from then on. */
enum status write_back_file(struct vnode *vnode, enum ipc_patience patience);
/* The same for a file of which too much was changed, or when there may be no space for it:
 * ERR_NO_SPACE, and no other error. */
enum status write_back_if_much(struct vnode *vnode);
/* Every file that was changed. The first error. */
enum status write_back_all(enum ipc_patience patience);
/* Drops everything, unwritten: the machine ends. */
void write_back_drain(void);
