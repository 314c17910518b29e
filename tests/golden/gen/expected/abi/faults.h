/* Generated from registry/faults.toml; edit that. */
#pragma once

enum fault_point {
	FAULT_ALLOC_FRAME, /* A frame is asked for. */
	FAULT_VIRTIO_GPU_SUBMIT, /* A command is submitted. */
	FAULT_POINT_COUNT,
};

/* Initialiser of an array of C strings, by enum fault_point. */
#define FAULT_POINT_NAMES \
	{ \
		"alloc.frame", \
		"virtio-gpu.submit", \
	}
