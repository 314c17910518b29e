/* Generated from registry/services.toml; edit that. */
#pragma once

/* Service ids. */
enum ipc_service {
	IPC_SERVICE_LINUX_FILED = 1, /* Owns files. */
	IPC_SERVICE_NETD = 4, /* Owns sockets. */
};

/* Numbers of the capability bits. */
enum ipc_service_cap_bit {
	IPC_SERVICE_CAP_BIT_FILE_POLICY = 0, /* Files. */
	IPC_SERVICE_CAP_BIT_NET_POLICY = 3, /* Sockets. */
};

/* The same as masks. */
enum ipc_service_cap {
	IPC_SERVICE_CAP_FILE_POLICY = 1 << 0,
	IPC_SERVICE_CAP_NET_POLICY = 1 << 3,
	IPC_SERVICE_CAP_BOOTSTRAP_POLICY = 0x1,
};

enum { IPC_SERVICE_ID_MAX = 47 };

/* Bit of the capability that goes with an id; -1: no such service. */
#define IPC_SERVICE_CAPABILITY_BITS \
	{-1, 0, -1, -1, 3, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}

/* The package whose program is the service; NULL: no such service. */
#define IPC_SERVICE_NAMES \
	{NULL, "filed", NULL, NULL, "netd", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL}
