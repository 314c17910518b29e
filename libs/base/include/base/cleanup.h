/* Release written where you acquire: scope exit, hand-over, and the must-check shortcut. */
#pragma once

#define AUTO(release) __attribute__((cleanup(release)))

/* Hands the pointer over and disarms its AUTO. */
#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

/* Returns the status to the caller unless it is OK (0). The only macro that hides a return. */
#define TRY(expr)                                                                                  \
	do {                                                                                       \
		__typeof__(expr) try_ = (expr);                                                    \
		if (try_ != 0)                                                                     \
			return try_;                                                               \
	} while (0)
